"""A table made of published stores: which months are made again, and what an interruption leaves."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas.table import empty_frame
from tasks.domain.periods import first_day, month_number
from tasks.reports.downstream import Upstream, publish_table
from tasks.reports.query import open_published
from tasks.store.parquet import read_table
from tasks.store.snapshot import Snapshot, open_snapshot

JANUARY = month_number(date(2024, 1, 1))
# January to March, and a month apart from them.
MONTHS = (JANUARY, JANUARY + 1, JANUARY + 2, JANUARY + 5)


def test_stale_months_alone_are_made_again_and_an_interruption_is_made_up_for(
    sample_store: Path, tmp_path: Path
) -> None:
    source, asked = open_published(sample_store), list[range]()
    rests_on = dict.fromkeys(MONTHS, "a")

    def rows_of(months: range, parent: Snapshot | None) -> pl.DataFrame:
        asked.append(months)
        if rests_on.get(months.start) == "broken":
            raise OSError("no space left")
        one = {
            "flow": "export", "product": "850511", "partner": "WLD", "measure": "quantity_kg", "first_kind": "query", "first_release_id": "r1",
            "first_known": date(2024, 9, 1), "first": 1.0, "last": 2.0, "error_pct": -50.0,
        }  # fmt: skip
        rows = [{**one, "period": first_day(month)} for month in months]
        return pl.concat([empty_frame("first_print"), pl.DataFrame(rows, schema=empty_frame("first_print").schema)])

    def publish(**changed: str) -> list[str]:
        rests_on.update({JANUARY + int(month[1:]): said for month, said in changed.items()})
        asked.clear()
        made = publish_table("first_print", tmp_path, lambda: Upstream({"CHN": source}, dict(rests_on)), rows_of)
        assert read_table(made.snapshot, "first_print").height == len(rests_on)
        return made.months

    assert publish() == ["2024-01", "2024-02", "2024-03", "2024-06"]
    assert asked == [range(JANUARY, JANUARY + 3), range(JANUARY + 5, JANUARY + 6)]
    assert publish() == []
    before = open_snapshot(tmp_path)
    with pytest.raises(OSError, match="no space"):
        publish(m1="b", m5="broken")
    assert open_snapshot(tmp_path) == before
    assert publish(m5="b") == ["2024-02", "2024-06"]
    del rests_on[JANUARY]
    assert publish() == [], "a month that rests on nothing any more is left out"
    trails = read_table(open_snapshot(tmp_path), "lineage")
    assert trails["step"].unique().to_list() == ["first_print"]
    assert all(source.id in said for said in trails["parameters"])
