"""Files that are not what they were declared to be: other months, another currency, and what their names say.

What is published before is made here by adding up whole numbers; the checks see bytes.
"""

import functools
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import QUANTITY, TITLES, UNIT, VALUE, csv_bytes, distinct_records, figures, magnets

from tests.unit.checks import found
from tests.unit.checks.found import PRINTED, Earlier, said

ALL: Mapping[str, Any] = {"partners": "all"}
EARLIER = {**ALL, "released_on": date(2025, 7, 10)}
find = functools.partial(found.find, earlier=EARLIER)
PRICE = 57
# Kilograms of 2025 by month and partner; none is more than three times another of its partner.
KG = {
    month: {
        "502": 300_000 + 41_000 * month,
        "304": 900_000 - 53_000 * month,
        "133": 400_000 + 17_000 * (month % 3),
        "116": 48_000,
    }
    for month in range(1, 8)
}
EVERY = tuple(KG[1])
QUARTER, HALF = range(1, 4), range(1, 7)
SPAN = {"months": "2025-01..2025-06"}


def case(rule: str, expected: str, data: bytes, *before: bytes, **declared: Any) -> Any:
    return found.case(rule, expected, data, *before, **{**ALL, "released_on": date(2025, 8, 20), **declared})


def of_kg(kilograms: Mapping[str, int], *, rate: float = 1) -> bytes:
    """A file of June."""
    return csv_bytes([magnets(partner, str(kg), f"{round(kg * PRICE * rate):,}") for partner, kg in kilograms.items()])


def by_month(
    months: Iterable[int], *, rate: float = 1, partners: Iterable[str] = EVERY, factor: float = 1, year: int = 2025
) -> bytes:
    return csv_bytes(
        [
            magnets(
                partner,
                str(kg := round(KG[month][partner] * factor)),
                f"{round(kg * PRICE * rate):,}",
                f"{year}{month:02d}",
            )
            for month in months
            for partner in partners
        ]
    )


def summed(months: Iterable[int], partners: Iterable[str] = EVERY, *, share: float = 1) -> bytes:
    """A download without the column of months, which is the sum of those that were asked for."""
    sums = {partner: round(share * sum(KG[month][partner] for month in months)) for partner in partners}
    return csv_bytes([magnets(partner, str(kg), f"{kg * PRICE:,}")[1:] for partner, kg in sums.items()], TITLES[1:])


def a_year_ago(factor: float, months: Iterable[int] = range(1, 8), partners: Iterable[str] = EVERY) -> bytes:
    return by_month(months, partners=partners, factor=factor, year=2024)


def of(month: int) -> dict[str, str]:
    return {"months": f"2025-{month:02d}"}


def at_prices(*prices: int) -> tuple[bytes, ...]:
    return tuple(
        csv_bytes([magnets("502", "300000", f"{300_000 * price:,}", f"20250{month}")])
        for month, price in enumerate(prices, 1)
    )


def broad(**months: int) -> bytes:
    """600 products, more than are looked up one by one; of each month so many times its number."""
    return csv_bytes(
        [
            (
                month[1:],
                *record[1:QUANTITY],
                str((1000 + at) * times * 10),
                *record[UNIT:VALUE],
                f"{(12_000 + 12 * at) * times * 10:,}",
            )
            for month, times in months.items()
            for at, record in enumerate(distinct_records(600))
        ]
    )


