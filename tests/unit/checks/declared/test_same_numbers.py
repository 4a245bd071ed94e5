"""Numbers that are published already as something else: of the other direction, of another year, in another currency;
or pasted."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pytest
from bad_inputs.download import (
    MONTH,
    PARTNER,
    QUANTITY,
    TITLES,
    VALUE,
    Record,
    csv_bytes,
    distinct_records,
    numeric,
    workbook_bytes,
)
from bad_inputs.soybeans import BRAZIL, TONNES, UNITED_STATES, in_dollars, in_yuan, record, records, trade

from tests.unit.checks import found
from tests.unit.checks.found import Earlier, find, said

IMPORTS: Mapping[str, Any] = {"flow": "import", "partners": "all", "released_on": date(2026, 1, 5)}
EARLIER = {**IMPORTS, "released_on": date(2025, 2, 20)}
FLOW, MONTHS, PASTED, CURRENCY = "numbers_of_other_flow", "another_month", "pasted_records", "other_currency"


def case(rule: str, expected: str | None, data: bytes, *before: Earlier, **declared: Any) -> Any:
    """`expected` is the check that holds a file, if any."""
    return found.case(rule, expected or "", data, *before, **{**IMPORTS, **declared})


# What China sells: little, to a few.
def exports(months: Iterable[int] = range(1, 13)) -> list[Record]:
    return [
        record(
            f"2024{month:02d}",
            partner,
            20_479 * share + 313 * month * share,
            184_990 * share + 2_711 * month + 2024,
            code=code,
        )
        for month in months
        for partner, share in (("133", 3), ("110", 2), (UNITED_STATES, 1), ("116", 5))
        for code in ("12019011", "12019020")
    ]


def as_year(rows: Iterable[Record], year: int) -> list[Record]:
    return [(f"{year}{row[0][4:]}", *row[1:]) for row in rows]


def resaved(rows: Iterable[Record]) -> bytes:
    """The same numbers re-saved as a workbook, in another order."""
    return workbook_bytes([numeric(row) for row in [*rows][::-1]], (*TITLES[:-1], "人民币"))


def a_seventh(rows: Iterable[Record]) -> list[Record]:
    return [(*row[:VALUE], f"{round(int(row[VALUE].replace(',', '')) / 7.2):,}") for row in rows]


def of_month(month: str, rows: Iterable[Record], more: int = 0) -> bytes:
    return csv_bytes([(month, *row[1:VALUE], f"{int(row[VALUE].replace(',', '')) + more:,}") for row in rows])


BOUGHT, SOLD = (in_yuan(records()), EARLIER), (in_yuan(exports()), {**EARLIER, "flow": "export"})
BOTH = [*records(), *records(code="12019011", growth=0.001, partners=[BRAZIL]), *exports()]
PASTED_BELOW = in_yuan([*sorted(BOTH[:-96]), *sorted(BOTH[-96:])])
FEW, MANY = [BRAZIL, UNITED_STATES, "402"], distinct_records(600)
RELABELLED = as_year(records(), 2025)
MENDED = [
    (*RELABELLED[0][:QUANTITY], "3571", *RELABELLED[0][QUANTITY + 1 :]),
    *RELABELLED[1:-1],
    (*RELABELLED[-1][:VALUE], "1,234,567"),
]
KG, YUAN = trade()[8, BRAZIL]
YEAR = in_yuan(records(2023)), EARLIER
DOLLARS = in_dollars(a_seventh(records(2023))), EARLIER
CASES = (
    # Whatever the bytes, and in a file of the year as of a month.
    case("the imports as exports, in another order", FLOW, in_yuan(records()[::-1]), BOUGHT, SOLD, flow="export"),
    case("imports of a month as exports, in a workbook", FLOW, resaved(records(months=[6])), BOUGHT, SOLD,
        flow="export", file="a.xlsx"),
    case("exports beside imports", None, in_yuan(exports()), BOUGHT, flow="export"),
    case("a few numbers that are all the same", FLOW, in_yuan(records(months=[8], partners=[BRAZIL])), BOUGHT,
        flow="export", partners="listed"),
    # A container of twenty tonnes both ways is no coincidence worth a word.
    case("one number that is the same", None, in_yuan([record("202408", BRAZIL, KG, YUAN + 1), *exports([8])]), BOUGHT,
        flow="export", partners="listed"),
    # All months are one after the other, so that only the numbers tell; where nothing is published, their order tells.
    case("exports among imports", FLOW, in_yuan(sorted([*records(), *exports()])), SOLD),
    case("exports below imports", PASTED, PASTED_BELOW),
    *(case(f"parts of one query, {name}", None, in_yuan([row for part in parts for row in part]))
        for name, parts in (("by product", (records(), records(code="12019011", growth=0.001))),
            ("by partner", (records(partners=[BRAZIL]), records(partners=set(TONNES) - {BRAZIL}))),
            ("by month", (records(months=range(7, 13)), records(months=range(1, 7)))), ("one", (records(), [])),
            ("by year", (records(2024), records(2023))))),
    *(case(f"records in another order, {name}", None, in_yuan(rows)) for name, rows in (("backwards", records()[::-1]),
            ("by partner", sorted(records(), key=lambda row: (row[PARTNER], row[MONTH]))),
            ("by value", sorted(records(), key=lambda row: row[VALUE])))),
    case("a year relabelled as the next", MONTHS, in_yuan(RELABELLED), BOUGHT),
    case("a year of few partners, relabelled", MONTHS, in_yuan(as_year(records(partners=FEW), 2025)),
        (in_yuan(records(partners=FEW)), EARLIER)),
    case("the next year", None, in_yuan(records(2025)), BOUGHT),
    case("a year relabelled and mended by hand", f"{MONTHS} error, unit_value", in_yuan(MENDED), BOUGHT),
    case("five of eleven months relabelled", MONTHS,
        in_yuan([*as_year(records(months=range(1, 6)), 2025), *records(2025, range(6, 12))]), BOUGHT),
    case("nine tenths of one month", None,
        in_yuan([*as_year(records(months=[6]), 2025)[:-1], record("202506", "502", 4_321, 17_123)]), BOUGHT),
    case("a month that stands twice in a file", MONTHS,
        in_yuan([*records(months=range(1, 6)), *(("202406", *row[1:]) for row in records(months=[5]))])),
    # Numbers of a broad release are those of its products.
    case(
        "600 products of the other direction", FLOW, of_month("202406", MANY[::-1]), (of_month("202406", MANY), SOLD[1])
    ),
    case("600 products of another month", MONTHS, of_month("202407", MANY), (of_month("202406", MANY), EARLIER)),
    case("600 products with numbers of their own", None, of_month("202407", MANY, 12_345),
        (of_month("202406", MANY), SOLD[1])),
    # A kilogram costs what it did in yuan; in dollars it costs a seventh.
    *(case(f"yuan under the title of dollars in {len(months)} months", CURRENCY, in_dollars(records(2024, months)),
        YEAR) for months in (range(1, 13), [6])),
    case("dollars after yuan", None, in_dollars(a_seventh(records(2024))), YEAR),
    case("dollars under the title of yuan", CURRENCY, in_yuan(a_seventh(records(2024))), DOLLARS),
    case("yuan after dollars", None, in_yuan(records(2024)), DOLLARS),
)  # fmt: skip


@pytest.mark.parametrize(("expected", "data", "before", "declared"), CASES)
def test_numbers_that_are_published_as_something_else_are_held(
    expected: str, data: bytes, before: tuple[Earlier, ...], declared: dict[str, Any]
) -> None:
    errors = find(data, *before, **declared).filter(severity="error")
    assert said(errors) == (f"{expected} error" if expected else "")


COUNT = 2 * len(records())


@pytest.mark.parametrize(
    ("data", "before", "declared", "subject", "observed"),
    [
        (in_yuan(records()[::-1]), [BOUGHT], {"flow": "export"}, "import 2024-01..2024-12",
            f"{COUNT} of {COUNT} numbers are those published as import"),
        (PASTED_BELOW, [], {}, "the file",
            f"months begin again at record {len(BOTH) - 96 + 1}: 2024-12 is followed by 2024-01"),
        (in_yuan(RELABELLED), [BOUGHT], {}, "import 2025-01..2025-12",
            f"{COUNT} of {COUNT} numbers are those of 12 months before, 2024-01..2024-12"),
        (in_dollars(records(2024)), [YEAR], {}, "import value_usd",
            "a kilogram at 1 times what was published in CNY, 12019019 in 2024-"),
    ],
)  # fmt: skip
def test_what_is_published_as_something_else_is_named(
    data: bytes, before: list[Earlier], declared: dict[str, Any], subject: str, observed: str
) -> None:
    *_, row = find(data, *before, **{**IMPORTS, **declared}).filter(severity="error").to_dicts()
    assert (row["subject"], row["observed"][: len(observed)]) == (subject, observed)
