"""A release as a row: its months, its scope, what it lost, and which name it prints for which code."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from schemas.forms.request import Amended, Landed
from schemas.table import polars_schema
from tasks.ingest import release_row
from tasks.ingest.release_row import (
    describe,
    doubt_months,
    language,
    last_opened,
    plain_name,
    printed_names,
)
from tests.unit.ingest.file_codes import COLLECTED, GERMANY, amounts_of, codes_of, landed, parsed, reported

VALUE = {"value": "1", "currency": "USD"}
MAY = VALUE | {"period": "202505"}
KILOGRAMS = {"quantity": "5", "quantity_unit": "千克"}
NONE_LOST = pl.DataFrame(schema={"product": pl.String, "period_end": pl.Date, "family": pl.String})


def row(*records: dict[str, Any], of: Landed | None = None, lost: pl.DataFrame = NONE_LOST) -> dict[str, Any]:
    of = of or landed()
    keys, measures = codes_of(*records, of=of).keys, amounts_of(*records).read["measure"]
    quarantine: Any = pl.DataFrame([], schema=polars_schema("quarantine"))
    return describe(of, parsed(*records), keys, measures, quarantine, lost, "r1").row(0, named=True)


BEFORE = Amended(
    products=("85051900",),
    partner_list=("DEU",),
    measures=("value_cny",),
    first_month=date(2025, 3, 1),
    last_month=date(2025, 5, 1),
)
LOST = pl.DataFrame(
    {
        "product": ["85051110", None, "85051110", "85051110"],
        "period_end": [date(2025, 6, 30)] * 4,
        "family": [None, None, None, "quantity"],
    }
)


@pytest.mark.parametrize(
    ("records", "of", "lost", "said"),
    [
        # Where nothing is declared, the scope is what the records say.
        ([VALUE | KILOGRAMS, VALUE | {"partner": GERMANY, "period": "202504"}], landed(), NONE_LOST,
            {"first_month": date(2025, 4, 1), "last_month": date(2025, 6, 1), "by_month": True,
                "products": ["85051110"], "partner_list": ["DEU", "USA"], "measures": ["quantity", "value_usd"],
                "flow": "export", "classification": "HS8", "partners": "listed", "kind": "query", "encoding": "utf-8",
                "records": 2, "records_observed": 2, "records_quarantined": 0, "lost": [], "unlisted": []}),
        # A declared scope is wider than the records.
        ([VALUE],
            landed(products=("8505", "01"), partners="all", first_month=date(2025, 1, 1), last_month=date(2025, 6, 1)),
            NONE_LOST, {"products": ["01", "8505"], "partners": "all", "first_month": date(2025, 1, 1)}),
        # A partner code that no list names is there with its months, and what was lost once and in order.
        ([VALUE, VALUE | {"partner": "888"}, MAY | {"partner": "199"}], landed(), LOST,
            {"unlisted": ["gacc:888 2025-06"], "lost": ["* 2025-06", "85051110 2025-06", "85051110 2025-06 quantity"]}),
        # A collected file has the day of its last print, and no scope.
        (
            [VALUE | {"flow": flow, "published_on": day}
                for flow, day in (("export", "2025-07-10"), ("import", "2025-07-12"))],
            COLLECTED, NONE_LOST,
            {"released_on": date(2025, 7, 12), "flow": None, "classification": None, "partners": "keys"}),
        # An edition speaks of what the one before it spoke of.
        ([VALUE], landed(amends=BEFORE), NONE_LOST,
            {"products": ["85051110", "85051900"], "partner_list": ["DEU", "USA"],
                "measures": ["value_cny", "value_usd"], "first_month": date(2025, 3, 1),
                "last_month": date(2025, 6, 1)}),
    ],
)  # fmt: skip
def test_a_release_tells_its_scope(
    records: list[dict[str, Any]], of: Landed, lost: pl.DataFrame, said: dict[str, Any]
) -> None:
    found = row(*records, of=of, lost=lost)
    assert {name: found[name] for name in said} == said


@pytest.mark.parametrize(
    ("day", "asked", "last"),
    [
        # Customs open a month on the 20th of the next; what has a record was open.
        (date(2025, 7, 19), date(2025, 12, 1), date(2025, 6, 1)),
        (date(2025, 8, 19), date(2025, 12, 1), date(2025, 6, 1)),
        (date(2025, 8, 20), date(2025, 12, 1), date(2025, 7, 1)),
        (date(2026, 2, 25), date(2026, 1, 1), date(2025, 12, 1)),
        (date(2026, 3, 20), date(2026, 2, 1), date(2026, 2, 1)),
        (date(2025, 7, 20), date(2025, 6, 1), date(2025, 6, 1)),
        (date(2025, 7, 20), None, date(2025, 6, 1)),
    ],
)
def test_a_month_that_was_not_open_yet_is_not_spoken_of(day: date, asked: date | None, last: date) -> None:
    of = landed(first_month=date(2025, 5, 1), last_month=asked, released_on=day)
    assert row(MAY, VALUE, of=of)["last_month"] == last
    found = doubt_months(of, codes_of(MAY, VALUE, of=of).keys, "f.csv")
    doubts = [(one["check"], one["expected"].split(",")[0]) for one in found]
    assert doubts == ([("months_not_opened", f"months to {last:%Y-%m}")] if asked and last < asked else [])


def test_a_month_opens_on_the_20th_of_the_next_and_a_row_of_the_calendar_goes_before_the_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # January comes with February, on 20 March; the rule is the same in years without rows.
    days = {
        date(2025, 3, 19): date(2024, 12, 1),
        date(2025, 3, 20): date(2025, 2, 1),
        date(2026, 1, 1): date(2025, 11, 1),
    }
    days |= {day.replace(year=day.year - 6): month.replace(year=month.year - 6) for day, month in days.items()}
    days |= {date(2019, 7, 19): date(2019, 5, 1), date(2019, 7, 20): date(2019, 6, 1)}
    assert {day: last_opened(day) for day in days} == days
    late = pl.DataFrame({"year": ["2019"], "month": ["6"], "kind": ["query"], "expected_on": ["2019-07-25"]})
    monkeypatch.setattr(release_row, "code_table", lambda _: late)
    assert [last_opened(date(2019, 7, day)) for day in (24, 25)] == [date(2019, 5, 1), date(2019, 6, 1)]


JUNE, DAY = date(2025, 6, 1), date(2025, 7, 20)
NEW, OLD = {"product_name": "磁铁"}, {"product_name": "磁铁", "period": "202505"}
NO_PARTNER = ("partner", "USA", None, None, None, None, None)


@pytest.mark.parametrize(
    ("records", "rows", "expected"),
    [
        # Each name of a code is there once, with its newest month; a code without a name has one row without month and
        # day.
        ([NEW, OLD, {"product_name": "Magnets", "partner_name": "美国"}], [0, 1, 2],
            [("partner", "USA", None, "美国", "zh", JUNE, DAY),
                ("product", "85051110", "HS8", "Magnets", "en", JUNE, DAY),
                ("product", "85051110", "HS8", "磁铁", "zh", JUNE, DAY)]),
        ([OLD], [0], [NO_PARTNER, ("product", "85051110", "HS8", "磁铁", "zh", date(2025, 5, 1), DAY)]),
        ([{}, {"product_name": "?"}], [0, 1], [NO_PARTNER, ("product", "85051110", "HS8", None, None, None, None)]),
        # Only the chosen records count, and a code that cannot be read has no name.
        (
            [{"product_name": "One"}, {"product": "85051900", "product_name": "Two"},
                {"product": "x", "product_name": "Three"}],
            [1, 2], [NO_PARTNER, ("product", "85051900", "HS8", "Two", "en", JUNE, DAY)]),
    ],
)  # fmt: skip
def test_each_code_has_the_names_that_are_printed_for_it(
    records: list[dict[str, Any]], rows: list[int], expected: list[tuple[Any, ...]]
) -> None:
    keys = codes_of(*records).keys.filter(pl.col("row").is_in(rows))
    found = printed_names(reported(*records), keys, landed())
    assert (
        found.select("subject", "code", "classification", "name", "language", "month", "printed_on").rows() == expected
    )


@pytest.mark.parametrize(
    ("printed", "plain", "expected"),
    [
        # A name is one line without invisible letters.
        ("玻利维亚\n", "玻利维亚", "zh"),
        ("a \t\r\n b", "a b", "en"),
        ("\ufeffMag\u200bnets", "Magnets", "en"),
        (" ", "", None),
        (None, None, None),
        ("磁铁 magnets", "磁铁 magnets", "zh"),
        ("Ölsaaten", "Ölsaaten", "en"),
        ("磁石の", "磁石の", None),
        ("자석", "자석", None),
        ("8505", "8505", None),
        ("?", "?", None),
    ],
)
def test_the_plain_form_and_the_language_of_a_name(
    printed: str | None, plain: str | None, expected: str | None
) -> None:
    names = pl.DataFrame({"name": [printed]}, schema={"name": pl.String})
    assert names.select(plain_name(), language=language()).row(0) == (plain, expected)
