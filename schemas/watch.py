"""What a watch is asked to do, what it saw, and what came of it."""

import os
import re
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.address import StoreAddress
from schemas.outcome import Outcome

SCHEDULER = r"^(tcp|tls|ws|wss)://\S+$"
ReleaseKind = Literal["preliminary", "bulletin", "query"]


class WatchRequest(BaseModel):
    """The form of a watch: where to look, what to take, what to expect."""

    model_config = ConfigDict(frozen=True)

    inbox: Path = Field(
        default=Path("inbox"), description="folder into which files are dropped, as SOURCE/FLOW/FILE inside it"
    )
    store: StoreAddress = Field(default=Path("store"), description="published tables: a folder, or s3://bucket/prefix")
    kind: ReleaseKind | None = Field(
        default=None, description="kind of release that is expected by the calendar; none: nothing is expected"
    )
    source: str | None = Field(default=None, description="take only files of this source, e.g. gacc_query; none: all")
    flow: Literal["export", "import"] | None = Field(
        default=None, description="take only files of this direction; none: all"
    )
    settle_seconds: float = Field(
        default=10.0,
        ge=0,
        le=600,
        description="a new file is left alone until its size and times were the same for so long",
    )
    dry_run: bool = Field(default=False, description="say what would be ingested, and ingest nothing")


class BackfillRequest(BaseModel):
    """The form of a backfill: a folder of old downloads, each with what is declared about it beside it."""

    model_config = ConfigDict(frozen=True)

    folder: Path = Field(description="folder of downloads; a defaults.toml in it may say what holds for all of them")
    store: StoreAddress = Field(default=Path("store"), description="published tables: a folder, or s3://bucket/prefix")
    source: str | None = Field(default=None, description="take only files of this source, e.g. gacc_query; none: all")
    flow: Literal["export", "import"] | None = Field(
        default=None, description="take only files of this direction; none: all"
    )
    dask: str | None = Field(
        default=None,
        description="address of a Dask scheduler whose workers help, tcp://host:port; none: this process does everything",
        json_schema_extra={"pattern": SCHEDULER},
    )
    dry_run: bool = Field(default=False, description="say what would be ingested, and ingest nothing")

    @field_validator("dask")
    @classmethod
    def _is_an_address(cls, dask: str | None) -> str | None:
        if dask is not None and not re.match(SCHEDULER, dask):
            raise ValueError(f"{dask!r} is no address of a Dask scheduler; write it as tcp://host:port")
        return dask


class Look(BaseModel):
    """What lies in the inbox."""

    model_config = ConfigDict(frozen=True)

    ready: list[Path] = Field(description="new files, the oldest first")
    unsettled: list[Path] = Field(description="files that somebody is still writing")
    later: list[Path] = Field(description="files that become public after the day of this run")
    held: list[Path] = Field(description="files whose release waits for a person, or was rejected")
    refused: list[Path] = Field(description="files that were refused before and have not changed")
    published: int = Field(description="files whose release is published")

    @property
    def places(self) -> tuple[tuple[str, list[Path]], ...]:
        """The files that are left where they lie, each kind under the reason."""
        return (
            ("still being written", self.unsettled), ("public only later", self.later),
            ("waiting for a person or rejected", self.held), ("refused before and unchanged", self.refused),
        )  # fmt: skip

    @property
    def waiting(self) -> list[str]:
        """The same in lines."""
        return [f"{words}: {', '.join(_shown(path.name) for path in paths)}" for words, paths in self.places if paths]


def _shown(name: str) -> str:
    """A name as it is, where no letter of it would be obeyed by a terminal or be taken for the next line."""
    return name if name.isprintable() else ascii(name)


