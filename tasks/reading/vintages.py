"""Lists the vintages of a published figure: each value, the days from and until which it was current, and the release
that brought it.

The figure is computed as it would have been published on each day on which one of its inputs changed, by the functions
that publish. So sums, shares and growth have vintages as levels do.
"""

import functools
from datetime import date
from pathlib import Path

import polars as pl

from schemas.figures import FIGURE_OF
from schemas.names import status
from tasks.domain.classification import part_of
from tasks.domain.coverage import TOTALS
from tasks.domain.doubt.doubt_words import doubt_text
from tasks.domain.growth import growth_pct
from tasks.domain.periods import month_number
from tasks.lineage.formulas import months_behind
from tasks.lineage.point import Point
from tasks.reading import query
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

# Figures of one partner that those of the others do not change.
OF_ITS_OWN = tuple(name for name, figure in FIGURE_OF.items() if figure.formula and not figure.of_partners)
SCHEMA = {
    "period": pl.Date,
    "known_from": pl.Date,
    "known_until": pl.Date,
    "value": pl.Float64,
    "status": pl.String,
    "change": pl.Float64,
    "change_pct": pl.Float64,
    "releases": pl.String,
    "doubt": pl.String,
}


def vintages(
    store: Path, flow: str, product: str, partner: str, months: tuple[date, date], measure: str, figure: str = "level"
) -> pl.DataFrame:
    """Return a row for each value that a figure of these months has had, in the order of months and days.

    `known_until` is null for the current one; `value` is null while the figure was missing, which `status` explains;
    `releases` are those that were made public, withdrawn or reinstated on the day, `doubt` the findings about what the
    value rests on. Raises NothingPublished.
    """
    snapshot = query.open_published(store)
    statements = _statements(snapshot, flow, product, partner, months, figure)
    value = pl.col(figure).dt.epoch("d") if figure in ("highest_since", "lowest_since") else pl.col(figure)
    stated, months_seen = list[tuple[date, date, float | None, str, str]](), set[date]()
    for day in _days(statements):
        rows = query.query(store, "metric", flow=flow, product=product, partner=partner, as_of=day)
        rows = rows.filter(pl.col("measure") == measure, pl.col("period").is_between(*months))
        # Of what was withdrawn nothing need be left, not even a row that says why.
        stated += [(month, day, None, "not_covered", "") for month in months_seen - {*rows["period"]}]
        in_doubt = pl.col("figures_in_doubt").cast(pl.String).fill_null("")
        stated += rows.select("period", pl.lit(day), value.cast(pl.Float64), status(figure), in_doubt).rows()
        months_seen |= {*rows["period"]}
    names = ("period", "known_from", "value", "status")
    kinds = {name: SCHEMA[name] for name in names} | {"in_doubt": pl.String()}
    prints = pl.DataFrame(stated, kinds, orient="row").sort("period", "known_from")
    is_other = [pl.col(name).ne_missing(pl.col(name).shift()) for name in ("period", "value", "status")]
    prints = prints.filter(pl.any_horizontal(is_other))
    doubts = functools.cache(lambda day: query.doubts_of(snapshot, day))
    made_on = _releases_by_day(snapshot, statements, flow, months)
    doubts_of_prints = [
        doubts(day).of(flow, product, partner, months_behind(figure, point), figure, measure)
        if known is not None and figure in in_doubt.split("+")
        else []
        for month, day, known, _, in_doubt in prints.iter_rows()
        for point in [Point(flow, product, partner, measure, month_number(month))]
    ]
    earlier = pl.col("value").shift().over("period")
    return prints.with_columns(
        change=pl.col("value") - earlier,
        change_pct=pl.when(earlier != 0).then(growth_pct(pl.col("value"), earlier)),
        known_until=pl.col("known_from").shift(-1).over("period"),
        releases=pl.col("known_from").replace_strict(made_on, default=None, return_dtype=pl.String),
        doubt=pl.Series([doubt_text(doubts) or None for doubts in doubts_of_prints], dtype=pl.String),
    ).select(*SCHEMA)


def none_known(snapshot: Snapshot, flow: str, product: str, partner: str, month: str, measure: str, figure: str) -> str:
    """Say that a figure has had no value on any day, and in which other measures there are figures of the series."""
    absence = f"no {figure} of {flow}s of {product}, partner {partner}, {measure}, in {month}, on any day"
    rows = query.query(snapshot.store, "metric", flow=flow, product=product, partner=partner).drop_nulls("level")
    others = rows["measure"].cast(pl.String).unique().sort().to_list()
    return f"{absence}; there is {', '.join(others)}" if measure not in others and others else absence


def days_from_the_first_print(
    snapshot: Snapshot, flow: str, product: str, partner: str, month: date, figure: str
) -> list[date]:
    """Return the days on which a figure of a month may have changed, from the day on which the month had its first
    number."""
    printed, all_days = (
        _days(_statements(snapshot, flow, product, partner, (month, month), name)) for name in ("level", figure)
    )
    return [day for day in all_days if printed and day >= printed[0]]


def _days(statements: pl.DataFrame) -> list[date]:
    days = pl.concat([statements["known_from"], statements["known_until"]])
    return days.drop_nulls().unique().sort().to_list()


def _statements(
    snapshot: Snapshot, flow: str, product: str, partner: str, months: tuple[date, date], figure: str
) -> pl.DataFrame:
    """Return the ledger rows that the figure may rest on: for growth also those of the months before, for totals
    those of all partners.
    """
    of_it = part_of(product)
    # Rank and share of one partner change with the others.
    if partner not in TOTALS and figure in OF_ITS_OWN:
        of_it = of_it & (pl.col("partner") == partner)
    rows = read_table(
        snapshot,
        "observation",
        lambda partition: partition[0] == flow,
        of_it,
        columns=("flow", "period_start", "period_end", "known_from", "known_until", "release_id"),
    )
    upto = rows.filter(pl.col("period_start") <= months[1])
    return upto.filter(pl.col("period_end") >= months[0]) if figure == "level" else upto


def _releases_by_day(
    snapshot: Snapshot, statements: pl.DataFrame, flow: str, months: tuple[date, date]
) -> dict[date, str]:
    """Return titles of the releases that were made public on a day, and of those whose numbers count from it."""
    releases = read_table(snapshot, "release").filter(pl.col("flow").is_null() | (pl.col("flow") == flow))
    counting = statements.select("release_id", day="known_from").unique()
    about = (pl.col("first_month") <= months[1]) & (pl.col("last_month") >= months[0])
    public = releases.filter(about, pl.col("partners") != "keys").select("release_id", day="released_on")
    named = pl.concat([counting, public]).unique().join(releases.select("release_id", "title"), on="release_id")
    decided = read_table(snapshot, "decision").filter(pl.col("kind") != "replaced").rename({"decided_on": "day"})
    decided = decided.join(releases.filter(about).select("release_id", "title"), on="release_id").select(
        "release_id", "day", title=pl.col("kind") + ": " + pl.coalesce("title", "release_id")
    )
    titles = pl.concat([named.with_columns(pl.coalesce("title", "release_id").alias("title")), decided])
    by_day = titles.group_by("day").agg(pl.col("title").unique().sort().str.join(", ")).sort("day")
    return dict(by_day.iter_rows())
