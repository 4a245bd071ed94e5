"""Fetches UN Comtrade: an answer for each reporter, direction and month that the service has, for all products; without a key one for
each product.

Signal of news: `getDA` has a checksum and a day for each dataset (a reporter's month). They are the fragment of the address, which
is not sent, so a month is asked for again only where its dataset has changed. With a key (TIDEWAITER_COMTRADE_KEY, free with 500 calls a
day) rows come from `data/v1/get`, without one from the public preview, which ends at 500 rows; the adapter refuses an answer with that
many. UN Comtrade forbids redistribution without permission.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from schemas.forms.fetch import Fetched, FetchRequest
from schemas.reference.code_tables import partner_codes
from tasks.domain.errors import Refused
from tasks.domain.text import clip
from tasks.fetch.judge import tried
from tasks.fetch.plan import months_of, products_of, short
from tasks.fetch.question import Question
from tasks.fetch.transport import Transport
from tasks.sources.json_text import read_documents
from tasks.sources.un_comtrade import CODES
from tasks.sources.un_comtrade import SOURCE as ADAPTER

SOURCE = ADAPTER.name
BASE = "https://comtradeapi.un.org"
ZONE = ZoneInfo("America/New_York")
PARAMETER = "subscription-key"
FLOWS = {"export": "X", "import": "M"}
MONTHS_MAX = 12


def questions(
    request: FetchRequest, today: date, transport: Transport, *, has_key: bool
) -> Iterator[Question | Fetched]:
    """Yield the questions, newest month first, and what became of a list. Raises Refused for an unknown reporter."""
    if not request.reporters:
        raise Refused(
            "no reporter", where="reporters", found="none", advice="Name whose trade is asked for: --reporter KOR."
        )
    products, place = products_of(request), "data/v1/get" if has_key else "public/v1/preview"
    for reporter, number in [(reporter, number_of(reporter)) for reporter in request.reporters]:
        ask = partial(datasets, transport, number, months_of(request, today), request.base or BASE)
        there = tried(f"{SOURCE}, list of {reporter}", ask)
        if isinstance(there, Fetched):
            yield there
            continue
        for month in sorted(there, reverse=True):
            for flow in request.flows:
                for some in [products] if has_key else [[product] for product in products]:
                    query = (
                        f"reporterCode={number}&period={month.replace('-', '')}&cmdCode={','.join(some)}&flowCode={FLOWS[flow]}"
                        "&motCode=0&customsCode=C00&partner2Code=0&includeDesc=true"
                    )
                    yield Question(
                        name=f"comtrade_{reporter}_{flow}_{short(some)}_{month}", source=SOURCE, form="json", zone=ZONE, again=False,
                        address=f"{request.base or BASE}/{place}/C/M/HS?{query}#{quote(there[month], safe='')}",
                        title=f"UN Comtrade, {reporter}, {flow}s of {short(some)} in {month}",
                        declared={"reporter": reporter, "flow": flow, "partners": "all", "products": some}, first_month=month,
                    )  # fmt: skip


def number_of(reporter: str) -> str:
    """Return the service's number of a reporter. Raises Refused for one that is no country."""
    countries = partner_codes(CODES).filter(kind="country", partner=reporter)
    if not countries.height:
        raise Refused(
            "unknown reporter", where="reporters", found=reporter, advice="UN Comtrade has countries alone: KOR, IND, BRA …",
        )  # fmt: skip
    return str(countries["code"][0])


def datasets(transport: Transport, number: str, months: Sequence[str], base: str) -> dict[str, str]:
    """Return the day and the checksum of the newest dataset of each month that the service has. Raises Refused and Unreachable."""
    found: dict[str, str] = {}
    for start in range(0, len(months), MONTHS_MAX):
        periods = ",".join(month.replace("-", "") for month in months[start : start + MONTHS_MAX])
        address = f"{base}/public/v1/getDA/C/M/HS?reporterCode={number}&period={periods}"
        answer = transport.get(address)
        assert answer is not None  # no condition was sent
        for row in _list(answer.body, address):
            plain = {str(name).lower(): text for name, text in row.items()}
            if missing := [name for name in ("period", "datasetchecksum", "lastreleased") if not plain.get(name)]:
                raise Refused(
                    "columns", where=address, found=f"no {', '.join(missing)}",
                    advice="The form of getDA has changed; see tasks/fetch/un_comtrade.py.",
                )  # fmt: skip
            period = str(plain["period"])
            found[f"{period[:4]}-{period[4:]}"] = f"{plain['lastreleased']} {plain['datasetchecksum']}"
    return found


def _list(body: bytes, where: str) -> list[dict[str, Any]]:
    documents = read_documents(body, where)
    document = documents[0] if len(documents) == 1 and isinstance(documents[0], dict) else {}
    rows = document.get("data")
    if document.get("error") or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused(
            "no answer",
            where=where,
            found=f"'{clip(str(document.get('error') or [*document][:4]))}' in place of a list",
            advice="Ask again later.",
        )
    return rows
