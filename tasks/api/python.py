"""The functions of the package `tidewaiter` for Python programs.

Belongs here: what a Python program gets of an answer. What it may ask is in `schemas.questions`, whose classes are the
parameters of these functions; the names are those of `tidewaiter`, where `contents` is called `list`. Modules of
answers are imported when they are asked: most programs ask few.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from schemas.questions.brief import Brief
from schemas.questions.claims import CheckClaims
from schemas.questions.contents import Contents
from schemas.questions.detours import Detours
from schemas.questions.duties import Duties
from schemas.questions.event_brief import EventBrief
from schemas.questions.mirror import MirrorTrade
from schemas.questions.movers import Movers
from schemas.questions.partner import PartnerTrade
from schemas.questions.plot import Plot
from schemas.questions.read import Read
from schemas.questions.search import Search
from schemas.questions.trace import Trace
from schemas.questions.vintages import Vintages
from schemas.store_address import root_given
from tasks.api.forms import function_of, tell
from tasks.store.bucket import resolve
from tasks.store.bucket.resolve import OpenRelease
from tasks.store.places.reporters import only_store

if TYPE_CHECKING:
    from schemas.forms.trace import TraceReport
    from tasks.pages.brief.answer import BriefPage


@function_of(Read)
def read(question: Read) -> pl.DataFrame:
    from tasks.answers.trade.read import read as answer

    return tell(answer(question)).rows


@function_of(Search)
def search(question: Search) -> pl.DataFrame:
    from tasks.answers.inventory.search import search as answer

    return tell(answer(question)).rows


@function_of(Contents)
def contents(question: Contents) -> pl.DataFrame:
    from tasks.answers.inventory.contents import contents as answer

    return tell(answer(question)).rows


@function_of(Vintages)
def vintages(question: Vintages) -> pl.DataFrame:
    from tasks.answers.trade.vintages import vintages as answer

    return tell(answer(question)).rows


@function_of(Trace)
def trace(question: Trace) -> "TraceReport":
    from tasks.answers.trade.trace import trace as answer

    return answer(question).trace


@function_of(Movers)
def movers(question: Movers) -> pl.DataFrame:
    from tasks.answers.trade.movers import movers as answer

    return tell(answer(question)).rows


@function_of(MirrorTrade)
def mirror(question: MirrorTrade) -> pl.DataFrame:
    from tasks.answers.trade.mirror import mirror as answer

    return answer(question).rows


@function_of(Detours)
def detours(question: Detours) -> pl.DataFrame:
    from tasks.answers.measures.detours import detours as answer

    return tell(answer(question)).rows


@function_of(Duties)
def duties(question: Duties) -> pl.DataFrame:
    from tasks.answers.measures.duties import duties as answer

    return tell(answer(question)).rows


@function_of(PartnerTrade)
def partner(question: PartnerTrade) -> pl.DataFrame:
    from tasks.answers.trade.partner import partner as answer

    return tell(answer(question)).rows


@function_of(CheckClaims)
def check_claims(question: CheckClaims) -> pl.DataFrame:
    from tasks.answers.trade.check_claims import check_claims as answer

    return tell(answer(question)).rows


@function_of(Brief)
def brief(question: Brief) -> "BriefPage":
    from tasks.pages.brief.answer import brief as answer

    return tell(answer(question)).page


@function_of(EventBrief)
def event_brief(question: EventBrief) -> "BriefPage":
    from tasks.pages.measures.event_page import event_brief as answer

    return tell(answer(question)).page


@function_of(Plot)
def plot(question: Plot) -> Path:
    from tasks.pages.charts.picture import plot as answer

    return tell(answer(question)).file


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
