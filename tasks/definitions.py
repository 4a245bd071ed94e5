"""Since when a series means what it means: changes of code, unit, basket and partner, and the figures they cut.

Belongs here: which changes concern a series, the column `comparable_from`, and taking away the figures that would compare
the two sides of a change. What is known to have changed is in `schemas/reference`: `hs_revisions`, `definition_breaks`,
and the months in which a basket, a group of partners or the code of a partner begins or ends. A row of
`definition_breaks` with comparable = yes carries a series over a change that the other tables would call a break.

An HS8 code shares the fate of its HS6. At HS6, HS4 and HS2 a revision is a break where goods crossed the border of the
code; how many is in no table, so a little waste that left a chapter counts as much as half of its trade. Nothing is
known of the revisions of 2007, 2012 and 2017: no mark there is no promise.
"""

import polars as pl

from schemas.code_tables import code_table
from schemas.metric import status
from tasks.scope import BASKET, month_index

FINEST_LENGTH, REVISED_LENGTH = 8, 6
WILD = ("product", "partner", "measure")
# Figure -> how many months before its own the first month lies that it rests on, and the figure that it is made from.
# A window in the year to date begins in January.
LOOKS_BACK = {
    "mom_pct": (pl.lit(1), "level"),
    "yoy_pct": (pl.lit(12), "level"),
    "contribution_mom_pp": (pl.lit(1), "level"),
    "contribution_yoy_pp": (pl.lit(12), "level"),
    "ytd": (pl.col("month") % 12, "ytd"),
    "ytd_yoy_pct": (pl.col("month") % 12 + 12, "ytd"),
    "rolling_12m": (pl.lit(11), None),
    "rolling_12m_yoy_pct": (pl.lit(23), None),
}


def add_comparable_from(series: pl.DataFrame) -> pl.DataFrame:
    """Adds comparable_from: index of the month of the last change up to each month, null where none is known.

    `series` is gapless and in order of series and month, with series, product, partner, measure, month.
    """
    heads = series.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("position"), "series", *WILD, first="month")
    heads = heads.filter(pl.col("series").ne_missing(pl.col("series").shift(1)))
    heads = heads.with_columns(after=pl.col("position").shift(-1).fill_null(series.height))
    # The month of a change stands in the row of that month, an older one in the first row of the series.
    at = pl.col("position") + pl.max_horizontal(pl.col("month") - pl.col("first"), 0).cast(pl.UInt32)
    marks = heads.join(_breaks(heads), on="series").with_columns(at=at).filter(pl.col("at") < pl.col("after"))
    marks = marks.group_by("at").agg(pl.col("month").max())
    months = pl.repeat(None, series.height, dtype=pl.Int32, eager=True)
    months = months.scatter(heads["position"], 0).scatter(marks["at"], marks["month"]).forward_fill()
    return series.with_columns(months.set(months == 0, None).alias("comparable_from"))


def without_broken(figures: pl.DataFrame) -> pl.DataFrame:
    """The figures without those that rest on a month before `comparable_from`: null, with the status definition_break.

    What was missing anyway keeps its reason where that is a missing number of the row's own. A printed growth goes too:
    nobody says what it was computed from. A year to date that a source prints stays; it is a number, no comparison.
    """
    columns = []
    for name, (months, own) in LOOKS_BACK.items():
        reason = pl.col(status(name))
        cut = (pl.col("month") - months < pl.col("comparable_from")).fill_null(False) & reason.is_not_null()
        if own is not None:
            cut &= pl.col(name).is_not_null() | pl.col(own).is_not_null()
        if name == "ytd":
            cut &= reason != "reported"
        columns += [
            pl.when(~cut).then(name).alias(name),
            pl.when(cut).then(pl.lit("definition_break")).otherwise(reason).alias(status(name)),
        ]
    return figures.with_columns(columns)


def _breaks(heads: pl.DataFrame) -> pl.DataFrame:
    """series and month of each change that nothing carries over."""
    changes = pl.concat([_of_codes(heads), _of_baskets(), _of_partners(), _stated("no")]).unique()
    changes = changes.join(_stated("yes"), on=[*WILD, "month"], how="anti")
    changes = pl.concat([changes, _in_baskets(changes)]).unique()
    keys = heads.select("series", *WILD)
    found = []
    for (product, partner, measure), rows in changes.group_by(*(pl.col(name) == "" for name in WILD)):
        named = [name for name, wild in zip(WILD, (product, partner, measure), strict=True) if not wild]
        found.append(keys.join(rows.select(*named, "month"), on=named).select("series", "month"))
    return pl.concat(found).unique() if found else keys.select("series", month=pl.lit(0, dtype=pl.Int32)).clear()


def _stated(comparable: str) -> pl.DataFrame:
    rows = code_table("definition_breaks").filter(pl.col("comparable") == comparable)
    return rows.select(*WILD, month=_month("from_month"))


def _of_codes(heads: pl.DataFrame) -> pl.DataFrame:
    """Revisions of the HS, for the codes of the series and for the parts of baskets."""
    codes = pl.concat([heads["product"], code_table("baskets")["hs8"]]).unique()
    revised = pl.col("product").str.len_chars() == FINEST_LENGTH
    code = pl.when(revised).then(pl.col("product").str.slice(0, REVISED_LENGTH)).otherwise("product")
    revisions = code_table("hs_revisions").select("code", month=_month("from_month"))
    found = pl.DataFrame({"product": codes}).with_columns(code=code).join(revisions, on="code")
    return found.select("product", "month", partner=pl.lit(""), measure=pl.lit("")).select(*WILD, "month")


def _of_baskets() -> pl.DataFrame:
    """Months in which a code enters or leaves a basket."""
    baskets = code_table("baskets").with_columns(product=BASKET + pl.col("basket"), partner=pl.lit(""))
    return _begins_and_ends(baskets)


def _of_partners() -> pl.DataFrame:
    """Months in which a partner enters or leaves a group, or the code of a partner begins or ends."""
    groups = code_table("partner_groups").with_columns(partner="group", product=pl.lit(""))
    codes = code_table("partners").with_columns(product=pl.lit(""))
    return pl.concat([_begins_and_ends(groups), _begins_and_ends(codes)]).unique()


def _begins_and_ends(rows: pl.DataFrame) -> pl.DataFrame:
    begin = rows.filter(pl.col("valid_from") != "").with_columns(month=_month("valid_from"))
    end = rows.filter(pl.col("valid_to") != "").with_columns(month=_month("valid_to") + 1)
    return pl.concat([begin, end]).select("product", "partner", pl.lit("").alias("measure"), "month").unique()


def _in_baskets(changes: pl.DataFrame) -> pl.DataFrame:
    """What changes a code changes a basket that it is in, or was in until then."""
    members = code_table("baskets").select(basket=BASKET + pl.col("basket"), product="hs8")
    return changes.join(members, on="product").with_columns(product="basket").select(changes.columns)


def _month(text: str) -> pl.Expr:
    return month_index((pl.col(text) + "-01").str.to_date("%Y-%m-%d"))
