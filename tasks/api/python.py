"""The functions of the package `tidewaiter` that ask no question: they hand over files, and frames over files.

Belongs here: what a Python program reads itself. Does not belong here: questions; `forms` makes their functions.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl

from schemas.store_address import root_given
from tasks.store.bucket import resolve
from tasks.store.bucket.resolve import OpenRelease
from tasks.store.places.reporters import only_store


def open_release(
    store: str | Path | None = None, release: str | None = None, *, reporter: str | None = None
) -> OpenRelease:
    """One published state of a store, which stays what it is whatever is published meanwhile.

    Args:
        store: Folder or bucket.
        release: Id of a snapshot; none: the current one.
        reporter: Whose; none: the only one of the store.

    Returns:
        `.id`, and `.paths(table)`: the addresses of the files of a table, for any reader of Parquet.

    >>> opened = open_release(store)
    >>> all(path.endswith(".parquet") for path in opened.paths("metric"))
    True
    """
    return resolve.open_release(only_store(root_given(store), reporter), release)


def scan(
    table: str = "metric",
    *,
    reporter: str | Iterable[str] | None = None,
    as_of: date | str | None = None,
    store: str | Path | None = None,
) -> pl.LazyFrame:
    """The rows of a published table as a lazy frame over its files: what a query leaves out is not read.

    The files are those of one published state, whatever is published meanwhile; those of a bucket are read where they
    are. There are no names, notes or doubts beside the rows, as `read` has them, the hashes of the files are not
    verified, and highest and lowest since of series outside the watch list, which `read` computes on request, are null.

    Args:
        table: Published table.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store; several: with a first column
            `reporter`.
        as_of: As it was known on this day, YYYY-MM-DD, computed from the ledger when it is collected; none: now.
        store: Folder or bucket.

    Returns:
        The columns of the table with their types; of a table that is filed by month also `year` and `month`, by which
        whole files are left out.

    Raises:
        ValueError: There is no such table or reporter, or the table has no days of knowledge.
        LookupError: Nothing is published.

    >>> scan("metric", store=store).filter(product="85051110", partner="USA", year=2025).collect().height > 0
    True
    """
    from tasks.answers.form.answer import day_of
    from tasks.reading.scan import scan_table, scan_tables

    root = root_given(store)
    if reporter is None or isinstance(reporter, str):
        return scan_table(only_store(root, reporter), table, day_of(as_of))
    return scan_tables({name: only_store(root, name) for name in reporter}, table, day_of(as_of))
