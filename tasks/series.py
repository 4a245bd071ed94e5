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
from schemas.observation import KINDS, Observation
from schemas.release import Release
from tasks.calendar_grid import GROUPS, HS_LEVELS, SERIES, WORLD, chain_years, lay_grid
from tasks.scope import index_month, month_index, within_scope

KEY = ["flow", "product", "partner", "measure", "month"]
MILLIGRAMS_PER_KG = 10**6
SUM_MAX = 2**62
YOY = "_yoy"


def monthly_numbers(observation: pl.DataFrame) -> pl.DataFrame:
    """Numbers by series and month index, the word of the best kind where several speak.

    `observation` holds one word a number (see `ledger.last_word`). Columns: SERIES, month, value, span, source, kind;
    span is `month`, or `ytd` for a figure cumulated from January, and `yoy`/`ytd_yoy` for a printed growth of the two.
    Other periods have no place in a monthly series.
    """
    start, end = pl.col("period_start"), pl.col("period_end")
    is_month = start.dt.month_end() == end
    is_ytd = (start.dt.month() == 1) & (start.dt.year() == end.dt.year()) & (start.dt.day() == 1)
    growth = pl.col("measure").str.ends_with(YOY)
    placed = observation.with_columns(
        pl.when(is_month).then(pl.when(growth).then(pl.lit("yoy")).otherwise(pl.lit("month")))
        .when(is_ytd).then(pl.when(growth).then(pl.lit("ytd_yoy")).otherwise(pl.lit("ytd"))).alias("span"),
        month_index("period_end").alias("month"),
        pl.col("measure").str.strip_suffix(YOY),
        pl.col("kind").replace_strict(KINDS, range(len(KINDS)), return_dtype=pl.Int32).alias("standing"),
    ).filter(pl.col("span").is_not_null())  # fmt: skip
    masses = _masses()
    placed = placed.join(masses, on="unit", how="left").with_columns(
        pl.when(growth).then(pl.col("value")).otherwise(pl.col("value") * pl.col("smallest").fill_null(1)).alias("value"),
        pl.when(pl.col("smallest").is_not_null()).then(pl.lit("quantity_kg")).otherwise("measure").alias("measure"),
    ).with_columns(
        pl.when(pl.col("measure") == "quantity_kg").then(MILLIGRAMS_PER_KG).otherwise(1).cast(pl.Int64).alias("per_unit")
    )  # fmt: skip
    return (
        placed.sort(*SERIES, "month", "span", "standing", "source")
        .unique([*SERIES, "month", "span"], keep="first", maintain_order=True)
        .select(*SERIES, "month", "value", "span", "source", "kind")
    )