SO_FAR, OF_SPAN, OTHER, CURRENCY = (
    "year_so_far error",
    "months_of_span error",
    "another_month error",
    "other_currency error",
)
NOT_THEIRS = f"{OF_SPAN}, span_of_months warning"
STEADY = dict.fromkeys(EVERY, 480_000)
BROAD = broad(m202501=5, m202502=6, m202503=7)
DEARER = csv_bytes(
    [
        magnets(partner, str(kg), f"{PRICE * sum(KG[month][partner] for month in range(1, 5)):,}", "202504")
        for partner, kg in KG[4].items()
    ]
)
CASES = (
    *(case(f"a year so far, declared as month {month}", SO_FAR, summed(range(1, month + 1)), by_month(range(1, month)),
        **of(month)) for month in (3, 6)),
    case("a year so far, declared as such", "", summed(HALF), by_month(range(1, 6)), **SPAN),
    case("a month, declared as such", "", summed([6]), by_month(range(1, 6)), **of(6)),
    # Of one series a March may be as much as its winter.
    case("a year so far of one partner in March", "", summed(QUARTER, ["502"]), by_month([1, 2], partners=["502"]),
        **of(3)),
    case("a year so far of one partner in April", SO_FAR, summed(range(1, 5), ["502"]),
        by_month(QUARTER, partners=["502"]), **of(4)),
    # A year to date has all that is published for its months: one that lacks a partner is a large month.
    case("more than the months before, without one of their partners", "", summed(QUARTER, EVERY[:3]), by_month([1, 2]),
        **of(3)),
    case("a month before it is not known", "", summed(HALF), by_month([1, 2, 4, 5]), **of(6)),
    case("no month before it is known", "", summed(HALF), **of(6)),
    # Where no month before it is known, the year before tells.
    *(case(f"month {month}, {factor} times the year before", SO_FAR, summed(range(1, month + 1)), a_year_ago(factor),
        **of(month)) for month, factor in ((3, 1.4), (6, 0.75))),
    case("a year so far after a year, declared as such", "", summed(HALF), a_year_ago(1.4), **SPAN),
    case("a month three times as large as a year ago", "", summed([6]), a_year_ago(1 / 3), **of(6)),
    case("one partner alone with a half year", "", of_kg({**KG[6], "502": sum(KG[month]["502"] for month in HALF)}),
        a_year_ago(1)),
    case("two partners are too few", "magnitude error", summed(HALF, EVERY[:2]), a_year_ago(1, partners=EVERY[:2]),
        **of(6)),
    case("a year with a gap", "", summed(HALF), a_year_ago(1, [1, 2, 4, 5, 6]), **of(6)),
    case("one partner alone with what all sent in the months before", "magnitude error",
        of_kg({**KG[6], "502": sum(sum(KG[month].values()) for month in HALF)}), by_month(range(1, 6))),
    case("what is dearer alone is no sum", "", DEARER, by_month(QUARTER)),
    # A figure of several months is the sum of those that are known.
    *(case(f"{summed_} of months {known}", expected, summed(summed_), by_month(known), **SPAN)
        for known, summed_, expected in ((HALF, HALF, ""), (HALF, range(1, 6), NOT_THEIRS),
            (HALF, range(1, 8), NOT_THEIRS), (range(1, 6), HALF, ""), (range(1, 6), [6], OF_SPAN), ([2, 3], HALF, ""),
            ([2, 3], [6], OF_SPAN))),
    *(case(f"{share} of the sum", expected, summed(HALF, share=share), by_month(HALF), **SPAN)
        for share, expected in ((0.985, NOT_THEIRS), (0.995, "span_of_months warning"),
            (1.005, "span_of_months warning"), (1.015, NOT_THEIRS))),
    # A broad release is looked at by whole products.
    case("600 products as usual", "", broad(m202504=4), BROAD),
    case("600 products, a year so far", SO_FAR, broad(m202504=5 + 6 + 7 + 4), BROAD),
    case("600 products, another month", OTHER, broad(m202504=6), BROAD),
    case("May once more, declared as June", OTHER, summed([5]), by_month(range(1, 6)), **of(6)),
    case("May once more, typed as June", OTHER, of_kg(KG[5]), by_month(range(1, 6)), **of(6)),
    case("May as May", "", summed([5]), by_month(range(1, 6)), **of(5)),
    case(
        "May once more of one partner", "partners_missing error", summed([5], ["502"]), by_month(range(1, 6)), **of(6)
    ),
    case("one partner has another number than in May", "", of_kg({**KG[5], "133": KG[5]["133"] + 1}),
        by_month(range(1, 6))),
    case("numbers that never change", "", of_kg(STEADY),
        csv_bytes(
            [magnets(who, str(kg), f"{kg * PRICE:,}", f"2025{month:02d}") for month in range(1, 6)
                for who, kg in STEADY.items()])),
    # Yuan under the title of dollars, of a month that is published and of one that is not.
    *(case(f"{rate} times the dollars of month {month}", expected, by_month([month], rate=rate), by_month(range(1, 6)))
        for rate, month, expected in ((1, 5, ""), (2, 6, ""), (5, 5, "revised warning"), (6.1, 6, CURRENCY),
            (7.2, 5, f"{CURRENCY}, revised warning"), (1 / 7.2, 6, CURRENCY), (0.5, 6, ""))),
    # A price that was steady for a while tells a currency; a parcel may have any price.
    *(case(f"{kilograms} kg at six times {prices}", expected,
        csv_bytes([magnets("502", str(kilograms), f"{kilograms * 57 * 6:,}")]), *at_prices(*prices))
        for prices, kilograms, expected in (((57, 20, 130, 57), 300_000, ""), ((57, 57, 57, 20), 300_000, ""),
            ((57, 57, 57, 130), 300_000, ""), ((57, 57), 300_000, ""), ((57, 57, 57), 300_000, CURRENCY),
            ((57, 40, 80, 57), 300_000, CURRENCY), ((57, 57, 57), 2, ""), ((57, 57, 57), 3, CURRENCY))),
    # What a name may say is in `tests/unit/ingest/test_parse.py`.
    case("another month in the name beside records of theirs", "file_name warning", by_month([6]), file="202505.csv"),
    case(
        "another month in the name of a file without months", "file_name error", summed([6]), file="202505.csv", **of(6)
    ),
)  # fmt: skip


