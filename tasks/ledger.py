"""The ledger: all words on a number in order, each with the days during which it was the last.

The ledger of a month is a function of the set of releases that speak of it: any order of arrival, any repetition gives
the same rows. So it is not updated but made again, from the `detail` of all those releases. A release replaces what
earlier ones of its source said inside its scope, also by saying nothing: a number that is gone is no longer the word.
"""

from datetime import date

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.observation import KINDS, Detail, Observation
from schemas.release import Release
from schemas.table import PUBLISHED, polars_schema
from tasks.scope import family, scoped_products

NUMBER = ("source", "reporter", "flow", "product", "classification", "partner", "period_start", "period_end", "measure", "unit")
SAID = ("value", "resolution")
SUM_MAX = 2**62


def merge(detail: DataFrame[Detail], releases: DataFrame[Release]) -> DataFrame[Observation]:
    """The ledger rows of some months, from every release's detail of those months and the releases they come from.

    Of two words on one day the one of the higher kind stands (query over published), then a number over silence, then
    the release with the later name: a rule that needs no clock. Raises OverflowError where a sum would not fit.
    """
    words = _words(detail)
    spoken = pl.concat([words, _silences(words, releases)], how="diagonal")
    numbers = words.select(NUMBER).unique().sort(NUMBER).with_row_index("number")
    standing = pl.col("kind").replace_strict(KINDS, range(len(KINDS)), return_dtype=pl.Int32)
    last_of_day = (
        spoken.join(numbers, on=NUMBER)
        .sort("number", "known_from", -standing, pl.col("value").is_not_null(), "release_id")
        .unique(["number", "known_from"], keep="last", maintain_order=True)
    )  # fmt: skip
    same_number = pl.col("number") == pl.col("number").shift(1)
    repeated = same_number & pl.all_horizontal(pl.col(said).eq_missing(pl.col(said).shift(1)) for said in SAID)
    ledger = last_of_day.filter(~repeated.fill_null(False)).with_columns(
        pl.when(pl.col("number").shift(-1) == pl.col("number")).then(pl.col("known_from").shift(-1)).alias("known_until")
    )
    ledger = ledger.filter(pl.col("value").is_not_null())
    return DataFrame[Observation](
        ledger.select(*polars_schema(Observation)).sort("flow", *PUBLISHED["observation"].sort_by)
    )


def as_of(observation: pl.DataFrame, day: date) -> pl.DataFrame:
    """The rows of the ledger that were the last word on `day`."""
    return observation.filter(
        (pl.col("known_from") <= day) & (pl.col("known_until").is_null() | (pl.col("known_until") > day))
    )


def last_word(observation: pl.DataFrame) -> pl.DataFrame:
    """The rows of the ledger that are the last word now."""
    return observation.filter(pl.col("known_until").is_null())


def _words(detail: DataFrame[Detail]) -> pl.DataFrame:
    """What each release says of each number at partner grain."""
    if detail.height and float(detail["value"].cast(pl.Float64).abs().sum()) > SUM_MAX:
        raise OverflowError("values that add up to more than 64 bits hold; check the units of the release")
    return detail.group_by(*NUMBER, "kind", "release_id", "known_from").agg(
        pl.col("value").sum(),
        pl.col("resolution").sum(),
        pl.when(pl.len() == 1).then(pl.col("record").first()).alias("record"),
    )


def _silences(words: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    """Numbers that a release does not have although they are inside its scope: rows like words, without a value."""
    speaking = releases.filter(pl.col("partners") != "keys")
    numbers = words.select(*NUMBER, "kind").unique()
    scope = speaking.select(
        "release_id", "source", "reporter", "flow", "partners", "partner_list", "by_month", "measures",
        "first_month", last_day=pl.col("last_month").dt.month_end(), known_from="released_on",
    )  # fmt: skip
    asked = scoped_products(speaking, numbers["product"]).join(scope, on="release_id")
    inside = numbers.join(asked, on=["source", "reporter", "flow", "product"]).filter(
        pl.col("measures").list.contains(family())
        & ((pl.col("partners") == "all") | pl.col("partner_list").list.contains(pl.col("partner")))
        & _period_is_covered()
    )
    return inside.join(words, on=[*NUMBER, "release_id"], how="anti").select(
        *NUMBER, "kind", "release_id", "known_from"
    )


def _period_is_covered() -> pl.Expr:
    """A release by month covers each single month of its range; one without months covers its range as a whole."""
    is_month = pl.col("period_start").dt.month_end() == pl.col("period_end")
    inside = (pl.col("period_start") >= pl.col("first_month")) & (pl.col("period_end") <= pl.col("last_day"))
    whole = (pl.col("period_start") == pl.col("first_month")) & (pl.col("period_end") == pl.col("last_day"))
    return pl.when("by_month").then(is_month & inside).otherwise(whole)
