"""Defines the request and the report of a watch."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from schemas.code_files import source_names
from schemas.forms.fetch import SourceState
from schemas.forms.form import Frozen, StoreAddress, as_form, must_match, none_if_empty
from schemas.forms.outcome import Outcome
from schemas.forms.request import NOTHING, Declaration, FollowingTables, OfFolder

NAMES_MAX = 10
SCHEDULER = r"^(tcp|tls|ws|wss)://\S+$"
REPORTER = r"^[A-Z0-9]+$"
OF_ONE = "take only files with figures of this reporter, as CHN or EU27; empty: of all"
IS_SCHEDULER = must_match(SCHEDULER, "is no address of a Dask scheduler; write it as tcp://host:port")
ReleaseKind = Literal["preliminary", "bulletin", "query"]


class WatchRequest(Frozen):
    """The form of a watch: where to look, what to take, what to expect."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra=as_form(("inbox", "store", "kinds", "source", "flow", "dry_run"))
    )

    inbox: Path = Field(Path("inbox"), description="folder into which files are dropped, as SOURCE/FLOW/FILE inside it")
    store: StoreAddress = Field(Path("store"), description="published tables: a folder, or s3://bucket/prefix")
    kinds: list[ReleaseKind] = Field(
        [], description="kinds of release that are expected by the calendar; none: nothing is expected"
    )
    source: str | None = Field(
        None, description="take only files of this source; empty: of all", json_schema_extra={"enum": [*source_names()]}
    )
    flow: Literal["export", "import"] | None = Field(
        None, description="take only files of this direction; empty: of both"
    )
    reporter: str | None = Field(None, description=OF_ONE, json_schema_extra={"pattern": REPORTER})
    settle_seconds: float = Field(
        10.0, ge=0, le=600, description="a new file is left alone until its size and times were the same for so long"
    )
    dry_run: bool = Field(False, description="say what would be ingested, and ingest nothing")
    otherwise: SkipJsonSchema[Declaration] = Field(
        NOTHING, description="what holds for files that say nothing else; no part of the form"
    )

    _cleared = field_validator("source", "flow", "reporter", mode="before")(none_if_empty)


class BackfillRequest(Frozen):
    """The form of a backfill: a folder of old downloads, each with what is declared about it next to it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra=as_form(("folder", "source", "flow", "partners", "dry_run", "store"))
    )

    folder: StoreAddress = Field(
        description=(
            "folder of downloads, or s3://bucket/prefix; a defaults.toml in it may say what holds for all of them"
        )
    )
    store: StoreAddress = Field(Path("store"), description="published tables: a folder, or s3://bucket/prefix")
    source: str | None = Field(
        None,
        description=(
            "adapter that reads the files that say none themselves; files of another are left. Empty: files of all that"
            " say theirs"
        ),
        json_schema_extra={"enum": [*source_names()]},
    )
    flow: Literal["export", "import"] | None = Field(
        None,
        description=(
            "direction of the files that say none themselves; files of the other are left. Empty: files of both that"
            " say theirs"
        ),
    )
    partners: Literal["all", "listed"] | None = Field(
        None,
        description=(
            "of files that do not say it themselves. all: every partner was asked for, so that the world total is"
            " their sum"
        ),
    )
    reporter: str | None = Field(None, description=OF_ONE, json_schema_extra={"pattern": REPORTER})
    dask: Annotated[str, IS_SCHEDULER] | None = Field(
        None,
        description=(
            "address of a Dask scheduler whose workers help, tcp://host:port; empty: this process does everything"
        ),
        json_schema_extra={"pattern": SCHEDULER},
    )
    pool: str | None = Field(
        None,
        description=(
            "work pool whose workers ingest the files, each reporter in a run of its own; empty: this run ingests all"
        ),
    )
    day_in_name: bool = Field(
        False,
        description=(
            "the day from which the figures of a file were public stands in its name, as_of_2026-03-23, or in that of a"
            " folder above it"
        ),
    )
    dry_run: bool = Field(False, description="say what would be ingested, and ingest nothing")
    tables: FollowingTables = Field(
        "all",
        description=(
            "tables to bring up to date: all, or not those that rest on several reporters, which the run over a pool"
            " makes last"
        ),
    )
    code: str | None = Field(
        None,
        description="hash of the code and libraries with which each machine must ingest the files; empty: any",
    )
    _cleared = field_validator("source", "flow", "partners", "reporter", "dask", "pool", "code", mode="before")(
        none_if_empty
    )

    @property
    def title(self) -> str:
        """The folder, and whose files of it: the name of a run."""
        return f"{self.reporter} from {self.folder}" if self.reporter else str(self.folder)

    @property
    def declaration(self) -> Declaration:
        """What holds for each file that does not say otherwise itself."""
        given = {"source": self.source, "flow": self.flow, "partners": self.partners}
        return OfFolder(**given, day_in_name=True) if self.day_in_name else Declaration(**given)


class UpgradeRequest(Frozen):
    """The form of an upgrade: a store of another version, and the one that it is carried into."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=as_form(("old", "store", "dry_run")))

    old: Path = Field(description="folder of the store of another version, which stays as it is")
    store: StoreAddress = Field(description="new store, or one into which this upgrade was begun: a folder or s3://…")
    dry_run: bool = Field(False, description="say what can and cannot be carried over, and carry nothing")


