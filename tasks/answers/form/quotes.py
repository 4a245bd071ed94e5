"""Says beside figures of `metric` whether they may be quoted: the columns of a verdict, made once an answer, and the
words for it in both languages.

Belongs here: what of an answer is judged, and how a verdict is said. Does not belong here: how a growth is judged
(`analysis.ground.quotable`), and the sentences in which it stands.
"""

import functools
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import polars as pl

from schemas.figures import FIGURE_OF, QUOTABLE
from schemas.forms.verdict import Caveat, Verdict
from schemas.names import caveats_of, quote, status
from schemas.reference.code_tables import code_table
from tasks.analysis.ground.judged import KEYS, of_rows, revised
from tasks.analysis.ground.quotable import SERIES, verdict_of
from tasks.answers.form.numbers import MASS, size
from tasks.domain.coverage import WORLD
from tasks.store.files.snapshot import Snapshot

# The figures of rows of `metric` by which a row is a record.
RECORDS = {"highest": "highest_since", "lowest": "lowest_since"}
SIZES = ("base", "usual", "step")
# A growth of trade that is no series is not to be quoted from here on.
PER_CENT_MAX = 1_000
# What a verdict "no" says by itself.
OF_THE_BASE = ("nearly_nothing", "low_base")
# The growth of a comparison of the table `mover`.
GROWTH_AGAINST = {about.against: name for name, about in FIGURE_OF.items() if about.against}
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
    judged = of_rows(keys.filter(pl.any_horizontal(pl.col(growths).is_not_null())), snapshot, day, growths)
    last = keys.select(KEYS).join(revised(keys, snapshot, day), on=KEYS, how="left", maintain_order="left")
    return beside(rows, judged, language, growths).with_columns(last["revised_on"], *_record(rows))


def beside(
    rows: pl.DataFrame, verdict_rows: pl.DataFrame, language: str, figures: Collection[str] = QUOTABLE
) -> pl.DataFrame:
    """Add to rows with the keys of `metric` their verdicts, rows of `verdicts` with the column `flow`, as two columns
    for each figure: the verdict, and what is said of it. What is in doubt is quoted with care at best."""
    judged = rows.select(pl.col("flow", *SERIES).cast(pl.String), "period")
    for one in figures:
        of_figure = verdict_rows.filter(figure=one)
        texts_said = [said_of(row, language) or None for row in of_figure.iter_rows(named=True)]
        of_figure = of_figure.select(
            *KEYS, pl.col("quote").alias(quote(one)), pl.Series(caveats_of(one), texts_said, dtype=pl.String)
        )
        judged = judged.join(of_figure, on=KEYS, how="left", maintain_order="left")
    if "figures_in_doubt" in rows.columns:
        words = verdict_words(Verdict(answer="care"), "", language, doubt=quote_words(language)["in_doubt"])
        doubted = rows["figures_in_doubt"].cast(pl.String).str.split("+")
        is_new = {one: doubted.list.contains(one) & (judged[quote(one)] == "yes") for one in figures}
        judged = judged.with_columns(
            pl.when(is_new[one]).then(pl.lit(text)).otherwise(column(one)).alias(column(one))
            for one in figures
            for column, text in ((quote, "care"), (caveats_of, words))
        )
    return rows.with_columns(*judged.drop(KEYS))


def _record(rows: pl.DataFrame) -> list[pl.Expr]:
    """The column that says which record the level of a row is, where the rows say since when it is the highest."""
    if not {*map(status, RECORDS.values())} <= {*rows.columns}:
        return []
    is_record = {label: pl.col(status(name)).cast(pl.String) == "series_record" for label, name in RECORDS.items()}
    return [pl.coalesce(pl.when(holds).then(pl.lit(label)) for label, holds in is_record.items()).alias("record")]


