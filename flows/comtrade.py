"""Compares published months with UN Comtrade: asks for what is new there, and returns the findings.

Nothing is published, dropped or kept but the checksums of the datasets that were compared.
"""

import os
import re
from pathlib import Path

import polars as pl

from tasks.checks.comtrade import Asked, Ours, read_answer
from tasks.checks.comtrade import compare as compare_with
from tasks.domain.coverage import TOTALS, WORLD
from tasks.domain.errors import NothingPublished, Refused
from tasks.domain.findings import finding
from tasks.domain.periods import month_name, month_number, read_period
from tasks.fetch import comtrade
from tasks.fetch.transport import Policy, Transport
from tasks.reports.query import query
from tasks.store.reporters import reporter_of

MEASURES = ("value_usd", "quantity_kg")
POLICY = Policy()


def compared(
    store: Path, product: str, flow: str, months: str, inbox: Path, *, again: bool = False
) -> list[dict[str, str]]:
    """Findings about the months of one store, in order. Raises Refused, Unreachable and NothingPublished."""
    reporter = reporter_of(store)
    if reporter is None:
        raise NothingPublished(
            f"{store}: nothing is published here yet. Ingest a file first (tidewaiter ingest --help)."
        )
    if not re.fullmatch(r"[0-9]{6}", product):
        raise Refused(
            "product", where="product", found=product, advice="Give an HS6 code: longer ones are each country's own."
        )
    wanted = _months(months)
    transport = Transport(POLICY)
    found: list[dict[str, str]] = []
    try:
        there, before = (
            comtrade.datasets(transport, reporter, wanted, comtrade.BASE),
            comtrade.read_compared(inbox, reporter),
        )
        done: dict[str, str] = {}
        for month in wanted:
            asked = Asked(reporter, flow, product, month)
            name = f"{flow} {product} {month}"
            if month not in there:
                found.append(
                    finding(
                        "comtrade_not_there",
                        "info",
                        str(asked),
                        observed="no data set",
                        expected="a data set of the month",
                        advice="Ask again later.",
                    )
                )
            elif before.get(name) == there[month] and not again:
                found.append(finding("comtrade_compared", "info", str(asked), observed="the data set that was compared before", expected="a newer one",
                                     advice="Compare it all the same with --again."))  # fmt: skip
            else:
                raw = comtrade.rows_of(
                    transport,
                    reporter,
                    flow,
                    product,
                    month,
                    os.environ.get(comtrade.VARIABLE, "").strip() or None,
                    comtrade.BASE,
                )
                found += compare_with(asked, published(store, asked), read_answer(raw, asked, str(asked)))
                done[name] = there[month]
    finally:
        transport.close()
    comtrade.note_compared(inbox, reporter, done)
    return found


def published(store: Path, asked: Asked) -> Ours:
    """The published numbers of a month: partner, measure, number. Raises Refused where there is none."""
    year, month = map(int, asked.month.split("-"))
    rows = query(store, "metric", flow=asked.flow, product=asked.product, measure=MEASURES, month=(year, month))
    countries = pl.col("partner").str.contains("^[A-Z]{3}$") & (
        (pl.col("partner") == WORLD) | ~pl.col("partner").is_in(TOTALS)
    )
    rows = rows.with_columns(pl.col("partner", "measure").cast(pl.String)).filter(
        pl.col("level").is_not_null(), countries
    )
    if not rows.height:
        raise Refused(
            "no figure",
            where=str(asked),
            found="no published figure in US dollars or kilograms",
            advice="Ingest the month first.",
        )
    found: dict[str, dict[str, float]] = {}
    for partner, measure, level in rows.select("partner", "measure", "level").iter_rows():
        found.setdefault(partner, {})[measure] = float(level)
    return found


def _months(text: str) -> list[str]:
    period = read_period(text)
    if period is None:
        raise ValueError(f"--month: {text!r} is no month or range; write 2024-12 or 2024-01..2024-12")
    return [month_name(number) for number in range(month_number(period[0]), month_number(period[1]) + 1)]
