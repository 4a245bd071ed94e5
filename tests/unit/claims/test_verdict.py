"""Verdicts on rows of a claims file, against a ledger of a few numbers."""

import pytest

from tasks.claims.verdict import check_claim, direct
from tests.unit.claims.in_memory import Ledger, claim, spot

ROW = {"commodity": "99999999", "flow": "export", "partner": "Afghanistan", "period": "2025-06", "metric": "level_t", "unit": "t"}  # fmt: skip
PLACE = "China's exports of 99999999 to Afghanistan, June 2025"
LEVELS = {spot("6", partner="AFG"): 353, spot("5", partner="AFG"): 1432}


def check(value: str, ledger: Ledger | None = None, **other: str) -> tuple[str, str]:
    return check_claim(ledger or Ledger(LEVELS), ROW | {"value": value} | other)


def test_another_figure_contradicts_it_and_no_larger_difference_than_revisions_make_does_not() -> None:
    assert check("355") == ("contradicted", f"The level differs: printed 355 t; the ledger has 353 t for {PLACE}.")
    verdict, reason = check("353.02")
    assert verdict == "not_checkable"
    assert "a difference no larger than silent revisions make" in reason


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"metric": "mood"}, "there is no such metric as 'mood'"), ({"commodity": "11111111"}, "no release at hand covers"),
        ({"period": "2024-06"}, "months of this series: 2025-05 to 2025-06, 2 months"), ({"value": "many"}, "'many' is no number"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_says_why(other: dict[str, str], why: str) -> None:
    verdict, reason = check(**{"value": "353"} | other)
    assert verdict == "not_checkable"
    assert why in reason


def test_the_direct_readings_of_each_kind() -> None:
    ledger = Ledger({"6": 150, "5": 100, "4": 50, spot("6", partner="WLD"): 600})

    def points(kind: str, **other: object) -> list[object]:
        return [one.point for one in direct(ledger, claim("1", "%", kind, **other))]

    assert (points("level"), points("mom"), points("mom_times"), points("share")) == ([150_000], [50], [50], [25])
    assert points("against", against=spot("4")) == [200]
    assert (points("yoy"), points("rank")) == ([], [])
