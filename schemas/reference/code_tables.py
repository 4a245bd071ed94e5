"""Loads the code tables under `reference/`: units, partners, baskets and the rest.

The packaged files are checked with the models when `make dictionary` writes their hashes to `checked.json`. A run that
makes tables checks all of them again if one has another hash; a file of one's own is checked whenever it is read.
"""

import functools
import hashlib
import json
from pathlib import Path

import polars as pl

from schemas import code_files
from schemas.code_files import BrokenTable

# The code list whose rows are in `partners`, because China customs' codes have Chinese names as well.
GACC_CODES, GACC_NAMES = "gacc", "gacc_en"
# The hashes of the files that have passed their models.
CHECKED = code_files.FOLDER / "checked.json"


@functools.cache
def code_table(name: str) -> pl.DataFrame:
    """A code table by file name, e.g. code_table("units"). Raises BrokenTable where there is none, or a file of one's
    own breaks its model."""
    file = code_files.table_file(name)
    if file.parent == code_files.FOLDER:
        return code_files.read_texts(name)
    return code_files.with_own_rows(name, read_codes(file, name))


@functools.cache
def require_valid_tables() -> None:
    """Check every code table once in a process, if one is not as it was when all were checked. Raises BrokenTable where
    a row breaks its model."""
    # Without the list of hashes all are checked.
    if CHECKED.is_file() and hashes() == json.loads(CHECKED.read_text(encoding="utf-8")):
        return
    for name, file in code_files.table_files().items():
        read_codes(file, name)


def hashes() -> dict[str, str]:
    """The hash of the file of each code table. Raises BrokenTable where a file cannot be one."""
    return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in code_files.table_files().items()}


def read_codes(file: Path, name: str) -> pl.DataFrame:
    """The rows of a file of the code table `name`, checked with its model. Raises BrokenTable, and OSError where there
    is no such file."""
    from pandera.errors import SchemaErrors

    from schemas.reference.models import TABLES

    columns = TABLES[name].to_schema().columns
    if file.exists() and not file.is_file():
        # A pipe would make every command wait for its writer.
        raise BrokenTable(f"{file}: a folder, a pipe or a device, and no file. It is a CSV of the table {name}.")
    try:
        rows = pl.read_csv(file, schema=dict.fromkeys(columns, pl.String()), empty_string_is_null=False)
    except pl.exceptions.PolarsError as error:
        raise BrokenTable(
            f"{file.name}: {str(error).splitlines()[0].partition('. ')[0]}. It is UTF-8, with commas, a header line and"
            f" the columns {', '.join(columns)}."
        ) from error
    try:
        return TABLES[name].validate(rows, lazy=True)
    except SchemaErrors as errors:
        first = errors.failure_cases.row(0, named=True)
    where = f"{file.name}, row {(first['index'] or 0) + 1} below the header"
    if first["column"] not in columns:
        # A rule about several columns or rows: its docstring says it.
        raise BrokenTable(f"{where}: {getattr(TABLES[name], first['check']).__doc__}")
    raise BrokenTable(
        f"{where}, column {first['column']}: {first['failure_case']!r} is not as it must be"
        f" ({columns[first['column']].description}). A row has a field for each column, and no line is blank."
    )


@functools.cache
def partner_codes(code_list: str) -> pl.DataFrame:
    """The partner codes of one code list, whichever file they are in: the columns of `partner_codes`. Raises KeyError
    for an unknown list."""
    others = code_table("partner_codes").filter(code_list=code_list)
    if code_list == GACC_NAMES:
        # Customs print the English names of their own table, and some others.
        names = partner_codes(GACC_CODES).with_columns(code_list=pl.lit(GACC_NAMES), code="name_en")
        names = names.join(others, on="code", how="anti", maintain_order="left")
        return pl.concat([others, names.unique(["code", "valid_from"], keep="first", maintain_order=True)])
    if code_list != GACC_CODES:
        if not others.height:
            raise KeyError(f"{code_list}: no such list in partner_codes.csv")
        return others
    states = pl.col("kind").is_in(["country", "territory"])
    return code_table("partners").select(
        code_list=pl.lit(GACC_CODES),
        code="gacc_code",
        partner="partner",
        kind=pl.when(states).then(pl.lit("country")).otherwise(pl.lit("residual")),
        part_of=pl.lit(""),
        name_en="name_en",
        valid_from="valid_from",
        valid_to="valid_to",
        source="source",
    )


def listed_partners() -> pl.DataFrame:
    """Single partners of all lists but China's, each once with a name: partner, kind, name_en."""
    rows = code_table("partner_codes").filter(~pl.col("kind").is_in(["group", "total"]))
    # The names of the first list are those of ISO 3166-1; of a code that changed the newest row has the name.
    order = (pl.col("code_list") != rows["code_list"][0], pl.col("valid_to") != "", "code_list", "code")
    return rows.sort(*order).unique("partner", keep="first", maintain_order=True).select("partner", "kind", "name_en")


def valid_in(month: pl.Expr) -> pl.Expr:
    """Whether a row of a code table holds in a month given as a YYYY-MM text."""
    return ((pl.col("valid_from") == "") | (pl.col("valid_from") <= month)) & (
        (pl.col("valid_to") == "") | (pl.col("valid_to") >= month)
    )
