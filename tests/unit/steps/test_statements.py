"""What is read ahead of its turn is what would be read in its turn, or does not count."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from schemas.forms.request import Landed, ReleaseRequest
from tasks.derive.executor import lending
from tasks.ingest.declaration import locate
from tasks.ingest.editions import amend
from tasks.ingest.normalise import Normalised
from tasks.ingest.raw_store import land
from tasks.lineage.records import Run, recording
from tasks.steps import statements
from tasks.steps.reading import correct, normalise, parse
from tasks.steps.statements import FileToRead, ReadAhead, read_one, reading_ahead
from tests.unit.engines import AtOnce

TODAY = date(2025, 8, 1)


def request(folder: Path, number: int, kilograms: str = "353000", **more: object) -> ReleaseRequest:
    """A file of one record."""
    file = folder / f"{number}.csv"
    file.write_bytes(csv_bytes([magnets("502", kilograms, "20,121,000", f"2025{number:02d}")]))
    asked = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": date(2025, 7, 20)}
    return ReleaseRequest.model_validate({"file": file, "store": folder / "store", **asked, **more})


def landed(one: ReleaseRequest, today: date = TODAY) -> Landed:
    declared, store = locate(one), one.file.parent / "store"
    return amend(land(declared, store, today), declared, store, today).without_records


@contextmanager
def ahead(folder: Path, requests: list[ReleaseRequest]) -> Iterator[ReadAhead]:
    engine = AtOnce(9)
    with lending(engine), reading_ahead(requests, folder / "store", TODAY) as files:
        assert [piece.request for piece in engine.given] == requests[1:], "the first is read here meanwhile"
        yield files
    assert not [*folder.glob(".copy-*")], "what was left for this run is gone"


def in_turn(one: ReleaseRequest) -> tuple[Normalised, Run]:
    with recording(Run()) as run:
        file = landed(one)
        return normalise(file, correct(file, parse(file), TODAY)), run


@pytest.mark.parametrize("few", [0, statements.FEW_ROWS])
def test_statements_and_records_are_those_of_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(statements, "FEW_ROWS", few)
    requests = [request(tmp_path, number) for number in (1, 2, 3)]
    with ahead(tmp_path, requests) as files, recording(Run()) as run:
        assert files.statements(landed(requests[0]), TODAY) is None
        read = files.statements(landed(requests[1]), TODAY)
    expected, records = in_turn(requests[1])
    assert read is not None
    for name, frame in expected._asdict().items():
        assert getattr(read, name).equals(frame)
        assert getattr(read, name).schema == frame.schema
    theirs = [
        [
            (one.step, one.inputs, one.outputs, one.rows_in, one.rows_out, one.parameters, one.tables)
            for one in of.records
        ]
        for of in (run, records)
    ]
    assert theirs[0] == theirs[1]
    assert [one[0] for one in theirs[0]] == ["parse", "correct", "normalise"]
    known = {sha256 for _, sha256 in run.hashes.values()}
    assert known == {*run.records[-1].outputs.values()}, "no frame is hashed a second time"
    assert run.frame_sha256(read.detail) == run.records[-1].outputs["detail"]


def other_bytes(one: ReleaseRequest) -> Landed:
    request(one.file.parent, 2, "46400")
    return landed(one)


def other_declaration(one: ReleaseRequest) -> Landed:
    return landed(one.model_copy(update={"partners": "listed"}))


def another_edition(one: ReleaseRequest) -> Landed:
    return landed(one).model_copy(update={"edition": "+01"})


def another_day(one: ReleaseRequest) -> Landed:
    return landed(one).model_copy(update={"released_on": date(2025, 7, 21)})


@pytest.mark.parametrize("lands", [other_bytes, other_declaration, another_edition, another_day])
def test_what_lands_in_another_way_than_expected_is_read_in_its_turn(
    tmp_path: Path, lands: Callable[[ReleaseRequest], Landed]
) -> None:
    requests = [request(tmp_path, number) for number in (1, 2)]
    with ahead(tmp_path, requests) as files, recording(Run()) as run:
        assert files.statements(lands(requests[1]), TODAY) is None
        assert run.records == []


def test_on_another_day_it_is_read_in_its_turn(tmp_path: Path) -> None:
    requests = [request(tmp_path, number) for number in (1, 2)]
    with ahead(tmp_path, requests) as files, recording(Run()):
        assert files.statements(landed(requests[1]), date(2025, 8, 2)) is None


def test_a_file_that_cannot_be_read_or_is_passed_over_does_not_hold_up_the_next(tmp_path: Path) -> None:
    requests = [request(tmp_path, number) for number in (1, 2, 3, 4)]
    requests[1].file.write_bytes(b"<html>captcha</html>\n")
    with ahead(tmp_path, requests) as files, recording(Run()):
        assert files.statements(landed(requests[3]), TODAY) is not None
        # Its turn was before.
        assert files.statements(landed(requests[2]), TODAY) is None
    place = tmp_path / "place"
    for one in (requests[1], request(tmp_path, 5, source="nobody")):
        assert read_one(FileToRead(one, tmp_path / "store", place, TODAY, "")) is None
        assert not place.exists()


def test_where_the_one_who_reads_ahead_fails_a_file_is_read_in_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [request(tmp_path, number) for number in (1, 2)]

    def fails(*_: Any) -> Any:
        raise RuntimeError("the scheduler has gone")

    monkeypatch.setattr(AtOnce, "result", fails)
    with ahead(tmp_path, requests) as files, recording(Run()):
        assert files.statements(landed(requests[1]), TODAY) is None


def test_a_single_file_or_one_engine_alone_reads_nothing_ahead(tmp_path: Path) -> None:
    requests = [request(tmp_path, number) for number in (1, 2)]
    with reading_ahead(requests, tmp_path / "store", TODAY) as files, recording(Run()):
        assert files.statements(landed(requests[1]), TODAY) is None
    with ahead(tmp_path, requests[:1]) as files, recording(Run()):
        assert files.statements(landed(requests[0]), TODAY) is None
    with ahead(tmp_path, []):
        pass


def test_frames_that_were_left_are_those_that_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "FEW_ROWS", 0)
    done = read_one(FileToRead(request(tmp_path, 1), tmp_path / "store", tmp_path / "place", TODAY, ""))
    assert done is not None
    assert isinstance(done.parts["detail"], str)
    assert isinstance(done.parts["quarantine"], pl.DataFrame), "one without a row is no file"


def disk_is_full(*_: Any) -> Any:
    raise OSError(28, "No space left on device")


def test_a_piece_that_fails_halfway_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "FEW_ROWS", 0)
    monkeypatch.setattr(statements, "leave_frame", disk_is_full)
    place = tmp_path / "place"
    assert read_one(FileToRead(request(tmp_path, 1), tmp_path / "store", place, TODAY, "")) is None
    assert not place.exists()


def test_a_ledger_that_cannot_be_left_is_made_in_its_turn_and_the_statements_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "leave_ledger", disk_is_full)
    done = read_one(FileToRead(request(tmp_path, 1), tmp_path / "store", tmp_path / "place", TODAY, ""))
    assert done is not None
    assert done.ledger is None
    assert [one.step for one in done.records] == ["parse", "correct", "normalise"]
