"""Numbers that are ten or a thousand times too large or too small, alone or together, and those that are 0 by
mistake."""

import functools
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import first
from bad_inputs.download import QUANTITY, UNIT, VALUE, Record, csv_bytes, distinct_records
from bad_inputs.soybeans import BRAZIL, UNITED_STATES, in_yuan, record, records, times, trade
from release_pages import GOODS

from tasks.checks.frame.registry import check_release as check
from tests.unit.census_archive import Row, archive
from tests.unit.checks import found
from tests.unit.checks.found import EARLIER, IMPORTS, Earlier, page_of, said
from tests.unit.sources.census import us_census_answers as census

find = functools.partial(found.find, earlier=EARLIER)
case = functools.partial(found.case, **IMPORTS)
BEFORE = in_yuan(records(2023))
MAGNITUDE, WARNED, PRICE, ZERO = "magnitude error", "magnitude warning", "unit_value error", "zero_number error"
SET_ASIDE = "partners_missing warning, quarantined error"
JUNE = [6]


def year(kg: float = 1, yuan: float = 1, *at: int, of: Iterable[str] = ()) -> bytes:
    """The soybeans of a year, changed in some months and for some partners, or all."""
    return in_yuan(records(change=times(kg, yuan, months=at or range(1, 13), partners=of)))


def june(kg: float = 1, yuan: float = 1, *, of: Iterable[str] = (), more: Iterable[Record] = ()) -> bytes:
    return in_yuan([*records(months=JUNE, change=times(kg, yuan, months=JUNE, partners=of)), *more])


SUMS = {
    partner: [
        sum(column)
        for column in zip(
            *(numbers for (_, who), numbers in trade(months=range(1, 12)).items() if who == partner), strict=True
        )
    ]
    for _, partner in trade(months=range(1, 12))
}
# As after an export control: the largest falls to a two-hundredth, others to a half; the world to a twentieth.
LEFT = {BRAZIL: 0.005, UNITED_STATES: 0.9, "344": 0.5}
STOPPED = in_yuan(
    [
        *records(months=range(1, 7)),
        *records(months=range(8, 13)),
        *records(
            months=[7], partners=LEFT, change=lambda _, who, kg, yuan: (round(kg * LEFT[who]), round(yuan * LEFT[who]))
        ),
    ]
)
PARCELS = [record(f"2024{month:02d}", "402", 5 + 7 * month, 900 if month % 2 else 900 * 40) for month in range(1, 12)]


def beside_small(partner: str, kg: int, yuan: int) -> bytes:
    """A record of May next to five months of others, a hundredth as large as usual."""
    usual = records(months=range(1, 6), growth=0.01, partners=["344", "501", "444", "347", "402"])
    return in_yuan([*usual, record("202405", partner, kg, yuan)])


def energy(code: str) -> bytes:
    return csv_bytes(
        [("202406", code, "电力", who, "某国", "0", "千克", "0", "?", "9,000,000") for who in ("304", "502")]
    )


PRODUCTS = distinct_records(600)


def cube(
    month: int, kg: float = 1, usd: float = 1, of: Iterable[int] = range(600), partners: Iterable[str] = ("502",)
) -> list[Record]:
    """600 products, more than are looked up one by one, each with three partners; of some the numbers are changed."""
    rows, at = [], {*of}
    for place, row in enumerate(PRODUCTS):
        for who, share in (("304", 5), ("502", 3), ("601", 2)):
            mass = 90_000 * share + 531 * ((place * 7 + month * 13) % 97)
            money = mass * (12 + place % 5) + 17 * month
            if place in at and who in partners:
                mass, money = round(mass * kg), round(money * usd)
            rows.append((f"2024{month:02d}", *row[1:3], who, "某国", str(mass), *row[UNIT:VALUE], f"{money:,}"))
    return rows


