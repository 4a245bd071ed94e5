"""Finds the estimated weights in an answer of UN Comtrade, which `un_comtrade.toml` declares, and asks for answers: a
list of its data sets says which months of a reporter have changed.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import polars as pl

from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.text import counted
from tasks.sources.adapter.declaration import Spec
from tasks.sources.adapter.protocol import Site, WantedFile, months_of, products_of, short
from tasks.sources.adapter.questions import code_of_reporter
from tasks.sources.formats.json_text import read_documents, rows_of

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchRequest

WORLD = "0"
# So many partners with one unit value, to so many digits, do not trade so: the weight is an estimate.
ALIKE_MIN, SIGNIFICANT = 10, 5
MONTHS_MAX = 12
LETTERS = {"import": "M", "export": "X"}


def work(fields: pl.DataFrame, where: str) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """The rows (columns of `un_comtrade.toml`, all texts) without the weights that the service estimated, by its flag
    or by one unit value of many partners, and a finding about these. A weight of 0 is unknown, too.
    """
    value, mass = pl.col("primaryValue").cast(pl.Float64), pl.col("netWgt").cast(pl.Float64).fill_null(0)
    is_flagged, is_world = pl.col("isNetWgtEstimated").fill_null("") != "False", pl.col("partnerCode") == WORLD
    rows = fields.with_columns(
        price=pl.when(~is_flagged, mass > 0).then((value / mass).round_sig_figs(SIGNIFICANT)), is_flagged=is_flagged
    )
    times = rows.filter(~is_world)["price"].drop_nulls().value_counts()
    alike = times.filter(pl.col("count") >= ALIKE_MIN)
    # Where these are most of the weights the others differ by rounding alone.
    are_most = alike.height and 2 * alike["count"].sum() >= times["count"].sum()
    is_alike = pl.col("price").is_not_null() & (
        pl.lit(bool(are_most)) | pl.col("price").is_in(alike["price"].implode())
    )
    is_of_world = is_world & pl.col("price").is_not_null() & bool(alike.height)
    rows = rows.with_columns(is_estimated=(pl.col("is_flagged") | is_alike | is_of_world).fill_null(True))
    estimated = rows.filter("is_estimated")
    doubts = [
        finding(
            "weight_estimated",
            "warning",
            where,
            observed=f"{counted(estimated.height, 'weight')} that UN Comtrade estimated, first record {record}",
            expected="weights that the reporter sent",
            advice="They are unknown and not zero; the values are published.",
        )
        for record in estimated["record"].head(1)
    ]
    return rows.with_columns(netWgt=pl.when(~pl.col("is_estimated"), mass > 0).then("netWgt")), doubts


def questions(
    name: str, spec: Spec, request: "FetchRequest", today: date, site: Site
) -> "Iterator[WantedFile | Fetched]":
    """Yield the questions, newest month first, and what became of a list: with a key for all products together. Raises
    Refused for an unknown reporter."""
    if not request.reporters:
        raise Refused("no reporter", "reporters", "none", "Name whose trade is asked for: --reporter KOR.")
    products, place = products_of(request), "data/v1/get" if site.has_key else "public/v1/preview"
    base = request.base or spec["base"]
    for reporter, number in [(reporter, code_of_reporter(spec, reporter)) for reporter in request.reporters]:
        ask = partial(datasets, site, number, months_of(request, today), base)
        newest = site.tried(f"{name}, list of {reporter}", ask)
        if not isinstance(newest, dict):
            yield newest
            continue
        for month in sorted(newest, reverse=True):
            for flow in request.flows:
                for some in [products] if site.has_key else [[product] for product in products]:
                    query = (
                        f"reporterCode={number}&period={month.replace('-', '')}"
                        f"&cmdCode={','.join(some)}&flowCode={LETTERS[flow]}"
                        "&motCode=0&customsCode=C00&partner2Code=0&includeDesc=true"
                    )
                    yield WantedFile(
                        name=f"comtrade_{reporter}_{flow}_{short(some)}_{month}",
                        source=name,
                        form="json",
                        zone=ZoneInfo("America/New_York"),
                        again=False,
                        address=f"{base}/{place}/C/M/HS?{query}#{quote(newest[month], safe='')}",
                        title=f"UN Comtrade, {reporter}, {flow}s of {short(some)} in {month}",
                        declared={"reporter": reporter, "flow": flow, "partners": "all", "products": some},
                        first_month=month,
                    )


def datasets(site: Site, number: str, months: Sequence[str], base: str) -> dict[str, str]:
    """Return the day and the checksum of the newest dataset of each month that the service has. Raises Refused and
    Unreachable."""
    newest: dict[str, str] = {}
    for start in range(0, len(months), MONTHS_MAX):
        periods = ",".join(month.replace("-", "") for month in months[start : start + MONTHS_MAX])
        address = f"{base}/public/v1/getDA/C/M/HS?reporterCode={number}&period={periods}"
        for document in read_documents(site.get(address).body, address):
            for row in rows_of(document, "data", address):
                plain = {str(name).lower(): text for name, text in row.items()}
                if missing := [name for name in ("period", "datasetchecksum", "lastreleased") if not plain.get(name)]:
                    problem, advice = f"no {', '.join(missing)}", "The form of getDA has changed: report it."
                    raise Refused("columns", address, problem, advice)
                period = str(plain["period"])
                newest[f"{period[:4]}-{period[4:]}"] = f"{plain['lastreleased']} {plain['datasetchecksum']}"
    return newest
