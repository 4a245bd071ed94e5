"""The published table of two reporters: what is made again after a correction, and what a release tells of new gaps."""

import json
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets
from typer.testing import CliRunner

import tidewaiter
from flows.cli.app import app
from flows.release import ingest
from schemas.forms.request import ReleaseRequest
from tasks.reports.mirror.publication import MirrorPublication, publish_pair
from tasks.reports.mirror.statements import mirror
from tasks.reports.prefect_pages import gap_pages
from tasks.store.parquet import read_table
from tasks.store.snapshot import open_snapshot
from tests.unit.reports.mirror.test_statements import of_germany, publish
from tests.unit.sources.test_eurostat_comext import MASS, VALUE

MONTHS = [f"{2023 + number // 12}-{number % 12 + 1:02d}" for number in range(24)]
QUERY = {"flow": "export", "products": ["850511", "280530"]}


def sold(mass: int = 209_000) -> bytes:
    """Two years of China's exports of two goods to Germany; the weight of magnets in January 2023 may be corrected."""
    records = [
        magnets("304", str(mass if month == MONTHS[0] else 209_000), "51,000", month.replace("-", ""))
        for month in MONTHS
    ]
    metals = [
        (
            month.replace("-", ""),
            "28053012",
            "\u91d1\u5c5e\u94a5",
            "304",
            "\u5fb7\u56fd",
            "1000",
            "\u5343\u514b",
            "0",
            "?",
            "5,000",
        )
        for month in MONTHS
    ]
    return csv_bytes([*records, *metals])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MirrorPublication]:
    folder = tmp_path_factory.mktemp("pair")
    publish(folder, "CHN", "china.csv", sold(), "gacc_query", months=f"{MONTHS[0]}..{MONTHS[-1]}", **QUERY)
    bought = [of_germany(month, ("CN", VALUE, "50000"), ("CN", MASS, "2150")).split(b"\r\n") for month in MONTHS]
    publish(
        folder,
        "DEU",
        "germany.csv",
        b"\r\n".join([bought[0][0], *(line for one in bought for line in one[1:-1]), b""]),
        "eurostat_comext",
    )
    return folder, publish_pair(folder / "store", "CHN", "DEU")


def store_of(folder: Path) -> Path:
    return folder / "store" / "mirror" / "exporter=CHN" / "importer=DEU"


def test_the_table_has_what_the_command_shows_and_names_both_states(made: tuple[Path, MirrorPublication]) -> None:
    folder, first = made
    assert (first.changed, first.months, first.gaps) == (True, MONTHS, [])
    plain = pl.read_parquet(f"{store_of(folder)}/current/mirror/**/*.parquet", hive_partitioning=False)
    shown = mirror(folder / "store", "850511", "CHN", "DEU").rows
    assert plain.filter(product="850511").sort("period").equals(shown.select(plain.columns))
    assert {*plain["reason"]} == {"agrees", "not_covered"}
    for code in ("CHN", "DEU"):
        read = tidewaiter.read(table="mirror", reporter=code, month="2023-01", names=False, store=folder / "store")
        assert read.select(plain.columns).rows() == plain.filter(period=date(2023, 1, 1)).rows()
    both = tidewaiter.read(
        table="mirror", reporter=["CHN", "DEU"], month="2023-01", names=False, store=folder / "store"
    )
    assert {*both["reporter"]} == {"CHN"}
    assert both.select(plain.columns).rows() == plain.filter(period=date(2023, 1, 1)).rows()
    states = {code: open_snapshot(folder / "store" / f"reporter={code}") for code in ("CHN", "DEU")}
    [trail] = read_table(first.snapshot, "lineage").to_dicts()
    assert all(state is not None and state.id in trail["parameters"] for state in states.values())
    again = publish_pair(folder / "store", "CHN", "DEU")
    assert (again.changed, again.months, again.snapshot.id) == (False, [], first.snapshot.id)


