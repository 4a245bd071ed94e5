"""What is made of the ledger ahead is what its turn makes, or does not count."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets
from polars.testing import assert_frame_equal

from flows.ingestion import add, publish_batch
from schemas.forms.request import ReleaseRequest
from tasks.checks.frame.context import CheckContext
from tasks.derive.executor import lending
from tasks.lineage.records import Run, recording
from tasks.publication.assemble import merge, widen_ledger
from tasks.publication.batch import Batch, opened
from tasks.publication.ledger_ahead import LedgerAhead
from tasks.publication.open_published import open_known
from tasks.steps import statements
from tasks.steps.reading import correct, normalise, parse
from tasks.steps.statements import FileRead, FileToRead, read_one, reading_ahead
from tasks.store.snapshots.publish import PlacedFile
from tests.unit.engines import AtOnce
from tests.unit.steps.test_statements import TODAY, landed

PARTNERS = ("502", "304", "116")


@pytest.fixture(autouse=True)
def _frames_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "FEW_ROWS", 0)


def request(folder: Path, name: str, month: str, day: date, kilograms: int = 353_000) -> ReleaseRequest:
    """A file of a month of three partners."""
    file = folder / f"{name}.csv"
    rows = [
        magnets(partner, f"{kilograms + at}", f"{57 * (kilograms + at)}", month) for at, partner in enumerate(PARTNERS)
    ]
    file.write_bytes(csv_bytes(rows))
    declared = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": day}
    return ReleaseRequest.model_validate({"file": file, "store": folder / "store", **declared})


def months_alone(folder: Path) -> list[ReleaseRequest]:
    return [
        request(folder, f"{number}", f"2025{number:02d}", date(2025, number + 1, 20), 350_000 + 1_370 * number)
        for number in (1, 2, 3)
    ]


def a_month_twice(folder: Path) -> list[ReleaseRequest]:
    later = request(folder, "again", "202502", date(2025, 6, 20), 353_100)
    return [*months_alone(folder)[:2], later]


def published(requests: list[ReleaseRequest], store: Path, *, is_ahead: bool) -> bytes:
    with (
        lending(AtOnce(9)) if is_ahead else nullcontext(),
        reading_ahead(requests, store, TODAY) as files,
        opened(store) as batch,
    ):
        for one in requests:
            add(one.model_copy(update={"store": store}), batch, TODAY, files)
        publish_batch(batch)
    assert [*(store / "tmp").iterdir()] == []
    return (store / ".current" / "manifest.json").read_bytes()


@pytest.mark.parametrize(("requests", "taken"), [(months_alone, 2 * 3), (a_month_twice, 2 * 3 - 2)])
def test_every_byte_is_that_of_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requests: Any, taken: int
) -> None:
    """Of each month that no other release covers the files of three tables are taken as they lie; of another one only
    that of its details."""
    moved: list[str] = []

    def files(self: LedgerAhead, table: str, *rest: Any) -> list[PlacedFile] | None:
        ready = of_table(self, table, *rest)
        moved.extend(file.table for file in ready or ())
        return ready

    of_table = LedgerAhead.files
    monkeypatch.setattr(LedgerAhead, "files", files)
    every = requests(tmp_path)
    ahead = published(every, tmp_path / "ahead" / "reporter=CHN", is_ahead=True)
    assert ahead == published(every, tmp_path / "turn" / "reporter=CHN", is_ahead=False)
    assert len(moved) == taken
    assert moved.count("detail") == 2


@pytest.fixture
def read(tmp_path: Path) -> FileRead:
    done = read_one(FileToRead(months_alone(tmp_path)[1], tmp_path / "store", tmp_path / "place", TODAY, ""))
    assert done is not None
    return done


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Batch]:
    with opened(tmp_path / "store") as batch, recording(Run()):
        yield batch


def test_what_is_known_of_the_months_or_decided_makes_the_ledger_another(
    tmp_path: Path, read: FileRead, batch: Batch
) -> None:
    file = landed(months_alone(tmp_path)[1])
    release = normalise(file, correct(file, parse(file), TODAY))
    assert read.ledger is not None
    ahead, known = LedgerAhead(read.ledger, release.detail), open_known(batch, release)
    nothing = known.decisions
    rows = ahead.touched(known, nothing)
    assert rows is not None
    assert rows.equals(merge(release, known).touched)
    decided = pl.concat([nothing, pl.DataFrame([{}], schema=nothing.schema)])
    assert ahead.touched(known, decided) is None
    gathered = ahead.checked(known).gathered
    assert gathered
    for name, frame in gathered.items():
        assert_frame_equal(frame, getattr(CheckContext(release, known), name), check_row_order=False)
    covered = known._replace(releases=release.release)
    assert not any(ahead.checked(covered))
    assert ahead.touched(covered, nothing) is None
    for months in ((date(2024, 1, 1), date(2025, 1, 1)), (date(2025, 3, 1), date(2026, 1, 1))):
        beside = release.release.with_columns(first_month=pl.lit(months[0]), last_month=pl.lit(months[1]))
        assert ahead.touched(known._replace(releases=beside), nothing) is not None
    # A release without a scope has rows where it covers nothing.
    assert ahead.touched(known._replace(detail=release.detail), nothing) is None


def test_other_doubts_or_another_ledger_make_the_wide_table_another(
    tmp_path: Path, read: FileRead, batch: Batch
) -> None:
    file = landed(months_alone(tmp_path)[1])
    release = normalise(file, correct(file, parse(file), TODAY))
    known = open_known(batch, release)
    assert read.ledger is not None
    ahead = LedgerAhead(read.ledger, release.detail)
    ledger = merge(release, known, ledger_ahead=ahead)
    wide = ahead.trade_flow(ledger)
    assert wide is not None
    assert wide.equals(widen_ledger(ledger))
    doubt = {"release_id": ledger.touched["release_id"][0], "number": 3, "of_sums": False, "of_totals": False}
    doubts = pl.concat([ledger.doubts, pl.DataFrame([doubt], schema=ledger.doubts.schema)])
    assert ahead.trade_flow(ledger._replace(doubts=doubts)) is None
    of_sums = doubts.with_columns(of_sums=pl.lit(True))
    assert ahead.trade_flow(ledger._replace(doubts=of_sums)) is not None, "no number itself is doubted"
    of_another = doubts.with_columns(release_id=pl.lit("another"))
    assert ahead.trade_flow(ledger._replace(doubts=of_another)) is not None
    assert ahead.trade_flow(ledger._replace(touched=ledger.touched.clone())) is None


def test_files_of_another_frame_or_derivation_are_not_taken(tmp_path: Path, read: FileRead) -> None:
    assert read.ledger is not None
    detail = pl.DataFrame()
    ahead, [of_detail] = LedgerAhead(read.ledger, detail), [one for one in read.ledger.files if one.table == "detail"]
    derivation = json.loads(of_detail.derivation)
    files = ahead.files("detail", detail, lambda _: derivation)
    assert files is not None
    assert [(file.partition, file.sha256) for file in files] == [(of_detail.partition, of_detail.sha256)]
    assert ahead.files("detail", detail, lambda _: derivation | {"code_sha256": "other"}) is None
    assert ahead.files("detail", detail.clone(), lambda _: derivation) is None
    assert ahead.files("observation", detail, lambda _: derivation) is None, "its ledger was not asked for"


def test_nothing_is_made_where_a_published_release_covers_the_months(tmp_path: Path) -> None:
    first, second, again = a_month_twice(tmp_path)
    store = tmp_path / "reporter=CHN"
    published([first, second], store, is_ahead=False)
    done = read_one(FileToRead(again, store, tmp_path / "place", TODAY, ""))
    assert done is not None
    assert done.ledger is None
