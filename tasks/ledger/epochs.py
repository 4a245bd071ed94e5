"""Computes the ledger with decisions: a withdrawn release counts on the days before its withdrawal and not after.

Between two decisions the set of releases that count is one, and the ledger is that of those releases; what it says of
other days is cut off. So a decision changes no day before its own, and the order in which releases and decisions came
does not matter.
"""

from datetime import date
from typing import NamedTuple

import polars as pl

from schemas.frames import Decision, Detail, Observation, Release
from tasks.domain.decisions import out_on
from tasks.domain.periods import month_index
from tasks.domain.release_ids import release_of
from tasks.ledger import merge as ledger
from tasks.ledger.merge import NUMBER
from tasks.ledger.row_codes import coded, in_order_of, numbered

# What must be equal for two rows of the ledger, one after the other, to be one.
SAME = [*NUMBER, "release_id", "kind", "value", "resolution", "record"]


class Epoch(NamedTuple):
    """The days from `start` on and before `end` (None: without bound), on which the releases `out` do not count.

    `decided` has, of each `flow` and `month` that a decision of the first day is about, the last one's `decision_id`.
    """

    start: date | None
    end: date | None
    out: frozenset[str]
    decided: pl.DataFrame | None = None


def merge(detail: Detail, releases: Release, decisions: Decision) -> Observation:
    """Return the ledger rows of some months, as `ledger.merge`, with the decisions about the releases."""
    spans = epochs(detail, releases, decisions)
    if len(spans) == 1:
        return ledger.merge(*_that_count(detail, releases, spans[0]))
    parts = [
        ledger.merge(*_that_count(detail, releases, epoch))
        .with_columns(
            known_from=pl.max_horizontal("known_from", pl.lit(epoch.start, pl.Date)),
            known_until=pl.min_horizontal("known_until", pl.lit(epoch.end, pl.Date)),
        )
        .filter((pl.col("known_from") < pl.col("known_until")) | pl.col("known_until").is_null())
        for epoch in spans
    ]
    whole = _joined(pl.concat([part for part in parts if part.height] or parts[:1]))
    return in_order_of(coded([*NUMBER, "known_from"], whole)[0], whole)


def statements_in_order(
    detail: pl.DataFrame, releases: Release, decisions: pl.DataFrame, key: list[str]
) -> pl.DataFrame:
    """Return every value of each number that has several, as `merge.statements_in_order`. A decision that changes a
    value adds a row with the decision as `release_id`; `stated_by` is the release of the value, null if there is none.
    """
    spans = epochs(detail, releases, decisions)
    if len(spans) == 1:
        statements = ledger.statements_in_order(*_that_count(detail, releases, spans[0]), key)
        return statements.with_columns(stated_by="release_id")
    stated = [
        ledger.all_statements(*_that_count(detail, releases, epoch), key).with_columns(stated_by="release_id")
        for epoch in spans
    ]
    rows = [stated[0].filter(_is_before(spans[0].end))]
    for place, epoch in enumerate(spans[1:], 1):
        rows.append(_changed_by(epoch, stated[place - 1], stated[place], key))
        rows.append(stated[place].filter(pl.col("known_from") >= epoch.start, _is_before(epoch.end)))
    filled = [part for part in rows if part.height] or rows[:1]
    statements = pl.concat([part.select(*key, "release_id", "stated_by", "known_from", "value") for part in filled])
    number, _ = numbered(key, statements)
    statements = statements.with_columns(number.alias("number")).filter(pl.col("number").is_duplicated())
    return statements.sort("number", "known_from", maintain_order=True)


def epochs(detail: pl.DataFrame, releases: pl.DataFrame, decisions: pl.DataFrame) -> list[Epoch]:
    """Return the epochs of some months: a single one unless a decision changes which of their releases count."""
    deciding = _that_matter(detail, releases, decisions)
    turns = deciding.filter(pl.col("kind") != "replaced").sort("decided_on", "release_id", "number")
    # Before the first day of a person's decisions only the replacements hold.
    list_of_epochs = [Epoch(None, None, out_on(releases, deciding, date.min))]
    for (day,), rows in turns.group_by("decided_on", maintain_order=True):
        assert isinstance(day, date)
        out = out_on(releases, deciding, day)
        if out != list_of_epochs[-1].out:
            list_of_epochs[-1] = list_of_epochs[-1]._replace(end=day)
            list_of_epochs.append(Epoch(day, None, out, _last_about_month(rows, detail, releases)))
    return list_of_epochs


