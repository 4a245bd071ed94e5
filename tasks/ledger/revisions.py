"""Finds revisions that customs made without a notice: compares successive statements of a number.

Releases are compared at the finest grain that both have (partner, regime, province), so that a number that only moved
between provinces is seen although the partner's total is the same. An earlier and a later release with different grains
are compared at partner grain.

The effect on the world total follows the rules of `metric`: pieces and kilograms do not add up, a missing number in a
fully requested scope is zero, and there is no growth across a change of definition. The total is that of the releases'
own source.
"""

import functools
from datetime import timedelta

import polars as pl

from schemas.frames import Decision, Detail, Release, Revision
from schemas.layouts import LAYOUTS
from schemas.table import empty_frame, polars_schema
from tasks.domain.comparability import changes_of_texts
from tasks.domain.coverage import EVERYTHING, TOTALS, WORLD, covering
from tasks.domain.decisions import NOTHING_DECIDED, counting
from tasks.domain.growth import growth_pct
from tasks.domain.periods import MONTHS, month_index
from tasks.domain.reporter import Reporter
from tasks.ledger.epochs import epochs, statements_in_order
from tasks.ledger.merge import NUMBER, as_of, undisputed
from tasks.ledger.row_codes import numbered

GRAIN = ["regime", "province"]
KEY = ["flow", "product", "partner", "measure", "month"]
# The place of a total, its parts, and its day.
CELL = ["source", "flow", "product", "classification", "period_start", "period_end"]
PLACE = [*CELL, "measure"]
TOTAL = [*PLACE, "revised_on"]


def revisions(
    detail: Detail,
    observation: pl.DataFrame,
    releases: Release,
    decisions: Decision = NOTHING_DECIDED,
) -> Revision:
    """Every revision of the months of `detail`, from all releases' details of those months.

    `observation` is the ledger of those months and of the same months a year before, for the effect on totals. Where a
    release was withdrawn or reinstated the decision makes the new statement, and where one took the place of another of
    its day that one does, for the partner as a whole.
    """
    is_decided = len(epochs(detail, releases, decisions)) > 1
    fine = detail if is_decided else detail.filter(~undisputed(detail, counting(releases, decisions)))
    if not fine.height:
        return empty_frame("revision")
    fine = fine.with_columns(grain=_grain())
    if not is_decided and fine["grain"].n_unique() == 1:
        fine = fine.filter(~_repeated(fine, counting(releases, decisions)))
    statements = functools.partial(statements_in_order, fine, releases, decisions)
    # Of releases with the same grain; those by a turn are found at partner grain.
    alike = _differing(statements([*NUMBER, *GRAIN, "grain"])).filter(~pl.col("by_turn"))
    changes = [alike.select(*NUMBER, *GRAIN, *CHANGE), _changes_between_grains(fine, statements(NUMBER))]
    changed = _add_world(_tell_moved(pl.concat(changes)), observation, releases, decisions)
    # A printed world takes the place of the sum of all partners, and makes way for it: where the total stays, nothing
    # changed. Totals are those of whole days, so nothing follows from them within one.
    is_place = (pl.col("partner") == WORLD) & pl.col("kind").is_in(["added", "removed"]) & ~pl.col("within_day")
    changed = changed.filter(~(is_place & (pl.col("world_old") == pl.col("world_new"))).fill_null(False))
    return changed.select(*polars_schema("revision")).sort("flow", "period_end", *LAYOUTS["revision"].sort_by)


def _repeated(detail: pl.DataFrame, releases: pl.DataFrame) -> pl.Series:
    """Rows of numbers that every release of their month states, once and alike: most of a correction, and no
    revision."""
    number, _ = numbered(NUMBER, detail)
    stated = detail.select("flow", "release_id", "value", "resolution", *GRAIN, number, month=month_index("period_end"))
    alike = stated.group_by("number").agg(
        pl.col("flow", "month").first(),
        pl.col("release_id").n_unique().alias("stated"),
        is_one=(pl.col("release_id").n_unique() == pl.len())
        & pl.all_horizontal(pl.col(name).n_unique() == 1 for name in ("value", "resolution", *GRAIN)),
    )
    spans = releases.select(scope=pl.col("flow"), first=month_index("first_month"), last=month_index("last_month"))
    requested = (
        alike.select("flow", "month")
        .unique()
        .join(spans, how="cross")
        .filter(
            pl.col("scope").is_null() | (pl.col("scope") == pl.col("flow")), pl.col("month").is_between("first", "last")
        )
        .group_by("flow", "month")
        .agg(pl.len().alias("asked"))
    )
    same = alike.filter("is_one").join(requested, on=["flow", "month"]).filter(pl.col("stated") == pl.col("asked"))
    return number.is_in(same["number"].implode())


