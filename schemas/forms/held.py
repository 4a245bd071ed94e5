"""Defines a held release and the decision about it: the content of `store/held/<release_id>.json`."""

from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from schemas.forms.form import Frozen
from schemas.names import finding_line

HoldVerdict = Literal["approve", "reject"]


class HeldFinding(Frozen):
    """One finding of severity error, as in the table `finding`."""

    check: str = Field(description="name of the check")
    subject: str = Field(description="what it is about: a record, a key, the file")
    observed: str = Field(description="what was found")
    expected: str = Field(description="what should have been there")
    advice: str = Field(description="what to do")

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
    months: str | None = Field(description="months that were asked for, 2025-06 or 2025-01..2025-06")
    released_on: date = Field(description="day from which its figures were public")
    title: str = Field(description="what the release is called")
    held_since: date = Field(description="day on which it was first held")
    findings: tuple[HeldFinding, ...] = Field(description="why it is held")
    decision: HoldDecision | None = Field(None, description="what a person decided; none: it waits")
    asked_again: str | None = Field(None, description="why a decision that was made before does not hold any more")

    @property
    def lines(self) -> list[str]:
        """The findings as lines for a person, and why the release is asked about again."""
        return [*(entry.line for entry in self.findings), *filter(None, [self.asked_again])]

    @property
    def waits(self) -> bool:
        """Whether nobody has decided yet."""
        return self.decision is None
