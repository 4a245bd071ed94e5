"""Reads Eurostat's trade in goods (Comext), as the EU and each member state report it, from the dissemination API.

Who and when: Eurostat publishes a month about 46 days after it, on fixed days at 11:00 in Luxembourg, and issues many
earlier months again each time. The API is free and keyless; reuse is allowed with the source named (CC BY 4.0). Only
the latest state can be requested, so each answer is a vintage that nobody else keeps. `LAST UPDATE` is the day and time
of the whole dataset, not of a row.

Address:
https://ec.europa.eu/eurostat/api/comext/dissemination/sdmx/2.1/data/DS-045409/{freq}.{reporter}.{partner}.{product}.
{flow}.{indicators}?format=SDMX-CSV&compressed=false&startPeriod=2025-06&endPeriod=2025-06; `+` joins codes, empty
requests all. Too large a request is answered with 413 EXTRACTION_TOO_BIG. Other Eurostat data have another base
address.

Layout: SDMX-CSV with codes; comma, no quotes, CRLF; a head of two columns, those of COLUMNS, and perhaps those of
FLAGS. SDMX-CSV 1 begins with DATAFLOW and LAST UPDATE. SDMX-CSV 2 begins with STRUCTURE and STRUCTURE_ID and has no day
of the dataset: such a file counts from the declared day, or from that of its landing. A number that is flagged as
estimated (e, s, f), confidential (c, or any CONF_STATUS but F) or unreliable (u, n) is not used and not zero. One line
a number, series by series or month by month: value in euros (whole), mass in 100 kg with two decimals (so steps of 1
kg). Imports are CIF by country of origin (intra-EU: of consignment), exports FOB by last destination. Flow 1 is import,
2 export. One reporter a file, because a release has one reporter.

Partners: GEONOM codes, two letters; XS is Serbia, XK Kosovo, GR (not EL) Greece. EXT_EU27_2020 and INT_EU27_2020 are in
the same column: the sums of all partners outside and inside the EU, residual (QP, QR, QS, QV, QW) and secret (QY, QZ)
ones included. They are checked against the partners and are not read as statements. QQ, QU and QX do not say on which
side they are, so they are compared with WORLD alone. XI and XU are the two parts of GB.

Products: HS2, HS4, HS6 or CN8. Codes with letters (84MMMXXX) are confidential trade without a published code; they are
lines of their own, so that no sum over codes hides them.

Other downloads of the same data are refused with the name of the right one: labels instead of codes (which have no code
of the product; their rows have one field more than the header), Easy Comext, TSV, and the workbooks of the Data
Browser, which hold one indicator of many reporters. A request for more than 5,000,000 numbers is answered with an
error.

Unsure: the unit of SUPPLEMENTARY_QUANTITY is not in the answer, so a file with it is refused.

Fetched: one answer for each reporter and direction, for all products and months together. Nothing says what is new in a
single number, so each answer is asked for again and compared by its records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from schemas.reference.code_tables import partner_codes
from tasks.domain.errors import Refused, refuse_first
from tasks.domain.text import clip
from tasks.sources.adapter.protocol import FirstFetch, Parsed, Site, Source, WantedFile, months_of, products_of, short
from tasks.sources.adapter.records import as_reported, numbered, require_columns, the_only, without_flagged
from tasks.sources.adapter.totals import part_totals
from tasks.sources.formats import csv

if TYPE_CHECKING:
    from schemas.forms.fetch import FetchRequest

UPDATE = "LAST UPDATE"
HEADS = (("DATAFLOW", UPDATE), ("STRUCTURE", "STRUCTURE_ID"))
COLUMNS = ("freq", "reporter", "partner", "product", "flow", "indicators", "TIME_PERIOD", "OBS_VALUE")
# Letters that leave the number as it is: break in series, definition differs, provisional, revised; free of
# confidentiality.
FLAGS = {"OBS_FLAG": "^[bdpr]*$", "CONF_STATUS": "^f?$"}
CODES = "geonom"
VALUE, MASS, SUPPLEMENTARY = "VALUE_IN_EUROS", "QUANTITY_IN_100KG", "SUPPLEMENTARY_QUANTITY"
FLOWS = {"1": "import", "2": "export"}
CELL = ("product", "flow", "TIME_PERIOD", "indicators")
# A code that the table lacks is a new one outside the EU: the members are known.
UNLISTED = {"^[A-Z]{2}$": "EXT_EU27_2020"}
UPDATED = "%d/%m/%y %H:%M:%S"
NO_CN8 = r"^[0-9]*[A-Z][0-9A-Z]*$"
AGAIN = "Ask the API again, by codes, for one reporter and by months."
HEAD_BYTES = 10_000
# What else Eurostat gives of these data, by a pattern of its first bytes.
OTHER_DOWNLOADS = (
    (rb"PK\x03\x04", "a workbook of the Data Browser, which has labels, and one indicator of many reporters"),
    (rb"[^\r\n]*_LAB\b", "a download of Easy Comext with labels"),
    (rb"[^\r\n]*\\\\?TIME_PERIOD\t", "the format TSV, a column for each month"),
    (
        rb"(DATAFLOW|STRUCTURE),[^\r\n]*\r?\n[^,\r\n]*,[^,\r\n]*,[A-Za-z]{2,},",
        "labels instead of codes: no code of a product is in it",
    ),
)
TOO_BIG = rb"EXTRACTION_TOO_BIG: ([^\"<\r\n]*)"
BASE = "https://ec.europa.eu"
PATH = "/eurostat/api/comext/dissemination/sdmx/2.1/data/DS-045409"
ZONE = ZoneInfo("Europe/Luxembourg")
UNION = "EU27_2020"


def parse(raw: bytes, where: str) -> Parsed:
    """The numbers of an SDMX-CSV answer as printed. Raises Refused; `where` names the file in messages."""
    _refuse_other_downloads(raw[:HEAD_BYTES], where)
    lexed = csv.read_fields(raw, where, lambda title: title == "OBS_VALUE")
    fields = lexed.fields
    head = next((names for names in HEADS if names[0] in fields.columns), HEADS[0])
    require_columns(fields.columns, (*head, *COLUMNS), where, FLAGS)
    fields = numbered(fields, where, "The month may not be out yet; ask again later.")
    if (freq := the_only(fields, "freq", where, "frequency", AGAIN)) != "M":
        raise Refused("frequency", where, f"frequency '{clip(freq)}'", AGAIN)
    reporter = reporter_of(the_only(fields, "reporter", where, "several reporters", AGAIN), where)
    updated = _last_update(the_only(fields, UPDATE, where, "several updates", AGAIN), where) if UPDATE in head else None
    _refuse_indicators(fields, where)
    texts = fields.select("record", pl.col("partner", *CELL).cast(pl.String), number="OBS_VALUE")
    # Printed totals include flagged numbers, so they are compared before these are left out.
    parted = part_totals(texts, CODES, CELL, where, UNLISTED, "TIME_PERIOD")
    flagged: list[dict[str, str]] = []
    for flag, stands in ((flag, stands) for flag, stands in FLAGS.items() if flag in fields.columns):
        is_flagged = ~pl.col(flag).cast(pl.String).fill_null("").str.to_lowercase().str.contains(stands)
        fields, doubts = without_flagged(fields, "OBS_VALUE", flag, is_flagged, where)
        flagged += doubts
    notes = [*lexed.normalised, *parted.notes]
    reported, totals = (as_reported(_records(fields.filter(mask))) for mask in (parted.kept, parted.totals))
    return Parsed(
        reported,
        lexed.encoding,
        tuple(notes),
        (*parted.doubts, *flagged),
        updated,
        reporter,
        totals,
        parted.short,
        proof=parted.proof,
    )


def _refuse_other_downloads(head: bytes, where: str) -> None:
    """Raises Refused for another form of these data, which a person could take for an answer of the API, and for its
    error."""
    if message := re.search(TOO_BIG, head):
        raise Refused(
            "request too large",
            where,
            f"an error of the API: {clip(message[1].decode('utf-8', 'replace'), 200)}",
            "Ask for fewer months, products or partners at a time.",
        )
    form = next((form for pattern, form in OTHER_DOWNLOADS if re.match(pattern, head)), None)
    if form:
        raise Refused(
            "other download",
            where,
            form,
            "Download SDMX-CSV with codes, for one reporter and by months: tidewaiter fetch eurostat_comext, or the API"
            " with format=SDMX-CSV.",
        )


def reporter_of(code: str, where: str) -> str:
    """Our key of a reporter. Raises Refused for a code that is neither the EU nor one of its members: the figures of
    another country are not Eurostat's."""
    known = next((key for key, of_reporter in reporters().items() if of_reporter == code), None)
    if known is None:
        raise Refused(
            "unknown reporter",
            f"{where}, column reporter",
            f"reporter '{clip(code)}'",
            "It is EU27_2020 or the two letters of a member state; add others to schemas/reference/partner_codes.csv.",
        )
    return known