def build_series(observation: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    """The gapless monthly series with their levels.

    `observation` holds one word a number, `releases` their scopes. Columns: SERIES, month (index), level (whole, null
    where missing), level_status, ytd and ytd_status likewise, printed_yoy and printed_ytd_yoy (basis points),
    all_partners (every partner of the product is covered), emit (false for months that only serve as a base).
    """
    numbers = monthly_numbers(observation)
    numbers = pl.concat([numbers, _partner_sums(numbers, releases)])
    numbers = pl.concat([numbers, _product_sums(numbers, releases)])
    grid = lay_grid(numbers, releases)
    return chain_years(_fill_levels(grid, numbers, releases))


def _masses() -> pl.DataFrame:
    """Units of mass and how many milligrams make one."""
    masses = code_table("units").filter(pl.col("kg_per_unit") != "").select("unit", "kg_per_unit").unique()
    return masses.select("unit", smallest=(pl.col("kg_per_unit").cast(pl.Float64) * MILLIGRAMS_PER_KG).round().cast(pl.Int64))


def _partner_sums(numbers: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    """WLD and the partner groups where every partner was asked for and no source prints them itself."""
    months = numbers.filter((pl.col("span") == "month") & ~pl.col("partner").is_in([WORLD, *GROUPS]))
    members = code_table("partner_groups").select("group", "partner", "valid_from", "valid_to")
    grouped = months.join(members, on="partner").filter(valid_in(_month_text())).with_columns(partner="group")
    parts = pl.concat([months.with_columns(partner=pl.lit(WORLD)), grouped.select(months.columns)])
    return _without_printed(_sum_parts(_inside(parts, releases)), numbers)


def _product_sums(numbers: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    """HS6, HS4, HS2 and baskets from HS8, where each part was asked for and is counted in the same unit."""
    eights = numbers.filter(pl.col("classification") == "HS8")
    months = eights.filter(pl.col("span") == "month").with_columns(part="product")
    rolled = [
        _sum_parts(_in_one_unit(_inside(
            months.with_columns(product=pl.col("product").str.slice(0, level), classification=pl.lit(f"HS{level}")),
            releases,
        )))
        for level in HS_LEVELS
    ]  # fmt: skip
    return _without_printed(pl.concat([*rolled, *_basket_sums(eights, releases)]), numbers)


def _inside(parts: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    keys = parts.select(KEY).unique()
    return parts.join(within_scope(keys, releases), on=KEY, how="semi")


def _in_one_unit(parts: pl.DataFrame) -> pl.DataFrame:
    """Quantities only where every part with a number has this quantity: pieces and kilograms do not add up."""
    place = ["flow", "product", "partner", "month"]
    counted = parts.group_by(*place, "measure").agg(pl.col("part").n_unique().alias("counted"))
    needed = parts.group_by(place).agg(pl.col("part").n_unique().alias("needed"))
    whole = counted.join(needed, on=place).filter(
        ~pl.col("measure").str.starts_with("quantity") | (pl.col("counted") == pl.col("needed"))
    )
    return parts.join(whole, on=[*place, "measure"], how="semi")


def _basket_sums(eights: pl.DataFrame, releases: DataFrame[Release]) -> list[pl.DataFrame]:
    """A basket of one code is that code under another name, with all that is printed of it; a basket of several is the
    sum where each of its codes has a number or is inside a scope."""
    members = code_table("baskets").select(
        part="hs8", product="basket:" + pl.col("basket"), valid_from="valid_from", valid_to="valid_to"
    )
    named = (
        eights.rename({"product": "part"}).join(members, on="part").filter(valid_in(_month_text()))
        .with_columns(classification=pl.lit("basket")).select(*eights.columns, "part")
    )  # fmt: skip
    wanted = named.select(KEY).unique().join(members, on="product").filter(valid_in(_month_text()))
    of_member = wanted.select("flow", "partner", "measure", "month", product="part").unique()
    known = pl.concat([
        within_scope(of_member, releases),
        of_member.join(eights, on=of_member.columns, how="semi"),
    ]).unique()  # fmt: skip
    wanted = wanted.join(known.rename({"product": "part"}).with_columns(known=pl.lit(True)),
                         on=["flow", "partner", "measure", "month", "part"], how="left")
    sizes = wanted.group_by(KEY).agg(pl.len().alias("size"), pl.col("known").fill_null(False).all())
    whole = named.join(sizes.filter("known"), on=KEY)
    single = whole.filter(pl.col("size") == 1).select(eights.columns)
    several = whole.filter((pl.col("size") > 1) & (pl.col("span") == "month"))
    return [single, _sum_parts(_in_one_unit(several))]


def _month_text() -> pl.Expr:
    return index_month("month").dt.strftime("%Y-%m")


def _sum_parts(parts: pl.DataFrame) -> pl.DataFrame:
    key = [*SERIES, "month", "span"]
    if parts.height and float(parts["value"].cast(pl.Float64).abs().sum()) > SUM_MAX:
        raise OverflowError("values that add up to more than 64 bits hold; check the units of the releases")
    summed = parts.group_by(key).agg(pl.col("value").sum())
    return summed.select(*SERIES, "month", "value", "span", source=pl.lit("sum"), kind=pl.lit("sum"))


def _without_printed(sums: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    return sums.join(numbers, on=[*SERIES, "month", "span"], how="anti")


def _fill_levels(grid: pl.DataFrame, numbers: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    """The level of each month of the grid: what is printed or summed, no trade inside a scope, else missing.

    Where a key has a number in one measure and not in another, the other is not zero: it is not counted in that unit.
    """
    on = [*SERIES, "month"]
    filled = grid
    for span, name in (("month", "level"), ("ytd", "printed_ytd"), ("yoy", "printed_yoy"), ("ytd_yoy", "printed_ytd_yoy")):
        columns = [pl.col("value").alias(name), *([pl.col("kind").alias("level_kind")] if span == "month" else [])]
        filled = filled.join(numbers.filter(pl.col("span") == span).select(*on, *columns), on=on, how="left")
    months = numbers.filter(pl.col("span") == "month")
    place = ["flow", "product", "partner", "month"]
    gaps = filled.filter(pl.col("level").is_null()).select(KEY).unique()
    otherwise = gaps.join(months, on=place, how="semi").with_columns(other_unit=pl.lit(True))
    silent = within_scope(gaps.join(months, on=place, how="anti"), releases).with_columns(zero=pl.lit(True))
    filled = filled.join(silent, on=KEY, how="left").join(otherwise, on=KEY, how="left")
    return filled.with_columns(
        pl.when("zero").then(pl.lit(0, dtype=pl.Int64)).otherwise("level").alias("level"),
        pl.when(pl.col("level_kind") == "sum").then(pl.lit("sum"))
        .when(pl.col("level").is_not_null()).then(pl.lit("reported"))
        .when("zero").then(pl.lit("zero"))
        .when("other_unit").then(pl.lit("other_unit"))
        .otherwise(pl.lit("not_covered")).alias("level_status"),
    ).drop("zero", "other_unit", "level_kind")  # fmt: skip
