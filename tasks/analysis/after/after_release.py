"""Brings the tables that are made of published stores up to date after a release of one of them."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from schemas.forms.outcome import Gap, Outcome
from schemas.forms.request import FollowingTables
from schemas.store_address import S3Url
from tasks.analysis.after.first_prints import TABLE as FIRST_PRINTS
from tasks.analysis.after.first_prints import publish_first_prints
from tasks.analysis.mirror.publication import publish_pair
from tasks.analysis.mirror.sides import HUBS
from tasks.analysis.reporter.of_reporter import MAKERS, publish_analysis
from tasks.catalogs.kept_up import kept_up
from tasks.store.bucket.working_copy import address_of, at_hand
from tasks.store.places.reporters import mirrors_of, named, root_of, store_of, tables_of

FORM_AGAIN = "the one before stays, and the next release makes up for it"
AGAIN = "what was published of it stays, and the next release makes it again"
log = logging.getLogger("tidewaiter.downstream")


def update_downstream(outcome: Outcome, store: Path, tables: FollowingTables = "all") -> Outcome:
    """Bring the tables that rest on a store up to date; return the outcome with the gaps that the release has made in
    mirrors, and with what could not be made as warnings: the release stays published.
    """
    if outcome.status not in ("published", "nothing new"):
        return outcome
    updated = update_tables(store, tables)
    return outcome.model_copy(update={"gaps": updated.gaps, "warnings": [*outcome.warnings, *updated.failed]})


@dataclass(frozen=True)
class Updated:
    """The new gaps in mirrors, and why a table could not be made."""

    gaps: list[Gap]
    failed: list[str]


def update_tables(store: Path, tables: FollowingTables = "all") -> Updated:
    """Bring the tables `mirror`, `first_print`, `mover` and `expectation` that rest on a store up to date, and make
    again what is missing or damaged of them.

    First prints of other reporters rest on this one too. Of `tables` "of the reporter" alone, the run over a pool
    makes those of several reporters afterwards, once (`update_shared`). Nothing is written where all is as it should
    be.
    """
    address = address_of(store)
    root, reporter = root_of(address), named(address)
    if root is None or reporter is None:
        return Updated([], [])
    is_alone = tables == "of the reporter"
    shared = Updated([], []) if is_alone else _update_shared(root, [reporter])
    failed = [*shared.failed]
    for table in MAKERS:
        _attempt(failed, f"{table} ({reporter})", partial(publish_analysis, root, reporter, table), AGAIN)
    # Last, because they name these tables too.
    return Updated(shared.gaps, failed if is_alone else [*failed, *update_forms(store)])


def update_shared(root: Path | S3Url, reporters: Sequence[str]) -> Updated:
    """Bring the tables that rest on several reporters up to date, each once, after releases of `reporters`: `mirror`,
    `first_print`, and the forms for other programs."""
    shared = _update_shared(root, reporters)
    stores = [at_hand(store_of(root, reporter)) for reporter in reporters]
    return Updated(shared.gaps, [*shared.failed, *(line for store in stores for line in update_forms(store))])


def _update_shared(root: Path | S3Url, reporters: Sequence[str]) -> Updated:
    gaps, failed = list[Gap](), list[str]()
    for exporter, importer in mirrors_of(root):
        if {exporter, importer, *HUBS} & {*reporters}:
            _attempt(
                failed,
                f"mirror ({exporter} to {importer})",
                partial(_publish_pair, gaps, root, exporter, importer),
                f"what was published stays. Make it with tidewaiter mirror --exporter {exporter} --importer {importer}"
                " --publish",
            )
    for code in sorted({*tables_of(root, FIRST_PRINTS), *reporters}):
        _attempt(failed, f"{FIRST_PRINTS} ({code})", partial(publish_first_prints, root, code), AGAIN)
    return Updated(gaps, failed)


def update_forms(store: Path) -> list[str]:
    """Bring the forms for other programs that are kept of a store up to date; return why one could not be made."""
    address = address_of(store)
    root, reporter, failed = root_of(address), named(address), list[str]()
    if root is None or reporter is None:
        return failed

    def update() -> None:
        for name, make in kept_up(root, reporter):
            _attempt(failed, name, make, FORM_AGAIN)

    _attempt(failed, "forms for other programs", update, FORM_AGAIN)
    return failed


def _publish_pair(gaps: list[Gap], root: Path | S3Url, exporter: str, importer: str) -> None:
    gaps += publish_pair(root, exporter, importer).gaps


def _attempt(failed: list[str], name: str, make: Callable[[], object], advice: str) -> None:
    try:
        make()
    except Exception as problem:
        log.warning("%s could not be made", name, exc_info=True)
        failed.append(f"{name}: not made, {type(problem).__name__}: {str(problem).rstrip('.')}; {advice}.")
