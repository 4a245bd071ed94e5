"""Implements the package `tidewaiter` for Python programs, with the functions behind the commands.

Belongs here: how a caller's arguments become a question. The signatures and what they promise are in `tidewaiter`.
"""

import os
import warnings
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from schemas.forms.address import S3Url, read_address
from schemas.names import FIGURES
from tasks.domain.periods import month_number
from tasks.reports import inventory, query
from tasks.reports.questions import Question, ask, require_table
from tasks.reports.resolver import Resolver
from tasks.store import resolve
from tasks.store.mirror import at_hand
from tasks.store.reporters import only_store
from tasks.store.resolve import OpenRelease

if TYPE_CHECKING:
    from schemas.forms.trace import Trace

STORE, DEFAULT = "TIDEWAITER_STORE", "store"
Texts = str | Iterable[str] | None


class HowUnderstood(UserWarning):
    """A note on the rows: which products a name matches, which measure was chosen, why there is no row."""


def read(
    product: Texts,
    partner: Texts,
    store: str | Path | None,
    reporter: str | None,
    as_of: date | str | None,
    **asked: Any,
) -> pl.DataFrame:
    """Return the rows of a question; what the command line prints on standard error is a warning."""
    require_table(asked["table"])
    columns = _several(asked.pop("columns", None))
    question = Question(
        products=_several(product), partners=_several(partner), columns=columns,
        as_of=date.fromisoformat(as_of) if isinstance(as_of, str) else as_of, **asked,
    )  # fmt: skip
    found = ask(_folder(store, reporter), question)
    for note in found.notes:
        warnings.warn(note, HowUnderstood, stacklevel=3)
    return found.selected(columns)


def search(text: str, store: str | Path | None, reporter: str | None) -> pl.DataFrame:
    """Return the names that match the text."""
    return inventory.search(_folder(store, reporter), text)


def trace(
    product: str,
    partner: str,
    month: str,
    metric: str,
    measure: str,
    flow: str | None,
    store: str | Path | None,
    reporter: str | None,
) -> "Trace":
    """Return the trace of one figure."""
    from tasks.lineage.point import Point
    from tasks.lineage.trace import Tracer

    snapshot = query.open_published(_folder(store, reporter))
    asked = Resolver(snapshot)
    if metric not in FIGURES:
        raise ValueError(f"there is no metric {metric!r}; there are {', '.join(FIGURES)}")
    code, key = asked.product(product), asked.partner(partner)
    way = asked.flow([code], flow)
    point = Point(way, code, key, measure, month_number(asked.month(month, way)))
    return Tracer(snapshot, way, code).trace(point, metric)


def open_release(store: str | Path | None, release: str | None, reporter: str | None) -> OpenRelease:
    """Open one published state of a store."""
    return resolve.open_release(_given(store, reporter), release)


def _several(given: Texts) -> tuple[str, ...]:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


def _given(store: str | Path | None, reporter: str | None) -> Path | S3Url:
    root = read_address(store if store is not None else os.environ.get(STORE, DEFAULT))
    return only_store(root, reporter)


def _folder(store: str | Path | None, reporter: str | None) -> Path:
    return at_hand(_given(store, reporter))
