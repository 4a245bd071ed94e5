"""Finds records that belong together: those that repeat another record, and the parts of one sum.

A download has each key once. A few exact copies are an error of the site, many are joined downloads, and if two records
of one key differ in any number the file is refused. In a collected file several publishers may print one figure on one
day, with more digits or fewer. A record that gives its one quantity in both columns repeats itself and is not a copy.

The ledger adds up the numbers of a file by partner, over regimes and provinces. If a part is unreadable, or lacks a
number that the others have, its sum would look complete; so that sum is left out, with a finding.
"""

import polars as pl

from schemas.frames import Detail
from tasks.domain.doubt.findings import Rows, finding
from tasks.domain.errors import Refused
from tasks.domain.precision import has_fewer_digits
from tasks.domain.text import counted

# More copies than this mean that somebody joined two downloads.
COPIES_SHARE_MAX = 0.001
COPY = "is an exact copy of an earlier record"
ECHO = "prints a figure that another record has with as many digits or more"
# The records of one sum agree in these, across regimes and provinces.
SUM = ["product", "flow", "partner", "period_start", "period_end", "known_from"]
PART = "is part of a sum that another record leaves incomplete"
KEY = ("flow", "product", "partner", "regime", "province", "period_start", "period_end", "measure", "known_from")


def said_twice(numbers: pl.DataFrame) -> pl.Series:
    """Which numbers belong to a record that gives its measure twice, in both of its quantities."""
    return numbers.select("row", "measure", "unit").is_duplicated()


def has_same_key(rows: pl.Series, keys: pl.DataFrame) -> pl.Series:
    """Whether another record has the same codes throughout, for each of these rows."""
    return rows.is_in(keys.filter(keys.drop("row").is_duplicated())["row"].implode())


def find_copies(detail: Detail, record: pl.Series, where: str, *, says_day: bool) -> pl.Series:
    """The rows whose record repeats another one, by the numbers `detail` and the record numbers of the file;
    `says_day`: each record has its day of print, as in a collected file. Raises Refused where records of one key
    differ, or copies are too many.
    """
    if not detail.height:
        return pl.Series([], dtype=pl.Int64)
    copies = _printed_again(detail, where) if says_day else _copies_among(detail, record.len(), where)
    return record.to_frame().with_row_index("row").join(copies, on="record", how="semi")["row"].cast(pl.Int64)


def doubt_repeats(copies: pl.Series, doubled: int, record: pl.Series, where: str, *, says_day: bool) -> Rows:
    """Findings for the rows that were found, and for the number of records with one number in both quantities."""
    if copies.len() and says_day:
        yield finding(
            "printed_again",
            "info",
            where,
            observed=f"{counted(copies.len(), 'figure')}, first record {record[copies[0]]}",
            expected="each figure once",
            advice="Of several prints of a day the one with most digits is kept; nothing to do.",
        )
    elif copies.len():
        yield finding(
            "copies",
            "warning",
            where,
            observed=(
                f"{copies.len():,} exact {'copy' if copies.len() == 1 else 'copies'}, first record {record[copies[0]]}"
            ),
            expected="each key once",
            advice="The copies are set aside; nothing to do.",
        )
    if doubled:
        yield finding(
            "said_twice",
            "info",
            where,
            observed=f"{counted(doubled, 'record')} with one number in both quantities",
            expected="two units",
            advice="The number is kept once; nothing to do.",
        )


def _copies_among(detail: Detail, records: int, where: str) -> pl.DataFrame:
    """The records of a download that repeat an earlier one. Raises Refused where they differ in a number, or are too
    many."""
    groups = detail.group_by(KEY).agg(pl.col("value").n_unique().alias("values"), pl.col("record").sort(), pl.len())
    again = groups.filter(pl.col("len") > 1)
    _refuse_contradiction(again.filter(pl.col("values") > 1), "different values", where)
    # Records for one key must have the same numbers, or a number of only one of them would be lost with the copies.
    repeated = detail.join(again.select("record").explode("record").unique(), on="record", how="semi")
    place = [name for name in KEY if name != "measure"]
    sets = repeated.group_by(*place, "record").agg(pl.col("measure").sort().str.join(" and "))
    unlike = sets.group_by(place).agg(
        pl.col("measure").n_unique().alias("sets"), pl.col("measure").sort_by("record").first(), pl.col("record").sort()
    )
    _refuse_contradiction(unlike.filter(pl.col("sets") > 1), "other numbers next to it", where)
    # A record with a measure in both of its quantities is not a copy of itself.
    of_others = pl.col("record").list.unique(maintain_order=True).list.slice(1)
    copies = again.select(of_others).explode("record").drop_nulls().unique().sort("record")
    if copies.height > max(1, COPIES_SHARE_MAX * records):
        raise Refused(
            "copies",
            where=f"{where}, record {copies['record'][0]}",
            found=f"{copies.height} of {records} records are exact copies: downloads joined together",
            advice="Ingest each download by itself.",
        )
    return copies


