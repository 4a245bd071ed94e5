"""Adds up HS levels and baskets from codes, and the world and groups from partners, where a sum is valid.

A sum is made where the scopes of the releases cover all of it and no source prints it. It has a row, though no value,
where a part has a number that month and none in this measure: pieces and kilograms do not add up, and a missing number
is not zero.

All months are added up at once: a row is a series, and has for each month `m` a value (`v`), how it was made (`c`, from
NOTHING to UNKNOWN) and the kinds of release behind it (`k`), in columns such as v24305. Months without any number have
no columns, and where all numbers are of one kind no column says so.
"""

from collections.abc import Callable, Iterable

import polars as pl

from tasks.domain.classification import HS_LEVELS
from tasks.domain.units import LEVEL_MAX, YEAR_MAX
from tasks.metrics.levels.coverage import FlowCoverage, Scope
from tasks.metrics.levels.names import NUMBER, Names, bit_of, status

SERIES = ("product", "partner", "measure")
# No row, a printed number, a sum, a row of a sum that is not known.
NOTHING, PRINTED, SUM, UNKNOWN = range(4)


def wide(numbers: pl.DataFrame, names: Names) -> pl.DataFrame:
    """A row for each series from numbers (product, partner, measure, month, value, kinds); each month has columns of
    its own."""
    key = names.key(*SERIES)
    code = pl.when(pl.col("value").is_null()).then(UNKNOWN).otherwise(PRINTED).cast(pl.UInt8)
    keyed = numbers.select("month", v=pl.col("value").fill_null(0), c=code, k="kinds", key=key)
    keys = keyed["key"].unique().sort()
    places = pl.DataFrame({"key": keys}).with_row_index("at")
    at = keyed.select("key").join(places, on="key", how="left", maintain_order="left")["at"]
    by_month = keyed.drop("key").with_columns(at).partition_by("month", as_dict=True)
    del keyed, at
    columns, parts = {}, "vck" if only_kind(numbers) is None else "vc"
    for (month,), numbers_of_month in sorted(by_month.items()):
        for part in parts:
            nothing = pl.repeat(0, keys.len(), dtype=numbers_of_month.schema[part], eager=True)
            columns[f"{part}{month}"] = nothing.scatter(numbers_of_month["at"], numbers_of_month[part])
    return pl.DataFrame({"key": keys}).select(*names.unpacked(*SERIES)).with_columns(**columns)


def add_up(printed: pl.DataFrame, coverage: FlowCoverage, most: int = LEVEL_MAX) -> pl.DataFrame:
    """Every printed number and every valid sum, a row a series, from the rows that `wide` makes of the printed numbers.

    Codes add up for each partner first, then partners to totals, then codes for totals without partners. Raises
    OverflowError for a sum of more than `most`.
    """
    if not printed.height:
        return printed
    sums = _Sums(coverage, printed.columns, most)
    is_total = sums.names.is_total
    rows = sums.joined(printed, sums.of_codes(printed.filter(~is_total)))
    rows = sums.joined(rows, sums.of_baskets(rows.filter(~is_total), rows))
    rows = sums.joined(rows, sums.of_partners(rows.filter(~is_total)))
    rows = sums.joined(rows, sums.of_codes(rows.filter(is_total)))
    return sums.joined(rows, sums.of_baskets(rows.filter(is_total), rows))


