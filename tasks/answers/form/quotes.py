"""Says beside figures of `metric` whether they may be quoted: the columns of a verdict, made once an answer, and the
words for it in both languages.

Belongs here: what of an answer is judged, and how a verdict is said. Does not belong here: how a growth is judged
(`analysis.ground.quotable`), and the sentences in which it stands.
"""

import functools
from collections.abc import Collection, Container, Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from schemas.figures import FIGURE_OF, QUOTABLE
from schemas.forms.brief import Caveat, Verdict
from schemas.names import caveats_of, quote, status
from schemas.reference.code_tables import code_table
from tasks.analysis.ground.quotable import (
    COLUMNS,
    LEDGER_COLUMNS,
    LOOK_BACK,
    SERIES,
    VERDICTS,
    of_series,
    steps_of,
    verdict_of,
    verdicts,
)
from tasks.answers.form.numbers import MASS, size
from tasks.domain.classification import part_of
from tasks.domain.coverage import WORLD
from tasks.domain.periods import first_day, month_index, month_number
from tasks.domain.units import UNIT_VALUE_OF
from tasks.reading import query
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import Partition, partition_month, read_table

KEYS = ["flow", *SERIES, "period"]
# The figures of rows of `metric` by which a row is a record.
RECORDS = {"highest": "highest_since", "lowest": "lowest_since"}
SIZES = ("base", "usual", "step")
# What a verdict "no" says by itself.
OF_THE_BASE = ("nearly_nothing", "low_base")
# The growth of a comparison of the table `mover`.
GROWTH_AGAINST = {about.against: name for name, about in FIGURE_OF.items() if about.against}
# Products whose numbers are in memory together.
PRODUCTS_TOGETHER = 500
SIGNS = {"en": ("; ", " (", ")"), "zh": ("；", "（", "）")}


def with_verdicts(
    rows: pl.DataFrame,
    snapshot: Snapshot,
    day: date | None = None,
    figures: Collection[str] = QUOTABLE,
    language: str = "en",
) -> pl.DataFrame:
    """Add to rows with the keys of `metric` the verdicts on those growths among `figures` that they have, as of a day:
    `mom_quote` … (yes, care, no), `mom_caveats` … in words, null where there are none; whether the level is a `record`,
    and `revised_on`, the last day on which a number behind it was revised. Rows without keys or growths stay as they
    are.
    """
    growths = [one for one in QUOTABLE if one in figures and one in rows.columns]
    if not {*KEYS} <= {*rows.columns} or not growths or any(quote(one) in rows.columns for one in QUOTABLE):
        return rows
    keys = rows.with_columns(pl.col("flow", *SERIES).cast(pl.String))
    found = of_rows(keys.filter(pl.any_horizontal(pl.col(growths).is_not_null())), snapshot, day, growths)
    judged = keys.select(KEYS)
    for one in growths:
        of_figure = found.filter(figure=one)
        said = [said_of(row, language) or None for row in of_figure.iter_rows(named=True)]
        of_figure = of_figure.select(
            *KEYS, pl.col("quote").alias(quote(one)), pl.Series(caveats_of(one), said, dtype=pl.String)
        )
        judged = judged.join(of_figure, on=KEYS, how="left", maintain_order="left")
    if "figures_in_doubt" in rows.columns:
        # What is in doubt is quoted with care at best.
        words = verdict_words(Verdict(answer="care"), "", language, doubt=quote_words(language)["in_doubt"])
        doubted = rows["figures_in_doubt"].cast(pl.String).str.split("+")
        is_new = {one: doubted.list.contains(one) & (judged[quote(one)] == "yes") for one in growths}
        judged = judged.with_columns(
            pl.when(is_new[one]).then(pl.lit(text)).otherwise(column(one)).alias(column(one))
            for one in growths
            for column, text in ((quote, "care"), (caveats_of, words))
        )
    judged = judged.join(_revised(keys, snapshot, day), on=KEYS, how="left", maintain_order="left")
    return rows.with_columns(*judged.drop(KEYS), *_record(rows))


