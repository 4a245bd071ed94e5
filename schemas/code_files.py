"""Locates the files of the code tables and reads them as texts, before a model validates them.

The tables come with the package. A folder named by the environment variable TIDEWAITER_REFERENCE may have some of them
too: a file there replaces the packaged one of the same name. A folder named by TIDEWAITER_SOURCES has declarations of
flat sources of one's own: what their values mean, and their partners, are rows of two tables besides.
"""

import csv
import functools
import re
import tomllib
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from schemas import settings

if TYPE_CHECKING:
    import polars as pl

FOLDER = Path(__file__).parent / "reference"
VARIABLE = settings.REFERENCE
# Where declarations of one's own have rows.
OWN_TABLES = ("statement_terms", "partner_codes")
WORLD = "WLD"
# Levels of codes that are common to all customs.
SHARED = ("HS2", "HS4", "HS6")


class BrokenTable(ValueError):
    """A code table that somebody edited and that cannot be used: which file, where, and what was expected there."""


def table_files() -> dict[str, Path]:
    """Return the file of each code table by its name, as in `files["units"]`.

    Raises:
        BrokenTable: The folder that the environment names is not there, or has a file that replaces no table.
    """
    packaged = {file.stem: file for file in sorted(FOLDER.glob("*.csv"))}
    named = settings.value(VARIABLE)
    if not named:
        return packaged
    folder = Path(named)
    if not folder.is_dir():
        raise BrokenTable(f"{VARIABLE} names {named}, and there is no such folder: create it, or unset the variable")
    replacing = {file.name: file for file in sorted(folder.iterdir()) if not file.name.startswith(".")}
    if unknown := sorted(replacing.keys() - {file.name for file in packaged.values()}):
        raise BrokenTable(
            f"{VARIABLE}: {folder / unknown[0]} replaces no code table; the tables are "
            f"{', '.join(file.name for file in packaged.values())}. Rename the file or take it out of that folder."
        )
    for file in replacing.values():
        # A pipe would make every command wait for its writer.
        if not file.is_file():
            raise BrokenTable(f"{VARIABLE}: {file} is a folder, a pipe, or a link to nothing, and no file. Replace it.")
    return packaged | {file.stem: file for file in replacing.values()}


def table_file(name: str) -> Path:
    """Return the file of one code table. Raises BrokenTable where there is no table of that name."""
    files = table_files()
    if name not in files:
        raise BrokenTable(f"there is no code table {name!r}; the tables are {', '.join(files)}")
    return files[name]


@functools.cache
def source_names() -> tuple[str, ...]:
    """Return the sources, in the order of the packaged `statement_terms.csv`, where each one has its rows, and then
    those of one's own. The adapter of a source is the declaration or the module of its name in `tasks/sources`.
    """
    return tuple(dict.fromkeys(row["source"] for row in _statement_terms()))


def own_sources() -> dict[str, Path]:
    """Return the declarations of one's own by the names of their sources, sorted. Raises BrokenTable where the folder
    that the environment names is not there, has another file, or declares a source that there is."""
    if not (named := settings.value(settings.SOURCES)):
        return {}
    if not Path(named).is_dir():
        raise BrokenTable(f"there is no folder {named}: create it, or unset the variable")
    files = [file for file in sorted(Path(named).iterdir()) if not file.name.startswith(".")]
    known = {row["source"] for row in packaged_rows("statement_terms")}
    for file in files:
        if not file.is_file() or not re.fullmatch(r"[a-z][a-z_]*\.toml", file.name):
            raise BrokenTable(f"{file.name} is no declaration: its name is small letters and _, and ends in .toml")
        if file.stem in known:
            raise BrokenTable(f"{file.name} has the name of a source that there is: give it another one")
    return {file.stem: file for file in files}


