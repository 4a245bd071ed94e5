"""Converts printed numbers and their units to measures, in the ledger's unit of each, exactly: no float, no rounding,
no guess at the meaning of a comma.

A number is digits with an optional decimal point, or digits in groups of three by commas. Everything else gives a
reason, never a value: signs, spaces, other decimal marks, exponents, letters, digits of other scripts. Nearly all
numbers of a download are digits with or without commas, and these are read in one pass; `whole_number` reads the
others, and gives the same values and also the reasons.
"""

from typing import NamedTuple

import polars as pl

from schemas.code_files import money
from schemas.reference.code_tables import code_table
from tasks.domain.doubt.findings import shown
from tasks.domain.precision import VALUE_MAX
from tasks.domain.units import printed_unit
from tasks.sources.formats.csv import plain_texts

MISSING_MARKS = ("", "-", "--", "—", "…", "...", "*", "**")
PLAIN = r"^-?[0-9]+(\.[0-9]+)?$"
GROUPED = r"^[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$"
# Accepted by both rules, without decimals and short enough that no further check is needed.
WHOLE = r"^[0-9]{1,15}$|^[0-9]{1,3}(,[0-9]{3}){1,4}$"
DIGIT = r"[0-9]"
# Some countries write a point between thousands. In a unit without decimals it can mean nothing else.
POINT_OF_THOUSANDS = r"^[1-9][0-9]{0,2}\.000$"
DIGITS_MAX = 15
PERCENT_IN_BASIS_POINTS = 100
# -100 %: nothing is left.
GROWTH_MIN_BASIS_POINTS = -10_000
UNIT_OF = {"quantity": "quantity_unit", "supplementary_quantity": "supplementary_unit", "value": "currency"}
GROWTH = "quantity_yoy"
NUMBERS = (*UNIT_OF, GROWTH)
SILENT = "has no number at all"


class Amounts(NamedTuple):
    """The numbers of a file: `read` has row, measure, unit, value and resolution of each, `faults` row and reason."""

    read: pl.DataFrame
    faults: pl.DataFrame


def read_amounts(records: pl.DataFrame) -> Amounts:
    """Every number of every record: columns of printed numbers, and of the units by which they are named in UNIT_OF."""
    numbers = pl.concat(part for name in NUMBERS for part in _read(name, records))
    faults = numbers.filter(pl.col("reason").is_not_null()).select("row", "reason")
    read = numbers.filter(pl.col("value").is_not_null()).drop("reason")
    with_numbers = pl.concat([read["row"], faults["row"]]).unique().to_frame()
    silent = records.select("row").join(with_numbers, on="row", how="anti").with_columns(reason=pl.lit(SILENT))
    return Amounts(read, pl.concat([faults, silent]))


def _units(name: str) -> pl.DataFrame:
    """The units that may be printed with a number of this column: printed_unit, unit, factor, measure."""
    if name == GROWTH:
        rows = pl.DataFrame(
            {"printed": "%", "unit": "basis_point", "factor": PERCENT_IN_BASIS_POINTS, "measure": "quantity_kg_yoy"}
        )
    elif name == "value":
        rows = _labels_of_values()
    else:
        rows = code_table("units").select("printed", "unit", factor="to_unit_factor").unique()
        rows = rows.with_columns(measure=pl.format("quantity_{}", "unit"))
    return rows.select(pl.col("printed").alias("printed_unit"), "unit", pl.col("factor").cast(pl.Int64), "measure")


def _labels_of_values() -> pl.DataFrame:
    """The labels of values: printed, unit, factor, measure. Whole money may have the name of its currency alone."""
    labels = code_table("currencies").select("printed", "unit", "factor", "measure")
    codes = [row["currency"] for row in money().values()]
    plain = pl.DataFrame({"printed": codes, "unit": codes, "factor": "1", "measure": [*money()]})
    return pl.concat([labels, plain.join(labels, on="printed", how="anti", maintain_order="left")])


