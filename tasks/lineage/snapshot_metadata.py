"""Describes a snapshot for people and programs that have nothing but its folder: README.md, datapackage.json and
croissant.json.

Belongs here: what these files say, made of the models of the tables, the list of files and the releases. Does not
belong here: when they are written (`store.publish`). Nothing of the machine or the clock is in them, so equal tables
have equal descriptions.
"""

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from schemas.table import Column, columns, readers_schema, stored_columns, what
from tasks.domain.labels import country, customs_of
from tasks.sources.registry import SOURCES
from tasks.store.files.manifest import FileEntry

README, PACKAGE, CROISSANT = "README.md", "datapackage.json", "croissant.json"
MADE_WITH = "Tidewaiter"
PARQUET, PARQUET_OF_CROISSANT = "application/vnd.apache.parquet", "application/x-parquet"
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "citeAs": "cr:citeAs",
    "conformsTo": "dct:conformsTo",
    "column": "cr:column",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "equivalentProperty": "cr:equivalentProperty",
    "rai": "http://mlcommons.org/croissant/RAI/",
}
# Type of a column in a data package and in Croissant. A list is "any": readers of Parquet make arrays of it that are no
# JSON.
KINDS: tuple[tuple[type[pl.DataType], str, str], ...] = (
    (pl.String, "string", "sc:Text"),
    (pl.Date, "date", "sc:Date"),
    (pl.Boolean, "boolean", "sc:Boolean"),
    (pl.List, "any", "sc:Text"),
    (pl.Float64, "number", "sc:Float"),
    (pl.Float32, "number", "sc:Float"),
)


def describer(releases: pl.DataFrame, whose: Sequence[str] = ()) -> Callable[[Sequence[FileEntry]], dict[str, bytes]]:
    """Return a function that describes a list of files: name -> bytes; `releases` are those that the tables rest on.

    `whose` are the reporters; without it those of the releases.
    """
    reporters = [*whose] or releases["reporter"].unique().sort().to_list()
    sources = {name: SOURCES[name].licence for name in releases["source"].unique().sort()}
    day = str(releases["released_on"].max())

    def describe(files: Sequence[FileEntry]) -> dict[str, bytes]:
        tables = {
            name: [*some]
            for name, some in groupby(sorted(files, key=lambda entry: entry.path), lambda entry: entry.table)
        }
        about = _about(reporters, sources, day)
        return {
            README: _readme(about, sources, tables).encode(),
            PACKAGE: _json(_package(about, sources, tables)),
            CROISSANT: _json(_croissant(about, sources, tables)),
        }

    return describe


def _about(reporters: Sequence[str], sources: Mapping[str, str], day: str) -> dict[str, str]:
    names = [country(reporter) for reporter in reporters]
    return {
        "name": f"trade-{'-'.join(reporters).lower()}",
        "title": f"Monthly foreign trade of {' and '.join(names)}",
        "day": day,
        "publisher": " and ".join(map(customs_of, reporters)),
        "cite": (
            f"{' and '.join(map(customs_of, reporters))}, as known on {day}, snapshot <name of the folder of this file>"
        ),
        "description": (
            f"Exports and imports by month, product and partner as {' and '.join(names)}"
            f" publish{'es' * (len(names) == 1)} them ({', '.join(sources)}), validated, versioned and derived. Missing"
            " numbers are null, with a reason."
        ),
    }


def _readme(about: Mapping[str, str], sources: Mapping[str, str], tables: Mapping[str, list[FileEntry]]) -> str:
    read = "metric" if "metric" in tables else max(tables, key=lambda name: len(tables[name]), default="")
    lines = [
        f"# {about['title']}",
        about["description"],
        (
            f"This folder is one published state of the tables, as known on {about['day']}. It never changes: what is"
            " published later lies in another folder. `manifest.json` has the hash of each file."
        ),
        "## Tables",
        "| table | rows | what it has |\n|---|--:|---|\n"
        + "\n".join(
            f"| `{name}` | {sum(entry.rows for entry in files):,} | {what(name)} |" for name, files in tables.items()
        ),
        (
            "The columns, with their units, are in `datapackage.json` and in the metadata of each Parquet file. Flow,"
            " year and month are in the path where a table is filed by month. Each measure, each total (`WLD`, `EU27`)"
            " and each level of codes has rows of its own: filter `measure`, `partner` and `product` before you add up."
        ),
        "## How to read them",
        "```\n"
        f"DuckDB   from read_parquet('_{read}/**/*.parquet', hive_partitioning = true)\n"
        f'pandas   pandas.read_parquet("_{read}")\n'
        f'Polars   pl.scan_parquet("_{read}")\n'
        f'R        arrow::open_dataset("_{read}")\n```',
        "## Licence of the sources",
        "\n".join(f"- `{name}`: {licence}" for name, licence in sources.items()),
        "## Citation",
        about["cite"],
    ]
    return "\n\n".join(lines) + "\n"


