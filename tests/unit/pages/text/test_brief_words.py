"""What a brief says of a growth, a decision and a missing figure, in both languages: made-up facts, no store."""

import ast
import inspect
import re
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from schemas.forms.brief import Fact
from schemas.forms.verdict import Caveat, Verdict
from schemas.names import CAVEATS, MISSING
from tasks.analysis.mirror import statements
from tasks.analysis.mirror.statements import WORDS
from tasks.domain.doubt.verdict_words import quote_words
from tasks.pages.brief import lists
from tasks.pages.text.page_templates import FOLDER, LANGUAGES, words
from tasks.pages.text.sentences import Piece, Sentence, common, next_to, of_all, quotable

JUNE = date(2025, 6, 1)


NOTHING = Caveat(name="nearly_nothing", numbers={"base": 25, "step": 1})
LOW = Caveat(name="low_base", numbers={"base": 46_400, "usual": 353_000})
FLIPS = Caveat(name="sign_flips", numbers={"flips": 5})
KINDS = Caveat(name="coverage", numbers={})


def growth(figure: str, word: str | None, *caveats: Caveat) -> Fact:
    verdict = None if word is None else Verdict(answer=word, caveats=caveats)  # type: ignore[arg-type]
    return Fact(id=figure, partner="USA", month=JUNE, figure=figure, value=1.0, status="computed", verdict=verdict)


def page_of(*facts: Fact) -> Any:
    return SimpleNamespace(measure="quantity_kg", facts=lambda: [*facts])


def sentence_of(*facts: Fact) -> Sentence:
    return Sentence([Piece("Exports rose "), *(Piece("1 %", one) for one in facts)])


@pytest.mark.parametrize(
    ("word", "caveats", "english", "chinese"),
    [
        ("yes", (), "", ""),
        (
            "care",
            (LOW,),
            "quote with care (its base is unusually low, 46.4 t where 353 t is usual)",
            "引用时须说明（基数异常低（46.4吨，通常为353吨））",
        ),
        (
            "no",
            (NOTHING, Caveat(name="low_base", numbers={"base": 25, "usual": 353_000}), FLIPS),
            "From 25 kg; usually 353 t. Say the tonnes. (it turned 5 times in six months)",
            "基数仅25千克，通常为353吨。请说吨数。（六个月内5次转向）",
        ),
    ],
)
def test_the_verdict_on_one_growth(word: str, caveats: tuple[Caveat, ...], english: str, chinese: str) -> None:
    one = growth("mom_pct", word, *caveats)
    assert [next_to(sentence_of(one), page_of(one), language) for language in LANGUAGES] == [english, chinese]


def test_two_growths_with_different_verdicts_are_named() -> None:
    one, other, same = growth("mom_pct", "yes"), growth("yoy_pct", "care", KINDS), growth("ytd_yoy_pct", "yes")
    said = next_to(sentence_of(one, other, same), page_of(one, other), "en")
    assert said == "y/y: quote with care (it rests on more than one kind of release)"
    assert (
        quotable([sentence_of(one, other)], page_of(one, other), "en")
        == "Growth rates without a note can be quoted as they stand."
    )
    assert quotable([sentence_of(other)], page_of(one, other), "en") == ""
    one.doubts = ["few partners"]
    assert quotable([sentence_of(one, same)], page_of(one, other), "zh") == ""


@pytest.mark.parametrize(("count", "shared"), [(2, set()), (3, {"coverage"})])
def test_a_caveat_of_all_growths_is_stated_once_from_three_on(count: int, shared: set[str]) -> None:
    facts = [growth("mom_pct", "care", KINDS, *([LOW] if place == 0 else [])) for place in range(count)]
    found = page_of(*facts, growth("level", None))
    assert common(found) == shared
    expected = "Of every growth on this page: it rests on more than one kind of release." if shared else ""
    assert of_all(found, "en") == expected
    if shared:
        assert next_to(sentence_of(facts[1]), found, "en") == ""
        assert next_to(sentence_of(facts[0]), found, "en").startswith("quote with care (its base is unusually low")


# What one of the languages takes from elsewhere, or does not need.
OWN = ("mixed", "numbers", "units", "missing_reasons", "kinds", "formulas", "measures", "valuations")
EN, ZH = (words("brief", language) for language in LANGUAGES)


