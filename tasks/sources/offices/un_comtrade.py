"""Reads UN Comtrade's monthly trade by HS code and country, from the Comtrade API, for any reporter.

Who and when: the United Nations Statistics Division passes on what national authorities send it, 2 to 18 months after
the month. UN Comtrade forbids redistribution without permission: its figures are for one's own use. An own file of a
customs authority is nearer to the source, so these statements have the last place in the order of trust (kind
`collected`).

Address: https://comtradeapi.un.org/public/v1/preview/C/M/HS?reporterCode=410&period=202412&cmdCode=850511&flowCode=M
&motCode=0&customsCode=C00&partner2Code=0&includeDesc=true (no key, at most 500 rows, cut off without a word); with a
key /data/v1/get/ with the same parameters.

Layout: JSON, `{"elapsedTime": …, "count": 20, "data": [{…}], "error": ""}`; a file holds one answer or several. Texts
such as reporterISO are null where includeDesc was not asked for, so codes are read.

Rows of breakdowns: some reporters give rows by mode of transport (motCode), customs procedure (customsCode) and second
partner (partner2Code) beside their total or in place of it; adding them up would count trade several times. The row
with motCode 0, customsCode C00 and partner2Code 0 is the whole; a partner without one is refused. partnerCode 0 is the
world: where all partners were asked for it is compared with their sum and not published. Re-exports (RX) are part of
exports (X) and are left out, like other flows than M and X.

Value in US dollars (primaryValue): exports FOB; imports CIF, except where only fobvalue is given. Weight in kilograms
(netWgt), where it was reported: 0 means unknown, isNetWgtEstimated means that the service estimated it, and one unit
value of ten partners or more is an estimate without the flag. Such a weight is unknown. Other quantities are left out.
Values are converted and have decimals: both numbers are rounded to whole dollars and kilograms, and totals are compared
before.

Codes: partner and reporter by M49 with exceptions (699 India, 757 Switzerland, 842 United States, 490 Taiwan). A month
is refMonth 1 to 12; 52 means the year. classificationCode says in which edition of the HS the reporter counts (H5, H6).

Fetched: an answer for each reporter, direction and month that the service has, for all products; without a key one for
each product. `getDA` has a checksum and a day for each dataset (a reporter's month). They are the fragment of the
address, which is not sent, so a month is asked for again only where its dataset has changed. The key is free, with 500
calls a day; without one the public preview answers, which ends at 500 rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import polars as pl

from schemas import settings
from schemas.reference.code_tables import partner_codes
from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused, refuse_first
from tasks.domain.text import clip, counted, named
from tasks.sources.adapter.protocol import (
    FirstFetch,
    KeyNeed,
    Parsed,
    Site,
    Source,
    WantedFile,
    months_of,
    products_of,
    short,
)
from tasks.sources.adapter.records import as_reported
from tasks.sources.adapter.totals import part_totals
from tasks.sources.formats.json_text import number_in, read_documents, refuse_cut, refuse_nested, rows_of

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchRequest

CODES = "un_comtrade"
FLOWS = {"M": "import", "X": "export"}
WORLD = "0"
WHOLE = {"motCode": "0", "customsCode": "C00", "partner2Code": "0"}
CAPS = (500, 100_000, 250_000)
YEAR = "52"
# So many partners with one unit value, to so many digits, do not trade so: the weight is an estimate.
ALIKE_MIN, SIGNIFICANT = 10, 5
NEEDED = (
    "freqCode",
    "refMonth",
    "period",
    "reporterCode",
    "flowCode",
    "partnerCode",
    "cmdCode",
    "primaryValue",
    "netWgt",
    "isNetWgtEstimated",
    *WHOLE,
)
TEXTS = ("period", "reporterCode", "flowCode", "partnerCode", "cmdCode")
AGAIN = "Ask again by month, with motCode=0, customsCode=C00 and partner2Code=0, and for fewer products."
Row = dict[str, Any]
BASE = "https://comtradeapi.un.org"
ZONE = ZoneInfo("America/New_York")
MONTHS_MAX = 12


def parse(raw: bytes, where: str) -> Parsed:
    """The totals of each partner, as printed. Raises Refused; `where` names the file in messages."""
    rows = [row for document in read_documents(raw, where) for row in _rows(document, where)]
    if not rows:
        raise Refused(
            "no records",
            where,
            "an answer without a row",
            "The reporter may not have sent the month yet; ask again later.",
        )
    numbered = [*enumerate(rows, 1)]
    for number, row in numbered:
        _refuse_other_rows(row, f"{where}, record {number}")
    whole = [
        (number, row)
        for number, row in numbered
        if row["flowCode"] in FLOWS and all(row[name] == code for name, code in WHOLE.items())
    ]
    _refuse_breakdowns(numbered, whole, where)
    _refuse_levels(whole, where)
    estimated = _estimated(whole, where)
    records = [_record(number, row, number in estimated, where) for number, row in whole]
    frame = pl.DataFrame(records, infer_schema_length=None)
    parted = part_totals(
        frame.select("record", "flow", "period", "product", "partner", number="exact"),
        CODES,
        ("flow", "period", "product"),
        where,
        {"^[0-9]+$": WORLD},
    )
    aside = len(rows) - len(whole)
    note = f"{counted(aside, 'record')} of breakdowns or other flows are left out: their totals stand beside them"
    notes = (note,) if aside else ()
    reported, totals = (as_reported(frame.filter(mask)) for mask in (parted.kept, parted.totals))
    return Parsed(
        reported,
        "utf-8",
        (*notes, *parted.notes),
        (*parted.doubts, *_doubt_weights(estimated, where), *_doubt_valuation(whole, where)),
        None,
        _reporter(rows, where),
        totals,
        parted.short,
        proof=f"{counted(len(rows), 'row')}, as the answer counts",
    )


def _rows(document: Any, where: str) -> list[Row]:
    rows = rows_of(document, "data", where)
    count, other = (
        str(document.get("count")),
        f"{len(rows)} rows, where the answer counts {document.get('count') or 'none'}",
    )
    is_cap = count in map(str, CAPS) or len(rows) in CAPS
    refuse_first(
        where,
        (is_cap, "cut off", f"{count} rows, the limit of the service", f"The rest is missing. {AGAIN}"),
        (count != str(len(rows)), "cut off", other, AGAIN),
    )
    refuse_cut([document], len(rows), where)
    refuse_nested(rows, where)
    return rows


def _refuse_other_rows(row: Row, place: str) -> None:
    missing = [name for name in NEEDED if name not in row]
    if missing:
        raise Refused("columns", place, f"no {', '.join(missing)}", AGAIN)
    if other := [name for name in TEXTS if not isinstance(row[name], str)]:
        raise Refused("columns", place, f"{other[0]} is '{clip(str(row[other[0]]))}', no code", AGAIN)
    if row["freqCode"] != "M" or row["refMonth"] == YEAR:
        raise Refused("frequency", place, f"{clip(str(row['period']))}, a whole year", AGAIN)


def _key(row: Row) -> tuple[str, ...]:
    return row["flowCode"], row["period"], row["cmdCode"], row["partnerCode"]


def _refuse_breakdowns(numbered: list[tuple[int, Row]], whole: list[tuple[int, Row]], where: str) -> None:
    """Refuse a partner that has parts without their total, and one with two totals."""
    totals = Counter(_key(row) for _, row in whole)
    lacking = sorted(
        {row["partnerCode"] for _, row in numbered if row["flowCode"] in FLOWS and _key(row) not in totals}
    )
    if lacking:
        raise Refused(
            "breakdown rows",
            where,
            "rows of single modes of transport, procedures or second partners without their total: partner"
            f" {named(lacking)}",
            AGAIN,
        )
    twice = next((number for number, row in whole if totals[_key(row)] > 1), None)
    if twice is not None:
        raise Refused("total twice", f"{where}, record {twice}", "two totals of one partner", AGAIN)


def _refuse_levels(whole: list[tuple[int, Row]], where: str) -> None:
    """Refuse codes of several levels in one file, which contain one another, and words in place of codes."""
    lengths = {len(row["cmdCode"]) if row["cmdCode"].isdecimal() else 0 for _, row in whole}
    if len(lengths) > 1 or not lengths <= {2, 4, 6}:
        codes = sorted({row["cmdCode"] for _, row in whole})
        raise Refused(
            "mixed levels", f"{where}, cmdCode", f"'{clip(', '.join(codes[:4]))}'", "Ask for HS codes of one length."
        )


def _reporter(rows: list[Row], where: str) -> str:
    codes = sorted({str(row["reporterCode"]) for row in rows})
    known = dict(partner_codes(CODES).filter(kind="country").select("code", "partner").iter_rows())
    if len(codes) > 1 or codes[0] not in known:
        raise Refused(
            "reporter",
            f"{where}, reporterCode",
            named(codes),
            "Ask for one reporter at a time." if len(codes) > 1 else "Add its row to partner_codes.csv.",
        )
    return str(known[codes[0]])


def _estimated(whole: list[tuple[int, Row]], where: str) -> set[int]:
    """The records whose weight the service estimated, by its flag or by one unit value of many partners."""
    flagged = {number for number, row in whole if row["isNetWgtEstimated"] is not False}
    world = {number for number, row in whole if row["partnerCode"] == WORLD}
    prices = {}
    for number, row in whole:
        value, mass = (_number(row, name, f"{where}, record {number}") for name in ("primaryValue", "netWgt"))
        if number not in flagged and mass:
            prices[number] = f"{value / mass:.{SIGNIFICANT}g}"
    times = Counter(price for number, price in prices.items() if number not in world)
    alike = {price for price, count in times.items() if count >= ALIKE_MIN}
    # Where these are most of the weights the others differ by rounding alone.
    if 2 * sum(times[price] for price in alike) >= times.total() > 0:
        alike = {*prices.values()}
    return flagged | {number for number, price in prices.items() if price in alike or (alike and number in world)}


def _number(row: Row, name: str, place: str) -> Decimal:
    """A number of a row; an unknown weight is 0, as the service writes it. Raises Refused."""
    return Decimal(0) if row[name] is None and name == "netWgt" else number_in(row, name, place, AGAIN)


def _record(number: int, row: Row, is_estimated: bool, where: str) -> dict[str, Any]:
    value, mass = (_number(row, name, f"{where}, record {number}") for name in ("primaryValue", "netWgt"))
    return {
        "record": number,
        "flow": FLOWS[row["flowCode"]],
        "period": row["period"],
        "product": row["cmdCode"],
        "product_name": row.get("cmdDesc"),
        "partner": row["partnerCode"],
        "partner_name": row.get("partnerDesc"),
        "exact": f"{value:f}",
        "value": _whole(value),
        "currency": "USD",
        "quantity": _whole(mass) if mass and not is_estimated else None,
        "quantity_unit": "KG",
    }


def _whole(number: Decimal) -> str:
    return f"{number.quantize(Decimal(1), ROUND_HALF_UP):f}"


def _doubt_weights(estimated: set[int], where: str) -> Iterator[dict[str, str]]:
    if estimated:
        yield finding(
            "weight_estimated",
            "warning",
            where,
            observed=f"{counted(len(estimated), 'weight')} that UN Comtrade estimated, first record {min(estimated)}",
            expected="weights that the reporter sent",
            advice="They are unknown and not zero; the values are published.",
        )


def _doubt_valuation(whole: list[tuple[int, Row]], where: str) -> Iterator[dict[str, str]]:
    """Some reporters (Canada) count imports FOB; the mirror then needs no margin for freight."""
    fob = [
        number for number, row in whole if row["flowCode"] == "M" and row.get("fobvalue") and not row.get("cifvalue")
    ]
    if fob:
        yield finding(
            "imports_fob",
            "info",
            where,
            observed=f"{counted(len(fob), 'import')} valued FOB, first record {fob[0]}",
            expected="imports CIF",
            advice="The reporter counts imports without freight: do not compare them with CIF imports of others.",
        )


def questions(request: FetchRequest, today: date, site: Site) -> Iterator[WantedFile | Fetched]:
    """Yield the questions, newest month first, and what became of a list. Raises Refused for an unknown reporter."""
    if not request.reporters:
        raise Refused("no reporter", "reporters", "none", "Name whose trade is asked for: --reporter KOR.")
    products, place = products_of(request), "data/v1/get" if site.has_key else "public/v1/preview"
    letters = {flow: letter for letter, flow in FLOWS.items()}
    for reporter, number in [(reporter, number_of(reporter)) for reporter in request.reporters]:
        ask = partial(datasets, site, number, months_of(request, today), request.base or BASE)
        newest = site.tried(f"un_comtrade, list of {reporter}", ask)
        if not isinstance(newest, dict):
            yield newest
            continue
        for month in sorted(newest, reverse=True):
            for flow in request.flows:
                for some in [products] if site.has_key else [[product] for product in products]:
                    query = (
                        f"reporterCode={number}&period={month.replace('-', '')}"
                        f"&cmdCode={','.join(some)}&flowCode={letters[flow]}"
                        "&motCode=0&customsCode=C00&partner2Code=0&includeDesc=true"
                    )
                    yield WantedFile(
                        name=f"comtrade_{reporter}_{flow}_{short(some)}_{month}",
                        source="un_comtrade",
                        form="json",
                        zone=ZONE,
                        again=False,
                        address=f"{request.base or BASE}/{place}/C/M/HS?{query}#{quote(newest[month], safe='')}",
                        title=f"UN Comtrade, {reporter}, {flow}s of {short(some)} in {month}",
                        declared={"reporter": reporter, "flow": flow, "partners": "all", "products": some},
                        first_month=month,
                    )


def number_of(reporter: str) -> str:
    """Return the service's number of a reporter. Raises Refused for one that is no country."""
    countries = partner_codes(CODES).filter(kind="country", partner=reporter)
    if not countries.height:
        raise Refused("unknown reporter", "reporters", reporter, "UN Comtrade has countries alone: KOR, IND, BRA …")
    return str(countries["code"][0])


