"""Asks UN Comtrade for the comparison of `tasks/checks/comtrade.py`; nothing of an answer is dropped, kept or published.

Signal of news: `getDA` has a checksum and a day for each dataset (a reporter's month), so a month is asked for only where
these have changed since the last comparison. What is remembered is the checksum alone, in the inbox.

With a key (TIDEWAITER_COMTRADE_KEY, free with 500 calls a day) rows come from `data/v1/get`, without one from the public
preview, which ends at 500 rows; an answer with that many is refused.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pycountry

from schemas.forms.fetch import NOTES
from tasks.domain.errors import Refused
from tasks.domain.text import clip
from tasks.fetch.question import Key
from tasks.fetch.seen import write_at_once
from tasks.fetch.transport import Transport
from tasks.sources.json_text import read_documents

BASE = "https://comtradeapi.un.org"
VARIABLE, PARAMETER = "TIDEWAITER_COMTRADE_KEY", "subscription-key"
# Where the service has another number than ISO 3166.
NUMBERS = {"USA": "842", "IND": "699", "CHE": "757", "FRA": "251", "NOR": "579", "TWN": "490"}
FLOWS = {"export": "X", "import": "M"}
MONTHS_MAX = 12
NOTE = "comtrade.json"


def number_of(reporter: str) -> str:
    """The service's number of a reporter. Raises Refused for one that is no country."""
    country = pycountry.countries.get(alpha_3=reporter)
    if country is None:
        raise Refused(
            "unknown reporter",
            where="reporter",
            found=reporter,
            advice="UN Comtrade has countries alone: CHN, DEU, USA …",
        )
    return NUMBERS.get(reporter) or str(int(country.numeric))


def datasets(transport: Transport, reporter: str, months: Sequence[str], base: str | None = None) -> dict[str, str]:
    """The checksum and the day of the newest dataset of each month that the service has. Raises Refused and Unreachable."""
    found: dict[str, str] = {}
    for start in range(0, len(months), MONTHS_MAX):
        periods = ",".join(month.replace("-", "") for month in months[start : start + MONTHS_MAX])
        address = f"{base or BASE}/public/v1/getDA/C/M/HS?reporterCode={number_of(reporter)}&period={periods}"
        for row in _list(_get(transport, address, None), address):
            plain = {str(name).lower(): text for name, text in row.items()}
            if missing := [name for name in ("period", "datasetchecksum", "lastreleased") if not plain.get(name)]:
                raise Refused(
                    "columns",
                    where=address,
                    found=f"no {', '.join(missing)}",
                    advice="The form of getDA has changed; see tasks/fetch/comtrade.py.",
                )
            period = str(plain["period"])
            found[f"{period[:4]}-{period[4:]}"] = f"{plain['lastreleased']} {plain['datasetchecksum']}"
    return found


def rows_of(
    transport: Transport, reporter: str, flow: str, product: str, month: str, secret: str | None, base: str | None = None
) -> bytes:  # fmt: skip
    """The answer about one product and month, for all partners. Raises Refused and Unreachable."""
    place = "data/v1/get" if secret else "public/v1/preview"
    address = (
        f"{base or BASE}/{place}/C/M/HS?reporterCode={number_of(reporter)}&period={month.replace('-', '')}&cmdCode={product}&flowCode={FLOWS[flow]}"
        "&motCode=0&customsCode=C00&partner2Code=0&includeDesc=true"
    )
    return _get(transport, address, Key(PARAMETER, secret) if secret else None)


def read_compared(inbox: Path, reporter: str) -> dict[str, str]:
    """What was compared before: the dataset of each question, by its name. An unreadable note means nothing was."""
    try:
        known = json.loads((inbox / NOTES / NOTE).read_bytes()).get(reporter, {})
    except (OSError, ValueError, AttributeError):
        return {}
    return {str(name): str(dataset) for name, dataset in known.items()} if isinstance(known, dict) else {}


def note_compared(inbox: Path, reporter: str, compared: Mapping[str, str]) -> None:
    """Remember the datasets of a reporter that were compared: checksums and days, no figure."""
    place = inbox / NOTES / NOTE
    try:
        known = json.loads(place.read_bytes())
    except (OSError, ValueError):
        known = {}
    known = known if isinstance(known, dict) else {}
    place.parent.mkdir(parents=True, exist_ok=True)
    known[reporter] = {**read_compared(inbox, reporter), **compared}
    write_at_once(place, (json.dumps(known, indent=1, sort_keys=True) + "\n").encode())


def _get(transport: Transport, address: str, key: Key | None) -> bytes:
    answer = transport.get(address, key=key)
    assert answer is not None  # no condition was sent
    return answer.body


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