class UpgradeReport(Frozen):
    """What came of an upgrade."""

    carried: dict[str, int] = Field(description="what was carried over, and how many of it")
    not_carried: list[str] = Field(description="what cannot be carried over, a sentence each")
    troubles: list[str] = Field([], description="what should have been and was not, a line each")
    dry_run: bool = Field(False, description="nothing was carried over")

    @property
    def headline(self) -> str:
        """What happened, in the few words that a list of runs has room for."""
        counts = ", ".join(f"{count:,} {name}{'' if count == 1 else 's'}" for name, count in self.carried.items())
        verb = "Would carry over" if self.dry_run else "Carried over"
        return f"{verb} {counts}" + (f"; {len(self.troubles)} failed" if self.troubles else "")


class Problem(Frozen):
    """Why files are refused: what was found, and what to do."""

    rule: str = Field(description="rule that they break")
    where: str = Field("", description="place that they share, as a broken defaults.toml; empty: each by itself")
    found: str = Field(description="what was found")
    advice: str = Field(description="what to do")

    def of(self, files: Sequence[Path]) -> str:
        """The same about files in one line, however many there are."""
        names = [printable(file.name) for file in files]
        some = names[0] if len(names) == 1 else f"{len(names):,} files, {names[0]} to {names[-1]}"
        return f"{some}: {f'{self.where}: ' if self.where else ''}{self.found}. {self.advice}"


class Shared(Frozen):
    """A problem that several files have in common, before any of them is read."""

    problem: Problem = Field(description="why they are refused")
    files: list[Path] = Field(description="the files, at least two")


class InboxState(Frozen):
    """What lies in the inbox."""

    ready: list[Path] = Field(description="new files, the oldest first")
    unsettled: list[Path] = Field(description="files that somebody is still writing")
    later: list[Path] = Field(description="files that become public after the day of this run")
    held: list[Path] = Field(description="files whose release waits for a person")
    rejected: list[Path] = Field([], description="files whose release a person has rejected")
    refused: list[Path] = Field(description="files that were refused before and have not changed")
    shared: list[Shared] = Field([], description="what keeps several files from being read, each problem once")
    other: list[Path] = Field([], description="files of another source, direction or reporter than those asked for")
    published: int = Field(description="files whose release is published")
    reporters: list[str] = Field([], description="whose figures these are")

    @property
    def places(self) -> tuple[tuple[str, list[Path]], ...]:
        """The files that are left where they lie, each kind under the reason."""
        return (
            ("still being written", self.unsettled),
            ("public only later", self.later),
            ("waiting for a person", self.held),
            ("rejected by a person", self.rejected),
            ("refused before and unchanged", self.refused),
            ("not of the source, direction or reporter that was asked for", self.other),
        )

    @property
    def waiting(self) -> list[str]:
        """The same in lines."""
        return [f"{words}: {_listed(paths)}" for words, paths in self.places if paths]


def _listed(paths: Sequence[Path]) -> str:
    """The names of files, of many only the first and how many more."""
    names = [printable(path.name) for path in paths]
    more = len(names) - NAMES_MAX
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:NAMES_MAX])} and {more:,} more"


def printable(name: str) -> str:
    """A name as it is, where no letter of it would be obeyed by a terminal or be taken for the next line."""
    return name if name.isprintable() else ascii(name)


class Taken(Frozen):
    """What came of one file whose turn has come."""

    file: Path = Field(description="the file, as it was found")
    outcome: str = Field(description="published, nothing new, held, refused or failed, or what would have")
    reason: str = Field(description="what was published of it, or why it was not")
    problem: Problem | None = Field(None, description="why it was refused, where it was")


