"""Fetches HMRC: an answer for each month and direction, page by page.

Signal of news: none; rows are replaced and have no date, so each month is requested again and compared by its records.
A month appears about 43 days after its end. Open Government Licence v3.0, no key; more than 60 requests a minute are
answered with 403 for some seconds, and a request for many years with 500.
"""

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote
from zoneinfo import ZoneInfo

from schemas.forms.fetch import FetchRequest
from tasks.fetch.plan import months_of, products_of, short
from tasks.fetch.question import Question

SOURCE = "hmrc_ots"
BASE = "https://api.uktradeinfo.com"
ZONE = ZoneInfo("Europe/London")
FLOWS = {"import": (1, 3), "export": (2, 4)}
FIELDS = {2: "Hs2Code", 4: "Hs4Code", 6: "Hs6Code", 8: "Cn8Code"}
EXPAND = "Commodity($select=Cn8Code)"
PAGE_SIZE = 10_000
THROTTLED = frozenset({403})


def questions(request: FetchRequest, today: date) -> Iterator[Question]:
    """Yield a question for each month and direction, the newest month first."""
    products = products_of(request)
    field = FIELDS[len(products[0])]
    codes = " or ".join(f"Commodity/{field} eq '{code}'" for code in products)
    for month in reversed(months_of(request, today)):
        for flow in request.flows:
            first, second = FLOWS[flow]
            # A list in brackets, as other such services accept, is answered with 403.
            chosen = f"MonthId eq {month.replace('-', '')} and (FlowTypeId eq {first} or FlowTypeId eq {second}) and ({codes})"
            query = f"$filter={quote(chosen, safe='')}&$expand={quote(EXPAND, safe='$=(),')}&$top={PAGE_SIZE}"
            yield Question(
                name=f"hmrc_{flow}_{short(products)}_{month}", source=SOURCE, address=f"{request.base or BASE}/OTS?{query}", form="json", zone=ZONE,
                title=f"HMRC Overseas Trade Statistics, {flow}s of {short(products)} in {month}",
                declared={"reporter": "GBR", "flow": flow, "partners": "all", "products": products, "months": month},
                retry_on=THROTTLED, page_size=PAGE_SIZE,
            )  # fmt: skip
