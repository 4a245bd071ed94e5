"""A watch rule: its threshold, and when what became of it is news."""

import pytest

from schemas.forms.watch_rule import Graded, WatchRule

RULE = {"name": "r", "flow": "export", "product": "85051110", "figure": "level", "reason": "a test"}


@pytest.mark.parametrize(
    ("bound", "words", "reached"),
    [({"at_least": 50}, "at least 50", [False, True, True]), ({"at_most": 50}, "at most 50", [True, True, False]), ({"at_most": 0}, "at most 0", [False] * 3)],
)  # fmt: skip
def test_a_threshold_is_reached_at_its_own_value(bound: dict[str, float], words: str, reached: list[bool]) -> None:
    rule = WatchRule.model_validate(RULE | bound)
    assert (rule.bound, [rule.is_reached_by(value) for value in (49.9, 50.0, 50.1)]) == (words, reached)


def test_only_a_rule_that_fires_and_did_not_before_is_news() -> None:
    fired = Graded(rule="r", month="2025-06", outcome="fired", why="why")
    found = [fired.model_copy(update={"before": before}).is_news for before in ("", "quiet", "not evaluable", "fired")]
    assert found == [True, True, True, False]
    assert not fired.model_copy(update={"outcome": "quiet"}).is_news
