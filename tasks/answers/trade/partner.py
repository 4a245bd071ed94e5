"""Answers which goods are traded with a partner in a month, and which of them made the change."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from schemas.questions.movers import Movers
from schemas.questions.partner import PartnerTrade
from schemas.questions.read import Read
from tasks.analysis.reporter.movers import MEASURES
from tasks.answers.form.answer import Answer, store_of
from tasks.answers.trade.movers import flow_of, movers
from tasks.answers.trade.read import read_store, with_names
from tasks.domain.doubt.doubt_words import as_text, once_each
from tasks.domain.errors import NoFigure
from tasks.domain.period_words import is_latest, read_months
from tasks.domain.periods import first_day, month_index, month_number
from tasks.reading import query
from tasks.reading.resolver import Resolver
from tasks.store.files.snapshot import Snapshot

SHOWN = ("flow", "product", "partner", "period", "measure", "level", "level_status", "before", "change", "mom_pct")


@dataclass(frozen=True)
class PartnerAnswer(Answer):
    """Goods traded with a partner; what the table `mover` says of it, and the rows of a published mirror of both."""

    change: pl.DataFrame = field(kw_only=True)
    mirror: pl.DataFrame = field(kw_only=True)


def partner(question: PartnerTrade) -> PartnerAnswer:
    """Return the goods traded with a partner in a month. Raises ValueError for a partner that is not in the store, and
    LookupError where no good is traded with it in the month."""
    store = store_of(question)
    snapshot = query.open_published(store)
    resolver, flow = Resolver(snapshot), flow_of(snapshot, question.flow)
    key = resolver.partner(question.partner)
    month = _month(snapshot, flow, key, question.month)
    spans = [(one.year, one.month) for one in (month, first_day(month_number(month) - 1))]
    figures = query.query(store, "metric", flow=flow, partner=key, month=spans).drop_nulls("level")
    now = figures.filter(period=month)
    known = [one for one in MEASURES if one in now["measure"]]
    measure = question.measure or next(iter(known), "")
    if measure not in known:
        alternatives = f"; there is {', '.join(known)}" if known else ""
        raise NoFigure(f"no {measure or 'trade'} of {flow}s, partner {key}, in {month:%Y-%m}{alternatives}")
    rows = goods(figures.filter(measure=measure), month)
    cells = query.doubts_of(snapshot).each_of_keys(
        rows.select("flow", "product", "partner", "measure", begin=month_index("period") - 1, end=month_index("period"))
    )
    rows, doubts = with_names(rows, resolver), once_each(cells)
    rows = rows.with_columns(as_text(cells)) if doubts else rows
    change = _change(question, key, month, measure)
    return PartnerAnswer(
        rows, snapshot, doubts=doubts, table="metric", change=change, mirror=_mirror(store, flow, key, month)
    )


def goods(figures: pl.DataFrame, month: date) -> pl.DataFrame:
    """Return a row for each good of a month, the largest part of the change first; `figures` are those of one measure
    in this month and the one before. Headings and baskets are left out, whose goods are rows themselves."""
    codes = figures["product"].unique().to_list()
    headings = {code[:digits] for code in codes if code.isdigit() for digits in range(1, len(code))}
    figures = figures.filter(pl.col("product").str.contains(r"^\d+$"), ~pl.col("product").is_in(headings))
    before = figures.filter(pl.col("period") != month).select("product", before="level")
    rows = figures.filter(period=month).join(before, on="product", how="left", maintain_order="left")
    rows = rows.with_columns(change=pl.col("level") - pl.col("before")).select(SHOWN)
    part = pl.col("change") / pl.col("before").sum() * 100
    rows = rows.with_columns(contribution_pp=pl.when(pl.col("before").sum() > 0).then(part))
    return rows.sort(pl.col("contribution_pp").abs(), pl.col("level"), descending=True, nulls_last=True)


def _month(snapshot: Snapshot, flow: str, key: str, text: str) -> date:
    """Return the month that is named; `latest` is the newest of which the partner has a figure."""
    newest = None
    if is_latest(text):
        newest = query.newest_month(
            snapshot, flow, (pl.col("partner") == key) & pl.col("level").is_not_null(), ("level",)
        )
        if newest is None:
            raise NoFigure(f"no {flow} with partner {key} is known in this store")
    first, last = read_months(text, newest)
    if first != last:
        raise ValueError(f"{text!r} is {first:%Y-%m} to {last:%Y-%m}; name one month")
    return first


def _change(question: PartnerTrade, key: str, month: date, measure: str) -> pl.DataFrame:
    """Return what the table `mover` says of all goods with the partner; nothing where it is not among the largest."""
    flow, store, reporter = question.flow, question.store, question.reporter
    movers_question = Movers(f"{month:%Y-%m}", flow=flow, measure=measure, store=store, reporter=reporter)
    try:
        return movers(movers_question).rows.filter(kind="partner", partner=key)
    except ValueError:
        # Of no good the world has a figure of both months.
        return pl.DataFrame()


def _mirror(store: Path, flow: str, key: str, month: date) -> pl.DataFrame:
    """Return the rows of the published mirror of both in the month; none where there is no such table."""
    side = "importer" if flow == "export" else "exporter"
    try:
        rows = read_store(Read(table="mirror", month=f"{month:%Y-%m}"), store).rows
    except ValueError:
        # The table has other months.
        return pl.DataFrame()
    return rows.filter(pl.col(side) == key)
