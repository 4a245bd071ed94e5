"""Judges whether a growth may be quoted, against its own series: its base, its past signs, its revisions, its sources.

The limits are rows of `quotability.csv`, each with its reason. The verdict is not about the number, which comes from
the releases, but about how a reader would understand it. Growths of many series and months are judged together.
"""

import functools
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from datetime import date
from typing import Any

import polars as pl

from schemas.figures import FIGURE_OF, QUOTABLE
from schemas.names import CAVEATS, status
from schemas.reference.code_tables import code_table
from schemas.table import readers_schema
from tasks.domain.classification import part_of
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.verdict_words import NUMBERS
from tasks.domain.periods import MONTHS, month_index
from tasks.ledger.merge import stood_for_a_day
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import Partition, partition_month, read_table

# How many months back is the base of each growth.
BACK = {name: FIGURE_OF[name].months_back for name in QUOTABLE}
USUAL_MONTHS, USUAL_KNOWN_MIN = 12, 6
SIGN_MONTHS = 6
REVISED_MONTHS = 24
# How many months before its own a verdict rests on.
LOOK_BACK = max(REVISED_MONTHS - 1, max(BACK.values()) + USUAL_MONTHS)
SERIES = ["product", "partner", "measure"]
KEY = [*SERIES, "month"]
GROWTH = [*KEY, "figure"]
# What a verdict needs of the table `metric`, and of the table `observation`.
GROWTHS = tuple(name for one in BACK for name in (one, status(one)))
COLUMNS = (*SERIES, "period", "level", "ytd", "kinds", *GROWTHS)
LEDGER_COLUMNS = (*SERIES, "period_start", "period_end", "value", "resolution", "known_from", "known_until")
EMPTY_LEDGER = pl.DataFrame(
    schema={name: kind for name, kind in readers_schema("observation").items() if name in LEDGER_COLUMNS}
)
VERDICTS: dict[str, Any] = {
    **dict.fromkeys(SERIES, pl.String),
    "period": pl.Date,
    "figure": pl.String,
    "quote": pl.String,
    "caveats": pl.List(pl.String),
    **dict.fromkeys(NUMBERS, pl.Float64),
}


def own_or_parts(rows: pl.DataFrame, product: str) -> pl.DataFrame:
    """Return the rows of a product, or those of its parts if it has none; `rows` has a column `product`."""
    rows_of_product = rows.filter(pl.col("product") == product)
    return rows_of_product if rows_of_product.height else rows.filter(part_of(product))


def steps_of(numbers: pl.DataFrame, products: Iterable[str]) -> pl.DataFrame:
    """Return of each product the largest step in which one of its numbers is printed, and whether one was revised;
    `numbers` are rows of `observation` of the products or of their parts."""
    of_products = (
        own_or_parts(numbers, product).select(
            product=pl.lit(product),
            resolution=pl.col("resolution").max().cast(pl.Float64),
            is_revised=pl.col("known_until").is_not_null().any(),
        )
        for product in products
    )
    kinds = {"product": pl.String, "resolution": pl.Float64, "is_revised": pl.Boolean}
    return pl.concat([pl.DataFrame(schema=kinds), *of_products])


def is_of(flow: str, months: Container[int] | None, part: Partition) -> bool:
    """Whether a part is of a direction, and of one of the months where some are named (month numbers)."""
    return part[0] == flow and (months is None or partition_month(part) in months)


def numbers_of(
    snapshot: Snapshot,
    flow: str,
    products: Iterable[str],
    reach: Container[int] | None = None,
    day: date | None = None,
) -> pl.DataFrame:
    """Return the numbers of the ledger of products and their parts that a verdict rests on, as they were known on a
    day; of all months, or of those (month numbers) in reach."""
    where = pl.any_horizontal(*map(part_of, products))
    rows = read_table(
        snapshot,
        "observation",
        functools.partial(is_of, flow, reach),
        where if day is None else where & (pl.col("known_from") <= day),
        LEDGER_COLUMNS,
    )
    if day is None:
        return rows
    return rows.with_columns(pl.when(pl.col("known_until") <= day).then("known_until").alias("known_until"))


