"""The tables that follow from a store: what is made again, what a killed run left, and what was known on a day."""

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets
from typer.testing import CliRunner

import tidewaiter
from flows.cli.app import app
from tasks.reports import downstream
from tasks.reports.analysis import publish_analysis, rows_of
from tasks.reports.moved import flow_of, month_of, moved
from tasks.store.parquet import read_table
from tasks.store.snapshot import open_snapshot
from tests.unit.customs import Store

MONTHS = [f"2024{month:02d}" for month in range(1, 13)]
FIRST, NEXT = date(2025, 1, 20), date(2025, 2, 20)


def year(june: int = 40_000) -> bytes:
    return csv_bytes([
        magnets(partner, str(june if (month, partner) == ("202406", "502") else 1_000 * (place + 20)), f"{50_000 + place:,}", month)
        for place, month in enumerate(MONTHS) for partner in ("502", "304")
    ])  # fmt: skip


def own(store: Store) -> Path:
    return store.folder / "mover" / "reporter=CHN"


def full(*_: object, **__: object) -> None:
    raise OSError("no space left on device")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A year, and a correction of June that came a month later."""
    store = Store(tmp_path_factory.mktemp("analysis"))
    for day, june in ((FIRST, 40_000), (NEXT, 90_000)):
        outcome = store.ingest(year(june), day, f"{day}.csv", months="2024-01..2024-12", released_on=day)
        assert not any("mover" in line for line in outcome.warnings)
    return store


def test_each_release_publishes_its_movers_for_every_reader(made: Store) -> None:
    files = f"{made.folder}/mover/reporter=CHN/current/mover/**/*.parquet"
    plain = pl.read_parquet(files, hive_partitioning=True)
    assert plain.filter(kind="product", against="month")["period"].n_unique() == 11
    asked = "SELECT count(*) FROM read_parquet(?, hive_partitioning = true) WHERE kind = 'product' AND \"year\" = 2024"
    [counted] = duckdb.execute(asked, [files]).fetchall()
    assert counted == (plain.filter(kind="product").height,)
    assert len(pd.read_parquet(own(made) / "current" / "mover")) == plain.height
    by_name = tidewaiter.read(table="mover", month="2024-07", store=made.store)
    assert by_name.height == plain.filter(period=date(2024, 7, 1)).height > 0
    trail = read_table(open_snapshot(own(made)), "lineage")
    assert {*trail["step"]} == {"mover"}
    states = [json.loads(text)["snapshots"]["CHN"] for text in trail["parameters"]]
    assert made.snapshot.id in states


def test_only_months_that_rest_on_what_changed_are_made_again(made: Store, tmp_path: Path) -> None:
    assert publish_analysis(made.folder, "CHN", "mover").months == []
    store = Store(tmp_path)
    shutil.copytree(made.folder, store.folder, symlinks=True, dirs_exist_ok=True)
    later = csv_bytes([magnets(partner, "70000", "70,000", "202501") for partner in ("502", "304")])
    store.ingest(later, date(2025, 3, 20), "january.csv", months="2025-01", released_on=date(2025, 3, 20))
    before, after = (
        {entry.partition: entry.sha256 for entry in snapshot.entries("mover")}
        for snapshot in (open_snapshot(own(one)) for one in (made, store)) if snapshot
    )  # fmt: skip
    assert {*after} - {*before} == {"flow=export/year=2025/month=1"}
    assert before.items() <= after.items()


def test_what_a_killed_run_left_undone_is_read_right_and_made_up_for(
    made: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    shutil.copytree(made.folder, store.folder, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(own(store))
    july = rows_of(made.snapshot, "mover", "export", [2024 * 12 + 6])
    assert rows_of(store.snapshot, "mover", "export", [2024 * 12 + 6]).equals(july)
    with monkeypatch.context() as patched:
        patched.setattr(downstream, "publish", full)
        told = store.ingest(year(90_000), NEXT, f"{NEXT}.csv", months="2024-01..2024-12", released_on=NEXT)
    assert [line for line in told.warnings if "mover" in line]
    again = store.ingest(year(90_000), NEXT, f"{NEXT}.csv", months="2024-01..2024-12", released_on=NEXT)
    assert (again.status, [line for line in again.warnings if "mover" in line]) == ("nothing new", [])
    published = read_table(open_snapshot(own(store)), "mover", ("export", 2024, 7).__eq__)
    assert published.equals(july)


def test_movers_as_they_were_known_on_a_day(made: Store) -> None:
    june = date(2024, 6, 1)
    assert (flow_of(made.snapshot, None), month_of(made.snapshot, "export", "latest")) == ("export", date(2024, 12, 1))
    now = moved(made.snapshot, "export", june, measure="quantity_kg").rows.filter(kind="total")
    then = moved(made.snapshot, "export", june, measure="quantity_kg", day=FIRST).rows.filter(kind="total")
    assert [rows["level"].to_list() for rows in (now, then)] == [[115_000.0], [65_000.0]]
    december = moved(made.snapshot, "export", date(2024, 12, 1), measure="quantity_kg").rows.filter(kind="revision")
    assert december.select("revised_month", "before", "level").rows() == [(june, 40_000, 90_000)]
    assert moved(made.snapshot, "export", date(2024, 12, 1), day=FIRST).rows.filter(kind="revision").is_empty()


def test_what_was_expected_is_published_and_told_in_commands_and_briefs(tmp_path: Path) -> None:
    """Four years with a season, and a last month with twice as much."""
    store, months = Store(tmp_path), [f"{year}{month:02d}" for year in range(2022, 2026) for month in range(1, 13)]
    cells = [
        (month, partner, 100_000 + 3_000 * (place % 12) + 997 * (place * 7 % 5) + (150_000 if month == months[-1] else 0))
        for place, month in enumerate(months) for partner in ("502", "304")
    ]  # fmt: skip
    day = date(2026, 1, 20)
    data = csv_bytes([magnets(partner, str(mass), f"{mass * 20:,}", month) for month, partner, mass in cells])
    told = store.ingest(data, day, months="2022-01..2025-12", released_on=day, products=["85051110"])
    assert not [line for line in told.warnings if "expectation" in line]
    rows = tidewaiter.read("85051110", table="expectation", measure="quantity_kg", store=store.store)
    assert rows["status"].to_list() == ["too_few_months"] * 36 + ["expected"] * 12
    assert rows["unusual"].to_list()[36:] == [False] * 11 + [True]
    last = rows.row(-1, named=True)
    assert last["low"] < last["expected"] < last["high"] < last["unusual_high"] < last["level"]
    published = read_table(open_snapshot(tmp_path / "expectation" / "reporter=CHN"), "expectation")
    assert (
        published.filter(product="85051110", measure="quantity_kg")["expected"].to_list() == rows["expected"].to_list()
    )
    shown = CliRunner().invoke(app, ["movers", "--store", str(store.store), "--measure", "quantity_kg"])
    assert shown.exit_code == 0, shown.output
    assert "unusual: 85051110 Permanent magnets" in shown.output
    page = tidewaiter.brief("85051110", "2025-12", store=store.store)
    expected = f"Expected {last['expected'] / 1000:,.0f} t, 80 % interval {last['low'] / 1000:,.0f} t to {last['high'] / 1000:,.0f} t"
    assert f"{expected}, by the season and the 47 months before. The month is unusual:" in page.markdown
    assert expected in page.html
    chinese = tidewaiter.brief("85051110", "2025-11", store=store.store, language="zh").markdown
    assert "此前46个月的走势，预期" in chinese
    assert "本月异常" not in chinese