@functools.cache
def own_rows(table: str) -> list[dict[str, str]]:
    """Return the rows that declarations of one's own add to the code table, `statement_terms` or `partner_codes`. What
    is wrong with one is said when it is loaded, and adds none."""
    rows = list[dict[str, str]]()
    makers = {"statement_terms": _own_terms, "partner_codes": _own_partners}
    try:
        files = own_sources()
    except BrokenTable:
        return rows
    for name, file in files.items():
        try:
            rows += makers[table](name, tomllib.loads(file.read_text(encoding="utf-8-sig")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return rows


def _own_terms(name: str, spec: dict[str, Any]) -> list[dict[str, str]]:
    flows = {shape.get("flow", "") for shape in spec.get("shapes", [spec])}
    usual = {
        "source": name, "measure": f"value_{spec['currency'].lower()}", "currency": spec["currency"],
        "valuation": "not stated", "partner_is": "not stated", "rounding": "nearest", "zero": "no trade",
        "nomenclature": spec.get("nomenclature", SHARED[-1]), "basis": f"declaration {name}.toml",
    }  # fmt: skip
    each = [{**usual, **given} for given in spec.get("terms", [{}])]
    return [{"flow": flow, **row} for row in each for flow in (("export", "import") if "" in flows else sorted(flows))]


def _own_partners(name: str, spec: dict[str, Any]) -> list[dict[str, str]]:
    kinds = {WORLD: "total"}
    return [
        {
            "code_list": name, "code": code, "partner": key, "part_of": "", "name_en": code, "valid_from": "",
            "kind": "residual" if ":" in key else kinds.get(key, "country"), "valid_to": "", "source": f"{name}.toml",
        }
        for code, key in spec.get("partners", {}).items()
    ]  # fmt: skip


@functools.cache
def national_lists() -> dict[str, int]:
    """Return the national lists of goods that the sources count by, such as CN8, and the digits of their codes."""
    names = dict.fromkeys(row["nomenclature"] for row in _statement_terms())
    return {name: int(name.lstrip(ascii_uppercase)) for name in names if name not in SHARED}


@functools.cache
def partner_groups() -> tuple[str, ...]:
    """Return the keys of the groups of partners, such as EU27, sorted: of the packaged table where that of one's own
    cannot be read, which `code_table` says when a command needs it."""
    try:
        text = table_file("partner_groups").read_text(encoding="utf-8-sig")
    except (BrokenTable, OSError, UnicodeDecodeError):
        text = (FOLDER / "partner_groups.csv").read_text(encoding="utf-8")
    return tuple(sorted({group for row in csv.DictReader(text.splitlines()) if (group := row.get("group"))}))


@functools.cache
def money() -> dict[str, dict[str, str]]:
    """Return the currencies that values are published in, in the order of the packaged `money.csv`: what the table says
    of each, by the measure of its values, as in `money()["value_usd"]["currency"]`. The columns of tables follow from
    it, so no file of one's own replaces it.
    """
    return {f"value_{row['currency'].lower()}": row for row in packaged_rows("money")}


def _statement_terms() -> list[dict[str, str]]:
    return [*packaged_rows("statement_terms"), *own_rows("statement_terms")]


def packaged_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of the packaged file of a code table, as texts by their columns."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def read_texts(name: str) -> "pl.DataFrame":
    """The rows of a code table, as they stand in its file. Raises BrokenTable where it cannot be read as a table."""
    import polars as pl

    file = table_file(name)
    try:
        return with_own_rows(name, pl.read_csv(file, infer_schema=False, empty_string_is_null=False))
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0].partition(". ")[0]
        raise BrokenTable(f"{file.name}: {reason}. It is UTF-8, with commas and a header line.") from error


def with_own_rows(name: str, rows: "pl.DataFrame") -> "pl.DataFrame":
    """The rows of a code table, and those that declarations of one's own add to it."""
    import polars as pl

    rows_of_user = own_rows(name) if name in OWN_TABLES else []
    return rows.vstack(pl.from_dicts(rows_of_user, schema=rows.schema)) if rows_of_user else rows
