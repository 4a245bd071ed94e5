"""A sample of figures is drawn from the whole store, without reading it, and one that does not follow from the ledger
is named."""

import hashlib
import random
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, in_month

import tasks.ingest.raw_file
import tasks.lineage.audit
from schemas.table import readers_schema
from tasks.lineage.audit import audit, drawn
from tasks.lineage.point import Point
from tasks.lineage.raw_records import RawRecords
from tasks.lineage.trace import Tracer
from tasks.reading.query import open_published
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table
from tests.unit.published_stores import publish

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

JUNE_OF_USA = Point("export", "85051110", "USA", "quantity_kg", 2025 * 12 + 5)
FILES = (
    ("export", "202505", date(2025, 6, 20)),
    ("export", "202506", date(2025, 7, 20)),
    ("import", "202506", date(2025, 7, 20)),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    for flow, month, day in FILES:
        # Each file has numbers of its own, at the same prices.
        numbers = in_month(month if flow == "export" else f"2024{month[4:]}")
        data = csv_bytes([(month, *row[1:]) for row in numbers])
        publish(folder, "CHN", f"{flow}-{month}.csv", data, flow=flow, released_on=day)
    return folder / "store" / "reporter=CHN"


@pytest.fixture
def snapshot(store: Path) -> Snapshot:
    return open_published(store)


def test_every_row_can_be_drawn_and_none_twice(snapshot: Snapshot) -> None:
    rows = list(drawn(snapshot, "metric", random.Random(5)))
    whole = read_table(snapshot, "metric")
    assert len(rows) == whole.height > 100
    assert (
        pl.DataFrame(rows, schema=readers_schema("metric"))
        .sort(whole.columns[:6])
        .equals(whole.sort(whole.columns[:6]))
    )
    # From all files mixed, in the same order where the chance is the same.
    again = drawn(snapshot, "metric", random.Random(5))
    assert [next(again) for _ in range(9)] == rows[:9]
    assert len({(row["flow"], row["period"]) for row in rows[:30]}) > 2
    assert [next(drawn(snapshot, "metric", random.Random(seed))) for seed in range(9)] != rows[:9]


OF_USA = (pl.col("product") == "85051110") & (pl.col("partner") == "USA") & (pl.col("measure") == "quantity_kg")


def is_june(row: dict[str, Any]) -> bool:
    place = row["product"], row["partner"], row["measure"], row["period_end"]
    return place == ("85051110", "USA", "quantity_kg", date(2025, 6, 30))


def mistaken(monkeypatch: pytest.MonkeyPatch, wrong: set[str], value: int) -> type[Tracer]:
    """As after an error of the program: the bytes are those that were published, and these tables have another value of
    one number."""
    details = RawRecords._details

    class Mistaken(Tracer):
        def __init__(self, snapshot: Snapshot, flow: str, product: str | None = None) -> None:
            super().__init__(snapshot, flow, product)
            if "day" in wrong:
                moved = pl.col("known_from").dt.offset_by("1d")
                self.origins.observation = self.origins.observation.with_columns(known_from=moved)
            if flow != "export":
                return
            if "metric" in wrong:
                june = OF_USA & (pl.col("period") == date(2025, 6, 1))
                self.metric = self.metric.with_columns(level=pl.when(june).then(pl.lit(value)).otherwise("level"))
            if "observation" in wrong:
                june = OF_USA & (pl.col("period_end") == date(2025, 6, 30))
                changed = pl.when(june).then(pl.lit(value)).otherwise("value").cast(pl.Int64)
                self.origins.observation = self.origins.observation.with_columns(value=changed)
            if "detail" in wrong:
                records = self.origins.records
                records._details = lambda row: [  # type: ignore[method-assign]
                    one._replace(value=value) if is_june(row) else one for one in details(records, row)
                ]

    monkeypatch.setattr(tasks.lineage.audit, "Tracer", Mistaken)
    monkeypatch.setattr(tasks.lineage.audit, "FIGURES", ("level",))
    return Mistaken


OBSERVATION = (
    "observation of export 85051110 USA quantity_kg 2025-06: found 999000; expected 353000, the sum of 1 record"
)


@pytest.mark.parametrize(
    ("wrong", "value", "said"),
    [
        # A figure that does not follow from the ledger.
        (
            {"metric"},
            353_001,
            "metric level of export 85051110 USA quantity_kg 2025-06: found 353001.0; expected 353000.0",
        ),
        # The figures follow from the ledger, and the ledger does not follow from the details of its release.
        ({"metric", "observation"}, 999_000, f"{OBSERVATION} in the details of gacc_query-"),
        # Figures, ledger and details agree with one another, and all three say what no record does.
        ({"metric", "observation", "detail"}, 999_000, f"{OBSERVATION} of the raw file of gacc_query-"),
    ],
)
def test_the_first_table_that_does_not_follow_from_what_it_is_made_of_is_named(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, wrong: set[str], value: int, said: str
) -> None:
    tracer = mistaken(monkeypatch, wrong, value)
    if wrong == {"metric", "observation"}:
        trace = tracer(snapshot, "export", "85051110").trace(JUNE_OF_USA, "level")
        assert (trace.value, trace.recomputed, trace.agrees) == (999_000, 999_000, False)
        assert [number.reported for operand in trace.operands for number in operand.numbers] == [353_000]
    problems = audit(snapshot.store, sample=10**6).problems
    # The world that adds it up differs too, and is named where the number itself cannot be.
    (problem,) = [one for one in problems if "USA" in one]
    assert said in problem
    assert len(problems) == 1 or wrong != {"metric"}
    assert sum("observation of" in one for one in problems) == ("observation" in wrong)


def test_a_word_of_the_ledger_that_no_release_says_is_named(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    mistaken(monkeypatch, {"day"}, 0)
    problems = audit(snapshot.store, sample=1).problems
    assert len(problems) >= 1
    said = (
        r"observation of .*expected no number, as the details of gacc_query-\w+ have none that was public from 2025-0"
    )
    assert [problem for problem in problems if not re.match(said, problem)] == []


def test_the_numbers_of_a_raw_file_are_read_once_however_many_are_traced(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chapter of a full month rests on thousands of numbers of one file."""
    read: list[int] = []
    numbers_of = tasks.ingest.raw_file.numbers_of
    monkeypatch.setattr(tasks.ingest.raw_file, "numbers_of", lambda reported: read.append(1) or numbers_of(reported))
    tracer = Tracer(snapshot, "export", "85051110")
    point = JUNE_OF_USA.at(partner="WLD")
    operands = [operand for figure in ("level", "mom_pct") for operand in tracer.trace(point, figure).operands]
    numbers = [number for operand in operands for number in operand.numbers]
    assert all(number.read == number.value for number in numbers)
    assert len(read) == len({number.raw_sha256 for number in numbers}) < len(numbers)


def test_a_release_whose_raw_file_is_gone_is_named_also_where_no_figure_is_traced(store: Path, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "reporter=CHN", symlinks=True)
    gone = hashlib.sha256((store.parents[1] / "import-202506.csv").read_bytes()).hexdigest()
    for path in (tmp_path / "reporter=CHN" / "raw" / gone[:2]).glob(f"{gone}*"):
        path.unlink()
    for sample in (0, 12):
        report = audit(tmp_path / "reporter=CHN", sample)
        (problem,) = report.problems
        assert problem.startswith(f"raw/{gone[:2]}/{gone}: found no such file; expected the raw bytes of gacc_query-")
        assert "import-202506.csv" in problem
        assert report.traced == 0