SPRING = tuple(csv_bytes(cube(month)) for month in range(1, 8))
EACH = ("304", "502", "601")
CASES = (
    # In a file of the year, and alone after the year before.
    case("January ten times as much", MAGNITUDE, year(10, 10, 1)),
    case("January alone, ten times as much", MAGNITUDE, in_yuan(records(months=[1], change=times(10, 10))), BEFORE),
    case("a whole file ten times as much", f"{MAGNITUDE}, {WARNED}", year(10, 10), BEFORE),
    case("a whole file twice as much", "", year(1.9, 1.9), BEFORE),
    case("a partner ten times as much", MAGNITUDE, year(10, 10, 6, of=[BRAZIL])),
    case("a partner ten times as much, alone", MAGNITUDE, june(10, 10, of=[BRAZIL]), BEFORE),
    case("all partners with a tenth", MAGNITUDE, year(1 / 10, 1 / 10, 7), BEFORE),
    case("half as much may be trade", "", year(1 / 2, 1 / 2, 7), BEFORE),
    case("twice as much may be trade", "", year(2, 2, 7), BEFORE),
    case("most partners stop", WARNED, STOPPED, BEFORE),
    case("one partner stops", WARNED, year(0.1, 0.1, 8, of=[BRAZIL]), BEFORE),
    case("one partner sends a third for a tenth", "", year(0.35, 0.1, 8, of=[BRAZIL]), BEFORE),
    case("a year so far that is declared as a month", "year_so_far error",
        in_yuan(record("202411", partner, *numbers) for partner, numbers in sorted(SUMS.items())), BEFORE,
        in_yuan(records(months=range(1, 11)))),
    # A price of one partner: 3,363 yuan a kilogram next to 3.3; of the whole product it is said once.
    case("tonnes of a partner", PRICE, year(1 / 1_000, 1, 6, of=[UNITED_STATES])),
    case("tonnes of a partner, alone", PRICE, june(1 / 1_000, 1, of=[UNITED_STATES]), BEFORE),
    # More than any month has: the record is set aside, and its partner is missing.
    case("a thousand times the kilograms", SET_ASIDE, june(1_000, 1, of=[UNITED_STATES]), BEFORE),
    case("a hundred times the kilograms", PRICE, june(100, 1, of=[UNITED_STATES]), BEFORE),
    case("ten times the yuan", PRICE, year(1, 10, 6, of=[UNITED_STATES]), BEFORE),
    case("a tenth of the yuan", PRICE, june(1, 1 / 10, of=[UNITED_STATES]), BEFORE),
    case("a new partner with a thousandth of the kilograms", PRICE,
        june(more=[record("202406", "305", 57_300, 191_000_000)]), BEFORE),
    case("a new partner that pays three times as much", "",
        june(more=[record("202406", "305", 19_100_000, 191_000_000)]), BEFORE),
    # Seed for trials: 29 kilograms for 7,770 yuan, with other goods in the next month.
    case("parcels have any price", "", in_yuan([*PARCELS, record("202412", "402", 40, 100_000)])),
    case("a dearer partner of a hundred thousand dollars", "unit_value warning",
        in_yuan(
            [*records(growth=0.01, change=times(0.1, 1, months=JUNE, partners=["344"])), *records(code="12011000")])),
    # A value of 0 for ten million tonnes, a quantity of 0 for 33 billion yuan; with and without a history.
    *(case(f"{kg} kg, {yuan} yuan beside millions, {name}", expected, data, *before) for kg, yuan in ((1, 0), (0, 1))
        for name, data, before, expected in (("a year", year(kg, yuan, 6, of=[BRAZIL]), (BEFORE,), ZERO),
            ("nothing before", june(kg, yuan, of=[BRAZIL]), (), ZERO))),
    # Less than half a kilogram or yuan is printed as 0. Real records: 0 kg for 790 dollars, and 0 kg for 0 yuan.
    *(case(f"{kg} kg for {yuan} yuan", expected, beside_small(partner, kg, yuan), partners="listed")
        for partner, kg, yuan, expected in ((BRAZIL, 0, 0, ""), ("502", 23, 0, ""), ("502", 0, 790 * 7, ""),
            ("502", 0, 2_000_000, ZERO), ("502", 500_000, 0, ZERO))),
    case("electrical energy weighs nothing", "", energy("27160000"), partners="listed"),
    case("other goods do", ZERO, energy("84733090"), partners="listed"),
    # A broad release is looked at by whole products, with their prices.
    case("600 products as usual", "", csv_bytes(cube(8)), *SPRING),
    case("600 products, tonnes of one", PRICE, csv_bytes(cube(8, 1 / 1_000, 1, [77])), *SPRING),
    case("600 products, tonnes of ten", PRICE, csv_bytes(cube(8, 1 / 1_000, 1, range(0, 600, 60))), *SPRING),
    case("600 products, no value of one", ZERO, csv_bytes(cube(8, 1, 0, [77])), *SPRING),
    case("600 products, no weight of one", ZERO, csv_bytes(cube(8, 0, 1, [77])), *SPRING),
    case("600 products, dearer", "", csv_bytes(cube(8, 1, 1.3)), *SPRING),
    case("600 products, twice as much", "", csv_bytes(cube(8, 2, 2, partners=EACH)), *SPRING),
    case("600 products, 40 times as much", MAGNITUDE, csv_bytes(cube(8, 40, 40, partners=EACH)), *SPRING),
    case("600 products, 40 times as much of two in three", MAGNITUDE, csv_bytes(cube(8, 40, 40, range(400), EACH)),
        *SPRING),
    case(
        "600 products, 40 times as much of one in three", WARNED, csv_bytes(cube(8, 40, 40, range(200), EACH)), *SPRING
    ),
)  # fmt: skip


