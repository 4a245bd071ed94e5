"""Processes of this machine do pieces in order and end with the run; what they lose is done here."""

import multiprocessing
import os
import signal
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from schemas import settings
from tasks.derive import processes
from tasks.derive.executor import each
from tasks.derive.processes import ROWS_THAT_PAY, Processes, count, local_processes
from tasks.domain.errors import Refused

FORBIDDEN = 5


def whereabouts(number: int) -> tuple[int, int]:
    return number, os.getpid()


def threads(_: int) -> int:
    import polars as pl

    return pl.thread_pool_size()


def fail(number: int) -> int:
    if number == FORBIDDEN:
        raise ValueError("five")
    return number


def end_elsewhere(work: tuple[int, int]) -> tuple[int, int]:
    number, here = work
    if os.getpid() != here and number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number, os.getpid()


def stop_elsewhere(work: tuple[int, int]) -> tuple[int, int]:
    number, here = work
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGSTOP)
    return number, os.getpid()


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.PROCESSES, "2")


@pytest.mark.usefixtures("two")
def test_pieces_are_done_elsewhere_in_order_with_one_thread_each_and_nothing_is_left() -> None:
    with local_processes():
        done = each(whereabouts, range(8), rows=ROWS_THAT_PAY)
        assert [number for number, _ in done] == [*range(8)]
        places = {pid for _, pid in done}
        assert os.getpid() not in places
        assert 1 <= len(places) <= 2
        assert {*each(threads, range(4), rows=1)} == {1}, "once they are there they do little work too"
        with pytest.raises(ValueError, match="five"):
            each(fail, range(10))
        assert each(abs, [-1, -2]) == [1, 2]
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("two")
def test_a_little_work_or_a_single_piece_starts_no_process() -> None:
    with local_processes():
        for things, rows in ((range(8), ROWS_THAT_PAY - 1), (range(1), ROWS_THAT_PAY)):
            assert {pid for _, pid in each(whereabouts, things, rows=rows)} == {os.getpid()}
        assert not multiprocessing.active_children()


@pytest.mark.usefixtures("two")
def test_those_that_are_lent_already_are_used() -> None:
    with local_processes():
        each(abs, range(2))
        begun = multiprocessing.active_children()
        with local_processes():
            assert os.getpid() not in {pid for _, pid in each(whereabouts, range(4))}
        assert multiprocessing.active_children() == begun


def test_where_one_dies_the_rest_is_done_here(caplog: pytest.LogCaptureFixture) -> None:
    with closing(Processes(2)) as engine:
        done = [*engine.each(end_elsewhere, [(number, os.getpid()) for number in range(4)])]
        assert [number for number, _ in done] == [*range(4)]
        assert done[1] == (1, os.getpid())
        assert [*engine.each(abs, [-1, -2])] == [1, 2]
    assert "a process died; this process does the rest" in caplog.text
    assert not multiprocessing.active_children()


def test_those_that_hang_are_ended_and_their_pieces_done_here(caplog: pytest.LogCaptureFixture) -> None:
    with closing(Processes(2)) as engine:
        engine.patience = 1
        assert [*engine.each(stop_elsewhere, [(number, os.getpid()) for number in range(3)])] == [
            (number, os.getpid()) for number in range(3)
        ]
    assert "no piece was done for 1 s; this process does the rest" in caplog.text
    assert not multiprocessing.active_children()


