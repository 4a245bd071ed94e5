"""Codes: their list of goods, what a heading or a basket holds, whose they are; and units, printed and smallest."""

import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from tasks.domain.classification import holds, is_heading, members, part_of
from tasks.domain.line_codes import codes_of_line
from tasks.domain.nomenclature import classification
from tasks.domain.reporter import Reporter
from tasks.domain.units import printed_unit
from tests.unit.builders import release, release_table


def test_the_parts_of_a_code_are_it_and_the_codes_below_it() -> None:
    rows = pl.DataFrame({"product": ["85", "8505", "85051110", "85051900", "86", "basket:magnets", "line:soybeans"]})
    kept = {name: rows.filter(part_of(name))["product"].to_list() for name in ("8505", "85051110", "line:soybeans")}
    assert kept == {
        "8505": ["8505", "85051110", "85051900"],
        "85051110": ["85051110"],
        "line:soybeans": ["line:soybeans"],
    }
    assert [members(product) for product in ("85051110", "8505", "line:soybeans")] == [["85051110"], ["8505"], []]


@pytest.mark.parametrize(
    ("product", "code", "inside"),
    [
        ("8505", "85051110", True), ("8505", "85061110", False), ("85051110", "85051110", True),
        ("85051110", "85051111", False), ("basket:antimony", "26171010", True), ("basket:antimony", "85051110", False),
    ],
)  # fmt: skip
def test_what_a_product_holds(product: str, code: str, inside: bool) -> None:
    assert holds(product, code) is inside
    codes = ("85", "850511", "850511100", "85051110", "8505111010", "basket:magnets", "")
    assert [is_heading(one) for one in codes] == [True, True, *[False] * 5]


@pytest.mark.parametrize(
    ("national", "codes"),
    [
        ("HS8",
            {"85": "HS2", "8505": "HS4", "850511": "HS6", "85051110": "HS8", "8505111000": None, "850511100": None,
                "01": "HS2", "76": "HS2", "78": "HS2", "99": "HS2"}),
        ("HS8",
            dict.fromkeys(["00", "0001", "77", "77010000", "85 05", "8505\n", "abc", "", "8", "850", None, "８５"])),
        ("CN8",
            {"85051110": "CN8", "8505": "HS4", "850511": "HS6", "850511000": None, "84MMMXXX": None,
                "８５０５１１１０": None}),
        ("HTS10", {"8505110070": "HTS10", "85051110": None, "850511": "HS6"}),
        ("JP9", {"850511000": "JP9", "85051110": None, "85": "HS2"}),
    ],
)  # fmt: skip
def test_the_length_of_a_code_and_the_source_name_its_list(national: str, codes: dict[str | None, str | None]) -> None:
    """Equal digits of two lists of goods never meet, and chapters that do not exist have none."""
    frame = pl.DataFrame({"code": [*codes]}, schema={"code": pl.String})
    assert frame.select(classification(pl.col("code"), national)).to_series().to_list() == [*codes.values()]


def test_the_releases_say_whose_they_are() -> None:
    for reporter, level, nomenclature in (("CHN", "HS6", "HS8"), ("DEU", "CN8", "CN8"), ("USA", "HS6", "")):
        assert Reporter.of(release_table(release(reporter=reporter, level=level))) == (reporter, nomenclature)
    assert Reporter.of(release_table().clear()) == ("", "")


@pytest.mark.parametrize("table", ["control_events", "definition_breaks", "baskets", "watch_list"])
def test_what_is_chinas_is_no_other_reporters(table: str) -> None:
    """Every row that there is belongs to China: a row for another country has to name it."""
    every = code_table(table)
    assert Reporter("CHN", "HS8").rows(table).height == every.height > 0
    for other in (Reporter("DEU", "CN8"), Reporter("USA", "HTS10"), Reporter("USA", ""), Reporter("", "")):
        assert other.rows(table).height == 0, other


def test_the_codes_of_a_line_are_codes_and_ranges() -> None:
    assert codes_of_line("2530902,28053,2846") == ("2530902", "28053", "2846")
    assert codes_of_line("0302-0304,12119011-12119012") == ("0302", "0303", "0304", "12119011", "12119012")
    assert all(codes_of_line(codes) for codes in code_table("line_codes")["codes"])


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Ton", ("kg", 10**3)),
        ("T", ("kg", 10**3)),
        ("KG", ("kg", 1)),
        ("10,000 Tons", ("kg", 10**7)),
        ("10000T", ("kg", 10**7)),
        ("1,000 tons", ("kg", 10**6)),
        ("Million Tons", ("kg", 10**9)),
        ("100 Million PCS", ("item", 10**8)),
        ("100MN", ("item", 10**8)),
        ("MN", ("item", 10**6)),
        ("10000N", ("item", 10**4)),
        ("Thousand Sets", ("item", 10**3)),
        ("10,000 CBM", ("cubic_metre", 10**4)),
        ("10000CR", ("item", 10**4)),
        ("MKWH", ("kwh", 10**6)),
        ("1000L", ("litre", 10**3)),
        ("10000SM", ("square_metre", 10**4)),
        ("10000PR", ("pair", 10**4)),
        ("100MP", ("pair", 10**8)),
        ("100 Million Pairs", ("pair", 10**8)),
        ("Craft", ("item", 1)),
        ("100 kg", ("kg", 100)),
        ("千克", ("kg", 1)),
        ("Kangaroos", None),
        ("10,000 Kangaroos", None),
        ("10,000", None),
        ("", None),
        ("-", None),
        ("0 Tons", None),
    ],
)
def test_a_unit_may_have_a_scale_before_it(text: str, unit: tuple[str, int] | None) -> None:
    assert printed_unit(text) == unit
