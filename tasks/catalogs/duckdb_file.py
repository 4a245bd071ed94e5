"""Writes one DuckDB file of views over all reporters of a root, for analysts and their tools.

Each published table is a view, and each column has the description that its model gives it. The file has no rows: in a
folder its views follow the pointers, and of a bucket they name the files of the states that are current when it is
written. Belongs here: the views, the macros and their comments. Does not belong here: where files lie (`places`).
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from schemas.layouts import LAYOUTS
from schemas.store_address import S3Url
from schemas.table import columns, what
from tasks.catalogs.extra import extra
from tasks.catalogs.places import TablePlace, places
from tasks.store.places.reporters import Address
from tasks.store.snapshots.outside import file_outside, write_outside

# Files that later versions of DuckDB and those since 1.0 read.
STORAGE = {"storage_compatibility_version": "v1.0.0"}
OF_PATH = {
    "reporter": "whose figures they are: the country, or group of countries, whose customs publish them",
    "flow": "direction of trade as the reporter counts it: export or import",
    "year": "year of the month under which the row is filed",
    "month": "month of the year under which the row is filed, 1 to 12",
    "period": "first day of the month under which the row is filed",
    "exporter": "who exports, ISO 3166-1 alpha-3",
    "importer": "who imports, ISO 3166-1 alpha-3",
    "product_name": "name of `product` to show",
    "partner_name": "name of `partner` to show",
}
KEY = "flow, product, partner, measure, period"
_NAMED = """select t.*, product.name as product_name, partner.name as partner_name
from {table} t
left join product using (reporter, product) left join partner using (reporter, partner)"""
_IS_SUM = "coalesce(partner in (select p.partner from partner p where p.kind in ('total', 'group')), false)"


class View(NamedTuple):
    """A view that is made of others: of which, by which query, what its rows are."""

    of: tuple[str, ...]
    query: str
    what: str


VIEWS = {
    "wide": View(
        ("trade_flow", "product", "partner"),
        _NAMED.format(table="trade_flow"),
        "`trade_flow` with names: a row for each flow, product, partner and month, with kilograms and values.",
    ),
    "long": View(
        ("metric", "product", "partner"),
        _NAMED.format(table="metric"),
        "`metric` with names: a row for each measure too, with level, growth, year to date, share and rank.",
    ),
    "totals": View(
        ("metric", "product", "partner"),
        f"select * from long where partner = 'WLD' or {_IS_SUM}",
        "The rows of `long` of the world (WLD) and of groups of partners: each is a sum, add none of them up.",
    ),
    "partners": View(
        ("metric", "product", "partner"),
        f"select * from long where partner <> 'WLD' and not {_IS_SUM}",
        "The rows of `long` of single partners. Filter one measure and one level of codes before you add them up.",
    ),
    "doubts": View(
        ("metric", "doubt", "finding"),
        f"select m.*, d.* exclude (reporter, year, month, {KEY}), f.subject, f.observed, f.expected from metric m"
        f" join doubt d using (reporter, {KEY}) join finding f using (reporter, release_id, number)",
        "The rows of `metric` about whose numbers a finding is open, once for each finding, with what it found.",
    ),
}
MACROS = {
    "as_of": View(
        ("observation",),
        "(day) as table select * from observation"
        " where known_from <= cast(day as date) and (known_until is null or known_until > cast(day as date))",
        "The numbers of `observation` as they were known on a day: from as_of('2025-07-20').",
    ),
    "world": View(
        ("metric", "product", "partner"),
        "() as table select * from long where partner = 'WLD'",
        "The rows of `long` of the world total: from world().",
    ),
}


class WrittenCatalog(NamedTuple):
    """What a file has: the names of its views, the published states that they were made of, and whether its paths are
    relative to its folder."""

    views: tuple[str, ...]
    states: tuple[str, ...]
    is_relative: bool


def write_duckdb(root: Address, output: Path) -> WrittenCatalog:
    """Write the file at once, in place of one that is there. Raises MissingExtra, NothingPublished, and ValueError
    where the place is inside a store, or DuckDB cannot find the root.

    In the root itself its paths are relative, so that the folder can be copied with it; elsewhere they are absolute,
    and where the name of the folder has a comma, which parts the folders in which DuckDB searches.
    """
    if isinstance(root, Path) and "\\" in str(root.resolve()):
        raise ValueError(
            f"{root}: DuckDB takes the \\ in {root.resolve()} for the end of a folder's name, and finds no file. Give"
            " the folder another name."
        )
    target, tables = file_outside(output), places(root)
    is_inside = isinstance(root, Path) and target.parent == root.resolve() and "," not in str(target)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "views.duckdb"
        with extra("duckdb", "a DuckDB file").connect(str(file), config=STORAGE) as connection:
            _reach(connection, root)
            names = [*_tables(connection, tables, "" if is_inside else above(root)), *_combined(connection, tables)]
        data = file.read_bytes()
    write_outside(target, data)
    states = dict.fromkeys(state for place in tables for state in place.states)
    return WrittenCatalog(tuple(names), tuple(states), is_inside)


def _reach(connection: Any, root: Address) -> None:
    """Let this connection read the files of a root; the settings stay outside the file."""
    if isinstance(root, S3Url):
        from tasks.store.bucket.s3 import file_system

        connection.register_filesystem(file_system())
    else:
        connection.execute(f"set file_search_path = {_text(str(root.resolve()))}")


def above(root: Address) -> str:
    """What stands before the patterns of a root in a program that runs elsewhere; a bucket has addresses."""
    return "" if isinstance(root, S3Url) else f"{_escaped(root.resolve())}/"


def _escaped(folder: Path) -> str:
    """A folder whose name has signs of patterns."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(folder))


