"""What `benchmarks/structure.py` counts, in drawn source text."""

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from benchmarks import structure
from schemas.names import FIGURES

ROOT = Path(structure.__file__).parents[1]


@pytest.fixture(scope="module")
def program() -> dict[str, str]:
    """The text of each module of the program."""
    return structure.texts(ROOT, structure.PACKAGES)


@pytest.fixture(scope="module")
def trees(program: dict[str, str]) -> dict[str, ast.Module]:
    return {file: ast.parse(text) for file, text in program.items()}


MODULE = '''
"""A docstring."""

import os
from pathlib import Path


class Part:
    """Another one."""

    size: int = 3

    def grow(self):
        """And another one."""
        def inside():
            return 1 if self.size else 2
        for step in range(3):
            if step and self.size:
                self.size += step
        return inside()


class Bare:
    class Config:
        """Of this class alone."""
'''


def test_imports_and_docstrings_are_no_statements() -> None:
    """Two classes, two functions, an annotation, a loop, a condition, an addition, two returns, a class inside
    one, whose docstring is none."""
    assert structure.statements(ast.parse(MODULE)) == 11
    assert structure.classes(ast.parse(MODULE)) == ["Part", "Bare"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("return 1", 0),
        ("if a and b and c:\n  pass\nelif d or e:\n  pass\nelse:\n  pass", 4),
        ("return [x for x in y for z in x if z]", 2),
        ("while a:\n  try:\n    pass\n  except OSError:\n    pass\n  except ValueError:\n    pass", 3),
        ("match a:\n  case 1:\n    pass\n  case _:\n    pass", 2),
        ("def g():\n  return 1 if a else 2\nreturn lambda: a or b", 1),
    ],
)
def test_a_branch_is_what_chooses_or_repeats(text: str, count: int) -> None:
    (function,) = ast.parse("def f():\n" + "\n".join(f"  {line}" for line in text.split("\n"))).body
    assert isinstance(function, ast.FunctionDef)
    assert structure.branches(function) == count


def test_functions_are_named_that_have_more_branches_than_are_allowed() -> None:
    def branching(count: int) -> list[str]:
        return structure.branching(ast.parse("def f():\n" + "  if a: pass\n" * count))

    assert (branching(structure.BRANCHES_MAX), branching(structure.BRANCHES_MAX + 1)) == ([], ["f"])


def test_names_that_are_no_nouns_and_months_by_hand_are_counted() -> None:
    text = "def said(own, of): found = own.made; of.told = [word for word in found]\nclass Mine: ..."
    assert sorted(structure.vague_names(ast.parse(text))) == ["Mine", "found", "own", "said", "told", "word"]
    assert structure.months_by_hand("a // 12 + b % YEAR + 100 % of + c % 120") == 2


def test_lines_are_counted_in_letters() -> None:
    assert structure.long_lines(f"{'稀' * 120}\n{'x' * 121}\n\n{'y' * 400}") == 2
    assert (
        structure.unformatted("a = 1  # fmt: skip\nb = '# fmt: skipped'\nc = [  # fmt: off\n]  # fmt: skip  # a") == 2
    )


FILES = {
    "tasks/sources/moon_rocks.py": "SOURCE = 1\n",
    "tasks/sources/moon_site.py": "def fetch(): 'asks moon_rocks'\n",
    "tasks/sources/offices/published.py": "SOURCE = 2\n",
    "tasks/a/one.py": "kind = 'moon_rocks'\n" * 5,
    "tasks/a/b/two.py": "# as moon_site and as what is published\n",
    "flows/three.py": "'''Of moon_rocks.'''\nmoon_rocks_too = 1\n" * 9,
    "flows/four.py": "moon_rocks_too = 1\n",
}


def test_a_module_that_names_a_source_is_found_outside_the_room_of_sources() -> None:
    assert structure.naming(FILES) == ["tasks/a/one.py", "flows/three.py"]
    assert structure.naming({"flows/three.py": FILES["flows/three.py"]}) == []


