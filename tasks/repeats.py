"""Records that say again what the file has said: copies are set aside, and a contradiction refuses the file.

A record is a copy where an earlier one has the same key and the same numbers. Where two records of one key differ in any number,
no rule can choose between them. A record that gives its one quantity in both columns repeats itself and is no copy.
"""

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.observation import Detail
from tasks.amounts import Amounts
from tasks.codes import Read
from tasks.combine import combine
from tasks.parts import part_of_sum
from tasks.refusal import Refused

# More copies than this are no slip of the site: somebody joined two downloads.
COPIES_SHARE_MAX = 0.001
COPY = "is an exact copy of an earlier record"
KEY = ("flow", "product", "partner", "regime", "province", "period_start", "period_end", "measure", "known_from")


def said_twice(numbers: pl.DataFrame, amounts: Amounts) -> pl.Series:
    """Which numbers belong to a record that says their measure twice by itself, in both of its quantities."""
    rows = numbers["row"].to_numpy()
    said, _ = combine([(rows, int(rows.max(initial=0)) + 1), (numbers["label"].to_numpy(), amounts.labels.height)])
    return pl.Series(said).is_duplicated()


def has_same_key(rows: pl.Series, codes: Read) -> pl.Series:
    """Whether another record has the same codes throughout, for each of these rows."""
    keys, _ = combine([part_of_sum(codes), (codes.site_of, codes.sites.height)])
    return pl.Series(keys).is_duplicated().gather(rows)


def find_copies(detail: DataFrame[Detail], record: pl.Series, where: str) -> pl.Series:
    """The rows whose record says what an earlier one says, number by number; `detail` are the numbers that may be repeated,
    `record` the numbers of all records. Raises Refused where two records of one key say anything else, and where there are
    so many copies that downloads were joined."""
    if not detail.height:
        return pl.Series([], dtype=pl.Int64)
    groups = detail.group_by(KEY).agg(pl.col("value").n_unique().alias("values"), pl.col("record").sort(), pl.len())
    again = groups.filter(pl.col("len") > 1)
    _refuse_contradiction(again.filter(pl.col("values") > 1), "different values", where)
    # Records for one key must have the same numbers, or one that only one of them has would be lost with the copies.
    repeated = detail.join(again.select("record").explode("record").unique(), on="record", how="semi")
    place = [name for name in KEY if name != "measure"]
    sets = repeated.group_by(*place, "record").agg(pl.col("measure").sort().str.join(" and "))
    unlike = sets.group_by(place).agg(
        pl.col("measure").n_unique().alias("sets"), pl.col("measure").sort_by("record").first(), pl.col("record").sort()
    )
    _refuse_contradiction(unlike.filter(pl.col("sets") > 1), "other numbers beside it", where)
    # A record that says a measure in both of its quantities is no copy of itself.
    of_others = pl.col("record").list.unique(maintain_order=True).list.slice(1)
    copies = again.select(of_others).explode("record").drop_nulls().unique().sort("record")
    if copies.height > max(1, COPIES_SHARE_MAX * record.len()):
        raise Refused(
            "copies",
            where=f"{where}, record {copies['record'][0]}",
            found=f"{copies.height} of {record.len()} records are exact copies: downloads joined together",
            advice="Ingest each download by itself.",
        )
    return record.to_frame().with_row_index("row").join(copies, on="record", how="semi")["row"].cast(pl.Int64)


def _refuse_contradiction(against: pl.DataFrame, what: str, where: str) -> None:
    if not against.height:
        return
    row = against.sort("record", "measure").row(0, named=True)
    raise Refused(
        "contradiction",
        where=f"{where}, records {', '.join(map(str, row['record'][:4]))}",
        found=f"{row['measure']} of {row['product']}, partner {row['partner']}, {row['period_start']:%Y-%m} stands "
        f"there more than once with {what} ({against.height} such numbers)",
        advice="No rule can choose; download the query again.",
    )
