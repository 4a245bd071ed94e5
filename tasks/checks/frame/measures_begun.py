"""Finds the export controls that explain why trade of a product fell or stopped, for the checks that would take it for
lost rows or a wrong unit.

A measure explains a fall, never a rise, and no more than what begins with it: it must be in force in the month and have
begun within the twelve months that the month is compared with. One for every destination explains that a partner has no
row only where the partners that still have one trade less, too: a partner that was cut off a file leaves the others as
they were. One for some destinations explains that these have none.
"""

import calendar
from collections.abc import Sequence
from datetime import date

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.checks.frame.published_months import MONEY, QUARTER, YEAR_MONTHS
from tasks.domain.coverage import WORLD
from tasks.domain.export_controls.measure_states import IN_FORCE, MEASURE, states_on
from tasks.domain.export_controls.measures import coverage
from tasks.domain.periods import month_name, month_number
from tasks.domain.thresholds import threshold

EXPORT, EVERYBODY = "export", "all"
# What keeps goods in the country; a reporting duty, a suspension or a calendar does not.
STOPPING = ("licence", "prohibition", "enforcement")
HEADING_DIGITS = 6
PLACE = ["flow", "product", "month"]
EVIDENCE = {
    "flow": pl.String,
    "product": pl.String,
    "month": pl.Int32,
    "measure": pl.String,
    "partner": pl.String,
    "since": pl.String,
    "age": pl.Int32,
}


def measures_begun(reporter: str, months: Sequence[int], products: Sequence[str]) -> pl.DataFrame:
    """Return the measures of a reporter that began in the year before a month and are in force in it: flow, product,
    month, measure, partner (null: every destination), the day of its beginning (`since`) and its `age` in months."""
    # One that prolongs a regime, or concerns some buyers alone, begins nothing that all trade of a product shows.
    begins = (pl.col("kind").is_in(STOPPING), pl.col("prolongs") == "", pl.col("users") == "")
    events = code_table("control_events").filter(*begins, reporter=reporter, basis=MEASURE).to_dicts()
    days = [event["effective_from"] or event["announced_on"] for event in events]
    first_months = [month_number(date.fromisoformat(day)) if day else 0 for day in days]
    states = {month: states_on(_last_day(month)) for month in months}
    rows = []
    for event, since, first in zip(events, days, first_months, strict=True):
        in_reach = [month for month in months if 0 <= month - first < YEAR_MONTHS]
        in_force = [month for month in in_reach if states[month][event["event"]].name in IN_FORCE]
        if not in_force:
            continue
        partners = [None] if event["destinations"] == EVERYBODY else event["destinations"].split(";")
        rows += [
            (EXPORT, product, month, event["event"], partner, since, month - first)
            for product in products
            # A measure names codes of its day; the heading outlives a change of the last digits.
            if coverage(event["event"], product) or coverage(event["event"], product[:HEADING_DIGITS])
            for month in in_force
            for partner in partners
        ]
    return pl.DataFrame(rows, schema=EVIDENCE, orient="row")


def falls_explained(begun: pl.DataFrame, statements: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Return which of the measures that began explain a fall, given the statements of a release and the published
    values before it: those rows, and whether the value and the mass of the partners that still trade fell
    (`value_fell`, `mass_fell`)."""
    fell = _fell_of_others(statements, earlier)
    both = begun.join(fell, on=PLACE, how="left").with_columns(pl.col("value_fell", "mass_fell").fill_null(False))
    return both.filter(pl.col("partner").is_not_null() | pl.col("value_fell") | pl.col("mass_fell"))


def stops_explained(begun: pl.DataFrame) -> pl.DataFrame:
    """Return the measures that explain months of goods without any row: those for every destination, while the first
    licences are awaited."""
    return begun.filter(pl.col("partner").is_null(), pl.col("age") < QUARTER)


def measures_of_goods(falls: pl.DataFrame, rows: pl.DataFrame, *conditions: pl.Expr | str) -> pl.DataFrame:
    """Add to rows of goods and months the newest control of every destination that explains a fall of them (`event`,
    `since`), null where none does; `conditions` are more that it must meet."""
    begun = falls.filter(pl.col("partner").is_null(), *conditions).sort("since")
    names = begun.unique(PLACE, keep="last").select(*PLACE, "since", event="measure")
    names = names.with_columns(pl.col(name).cast(rows.schema[name]) for name in PLACE)
    return rows.join(names, on=PLACE, how="left", maintain_order="left")


def note_on(measure: str, since: str) -> pl.Expr:
    """The words about a measure in a finding; empty where there is none."""
    words = pl.format(", where {} is in force since {}", pl.col(measure), pl.col(since))
    return pl.when(pl.col(measure).is_null()).then(pl.lit("")).otherwise(words)


def _fell_of_others(statements: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return by flow, product and month whether the partners with a row have far less than in a month of the year
    before, in every value and in every mass."""
    is_rated = (MONEY | (pl.col("measure").cast(pl.String) == "quantity_kg"), pl.col("partner") != WORLD)
    place = ["flow", "product", "partner", "measure", "month"]
    frames = [statements.filter("single", *is_rated), values.filter(*is_rated)]
    now, earlier = (
        frame.with_columns(pl.col(place[:4]).cast(pl.String), pl.col("month").cast(pl.Int32))
        .group_by(place)
        .agg(pl.col("value").sum())
        for frame in frames
    )
    history = pl.concat([earlier.join(now, on=place, how="anti"), now])
    traded = now.filter(pl.col("flow") == EXPORT, pl.col("value") > 0)
    before = traded.join(history, on=place[:4], suffix="_before").filter(
        pl.col("month_before").is_between(pl.col("month") - YEAR_MONTHS, pl.col("month") - 1)
    )
    key = [*PLACE, "measure"]
    usual = before.group_by(key).agg(usual=pl.col("value_before").sum() / pl.col("month_before").n_unique())
    sums = traded.group_by(key).agg(here=pl.col("value").sum()).join(usual, on=key)
    is_less = pl.col("here") <= threshold("measure_fall") * pl.col("usual")
    is_mass = pl.col("measure") == "quantity_kg"
    return sums.group_by(PLACE).agg(
        value_fell=is_less.filter(~is_mass).all() & (~is_mass).any(),
        mass_fell=is_less.filter(is_mass).all() & is_mass.any(),
    )


def _last_day(month: int) -> date:
    year, number = (int(part) for part in month_name(month).split("-"))
    return date(year, number, calendar.monthrange(year, number)[1])
