"""Measures what the unit tests notice: makes small mistakes in the product, one at a time, and counts those that a test
finds.

A mistake (a mutant) changes a comparison, a constant, a sign or a connective, or leaves out a negation, a call or a
raise. The sample is drawn with a seed, so two runs over the same code make the same mutants. For each mutant the tests
that import its module run, those of its room first, then the other tests of the room, until one fails or its time is
over.

    python -m tests.power --record before.csv                 300 mutants of all rooms
    python -m tests.power --again before.csv --room ledger    the mutants of a record, with the test that found each

It works on a copy of the project in a temporary folder and changes nothing here.
"""

# ruff: noqa: T201
import argparse
import ast
import collections
import csv
import ctypes
import importlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from tests.conftest import SLOW

ROOT = Path(__file__).parents[1]
ROOMS = tuple(sorted(folder.name for folder in (ROOT / "tasks").iterdir() if (folder / "__init__.py").exists()))
COPIED = (
    "tasks",
    "flows",
    "schemas",
    "tidewaiter",
    "tests",
    "benchmarks",
    "deployments",
    "docs",
    "pyproject.toml",
    "README.md",
)
# Imported once, in the process that the tests of every mutant are forked from.
LIBRARIES = ("polars", "pandera.polars", "pyarrow.parquet", "prefect", "httpx", "typer", "hypothesis", "jinja2", "rich")
OPTIONS = (
    "-x",
    "-q",
    "-n0",
    "-pno:cacheprovider",
    "-Wignore::pytest.PytestAssertRewriteWarning",
    "-m",
    "not services and not month",
)
UNTESTED = 99  # the exit code of a process whose tests did not begin
SWAPPED: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
Place = tuple[str, int]  # a file and the number of a place in it


class Mutant(NamedTuple):
    """One mistake: where it is, the line as it was, and what became of which code in it."""

    file: str
    number: int
    line: int
    code: str
    before: str
    after: str
    source: str


