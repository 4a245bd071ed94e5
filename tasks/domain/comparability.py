"""Finds the month since which a series is comparable: changes of code, unit, basket and partner.

Belongs here: which changes concern a series, in words too, and since when its months can be compared. `metrics.figures`
removes metrics that would compare the two sides of a change. Known changes are in `schemas/reference`: `hs_revisions`,
`definition_breaks`, and the months in which a basket, a group of partners or the code of a partner begins or ends. A
row of `definition_breaks` with comparable = yes carries a series over a change that the other tables would call a
break.

A national code follows its HS6. At HS6, HS4 and HS2 a revision is a break where goods crossed the border of the code.
No table says how much trade crossed, so any amount counts. A code of the Combined Nomenclature also changes where a
yearly revision of that list moved its goods (`cn_revisions`).
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.classification import BASKET, HS_DIGITS
from tasks.domain.periods import month_index
from tasks.domain.reporter import CHN, Reporter
from tasks.domain.units import RATIOS

COMBINED = "CN8"
WILD = ("product", "partner", "measure")
WORDS = ("what", "source")


def changes(frame: pl.DataFrame, labels: Mapping[str, Sequence[str]], reporter: Reporter) -> pl.Series:
    """For each row the last month, up to its own, in which the meaning of its series changed; null where none is known.

    Only changes in the statistics of the `reporter` count.

    The columns product, partner and measure hold positions in the sorted lists of `labels`; `month` is a month index.
    """
    months = frame["month"].unique()
    columns_of_changes = [pl.repeat(None, frame.height, dtype=pl.Int32, eager=True)]
    if months.len():
        for columns, changed in _numbered(*(tuple(labels[name]) for name in WILD), reporter):
            has_come = changed.filter(pl.col("changed") <= months.max())
            if has_come.height:
                find = _of_one_month if months.len() == 1 else _by_month
                columns_of_changes.append(find(frame.select("month", key=_key(columns, labels)), has_come))
    return pl.select(pl.max_horizontal(*columns_of_changes)).to_series()


@functools.lru_cache(64)
def _numbered(
    products: tuple[str, ...], partners: tuple[str, ...], measures: tuple[str, ...], reporter: Reporter
) -> list[tuple[list[str], pl.DataFrame]]:
    """The breaks of these names by the columns that they name: `key` of these, and `changed`, a month index."""
    labels, numbered = dict(zip(WILD, (products, partners, measures), strict=True)), []
    for flags, rows in breaks(products, reporter).group_by(*(pl.col(name) == "" for name in WILD)):
        columns = [name for name, wild in zip(WILD, flags, strict=True) if not wild]
        of_names = rows.filter(*(pl.col(name).is_in(labels[name]) for name in columns))
        if of_names.height:
            places = [pl.col(name).cast(pl.Enum(labels[name])).to_physical() for name in columns]
            numbered.append(
                (columns, of_names.select("month", *places).select(changed="month", key=_key(columns, labels)))
            )
    return numbered


def changes_of_texts(frame: pl.DataFrame, reporter: Reporter) -> pl.Series:
    """`changes` for a frame with texts in the columns product, partner and measure."""
    labels = {name: sorted(frame[name].unique()) for name in WILD}
    coded = frame.select("month", *(pl.col(name).cast(pl.Enum(texts)).to_physical() for name, texts in labels.items()))
    return changes(coded, labels, reporter)


def _key(columns: Sequence[str], labels: Mapping[str, Sequence[str]]) -> pl.Expr:
    whole = pl.lit(0, dtype=pl.UInt64)
    for name in columns:
        whole = whole * len(labels[name]) + pl.col(name).cast(pl.UInt64)
    return whole


def _of_one_month(frame: pl.DataFrame, changed: pl.DataFrame) -> pl.Series:
    last = changed.group_by("key").agg(pl.col("changed").max())
    return frame.join(last, on="key", how="left", maintain_order="left")["changed"]


def _by_month(frame: pl.DataFrame, changed: pl.DataFrame) -> pl.Series:
    rows, since = frame.with_row_index("row").sort("month"), changed.with_columns(since="changed").sort("since")
    joined = rows.join_asof(
        since, left_on="month", right_on="since", by="key", strategy="backward", check_sortedness=False
    )
    return joined.sort("row")["changed"]


@dataclass(frozen=True, order=True)
class Change:
    """A change of meaning, or of the source's code, from `month` (year x 12 + month - 1) on."""

    month: int
    what: str
    source: str


