"""Finds the wrong statistical quantities in a file of Brazil's Comex Stat, which `brazil_comexstat.toml` declares.

A quantity that repeats the net weight and differs from it is named. One in another unit that fits neither weight nor
value of its row is left out, also of the sums that it is part of: that takes the usual quotients of its code.
"""

from collections.abc import Iterator

import polars as pl

from tasks.domain.doubt.findings import finding
from tasks.domain.text import counted

QUANTITY, MASS, VALUE, CODE = "QT_ESTAT", "KG_LIQUIDO", "VL_FOB", "CO_UNID"
# How many kilograms one of the unit is.
WEIGHTS = {"10": 1.0, "21": 1000.0, "22": 0.001}
# A weight that the quantity repeats differs by typing errors alone: none below twice, most a thousand times.
WEIGHT_FACTOR_MIN = 2
# Pieces of one code may weigh very different amounts. A wrong quantity is this far from what weight and value say,
# while these two agree within VALUE_FACTOR_MAX.
QUANTITY_FACTOR_MIN, VALUE_FACTOR_MAX, USUAL_ROWS_MIN = 100, 10, 5


def work(fields: pl.DataFrame, where: str) -> tuple[pl.DataFrame, list[dict[str, str]]]:
    """The rows (columns of `brazil_comexstat.toml`, all texts) without quantities that fit neither weight nor value of
    their row, and findings about these and about weights that are printed twice and differ.
    """
    rows = fields.with_columns(pl.col(QUANTITY, MASS, VALUE).cast(pl.Int64))
    step = pl.col(CODE).replace_strict(WEIGHTS, default=None, return_dtype=pl.Float64)
    again = pl.col(QUANTITY) * step
    most, least = pl.max_horizontal(again, MASS), pl.min_horizontal(again, MASS)
    is_other = (most - least > pl.max_horizontal(step, 1.0)) & (most >= WEIGHT_FACTOR_MIN * least)
    # A weight of 0 is less than half a kilogram, a quantity of 0 less than half of its unit.
    mass, quantity = (pl.col(name).cast(pl.Float64).clip(0.5) for name in (MASS, QUANTITY))
    is_whole = (pl.col(MASS) > 0) & (pl.col(QUANTITY) > 0) & (pl.col(VALUE) > 0)

    def factor(one: pl.Expr, other: pl.Expr) -> pl.Expr:
        """How far the quotient of a row is from the usual one of its code, as a factor above one; null where few rows
        have one."""
        usual = (one / other).filter(is_whole).median().over("product", CODE)
        times = one / other / usual
        is_known = is_whole.sum().over("product", CODE) >= USUAL_ROWS_MIN
        return pl.when(is_known).then(pl.max_horizontal(times, 1 / times))

    is_wrong = (
        (factor(quantity, mass) >= QUANTITY_FACTOR_MIN)
        & (factor(pl.col(VALUE), quantity) >= QUANTITY_FACTOR_MIN)
        & (factor(pl.col(VALUE), mass) <= VALUE_FACTOR_MAX)
    )
    judged = rows.with_columns(
        is_other=(pl.col(CODE).is_in([*WEIGHTS]) & is_other).fill_null(False),
        is_wrong=(pl.col("unit").is_not_null() & is_wrong).fill_null(False),
        times=most / pl.max_horizontal(least, 1.0),
    )
    doubts = [
        *_doubt_quantities(
            judged.filter("is_other").sort("times", descending=True),
            f"whose quantity differs from the net weight by a factor of {WEIGHT_FACTOR_MIN} or more",
            "The net weight is published; of these rows it is the one that the value fits.",
            where,
        ),
        *_doubt_quantities(
            judged.filter("is_wrong").sort(QUANTITY, descending=True),
            f"whose quantity is {QUANTITY_FACTOR_MIN} times and more from what weight and value of their row say",
            "These quantities are left out, also of the sums that they are part of; weights and values are published.",
            where,
        ),
    ]
    return fields.with_columns(pl.when(~judged["is_wrong"]).then(QUANTITY).alias(QUANTITY)), doubts


def _doubt_quantities(rows: pl.DataFrame, problem: str, advice: str, where: str) -> Iterator[dict[str, str]]:
    """A warning about quantities, with the first of them."""
    if rows.height:
        row = rows.row(0, named=True)
        yield finding(
            "quantity_differs",
            "warning",
            where,
            observed=(
                f"{counted(rows.height, 'record')} {problem}: record {row['record']}, {row['product']},"
                f" partner {row['partner']}, {row['period']}: {row[QUANTITY]:,} in unit {row[CODE]} beside"
                f" {row[MASS]:,} kg and USD {row[VALUE]:,}"
            ),
            expected="quantity and net weight of the same goods",
            advice=advice,
        )
