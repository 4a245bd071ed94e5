"""Defines the report of a backfill over a work pool: a row for each reporter."""

from typing import Literal

from pydantic import Field

from schemas.forms.form import Frozen
from schemas.forms.watch import WatchReport

Ending = Literal["planned", "done", "failed", "crashed", "cancelled"]


class Counts(Frozen):
    """What the run of a reporter leaves on its page for the run over the pool: files by what became of them."""

    published: int = Field(description="files whose release is published, now or before")
    held: int = Field(description="files whose release waits for a person, now or before")
    refused: int = Field(description="files that were refused")
    failed: int = Field(description="files over which the program failed, and those left because of a fault")
    last_month: str = Field("", description="newest month with figures, YYYY-MM; empty where nothing is published")
    snapshot_id: str = Field(
        "", description="current snapshot of the reporter's store; empty where nothing is published"
    )
    reasons: list[str] = Field([], description="why files are not published, each reason in a line")


def counts_of(report: WatchReport, last_month: str, snapshot_id: str) -> Counts:
    """Return the counts of what a run over the files of one reporter reports."""
    published = sum(outcome.status in ("published", "nothing new") for outcome in report.outcomes)
    # The files of the other reporters are for their own runs.
    waiting = report.looked.model_copy(update={"other": []}).waiting
    return Counts(
        published=published + report.looked.published,
        held=len(report.held) + len(report.looked.held),
        refused=report.refusals + len(report.looked.refused),
        failed=len(report.failed) + len(report.left),
        last_month=last_month,
        snapshot_id=snapshot_id,
        reasons=[*report.troubles, *report.held, *waiting],
    )


class ReporterRun(Frozen):
    """The files of one reporter, the run that ingested them, and how it ended."""

    reporter: str = Field(description="whose figures these are")
    files: int = Field(description="files of the folder")
    bytes: int = Field(description="bytes of these files")
    ending: Ending = Field("planned", description="how the run ended")
    counts: Counts | None = Field(None, description="what became of the files; none where the run left no page")
    state: str = Field("", description="what the server says of the run, where it left no page")
    run: str = Field("", description="id of the run, a child of the run over the pool; empty where none was started")
    link: str = Field("", description="address of the run in the UI")
    seconds: float | None = Field(None, description="time from its start to its end; none where it never started")

    @property
    def is_broken(self) -> bool:
        """Whether the program failed over it: the run ended without a page, or with files that failed."""
        return self.ending != "planned" and (self.counts is None or self.counts.failed > 0)

    @property
    def reasons(self) -> list[str]:
        """Why not all of it is published, each in a line."""
        if self.counts is not None:
            return self.counts.reasons
        return [f"the run {self.ending}: {self.state}"] if self.ending != "planned" else []

    @property
    def row(self) -> dict[str, str]:
        """The row of the page."""
        counts = self.counts
        numbers = (counts.published, counts.held, counts.refused, counts.failed) if counts else ("–",) * 4
        names = ("published", "held", "refused", "failed")
        return {
            "reporter": self.reporter,
            "MB": f"{self.bytes / 10**6:,.1f}",
            "files": f"{self.files:,}",
            **{name: str(number) for name, number in zip(names, numbers, strict=True)},
            "last month": (counts.last_month if counts else "") or "–",
            "run": self.ending,
            "time": "–" if self.seconds is None else f"{self.seconds:,.0f} s",
            "link": self.link,
        }


class PoolReport(Frozen):
    """What came of a backfill over a work pool."""

    pool: str = Field(description="work pool")
    runs: list[ReporterRun] = Field(description="the reporters, the largest first")
    nobodys: list[str] = Field([], description="files of no known reporter: each problem in a line")
    nobodys_files: int = Field(0, description="number of these files")
    not_made: list[str] = Field([], description="tables of several reporters that could not be made, and why")
    dry_run: bool = Field(False, description="nothing was started")

    @property
    def troubles(self) -> list[str]:
        """What a person must mend or decide, in words, the gravest first."""
        runs = sorted(self.runs, key=lambda run: not run.is_broken)
        return [*self.nobodys, *(f"{run.reporter}: {line}" for run in runs for line in run.reasons), *self.not_made]

    @property
    def children(self) -> list[str]:
        """The run of each reporter, in words."""
        return [f"{run.reporter}: run {run.run}, {run.ending}" for run in self.runs if run.run]

    @property
    def needs_mending(self) -> bool:
        """Whether something failed or was refused; a hold is an answer."""
        return bool(self.broken or self.refused or self.not_made)

    @property
    def broken(self) -> int:
        """Number of reporters over which the program failed, or whose process is gone."""
        return sum(run.is_broken for run in self.runs)

    @property
    def refused(self) -> int:
        """Number of refused files."""
        return self.nobodys_files + sum(self._of(run, "refused") for run in self.runs)

    @property
    def held(self) -> int:
        """Number of files that wait for a person."""
        return sum(self._of(run, "held") for run in self.runs)

    @property
    def published(self) -> int:
        """Number of files that are published, now or before."""
        return sum(self._of(run, "published") for run in self.runs)

    @property
    def headline(self) -> str:
        """What happened, the gravest first."""
        if self.dry_run:
            return f"Would start {_some(len(self.runs), 'run')}"
        whose = sum(self._of(run, "published") > 0 for run in self.runs)
        parts = [
            f"Failed on {_some(self.broken, 'reporter')}" if self.broken else "",
            f"Held for approval {self.held}" if self.held else "",
            f"Refused {self.refused}" if self.refused else "",
            f"Published {_some(self.published, 'file')} of {_some(whose, 'reporter')}" if whose else "",
        ]
        return ", ".join(filter(None, parts)) or "Nothing new"

    @staticmethod
    def _of(run: ReporterRun, name: str) -> int:
        return getattr(run.counts, name) if run.counts else 0


def _some(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
