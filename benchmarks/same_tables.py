"""Whether this code makes the same tables as another commit, row by row.

    python -m benchmarks.same_tables COMMIT [--size XS S sample] [--keep FOLDER]

Each commit ingests the same files into a store of its own: two years of few products (XS), a month of the full cube
(S), and the sample of published figures. All tables of the store and those made of it are then read side by side. The
code of a release and what is hashed with it differ by nature: these columns of `lineage` are named and not compared.
What a commit was to change is in EXPLAINED: that alone may differ, from an older commit only, and everything else is
compared. Any other row or column that differs ends the run with 1.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchmarks import generate, results
from tasks.domain.labels import readable_names
from tasks.store.files.snapshot import POINTER, open_snapshot

ROOT = Path(__file__).resolve().parents[1]
# Headings and subheadings that were named by a title of the HS at once.
TITLED = [
    "2504",
    "250410",
    "2617",
    "261710",
    "2805",
    "280530",
    "2825",
    "2826",
    "2830",
    "2841",
    "284180",
    "2846",
    "284610",
    "284690",
    "2849",
    "3801",
    "3824",
    "6815",
    "7106",
    "710610",
    "710691",
    "710692",
    "7202",
    "720280",
    "8101",
    "8110",
    "811010",
    "8112",
    "8486",
    "8505",
    "850511",
]
SAMPLE = "sample"
SAMPLES = ROOT / "flows" / "examples"
# Hashes of code, of the texts of models, of files in which these are written, and the name of a publication by them.
BY_NATURE = {"lineage": ("release_id", "code_sha256", "schema_sha256", "inputs", "outputs", "parameters", "versions")}


class Explained(NamedTuple):
    """A difference that a commit was to make in a table: why, the columns that are new, and a table without what
    differs."""

    commit: str
    table: str
    reason: str
    new: tuple[str, ...] = ()
    without: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows


def _without_counts(*steps: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Rows of `lineage` without the numbers of rows that these steps took and gave."""
    counts = pl.col("rows_in", "rows_out")
    return lambda rows: rows.with_columns(pl.when(~pl.col("step").is_in(steps)).then(counts))


def _without_names_by_titles(products: pl.DataFrame) -> pl.DataFrame:
    """Rows of `product` without the names of the headings and subheadings TITLED."""
    names = pl.col("^(name|reference(_en|_zh)?)$")
    return products.with_columns(pl.when(~pl.col("product").is_in(TITLED)).then(names))


EXPLAINED = (
    Explained(
        "377c279a",
        "control_event",
        "a measure more, the licence for graphite of December 2023",
        without=lambda rows: rows.filter(pl.col("event") != "mofcom-gacc-2023-39"),
    ),
    Explained(
        "377c279a",
        "lineage",
        "the row of that measure is counted",
        without=_without_counts("mark_events", "publish"),
    ),
    Explained(
        "79b23802",
        "lineage",
        "hold_on_errors takes the names of the goods, for the page of a held release",
        without=_without_counts("hold_on_errors"),
    ),
    Explained(
        "79b23802",
        "product",
        "blanks and signs of an English name are those of an English text",
        without=lambda rows: rows.with_columns(readable_names(pl.col("name"))),
    ),
    Explained("79b23802", "expectation", "the rank in the window", new=("rank",)),
    Explained(
        "fbf0b3ec",
        "metric",
        "duties as a part of imports for consumption",
        new=("of_consumption_pct", "of_consumption_status"),
    ),
    Explained(
        "02014527",
        "product",
        "headings and subheadings of export controls have names",
        without=_without_names_by_titles,
    ),
)


class Compared(NamedTuple):
    """A table of two commits: rows of each, how many rows only one of them has, columns that only one has, and of
    these what explains that they differ."""

    table: str
    before: int
    after: int
    differing: int
    gone: tuple[str, ...]
    new: tuple[str, ...]
    explained: tuple[Explained, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether nothing differs but what is explained."""
        known = {name for one in self.explained for name in one.new}
        return not (self.differing or self.gone or {*self.new} - known)


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """The files of a commit, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "checkout"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=True)
        try:
            yield folder
        finally:
            subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def build(code: Path, files: Path, root: Path) -> None:
    """Ingest a folder of files with the code of a checkout."""
    command = [sys.executable, "-P", "-m", "tidewaiter", "backfill", str(files), "--no-prefect", "--store", str(root)]
    environment = {**os.environ, "PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=code, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{code}: tidewaiter backfill {files} ended with {done.returncode}:\n{done.stderr}")