@pytest.mark.parametrize(("expected", "data", "before", "declared"), CASES)
def test_a_file_is_held_where_what_is_published_contradicts_its_declaration(
    expected: str, data: bytes, before: tuple[Earlier, ...], declared: dict[str, Any]
) -> None:
    assert said(find(data, *before, **declared)) == expected


SUM_TO = {month: sum(sum(KG[each].values()) for each in range(1, month + 1)) for month in KG}
AGO = sum(round(kg * 1.4) for month in HALF for kg in KG[month].values())


@pytest.mark.parametrize(
    ("data", "before", "declared", "words"),
    [
        (summed(HALF), by_month(range(1, 6)), of(6),
            {"observed": f"{SUM_TO[6]:,}, {SUM_TO[6] * 5 / SUM_TO[5]:.1f} times",
                "expected": f"a month; 2025-01 to 2025-05 together are {SUM_TO[5]:,}"}),
        (
            summed(HALF),
            a_year_ago(1.4),
            of(6),
            {
                "expected": f"a month; 2024-01 to 2024-06 together are {AGO:,}, as much as this",
                "advice": (
                    "See whether the query was for the whole year so far; then declare its months, 2025-01..2025-06, or"
                ),
            },
        ),
        (summed(HALF), by_month(HALF, partners=["304"], factor=1.5), SPAN,
            {"expected": f"{round(sum(1.5 * KG[month]['304'] for month in HALF)):,}, the 6 months"}),
        (summed([6]), by_month([2, 3]), SPAN, {"expected": f"at least {KG[2]['304'] + KG[3]['304']:,}, the 2 months"}),
        (summed([5]), by_month(range(1, 6)), of(6), {"observed": "8 numbers, all of them those of 2025-05"}),
        (by_month([6], rate=7.2), by_month(range(1, 6)), {},
            {"observed": "7.2 times what was published, 85051110 in 2025-06"}),
        (summed([6]), None, {"file": "202505.csv", **of(6)}, {"observed": "2025-05 in the name"}),
    ],
)  # fmt: skip
def test_what_contradicts_a_declaration_is_named(
    data: bytes, before: bytes | None, declared: dict[str, Any], words: dict[str, str]
) -> None:
    rows = find(data, *([before] if before else []), **ALL, released_on=date(2025, 8, 20), **declared)
    row = rows.filter(severity="error").row(0, named=True)
    assert {column: row[column][: len(text)] for column, text in words.items()} == words


def _told(
    day: str,
    months: Iterable[int] = QUARTER,
    *,
    more: int = 0,
    without: Iterable[int] = (),
    turned: bool = False,
    whole: bool = False,
) -> tuple[bytes, dict[str, Any]]:
    """A download of a day of 2025, by month or as one figure; in March it has `more` of one partner, and nothing
    `without`."""
    kg = {(month, partner): KG[month][partner] + more * ((month, partner) == (3, "502")) for month in months
          for partner in EVERY if month not in without or partner != "502"}  # fmt: skip
    declared = {**ALL, "released_on": date.fromisoformat(f"2025-{day}")}
    if not whole:
        rows = [magnets(who, str(mass), f"{mass * PRICE:,}", f"2025{month:02d}") for (month, who), mass in kg.items()]
        return csv_bytes(rows), declared
    sums = {partner: sum(mass for (_, name), mass in kg.items() if name == partner) for partner in EVERY}
    rows = [magnets(partner, str(mass), f"{mass * PRICE:,}")[1:] for partner, mass in sums.items()]
    return csv_bytes(rows[::-1] if turned else rows, TITLES[1:]), {**declared, "months": "2025-01..2025-03"}


WHOLE, APART = _told("04-18", whole=True), [_told(f"05-0{month}", [month], more=5) for month in QUARTER]
OF_USA = sum(KG[month]["502"] for month in QUARTER)


