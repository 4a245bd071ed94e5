"""Lists the forms of a root that each publication brings up to date, so that a failed one is made up for by the next.

Belongs here: which forms these are. Does not belong here: that a failure never harms a publication
(`analysis.after_release`).
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from schemas import settings
from tasks.catalogs.duckdb_file import write_duckdb
from tasks.store.reporters import Address


def kept_up(root: Address, store: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Return what is to be made after a publication of `store`, a reporter's folder or working copy: name and maker."""
    if file := settings.text(settings.DUCKDB):
        yield f"DuckDB file {file}", partial(write_duckdb, root, Path(file))
