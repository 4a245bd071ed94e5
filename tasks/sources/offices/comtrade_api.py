"""Asks for the answers of UN Comtrade, which `un_comtrade.toml` declares: a list of its data sets says which months of
a reporter have changed.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tasks.domain.errors import Refused
from tasks.sources.adapter.declaration import Spec
from tasks.sources.adapter.protocol import Site, WantedFile, months_of, products_of, short
from tasks.sources.adapter.questions import code_of_reporter
from tasks.sources.formats.json_text import read_documents, rows_of

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchRequest

MONTHS_MAX = 12
LETTERS = {"import": "M", "export": "X"}


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
