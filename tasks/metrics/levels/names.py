"""Encodes products, partners, measures and months of one direction of trade as whole numbers.

Joins and groups on one integer take a fraction of the time of joins on three texts. Each list of names is sorted, so
the order of the numbers is the order of the texts. Text returns only at the end, as categories.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from schemas.names import KINDS, ORIGINS, STATUSES
from schemas.reference.code_tables import code_table
from schemas.table import polars_schema
from tasks.domain.classification import HS_LEVELS, basket_members
from tasks.domain.coverage import TOTALS, WORLD, family_of
from tasks.domain.nomenclature import CHINAS, classification_of, is_national, national_lists
from tasks.domain.periods import month_index
from tasks.domain.reporter import Reporter
from tasks.domain.units import UNIT_VALUE_OF

NUMBER = pl.UInt32
# Bounds in the tables of valid months: before every month, and after every month.
EARLIEST, LATEST = -(10**6), 10**6

# The number of each status; a status is a small integer until the table is written. From MISSING_FROM on it is a
# reason.
STATUS = {name: number for number, name in enumerate(STATUSES)}
MISSING_FROM = len(ORIGINS)


@dataclass(frozen=True, eq=False)
class Names:
    """Sorted names and the window of months.

    Columns of working frames hold positions in these lists, `month` a month index. What follows from the names is
    computed once, as expressions and frames for every month.
    """

    products: list[str]
    partners: list[str]
    measures: list[str]
    families: list[str]
    first: int
    months: int
    national: str
    reporter: Reporter

    @classmethod
    def of(
        cls,
        products: Iterable[str],
        partners: Iterable[str],
        measures: Iterable[str],
        first: int,
        last: int,
        *,
        releases: pl.DataFrame,
    ) -> "Names":
        """The names in use and those above them; `releases` determine the reporter and its national list, whose codes
        are added up."""
        codes = {name for name in products if name is not None}
        national = next(iter(national_lists(releases)), CHINAS)
        codes |= {code[:level] for code in codes if is_national(code, national) for level in HS_LEVELS}
        # All codes of a basket decide whether it is complete, also those without trade.
        members = basket_members(national)
        codes |= set(members.filter(pl.col("part").is_in(codes))["product"])
        codes |= set(members.filter(pl.col("product").is_in(codes))["part"])
        used = set(measures)
        families = sorted({family_of(name) for name in used})
        used |= {UNIT_VALUE_OF[name] for name in used if name in UNIT_VALUE_OF}
        return cls(
            sorted(codes),
            sorted({*partners, *TOTALS}),
            sorted(used),
            families,
            first,
            last - first + 1,
            national,
            Reporter.of(releases),
        )

    @cached_property
    def labels(self) -> dict[str, list[str]]:
        """The names by column."""
        return {"product": self.products, "partner": self.partners, "measure": self.measures, "family": self.families}

    def size(self, *columns: str) -> int:
        """How many combinations of some columns there are."""
        return math.prod(self.months if one == "month" else max(len(self.labels[one]), 1) for one in columns)

    def key(self, *columns: str) -> pl.Expr:
        """Some columns as one integer, which sorts like the columns one after the other."""
        whole = pl.lit(0, dtype=pl.UInt64)
        for column in columns:
            number = pl.col(column) - self.first if column == "month" else pl.col(column)
            whole = whole * self.size(column) + number.cast(pl.UInt64)
        return whole

    def unpacked(self, *columns: str) -> list[pl.Expr]:
        """The columns from which the column `key` was made."""
        rest, columns_of_key = pl.col("key"), []
        for column in reversed(columns):
            size = self.size(column)
            part = rest % size
            columns_of_key.append(
                (part.cast(pl.Int32) + self.first if column == "month" else part.cast(NUMBER)).alias(column)
            )
            rest = rest // size
        return columns_of_key[::-1]

    def numbered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Columns of names, as text or categories, as numbers."""
        return frame.with_columns(
            pl.col(name).cast(pl.Enum(names)).to_physical().cast(NUMBER)
            for name, names in self.labels.items()
            if frame.schema.get(name) in (pl.String, pl.Categorical)
        )

    def named(self, column: str) -> pl.Expr:
        """A column of numbers as categories again."""
        return pl.lit(pl.Series(self.labels[column], dtype=pl.Categorical)).gather(pl.col(column)).alias(column)

    def looked_up(
        self, column: str, values: Sequence[int | bool | None], kind: pl.DataType | type[pl.DataType] = NUMBER
    ) -> pl.Expr:
        """The value of each row's name."""
        return pl.lit(pl.Series(values, dtype=kind)).gather(pl.col(column))

    @cached_property
    def family(self) -> pl.Expr:
        """The family of each row's measure: all quantities of a product are covered together."""
        place = {name: number for number, name in enumerate(self.families)}
        return self.looked_up("measure", [place.get(family_of(name)) for name in self.measures]).alias("family")

    @cached_property
    def is_total(self) -> pl.Expr:
        """Whether the partner is the world or a group."""
        return pl.col("partner").is_in([self.partners.index(name) for name in TOTALS])

    @cached_property
    def is_group(self) -> pl.Expr:
        """Whether the partner is a group."""
        return pl.col("partner").is_in([self.partners.index(name) for name in TOTALS if name != WORLD])

    @cached_property
    def world(self) -> int:
        """The number of the world."""
        return self.partners.index(WORLD)

    @cached_property
    def totals(self) -> list[int]:
        """The numbers of the world and of the groups."""
        return [self.partners.index(name) for name in TOTALS]

    @cached_property
    def above(self) -> dict[int, pl.Expr]:
        """By HS level the HS code with this many digits above each HS code, null for every other product."""
        place = {name: number for number, name in enumerate(self.products)}
        return {
            level: self.looked_up(
                "product", [place.get(code[:level]) if code.isdigit() else None for code in self.products]
            )
            for level in HS_LEVELS
        }

    @cached_property
    def classification(self) -> pl.Expr:
        """The classification of each row's product, as in `metric`."""
        kind = polars_schema("metric")["classification"]
        classes = [classification_of(code, self.national) for code in self.products]
        return pl.lit(pl.Series(classes, dtype=kind)).gather(pl.col("product"))

    @cached_property
    def is_recorded(self) -> pl.Expr:
        """Whether `metric` has records of the series: see `records`."""
        rows, is_mine = self.reporter.rows("watch_list"), pl.col("reporter") != ""
        of_reporter, of_all = set(rows.filter(is_mine)["product"]), set(rows.filter(~is_mine)["product"])
        members = basket_members(self.national)
        watched = of_reporter | set(members.filter(pl.col("product").is_in(of_reporter | of_all))["part"])
        # National codes that are watched of everybody are of China's list.
        watched |= {code for code in of_all if classification_of(code, self.national) == classification_of(code)}
        products = [code in watched or not code.isdigit() for code in self.products]
        return self.is_total | self.looked_up("product", products, pl.Boolean)

    @cached_property
    def is_national(self) -> pl.Expr:
        """Whether the product is a code of the national list, of which HS levels are sums."""
        return self.looked_up("product", [is_national(code, self.national) for code in self.products], pl.Boolean)

    @cached_property
    def baskets(self) -> pl.DataFrame:
        """Baskets and the codes in them: basket, part, begin, end (month indices)."""
        members = _valid(basket_members(self.national).rename({"product": "basket"}))
        members = members.filter(pl.col("basket").is_in(self.products))
        both = pl.col("basket", "part").cast(pl.Enum(self.products)).to_physical().cast(NUMBER)
        return members.select(both, "begin", "end")

    @cached_property
    def groups(self) -> pl.DataFrame:
        """Groups of partners and their members: total, partner, begin, end (month indices)."""
        members = _valid(code_table("partner_groups").select("partner", "valid_from", "valid_to", total="group"))
        both = pl.col("partner", "total").cast(pl.Enum(self.partners)).to_physical().cast(NUMBER)
        return members.filter(pl.col("partner").is_in(self.partners)).with_columns(both)

    @cached_property
    def founded(self) -> pl.Expr:
        """The first month in which the partner, where it is a group, has members."""
        groups = _valid(code_table("partner_groups"))
        first = dict(groups.group_by("group").agg(pl.col("begin").min()).iter_rows())
        return self.looked_up("partner", [first.get(name, EARLIEST) for name in self.partners], pl.Int32)


def _valid(table: pl.DataFrame) -> pl.DataFrame:
    """Texts `valid_from` and `valid_to` as month indices `begin` and `end`; an empty one means no bound."""

    def month(column: str, otherwise: int) -> pl.Expr:
        day = (pl.col(column) + "-01").str.to_date("%Y-%m-%d", strict=False)
        return month_index(day).fill_null(otherwise)

    bounds = table.with_columns(begin=month("valid_from", EARLIEST), end=month("valid_to", LATEST))
    return bounds.drop("valid_from", "valid_to")


def status(name: str) -> pl.Expr:
    """A status as its number."""
    return pl.lit(STATUS[name], dtype=pl.UInt8)


def bit_of(priority: pl.Expr) -> pl.Expr:
    """The kind of release of a priority as a set of kinds: one bit for each, the highest bit is the worst kind."""
    return pl.lit(pl.Series([2**place for place in range(len(KINDS))], dtype=pl.UInt8)).gather(priority)