def _last_about_month(decisions: pl.DataFrame, detail: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """Return the last of a day's decisions about each `flow` and `month` in which its release has a row or a scope:
    that is what a store names which publishes the decisions one by one.
    """
    rows = detail.select("flow", release_id=release_of(), month=month_index("period_end")).unique()
    scopes = (
        releases.filter(pl.col("partners") != "keys")
        .select(
            "flow",
            release_id=release_of(),
            month=pl.int_ranges(month_index("first_month"), month_index("last_month") + 1, dtype=pl.Int32),
        )
        .explode("month")
    )
    about = pl.concat([rows, scopes], how="vertical_relaxed")
    return (
        decisions.select("release_id", "decision_id")
        .join(about, on="release_id", maintain_order="left")
        .group_by("flow", "month")
        .agg(pl.col("decision_id").last())
    )


def _that_matter(detail: pl.DataFrame, releases: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Return the decisions about releases whose scope includes months of `detail`, and about their replacements."""
    if not decisions.height or not detail.height:
        return decisions.clear()
    first, last = detail.select(first=pl.col("period_end").min(), last=pl.col("period_end").max()).row(0)
    in_months = releases.filter(
        month_index("first_month") <= month_index(pl.lit(last)), month_index("last_month") >= month_index(pl.lit(first))
    ).select(release_of().unique())
    return decisions.filter(pl.col("release_id").is_in(in_months.to_series().implode()))


def _that_count(detail: pl.DataFrame, releases: pl.DataFrame, epoch: Epoch) -> tuple[Detail, Release]:
    if not epoch.out:
        return detail, releases
    counts = ~pl.col("release_id").is_in(sorted(epoch.out))
    return detail.filter(counts), releases.filter(counts)


def _joined(rows: pl.DataFrame) -> pl.DataFrame:
    """Merge rows that only the end of an epoch separates."""
    ordered = rows.sort(*NUMBER, "known_from")
    goes_on = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in SAME) & (
        pl.col("known_from") == pl.col("known_until").shift(1)
    )
    run = ordered.select((~goes_on.fill_null(False)).cum_sum()).to_series()
    days = ("known_from", "known_until")
    return (
        ordered.group_by(run.alias("run"), maintain_order=True)
        .agg(pl.exclude(days).first(), pl.col("known_from").first(), pl.col("known_until").last())
        .select(rows.columns)
    )


def _changed_by(epoch: Epoch, before: pl.DataFrame, after: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Return the values that a decision changes: for each number the last value before its day, among the releases that
    count from then on, if it differs from the value among those that counted until then.
    """
    assert epoch.decided is not None
    earlier = pl.col("known_from") < epoch.start
    former, current = (
        stated.filter(earlier)
        .sort("known_from", maintain_order=True)
        .group_by(key, maintain_order=True)
        .agg(pl.col("value").last(), pl.col("stated_by").last())
        for stated in (before, after)
    )
    both = former.join(current, on=key, how="full", nulls_equal=True, coalesce=True, suffix="_now")
    # A release of that very day decides the value of the day.
    of_day = after.filter(pl.col("known_from") == epoch.start)
    both = both.join(of_day.select(key), on=key, how="anti", nulls_equal=True)
    changed = both.filter(pl.col("value").ne_missing(pl.col("value_now")))
    named = changed.with_columns(month=month_index("period_end")).join(epoch.decided, on=["flow", "month"], how="left")
    return named.select(
        *key,
        value="value_now",
        stated_by=pl.when(pl.col("value_now").is_not_null()).then("stated_by_now"),
        release_id="decision_id",
        known_from=pl.lit(epoch.start, pl.Date),
    )


def _is_before(end: date | None) -> pl.Expr:
    return pl.lit(True) if end is None else pl.col("known_from") < end
