"""Printed codes as keys: each record has its own, and what is no code has its reason."""

from datetime import date
from typing import Any

import pytest

from schemas.forms.request import Landed
from tasks.domain.errors import Refused
from tasks.domain.periods import read_period
from tasks.ingest.codes import read_codes
from tasks.sources.registry import SOURCES
from tests.unit.ingest.file_codes import COLLECTED, codes_of, landed, records_of

JUNE = (date(2025, 6, 1), date(2025, 6, 30))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("202506", JUNE),
        ("2024-02", (date(2024, 2, 1), date(2024, 2, 29))),
        ("2024-12..2025-02", (date(2024, 12, 1), date(2025, 2, 28))),
        *((text, None) for text in ("202513", "202500", "190001", "2100-01", "2506", "2025-6", "٢٠٢٥٠٦", "202506\n",
                "2025-06..2025-05", "")),
    ],
)  # fmt: skip
def test_a_period_is_a_month_or_months_from_one_to_a_later_one(text: str, span: tuple[date, date] | None) -> None:
    assert read_period(text) == span


@pytest.mark.parametrize(
    ("code", "month", "partner", "is_unknown"),
    [
        ("150", "202301", "GEO", False),
        ("337", "202212", "GEO", False),
        ("337", "202301", "gacc:337", True),
        ("150", "202212", "gacc:150", True),
        ("142", "202506", "CHN", False),
        ("701", "202506", "gacc:701", False),
        ("188", "202506", "gacc:188", True),
    ],
)
def test_partner_codes_hold_for_their_months(code: str, month: str, partner: str, is_unknown: bool) -> None:
    found = codes_of({"partner": code, "period": month})
    assert found.keys["partner"].to_list() == [partner]
    assert [one["check"] for one in found.doubts] == ["unknown_partner"] * is_unknown


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("gacc_query", "188"),
        ("eurostat_comext", "ZZ"),
        ("eurostat_bulk", "ZZ"),
        ("hmrc_ots", "1999"),
        ("us_census", "8123"),
        ("us_census", "812"),
        ("japan_estat", "999"),
        ("un_comtrade", "997"),
        ("un_comtrade", "5"),
        ("brazil_comexstat", "989"),
    ],
)
def test_a_code_that_no_list_names_is_kept_with_a_warning_for_every_source_of_codes(source: str, code: str) -> None:
    found = codes_of({"partner": code}, of=landed(source=source))
    assert found.keys["partner"].to_list() == [f"{SOURCES[source].code_list}:{code}"]
    assert [(one["check"], one["severity"]) for one in found.doubts] == [("unknown_partner", "warning")]
    # Pages and files of names name their partners, and one file has none.
    by_name = {"gacc_bulletin", "gacc_preliminary", "india_meidb", "newzealand_stats", "chile_aduanas"}
    assert SOURCES.keys() - by_name == {name for name, one in SOURCES.items() if one.partner_code}


def test_a_record_has_every_reason_and_no_key_where_a_code_cannot_be_read() -> None:
    broken = {"period": "Jun", "product": "8505111", "partner": "USA", "regime": "1", "province": "xx", "flow": "up"}
    found = codes_of({}, broken)
    reasons = dict(found.faults.group_by("row").agg("reason").iter_rows())
    assert sorted(reasons) == [1]
    assert sorted(reasons[1]) == [
        "flow 'up' is neither export nor import",
        "partner 'USA' is no partner code",
        "period 'Jun' is not a month",
        "product '8505111' is no HS code of 2, 4, 6 or 8 digits",
        "province 'xx' is not two digits",
        "regime '1' is not two digits",
    ]
    assert found.keys["product"].to_list() == ["85051110", None]


def test_well_formed_codes_that_the_tables_lack_are_kept_and_reported_once() -> None:
    new = {"partner": "998", "regime": "99", "province": "99"}
    found = codes_of({"regime": "10", "province": "44"}, new, new | {"period": "202505"})
    assert found.keys["partner"].to_list() == ["USA", "gacc:998", "gacc:998"]
    assert [(row["check"], row["subject"], row["observed"]) for row in found.doubts] == [
        ("unknown_partner", "partner 998", "code 998 in 2025-05"), ("unknown_regime", "regime 99", "code 99"),
        ("unknown_province", "province 99", "code 99"),
    ]  # fmt: skip


def test_without_a_column_the_partner_is_the_world_and_the_months_are_the_declared_ones() -> None:
    of = landed(first_month=date(2025, 1, 1), last_month=date(2025, 6, 1))
    span = codes_of({"partner": None, "period": None}, of=of).keys.row(0, named=True)
    assert (span["partner"], span["period_start"], span["period_end"]) == ("WLD", date(2025, 1, 1), JUNE[1])
    month = landed(first_month=date(2025, 6, 1))
    assert (
        codes_of({"partner": None, "period": None}, of=month).keys.select("period_start", "period_end").row(0) == JUNE
    )


def test_our_keys_lines_and_spans_are_for_collected_files_alone() -> None:
    record = {
        "partner": "USA",
        "product": "line:soybeans",
        "period": "2025-01..2025-06",
        "flow": "import",
        "published_on": "2025-07-19",
    }
    found = codes_of(record, of=COLLECTED)
    assert found.faults.is_empty()
    assert found.keys.drop("row", "regime", "province").row(0, named=True) == {
        "classification": "line",
        "product": "line:soybeans",
        "period_start": date(2025, 1, 1),
        "period_end": date(2025, 6, 30),
        "known_from": date(2025, 7, 19),
        "flow": "import",
        "partner": "USA",
    }
    assert codes_of(record | {"flow": None}).faults.height == 3


@pytest.mark.parametrize(
    ("day", "is_fault"),
    [("2025-06-30", True), ("2025-07-01", False), ("2025-07-20", False), ("2025-07-21", True), (None, True)],
)
def test_a_day_of_print_lies_after_the_period_and_not_after_the_release(day: str | None, is_fault: bool) -> None:
    found = codes_of({"published_on": day, "flow": "export"}, of=COLLECTED)
    assert found.faults["reason"].to_list() == (
        [f"published_on '{day or ''}' is no day after the period and up to 2025-07-20"] if is_fault else []
    )


@pytest.mark.parametrize(
    ("records", "of", "rule", "found"),
    [
        ([{"period": None}], landed(), "months not declared", "its months are nowhere declared"),
        ([{"period": "202507"}], landed(), "future month", "period 202507 in a file of 2025-07-20"),
        ([{"period": "202505"}], landed(first_month=date(2025, 6, 1), last_month=date(2025, 6, 1)), "other month",
            "period 202505, declared are 2025-06 to 2025-06"),
        ([{}, {"product": "8505"}], landed(), "mixed levels", "codes of several levels: HS4, HS8"),
        ([{"product": "85051900"}], landed(products=("85051110",)), "other product",
            "product 85051900 (1 such), declared are 85051110"),
        ([{"flow": "export"}, {"flow": "import"}], landed(flow=None), "both flows", "exports and imports in one file"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_one_release_is_refused(
    records: list[dict[str, Any]], of: Landed, rule: str, found: str
) -> None:
    with pytest.raises(Refused) as refusal:
        read_codes(records_of(*records), of, "f.csv")
    assert (refusal.value.rule, refusal.value.where) == (rule, "f.csv")
    assert found in refusal.value.found
