"""Caveats on growths: each after its sentence, shared ones once."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from schemas.forms.brief import Caveat, Fact, Verdict
from schemas.names import CAVEATS as NAMED
from tasks.reports.brief.sentences import Piece, Sentence
from tasks.reports.brief.verdicts import common, next_to, of_all, quotable
from tasks.reports.brief.wording import texts

LOW = Caveat(name="low_base", numbers={"base": 46_400, "usual": 353_000})
FLIPS = Caveat(name="sign_flips", numbers={"flips": 5})
KINDS = Caveat(name="coverage")


def fact(figure: str, word: str | None, *caveats: Caveat) -> Fact:
    verdict = None if word is None else Verdict(word=word, caveats=caveats)  # type: ignore[arg-type]
    return Fact(id=figure, partner="USA", month=date(2025, 6, 1), figure=figure, value=1.0, status="computed", verdict=verdict)  # fmt: skip


def page(*facts: Fact) -> Any:
    return SimpleNamespace(measure="quantity_kg", facts=lambda: [*facts])


def sentence(*facts: Fact) -> Sentence:
    return Sentence([Piece("Exports rose "), *(Piece("1 %", one) for one in facts)])


def test_every_caveat_has_a_text_in_both_languages() -> None:
    assert {*texts("en")["caveats"]} == {*texts("zh")["caveats"]} == {*NAMED}


@pytest.mark.parametrize(
    ("word", "caveats", "english", "chinese"),
    [
        ("yes", (), "", ""),
        ("care", (LOW,), "quote with care (its base is unusually low, 46.4 t where 353 t is usual)", "引用时须说明（基数异常低（46.4吨，通常为353吨））"),
        ("no", (FLIPS, KINDS), "do not quote the percentage (it turned 5 times in six months; it rests on more than one kind of release)", "不宜引用百分比（六个月内5次转向；依据不止一种发布）"),
    ],
)  # fmt: skip
def test_the_verdict_on_one_growth(word: str, caveats: tuple[Caveat, ...], english: str, chinese: str) -> None:
    one = fact("mom_pct", word, *caveats)
    assert next_to(sentence(one), page(one), "en") == english
    assert next_to(sentence(one), page(one), "zh") == chinese


def test_two_growths_with_different_verdicts_are_named() -> None:
    one, other, same = fact("mom_pct", "yes"), fact("yoy_pct", "care", KINDS), fact("ytd_yoy_pct", "yes")
    said = next_to(sentence(one, other, same), page(one, other), "en")
    assert said == "y/y: quote with care (it rests on more than one kind of release)"
    assert quotable([sentence(one, other)], page(one, other), "en") == "A growth without a note under it may be quoted."
    assert quotable([sentence(other)], page(one, other), "en") == ""
    one.doubts = ["few partners"]
    assert quotable([sentence(one, same)], page(one, other), "zh") == ""


@pytest.mark.parametrize(("count", "shared"), [(2, set()), (3, {"coverage"})])
def test_a_caveat_of_all_growths_is_stated_once_from_three_on(count: int, shared: set[str]) -> None:
    facts = [fact("mom_pct", "care", KINDS, *([LOW] if place == 0 else [])) for place in range(count)]
    found = page(*facts, fact("level", None))
    assert common(found) == shared
    expected = "Of every growth on this page: it rests on more than one kind of release." if shared else ""
    assert of_all(found, "en") == expected
    if shared:
        assert next_to(sentence(facts[1]), found, "en") == ""
        assert next_to(sentence(facts[0]), found, "en").startswith("quote with care (its base is unusually low")