def datasets(site: Site, number: str, months: Sequence[str], base: str) -> dict[str, str]:
    """Return the day and the checksum of the newest dataset of each month that the service has. Raises Refused and
    Unreachable."""
    newest: dict[str, str] = {}
    for start in range(0, len(months), MONTHS_MAX):
        periods = ",".join(month.replace("-", "") for month in months[start : start + MONTHS_MAX])
        address = f"{base}/public/v1/getDA/C/M/HS?reporterCode={number}&period={periods}"
        answer = site.get(address)
        for row in (
            row for document in read_documents(answer.body, address) for row in rows_of(document, "data", address)
        ):
            plain = {str(name).lower(): text for name, text in row.items()}
            if missing := [name for name in ("period", "datasetchecksum", "lastreleased") if not plain.get(name)]:
                raise Refused(
                    "columns",
                    address,
                    f"no {', '.join(missing)}",
                    "The form of getDA has changed; see tasks/sources/offices/un_comtrade.py.",
                )
            period = str(plain["period"])
            newest[f"{period[:4]}-{period[4:]}"] = f"{plain['lastreleased']} {plain['datasetchecksum']}"
    return newest


SOURCE = Source(
    name="un_comtrade",
    titles={"en": "UN Comtrade", "zh": "联合国Comtrade"},
    kind="collected",
    needs=(),
    parse=parse,
    reporter="",
    currency="",
    partner_code=r"^[0-9]{1,4}$",
    code_list=CODES,
    nomenclature="HS6",
    base=BASE,
    questions=questions,
    first_fetch=FirstFetch("month"),
    proof="the end of the JSON, the count of rows in each answer, and the printed total of all partners",
    key=KeyNeed(settings.COMTRADE_KEY, "subscription-key", required=False),
    licence="not to be given to others without the permission of the United Nations",
    forbids="The numbers of UN Comtrade may not be given to others without its permission.",
    permission=settings.COMTRADE_PERMISSION,
    collector="UN Comtrade",
    require_reporter=number_of,
)
