"""Files from which something is missing: a month, the largest partner, all partners but a few, however few products
they have."""

import functools
from collections.abc import Iterable
from typing import Any

import pytest
from bad_inputs.download import Record, distinct_records
from bad_inputs.soybeans import ARGENTINA, BRAZIL, TONNES, UNITED_STATES, in_yuan, record, records, times

from tests.unit.checks import found
from tests.unit.checks.found import EARLIER, IMPORTS, Earlier, said

find = functools.partial(found.find, earlier=EARLIER)
BEFORE = in_yuan(records(2023))
MONTH, PARTNERS, FEW = "month_without_records", "partners_missing", "few_partners"
SMALLER = "12019011"
BOTH = in_yuan([*records(2023), *records(2023, code=SMALLER, growth=0.01)])
MANY = ("110", "116", "133", "143", "301", "303", "304", "305", "307", "309", "312", "501", "502", "601")


def case(rule: str, expected: str, rows: Iterable[Record], *before: bytes, **declared: Any) -> Any:
    return found.case(rule, expected, in_yuan(rows), *before, **{**IMPORTS, **declared})


def without(*months: int) -> list[int]:
    return [month for month in range(1, 13) if month not in months]


def seed(months: Iterable[int], yuan: int) -> list[Record]:
    return [
        record(
            f"2024{month:02d}",
            partner,
            (yuan + 311 * month) // 9 + place,
            yuan + 2_803 * month + place,
            code="12011000",
        )
        for month in months
        for place, partner in enumerate(TONNES)
    ]


def partners_of(
    partners: Iterable[str], months: Iterable[int], year: int = 2024, yuan: int = 9_000_000
) -> list[Record]:
    return [
        record(
            f"{year}{month:02d}",
            partner,
            1_000_000 + 3_571 * month + place,
            yuan + 7_919 * month + place,
            code="28259011",
        )
        for month in months
        for place, partner in enumerate(partners)
    ]


def of_smaller(gone: str) -> list[Record]:
    """All partners with the larger product; the smaller one has lost one."""
    return [*records(2024, [1]), *records(2024, [1], code=SMALLER, growth=0.01, partners=set(TONNES) - {gone})]


