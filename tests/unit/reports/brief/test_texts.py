"""The words of both languages have the same names and the same places for numbers."""

import re

from schemas.names import MISSING
from tasks.reports.page_templates import FOLDER, LANGUAGES, words

PLACE = re.compile(r"\{(\w+)")
# What one of the languages takes from elsewhere, or does not need.
OWN = ("mixed", "numbers", "units", "missing_reasons", "kinds", "formulas", "measures", "valuations")
EN, ZH = (words("brief", language) for language in LANGUAGES)


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    assert {*EN} - {*OWN} == {*ZH} - {*OWN}
    compared = [
        pair for name in {*EN} - {*OWN, "name", "subject", "month", "event", "goods", "so_many", "revised_one"}
        for pair in ([(EN[name][one], ZH[name][one]) for one in {*EN[name], *ZH[name]}] if isinstance(EN[name], dict) else [(EN[name], ZH[name])])
    ]  # fmt: skip
    assert len(compared) > 100
    for english, chinese in compared:
        assert type(english) is type(chinese), english
        if isinstance(english, str):
            assert {*PLACE.findall(english)} == {*PLACE.findall(chinese)}, english
        if isinstance(english, list):
            assert len(english) == len(chinese), english


def test_both_languages_have_the_same_sentences() -> None:
    macros = [
        re.findall(r"macro (\w+\(.*?\))", (FOLDER / f"sentences.{language}.j2").read_text()) for language in LANGUAGES
    ]
    assert macros[0] == macros[1]
    assert len(macros[0]) > 5


def test_every_reason_for_a_missing_figure_has_a_chinese_text_or_is_never_on_the_page() -> None:
    assert {*MISSING} - {"on_request"} <= {*ZH["missing_reasons"]} <= {*MISSING}
