"""Locates the files of the code tables and reads them as texts, before a model validates them."""

from pathlib import Path

import polars as pl

from schemas.errors import BrokenTable

FOLDER = Path(__file__).parent / "reference"


def read_texts(name: str) -> pl.DataFrame:
    """The rows of a code table, as they stand in its file. Raises BrokenTable where it cannot be read as a table."""
    try:
        return pl.read_csv(FOLDER / f"{name}.csv", infer_schema=False, empty_string_is_null=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0].partition(". ")[0]
        raise BrokenTable(f"{name}.csv: {reason}. It is UTF-8, with commas and a header line.") from error
