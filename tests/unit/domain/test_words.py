"""Texts of messages, findings as rows of a table, days and months in words, and what values mean in words."""

from datetime import UTC, date, datetime, tzinfo

import polars as pl
import pytest

from tasks.domain import clock
from tasks.domain.findings import SHOWN_LENGTH, finding, gather, shown
from tasks.domain.labels import check_words, doubt_words, doubts_by_cause, in_words, value_terms
from tasks.domain.period_words import read_period
from tasks.domain.text import NAMED_MAX, clip, clip_bytes, counted, named
from tasks.ledger.doubts import sentence


def test_counts_names_and_foreign_text_in_messages() -> None:
    assert [counted(number, "file") for number in (0, 1, 2, 1200)] == ["0 files", "1 file", "2 files", "1,200 files"]
    assert (named([]), named({"b", "a"})) == ("", "a, b")
    many = [f"{number:02d}" for number in range(NAMED_MAX + 1)]
    assert (named(many[:-1])[-4:], named(many)[-14:]) == (", 19", ", 19, and more")
    shown = {"x" * 80: "x" * 80, "x" * 81: "x" * 80 + "… (81 characters)", "a\x1bb\n": "a\\x1bb\\x0a", "数据": "数据"}
    assert [clip(text) for text in shown] == [*shown.values()]
    raw = {b"": "", b"plain": "plain", "数据".encode(): "数据", b"\xff" * 5: "\\xff" * 5}
    assert [clip_bytes(data).replace("\\\\", "\\") for data in raw] == [*raw.values()]


def test_findings_are_texts_sorted_and_without_repetitions() -> None:
    rows = [
        finding(check, "error", subject, observed=3, expected=None, advice="c")
        for check, subject in (("sums", "z"), ("gaps", "b"), ("sums", "z"), ("gaps", "a"))
    ]
    assert rows[0] == {
        "check": "sums",
        "severity": "error",
        "subject": "z",
        "observed": "3",
        "expected": "None",
        "advice": "c",
    }
    found = gather("r1", rows).select("release_id", "check", "subject").rows()
    assert found == [("r1", "gaps", "a"), ("r1", "gaps", "b"), ("r1", "sums", "z")]
    texts = pl.DataFrame({"text": ["a\x1b[31mb", "line\u2028break\n", None, "x" * 61, "数据"]})
    assert texts.select(shown("text")).to_series().to_list() == [
        "a?[31mb",
        "line?break?",
        "",
        "x" * SHOWN_LENGTH,
        "数据",
    ]


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 1, 19, 15, 59, 59, tzinfo=UTC), date(2026, 1, 19)),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 7, 19, 16, 0, tzinfo=UTC), date(2026, 7, 20)),
    ],
)
def test_the_day_in_china_begins_at_16_utc_in_winter_and_in_summer(
    monkeypatch: pytest.MonkeyPatch, utc: datetime, day: date
) -> None:
    class Fixed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return utc.astimezone(tz)

    monkeypatch.setattr(clock, "datetime", Fixed)
    assert clock.today() == day


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("sept 2025", "2025-09..2025-09"),
        ("may, 2025", "2025-05..2025-05"),
        ("first twelve months of 2025", "2025"),
        ("2025年四季度", "Q4 2025"),
        ("second half of 2025", "2025年下半年"),
        ("2024..2025-02", "2024-01..2025-02"),
    ],
)
def test_one_period_in_two_ways(text: str, months: str) -> None:
    assert read_period(text) == read_period(months)


