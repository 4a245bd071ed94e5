"""Says beside figures of `metric` whether they may be quoted: the columns of a verdict, made once an answer.

Belongs here: what of an answer is judged. Does not belong here: how a growth is judged (`ledger.quotable`), and the
words of a verdict (`domain.doubt.verdict_words`).
"""

from collections.abc import Collection
from datetime import date

import polars as pl

from schemas.figures import FIGURE_OF, QUOTABLE
from schemas.forms.verdict import Verdict
from schemas.names import caveats_of, quote, status
from tasks.analysis.ground.judged import KEYS, of_rows, revised
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.verdict_words import no_words, quote_words, said_of, verdict_words
from tasks.ledger.quotable import SERIES
from tasks.store.files.snapshot import Snapshot

# The figures of rows of `metric` by which a row is a record.
RECORDS = {"highest": "highest_since", "lowest": "lowest_since"}
# A growth of trade that is no series is not to be quoted from here on.
PER_CENT_MAX = 1_000
# The growth of a comparison of the table `mover`.
GROWTH_AGAINST = {about.against: name for name, about in FIGURE_OF.items() if about.against}
JUDGED = [name for name in GROWTH_AGAINST.values() if name in QUOTABLE]


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
    judged = movers.filter(pl.col("quote").ne_missing("yes"), pl.col("product").is_not_null())
    verdict_rows = of_rows(judged.with_columns(pl.col("partner").fill_null(WORLD)), snapshot, day, JUDGED)
    judgements = {
        (row["product"], row["measure"], row["period"], row["figure"]): (row["quote"], said_of(row, language) or None)
        for row in verdict_rows.iter_rows(named=True)
    }
    quotes = []
    for row in movers.iter_rows(named=True):
        key = (row["product"], row["measure"], row["period"], GROWTH_AGAINST[row["against"]])
        answer, words = judgements.get(key, (row["quote"], None)) if row["kind"] == "product" else (None, None)
        # Of trade in several codes nothing is judged; on nearly nothing a percentage says only that.
        if row["kind"] in ("partner", "total") and (row["change_pct"] or 0) >= PER_CENT_MAX:
            answer, words = "no", no_words({"base": row["before"]}, row["measure"], language)
        quotes.append({"quote": row["quote"] or answer, "caveats": words})
    columns = pl.DataFrame(quotes, {"quote": movers.schema["quote"], "caveats": pl.String})
    return movers.with_columns(columns)
