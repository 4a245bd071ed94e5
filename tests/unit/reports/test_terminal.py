"""What a terminal shows of a number is the number: whole where it is whole, however many digits it has."""

import polars as pl
import pytest
from rich.console import Console

from schemas.forms.trace import Operand, Trace, TracedNumber
from schemas.names import FIGURES
from tasks.reports.tables import figure_table, listing
from tasks.reports.terminal import show_trace, tonnes
from tests.unit.builders import number, release
from tests.unit.figures import derived


def test_a_figure_that_is_missing_among_several_rows_says_why() -> None:
    """The world of a file that was asked for some partners was a table without a figure and without a word."""
    rows = pl.DataFrame({
        "measure": ["quantity_kg", "value_cny", "value_usd"], "level": [None] * 3, "level_status": ["not_covered", "not_covered", "other_unit"],
        "mom_pct": [None, 1.5, None], "mom_status": ["no_base", "computed", "not_covered"],
        "yoy_pct": [None] * 3, "yoy_status": ["no_base"] * 3,
    }, schema_overrides={"level": pl.Float64, "yoy_pct": pl.Float64})  # fmt: skip
    told = _printed(rows)
    assert "quantity_kg not_covered no_base" in told
    assert "value_cny not_covered 1.5" in told
    assert "value_usd other_unit not_covered" in told
    assert "yoy_pct" not in told
    assert "level not_covered" in _printed(rows.head(2))


def _lines(shown: object, width: int = 200) -> list[str]:
    console = Console(width=width)
    with console.capture() as printed:
        console.print(shown)
    return [line.rstrip() for line in printed.get().splitlines()]


def _printed(rows: pl.DataFrame) -> str:
    return " ".join(" ".join(_lines(listing(rows, 200, 40))).split())


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (11_028_769_644.0, "11,028,769,644"), (522_087_653_123_456.0, "522,087,653,123,456"), (353_000.0, "353,000"), (-4.0, "-4"),
        (660.7758620689655, "660.7758621"), (12_345_678_901.25, "12,345,678,901.250"), (0.0000012, "1.2e-06"),
    ],
)  # fmt: skip
def test_a_level_keeps_all_its_digits(value: float, shown: str) -> None:
    assert shown in _printed(pl.DataFrame({"level": [value, 1.5], "partner": ["USA", "DEU"]})).split()


@pytest.mark.parametrize(
    ("kilograms", "shown"),
    [
        (353_000, "353"), (46_400, "46.4"), (1_238_400, "1,238"), (720, "0.72"), (30, "0.03"), (0.4, "0.0004"), (0.04, "0.00004"),
        (0, "0"), (-30, "-0.03"), (-353_400, "-353"),
    ],
)  # fmt: skip
def test_a_small_amount_does_not_vanish(kilograms: float, shown: str) -> None:
    assert tonnes(kilograms) == shown


def test_a_group_is_no_more_partner_and_rows_without_any_figure_are_counted_below() -> None:
    query = release("q", "2025-07-20", "2025-06")
    rows = derived([(query, [number(query, "DEU", "2025-06", 100_000), number(query, "USA", "2025-06", 50_000)])])
    of_month = rows.with_columns(pl.col("partner", "level_status").cast(pl.String)).filter(product="85051110", measure="quantity_kg")  # fmt: skip
    told = _lines(figure_table(of_month, 12, 200, reporter="CHN"))
    assert {"WLD", "DEU", "EU27", "USA"} <= {line.split()[0] for line in told if line}
    figures = [name for name in FIGURES if name in of_month.columns]
    bare = of_month.with_columns(pl.lit(None, of_month.schema[name]).alias(name) for name in figures)
    bare = bare.with_columns(partner=pl.lit("FRA"), level_status=pl.lit("combined_months"))
    told = _lines(figure_table(pl.concat([of_month, bare]), 12, 200, reporter="CHN"))
    assert not any("FRA" in line for line in told)
    why = "without any figure: the source gives January and February together"
    assert told[-1] == f"and {bare.height} rows {why}"
    both = pl.concat([bare, bare.with_columns(partner=pl.lit("ITA"))])
    assert _lines(figure_table(both, 12, 200, reporter="CHN"))[-1] == f"{both.height} rows {why}"


@pytest.mark.parametrize("width", [65, 66, 69, 74, 78])
@pytest.mark.parametrize("title", ["a file", "稀土磁体"])
def test_what_fits_into_the_terminal_is_not_broken(width: int, title: str) -> None:
    """Borders count, and a Chinese letter is two columns wide: else a heading is broken in the middle of a word."""
    rows = pl.DataFrame({
        "title": [title, title + "x"], "period_start": ["2025-06-01", "2025-07-01"], "period_end": ["2025-06-30", "2025-07-31"],
        "measure": ["quantity_kg", "value_usd"], "resolution": [1000, 1], "record": [26, 27],
    })  # fmt: skip
    lines = _lines(listing(rows, width, 40), width)
    assert len(lines) == len(_lines(listing(rows, 200, 40), 200)), lines


def test_a_trace_says_once_what_its_values_mean() -> None:
    terms = "imports in USD: customs value, partner is the origin"
    numbers = [
        TracedNumber(product="8505", partner="CHN", period="2025-06", measure=measure, value=7, unit="USD", valuation=said and "customs value", terms=said,
                     release_id="r", title="t", known_from="2025-07-20", raw_sha256="0" * 64, records=[1], reported=7, printed=[])
        for measure, said in (("value_usd", terms), ("value_usd", terms), ("quantity_kg", None))
    ]  # fmt: skip
    found = Trace(reporter="USA", nomenclature="HTS10", flow="import", product="8505", partner="CHN", month="2025-06", measure="value_usd", metric="level", value=7.0, status="reported",
                  formula="as printed", operands=[Operand(name="level", value=7.0, status="reported", numbers=numbers)], kinds="query", breaks=[],
                  recomputed=7.0, agrees=True, snapshot_id="s")  # fmt: skip
    console = Console(width=60)
    with console.capture() as printed:
        show_trace(console, found)
    assert printed.get().splitlines().count(f"  {terms}") == 1
    assert "None" not in printed.get()