def of_series(rows: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of single months of a table of numbers, by the series and month (number) that they are of: its
    own, otherwise those of the parts of a product and of the partners of a group or of the world. Where the names are
    others, `of_product` and `of_partner` say whose they are."""
    single = rows.filter(pl.col("period_start").dt.month_start() == pl.col("period_end").dt.month_start())
    single = single.with_columns(
        pl.col(SERIES).cast(pl.String), of_product="product", of_partner="partner", month=month_index("period_start")
    )
    products = series["product"].unique().sort()
    of_products = (own_or_parts(single, product).with_columns(product=pl.lit(product)) for product in products)
    numbers_of_products = pl.concat([single.clear(), *of_products])
    groups = code_table("partner_groups").select("partner", "group").unique()
    of_groups = numbers_of_products.join(groups, on="partner").drop("partner").rename({"group": "partner"})
    of_world = numbers_of_products.filter(pl.col("partner") != WORLD).with_columns(partner=pl.lit(WORLD))
    others = pl.concat([of_world, of_groups.select(numbers_of_products.columns)]).join(
        numbers_of_products, on=KEY, how="anti"
    )
    return pl.concat([numbers_of_products, others]).join(series, on=SERIES, how="semi")


def verdicts(
    rows: pl.DataFrame,
    history: pl.DataFrame,
    steps: pl.DataFrame,
    read_ledger: Callable[[Sequence[str]], pl.DataFrame],
    figures: Collection[str] = QUOTABLE,
) -> pl.DataFrame:
    """Return the verdict on each growth of rows of `metric` of one direction, a row each with the columns VERDICTS:
    whether it may be quoted (yes, care, no), the caveats, the gravest first, and the numbers that they are said with.

    `history` has these rows and those of the LOOK_BACK months before (COLUMNS, as far as they are known), `steps` are
    those of their products, and `read_ledger` reads the rows of `observation` of some of them (LEDGER_COLUMNS). Most
    products were never revised, and most bases are far above any step: their single numbers are not read.
    """
    history = _numbered(history)
    growths = _growths(_numbered(rows), history, figures)
    if not growths.height:
        return pl.DataFrame(schema=VERDICTS)
    growths = growths.join(steps, on="product", how="left").with_columns(
        is_small=pl.col("base") < pl.col("limit_nearly_nothing") * pl.col("resolution")
    )
    growths = growths.join(_usual(growths, history), on=GROWTH, how="left")
    growths = growths.join(_flips(growths, history), on=GROWTH, how="left")
    series = growths.filter(pl.col("is_small") | pl.col("is_revised")).select(SERIES).unique()
    numbers = read_ledger(series["product"].unique().sort().to_list()) if series.height else EMPTY_LEDGER
    numbers = of_series(numbers.filter(stood_for_a_day()), series)
    growths = growths.join(_steps(growths.filter("is_small"), numbers), on=GROWTH, how="left")
    growths = growths.join(_moves(growths.filter("is_revised"), numbers), on=GROWTH, how="left")
    size, largest = pl.col("growth").abs(), pl.col("largest") / 100
    kinds = pl.col("kinds").fill_null("").str.count_matches("+", literal=True) + 1
    holds = {
        "nearly_nothing": pl.col("base") < pl.col("limit_nearly_nothing") * pl.col("step"),
        "low_base": pl.col("base") < pl.col("limit_low_base") * pl.col("usual"),
        "sign_flips": pl.col("flips") >= pl.col("limit_sign_flips"),
        "revision_noise": size <= pl.col("limit_revision_noise") * (100 + pl.col("growth")) * largest,
        "coverage": kinds > pl.col("limit_coverage"),
        "implied_base": (pl.col("why") == "implied_base") & pl.col("limit_implied_base").is_not_null(),
    }
    names = pl.concat_list(pl.when(holds[name]).then(pl.lit(name)) for name in CAVEATS).list.drop_nulls()
    growths = growths.with_columns(caveats=names, kinds=kinds)
    quote = pl.when(pl.col("caveats").list.contains("nearly_nothing")).then(pl.lit("no"))
    answer = quote.when(pl.col("caveats").list.len() > 0).then(pl.lit("care")).otherwise(pl.lit("yes"))
    return growths.with_columns(quote=answer).select(pl.col(name).cast(kind) for name, kind in VERDICTS.items())


def verdicts_from(
    rows: pl.DataFrame, history: pl.DataFrame, numbers: pl.DataFrame, figures: Collection[str] = QUOTABLE
) -> pl.DataFrame:
    """Return the verdicts of `verdicts` where `numbers`, those of `numbers_of` for all products of the rows, are read
    already."""
    products = rows["product"].cast(pl.String).unique().sort()
    return verdicts(rows, history, steps_of(numbers, products), lambda _: numbers, figures)


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col(SERIES).cast(pl.String), month=month_index("period"))


def _growths(rows: pl.DataFrame, history: pl.DataFrame, figures: Collection[str]) -> pl.DataFrame:
    """Return a row for each growth, with its base as published, otherwise as the growth implies it, and its limits."""
    limits = code_table("quotability").select("caveat", "figure", pl.col("limit").cast(pl.Float64))
    parts = []
    for figure in (one for one in BACK if one in figures):
        column = "ytd" if FIGURE_OF[figure].is_so_far else "level"
        of_figure = rows.drop_nulls(figure).select(
            *KEY, "period", "kinds", figure=pl.lit(figure), growth=figure, why=pl.col(status(figure)).cast(pl.String),
            now=column,
        )  # fmt: skip
        base = history.select(*SERIES, month=pl.col("month") + BACK[figure], base=column)
        held = {name: limit for name, one, limit in limits.iter_rows() if one == "*"}
        held |= {name: limit for name, one, limit in limits.iter_rows() if one == figure}
        parts.append(
            of_figure.join(base, on=KEY, how="left").with_columns(
                pl.lit(held.get(name), pl.Float64).alias(f"limit_{name}") for name in CAVEATS
            )
        )
    ratio = 1 + pl.col("growth") / 100
    implied = pl.when(ratio > 0).then(pl.col("now") / ratio)
    return pl.concat(parts).with_columns(base=pl.coalesce("base", implied))


def _before(growths: pl.DataFrame, numbers: pl.DataFrame, first: int | pl.Expr, count: int) -> pl.DataFrame:
    """Return the numbers of the series of each growth (GROWTH) in so many months that end `first` months before it;
    `ago` counts back from there, and `of` is the month that a number is of."""
    ago = pl.DataFrame({"ago": range(count)}, {"ago": pl.Int32})
    reach = growths.select(*GROWTH, of=pl.col("month") - first).join(ago, how="cross")
    reach = reach.with_columns(of=(pl.col("of") - pl.col("ago")).cast(pl.Int32))
    return reach.join(numbers.rename({"month": "of"}), on=[*SERIES, "of"])


def _usual(growths: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """What the series usually had in the year before the base, where enough months are known."""
    bases = {name: back for name, back in BACK.items() if not FIGURE_OF[name].is_so_far}
    first = pl.col("figure").replace_strict(bases, default=None, return_dtype=pl.Int32) + 1
    known = _before(growths, history.select(*KEY, "level").drop_nulls(), first, USUAL_MONTHS)
    usual = known.group_by(GROWTH).agg(usual=pl.col("level").median(), count=pl.len())
    return usual.filter(pl.col("count") >= USUAL_KNOWN_MIN).drop("count")


def _flips(growths: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """How often the growth turned its sign in the last months; a month without change has none."""
    names = [name for name in BACK if name in history.columns]
    past = _before(growths, history.select(*KEY, *names), 0, SIGN_MONTHS)
    of_figure = pl.coalesce(pl.when(pl.col("figure") == name).then(name) for name in names)
    signs = past.select(*GROWTH, "ago", sign=of_figure.sign()).filter(pl.col("sign") != 0).sort(*GROWTH, "ago")
    return signs.group_by(GROWTH, maintain_order=True).agg(
        flips=(pl.col("sign") != pl.col("sign").shift(1)).sum().cast(pl.Float64)
    )


def _steps(growths: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """The largest step in which a number behind the base is printed now: of its month, or of the year up to it."""
    bases = pl.col("figure").replace_strict(BACK, return_dtype=pl.Int32)
    current = numbers.filter(pl.col("known_until").is_null()).select(*KEY, "resolution")
    behind = _before(growths, current, bases, MONTHS)
    so_far = pl.col("figure").is_in([name for name in BACK if FIGURE_OF[name].is_so_far])
    of_year = (pl.col("of") // MONTHS) == ((pl.col("of") + pl.col("ago")) // MONTHS)
    behind = behind.filter((pl.col("ago") == 0) | (so_far & of_year))
    return behind.group_by(GROWTH).agg(step=pl.col("resolution").max().cast(pl.Float64))


def _moves(growths: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """By how much the months of the last two years were revised since they were first told, at most, in per cent; how
    many were, and how many are known."""
    of_key = numbers.sort("known_from").group_by(*KEY, "of_product", "of_partner", maintain_order=True).agg(
        pl.col("value").first().alias("first"), pl.col("value").last().alias("last"), pl.col("resolution").first()
    )  # fmt: skip
    months = of_key.group_by(KEY).agg(pl.col("first", "last", "resolution").sum())
    move = (pl.col("last") - pl.col("first")).abs()
    # A number that was first printed with fewer digits does not change when more digits follow.
    is_moved = (move > pl.col("resolution")) & (pl.col("first") > 0)
    moved = months.select(*KEY, move=pl.when(is_moved).then(100 * move / pl.col("first")))
    return _before(growths, moved, 0, REVISED_MONTHS).group_by(GROWTH).agg(
        largest=pl.col("move").max(), revised=pl.col("move").count(), months=pl.len()
    )  # fmt: skip
