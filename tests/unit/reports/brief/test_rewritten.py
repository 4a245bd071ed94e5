"""Which briefs are written again after a decision, and what happens where one cannot be. Pages are made up."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas.forms.outcome import Outcome
from tasks.domain.errors import NoFigure
from tasks.reports import query
from tasks.reports.brief import decided, facts
from tasks.reports.brief import rewritten as module
from tasks.reports.brief.rewritten import rewrite_briefs
from tests.unit.builders import release, release_table

MAGNETS, SOYBEANS = "basket-rare_earth_magnets", "12019019"
BRIEFS = (
    f"2025-04/{MAGNETS}", f"2025-05/{MAGNETS}", f"2025-05/{MAGNETS}-import", f"2025-07/{MAGNETS}", f"2025-07/{SOYBEANS}",
    "2025-07/85051110-import", f"drafts/{MAGNETS}",
)  # fmt: skip
FACT = {
    "kind": "withdrawn", "release_id": "r1", "title": "may.csv", "decided_on": date(2025, 9, 1), "decided_by": "Li Wei", "reason": "a <b> file",
}  # fmt: skip


def outcome(**change: Any) -> Outcome:
    made = dict.fromkeys(Outcome.model_fields, "x") | {
        "status": "published", "release_id": "r1", "records": 1, "records_observed": 1, "records_quarantined": 0, "warnings": ["before"],
        **{name: [] for name in ("flows", "months", "products", "notes", "healed", "briefs", "gaps", "rules")},
    }  # fmt: skip
    return Outcome.model_validate(made | change)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A store with briefs from before the decision; the release is of exports of 8505, May and June, in two editions."""
    for name in BRIEFS:
        for ending in ("en.md", "en.html"):
            file = tmp_path / "briefs" / f"{name}.{ending}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("old")
    editions = [release(name, months=months, products=["8505"]) for name, months in (("r1", "2025-06"), ("r1.01-ab", "2025-05"))]  # fmt: skip
    _releases(monkeypatch, *editions, release("r2", months="2020-01", products=["*"], flow=None))
    monkeypatch.setattr(query, "open_published", lambda _: type("Snapshot", (), {"id": "000002-b"})())
    monkeypatch.setattr(module, "pages_of", lambda *place: {"en.md": f"new {place[2]} {place[3]} {place[4]}"})
    return tmp_path


def _releases(monkeypatch: pytest.MonkeyPatch, *rows: dict[str, Any]) -> None:
    monkeypatch.setattr(module, "read_table", lambda *_: release_table(*rows))


def texts(store: Path) -> dict[str, str]:
    """The briefs in markdown by their names."""
    folder = store / "briefs"
    return {str(file.relative_to(folder)).removesuffix(".en.md"): file.read_text() for file in folder.rglob("*.en.md")}


def test_briefs_of_the_product_and_direction_from_the_first_month_on_are_written_again(store: Path) -> None:
    found = rewrite_briefs(outcome(), store)
    assert found.briefs == [f"briefs/2025-05/{MAGNETS}.en.md", f"briefs/2025-07/{MAGNETS}.en.md"]
    assert found.warnings == ["before"]
    assert texts(store) == dict.fromkeys(BRIEFS, "old") | {
        f"2025-05/{MAGNETS}": "new basket:rare_earth_magnets export 2025-05-01",
        f"2025-07/{MAGNETS}": "new basket:rare_earth_magnets export 2025-07-01",
    }


def test_a_print_speaks_of_both_directions(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _releases(monkeypatch, release("r1", kind="published", months="2025-05", flow=None, products=["8505"]))
    changed = {name for name, text in texts_after(store).items() if text != "old"}
    assert changed == {
        f"2025-05/{MAGNETS}",
        f"2025-05/{MAGNETS}-import",
        f"2025-07/{MAGNETS}",
        "2025-07/85051110-import",
    }


def texts_after(store: Path) -> dict[str, str]:
    rewrite_briefs(outcome(), store)
    return texts(store)


def test_a_brief_that_cannot_be_written_is_a_warning_with_its_command_and_the_others_are_written(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pages_of(*place: Any) -> dict[str, str]:
        if place[4] == date(2025, 5, 1):
            raise ValueError("no fonts")
        return {"en.md": "new"}

    monkeypatch.setattr(module, "pages_of", pages_of)
    found = rewrite_briefs(outcome(), store)
    assert found.briefs == [f"briefs/2025-07/{MAGNETS}.en.md"]
    assert found.warnings == [
        "before",
        "brief (export of basket:rare_earth_magnets, 2025-05): it is from before this decision, ValueError: no fonts. "
        "Write it with tidewaiter brief basket:rare_earth_magnets --flow export --month 2025-05.",
    ]
    assert texts(store)[f"2025-05/{MAGNETS}"] == "old"


def test_a_month_without_a_figure_names_the_decision_alone(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: object) -> dict[str, str]:
        raise NoFigure("nothing")

    monkeypatch.setattr(module, "pages_of", none_left)
    monkeypatch.setattr(facts, "names_of", lambda *_: ("Magnets", "磁铁"))
    monkeypatch.setattr(decided, "decided", lambda *_: [FACT])
    found = rewrite_briefs(outcome(), store)
    assert len(found.briefs) == 8
    page = (store / "briefs" / "2025-05" / f"{MAGNETS}.en.html").read_text(encoding="utf-8")
    assert "No figure of this month is left." in page
    assert "Withdrawn on 2025-09-01 by Li Wei: may.csv (r1). Reason: a &lt;b&gt; file" in page
    assert "本月已无任何数据。" in (store / "briefs" / "2025-05" / f"{MAGNETS}.zh.md").read_text(encoding="utf-8")


def test_where_nothing_was_published_no_brief_is_touched(store: Path) -> None:
    unchanged = outcome(status="nothing new")
    assert rewrite_briefs(unchanged, store) == unchanged
    assert texts(store) == dict.fromkeys(BRIEFS, "old")