def test_no_module_outside_the_room_of_sources_names_a_source(program: dict[str, str]) -> None:
    """What is to know of a source is in its `SOURCE`."""
    program = program | structure.declarations(Path(structure.__file__).parents[1])
    assert len(structure.sources_in(program)) > 10
    assert structure.naming(program) == []


def test_no_function_has_too_many_branches(trees: dict[str, ast.Module]) -> None:
    over = {file: structure.branching(tree) for file, tree in trees.items()}
    assert {file: names for file, names in over.items() if names} == {}


def test_no_two_classes_have_one_name(trees: dict[str, ast.Module]) -> None:
    assert structure.doubled([ast.parse("class A: ..."), ast.parse("class B: ...\nclass A: ...")]) == ["A"]
    assert structure.doubled(trees.values()) == []


# What lists figures for another reason than that it knows something of them.
LISTING = {
    "tasks/lineage/formulas.py": "recipes of the trace, a second opinion that says what it knows itself",
    "tasks/analysis/reporter/movers.py": "columns that are read",
    "tasks/claims/readings.py": "columns that are read",
    "tasks/pages/brief/facts.py": "what a page says of prices",
    "tasks/pages/release/release_page.py": "what a page says first of a product",
    "tasks/pages/site/partner_pages.py": "what a page shows",
    "tasks/pages/series/data.py": "what a page shows",
    "tasks/pages/series/page.py": "what a page shows",
}


def lists_of_figures(tree: ast.Module) -> list[set[str]]:
    """What a module writes out as a tuple, list, set or as the keys of a dictionary and names three figures or more."""
    groups = []
    for node in ast.walk(tree):
        items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else getattr(node, "keys", None)
        if isinstance(items, list):
            groups.append({item.value for item in items if isinstance(item, ast.Constant)} & {*FIGURES})
    return [group for group in groups if len(group) > 2]


def test_no_module_lists_figures_but_the_one_that_defines_them(trees: dict[str, ast.Module]) -> None:
    drawn = ast.parse('a = ["level", "ytd", "rank"]; b = {"level": 1, "rank": 2, "c": 3}')
    assert lists_of_figures(drawn) == [{"level", "ytd", "rank"}]
    listing = {file for file, tree in trees.items() if lists_of_figures(tree)}
    assert "schemas/figures.py" in listing
    assert listing - {"schemas/figures.py", *LISTING} == set()


ROOMS = {
    "tasks/__init__.py": "'''Floor.'''",
    "tasks/a/__init__.py": "'''A room.'''",
    "tasks/a/one.py": "a = 1\n" * 5,
    "tasks/a/b/__init__.py": "'''A room within it.'''",
    "tasks/a/b/c/two.py": "b = 1\n" * 9,
    "tasks/a/d/__init__.py": "",
    "tasks/a/d/three.py": "is_without_charter = True\n" * 2,
    "tasks/a/e/__init__.py": "'''A folder that no contract names.'''",
    "tasks/a/e/four.py": "",
    "flows/__init__.py": "",
    "flows/five.py": "",
}
CONTRACTS = """
[[tool.importlinter.contracts]]
type = "layers"
layers = ["flows", "tasks"]
[[tool.importlinter.contracts]]
type = "layers"
containers = ["tasks"]
layers = ["(a)"]
[[tool.importlinter.contracts]]
type = "layers"
containers = ["tasks.a"]
layers = ["b | one", "d : f"]
[[tool.importlinter.contracts]]
type = "forbidden"
source_modules = ["tasks.a.e"]
"""


def test_a_room_is_a_folder_with_a_charter_and_a_floor() -> None:
    outer = ["__init__.py", "one.py", "d/__init__.py", "d/three.py", "e/__init__.py", "e/four.py"]
    assert structure.rooms(ROOMS, CONTRACTS) == {
        "tasks/__init__.py": "tasks",
        **{f"tasks/a/{file}": "tasks/a" for file in outer},
        **dict.fromkeys(["tasks/a/b/__init__.py", "tasks/a/b/c/two.py"], "tasks/a/b"),
        **dict.fromkeys(["flows/__init__.py", "flows/five.py"], "flows"),
    }
    assert structure.largest_room(ROOMS, CONTRACTS) == ("tasks/a/b", 10, 2)


