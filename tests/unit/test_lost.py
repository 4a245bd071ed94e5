"""A record that was set aside is not a record that was not there: from bytes to figures."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import PARTNER, PRODUCT, VALUE, csv_bytes, magnets, with_field

from schemas.request import Landed
from tasks import ledger, metrics
from tasks.normalise import Normalised, normalise
from tasks.sources import SOURCES

GOOD = (magnets("502", "353000", "20,121,000"), magnets("304", "764000", "30,000,000"), magnets("116", "5000", "1,000"))
GERMANY = 1
MONTH = 0


def _release(records: Any, day: date) -> Normalised:
    landed = Landed(
        file=Path("f.csv"), source="gacc_query", reporter="CHN", flow="export", partners="all", products=None, first_month=None,
        last_month=None, released_on=day, title="f.csv", raw=Path("raw"), raw_sha256=f"{day:%Y%m%d}".rjust(64, "0"), raw_bytes=0,
    )  # fmt: skip
    return normalise(landed, SOURCES["gacc_query"].parse(csv_bytes(records), "f.csv"))


def _levels(*releases: Normalised) -> dict[tuple[str, str], tuple[float | None, str]]:
    frames = (pl.concat([one.detail for one in releases]), pl.concat([one.release for one in releases]))
    metric = metrics.derive(ledger.last_word(ledger.merge(*frames)), frames[1])  # type: ignore[arg-type]
    june = metric.filter((pl.col("period") == date(2025, 6, 1)) & (pl.col("measure") == "quantity_kg"))
    rows = june.select("product", "partner", "level", "level_status").iter_rows()
    return {(product, partner): (level, made) for product, partner, level, made in rows}


@pytest.mark.parametrize(
    ("place", "text", "lost"),
    [
        (VALUE, "x", ["85051110 2025-06"]),
        (PARTNER, "Germany", ["85051110 2025-06"]),
        (PRODUCT, "magnets", ["* 2025-06"]),
        (MONTH, "June", ["85051110 *"]),
    ],
)
def test_totals_wait_for_the_record_that_was_set_aside(place: int, text: str, lost: list[str]) -> None:
    broken = _release(with_field(place, text, GERMANY, GOOD), date(2025, 7, 20))
    assert broken.release["lost"].to_list() == [lost]
    found = _levels(broken)
    assert found["85051110", "USA"] == (353_000, "reported")
    for product in ("85051110", "850511", "8505"):
        assert found[product, "WLD"] == (None, "not_covered")
    assert found["85051110", "EU27"] == (None, "not_covered")
    assert _levels(_release(GOOD, date(2025, 7, 20)))["85051110", "WLD"] == (1_122_000, "sum")


def test_a_record_that_was_set_aside_takes_nothing_back() -> None:
    first, again = _release(GOOD, date(2025, 7, 20)), _release(with_field(VALUE, "x", GERMANY, GOOD), date(2025, 8, 20))
    found = _levels(first, again)
    assert found["85051110", "DEU"] == (764_000, "reported")
    assert found["85051110", "WLD"] == (1_122_000, "sum")
    gone = _levels(first, _release(GOOD[:1] + GOOD[2:], date(2025, 8, 20)))
    assert ("85051110", "DEU") not in gone
    assert gone["85051110", "WLD"] == (358_000, "sum")


def test_a_copy_that_was_set_aside_loses_nothing() -> None:
    twice = _release((*GOOD, GOOD[GERMANY]), date(2025, 7, 20))
    assert twice.quarantine.height == 1
    assert twice.release["lost"].to_list() == [[]]
