"""Where a number of a series comes from: the rows of the ledger that make it, and the records that say them.

Exact and slow on purpose: plain Python over a few rows, an opinion of its own beside the vectorised code.
"""

import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from schemas.code_tables import code_table, valid_in
from schemas.observation import KINDS, Detail, Observation
from schemas.release import Release
from schemas.trace import TracedNumber
from tasks.land import raw_path
from tasks.ledger import last_word
from tasks.snapshot import Snapshot
from tasks.sources import SOURCES
from tasks.tables import Partition, read_table

if TYPE_CHECKING:
    from tasks.trace import Place

WORLD = "WLD"
PRINTED_MAX = 3
KEY = ("product", "partner", "period_start", "period_end", "measure")


class Origins:
    """The last word of one flow of a snapshot, by number."""

    def __init__(self, snapshot: Snapshot, flow: str) -> None:
        self.snapshot, self.flow = snapshot, flow
        self.releases = read_table(snapshot, Release)
        observation = last_word(read_table(snapshot, Observation, lambda partition: partition[0] == flow))
        best = pl.col("kind").replace_strict(KINDS, range(len(KINDS)), return_dtype=pl.Int32)
        self.observation = (
            observation.with_columns(best=best).sort(*KEY, "best").unique(KEY, keep="first", maintain_order=True)
        )
        self._parsed: dict[str, dict[int, dict[str, Any]]] = {}
        self._detail: dict[Partition, pl.DataFrame] = {}

    def level(self, place: "Place", made: str) -> tuple[Fraction | None, list[TracedNumber]]:
        """The exact level, by the rule that `made` (a level_status) names, and the numbers it is made of."""
        if made == "zero":
            return Fraction(0), []
        if made == "reported":
            rows = self._rows(self._own(place), place, place.month, place.month)
        elif made == "sum":
            rows = self._rows(self._parts(place), place, place.month, place.month)
        elif made == "ytd_difference":
            totals, rows = self._chain(place)
            before = Fraction(0) if place.month % 12 == 0 else totals.get(place.month - 1)
            now = totals.get(place.month)
            return (None if now is None or before is None else now - before), self._traced(rows)
        else:
            return None, []
        return self._total(rows), self._traced(rows)

    def ytd(self, place: "Place", made: str) -> tuple[Fraction | None, list[TracedNumber]]:
        """The exact year to date where the source prints it, or where it follows from printed ones."""
        if made == "reported":
            rows = self._rows(self._own(place), place, place.month - place.month % 12, place.month)
            return self._total(rows), self._traced(rows)
        if made == "ytd_difference":
            totals, rows = self._chain(place)
            return totals.get(place.month), self._traced(rows)
        return None, []

    def printed_growth(self, place: "Place", *, cumulative: bool) -> tuple[Fraction | None, list[TracedNumber]]:
        """A growth that a source prints, in per cent."""
        first = place.month - place.month % 12 if cumulative else place.month
        rows = self._rows(self._own(place), place, first, place.month, suffix="_yoy")
        return (Fraction(rows["value"][0], 100) if rows.height else None), self._traced(rows)

    def resolution_percent(self, number: TracedNumber) -> Fraction:
        """What one step of the last printed digit of a growth is worth, in per cent."""
        rows = self.observation.filter(
            (pl.col("release_id") == number.release_id) & (pl.col("measure") == number.measure)
        )
        rows = rows.filter((pl.col("value") == number.value) & (pl.col("product") == number.product))
        return Fraction(rows["resolution"][0], 100) if rows.height else Fraction(1)

    def covers(self, place: "Place") -> bool:
        """Whether a release with all partners speaks about the product in that month."""
        day = pl.date(place.month // 12, place.month % 12 + 1, 1)
        rows = self.releases.filter(
            (pl.col("flow") == place.flow) & pl.col("by_month") & (pl.col("partners") != "keys")
            & (pl.col("first_month") <= day) & (pl.col("last_month") >= day)
        )  # fmt: skip
        for row in rows.iter_rows(named=True):
            asked = any(code == "*" or place.product.startswith(code) for code in row["products"])
            if asked and (row["partners"] == "all" or place.partner in row["partner_list"]):
                return True
        return False

    def _own(self, place: "Place") -> pl.DataFrame:
        """Rows of the series itself; a basket of one code is that code."""
        rows = self.observation.filter((pl.col("product") == place.product) & (pl.col("partner") == place.partner))
        if rows.height or not place.product.startswith("basket:"):
            return rows
        return self.observation.filter(pl.col("product").is_in(_members(place)) & (pl.col("partner") == place.partner))

    def _parts(self, place: "Place") -> pl.DataFrame:
        """Rows that a sum is made of: partners of a total, codes of a basket or of an HS level, or both."""
        rows = self.observation
        if place.product.startswith("basket:"):
            rows = rows.filter(pl.col("product").is_in(_members(place)))
        elif not rows.filter((pl.col("product") == place.product) & (pl.col("classification") != "HS8")).height:
            rows = rows.filter(pl.col("product").str.starts_with(place.product) & (pl.col("classification") == "HS8"))
        else:
            rows = rows.filter(pl.col("product") == place.product)
        if place.partner == WORLD:
            printed = rows.filter(pl.col("partner") == WORLD)["product"].unique().to_list()
            return rows.filter((pl.col("partner") == WORLD) | ~pl.col("product").is_in(printed))
        groups = code_table("partner_groups").filter(pl.col("group") == place.partner)
        if groups.height:
            return rows.filter(
                pl.col("partner").is_in(groups.filter(valid_in(pl.lit(_text(place.month))))["partner"].to_list())
            )
        return rows.filter(pl.col("partner") == place.partner)

    def _rows(self, rows: pl.DataFrame, place: "Place", first: int, last: int, suffix: str = "") -> pl.DataFrame:
        start = pl.date(first // 12, first % 12 + 1, 1)
        end = pl.date(last // 12, last % 12 + 1, 1).dt.month_end()
        measures = _measures(place.measure, suffix)
        return rows.filter(
            (pl.col("period_start") == start) & (pl.col("period_end") == end) & pl.col("measure").is_in(measures)
        )

    def _total(self, rows: pl.DataFrame) -> Fraction | None:
        if not rows.height:
            return None
        sizes = {
            row["unit"]: Fraction(row["kg_per_unit"])
            for row in code_table("units").iter_rows(named=True)
            if row["kg_per_unit"]
        }
        return sum(
            (value * sizes.get(unit, Fraction(1)) for value, unit in rows.select("value", "unit").iter_rows()),
            Fraction(0),
        )

    def _chain(self, place: "Place") -> tuple[dict[int, Fraction], pl.DataFrame]:
        """Cumulative totals of the year by month, from printed months and printed totals: forwards, then backwards."""
        january = place.month - place.month % 12
        own = self._own(place).filter(pl.col("measure").is_in(_measures(place.measure, "")))
        months = {
            month: rows
            for month in range(january, january + 12)
            if (rows := self._rows(own, place, month, month)).height
        }
        printed = {
            month: rows
            for month in range(january + 1, january + 12)
            if (rows := self._rows(own, place, january, month)).height
        }
        levels = {month: self._total(rows) or Fraction(0) for month, rows in months.items()}
        totals = {month: self._total(rows) or Fraction(0) for month, rows in printed.items()}
        for month in range(january, january + 12):
            before = Fraction(0) if month == january else totals.get(month - 1)
            if month not in totals and before is not None and month in levels:
                totals[month] = before + levels[month]
        for month in range(january + 11, january, -1):
            if month - 1 not in totals and month in totals and month in levels:
                totals[month - 1] = totals[month] - levels[month]
        used = [*months.values(), *printed.values()]
        return totals, pl.concat(used) if used else own.clear()

    def _traced(self, rows: pl.DataFrame) -> list[TracedNumber]:
        """Each row with its records in the raw file. Raises ValueError where the raw bytes are not what their name says."""
        return [self._traced_row(row) for row in rows.sort(*KEY).iter_rows(named=True)]

    def _traced_row(self, row: dict[str, Any]) -> TracedNumber:
        release = self.releases.filter(pl.col("release_id") == row["release_id"]).row(0, named=True)
        records = self._details((self.flow, row["period_end"].year, row["period_end"].month)).filter(
            (pl.col("release_id") == row["release_id"]) & pl.all_horizontal(pl.col(name) == row[name] for name in KEY)
        )["record"].sort().to_list()  # fmt: skip
        texts = [self._printed(release)[record] for record in records[:PRINTED_MAX]]
        first, last = (f"{row[name]:%Y-%m}" for name in ("period_start", "period_end"))
        return TracedNumber(
            product=row["product"], partner=row["partner"], period=first if first == last else f"{first}..{last}",
            measure=row["measure"], value=row["value"], unit=row["unit"], release_id=row["release_id"], title=release["title"],
            known_from=str(row["known_from"]), raw_sha256=release["raw_sha256"], records=records,
            printed=[json.dumps(text, ensure_ascii=False) for text in texts], address=texts[0].get("address") if texts else None,
        )  # fmt: skip

    def _details(self, month: Partition) -> pl.DataFrame:
        if month not in self._detail:
            self._detail[month] = read_table(self.snapshot, Detail, lambda partition: partition == month)
        return self._detail[month]

    def _printed(self, release: dict[str, Any]) -> dict[int, dict[str, Any]]:
        """The raw file's records as printed, read from its bytes again after their hash was checked."""
        sha256 = release["raw_sha256"]
        if sha256 not in self._parsed:
            place = raw_path(self.snapshot.store, sha256)
            raw = place.read_bytes()
            if hashlib.sha256(raw).hexdigest() != sha256:
                raise ValueError(f"{place}: the raw bytes are not those that were landed; restore the file from a copy")
            reported = SOURCES[release["source"]].parse(raw, Path(release["title"]).name).reported
            self._parsed[sha256] = {
                row["record"]: {name: text for name, text in row.items() if text is not None}
                for row in reported.iter_rows(named=True)
            }
        return self._parsed[sha256]


def _members(place: "Place") -> list[str]:
    baskets = code_table("baskets").filter(
        ("basket:" + pl.col("basket") == place.product) & valid_in(pl.lit(_text(place.month)))
    )
    return baskets["hs8"].to_list()


def _measures(measure: str, suffix: str) -> list[str]:
    """A mass in kilograms may be kept in another unit of mass in the ledger."""
    if measure != "quantity_kg":
        return [f"{measure}{suffix}"]
    masses = code_table("units").filter(pl.col("kg_per_unit") != "")["unit"].unique().sort()
    return [f"quantity_{unit}{suffix}" for unit in masses]


def _text(month: int) -> str:
    return f"{month // 12}-{month % 12 + 1:02d}"
