"""Reads Hong Kong's merchandise trade by commodity and country, from the Trade IDDS API of the Census and Statistics
Department.

Who and when: the Census and Statistics Department publishes a month near the end of the next one. Open, without a key;
reuse with the source named.

Address: https://tradeidds.censtatd.gov.hk/api/get?lang=EN&freq=M&sv=VCm&sv=QCm&period=202506,202506&ttype=1&coclass=C&
co=ALL&codeclass=HKHS8&code=85051110. `period` is a range; codes come in lots of about 20, of the edition of the
nomenclature that holds in the period: one that the edition lacks fails the lot, and so a question is about one calendar
year, because editions begin in January. The address redirects to one with a token on the same host. The site limits
its use: it then answers "usage limit" in place of rows, which is refused, and asked for again by the next fetch.

Layout: JSON, several answers may follow one another in a file:

    {"header": {"status": {"name": "Success"}, "count": {"noOfRecords": 2}}, "dataSet": [{"freq": "M",
     "period": "202506", "ttype": 1, "co": "CN", "coDescEN": …, "codeclass": "HKHS8", "code": "85051110", "sv": "VCm",
     "unitEN": …, "figure": "7"}]}

A row is one number: `sv` VCm is the value of a month in 1,000 Hong Kong dollars, QCm its quantity in `unitEN`. Numbers
of a year or a year to date (VCy, QCy, freq A) are refused by name, because they are no month. `noOfRecords` must be the
number of rows.

Direction: ttype 1 imports (CIF), 2 domestic exports, 3 re-exports, 4 total exports (FOB). Exports are the total, or
domestic exports and re-exports added up; where all three are there the total is compared with the two. One of the two
alone is a part of the exports, and is refused.

Partners: ISO 3166-1 alpha-2; imports by country of origin (`co`), exports by destination (`cc`). Hong Kong is an origin
of its own imports: goods that come back. Imports by consignment (`cc`), and re-exports by destination and origin (`cc`
and `co`), are other tables of the same site; added to these they would count trade twice, so they are refused by name.
A row without a country is the world; it is compared with the sum of the countries.

Unsure: no answer of months was at hand, but 66 rows of total exports of a year by destination, in an envelope of the
project that kept them (`rows` in place of `dataSet`), which is read as well. An empty figure is not known and not zero.
That `ALL` stands for every country was read in a public program which asks so for the origins of re-exports; an answer
without countries is the world alone, and is held for few partners.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl

from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted
from tasks.domain.units import printed_unit
from tasks.sources.adapter.protocol import FirstFetch, Parsed, Site, Source, WantedFile, months_of, products_of, short
from tasks.sources.adapter.records import as_reported, doubt_copies, of_sums, summed
from tasks.sources.adapter.totals import part_totals
from tasks.sources.formats.json_text import read_documents, refuse_cut, refuse_nested

if TYPE_CHECKING:
    from schemas.forms.fetch import FetchRequest

BASE = "https://tradeidds.censtatd.gov.hk"
ZONE = ZoneInfo("Asia/Hong_Kong")
CODES = "hongkong"
WORLD = "TOTAL"
FLOWS = {"1": "import", "2": "export", "3": "export", "4": "export"}
DOMESTIC, RE_EXPORTS, TOTAL = "2", "3", "4"
VALUE, QUANTITY = "VCm", "QCm"
NEEDED = ("freq", "period", "ttype", "codeclass", "code", "sv", "figure")
LEVEL = re.compile(r"HKHS([2468])")
MONTH = re.compile(r"[0-9]{4}(0[1-9]|1[0-2])")
WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
CELL = ("period", "product", "partner")
# How a direction is asked for: total exports by destination, imports by origin.
QUERY_OF_FLOW = {"import": "ttype=1&coclass=C&co=ALL", "export": "ttype=4&ccclass=C&cc=ALL"}
CODES_MAX = 20
AGAIN = "Ask the API again: freq=M, sv=VCm and sv=QCm."


def parse(raw: bytes, where: str) -> Parsed:
    """The numbers of an answer by code, country and month. Raises Refused; `where` names the file in messages."""
    documents = read_documents(raw, where)
    rows = [row for document in documents for row in _rows(document, where)]
    count = refuse_cut(documents, len(rows), where)
    refuse_nested(rows, where)
    if not rows:
        raise Refused("no records", where, "an answer without a row", "The month may not be out yet; ask again later.")
    fields = pl.DataFrame([_fields(row, number, where) for number, row in enumerate(rows, 1)], infer_schema_length=None)
    fields = fields.with_columns(pl.col("record").cast(pl.UInt32))
    kinds = {*fields["ttype"]}
    if TOTAL not in kinds and len(kinds & {DOMESTIC, RE_EXPORTS}) == 1:
        raise Refused(
            "part of the exports",
            where,
            f"ttype {', '.join(sorted(kinds))}: domestic exports (2) or re-exports (3), and not both",
            "Ask for ttype 4, or put both answers into one file.",
        )
    place = (*CELL, "ttype") if TOTAL in kinds else CELL
    doubts = [*of_sums(doubt_copies(fields, [*CELL, "ttype", "sv"], where), fields, place)]
    wide = _wide(fields)
    doubts += [*_doubt_exports(wide, where), *_doubt_units(fields, where)]
    cells = _whole_exports(wide)
    parted = part_totals(
        cells.select("record", *CELL[:2], "flow", "partner", number=pl.coalesce("value", "quantity").cast(pl.String)),
        CODES,
        (*CELL[:2], "flow"),
        where,
        {"^[A-Z]{2}$": WORLD},
    )
    records = _reported(cells)
    single, totals = records.filter(parted.kept), records.filter(parted.totals)
    notes = [f"{counted(len(rows), 'number')} of {cells.height:,} codes, countries and months"]
    return Parsed(
        as_reported(single),
        "utf-8",
        (*notes, *parted.notes),
        (*doubts, *parted.doubts),
        reporter="HKG",
        totals=as_reported(totals) if totals.height else None,
        short=parted.short,
        proof=count or parted.proof,
    )


def _rows(document: Any, where: str) -> list[dict[str, Any]]:
    """The rows of an answer. Raises Refused for an error, a message, or an answer that lacks rows."""
    if not isinstance(document, dict):
        raise Refused("no answer", where, "no answer of the API", AGAIN)
    header = document.get("header") or {}
    status = header.get("status") or {}
    if header and status.get("name") != "Success":
        shown = clip(str(status.get("message") or status.get("name")), 120)
        message, advice = f"'{shown}' in place of rows", f"{AGAIN} A limit of use ends after a while."
        raise Refused("message instead of data", where, message, advice)
    rows = document.get("dataSet", document.get("rows"))
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused("no answer", where, f"no dataSet, but {', '.join(map(clip, [*document][:6]))}", AGAIN)
    count = (header.get("count") or {}).get("noOfRecords")
    if count is not None and str(count) != str(len(rows)):
        raise Refused("cut off", where, f"{len(rows):,} rows, and noOfRecords {clip(str(count))}", AGAIN)
    return rows


def _fields(row: Mapping[str, Any], number: int, where: str) -> dict[str, Any]:
    """A number with its place. Raises Refused for one that is no month of a country by origin or destination."""
    place = f"{where}, record {number}"
    missing = [name for name in NEEDED if row.get(name) is None]
    if missing:
        raise Refused("columns", place, f"no {', '.join(missing)}", AGAIN)
    text = {name: str(row[name]).strip() for name in NEEDED}
    level, month = LEVEL.fullmatch(text["codeclass"]), MONTH.fullmatch(text["period"])
    if text["sv"] not in (VALUE, QUANTITY) or text["freq"] != "M" or month is None:
        mistake = f"{clip(text['sv'])} of {clip(text['period'])} (freq {clip(text['freq'])}), which is no month"
        raise Refused("years", place, mistake, "Ask for months: freq=M, sv=VCm and sv=QCm.")
    if text["ttype"] not in FLOWS:
        raise Refused("unknown flow", place, f"ttype {clip(text['ttype'])}", "It is 1 to 4.")
    if level is None or len(text["code"]) != int(level[1]):
        raise Refused("mixed levels", place, f"code {clip(text['code'])} of {clip(text['codeclass'])}", AGAIN)
    figure = str(row["figure"])
    if figure and not WHOLE.fullmatch(figure):
        raise Refused("no number", f"{place}, figure", f"'{clip(figure)}' where whole digits stand", AGAIN)
    return {
        "record": number,
        "period": f"{text['period'][:4]}-{text['period'][4:]}",
        "ttype": text["ttype"],
        "flow": FLOWS[text["ttype"]],
        "product": text["code"],
        "product_name": row.get("codeDescEN"),
        **_partner(row, FLOWS[text["ttype"]], place),
        "sv": text["sv"],
        "unit": str(row.get("unitEN") or "").strip(),
        "figure": int(figure) if figure else None,
    }


def _partner(row: Mapping[str, Any], flow: str, place: str) -> dict[str, str | None]:
    side, other = ("co", "cc") if flow == "import" else ("cc", "co")
    if row.get(other):
        mistake, advice = (
            ("imports by consignment (cc)", "Ask by origin: coclass=C.")
            if flow == "import"
            else ("exports by destination and origin (cc and co)", "Ask by destination alone: ccclass=C.")
        )
        raise Refused("another table", place, mistake, advice)
    return {"partner": str(row.get(side) or WORLD), "partner_name": row.get(f"{side}DescEN")}


def _wide(fields: pl.DataFrame) -> pl.DataFrame:
    """A row for each code, country, month and ttype, with value and quantity."""

    def of(kind: str, name: str) -> pl.Expr:
        return pl.col(name).filter(pl.col("sv") == kind).first()

    return fields.group_by(*CELL, "flow", "ttype", maintain_order=True).agg(
        pl.col("record", "product_name", "partner_name").first(),
        value=of(VALUE, "figure"),
        quantity=of(QUANTITY, "figure"),
        unit=of(QUANTITY, "unit"),
        has_value=(pl.col("sv") == VALUE).any(),
    )


def _parts(wide: pl.DataFrame) -> pl.DataFrame:
    """Domestic exports and re-exports added up."""
    parts = wide.filter(pl.col("ttype").is_in([DOMESTIC, RE_EXPORTS]))
    others = {name: pl.col(name).first() for name in ("flow", "product_name", "partner_name", "unit", "has_value")}
    return summed(parts, CELL, ("value", "quantity"), **others).drop("rows")


def _whole_exports(wide: pl.DataFrame) -> pl.DataFrame:
    """Imports and exports as they are published, in order of their first record: total exports where they are there."""
    is_part = pl.col("ttype").is_in([DOMESTIC, RE_EXPORTS])
    whole = wide.filter(~is_part).drop("ttype").with_columns(note=pl.lit(None, pl.String))
    if TOTAL in wide["ttype"]:
        return whole
    return pl.concat([whole, _parts(wide).select(whole.columns)]).sort("record")


def _doubt_exports(wide: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    """Finds total exports that are not the sum of domestic exports and re-exports, where all three were asked for."""
    if not {DOMESTIC, RE_EXPORTS, TOTAL} <= {*wide["ttype"]}:
        return
    both = wide.filter(ttype=TOTAL).join(_parts(wide), on=CELL, how="full", coalesce=True, suffix="_parts")
    for name in ("value", "quantity"):
        total, parts = pl.col(name).fill_null(0), pl.col(f"{name}_parts").fill_null(0)
        wrong = both.select("record", *CELL, total=total, parts=parts).filter(pl.col("total") != pl.col("parts"))
        if wrong.height:
            row = wrong.row(0, named=True)
            yield finding(
                "total_differs",
                "error",
                f"{where}, {name}",
                records=wrong["record"].drop_nulls().to_list(),
                of_trade=True,
                values=(row["total"], row["parts"], None),
                observed=(
                    f"{counted(wrong.height, 'sum')}, first {row['product']} {row['partner']} {row['period']}: total"
                    f" exports {row['total']:,}, domestic exports and re-exports {row['parts']:,}"
                ),
                expected="total exports that are the sum of the two",
                advice="Ask again; where the source itself differs, approve, and the total is published.",
            )


def _doubt_units(fields: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    unknown = [unit for unit in fields.filter(sv=QUANTITY)["unit"].unique().sort() if not printed_unit(unit)]
    if unknown:
        yield finding(
            "unknown_unit",
            "warning",
            f"{where}, unitEN",
            observed=", ".join(map(clip, unknown[:12])),
            expected="a unit of schemas/reference/units.csv",
            advice="These quantities are not known and not zero; add the unit to the table.",
        )


def _reported(cells: pl.DataFrame) -> pl.DataFrame:
    known = _known(cells["unit"].drop_nulls().unique().to_list())
    return cells.select(
        "record",
        "flow",
        "period",
        "product",
        "product_name",
        "partner",
        "partner_name",
        "note",
        value=pl.col("value").cast(pl.String),
        currency=pl.when("has_value").then(pl.lit("HKD thousand")),
        quantity=pl.when(pl.col("unit").is_in(known)).then(pl.col("quantity").cast(pl.String)),
        # A unit alone says that the number is not known.
        quantity_unit=pl.when(pl.col("unit") == "").then(pl.lit("not stated")).otherwise("unit"),
    )


def _known(units: Sequence[str]) -> list[str]:
    return [unit for unit in units if printed_unit(unit)]


def questions(request: FetchRequest, today: date, site: Site) -> Iterator[WantedFile]:
    """Yield a question for each year, direction and lot of codes, the newest year first."""
    products, months = products_of(request), months_of(request, today)
    lots = [products[start : start + CODES_MAX] for start in range(0, len(products), CODES_MAX)]
    years = [[*of_one] for _, of_one in groupby(months, key=lambda month: month[:4])]
    for first, last in ((of_one[0], of_one[-1]) for of_one in reversed(years)):
        period = ",".join(month.replace("-", "") for month in (first, last))
        for flow in request.flows:
            for lot in lots:
                codes = "&".join(f"code={code}" for code in lot)
                yield WantedFile(
                    name=f"hongkong_{flow}_{short(lot)}_{first[:4]}",
                    source="hongkong_csd",
                    form="json",
                    zone=ZONE,
                    address=(
                        f"{request.base or BASE}/api/get?lang=EN&freq=M&sv={VALUE}&sv={QUANTITY}&period={period}"
                        f"&{QUERY_OF_FLOW[flow]}&codeclass=HKHS{len(lot[0])}&{codes}"
                    ),
                    title=f"Trade IDDS of Hong Kong, {flow}s of {short(lot)}, {first} to {last}",
                    declared={"reporter": "HKG", "flow": flow, "partners": "all", "products": lot},
                    first_month=first,
                )


SOURCE = Source(
    name="hongkong_csd",
    titles={"en": "Hong Kong's Census and Statistics Department", "zh": "香港政府统计处"},
    kind="query",
    needs=(),
    parse=parse,
    reporter="HKG",
    currency="HKD",
    partner_code=r"^[A-Z]{2}$",
    code_list=CODES,
    nomenclature="HKHS8",
    base=BASE,
    questions=questions,
    first_fetch=FirstFetch("year"),
    proof=(
        "the end of the JSON, cells that stand once, a count of rows, and the printed total of all countries; an answer"
        " without count and total has no proof"
    ),
    experimental="66 rows of exports of a year have been read; no answer of months, and none of imports",
    licence="open data of Hong Kong: reuse with the source named, Census and Statistics Department",
)
