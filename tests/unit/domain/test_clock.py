"""The day in China, whatever the clock of the machine says."""

from datetime import UTC, date, datetime, tzinfo

import pytest

from tasks.domain import clock


def today_at(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> date:
    class Fixed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return instant.astimezone(tz)

    monkeypatch.setattr(clock, "datetime", Fixed)
    return clock.today()


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 1, 19, 15, 59, 59, tzinfo=UTC), date(2026, 1, 19)),
        (datetime(2026, 1, 19, 16, 0, tzinfo=UTC), date(2026, 1, 20)),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 7, 19, 16, 0, tzinfo=UTC), date(2026, 7, 20)),
    ],
)
def test_the_day_in_china_begins_at_16_utc_in_winter_and_in_summer(
    monkeypatch: pytest.MonkeyPatch, utc: datetime, day: date
) -> None:
    assert today_at(monkeypatch, utc) == day