def test_what_another_version_would_do_is_done_here(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(processes, "fingerprint", lambda: "0" * 64)
    with closing(Processes(2)) as engine:
        assert {pid for _, pid in engine.each(whereabouts, range(3))} == {os.getpid()}
    assert "has other code, code tables or libraries; this process does the rest" in caplog.text


class Late(Future[int]):
    """A piece that is done just after the time for which somebody waits for it is over."""

    def result(self, timeout: float | None = None) -> int:
        if not self.done():
            self.set_result(7)
            raise TimeoutError
        return super().result(timeout)


def test_a_piece_that_is_done_between_two_looks_has_its_result() -> None:
    assert Processes(2).result(fail, 1, Late()) == 7


def test_work_that_raises_a_timeout_itself_has_failed() -> None:
    future: Future[int] = Future()
    future.set_exception(TimeoutError("of the work"))
    with pytest.raises(TimeoutError, match="of the work"):
        Processes(2).result(fail, 1, future)


@pytest.mark.usefixtures("two")
def test_a_process_that_may_start_none_does_the_pieces_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker of multiprocessing.Pool, for example."""
    monkeypatch.setattr("multiprocessing.current_process", lambda: SimpleNamespace(daemon=True))
    with local_processes():
        done = each(whereabouts, range(3), rows=ROWS_THAT_PAY)
    assert {pid for _, pid in done} == {os.getpid()}


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine of eight cores and 61 GiB, all of it free, whose control groups are files of the test."""
    monkeypatch.delenv(settings.PROCESSES, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(8), raising=False)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 16_000_000}.__getitem__)
    monkeypatch.setattr(processes, "MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(processes, "GROUPS", tmp_path)
    monkeypatch.setattr(processes, "GROUPS_OF_PROCESS", tmp_path / "cgroup")


def group(place: Path, limit: str, used: int = 0, cached: int = 0) -> None:
    """A control group: its limit, what it uses, and how much of that is pages of files."""
    place.mkdir(parents=True, exist_ok=True)
    is_old = "memory" in place.parts
    (place / ("memory.limit_in_bytes" if is_old else "memory.max")).write_text(f"{limit}\n")
    (place / ("memory.usage_in_bytes" if is_old else "memory.current")).write_text(f"{used}\n")
    (place / "memory.stat").write_text(f"anon 5\n{'total_' if is_old else ''}inactive_file {cached}\n")


@pytest.mark.usefixtures("eight_cores")
def test_how_many_there_are_follows_cores_free_memory_and_the_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert count() == 8
    (tmp_path / "cgroup").write_text("0::/\n")
    group(tmp_path, "4700000000")
    assert count() == 2, "one more is for the process that drives"
    group(tmp_path, "100000000")
    assert count() == 1
    monkeypatch.setenv(settings.PROCESSES, "3")
    assert count() == 3
    for wrong in ("0", "two", "-1"):
        monkeypatch.setenv(settings.PROCESSES, wrong)
        with pytest.raises(Refused, match=f"TIDEWAITER_PROCESSES: '{wrong}' is no number of processes"):
            count()


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize(("free", "fit"), [(7_000_000, 3), (3_000_000, 1), (60_000_000, 8)])
def test_memory_that_others_use_is_not_asked_for(tmp_path: Path, free: int, fit: int) -> None:
    (tmp_path / "meminfo").write_text(f"MemTotal: 62500000 kB\nMemAvailable:   {free} kB\nHugePages_Total: 0\n")
    assert count() == fit


SLICE = "system.slice/tidewaiter.service"


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize(
    ("groups", "limits", "processes_of_it"),
    [
        (f"0::/{SLICE}", {"system.slice": ("6300000000",), SLICE: ("max",)}, 3),
        (f"0::/{SLICE}", {"system.slice": ("6300000000",), SLICE: ("4600000000",)}, 2),
        (f"0::/{SLICE}", {"system.slice": ("3100000000",), SLICE: ("4600000000",)}, 1),
        (f"0::/{SLICE}", {"user.slice": ("3100000000",)}, 8),
        (f"0::/{SLICE}", {SLICE: ("6300000000", 1_600_000_000)}, 2),
        (f"0::/{SLICE}", {SLICE: ("6300000000", 1_600_000_000, 1_500_000_000)}, 3),
        ("0::/../..", {"": ("4600000000",)}, 2),
        ("0::/gone", {"": ("max",)}, 8),
        (f"4:cpu,cpuacct:/{SLICE}\n0::/", {SLICE: ("3100000000",)}, 8),
        (f"5:memory:/{SLICE}\n1:name=systemd:/x", {f"memory/{SLICE}": ("4600000000",)}, 2),
        (f"5:memory:/{SLICE}", {f"memory/{SLICE}": ("6300000000", 3_000_000_000, 1_400_000_000)}, 2),
        ("5:hugetlb,memory:/docker/1:2", {"memory": ("6100000000",)}, 3),
        ("5:memory:/", {"memory": ("9223372036854771712",)}, 8),
    ],
)
def test_memory_is_what_the_fullest_group_above_the_process_may_still_have(
    tmp_path: Path, groups: str, limits: dict[str, Any], processes_of_it: int
) -> None:
    (tmp_path / "cgroup").write_text(f"{groups}\n")
    for name, of_group in limits.items():
        group(tmp_path / name, *of_group)
    assert count() == processes_of_it
