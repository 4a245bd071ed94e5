"""The whole job, from a folder of query files to partitioned Parquet, next to what one would write without Tidewaiter.

    python -m benchmarks.whole --size XS|S|M|L [--rounds 1] [--only tidewaiter --only polars …]
                               [--keep FOLDER] [--title TITLE]

Each contender is a process of its own: `tidewaiter backfill` without Prefect and with it (the server is started before
and is not in the figures), and three scripts, `rival_pandas.py`, `rival_polars.py`, `rival_duckdb.py`. Every contender
first does XS untimed, so that nobody pays for compiling or for a cold disk. A time counts only if the output of the
first round is that of the first contender, row for row (`benchmarks/compare.py`); the contenders take turns at going
first.

What all make: level, m/m, y/y, year to date, rolling year, both with y/y, share, rank and both contributions, in
kilograms, dollars and dollars per kilogram, for HS8, 6, 4 and 2 by partner, world and Union, in months with trade.
Tidewaiter also makes, within its time: checks, quarantine, a ledger of statements with their days, versions, lineage,
statuses, highest and lowest since, the second units, and the months without trade. The rivals neither check nor keep
anything. How much of its time goes into writing these rows is measured by itself (`benchmarks/writing.py`).
"""

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks import compare, generate, measure, results, writing
from benchmarks.measure import Cost

PROJECT = Path(__file__).parent.parent
ENVIRONMENT = {"PYTHONPATH": str(PROJECT), "DO_NOT_TRACK": "1"}
PREFECT = "tidewaiter in Prefect"
OURS = ("tidewaiter", PREFECT)


@dataclass(frozen=True)
class Contender:
    """Who does the job: the command from input and output, and where in the output the figures lie."""

    name: str
    command: Callable[[Path, Path], list[str]]
    metric: Callable[[Path], Path]


def _ours(name: str, *options: str) -> Contender:
    return Contender(
        name,
        lambda folder, output: [
            sys.executable,
            "-m",
            "tidewaiter",
            "backfill",
            str(folder),
            "--store",
            str(output),
            *options,
        ],
        lambda output: (output / "current" / "metric").resolve(),
    )


def _rival(name: str) -> Contender:
    return Contender(
        name,
        lambda folder, output: [sys.executable, "-m", f"benchmarks.rival_{name}", str(folder), str(output)],
        lambda output: output,
    )


CONTENDERS = {
    one.name: one
    for one in (
        _ours("tidewaiter", "--no-prefect"),
        _ours(PREFECT, "--prefect"),
        _rival("pandas"),
        _rival("polars"),
        _rival("duckdb"),
    )
}


@contextmanager
def server(work: Path) -> Iterator[None]:
    """A Prefect server in the folder in which the contenders run."""
    start = [sys.executable, "-c", "from flows.cli.server import local_server; local_server.ensure_server()"]
    try:
        subprocess.run(start, cwd=work, env={**os.environ, **ENVIRONMENT}, check=True, stdout=subprocess.DEVNULL)
        yield
    finally:
        note = work / ".prefect" / "server.json"
        if note.exists():
            _end(int(json.loads(note.read_text())["pid"]))


def _end(process: int) -> None:
    """End the server, also one that is too busy to answer, and wait until it has let go of its files."""
    os.kill(process, signal.SIGTERM)
    for _ in range(600):
        if not Path(f"/proc/{process}").exists():
            return
        time.sleep(0.1)


def do(contender: Contender, folder: Path, output: Path, work: Path) -> Cost:
    """Let a contender do the job once. Its output must not be there yet."""
    command = contender.command(folder.resolve(), output)
    # The scripts write into a folder that is there; a store is made by its first release.
    if contender.name not in OURS:
        output.mkdir(parents=True)
    return measure.run(command, work, work / f"{contender.name}.log", ENVIRONMENT)


def check(outputs: dict[str, Path], rows: list[int]) -> list[str]:
    """What differs from the first output, a line for each contender of which something does."""
    (first, expected), *others = ((CONTENDERS[name], output) for name, output in outputs.items())
    lines = []
    if not others:
        rows.extend(
            compare.read_month(first.metric(expected), month).height
            for month in compare.months_of(first.metric(expected))
        )
    for contender, output in others:
        counted: list[int] = []
        found = compare.difference(first.metric(expected), contender.metric(output), counted.append)
        rows[:] = counted
        if found is not None:
            lines.append(
                f"{contender.name}, {found.where}: {found.figure} is {found.other!r}, and {found.one!r} in {first.name}"
            )
    return lines


def rows_of(metric: Path) -> int:
    """All rows that a contender wrote."""
    return int(pl.scan_parquet(metric / "**" / "*.parquet", hive_partitioning=False).select(pl.len()).collect().item())


