"""A record that was set aside is not a record that was not there: from bytes to figures."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import first
from bad_inputs.download import (
    MONTH,
    PARTNER,
    PRODUCT,
    QUANTITY,
    TITLES,
    UNIT,
    VALUE,
    Record,
    csv_bytes,
    distinct_records,
    magnets,
    with_field,
)

from tasks.checks.frame.registry import check_release as check
from tasks.domain.errors import Refused
from tasks.ingest.normalise import Normalised, normalise
from tasks.ingest.quantities import hidden_numbers
from tasks.ledger import merge as ledger
from tasks.metrics.derive import derive
from tasks.sources.registry import SOURCES
from tests.unit.ingest.file_codes import landed

GOOD = (magnets("502", "353000", "20,121,000"), magnets("304", "764000", "30,000,000"), magnets("116", "5000", "1,000"))
GERMANY = 1
# Two provinces to the United States, one to Germany.
BY_PROVINCE = (GOOD[0], magnets("502", "7000", "50,000"), magnets("304", "764000", "30,000,000"))
USA_SHANDONG = 1


def read(records: Sequence[Record], day: date = date(2025, 7, 20), provinces: Sequence[str] = ()) -> Normalised:
    titles = (*TITLES, "注册地编码") if provinces else TITLES
    rows = [(*record, province) for record, province in zip(records, provinces, strict=True)] if provinces else records
    of = landed(partners="all", released_on=day, raw_sha256=f"{day:%Y%m%d}".rjust(64, "0"))
    return normalise(of, SOURCES["gacc_query"].parse(csv_bytes(rows, titles), "f.csv"))


def by_province(*changes: tuple[int, str]) -> Normalised:
    records: tuple[Record, ...] = BY_PROVINCE
    for place, text in changes:
        records = with_field(place, text, USA_SHANDONG, records)
    return read(records, provinces=("44", "37", "44"))


def levels(*releases: Normalised, measure: str = "quantity_kg") -> dict[tuple[str, str], tuple[float | None, str]]:
    frames: Any = (pl.concat([one.detail for one in releases]), pl.concat([one.release for one in releases]))
    metric = derive(ledger.current_statements(ledger.merge(*frames)), frames[1])
    june = metric.filter((pl.col("period") == date(2025, 6, 1)) & (pl.col("measure") == measure))
    rows = june.select("product", "partner", "level", "level_status").iter_rows()
    return {(product, partner): (level, made) for product, partner, level, made in rows}


@pytest.mark.parametrize(
    ("place", "text", "lost"),
    [
        (VALUE, "x", "85051110 2025-06"),
        (PARTNER, "Germany", "85051110 2025-06"),
        (PRODUCT, "magnets", "* 2025-06"),
        (MONTH, "June", "85051110 *"),
    ],
)
def test_totals_wait_for_the_record_that_was_set_aside(place: int, text: str, lost: str) -> None:
    broken = read(with_field(place, text, GERMANY, GOOD))
    assert broken.release["lost"].to_list() == [[lost]]
    found = levels(broken)
    assert found["85051110", "USA"] == (353_000, "reported")
    assert [found[product, "WLD"] for product in ("85051110", "850511", "8505")] == [(None, "not_covered")] * 3
    assert found["85051110", "EU27"] == (None, "not_covered")


def test_a_record_that_was_set_aside_takes_nothing_back() -> None:
    whole, later = read(GOOD), date(2025, 8, 20)
    found = levels(whole, read(with_field(VALUE, "x", GERMANY, GOOD), later))
    assert found["85051110", "DEU"] == (764_000, "reported")
    assert found["85051110", "WLD"] == levels(whole)["85051110", "WLD"] == (1_122_000, "sum")
    gone = levels(whole, read(GOOD[:1] + GOOD[2:], later))
    assert ("85051110", "DEU") not in gone
    assert gone["85051110", "WLD"] == (358_000, "sum")


@pytest.mark.parametrize(
    ("place", "measure", "other"), [(QUANTITY, "quantity_kg", "value_usd"), (VALUE, "value_usd", "quantity_kg")]
)
def test_a_sum_over_provinces_of_which_a_part_is_missing_is_not_known(place: int, measure: str, other: str) -> None:
    whole, partial = by_province(), by_province((place, "-"))
    found = levels(partial, measure=measure)
    assert ("85051110", "USA") not in found
    assert found["85051110", "WLD"] == (None, "other_unit")
    assert found["85051110", "DEU"] == levels(whole, measure=measure)["85051110", "DEU"]
    assert levels(partial, measure=other) == levels(whole, measure=other)
    assert partial.findings.filter(check="incomplete_sum")["severity"].to_list() == ["warning"]
    assert partial.quarantine.height == whole.findings.filter(pl.col("severity") != "info").height == 0


def test_the_other_parts_of_a_sum_are_set_aside_with_the_record() -> None:
    release = by_province((QUANTITY, "x"))
    assert release.quarantine["record"].to_list() == [1, 2]
    assert release.quarantine["reasons"][0].to_list() == ["is part of a sum that another record leaves incomplete"]
    assert release.release["lost"].to_list() == [["85051110 2025-06"]]
    found = levels(release)
    assert ("85051110", "USA") not in found
    assert found["85051110", "DEU"] == (764_000, "reported")
    with pytest.raises(Refused, match=r"record 2: quantity 'x' is not a number .* none of 2 records can be used"):
        read(with_field(QUANTITY, "x", 1, BY_PROVINCE[:2]), provinces=("44", "37"))
    # Parts in different units wait for a person.
    pieces = by_province((UNIT, "个"))
    assert pieces.findings.filter(check="incomplete_sum")["severity"].to_list() == ["error"]
    assert ("85051110", "USA") not in levels(pieces)


@pytest.mark.parametrize(("place", "text"), [(PARTNER, "x"), (MONTH, "June"), (PRODUCT, "magnets")])
def test_a_record_that_may_be_part_of_any_sum_waits_for_a_person(tmp_path: Path, place: int, text: str) -> None:
    assert by_province((place, text)).quarantine["record"].to_list() == [2]
    many = with_field(place, text, 0, distinct_records(2_000))
    releases = read(many), read(many, provinces=["44"] * 2_000)
    found = [check(one, first(one, tmp_path)).filter(check="quarantined")["severity"].item() for one in releases]
    assert found == ["warning", "error"]


@pytest.mark.parametrize(
    ("place", "hidden", "other"), [(QUANTITY, "quantity_kg", "value_usd"), (VALUE, "value_usd", "quantity_kg")]
)
def test_a_number_that_one_record_hides_leaves_the_sums_of_the_other_measure_whole(
    place: int, hidden: str, other: str
) -> None:
    """Germany's 28.59 dollars have no weight: the world is not known in kilograms, and is in dollars."""
    release = read(with_field(place, "-", GERMANY, GOOD))
    whole = levels(read(GOOD), measure=other)
    assert levels(release, measure=other) == whole
    assert whole["85051110", "WLD"][1] == whole["85051110", "EU27"][1] == "sum"
    unknown = levels(release, measure=hidden)
    assert [unknown["85051110", total][0] for total in ("WLD", "EU27")] == [None] * 2
    assert unknown["85051110", "USA"][1] == "reported"


def test_a_number_that_is_hidden_with_its_unit_is_lost_in_its_family_alone() -> None:
    records = pl.DataFrame(
        {
            "row": [0, 1, 2, 3],
            "quantity": [None, "5", "6", None],
            "quantity_unit": ["千克", "千克", "千克", None],
            "supplementary_quantity": ["1", None, "2", None],
            "supplementary_unit": ["台", "台", "台", None],
            "value": ["1", "2", None, None],
            "currency": ["USD", "USD", "CNY", "doubloons"],
        }
    )
    found = hidden_numbers(records).sort("row").rows()
    assert found == [(0, "quantity"), (1, "quantity"), (2, "value_cny"), (3, None)]
