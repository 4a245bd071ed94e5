"""From the name or code of a partner to its key."""

import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from tasks.domain import partner_key as module
from tasks.domain.partner_key import Unresolved, partner_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (" afghanistan ", "AFG"), ("阿富汗", "AFG"), ("101", "AFG"), ("gacc 101", "AFG"), ("AF", "AFG"), ("wld", "WLD"),
        ("eu27", "EU27"), ("the Afghanistan", "AFG"), ("THE WORLD", "WLD"),
    ],
)  # fmt: skip
def test_every_spelling_of_a_partner_is_one_key(text: str, key: str) -> None:
    assert partner_key(text) == key


@pytest.mark.parametrize(
    ("text", "key"), [("998", "gacc:998"), ("9999", None), ("99", None), ("", None), ("the", None)]
)
def test_a_code_that_no_table_has_is_kept_if_it_has_three_digits(text: str, key: str | None) -> None:
    assert code_table("partners").filter(gacc_code="998").is_empty()
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


def test_a_refusal_keeps_its_choices() -> None:
    assert Unresolved("two", ["USA", "DEU"]).choices == ("USA", "DEU")
    assert Unresolved("none").choices == ()
