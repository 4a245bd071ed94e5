"""From a code to the list that it belongs to."""

import polars as pl
import pytest

from tasks.domain.nomenclature import classification, classification_of, digits, national_lists


@pytest.mark.parametrize(
    ("national", "codes"),
    [
        (
            "HS8",
            {"85": "HS2", "8505": "HS4", "850511": "HS6", "85051110": "HS8", "8505111000": None, "850511100": None},
        ),
        ("CN8", {"85051110": "CN8", "8505": "HS4"}),
        ("HTS10", {"8505110070": "HTS10", "85051110": None, "850511": "HS6"}),
        ("JP9", {"850511000": "JP9", "85051110": None}),
    ],
)
def test_the_length_of_a_code_and_the_source_name_its_list(national: str, codes: dict[str, str | None]) -> None:
    frame = pl.DataFrame({"code": list(codes)})
    assert frame.select(classification(pl.col("code"), national)).to_series().to_list() == [*codes.values()]


def test_other_text_and_chapters_that_do_not_exist_have_none() -> None:
    codes = ["00", "0001", "77", "77010000", "85 05", "8505\n", "abc", "", "8", "850", None, "８５"]
    found = pl.DataFrame({"code": codes}).select(classification(pl.col("code"), "HS8")).to_series()
    assert found.to_list() == [None] * len(codes)


def test_the_first_and_the_last_chapter_exist() -> None:
    found = pl.DataFrame({"code": ["01", "76", "78", "99"]}).select(classification(pl.col("code"), "HS8")).to_series()
    assert found.to_list() == ["HS2"] * 4


def test_digits_of_what_is_no_classification() -> None:
    frame = pl.DataFrame({"of": ["JP9", "HS2", "basket", "", None]})
    assert frame.select(digits(pl.col("of"))).to_series().to_list() == [9, 2, None, None, None]


def test_national_lists_of_no_release_and_of_records_with_their_own_lists() -> None:
    kinds = {"classification": pl.String, "products": pl.List(pl.String)}
    assert national_lists(pl.DataFrame(schema=kinds)) == []
    assert national_lists(pl.DataFrame([{"classification": None, "products": ["8505"]}], schema=kinds)) == []
    rows = [
        {"classification": None, "products": ["8505", "85051110"]}, {"classification": None, "products": []},
        {"classification": "HTS10", "products": ["8505110070"]}, {"classification": "CN8", "products": ["01"]},
    ]  # fmt: skip
    assert national_lists(pl.DataFrame(rows, schema=kinds)) == ["CN8", "HS8", "HTS10"]


@pytest.mark.parametrize(
    ("product", "national", "list_"),
    [
        ("85051110", "HS8", "HS8"), ("85051110", "CN8", "CN8"), ("850511000", "HS8", "JP9"), ("85", "CN8", "HS2"),
        ("basket:magnets", "CN8", "basket"), ("8505111", "HS8", "HS7"),
    ],
)  # fmt: skip
def test_the_list_of_one_product(product: str, national: str, list_: str) -> None:
    assert classification_of(product, national) == list_
