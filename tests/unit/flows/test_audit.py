"""The flow of an audit: it ends with the report, or with every problem."""

from pathlib import Path

import pytest

from flows.audit import audit
from flows.audit import step as catalog
from schemas.forms.outcome import AuditReport
from tasks.domain.errors import Unsound


def report(*problems: str, traced: int = 3) -> AuditReport:
    return AuditReport(store="here", problems=[*problems], traced=traced)


def test_a_sound_store_gives_its_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[Path, int]] = []

    def made(store: Path, sample: int) -> AuditReport:
        asked.append((store, sample))
        return report()

    monkeypatch.setattr(catalog, "audit", made)
    assert audit.fn(tmp_path, 7) == report()
    assert asked == [(tmp_path, 7)]


def test_every_problem_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(catalog, "audit", lambda *_: report("a is damaged", "b is missing"))
    with pytest.raises(Unsound, match=r"^a is damaged\nb is missing$"):
        audit.fn(tmp_path)
