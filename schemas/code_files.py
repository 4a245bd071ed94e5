"""Locates the files of the code tables and reads them as texts, before a model validates them.

The tables come with the package. A folder named by the environment variable TIDEWAITER_REFERENCE may have some of them
too: a file there replaces the packaged one of the same name.
"""

import csv
import functools
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING

from schemas import settings

if TYPE_CHECKING:
    import polars as pl

FOLDER = Path(__file__).parent / "reference"
VARIABLE = settings.REFERENCE
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
    """Return the sources, in the order of the packaged `statement_terms.csv`, where each one has its rows. The adapter
    of a source is the module of its name in `tasks/sources`.
    """
    return tuple(dict.fromkeys(row["source"] for row in _statement_terms()))


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
    return {f"value_{row['currency'].lower()}": row for row in _packaged("money")}


def _statement_terms() -> list[dict[str, str]]:
    return _packaged("statement_terms")


def _packaged(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def read_texts(name: str) -> "pl.DataFrame":
    """The rows of a code table, as they stand in its file. Raises BrokenTable where it cannot be read as a table."""
    import polars as pl

    file = table_file(name)
    try:
        return pl.read_csv(file, infer_schema=False, empty_string_is_null=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0].partition(". ")[0]
        raise BrokenTable(f"{file.name}: {reason}. It is UTF-8, with commas and a header line.") from error
