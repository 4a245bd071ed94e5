"""One DuckDB file shows the tables of all reporters with the numbers that `read` gives, now and as of a day, and
follows what is published."""

import shutil
from contextlib import suppress
from datetime import date
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pyiceberg.table import StaticTable

import tidewaiter
from schemas.table import columns
from tasks.catalogs.duckdb_file import MACROS, VIEWS, write_duckdb
from tasks.catalogs.iceberg import keep_iceberg
from tasks.domain.errors import Held, NothingPublished
from tests.copied_store import copied
from tests.draws import some
from tests.unit.catalogs import trade_root
from tests.unit.catalogs.trade_root import CHN, LATER, ROWS
from tests.unit.published_stores import PARTNERS, publish, query_bytes

# What is remarked about the rows that `read` gives does not concern these tests.
pytestmark = [
    pytest.mark.usefixtures("nothing_is_watched", "nothing_follows"),
    pytest.mark.filterwarnings("ignore::tasks.domain.errors.HowUnderstood"),
]
KEY = ["flow", "product", "partner", "measure", "period"]


@pytest.fixture
def root(first_root: Path, tmp_path: Path) -> Path:
    """A copy, at another place than where it was published."""
    return copied(first_root, tmp_path)


def ask(file: Path, query: str, search: Path | None = None) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        if search is not None:
            connection.execute(f"set file_search_path = '{search}'")
        return connection.execute(query).fetchall()


def read(root: Path, reporter: str, table: str = "metric", **question: Any) -> pl.DataFrame:
    return tidewaiter.read(table=table, reporter=reporter, store=root, **question)


@pytest.mark.parametrize("name", ["a{b,c}", "a[*]?", "it's", "100 %20"])
def test_a_folder_of_any_name_is_read_from_beside_it_and_from_within(root: Path, name: str) -> None:
    place = root.rename(root.parent / name)
    for file in (root.parent / "trade.duckdb", place / "trade.duckdb"):
        is_relative = write_duckdb(place, file).is_relative
        assert is_relative == (file.parent == place and "," not in name)
        rows = ask(
            file, "select count(*) from metric", None if not is_relative else Path(str(place).replace("'", "''"))
        )
        assert rows > [(0,)]


def test_each_table_is_a_view_of_all_reporters_with_the_description_of_each_column(root: Path) -> None:
    file = root.parent / "trade.duckdb"
    written = write_duckdb(root, file)
    assert not written.is_relative
    assert {"metric", "trade_flow", "observation", "release", *VIEWS} <= {*written.views}
    comments = ask(file, "select table_name, column_name, comment from duckdb_columns() where not internal")
    assert len(comments) > 300
    assert [row for row in comments if not row[2]] == []
    (level,) = [text for table, name, text in comments if (table, name) == ("metric", "level")]
    assert level == f"{columns('metric')['level'].description} ({columns('metric')['level'].unit})"
    (growth,) = [text for table, name, text in comments if (table, name) == ("long", "mom_pct")]
    assert growth.endswith(f" ({columns('metric')['mom_pct'].unit})")
    assert ask(file, "select count(*) from duckdb_views() where not internal and comment is null") == [(0,)]
    macros = ask(file, "select function_name, comment from duckdb_functions() where function_type = 'table_macro'")
    assert {name: text for name, text in macros if name in MACROS} == {name: MACROS[name].what for name in MACROS}
    # Germany bought what China sold: 1,234 times 100 kg.
    kilograms = "measure = 'quantity_kg' and level is not null"
    query = f"select reporter, level from long where product = '850511' and period = '2025-05-01' and {kilograms}"
    assert (("DEU", 123_400.0)) in ask(file, query)


