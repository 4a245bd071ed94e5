"""The numbers of a brief, gathered from the tables and traced: nothing here is rounded and nothing is said."""

import math
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas.brief import EventFact, Fact, Facts, PartnerRow, Revised, Waiting
from schemas.code_tables import code_table
from schemas.held import HeldRelease
from schemas.metric import Metric, status
from schemas.observation import Observation
from schemas.revision import Revision
from tasks.claim_readings import Readings
from tasks.claim_words import Spot
from tasks.control_events import MIXED, events_of, members
from tasks.origin import Place
from tasks.periods import first_day, month_number
from tasks.snapshot import Snapshot
from tasks.tables import path_partition, read_table
from tasks.trace import NoFigure, Tracer

WORLD = "WLD"
MONTHS_SHOWN = 36
MONTHS_SPARK = 13
PARTNERS_MAX = 10
REVISED_MAX = 12
KG = "quantity_kg"
PRICE = "unit_value_usd_per_kg"
HELD = "held"
PRODUCTS_NAMED = 50


def _products(snapshot: Snapshot, flow: str) -> str:
    """The products of a flow, from its last month back; of a full cube only some."""
    months = sorted((path_partition(entry.partition) for entry in snapshot.entries("metric", flow)), reverse=True)
    there: set[str] = set()
    for month in months:
        there |= {*read_table(snapshot, Metric, month.__eq__, columns=("product",))["product"].unique()}
        if len(there) > PRODUCTS_NAMED:
            return ", ".join([*sorted(there)[:PRODUCTS_NAMED], "and more"])
    return ", ".join(sorted(there))


class Gatherer:
    """Figures of one product and month, each with its trace."""

    def __init__(self, snapshot: Snapshot, product: str, flow: str, month: date) -> None:
        self.tracer, self.product, self.flow, self.month = Tracer(snapshot, flow, product), product, flow, month
        self.number = month_number(month)
        self.rows = self.tracer.metric.filter(pl.col("product") == product)
        if not self.rows.filter((pl.col("period") == month) & (pl.col("measure") == KG)).height:
            there = self.rows["period"].sort().dt.strftime("%Y-%m").unique(maintain_order=True)
            if there.len():
                raise NoFigure(f"no {flow} of {product} in {month:%Y-%m}; there is {there[0]} to {there[-1]}")
            raise NoFigure(f"no {flow} of {product}; products are {_products(snapshot, flow)}")
        self.readings = Readings(snapshot, [product, *members(product)])
        self.count = 0

    def fact(self, partner: str, figure: str, back: int = 0, measure: str = KG) -> Fact:
        """One figure, traced where it has a value."""
        place = Place(self.flow, self.product, partner, measure, self.number - back)
        self.count += 1
        day = first_day(place.month)
        try:
            row = self.tracer.row(place)
        except NoFigure:
            return Fact(
                id=f"s{self.count}", partner=partner, month=day, figure=figure, value=None, status="not_covered"
            )
        value = row[figure]
        trace = self.tracer.trace(place, figure) if value is not None else None
        plain = f"{value:%Y-%m}" if isinstance(value, date) else value
        return Fact(
            id=f"s{self.count}", partner=partner, month=day, figure=figure, value=plain, status=row[status(figure)], trace=trace,
            step=self.step(partner, figure) if value is not None and figure.endswith("_pct") and measure == KG else 0.1,
        )  # fmt: skip

    def step(self, partner: str, figure: str) -> float:
        """What the last digit of a growth may be worth: "353 t against 46.4 t" does not carry a decimal of +660.8 %."""
        january = self.number - self.number % 12
        spot = self.readings.canonical(
            Spot(self.flow, self.product, partner, KG, january if figure == "ytd_yoy_pct" else self.number, self.number)
        )
        if figure == "share_pct":
            found = self.readings.share(spot)
        else:
            found = self.readings.growth(spot, spot.shifted(-1 if figure == "mom_pct" else -12))
        width = min((float(reading.strict.width) for reading in found), default=0.0)
        return max(0.1, 10.0 ** round(math.log10(width))) if width > 0 else 0.1

    def levels(self, partner: str, months: int) -> list[float | None]:
        """The last months in tonnes."""
        rows = self.rows.filter((pl.col("partner") == partner) & (pl.col("measure") == KG))
        known = {row["period"]: row["level"] for row in rows.iter_rows(named=True)}
        return [_tonnes(known.get(first_day(self.number - back))) for back in range(months - 1, -1, -1)]

    def partners(self) -> list[str]:
        """All partners together, then the largest with a level in the month."""
        rows = self.rows.filter(
            (pl.col("period") == self.month) & (pl.col("measure") == KG) & pl.col("level").is_not_null()
        )
        groups = code_table("partner_groups")["group"].unique().to_list()
        ordered = rows.filter((pl.col("partner") != WORLD) & ~pl.col("partner").is_in(groups)).sort(
            "level", "partner", descending=[True, False]
        )
        return [WORLD, *ordered["partner"].head(PARTNERS_MAX)]