def breaks_of(product: str, partner: str, measure: str, reporter: Reporter) -> list[Change]:
    """The changes in the statistics of the reporter across which the series cannot be compared, in order."""
    concerned = {"product": [product], "partner": [partner], "measure": RATIOS.get(measure, (measure,))}
    rows = breaks((product,), reporter).filter(pl.col(name).is_in(["", *names]) for name, names in concerned.items())
    return sorted({Change(*row) for row in rows.select("month", *WORDS).iter_rows()})


@functools.lru_cache(64)
def breaks(products: tuple[str, ...], reporter: Reporter) -> pl.DataFrame:
    """Each change in the statistics of the `reporter` that no row carries over: WILD (an empty name matches all),
    month, and WORDS, which say what changed and who says so.
    """
    baskets = reporter.rows("baskets")
    stated = reporter.rows("definition_breaks")
    changes = pl.concat(
        [_of_codes(products, reporter), _of_baskets(baskets), _of_partners(reporter), _stated(stated, "no")]
    ).unique()
    changes = changes.join(_stated(stated, "yes"), on=[*WILD, "month"], how="anti")
    return pl.concat([changes, _in_baskets(changes, baskets)]).unique()


def _stated(rows: pl.DataFrame, comparable: str) -> pl.DataFrame:
    rows = rows.filter(pl.col("comparable") == comparable)
    return rows.select(*WILD, month=_month("from_month"), what="what", source="source")


def _of_codes(products: tuple[str, ...], reporter: Reporter) -> pl.DataFrame:
    """Revisions of the HS and of the Combined Nomenclature, for some codes and for the parts of baskets."""
    codes = pl.concat([pl.Series(products, dtype=pl.String), reporter.rows("baskets")["hs8"]]).unique()
    is_national = pl.col("product").str.contains(r"^\d{7,}$")
    code = pl.when(is_national).then(pl.col("product").str.slice(0, HS_DIGITS)).otherwise("product")
    moves = [
        pl.when(pl.col(name) != "").then(pl.lit(f"{verb} ") + pl.col(name))
        for verb, name in (("gained goods of", "gained_from"), ("lost goods to", "lost_to"))
    ]
    what = pl.format("{} {}", "code", pl.concat_str(moves, separator=" and ", ignore_nulls=True))
    coded = pl.DataFrame({"product": codes})
    moved = coded.with_columns(code=code).join(code_table("hs_revisions"), on="code")
    if reporter.nomenclature == COMBINED:
        yearly = coded.with_columns(code="product").join(code_table("cn_revisions"), on="code")
        moved = pl.concat([moved, yearly])
    moved = moved.with_columns(month=_month("from_month"), what=what, partner=pl.lit(""), measure=pl.lit(""))
    return moved.select(*WILD, "month", *WORDS)


def _of_baskets(baskets: pl.DataFrame) -> pl.DataFrame:
    """Months in which a code enters or leaves a basket."""
    named = baskets.with_columns(product=BASKET + pl.col("basket"), partner=pl.lit(""), part="hs8")
    return _begins_and_ends(named.with_columns(whole=pl.lit("the basket")))


def _of_partners(reporter: Reporter) -> pl.DataFrame:
    """Months in which a partner enters or leaves a group, or a code of China customs for a partner begins or ends, in
    China's statistics.
    """
    groups = code_table("partner_groups").with_columns(partner="group", part="partner", whole="group")
    codes = code_table("partners").filter(reporter.code == CHN)
    codes = codes.with_columns(part=pl.lit("code ") + pl.col("gacc_code"), whole=pl.lit("the partner codes"))
    return pl.concat(_begins_and_ends(rows.with_columns(product=pl.lit(""))) for rows in (groups, codes)).unique()


def _begins_and_ends(rows: pl.DataFrame) -> pl.DataFrame:
    """The months in which a `part` enters and leaves its `whole`."""
    ends = (("valid_from", "enters", 0), ("valid_to", "leaves", 1))
    months = [
        rows.filter(pl.col(day) != "").select(
            "product",
            "partner",
            measure=pl.lit(""),
            month=_month(day) + after,
            what=pl.format(f"{{}} {verb} {{}}", "part", "whole"),
            source="source",
        )
        for day, verb, after in ends
    ]
    return pl.concat(months).unique()


def _in_baskets(changes: pl.DataFrame, baskets: pl.DataFrame) -> pl.DataFrame:
    """A change of a code also changes each basket that contains it, or contained it until then."""
    members = baskets.select(basket=BASKET + pl.col("basket"), product="hs8")
    named = changes.join(members, on="product").with_columns(
        what=pl.format("{} in the basket: {}", "product", "what"), product="basket"
    )
    return named.select(changes.columns)


def _month(text: str) -> pl.Expr:
    return month_index((pl.col(text) + "-01").str.to_date("%Y-%m-%d"))
