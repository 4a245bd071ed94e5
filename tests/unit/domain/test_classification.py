"""Parts of products: baskets, headings and codes."""

import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from tasks.domain.classification import basket_members, holds, is_heading, members, part_of


def kept(product: str, products: list[str]) -> list[str]:
    return pl.DataFrame({"product": products}).filter(part_of(product))["product"].to_list()


def test_the_parts_of_a_code_are_it_and_the_codes_below_it() -> None:
    rows = ["85", "8505", "85051110", "85051900", "86", "basket:magnets", "line:soybeans"]
    assert kept("8505", rows) == ["8505", "85051110", "85051900"]
    assert kept("85051110", rows) == ["85051110"]
    assert kept("line:soybeans", rows) == ["line:soybeans"]


@pytest.mark.parametrize(("product", "codes"), [("85051110", ["85051110"]), ("8505", ["8505"]), ("line:soybeans", [])])
def test_a_code_is_its_own_member_and_a_line_has_none(product: str, codes: list[str]) -> None:
    assert members(product) == codes


def test_every_row_of_the_baskets_is_a_part_with_its_months() -> None:
    rows = code_table("baskets")
    parts = basket_members()
    assert parts.columns == ["part", "product", "nomenclature", "valid_from", "valid_to"]
    assert parts.height == rows.height > 10
    assert parts.row(0) == (
        rows["hs8"][0],
        f"basket:{rows['basket'][0]}",
        "HS8",
        rows["valid_from"][0],
        rows["valid_to"][0],
    )


@pytest.mark.parametrize(
    ("product", "heading"),
    [
        ("85", True),
        ("850511", True),
        ("850511100", False),
        ("85051110", False),
        ("8505111010", False),
        ("basket:magnets", False),
        ("", False),
    ],
)
def test_a_heading_has_the_digits_of_an_hs_level(product: str, heading: bool) -> None:
    assert is_heading(product) is heading


@pytest.mark.parametrize(
    ("product", "code", "inside"),
    [
        ("8505", "85051110", True), ("8505", "85061110", False), ("85051110", "85051110", True),
        ("85051110", "85051111", False), ("basket:antimony", "26171010", True), ("basket:antimony", "85051110", False),
    ],
)  # fmt: skip
def test_what_a_product_holds(product: str, code: str, inside: bool) -> None:
    assert holds(product, code) is inside
