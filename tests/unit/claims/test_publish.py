"""Rows of the table `claim` from a checked file."""

from datetime import date

import polars as pl

from schemas.frames import Claim
from tasks.claims.check import ClaimsFile
from tasks.claims.publish import claim_rows
from tests.unit.builders import release, release_table

CHECKED = {
    "outlet": ["Daily", ""], "commodity": ["85051110", "gold bars"], "flow": ["export", "export"], "partner": ["US", "World"],
    "period": ["2025-06", "2025-06"], "metric": ["level_t", "level_t"], "value": ["353", "1"], "unit": ["t", "t"],
    "qualifier": ["", "about"], "verdict": ["supported", "not_checkable"], "reason": ["353 t agrees", "Not checkable: no"],
}  # fmt: skip


def made(checked: dict[str, list[str]]) -> Claim:
    rows = pl.DataFrame(checked, schema=dict.fromkeys(checked, pl.String))
    releases = release_table(*(release(str(day), day) for day in ("2026-01-20", "2026-02-18", "2025-12-01")))
    return claim_rows(ClaimsFile("claims.csv", "0" * 64, rows), rows, releases)  # type: ignore[arg-type]


def test_each_row_keeps_its_words_and_gets_its_number_and_the_newest_day() -> None:
    found = made(CHECKED)
    assert found.select("record", "known_on", "value", "qualifier", "verdict").rows() == [
        (1, date(2026, 2, 18), "353", None, "supported"), (2, date(2026, 2, 18), "1", "about", "not_checkable"),
    ]  # fmt: skip


def test_a_product_that_cannot_be_determined_is_null_and_has_no_note() -> None:
    found = made(CHECKED)
    assert found["product"].to_list() == ["85051110", None]
    assert found["note"][1] is None
    assert found["note"][0].startswith("85051110: ")
