"""The fixed texts of both languages have the same names and the same places for numbers."""

import re
from typing import Any

import pytest

from schemas.names import MISSING
from tasks.reports.brief.texts import (
    EN_NUMBERS,
    FIGURES_EN,
    FIGURES_ZH,
    FORMULAS_ZH,
    MARKS_EN,
    MARKS_ZH,
    MISSING_ZH,
    PRICE_FIGURES_EN,
    PRICE_FIGURES_ZH,
    PRICE_UNITS,
    STATES_EN,
    STATES_ZH,
    TEXTS_EN,
    TEXTS_ZH,
)

PLACE = re.compile(r"\{(\w+)")
PAIRS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (TEXTS_EN, TEXTS_ZH), (STATES_EN, STATES_ZH), (MARKS_EN, MARKS_ZH), (FIGURES_EN, FIGURES_ZH), (PRICE_FIGURES_EN, PRICE_FIGURES_ZH),
]  # fmt: skip


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_both_languages_have_the_same_texts_with_the_same_places(english: dict[str, Any], chinese: dict[str, Any]) -> None:  # fmt: skip
    assert {*english} == {*chinese}
    assert len(english) > 2
    for name, text in english.items():
        assert type(text) is type(chinese[name]), name
        if isinstance(text, str):
            assert {*PLACE.findall(text)} == {*PLACE.findall(chinese[name])}, name
        if isinstance(text, list):
            assert len(text) == len(chinese[name]), name


def test_every_reason_for_a_missing_figure_has_a_chinese_text_or_is_never_on_the_page() -> None:
    assert {*MISSING_ZH} <= {*MISSING}
    assert {*MISSING} - {*MISSING_ZH} == {"on_request"} or {*MISSING} == {*MISSING_ZH}


def test_every_figure_has_a_formula_and_every_price_a_note_on_its_unit() -> None:
    assert {*FORMULAS_ZH} == {*FIGURES_ZH}
    for texts in (TEXTS_EN, TEXTS_ZH):
        assert {*texts["unit_notes"]} == {*PRICE_UNITS}


def test_the_words_for_numbers_are_in_order() -> None:
    assert (EN_NUMBERS[1], EN_NUMBERS[2], EN_NUMBERS[7], EN_NUMBERS[10]) == (
        "once",
        "twice",
        "seven times",
        "ten times",
    )
    assert len(EN_NUMBERS) == 11
