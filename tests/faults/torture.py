"""The long run: a writer that is killed hundreds of times under readers of three engines.

    python -m tests.faults.torture --kills 500 --reads 20000

Each writer publishes (and now and then retires old snapshots) back to back until it is killed at a random call of the
seam; the next one goes on from what it finds. Ends by itself; exit code 1 if any read was mixed, short, wrong,
backwards or an error, or if the store is not whole in the end.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tasks.store.files.snapshot import list_snapshots, open_snapshot
from tasks.store.files.verify import audit_store
from tests.faults.checks import PROCESSES, Violation, check_recovery, start_process
from tests.faults.checks_processes import finish_watcher, start_watcher
from tests.faults.faulty import FaultyFileSystem
from tests.faults.readers import COUNTED, READERS, Tally, bad
from tests.faults.world import run
from tests.faults.writers import publish_until_killed


def torture(store: Path, kills: int, reads: int, seed: int) -> tuple[int, dict[str, Tally], list[str]]:
    """Kills done, what the reads of each engine were, and samples of what went wrong."""
    chance = random.Random(seed)
    run(store, 1, FaultyFileSystem())
    stop, counts = PROCESSES.Event(), {engine: PROCESSES.Value("q", 0) for engine in READERS}
    watchers = {engine: start_watcher(store, engine, stop, counts[engine]) for engine in READERS}
    done, wrong = 0, list[str]()
    while done < kills or sum(count.value for count in counts.values()) < reads:
        fault = chance.choice(["kill", "kill", "torn"])
        writer = start_process(publish_until_killed, store, fault, chance.randint(1, 400))
        writer.join()
        if writer.exitcode != -signal.SIGKILL:
            wrong.append(f"a writer ended with {writer.exitcode} after kill {done}")
            break
        done += 1
    stop.set()
    ended = {engine: finish_watcher(watcher) for engine, watcher in watchers.items()}
    samples = [f"{engine}: {sample}" for engine, (_, found) in ended.items() for sample in found]
    return done, {engine: tally for engine, (tally, _) in ended.items()}, wrong + samples


def check_end(store: Path) -> list[str]:
    """The store after the last kill: one more run mends what is left, and everything hashes to its name."""
    parent = open_snapshot(store)
    assert parent is not None
    try:
        check_recovery(store, parent.sequence + 1, "after the last kill", "polars")
    except Violation as violation:
        return [str(violation)]
    return [str(problem) for problem in audit_store(store)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--reads", type=int, default=20000, help="of all three engines together")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tidewaiter-") as folder:
        store = Path(folder) / "store"
        kills, tallies, wrong = torture(store, options.kills, options.reads, options.seed)
        wrong += check_end(store)
        history = list_snapshots(store)
        seconds = time.monotonic() - started
    total = sum(tallies.values(), Tally())
    lines = [f"kills {kills}, snapshots published {history[-1].sequence}, kept {len(history)}, {seconds:.0f} s"]
    for name, tally in {**tallies, "all": total}.items():
        lines.append("  ".join([f"{name:8}", *(f"{key} {tally[key]}" for key in COUNTED)]))
    lines += [f"WRONG {line[:500]}" for line in wrong[:20]]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if wrong or bad(total) or kills < options.kills or total["reads"] < options.reads else 0


if __name__ == "__main__":
    sys.exit(main())
