"""Reads levels of many series at once: a number, a zero that a release vouches for, or nothing known, with the reason.

A month without a row is zero where a release covers it, and missing otherwise. Belongs here: one frame of levels for
who adds up or compares series of one store. Growth and shares are figures of `metric`.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from schemas.names import VALUES
from tasks.domain.classification import HS_DIGITS
from tasks.domain.coverage import covering
from tasks.domain.decisions import counting
from tasks.domain.periods import Month, first_day, month_index
from tasks.ledger.name_tables import names_in
from tasks.reading.query import open_published, query
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

# Quantities in another unit: there is trade, and no number of it in the measure that is asked for.
OTHER_UNIT, NOT_COVERED, ZERO = "other_unit", "not_covered", "zero"
# A code without a total is the sum of the national codes that the store has; there may be others.
CODES_OF_STORE = "codes_of_store"
NO_TOTAL = "{} has no total of HS {}: it stands for {} alone"
KEYS = ("product", "partner", "month")
PARTS = {"product": pl.String, "partner": pl.String, "month": pl.Int32, "part": pl.Float64, "why": pl.String}


def levels(
    store: Path,
    flow: str,
    products: Collection[str],
    partners: Collection[str],
    months: Collection[int],
    measure: str,
    day: date | None = None,
) -> pl.DataFrame:
    """Return product, partner, month (a month number), `level` and `status` of each of these series and months, of one
    measure; the level is null where nothing is known, and the status says why. Raises what `query` raises."""
    grid = pl.DataFrame({"product": sorted(products)}, {"product": pl.String})
    grid = grid.join(pl.DataFrame({"partner": sorted(partners)}, {"partner": pl.String}), how="cross")
    grid = grid.join(pl.DataFrame({"month": sorted(months)}, {"month": pl.Int32}), how="cross")
    pairs = [Month(month).pair for month in months]
    measures = [measure, *(VALUES if measure.startswith("quantity_") else ())]
    series = {"flow": flow, "product": [*products], "partner": [*partners], "measure": measures}
    rows = query(store, "metric", **series, month=pairs, as_of=day)  # type: ignore[arg-type]
    rows = rows.select(
        pl.col("product", "partner", "measure", "level_status").cast(pl.String),
        "level",
        month=month_index("period").cast(pl.Int32),
    )
    of_measure = rows.filter(measure=measure).select(*KEYS, "level", status="level_status")
    rows_of_grid = grid.join(of_measure, on=KEYS, how="left", maintain_order="left")
    snapshot = open_published(store)
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"), day or date.max)
    releases = releases if day is None else releases.filter(pl.col("released_on") <= day)
    silent = rows_of_grid.filter(pl.col("level").is_null(), pl.col("status").is_null()).select(KEYS)
    keys = silent.with_columns(flow=pl.lit(flow), measure=pl.lit(measure))
    zeros = covering(keys, releases).select(*KEYS, is_zero=True) if keys.height else keys.select(*KEYS, is_zero=True)
    # Who values goods and does not weigh them has traded.
    traded = rows.filter(pl.col("measure") != measure, pl.col("level") > 0).select(KEYS).unique()
    rows_of_grid = rows_of_grid.join(zeros.unique(), on=KEYS, how="left", maintain_order="left")
    rows_of_grid = rows_of_grid.join(traded.with_columns(is_traded=True), on=KEYS, how="left", maintain_order="left")
    is_zero = pl.col("is_zero").fill_null(False) & pl.col("is_traded").is_null()
    status = (
        pl.when(pl.col("status").is_not_null())
        .then("status")
        .when(is_zero)
        .then(pl.lit(ZERO))
        .when(pl.col("is_traded"))
        .then(pl.lit(OTHER_UNIT))
        .otherwise(pl.lit(NOT_COVERED))
    )
    return rows_of_grid.select(
        *KEYS,
        level=pl.when(pl.col("level").is_null() & is_zero).then(0.0).otherwise("level"),
        status=status,
        period=pl.col("month").replace_strict({month: first_day(month) for month in months}, return_dtype=pl.Date),
    )


def levels_or_parts(
    store: Path,
    flow: str,
    products: Collection[str],
    partners: Collection[str],
    months: Collection[int],
    measure: str,
    day: date | None = None,
) -> tuple[pl.DataFrame, dict[str, list[str]]]:
    """Return `levels`, and the codes that are sums of the national codes below them, with these: those of which the
    store has no total. A sum is null where one of its codes is not known."""
    of_codes = levels(store, flow, products, partners, months, measure, day)
    silent = of_codes.group_by("product").agg(pl.col("level").is_null().all()).filter("level")["product"].to_list()
    parts = national_codes(open_published(store), silent)
    sums = sums_of_parts(store, flow, parts, partners, months, measure, day)
    if not sums["part"].count():
        return of_codes, {}
    joined = of_codes.join(sums, on=KEYS, how="left", maintain_order="left")
    is_sum = pl.col("product").is_in([*parts])
    return joined.with_columns(
        level=pl.when(is_sum).then("part").otherwise("level"),
        status=pl.when(is_sum).then(pl.col("why").fill_null(pl.col("status"))).otherwise("status"),
    ).drop("part", "why"), parts


def national_codes(snapshot: Snapshot, codes: Collection[str]) -> dict[str, list[str]]:
    """Return the national codes of a store that stand for each of these HS codes where it has no total of it; a code
    without any is left out."""
    names = names_in(snapshot).product["product"] if codes else ()
    return below_of([name for name in names if name.isdecimal() and len(name) > HS_DIGITS], codes)


def below_of(codes: Iterable[str], above: Collection[str]) -> dict[str, list[str]]:
    """By each code `above` others, those that begin with it."""
    lengths, wanted = {len(one) for one in above}, set(above)
    below = dict[str, list[str]]()
    for code in codes:
        for digits in lengths:
            if code[:digits] in wanted:
                below.setdefault(code[:digits], []).append(code)
    return below


def sums_of_parts(
    store: Path,
    flow: str,
    parts: Mapping[str, list[str]],
    partners: Collection[str],
    months: Collection[int],
    measure: str,
    day: date | None = None,
) -> pl.DataFrame:
    """Return product, partner, month, `part` and `why` of each code of `parts`: the sum of its national codes, null
    where one of them is not known."""
    if not parts:
        return pl.DataFrame(schema=PARTS)
    above = {name: code for code, below in parts.items() for name in below}
    rows = levels(store, flow, [*above], partners, months, measure, day)
    is_known = ~pl.col("level").is_null().any()
    return (
        rows.with_columns(product=pl.col("product").replace(above))
        .group_by(KEYS)
        .agg(
            part=pl.when(is_known).then(pl.col("level").sum()),
            why=pl.col("status").filter(pl.col("level").is_null()).first().fill_null(CODES_OF_STORE),
        )
    )


def alike(series: pl.DataFrame, months: Collection[int], back: int) -> pl.DataFrame:
    """Return partner, `after`, `before`, `change` and `months` of `levels`: the sums over the months, and `back` months
    earlier, of each product and month that is known at both times. Who is never known at both has no row: what is not
    known is no zero."""
    keys = ["product", "partner", "month"]
    now = series.filter(pl.col("month").is_in(list(months))).drop_nulls("level").select(*keys, after="level")
    then = series.drop_nulls("level").select("product", "partner", pl.col("month") + back, before="level")
    both = now.join(then, on=keys)
    sums = both.group_by("partner").agg(
        pl.col("after").sum(), pl.col("before").sum(), months=pl.col("month").n_unique()
    )
    return sums.with_columns(change=pl.col("after") - pl.col("before"))
