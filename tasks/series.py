"""From the last word of the ledger to monthly series: one gapless run of months for each flow, product, partner, measure.

Belongs here: which source speaks for a number, the sums (world, Union, HS levels, baskets) and whether the scope allows
them, zero trade inside the scope, and months that follow from cumulative figures. Figures that compare months with one
another are in `metrics`.

Everything is whole numbers in the series' smallest unit; `per_unit` is how many of them make one unit of the measure,
so that silver in grams and magnets in kilograms both become `quantity_kg` without a float on the way.
"""

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.code_tables import code_table, valid_in
from schemas.release import Release
from tasks.calendar_grid import GROUPS, HS_LEVELS, SERIES, chain_years, lay_grid
from tasks.kinds import kind_bit
from tasks.scope import (
    WORLD,
    basket_members,
    covering,
    month_index,
    month_text,
    of_finest_level,
    speaking,
    standing,
    within_scope,
)

KEY = ["flow", "product", "partner", "measure", "month"]
PLACE = ["flow", "product", "partner", "month"]
TOTALS = (WORLD, *GROUPS)
MILLIGRAMS_PER_KG = 10**6
# Twelve months of the largest level, and their sums, fit into 64 bits.
YEAR_MAX = 2**62
LEVEL_MAX = YEAR_MAX // 12
YOY = "_yoy"
PORTION_ROWS = 100_000


