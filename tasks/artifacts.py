"""Pages about a release, or a run over many files, in the Prefect UI. The keys are stable, so each key is a history over the
releases of a source, or over the runs.

Besides `step` and `cluster` the only module that knows Prefect. It is called from inside a flow run; the caller sees to it
that a failure here never fails a publication.
"""

import re
from pathlib import Path
from typing import cast
from uuid import UUID

from schemas.outcome import Outcome
from schemas.watch import WatchReport
from tasks.plain_text import plain
from tasks.plurals import counted
from tasks.summary import pages


def write(store: Path, outcome: Outcome, *, pictures: bool = True) -> int:
    """Write the pages of a published release; how many numbers it revised."""
    from prefect.artifacts import create_markdown_artifact, create_table_artifact

    made = pages(store, outcome, pictures=pictures)
    about = _about(outcome)
    create_markdown_artifact(made.summary, key=key_of("summary", outcome), description=f"Headline of {about}")
    tables = (("checks", made.checks, "Doubts about"), ("quarantine", made.quarantine, "Records set aside of"),
              ("lineage", made.lineage, "Each step with the hashes of what it took and made, of"))  # fmt: skip
    for name, rows, words in tables:
        if rows:
            create_table_artifact(rows, key=key_of(name, outcome), description=f"{words} {about}")
    for place in outcome.briefs:
        if place.endswith(".md"):
            name = Path(place).stem
            create_markdown_artifact(
                (store / place).read_text(encoding="utf-8"),
                key=f"brief-{re.sub('[^a-z0-9]+', '-', name)}",
                description=f"Brief on {Path(place).parent.name}; with charts: {plain(str(store / Path(place).with_suffix('.html')))}",
            )
    return made.revised


def write_summary(store: Path, outcome: Outcome) -> None:
    """Write the first of the pages of a published release once more, with its pictures."""
    from prefect.artifacts import create_markdown_artifact

    made = pages(store, outcome)
    create_markdown_artifact(made.summary, key=key_of("summary", outcome), description=f"Headline of {_about(outcome)}")


def write_files(report: WatchReport) -> None:
    """Write the page of a run over many files: a row for each, with what came of it and why; none where there is no such file."""
    from prefect.artifacts import create_table_artifact

    if report.rows:
        known = f"; {counted(report.looked.published, 'file')} published before" if report.looked.published else ""
        create_table_artifact(report.rows, key="files", description=f"What came of each file: {report.headline}{known}")


def _about(outcome: Outcome) -> str:
    return f"{plain(outcome.title)}, {outcome.span}, release {outcome.release_id}"


class Bar:
    """A progress bar on the page of the run. It has no key: a bar is of one run and has no history."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.artifact: UUID | None = None

    def show(self, share: float, words: str) -> None:
        """Fill the bar to `share` of 1."""
        from prefect.artifacts import create_progress_artifact, update_progress_artifact

        words = plain(words)
        if self.artifact is None:
            self.artifact = cast(UUID, create_progress_artifact(share * 100, description=words))
        else:
            update_progress_artifact(self.artifact, progress=share * 100, description=words)


def key_of(page: str, outcome: Outcome) -> str:
    """`summary-gacc-query-export`: one history for each page, source and direction."""
    source = outcome.release_id.rpartition("-")[0].replace("_", "-")
    return f"{page}-{source}-{'-'.join(outcome.flows)}"