class Expectation(BaseModel):
    """What the calendar expects on a day, and whether it is in."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(default="", description="kind of release, empty where nothing is expected")
    months: list[str] = Field(default=[], description="months that were due last, YYYY-MM")
    due_on: date | None = Field(default=None, description="day on which they were due")
    missing: list[str] = Field(default=[], description="those of the months that are not published")
    days_overdue: int = Field(default=0, description="days since they were due, 0 where nothing is missing")
    warnings: list[str] = Field(default=[], description="what is wrong with the calendar itself")

    @property
    def lines(self) -> list[str]:
        """What a person must see to, in words."""
        late = f"{self.kind} of {' and '.join(self.missing)} was due on {self.due_on} and is not here"
        return [late, *self.warnings] if self.days_overdue else self.warnings


class Taken(BaseModel):
    """What came of one file whose turn has come."""

    model_config = ConfigDict(frozen=True)

    file: Path = Field(description="the file, as it was found")
    outcome: str = Field(description="published, nothing new, held, refused or failed")
    reason: str = Field(description="what was published of it, or why it was not")


class WatchReport(BaseModel):
    """What came of one look into the inbox."""

    model_config = ConfigDict(frozen=True)

    looked: Look = Field(description="what lay there")
    taken: list[Taken] = Field(default=[], description="what came of each file whose turn came, in that order")
    outcomes: list[Outcome] = Field(default=[], description="releases that went through")
    stopped: str = Field(default="", description="what keeps every file out of the store, empty where nothing does")
    left: list[Path] = Field(default=[], description="files whose turn did not come because of that, for the next run")
    expected: Expectation = Field(default=Expectation(), description="what the calendar expects")
    dry_run: bool = Field(default=False, description="nothing was ingested")

    @property
    def held(self) -> list[str]:
        """Releases that were held by this run, with their findings."""
        return self._reasons("held")

    @property
    def refused(self) -> list[str]:
        """Files that were refused by this run, with the reason."""
        return self._reasons("refused")

    @property
    def failed(self) -> list[str]:
        """Files over which the program itself failed."""
        return self._reasons("failed")

    def _reasons(self, outcome: str) -> list[str]:
        return [one.reason for one in self.taken if one.outcome == outcome]

    @property
    def troubles(self) -> list[str]:
        """What a person must mend, in words, the gravest first."""
        if not self.stopped:
            return [*self.failed, *self.refused]
        count = len(self.left)
        left = (
            f"{count:,} files are left, from {_shown(self.left[0].name)} on"
            if count > 1
            else f"{_shown(self.left[0].name)} is left"
        )
        return [f"{self.stopped} {left}; the next run goes on there.", *self.failed, *self.refused]

    @property
    def rows(self) -> list[dict[str, str]]:
        """A row for each file that is not published already: what came of it, and why. Those whose turn did not come stand last.

        The files are named from the folder in which all of them lie: a table of a page has little room.
        """
        untaken = [
            *((path, "left", self.stopped) for path in self.left),
            *((path, "would be ingested", "") for path in self.looked.ready if self.dry_run),
            *((path, "left", words) for words, paths in self.looked.places for path in paths),
        ]
        rows = [*((one.file, one.outcome, one.reason) for one in self.taken), *untaken]
        folder = Path(os.path.commonpath([file.parent for file, _, _ in rows])) if rows else Path()
        return [
            {"file": _shown(str(file.relative_to(folder))), "outcome": outcome, "reason": reason}
            for file, outcome, reason in rows
        ]

    @property
    def headline(self) -> str:
        """What happened, in the few words that a list of runs has room for; the gravest word first where it is several."""
        published = sorted(
            {month for outcome in self.outcomes if outcome.status == "published" for month in outcome.months}
        )
        parts = [
            f"Stopped with {len(self.left)} left" if self.stopped else "",
            f"Failed on {len(self.failed)}" if self.failed else "",
            "Held for approval" if self.held else "",
            f"Refused {len(self.refused)}" if self.refused else "",
            f"Published {published[0]}" + (f" to {published[-1]}" if len(published) > 1 else "") if published else "",
            f"Overdue {self.expected.days_overdue} day{'s' * (self.expected.days_overdue > 1)}"
            if self.expected.days_overdue
            else "",
        ]
        if self.dry_run and self.looked.ready:
            parts.append(f"Would ingest {len(self.looked.ready)}")
        return ", ".join(filter(None, parts)) or "Nothing new"
