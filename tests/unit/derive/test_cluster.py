"""Work of a scheduler that is lost is done here; work that fails raises what it raised. The scheduler is made up."""

from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import distributed
import pytest
from distributed.client import ClosedClientError

from tasks.derive import cluster
from tasks.derive.cluster import Cluster, WorkerVersionMismatch, fingerprint
from tasks.domain.errors import Refused

ADDRESS = "tcp://127.0.0.1:1"


class Job(Future):  # type: ignore[type-arg]
    """A future of the scheduler, whose `status` is a word."""

    status = "finished"
    key = "k"


class Client:
    """Answers each piece with the next of its results, or does it."""

    status = "running"

    def __init__(self, *results: Any) -> None:
        self.results, self.submitted = [*results], []  # type: ignore[var-annotated]

    def submit(self, does: Any, mark: str, work: Any, thing: Any, **_: Any) -> Job:
        self.submitted.append(thing)
        job, result = Job(), self.results.pop(0) if self.results else None
        if isinstance(result, BaseException):
            job.set_exception(result)
            job.status = "error"
        else:
            job.set_result(work(thing))
        return job


def double(number: int) -> int:
    return 2 * number


def test_results_come_in_order_and_work_that_fails_raises_what_it_raised() -> None:
    assert [*Cluster(ADDRESS, Client()).each(double, range(10))] == [2 * number for number in range(10)]
    one = Cluster(ADDRESS, Client(None, ValueError("a bad month")))
    found = one.each(double, [1, 2, 3])
    assert next(found) == 2
    with pytest.raises(ValueError, match="a bad month"):
        next(found)
    assert not one.is_lost


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [(WorkerVersionMismatch("its code differs"), True), (distributed.KilledWorker("k", None, 3), False)],
)
def test_what_no_worker_can_do_is_done_here(error: Exception, is_lost: bool) -> None:
    client = Client(error)
    one = Cluster(ADDRESS, client)
    assert [*one.each(double, [3, 4])] == [6, 8]
    assert one.is_lost == is_lost
    assert [*one.each(double, [5])] == [10]
    assert client.submitted == ([3, 4] if is_lost else [3, 4, 5])


@pytest.mark.parametrize("error", [RuntimeError, ClosedClientError])
def test_a_scheduler_that_is_closed_meanwhile_is_lost(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    client = Client()
    monkeypatch.setattr(client, "submit", lambda *_, **__: (_ for _ in ()).throw(error("closed")))
    one = Cluster(ADDRESS, client)
    assert [*one.each(double, [3, 4])] == [6, 8]
    assert one.is_lost


def test_a_title_is_the_name_of_the_run_as_it_is_whatever_braces_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect takes a text for a template, which could name anything that the work knows."""
    monkeypatch.setattr("prefect.context.FlowRunContext.get", object)
    title = "read {work.__globals__}{b}.csv"
    given: Any = cluster._task_of(SimpleNamespace(title=title)).task_run_name
    assert given() == title


def test_our_own_code_has_one_mark() -> None:
    assert len(fingerprint()) == 64
    assert fingerprint() == fingerprint()


class Workers:
    """A client of two workers, of which the second answers what it is told to."""

    def __init__(self, answer: Any) -> None:
        self.answers = {"tcp://a": (fingerprint(), ""), "tcp://b": answer}

    def ncores(self) -> dict[str, int]:
        return dict.fromkeys(self.answers, 1)

    def submit(self, *_: Any, workers: list[str], **__: Any) -> Job:
        job, answer = Job(), self.answers[workers[0]]
        if isinstance(answer, BaseException):
            job.set_exception(answer)
            job.status = "pending" if isinstance(answer, TimeoutError) else "error"
        else:
            job.set_result(answer)
        return job


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (("0" * 64, ""), "tcp://b: a worker that would make other results: its code"),
        (ModuleNotFoundError("No module named 'tasks'"), "tcp://b: a worker that would make other results: No module"),
        (cluster._probe(Path("/another/disk"), "name"), "tcp://b: .*/another/disk.*o such file.*Mount the folder"),
        (TimeoutError(), "tcp://b: it does not answer within 60 s"),
    ],
)
def test_a_worker_that_is_unfit_is_refused_by_name(tmp_path: Path, answer: Any, refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        cluster._refuse_unfit(Workers(answer), tmp_path)
