"""Defines the outcome of a flow, for people, commands and other flows: of a release, of the watch rules about it, of
one that is held.

A `HeldRelease` with the decision about it is the content of `store/held/<release_id>.json`. A `WatchRule` is a
threshold that each month of a series is compared with.
"""

import itertools
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.code_files import partner_groups
from schemas.figures import RULED
from schemas.forms.form import Frozen
from schemas.names import CONTROL_LIST, LINES_OF_CHECK, PARTNER, PRODUCT, REPORTER, finding_line

RUNS = ("months_up", "months_down")
# A hundred years.
RUN_MAX = 1200
HoldVerdict = Literal["approve", "reject"]


class WatchRule(Frozen):
    """A threshold of one series: the rule fires in a month in which the figure reaches it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        description="a name of its own, of small letters, digits and hyphens", pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"
    )
    reporter: str = Field(
        "", description="whose figures, CHN or EU27; empty: of every reporter", pattern=rf"^({REPORTER})?$"
    )
    flow: Literal["export", "import"] = Field(description="export or import")
    product: str = Field(
        description="a code, or basket:, line:, list:, sitc: or isic: and its key; of a list its codes together",
        pattern=rf"^({PRODUCT}|{CONTROL_LIST})$",
    )
    partner: str = Field(
        "WLD",
        description=f"ISO 3166-1 alpha-3, a group ({', '.join(partner_groups())}), or WLD for all",
        pattern=rf"^({PARTNER})$",
    )
    measure: str = Field(
        "quantity_kg", description="quantity_kg, value_usd …", pattern=r"^(quantity|value|unit_value)_[a-z0-9_]+$"
    )
    figure: Literal[(*RULED, "months_up", "months_down")] = Field(  # type: ignore[valid-type]
        description=(
            f"{', '.join(RULED[:-1])} or {RULED[-1]} of the table metric, or months_up or months_down: months in a row"
            " of rise or fall"
        )
    )
    at_least: float | None = Field(
        None, description="a number: the rule fires from it upwards", strict=True, allow_inf_nan=False
    )
    at_most: float | None = Field(
        None, description="a number: the rule fires from it downwards", strict=True, allow_inf_nan=False
    )
    reason: str = Field(description="why this is watched, in a few words", min_length=3, max_length=300)

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a rule has either at_least or at_most")
        if self.figure in RUNS and (self.at_least is None or not 1 <= self.at_least <= RUN_MAX or self.at_least % 1):
            raise ValueError(f"{self.figure} needs at_least with a whole number of months, 1 to {RUN_MAX}")
        return self

    @property
    def bound(self) -> str:
        """The threshold in words: `at least 50`."""
        return f"at least {self.at_least:,g}" if self.at_least is not None else f"at most {self.at_most:,g}"

    def is_reached_by(self, value: float) -> bool:
        """Whether a figure reaches the threshold."""
        return value >= self.at_least if self.at_least is not None else value <= float(self.at_most or 0)


class Graded(Frozen):
    """A rule in a month."""

    rule: str = Field(description="name of the rule")
    month: str = Field(description="YYYY-MM")
    outcome: Literal["fired", "quiet", "not evaluable"] = Field(description="what became of it")
    value: float | None = Field(None, description="the figure; null where it is missing")
    why: str = Field(description="the figure and the threshold, or why there is none, in a sentence")
    before: str = Field("", description="its outcome before the release; empty: the month had no such figure then")
    reason: str = Field("", description="why this is watched")

    @property
    def is_news(self) -> bool:
        """Whether it fires and did not before."""
        return self.outcome == "fired" != self.before


class Gap(Frozen):
    """A difference between both sides of a flow that no known cause explains, since a release."""

    product: str = Field(description="HS code of six digits")
    exporter: str = Field(description="ISO 3166-1 alpha-3")
    importer: str = Field(description="ISO 3166-1 alpha-3")
    month: str = Field(description="YYYY-MM")
    export_kg: float | None = Field(description="mass that the exporter states, kg")
    import_kg: float | None = Field(description="mass that the importer states, kg")
    export_value: float | None = Field(description="value that the exporter states, in currency")
    import_value: float | None = Field(description="value that the importer states, in currency")
    currency: str = Field(description="currency in which they are compared, ISO 4217")


class Outcome(Frozen):
    """How a release ended that was neither refused nor held."""

    status: Literal["published", "would be published", "nothing new", "entered"] = Field(
        description=(
            "whether the release changed anything, or would have, had it been more than a dry run; "
            "`entered` where it is published with others later in the run"
        )
    )
    release_id: str = Field(description="name of the release")
    title: str = Field(description="what the release is called")
    reporter: str = Field("", description="whose figures they are")
    store: Path = Field(default=Path(), description="folder of the store")
    snapshot_id: str = Field(description="published state that holds it")
    flows: list[str] = Field(description="directions it speaks of")
    months: list[str] = Field(description="months with figures in it, YYYY-MM, sorted")
    products: list[str] = Field(description="products with figures in it, sorted")
    records: int = Field(description="data records in the raw file")
    records_observed: int = Field(description="records that became observations")
    records_quarantined: int = Field(description="records set aside")
    warnings: list[str] = Field(description="findings of severity warning, one line each")
    notes: list[str] = Field(description="findings of severity info, one line each")
    healed: list[str] = Field(description="damaged files of the store that got their bytes back")
    decision: str = Field("", description="of a decision about the release: what was decided, when, by whom, why")
    changed: str = Field("", description="of a decision: how many numbers it ended or brought back, of which months")
    briefs: list[str] = Field([], description="briefs written as its last step, by their places in the store")

    rules: list[Graded] = Field([], description="what became of the watch rules about it")
    gaps: list[Gap] = Field([], description="what became unexplained in the published mirrors of the reporter")

    @property
    def span(self) -> str:
        """`2025-06`, or `2025-01 to 2025-06`."""
        return self.months[0] if len(self.months) == 1 else f"{self.months[0]} to {self.months[-1]}"

    def as_dry_run(self) -> "Outcome":
        """The outcome of a release that was not published because nothing was to be."""
        return self.model_copy(update={"status": "would be published"}) if self.status == "published" else self


class Hold(Frozen):
    """The answer of a release that is not published because of its findings, until a person decides or since one has
    rejected it."""

    status: Literal["held", "would be held", "rejected"] = Field(
        description="whether a person must decide, would have to, or has decided against it"
    )
    release_id: str = Field(description="name of the release")
    store: Path = Field(description="folder of the store that keeps it")
    lines: list[str] = Field(description="its findings of severity error, and the decision, one line each")
    few: list[str] = Field([], description="the same for a person: the first of each check, and how many more it has")
    was_asked: bool = Field(False, description="whether this run has asked a person")

    @property
    def message(self) -> str:
        """One line: what the release is, and why."""
        return (
            f"{self.release_id} is {self.status}, {len(self.lines)} finding{'' if len(self.lines) == 1 else 's'}:"
            f" {'; '.join(self.few)}"
        )


class HeldFinding(Frozen):
    """One finding of severity error, as in the table `finding`."""

    check: str = Field(description="name of the check")
    subject: str = Field(description="what it is about: a record, a key, the file")
    observed: str = Field(description="what was found")
    expected: str = Field(description="what should have been there")
    advice: str = Field(description="what to do")
    scope: str = Field("none", description="which numbers are in doubt, as in the table")
    flow: str | None = Field(None, description="direction that it is about")
    products: tuple[str, ...] = Field((), description="codes that it is about")
    partners: tuple[str, ...] = Field((), description="partners that it is about")
    first_month: date | None = Field(None, description="first month that it is about")
    last_month: date | None = Field(None, description="last month that it is about")
    measure: str | None = Field(None, description="how the names of the measures begin that it is about")
    both_sides: bool = Field(False, description="whether the same numbers of other releases are in doubt as well")
    of_trade: bool = Field(False, description="whether it is about the trade and not about the file")
    listed: tuple[str, ...] = Field((), description="keys that it lists")
    observed_value: float | None = Field(None, description="what was found, where it is a number")
    expected_value: float | None = Field(None, description="what should have been there, where it is a number")
    unit: str | None = Field(None, description="measure or unit of both")
    goods_share: float | None = Field(None, description="the doubted amount as a share of a month of its goods")
    file_share: float | None = Field(None, description="the same as a share of the release")

    @property
    def line(self) -> str:
        """The finding as one line for a person."""
        return finding_line(self.model_dump())


class HoldDecision(Frozen):
    """What a person decided about a held release. When is kept here and goes into no published file."""

    verdict: HoldVerdict = Field(description="publish it, or never")
    by: str = Field(min_length=1, description="who decided")
    reason: str = Field(min_length=1, description="why")
    decided_at: datetime = Field(description="when")
    lifts_doubts: bool = Field(False, description="whether its numbers are published without the doubts about them")


class HeldRelease(Frozen):
    """A release that was read and found doubtful: enough to decide about it and to publish it from its raw bytes."""

    release_id: str = Field(description="name of the release")
    raw: Path = Field(description="the bytes, relative to the store")
    raw_sha256: str = Field(description="hash of the raw bytes")
    name: str = Field(description="file name as it came")
    source: str = Field(description="adapter that read it")
    reporter: str = Field(description="reporting country, ISO 3166-1 alpha-3")
    flow: Literal["export", "import"] | None = Field(description="direction, null where each record says it")
    partners: Literal["all", "listed"] = Field(description="which partners were asked for")
    products: tuple[str, ...] | None = Field(description="codes that were asked for")
    goods: tuple[str, ...] | None = Field(
        None, description="codes that it has records of, headings where these are many; none: not kept"
    )
    months: str | None = Field(description="months that were asked for, 2025-06 or 2025-01..2025-06")
    released_on: date = Field(description="day from which its figures were public")
    title: str = Field(description="what the release is called")
    held_since: date = Field(description="day on which it was first held")
    findings: tuple[HeldFinding, ...] = Field(description="why it is held")
    decision: HoldDecision | None = Field(None, description="what a person decided; none: it waits")
    asked_again: str | None = Field(None, description="why a decision that was made before does not hold any more")

    @property
    def lines(self) -> list[str]:
        """The findings as lines for a person, why the release is asked about again, and an approval that published
        nothing.
        """
        return [*(entry.line for entry in self.findings), *self._decisions]

    @property
    def few(self) -> list[str]:
        """The lines for a person: the first findings of each check, and how many more it has."""
        shown = list[str]()
        for check, first, more in self.by_check:
            shown += [*(entry.line for entry in first), *([f"and {more:,} more of {check}"] if more else [])]
        return [*shown, *self._decisions]

    @property
    def _decisions(self) -> list[str]:
        approved = None
        if self.decision and self.decision.verdict == "approve":
            day = f"{self.decision.decided_at:%Y-%m-%d}"
            approved = f"approved by {self.decision.by} on {day} and not published: approve it again, or reject it"
        return [*filter(None, [self.asked_again, approved])]

    @property
    def by_check(self) -> list[tuple[str, list[HeldFinding], int]]:
        """The first findings of each check, for a page, and how many more it has."""
        groups = ((check, [*same]) for check, same in itertools.groupby(self.findings, lambda entry: entry.check))
        return [(check, same[:LINES_OF_CHECK], len(same[LINES_OF_CHECK:])) for check, same in groups]

    @property
    def waits(self) -> bool:
        """Whether it is not rejected; one that is approved waits until it is published, which may be refused."""
        return self.decision is None or self.decision.verdict == "approve"

    def concerns(self, flow: str, codes: Iterable[str]) -> bool:
        """Whether it may have numbers of one of these codes in a direction, or of a part or heading of one."""
        goods = self.goods or self.products
        if self.flow not in (None, flow):
            return False
        return (
            not goods
            or "*" in goods
            or any(one.startswith(code) or code.startswith(one) for code in codes for one in goods)
        )


class AuditReport(Frozen):
    """What an audit found."""

    store: str = Field(description="what was audited")
    problems: list[str] = Field(description="everything that is not as it must be, one line each with what to do")
    traced: int = Field(description="figures that were traced back and computed again")
