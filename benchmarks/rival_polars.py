"""The same figures as a competent user of Polars would make them, without Tidewaiter.

    python -m benchmarks.rival_polars FOLDER OUTPUT

Reads the query files of FOLDER and writes OUTPUT/flow=export/year=…/month=…/*.parquet, one row per product, partner,
month and measure with trade in it. Growth goes by the calendar: every series gets all months, no record is no trade,
and "a year before" is then twelve rows up. The chapters go through in batches, because ten years would not fit into
memory at once.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl

REFERENCE = Path(__file__).parent.parent / "schemas" / "reference"
COLUMNS = {
    "数据年月": "period",
    "商品编码": "product",
    "贸易伙伴编码": "code",
    "第一数量": "first",
    "第一计量单位": "first_unit",
    "第二数量": "second",
    "美元": "value_usd",
}
RECORDS_A_BATCH = 2_500_000
MEASURES = ("quantity_kg", "value_usd", "unit_value_usd_per_kg")


def read(file: Path, partners: pl.DataFrame) -> pl.DataFrame:
    """The records of one file: month index, product, partner, kilograms, dollars."""
    rows = pl.read_csv(file, encoding="gb18030", columns=list(COLUMNS), infer_schema=False).rename(COLUMNS)
    period = pl.col("period").cast(pl.Int32)
    return rows.join(partners, on="code").select(
        "product",
        "partner",
        month=period // 100 * 12 + period % 100 - 1,
        quantity_kg=pl.when(pl.col("first_unit") == "千克").then("first").otherwise("second").cast(pl.Int64),
        value_usd=pl.col("value_usd").str.replace_all(",", "", literal=True).cast(pl.Int64),
    )


def union_members(months: range) -> pl.DataFrame:
    """Partner and month: who was a member of the Union when."""
    table = pl.read_csv(REFERENCE / "partner_groups.csv", infer_schema=False, empty_string_is_null=False)
    calendar = pl.DataFrame(
        {
            "month": pl.Series(months, dtype=pl.Int32),
            "text": [f"{month // 12}-{month % 12 + 1:02d}" for month in months],
        }
    )
    is_member = (pl.col("valid_from") <= pl.col("text")) & (
        (pl.col("valid_to") == "") | (pl.col("valid_to") >= pl.col("text"))
    )
    return table.join(calendar, how="cross").filter(is_member).select("partner", "month")


def batches(records: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Whole chapters, so many that a batch is about as large as the others."""
    chapters = records.group_by(pl.col("product").str.slice(0, 2).alias("chapter")).len().sort("chapter")
    place = chapters.select("chapter", batch=pl.col("len").cum_sum() // RECORDS_A_BATCH)
    for _, part in place.group_by("batch", maintain_order=True):
        yield records.filter(pl.col("product").str.slice(0, 2).is_in(part["chapter"].implode()))


def roll_up(records: pl.DataFrame, members: pl.DataFrame, digits: int) -> pl.DataFrame:
    """Sums by product of so many digits, for partners, the world and the Union."""
    key = ["product", "partner", "month"]
    sums = [name for name in records.columns if name not in key]
    by_partner = records.group_by(pl.col("product").str.slice(0, digits), "partner", "month").agg(pl.col(sums).sum())
    union = by_partner.join(members, on=["partner", "month"])
    totals = [
        part.group_by("product", "month").agg(pl.col(sums).sum()).select(pl.lit(name).alias("partner"), pl.all())
        for name, part in (("WLD", by_partner), ("EU27", union))
    ]
    return pl.concat([part.select(*key, *sums) for part in (by_partner, *totals)])


def earlier(figure: pl.Expr, months: int) -> pl.Expr:
    """The figure of so many months before; every series has all months, so that is so many rows up."""
    return pl.when(pl.col("place") >= months).then(figure.shift(months))


def growth(now: pl.Expr, before: pl.Expr) -> pl.Expr:
    """Per cent, nothing where there is no base."""
    return pl.when(before > 0).then((now / before - 1) * 100)


def figures(measure: str) -> list[pl.Expr]:
    """What each measure has: the figure and its growth."""
    level, ytd, rolling = (pl.col(f"{measure} {name}") for name in ("level", "ytd", "rolling_12m"))
    return [
        level.cast(pl.Float64).alias("level"),
        growth(level, earlier(level, 1)).alias("mom_pct"),
        growth(level, earlier(level, 12)).alias("yoy_pct"),
        ytd.cast(pl.Float64).alias("ytd"),
        growth(ytd, earlier(ytd, 12)).alias("ytd_yoy_pct"),
        rolling.cast(pl.Float64).alias("rolling_12m"),
        growth(rolling, earlier(rolling, 12)).alias("rolling_12m_yoy_pct"),
    ]


def metrics(sums: pl.DataFrame, months: range, measures: tuple[str, str, str] = MEASURES) -> pl.DataFrame:
    """The rows of all measures, from the sums by product, partner and month."""
    key, (*summed, quotient) = ["product", "partner"], measures
    keys = sums.select(key).unique().sort(key).with_row_index("row")
    worlds = keys.filter(pl.col("partner") == "WLD").select("product", world_row="row")
    keys = keys.join(worlds, on="product", maintain_order="left")
    calendar = pl.DataFrame({"month": pl.Series(months, dtype=pl.Int32)}).with_row_index("place")
    at = pl.col("row") * calendar.height + pl.col("month") - months[0]
    placed = sums.join(keys, on=key).select(at.alias("at"), *summed)
    grid = keys.join(calendar, how="cross").with_row_index("at")
    grid = grid.join(placed, on="at", how="left", maintain_order="left").with_columns(pl.col(summed).fill_null(0))
    january = (pl.col("month") % 12 == 0) | (pl.col("place") == 0)
    for measure in summed:
        # One running total over everything will do: what is used of it are differences within a series.
        running = pl.col(measure).cum_sum()
        grid = grid.with_columns(running.alias("running")).with_columns(
            pl.col(measure).alias(f"{measure} level"),
            (pl.col("running") - pl.when(january).then(pl.col("running") - pl.col(measure)).forward_fill()).alias(
                f"{measure} ytd"
            ),
            pl.when(pl.col("place") >= 11)
            .then(pl.col("running") - pl.col("running").shift(12, fill_value=0))
            .alias(f"{measure} rolling_12m"),
        )
    for name in ("level", "ytd", "rolling_12m"):
        mass, value = (pl.col(f"{measure} {name}") for measure in summed)
        grid = grid.with_columns(pl.when(mass > 0).then(value / mass).alias(f"{quotient} {name}"))
    one = ~pl.col("partner").is_in(["WLD", "EU27"])
    of_world = pl.col("world_row") * calendar.height + pl.col("place")
    parts = []
    for measure in summed:
        level, whole = pl.col(measure), pl.col(measure).gather(of_world)
        points = [
            pl.when(earlier(whole, back) > 0)
            .then((level - earlier(level, back)) / earlier(whole, back) * 100)
            .alias(name)
            for name, back in (("contribution_mom_pp", 1), ("contribution_yoy_pp", 12))
        ]
        rows = grid.select(
            *key,
            "month",
            "world_row",
            pl.lit(measure).alias("measure"),
            *figures(measure),
            (level / whole * 100).alias("share_pct"),
            *points,
        ).filter(pl.col("level") > 0)
        place = pl.when(one).then("level").rank("min", descending=True).over("world_row", "month")
        parts.append(rows.with_columns(rank=pl.when(one).then(place)).drop("world_row"))
    ratio = grid.select(*key, "month", pl.lit(quotient).alias("measure"), *figures(quotient))
    return pl.concat([*parts, ratio.filter(pl.col("level").is_not_null())], how="diagonal")


def main() -> None:
    """Read, compute batch by batch, write."""
    folder, output = Path(sys.argv[1]), Path(sys.argv[2])
    codes = pl.read_csv(REFERENCE / "partners.csv", infer_schema=False)
    # One of the codes has had two meanings and is not in these files.
    partners = codes.select(code="gacc_code", partner="partner").unique("code")
    records = pl.concat([read(file, partners) for file in sorted(folder.glob("*.csv"))])
    months = range(records["month"].min(), records["month"].max() + 1)  # type: ignore[operator, arg-type]
    write(records, months, output / "flow=export", MEASURES)


def write(records: pl.DataFrame, months: range, output: Path, measures: tuple[str, str, str]) -> None:
    """The figures of one flow as OUTPUT/year=…/month=…/*.parquet."""
    members = union_members(months)
    for number, batch in enumerate(batches(records)):
        rows = pl.concat([metrics(roll_up(batch, members, digits), months, measures) for digits in (8, 6, 4, 2)])
        for (month,), part in rows.partition_by("month", as_dict=True, include_key=False).items():
            place = output / f"year={month // 12}" / f"month={month % 12 + 1}"
            place.mkdir(parents=True, exist_ok=True)
            part.sort("product", "partner", "measure").write_parquet(place / f"{number}.parquet", compression="zstd")


if __name__ == "__main__":
    main()
