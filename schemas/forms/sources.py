"""Defines the state of a source, for the page of all sources."""

import re
from datetime import date, datetime

from pydantic import Field

from schemas.forms.form import Frozen

REASON_MAX, MONTHS_SHOWN = 300, 3
# A question is longer than what is said about it.
QUESTION = re.compile(r"\?\S+(?=: )")
# Some sources have the question in the path.
LONG_PATH = re.compile(r"(https?://[^/\s]+)/\S{80,}(?=: )")


class SourceState(Frozen):
    """What is in of a source, what is due, what is overdue, and since when it fails."""

    source: str = Field(description="adapter")
    reporters: list[str] = Field(description="whose figures of it are in")
    last_month: str = Field("", description="newest month that is in, YYYY-MM; empty: none")
    lacking: list[str] = Field([], description="members of a group of reporters that lack this month")
    late_members: list[str] = Field([], description="those of them of which an earlier month is in")
    released_on: date | None = Field(None, description="day of the newest release")
    next_month: str = Field("", description="month that comes next, YYYY-MM")
    next_due: date | None = Field(None, description="day on which it is due")
    is_estimated: bool = Field(False, description="this day follows from the usual delay, not from a calendar")
    overdue: list[str] = Field([], description="months that are due and not in, also gaps, YYYY-MM")
    days_overdue: int = Field(0, description="days since the first of these was due")
    late: list[str] = Field(
        [],
        description="months that were due last and are not in, where the source is used or expected: people are told of them",
    )
    late_since: date | None = Field(None, description="day on which these were due")
    days_late: int = Field(0, description="days since then")
    warning: str = Field("", description="what is wrong with the calendar itself")
    is_fetched: bool = Field(False, description="a fetch gets its files; otherwise a person downloads them")
    asked_at: datetime | None = Field(None, description="time of the last fetch")
    failing_since: datetime | None = Field(None, description="time of the first of the fetches that failed since")
    reason: str = Field("", description="why it fails, or was not asked")

    @property
    def lines(self) -> list[str]:
        """What a person must take care of, in words: late months, the calendar, members that lack the newest month."""
        late = f"{self.source} of {' and '.join(self.late)} was due on {self.late_since} and is not here"
        members = f"{self.source}: {self.last_month} is in without {', '.join(self.late_members)}"
        return [
            *([late] if self.late else []),
            *filter(None, [self.warning]),
            *([members] if self.late_members else []),
        ]

    @property
    def reporters_in_short(self) -> str:
        """Whose figures are in, and how many members of their group lack the newest month."""
        lacking = len(self.lacking)
        without = f", without {lacking} other{'s' * (lacking > 1)}" if lacking else ""
        return f"{', '.join(self.reporters)}{without}"

    @property
    def row(self) -> dict[str, str]:
        """The row of a page."""
        lacking = f", without {', '.join(self.lacking)}" if self.lacking else ""
        late = f"{self._overdue}: {self.days_overdue} days" if self.overdue else ""
        due = f"{self.next_month} on {'about ' * self.is_estimated}{self.next_due}" if self.next_due else ""
        why = LONG_PATH.sub(r"\1/…", QUESTION.sub("?…", self.reason))
        failing = f"{self.failing_since:%Y-%m-%d %H:%M}: {why}" if self.failing_since else ""
        return {
            "source": self.source,
            "reporters": f"{', '.join(self.reporters)}{lacking}",
            "last month in": self.last_month or "none",
            "released on": str(self.released_on or ""),
            "next due": due,
            "overdue": late,
            "failing since": (failing or (f"not asked: {why}" if why else ""))[:REASON_MAX],
        }

    @property
    def _overdue(self) -> str:
        """The months, of many only the first, the last, and how many they are."""
        if len(self.overdue) <= MONTHS_SHOWN:
            return ", ".join(self.overdue)
        return f"{len(self.overdue)} months from {self.overdue[0]} to {self.overdue[-1]}"


class SourceStates(Frozen):
    """The state of every source."""

    sources: list[SourceState] = Field(description="each source once")
