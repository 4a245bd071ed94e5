"""Spelling: codes in any writing, names that are one name, grades and nearest names."""

import pytest

from tasks.domain.name_match import BEGINNINGS, EXACT, INSIDE, WHOLE_WORDS, code_digits, folded, grade, nearest


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("８５０５", "8505"), ("GACC 502", "502"), ("hs-codes: 85.05", "8505"), ("1" * 13, "1" * 13), ("1" * 14, None),
        ("", None), ("hs", None), ("8505a", None), ("-8505", "8505"), (" 01 ", "01"), ("8505/8506", None),
    ],
)  # fmt: skip
def test_the_digits_of_a_code(text: str, digits: str | None) -> None:
    assert code_digits(text) == digits


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Boxes", "box"), ("Glasses", "glass"), ("glass", "glass"), ("Virus", "virus"), ("Axis", "axis"), ("Tyres", "tyre"),
        ("ties", "tie"), ("Countries", "country"), ("ＭＡＧＮＥＴＳ", "magnet"), ("Straße_1", "strasse 1"), ("  ", ""), ("--", ""),
    ],
)  # fmt: skip
def test_names_without_plurals_marks_and_capitals(text: str, plain: str) -> None:
    assert folded(text) == plain


@pytest.mark.parametrize(
    ("asked", "name", "value"),
    [
        ("soya bean", "soya bean", EXACT), ("bean", "soya bean", WHOLE_WORDS), ("bean soya", "soya bean", WHOLE_WORDS),
        ("so be", "soya bean", BEGINNINGS), ("oya", "soya bean", None), ("soya oil", "soya bean", None),
        ("永磁", "稀土永磁体", INSIDE), ("永磁 稀土", "稀土永磁体", INSIDE), ("铁", "稀土永磁体", None), ("稀土", "稀土永磁体", BEGINNINGS),
    ],
)  # fmt: skip
def test_grades_from_the_same_name_to_none(asked: str, name: str, value: int | None) -> None:
    assert grade(asked, name) == value


def test_the_nearest_names_are_in_their_own_spelling_nearest_first() -> None:
    names = ["Magnets", "magnet", "Magnetite", "Soybeans"]
    assert nearest("magnett", names) == ["Magnets", "Magnetite"]
    assert nearest("magnett", names, count=1) == ["Magnets"]


def test_nothing_is_near_what_resembles_nothing() -> None:
    assert nearest("zzzz", ["Magnets", "Soybeans"]) == []
    assert nearest("magnet", []) == []
