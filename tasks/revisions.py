"""What customs changed without a notice: the words on a number in order, held against one another.

Releases are compared at the finest grain that both have (partner, regime, province), so that a number that only moved
between provinces is seen although the partner's total stayed. Where an earlier release has another grain than a later
one, the two are compared at partner grain.
"""

from datetime import date, timedelta

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.observation import Detail
from schemas.release import Release
from schemas.revision import Revision
from schemas.table import PUBLISHED, empty_frame, polars_schema
from tasks.ledger import NUMBER, as_of, undisputed, words_in_order
from tasks.scope import WORLD, covering, month_index

GRAIN = ["regime", "province"]
KEY = ["flow", "product", "partner", "measure", "month"]
TOTAL = ["source", "flow", "product", "measure", "period_start", "period_end", "revised_on"]


def revisions(
    detail: DataFrame[Detail], observation: pl.DataFrame, releases: DataFrame[Release]
) -> DataFrame[Revision]:
    """Every revision of the months of `detail`, from all releases' details of those months.

    `observation` is the ledger of those months and of the same months a year before, for the effect on totals.
    """
    fine = detail.filter(~undisputed(detail, releases))
    if not fine.height:
        return DataFrame[Revision](empty_frame(Revision))
    fine = fine.with_columns(grain=_grain_of(fine))
    changes = pl.concat([_changes(fine, releases), _changes_between_grains(fine, releases)])
    changes = _tell_moved(changes)
    found = _add_world(changes, observation, releases)
    return DataFrame[Revision](
        found.select(*polars_schema(Revision)).sort("flow", "period_end", *PUBLISHED["revision"].sort_by)
    )


def _grain_of(detail: pl.DataFrame) -> pl.Expr:
    """Which dimensions the release of a row has, as a text."""
    has = [pl.col(name).is_not_null().any().over("release_id") for name in GRAIN]
    return pl.concat_str(
        [pl.when(flag).then(pl.lit(name)).otherwise(pl.lit("")) for flag, name in zip(has, GRAIN, strict=True)],
        separator="+",
    )


def _changes(fine: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    """Words that differ from the word before, of releases with the same grain."""
    return _differing(words_in_order(fine, releases, [*NUMBER, *GRAIN, "grain"])).select(*NUMBER, *GRAIN, *CHANGE)


def _changes_between_grains(fine: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    """Words at partner grain that differ from those of a release with another grain."""
    grains = fine.select("release_id", "grain").unique()
    coarse = _differing(words_in_order(fine, releases, NUMBER))
    for side in ("old", "new"):
        names = {"release_id": f"{side}_release_id", "grain": f"{side}_grain"}
        coarse = coarse.join(grains.rename(names), on=f"{side}_release_id", how="left")
    nothing = [pl.lit(None, dtype=pl.String).alias(name) for name in GRAIN]
    between = coarse.filter(pl.col("old_grain") != pl.col("new_grain"))
    return between.with_columns(nothing).select(*NUMBER, *GRAIN, *CHANGE)


CHANGE = ("kind", "old_value", "new_value", "old_release_id", "new_release_id", "revised_on")


def _differing(words: pl.DataFrame) -> pl.DataFrame:
    """Consecutive words on a number that differ in value; `words` are sorted by number and day, silence has no value."""
    same = pl.col("number") == pl.col("number").shift(1)
    before, now = pl.col("value").shift(1), pl.col("value")
    paired = words.with_columns(
        old_value=pl.when(same).then(before), new_value=now, old_release_id=pl.when(same).then(pl.col("release_id").shift(1)),
        new_release_id=pl.col("release_id"), revised_on=pl.col("known_from"),
    ).filter(same.fill_null(False) & now.ne_missing(before))  # fmt: skip
    return paired.with_columns(
        kind=pl.when(pl.col("old_value").is_null()).then(pl.lit("added"))
        .when(pl.col("new_value").is_null()).then(pl.lit("removed")).otherwise(pl.lit("changed"))
    )  # fmt: skip


def _tell_moved(changes: pl.DataFrame) -> pl.DataFrame:
    """A change is a move where another key of the same product, month, measure and day changed by just as much the other
    way."""
    place = ("flow", "product", "period_start", "period_end", "measure", "revised_on")
    rows = changes.with_columns(delta=pl.col("new_value").fill_null(0) - pl.col("old_value").fill_null(0))
    deltas = rows.select(*place, opposite=-pl.col("delta")).unique()
    moved = rows.join(
        deltas.with_columns(pl.lit(True).alias("moved")),
        left_on=[*place, "delta"],
        right_on=[*place, "opposite"],
        how="left",
    )
    return moved.with_columns(
        kind=pl.when(pl.col("moved") & (pl.col("delta") != 0)).then(pl.lit("moved")).otherwise("kind")
    ).drop("delta", "moved")


def _add_world(changes: pl.DataFrame, observation: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    """World totals before and after each revision, and their growth on the year before as it stood on those days."""
    wanted = changes.select(TOTAL).unique()
    year_ago = wanted.with_columns(
        pl.col("period_start").dt.offset_by("-1y"), pl.col("period_end").dt.offset_by("-1y").dt.month_end()
    )
    for name, days in (("old", timedelta(days=1)), ("new", timedelta(0))):
        now = _world(wanted, observation, releases, days).rename({"world": f"world_{name}"})
        base = _world(year_ago, observation, releases, days).with_columns(
            pl.col("period_start").dt.offset_by("1y"), pl.col("period_end").dt.offset_by("1y").dt.month_end()
        )
        wanted = wanted.join(now, on=TOTAL, how="left").join(base, on=TOTAL, how="left")
        growth = (pl.col(f"world_{name}") / pl.col("world") - 1) * 100
        wanted = wanted.with_columns(pl.when(pl.col("world") > 0).then(growth).alias(f"world_yoy_{name}_pct")).drop(
            "world"
        )
    return changes.join(wanted, on=TOTAL, how="left")


def _world(
    wanted: pl.DataFrame, observation: pl.DataFrame, releases: DataFrame[Release], before: timedelta
) -> pl.DataFrame:
    """World totals as known `before` the day of revision: printed by the source, or the sum where all partners were asked."""
    days = [
        _world_on(
            rows, observation, DataFrame[Release](releases.filter(pl.col("released_on") <= day - before)), day - before
        )
        for (day,), rows in wanted.group_by("revised_on")
    ]
    return pl.concat(days) if days else wanted.with_columns(world=pl.lit(None, dtype=pl.Int64))


def _world_on(wanted: pl.DataFrame, observation: pl.DataFrame, releases: DataFrame[Release], day: date) -> pl.DataFrame:
    place = [name for name in TOTAL if name != "revised_on"]
    rows = wanted.join(as_of(observation, day), on=place)
    printed = rows.filter(pl.col("partner") == WORLD).select(*TOTAL, world="value")
    keys = wanted.with_columns(partner=pl.lit(WORLD), month=month_index("period_end"))
    covered = keys.join(covering(keys.select(KEY).unique(), releases), on=KEY, how="semi")
    summed = rows.join(covered, on=TOTAL, how="semi").group_by(TOTAL).agg(world=pl.col("value").sum())
    return pl.concat([printed, summed.join(printed, on=TOTAL, how="anti").select(printed.columns)])
