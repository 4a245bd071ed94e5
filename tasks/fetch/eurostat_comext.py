"""Fetches Eurostat Comext: one answer for each reporter and direction, for all products and months together.

Signal of news: none for a single number. `LAST UPDATE` is that of the whole dataset, so each answer is requested again
and compared by its records. Published at 11:00 in Luxembourg on the days of its calendar. Free of charge, CC BY 4.0, no
key.
"""

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from schemas.forms.fetch import FetchRequest
from schemas.reference.code_tables import partner_codes
from tasks.domain.errors import Refused
from tasks.fetch.plan import months_of, products_of, short
from tasks.fetch.question import Question
from tasks.sources.eurostat_comext import CODES, MASS, VALUE

SOURCE = "eurostat_comext"
BASE = "https://ec.europa.eu"
PATH = "/eurostat/api/comext/dissemination/sdmx/2.1/data/DS-045409"
ZONE = ZoneInfo("Europe/Luxembourg")
FLOWS = {"import": "1", "export": "2"}
UNION = "EU27_2020"


def questions(request: FetchRequest, today: date) -> Iterator[Question]:
    """Yield a question for each reporter and direction. Raises Refused for a reporter that Eurostat does not have."""
    products, months = products_of(request), months_of(request, today)
    codes = reporters()
    unknown = [reporter for reporter in request.reporters if reporter not in codes]
    if unknown:
        raise Refused(
            "unknown reporter", where="reporters", found=", ".join(unknown), advice=f"It is one of {', '.join(codes)}."
        )
    for reporter in request.reporters or codes:
        for flow in request.flows:
            key = f"M.{codes[reporter]}..{'+'.join(products)}.{FLOWS[flow]}.{VALUE}+{MASS}"
            yield Question(
                name=f"comext_{reporter}_{flow}_{short(products)}_from_{months[0]}", source=SOURCE, form="csv", zone=ZONE,
                address=f"{request.base or BASE}{PATH}/{key}?format=SDMX-CSV&compressed=false&startPeriod={months[0]}&endPeriod={months[-1]}",
                title=f"Eurostat Comext DS-045409, {reporter}, {flow}s of {short(products)} from {months[0]}",
                declared={"reporter": reporter, "flow": flow, "partners": "all", "products": products}, first_month=months[0],
            )  # fmt: skip


def reporters() -> dict[str, str]:
    """Return our key of each reporter and Eurostat's code: the EU first, then its members."""
    members = (
        partner_codes(CODES).filter(pl.col("part_of") == "INT_EU27_2020", kind="country", valid_to="").sort("partner")
    )
    return {"EU27": UNION, **dict(members.select("partner", "code").iter_rows())}
