"""Defines the base of every table, and derives its Polars schema, Arrow schema and hash.

A model is written once; the Arrow schema (with description and unit in the field metadata), the dictionary page and the
schema hash in the lineage are derived from it, so that they cannot disagree.
"""

import functools
import hashlib
import json
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

import polars as pl

from schemas.code_files import read_texts
from schemas.columns import TableType

if TYPE_CHECKING:
    import pyarrow

Row = TypeVar("Row", bound="Table")

FLOWS = ("export", "import")
PARTITION_KEYS = ("flow", "year", "month")


class Table(metaclass=TableType):
    """A frame with exactly these columns in this order: a field for each, `name: polars type = column(...)`."""

    carries_more = False

    @classmethod
    def validate(cls, frame: pl.DataFrame, *, lazy: bool = False) -> "DataFrame[Self]":
        """Return the frame if it is as the table says.

        Raises:
            SchemaError: Of pandera, with the first failure; with `lazy` SchemaErrors, with all of them.
        """
        if cls.is_met_by(frame):
            return cast("DataFrame[Self]", frame)
        from schemas.validation import pandera_schema

        return cast("DataFrame[Self]", pandera_schema(cls).validate(frame, lazy=lazy))

    @classmethod
    def is_met_by(cls, frame: pl.DataFrame) -> bool:
        """Whether all is well. Where this is in doubt, pandera decides."""
        if not isinstance(frame, pl.DataFrame) or not cls._has_columns(frame.schema):
            return False
        found = [truth for name, field in cls.columns.items() for truth in field.doubts(name)]
        found += [rule().all() for rule in cls.rules.values()]
        return not found or bool(frame.select(pl.all_horizontal(found)).item())

    @classmethod
    def _has_columns(cls, schema: pl.Schema) -> bool:
        kinds = polars_schema(cls)
        if cls.carries_more:
            return all(schema.get(name) == kind for name, kind in kinds.items())
        return list(schema.items()) == list(kinds.items())


class DataFrame(pl.DataFrame, Generic[Row]):
    """A frame of a table: `DataFrame[Metric]` in an annotation names it, and `DataFrame[Metric](frame)` validates."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Validate the frame when Python notes of which table it was made. Raises SchemaError of pandera."""
        super().__setattr__(name, value)
        if name == "__orig_class__":
            (model,) = typing.get_args(value)
            model.validate(pl.DataFrame(self))


# Columns of lists; mypy cannot take an instance of a Polars type as an annotation.
if TYPE_CHECKING:
    Texts = list[str]
    Floats = list[float]
else:
    Texts, Floats = pl.List(pl.String), pl.List(pl.Float64)

Model = TypeVar("Model", bound=type[Table])


@dataclass(frozen=True)
class Layout:
    """How a published table lies on disk.

    `month_of` names the date column whose year and month a row is filed under; None means no partitions. `by_release`
    tables get files of their own from each release, which are never written again; the others are made again by month,
    or whole where they are not filed by month.
    Filed by month, a file lies under `<table>/flow=…/year=…/month=…/`, and the three keys are in the path alone: where
    a column says them too, readers disagree about which of the two to believe. `sort_by` is the order inside a file, and
    `rows_per_group` how many rows a reader who asks for one product must take with it: fewer let through less, and make
    the footers longer, which every reader reads. `is_compact` says that few bytes matter more than reading them quickly, as for
    everything that people download; what each release reads again is a fifth larger and read in half the time. `rests_on` are the
    code tables that decide what adds up or may be compared: where they have changed, a file counts as missing and is written again.
    """

    model: type[Table]
    sort_by: tuple[str, ...]
    month_of: str | None
    by_release: bool
    rows_per_group: int
    is_compact: bool
    rests_on: tuple[str, ...] = ()


PUBLISHED: dict[str, Layout] = {}


def published(
    *, sort_by: tuple[str, ...], month_of: str | None = None, by_release: bool = False, rows_per_group: int = 65_536,
    is_compact: bool = True, rests_on: tuple[str, ...] = (),
) -> Callable[[Model], Model]:  # fmt: skip
    """Register a table as one that readers get, under its name in snake_case."""

    def register(model: Model) -> Model:
        PUBLISHED[table_name(model)] = Layout(
            model, sort_by, month_of, by_release, rows_per_group, is_compact, rests_on
        )
        return model

    return register


def table_name(model: type[Table]) -> str:
    """The name readers see: TradeFlow -> trade_flow."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in model.__name__).lstrip("_")


def polars_schema(model: type[Table]) -> dict[str, pl.DataType]:
    """Column name -> Polars type, in order, of a frame in the making: words may be coded."""
    return {name: column.kind for name, column in model.columns.items()}


def readers_schema(model: type[Table]) -> dict[str, pl.DataType]:
    """The same as it is published and read: what is coded in the making is plain text."""
    return {
        name: pl.String() if isinstance(kind, (pl.Enum, pl.Categorical)) else kind
        for name, kind in polars_schema(model).items()
    }


def stored_columns(model: type[Table]) -> list[str]:
    """The columns that are inside a published file (the partition keys are in its path)."""
    names = list(polars_schema(model))
    layout = PUBLISHED.get(table_name(model))
    return [name for name in names if name not in PARTITION_KEYS] if layout and layout.month_of else names


@functools.cache
def arrow_schema(model: type[Table]) -> "pyarrow.Schema":
    """The Arrow schema of a published file: `description` and `unit` stand in each field's metadata."""
    import pyarrow

    fields = []
    columns = model.columns
    plain = pl.DataFrame(schema=readers_schema(model)).to_arrow().schema
    for name in stored_columns(model):
        field = columns[name]
        note = {"description": field.description, **({"unit": field.unit} if field.unit else {})}
        kind = _small(plain.field(name).type)
        fields.append(pyarrow.field(name, kind, field.nullable, {key: str(value) for key, value in note.items()}))
    return pyarrow.schema(fields)


def _small(kind: "pyarrow.DataType") -> "pyarrow.DataType":
    """Text and lists in their plain form: the large ones of Polars are unknown to some readers."""
    import pyarrow

    if pyarrow.types.is_large_list(kind):
        return pyarrow.list_(_small(kind.value_type))
    return pyarrow.string() if pyarrow.types.is_large_string(kind) or kind == pyarrow.string_view() else kind


@functools.cache
def schema_sha256(model: type[Table]) -> str:
    """Hash of names, types, nullability, descriptions, units and value checks, and of the code tables that it rests on."""
    columns = [
        [
            name,
            str(field.kind),
            field.nullable,
            field.description,
            {"unit": field.unit} if field.unit else None,
            sorted(map(str, field.checks)),
        ]
        for name, field in model.columns.items()
    ]
    layout = PUBLISHED.get(table_name(model))
    if layout is not None and layout.rests_on:
        columns += [[name, _rows_that_matter(name)] for name in layout.rests_on]
    return hashlib.sha256(json.dumps(columns, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _rows_that_matter(name: str) -> list[Any]:
    """The rows of a code table without names, notes and sources, on which no number rests."""
    return sorted(
        map(list, read_texts(name).drop("name_en", "name_zh", "note", "what", "source", strict=False).iter_rows())
    )


def empty_frame(model: type[Table]) -> pl.DataFrame:
    """A frame of this table without rows."""
    return pl.DataFrame(schema=polars_schema(model))