def _grain() -> pl.Expr:
    """The dimensions of a row's release, as a text."""
    has = [pl.col(name).is_not_null().any().over("release_id") for name in GRAIN]
    return pl.concat_str(
        [pl.when(flag).then(pl.lit(name)).otherwise(pl.lit("")) for flag, name in zip(has, GRAIN, strict=True)],
        separator="+",
    )


def _changes_between_grains(fine: pl.DataFrame, statements: pl.DataFrame) -> pl.DataFrame:
    """Statements at partner grain that differ from those of a release with another grain, or from or by a turn."""
    grains = fine.select("release_id", "grain").unique()
    coarse = _differing(statements)
    for side in ("old", "new"):
        names = {"release_id": f"{side}_release_id", "grain": f"{side}_grain"}
        coarse = coarse.join(grains.rename(names), on=f"{side}_release_id", how="left")
    nothing = [pl.lit(None, dtype=pl.String).alias(name) for name in GRAIN]
    between = coarse.filter((pl.col("old_grain") != pl.col("new_grain")).fill_null(False) | pl.col("by_turn"))
    return between.with_columns(nothing).select(*NUMBER, *GRAIN, *CHANGE)


CHANGE = ("kind", "old_value", "new_value", "old_release_id", "new_release_id", "revised_on", "within_day")


def _differing(statements: pl.DataFrame) -> pl.DataFrame:
    """Consecutive different values of a number, missing ones too, of statements that are sorted by number and day."""
    same = pl.col("number") == pl.col("number").shift(1)
    before, now = pl.col("value").shift(1), pl.col("value")
    stated_by = pl.coalesce("stated_by", "release_id")
    paired = statements.with_columns(
        old_value=pl.when(same).then(before),
        new_value=now,
        old_release_id=pl.when(same).then(stated_by.shift(1)),
        by_turn=pl.col("by_turn") | pl.col("by_turn").shift(1),
        within_day=pl.col("known_from") == pl.col("known_from").shift(1),
        new_release_id=pl.col("release_id"),
        revised_on=pl.col("known_from"),
    ).filter(same.fill_null(False) & now.ne_missing(before))
    return paired.with_columns(
        kind=pl.when(pl.col("old_value").is_null())
        .then(pl.lit("added"))
        .when(pl.col("new_value").is_null())
        .then(pl.lit("removed"))
        .otherwise(pl.lit("changed"))
    )


def _tell_moved(changes: pl.DataFrame) -> pl.DataFrame:
    """Marks a change as a move where another key of its source, product, month, measure and day changed by the opposite
    amount. A growth is not an amount and cannot move, and nothing moves from a partner to a total that contains it.
    """
    place = [*(name for name in NUMBER if name != "partner"), "total", "revised_on"]
    rows = changes.with_columns(
        delta=pl.col("new_value").fill_null(0) - pl.col("old_value").fill_null(0),
        total=pl.when(pl.col("partner").is_in(TOTALS)).then("partner").otherwise(pl.lit("")),
    )
    amounts = rows.filter(~pl.col("measure").str.ends_with("_yoy"), pl.col("delta") != 0)
    deltas = amounts.select(*place, delta=-pl.col("delta"), moved=pl.lit(True)).unique()
    moved = rows.join(deltas, on=[*place, "delta"], how="left")
    return moved.with_columns(kind=pl.when("moved").then(pl.lit("moved")).otherwise("kind")).drop(
        "delta", "total", "moved"
    )