def _last_update(text: str, where: str) -> date:
    try:
        return datetime.strptime(text, UPDATED).date()
    except ValueError as error:
        raise Refused(
            "last update",
            f"{where}, column LAST UPDATE",
            f"'{clip(text)}', which is no day as Eurostat writes it (14/08/26 11:00:00)",
            AGAIN,
        ) from error


def _refuse_indicators(fields: pl.DataFrame, where: str) -> None:
    names = fields["indicators"].unique().cast(pl.String).sort().to_list()
    other, advice = [name for name in names if name not in (VALUE, MASS)], f"Ask for {VALUE}+{MASS} alone."
    refuse_first(
        f"{where}, column indicators",
        (
            SUPPLEMENTARY in names,
            "quantity without unit",
            f"{SUPPLEMENTARY}, whose unit the answer does not say",
            advice,
        ),
        (other, "unknown indicator", f"'{clip(''.join(other[:1]))}'", advice),
    )


def product_of(printed: pl.Expr) -> pl.Expr:
    """The code as it is; a code with letters as a line of its own."""
    return pl.when(printed.str.contains(NO_CN8)).then("line:cn8_" + printed.str.to_lowercase()).otherwise(printed)


def _records(fields: pl.DataFrame) -> pl.DataFrame:
    product, is_value = pl.col("product").cast(pl.String), pl.col("indicators").cast(pl.String) == VALUE
    flow = pl.col("flow").cast(pl.String)
    return fields.select(
        "record",
        "partner",
        flow=flow.replace(FLOWS),
        period="TIME_PERIOD",
        product=product_of(product),
        value=pl.when(is_value).then("OBS_VALUE"),
        currency=pl.when(is_value).then(pl.lit("EUR")),
        quantity=pl.when(~is_value).then("OBS_VALUE"),
        quantity_unit=pl.when(~is_value).then(pl.lit("100 kg")),
    )