@pytest.mark.parametrize(("expected", "data", "before", "declared"), CASES)
def test_a_number_is_held_where_a_digit_or_a_unit_is_wrong_and_not_where_trade_moves(
    expected: str, data: bytes, before: tuple[Earlier, ...], declared: dict[str, Any]
) -> None:
    rows = find(data, *before, **declared)
    assert said(rows) == expected
    # Products and partners may be equally many, each counted by itself.
    count = pl.col("observed").str.extract(r"\((\d+) such").cast(pl.Int64)
    each = rows.with_columns(count=count).drop_nulls("count").group_by("check", "count").len()
    assert (each["len"] % each["count"] == 0).all(), "each number that a check counts is a finding"


MASS, MONEY = trade()[6, UNITED_STATES]
OF_BRAZIL = trade()[6, BRAZIL]
CHIPS = csv_bytes(
    ("202406", "85423190", "处理器", partner, "某国", str(count), "个", "0", "?", f"{usd:,}")
    for partner, count, usd in (
        ("502", 120_000, 3_600_000),
        ("304", 0, 2_500_000),
        ("116", 0, 4_000),
        ("133", 9_000, 310_000),
    )
)


@pytest.mark.parametrize(
    ("data", "before", "rule", "subjects", "observed"),
    [
        (year(40, 40, 12), (), "magnitude error", ["import 12019019 2024-12 value_cny"],
            f"{40 * sum(yuan for (month, _), (_, yuan) in trade().items() if month == 12):,}, "),
        # Two months with the same mistake: neither is an example for the other.
        (year(10, 10, 4, 9), (), "magnitude error",
            ["import 12019019 2024-04 value_cny", "import 12019019 2024-09 value_cny",
                "import 12019019 BRA 2024-09 value_cny"],
            ""),
        (year(0.1, 0.1, 8, of=[BRAZIL]), (BEFORE,), "magnitude warning", ["import 12019019 BRA 2024-08 value_cny"], ""),
        (june(1 / 1_000, 1, of=[UNITED_STATES]), (BEFORE,), "unit_value error", ["import 12019019 USA 2024-06"],
            f"{MONEY / round(MASS / 1_000):,.4g} CNY/kg"),
        (year(1, 10, 6), (BEFORE,), "unit_value error", ["import 12019019 2024-06"], ""),
        # Two of the four partners of June: more than half of them would be one finding about the month.
        (year(1, 10, 6, of=[BRAZIL, UNITED_STATES]), (BEFORE,), "unit_value error",
            ["import 12019019 2024-06", "import 12019019 BRA 2024-06", "import 12019019 USA 2024-06"], ""),
        (june(1, 0, of=[BRAZIL]), (), "zero_number error", ["import 12019019 BRA 2024-06 value_cny"],
            f"0 CNY and {OF_BRAZIL[0]:,} kg"),
        (june(0, 1, of=[BRAZIL]), (), "zero_number error", ["import 12019019 BRA 2024-06 quantity_kg"],
            f"0 kg and {OF_BRAZIL[1]:,} CNY"),
        (CHIPS, (), "zero_number error", ["import 85423190 DEU 2024-06 quantity_item"], "0 item and 2,500,000 USD"),
    ],
)  # fmt: skip
def test_the_places_of_what_is_wrong_are_named(
    data: bytes, before: tuple[bytes, ...], rule: str, subjects: list[str], observed: str
) -> None:
    name, severity = rule.split()
    rows = find(data, *before, **IMPORTS).filter(check=name, severity=severity).sort("subject")
    assert rows["subject"].to_list() == subjects
    assert rows["observed"][0].startswith(observed)


# Live ornamental fish from Japan to the United States, 030111 in dollars, January to December 2020, as the Census
# Bureau prints them.
FISH = (283_414, 423_618, 343_364, 119_802, 91_064, 130_016, 57_306, 58_109, 29_776, 202_241, 652_686, 2_206_866)


