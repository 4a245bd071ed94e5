"""Measures what the unit tests notice: makes small mistakes in the product, one at a time, and counts those that a test
finds.

A mistake (a mutant) changes a comparison, a constant, a sign or a connective, or leaves out a negation, a call or a
raise. The sample is drawn with a seed, so two runs over the same code make the same mutants; it has as many mutants of
each room, and takes the rooms in turn, so a run that its budget ends has met them all. For each mutant the tests of its
module run, then those that import it, until one fails or the time of the mutant is over: a mutant that lives passed all
of them, one whose time is over passed those that ran.

    python -m tests.power --each 4 --minutes 30 --record before.csv     four mutants a room
    python -m tests.power --again before.csv --room ledger              the mutants of a record, with the test that
                                                                        found each
    python -m tests.power --again before.csv --lived --seconds 90       those that no test found, with more time

It works on a copy of the project in a temporary folder and changes nothing here.
"""

# ruff: noqa: T201
import argparse
import ast
import collections
import csv
import ctypes
import importlib
import inspect
import itertools
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
LIVES, TIME_IS_OVER = "", "time is over"
WAIT = 12  # how many times the processor's time of a mutant may pass on a machine that does other work too
EXAMPLES = "tests/unit/test_examples.py::test_the_examples_of_a_module_give_what_they_say"
ALIKE_MAX = 3  # test modules of the room, where none imports the module
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


def drawn(rooms: list[str], each: int, seed: int) -> list[Place]:
    """Return the places of so many mutants of each room, the rooms in turn."""
    samples = []
    for room in rooms:
        files = sorted((ROOT / "tasks" / room).rglob("*.py"))
        trees = {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in files}
        every = [(file, number) for file, tree in trees.items() for number, _ in enumerate(places(tree))]
        samples.append(random.Random(f"{seed} {room}").sample(every, min(each, len(every))))
    return [place for turn in itertools.zip_longest(*samples) for place in turn if place]


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
    """Return the tests of a module: its own and its examples; then others that import it, those that have most of its
    names first, and where none does, a few of its room."""
    package, name, room = ".".join(Path(file).parent.parts), Path(file).stem, Path(file).parts[1]
    source = (ROOT / file).read_text(encoding="utf-8")
    names = {*re.findall(r'(?:def _?|class |")([A-Za-z]\w{5,})', source)}
    own, others, alike = [f"{EXAMPLES}[{package}.{name}]"] if ">>> " in source else [], {}, {}
    for test in [*(ROOT / "tests/unit").rglob("test_*.py"), *(ROOT / "tests/faults").glob("test_*.py")]:
        text, path = test.read_text(encoding="utf-8"), test.relative_to(ROOT).as_posix()
        imports = f"{package}.{name}" in text or re.search(rf"from {package} import [\w, ]*\b{name}\b", text)
        is_of_room = f"/unit/{room}/" in path or (room == "store" and "/faults/" in path)
        # Those that take long would use up the time: they run where no other one is there.
        order = (
            path.startswith(tuple(f"tests/{one}" for one in SLOW)),
            not is_of_room,
            -sum(map(text.count, names)),
            path,
        )
        if test.stem == f"test_{name}" and (imports or is_of_room):
            own.append(path)
        elif imports:
            others[path] = order
        elif is_of_room:
            alike[path] = order
    if quick := {path: order for path, order in others.items() if not order[0]}:
        others = quick
    elif not own:
        others = dict(sorted(alike.items(), key=lambda one: one[1])[:ALIKE_MAX])
    others.pop(EXAMPLES.partition("::")[0], None)
    return own, sorted(others, key=lambda path: others[path])


def functions_at(mutant: Mutant) -> set[str]:
    """Return the names of the functions and classes that a mutant is in, without the marks of private ones."""
    tree = ast.parse((ROOT / mutant.file).read_text(encoding="utf-8"))
    holders = (one for one in ast.walk(tree) if isinstance(one, (ast.FunctionDef, ast.ClassDef)))
    return {one.name.strip("_") for one in holders if one.lineno <= mutant.line <= (one.end_lineno or 0)}


