"""Ingests a release for Python programs, as the command does without a Prefect server."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

from schemas.forms.outcome import Hold, Outcome
from schemas.questions.question import Direction
from schemas.store_address import root_given


def ingest(
    file: str | Path,
    *,
    source: str | None = None,
    flow: Direction | None = None,
    reporter: str | None = None,
    partners: Literal["all", "listed"] | None = None,
    products: Iterable[str] | None = None,
    months: str | None = None,
    released_on: date | str | None = None,
    dry_run: bool = False,
    store: str | Path | None = None,
) -> Outcome | Hold:
    """Read a release, check it, and publish what follows from it, as the command does without a Prefect server.

    Args:
        file: The downloaded file.
        source: Name of the adapter that reads it; none: as its sidecar or folder says.
        flow: Direction, which a query file does not say.
        reporter: Who reports, `"CHN"`, `"EU27"`.
        partners: `"all"`: every partner was asked for; `"listed"`: those in the file.
        products: Codes that were asked for; none: those in the file.
        months: Months that were asked for, `"2025-06"` or `"2025-01..2025-06"`.
        released_on: Day from which the figures were public.
        dry_run: Go the whole way, publish nothing.
        store: Folder or bucket.

    Returns:
        What came of it: `.status` is "published", "nothing new", "would be published", or of a release that a person
        must decide about "held", "would be held" or "rejected".

    Raises:
        ValueError: A declaration is wrong.
        tasks.domain.errors.Refused: The file cannot be read as what it is said to be; nothing is published.
    """
    # Flows take longer to import than everything else here, and may only be named.
    from flows.ingestion import answered
    from schemas.forms.request import ReleaseRequest
    from tasks.domain import clock

    declared = {
        "source": source,
        "flow": flow,
        "reporter": reporter,
        "partners": partners,
        "months": months,
        "released_on": released_on,
    }
    codes = None if products is None else [*products]
    request = ReleaseRequest(file=Path(file), store=root_given(store), products=codes, dry_run=dry_run, **declared)
    return answered(request, clock.today())