def test_the_numbers_are_those_of_read_now_and_as_of_three_days(root: Path) -> None:
    release = trade_root.correct(root.parent)
    trade_root.withdraw(root, release)
    file = root.parent / "trade.duckdb"
    write_duckdb(root, file)
    figures = ["level", "level_status", "mom_pct", "yoy_pct", "ytd", "share_pct", "rank", "in_doubt"]
    for reporter in ("CHN", "DEU"):
        expected = read(root, reporter).select(*KEY, *figures).sort(KEY).rows()
        shown = ask(file, f"select {', '.join(KEY + figures)} from long where reporter = '{reporter}' order by all")
        assert len(expected) >= 9
        assert shown == sorted(expected, key=lambda row: row[:5])
    wide = read(root, "CHN", "trade_flow").select("partner", "period", "quantity_kg", "value_usd")
    query = "select partner, period, quantity_kg, value_usd from wide where reporter = 'CHN' order by all"
    assert ask(file, query) == sorted(wide.rows())
    kilograms: dict[date, list[int]] = {
        date(2025, 6, 19): [],
        date(2025, 7, 19): [row[3] for row in ROWS],
        date(2025, 7, 20): [row[3] for row in LATER],
        trade_root.WITHDRAWN: [row[3] for row in ROWS],
    }
    for day, numbers in kilograms.items():
        query = f"select value from as_of('{day}') where reporter = 'CHN' and measure = 'quantity_kg'"
        values = sorted(value for (value,) in ask(file, query))
        assert values == sorted(numbers)
        if numbers:
            known = read(root, "CHN", "observation", as_of=day, measure="quantity_kg")
            assert sorted(known["value"]) == values


def drawn_store(folder: Path, draw: Random) -> list[date]:
    """A store with one to three releases of a few months each, of which some may be held; the days of all."""
    months = [f"{year}{month:02d}" for year in (2024, 2025) for month in range(1, 13)]
    days = [date(2026, month, 20) for month in range(2, 2 + draw.randint(1, 3))]
    for day in days:
        keys = product(sorted(draw.sample(months, 4)), ("85051110", "01012100"), PARTNERS)
        rows = [(*key, kilograms := draw.randint(20_000, 60_000), kilograms * 5) for key in keys if draw.random() < 0.7]
        flow = draw.choice(("export", "import"))
        with suppress(Held):
            publish(folder, "CHN", f"{day}.csv", query_bytes(rows), flow=flow, released_on=day, partners="listed")
    return days


@pytest.mark.parametrize("seed", some(range(6)))
def test_each_form_of_a_drawn_store_has_the_figures_of_read(seed: int, tmp_path: Path) -> None:
    days, root, file = drawn_store(tmp_path, Random(seed)), tmp_path / "store", tmp_path / "trade.duckdb"
    write_duckdb(root, file)
    keep_iceberg(root)
    names = [name for name in read(root, "CHN", names=False).columns if name in columns("metric")]
    # Of records `read` computes what the published table leaves to it.
    figures = [name for name in names if not name.startswith(("highest", "lowest", "series_start"))]
    expected = read(root, "CHN", names=False).select(figures).sort(KEY)
    assert expected.height > 50
    shown = ask(file, f"select {', '.join(figures)} from metric")
    assert_frame_equal(pl.DataFrame(shown, schema=expected.schema, orient="row").sort(KEY), expected, check_exact=True)
    table = StaticTable.from_metadata(str(root / CHN / "iceberg" / "metric"))
    rows = pl.DataFrame(table.scan().to_arrow()).select(figures).cast(dict(expected.schema)).sort(KEY)
    assert_frame_equal(rows, expected, check_exact=True)
    scanned = tidewaiter.scan("metric", store=root).select(figures).collect().sort(KEY)
    assert_frame_equal(scanned, expected, check_exact=True, check_dtypes=False)
    for day in days:
        known = read(root, "CHN", "observation", as_of=day, names=False)["value"]
        assert sorted(known) == sorted(value for (value,) in ask(file, f"select value from as_of('{day}')"))


