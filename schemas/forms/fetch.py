"""Defines the request and the report of a fetch, and the state of a source, for the page of all sources."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator

from schemas.code_files import source_names
from schemas.forms.form import Frozen, as_form, must_match, none_if_empty
from schemas.forms.request import HS_CODE, Months
from schemas.names import REPORTER
from schemas.small_files import JSON_BYTES_MAX, read_small

REASON_MAX, MONTHS_SHOWN = 300, 3
# A question is longer than what is said about it.
QUESTION = re.compile(r"\?\S+(?=: )")
# Some sources have the question in the path.
LONG_PATH = re.compile(r"(https?://[^/\s]+)/\S{80,}(?=: )")


IS_OF_THIS_MACHINE = must_match(
    r"http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?",
    "is not of this machine; recorded answers are replayed at http://127.0.0.1:<port>, and keys go nowhere else",
)


class FetchRequest(Frozen):
    """The form of a fetch: which source, what to ask for, where to put it."""

    model_config = ConfigDict(
        json_schema_extra=as_form(("source", "inbox", "products", "reporters", "flows", "months"))
    )

    source: str = Field(description="which source is asked", json_schema_extra={"enum": [*source_names()]})
    inbox: Path = Field(Path("inbox"), description="folder into which the answers are written, each with its sidecar")
    products: list[Annotated[str, Field(json_schema_extra={"pattern": f"^({HS_CODE})$"})]] = Field(
        [], description="HS codes to ask for, all with as many digits; none: the HS6 codes of the baskets"
    )
    reporters: list[Annotated[str, Field(json_schema_extra={"pattern": f"^({REPORTER})$"})]] = Field(
        [],
        description="of Eurostat and UN Comtrade: whose trade, e.g. DEU; none: of Eurostat EU27 and each member state",
    )
    flows: list[Literal["export", "import"]] = Field(["export", "import"], description="directions to ask for")
    months: Months | None = Field(
        None, description="months to ask for, 2025-06 or 2025-01..2025-06; none: those that the source may have changed"
    )
    base: Annotated[str, IS_OF_THIS_MACHINE] | None = Field(
        None,
        description="address to ask instead of the source's own, http://host:port; for a replay of recorded answers",
    )

    _cleared = field_validator("months", "base", mode="before")(none_if_empty)

    @field_validator("source")
    @classmethod
    def _is_known(cls, source: str) -> str:
        if source not in source_names():
            raise ValueError(f"{source!r} is no source; the sources are {', '.join(source_names())}")
        return source


NOTES = ".fetch"


class FetchState(Frozen):
    """How the last fetches of a source ended."""

    asked_at: datetime = Field(description="time of the last fetch")
    answered_at: datetime | None = Field(None, description="time of the last one without a refusal or failure")
    failing_since: datetime | None = Field(None, description="time of the first one of those that failed since")
    reason: str = Field("", description="why the last one failed, or was not asked")


def state_file(inbox: Path, source: str) -> Path:
    """Return the file in an inbox that says how the last fetches of a source ended."""
    return inbox / NOTES / f"{source}.state.json"


def read_state(place: Path) -> FetchState | None:
    """Return what such a file says; None where there is none that can be read: it costs the day since when a source
    fails."""
    try:
        return FetchState.model_validate_json(read_small(place, JSON_BYTES_MAX))
    except (OSError, ValueError):
        return None


class Fetched(Frozen):
    """What came of one question."""

    name: str = Field(description="what was asked for")
    outcome: Literal["new", "unchanged", "not out", "refused", "failed", "skipped"] = Field(
        description="what came of it"
    )
    reason: str = Field(description="why, in words")
    file: Path | None = Field(None, description="file in the inbox, where there is a new one")


class FetchReport(Frozen):
    """What came of a fetch."""

    source: str
    fetched: list[Fetched]

    def count(self, outcome: str) -> int:
        """How many questions ended so."""
        return sum(one.outcome == outcome for one in self.fetched)

    @property
    def headline(self) -> str:
        """What happened, in a few words; the gravest first."""
        order = ("failed", "refused", "new", "skipped", "not out")
        parts = [f"{self.count(outcome)} {outcome}" for outcome in order if self.count(outcome)]
        return ", ".join(parts) or "nothing new"


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
        description=(
            "months that were due last and are not in, where the source is used or expected; messages name them"
        ),
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
            line
            for line, is_so in ((late, self.late), (self.warning, self.warning), (members, self.late_members))
            if is_so
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
        months = ", ".join(self.overdue)
        if len(self.overdue) > MONTHS_SHOWN:
            months = f"{len(self.overdue)} months from {self.overdue[0]} to {self.overdue[-1]}"
        late = f"{months}: {self.days_overdue} day{'s' * (self.days_overdue != 1)}" if self.overdue else ""
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


class SourceStates(Frozen):
    """The state of every source."""

    sources: list[SourceState] = Field(description="each source once")
    unread: list[str] = Field([], description="a sentence for each store that cannot be read; its months are not in")
