"""What the values of a source mean: every source has its terms, and they agree with what its adapter and other tables say."""

import re
from pathlib import Path

import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from schemas.reference.statement_terms import VALUATIONS, ZEROS
from tasks.sources import us_census
from tasks.sources.registry import SOURCES


def terms(source: str, flow: str) -> dict[str, tuple[str, str]]:
    rows = (
        code_table("statement_terms")
        .filter(source=source, flow=flow)
        .select("measure", "valuation", "partner_is")
        .rows()
    )
    return {measure: (valuation, partner) for measure, valuation, partner in rows}


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_source_has_terms_for_each_measure_and_direction_once(source: str) -> None:
    rows = code_table("statement_terms").filter(source=source)
    assert not rows.select("flow", "measure").is_duplicated().any()
    exports, imports = (set(rows.filter(flow=flow)["measure"]) for flow in ("export", "import"))
    # A second valuation is printed beside the first, and of imports alone.
    assert exports == {measure for measure in imports if not measure.endswith("_cif")} != set()
    assert {*rows["nomenclature"]} == {SOURCES[source].nomenclature}


def test_currency_and_rounding_are_those_of_the_printed_labels() -> None:
    labels = code_table("currencies").select("measure", "unit", "rounding").unique()
    of_customs = code_table("statement_terms").filter(pl.col("source") != "published")
    joined = of_customs.join(labels, on="measure", how="left")
    assert joined.height == of_customs.height
    assert (
        joined.filter((pl.col("currency") != pl.col("unit")) | (pl.col("rounding") != pl.col("rounding_right"))).height
        == 0
    )
    assert {*code_table("statement_terms").filter(pl.col("rounding") != "nearest")["zero"]} == {"less than a step"}
    assert {*labels["measure"]} == {*code_table("statement_terms")["measure"]}


def test_the_terms_that_a_comparison_of_two_reporters_rests_on() -> None:
    """A mirror must not take a customs value for CIF, nor FAS for FOB."""
    assert terms("us_census", "import") == {
        "value_usd": ("customs value", "origin"),
        "value_usd_cif": ("CIF", "origin"),
    }
    assert terms("us_census", "export") == {"value_usd": ("FAS", "ultimate destination")}
    assert terms("gacc_query", "export")["value_usd"] == ("FOB", "last known destination")
    assert (
        terms("eurostat_comext", "import")
        == terms("eurostat_bulk", "import")
        == {"value_eur": ("CIF", "origin, consignment inside the EU")}
    )
    assert {*us_census.VALUES.values()} <= {*code_table("currencies")["printed"]}


def test_the_page_about_sources_says_what_the_table_says() -> None:
    """Each line of the table in docs/sources.md: valuation and partner of both directions, and rounding."""
    page = (Path(__file__).parents[4] / "docs" / "sources.md").read_text(encoding="utf-8")
    lines = page.partition("| source | exports | imports | rounding |")[2].split("\n\n")[0].splitlines()[2:]
    found = {name.strip(" `"): cells for sources, *cells in (line.strip("|").split("|") for line in lines) for name in sources.split(",")}  # fmt: skip
    assert {*found} == {*SOURCES}
    listed = page.partition("| source | reporter |")[2].split("\n\n")[0]
    assert {*re.findall(r"`(\w+)`", listed)} == {*SOURCES}
    trusted = page.partition("are experimental:")[0].splitlines()[-1]
    assert {*re.findall(r"`(\w+)`", trusted)} == {name for name, source in SOURCES.items() if source.experimental}
    for source, cells in found.items():
        for flow, cell in zip(("export", "import"), cells[:2], strict=True):
            rows = code_table("statement_terms").filter(pl.col("measure") != "value_usd_cif", source=source, flow=flow)
            ((valuation, partner, rounding),) = rows.select("valuation", "partner_is", "rounding").unique().rows()
            words = cell.strip().replace("by origin, inside the EU by consignment", "origin, consignment inside the EU").replace("by ", "").replace("to the ", "")  # fmt: skip
            assert words.startswith(valuation if valuation == partner else f"{valuation}, {partner}"), (source, flow)
            assert cells[2].strip().partition(",")[0] == rounding


def test_each_word_is_used() -> None:
    table = code_table("statement_terms")
    assert ({*table["valuation"]}, {*table["zero"]}) == ({*VALUATIONS}, {*ZEROS})
