"""The record of a run, and the store that it is of."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.lineage.records import current_run
from tasks.steps import recording
from tasks.steps.recording import opened, recorded


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
    declared: Any = SimpleNamespace(reporter="CHN", store=tmp_path / "store")
    with recorded(dry_run=dry_run) as run, opened(declared, run, dry_run=dry_run) as store:
        assert run.store == tmp_path / "store" / "reporter=CHN"
        assert (store == run.store) is not dry_run
    assert not (tmp_path / "store").exists()