def test_sums_and_partners_are_apart(root: Path) -> None:
    file = root.parent / "trade.duckdb"
    write_duckdb(root, file)
    assert {row[0] for row in ask(file, "select partner from totals")} == {"WLD", "EU27"}
    query = "select partner, sum(level) from partners where reporter = 'CHN' and product = '85051110' and {} group by 1"
    sums = ask(file, query.format("measure = 'quantity_kg' and period < '2025-06-01'"))
    assert sorted(sums) == [("DEU", 270_000.0), ("USA", 146_000.0)]
    world = "select level from world() where product = '85051110' and measure = 'quantity_kg' and period = '2025-05-01'"
    assert ask(file, world) == [(166_000.0,)]
    (count,) = ask(file, "select count(*) from doubts")
    doubt = pl.concat([pl.DataFrame({"n": [read(root, one, "doubt").height]}) for one in ("CHN", "DEU")])
    assert count == (doubt["n"].sum(),)


def test_a_file_in_the_root_is_copied_with_it(root: Path, tmp_path: Path) -> None:
    assert write_duckdb(root, root / "trade.duckdb").is_relative
    other = tmp_path / "elsewhere"
    shutil.copytree(root, other, symlinks=True)
    shutil.rmtree(root)
    query = "select count(*) from observation where reporter = 'CHN'"
    with pytest.raises(duckdb.IOException, match="No files found"):
        ask(other / "trade.duckdb", query)
    assert ask(other / "trade.duckdb", query, other) == [(read(other, "CHN", "observation").height,)]


def test_it_follows_what_is_published(root: Path) -> None:
    file = root.parent / "trade.duckdb"
    write_duckdb(root, file)
    query = (
        "select level from long where reporter = 'CHN' and product = '85051110' and partner = 'DEU'"
        " and measure = 'quantity_kg' and level is not null order by period"
    )
    assert ask(file, query) == [(150_000.0,), (120_000.0,)]
    release = trade_root.correct(root.parent)
    assert ask(file, query) == [(150_000.0,), (121_000.0,), (400_000.0,)]
    trade_root.withdraw(root, release)
    assert ask(file, query) == [(150_000.0,), (120_000.0,)]


def test_a_store_of_one_reporter_says_whose_figures_they_are(root: Path) -> None:
    alone, file = root.parent / "alone", root.parent / "trade.duckdb"
    shutil.copytree(root / CHN, alone, symlinks=True)
    for store in (root / CHN, alone):
        write_duckdb(store, file)
        assert ask(file, "select distinct reporter from metric") == [("CHN",)]
        assert ask(file, "select reporter, count(*) from release group by 1") == [("CHN", 1)]


def test_folders_with_keys_and_signs_of_patterns_above_the_root_do_no_harm(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "env=prod" / "it's [new]*" / "store"
    shutil.copytree(root, other, symlinks=True)
    write_duckdb(other, file := tmp_path / "trade.duckdb")
    assert "env" not in {row[0] for row in ask(file, "describe metric")}
    assert ask(file, "select count(*) from observation") == [(10,)]


def test_a_place_in_a_store_and_an_empty_root_are_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside the store"):
        write_duckdb(root, root / CHN / "trade.duckdb")
    with pytest.raises(NothingPublished, match="nothing is published here yet"):
        write_duckdb(tmp_path / "none", tmp_path / "trade.duckdb")


def test_a_write_that_fails_leaves_the_file_before(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = root.parent / "trade.duckdb"
    write_duckdb(root, file)
    before = file.read_bytes()
    with duckdb.connect(str(file), read_only=True):
        # A reader keeps the file that it has opened.
        write_duckdb(root, file)
    broken = {**VIEWS, "wide": VIEWS["wide"]._replace(query="select nothing from nowhere")}
    monkeypatch.setattr("tasks.catalogs.duckdb_file.VIEWS", broken)
    with pytest.raises(duckdb.CatalogException):
        write_duckdb(root, file)
    assert len(file.read_bytes()) == len(before)
    assert ask(file, "select count(*) from wide") == [(5,)]
    assert [path.name for path in root.parent.iterdir() if "duckdb" in path.name] == ["trade.duckdb"]