def _printed_again(detail: Detail, where: str) -> pl.DataFrame:
    """The collected records that repeat a figure of their day with as many digits or fewer. Raises Refused where
    figures differ."""
    best = pl.col("value", "resolution", "record").first().over(KEY).name.prefix("best_")
    others = (
        detail.sort(*KEY, "resolution", "record").with_columns(best).filter(pl.col("record") != pl.col("best_record"))
    )
    one, kept = ([pl.col(f"{whose}value"), pl.col(f"{whose}resolution")] for whose in ("", "best_"))
    is_same = (one[0] == kept[0]) & (one[1] == kept[1])
    against = (
        others.filter(~is_same & ~has_fewer_digits(*one, *kept))
        .group_by(KEY)
        .agg(pl.col("best_record").append(pl.col("record")).unique().sort().alias("record"))
    )
    _refuse_contradiction(
        against,
        "different values on one day",
        where,
        "No rule can choose. Leave one of them out, and hold it against the ledger with tidewaiter claims check.",
    )
    return others.select("record").unique().sort("record")


def _refuse_contradiction(
    against: pl.DataFrame, what: str, where: str, advice: str = "No rule can choose; download the query again."
) -> None:
    if not against.height:
        return
    row = against.sort("record", "measure").row(0, named=True)
    raise Refused(
        "contradiction",
        where=f"{where}, records {', '.join(map(str, row['record'][:4]))}",
        found=(
            f"{row['measure']} of {row['product']}, partner {row['partner']}, {row['period_start']:%Y-%m} stands "
            f"there more than once with {what} ({counted(against.height, 'such number')})"
        ),
        advice=advice,
    )


def complete_sums(
    numbers: pl.DataFrame, set_aside: pl.Series, keys: pl.DataFrame, record: pl.Series, where: str
) -> tuple[pl.Series, pl.DataFrame, list[dict[str, str]]]:
    """The rows left without a number, the numbers of complete sums, and the finding; `set_aside` are the rows not
    read."""
    rows = numbers["row"].unique()
    if keys.select(pl.col("regime", "province").is_null().all()).row(0) == (True, True) or not len(rows):
        return pl.Series([], dtype=pl.Int64), numbers, []
    sums = keys.select(SUM).unique().with_row_index("sum")
    sum_of = keys.join(sums, on=SUM, how="left", nulls_equal=True, maintain_order="left").select("row", "sum")
    incomplete = sum_of.filter(pl.col("row").is_in(set_aside.unique().implode()))["sum"].unique().implode()
    marked = numbers.join(sum_of, on="row", how="left", maintain_order="left").with_columns(
        is_broken=pl.col("sum").is_in(incomplete),
        is_uneven=pl.len().over("sum", "measure", "unit") < pl.col("row").n_unique().over("sum"),
    )
    kept = marked.filter(~pl.col("is_broken"), ~pl.col("is_uneven")).select(numbers.columns)
    left = rows.filter(~rows.is_in(kept["row"].implode())).sort()
    omitted = marked.filter("is_uneven", ~pl.col("is_broken"))
    if not omitted.height:
        return left, kept, []
    # Parts counted in different units are more than one omitted number.
    units = (
        omitted.filter(pl.col("measure").str.starts_with("quantity")).group_by("sum").agg(pl.col("measure").n_unique())
    )
    first = omitted.sort("row", maintain_order=True).row(0, named=True)
    return (
        left,
        kept,
        [
            finding(
                "incomplete_sum",
                "error" if (units["measure"] > 1).any() else "warning",
                where,
                observed=(
                    f"{omitted.height} numbers of {omitted['sum'].n_unique()} sums, first {first['measure']} in record"
                    f" {record[first['row']]}"
                ),
                expected="each number in every part of a sum over regimes and provinces",
                advice=(
                    "These sums are not known and not published; download the query again, or without regimes and"
                    " provinces."
                ),
            )
        ],
    )


def causes_first(quarantine: pl.DataFrame) -> pl.DataFrame:
    """Records that were set aside; those set aside because of another record come last."""
    return quarantine.sort(pl.col("reasons") == [PART], maintain_order=True)
