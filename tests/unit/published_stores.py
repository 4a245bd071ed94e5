"""Stores of the tests of this room: files of customs and of the press, published by the flow of a release."""

from datetime import date
from pathlib import Path
from typing import Any

from bad_inputs.download import TITLES, csv_bytes

from flows.ingestion import ingest
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest
from tasks.reading.query import open_published
from tasks.store.files.snapshot import Snapshot
from tests.unit.builders import MAGNETS
from tests.unit.sources.eurostat.comext_answers import answer

PARTNERS = {"USA": ("502", "美国"), "DEU": ("304", "德国"), "JPN": ("116", "日本"), "KOR": ("133", "韩国")}


def publish(
    folder: Path, reporter: str, name: str, data: bytes, source: str = "gacc_query", **declared: Any
) -> Outcome:
    """Ingest a file of a reporter into its store below `folder`/store."""
    (folder / name).write_bytes(data)
    given = {"partners": "all", "released_on": date(2026, 8, 14), "reporter": reporter} | declared
    store = folder / "store" / f"reporter={reporter}"
    outcome = ingest(ReleaseRequest(file=folder / name, store=store, source=source, **given), date(2026, 8, 20))
    assert outcome.status == "published"
    return outcome


def china(folder: Path, data: bytes, day: date = date(2025, 7, 20), **declared: Any) -> Snapshot:
    """The store of China below `folder`/store, with a query of exports in it."""
    publish(folder, "CHN", f"{day}.csv", data, **({"flow": "export", "released_on": day} | declared))
    return open_published(folder / "store" / "reporter=CHN")


def query_bytes(rows: list[tuple[Any, ...]], currency: str = "美元", unit: str = "千克") -> bytes:
    """A downloaded file: month, code, partner, quantity (None: the file has no quantities) and value."""
    has_mass = rows[0][3] is not None
    titles = [*TITLES[:5], *(TITLES[5:9] if has_mass else ()), currency]
    return csv_bytes([
        (month, code, "商品", *PARTNERS[partner], *((str(quantity), unit, "0", "?") if has_mass else ()), f"{value:,}")
        for month, code, partner, quantity, value in rows
    ], titles)  # fmt: skip


def press(folder: Path, *rows: tuple[str, ...], address: str = "https://x.org/1") -> Snapshot:
    """The store of China with collected figures on exports of magnets: partner, period, measure, value, unit, day."""
    lines = ["flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"]
    lines += [f"export,{MAGNETS},{','.join(row)},X,{address}," for row in rows]
    return china(
        folder, ("\n".join(lines) + "\n").encode(), source="published", flow=None, partners=None, released_on=None
    )


def of_germany(month: str, *cells: tuple[str, str, str], reporter: str = "DE", flow: str = "1") -> bytes:
    """An answer of Eurostat about magnets of a month: partner, indicator, value."""
    return answer(cells, reporter=reporter, product="850511", period=month, flow=flow)
