"""Writes pages about a release, or a run over many files, in the Prefect UI. The keys are stable, so each key is a
history over the releases of a source, or over the runs.

Only this module, `steps.step` and `derive.cluster` know Prefect. It is called from inside a flow run; the caller makes
sure that a failure here never fails a publication.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from schemas.forms.fetch import SourceState
from schemas.forms.outcome import Gap, HeldRelease, Outcome
from schemas.forms.pool import PoolReport, counts_of
from schemas.forms.watch import WatchReport
from tasks.domain.labels import country
from tasks.domain.numbers import amount
from tasks.domain.periods import month_name
from tasks.domain.text import clip, counted
from tasks.pages.release.release_page import Pages, pages
from tasks.pages.text.page_templates import plain
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import partition_month, path_partition

CELL_MAX = 300
# The page of a run over the files of one reporter, for a pattern of SQL.
REPORTER_PAGE = "reporter-%"


def write(store: Path, outcome: Outcome, *, pictures: bool = True) -> Pages:
    """Write the pages of a published release, and return them."""
    written = pages(store, outcome, pictures=pictures)
    _markdown(written.summary, key_of("summary", outcome), plain(written.lead))
    month, of = outcome.months[-1], f"of {_about(outcome)}"
    tables = (
        ("checks", written.checks, f"{month}: {counted(written.findings, 'doubt')} and remarks {of}"),
        ("quarantine", written.quarantine, f"{month}: {counted(outcome.records_quarantined, 'record')} set aside {of}"),
        (
            "lineage",
            written.lineage,
            (
                f"{month}: {counted(len(written.lineage), 'step')} from {counted(outcome.records, 'record')} to "
                f"snapshot {outcome.snapshot_id}; hashes are on the page {key_of('hashes', outcome)} {of}"
            ),
        ),
        ("hashes", written.hashes, f"{month}: the hash of everything that a step took or made {of}"),
    )
    for name, rows, words in tables:
        if rows:
            _table(rows, key_of(name, outcome), words)
    for key, words, rows in gap_pages(outcome):
        _table(rows, key, words)
    for place in map(Path, outcome.briefs):
        if place.suffix == ".md":
            words = f"{place.parent.name}: brief; with charts: {plain(str(store / place.with_suffix('.html')))}"
            text = (store / place).read_text(encoding="utf-8")
            _markdown(text, f"brief-{re.sub('[^a-z0-9]+', '-', place.stem)}", words)
    if outcome.decision:
        _rewrite_earlier(outcome, written)
    return written


def _markdown(text: str, key: str, words: str) -> None:
    from prefect.artifacts import create_markdown_artifact

    create_markdown_artifact(text, key=key, description=words)


def _table(rows: Any, key: str, words: str) -> None:
    from prefect.artifacts import create_table_artifact

    create_table_artifact(rows, key=key, description=words)


def gap_pages(outcome: Outcome) -> list[tuple[str, str, list[dict[str, object]]]]:
    """Return a page for each pair in whose mirror the release left a difference unexplained: its key, its title and its
    rows."""
    pairs = dict.fromkeys((gap.exporter, gap.importer) for gap in outcome.gaps)
    titled = []
    for exporter, importer in pairs:
        gaps = [gap for gap in outcome.gaps if (gap.exporter, gap.importer) == (exporter, importer)]
        words = (
            f"{counted(len(gaps), 'difference')} between what {country(exporter)} says it sold and what"
            f" {country(importer)} says it bought that no known cause explains, since {_about(outcome)}; all months:"
            f" tidewaiter mirror {gaps[0].product} --exporter {exporter} --importer {importer}"
        )
        titled.append((f"mirror-{exporter}-{importer}".lower(), words, [*map(_gap_row, gaps)]))
    return titled


def _gap_row(gap: Gap) -> dict[str, object]:
    numbers = {
        "sold, t": (gap.export_kg, 1000),
        "bought, t": (gap.import_kg, 1000),
        f"sold, million {gap.currency}": (gap.export_value, 10**6),
        f"bought, million {gap.currency}": (gap.import_value, 10**6),
    }
    shown = {name: "–" if value is None else amount(value / unit) for name, (value, unit) in numbers.items()}
    return {"product": gap.product, "month": gap.month, **shown}


def _rewrite_earlier(outcome: Outcome, newer: Pages) -> None:
    """Replace the first pages of a release that were written before a decision about it: each of them states it."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import ArtifactUpdate
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key_of("summary", outcome)]))
    with get_client(sync_client=True) as client:
        for page in client.read_artifacts(artifact_filter=wanted):
            if f"Release `{outcome.release_id}`" in str(page.data) and page.data != newer.summary:
                client.update_artifact(page.id, ArtifactUpdate(data=newer.summary, description=plain(newer.lead)))


