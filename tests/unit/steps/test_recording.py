"""The record of a run, and the store that it is of."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bad_inputs.download import csv_bytes, magnets

from flows.ingestion import ingest
from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import Refused
from tasks.ingest.declaration import locate
from tasks.lineage.records import Run, current_run
from tasks.steps import recording
from tasks.steps.recording import opened, recorded

TODAY = date(2025, 7, 21)
QUERY: dict[str, Any] = {
    "source": "gacc_query",
    "flow": "export",
    "products": ["850511"],
    "partners": "all",
    "months": "2025-06",
    "released_on": date(2025, 7, 20),
}


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(recording, "emit", lambda *given: calls.append(given))
    return calls


def test_events_are_those_of_the_store_of_the_run_also_after_a_failure(
    tmp_path: Path, emitted: list[tuple[Any, ...]]
) -> None:
    def fails() -> None:
        with recorded() as run:
            assert current_run() is run
            run.store = tmp_path
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    ((run, store),) = emitted
    assert (store, run.store, current_run()) == (tmp_path, tmp_path, None)


@pytest.mark.parametrize("dry_run", [True, False])
def test_without_a_store_and_of_a_dry_run_there_are_no_events(
    tmp_path: Path, emitted: list[tuple[Any, ...]], dry_run: bool
) -> None:
    with recorded(dry_run=dry_run) as run:
        run.store = tmp_path if dry_run else None
    assert emitted == []


def test_a_batch_that_is_published_has_the_events_of_its_releases(
    tmp_path: Path, emitted: list[tuple[Any, ...]]
) -> None:
    release: Any = "the run of a release"
    for outcome in (None, SimpleNamespace()):
        with recorded(entered=[release]) as run:
            run.store, run.outcome = tmp_path, outcome  # type: ignore[assignment]
    assert [given[2:] for given in emitted] == [(), (release,)]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_release_opens_the_store_of_its_reporter_and_a_dry_run_a_copy(tmp_path: Path, dry_run: bool) -> None:
    (tmp_path / "june.csv").write_bytes(csv_bytes([magnets("502", "1", "10", "202506")]))
    declared = locate(ReleaseRequest(file=tmp_path / "june.csv", store=tmp_path / "store", **QUERY))
    with recorded(dry_run=dry_run) as run, opened(declared, run, dry_run=dry_run) as store:
        assert run.store == tmp_path / "store" / "reporter=CHN"
        assert (store == run.store) is not dry_run
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("is_there", [False, True])
def test_a_store_is_not_begun_with_a_file_that_is_refused(tmp_path: Path, is_there: bool) -> None:
    """Its folder would be that of a reporter of which nothing is known."""
    (tmp_path / "june.csv").write_bytes(b"hello,world\n1,2\n")
    store = tmp_path / "reporter=CHN"
    if is_there:
        store.mkdir()
    with pytest.raises(Refused, match="columns that the query does not have"):
        ingest(ReleaseRequest(file=tmp_path / "june.csv", store=store, **QUERY), TODAY)
    # In a store that there is, the first landing of the bytes is noted: it may be the only day that can be proved.
    assert [*store.glob("raw/*/*")] == [] or is_there
    assert store.exists() == is_there


def test_which_tables_follow_and_whether_it_is_a_dry_run_is_no_part_of_what_a_release_is_made_from() -> None:
    request = ReleaseRequest(file=Path("a.csv"))
    hashes = {
        Run().value_sha256(request.model_copy(update=changed))
        for changed in ({}, {"tables": "of the reporter"}, {"dry_run": True}, {"store": Path("other")})
    }
    assert len(hashes) == 1
    assert Run().value_sha256(request.model_copy(update={"title": "another"})) not in hashes
