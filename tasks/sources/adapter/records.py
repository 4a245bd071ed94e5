"""What the adapters share between the fields of a file and its records: columns and texts that a file must have, rows
that stand twice or have a flag, sums of rows, and the shape of `Reported`.

The fields are texts. Where a row is named they have a column `record`, its number.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import polars as pl

from schemas.frames import Reported
from schemas.table import polars_schema
from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted

RECORDS_SHOWN = 40


def numbered(fields: pl.DataFrame, where: str, advice: str) -> pl.DataFrame:
    """The fields with the number of each record. Raises Refused where there is no record."""
    if not fields.height:
        raise Refused("no records", where, "a header and no record", advice)
    return fields.with_columns(record=pl.int_range(1, fields.height + 1, dtype=pl.UInt32))


def require_columns(
    titles: Sequence[str], needed: Sequence[str], where: str, optional: Collection[str] = (), advice: str = ""
) -> None:
    """Raises Refused where a needed column is missing, or where there is one that is neither needed nor optional."""
    missing = [name for name in needed if name not in titles]
    unknown = [name for name in titles if name not in needed and name not in optional]
    if missing or unknown:
        raise Refused(
            "columns",
            f"{where}, header",
            f"missing: {', '.join(missing) or 'none'}; unknown: {', '.join(map(clip, unknown)) or 'none'}",
            advice
            or f"The columns are {', '.join(needed)}" + (f"; {', '.join(optional)} may follow." if optional else "."),
        )


def require_form(fields: pl.DataFrame, names: Sequence[str], form: str, where: str, advice: str) -> None:
    """Raises Refused for the first text of these columns that does not have the form of a number, a pattern; null has
    it."""
    for name in names:
        bad = fields.select("record", text=pl.col(name).cast(pl.String)).filter(~pl.col("text").str.contains(form))
        if bad.height:
            place = f"{where}, record {bad['record'][0]}, column {name}"
            raise Refused("no number", place, f"'{clip(bad['text'][0])}'", advice)


def the_only(fields: pl.DataFrame, name: str, where: str, rule: str, advice: str) -> str:
    """The one text of a column. Raises Refused, with this rule, where there are several."""
    texts = fields[name].unique().cast(pl.String).sort().to_list()
    if len(texts) > 1:
        raise Refused(rule, f"{where}, column {name}", f"{', '.join(map(clip, texts[:4]))} in one file", advice)
    return str(texts[0])


def doubt_copies(fields: pl.DataFrame, key: Sequence[str], where: str) -> Iterator[dict[str, str]]:
    """An error where rows agree in all columns of their key, which the source prints once."""
    copies = fields.filter(fields.select(key).is_duplicated())
    if copies.height:
        yield finding(
            "row_twice",
            "error",
            where,
            records=copies["record"].to_list(),
            observed=(
                f"{counted(copies.height, 'record')} that agree with another one in {', '.join(key)}, first record"
                f" {copies['record'][0]}"
            ),
            expected="each row once",
            advice=(
                "Their sum would count trade twice: download the file again, and approve where the site has them so."
            ),
        )


def of_sums(doubts: Iterable[dict[str, Any]], rows: pl.DataFrame, place: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The doubts about records of `rows` as doubts about the sums that `summed` makes of them for each place: a number
    of a sum has the first of its records."""
    for doubt in doubts:
        if "records" in doubt:
            firsts = rows.select("record", first=pl.col("record").first().over(place))
            of_doubt = firsts.filter(pl.col("record").is_in(doubt["records"]))["first"]
            yield doubt | {"records": of_doubt.unique(maintain_order=True).to_list()}
        else:
            yield doubt


def doubt_nulls(fields: pl.DataFrame, names: Sequence[str], where: str) -> Iterator[dict[str, str]]:
    """A note for each of these columns of numbers in which the answer has null."""
    for name in names:
        nulls = fields.filter(pl.col(name).is_null())
        if nulls.height:
            yield finding(
                "missing_number",
                "info",
                f"{where}, column {name}",
                observed=f"{counted(nulls.height, 'null')}, first in record {nulls['record'][0]}",
                expected="a number",
                advice="They are missing, not zero; nothing to do.",
            )


def without_flagged(
    fields: pl.DataFrame, number: str, flag: str, is_flagged: pl.Expr, where: str
) -> tuple[pl.DataFrame, list[dict[str, str]]]:
    """The fields without the numbers whose flag means that they are no count of trade, and the finding about them."""
    flagged = fields.filter(is_flagged)
    if not flagged.height:
        return fields, []
    return fields.with_columns(pl.when(~is_flagged).then(number).alias(number)), [
        finding(
            "flagged",
            "warning",
            f"{where}, column {flag}",
            observed=(
                f"{counted(flagged.height, 'record')} with a flag, first '{clip(str(flagged[flag][0]))}' in record"
                f" {flagged['record'][0]}"
            ),
            expected="no flag, or one that leaves the number as it is",
            advice="These numbers are not known and not zero; see the notes of the source on its flags.",
        )
    ]


def as_reported(columns: pl.DataFrame) -> Reported:
    """These columns with the names and types of `Reported`; missing ones are null, other columns are left out."""
    return columns.select(
        (pl.col(name) if name in columns.columns else pl.lit(None, dtype=kind).alias(name)).cast(kind)
        for name, kind in polars_schema("reported").items()
    )


def summed(rows: pl.DataFrame, place: Sequence[str], numbers: Sequence[str], **others: pl.Expr) -> pl.DataFrame:
    """A row for each place, in order of its first `record`: the sum of each number, null where a part is unknown,
    `others`, and `rows`, how many there were. The `note` of a sum of several lists their records.
    """
    sums = rows.group_by(place, maintain_order=True).agg(
        pl.col("record").first(),
        rows=pl.len(),
        **others,
        **{name: pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()) for name in numbers},
    )
    # Most sums are of one row; only the others need a note.
    several = rows.join(sums.filter(pl.col("rows") > 1), on=place, how="semi", maintain_order="left", nulls_equal=True)
    shown = pl.col("record").cast(pl.String).head(RECORDS_SHOWN).str.join(", ")
    more = (
        pl.when(pl.len() > RECORDS_SHOWN)
        .then(pl.format(" and {} more", pl.len() - RECORDS_SHOWN))
        .otherwise(pl.lit(""))
    )
    notes = several.group_by(place, maintain_order=True).agg(
        pl.col("record").first(), note=pl.lit("sum of records ") + shown + more
    )
    return sums.join(notes.select("record", "note"), on="record", how="left", maintain_order="left")