def tables(root: Path) -> dict[str, pl.DataFrame]:
    """All rows of each published table of the stores of a root, and of the tables made of them, in the order of their
    files."""
    parts: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for pointer in sorted(root.rglob(POINTER)):
        store = pointer.parent
        if (snapshot := open_snapshot(store)) is None:
            continue
        for entry in snapshot.files:
            rows = pl.read_parquet(snapshot.located(entry), hive_partitioning=False)
            parts[entry.table].append(rows.with_columns(_store=pl.lit(store.relative_to(root).as_posix())))
    return {table: pl.concat(frames, how="diagonal_relaxed") for table, frames in sorted(parts.items())}


def compare(table: str, before: pl.DataFrame, after: pl.DataFrame, explained: Sequence[Explained] = ()) -> Compared:
    """Compare a table by the columns that both have, without what is explained; rows are the same in any order, and a
    number only to the bit. Of what is explained, only that counts without which the tables differ."""
    excepted = BY_NATURE.get(table, ())
    gone = tuple(name for name in before.columns if name not in after.columns)
    new = tuple(name for name in after.columns if name not in before.columns)
    shared = [name for name in before.columns if name in after.columns and name not in excepted]
    one, other, met = before.select(shared), after.select(shared), list[Explained]()
    for reason in (reason for reason in explained if reason.table == table):
        if shared and not one.equals(other):
            apart = _only_one_has(one, other)
            one, other = reason.without(one), reason.without(other)
            is_met = _only_one_has(one, other) < apart
        else:
            is_met = False
        if is_met or {*reason.new} & {*new}:
            met.append(reason)
    differing = 0 if one.equals(other) else _only_one_has(one, other)
    return Compared(table, before.height, after.height, differing, gone, new, tuple(met))


def _only_one_has(one: pl.DataFrame, other: pl.DataFrame) -> int:
    """How many rows either frame has more often than the other one."""
    keys = one.columns
    counts = [frame.group_by(keys).agg(pl.len().cast(pl.Int64)) for frame in (one, other)]
    both = counts[0].join(counts[1], on=keys, how="full", nulls_equal=True)
    return int((pl.Series(both["len"].fill_null(0)) - both["len_right"].fill_null(0)).abs().sum())


def compare_all(
    before: dict[str, pl.DataFrame], after: dict[str, pl.DataFrame], explained: Sequence[Explained] = ()
) -> list[Compared]:
    """Compare every table that either has; one that is missing has no rows and no columns."""
    names = sorted(before.keys() | after.keys())
    return [
        compare(name, before.get(name, pl.DataFrame()), after.get(name, pl.DataFrame()), explained) for name in names
    ]


def explained_since(commit: str) -> list[Explained]:
    """What explains differences from a commit: what later commits were to change."""
    ancestor = ["git", "-C", str(ROOT), "merge-base", "--is-ancestor"]
    return [
        one
        for one in EXPLAINED
        if subprocess.run([*ancestor, one.commit, commit], check=False, capture_output=True).returncode
    ]


def files_of(size: str, folder: Path) -> Path:
    """The folder with the files of a size, or with the sample."""
    if size != SAMPLE:
        return generate.ensure(size, folder / size)
    shutil.copytree(SAMPLES, folder / size)
    return folder / size


def report(size: str, compared: Sequence[Compared]) -> str:
    """A table of what was compared."""
    rows = [
        [
            one.table,
            f"{one.before:,}",
            f"{one.after:,}",
            f"{one.differing:,}",
            ", ".join([*(f"+{name}" for name in one.new), *(f"-{name}" for name in one.gone)]),
        ]
        for one in compared
    ]
    names = ["table", "rows before", "rows after", "rows of one alone, not explained", "columns"]
    reasons = [f"{one.table}: {reason.reason} ({reason.commit})" for one in compared for reason in one.explained]
    return "\n".join([size, "", results.table(names, rows), "", *(f"explained: {reason}" for reason in reasons)])


def main() -> int:
    """Build, compare, print; 1 where a row or a column differs that nothing explains."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("commit")
    ask.add_argument("--size", nargs="+", choices=("XS", "S", SAMPLE), default=["XS", "S", SAMPLE])
    ask.add_argument("--keep", type=Path, help="folder for files and stores; else they are gone afterwards")
    given = ask.parse_args()
    is_same = True
    with checkout(given.commit) as code, tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for size in given.size:
            files = files_of(size, folder)
            for name, place in (("before", code), ("after", ROOT)):
                build(place, files, folder / name / size)
            before, after = (tables(folder / name / size) for name in ("before", "after"))
            compared = compare_all(before, after, explained_since(given.commit))
            print(report(size, compared), flush=True)
            is_same &= bool(compared) and all(one.is_same for one in compared)
    print("every table is the same, but for what is explained" if is_same else "tables differ")
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