def write_summary(store: Path, outcome: Outcome) -> None:
    """Rewrite the first page of a published release, with its pictures."""
    written = pages(store, outcome)
    _markdown(written.summary, key_of("summary", outcome), plain(written.lead))


def write_held(kept: HeldRelease) -> None:
    """Write the page of a release that needs a decision: a row for each finding, with what to do; of each check the
    first ones."""
    titles = ("check", "about", "found", "expected", "what to do")
    rows = []
    for check, entries, more in kept.by_check:
        cells = [(check, one.subject, one.observed, one.expected, one.advice) for one in entries]
        cells += [(check, f"and {more:,} more", "", "", "")] if more else []
        rows += [{name: clip(text, CELL_MAX) for name, text in zip(titles, one, strict=True)} for one in cells]
    words = (
        f"{counted(len(kept.findings), 'finding')} against {plain(kept.title)}, release {kept.release_id}; nothing"
        " of it is published"
    )
    _table(rows, f"held-{kept.source.replace('_', '-')}-{kept.flow or 'both'}", words)


def write_files(report: WatchReport) -> None:
    """Write the page of a run over many files: a row for each, with its outcome and the reason; no page without such
    files.
    """
    if report.rows:
        known = f"; {counted(report.looked.published, 'file')} published before" if report.looked.published else ""
        _table(report.rows, "files", f"{report.headline}{known}: what came of each file")


def write_counts(reporter: str, report: WatchReport, snapshot: Snapshot | None) -> None:
    """Write the page of a run over the files of one reporter: what became of them, and what its store has now."""
    months = (
        [partition_month(path_partition(entry.partition)) for entry in snapshot.entries("metric") if entry.rows]
        if snapshot
        else []
    )
    counts = counts_of(report, month_name(max(months)) if months else "", snapshot.id if snapshot else "")
    _table([counts.model_dump()], f"reporter-{reporter.lower()}", f"{country(reporter)}: {report.headline}")


def write_reporters(report: PoolReport) -> None:
    """Write the page of a backfill over a work pool: a row for each reporter, with its run."""
    rows = [run.row for run in report.runs]
    words = f"{report.headline}, by workers of {report.pool}"
    rest = [f"- {plain(line)}" for line in report.troubles]
    _table(rows, "reporters", "\n".join([words, *rest]))


def write_sources(states: Sequence[SourceState]) -> None:
    """Write the page of all sources: what is in, what is due, what is overdue, and since when a source fails."""
    late = [state.source for state in states if state.overdue]
    failing = [state.source for state in states if state.failing_since]
    words = [f"overdue: {', '.join(late)}" if late else "", f"failing: {', '.join(failing)}" if failing else ""]
    rows = [{name: clip(text, CELL_MAX) for name, text in state.row.items()} for state in states]
    _table(rows, "sources", "; ".join(filter(None, words)) or "no source is overdue, and none fails")


def _about(outcome: Outcome) -> str:
    return f"{plain(outcome.title)}, {outcome.span}, release {outcome.release_id}"


class Bar:
    """A progress bar on the page of the run. It has no key: a bar belongs to one run and has no history."""

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
    """Return `summary-gacc-query-export`: one history for each page, source and direction."""
    source = outcome.release_id.rpartition("-")[0].replace("_", "-")
    return f"{page}-{source}-{'-'.join(outcome.flows)}"
