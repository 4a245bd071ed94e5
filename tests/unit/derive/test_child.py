"""A process that does pieces ends with the one that drives, however that ended."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from tasks.derive.child import begin

ROOT = Path(__file__).parents[3]


def tell(answers: Connection) -> None:
    begin({"POLARS_MAX_THREADS": "1", "ANOTHER": "yes"})
    import polars as pl

    answers.send((os.environ["ANOTHER"], pl.thread_pool_size(), signal.getsignal(signal.SIGINT)))


def test_its_environment_is_there_before_polars_and_an_interrupt_is_not_for_it() -> None:
    here, answers = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=tell, args=(answers,))
    process.start()
    assert here.recv() == ("yes", 1, signal.SIG_IGN)
    process.join()


PROGRAM = """
import multiprocessing, os, pathlib, signal, sys
from tasks.derive.processes import Processes

with pathlib.Path(sys.argv[1], "runs").open("a") as runs:
    runs.write("once ")
assert [*Processes(2).each(abs, range(4))] == [0, 1, 2, 3]
pids = [str(one.pid) for one in multiprocessing.active_children()]
pathlib.Path(sys.argv[1], "pids").write_text(" ".join(pids))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_they_end_with_a_process_that_is_killed_and_do_not_run_its_program_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, str(script), str(tmp_path)], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (tmp_path / "runs").read_text() == "once "
    pids = [int(text) for text in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2
    until = time.monotonic() + 30
    while living(pids) and time.monotonic() < until:
        time.sleep(0.1)
    assert living(pids) == []


def living(pids: list[int]) -> list[int]:
    """Those that run: a process that nobody waits for is listed until the system forgets it."""
    return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