def _record(rows: pl.DataFrame) -> list[pl.Expr]:
    """The column that says which record the level of a row is, where the rows say since when it is the highest."""
    if not {*map(status, RECORDS.values())} <= {*rows.columns}:
        return []
    is_record = {word: pl.col(status(name)).cast(pl.String) == "series_record" for word, name in RECORDS.items()}
    return [pl.coalesce(pl.when(holds).then(pl.lit(word)) for word, holds in is_record.items()).alias("record")]


def of_rows(
    rows: pl.DataFrame, snapshot: Snapshot, day: date | None = None, figures: Collection[str] = QUOTABLE
) -> pl.DataFrame:
    """Return the verdicts on growths of rows with the keys of `metric`, as of a day: the columns of `verdicts` and
    `flow`, a row for each growth that there is."""
    parts = []
    for (flow,), of_flow in rows.select(KEYS).partition_by("flow", as_dict=True).items():
        products = of_flow["product"].unique().sort().to_list()
        for place in range(0, len(products), PRODUCTS_TOGETHER):
            some = of_flow.filter(pl.col("product").is_in(products[place : place + PRODUCTS_TOGETHER]))
            parts.append(_of_flow(some, str(flow), snapshot, day, figures))
    return pl.concat([pl.DataFrame(schema={"flow": pl.String, **VERDICTS}), *parts])


def _of_flow(
    rows: pl.DataFrame, flow: str, snapshot: Snapshot, day: date | None, figures: Collection[str]
) -> pl.DataFrame:
    products, partners = (rows[name].unique().sort().to_list() for name in ("product", "partner"))
    ends = [month_number(one) for one in (rows["period"].min(), rows["period"].max())]  # type: ignore[arg-type]
    reach = range(ends[0] - LOOK_BACK, ends[1] + 1)
    in_reach = functools.partial(_is_of, flow, reach)
    is_asked = pl.col("product").is_between(pl.lit(products[0]), pl.lit(products[-1])) & pl.col("product").is_in(
        products
    )
    is_asked &= pl.col("partner").is_in(partners)
    if day is None:
        history = read_table(snapshot, "metric", in_reach, is_asked, COLUMNS)
    else:
        history = query.table_on(snapshot, "metric", day, flow, products, first_day(reach[0])).filter(is_asked)
    history = history.select(COLUMNS).with_columns(pl.col(SERIES).cast(pl.String))
    numbers = functools.cache(lambda: _numbers(snapshot, flow, products, reach, day))
    asked = history.join(rows, on=[*SERIES, "period"], how="semi")
    found = verdicts(asked, history, steps_of(numbers(), products), lambda _: numbers(), figures)
    return found.select(pl.lit(flow).alias("flow"), pl.all())


def _is_of(flow: str, months: Container[int], part: Partition) -> bool:
    return part[0] == flow and partition_month(part) in months


def _numbers(snapshot: Snapshot, flow: str, products: Iterable[str], reach: range, day: date | None) -> pl.DataFrame:
    """The numbers of the ledger of products and their parts, as they were known on a day."""
    where = pl.any_horizontal(*map(part_of, products))
    rows = read_table(
        snapshot,
        "observation",
        functools.partial(_is_of, flow, reach),
        where if day is None else where & (pl.col("known_from") <= day),
        LEDGER_COLUMNS,
    )
    if day is None:
        return rows
    return rows.with_columns(pl.when(pl.col("known_until") <= day).then("known_until").alias("known_until"))


