"""Vintages in the form of other programs: every vintage whole."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from tasks.answers.trade.vintages import as_revisions
from tasks.reading.query import query
from tasks.reading.vintages import SCHEMA
from tests.unit.corrected_store import CORRECTED, KNOWN, corrected_store
from tests.unit.customs import DAY, LATER

pytestmark = pytest.mark.usefixtures("nothing_is_watched")

MARCH, APRIL, MAY = (date(2025, month, 1) for month in (3, 4, 5))
FIRST, SECOND, THIRD = date(2025, 4, 20), date(2025, 5, 20), date(2025, 6, 20)


def vintages_of(*rows: tuple[date, date, date | None, float | None]) -> pl.DataFrame:
    told = [
        {"period": month, "known_from": begin, "known_until": end, "value": value} for month, begin, end, value in rows
    ]
    return pl.DataFrame(told, schema=SCHEMA)


def test_each_day_is_a_whole_vintage_with_the_value_of_every_month() -> None:
    found = as_revisions(vintages_of((MARCH, FIRST, SECOND, 1.0), (MARCH, SECOND, None, 2.0), (MAY, THIRD, None, 5.0)))
    # April, which nobody printed, is there: the package takes no month for granted.
    assert found.rows() == [
        (FIRST, MARCH, 1.0), (FIRST, APRIL, None), (FIRST, MAY, None),
        (SECOND, MARCH, 2.0), (SECOND, APRIL, None), (SECOND, MAY, None),
        (THIRD, MARCH, 2.0), (THIRD, APRIL, None), (THIRD, MAY, 5.0),
    ]  # fmt: skip
    assert found.schema == {"rev_date": pl.Date, "time_period": pl.Date, "obs_values": pl.Float64}


def test_a_withdrawn_value_is_missing_from_its_day_on() -> None:
    found = as_revisions(vintages_of((MARCH, FIRST, SECOND, 1.0), (MARCH, SECOND, None, None)))
    assert found["obs_values"].to_list() == [1.0, None]


@pytest.mark.parametrize("rows", [[], [(MARCH, FIRST, None, 1.0)]])
def test_a_single_vintage_has_no_revisions(rows: list[tuple[date, date, date | None, float]]) -> None:
    with pytest.raises(ValueError, match="revisions need two"):
        as_revisions(vintages_of(*rows))


def test_the_command_prints_what_the_ledger_knew_on_each_day(tmp_path: Path) -> None:
    store = corrected_store(tmp_path)
    asked = ["vintages", "85051110", "--partner", "USA", "--month", "2025-05..2025-06", "--store", str(tmp_path)]
    done = CliRunner().invoke(app, [*asked, "--format", "revisions"])
    rows = [line.split(",") for line in done.stdout.splitlines()]
    assert rows[0] == ["rev_date", "time_period", "obs_values"]
    assert [(day, float(value)) for day, month, value in rows[1:] if month == "2025-06-01"] == [
        (str(day), value) for day, value in KNOWN.items()
    ]
    assert {day for day, *_ in rows[1:]} == {str(day) for day in (DAY, CORRECTED, LATER)}
    for day in KNOWN:
        known = query(store.store, "metric", product="85051110", partner="USA", measure="quantity_kg", as_of=day)
        printed = {(month, float(value)) for when, month, value in rows[1:] if when == str(day)}
        assert printed == {(str(month), level) for month, level in known.select("period", "level").iter_rows()}
    refused = CliRunner().invoke(app, [*asked, "--format", "revisions", "--first-prints"])
    assert (refused.exit_code, "leave one of them out" in " ".join(refused.output.split())) == (2, True)
