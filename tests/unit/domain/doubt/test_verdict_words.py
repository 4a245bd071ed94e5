"""What is said beside a growth, of made-up verdicts."""

from typing import Any

import pytest

from schemas.forms.verdict import Caveat, Verdict
from tasks.domain.doubt.verdict_words import from_base, verdict_words

NOTHING = Caveat(name="nearly_nothing", numbers={"base": 25.0, "step": 1.0})
LOW = Caveat(name="low_base", numbers={"base": 25.0, "usual": 1_223_000.0})
FLIPS = Caveat(name="sign_flips", numbers={"flips": 5.0})


@pytest.mark.parametrize(
    ("answer", "caveats", "measure", "english", "chinese"),
    [
        ("yes", (), "quantity_kg", "", ""),
        (
            "no",
            (NOTHING, LOW),
            "quantity_kg",
            "From 25 kg; usually 1,223 t. Say the tonnes.",
            "基数仅25千克，通常为1,223吨。请说吨数。",
        ),
        ("no", (NOTHING,), "value_usd", "From USD 25. Say the amounts.", "基数仅25美元。请说金额。"),
        ("no", (NOTHING,), "quantity_items", "From 25 items. Say the numbers.", "基数仅25 items。请说数量。"),
        (
            "care",
            (LOW, FLIPS),
            "value_usd",
            "quote with care (its base is unusually low, USD 25 where USD 1.22 million is usual; it turned 5 times in"
            " six months)",
            "引用时须说明（基数异常低（25美元，通常为122.3万美元）；六个月内5次转向）",
        ),
    ],
)
def test_a_verdict_is_said_with_its_numbers_in_both_languages(
    answer: Any, caveats: tuple[Caveat, ...], measure: str, english: str, chinese: str
) -> None:
    verdict = Verdict(answer=answer, caveats=caveats)
    assert [verdict_words(verdict, measure, language) for language in ("en", "zh")] == [english, chinese]


def test_what_stands_elsewhere_is_not_said_again_and_a_doubt_comes_first() -> None:
    care = Verdict(answer="care", caveats=(LOW, FLIPS))
    assert verdict_words(care, "quantity_kg", "en", shared=["low_base", "sign_flips"]) == ""
    said = verdict_words(care, "quantity_kg", "en", shared=["low_base"], doubt="in doubt: few partners")
    assert said == "quote with care (in doubt: few partners; it turned 5 times in six months)"


def test_in_place_of_a_percentage_stands_what_it_is_from() -> None:
    row = {"level": 1_700_025.0, "mom_pct": 6_800_000.0, "ytd": 3.0, "ytd_yoy_pct": 200.0, "measure": "quantity_kg"}
    assert from_base(row, "mom_pct") == "from 25 kg"
    assert from_base(row, "ytd_yoy_pct", "zh") == "基数1千克"
    # Of a fall to nothing the row does not say the base.
    assert from_base(row | {"level": 0.0, "mom_pct": -100.0}, "mom_pct") == "–"
