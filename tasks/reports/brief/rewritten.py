"""Writes the briefs again that were written before a release was withdrawn, or before that was taken back."""

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from schemas.forms.outcome import Outcome
from tasks.domain.errors import NoFigure
from tasks.domain.release_ids import release_of
from tasks.domain.reporter import Reporter
from tasks.reports.brief.watched import FOLDER, keep, pages_of, product_of
from tasks.store.parquet import read_table
from tasks.store.snapshot import Snapshot

log = logging.getLogger("tidewaiter.briefs")


def rewrite_briefs(outcome: Outcome, store: Path) -> Outcome:
    """Return the outcome with the briefs that a decision made outdated and that are written again: each brief in the
    store of a product of the release, of its first month or a later one. Each names the decision; of a month without
    a figure nothing else is left to say.
    """
    # Most runs import this module and rewrite nothing.
    from tasks.reports.query import open_published

    if outcome.status != "published":
        return outcome
    snapshot = open_published(store)
    written: list[str] = []
    failed: list[str] = []
    for product, flow, month in _outdated(snapshot, store, outcome):
        try:
            written += keep(store, product, flow, month, _pages(snapshot, store, product, flow, month))
        except Exception as problem:
            log.warning("the brief on %s of %s could not be written again", flow, product, exc_info=True)
            failed.append(
                f"brief ({flow} of {product}, {month:%Y-%m}): it is from before this decision, {type(problem).__name__}: {problem}. "
                f"Write it with tidewaiter brief {product} --flow {flow} --month {month:%Y-%m}."
            )
    return outcome.model_copy(update={"briefs": written, "warnings": [*outcome.warnings, *failed]})


def _outdated(snapshot: Snapshot, store: Path, outcome: Outcome) -> Iterator[tuple[str, str, date]]:
    from tasks.reports.brief.decided import covers_product

    editions = read_table(snapshot, "release").filter(release_of() == outcome.release_id)
    first, flows = min(editions["first_month"]), {*editions["flow"]}
    scope = {code for codes in editions["products"] for code in codes}
    for folder in sorted((store / FOLDER).glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]")):
        month = date.fromisoformat(f"{folder.name}-01")
        for file in sorted(folder.glob("*.en.md")):
            product, flow = product_of(file.name.removesuffix(".en.md"))
            if month >= first and (flow in flows or None in flows) and covers_product(product, scope):
                yield product, flow, month


def _pages(snapshot: Snapshot, store: Path, product: str, flow: str, month: date) -> dict[str, str]:
    try:
        return pages_of(snapshot, store, product, flow, month)
    except NoFigure:
        from tasks.reports.brief import facts, render
        from tasks.reports.brief.decided import decided

        decisions, reporter = decided(snapshot, product, flow, month), Reporter.of(read_table(snapshot, "release")).code
        return render.nothing_left(
            facts.names_of(product, snapshot), product, flow, month, decisions, snapshot.id, reporter
        )
