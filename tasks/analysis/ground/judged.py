"""Reads what the verdicts on growths rest on, and judges those of any rows of `metric`: now, or as of a day.

Belongs here: which months and numbers are read. Does not belong here: the verdicts (`quotable`), and words.
"""

import functools
from collections.abc import Collection
from datetime import date

import polars as pl

from schemas.figures import QUOTABLE
from tasks.domain.periods import first_day, month_index, month_number
from tasks.domain.units import UNIT_VALUE_OF
from tasks.ledger.quotable import COLUMNS, LOOK_BACK, SERIES, VERDICTS, is_of, numbers_of, of_series, verdicts_from
from tasks.reading import query
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

KEYS = ["flow", *SERIES, "period"]
MASS = "quantity_kg"
# Products whose numbers are in memory together.
PRODUCTS_TOGETHER = 500


def of_rows(
    rows: pl.DataFrame, snapshot: Snapshot, day: date | None = None, figures: Collection[str] = QUOTABLE
) -> pl.DataFrame:
    """Return the verdicts on growths of rows with the keys of `metric`, as of a day: the columns of `verdicts` and
    `flow`, a row for each growth that there is."""
    parts = []
    for (flow,), of_flow in rows.select(KEYS).partition_by("flow", as_dict=True).items():
        products = of_flow["product"].unique().sort().to_list()
        for place in range(0, len(products), PRODUCTS_TOGETHER):
            some = of_flow.filter(pl.col("product").is_in(products[place : place + PRODUCTS_TOGETHER]))
            parts.append(_of_flow(some, str(flow), snapshot, day, figures))
    return pl.concat([pl.DataFrame(schema={"flow": pl.String, **VERDICTS}), *parts])


def _of_flow(
    rows: pl.DataFrame, flow: str, snapshot: Snapshot, day: date | None, figures: Collection[str]
) -> pl.DataFrame:
    products, partners = (rows[name].unique().sort().to_list() for name in ("product", "partner"))
    ends = [month_number(one) for one in (rows["period"].min(), rows["period"].max())]  # type: ignore[arg-type]
    reach = range(ends[0] - LOOK_BACK, ends[1] + 1)
    in_reach = functools.partial(is_of, flow, reach)
    is_asked = pl.col("product").is_between(pl.lit(products[0]), pl.lit(products[-1])) & pl.col("product").is_in(
        products
    )
    is_asked &= pl.col("partner").is_in(partners)
    if day is None:
        history = read_table(snapshot, "metric", in_reach, is_asked, COLUMNS)
    else:
        history = query.table_on(snapshot, "metric", day, flow, products, first_day(reach[0])).filter(is_asked)
    history = history.select(COLUMNS).with_columns(pl.col(SERIES).cast(pl.String))
    rows_judged = history.join(rows, on=[*SERIES, "period"], how="semi")
    judged = verdicts_from(rows_judged, history, numbers_of(snapshot, flow, products, reach, day), figures)
    return judged.select(pl.lit(flow).alias("flow"), pl.all())


def revised(rows: pl.DataFrame, snapshot: Snapshot, day: date | None) -> pl.DataFrame:
    """Return the last day on which a number behind a row was revised, by the keys of the row."""
    parts = [rows.select(KEYS, revised_on=pl.lit(None, pl.Date)).clear()]
    for (flow,), of_flow in rows.select(KEYS).unique().partition_by("flow", as_dict=True).items():
        months = {*of_flow.select(month_index("period")).to_series()}
        keep = functools.partial(is_of, str(flow), months)
        revisions = read_table(snapshot, "revision", keep)
        revisions = revisions if day is None else revisions.filter(pl.col("revised_on") <= day)
        if not revisions.height:
            continue
        # A value per kilogram rests on both.
        ratios = [
            revisions.filter(pl.col("measure").is_in([value, MASS])).with_columns(measure=pl.lit(ratio))
            for value, ratio in UNIT_VALUE_OF.items()
        ]
        of_numbers = of_series(pl.concat([revisions, *ratios]), of_flow.select(SERIES).unique())
        last = of_numbers.group_by(*SERIES, period=pl.col("period_start").dt.month_start()).agg(
            pl.col("revised_on").max()
        )
        parts.append(of_flow.join(last, on=[*SERIES, "period"]).select(*KEYS, "revised_on"))
    return pl.concat(parts)
