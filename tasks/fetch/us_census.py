"""Fetches the US Census Bureau: an answer for each product, direction and year, with the free key that every call
needs.

Signal of news: none but the day of release; the months of this year and of last year are issued again with each
release, and the year before those with the April statistics, which come in June. The key is read from the environment
or a secret block and is in no file. Without a key the source is skipped.
"""

from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from schemas.forms.fetch import FetchRequest
from tasks.fetch.plan import months_of, products_of
from tasks.fetch.question import Question

SOURCE = "us_census"
BASE = "https://api.census.gov"
PATH = "/data/timeseries/intltrade"
ZONE = ZoneInfo("America/New_York")
PARAMETER = "key"
COLUMNS = {
    "import": "CTY_CODE,CTY_NAME,GEN_VAL_MO,GEN_CIF_MO,GEN_QY1_MO,UNIT_QY1,GEN_QY1_MO_FLAG,GEN_QY2_MO,UNIT_QY2,SUMMARY_LVL,LAST_UPDATE",
    "export": "CTY_CODE,CTY_NAME,ALL_VAL_MO,QTY_1_MO,UNIT_QY1,QTY_1_MO_FLAG,QTY_2_MO,UNIT_QY2,DF,SUMMARY_LVL,LAST_UPDATE",
}
PRODUCT = {"import": "I_COMMODITY", "export": "E_COMMODITY"}
LEVEL = "HS10"
REISSUED = (6, 7)


def questions(request: FetchRequest, today: date) -> Iterator[Question]:
    """Yield a question for each product, direction and year."""
    months = months_of(request, today)
    years = sorted({month[:4] for month in months})
    if request.months is None and today.month in REISSUED:
        years = [str(today.year - 2), *years]
    for year in reversed(years):
        asked = [month for month in months if month[:4] == year] or [f"{year}-01", f"{year}-12"]
        for product in products_of(request):
            for flow in request.flows:
                query = {
                    "get": COLUMNS[flow], "COMM_LVL": LEVEL, PRODUCT[flow]: f"{product}*", "time": f"from {asked[0]} to {asked[-1]}",
                }  # fmt: skip
                yield Question(
                    name=f"census_{flow}_{product}_{year}", source=SOURCE, form="json", zone=ZONE,
                    address=f"{request.base or BASE}{PATH}/{flow}s/hs?{urlencode(query, safe=',*')}",
                    title=f"US Census, {flow}s of {product} in {year}",
                    declared={"reporter": "USA", "flow": flow, "partners": "all", "products": [product]}, first_month=asked[0],
                )  # fmt: skip
