"""The flow that asks a person about a release: what it does before it asks."""

from pathlib import Path
from typing import Any

import pytest

from flows import approval
from flows.approval import decide
from schemas.forms.outcome import HeldRelease, Hold
from tasks.domain.errors import NotHeld
from tests.unit.schemas.test_forms import RELEASE


def test_a_release_that_is_not_held_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotHeld, match="no release 'nobody' is held here"):
        decide.fn("nobody", tmp_path)


def test_the_question_has_the_findings_of_the_release_and_the_patience_in_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = HeldRelease.model_validate(RELEASE)
    asked: list[tuple[Any, ...]] = []

    def decided(hold: Hold, publish: object, seconds: int) -> Hold:
        asked.append((hold.store, hold.release_id, hold.lines, seconds))
        return hold

    monkeypatch.setattr(approval.held_releases, "find", lambda *_: kept)
    monkeypatch.setattr(approval, "decided", decided)
    assert decide.fn("r1", tmp_path, 0.5).status == "held"
    assert asked == [(tmp_path, "r1", ["gaps (May): none; expected one. Look."], 1800)]
