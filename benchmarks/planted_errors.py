"""Errors that are planted into the records of a sound file, as people, offices and web sites make them.

Each is a function of the records as printed (table `reported`), of where it hits (`Place`), and returns the records
with the error; None where the file has nothing to hit. What reads and checks them does not know of it.
"""

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from schemas.frames import Detail, Reported
from tasks.domain.coverage import TOTALS
from tasks.domain.periods import month_index

YUAN = 7.1
SMALL_PART = 0.03
NUMBERS = ("value", "quantity")


class Place(NamedTuple):
    """The month and the product that an error hits, and its largest partner and one of about 3 %: printed texts."""

    period: str | None
    product: str | None
    largest: str | None
    small: str | None

    @property
    def cell(self) -> pl.Expr:
        """The records of the month and the product."""
        return self.month & pl.col("product").eq_missing(pl.lit(self.product))

    @property
    def month(self) -> pl.Expr:
        """The records of the month."""
        return pl.col("period").eq_missing(pl.lit(self.period))

    def of(self, partner: str | None) -> pl.Expr:
        """The records of the cell of one partner."""
        return self.cell & pl.col("partner").eq_missing(pl.lit(partner))


def amount(name: str) -> pl.Expr:
    """A printed number as a number."""
    return pl.col(name).str.replace_all(r"[, ]", "").cast(pl.Float64, strict=False)


def _printed(number: pl.Expr, name: str) -> pl.Expr:
    """A number as text, with decimals only where the column has some: a whole number with decimals is no error of a
    person, and would be set aside."""
    whole = number.round().cast(pl.Int64, strict=False).cast(pl.String)
    has_decimals = pl.col(name).str.contains(".", literal=True)
    return pl.when(has_decimals).then(number.round(3).cast(pl.String)).otherwise(whole)