def _add_world(
    changes: pl.DataFrame, observation: pl.DataFrame, releases: Release, decisions: Decision
) -> pl.DataFrame:
    """World totals before and after each revision, and their growth on the year before as it stood on those days."""
    wanted = changes.select(TOTAL).unique()
    year_ago = wanted.with_columns(
        pl.col("period_start").dt.offset_by("-1y"), pl.col("period_end").dt.offset_by("-1y").dt.month_end()
    )
    series = wanted.select("product", "measure", partner=pl.lit(WORLD), month=month_index("period_end"))
    changed = changes_of_texts(series, Reporter.of(releases))
    # No change of code, unit or partner lies between the period and the same a year before.
    compared = wanted.with_columns(means_the_same=(changed <= month_index("period_start") - MONTHS).fill_null(True))
    for name, days in (("old", timedelta(days=1)), ("new", timedelta(0))):
        now = _world(wanted, observation, releases, decisions, days).rename({"world": f"world_{name}"})
        base = _world(year_ago, observation, releases, decisions, days).with_columns(
            pl.col("period_start").dt.offset_by("1y"), pl.col("period_end").dt.offset_by("1y").dt.month_end()
        )
        compared = compared.join(now, on=TOTAL, how="left").join(base, on=TOTAL, how="left")
        # A printed growth is not an amount and has no growth of its own.
        may_grow = pl.col("means_the_same") & (pl.col("world") > 0) & ~pl.col("measure").str.ends_with("_yoy")
        growth = pl.when(may_grow).then(growth_pct(pl.col(f"world_{name}"), pl.col("world")))
        compared = compared.with_columns(growth.alias(f"world_yoy_{name}_pct")).drop("world")
    return changes.join(compared.drop("means_the_same"), on=TOTAL, how="left")


def _world(
    wanted: pl.DataFrame,
    observation: pl.DataFrame,
    releases: Release,
    decisions: Decision,
    before: timedelta,
) -> pl.DataFrame:
    """World totals as known `before` the day of revision: printed by the source, or the sum where all partners were
    asked."""
    days = [
        _world_on(
            rows,
            as_of(observation, day - before),
            counting(releases, decisions, day - before).filter(pl.col("released_on") <= day - before),
        )
        for (day,), rows in wanted.group_by("revised_on")
    ]
    return pl.concat(days) if days else wanted.with_columns(world=pl.lit(None, dtype=pl.Int64))


def _world_on(wanted: pl.DataFrame, statements: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """World totals from the statements and the releases of a day; no row where there is none."""
    printed = wanted.join(statements.filter(pl.col("partner") == WORLD), on=PLACE).select(*TOTAL, world="value")
    unprinted = _covered(wanted, releases, WORLD).join(printed, on=TOTAL, how="anti")
    if not unprinted.height:
        return printed
    is_part = ~pl.col("partner").is_in(TOTALS) & ~pl.col("measure").str.ends_with("_yoy")
    parts = statements.filter(is_part).join(wanted, on=CELL, how="semi")
    partners = pl.col("partner").n_unique()
    measured = statements.filter(pl.col("partner") == WORLD, ~pl.col("measure").str.ends_with("_yoy"))
    # A file of world totals alone covers the world, and none of the partners that are its parts.
    everyone = _covered(wanted, releases, EVERYTHING)
    counts = (
        unprinted.join(parts.group_by(CELL).agg(needed=partners), on=CELL, how="left")
        .join(parts.group_by(PLACE).agg(counted=partners, world=pl.col("value").sum()), on=PLACE, how="left")
        .with_columns(pl.col("needed", "counted", "world").fill_null(0))
    )
    # A missing number is zero where a release gives single months; for a span of months it is unknown.
    is_month = pl.col("period_start").dt.month_end() == pl.col("period_end")
    # A total is not zero either where it is printed in another measure: the goods are counted in another unit.
    zeros = counts.filter(pl.col("needed") == 0, is_month).join(measured, on=CELL, how="anti")
    sums = counts.filter((pl.col("counted") == pl.col("needed")) & (pl.col("needed") > 0))
    sums = sums.join(everyone, on=TOTAL, how="semi")
    summed = pl.concat([sums, zeros])
    return pl.concat([printed, summed.select(printed.columns)])


def _covered(wanted: pl.DataFrame, releases: pl.DataFrame, partner: str) -> pl.DataFrame:
    """The totals for which `partner` was requested (EVERYTHING: all) by the same source and level: others have other
    numbers."""
    keys = wanted.with_columns(partner=pl.lit(partner), month=month_index("period_end"))
    covered = [wanted.clear()]
    for (source, level), rows in keys.group_by("source", "classification"):
        of_level = releases.filter(
            (pl.col("source") == source) & (pl.col("classification").is_null() | (pl.col("classification") == level))
        )
        covered.append(
            rows.join(covering(rows.select(KEY).unique(), of_level), on=KEY, how="semi").select(wanted.columns)
        )
    return pl.concat(covered)