def add_up_years(printed: pl.DataFrame, coverage: FlowCoverage) -> pl.DataFrame:
    """The printed years to date and their valid sums, from rows (product, partner, measure, month, value, kinds); with
    `made`, a status.

    `coverage` is that of the releases that gave such years as one figure. They add up as months do. A null, which is a
    year that later months replaced, leaves its sums unknown. A figure of a lesser kind is no part of a sum where a
    better kind covers it, and gives way to a sum of a better kind.
    """
    printed = printed.with_columns(made=status("reported"))
    best = coverage.priority(printed)
    counts = pl.select(best.is_null() | (printed["kinds"] <= bit_of(pl.lit(best)))).to_series()
    parts = printed.filter(counts).drop("made")
    rows, kind = add_up(wide(parts, coverage.names), coverage, YEAR_MAX), only_kind(parts)
    months = (int(name[1:]) for name in rows.columns if name[0] == "c" and name[1:].isdigit())
    sums = [
        rows.filter(pl.col(f"c{month}") == SUM).select(
            *SERIES,
            month=pl.lit(month, pl.Int32),
            value=f"v{month}",
            kinds=f"k{month}" if kind is None else pl.lit(kind, pl.UInt8),
            made=status("sum"),
        )
        for month in months
    ]
    return pl.concat([*sums, printed.drop_nulls("value")]).unique([*SERIES, "month"], keep="first", maintain_order=True)


def only_kind(printed: pl.DataFrame) -> int | None:
    """The kind of release behind all numbers; None where there are several."""
    kinds = printed["kinds"].unique()
    return kinds.item() if kinds.len() == 1 else None


