"""The long run: what is killed hundreds of times under readers, kind by kind, and must leave nothing torn.

    python -m tests.faults.torture --kills 1000 --reads 20000

Writers of a made-up world, whose every row is known without reading a store, are killed at random calls of the seam:
one after another, two at once, and one that retires old states. The commands of a person and a bucket are in
`torture_commands.py`. Ends by itself; exit code 1 if any read was mixed, short, wrong, backwards or an error, if a
store is not whole in the end, or is another one than a run without kills leaves.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from tasks.store.files.snapshot import open_snapshot
from tasks.store.files.verify import audit_store
from tests.faults.checks import PROCESSES, Violation, check_recovery, start_process
from tests.faults.checks_processes import finish_watcher, start_watcher
from tests.faults.faulty import FaultyFileSystem
from tests.faults.readers import COUNTED, READERS, bad
from tests.faults.torture_commands import KINDS, Counts, ended, torture_command
from tests.faults.world import run
from tests.faults.writers import publish_until_killed, retire_until_killed

WORLDS: dict[str, tuple[Callable[..., None], ...]] = {
    "one writer": (publish_until_killed,),
    "two writers": (publish_until_killed, publish_until_killed),
    "retention": (retire_until_killed,),
}
# The commands of a person cost seconds each.
WEIGHTS = dict.fromkeys(WORLDS, 5) | dict.fromkeys(KINDS, 1) | {"S3": 2}


def torture(store: Path, writers: Sequence[Callable[..., None]], kills: int, reads: int, chance: Random) -> Counts:
    """So many kills of these writers, who are killed and started again, and at least so many reads."""
    stop, counts = PROCESSES.Event(), {engine: PROCESSES.Value("q", 0) for engine in READERS}
    watchers = {engine: start_watcher(store, engine, stop, counts[engine]) for engine in READERS}
    done = Counts()
    while (done.kills < kills or sum(count.value for count in counts.values()) < reads) and not done.wrong:
        turns = [(store, chance.choice(["kill", "kill", "torn"]), chance.randint(1, 400)) for _ in writers]
        begun = [start_process(writer, *turn) for writer, turn in zip(writers, turns, strict=True)]
        codes = ended(begun)
        done.kills += codes.count(-signal.SIGKILL)
        done.wrong += [
            f"a writer ended with {code} after kill {done.kills}" for code in codes if code != -signal.SIGKILL
        ]
        done.runs += 1
    stop.set()
    for engine, watcher in watchers.items():
        tally, found = finish_watcher(watcher)
        done.reads += tally
        done.wrong += [f"{engine}: {sample}" for sample in found]
    done.wrong += check_end(store)
    done.equal = done.runs if not done.wrong else 0
    return done


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
    parser.add_argument("--kills", type=int, default=1000, help="of the kinds together; each has its share")
    parser.add_argument("--reads", type=int, default=20000, help="of the made-up world, by all three engines together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=[*WEIGHTS], default=[*WEIGHTS])
    options = parser.parse_args()
    chance, total, started = Random(options.seed), Counts(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tidewaiter-") as folder:
        base = Path(folder)
        run(base / "store", 1, FaultyFileSystem())
        for name in options.only:
            began = time.monotonic()
            kills = round(options.kills * WEIGHTS[name] / sum(map(WEIGHTS.__getitem__, options.only)))
            if name in WORLDS:
                done = torture(base / "store", WORLDS[name], kills, options.reads // len(WORLDS), chance)
            else:
                done = torture_command(base / name.replace(" ", "-"), name, kills, chance)
            tell(name, done, time.monotonic() - began)
            total += done
    tell("all", total, time.monotonic() - started)
    return 1 if total.wrong or bad(total.reads) else 0


def tell(name: str, done: Counts, seconds: float) -> None:
    counted = [f"{key} {done.reads[key]}" for key in COUNTED]
    told = [f"{name:14} kills {done.kills:4}  runs {done.runs:4}  equal {done.equal:4}", *counted, f"{seconds:.0f} s"]
    sys.stdout.write("  ".join(told) + "\n" + "".join(f"  WRONG {line[:500]}\n" for line in done.wrong[:20]))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