def _tables(connection: Any, tables: Iterable[TablePlace], folder: str) -> Iterator[str]:
    for place in tables:
        files = source(place, folder)
        in_files = {row[0] for row in connection.execute(f"describe select * from {files}").fetchall()}
        texts = _descriptions(place.table)
        first, last = [key for key in place.keys if key not in ("flow", "year", "month")], ("flow", "year", "month")
        names = dict.fromkeys([*first, *columns(place.table), *last])
        shown = [_name(name) for name in names if name in in_files]
        if LAYOUTS[place.table].lacks_period:
            shown.insert(shown.index(_name("period_start")), "make_date(year, month, 1) as period")
        if place.reporter:
            shown.insert(0, f"{_text(place.reporter)} as reporter")
        pinned = f" Of {', '.join(place.states)}." if not place.is_followed else ""
        yield _view(
            connection, place.table, f"select {', '.join(shown)} from {files}", what(place.table) + pinned, texts
        )


def source(place: TablePlace, folder: str) -> str:
    """The rows of a table as DuckDB reads them, with the keys of their paths."""
    files = ", ".join(_text(folder + file) for file in place.files)
    kinds = ", ".join(f"{key}: {'integer' if key in ('year', 'month') else 'varchar'}" for key in place.keys)
    hive = f", hive_partitioning = true, hive_types = {{{kinds}}}" if kinds else ", hive_partitioning = false"
    return f"read_parquet([{files}]{hive})"


def _combined(connection: Any, tables: Iterable[TablePlace]) -> Iterator[str]:
    present = {place.table for place in tables}
    for name, view in VIEWS.items():
        if present.issuperset(view.of):
            texts = {column: text for table in view.of[::-1] for column, text in _descriptions(table).items()}
            yield _view(connection, name, view.query, view.what, texts)
    for name, macro in MACROS.items():
        if present.issuperset(macro.of):
            connection.execute(f"create macro {name}{macro.query}")
            connection.execute(f"comment on macro table {name} is {_text(macro.what)}")


def _view(connection: Any, name: str, query: str, about: str, texts: Mapping[str, str]) -> str:
    connection.execute(f"create view {name} as {query}")
    connection.execute(f"comment on view {name} is {_text(about)}")
    rows = connection.execute("select column_name from duckdb_columns() where table_name = ?", [name]).fetchall()
    for (column,) in rows:
        if text := texts.get(column, ""):
            connection.execute(f"comment on column {name}.{_name(column)} is {_text(text)}")
    return name


def _descriptions(table: str) -> dict[str, str]:
    units = {name: f" ({column.unit})" if column.unit else "" for name, column in columns(table).items()}
    return OF_PATH | {name: f"{column.description}{units[name]}" for name, column in columns(table).items()}


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