class _Sums:
    def __init__(self, coverage: FlowCoverage, columns: list[str], most: int) -> None:
        self.coverage, self.names, self.most = coverage, coverage.names, most
        self.months = [int(name[1:]) for name in columns if name[0] == "c" and name[1:].isdigit()]
        # What a row has of each month: without kinds if there is only one.
        self.parts = "vck" if any(name[0] == "k" for name in columns) else "vc"

    def joined(self, rows: pl.DataFrame, sums: Iterable[pl.DataFrame]) -> pl.DataFrame:
        """The rows with the sums that no source prints."""
        every = pl.concat([rows, *(one.select(rows.columns) for one in sums)])
        twice = every.select(key=self.names.key(*SERIES))["key"].is_duplicated()
        if not twice.any():
            return every
        # The first row of a series has what is printed of it.
        firsts = [
            pl.col(f"{kind}{month}").filter(pl.col(f"c{month}") > NOTHING).first().fill_null(0)
            for month in self.months
            for kind in self.parts
        ]
        merged = every.filter(twice).group_by(SERIES, maintain_order=True).agg(firsts)
        return pl.concat([every.filter(~twice), merged.select(every.columns)])

    def of_codes(self, parts: pl.DataFrame) -> list[pl.DataFrame]:
        """HS6, HS4 and HS2 of the national codes among `parts`."""
        parts = parts.filter(self.names.is_national)
        if not parts.height:
            return []
        by_level, below, places = [], self._counted(parts), self._places(parts)
        for level in HS_LEVELS:
            # All parts are national codes, so each level is the sum of the one below it.
            above = self.names.above[level].alias("product")
            below = self._summed(below.with_columns(above))
            places = places.with_columns(above).group_by("product", "partner").agg(pl.col("^n.*$").sum())
            sums = self._with_values(below, places, ["product", "partner"])
            by_level.append(self._where(sums, self._may(sums)))
        return by_level

    def of_baskets(self, parts: pl.DataFrame, rows: pl.DataFrame) -> list[pl.DataFrame]:
        """Baskets of the codes among `parts`, national ones and HS codes, printed or summed; `rows` are all rows."""
        members = self.names.baskets
        inside = members.join(parts, left_on="part", right_on="product")
        return [self._of_baskets(inside, members, rows)] if inside.height else []

    def of_partners(self, parts: pl.DataFrame) -> list[pl.DataFrame]:
        """The world and the groups for which every partner was requested."""
        by_total, counted, places = [], self._counted(parts), self._places(parts)
        groups = self.names.groups
        for total in self.names.totals:
            counts, of_places = counted, places
            if total != self.names.world:
                of_total = groups.filter(pl.col("total") == total).drop("total")
                counts, of_places = (self._valid(one.join(of_total, on="partner")) for one in (counted, places))
            counts = counts.with_columns(partner=pl.lit(total, NUMBER))
            needed = of_places.group_by("product").agg(pl.col("^n.*$").sum())
            sums = self._with_values(self._summed(counts), needed, ["product"])
            # A file of world totals alone covers the world, and none of the partners that are its parts. A partner code
            # that no list names may be a member, so then no group is a sum.
            by_total.append(self._where(sums, self._requested(sums, groups=total != self.names.world)))
        return by_total

    def _of_baskets(self, inside: pl.DataFrame, members: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        """The baskets of which each code has a number in that month, or is covered."""
        parts = self._valid(self._counted(inside.rename({"basket": "product"})))
        places = self._valid(self._places(inside.rename({"basket": "product"}), "part", "begin", "end"))
        places = places.group_by("product", "partner").agg(pl.col("^n.*$").sum())
        sums = self._with_values(self._summed(parts), places, ["product", "partner"])
        codes = (
            sums.select(*SERIES).rename({"product": "basket"}).join(members, on="basket").rename({"part": "product"})
        )
        covered = self._places(rows).select("product", "partner", pl.col("^n.*$").cast(pl.Boolean))
        codes = codes.join(covered, on=["product", "partner"], how="left").with_columns(self._may(codes, finest=False))
        whole = codes.group_by("basket", "partner", "measure").agg(
            (pl.col(f"n{month}").fill_null(False) | pl.col(f"may{month}") | ~pl.lit(month).is_between("begin", "end"))
            .all()
            .alias(f"may{month}")
            for month in self.months
        )
        codes_known = sums.select(*SERIES).join(
            whole.rename({"basket": "product"}), on=SERIES, how="left", maintain_order="left"
        )
        return self._where(sums, codes_known.select(pl.col("^may.*$")).get_columns())

    def _counted(self, parts: pl.DataFrame) -> pl.DataFrame:
        """Parts with `w`, 1 where there is a value, and `r`, 1 where there is a row; without `r` if each row has a
        value."""
        codes = [f"c{month}" for month in self.months]
        counts = [pl.col(code).is_in([PRINTED, SUM]).alias(f"w{code[1:]}") for code in codes]
        if parts.height and max(parts.select(pl.col(codes).max()).row(0)) == UNKNOWN:
            counts += [(pl.col(code) > NOTHING).alias(f"r{code[1:]}") for code in codes]
        return parts.with_columns(counts).drop(codes)

    def _places(self, parts: pl.DataFrame, *others: str) -> pl.DataFrame:
        """The places of some parts with `n`, 1 in the months in which one has a row, in however many measures."""
        any_row = [(pl.col(f"c{month}").max() > NOTHING).alias(f"n{month}") for month in self.months]
        return parts.group_by("product", "partner", *others).agg(any_row)

    def _valid(self, parts: pl.DataFrame) -> pl.DataFrame:
        """Parts that belong to the whole from `begin` to `end`, with nothing in other months."""
        inside = parts.filter(pl.col("end") >= self.months[0], pl.col("begin") <= self.months[-1])
        ends = inside.select(pl.col("begin").max(), pl.col("end").min()).row(0)
        if not inside.height or (ends[0] <= self.months[0] and ends[1] >= self.months[-1]):
            return inside.drop("begin", "end")
        kinds = "vckwrn"
        columns = [name for name in inside.columns if name[0] in kinds and name[1:].isdigit()]
        masked = [
            pl.when(pl.lit(int(name[1:])).is_between("begin", "end"))
            .then(name)
            .otherwise(0)
            .cast(inside.schema[name])
            .alias(name)
            for name in columns
        ]
        return inside.with_columns(masked).drop("begin", "end")

    def _summed(self, parts: pl.DataFrame) -> pl.DataFrame:
        """One row for each series: the sum of the values, the kinds, and the sums of `w` and `r`."""
        values = [f"v{month}" for month in self.months]
        peak = max(
            (
                abs(int(end))
                for end in (*parts.select(pl.col(values).max()).row(0), *parts.select(pl.col(values).min()).row(0))
                if end is not None
            ),
            default=0,
        )
        is_safe = peak * parts.height < self.most
        exact = pl.col(values) if is_safe else pl.col(values).cast(pl.Int128)
        sums = parts.group_by(SERIES).agg(
            exact.sum(),
            pl.col("^[wr][0-9]+$").sum(),
            *([pl.col("^k[0-9]+$").bitwise_or()] if "k" in self.parts else []),
        )
        if not is_safe:
            too_large = sums.filter(pl.any_horizontal(pl.col(values).abs() > self.most))
            if too_large.height:
                product = self.names.products[too_large["product"][0]]
                raise OverflowError(f"the sum of {product} is too large for a month; check the units of its parts")
            sums = sums.with_columns(pl.col(values).cast(pl.Int64))
        return sums

    def _with_values(self, sums: pl.DataFrame, needed: pl.DataFrame, on: list[str]) -> pl.DataFrame:
        """Sums with how they were made: not known where a part of the place has a row in another measure and none in
        this."""
        counted = sums.join(needed, on=on, how="left", maintain_order="left")
        return counted.with_columns(
            pl.when(pl.col(f"r{month}" if f"r{month}" in sums.columns else f"w{month}") == 0)
            .then(NOTHING)
            .when(pl.col(f"w{month}") == pl.col(f"n{month}"))
            .then(SUM)
            .otherwise(UNKNOWN)
            .cast(pl.UInt8)
            .alias(f"c{month}")
            for month in self.months
        )

    def _where(self, sums: pl.DataFrame, may: list[pl.Series]) -> pl.DataFrame:
        """The sums in the months in which they may be made, and no series without any."""
        sums = sums.with_columns(pl.DataFrame(may).get_columns())
        code = [
            pl.when(f"may{month}").then(f"c{month}").otherwise(NOTHING).cast(pl.UInt8).alias(f"c{month}")
            for month in self.months
        ]
        sums = sums.with_columns(code).filter(pl.any_horizontal(pl.col(f"c{month}") > NOTHING for month in self.months))
        kept = [
            pl.when(pl.col(f"c{month}") == SUM).then(f"v{month}").otherwise(0).alias(f"v{month}")
            for month in self.months
        ]
        if "k" in self.parts:
            kept += [
                pl.when(pl.col(f"c{month}") > NOTHING).then(f"k{month}").otherwise(0).cast(pl.UInt8).alias(f"k{month}")
                for month in self.months
            ]
        return sums.with_columns(kept)

    def _may(self, series: pl.DataFrame, *, finest: bool = True) -> list[pl.Series]:
        """By month whether a release covers each series (`may…`)."""
        scope = self.coverage.finest if finest else self.coverage.all_levels
        return self._by_month(series, scope, lambda rows: self.coverage.priority(rows, finest=finest).is_not_null())

    def _requested(self, series: pl.DataFrame, *, groups: bool) -> list[pl.Series]:
        """By month whether every partner was requested of each series (`may…`)."""
        scope = self.coverage.all_levels
        return self._by_month(series, scope, lambda rows: self.coverage.everyone(rows, groups=groups))

    def _by_month(
        self, series: pl.DataFrame, scope: Scope, truth_of: Callable[[pl.DataFrame], pl.Series]
    ) -> list[pl.Series]:
        if {*self.months} <= scope.alike.keys():
            yes = pl.repeat(True, series.height, eager=True)
            return [yes.alias(f"may{month}") for month in self.months]
        rows = series.select(*SERIES)
        of_months = [rows.with_columns(month=pl.lit(month, pl.Int32)) for month in self.months]
        truth = truth_of(pl.concat(of_months))
        return [truth.slice(at * rows.height, rows.height).alias(f"may{one}") for at, one in enumerate(self.months)]
