"""How large the program is and how far a release travels through it: counts, not times.

    python -m benchmarks.structure [--checkout FOLDER ...] [--record]
    python -m benchmarks.structure --draw 20 [--seed 1]

Counts this checkout and each FOLDER of another one, side by side: the modules of tasks, flows, schemas and tidewaiter,
and for lines and formatting those of benchmarks and deployments too. The release is a month of drawn trade, ingested
without Prefect into a store that has the month before; each checkout gets the same two files. Its way is every call of
a function of the program until the pointer of the store moves. With --record the table goes into RESULTS.md.

With --draw it prints pieces of twenty lines of `tasks`, each line as likely as any other, and below all of them where
they are from: somebody who has read the charters of the rooms names the room of each.

To count the calls this file runs as a script in the checkout that is counted, so it imports no other module of the
project before it knows which checkout that is.
"""

import argparse
import ast
import itertools
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

PACKAGES = ("tasks", "flows", "schemas", "tidewaiter")
FORMATTED = (*PACKAGES, "benchmarks", "deployments")
LINE_MAX, BRANCHES_MAX, PIECE_LINES = 120, 15, 20
POINTER = ".current"
TODAY = date(2026, 6, 30)
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
Function = ast.FunctionDef | ast.AsyncFunctionDef
BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.BoolOp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.comprehension,
    ast.ExceptHandler,
    ast.match_case,
)


def statements(tree: ast.AST) -> int:
    """The statements of a module, without imports and docstrings."""
    nodes = [*ast.walk(tree)]
    counted = sum(isinstance(node, ast.stmt) and not isinstance(node, ast.Import | ast.ImportFrom) for node in nodes)
    return counted - sum(isinstance(node, Documented) and ast.get_docstring(node) is not None for node in nodes)


def branches(function: Function) -> int:
    """Where a function chooses or repeats: `if`, `and` and `or`, loops, comprehensions, `except`, `case`. Those of a
    function inside it are that function's."""
    count, left = 0, [*ast.iter_child_nodes(function)]
    while left:
        node = left.pop()
        if not isinstance(node, Function | ast.ClassDef):
            count += isinstance(node, BRANCHES)
            left += ast.iter_child_nodes(node)
    return count


def branching(tree: ast.AST) -> list[str]:
    """The names of the functions with too many branches."""
    functions = (node for node in ast.walk(tree) if isinstance(node, Function))
    return [function.name for function in functions if branches(function) > BRANCHES_MAX]


def classes(tree: ast.AST) -> list[str]:
    """The names of the classes of a module, without those inside other classes, such as a `Config` of pandera."""
    inside = {id(node) for one in ast.walk(tree) if isinstance(one, ast.ClassDef) for node in one.body}
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and id(node) not in inside]


def doubled(trees: Iterable[ast.AST]) -> list[str]:
    """The names that several classes have."""
    return sorted(name for name, count in Counter(itertools.chain(*map(classes, trees))).items() if count > 1)


# Words that say of no thing what it is.
NO_NOUNS = ("found", "said", "told", "asked", "own", "mine", "made", "there", "papers", "word", "near", "those")


