"""Defines the facts of a brief: every number with its status, its trace and, of a growth, whether it may be quoted.

Both languages and both formats are written from this one structure, so that they cannot disagree.
"""

from datetime import date
from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from schemas.forms.doubt import NumberDoubt
from schemas.forms.trace import TracedNumber, TraceReport
from schemas.forms.verdict import Verdict


class Fact(BaseModel):
    """One figure of the page."""

    id: str = Field(description="anchor of its row among the sources")
    partner: str
    month: date
    figure: str = Field(description="column of the table metric")
    measure: str = Field("quantity_kg", description="what is measured, as in the table metric")
    value: float | str | None
    status: str
    step: float = Field(0.1, description="for a growth or a share: what its last digit may be worth")
    low: float | None = Field(None, description="the least that it may be, given the printed digits it rests on")
    trace: TraceReport | None = None
    doubts: list[NumberDoubt] = Field([], description="open findings about what it rests on")
    verdict: Verdict | None = Field(None, description="of a growth: whether it may be quoted")


class PartnerRow(BaseModel):
    """A line of the table of partners."""

    partner: str
    level: Fact
    mom: Fact
    contribution: Fact = Field(description="part of the change of all partners on the month before")
    yoy: Fact
    ytd: Fact
    ytd_yoy: Fact
    share: Fact
    rank: Fact
    rank_before: Fact = Field(description="rank in the month before")
    recent: list[float | None] = Field(description="the last months, oldest first")


class MirrorPart(BaseModel):
    """What both sides say of the trade with one partner, month by month; null where a side has no figure."""

    partner: str
    product: str = Field(description="HS code of six digits, which customs share")
    snapshots: list[str] = Field(description="states of the stores of exporter and importer")
    withheld: bool = Field(False, description="a source forbids to show its numbers to others")
    measure: str = Field("quantity_kg", description="kilograms where both sides have them in a month, otherwise money")
    months: list[date] = []
    sold: list[float | None] = []
    bought: list[float | None] = []
    low: list[float | None] = Field([], description="what the exporter's figure is expected to be, at least")
    high: list[float | None] = Field([], description="the same, at most")
    reasons: list[str] = []
    whys: list[str] = []
    sources: list[str] = []
    terms: list[str] = Field([], description="of money: valuations, exchange rates and margins, with their sources")


class DrawnLevel(NamedTuple):
    """A level of a chart: of which partner and month, with its status and the doubts about it."""

    partner: str
    month: date
    value: float | None
    status: str
    doubts: list[NumberDoubt]


class Facts(BaseModel):
    """All that a brief says."""

    flow: str
    product: str
    name_en: str
    name_zh: str
    printed_name: str = Field(
        "", description="English name as the source prints it, where the page prints it otherwise"
    )
    codes: list[str]
    month: date
    measure: str = Field(description="what the page is about: kilograms, or money where no kilograms are known")
    snapshot_id: str
    world_before: Fact
    highest_since: Fact
    lowest_since: Fact
    partners: list[PartnerRow] = Field(
        description="all partners first, then by what each contributes to the change, up or down; then by level"
    )
    months: list[date] = Field(description="the months of the chart")
    world: list[float | None] = Field(description="all partners together in each of these months")
    before: dict[str, float | None] = Field(description="the month before, by partner")
    drawn: list[DrawnLevel] = Field([], description="the levels of all lines that are drawn, a month each")
    events: list[dict[str, Any]] = Field(
        description="measures inside these months: rows of control_event, with number, day and state"
    )
    states_on: date = Field(description="day of the states of the events")
    unit_value: Fact = Field(description="in US dollars, or in yuan where only these are known")
    unit_value_mom: Fact
    unit_value_yoy: Fact
    has_values: bool = Field(description="whether any value of the product is at hand, of whatever month and partner")
    mix_moved_pp: float | None = Field(
        description="half the sum of the moves of shares of partners known in both months"
    )
    series_start: date | None = Field(description="first month of the unbroken series that a record stands in")
    revised_since: date | None = Field(description="day on which the month before came out: that of the last brief")
    revised: list[dict[str, Any]] = Field(description="rows of revision, with their period in words")
    revised_more: int = Field(description="revisions that are not listed")
    decisions: list[dict[str, Any]] = Field(
        [], description="rows of decision, with the title: releases that were withdrawn, or count again, since then"
    )
    held: list[dict[str, Any]] = Field(
        description="releases that are held: title, release_id, since, and why, the findings"
    )
    mirror: list[MirrorPart] = Field([], description="what partners with a store of their own say of the same trade")
    first_prints: tuple[int, int] | None = Field(
        None,
        description=(
            "in how many of the last months the first print was near the later figure, and how many can be compared"
        ),
    )
    expected: dict[str, Any] | None = Field(
        None, description="columns of the table expectation of the world total, where there is one"
    )
    mixed_code: bool
    within_union: bool = Field(
        False, description="whether the European Union is the reporter and some of its members are partners"
    )
    doubts: list[NumberDoubt] = Field([], description="open findings about what a figure of the page rests on")
    reporter: str = Field(description="whose statistics these are, ISO 3166-1 alpha-3")
    known_on: str = Field("", description="day up to which the store knows")

    def facts(self) -> list[Fact]:
        """Every figure that has a value, in the order of the page."""
        every = [self.world_before, self.highest_since, self.lowest_since]
        every += [fact for row in self.partners for _, fact in row if isinstance(fact, Fact)]
        every += [self.unit_value, self.unit_value_mom, self.unit_value_yoy]
        return [fact for fact in every if fact.value is not None]

    def numbers(self) -> list[TracedNumber]:
        """The numbers of the ledger that the page rests on."""
        traces = (fact.trace for fact in self.facts() if fact.trace is not None)
        return [number for trace in traces for operand in trace.operands for number in operand.numbers]