def with_caveats(
    movers: pl.DataFrame, snapshot: Snapshot, day: date | None = None, language: str = "en"
) -> pl.DataFrame:
    """Add to rows of `mover` the column `caveats`: why the growth of a product is not quoted as it is, in words."""
    judged = movers.filter(pl.col("quote") != "yes").with_columns(pl.col("partner").fill_null(WORLD))
    texts_said = {
        (row["product"], row["measure"], row["period"], row["figure"]): said_of(row, language) or None
        for row in of_rows(judged, snapshot, day, list(GROWTH_AGAINST.values())).iter_rows(named=True)
    }
    words = []
    for row in movers.iter_rows(named=True):
        key = (row["product"], row["measure"], row["period"], GROWTH_AGAINST[row["against"]])
        # Of a partner in several codes nothing is judged; on nearly nothing a percentage says only that.
        is_bare = row["kind"] == "partner" and (row["change_pct"] or 0) >= PER_CENT_MAX
        words.append(no_words({"base": row["before"]}, row["measure"], language) if is_bare else texts_said.get(key))
        words[-1] = words[-1] if is_bare or row["quote"] in ("care", "no") else None
    return movers.with_columns(pl.Series("caveats", words, dtype=pl.String))


@functools.cache
def quote_words(language: str) -> dict[str, str]:
    """Return what is said of growths in a language, by the name of the words."""
    return dict(code_table("quotability_words").select("word", language).iter_rows())


def caveat_words(caveat: Caveat, measure: str, language: str) -> str:
    """Say what speaks against a growth, with the numbers behind it."""
    sizes = {name: size(value, measure, language) if name in SIZES else value for name, value in caveat.numbers.items()}
    return quote_words(language)[caveat.name].format(**sizes)


def no_words(numbers: Mapping[str, float], measure: str, language: str) -> str:
    """Say of a growth that is not to be quoted what it is from, and usually is."""
    t, sizes = quote_words(language), {name: size(one, measure, language) for name, one in numbers.items()}
    what = t["tonnes" if measure == MASS else "amounts" if "value_" in measure else "numbers"]
    return t["no_usual" if "usual" in sizes else "no_base"].format(**sizes, what=what)


def verdict_words(
    verdict: Verdict, measure: str, language: str, *, shared: Collection[str] = (), doubt: str = ""
) -> str:
    """Say what keeps a growth from being quoted; empty where nothing does. Caveats that are `shared` stand elsewhere,
    and `doubt` is said before them. Of one that is not to be quoted the levels are said instead."""
    t, (semicolon, begin, end) = quote_words(language), SIGNS[language]
    if verdict.answer == "no":
        numbers = {name: one for each in verdict.caveats for name, one in each.numbers.items() if name in SIZES}
        texts_said = no_words(numbers, measure, language)
        shared = (*shared, *OF_THE_BASE)
    else:
        texts_said = t["care"]
    caveats = [caveat_words(one, measure, language) for one in verdict.caveats if one.name not in shared]
    if doubt:
        caveats = [doubt, *caveats]
    if not caveats:
        return texts_said if verdict.answer == "no" else ""
    return f"{texts_said}{begin}{semicolon.join(caveats)}{end}"


def said_of(row: Mapping[str, Any], language: str) -> str:
    """Say the verdict of a row of `verdicts`; empty where the growth may be quoted."""
    return verdict_words(verdict_of(row), row["measure"], language)


def from_base(row: Mapping[str, Any], figure: str, language: str = "en") -> str:
    """Say in place of a growth that is not to be quoted what it is from: from 25 kg; a dash where trade fell to
    nothing, and the row does not say from what."""
    ratio = 1 + row[figure] / 100
    if not ratio:
        return "–"
    base = round(row["ytd" if FIGURE_OF[figure].is_so_far else "level"] / ratio, 6)
    return from_words(base, row["measure"], language)


def from_words(base: float, measure: str, language: str) -> str:
    """Say what a growth is from: from 25 kg."""
    return quote_words(language)["from"].format(base=size(base, measure, language))
