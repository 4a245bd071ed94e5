"""A process that publishes next to others until it ends, is stopped or is killed. No engine is imported here."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from tasks.store.files.filesystem import LOCAL, FileSystem
from tasks.store.files.snapshot import open_snapshot
from tasks.store.snapshots.publish import exclusive, publish
from tasks.store.snapshots.retention import retain
from tests.dated import published_on_their_days
from tests.faults.faulty import FaultyFileSystem
from tests.faults.world import new_files, public_on, run

Lock = Callable[[Path, FileSystem], AbstractContextManager[None]]
# More than any reader can fall behind during one read; the releases of this world are a month apart.
KEPT_SNAPSHOTS = 300


def add_months(store: Path, name: str, turns: int, lock: Lock, barrier: Barrier) -> None:
    # The failure is counted by the exit code; a traceback of a mutant in the test's output would only alarm.
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    barrier.wait()
    for turn in range(1, turns + 1):
        with lock(store, LOCAL):
            parent = open_snapshot(store)
            file = replace(new_files(1)[0], partition=f"writer={name}/turn={turn}")
            carried = parent.files if parent else ()
            publish(store, [file], carried=carried, parent=parent, about={"turn": f"{name}{turn}"})


def publish_until_stopped(store: Path, stop: Event) -> None:
    number = 2
    while not stop.is_set():
        run(store, number, FaultyFileSystem())
        number += 1


def publish_until_killed(store: Path, fault: str, at: int) -> None:
    """Publish the next release again and again, or also retire old ones, until call `at` of the seam."""
    fs = FaultyFileSystem(fault, at)
    while True:
        number = run(store, None, fs).snapshot.sequence
        if number % 25 == 0:
            with exclusive(store, fs):
                published_on_their_days(store)
                retain(store, today=public_on(number), months=KEPT_SNAPSHOTS, fs=fs)


def retire_until_killed(store: Path, fault: str, at: int) -> None:
    """Publish a release and retire the oldest ones, again and again, until call `at` of the retention."""
    fs = FaultyFileSystem(fault if fault != "torn" else "kill", at % 40 + 1)
    while True:
        number = run(store, None, FaultyFileSystem()).snapshot.sequence
        with exclusive(store, fs):
            published_on_their_days(store)
            retain(store, today=public_on(number), months=KEPT_SNAPSHOTS, fs=fs)
