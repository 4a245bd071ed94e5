"""What a terminal shows of a number is the number: whole where it is whole, however many digits it has."""

import polars as pl
import pytest
from rich.console import Console

from flows.cli.ingest import FIRST_SHOWN
from schemas.forms.trace import Operand, Trace, TracedNumber
from tasks.claims.check import summary
from tasks.domain.coverage import WORLD
from tasks.domain.errors import NoFigure
from tasks.domain.reporter import Reporter
from tasks.domain.text import counted
from tasks.reports.plot import draw
from tasks.reports.tables import figure_table, listing, scale_of
from tasks.reports.terminal import show_trace, tonnes
from tests.unit.builders import number, release
from tests.unit.figures import derived

CHINA = Reporter("CHN", "HS8")


def test_no_rows_are_said_and_left_out_columns_are_counted_among_all() -> None:
    rows = pl.DataFrame({"partner": ["USA", "DEU"], "level": [1.0, 2.0], "unit": ["kg", "t"]})
    for height, said in ((0, "0 rows; 2 more columns"), (1, "1 row; 2 more columns"), (2, "2 rows; 2 more columns")):
        console = Console(width=200)
        with console.capture() as printed:
            console.print(listing(rows.head(height), 200, 40, ("partner",)))
        assert said in " ".join(printed.get().split())


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


def _printed(rows: pl.DataFrame) -> str:
    console = Console(width=200)
    with console.capture() as printed:
        console.print(listing(rows, 200, 40))
    return " ".join(printed.get().split())


def test_a_single_row_without_statuses_has_no_column_for_them() -> None:
    console = Console(width=200)
    with console.capture() as printed:
        console.print(listing(pl.DataFrame({"partner": ["USA"], "quantity_kg": [5.0]}), 200, 40))
        console.print(listing(pl.DataFrame({"level": [None], "level_status": ["no_base"]}), 200, 40))
    rows = [line.split() for line in printed.get().splitlines() if "USA" in line or "no_base" in line]
    assert rows == [["partner", "USA"], ["level", "no_base"]]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (11_028_769_644.0, "11,028,769,644"),
        (522_087_653_123_456.0, "522,087,653,123,456"),
        (353_000.0, "353,000"),
        (-4.0, "-4"),
        (660.7758620689655, "660.7758621"),
        (12_345_678_901.25, "12,345,678,901.250"),
        (0.0000012, "1.2e-06"),
    ],
)
def test_a_level_keeps_all_its_digits(value: float, shown: str) -> None:
    console = Console(width=200)
    with console.capture() as printed:
        console.print(listing(pl.DataFrame({"level": [value, 1.5], "partner": ["USA", "DEU"]}), 200, 40))
    assert shown in printed.get().split()


@pytest.mark.parametrize(
    ("measure", "shown"),
    [
        ("value_usd", (1e-6, "m USD")), ("value_eur", (1e-6, "m EUR")), ("value_jpy", (1e-6, "m JPY")),
        ("value_usd_cif", (1e-6, "m USD CIF")), ("quantity_kg", (1e-3, "t")), ("quantity_item", (1.0, "item")),
    ],
)  # fmt: skip
def test_each_currency_is_shown_in_millions(measure: str, shown: tuple[float, str]) -> None:
    assert scale_of(measure) == shown


@pytest.mark.parametrize(
    ("kilograms", "shown"),
    [
        (353_000, "353"), (46_400, "46.4"), (1_238_400, "1,238"), (720, "0.72"), (30, "0.03"), (0.4, "0.0004"), (0.04, "0.00004"),
        (0, "0"), (-30, "-0.03"), (-353_400, "-353"),
    ],
)  # fmt: skip
def test_a_small_amount_does_not_vanish(kilograms: float, shown: str) -> None:
    assert tonnes(kilograms) == shown


