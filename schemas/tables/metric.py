"""Defines the derived figures, one row per flow, product, partner, month and measure, and the levels that records of
later months look back on.

Each figure `x` has a column `x_status`, which says how it was made or, if it is null, why. Percentages are per cent
(660.8 means +660.8 %) and are computed from whole units; nothing here is rounded.

A full release makes millions of rows, and half the columns are texts from fixed sets, so these are coded during
computation: a small number per row, and each text once. Readers of the published table get plain text.
"""

from typing import Any

import polars as pl
from pandera.polars import PolarsData, dataframe_check

from schemas.figures import FIGURE_OF
from schemas.fit import missing_says_why
from schemas.layouts import FLOWS
from schemas.model import Table, column, optional
from schemas.names import CLASSIFICATIONS, KINDS, STATUSES, status

# A set of kinds is a bit for each, in the order of KINDS; its name joins theirs: published+query.
SETS_OF_KINDS = tuple(
    "+".join(sorted(name for place, name in enumerate(KINDS) if number & 2**place))
    for number in range(1, 2 ** len(KINDS))
)


def _status(figure: str) -> Any:
    return column(f"how {figure} was made, or why it is null", categories=STATUSES)


class PlaceColumns(Table):
    """What a row of `metric` is about."""

    flow: pl.Enum = column("direction of trade as the reporter counts it", categories=FLOWS)
    product: pl.Categorical = column("code as text: HS2, HS4, HS6 or the code of a national list, line:…, or basket:…")
    classification: pl.Enum = column("what kind of code `product` is", categories=CLASSIFICATIONS)
    partner: pl.Categorical = column(
        "ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, EU27 for the Union of that month"
    )
    period: pl.Date = column("first day of the month")
    measure: pl.Categorical = column(
        "quantity_kg, quantity_<unit>, value_usd, value_cny, unit_value_usd_per_kg …: rows lie in its order"
    )


def _with_figures(base: type[Table]) -> Any:
    """The model with the column and the status of each figure behind those that it has."""
    kinds: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for name, figure in FIGURE_OF.items():
        kinds |= {name: getattr(pl, figure.dtype), status(name): pl.Enum}
        fields |= {name: optional(figure.meaning, figure.unit), status(name): _status(name)}
    return type("Figures", (base,), {"__annotations__": kinds, "__module__": __name__, **fields})


class Metric(_with_figures(PlaceColumns)):  # type: ignore[misc]  # the base is made of the figures there are
    """Level, growth, year to date, rolling year, share, rank, contribution, record: each with its status."""

    series_start: pl.Date = optional("first month of the unbroken series that highest_since looks back on")
    comparable_from: pl.Date = optional(
        "month of the last known change of what code, unit, basket or partner mean: from it on months can be compared "
        "with this one; null: no change is known, of the HS revisions only that of 2022 being known"
    )
    level_kinds: pl.Enum = optional(
        "kinds of release that level rests on, in alphabetical order, joined by +", categories=SETS_OF_KINDS
    )
    kinds: pl.Enum = optional(
        "the same of all figures of the row: of their bases, windows, world totals and the partners ranked",
        categories=SETS_OF_KINDS,
    )
    is_total: pl.Boolean = column("whether the partner is all partners together or a group, which has others as parts")
    in_doubt: pl.Boolean = column("whether a figure of the row is in doubt")
    figures_in_doubt: pl.Categorical = optional(
        "the figures of the row that rest on numbers in doubt, of which that part could move a printed digit, in the"
        " order of the columns, joined by +; of highest_since and lowest_since by numbers of the two years before; null"
        " where there is none"
    )

    @dataframe_check
    @classmethod
    def missing_says_why(cls, data: PolarsData) -> pl.LazyFrame:
        """A figure is null exactly where its status is a reason for being missing."""
        return data.lazyframe.select(missing_says_why())


class Doubt(Table):
    """A number of `metric` that an open finding concerns, a row for each finding: the number of a release in doubt, and
    each sum in which that number weighs enough to move a printed digit."""

    flow: pl.Enum = column("direction of trade as the reporter counts it", categories=FLOWS)
    product: pl.Categorical = column("code as text: HS2, HS4, HS6 or the code of a national list, line:…, or basket:…")
    partner: pl.Categorical = column("as in `metric`")
    period: pl.Date = column("first day of the month")
    measure: pl.Categorical = column("as in `metric`: the level of this measure is in doubt")
    finding: pl.String = column("name of the check, as in the table `finding`")
    release_id: pl.String = column("release that the finding is of")
    number: pl.UInt32 = column("number of the finding there: release_id and number find its row in `finding`", ge=1)
    first_month: pl.Date = column("first month for which the finding is open")
    last_month: pl.Date = column("last month for which the finding is open")
    part_pct: pl.Float64 = optional("part of the number that is in doubt; null: how large it is is not known", "%")


class RecordLevel(Table):
    """The published levels on which "highest since" and "lowest since" of later months look back, of the series for
    which `metric` has them."""

    flow: pl.Enum = column("direction of trade as the reporter counts it", categories=FLOWS)
    product: pl.Categorical = column("code as text: HS2, HS4, HS6 or the code of a national list, line:…, or basket:…")
    partner: pl.Categorical = column(
        "ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, EU27 for the Union of that month"
    )
    period: pl.Date = column("first day of the month")
    measure: pl.Categorical = column("quantity_<unit>, value_usd, value_cny, or a value per kilogram")
    level: pl.Float64 = column("the month's number: of a value per kilogram in its unit, else in smallest units")
    kinds: pl.UInt8 = column("kinds of release behind it: a bit for each kind of release, in the order of `kind`")