@pytest.mark.parametrize(
    ("files", "together", "which"),
    [
        # Months of several downloads are no word on the whole, in whichever order they come.
        ([WHOLE, *APART], 5, "stands"),
        ([APART[0], WHOLE, *APART[1:]], 5, "stands"),
        ([*APART, WHOLE], 5, "stands"),
        ([*APART, _told("06-18", whole=True)], 5, "stands"),
        ([WHOLE, _told("08-20", more=5)], 5, "gives way"),
        ([_told("08-20", more=5), WHOLE], 5, "gives way"),
        ([_told("04-10", more=5), WHOLE], 5, "stands"),
        # It was said again after the months, which come last; and one that gave way says nothing any more.
        ([WHOLE, _told("09-01", whole=True, turned=True), _told("08-20", more=5)], 5, "stands"),
        ([WHOLE, _told("08-20"), _told("09-20", [3], more=5)], None, ""),
        # No row is no trade.
        ([WHOLE, _told("08-20", without=[1])], -KG[1]["502"], "gives way"),
        ([WHOLE, _told("08-20", without=QUARTER)], -OF_USA, "gives way"),
        ([_told("08-20", without=[1]), WHOLE], -KG[1]["502"], "gives way"),
        # Of a part of the months, or of none that was there before, nothing can be said.
        ([WHOLE, _told("08-20")], None, ""),
        ([_told("08-20"), WHOLE], None, ""),
        ([WHOLE, *APART[:2]], None, ""),
        ([*APART[1:], WHOLE], None, ""),
        ([WHOLE, _told("08-20", range(2, 5), more=5)], None, ""),
    ],
)
def test_a_figure_of_several_months_that_its_months_do_not_add_up_to_is_named_in_every_order(
    files: list[tuple[bytes, dict[str, Any]]], together: int | None, which: str
) -> None:
    *before, (data, declared) = files
    named = find(data, *before, **declared).filter(
        pl.col("subject").str.ends_with("quantity_kg"), check="span_of_months"
    )
    assert named.height == (together is not None)
    severity = "info" if (together, which) == (5, "gives way") else "warning"
    for row in named.iter_rows(named=True):
        assert (row["severity"], row["subject"]) == (severity, "export 85051110 USA 2025-01..2025-03 quantity_kg")
        assert row["observed"] == f"{OF_USA + (together or 0):,}, the sum of the months (2 such series)"
        assert row["expected"].startswith(f"{OF_USA:,} in ")
        assert f", which {which} " in row["expected"]


TWO = {"502": 2_480_000, "304": 2_487_600}


@pytest.mark.parametrize(
    ("partner", "printed", "partners", "kilograms", "held"),
    [
        # All partners together are 4,967,600 kg.
        ("WLD", {"2025-01..2025-06": "4968"}, "all", TWO, ["4,967,600"]),
        ("WLD", {"2025-01..2025-06": "4970"}, "all", TWO, []),
        ("WLD", {"2025-01..2025-06": "4968"}, "listed", TWO, []),
        ("USA", {"2025-01..2025-06": "2480"}, "listed", TWO, ["2,480,000"]),
        ("DEU", {"2025-01..2025-06": "2480"}, "all", TWO, []),
        # There was no trade before June, or the figure is of June alone, of no year so far, or of the year before too.
        ("WLD", {"2025-01..2025-06": "4968", "2025-06": "4968"}, "all", TWO, []),
        ("WLD", {"2025-06": "4968"}, "all", TWO, []),
        ("WLD", {"2025-02..2025-06": "4968"}, "all", TWO, []),
        ("WLD", {"2024-01..2025-06": "4968"}, "all", TWO, []),
        # A number of two digits is met by chance.
        ("USA", {"2025-01..2025-06": "99"}, "all", {"502": 99_200}, []),
        ("USA", {"2025-01..2025-06": "101"}, "all", {"502": 101_200}, ["101,200"]),
    ],
)
def test_a_month_that_is_what_others_printed_of_the_year_so_far_is_held(
    partner: str, printed: Mapping[str, str], partners: str, kilograms: dict[str, int], held: list[str]
) -> None:
    lines = (f"export,85051110,{partner},{period},quantity,{tonnes},t,2025-07-20" for period, tonnes in printed.items())
    rows = find(of_kg(kilograms), (figures(*lines), PRINTED), partners=partners, released_on=date(2025, 7, 21)).filter(
        check="printed_so_far"
    )
    assert rows["observed"].to_list() == held
    assert rows["severity"].to_list() == ["error"] * len(held)