def test_a_group_is_not_taken_for_one_more_partner() -> None:
    query = release("q", "2025-07-20", "2025-06")
    rows = derived([(query, [number(query, "DEU", "2025-06", 100_000), number(query, "USA", "2025-06", 50_000)])])
    of_month = rows.filter(product="85051110", measure="quantity_kg")
    assert {WORLD, "EU27"} < {*of_month["partner"]}
    console = Console(width=200)
    with console.capture() as printed:
        console.print(figure_table(of_month, 12, 200, reporter="CHN"))
    names = [line.split()[0] for line in printed.get().splitlines() if line.strip()]
    assert {"WLD", "DEU", "EU27", "USA"} <= {*names}


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 claims"), (1, "1 claim"), (2, "2 claims"), (1_200, "1,200 claims")]
)
def test_one_of_a_kind_is_no_plural(number: int, said: str) -> None:
    assert counted(number, "claim") == said
    assert summary(pl.DataFrame({"verdict": ["supported"] * number})).startswith(f"{said}: {number} supported")


def test_who_asks_for_a_picture_of_nobody_is_told_of_twenty_and_not_of_two_hundred() -> None:
    partners = [f"P{number:02d}" for number in range(22)]
    for there, said in ((partners[:20], "P18, P19"), (partners, "P18, P19, and more")):
        rows = pl.DataFrame({"product": "85051110", "partner": there, "measure": "quantity_kg", "level": 1.0})
        with pytest.raises(NoFigure) as asked:
            draw(rows, "85051110", ["ATLANTIS"], "quantity_kg", ".png", CHINA)
        assert str(asked.value).endswith(f"there are measures quantity_kg and partners {', '.join(there[:18])}, {said}")


def _lines(shown: object, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as printed:
        console.print(shown)
    return [line.rstrip() for line in printed.get().splitlines()]


@pytest.mark.parametrize("width", [65, 66, 68, 69, 74, 75, 77, 78])
@pytest.mark.parametrize("title", ["a file", "稀土磁体"])
def test_what_fits_into_the_terminal_is_not_broken(width: int, title: str) -> None:
    """Borders count, and a Chinese letter is two columns wide: else a heading is broken in the middle of a word."""
    rows = pl.DataFrame({
        "title": [title, title + "x"], "period_start": ["2025-06-01", "2025-07-01"], "period_end": ["2025-06-30", "2025-07-31"],
        "measure": ["quantity_kg", "value_usd"], "resolution": [1000, 1], "record": [26, 27],
    })  # fmt: skip
    lines = _lines(listing(rows, width, 40), width)
    assert len(lines) == len(_lines(listing(rows, 200, 40), 200)), lines


def test_what_all_rows_share_has_the_width_of_the_terminal_and_not_of_a_small_table() -> None:
    sha = "968ac60037bd4efeb0125b4a128639b48a7a168357c6356f4103364b8667e27e"
    rows = pl.DataFrame({"sha256": [sha] * 2, "record": [1, 2], "value": ["3188", "660"]})
    lines = _lines(listing(rows, 80, 40), 80)
    assert f"sha256 {sha}" in lines
    assert lines[-1] == "2 rows"
    one = _lines(listing(rows.with_columns(more=pl.Series([1, 2])).select("record", "more"), 80, 1), 80)
    assert one[-1] == "2 rows, the first 1 shown"


def test_the_first_table_of_a_newcomer_fits_into_eighty_columns() -> None:
    """So wide is the terminal of most; "United States" stood on two lines."""
    query = release("q", "2025-07-20", "2025-06")
    rows = derived([(query, [number(query, "DEU", "2025-06", 22_319_000), number(query, "USA", "2025-06", 353_000)])])
    rows = rows.filter(product="85051110", measure="quantity_kg").drop_nulls("level")
    names = {"USA": "United States", "DEU": "Germany", "WLD": "World", "EU27": "European Union"}
    named = rows.with_columns(partner_name=pl.col("partner").cast(pl.String).replace_strict(names))
    lines = _lines(figure_table(named, 12, 80, FIRST_SHOWN, reporter="CHN"), 80)
    assert any("USA United States " in line for line in lines), lines


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
