"""Lists the series of a portion and how they hang together: places, totals, codes above, cells of coverage.

Belongs here: what is the same in every month. A series is a row; a column of a month (`levels`) is as long as there
are series, so that whole columns are added and compared.
"""

from typing import NamedTuple

import polars as pl

from tasks.domain.classification import HS_LEVELS
from tasks.domain.units import CONSUMPTION, OF_CONSUMPTION, UNIT_VALUE_OF
from tasks.metrics.levels.coverage import FlowCoverage
from tasks.metrics.levels.names import NUMBER, Names

# Rows lie in this order, and so do those of `metric`.
KEY = ("measure", "product", "partner")
PLACE = ("product", "partner")
MASS = "quantity_kg"


class Block(NamedTuple):
    """Some months that are computed together: columns of each month lie one after another, a row by series in each."""

    first: int
    size: int

    @property
    def months(self) -> range:
        """The months."""
        return range(self.first, self.first + self.size)

    def tiled(self, column: pl.Series) -> pl.Series:
        """A column that is the same in every month."""
        return column if self.size == 1 else pl.concat([column] * self.size, rechunk=True)

    def month(self, size: int) -> pl.Series:
        """The month of every row, where each has `size` rows."""
        return pl.select(
            (pl.int_range(self.size * size, dtype=pl.Int32) // size + self.first).alias("month")
        ).to_series()

    def offset(self, numbers: pl.Series, size: int) -> pl.Series:
        """Numbers below `size`, tiled, as places in columns with `size` rows a month."""
        if self.size == 1:
            return numbers
        of_month = pl.int_range(self.size * numbers.len(), dtype=NUMBER, eager=True) // numbers.len() * size
        return self.tiled(numbers) + of_month

    def split(self, column: pl.Series) -> dict[int, pl.Series]:
        """A column by month; nothing is copied."""
        size = column.len() // self.size
        return {month: column[at * size : (at + 1) * size] for at, month in enumerate(self.months)}


class Grid:
    """The series with a number of their own or in their parts, and where each finds what it is compared with.

    Attributes:
        frame: measure, product, partner and `row`, in the order of KEY.
        group: By row the number of its measure and product, counted from 0; groups lie together.
        place: By row the number of its product and partner in `places`.
        world: By row the row of the world's series, null where there is none.
        consumption: By row of a duty or a dutiable value the row of the same imports for consumption, else null.
        is_of_consumption: By row whether it is a duty or a dutiable value.
    """

    def __init__(self, series: pl.DataFrame, coverage: FlowCoverage) -> None:
        """`series` has the series (product, partner, measure) with a number of their own or a sum."""
        self.coverage, names = coverage, coverage.names
        self.names = names
        keys = pl.concat([one.select(key=names.key(*KEY)) for one in (series, *_looked_for(series, names))])["key"]
        self.keys = keys.drop_nulls().unique().sort()
        self.size = self.keys.len()
        self.frame = pl.DataFrame({"key": self.keys}).select(names.unpacked(*KEY))
        col = self.frame.get_column
        self.product, self.measure = col("product"), col("measure")
        self.is_total = self.frame.select(names.is_total).to_series()
        self.is_world = self.frame.select(pl.col("partner") == names.world).to_series()
        starts = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in KEY[:2])
        self.group = self.frame.select(starts.cast(NUMBER).cum_sum() - 1).to_series()
        self.groups = self.frame[self.group.is_first_distinct().arg_true()].select(*KEY[:2])
        rows = pl.int_range(self.size, dtype=NUMBER, eager=True)
        of_group = pl.repeat(None, self.groups.height, dtype=NUMBER, eager=True)
        self.world = of_group.scatter(self.group.filter(self.is_world), rows.filter(self.is_world)).gather(self.group)
        self._link_consumption()
        self._link_groups()
        self._link_places()

    def _link_consumption(self) -> None:
        measures = self.names.measures
        parts = [measures.index(name) for name in OF_CONSUMPTION if name in measures]
        self.is_of_consumption = self.measure.is_in(parts)
        self.consumption = pl.repeat(None, self.size, dtype=NUMBER, eager=True)
        if parts and CONSUMPTION in measures:
            rows = self.frame.with_row_index("row").filter(self.is_of_consumption)
            whole = self.rows_of(rows.with_columns(measure=pl.lit(measures.index(CONSUMPTION), NUMBER)))
            self.consumption = self.consumption.scatter(rows["row"], whole)

    def _link_groups(self) -> None:
        """For each HS level the groups of national codes, and the groups above them."""
        names, number = self.names, pl.int_range(self.groups.height, dtype=NUMBER, eager=True)
        groups = self.groups.with_columns(below=number)
        codes = groups.filter(names.is_national)
        above = groups.select("measure", "product", above="below")
        self.above = [
            codes.with_columns(product=names.above[level])
            .join(above, on=["measure", "product"])
            .select("below", "above")
            for level in HS_LEVELS
        ]

    def _link_places(self) -> None:
        names = self.names
        key = names.key(*PLACE)
        place_keys = self.frame.select(key=key)["key"]
        places = pl.DataFrame({"key": place_keys.unique()}).select(names.unpacked(*PLACE))
        inside = places.rename({"product": "part"}).join(names.baskets, on="part")
        within = [places, inside.select(product="basket", partner="partner")]
        if self.coverage.is_mixed:
            codes = places.filter(names.is_national)
            above = [codes.with_columns(product=names.above[level]) for level in HS_LEVELS]
            within += [*above, _in_baskets(pl.concat(above), names)]
        keys = pl.concat([one.select(key=key) for one in within])["key"].unique().sort()
        self.places = pl.DataFrame({"key": keys}).select(names.unpacked(*PLACE))
        at = pl.DataFrame({"key": keys, "at": pl.int_range(keys.len(), dtype=NUMBER, eager=True)})

        def number(rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
            return rows.with_columns(key=key).join(at, on="key").select(pl.col("at").alias("target"), *columns)

        self.place = pl.DataFrame({"key": place_keys}).join(at, on="key", how="left", maintain_order="left")["at"]
        numbered = self.places.with_row_index("source")
        inside = numbered.rename({"product": "part"}).join(names.baskets, on="part").rename({"basket": "product"})
        self.baskets = number(inside, "source", "begin", "end")
        members = numbered.join(names.groups, on="partner").with_columns(partner="total")
        self.members = number(members, "source", "begin", "end")
        parts = numbered.filter(~names.is_total).with_columns(partner=pl.lit(names.world, NUMBER))
        self.worlds = number(parts, "source")
        if self.coverage.is_mixed:
            codes = numbered.filter(names.is_national)
            above = [codes.with_columns(product=names.above[level]) for level in HS_LEVELS]
            self.below = pl.concat([number(one, "source") for one in above])
            upper = pl.concat(above)
            self.baskets_below = number(_in_baskets(upper, names), "source", "begin", "end")
            parts = upper.filter(~names.is_total).with_columns(partner=pl.lit(names.world, NUMBER))
            self.worlds_below = number(parts, "source")
            self.members_below = number(
                upper.join(names.groups, on="partner").with_columns(partner="total"), "source", "begin", "end"
            )

    def rows_of(self, frame: pl.DataFrame) -> pl.Series:
        """The row of each series of a frame (product, partner, measure), null where it is not among them."""
        at = pl.DataFrame({"key": self.keys}).with_row_index("row")
        keyed = frame.select(key=self.names.key(*KEY))
        return keyed.join(at, on="key", how="left", maintain_order="left")["row"]

    def priority(self, block: Block) -> pl.Series:
        """The priority of the best release that covers each series, null where none does."""
        scope = self.coverage.all_levels
        alike = {scope.alike.get(one) for one in block.months}
        if len(alike) == 1 and None not in alike:
            return pl.repeat(alike.pop(), self.size * block.size, dtype=scope.cells.dtype, eager=True)
        rows = pl.DataFrame({name: block.tiled(self.frame[name]) for name in KEY})
        return self.coverage.priority(rows.with_columns(month=block.month(self.size)))

    def is_known(self, block: Block) -> pl.Series:
        """By month and product, in the numbers of `names`, whether any release covers it."""
        known = self.coverage.known.filter(pl.col("month").is_in(block.months))
        size = self.names.size("product")
        at = known["product"] + (known["month"] - block.first).cast(NUMBER) * size
        return pl.repeat(False, size * block.size, eager=True).scatter(at, True)

    def masses(self) -> pl.DataFrame:
        """The rows of values (`worth`) with a row of the same place in kilograms (`mass`), and the number of their
        ratio."""
        measures = self.names.measures
        if MASS not in measures:
            return pl.DataFrame(schema={"worth": NUMBER, "mass": NUMBER, "measure": NUMBER})
        ratio = {
            measures.index(name): measures.index(UNIT_VALUE_OF[name]) for name in measures if name in UNIT_VALUE_OF
        }
        worth = self.frame.with_row_index("worth").filter(pl.col("measure").is_in([*ratio]))
        mass = worth.with_columns(measure=pl.lit(measures.index(MASS), NUMBER))
        masses = worth.select(
            "worth", pl.col("measure").replace_strict(ratio, return_dtype=NUMBER), mass=self.rows_of(mass)
        )
        return masses.drop_nulls("mass")


def _in_baskets(places: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The places of the baskets that have these HS codes in them, from `begin` to `end`."""
    inside = places.rename({"product": "part"}).join(names.baskets, on="part")
    return inside.drop("part").rename({"basket": "product"})


def _looked_for(series: pl.DataFrame, names: Names) -> list[pl.DataFrame]:
    """The series published with others: the world and the groups, and the world of the levels above a national code."""
    parts = series.filter(~names.is_total).select("product", "measure").unique()
    totals = [parts.with_columns(partner=pl.lit(total, NUMBER)) for total in names.totals]
    codes = series.filter(names.is_national).select("product", "measure").unique()
    world = pl.lit(names.world, NUMBER)
    return [*totals, *(codes.with_columns(product=names.above[level], partner=world) for level in HS_LEVELS)]