def places(reported: Reported) -> list[Place]:
    """Where errors hit a file: the largest product and the middle one, each in its last month but one or its last."""
    rows = reported.select(pl.col("period", "product", "partner").cast(pl.String), worth=amount("value")).filter(
        pl.col("worth") > 0
    )
    products = rows.group_by("product").agg(pl.col("worth").sum()).sort("worth", "product", descending=True)
    if products.is_empty():
        return []
    found = []
    for number in dict.fromkeys((0, products.height // 2)):
        product = products["product"][number]
        of_it = rows.filter(pl.col("product").eq_missing(pl.lit(product)))
        months = of_it["period"].unique().sort()
        period = months[max(0, months.len() - 1 - number % 2)]
        sums = (
            of_it.filter(pl.col("period").eq_missing(pl.lit(period)))
            .group_by("partner")
            .agg(pl.col("worth").sum())
            .sort("worth", "partner", descending=True)
        )
        share = sums["worth"] / sums["worth"].sum()
        small = sums["partner"][int((share - SMALL_PART).abs().arg_min() or 0)]
        found.append(Place(period, product, sums["partner"][0], small))
    return found


def _times(where: Callable[[Place], pl.Expr], factor: float, *names: str) -> "Plant":
    def plant(reported: Reported, place: Place) -> Reported | None:
        many = [
            pl.when(where(place) & amount(name).is_not_null())
            .then(_printed(amount(name) * factor, name))
            .otherwise(name)
            .alias(name)
            for name in names
        ]
        return reported.with_columns(many)

    return plant


def _swapped(where: Callable[[Place], pl.Expr]) -> "Plant":
    def plant(reported: Reported, place: Place) -> Reported | None:
        is_hit = where(place) & pl.col("value").is_not_null() & pl.col("quantity").is_not_null()
        one, other = NUMBERS
        return reported.with_columns(
            pl.when(is_hit).then(pl.col(other)).otherwise(one).alias(one),
            pl.when(is_hit).then(pl.col(one)).otherwise(other).alias(other),
        )

    return plant


def _without(where: Callable[[Place], pl.Expr]) -> "Plant":
    def plant(reported: Reported, place: Place) -> Reported | None:
        kept = reported.filter(~where(place))
        return kept if 0 < kept.height < reported.height else None

    return plant


def _block_lost(reported: Reported, place: Place) -> Reported | None:
    return reported.head(reported.height * 4 // 5) if reported.height >= 5 else None


def _month_again(reported: Reported, place: Place) -> Reported | None:
    """The records of the month once more at the end of the file."""
    again = reported.filter(place.month)
    numbers = pl.int_range(reported.height + 1, reported.height + 1 + again.height, eager=True).cast(pl.UInt32)
    return pl.concat([reported, again.with_columns(record=numbers)])


def _month_for_another(reported: Reported, place: Place) -> Reported | None:
    """The records of the month before in place of those of the month."""
    months = reported["period"].cast(pl.String).unique().sort().drop_nulls().to_list()
    if place.period not in months[1:]:
        return None
    other = months[months.index(place.period) - 1]
    copied = reported.filter(pl.col("period") == other).with_columns(
        period=pl.lit(place.period).cast(reported.schema["period"])
    )
    rest = reported.filter(~place.month)
    return pl.concat([rest, copied]).with_columns(
        record=pl.int_range(1, rest.height + copied.height + 1).cast(pl.UInt32)
    )


Plant = Callable[[Reported, Place], Reported | None]
LARGEST, SMALL = (lambda place: place.of(place.largest)), (lambda place: place.of(place.small))
ALL: Callable[[Place], pl.Expr] = lambda place: pl.lit(True)  # noqa: E731
PLANTS: dict[str, Plant] = {
    "a digit too many, largest partner": _times(LARGEST, 10, *NUMBERS),
    "a digit too many, small partner": _times(SMALL, 10, *NUMBERS),
    "a digit too many, whole file": _times(ALL, 10, *NUMBERS),
    "a digit lost, the month": _times(Place.cell.fget, 0.1, *NUMBERS),  # type: ignore[attr-defined]
    "a digit lost, largest partner": _times(LARGEST, 0.1, *NUMBERS),
    "quantity times ten, largest partner": _times(LARGEST, 10, "quantity"),
    "quantity times ten, small partner": _times(SMALL, 10, "quantity"),
    "quantity times 1000, largest partner": _times(LARGEST, 1000, "quantity"),
    "quantity times 1000, small partner": _times(SMALL, 1000, "quantity"),
    "quantity times 1000, whole file": _times(ALL, 1000, "quantity"),
    "value times 1000, small partner": _times(SMALL, 1000, "value"),
    "value 0, largest partner": _times(LARGEST, 0, "value"),
    "quantity 0, largest partner": _times(LARGEST, 0, "quantity"),
    "currency swapped, the month": _times(Place.month.fget, YUAN, "value"),  # type: ignore[attr-defined]
    "currency swapped, whole file": _times(ALL, YUAN, "value"),
    "columns swapped, the month": _swapped(Place.cell.fget),  # type: ignore[attr-defined]
    "columns swapped, whole file": _swapped(ALL),
    "largest partner cut, one product": _without(LARGEST),
    "largest partner cut, all products": _without(
        lambda place: place.month & pl.col("partner").eq_missing(pl.lit(place.largest))
    ),
    "month of the product lost": _without(Place.cell.fget),  # type: ignore[attr-defined]
    "last fifth of the records lost": _block_lost,
    "month pasted again": _month_again,
    "month before in its place": _month_for_another,
}

# Of a month of the goods: a partner with less is one of many.
PART_LEAST = 0.05
STEADY_MONTHS, STEADY_LEAST = 12, 0.2


def neighbourhoods(every: pl.DataFrame, detail: Detail) -> pl.DataFrame:
    """The numbers of `detail` that are 5 % or more of a month of their goods, other than its first: record, and whether
    the partner was `steady`: it traded in each of the twelve months before, the least at least a fifth of its mean."""
    key, goods = ["flow", "product", "partner", "measure"], ["flow", "product", "measure"]
    is_month = pl.col("period_start") == pl.col("period_end").dt.month_start()
    is_money = pl.col("measure").cast(pl.String).is_in(["value_usd", "value_cny", "value_eur", "value_gbp"])
    series = (
        every.filter(is_month, is_money, ~pl.col("partner").cast(pl.String).is_in([*TOTALS]), pl.col("value") > 0)
        .with_columns(pl.col(key).cast(pl.String), month=month_index("period_end").cast(pl.Int32))
        .group_by(*key, "month")
        .agg(pl.col("value").sum())
        .with_columns(part=pl.col("value") / pl.col("value").sum().over(*goods, "month"))
        .with_columns(months=pl.col("month").n_unique().over(goods), first=pl.col("month").min().over(goods))
        .sort(*key, "month")
    )
    year = series.join(series.select(*key, there="month", then="value"), on=key).filter(
        (pl.col("month") - pl.col("there")).is_between(1, STEADY_MONTHS)
    )
    steady = year.group_by(*key, "month").agg(
        steady=(pl.len() == STEADY_MONTHS) & (pl.col("then").min() >= STEADY_LEAST * pl.col("then").mean())
    )
    places_of = series.filter(pl.col("part") >= PART_LEAST, pl.col("months") > 6, pl.col("month") > pl.col("first"))
    places_of = places_of.join(steady, on=[*key, "month"], how="left").with_columns(pl.col("steady").fill_null(False))
    records = detail.filter(is_month).select(
        pl.col(key).cast(pl.String), "record", month=month_index("period_end").cast(pl.Int32)
    )
    found = places_of.join(records, on=[*key, "month"]).unique(["product", "partner", "month"], keep="first")
    return found.sort("product", "month", "partner").select("record", "steady")


def place_of(reported: Reported, of_it: dict[str, int]) -> Place:
    """The place of a record: its partner is the `largest`."""
    row = reported.filter(pl.col("record") == of_it["record"]).row(0, named=True)
    return Place(*(None if row[name] is None else str(row[name]) for name in ("period", "product", "partner")), None)


def _months_swapped(reported: Reported, place: Place) -> Reported | None:
    """The product has in the month the numbers of the month before, and there those of the month."""
    of_product = reported.filter(pl.col("product").eq_missing(pl.lit(place.product)))
    months = of_product["period"].cast(pl.String).drop_nulls().unique().sort().to_list()
    if place.period not in months[1:]:
        return None
    before = months[months.index(place.period) - 1]
    names = {place.period: before, before: place.period}
    is_hit = pl.col("product").eq_missing(pl.lit(place.product)) & pl.col("period").cast(pl.String).is_in([*names])
    other = pl.col("period").cast(pl.String).replace(names).cast(reported.schema["period"])
    return reported.with_columns(period=pl.when(is_hit).then(other).otherwise("period"))


# Errors at a number whose neighbourhood is known, and whether they hit steady partners alone.
DOLLAR = 7.2
NEIGHBOURS: dict[str, tuple[Plant, bool]] = {
    "value x 7.2": (_times(LARGEST, DOLLAR, "value"), False),
    "value / 7.2": (_times(LARGEST, 1 / DOLLAR, "value"), False),
    "value x 10": (_times(LARGEST, 10, "value"), False),
    "value / 10": (_times(LARGEST, 0.1, "value"), False),
    "steady partner lost": (_without(LARGEST), True),
    "month doubled": (_times(Place.cell.fget, 2, *NUMBERS), False),  # type: ignore[attr-defined]
    "months swapped": (_months_swapped, False),
}