def gather(snapshot: Snapshot, store: Path, product: str, flow: str, month: date) -> Facts:
    """All facts of the brief. Raises NoFigure where the store has no such product or month."""
    found = Gatherer(snapshot, product, flow, month)
    partners = found.partners()
    rows = [
        PartnerRow(
            partner=partner, level=found.fact(partner, "level"), mom=found.fact(partner, "mom_pct"), yoy=found.fact(partner, "yoy_pct"),
            ytd=found.fact(partner, "ytd"), ytd_yoy=found.fact(partner, "ytd_yoy_pct"), share=found.fact(partner, "share_pct"),
            rank=found.fact(partner, "rank"), rank_before=found.fact(partner, "rank", back=1), recent_t=found.levels(partner, MONTHS_SPARK),
        )
        for partner in partners
    ]  # fmt: skip
    codes = members(product)
    names = _names(product)
    before = {partner: found.levels(partner, 2)[0] for partner in partners}
    months = [first_day(found.number - back) for back in range(MONTHS_SHOWN - 1, -1, -1)]
    prices = [
        fact if fact.value is not None else None
        for fact in (found.fact(WORLD, figure, measure=PRICE) for figure in ("level", "mom_pct", "yoy_pct"))
    ]
    since = _came_out(snapshot, flow, codes or [product], first_day(found.number - 1))
    revised, more = _revised(snapshot, codes or [product], flow, since)
    start = found.tracer.row(Place(flow, product, WORLD, KG, found.number))["series_start"]
    return Facts(
        flow=flow, product=product, name_en=names[0], name_zh=names[1], codes=codes, month=month, snapshot_id=snapshot.id,
        world_before=found.fact(WORLD, "level", back=1), highest_since=found.fact(WORLD, "highest_since"),
        lowest_since=found.fact(WORLD, "lowest_since"), partners=rows, months=months, world_t=found.levels(WORLD, MONTHS_SHOWN),
        before_t=before, events=_events(product, months), unit_value=prices[0], unit_value_mom=prices[1],
        unit_value_yoy=prices[2], mix_moved_pp=_mix_moved(rows, before), series_start=start, revised_since=since,
        revised=revised, revised_more=more, held=_held(store), mixed_code=MIXED in codes,
    )  # fmt: skip


def _names(product: str) -> tuple[str, str]:
    if product.startswith("basket:"):
        rows = code_table("baskets").filter("basket:" + pl.col("basket") == product)
    else:
        rows = code_table("products").filter(pl.col("product") == product)
    plain = f"HS {product}" if product.isdecimal() else product
    return (rows["name_en"][0], rows["name_zh"][0]) if rows.height else (plain, plain)


def _events(product: str, months: list[date]) -> list[EventFact]:
    last = months[-1].replace(day=28)
    found: list[EventFact] = []
    for row in events_of(product).iter_rows(named=True):
        day = date.fromisoformat(row["effective_from"] or row["announced_on"])
        if months[0] <= day <= last:
            found.append(
                EventFact(
                    number=len(found) + 1, day=day, event=row["event"], state=row["state"], body=row["body"], document=row["document"],
                    goods=row["goods"], coverage=row["coverage"], address=row["source"],
                    until=row["effective_until"],
                )
            )  # fmt: skip
    return found


def _mix_moved(rows: list[PartnerRow], before: dict[str, float | None]) -> float | None:
    """How far the shares of the partners moved, in percentage points, among partners known in both months."""
    world_now, world_before = rows[0].level.value, before.get(WORLD)
    if not isinstance(world_now, float) or not world_before:
        return None
    moves = [
        abs(row.level.value / world_now - (earlier / world_before)) * 100
        for row in rows[1:]
        if isinstance(row.level.value, float) and (earlier := before[row.partner]) is not None
    ]
    return sum(moves) / 2 if moves else None


def _came_out(snapshot: Snapshot, flow: str, products: list[str], month: date) -> date | None:
    """The day on which a month was first told of, whatever was said of it later."""
    words = read_table(
        snapshot, Observation, lambda part: part == (flow, month.year, month.month), pl.col("product").is_in(products)
    )
    day = words["known_from"].min()
    return day if isinstance(day, date) else None


def _revised(snapshot: Snapshot, products: list[str], flow: str, since: date | None) -> tuple[list[Revised], int]:
    """What changed after that day, the newest and the largest first, and how many more there are."""
    rows = read_table(snapshot, Revision, lambda partition: partition[0] == flow, pl.col("product").is_in(products))
    if since is not None:
        rows = rows.filter(pl.col("revised_on") > since)
    move = (pl.col("new_value").fill_null(0) - pl.col("old_value").fill_null(0)).abs()
    rows = rows.sort("revised_on", move, "partner", "measure", descending=[True, True, False, False])
    shown = rows.head(REVISED_MAX).select(*set(Revised.model_fields) - {"period"}, "period_start", "period_end")
    return [Revised(period=_period(row), **row) for row in shown.iter_rows(named=True)], rows.height - shown.height


def _period(row: dict[str, Any]) -> str:
    first, last = (f"{row.pop(name):%Y-%m}" for name in ("period_start", "period_end"))
    return first if first == last else f"{first}..{last}"


def _held(store: Path) -> list[Waiting]:
    """What waits for a person, as far as the files beside the store say; a file that cannot be read is named."""
    found = []
    for file in sorted((store / HELD).glob("*.json")):
        try:
            said = HeldRelease.model_validate_json(file.read_bytes())
        except (OSError, ValueError):
            found.append(Waiting(title=file.stem, release_id="", since="", why=[]))
            continue
        if said.waits:
            why = [entry.line for entry in said.findings]
            since = str(said.held_since)
            found.append(Waiting(title=said.title, release_id=said.release_id, since=since, why=why))
    return found


def _tonnes(kilograms: float | None) -> float | None:
    return None if kilograms is None else kilograms / 1000