def _read(name: str, records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The numbers of one column, plain whole ones and the others."""
    unit = pl.col(UNIT_OF[name]) if name in UNIT_OF else pl.lit("%")
    numbers = records.select("row", printed_number=name, printed_unit=unit).drop_nulls("printed_number")
    units = _units(name)
    if name.endswith("quantity"):
        # One with a scale before it, as `10,000 Tons`, is no row of the table.
        others = sorted({*numbers["printed_unit"].drop_nulls().unique()} - {*units["printed_unit"]})
        scaled = [
            (text, *unit_and_factor, f"quantity_{unit_and_factor[0]}")
            for text in others
            if (unit_and_factor := printed_unit(text))
        ]
        units = pl.concat([units, pl.DataFrame(scaled, orient="row", schema=units.schema)])
    text = pl.col("printed_number")
    digits = pl.when(text.str.contains(WHOLE)).then(text.str.replace_all(",", "", literal=True)).cast(pl.Int64)
    numbers = numbers.join(units, on="printed_unit", how="left", maintain_order="left").with_columns(plain=digits)
    is_plain = (pl.col("plain") <= VALUE_MAX // pl.col("factor")).fill_null(False)
    plain = numbers.filter(is_plain).select(
        "row",
        "measure",
        "unit",
        value=pl.col("plain") * pl.col("factor"),
        resolution="factor",
        reason=pl.lit(None, pl.String),
    )
    return plain, _whole(numbers.filter(~is_plain), name)


def hidden_numbers(records: pl.DataFrame) -> pl.DataFrame:
    """The numbers that records hide, with a unit or a currency and nothing before it: row and measure family, null for
    a currency that nobody knows."""
    currencies = _labels_of_values().select(unit="printed", family="measure").unique()
    hidden = {
        name: records.filter(pl.col(name).is_null(), pl.col(unit).is_not_null()).select("row", unit=unit)
        for name, unit in UNIT_OF.items()
    }
    values = hidden.pop("value").join(currencies, on="unit", how="left").select("row", "family")
    return pl.concat([values, *(rows.select("row", family=pl.lit("quantity")) for rows in hidden.values())])


def _whole(others: pl.DataFrame, name: str) -> pl.DataFrame:
    printed, unit = shown("printed_number"), shown("printed_unit")
    is_negative = pl.lit(name != GROWTH) & pl.col("value").is_not_null() & pl.col("printed_number").str.starts_with("-")
    reason = (
        pl.when(pl.col("number_reason").is_not_null())
        .then(pl.format("{} '{}' {}", pl.lit(name), printed, "number_reason"))
        .when(pl.col("unit").is_null() & pl.col("printed_number").str.contains(DIGIT))
        .then(pl.format("{} '{}' has the unknown unit '{}'", pl.lit(name), printed, unit))
        .when(is_negative)
        .then(pl.format("{} '{}' is negative", pl.lit(name), printed))
        .when(pl.lit(name == GROWTH) & (pl.col("value") < GROWTH_MIN_BASIS_POINTS))
        .then(pl.format("{} '{}' is a fall by more than all there was", pl.lit(name), printed))
    )
    return others.with_columns(whole_number("printed_number", "factor")).select(
        "row", "measure", "unit", "value", "resolution", reason.alias("reason")
    )


def tidy_numbers(printed: pl.Series) -> pl.Series:
    """Printed numbers as plain texts; printable ASCII is unchanged."""
    strange = printed.str.contains(r"[^\x21-\x7e]").fill_null(False)
    if not strange.any():
        return printed
    return printed.zip_with(~strange, plain_texts(printed))


def whole_number(printed: str, factor: str) -> list[pl.Expr]:
    """Expressions `value`, `resolution`, `number_reason` for a column of printed numbers times a column of factors.

    `value` is whole, or null with a reason; null without a reason means that the source prints a mark for "nothing
    here". `resolution` is the value of one step of the last printed digit.
    """
    text = pl.col(printed)
    plain = text.str.contains(PLAIN)
    grouped = text.str.contains(GROUPED)
    bare = pl.when(grouped).then(text.str.replace_all(",", "", literal=True)).when(plain).then(text)
    decimals = bare.str.extract(r"\.([0-9]+)$", 1).str.len_chars().fill_null(0).cast(pl.Int64)
    digits = bare.str.replace_all(".", "", literal=True)
    fits = digits.str.strip_prefix("-").str.len_chars() <= DIGITS_MAX
    scale = pl.lit(10, dtype=pl.Int64).pow(decimals.clip(0, DIGITS_MAX))
    # As Int128, because fifteen digits times a factor do not fit into 64 bits before the bound below is checked.
    scaled = pl.when(fits).then(digits).cast(pl.Int64).cast(pl.Int128) * pl.col(factor).cast(pl.Int128)
    is_whole = ((scaled % scale.cast(pl.Int128)) == 0) & ~(
        text.str.contains(POINT_OF_THOUSANDS) & (pl.col(factor) == 1)
    )
    whole = scaled // scale.cast(pl.Int128)
    in_bounds = whole.abs() <= VALUE_MAX
    missing = text.is_null() | text.is_in(list(MISSING_MARKS))
    reason = (
        pl.when(missing)
        .then(None)
        .when(~(plain | grouped))
        .then(pl.lit("is not a number as the source prints them"))
        .when(~fits)
        .then(pl.lit(f"has more than {DIGITS_MAX} digits"))
        .when(~is_whole)
        .then(pl.lit("has more decimals than its unit can have"))
        .when(~in_bounds)
        .then(pl.lit(f"is larger than {VALUE_MAX:,}"))
    )
    usable = ~missing & (plain | grouped) & fits & is_whole & in_bounds
    return [
        pl.when(usable).then(whole).cast(pl.Int64).alias("value"),
        pl.when(usable).then(pl.max_horizontal(pl.lit(1, dtype=pl.Int64), pl.col(factor) // scale)).alias("resolution"),
        reason.alias("number_reason"),
    ]