def _package(
    about: Mapping[str, str], sources: Mapping[str, str], tables: Mapping[str, list[FileEntry]]
) -> dict[str, Any]:
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": about["name"],
        "title": about["title"],
        "description": about["description"],
        "version": about["day"],
        "sources": [{"title": name, "description": licence} for name, licence in sources.items()],
        "contributors": [
            {"title": about["publisher"], "roles": ["publisher"]},
            {"title": MADE_WITH, "roles": ["wrangler"]},
        ],
        "resources": [_resource(name, files) for name, files in tables.items()],
    }


def _resource(name: str, files: list[FileEntry]) -> dict[str, Any]:
    paths = [entry.path for entry in files]
    # No bytes and hashes: they are in the manifest, and programs that read Parquet do not count them.
    return {
        "name": name.replace("_", "-"),
        "title": name,
        "description": what(name),
        "path": paths[0] if len(paths) == 1 else paths,
        "format": "parquet",
        "mediatype": PARQUET,
        "schema": {"fields": [_package_field(*field) for field in _fields(name)]},
    }


def _package_field(column: Column, kind: pl.DataType) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": _type(column, kind)[0],
        "description": column.description,
        **({"unit": column.unit} if column.unit else {}),
        **({} if column.nullable else {"constraints": {"required": True}}),
    }


def _croissant(
    about: Mapping[str, str], sources: Mapping[str, str], tables: Mapping[str, list[FileEntry]]
) -> dict[str, Any]:
    publisher = {"@type": "sc:Organization", "name": about["publisher"]}
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": about["name"],
        "alternateName": about["title"],
        "description": about["description"],
        "version": "1.0.0",
        "datePublished": about["day"],
        "creator": publisher,
        "publisher": publisher,
        "citeAs": about["cite"],
        "isLiveDataset": True,
        "license": [f"{name}: {licence}" for name, licence in sources.items()],
        "distribution": [
            {
                "@type": "cr:FileSet",
                "@id": f"{name}-files",
                "name": name,
                "encodingFormat": PARQUET_OF_CROISSANT,
                "includes": f"_{name}/**/*.parquet",
            }
            for name in tables
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": name,
                "name": name,
                "description": what(name),
                "field": [_croissant_field(name, *field) for field in _fields(name)],
            }
            for name in tables
        ],
    }


def _croissant_field(table: str, column: Column, kind: pl.DataType) -> dict[str, Any]:
    unit = f" ({column.unit})" if column.unit else ""
    package_type, croissant_type = _type(column, kind)
    return {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": column.name,
        "description": f"{column.description}{unit}",
        "dataType": croissant_type,
        "source": {"fileSet": {"@id": f"{table}-files"}, "extract": {"column": column.name}},
        **({"repeated": True} if package_type == "any" else {}),
    }


@functools.cache
def _fields(table: str) -> list[tuple[Column, pl.DataType]]:
    """The columns in the files of a table with their types."""
    by_name, schema = columns(table), readers_schema(table)
    return [(by_name[name], schema[name]) for name in stored_columns(table)]


def _type(column: Column, kind: pl.DataType) -> tuple[str, str]:
    """The type of a column in a data package and in Croissant."""
    # Pandas makes numbers with a fraction of whole ones where one is missing.
    whole = ("number" if column.nullable else "integer", "sc:Integer")
    return next(((package, croissant) for one, package, croissant in KINDS if isinstance(kind, one)), whole)


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