class Watch:
    """Within the tests of a mutant: those that have one of the names run first; writes down the first that fails, and
    ends the run when its time is over."""

    def __init__(self, answer: Path, seconds: float, names: set[str]) -> None:
        self.answer, self.end, self.names = answer, sum(os.times()[:4]) + seconds, names

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        def has_none(item: pytest.Item) -> bool:
            text = inspect.getsource(item.function) if isinstance(item, pytest.Function) else ""
            return not (item.nodeid.startswith(EXAMPLES) or any(name in text for name in self.names))

        items.sort(key=has_none)

    def pytest_runtest_logreport(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed:
            self.answer.write_text(report.nodeid, encoding="utf-8")

    pytest_collectreport = pytest_runtest_logreport

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if sum(os.times()[:4]) > self.end:
            self.answer.write_text(TIME_IS_OVER, encoding="utf-8")
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
        self.names: set[str] = set()
        self.sound: set[str] = set()
        self.broken: set[str] = set()

    def find(self, mutant: Mutant, first: str) -> str:
        """Return the test that finds a mutant, LIVES where all pass, TIME_IS_OVER where some did not run; a test that
        fails without the mutant finds nothing."""
        file = self.copy / mutant.file
        own, others = concerned(mutant.file)
        if first and (self.copy / first.partition("::")[0]).is_file():
            own, others = [first], [*own, *others]
        sound, times = file.read_bytes(), file.stat()
        self.names = functions_at(mutant)
        while True:
            file.write_text(mutant.source, encoding="utf-8")
            found = self.run(own, self.seconds / 2 if others else self.seconds) if own else LIVES
            if others and found in (LIVES, TIME_IS_OVER):
                found = self.run(others, self.seconds / 2 if own else self.seconds) or found
            file.write_bytes(sound)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
            if "/" not in found or found in self.sound:
                return found
            is_sound = self.run([found], self.seconds) in (LIVES, TIME_IS_OVER)
            (self.sound if is_sound else self.broken).add(found)

    def run(self, tests: list[str], seconds: float) -> str:
        """Return the first of these tests that fails, LIVES where all pass, and TIME_IS_OVER where some did not run, or
        one did not end: on a machine that does other work too nobody knows whether it would."""
        self.answer.unlink(missing_ok=True)
        self.scratch.mkdir()
        if not (child := os.fork()):
            self._test(tests, seconds)
        deadline, ended = time.monotonic() + WAIT * seconds, (0, 0)
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
        if not ended[0]:
            return TIME_IS_OVER
        return f"exit {code}" if code not in (0, 2, 4, 5) else LIVES

    def _test(self, tests: list[str], seconds: float) -> None:
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
            code = pytest.main([*OPTIONS, *left_out, *tests], plugins=[Watch(self.answer, seconds, self.names)])
        finally:
            os._exit(code)


def chosen_places(options: argparse.Namespace) -> list[tuple[str, Place]]:
    """Return the mutants of a run: the test that found each before, and its place."""
    rooms = options.room or list(ROOMS)
    if not options.again:
        return [("", place) for place in drawn(rooms, options.each, options.seed)]
    recorded = [
        one
        for one in csv.DictReader(options.again.open(encoding="utf-8"))
        if one["file"].split("/")[1] in rooms and not (options.lived and one["found_by"] not in (LIVES, TIME_IS_OVER))
    ]
    chosen = [("" if options.lived else one["found_by"], place) for one in recorded if (place := place_of(one))]
    print(f"{len(recorded) - len(chosen)} of {len(recorded)} mutants are gone with their code")
    return chosen


class Tally:
    """How many mutants of each room were found, live, and ran out of time."""

    def __init__(self) -> None:
        self.counts: collections.Counter[tuple[str, str]] = collections.Counter()

    def add(self, room: str, found: str) -> None:
        outcome = {LIVES: "live", TIME_IS_OVER: "time is over"}.get(found, "found")
        self.counts.update((row, outcome) for row in (room, "all"))

    def row(self, room: str) -> str:
        found, lives, over = (self.counts[room, outcome] for outcome in ("found", "live", "time is over"))
        return f"{room:12}{found:5} of {found + lives + over:4} found{lives:5} live{over:5} out of time"


def parser() -> argparse.ArgumentParser:
    """Return the options of a run."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--room", action="append", choices=ROOMS)
    asked.add_argument("--each", type=int, default=4, help="mutants of each room")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--seconds", type=float, default=8, help="of a processor, for the tests of one mutant")
    asked.add_argument("--minutes", type=float, default=40, help="no mutant begins after these")
    asked.add_argument("--record", type=Path, default=os.devnull, help="a CSV file: each mutant and what found it")
    asked.add_argument("--again", type=Path, help="the record of an earlier run")
    asked.add_argument("--lived", action="store_true", help="with --again: only those that no test found")
    return asked


def main() -> None:
    """Make the mutants, run their tests, write a line for each and the table by room."""
    options = parser().parse_args()
    end = time.monotonic() + 60 * options.minutes
    os.environ.update(POLARS_MAX_THREADS="1", POLARS_ALLOW_FORKING_THREAD="1")
    chosen = chosen_places(options)
    for library in LIBRARIES:
        importlib.import_module(library)
    tally, memory = Tally(), "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="power-", dir=memory) as folder,
        open(options.record, "w", buffering=1) as sink,
    ):
        bench, record = Bench(Path(folder), options.seconds), csv.writer(sink)
        record.writerow((*Mutant._fields[:-1], "found_by"))
        for at, (first, (file, number)) in enumerate(chosen, start=1):
            if time.monotonic() > end:
                print(f"the {options.minutes:g} minutes are over, {len(chosen) - at + 1} mutants were not made")
                break
            mutant = mistaken(file, number)
            found = bench.find(mutant, first)
            record.writerow((*mutant[:-1], found))
            tally.add(file.split("/")[1], found)
            print(
                f"{at} of {len(chosen)}: {found or 'LIVES'}\n"
                f"    {file}:{mutant.line}  {mutant.before[:70]!r} -> {mutant.after[:70]!r}",
                flush=True,
            )
    for room in (*(options.room or ROOMS), "all"):
        print(tally.row(room))
    print(f"left out, because they fail without a mutant: {', '.join(sorted(bench.broken)) or 'none'}")


if __name__ == "__main__":
    main()
