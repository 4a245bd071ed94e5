"""A record that was set aside is not a record that was not there: from bytes to figures."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import first
from bad_inputs.download import (
    PARTNER,
    PRODUCT,
    QUANTITY,
    TITLES,
    VALUE,
    csv_bytes,
    distinct_records,
    magnets,
    with_field,
)

from schemas.forms.request import Landed
from tasks.checks.registry import check_release as check
from tasks.domain.errors import Refused
from tasks.ingest.normalise import Normalised, normalise
from tasks.ledger import merge as ledger
from tasks.metrics.derive import derive
from tasks.sources.registry import SOURCES

GOOD = (magnets("502", "353000", "20,121,000"), magnets("304", "764000", "30,000,000"), magnets("116", "5000", "1,000"))
GERMANY = 1
MONTH = 0


# Two provinces to the United States, one to Germany.
BY_PROVINCE = (*GOOD[:1], magnets("502", "7000", "50,000"), magnets("304", "764000", "30,000,000"))
PROVINCES = ("44", "37", "44")
USA_SHANDONG = 1


def _release(records: Any, day: date, titles: tuple[str, ...] = TITLES) -> Normalised:
    landed = Landed(
        file=Path("f.csv"), source="gacc_query", reporter="CHN", flow="export", partners="all", products=None, first_month=None,
        last_month=None, released_on=day, title="f.csv", raw=Path("raw"), raw_sha256=f"{day:%Y%m%d}".rjust(64, "0"), raw_bytes=0,
    )  # fmt: skip
    return normalise(landed, SOURCES["gacc_query"].parse(csv_bytes(records, titles), "f.csv"))


def _by_province(*changes: tuple[int, str]) -> Normalised:
    records = BY_PROVINCE
    for place, text in changes:
        records = with_field(place, text, USA_SHANDONG, records)
    rows = [(*record, province) for record, province in zip(records, PROVINCES, strict=True)]
    return _release(rows, date(2025, 7, 20), (*TITLES, "注册地编码"))


def _levels(*releases: Normalised, measure: str = "quantity_kg") -> dict[tuple[str, str], tuple[float | None, str]]:
    frames = (pl.concat([one.detail for one in releases]), pl.concat([one.release for one in releases]))
    metric = derive(ledger.current_statements(ledger.merge(*frames)), frames[1])  # type: ignore[arg-type]
    june = metric.filter((pl.col("period") == date(2025, 6, 1)) & (pl.col("measure") == measure))
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


@pytest.mark.parametrize(
    ("place", "measure", "other"), [(QUANTITY, "quantity_kg", "value_usd"), (VALUE, "value_usd", "quantity_kg")]
)
def test_a_sum_over_provinces_of_which_a_part_is_missing_is_not_known(place: int, measure: str, other: str) -> None:
    whole, partial = _by_province(), _by_province((place, "-"))
    found = _levels(partial, measure=measure)
    assert ("85051110", "USA") not in found
    assert found["85051110", "WLD"] == (None, "other_unit")
    assert found["85051110", "DEU"] == _levels(whole, measure=measure)["85051110", "DEU"]
    assert _levels(partial, measure=other) == _levels(whole, measure=other)
    (told,) = partial.findings.filter(check="incomplete_sum").to_dicts()
    assert (told["severity"], told["observed"]) == ("warning", f"1 numbers of 1 sums, first {measure} in record 1")
    assert partial.quarantine.height == whole.findings.height == 0


def test_the_other_parts_of_a_sum_are_set_aside_with_the_record() -> None:
    release = _by_province((QUANTITY, "x"))
    assert release.quarantine["record"].to_list() == [1, 2]
    assert release.quarantine["reasons"][0].to_list() == ["is part of a sum that another record leaves incomplete"]
    assert release.release["lost"].to_list() == [["85051110 2025-06"]]
    found = _levels(release)
    assert ("85051110", "USA") not in found
    assert found["85051110", "DEU"] == (764_000, "reported")
    usa = [
        (*record, province)
        for record, province in zip(with_field(QUANTITY, "x", 1, BY_PROVINCE), PROVINCES, strict=True)
    ]
    with pytest.raises(Refused, match=r"record 2: quantity 'x' is not a number .* none of 2 records can be used"):
        _release(usa[:2], date(2025, 7, 20), (*TITLES, "注册地编码"))


@pytest.mark.parametrize(("place", "text"), [(PARTNER, "x"), (MONTH, "June"), (PRODUCT, "magnets")])
def test_a_record_that_may_be_part_of_any_sum_waits_for_a_person(tmp_path: Path, place: int, text: str) -> None:
    release = _by_province((place, text))
    assert release.quarantine["record"].to_list() == [2]
    alone = _release(with_field(place, text, 0, distinct_records(2_000)), date(2025, 7, 20))
    many = [(*record, "44") for record in with_field(place, text, 0, distinct_records(2_000))]
    by_province = _release(many, date(2025, 7, 20), (*TITLES, "注册地编码"))
    severities = [
        check(one, first(one, tmp_path)).filter(check="quarantined")["severity"].item() for one in (alone, by_province)
    ]
    assert severities == ["warning", "error"]


def test_parts_of_one_sum_in_different_units_wait_for_a_person() -> None:
    release = _by_province((QUANTITY + 1, "个"))
    assert release.findings.filter(check="incomplete_sum")["severity"].to_list() == ["error"]
    assert ("85051110", "USA") not in _levels(release)
