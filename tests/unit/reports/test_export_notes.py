"""The notes on exported rows: columns, facts, and the releases that cover them."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.reports import export_notes
from tasks.reports.export_notes import Notes, notes
from tests.unit.builders import MAGNETS, Row, release, release_table

RELEASES = (
    release("now", "2026-01-20", months="2025-06"), release("early", "2025-12-01", months="2023-07"), release("earlier", months="2023-06"),
    release("imports", months="2025-06", flow="import"), release("both", months="2025-06", flow=None), release("horses", months="2025-06", products=["01012100"]),
    release("magnetic", months="2025-06", products=["8505"]), release("all", months="2025-06", products=["*"]), release("later", months="2025-07"),
)  # fmt: skip


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(export_notes, "read_table", lambda *_: release_table(*RELEASES))
    snapshot = type("Snapshot", (), {"store": Path("/a/store"), "id": "s1"})()

    def of(model: Any, rows: pl.DataFrame, *given: Any) -> Notes:
        return notes(snapshot, model, rows, *given)

    return of


def figures(*rows: Row) -> pl.DataFrame:
    plain = {"flow": "export", "product": MAGNETS, "period": date(2025, 6, 1), "mom_pct": 1.0}
    return pl.DataFrame([plain | row for row in rows])


def ids(found: Notes) -> set[str]:
    return {*found.releases["release_id"]}


def test_each_column_has_its_unit_and_meaning_and_an_unknown_one_has_none(noted: Any) -> None:
    found = noted("metric", figures({}).with_columns(own=pl.lit(1)))
    assert found.name == "metric"
    assert found.columns.filter(column="mom_pct").row(0) == ("mom_pct", "%", "change on the month before")
    assert found.columns.filter(column="own").row(0) == ("own", "", "")
    assert noted("metric", figures({}), None, ["period"]).columns["column"].to_list() == ["period"]


def test_the_facts_name_store_snapshot_and_day(noted: Any) -> None:
    facts = dict(noted("metric", figures({})).facts)
    assert (facts["table"], facts["store"], facts["snapshot"]) == ("metric", "/a/store", "s1")
    assert "as known on" not in facts
    assert dict(noted("metric", figures({}), date(2025, 12, 31)).facts)["as known on"] == "2025-12-31"


def test_the_facts_say_what_values_mean(noted: Any) -> None:
    values = [line for name, line in noted("metric", figures({"measure": "value_cny"})).facts if name == "values"]
    assert values == ["exports in CNY: FOB, partner is the last known destination"]
    assert "values" not in dict(noted("metric", figures({"measure": "quantity_kg"})).facts)
    assert "values" not in dict(noted("release", pl.DataFrame({"title": ["a"]})).facts)


def test_figures_rest_on_releases_of_their_products_and_of_23_months_before(noted: Any) -> None:
    assert ids(noted("metric", figures({}))) == {"now", "early", "both", "magnetic", "all"}
    assert ids(noted("metric", figures({"flow": "import"}))) == {"imports", "both"}
    assert ids(noted("metric", figures({"product": "01"}))) == {"horses", "all"}
    assert ids(noted("metric", figures({"product": "basket:rare_earth_magnets"}))) == {"now", "early", "both", "magnetic", "all"}  # fmt: skip


def test_on_a_day_only_releases_up_to_it_count(noted: Any) -> None:
    assert ids(noted("metric", figures({}), date(2025, 12, 31))) == {"early"}
