"""What a release is held for can change what people read: how large a doubt is, what proves that no row is missing, and
how a series trades."""

from pathlib import Path
from statistics import median

import polars as pl
import pytest
from bad_inputs.case import first
from bad_inputs.download import Record
from bad_inputs.soybeans import BRAZIL, UNITED_STATES, in_yuan, record, records, times, trade

from tasks.checks.frame.doubt_size import is_large, is_large_part
from tasks.checks.frame.registry import check_release as check
from tests.unit.checks.found import IMPORTS, find
from tests.unit.sources.census import us_census_answers as census

JUNE = {partner: numbers for (_, partner), numbers in trade(months=[6]).items()}


def test_a_finding_says_which_part_of_its_goods_and_of_the_file_is_in_doubt() -> None:
    """Brazil's kilograms of June are lost; at the middle price of the others they would be so many."""
    kg_of, yuan_of = ({partner: numbers[place] for partner, numbers in JUNE.items()} for place in (0, 1))
    others = [partner for partner in JUNE if partner != BRAZIL]
    lost = yuan_of[BRAZIL] / median(yuan_of[partner] / kg_of[partner] for partner in others)
    share = max(lost / (lost + sum(kg_of[partner] for partner in others)), yuan_of[BRAZIL] / sum(yuan_of.values()))
    change = times(0, 1, months=[6], partners=[BRAZIL])
    (row,) = find(in_yuan(records(months=[6], change=change)), **IMPORTS).filter(check="zero_number").to_dicts()
    assert row["goods_share"] == pytest.approx(share)
    assert row["file_share"] == pytest.approx(share)
    # Twelve months are a larger file; June is as much of its goods.
    (row,) = find(in_yuan(records(change=change)), **IMPORTS).filter(check="zero_number").to_dicts()
    assert row["file_share"] < share / 6


def test_a_decision_is_about_each_error_and_not_about_the_first_three() -> None:
    change = times(1, 0, months=[6, 7, 8], partners=[BRAZIL, UNITED_STATES])
    found = find(in_yuan(records(change=change)), **IMPORTS).filter(check="zero_number", severity="error")
    assert sorted(found["subject"]) == [
        f"import 12019019 {partner} 2024-{month} value_cny"
        for partner in ("BRA", "USA")
        for month in ("06", "07", "08")
    ]


@pytest.mark.parametrize(("missing", "found"), [(0, []), (1_000, ["error"])])
def test_a_printed_world_that_the_rows_add_up_to_proves_that_no_partner_is_missing(
    missing: int, found: list[str], tmp_path: Path
) -> None:
    """China had three fourths of four months and has no row in the fifth; where the world is as much as the rows, China
    had nothing."""
    rows = []
    for month in range(1, 6):
        parts = {census.CHINA: 6_000_000 + month, census.JAPAN: 2_000_000 + month}
        if month == 5:
            del parts[census.CHINA]
        total = sum(parts.values()) + (missing if month == 5 else 0)
        rows += [
            census.line(code, str(value), "0", str(value), month=f"2025-{month:02d}")
            for code, value in (*parts.items(), ("-", total))
        ]
    release = census.read(census.answer(rows), tmp_path, partners="all")
    findings = check(release, first(release, tmp_path)).filter(check="partners_missing")
    assert findings["severity"].to_list() == found


# Exports of brown rice from Brazil in dollars, 10062020, January to December 2023: two shiploads and parcels.
RICE = (4_064_482, 17_649, 14_349, 19_769, 138_437, 23_240, 7_313, 7_027_288, 39_991, 117_852, 65_716, 21_397)


@pytest.mark.parametrize(("digit", "severity"), [(1, {"warning"}), (10, {"warning", "error"})])
def test_goods_that_go_by_the_shipload_are_held_for_more_than_a_shipload(
    digit: int, severity: set[str], tmp_path: Path
) -> None:
    rows = [
        census.line(census.JAPAN, value, "0", value, month=f"2023-{month:02d}")
        for month, value in enumerate(map(str, (*RICE[:7], digit * RICE[7], *RICE[8:])), 1)
    ]
    release = census.read(census.answer(rows), tmp_path, partners="listed")
    held = check(release, first(release, tmp_path)).filter(check="magnitude")
    assert {*held["severity"]} == severity