def _revised(rows: pl.DataFrame, snapshot: Snapshot, day: date | None) -> pl.DataFrame:
    """Return the last day on which a number behind a row was revised, by the keys of the row."""
    parts = [rows.select(KEYS, revised_on=pl.lit(None, pl.Date)).clear()]
    for (flow,), of_flow in rows.select(KEYS).unique().partition_by("flow", as_dict=True).items():
        months = {*of_flow.select(month_index("period")).to_series()}
        keep = functools.partial(_is_of, str(flow), months)
        revisions = read_table(snapshot, "revision", keep)
        revisions = revisions if day is None else revisions.filter(pl.col("revised_on") <= day)
        if not revisions.height:
            continue
        # A value per kilogram rests on both.
        ratios = [
            revisions.filter(pl.col("measure").is_in([value, MASS])).with_columns(measure=pl.lit(ratio))
            for value, ratio in UNIT_VALUE_OF.items()
        ]
        of_numbers = of_series(pl.concat([revisions, *ratios]), of_flow.select(SERIES).unique())
        last = of_numbers.group_by(*SERIES, period=pl.col("period_start").dt.month_start()).agg(
            pl.col("revised_on").max()
        )
        parts.append(of_flow.join(last, on=[*SERIES, "period"]).select(*KEYS, "revised_on"))
    return pl.concat(parts)


def with_caveats(
    movers: pl.DataFrame, snapshot: Snapshot, day: date | None = None, language: str = "en"
) -> pl.DataFrame:
    """Add to rows of `mover` the column `caveats`: why the growth of a product is not quoted as it is, in words."""
    judged = movers.filter(pl.col("quote") != "yes").with_columns(pl.col("partner").fill_null(WORLD))
    said = {
        (row["product"], row["measure"], row["period"], row["figure"]): said_of(row, language) or None
        for row in of_rows(judged, snapshot, day, list(GROWTH_AGAINST.values())).iter_rows(named=True)
    }
    keys = movers.select("product", "measure", "period", pl.col("against").cast(pl.String), "quote").rows()
    words = [
        said.get((*key, GROWTH_AGAINST[against])) if word in ("care", "no") else None for *key, against, word in keys
    ]
    return movers.with_columns(pl.Series("caveats", words, dtype=pl.String))


@functools.cache
def quote_words(language: str) -> dict[str, str]:
    """Return what is said of growths in a language, by the name of the words."""
    return dict(code_table("quotability_words").select("word", language).iter_rows())


def caveat_words(caveat: Caveat, measure: str, language: str) -> str:
    """Say what speaks against a growth, with the numbers behind it."""
    sizes = {name: size(value, measure, language) if name in SIZES else value for name, value in caveat.numbers.items()}
    return quote_words(language)[caveat.name].format(**sizes)


def verdict_words(
    verdict: Verdict, measure: str, language: str, *, shared: Collection[str] = (), doubt: str = ""
) -> str:
    """Say what keeps a growth from being quoted; empty where nothing does. Caveats that are `shared` stand elsewhere,
    and `doubt` is said before them. Of one that is not to be quoted the levels are said instead."""
    t, (semicolon, begin, end) = quote_words(language), SIGNS[language]
    if verdict.answer == "no":
        numbers = {name: size(one, measure, language) for each in verdict.caveats for name, one in each.numbers.items()
                   if name in SIZES}  # fmt: skip
        what = t["tonnes" if measure == MASS else "amounts" if "value_" in measure else "numbers"]
        said = t["no_usual" if "usual" in numbers else "no_base"].format(**numbers, what=what)
        shared = (*shared, *OF_THE_BASE)
    else:
        said = t["care"]
    caveats = [caveat_words(one, measure, language) for one in verdict.caveats if one.name not in shared]
    if doubt:
        caveats = [doubt, *caveats]
    if not caveats:
        return said if verdict.answer == "no" else ""
    return f"{said}{begin}{semicolon.join(caveats)}{end}"


def said_of(row: Mapping[str, Any], language: str) -> str:
    """Say the verdict of a row of `verdicts`; empty where the growth may be quoted."""
    return verdict_words(verdict_of(row), row["measure"], language)


def from_base(row: Mapping[str, Any], figure: str, language: str = "en") -> str:
    """Say in place of a growth that is not to be quoted what it is from: from 25 kg."""
    base = round(row["ytd" if FIGURE_OF[figure].is_so_far else "level"] / (1 + row[figure] / 100), 6)
    return from_words(base, row["measure"], language)


def from_words(base: float, measure: str, language: str) -> str:
    """Say what a growth is from: from 25 kg."""
    return quote_words(language)["from"].format(base=size(base, measure, language))
