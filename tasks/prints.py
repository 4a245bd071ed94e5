"""Gate D: do figures that others printed fit one another?

Papers drop a digit, take a month for the year so far, or one basket for another, and nothing beside a print says so but other
prints. The same rules as in `tasks/check.py`: a check returns findings and changes nothing. Only collected files are looked
at: what papers printed is no fault of a download that comes later.
"""

import polars as pl

from tasks.findings import Rows, finding
from tasks.judged import EXAMPLES, GROWTH, REVISED_SHARE_MAX, Check, Judged
from tasks.numbers import has_fewer_digits
from tasks.periods import span_name
from tasks.published_months import CODED
from tasks.scope import month_index

# Two digits say a number within 5 %, and customs may have revised it besides.
DISAGREE_SHARE_MAX = 0.1
FIGURE = [*CODED, "period_start", "period_end"]
SAID = ("value", "resolution", "known_from")


def _printed(judged: Judged) -> pl.DataFrame:
    """FIGURE, SAID, kind, single and whether it is `new`: the amounts of the file, and the words that stand on the same products."""
    own = judged.own.filter(~GROWTH)
    theirs = judged.published.rows(
        judged.months, (*FIGURE, *SAID, "kind"), pl.col("product").is_in(judged.products), ~pl.col("measure").str.ends_with("_yoy")
    )  # fmt: skip
    mine = own.with_columns(kind=pl.lit("published"), new=pl.lit(True))
    columns = [*FIGURE, *SAID, "kind", "single", "new"]
    return pl.concat([mine.select(columns), theirs.with_columns(new=pl.lit(False)).select(columns)])


def _prints_disagree(judged: Judged) -> Rows:
    """Prints of one figure on several days differ by a revision at most, and in how many digits they have."""
    if judged.row["kind"] != "published":
        return
    rows = _printed(judged).filter(kind="published")
    both = rows.filter("new").join(rows, on=FIGURE, suffix="_told")
    later = ~pl.col("new_told") | (pl.col("known_from") > pl.col("known_from_told"))
    said, told = [pl.col("value"), pl.col("resolution")], [pl.col("value_told"), pl.col("resolution_told")]
    is_same = has_fewer_digits(*said, *told) | has_fewer_digits(*told, *said)
    apart = (said[0] - told[0]).abs() > DISAGREE_SHARE_MAX * pl.max_horizontal(said[0], told[0])
    differing = both.filter(later, apart, ~is_same).sort(*FIGURE, "known_from", "known_from_told")
    for found in differing.head(EXAMPLES).iter_rows(named=True):
        yield finding(
            "prints_disagree", "error", _subject(found), observed=f"{found['value']:,}, printed on {found['known_from']}",
            expected=f"within {DISAGREE_SHARE_MAX:.0%} of {found['value_told']:,}, printed on {found['known_from_told']}",
            advice="See which of the two is a slip or of another basket, and leave it out; if customs revised so much, approve.",
        )  # fmt: skip


def _prints_do_not_add_up(judged: Judged) -> Rows:
    """A figure of several months is no less than any part of it, nor than its months together; and no more where all are known."""
    if judged.row["kind"] != "published":
        return
    start, end = month_index("period_start").alias("first"), month_index("period_end").alias("last")
    rows = _printed(judged).sort(*FIGURE, "new", "known_from").unique(FIGURE, keep="last", maintain_order=True)
    rows = rows.with_columns(start, end)
    met = rows.filter(~pl.col("single")).join(rows, on=CODED, suffix="_part").filter(
        pl.col("first_part") >= pl.col("first"), pl.col("last_part") <= pl.col("last"),
        (pl.col("first_part") > pl.col("first")) | (pl.col("last_part") < pl.col("last")),
    )  # fmt: skip
    value, is_month = pl.col("value_part"), pl.col("single_part")
    wholes = met.group_by(*FIGURE, "value", "resolution", "first", "last").agg(
        pl.col("new").any() | pl.col("new_part").any(), months=is_month.sum(), together=value.filter(is_month).sum(),
        steps=pl.col("resolution_part").filter(is_month).sum(), largest=(value - pl.col("resolution_part")).max(),
    )  # fmt: skip
    slack = REVISED_SHARE_MAX * pl.col("value") + pl.col("resolution")
    is_whole = pl.col("months") == pl.col("last") - pl.col("first") + 1
    is_less = pl.max_horizontal(pl.col("together") - pl.col("steps"), "largest") > pl.col("value") + slack
    is_more = is_whole & (pl.col("together") + pl.col("steps") < pl.col("value") - slack)
    wrong = wholes.with_columns(is_less=is_less).filter("new", pl.col("is_less") | is_more).sort(FIGURE)
    for found in wrong.head(EXAMPLES).iter_rows(named=True):
        least = max(found["together"], found["largest"])
        yield finding(
            "prints_do_not_add_up", "error", _subject(found), observed=f"{found['value']:,} ({wrong.height} such figures)",
            expected=f"at least {least:,}, as months or a part of it have" if found["is_less"] else f"{found['together']:,}, its months together",
            advice="One of these figures is a slip, or of another month or basket; look at their sources and leave it out.",
        )  # fmt: skip


def _subject(found: dict[str, object]) -> str:
    return (
        f"{found['flow']} {found['product']} {found['partner']} {span_name(found['period_start'], found['period_end'])} "  # type: ignore[arg-type]
        f"{found['measure']}"
    )


PRINTS: tuple[Check, ...] = (_prints_disagree, _prints_do_not_add_up)