# Dollars of a year: January is many times the months beside it and no more than May, and of two partners of the other
# half-year one has a shipload in June.
SPRING = (900_000, 113_000, 86_000, 334_000, 614_000, 540_000, 464_000, 407_000, 96_000, 97_000, 173_000, 112_000)
NORTH = (0, 0, 8_000, 15_000, 67_000, 38_000, 95_000, 87_000, 31_000, 29_000, 8_000, 0)
SOUTH = (152_000, 104_000, 121_000, 52_000, 8_000, 0, 0, 0, 11_000, 58_000, 162_000, 273_000)


@pytest.mark.parametrize(
    ("series", "severity"),
    [
        ([SPRING], "warning"),
        ([(10 * SPRING[0], *SPRING[1:])], "error"),
        # One partner alone, and no more than parcels; sixty times is worth millions.
        ([SOUTH, (*NORTH[:5], 14 * NORTH[5], *NORTH[6:])], "warning"),
        ([SOUTH, (*NORTH[:5], 60 * NORTH[5], *NORTH[6:])], "error"),
    ],
)
def test_a_series_of_few_months_or_of_one_partner_sets_its_own_bound(
    series: list[tuple[int, ...]], severity: str, tmp_path: Path
) -> None:
    rows = [
        census.line(partner, str(value), "0", str(value), month=f"2023-{month:02d}")
        for month in range(1, 13)
        for partner, values in zip((census.JAPAN, census.CHINA), series, strict=False)
        if (value := values[month - 1])
    ]
    release = census.read(census.answer(rows), tmp_path, partners="all")
    held = check(release, first(release, tmp_path)).filter(check="magnitude")
    assert held["severity"].to_list() == [severity]


def parcels(prices: tuple[int, ...], factor: int = 1) -> list[Record]:
    """Goods worth some 50,000 dollars a month, whose kilograms of June are multiplied."""
    months = {month: 10_000 + 173 * month for month in range(1, 13)}
    return [
        record(f"2024{month:02d}", "344", kg * (factor if month == 6 else 1), kg * prices[month % 3], code="12019011")
        for month, kg in months.items()
    ]


@pytest.mark.parametrize(
    ("rows", "severity"),
    [(parcels((30, 31, 32)), []), (parcels((30, 31, 32), 10), ["error"]), (parcels((10, 31, 60), 10), ["warning"])],
)
def test_a_price_of_small_goods_is_held_where_it_is_steady_otherwise(rows: list[Record], severity: list[str]) -> None:
    """They are a hundredth of a per cent of the file, and all of their own figures."""
    found = find(in_yuan([*records(), *rows]), **IMPORTS).filter(check="unit_value")
    assert found["severity"].to_list() == severity


# Of a year from September to August, in millions of yuan: a partner of the same sum that faded out, and a steady one.
FADED = (300, 400, 900, 900, 900, 900, 600, 300, 200, 60, 20, 10)
STEADY = (457, 457, 458, 457, 458, 457, 458, 457, 458, 457, 458, 458)


@pytest.mark.parametrize(("series", "severity"), [(FADED, "warning"), (STEADY, "error")])
def test_a_partner_that_had_nearly_gone_is_no_row_that_was_lost(series: tuple[int, ...], severity: str) -> None:
    months = [*(f"2023{month:02d}" for month in range(9, 13)), *(f"2024{month:02d}" for month in range(1, 9))]
    rows = [
        record(month, partner, 300_000 * yuan + place, 1_000_000 * yuan + place)
        for place, (month, usa) in enumerate(zip(months, series, strict=True))
        for partner, yuan in ((BRAZIL, 1_200 + place), (UNITED_STATES, usa))
    ]
    assert sum(FADED) == sum(STEADY)
    last = [record("202409", BRAZIL, 372_000_111, 1_240_000_111)]
    found = find(in_yuan([*rows, *last]), **IMPORTS).filter(check="partners_missing")
    assert found["severity"].to_list() == [severity]


@pytest.mark.parametrize(
    ("goods", "file", "worth", "large_part", "large"),
    [
        (0.01, 0.001, 0, True, True),
        (0.0099, 1.0, 0, False, False),
        (1.0, 0.0009, 999_999, False, False),
        (1.0, 0.0009, 1_000_000, False, True),
    ],
)
def test_a_doubt_is_large_by_its_parts_or_by_its_worth(
    goods: float, file: float, worth: int, *, large_part: bool, large: bool
) -> None:
    """Bounds of the table: a hundredth of the goods and a thousandth of the file, or a million dollars."""
    row = pl.DataFrame({"goods_share": [goods], "file_share": [file], "worth": [worth]})
    assert row.select(part=is_large_part(), whole=is_large(pl.col("worth"))).row(0) == (large_part, large)
