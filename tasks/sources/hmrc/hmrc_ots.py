"""Reads HM Revenue and Customs' Overseas Trade Statistics (OTS) of the United Kingdom, from the uktradeinfo API.

Who and when: HMRC publishes a month about 43 days after it, together with the revised months of the year. Open, without
a key (Open Government Licence v3.0). Rows are replaced and have no date, so each answer is a vintage.

Address: https://api.uktradeinfo.com/OTS?$filter=MonthId eq 202606 and (FlowTypeId eq 1 or FlowTypeId eq 3) and …
&$expand=Commodity($select=Cn8Code)&$top=10000&$skip=0. `in (…)` is answered with 403;
there is no link to a next page: `$skip` goes on until a page is short. More than 60 requests a minute are answered with
403 and a sentence, or the text "rejected", for some seconds; a request for all years at once, with 500.

Layout: OData, a file holds the pages one after another:

    {"@odata.context": …, "value": [{"MonthId": 202606, "FlowTypeId": 3, "SuppressionIndex": 0, "CommodityId": 85051110,
     "CommoditySitcId": …, "CountryId": 720, "PortId": 131, "Value": 1000.0, "NetMass": 100.0, "SuppUnit": 0.0, …}]}

Value in pounds (imports CIF, exports FOB), NetMass in kilograms. FlowTypeId 1 and 3
are imports from the EU and from elsewhere, 2 and 4 exports. A row is of one port; the rows of a partner, product and
month are added up here, and the note of a sum lists the numbers of its records.

Codes: CN8. CommodityId is the code without its leading zero, so Cn8Code is read. A negative CommodityId (-990 …) and a
code of fewer digits mean trade below the reporting thresholds or without detail: lines of their own, never a part of a
sum over codes. Countries by CountryId, as in the table Country of the API: estimates (959) and low value trade with
the EU (962) have the same letters QV there, 400 and 902 are both US, and confidential trade (977) and the rest of a
region (1001 to 1007) have no letters.

A SuppressionIndex other than 0 hides a part of a row, quantities most often; its quantity is then not used, and a sum
with such a part has no quantity. A null NetMass is
unknown, not zero: the record then has a unit without a number.

Unsure: the unit of SuppUnit is not in the answer, so it is left out. No whole answer was available; the layout is that
of single rows.

Fetched: an answer for each month and direction, page by page. Nothing says what is new: each month is asked for again
and compared by its records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import polars as pl

from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused, refuse_first
from tasks.domain.text import clip, counted
from tasks.sources.adapter.protocol import FirstFetch, Parsed, Site, Source, WantedFile, months_of, products_of, short
from tasks.sources.adapter.records import as_reported, doubt_copies, doubt_nulls, of_sums
from tasks.sources.formats.json_text import number_in, read_documents, refuse_cut, refuse_nested, rows_of

if TYPE_CHECKING:
    from schemas.forms.fetch import FetchRequest

FLOWS = {"1": "import", "2": "export", "3": "import", "4": "export"}
NEEDED = ("MonthId", "FlowTypeId", "SuppressionIndex", "CommodityId", "CountryId", "PortId", "Value", "NetMass")
# Records of other tables that a row may contain, beside the number of each.
EXPANDED = ("Commodity", "Country", "Port")
DIGITS = 8
PARTNER = r"^[0-9]{1,4}$"
# A record of a bulk file since 2022.
BULK = re.compile(rb"[^\n]*\n?[0-9]{13}[0-9 ]{8}[0-9 ]{5}[0-9]{3}[A-Z ]{2}")
ROUND_PAGE = 1_000
RECORDS_SHOWN = 40
AGAIN = "Ask the API again: $expand=Commodity($select=Cn8Code)."
Key = tuple[str, str, str, str]
BASE = "https://api.uktradeinfo.com"
ZONE = ZoneInfo("Europe/London")
FIELDS = {2: "Hs2Code", 4: "Hs4Code", 6: "Hs6Code", 8: "Cn8Code"}
EXPAND = "Commodity($select=Cn8Code)"
PAGE_SIZE = 10_000
THROTTLED = frozenset({403})


def parse(raw: bytes, where: str) -> Parsed:
    """The sums over ports of an answer, in order of their first record. Raises Refused; `where` names the file in
    messages."""
    if b"comcode" in raw[:40] or raw.split(b"\n", 1)[0].count(b"|") > 1:
        raise Refused(
            "other download",
            where,
            "records of HMRC's bulk data files (SMKI19, SMKE19, SMKX46 …)",
            "This source reads answers of the API of uktradeinfo.com: tidewaiter fetch hmrc_ots, or "
            f"{BASE}/OTS with $expand={EXPAND}.",
        )
    if BULK.match(raw):
        raise Refused(
            "other download",
            where,
            "records of fixed width, the form of HMRC's bulk data sets",
            'Write source = "hmrc_bulk" next to it, or give --source hmrc_bulk.',
        )
    documents = read_documents(raw, where)
    pages = [rows_of(document, "value", where) for document in documents]
    _refuse_repeated_pages(pages, where)
    rows = [row for page in pages for row in page]
    proof = refuse_cut(documents, len(rows), where)
    refuse_nested(rows, where, EXPANDED)
    if not rows:
        raise Refused("no records", where, "an answer without a row", "The month may not be out yet; ask again later.")
    sums: dict[Key, list[tuple[int, dict[str, Any]]]] = {}
    for number, row in enumerate(rows, 1):
        sums.setdefault(_key(row, number, where), []).append((number, row))
    records = [_sum(key, parts, where) for key, parts in sums.items()]
    # Whether a port may have several rows is not known; rows that are equal throughout are copies.
    texts = pl.DataFrame(
        {
            "record": range(1, len(rows) + 1),
            "every field": [str(sorted(row.items())) for row in rows],
            "sum": [str(_key(row, number, where)) for number, row in enumerate(rows, 1)],
        }
    )
    values = pl.DataFrame({"record": texts["record"], "Value": [row["Value"] for row in rows]}, strict=False)
    goes_on = [*_doubt_end(pages, where)]
    doubts = [
        *of_sums(doubt_copies(texts, ["every field"], where), texts, ["sum"]),
        *doubt_nulls(values, ["Value"], where),
        *goes_on,
        *_doubt_suppressed(rows, where),
        *_doubt_negative(rows, where),
    ]
    note = f"{counted(len(rows), 'record')} of single ports added up to {len(records):,} of partners"
    reported = as_reported(pl.DataFrame(records, infer_schema_length=None))
    if not proof and not goes_on and len(pages) > 1:
        proof = f"{len(pages):,} pages, of which the last is shorter"
    return Parsed(reported, "utf-8", (note,), tuple(doubts), reporter="GBR", proof=proof)


def _key(row: dict[str, Any], number: int, where: str) -> Key:
    """Period, direction, product and partner of a row. Raises Refused where a field is missing."""
    place = f"{where}, record {number}"
    missing = [name for name in NEEDED if name not in row]
    if missing:
        raise Refused("columns", place, f"no {', '.join(missing)}", AGAIN)
    for name in EXPANDED:
        record = row.get(name) or {}
        if not isinstance(record, dict) or record.get(f"{name}Id", row[f"{name}Id"]) != row[f"{name}Id"]:
            mistake = f"{name} '{clip(str(record))}' beside {name}Id {clip(str(row[f'{name}Id']))}"
            raise Refused("columns", place, mistake, f"It is a record of that number, or is not there. {AGAIN}")
    code, commodity = (row.get("Commodity") or {}).get("Cn8Code"), str(row["CommodityId"])
    country = str(row["CountryId"])
    is_line = commodity.startswith("-")
    refuse_first(
        place,
        (code is None and not is_line, "no codes", "no Cn8Code", AGAIN),
        (
            code is not None and not is_line and str(code).strip().lstrip("0") != commodity,
            "no codes",
            f"Cn8Code '{clip(str(code))}' of CommodityId {clip(commodity)}, which has the same digits",
            AGAIN,
        ),
        (
            not (country.isascii() and country.isdecimal()),
            "no codes",
            f"CountryId {clip(country)}, no number",
            AGAIN,
        ),
    )
    if row["FlowTypeId"] not in FLOWS:
        flow_type = f"FlowTypeId {clip(str(row['FlowTypeId']))}"
        raise Refused("unknown flow", place, flow_type, "It is 1 to 4; mend tasks/sources/hmrc/hmrc_ots.py.")
    return str(row["MonthId"]), FLOWS[row["FlowTypeId"]], _product(str(row["CommodityId"]), code), country


def _product(commodity: str, code: str | None) -> str:
    if commodity.startswith("-"):
        return f"line:hmrc_{commodity[1:]}"
    assert code is not None  # asked for in _key
    code = code.strip()
    return code if len(code) == DIGITS or not code.isdecimal() else f"line:cn8_{code}"


def _sum(key: Key, parts: list[tuple[int, dict[str, Any]]], where: str) -> dict[str, Any]:
    period, flow, product, partner = key
    numbers = [str(number) for number, _ in parts]
    value, mass = _added(parts, "Value", where), _added(parts, "NetMass", where)
    return {
        "record": parts[0][0],
        "period": period,
        "flow": flow,
        "product": product,
        "partner": partner,
        "value": value,
        "currency": "GBP",
        "quantity": mass,
        "quantity_unit": "KG",
        "note": (
            f"sum of records {', '.join(numbers[:RECORDS_SHOWN])}"
            + (f" and {len(numbers) - RECORDS_SHOWN} more" if len(numbers) > RECORDS_SHOWN else "")
        ),
    }


def _added(parts: list[tuple[int, dict[str, Any]]], name: str, where: str) -> str | None:
    """The exact sum of a number over ports; None where it is not known for each."""
    total = Decimal(0)
    for number, row in parts:
        if row[name] is None or (name == "NetMass" and row["SuppressionIndex"] != "0"):
            return None
        total += number_in(row, name, f"{where}, record {number}", AGAIN)
    return f"{total:f}"


def _refuse_repeated_pages(pages: list[list[dict[str, Any]]], where: str) -> None:
    full = [page for page in pages if page]
    twice = next((at for at, page in enumerate(full) if page in full[:at]), None)
    if twice is not None:
        mistake = "the same rows as on an earlier page"
        raise Refused("page twice", f"{where}, page {twice + 1}", mistake, "Ask again: $skip was not heeded.")


def _doubt_end(pages: list[list[dict[str, Any]]], where: str) -> Iterator[dict[str, str]]:
    """Finds an answer that may continue: its last page is as long as the longest, or its only page has a round size."""
    longest, last = max(map(len, pages)), len(pages[-1])
    if last and ((len(pages) > 1 and last == longest) or (len(pages) == 1 and last % ROUND_PAGE == 0)):
        yield finding(
            "no_last_page",
            "error",
            where,
            observed=f"a last page of {last:,} rows",
            expected="a last page that is shorter than the others",
            advice="Ask for the next page by $skip until one is short; approve where the answer is whole all the same.",
        )


def _doubt_suppressed(rows: list[dict[str, Any]], where: str) -> Iterator[dict[str, str]]:
    hidden = [number for number, row in enumerate(rows, 1) if row["SuppressionIndex"] != "0"]
    if hidden:
        yield finding(
            "suppressed",
            "warning",
            where,
            observed=f"{counted(len(hidden), 'record')} with a SuppressionIndex, first record {hidden[0]}",
            expected="rows without suppression",
            advice="Their quantities are not known and not zero; their values are published.",
        )


def _doubt_negative(rows: list[dict[str, Any]], where: str) -> Iterator[dict[str, str]]:
    """Finds numbers of a port below zero, with which HMRC corrects others; a sum below zero is set aside like any such
    number."""
    negative = [
        number
        for number, row in enumerate(rows, 1)
        if any(str(row[name]).startswith("-") for name in ("Value", "NetMass"))
    ]
    if negative:
        yield finding(
            "negative_part",
            "warning",
            where,
            observed=f"{counted(len(negative), 'record')} with a number below zero, first record {negative[0]}",
            expected="numbers of zero or more",
            advice="They are added up as corrections of other ports: compare the sum with the site before you cite it.",
        )


def questions(request: FetchRequest, today: date, site: Site) -> Iterator[WantedFile]:
    """Yield a question for each month and direction, the newest month first."""
    products = products_of(request)
    field = FIELDS[len(products[0])]
    codes = " or ".join(f"Commodity/{field} eq '{code}'" for code in products)
    for month in reversed(months_of(request, today)):
        for flow in request.flows:
            first, second = (number for number, name in FLOWS.items() if name == flow)
            # A list in brackets, as other such services accept, is answered with 403.
            chosen = (
                f"MonthId eq {month.replace('-', '')} and (FlowTypeId eq {first} or FlowTypeId eq {second}) and"
                f" ({codes})"
            )
            query = f"$filter={quote(chosen, safe='')}&$expand={quote(EXPAND, safe='$=(),')}&$top={PAGE_SIZE}"
            yield WantedFile(
                name=f"hmrc_{flow}_{short(products)}_{month}",
                source="hmrc_ots",
                address=f"{request.base or BASE}/OTS?{query}",
                form="json",
                zone=ZONE,
                title=f"HMRC Overseas Trade Statistics, {flow}s of {short(products)} in {month}",
                declared={"reporter": "GBR", "flow": flow, "partners": "all", "products": products, "months": month},
                retry_on=THROTTLED,
                page_size=PAGE_SIZE,
            )


SOURCE = Source(
    name="hmrc_ots",
    titles={"en": "HM Revenue & Customs, OTS API", "zh": "英国税务海关总署OTS接口"},
    kind="query",
    needs=(),
    parse=parse,
    reporter="GBR",
    currency="GBP",
    partner_code=PARTNER,
    code_list="hmrc",
    nomenclature="CN8",
    has_lines=True,
    calendar="hmrc_ots",
    base=BASE,
    questions=questions,
    first_fetch=FirstFetch("month"),
    proof=(
        "a count of rows in the answer, or several pages of which the last is shorter; one page without a count has no"
        " proof but that it names no next page"
    ),
    experimental="single rows of answers, and the sums of twelve months, have been read; no whole answer",
    licence="Open Government Licence v3.0",
)