# What somebody reads in an hour.
ROOM_LINES_MAX = 3_000


def test_no_room_is_too_large_and_each_has_a_charter_that_says_what_belongs_there(
    program: dict[str, str], trees: dict[str, ast.Module]
) -> None:
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert structure.largest_room(program, contracts)[1] <= ROOM_LINES_MAX
    names = {*structure.rooms(program, contracts).values()} - {"tidewaiter"}
    assert len(names) > 50
    charters = {name: ast.get_docstring(trees[f"{name}/__init__.py"]) or "" for name in names}
    assert [name for name, charter in charters.items() if "belong" not in charter.lower()] == []


def test_pieces_are_drawn_from_rooms_by_line_and_alike_for_one_seed() -> None:
    files = {
        "tasks/a/one.py": "a\n" * 19,
        "tasks/a/two.py": "b\n" * 20,
        "flows/c.py": "c\n" * 99,
        "tasks/d/e.py": "d\n" * 30,
    }
    assert {*structure.drawn(files, 12, 3)} == {("tasks/a/two.py", 0), *(("tasks/d/e.py", line) for line in range(11))}
    assert structure.drawn(files, 5, 3) == structure.drawn(files, 5, 3) != structure.drawn(files, 5, 4)
    *texts, places = structure.pieces(files, 2, 3)
    assert [len(text.splitlines()) for text in texts] == [21, 21]
    assert places.count(", line ") == 2


CHECKOUT = {
    "tasks/high/up.py": """
        from tasks.low.down import square, later
        def publish(store):
            def twice(number):
                return square(square(number))
            twice(2)
            twice(3)
            move(store)
            later()
        def move(store):
            (store / "spare").symlink_to("somewhere")
            (store / "spare").replace(store / ".current")
        """,
    "tasks/low/down.py": """
        def square(number):
            return number * number
        def later():
            return None
        """,
    "schemas/forms/request.py": """
        class ReleaseRequest:
            def __init__(self, file, store):
                self.file, self.store = file, store
        """,
    "flows/release.py": """
        import threading
        from tasks.high.up import publish
        from tasks.low.down import square
        class release:
            @staticmethod
            def fn(request, today):
                request.store.mkdir(exist_ok=True)
                thread = threading.Thread(target=square, args=(2,))
                thread.start()
                thread.join()
                if request.file.stem != "same":
                    publish(request.store)
        """,
}


def test_the_way_of_a_release_ends_where_its_pointer_moves(tmp_path: Path) -> None:
    """What is called later is not counted, and a thread is a way of its own."""
    for name, text in CHECKOUT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(dedent(text))
        for folder in (tmp_path / name).relative_to(tmp_path).parents[:-1]:
            (tmp_path / folder / "__init__.py").touch()
    # The rooms: fn | publish twice | square square | twice | square square | move
    way = structure.way_of(tmp_path, [tmp_path / "first.csv", tmp_path / "second.csv"])
    assert way == structure.Way(files=3, functions=5, changes=5)


# What was found, by the form of a refusal and of a damaged file; columns of code tables that a person may replace.
NAMES_KEPT = {
    "schemas/forms/watch.py": ["found"],
    "schemas/reference/models.py": ["word", "word", "word"],
    "tasks/domain/errors.py": ["found", "found"],
    "tasks/store/files/verify.py": ["found"],
}


def test_names_are_the_noun_of_the_thing(trees: dict[str, ast.Module]) -> None:
    """A variable called found, made or own says of nothing what it is."""
    vague = {file: structure.vague_names(tree) for file, tree in trees.items()}
    assert {file: names for file, names in vague.items() if names} == NAMES_KEPT


def test_months_become_years_in_one_place(program: dict[str, str]) -> None:
    assert {file for file, text in program.items() if structure.months_by_hand(text)} == set()