@pytest.mark.parametrize(("digit", "places"), [(1, []), (10, ["", " JPN"])])
def test_a_season_is_held_where_it_is_beyond_what_the_series_has_done_before(
    digit: int, places: list[str], tmp_path: Path
) -> None:
    """December is 3.4 times the most of the months around; from September to October the trade rose 6.8 times and
    stayed."""
    rows = [
        census.line(code, value, value, product="030111", month=f"2020-{month:02d}", level="HS6")
        for month, of_japan in enumerate([*FISH[:-1], digit * FISH[-1]], 1)
        for code, value in ((census.JAPAN, str(of_japan)), (census.CHINA, str(1_500_000 + month)))
    ]
    release = census.read(census.answer(rows), tmp_path)
    held = check(release, first(release, tmp_path)).filter(check="magnitude", severity="error")
    assert sorted(held["subject"]) == [f"import 030111{place} 2020-12 value_usd" for place in places]


def test_goods_that_are_never_weighed_hold_no_broad_release_and_a_lost_weight_does() -> None:
    """A whole customs month has goods that are only counted; their kilograms are 0 in every record of every month."""
    here = cube(8)
    rows = [
        *here,
        *(("202408", "71131911", "某物", who, "某国", "0", "千克", "0", "?", "9,000,000") for who in ("304", "502")),
    ]
    never = find(csv_bytes(rows), *SPRING, **IMPORTS).filter(check="zero_number")
    assert never["severity"].to_list() == ["info"]
    assert "71131911" in never["observed"][0]
    # The same zeros where the product had a weight in the months before, or in another record, or in a small file.
    lost = [(*row[:QUANTITY], "0", *row[UNIT:]) if row[1] == here[0][1] else row for row in here]
    weighed = [*rows[:-1], (*rows[-1][:QUANTITY], "5000", *rows[-1][UNIT:])]
    for damaged, before in ((lost, SPRING), (weighed, SPRING), (rows[-2:], ())):
        assert ZERO in said(find(csv_bytes(damaged), *before, **IMPORTS))


@pytest.mark.parametrize(
    ("toys", "fertilizers", "held"),
    [
        # Of ten lines one has four times as much as ever: a boom, which costs no other line.
        ("2,500.0", ("300.0", "50.0"), []),
        ("60,000.0", ("300.0", "50.0"), ["magnitude"]),
        # 0 of 0.1 x 10,000 t is up to 500 t, and 0.0 of CNY 100 million up to 5 million; nothing else is so much.
        ("200.0", ("0.0", "0.0"), []),
        ("200.0", ("0.0", "50.0"), ["zero_number"]),
        ("200.0", ("0.1", "0.0"), []),
        ("200.0", ("300.0", "0.0"), ["zero_number"]),
    ],
)
def test_one_line_of_a_page_holds_the_others_only_for_a_wrong_unit_or_a_zero_that_is_no_rounding(
    toys: str, fertilizers: tuple[str, str], held: list[str]
) -> None:
    changed: dict[str, tuple[str, str]] = {"Toys": ("-", toys), "Fertilizers": fertilizers}
    *before, (data, declared) = (
        page_of(
            2025,
            month,
            [[*row[:2], *(changed.get(row[0], row[2:4]) if month == 5 else row[2:4]), *["-"] * 6] for row in GOODS],
        )
        for month in (2, 3, 4, 5)
    )
    assert find(data, *before, **declared).filter(severity="error")["check"].unique().to_list() == held
    # Without an earlier month there is no price, and a coarse 0 may be much.
    assert find(data, **declared).filter(severity="error").is_empty()


def test_goods_in_a_bonded_warehouse_are_imported_and_not_consumed() -> None:
    """The quantities are those of general imports: consumption and duty of 0 beside them say nothing about them."""
    stored, usual = Row(value=5_000_000, quantity=400_000), Row(country="4280", value=1_000_000, quantity=80_000)
    taken = Row(country="5880", value=0, charges=0, quantity=0, consumption=9_000_000, duty=300_000)
    declared = {"source": "us_census_bulk", "flow": "import", "file": "IMDB2505.ZIP", "released_on": date(2025, 7, 3)}
    assert ZERO not in said(find(archive(stored, usual, taken, period="2025-05"), **declared))
    # A value of general imports that was lost is found as before.
    lost = archive(stored._replace(value=0, charges=0), usual, taken, period="2025-05")
    assert ZERO in said(find(lost, **declared))
