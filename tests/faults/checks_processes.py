"""What a store promises to several processes at once; each check raises Violation where it is broken."""

import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path

from tasks.store.files.snapshot import open_snapshot
from tasks.store.files.verify import audit_store
from tasks.store.snapshots.publish import exclusive
from tests.dated import list_snapshots
from tests.faults.checks import PROCESSES, demand, prepare, start_process
from tests.faults.readers import READERS, Tally, Watcher, bad
from tests.faults.writers import Lock, add_months, publish_until_stopped

# Of each engine; a busy machine may need long for it.
READS_MIN, SECONDS_MAX = 50, 120


def check_writers(folder: Path, turns: int = 12, lock: Lock = exclusive) -> None:
    """Two processes that read, modify and publish: every turn of both is in the last snapshot."""
    store = folder / "store"
    barrier = PROCESSES.Barrier(2)
    writers = [start_process(add_months, store, name, turns, lock, barrier) for name in "ab"]
    for writer in writers:
        writer.join()
    codes = [writer.exitcode for writer in writers]
    demand(codes == [0, 0], f"a writer failed: {codes}")
    snapshot = open_snapshot(store)
    found = {entry.partition for entry in snapshot.files} if snapshot else set()
    wanted = {f"writer={name}/turn={turn}" for name in "ab" for turn in range(1, turns + 1)}
    demand(found == wanted, f"lost: {sorted(wanted - found)}")
    demand([other.sequence for other in list_snapshots(store)] == list(range(1, 2 * turns + 1)), "history has holes")
    demand(not audit_store(store), "damaged")


def check_live(folder: Path) -> None:
    """A reader of each engine next to a writer that publishes back to back, until each has read often enough."""
    store, _, _ = prepare(folder, "one")
    stop, counts = PROCESSES.Event(), {engine: PROCESSES.Value("q", 0) for engine in READERS}
    watchers = {engine: start_watcher(store, engine, stop, count) for engine, count in counts.items()}
    writer = start_process(publish_until_stopped, store, stop)
    deadline = time.monotonic() + SECONDS_MAX
    while min(count.value for count in counts.values()) < READS_MIN and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    tallies = {engine: finish_watcher(watcher) for engine, watcher in watchers.items()}
    writer.join()
    demand(writer.exitcode == 0, f"the writer ended with {writer.exitcode}")
    published = open_snapshot(store)
    demand(published is not None and published.sequence > 10, "hardly anything was published")
    for engine, (tally, samples) in tallies.items():
        demand(tally["reads"] >= READS_MIN and bad(tally) == 0, f"{engine}: {tally} {samples}")


def start_watcher(store: Path, engine: str, stop: Event, reads: "Synchronized[int]") -> tuple[BaseProcess, Connection]:
    """A process that reads until `stop`; `reads` counts along."""
    receive, send = PROCESSES.Pipe(duplex=False)
    process = start_process(_watch, store, engine, stop, reads, send)
    send.close()
    return process, receive


def finish_watcher(watcher: tuple[BaseProcess, Connection]) -> tuple[Tally, list[str]]:
    process, receive = watcher
    tally, samples = receive.recv()
    process.join()
    receive.close()
    return tally, samples


def _watch(store: Path, engine: str, stop: Event, reads: "Synchronized[int]", send: Connection) -> None:
    watcher = Watcher(store, engine)
    while not stop.is_set():
        watcher.look()
        reads.value = watcher.tally["reads"]
    send.send((watcher.tally, watcher.samples[:3]))