def questions(request: FetchRequest, today: date, site: Site) -> Iterator[WantedFile]:
    """Yield a question for each reporter and direction. Raises Refused for a reporter that Eurostat does not have."""
    products, months = products_of(request), months_of(request, today)
    codes, numbers = wanted(request.reporters), {flow: number for number, flow in FLOWS.items()}
    for reporter in codes:
        for flow in request.flows:
            key = f"M.{codes[reporter]}..{'+'.join(products)}.{numbers[flow]}.{VALUE}+{MASS}"
            yield WantedFile(
                name=f"comext_{reporter}_{flow}_{short(products)}_from_{months[0]}",
                source="eurostat_comext",
                form="csv",
                zone=ZONE,
                address=(
                    f"{request.base or BASE}{PATH}/{key}?format=SDMX-CSV&compressed=false"
                    f"&startPeriod={months[0]}&endPeriod={months[-1]}"
                ),
                title=f"Eurostat Comext DS-045409, {reporter}, {flow}s of {short(products)} from {months[0]}",
                declared={"reporter": reporter, "flow": flow, "partners": "all", "products": products},
                first_month=months[0],
            )


def wanted(chosen: list[str]) -> dict[str, str]:
    """Eurostat's code of each chosen reporter; of all where none is chosen. Raises Refused for one that it does not
    have."""
    codes = reporters()
    unknown = [reporter for reporter in chosen if reporter not in codes]
    if unknown:
        raise Refused("unknown reporter", "reporters", ", ".join(unknown), f"It is one of {', '.join(codes)}.")
    return {reporter: codes[reporter] for reporter in chosen or codes}


def reporters() -> dict[str, str]:
    """Return our key of each reporter and Eurostat's code: the EU first, then its members."""
    members = (
        partner_codes(CODES).filter(pl.col("part_of") == "INT_EU27_2020", kind="country", valid_to="").sort("partner")
    )
    return {"EU27": UNION, **dict(members.select("partner", "code").iter_rows())}


SOURCE = Source(
    name="eurostat_comext",
    titles={"en": "Eurostat, Comext API", "zh": "欧盟统计局Comext接口"},
    kind="query",
    needs=(),
    parse=parse,
    reporter="",
    currency="EUR",
    partner_code=r"^[A-Z]{2}$",
    group="EU27",
    code_list=CODES,
    nomenclature="CN8",
    has_lines=True,
    calendar="eurostat_comext",
    base=BASE,
    questions=questions,
    first_fetch=FirstFetch("year"),
    proof=(
        "the end of its last line, keys that stand once, and the printed sums of all partners inside and outside the"
        " EU; an answer without these sums has no proof"
    ),
    licence="CC BY 4.0, source: Eurostat",
)