def places(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, Callable[[], ast.AST]]]:
    """Yield each node that can be mistaken, and what makes the mistake and returns what stands there then."""
    notes = (getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns"))
    types = {id(inside) for note in notes if note for inside in ast.walk(note)}
    for node in (node for node in ast.walk(tree) if id(node) not in types):
        if isinstance(node, ast.Compare):
            yield from ((node, lambda node=node, at=at: _swap(node, node.ops, at)) for at in range(len(node.ops)))
        elif isinstance(node, ast.BoolOp) or (isinstance(node, ast.BinOp) and type(node.op) in SWAPPED):
            yield node, lambda node=node: _swap(node, vars(node), "op")
        elif isinstance(node, ast.UnaryOp):
            yield node, lambda node=node: node.operand
        elif isinstance(node, ast.Constant) and isinstance(node.value, int):
            yield node, lambda node=node: ast.Constant(not node.value if node.value is True else node.value + 1)
        elif isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            yield node, ast.Pass


def _swap(node: ast.AST, holder: object, at: object) -> ast.AST:
    holder[at] = SWAPPED[type(holder[at])]()  # type: ignore[index]
    return node


class _Put(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def mistaken(file: str, number: int) -> Mutant:
    """Return the mutant of a module with that number."""
    source = (ROOT / file).read_text(encoding="utf-8")
    tree = ast.parse(source)
    node, make = list(places(tree))[number]
    before, code = ast.unparse(node), source.splitlines()[node.lineno - 1].strip()
    new = make()
    text = ast.unparse(ast.fix_missing_locations(_Put(node, new).visit(tree)))
    return Mutant(file, number, node.lineno, code, before, ast.unparse(new), text)


def drawn(rooms: list[str], count: int, seed: int) -> list[Place]:
    """Return the places of some mutants in the order in which they were drawn."""
    files = [file for room in rooms for file in sorted((ROOT / "tasks" / room).rglob("*.py"))]
    trees = {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in files}
    every = [(file, number) for file, tree in trees.items() for number, _ in enumerate(places(tree))]
    return random.Random(seed).sample(every, min(count, len(every)))


def place_of(recorded: dict[str, str]) -> Place | None:
    """Return where a recorded mutant is in the code of today; nothing where that code is gone."""
    if not (ROOT / recorded["file"]).exists():
        return None
    nodes = [node for node, _ in places(ast.parse((ROOT / recorded["file"]).read_text(encoding="utf-8")))]
    alike = [number for number, node in enumerate(nodes) if ast.unparse(node) == recorded["before"]]
    same = [mistaken(recorded["file"], number) for number in alike]
    same = [one for one in same if (one.after, one.code) == (recorded["after"], recorded["code"])]
    return min(((abs(one.line - int(recorded["line"])), one[:2]) for one in same), default=(0, None))[1]


def concerned(file: str) -> tuple[list[str], list[str]]:
    """Return the tests of a module: its own; then those of its room, those that have most of its names first, then
    others."""
    package, name, room = ".".join(Path(file).parent.parts), Path(file).stem, Path(file).parts[1]
    names = {*re.findall(r'(?:def _?|class |")([A-Za-z]\w{5,})', (ROOT / file).read_text(encoding="utf-8"))}
    own, others = [], {}
    for test in [*(ROOT / "tests/unit").rglob("test_*.py"), *(ROOT / "tests/faults").glob("test_*.py")]:
        text, path = test.read_text(encoding="utf-8"), test.relative_to(ROOT).as_posix()
        imports = f"{package}.{name}" in text or f"from {package} import {name}" in text
        near = f"/unit/{room}/" in path or (room == "store" and "/faults/" in path)
        if (imports or near) and test.stem == f"test_{name}":
            own.append(path)
        elif imports or near:
            # Those that take long come last, or they would use up the time.
            others[path] = (path.removeprefix("tests/") in SLOW, not near, -sum(map(text.count, names)), path)
    return own, [*sorted(others, key=lambda path: others[path]), "tests/golden"]


class Watch:
    """Within the tests of a mutant: writes down the first that fails, and ends the run when its time is over."""

    def __init__(self, answer: Path, seconds: float) -> None:
        self.answer, self.end = answer, sum(os.times()[:4]) + seconds

    def pytest_runtest_logreport(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed:
            self.answer.write_text(report.nodeid, encoding="utf-8")

    pytest_collectreport = pytest_runtest_logreport

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if sum(os.times()[:4]) > self.end:
            item.session.shouldstop = "the time of this mutant is over"


class Bench:
    """A copy of the project, in which the tests of one mutant after another run in a forked process."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.copy, self.answer, self.scratch, self.seconds = (
            folder / "copy",
            folder / "answer",
            folder / "scratch",
            seconds,
        )
        self.copy.mkdir()
        for name in COPIED:
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy2)(ROOT / name, self.copy / name)
        subprocess.run(
            [sys.executable, "-m", "compileall", "-q", "tasks", "flows", "schemas"], cwd=self.copy, check=True
        )
        # PR_SET_CHILD_SUBREAPER: what a test leaves running becomes a child of this process, and ends with its mutant.
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
        self.sound: set[str] = set()
        self.broken: set[str] = set()

    def find(self, mutant: Mutant, first: str) -> str:
        """Return the test that finds a mutant, empty where none does; one that fails without the mutant finds
        nothing."""
        file = self.copy / mutant.file
        own, others = concerned(mutant.file)
        if first and (self.copy / first.partition("::")[0]).is_file():
            own, others = [first], [*own, *others]
        sound, times = file.read_bytes(), file.stat()
        while True:
            file.write_text(mutant.source, encoding="utf-8")
            found = (own and self.run(own)) or self.run(others)
            file.write_bytes(sound)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
            if "/" not in found or found in self.sound:
                return found
            if self.run([found]):
                self.broken.add(found)
            else:
                self.sound.add(found)

    def run(self, tests: list[str]) -> str:
        """Return the first of these tests that fails, `no end` where one does not end, and nothing where all pass."""
        self.answer.unlink(missing_ok=True)
        self.scratch.mkdir()
        if not (child := os.fork()):
            self._test(tests)
        deadline, ended = time.monotonic() + 10 * self.seconds, (0, 0)
        while not ended[0] and time.monotonic() < deadline:
            ended = os.waitpid(child, os.WNOHANG)
            time.sleep(0.05)
        while left := psutil.Process().children(recursive=True):
            for process in left:
                process.kill()
            os.waitpid(-1, 0)
        shutil.rmtree(self.scratch, ignore_errors=True)
        code = os.waitstatus_to_exitcode(ended[1])
        if code == UNTESTED:
            raise RuntimeError(f"pytest could not begin with {tests}")
        if self.answer.exists():
            return self.answer.read_text(encoding="utf-8")
        return "no end" if not ended[0] else f"exit {code}" if code not in (0, 2, 4, 5) else ""

    def _test(self, tests: list[str]) -> None:
        code = UNTESTED
        try:
            os.chdir(self.copy)
            os.environ.update(
                PYTHONPATH=f"{self.copy}", PYTEST_DEBUG_TEMPROOT=f"{self.scratch}", TMPDIR=f"{self.scratch}"
            )
            tempfile.tempdir, sys.path[0] = None, str(self.copy)
            for name in [name for name in sys.modules if name.partition(".")[0] in COPIED]:
                del sys.modules[name]
            for stream in (0, 1, 2):
                os.dup2(os.open(os.devnull, os.O_RDWR), stream)
            left_out = [f"--deselect={test}" for test in self.broken]
            code = pytest.main([*OPTIONS, *left_out, *tests], plugins=[Watch(self.answer, self.seconds)])
        finally:
            os._exit(code)


def main() -> None:
    """Make the mutants, run their tests, write a line for each and the table by room."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--room", action="append", choices=ROOMS)
    asked.add_argument("--count", type=int, default=300)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--seconds", type=float, default=20, help="of a processor, for the tests of one mutant")
    asked.add_argument("--record", type=Path, default=os.devnull, help="a CSV file: each mutant and what found it")
    asked.add_argument("--again", type=Path, help="the record of an earlier run")
    options = asked.parse_args()
    rooms = options.room or list(ROOMS)
    chosen = [("", place) for place in drawn(rooms, options.count, options.seed)]
    if options.again:
        recorded = [
            one for one in csv.DictReader(options.again.open(encoding="utf-8")) if one["file"].split("/")[1] in rooms
        ]
        chosen = [(one["found_by"], place) for one in recorded if (place := place_of(one))]
        print(f"{len(recorded) - len(chosen)} of {len(recorded)} mutants are gone with their code")
    os.environ.update(POLARS_MAX_THREADS="1", POLARS_ALLOW_FORKING_THREAD="1")
    for library in LIBRARIES:
        importlib.import_module(library)
    table: collections.Counter[tuple[str, str]] = collections.Counter()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="power-", dir=memory) as folder,
        open(options.record, "w", buffering=1) as sink,
    ):
        bench, record = Bench(Path(folder), options.seconds), csv.writer(sink)
        record.writerow((*Mutant._fields[:-1], "found_by"))
        for first, (file, number) in chosen:
            mutant = mistaken(file, number)
            found = bench.find(mutant, first)
            record.writerow((*mutant[:-1], found))
            print(
                f"{found or 'LIVES'}\n    {file}:{mutant.line}  {mutant.before[:70]!r} -> {mutant.after[:70]!r}",
                flush=True,
            )
            for room in (file.split("/")[1], "all"):
                table[room, "made"] += 1
                table[room, "found"] += bool(found)
    for room in (*rooms, "all"):
        print(f"{room:10}{table[room, 'found']:5} of {table[room, 'made']:4}")
    print(f"left out, because they fail without a mutant: {', '.join(sorted(bench.broken)) or 'none'}")


if __name__ == "__main__":
    main()