def monthly_numbers(observation: pl.DataFrame) -> pl.DataFrame:
    """Numbers by series and month index, the word of the best kind where several speak.

    `observation` holds one word a number (see `ledger.last_word`). Columns: SERIES, month, value, span, source, kind, and
    standing, the place of the kind; span is `month`, or `ytd` for a figure cumulated from January, and `yoy`/`ytd_yoy` for a printed growth of the two.
    Other periods have no place in a monthly series. Raises OverflowError for a number that is too large for one.
    """
    start, end = pl.col("period_start"), pl.col("period_end")
    is_month = (start.dt.month_start() == start) & (start.dt.month_end() == end)
    is_ytd = (start.dt.month() == 1) & (start.dt.year() == end.dt.year()) & (start.dt.day() == 1)
    growth = pl.col("measure").str.ends_with(YOY)
    placed = observation.with_columns(
        pl.when(is_month).then(pl.when(growth).then(pl.lit("yoy")).otherwise(pl.lit("month")))
        .when(is_ytd).then(pl.when(growth).then(pl.lit("ytd_yoy")).otherwise(pl.lit("ytd"))).alias("span"),
        month_index("period_end").alias("month"),
        pl.col("measure").str.strip_suffix(YOY),
        standing().alias("standing"),
    ).filter(pl.col("span").is_not_null())  # fmt: skip
    placed = placed.join(_masses(), on="unit", how="left").with_columns(pl.col("smallest").fill_null(1))
    most = pl.when(pl.col("span") == "ytd").then(YEAR_MAX).otherwise(LEVEL_MAX)
    large = placed.filter(pl.col("value").abs() > most // pl.col("smallest"))
    if large.height:
        row = large.row(0, named=True)
        raise OverflowError(
            f"{row['value']} {row['unit']} of {row['product']} is too large for a month; check its unit"
        )
    return (
        placed.with_columns(
            pl.col("value") * pl.col("smallest"),
            pl.col("resolution") * pl.col("smallest"),
            pl.when("mass").then(pl.lit("quantity_kg")).otherwise("measure").alias("measure"),
        )
        .with_columns(
            per_unit=pl.when(pl.col("measure") == "quantity_kg").then(MILLIGRAMS_PER_KG).otherwise(1).cast(pl.Int64)
        )
        .sort(*SERIES, "month", "span", "standing", "source", "reporter", "resolution", "unit")
        .unique([*SERIES, "month", "span"], keep="first", maintain_order=True)
        .select(*SERIES, "month", "value", "span", "source", "kind", "standing")
    )


def build_series(observation: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    """The gapless monthly series with their levels, in order of series and month.

    `observation` holds one word a number, `releases` their scopes. Columns: series (a number), SERIES, month (index),
    level (whole, null where missing), level_status, ytd and ytd_status likewise, printed_yoy and printed_ytd_yoy (basis
    points), all_partners (every partner of the product is covered and
    counted in this unit), emit (false for months that only serve as a base), and the kinds of release behind them (`kinds`).
    """
    printed = monthly_numbers(observation).select(
        *SERIES,
        "month",
        "value",
        "span",
        "standing",
        kind_bit("standing").alias("kinds"),
        pl.lit("reported").alias("made"),
    )
    numbers = without_outranked(printed, releases)
    # Codes add up for each partner first, then partners to totals, then codes for totals that partners do not give.
    for add in (_copy_baskets, _sum_codes, _sum_partners, _sum_codes_of_totals):
        numbers = pl.concat([numbers, add(numbers, releases).select(numbers.columns)])
    return chain_years(_fill_levels(lay_grid(numbers, releases), numbers, releases))


def cut_portions(observation: pl.DataFrame, rows: int = PORTION_ROWS) -> list[pl.DataFrame]:
    """The ledger cut so that no HS level and no basket adds up across two portions, each of about that many rows."""
    chapter = pl.col("product").str.slice(0, 2)
    kin = observation.select(kin=chapter.replace(_kindred_chapters()))["kin"]
    sizes = kin.value_counts(name="rows").sort("kin")
    portion = sizes.select("kin", portion=(pl.col("rows").cum_sum() - 1) // rows)
    cut = observation.with_columns(kin).join(portion, on="kin").drop("kin").partition_by("portion", include_key=False)
    return cut or [observation]


def _kindred_chapters() -> dict[str, str]:
    """Chapters that a basket connects, each with the first chapter of its kin."""
    kin: dict[str, str] = {}
    for (_,), codes in basket_members().group_by("product"):
        chapters = set(codes["part"].str.slice(0, 2))
        joined = chapters | {chapter for chapter, first in kin.items() if first in {kin.get(name) for name in chapters}}
        kin |= dict.fromkeys(joined, min(joined))
    return kin


def _masses() -> pl.DataFrame:
    """Units of mass and how many milligrams make one."""
    masses = code_table("units").filter(pl.col("kg_per_unit") != "").select("unit", "kg_per_unit").unique()
    smallest = (pl.col("kg_per_unit").cast(pl.Float64) * MILLIGRAMS_PER_KG).round().cast(pl.Int64)
    return masses.select("unit", smallest=smallest, mass=pl.lit(True))


def _months(numbers: pl.DataFrame) -> pl.DataFrame:
    return numbers.filter(pl.col("span") == "month")


def without_outranked(numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """Without the months about which a better kind of release speaks: its silence is worth more than their number."""
    best = speaking(releases).select(standing().min()).item()
    lesser = _months(numbers).filter(pl.col("standing") > pl.lit(best, dtype=pl.Int32))
    if not lesser.height:
        return numbers
    better = covering(lesser.select(KEY).unique(), releases).rename({"standing": "better"})
    gone = lesser.join(better, on=KEY).filter(pl.col("better") < pl.col("standing"))
    return numbers.join(gone, on=numbers.columns, how="anti")


def _copy_baskets(numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """A basket of one code is that code under another name, with all that is printed of it."""
    members = basket_members().filter(pl.len().over("product") == 1).rename({"product": "basket", "part": "product"})
    named = numbers.join(members, on="product").filter(valid_in(month_text()))
    return named.with_columns(product="basket", classification=pl.lit("basket"))


def _sum_codes(numbers: pl.DataFrame, releases: pl.DataFrame, totals: bool = False) -> pl.DataFrame:
    """HS6, HS4, HS2 and baskets from HS8, where each part was asked for or, in a basket, has a number."""
    eights = _months(numbers).filter(
        (pl.col("classification") == "HS8") & (pl.col("partner").is_in(TOTALS) == totals)
    ).with_columns(part="product")  # fmt: skip
    rolled = pl.concat(
        eights.with_columns(product=pl.col("product").str.slice(0, level), classification=pl.lit(f"HS{level}"))
        for level in HS_LEVELS
    )
    from_below = within_scope(rolled.select(KEY).unique(), of_finest_level(releases))
    rolled = rolled.join(from_below, on=KEY, how="semi")
    return _not_yet(_sum_parts(pl.concat([rolled, _basket_parts(eights, releases)])), numbers)


def _sum_codes_of_totals(numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    return _sum_codes(numbers, releases, totals=True)


def _basket_parts(eights: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """The parts of baskets each of whose codes has a number or is inside a scope."""
    members = basket_members()
    named = eights.drop("product").join(members, on="part").filter(valid_in(month_text())).select(eights.columns)
    named = named.with_columns(classification=pl.lit("basket"))
    wanted = named.select(KEY).unique().join(members, on="product").filter(valid_in(month_text())).select(*KEY, "part")
    codes = wanted.select("flow", "partner", "measure", "month", product="part").unique().select(KEY)
    silent = codes.join(eights, on=PLACE, how="anti")
    known = pl.concat([codes.join(eights, on=PLACE, how="semi"), within_scope(silent, releases)])
    lacking = wanted.join(
        known.rename({"product": "part"}), on=["flow", "partner", "measure", "month", "part"], how="anti"
    )
    return named.join(lacking, on=KEY, how="anti")


def _sum_partners(numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """WLD and the partner groups where every partner was asked for and no source prints them itself."""
    months = _months(numbers).filter(~pl.col("partner").is_in(TOTALS)).with_columns(part="partner")
    parts = with_totals(months)
    parts = parts.join(within_scope(parts.select(KEY).unique(), releases), on=KEY, how="semi")
    return _not_yet(_sum_parts(parts), numbers)


def with_totals(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of partners once more under each total that the partner is part of in that month."""
    members = code_table("partner_groups").select("group", "partner", "valid_from", "valid_to")
    grouped = rows.join(members, on="partner").filter(valid_in(month_text())).with_columns(partner="group")
    return pl.concat([rows.with_columns(partner=pl.lit(WORLD)), grouped.select(rows.columns)])


def _not_yet(sums: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """The sums that neither a source prints nor an earlier sum has made."""
    return sums.join(_months(numbers), on=[*SERIES, "month"], how="anti")


def _sum_parts(parts: pl.DataFrame) -> pl.DataFrame:
    """Sums of rows that differ in `part`; null where a part has a number that month and none in this measure.

    Pieces and kilograms do not add up, and a number that is missing is not zero.
    """
    needed = parts.select(*PLACE, "part").unique().group_by(PLACE).agg(pl.len().alias("needed"))
    sums = parts.group_by(*SERIES, "month").agg(
        pl.col("value").sum().alias("sum"), pl.col("value").cast(pl.Float64).sum().abs().alias("about"),
        pl.col("value").count().alias("counted"), pl.col("standing").max(),
        pl.col("kinds").bitwise_or(),
    )  # fmt: skip
    if sums.height and sums["about"].max() > LEVEL_MAX:  # type: ignore[operator]
        row = sums.sort("about").row(-1, named=True)
        raise OverflowError(f"the sum of {row['product']} is too large for a month; check the units of its parts")
    whole = pl.col("counted") == pl.col("needed")
    return sums.join(needed, on=PLACE).with_columns(
        value=pl.when(whole).then("sum"), span=pl.lit("month"), made=pl.lit("sum")
    )  # fmt: skip


def _fill_levels(grid: pl.DataFrame, numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """The level of each month of the grid: what is printed or summed, no trade inside a scope, else missing.

    Where a key has a number in one measure and not in another, the other is not zero: it is not counted in that unit.
    Neither is a level zero below which a code has a number.
    """
    ids = grid.select("series", *SERIES).unique()
    numbers = numbers.join(ids, on=SERIES)
    filled = grid
    for span, columns in (
        ("month", {"level": "value", "level_standing": "standing", "level_kinds": "kinds", "made": "made"}),
        ("ytd", {"printed_ytd": "value", "ytd_standing": "standing", "ytd_kinds": "kinds"}),
        ("yoy", {"printed_yoy": "value", "yoy_kinds": "kinds"}),
        ("ytd_yoy", {"printed_ytd_yoy": "value", "ytd_yoy_kinds": "kinds"}),
    ):
        told = numbers.filter(pl.col("span") == span).select("series", "month", **columns)
        filled = filled.join(told, on=["series", "month"], how="left")
    months = _months(numbers)
    gaps = filled.filter(pl.col("level").is_null()).select("series", *KEY)
    told = months.select(PLACE).unique().with_columns(told=pl.lit(True))
    below = _places_above(months).with_columns(below=pl.lit(True))
    silent = covering(gaps, releases).join(told, on=PLACE, how="left").join(below, on=PLACE, how="left")
    silent = silent.select("series", "month", "told", "below", covered="standing")
    filled = filled.join(silent, on=["series", "month"], how="left").with_columns(
        zero=pl.when(pl.col("told").is_null() & pl.col("below").is_null()).then("covered")
    )
    filled = filled.join(_incomplete_cells(months), on=["flow", "product", "measure", "month"], how="left")
    return filled.with_columns(
        pl.col("all_partners") & pl.col("incomplete").is_null(),
        pl.when(pl.col("zero").is_not_null()).then(pl.lit(0, dtype=pl.Int64)).otherwise("level").alias("level"),
        pl.coalesce("level_standing", "zero").alias("level_standing"),
        pl.coalesce("level_kinds", kind_bit("zero")).alias("level_kinds"),
        pl.when(pl.col("level").is_not_null()).then("made")
        .when(pl.col("zero").is_not_null()).then(pl.lit("zero"))
        .when(pl.col("made").is_not_null() | (pl.col("covered").is_not_null() & pl.col("told"))).then(pl.lit("other_unit"))
        .otherwise(pl.lit("not_covered")).alias("level_status"),
    ).drop("zero", "covered", "told", "below", "made", "incomplete").sort("series", "month")  # fmt: skip


def _incomplete_cells(months: pl.DataFrame) -> pl.DataFrame:
    """Months of a product and measure in which some partner has a number, and none in this measure."""
    traded = months.filter(~pl.col("partner").is_in(TOTALS))
    needed = traded.select(PLACE).unique().group_by("flow", "product", "month").agg(pl.len().alias("needed"))
    counted = traded.group_by("flow", "product", "measure", "month").agg(pl.col("value").count().alias("counted"))
    found = counted.join(needed, on=["flow", "product", "month"]).filter(pl.col("counted") < pl.col("needed"))
    return found.select("flow", "product", "measure", "month", incomplete=pl.lit(True))


def _places_above(months: pl.DataFrame) -> pl.DataFrame:
    """The HS levels, partners and totals below which some HS8 has a number."""
    eights = months.filter(pl.col("classification") == "HS8").select(PLACE).unique()
    partners = eights.filter(~pl.col("partner").is_in(TOTALS))
    everywhere = pl.concat([eights, with_totals(partners)])
    return pl.concat(everywhere.with_columns(pl.col("product").str.slice(0, level)) for level in HS_LEVELS).unique()