class WatchReport(Frozen):
    """What came of one look into the inbox."""

    looked: InboxState = Field(description="what lay there")
    taken: list[Taken] = Field([], description="what came of each file whose turn came, in that order")
    outcomes: list[Outcome] = Field([], description="releases that went through")
    stopped: str = Field("", description="what keeps every file out of the store, empty where nothing does")
    left: list[Path] = Field([], description="files whose turn did not come because of that, for the next run")
    sources: list[SourceState] = Field([], description="what is in, due and failing of each source")
    unread: list[str] = Field([], description="a sentence for each store that cannot be read")
    dry_run: bool = Field(False, description="nothing was ingested")

    @property
    def late(self) -> list[SourceState]:
        """The sources of which a month is late."""
        return [state for state in self.sources if state.late]

    @property
    def days_late(self) -> int:
        """Days for which the latest of them is late, 0 where nothing is."""
        return max((state.days_late for state in self.late), default=0)

    @property
    def lines_of_sources(self) -> list[str]:
        """What is late or incomplete, in words."""
        return [line for state in self.sources for line in state.lines]

    @property
    def held(self) -> list[str]:
        """Releases that were held by this run: the file, the release, and its findings."""
        return [f"{printable(one.file.name)}: {one.reason}" for one in self.taken if one.outcome == "held"]

    @property
    def refused(self) -> list[str]:
        """Why files were refused by this run: a line for a file, or for all files of which the same is true."""
        alike: dict[Problem | str, list[Taken]] = {}
        for one in self.taken:
            if one.outcome == "refused":
                alike.setdefault(one.problem or one.reason, []).append(one)
        lines = [
            same[0].reason if len(same) == 1 or isinstance(why, str) else why.of([one.file for one in same])
            for why, same in alike.items()
        ]
        return [*(shared.problem.of(shared.files) for shared in self.looked.shared), *lines]

    @property
    def refusals(self) -> int:
        """Files that were refused by this run."""
        return sum(len(shared.files) for shared in self.looked.shared) + len(self._reasons("refused"))

    @property
    def failed(self) -> list[str]:
        """Files over which the program itself failed."""
        return self._reasons("failed")

    def _reasons(self, outcome: str) -> list[str]:
        return [one.reason for one in self.taken if one.outcome == outcome]

    @property
    def troubles(self) -> list[str]:
        """What a person must mend, in words, the gravest first."""
        return [*self.faults, *self.refused]

    @property
    def faults(self) -> list[str]:
        """Where the program or the disk failed, and not a file: in words, the gravest first."""
        to_mend = [*self.failed, *self.unread]
        if not self.stopped:
            return to_mend
        count = len(self.left)
        left = (
            f"{count:,} files are left, from {printable(self.left[0].name)} on"
            if count > 1
            else f"{printable(self.left[0].name)} is left"
        )
        return [f"{self.stopped} {left}; the next run goes on there.", *to_mend]

    @property
    def listed(self) -> list[Path]:
        """Files that a dry run only lists."""
        taken = {one.file for one in self.taken}
        return [file for file in self.looked.ready if file not in taken] if self.dry_run else []

    @property
    def rows(self) -> list[dict[str, str]]:
        """A row for each file that is not published already: what came of it, and why. Those whose turn did not come
        stand last.

        The files are named from the folder in which all of them lie: a table of a page has little room.
        """
        untaken = [
            *((path, "left", self.stopped) for path in self.left),
            *((path, "would be ingested", "") for path in self.listed),
            *((path, "left", words) for words, paths in self.looked.places for path in paths),
        ]
        shared = ((one.files[0], "refused", one.problem.of(one.files)) for one in self.looked.shared)
        rows = [*shared, *((one.file, one.outcome, one.reason) for one in self.taken), *untaken]
        folder = Path(os.path.commonpath([file.parent for file, _, _ in rows])) if rows else Path()
        return [
            {"file": printable(str(file.relative_to(folder))), "outcome": outcome, "reason": reason}
            for file, outcome, reason in rows
        ]

    @property
    def headline(self) -> str:
        """What happened, in the few words that a list of runs has room for; the gravest word first where it is
        several."""
        published = sorted(
            {month for outcome in self.outcomes if outcome.status.endswith("published") for month in outcome.months}
        )
        publishes = "Would publish" if self.dry_run else "Published"
        parts = [
            f"Stopped with {len(self.left)} left" if self.stopped else "",
            f"Failed on {len(self.failed)}" if self.failed else "",
            ("Would be held" if self.dry_run else "Held for approval") if self.held else "",
            f"Refused {self.refusals}" if self.refusals else "",
            f"{publishes} {published[0]}" + (f" to {published[-1]}" if len(published) > 1 else "") if published else "",
            f"Overdue {self.days_late} day{'s' * (self.days_late > 1)}" if self.days_late else "",
        ]
        if self.listed:
            parts.append(f"Would ingest {len(self.listed)}")
        return ", ".join(filter(None, parts)) or "Nothing new"
