"""Names and codes as people write them: spelling, the key of a partner, the names of partners and products."""

import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from tasks.domain import name_match as module
from tasks.domain.labels import NO_CHINESE, partner_name, product_name, product_names
from tasks.domain.name_match import (
    BEGINNINGS,
    EXACT,
    INSIDE,
    WHOLE_WORDS,
    Unresolved,
    code_digits,
    folded,
    grade,
    nearest,
    partner_key,
)


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
        ("Boxes", "box"),
        ("Glasses", "glass"),
        ("glass", "glass"),
        ("Virus", "virus"),
        ("Axis", "axis"),
        ("Tyres", "tyre"),
        ("ties", "tie"),
        ("Countries", "country"),
        ("ＭＡＧＮＥＴＳ", "magnet"),
        ("Straße_1", "strasse 1"),
        ("  ", ""),
        ("--", ""),
    ],
)
def test_names_without_plurals_marks_and_capitals(text: str, plain: str) -> None:
    assert folded(text) == plain


@pytest.mark.parametrize(
    ("asked", "name", "value"),
    [
        ("soya bean", "soya bean", EXACT),
        ("bean", "soya bean", WHOLE_WORDS),
        ("bean soya", "soya bean", WHOLE_WORDS),
        ("so be", "soya bean", BEGINNINGS),
        ("oya", "soya bean", None),
        ("soya oil", "soya bean", None),
        ("永磁", "稀土永磁体", INSIDE),
        ("永磁 稀土", "稀土永磁体", INSIDE),
        ("铁", "稀土永磁体", None),
        ("稀土", "稀土永磁体", BEGINNINGS),
    ],
)
def test_grades_from_the_same_name_to_none(asked: str, name: str, value: int | None) -> None:
    assert grade(asked, name) == value


def test_the_nearest_names_are_in_their_own_spelling_nearest_first() -> None:
    names = ["Magnets", "magnet", "Magnetite", "Soybeans"]
    assert nearest("magnett", names) == ["Magnets", "Magnetite"]
    assert nearest("magnett", names, count=1) == ["Magnets"]
    assert nearest("zzzz", names) == nearest("magnet", []) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (" afghanistan ", "AFG"), ("阿富汗", "AFG"), ("101", "AFG"), ("gacc 101", "AFG"), ("AF", "AFG"), ("wld", "WLD"),
        ("eu27", "EU27"), ("the Afghanistan", "AFG"), ("THE WORLD", "WLD"),
        # A code that no table has is kept if it has three digits.
        ("998", "gacc:998"), ("9999", None), ("99", None), ("", None), ("the", None),
    ],
)  # fmt: skip
def test_every_spelling_of_a_partner_is_one_key(text: str, key: str | None) -> None:
    assert partner_key(text) == key


def test_a_region_without_a_key_is_refused_with_its_reason() -> None:
    rows = code_table("partner_words").filter(pl.col("partner") == "")
    assert rows.height
    for word, reason in rows.select("word", "source").iter_rows():
        with pytest.raises(Unresolved) as refusal:
            partner_key(word.upper())
        assert str(refusal.value) == f"{word.upper()!r} is {reason}"


def test_the_newest_row_counts_where_a_code_changed_its_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("901", "OLD", "Old land", "旧", ""), ("901", "NEW", "New land", "新", "2020-01")]
    names = ["gacc_code", "partner", "name_en", "name_zh", "valid_from"]
    made = pl.DataFrame(rows, schema=names, orient="row")
    monkeypatch.setattr(module, "code_table", lambda name: made if name == "partners" else code_table(name))
    assert partner_key("901") == "NEW"
    assert partner_key("Old Land") == "OLD"


def test_a_partner_or_a_product_has_its_name_or_else_its_key() -> None:
    partners = {
        "WLD": "World",
        "EU27": "European Union",
        "AFG": "Afghanistan",
        "gacc:998": "gacc:998",
        "XXX": "XXX",
        "": "",
    }
    assert [partner_name(key) for key in partners] == [*partners.values()]
    products = {"01": "Live animals (01)", "basket:antimony": "Antimony (basket:antimony)", "99999999": "99999999"}
    assert [product_name(code) for code in products] == [*products.values()]
    assert product_names("25041010") == ("Natural graphite in flakes", "磷片天然石墨"), "of the first table that has it"
    assert product_names("basket:antimony") == ("Antimony", "锑")


@pytest.mark.parametrize(("level", "count", "in_chinese"), [(2, 98, 97), (4, 1_229, 215), (6, 5_613, 4_006)])
def test_every_code_of_the_harmonized_system_has_a_name(level: int, count: int, in_chinese: int) -> None:
    codes = code_table("hs_names").filter(pl.col("product").str.len_chars() == level)
    named = [product_names(code, "HTS10") or ("", "") for code in codes["product"]]
    assert (len(named), sum(not chinese.endswith(NO_CHINESE) for _, chinese in named)) == (count, in_chinese)
    assert not [english for english, _ in named if not english or "(+" in english]