def vague_names(tree: ast.AST) -> list[str]:
    """The identifiers that a module gives and that are no noun of the thing: variables, parameters, functions, classes,
    attributes."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        elif isinstance(node, ast.arg):
            names.append(node.arg)
        elif isinstance(node, Function | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.append(node.attr)
    return [name for name in names if name.strip("_").lower() in NO_NOUNS]


def months_by_hand(text: str) -> int:
    """Where months are divided into years by hand; `tasks/domain/periods.py` does it for all."""
    return len(re.findall(r"(?://|(?<!\w)%) (?:12|YEAR|YEAR_MONTHS)\b", text))


def unformatted(text: str) -> int:
    """The places that the formatter leaves alone."""
    return len(re.findall(r"# fmt: skip\b", text))


def long_lines(text: str) -> int:
    """The lines that are too long."""
    return sum(len(line) > LINE_MAX for line in text.splitlines())


def sources_in(files: dict[str, str]) -> set[str]:
    """The names of the sources: the declarations of `tasks/sources`, its modules with a `SOURCE`, but for names that
    are also a word."""
    of_sources = {Path(file): text for file, text in files.items() if file.startswith("tasks/sources/")}
    of_adapters = {file for file, text in of_sources.items() if re.search(r"^SOURCE\b", text, re.MULTILINE)}
    return {file.stem for file in of_sources if "_" in file.stem and (file in of_adapters or file.suffix == ".toml")}


def declarations(checkout: Path) -> dict[str, str]:
    """The declared sources of a checkout by their path."""
    found = sorted((checkout / "tasks" / "sources").rglob("*.toml"))
    return {path.relative_to(checkout).as_posix(): path.read_text(encoding="utf-8") for path in found}


def naming(files: dict[str, str]) -> list[str]:
    """The modules outside `tasks/sources` that name a source, in code or in words."""
    names = "|".join(sorted(sources_in(files)))
    elsewhere = {file: text for file, text in files.items() if not file.startswith("tasks/sources/")}
    return [file for file, text in elsewhere.items() if names and re.search(rf"\b(?:{names})\b", text)]


def room_of(file: str) -> str:
    """The large room in which a file is: a folder of `tasks` with all that is in it, or its package."""
    package, *folders, _ = file.split("/")
    return "/".join((package, *folders[:1])) if package == "tasks" else package


def floors(contracts: str) -> set[str]:
    """The packages and modules that a contract of layers gives a floor, by the text of `pyproject.toml`."""
    placed = set()
    for contract in tomllib.loads(contracts)["tool"]["importlinter"]["contracts"]:
        if contract["type"] == "layers":
            layers = [name.strip("() ") for layer in contract["layers"] for name in re.split("[|:]", layer)]
            placed |= {
                f"{container}.{name}".lstrip(".") for container in contract.get("containers", [""]) for name in layers
            }
    return {name.replace(".", "/") for name in placed}


def rooms(files: dict[str, str], contracts: str) -> dict[str, str]:
    """The room of each file: the nearest folder above it that has a charter, the docstring of its `__init__.py`, and a
    floor in the contracts."""
    placed = floors(contracts)
    charters = {
        folder
        for folder, name in (file.rsplit("/", 1) for file in files)
        if name == "__init__.py" and folder in placed and ast.get_docstring(ast.parse(files[f"{folder}/{name}"]))
    }
    folders = {file: [parent.as_posix() for parent in Path(file).parents] for file in files}
    return {file: next((name for name in names if name in charters), names[-2]) for file, names in folders.items()}


def largest_room(files: dict[str, str], contracts: str) -> tuple[str, int, int]:
    """The room with the most lines, its lines and its files."""
    lines, modules = Counter[str](), Counter[str]()
    for file, room in rooms(files, contracts).items():
        lines[room] += len(files[file].splitlines())
        modules[room] += 1
    name = max(lines, key=lambda room: lines[room])
    return name, lines[name], modules[name]


class Way(NamedTuple):
    """What a release passes through: files, functions, changes from one large room to another."""

    files: int
    functions: int
    changes: int


class Calls:
    """Notes each call of a function of a checkout, by thread, until the pointer of a store moves."""

    def __init__(self, checkout: Path) -> None:
        self.prefix, self.is_moved = f"{checkout}/", False
        self.by_thread: dict[int, list[tuple[str, str]]] = defaultdict(list)

    def __enter__(self) -> "Calls":
        sys.addaudithook(self._look_at_pointer)
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]

    def _look_at_pointer(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "os.rename" and os.path.basename(os.fsdecode(given[1])) == POINTER:
            self.is_moved = True

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or self.is_moved or code.co_name == "<module>":
            return
        if code.co_filename.startswith(self.prefix):
            file = code.co_filename.removeprefix(self.prefix)
            if file.startswith(tuple(f"{name}/" for name in PACKAGES)):
                self.by_thread[threading.get_ident()].append((file, code.co_qualname))

    @property
    def way(self) -> Way:
        """Changes of room are those within each thread."""
        calls = [*itertools.chain(*self.by_thread.values())]
        return Way(
            len({file for file, _ in calls}),
            len({*calls}),
            sum(changes([room_of(file) for file, _ in one]) for one in self.by_thread.values()),
        )


def changes(rooms: list[str]) -> int:
    """How often one room follows another one."""
    return sum(before != after for before, after in itertools.pairwise(rooms))


def count_release(checkout: Path, before: Path, file: Path) -> Way:
    """Ingest two files of one query into a new store, and count the calls of the second release."""
    from flows.release import release
    from schemas.forms.request import ReleaseRequest

    with tempfile.TemporaryDirectory() as folder:
        first, second = (ReleaseRequest(file=one, store=Path(folder) / "reporter=CHN") for one in (before, file))
        release.fn(first, TODAY)
        with Calls(checkout) as calls:
            release.fn(second, TODAY)
    if not calls.is_moved:
        raise RuntimeError(f"{checkout}: the second release was not published")
    return calls.way


def way_of(checkout: Path, files: list[Path]) -> Way:
    """What the release of the second file passes through in a checkout, counted in a process of its own."""
    command = [sys.executable, "-P", str(Path(__file__).resolve()), "--release", str(checkout), *map(str, files)]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=checkout, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return Way(*map(int, done.stdout.split()[-3:]))


def texts(checkout: Path, packages: tuple[str, ...]) -> dict[str, str]:
    """The modules of some packages by their path."""
    found = itertools.chain(*((checkout / package).rglob("*.py") for package in packages))
    return {path.relative_to(checkout).as_posix(): path.read_text(encoding="utf-8") for path in sorted(found)}


def measured(checkout: Path, files: list[Path]) -> Iterator[tuple[str, str]]:
    """Each measure of a checkout and its value."""
    program, formatted = texts(checkout, PACKAGES), texts(checkout, FORMATTED).values()
    trees = [ast.parse(text) for text in program.values()]
    contracts = (checkout / "pyproject.toml").read_text(encoding="utf-8")
    room, lines, modules = largest_room(program, contracts)
    way = way_of(checkout, files)
    yield "statements", f"{sum(map(statements, trees)):,}"
    yield "places left alone by the formatter", f"{sum(map(unformatted, formatted)):,}"
    yield f"lines over {LINE_MAX} letters", f"{sum(map(long_lines, formatted)):,}"
    yield "rooms", f"{len({*rooms(program, contracts).values()})}"
    yield "largest room", room
    yield "its lines", f"{lines:,}"
    yield "its files", f"{modules}"
    yield "files of a release", f"{way.files}"
    yield "functions of a release", f"{way.functions:,}"
    yield "changes of large room of a release", f"{way.changes:,}"
    yield "modules outside `tasks/sources` that name a source", f"{len(naming(program | declarations(checkout)))}"
    yield f"functions over {BRANCHES_MAX} branches", f"{sum(len(branching(tree)) for tree in trees)}"
    yield "names that are no nouns", f"{sum(len(vague_names(tree)) for tree in trees):,}"
    yield "months divided by hand", f"{sum(map(months_by_hand, program.values()))}"
    yield "class names used twice", f"{len(doubled(trees))}"


def drawn(files: dict[str, str], count: int, seed: int) -> list[tuple[str, int]]:
    """Modules of rooms and the lines with which pieces of them begin, drawn at random: a long module is drawn more
    often."""
    rooms = {file: len(text.splitlines()) for file, text in files.items() if room_of(file).startswith("tasks/")}
    places = [(file, line) for file, lines in rooms.items() for line in range(lines - PIECE_LINES + 1)]
    return random.Random(seed).sample(places, count)


def pieces(files: dict[str, str], count: int, seed: int) -> Iterator[str]:
    """The text of each piece, and then the place of each."""
    places = drawn(files, count, seed)
    for number, (file, line) in enumerate(places, 1):
        piece = files[file].splitlines()[line : line + PIECE_LINES]
        yield "\n".join([f"--- {number}", *piece])
    yield "\n".join(f"{number}: {file}, line {line + 1}" for number, (file, line) in enumerate(places, 1))


def commit_of(checkout: Path) -> str:
    """The commit of a checkout, with a plus where files of the program differ from it."""
    git = ["git", "-C", str(checkout)]
    commit = subprocess.run([*git, "rev-parse", "--short=8", "HEAD"], check=True, stdout=subprocess.PIPE, text=True)
    changed = subprocess.run([*git, "status", "--porcelain", "--", *PACKAGES], check=True, stdout=subprocess.PIPE)
    return commit.stdout.strip() + "+" * bool(changed.stdout)


def main() -> int:
    """Count, print a table, and record it if that was asked for."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--checkout", type=Path, action="append", default=[])
    ask.add_argument("--record", action="store_true")
    ask.add_argument("--release", type=Path, nargs=3, help=argparse.SUPPRESS)
    ask.add_argument("--draw", type=int)
    ask.add_argument("--seed", type=int, default=1)
    given = ask.parse_args()
    if given.draw:
        print(*pieces(texts(Path(__file__).resolve().parents[1], ("tasks",)), given.draw, given.seed), sep="\n")
        return 0
    if given.release:
        print(*count_release(*given.release))
        return 0
    from benchmarks import generate, results

    checkouts = [*(path.resolve() for path in given.checkout), Path(__file__).resolve().parents[1]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "files"
        generate.generate(generate.Size(date(2025, 1, 1), 2, 1, 300, 90, 25), folder)
        files = sorted(folder.glob("*.csv"))
        columns = [dict(measured(checkout, files)) for checkout in checkouts]
    rows = [[name, *(column[name] for column in columns)] for name in columns[0]]
    table = results.table(["", *map(commit_of, checkouts)], rows)
    print(table)
    if given.record:
        about = (
            "`python -m benchmarks.structure`: `tasks`, `flows`, `schemas` and `tidewaiter` of each commit; the release"
            " is a month of drawn trade into a store that has the month before, until its pointer moves."
        )
        results.put("The structure of the program", f"{results.machine()}\n\n{about}\n\n{table}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
