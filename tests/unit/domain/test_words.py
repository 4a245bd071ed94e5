"""Texts of messages, findings as rows of a table, days and months in words, and what values mean in words."""

from datetime import UTC, date, datetime, tzinfo

import pytest

from tasks.domain import clock
from tasks.domain.labels import in_words, value_terms
from tasks.domain.numbers import tonnes
from tasks.domain.period_words import read_period
from tasks.domain.text import NAMED_MAX, clip, clip_bytes, counted, named


def test_counts_names_and_foreign_text_in_messages() -> None:
    assert [counted(number, "file") for number in (0, 1, 2, 1200)] == ["0 files", "1 file", "2 files", "1,200 files"]
    assert (named([]), named({"b", "a"})) == ("", "a, b")
    many = [f"{number:02d}" for number in range(NAMED_MAX + 1)]
    assert (named(many[:-1])[-4:], named(many)[-14:]) == (", 19", ", 19, and more")
    shown = {"x" * 80: "x" * 80, "x" * 81: "x" * 80 + "… (81 characters)", "a\x1bb\n": "a\\x1bb\\x0a", "数据": "数据"}
    assert [clip(text) for text in shown] == [*shown.values()]
    raw = {b"": "", b"plain": "plain", "数据".encode(): "数据", b"\xff" * 5: "\\xff" * 5}
    assert [clip_bytes(data).replace("\\\\", "\\") for data in raw] == [*raw.values()]


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
        (["gacc_query", "gacc_bulletin"], "export", ["value_usd"],
            ["exports in USD: FOB, partner is the last known destination"]),
        (["us_census"], "import", ["value_usd_cif", "value_usd"],
            ["imports in USD: customs value, partner is the origin", "imports in USD: CIF, partner is the origin"]),
        (["us_census"], "export", ["value_usd", "value_usd_cif"],
            ["exports in USD: FAS, partner is the ultimate destination"]),
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
        (["gacc_query", "published"], "export", ["value_usd"],
            ["exports in USD: FOB, partner is the last known destination",
                "exports in USD: valuation not stated; rounded or cut off"]),
        (["gacc_query"], "export", ["quantity_kg"], []),
        ([], "export", ["value_usd"], []),
    ],
)  # fmt: skip
def test_terms_in_words(sources: list[str], flow: str, measures: list[str], lines: list[str]) -> None:
    assert in_words(value_terms(sources, flow, measures)) == lines


@pytest.mark.parametrize(
    ("kilograms", "shown"),
    [
        (353_000, "353"),
        (46_400, "46.4"),
        (1_238_400, "1,238"),
        (720, "0.72"),
        (30, "0.03"),
        (0.4, "0.0004"),
        (0.04, "0.00004"),
        (0, "0"),
        (-30, "-0.03"),
        (-353_400, "-353"),
    ],
)
def test_a_small_amount_does_not_vanish(kilograms: float, shown: str) -> None:
    assert tonnes(kilograms) == shown