def report(
    command: str,
    folder: Path,
    costs: dict[str, list[Cost]],
    rows: dict[str, int],
    compared: int,
    written: writing.Written | None,
) -> str:
    """The table of one run: the best round of each, and each as a multiple of the quickest rival."""
    best = {name: Cost(*(min(column) for column in zip(*found, strict=True))) for name, found in costs.items()}
    rivals = [name for name in best if name not in OURS]
    lines = []
    for name, cost in best.items():
        ratios = [
            f"{getattr(cost, what) / min(getattr(best[rival], what) for rival in rivals):.2f}" if rivals else "–"
            for what in ("wall_seconds", "cpu_seconds", "peak_bytes")
        ]
        lines.append(
            [
                name,
                f"{cost.wall_seconds:,.1f}",
                f"{cost.cpu_seconds:,.1f}",
                f"{cost.peak_bytes / 2**20:,.0f}",
                *ratios,
                f"{rows[name]:,}",
            ]
        )
    titles = ["", "wall, s", "cpu, s", "peak, MiB", "wall, x", "cpu, x", "peak, x", "rows of figures"]
    files = sorted(folder.glob("*.csv"))
    records = sum(file.read_bytes().count(b",\n") for file in files) - len(files)
    megabytes = sum(file.stat().st_size for file in files) / 10**6
    rounds = max(map(len, costs.values()))
    return (
        f"`{command}`: {len(files)} files, {records:,} records, {megabytes:,.0f} MB; least of {rounds}"
        f" round{'s' if rounds > 1 else ''}; x: multiple of the least of the"
        f" rivals.\n\n{results.table(titles, lines)}\n\nEqual in all contenders: {compared:,} rows (product, partner,"
        " month with trade, measure), 11 figures"
        f" each.{_of_writing(written, [best[rival].wall_seconds for rival in rivals])}"
    )


def _of_writing(written: writing.Written | None, rivals: list[float]) -> str:
    if written is None:
        return ""
    share = f", {written.wall_seconds / min(rivals):.2f} times the least of the rivals" if rivals else ""
    return (
        "\n\nWriting the files of tidewaiter's store and nothing else (encoded, hashed, on the disk):"
        f" {written.wall_seconds:,.1f} s, cpu {written.cpu_seconds:,.1f} s, {written.bytes / 10**6:,.0f} MB{share}."
    )


def main() -> int:
    """Generate what is absent, run, compare, print, write."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--size", choices=list(generate.SIZES), default="S")
    ask.add_argument("--rounds", type=int, default=1)
    ask.add_argument("--only", action="append", choices=list(CONTENDERS), help="may be repeated; else all")
    ask.add_argument("--data", type=Path, help="folder of query files; else build/bench/SIZE")
    ask.add_argument("--keep", type=Path, help="keep the store of tidewaiter here")
    ask.add_argument("--title", help="the section of RESULTS.md; else that of the size, where all contenders ran")
    given = ask.parse_args()
    machine = results.machine()
    folder = generate.ensure(given.size, given.data or generate.FOLDER / given.size)
    trial = generate.ensure("XS", generate.FOLDER / "XS")
    names = [name for name in CONTENDERS if not given.only or name in given.only]
    generate.FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=generate.FOLDER) as place:
        work = Path(place).resolve()
        if PREFECT in names:
            with server(work):
                return race(names, given, folder, trial, work, machine)
        return race(names, given, folder, trial, work, machine)


def race(names: list[str], given: argparse.Namespace, folder: Path, trial: Path, work: Path, machine: str) -> int:
    """All rounds; the exit code."""
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    rows: dict[str, int] = {}
    compared: list[int] = []
    failed: dict[str, Cost] = {}
    written: writing.Written | None = None
    for round_ in range(-1, given.rounds):
        outputs: dict[str, Path] = {}
        turn = max(round_, 0) % len(names)
        for name in [name for name in [*names[turn:], *names[:turn]] if name not in failed]:
            outputs[name] = work / f"{name.replace(' ', '-')}-{round_}" / ("reporter=CHN" if name in OURS else "")
            cost = do(CONTENDERS[name], trial if round_ < 0 else folder, outputs[name], work)
            if cost.ended:
                print(f"{name} ended with {cost.ended}:\n{(work / f'{name}.log').read_text()[-2000:]}")
                if name in OURS:
                    return 1
                # One that memory does not suffice for is out of the race, and that is a result.
                failed[name] = cost
                shutil.rmtree(outputs.pop(name))
                continue
            if round_ >= 0:
                costs[name].append(cost)
                print(
                    f"round {round_ + 1}, {name}: {cost.wall_seconds:,.1f} s, cpu {cost.cpu_seconds:,.1f} s, peak"
                    f" {cost.peak_bytes / 2**20:,.0f} MiB",
                    flush=True,
                )
        if round_ <= 0:
            lines = check({name: outputs[name] for name in names if name in outputs}, compared)
            if lines:
                print("not the same figures; no time counts:", *lines, sep="\n")
                return 1
            rows = {name: rows_of(CONTENDERS[name].metric(output)) for name, output in outputs.items()}
        if "tidewaiter" in outputs and round_ + 1 == given.rounds:
            written = writing.write_again(outputs["tidewaiter"], work)
        if given.keep and "tidewaiter" in outputs and round_ + 1 == given.rounds:
            shutil.rmtree(given.keep, ignore_errors=True)
            shutil.move(outputs.pop("tidewaiter"), given.keep)
        for output in outputs.values():
            shutil.rmtree(output)
    costs = {name: found for name, found in costs.items() if name not in failed}
    some = "".join(f" --only {shlex.quote(name)}" for name in given.only or ())
    command = (
        f"python -m benchmarks.whole --size {given.size} --rounds"
        f" {given.rounds}{' --data FOLDER' * bool(given.data)}{some}"
    )
    text = f"{machine}\n\n{report(command, folder, costs, rows, sum(compared), written)}"
    text += "".join(
        f"\n\n{name} did not come to the end: exit code {cost.ended} after {cost.wall_seconds:,.0f} s, peak"
        f" {cost.peak_bytes / 2**20:,.0f} MiB."
        for name, cost in failed.items()
    )
    print(text)
    if given.title or (not given.only and given.size != "XS"):
        results.put(given.title or f"The whole job, size {given.size}", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