def parcels(yuan: int) -> list[Record]:
    """Three months in which eleven partners buy for as much each, beside the three that stay."""
    others = [
        record(f"2024{month:02d}", partner, yuan // 9 + place, yuan + 11 * month + place, code="28259011")
        for month in (8, 9, 10)
        for place, partner in enumerate(MANY[3:])
    ]
    return [*partners_of(MANY[:3], [8, 9, 10]), *others]


def of_two_goods(months: Iterable[int], lost: Iterable[str] = ()) -> list[Record]:
    """Nine partners that buy as much of two goods each month; one has no row of the goods that are lost."""
    return [
        row
        for code, yuan in (("28259011", 9_000_000), ("28259019", 18_000_000))
        for row in (
            record(f"2024{month:02d}", partner, yuan // 9 + 3_571 * month + place, yuan + 7_919 * month, code=code)
            for month in months
            for place, partner in enumerate(MANY[:9])
            if partner != MANY[4] or code not in lost
        )
    ]


def harvest(year: int, months: Iterable[int], *without: int) -> list[Record]:
    """One partner that buys each month, and a larger one that does not buy in some."""
    return [
        record(f"{year}{month:02d}", partner, 1_000_000 * much + 37 * month, 4_000_000 * much + 91 * month)
        for month in months
        for partner, much in ((UNITED_STATES, 20), (BRAZIL, 8))
        if partner == BRAZIL or month not in without
    ]


SPRING_OF_SMALLER = [
    row for row in records(code=SMALLER, growth=0.01, change=times(0.05, 0.05, months=[5, 7])) if row[0] != "202406"
]
ONE_SHIP = sorted(
    [
        *records(2023, partners=["344"]),
        record("202307", ARGENTINA, 3_000_000_000, 10_500_000_000),
        record("202308", "501", 1_000_000, 3_600_000),
        record("202308", "347", 1_000_000, 3_500_000),
    ]
)
NO_SHIP = [
    *records(2024, [6], partners=["344"]),
    record("202406", "501", 1_200_000, 4_300_000),
    record("202406", "347", 1_100_000, 3_900_000),
]
RARE = [("202412", *row[1:]) for row in distinct_records(50)]
USUAL = in_yuan([*(("202301", *row[1:]) for row in RARE), *partners_of(MANY, [1], 2023)])

CASES = (
    case("a month between others", f"{MONTH} error", records(months=without(6))),
    # A month at either end may not be out yet; it was asked for, so it is said.
    case("the last two months", f"{MONTH} warning", records(months=range(1, 11)), months="2024-01..2024-12"),
    case("the first two months", f"{MONTH} warning", records(months=range(3, 13)), months="2024-01..2024-12"),
    case("a month between one that is published and one of the file", f"{MONTH} error", records(months=[6]),
        in_yuan(records(months=range(1, 5))), months="2024-05..2024-06"),
    case("a month of a partner", f"{MONTH} warning", records(months=without(6), partners=[BRAZIL]), partners="listed"),
    # A few thousand yuan a month of seed; goods that are traded after the harvest alone; and what is traded in most
    # months.
    case("a month of a trifle", f"{MONTH} warning", seed(without(6), 40_000)),
    case("months of seasonal goods", f"{MONTH} warning", seed([3, 4, 9, 10], 40_000_000)),
    case("a month of little trade beside other goods", "", [*records(), *seed(without(6), 40_000)]),
    case("a month of what is traded in most", f"{MONTH} error", seed([4, 6], 40_000_000)),
    # Brazil has seven tenths of the year, also where its harvest is long over; the United States have a fourth.
    *(
        case(
            f"all partners but {gone or 'none'}",
            expected,
            records(2024, [month], partners=set(TONNES) - {*gone}),
            BEFORE,
        )
        for gone, month, expected in (
            ([BRAZIL], 1, f"{PARTNERS} error"),
            ([BRAZIL], 6, f"{PARTNERS} error"),
            # Their harvest is in autumn: in June they have a small part of the month.
            ([UNITED_STATES], 6, f"{PARTNERS} warning"),
            (["344"], 1, ""),
            ([], 6, ""),
        )
    ),
    case("a ship that came once", "", NO_SHIP, in_yuan(ONE_SHIP)),
    case("one product without its largest partner", f"{PARTNERS} error", of_smaller(BRAZIL), BOTH),
    case("one product without a small partner", "", of_smaller("344"), BOTH),
    # The site sorts by partner: of the last month what comes after Argentina is gone, within one file.
    case("cut off at the end of a line", f"{PARTNERS} error", records()[:-3]),
    # All partners were declared, and a few appear. What is published is of a month so long ago that nobody is missed.
    *(case(f"{len(now)} partners where {len(before)} are usual", expected, partners_of(now, [11, 12]),
        *([in_yuan(partners_of(before, [1, 2], 2023))] if before else []))
        for now, before, expected in ((MANY[:3], MANY, f"{FEW} error"), (MANY[:4], MANY, ""),
            (MANY[:3], (), f"{FEW} warning"), (MANY[:4], (), ""), (MANY[:3], MANY[:6], ""), (MANY[:3], MANY[:3], ""))),
    # The month before had four: at the end of a season they leave one by one.
    case("3 partners where 14 were usual and 4 the month before", "", partners_of(MANY[:3], [12], 2023),
        in_yuan([*partners_of(MANY, [1, 2, 3], 2022), *partners_of(MANY[:4], [11], 2023)])),
    # Eleven others had parcels, together below 100,000 dollars a month; or ten times as much.
    *(case(f"3 partners where 11 others bought for {yuan:,} yuan each", expected, partners_of(MANY[:3], [11]),
        in_yuan(parcels(yuan))) for yuan, expected in ((40_000, ""), (400_000, f"{PARTNERS} error"))),
    # A ninth of all trade, in each month: of one of two goods a partner may be lost, and of both at once it is missing.
    *(case(f"a partner gone of {len(lost)} of 2 goods", expected, of_two_goods([11], lost),
        in_yuan(of_two_goods(range(1, 11)))) for lost, expected in (((), ""), (("28259011",), f"{PARTNERS} warning"),
            (("28259011", "28259019"), f"{PARTNERS} error"))),
    case("a row of 0 for Brazil", f"{PARTNERS} error",
        sorted([*records(2024, [1], partners={*TONNES} - {BRAZIL}), record("202401", BRAZIL, 0, 0)]), BEFORE),
    # The same three months before; in April of the year before it had bought, or not until September.
    *(case(f"a partner that was gone {len(without)} months of the year before", expected, harvest(2024, [4], 4),
        in_yuan([*harvest(2023, range(1, 13), *without), *harvest(2024, [1, 2, 3])]))
        for without, expected in (((), f"{PARTNERS} error"), ((4, 5), ""))),
    case("a month between two seasons", "", [*records(), *SPRING_OF_SMALLER]),
    case("three partners that were listed", "", partners_of(MANY[:3], [11, 12]),
        in_yuan(partners_of(MANY, [1, 2], 2023)), partners="listed"),
    case("two partners of a trifle", "", partners_of(MANY[:2], [11, 12], yuan=60_000)),
    # Fifty goods that the United States alone buy, and one that all buy; and now that one has a single partner, too.
    case("products that few buy, among many", "", [*RARE, *partners_of(MANY, [12])], USUAL),
    case("one product of many with one partner", f"{FEW} error", [*RARE, *partners_of(MANY[-2:-1], [12])], USUAL),
    # A real record: exports of seed to Brazil, 0 kilograms for 0 yuan. Nothing divides by it.
    case("a published month of zero", "",
        [record("202406", "502", 1_003, 25_645, code="12011000"), record("202407", BRAZIL, 0, 0, code="12011000")],
        in_yuan([record(month, BRAZIL, 0, 0, code="12011000") for month in ("202306", "202307")])),
)  # fmt: skip


@pytest.mark.parametrize(("expected", "data", "before", "declared"), CASES)
def test_what_is_missing_is_held_where_trade_was_regular(
    expected: str, data: bytes, before: tuple[Earlier, ...], declared: dict[str, Any]
) -> None:
    assert said(find(data, *before, **declared)) == expected


SHARES = {"304": 40, "502": 25, "116": 20, "133": 15}


def shared(year: int, months: Iterable[int], partners: Iterable[str]) -> bytes:
    """Months of which Germany has four tenths, and the most in each of them."""
    return in_yuan(
        record(f"{year}{month:02d}", partner, SHARES[partner] * (100_000 + 1_711 * month + year),
               SHARES[partner] * (5_700_000 + 91_003 * month + 57 * year), code="85051110")
        for month in months for partner in partners
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "before", "rule", "subject", "observed"),
    [
        (in_yuan(records(months=without(4, 5))), (), MONTH, "import 2024-04..2024-05",
            "no record of 2024-04, 2024-05 (2 months)"),
        (in_yuan([*records(), *(row for row in records(code=SMALLER, growth=0.01) if row[0] != "202405")]), (),
            "product_without_records", f"import {SMALLER} 2024-05",
            "no record of 2024-05 (1 month), where 1 product of the file lacks months"),
        (in_yuan(sorted([*records(2024, [1], partners={*TONNES} - {BRAZIL}), record("202401", BRAZIL, 0, 0)])),
            (BEFORE,), PARTNERS, "import 12019019 value_cny 2024-01",
            "no trade of BRA, 73.9% of the twelve months before"),
        (shared(2024, [1], [*SHARES][1:]), (shared(2023, range(1, 13), SHARES),), PARTNERS,
            "import 85051110 value_cny 2024-01", "no trade of DEU, 40.0% of the twelve months before"),
        (in_yuan(of_smaller(UNITED_STATES)), (BOTH,), PARTNERS, f"import {SMALLER} value_cny 2024-01",
            "no trade of USA, 22.1% of the twelve months before"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(
    data: bytes, before: tuple[bytes, ...], rule: str, subject: str, observed: str
) -> None:
    (row,) = find(data, *before, **IMPORTS).to_dicts()
    assert (row["check"], row["severity"], row["subject"], row["observed"]) == (rule, "error", subject, observed)


def test_each_run_of_months_without_records_is_a_finding_of_its_own() -> None:
    data = in_yuan(records(months=without(4, 5, 8)))
    assert find(data, **IMPORTS).filter(check=MONTH)["subject"].to_list() == [
        "import 2024-04..2024-05",
        "import 2024-08",
    ]
