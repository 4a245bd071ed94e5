"""Converts printed numbers and their units to measures, in the ledger's unit of each.

Nearly all numbers of a download are digits with or without commas, and these are read in one pass. The others are read
by `tasks/ingest/numbers.py`, which gives the same values and also the reasons. Each unit is looked up once.
"""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.findings import shown
from tasks.domain.precision import VALUE_MAX
from tasks.domain.printed_units import printed_unit
from tasks.ingest.numbers import DIGIT, WHOLE, whole_number
from tasks.ingest.text_codes import Coded, take

PERCENT_IN_BASIS_POINTS = 100
# -100 %: nothing is left.
GROWTH_MIN_BASIS_POINTS = -10_000
UNIT_OF = {"quantity": "quantity_unit", "supplementary_quantity": "supplementary_unit", "value": "currency"}
GROWTH = "quantity_yoy"
NUMBERS = (*UNIT_OF, GROWTH)
SILENT = "has no number at all"
READ = {"row": pl.Int64, "label": pl.Int64, "value": pl.Int64, "resolution": pl.Int64, "reason": pl.String}


class Amounts(NamedTuple):
    """The numbers of a file by the rows of their records.

    `read` has row, label, value and resolution of each, `labels` the measure and the unit of each label in the order of
    measures; `faults` has row and reason.
    """

    read: pl.DataFrame
    labels: pl.DataFrame
    faults: pl.DataFrame


def read_amounts(printed: Mapping[str, pl.Series], units: Mapping[str, Coded]) -> Amounts:
    """Every number of every record: columns of printed numbers, and of the units by which they are named in UNIT_OF."""
    tables = {name: _units(name) for name in NUMBERS}
    labels = pl.concat(table.select("measure", "unit") for table in tables.values()).unique().sort("measure", "unit")
    numbered = labels.with_columns(label=pl.int_range(pl.len()))
    parts = [pl.DataFrame(schema=READ)]
    rows = len(printed["value"])
    for name, table in tables.items():
        printed_units = (
            units[UNIT_OF[name]]
            if name in UNIT_OF
            else Coded(pl.repeat(0, rows, dtype=pl.Int64, eager=True), pl.Series(["%"]))
        )
        scaled = _scaled(printed_units.texts, table) if name.endswith("quantity") else []
        known = pl.DataFrame({"printed_unit": printed_units.texts}).join(
            pl.concat([table, *scaled]).join(numbered, on=["measure", "unit"]),
            on="printed_unit", how="left", maintain_order="left",
        )  # fmt: skip
        parts += _read(name, printed[name], printed_units.numbers, known)
    read = pl.concat(parts)
    faults = read.filter(pl.col("reason").is_not_null()).select("row", "reason")
    read = read.filter(pl.col("value").is_not_null()).drop("reason")
    is_silent = pl.repeat(True, rows, eager=True).scatter(pl.concat([read["row"], faults["row"]]), False)
    silent = pl.DataFrame({"row": is_silent.arg_true(), "reason": SILENT}, schema=faults.schema)
    return Amounts(read, labels, pl.concat([faults, silent]))


def _units(name: str) -> pl.DataFrame:
    """The units that may be printed with a number of this column: printed_unit, unit, factor, measure."""
    if name == GROWTH:
        rows = [("%", "basis_point", PERCENT_IN_BASIS_POINTS, "quantity_kg_yoy")]
    elif name == "value":
        labels = code_table("currencies").select("printed", "unit", "factor", "measure")
        rows = [(printed, unit, int(factor), measure) for printed, unit, factor, measure in labels.iter_rows()]
    else:
        known = code_table("units").select("printed", "unit", "to_unit_factor").unique()
        rows = [(printed, unit, int(factor), f"quantity_{unit}") for printed, unit, factor in known.iter_rows()]
    kinds = {"printed_unit": pl.String, "unit": pl.String, "factor": pl.Int64, "measure": pl.String}
    return pl.DataFrame(rows, orient="row", schema=kinds)


def _scaled(texts: pl.Series, table: pl.DataFrame) -> list[pl.DataFrame]:
    """The printed units of a file that are not rows of the table, but one with a scale before it, as `10,000 Tons`."""
    others = texts.filter(texts.is_not_null() & ~texts.is_in(table["printed_unit"].implode()))
    rows = [(text, *found, f"quantity_{found[0]}") for text in others if (found := printed_unit(text))]
    return [pl.DataFrame(rows, orient="row", schema=table.schema)]


def _read(name: str, printed: pl.Series, unit_of: pl.Series, known: pl.DataFrame) -> list[pl.DataFrame]:
    """The numbers of one column, plain whole ones and the others."""
    there = printed.is_not_null().arg_true()
    numbers = take(known.select("label", "factor"), unit_of.gather(there)).with_columns(
        there.cast(pl.Int64).alias("row"), printed.drop_nulls().alias("printed_number")
    )
    text = pl.col("printed_number")
    digits = pl.when(text.str.contains(WHOLE)).then(text.str.replace_all(",", "", literal=True)).cast(pl.Int64)
    numbers = numbers.with_columns(plain=digits)
    is_plain = (pl.col("plain") <= VALUE_MAX // pl.col("factor")).fill_null(False)
    plain = numbers.filter(is_plain).select(
        "row", "label", value=pl.col("plain") * pl.col("factor"), resolution="factor", reason=pl.lit(None, pl.String)
    )
    others = numbers.filter(~is_plain)
    if not others.height:
        return [plain]
    others = others.with_columns(take(known, unit_of.gather(others["row"]))["printed_unit", "unit"])
    return [plain, _whole(others, name)]


def _whole(others: pl.DataFrame, name: str) -> pl.DataFrame:
    printed, unit = shown("printed_number"), shown("printed_unit")
    is_negative = pl.lit(name != GROWTH) & pl.col("value").is_not_null() & pl.col("printed_number").str.starts_with("-")
    reason = (
        pl.when(pl.col("number_reason").is_not_null()).then(pl.format("{} '{}' {}", pl.lit(name), printed, "number_reason"))
        .when(pl.col("unit").is_null() & pl.col("printed_number").str.contains(DIGIT))
        .then(pl.format("{} '{}' has the unknown unit '{}'", pl.lit(name), printed, unit))
        .when(is_negative).then(pl.format("{} '{}' is negative", pl.lit(name), printed))
        .when(pl.lit(name == GROWTH) & (pl.col("value") < GROWTH_MIN_BASIS_POINTS))
        .then(pl.format("{} '{}' is a fall by more than all there was", pl.lit(name), printed))
    )  # fmt: skip
    return others.with_columns(whole_number("printed_number", "factor")).select(
        "row", "label", "value", "resolution", reason.alias("reason")
    )