def test_both_languages_have_the_same_texts_with_the_same_places_and_the_same_sentences() -> None:
    assert {*EN} - {*OWN} == {*ZH} - {*OWN}
    compared = [
        pair
        for name in {*EN}
        - {*OWN, "mirror_patterns", "name", "subject", "month", "event", "goods", "so_many", "revised_one", "ordinal"}
        for pair in (
            [(EN[name][one], ZH[name][one]) for one in {*EN[name], *ZH[name]}]
            if isinstance(EN[name], dict)
            else [(EN[name], ZH[name])]
        )
    ]
    assert len(compared) > 100
    for english, chinese in compared:
        assert type(english) is type(chinese), english
        if isinstance(english, str):
            places = [{*re.findall(r"\{(\w+)", text)} for text in (english, chinese)]
            assert places[0] == places[1], english
        if isinstance(english, list):
            assert len(english) == len(chinese), english
    macros = [re.findall(r"macro (\w+\(.*?\))", (FOLDER / f"sentences.{one}.j2").read_text()) for one in LANGUAGES]
    assert macros[0] == macros[1]
    assert len(macros[0]) > 5


def test_every_reason_for_a_missing_figure_and_every_caveat_has_a_text_in_both_languages() -> None:
    assert {*MISSING} - {"on_request"} <= {*ZH["missing_reasons"]} <= {*MISSING}
    assert {*CAVEATS} <= {*quote_words("en")} == {*quote_words("zh")}


# What a row of a mirror says in words, an example of each sentence of tasks/analysis/mirror/statements.py.
WHYS = [
    *(f"CHN kilograms: {words}" for words in WORDS.values()),
    *(f"DEU value: {words}" for words in WORDS.values()),
    "no exchange rate for EUR in 2025-06",
    "no margin from CHN to DEU in import_margins",
    "values are not compared: FOB and valuation not known",
    "values are not compared: customs value and not stated",
    "DEU: another meaning since 2022-01",
    "the kilograms agree and the values do not: 1.2 sold, 2.4 to 2.5 bought without freight, million EUR",
    "judged by this month alone: too few months beside it are known",
    "HKG counts up to 12.5 t to DEU around this month",
]


def sentences_of(function: ast.FunctionDef) -> set[str]:
    """The sentences in the text of a function, with {} where a value stands."""
    texts: set[str] = set()
    inner: set[int] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.JoinedStr):
            inner |= {id(part) for part in ast.walk(node)} - {id(node)}
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            texts.add("".join(map(str, parts)).replace("{{}}", "{}"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            texts.add(node.value)
    return {text for text in texts - {ast.get_docstring(function, clean=False)} if re.search(r"[a-z] |: ", text)}


def test_each_sentence_of_a_mirror_has_an_example_here() -> None:
    tree = ast.parse(inspect.getsource(statements))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    telling = [one for one in functions if one.name in ("_why", "_with_breaks", "_books")]
    templates = {text for one in telling for text in sentences_of(one)}
    assert len(telling) == 3
    assert len(templates) >= 8
    patterns = {text: re.compile(re.escape(text).replace(r"\{\}", r".+")) for text in templates}
    # A text without a place for a value may be a part of a sentence.
    lacking = {text for text, pattern in patterns.items() if not any(map(pattern.fullmatch, WHYS))}
    assert [text for text in lacking if "{}" in text or not any(text in why for why in WHYS)] == []
    assert [text for text in WHYS if not any(one.fullmatch(text) for one in patterns.values())] == []


@pytest.mark.parametrize("text", WHYS)
def test_a_chinese_page_says_in_chinese_why_a_mirror_lacks_a_figure(text: str) -> None:
    shown = lists.why_words(text, "zh")
    assert not re.search(r"[a-z]{2}|[{}]|CHN|DEU|HKG", shown), shown
    assert re.findall(r"[\d.-]*\d", shown) == re.findall(r"[\d.-]*\d", text) or "1月" in shown


def test_both_languages_name_the_places_of_a_mirror_and_join_what_they_say() -> None:
    text = "CHN kilograms: not covered; HKG counts up to 2 t to DEU around this month"
    shown = [lists.why_words(text, language) for language in LANGUAGES]
    assert shown == [
        "China, kilograms: not covered; Hong Kong, China counts up to 2 t to Germany around this month",
        "中国的千克数：未覆盖；中国香港统计的本月前后对德国出口至多2吨",
    ]
