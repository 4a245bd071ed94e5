"""Customs releases as numbers that can be cited, for Python programs.

    import tidewaiter

    tidewaiter.read("magnets", partner="United States", month="latest")

This package is the public interface; `flows`, `tasks` and `schemas` may change with any version. Nothing is loaded
before it is used: the functions are those of `tasks.api.python`. `store` is a folder or `s3://bucket/prefix`;
without it the environment's TIDEWAITER_STORE counts, else the folder `store`. It holds the tables of each reporter;
where there are several, `reporter` names one (`"CHN"`). Names of products, partners and months are those of the command
line: codes in any spelling, English and Chinese, `2024-06`, `June 2024`, `2024-01..2024-06`, `latest`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tidewaiter.shadows import refuse_shadows

if TYPE_CHECKING:
    from schemas.forms.outcome import Hold, Outcome
    from schemas.questions.question import Direction
    from tasks.api.python import (
        brief,
        check_claims,
        detours,
        duties,
        event_brief,
        mirror,
        movers,
        open_release,
        partner,
        plot,
        read,
        scan,
        search,
        trace,
        vintages,
    )
    from tasks.api.python import contents as list

    __version__: str

__all__ = [
    "__version__",
    "brief",
    "check_claims",
    "detours",
    "duties",
    "event_brief",
    "ingest",
    "list",
    "mirror",
    "movers",
    "open_release",
    "partner",
    "plot",
    "read",
    "scan",
    "search",
    "trace",
    "vintages",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'tidewaiter' has no attribute {name!r}")
    if name == "__version__":
        import importlib.metadata

        return importlib.metadata.version("tidewaiter")
    refuse_shadows()
    from tasks.api import python

    return getattr(python, "contents" if name == "list" else name)


def __dir__() -> Iterable[str]:
    return __all__


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
    refuse_shadows()
    from flows.ingestion import answered
    from schemas.forms.request import ReleaseRequest
    from schemas.store_address import root_given
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
