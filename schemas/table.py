"""Derives the Polars schema, Arrow schema and hash of a table from what its model says of its columns.

A model is written once, in `schemas/tables/`. What it says of its columns stands in `tables.json` too, which `make
dictionary` writes: pandera takes longer to import than most commands run, so code that makes, checks or reads a table
reads the file. A test compares file and model.
"""

import ast
import functools
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from schemas.code_files import read_texts
from schemas.layouts import LAYOUTS, PARTITION_KEYS

if TYPE_CHECKING:
    import pyarrow

FILE = Path(__file__).with_name("tables.json")


class Column(NamedTuple):
    """What the model of a table says of a column: Polars type, unit and checks as texts."""

    name: str
    kind: str
    nullable: bool
    description: str
    unit: str | None
    checks: list[str]


@functools.cache
def _models() -> dict[str, dict[str, Any]]:
    models: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return models


@functools.cache
def _file() -> dict[str, list[Column]]:
    return {name: [Column(*column) for column in table["columns"]] for name, table in _models().items()}


def what(table: str) -> str:
    """What the rows of a table are, in a paragraph."""
    return str(_models()[table]["what"])


def columns(table: str) -> dict[str, Column]:
    """The columns of a table by name, in order."""
    return {column.name: column for column in _file()[table]}


@functools.cache
def unique_columns(table: str) -> tuple[str, ...]:
    """The columns of which no two rows have the same value."""
    return tuple(_models()[table].get("unique", ()))


def polars_schema(table: str) -> dict[str, pl.DataType]:
    """Column name -> Polars type, in order, of a frame in the making: words may be coded."""
    return {column.name: _kind(column.kind) for column in _file()[table]}


def readers_schema(table: str) -> dict[str, pl.DataType]:
    """The same as it is published and read: what is coded in the making is plain text."""
    return {
        name: pl.String() if isinstance(kind, (pl.Enum, pl.Categorical)) else kind
        for name, kind in polars_schema(table).items()
    }


@functools.cache
def _kind(text: str) -> pl.DataType:
    """A Polars type by its text, such as `List(String)`."""
    name, _, inner = text.removesuffix(")").partition("(")
    if name == "Enum":
        return pl.Enum(ast.literal_eval(inner.removeprefix("categories=")))
    kind: pl.DataType = getattr(pl, name)(*([_kind(inner)] if inner else []))
    return kind


def stored_columns(table: str) -> list[str]:
    """The columns that are inside a published file (the partition keys are in its path)."""
    layout = LAYOUTS.get(table)
    return [name for name in columns(table) if not (layout and layout.month_of and name in PARTITION_KEYS)]


@functools.cache
def arrow_schema(table: str) -> "pyarrow.Schema":
    """The Arrow schema of a published file: `description` and `unit` stand in each field's metadata."""
    import pyarrow

    fields, columns_by_name = [], columns(table)
    plain = pl.DataFrame(schema=readers_schema(table)).to_arrow().schema
    for name in stored_columns(table):
        column = columns_by_name[name]
        note = {"description": column.description, **({"unit": column.unit} if column.unit else {})}
        fields.append(pyarrow.field(name, _small(plain.field(name).type), column.nullable, note))
    return pyarrow.schema(fields)


def _small(kind: "pyarrow.DataType") -> "pyarrow.DataType":
    """Text and lists in their plain form: the large ones of Polars are unknown to some readers."""
    import pyarrow

    if pyarrow.types.is_large_list(kind):
        return pyarrow.list_(_small(kind.value_type))
    return pyarrow.string() if pyarrow.types.is_large_string(kind) or kind == pyarrow.string_view() else kind


@functools.cache
def schema_sha256(table: str) -> str:
    """Hash of names, types, nullability, descriptions, units and value checks, and of the code tables that it rests
    on."""
    content: list[list[Any]] = [
        [*column[:4], {"unit": column.unit} if column.unit else None, column.checks] for column in _file()[table]
    ]
    layout = LAYOUTS.get(table)
    for name in layout.rests_on if layout else ():
        # No number rests on names, notes and sources.
        rows = read_texts(name).drop("name_en", "name_zh", "note", "what", "source", strict=False)
        content.append([name, sorted(map(list, rows.iter_rows()))])
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def empty_frame(table: str) -> pl.DataFrame:
    """A frame of this table without rows."""
    return pl.DataFrame(schema=polars_schema(table))
