"""Says in the forms of other tools what the published tables promise: an Open Data Contract, and sources of dbt.

Both are made of the models, as the guides of a snapshot are, with the places of the tables in a root. Belongs here:
these two forms. Does not belong here: what may change in which version (`docs/contracts.md`).
"""

import importlib.metadata
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from schemas.layouts import LAYOUTS
from schemas.table import columns, readers_schema, what
from tasks.catalogs.duckdb_file import OF_PATH, above, source
from tasks.catalogs.places import TablePlace, places
from tasks.store.places.reporters import Address

ODCS = "v3.1.0"
PURPOSE = (
    "Monthly foreign trade as customs publish it, validated, versioned and derived. Missing numbers are null, with a"
    " reason."
)
LIMITS = (
    "Each measure, each total (WLD, EU27) and each level of codes has rows of its own: filter measure, partner and"
    " product before adding up."
)
# Type of a column in the contract and in SQL.
KINDS: tuple[tuple[type[pl.DataType], str, str], ...] = (
    (pl.String, "string", "VARCHAR"),
    (pl.Date, "date", "DATE"),
    (pl.Boolean, "boolean", "BOOLEAN"),
    (pl.List, "array", "VARCHAR[]"),
    (pl.Float64, "number", "DOUBLE"),
    (pl.Float32, "number", "FLOAT"),
    (pl.Int32, "integer", "INTEGER"),
    (pl.Int8, "integer", "TINYINT"),
    (pl.Int64, "integer", "BIGINT"),
    (pl.UInt8, "integer", "UTINYINT"),
    (pl.UInt32, "integer", "UINTEGER"),
)


def odcs(root: Address, views: Path) -> bytes:
    """Return the contract of the tables of a root in the Open Data Contract Standard; the DuckDB file of their views is
    the server that has them. Raises NothingPublished.
    """
    tables = places(root)
    contract: dict[str, Any] = {
        "apiVersion": ODCS,
        "kind": "DataContract",
        "id": "tidewaiter-trade",
        "name": "trade",
        "version": importlib.metadata.version("tidewaiter"),
        "status": "active",
        "description": {"purpose": PURPOSE, "limitations": LIMITS, "usage": "docs/readers.md of Tidewaiter"},
        "schema": [_object(place, above(root)) for place in tables],
        # The tables lie in several folders, and in a bucket in none; the views are all in one place.
        "servers": [{"server": "views", "type": "duckdb", "database": str(views.absolute()), "schema": "main"}],
    }
    return _yaml(contract)


def dbt_sources(root: Address) -> bytes:
    """Return the sources of dbt over the tables of a root, read in place by dbt-duckdb. Raises NothingPublished."""
    sources = {
        "name": "trade",
        "description": f"{PURPOSE} {LIMITS}",
        "tables": [
            {
                "name": place.table,
                "description": what(place.table),
                "config": {"meta": {"external_location": _location(place, above(root))}},
                "columns": [_dbt_column(place, name) for name in _names(place)],
            }
            for place in places(root)
        ],
    }
    return _yaml({"version": 2, "sources": [sources]})


def _object(place: TablePlace, folder: str) -> dict[str, Any]:
    unique = LAYOUTS[place.table].sort_by
    return {
        "name": place.table,
        "physicalName": place.table,
        "physicalType": "table",
        "description": what(place.table),
        "dataGranularityDescription": f"sorted by {', '.join(unique)}",
        "properties": [_property(place, name) for name in _names_of_view(place)],
        "customProperties": [{"property": "location", "value": folder + place.files[0]}] if place.is_followed else [],
    }


def _property(place: TablePlace, name: str) -> dict[str, Any]:
    column = columns(place.table).get(name)
    kind, physical = _kind(place.table, name)
    partition = {"partitioned": True, "partitionKeyPosition": place.keys.index(name) + 1} if name in place.keys else {}
    unit = [{"property": "unit", "value": column.unit}] if column and column.unit else []
    return {
        "name": name,
        "logicalType": kind,
        "physicalType": physical,
        "description": column.description if column else OF_PATH[name],
        "required": not column.nullable if column else True,
        **partition,
        **({"items": {"logicalType": "string", "physicalType": "VARCHAR"}} if kind == "array" else {}),
        **({"customProperties": unit} if unit else {}),
    }


def _location(place: TablePlace, folder: str) -> str:
    # Without types of keys: dbt-duckdb takes braces for names of its own.
    return source(place, folder).partition(", hive_types")[0].rstrip(")") + ")"


def _dbt_column(place: TablePlace, name: str) -> dict[str, Any]:
    column = columns(place.table).get(name)
    meta = {"config": {"meta": {"unit": column.unit}}} if column and column.unit else {}
    return {
        "name": name,
        "description": column.description if column else OF_PATH[name],
        "data_type": _kind(place.table, name)[1],
        # A name may be a word of SQL: `check` of findings.
        "quote": True,
        **meta,
        **({} if column and column.nullable else {"data_tests": ["not_null"]}),
    }


def _names(place: TablePlace) -> list[str]:
    """The columns that a reader sees: the keys of the paths that are no columns of the model come first and last."""
    first = [name for name in place.keys if name not in ("flow", "year", "month")]
    last = [name for name in place.keys if name in ("year", "month")]
    return [*dict.fromkeys([*first, *columns(place.table), *last])]


def _names_of_view(place: TablePlace) -> list[str]:
    """The columns that the view of the DuckDB file has: those of the files, and the month that a row is filed under."""
    names = _names(place)
    if LAYOUTS[place.table].lacks_period:
        names.insert(names.index("period_start"), "period")
    return names


def _kind(table: str, name: str) -> tuple[str, str]:
    if name not in columns(table):
        if name == "period":
            return "date", "DATE"
        return ("integer", "INTEGER") if name in ("year", "month") else ("string", "VARCHAR")
    kind_of_column = readers_schema(table)[name]
    return next((logical, physical) for kind, logical, physical in KINDS if isinstance(kind_of_column, kind))


def _yaml(content: dict[str, Any]) -> bytes:
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
    return text.encode()
