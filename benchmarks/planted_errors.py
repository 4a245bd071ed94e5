"""Errors that are planted into the records of a sound file, as people, offices and web sites make them.

Each is a function of the records as printed (table `reported`), of where it hits (`Place`), and returns the records
with the error; None where the file has nothing to hit. What reads and checks them does not know of it.
"""

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from schemas.frames import Reported

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


def _printed(number: pl.Expr) -> pl.Expr:
    whole = number.round().cast(pl.Int64, strict=False).cast(pl.String)
    return pl.when((number - number.round()).abs() < 1e-6).then(whole).otherwise(number.round(3).cast(pl.String))


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
            .then(_printed(amount(name) * factor))
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
