"""Since when a series means what it means: changes of code, unit, basket and partner, and the figures they cut.

Belongs here: which changes concern a series, and since when its months can be compared. The figures that would compare the
two sides of a change are taken away in `figures`. What is known to have changed is in `schemas/reference`: `hs_revisions`, `definition_breaks`,
and the months in which a basket, a group of partners or the code of a partner begins or ends. A row of
`definition_breaks` with comparable = yes carries a series over a change that the other tables would call a break.

An HS8 code shares the fate of its HS6. At HS6, HS4 and HS2 a revision is a break where goods crossed the border of the
code; how many is in no table, so a little waste that left a chapter counts as much as half of its trade. Nothing is
known of the revisions of 2007, 2012 and 2017: no mark there is no promise.
"""

import functools
import math
from typing import Any, NamedTuple

import numpy
import polars as pl

from schemas.code_tables import code_table
from tasks.periods import NO_MONTH
from tasks.scope import BASKET, month_index

FINEST_LENGTH, REVISED_LENGTH = 8, 6
WILD = ("product", "partner", "measure")


class Heads(NamedTuple):
    """What the series are called: the names of products, partners and measures, each in order, and of each series their
    numbers."""

    labels: tuple[list[str], list[str], list[str]]
    numbers: tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]


def months_changed(heads: Heads, first: int, wanted: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """For each series of `heads` (a row) and each wanted month (a column): the last month up to it in which the meaning of the
    series changed, NO_MONTH where none is known. Months are counted from `first`, and may lie before it."""
    changed = numpy.full((len(heads.numbers[0]), len(wanted)), NO_MONTH, numpy.int32)
    labels = dict(zip(WILD, heads.labels, strict=True))
    numbers = dict(zip(WILD, heads.numbers, strict=True))
    changes = _breaks(tuple(heads.labels[0]))
    for flags, all_rows in changes.group_by(*(pl.col(name) == "" for name in WILD)):
        named = [name for name, wild in zip(WILD, flags, strict=True) if not wild]
        rows = all_rows.filter(pl.lit(True), *(pl.col(name).is_in(labels[name]) for name in named))
        # Series that share the names of a change share what it does: the table has a row for each combination of these names.
        sizes = [len(labels[name]) for name in named]
        table = numpy.full((math.prod(sizes), len(wanted)), NO_MONTH, numpy.int32)
        coded = [rows[name].cast(pl.Enum(labels[name])).to_physical().to_numpy().astype(numpy.int64) for name in named]
        month = rows["month"].to_numpy() - first
        # The first wanted month that a change is in force; of several before one month the last counts.
        place = numpy.searchsorted(wanted, month)
        inside = place < len(wanted)
        at = numpy.ravel_multi_index(tuple(coded), tuple(sizes)) if named else numpy.zeros(rows.height, numpy.int64)
        numpy.maximum.at(table, (at[inside], place[inside]), month[inside])
        table = numpy.maximum.accumulate(table, axis=1)
        of_series = numpy.ravel_multi_index(tuple(numbers[name] for name in named), tuple(sizes)) if named else 0
        numpy.maximum(changed, table[of_series], out=changed)
    return changed


@functools.lru_cache(64)
def _breaks(products: tuple[str, ...]) -> pl.DataFrame:
    """Names and month of each change that nothing carries over; an empty name stands for all."""
    changes = pl.concat([_of_codes(products), _of_baskets(), _of_partners(), _stated("no")]).unique()
    changes = changes.join(_stated("yes"), on=[*WILD, "month"], how="anti")
    return pl.concat([changes, _in_baskets(changes)]).unique()


def _stated(comparable: str) -> pl.DataFrame:
    rows = code_table("definition_breaks").filter(pl.col("comparable") == comparable)
    return rows.select(*WILD, month=_month("from_month"))


def _of_codes(products: tuple[str, ...]) -> pl.DataFrame:
    """Revisions of the HS, for some codes and for the parts of baskets."""
    codes = pl.concat([pl.Series(products, dtype=pl.String), code_table("baskets")["hs8"]]).unique()
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
