"""Work of a scheduler that is lost is done here; work that fails is not repeated. The scheduler is made up."""

from concurrent.futures import Future
from typing import Any

import pytest
from distributed.client import ClosedClientError

from tasks.domain.errors import Refused
from tasks.steps import cluster
from tasks.steps.cluster import Cluster, StrangeWorker, fingerprint

ADDRESS = "tcp://127.0.0.1:1"


class Job(Future):  # type: ignore[type-arg]
    """A future of the scheduler, whose `status` is a word."""

    status = "finished"
    key = "k"


class Scheduler:
    """Answers each piece with the next of its results; `threads` by worker."""

    def __init__(self, *results: Any, threads: int = 1) -> None:
        self.results, self.threads, self.submitted = [*results], threads, []  # type: ignore[var-annotated]
        self.scheduler, self.status = self, "running"
        self.ncores = None

    def submit(self, does: Any, mark: str, work: Any, given: Any, **_: Any) -> Job:
        self.submitted.append(given)
        job, result = Job(), self.results.pop(0) if self.results else None
        if isinstance(result, BaseException):
            job.set_exception(result)
            job.status = "error"
        else:
            job.set_result(work(*given) if result is None else result)
        return job

    def sync(self, *_: Any, **__: Any) -> dict[str, int]:
        return {"worker": self.threads} if self.threads else {}


def double(number: int) -> int:
    return 2 * number


def test_results_come_in_order_and_no_more_is_under_way_than_the_workers_bear() -> None:
    scheduler = Scheduler(threads=2)
    one = Cluster(ADDRESS, scheduler)
    assert one.window == 4
    found = one.each(double, range(10))
    assert next(found) == 0
    assert len(scheduler.submitted) == 4
    assert [*found] == [2 * number for number in range(1, 10)]


def test_work_that_fails_raises_what_it_raised() -> None:
    one = Cluster(ADDRESS, Scheduler(ValueError("a bad month")))
    with pytest.raises(ValueError, match="a bad month"):
        one.result(one.begin(double, 1))
    assert not one.is_lost


def test_a_worker_with_other_code_is_left_and_the_rest_is_done_here() -> None:
    scheduler = Scheduler(StrangeWorker(cluster.DIFFERS))
    one = Cluster(ADDRESS, scheduler)
    assert one.result(one.begin(double, 3)) == 6
    assert one.is_lost
    assert [*one.each(double, [4, 5])] == [8, 10]
    assert len(scheduler.submitted) == 1
    assert one.window == 2


@pytest.mark.parametrize("error", [RuntimeError, ClosedClientError])
def test_a_scheduler_that_is_closed_meanwhile_is_lost(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    scheduler = Scheduler()
    monkeypatch.setattr(scheduler, "submit", lambda *_, **__: (_ for _ in ()).throw(error("closed")))
    scheduler.scheduler = None
    one = Cluster(ADDRESS, scheduler)
    assert one.window == 2
    assert one.result(one.begin(double, 3)) == 6
    assert one.is_lost


def test_our_own_code_has_one_mark() -> None:
    assert len(fingerprint()) == 64
    assert fingerprint() == fingerprint()


def test_a_worker_with_another_mark_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = Scheduler()
    scheduler._run = None  # type: ignore[attr-defined]
    monkeypatch.setattr(scheduler, "sync", lambda *_, **__: {"tcp://a": fingerprint(), "tcp://b": "0" * 64})
    with pytest.raises(Refused, match=r"tcp://b: a worker that would make other results: its code"):
        cluster._refuse_others(ADDRESS, scheduler)


@pytest.mark.parametrize(
    ("processing", "seen", "found"),
    [
        ({}, 0, ""), ({"tcp://b": ["other"]}, 90, ""), ({"tcp://a": ["k"]}, 5, ""),
        ({"tcp://a": ["k"]}, 90, "the worker tcp://a has sent nothing for 90 s. Its pieces are done elsewhere"),
    ],
)  # fmt: skip
def test_which_worker_hangs_over_a_piece(
    monkeypatch: pytest.MonkeyPatch, processing: dict[str, list[str]], seen: int, found: str
) -> None:
    one = Cluster(ADDRESS, type("Client", (), {"scheduler": type("S", (), {"processing": "p", "identity": "i"})})())
    monkeypatch.setattr(cluster.time, "time", lambda: 1000.0)
    answers = {"p": processing, "i": {"workers": {"tcp://a": {"last_seen": 1000.0 - seen}}}}
    monkeypatch.setattr(one, "_asked", lambda what, **_: answers[what])
    said = one._hanging(cluster.Piece(double, (1,), "a piece", Job()))
    assert said.startswith(found)
    assert bool(said) == bool(found)


def test_a_scheduler_that_does_not_answer_does_not_say_who_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Cluster(ADDRESS, Scheduler())

    def silent(*_: Any, **__: Any) -> None:
        raise OSError

    monkeypatch.setattr(one, "_asked", silent)
    one.client.processing = None
    assert one._hanging(cluster.Piece(double, (1,), "a piece", Job())) == ""


def test_a_piece_of_a_worker_that_hangs_goes_to_the_others_or_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = Scheduler()
    one = Cluster(ADDRESS, scheduler)
    piece = one.begin(double, 4)
    one._silent = {"elsewhere"}
    assert one._give_to_another(piece)
    assert (piece.future.result(), len(scheduler.submitted)) == (8, 2)
    one._silent = {"worker"}
    assert not one._give_to_another(piece)
    assert len(scheduler.submitted) == 2