def test_a_correction_of_one_side_changes_its_pairs_alone_and_tells_the_gap(
    made: tuple[Path, MirrorPublication], tmp_path: Path
) -> None:
    folder, _ = made
    shutil.copytree(folder / "store", tmp_path / "store", symlinks=True)
    before = read_table(open_snapshot(store_of(tmp_path)), "mirror")
    (tmp_path / "corrected.csv").write_bytes(sold(900_000))
    request = ReleaseRequest(
        file=tmp_path / "corrected.csv", store=tmp_path / "store", source="gacc_query", partners="all", months=f"{MONTHS[0]}..{MONTHS[-1]}",
        released_on=date(2026, 8, 18), **QUERY,
    )  # fmt: skip
    outcome = ingest(request, date(2026, 8, 20))
    assert not any("mirror" in line for line in outcome.warnings)
    assert [(gap.product, gap.month, gap.export_kg, gap.import_kg) for gap in outcome.gaps] == [
        ("850511", "2023-01", 900_000, 215_000)
    ]
    [(key, words, rows)] = gap_pages(outcome)
    assert (key, *(rows[0][name] for name in ("month", "sold, t", "bought, t", "sold, million USD"))) == (
        "mirror-chn-deu", "2023-01", "900", "215", "0.051",
    )  # fmt: skip
    assert words.startswith(
        "1 difference between what China says it sold and what Germany says it bought that no known cause explains, since corrected.csv, 2023-01"
    )
    after = read_table(open_snapshot(store_of(tmp_path)), "mirror")
    # The releases behind every month are others; what is said is not.
    place, said = ["product", "period"], [name for name in before.columns if not name.endswith("release_ids")]
    changed = after.select(said).join(before.select(said), on=said, how="anti", nulls_equal=True)
    # The sums of three months that the month is in are those of its neighbours too.
    assert changed.select(place).rows() == [("850511", date(2023, 1, 1)), ("850511", date(2023, 2, 1))]


def test_only_months_within_reach_of_a_new_month_are_made_again(
    made: tuple[Path, MirrorPublication], tmp_path: Path
) -> None:
    folder, first = made
    shutil.copytree(folder / "store", tmp_path / "store", symlinks=True)
    publish(
        tmp_path,
        "DEU",
        "later.csv",
        of_germany("2025-01", ("CN", VALUE, "50000"), ("CN", MASS, "2150")),
        "eurostat_comext",
    )
    before, after = (
        {entry.partition: entry.sha256 for entry in snapshot.entries("mirror")}
        for snapshot in (first.snapshot, open_snapshot(store_of(tmp_path))) if snapshot
    )  # fmt: skip
    assert {*after} - {*before} == {"flow=export/year=2025/month=1"}
    assert all(after[place] == sha256 for place, sha256 in before.items() if "year=2023" in place)
    # A verdict rests on nine months after its own.
    trails = read_table(open_snapshot(store_of(tmp_path)), "lineage")["parameters"]
    again = ["2025-01", *MONTHS[-9:]]
    assert [sorted(json.loads(trail)["months"]) for trail in trails if "2025-01" in trail] == [sorted(again)]


def test_the_command_publishes_and_refuses_half_a_question(made: tuple[Path, MirrorPublication]) -> None:
    folder, first = made
    asked = ["mirror", "--importer", "Germany", "--store", str(folder / "store")]
    told = CliRunner().invoke(app, [*asked, "--publish"])
    assert told.exit_code == 0, told.output
    assert f"snapshot {first.snapshot.id}" in told.stdout
    assert CliRunner().invoke(app, asked).exit_code == 2
    listed = CliRunner().invoke(
        app, ["list", "mirrors", "--reporter", "DEU", "--format", "json", "--store", str(folder / "store")]
    )
    assert listed.exit_code == 0, listed.output
    row = json.loads(listed.stdout)
    assert (row["exporter"], row["importer"], row["last_month"], row["rows"], row["unexplained"], row["snapshot"]) == (
        "CHN", "DEU", "2024-12-01", 48, 0, first.snapshot.id,
    )  # fmt: skip
