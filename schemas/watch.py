"""What a watch is asked to do, what it saw, and what came of it."""

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
    def waiting(self) -> list[str]:
        """The files that are left where they lie, and why, in words."""
        places = (
            ("still being written", self.unsettled), ("public only later", self.later),
            ("waiting for a person or rejected", self.held), ("refused before and unchanged", self.refused),
        )  # fmt: skip
        return [f"{words}: {', '.join(_shown(path.name) for path in paths)}" for words, paths in places if paths]


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


class WatchReport(BaseModel):
    """What came of one look into the inbox."""

    model_config = ConfigDict(frozen=True)

    looked: Look = Field(description="what lay there")
    outcomes: list[Outcome] = Field(default=[], description="releases that went through")
    held: list[str] = Field(default=[], description="releases that were held by this run, with their findings")
    refused: list[str] = Field(default=[], description="files that were refused by this run, with the reason")
    failed: list[str] = Field(default=[], description="files over which the program itself failed")
    expected: Expectation = Field(default=Expectation(), description="what the calendar expects")
    dry_run: bool = Field(default=False, description="nothing was ingested")

    @property
    def headline(self) -> str:
        """What happened, in the few words that a list of runs has room for; the gravest word first where it is several."""
        published = sorted(
            {month for outcome in self.outcomes if outcome.status == "published" for month in outcome.months}
        )
        parts = [
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