@pytest.mark.parametrize(
    ("sources", "flow", "measures", "lines"),
    [
        (
            ["gacc_query", "gacc_bulletin"],
            "export",
            ["value_usd"],
            ["exports in USD: FOB, partner is the last known destination"],
        ),
        (
            ["us_census"],
            "import",
            ["value_usd_cif", "value_usd"],
            ["imports in USD: customs value, partner is the origin", "imports in USD: CIF, partner is the origin"],
        ),
        (
            ["us_census"],
            "export",
            ["value_usd", "value_usd_cif"],
            ["exports in USD: FAS, partner is the ultimate destination"],
        ),
        (["gacc_query"], "import", ["unit_value_cny_per_kg"], ["imports in CNY: CIF, partner is the origin"]),
        (
            ["japan_estat"],
            "export",
            ["value_jpy"],
            [
                "exports in JPY: FOB, partner is the last known destination; digits cut off, so a printed 0 may be"
                " trade below one step"
            ],
        ),
        (
            ["gacc_query", "published"],
            "export",
            ["value_usd"],
            [
                "exports in USD: FOB, partner is the last known destination",
                "exports in USD: valuation not stated; rounded or cut off",
            ],
        ),
        (["gacc_query"], "export", ["quantity_kg"], []),
        ([], "export", ["value_usd"], []),
    ],
)
def test_terms_in_words(sources: list[str], flow: str, measures: list[str], lines: list[str]) -> None:
    assert in_words(value_terms(sources, flow, measures)) == lines


def test_each_doubt_of_a_text_is_translated_and_what_was_observed_keeps_its_semicolons() -> None:
    text = (
        "few partners for a file of all partners, 2024-01 to 2024-12: only DEU; KOR; the number of records is a"
        " multiple of the download limit, so the file may be cut off, 2024-01 to 2024-12: 36 records; share, rank and"
        " contributions: few partners for a file of all partners, 2025-07: only USA"
    )
    few, cut = check_words("zh")["few_partners"], check_words("zh")["row_cap"]
    assert doubt_words(text, "zh").split("；") == [
        f"{few}，2024-01至2024-12（英文记录：only 德国; 韩国）",
        f"{cut}，2024-01至2024-12（英文记录：36 records）",
        f"占比、排名和贡献：{few}，2025-07（英文记录：only 美国）",
    ]
    assert doubt_words(text) == text


@pytest.mark.parametrize(
    ("doubts", "sentences"),
    [
        # Months of one cause are one sentence, those that follow each other a span, the newest first.
        (["2025-10: 3 rows", "2025-06: 3 rows", "2025-09: 3 rows"], ["2025-09 to 2025-10, 2025-06: 3 rows"]),
        (["2024-01 to 2024-11: 3 rows", "2024-12: 3 rows"], ["2024-01 to 2024-12: 3 rows"]),
        # What was observed is part of the cause.
        (["2025-10: 3 rows", "2025-09: 4 rows"], ["2025-10: 3 rows", "2025-09: 4 rows"]),
    ],
)
def test_doubts_of_one_cause_are_one_sentence_with_all_its_months(doubts: list[str], sentences: list[str]) -> None:
    cut = check_words()["row_cap"]
    assert doubts_by_cause([f"{cut}, {one}" for one in doubts]) == [f"{cut}, {one}" for one in sentences]
    assert doubt_words("; ".join(f"{cut}, {one}" for one in doubts)) == "; ".join(f"{cut}, {one}" for one in sentences)


def test_a_share_leaves_out_the_months_in_which_its_number_is_in_doubt_itself() -> None:
    cut, share = f"{check_words()['row_cap']}, ", "share, rank and contributions: "
    shown_doubts = doubts_by_cause(
        [f"{cut}2025-10: 1 row", f"{share}{cut}2025-10: 1 row", f"{share}{cut}2025-08: 1 row"]
    )
    assert shown_doubts == [f"{cut}2025-10: 1 row", f"{share}{cut}2025-08: 1 row"]
    assert doubts_by_cause([f"{share}{cut}2025-10: 1 row"], "zh") == [
        f"占比、排名和贡献：{check_words('zh')['row_cap']}，2025-10（英文记录：1 row）"
    ]
    assert doubts_by_cause(["whatever", "whatever", f"{share}whatever"]) == ["whatever"]


def test_partners_of_a_doubt_have_their_names_and_other_capitals_stay() -> None:
    months = (date(2025, 12, 1), date(2025, 12, 1))
    text = sentence("partners_missing", "no row for JPN, GBR, 30.9% of the twelve months before", [], *months)
    assert text.endswith(": no row for Japan, United Kingdom, 30.9% of the twelve months before")
    assert "no row for 日本, 英国, 30.9%" in doubt_words(text, "zh")
    assert sentence("row_cap", "RODS AND BARS", [], *months).endswith(": RODS AND BARS")
