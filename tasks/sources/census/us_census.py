"""Reads the United States Census Bureau's monthly trade by HS code and country, from the International Trade API.

Who and when: the Census Bureau publishes a month about 35 days after it, at 08:30 in Washington; the other months of
the year are issued again each time, and all of last year with the April statistics (in June). US government work is in
the public domain. Since 12 May 2026 every call needs a free key; without one the answer is a redirect to an HTML page
"Missing Key".

Address: https://api.census.gov/data/timeseries/intltrade/imports/hs?get=CTY_CODE,CTY_NAME,GEN_VAL_MO,GEN_CIF_MO,
GEN_QY1_MO,UNIT_QY1,GEN_QY1_MO_FLAG,SUMMARY_LVL,LAST_UPDATE&COMM_LVL=HS10&I_COMMODITY=850511*&time=from+2025-01+to+2025-12&key=…;
exports: exports/hs with E_COMMODITY, ALL_VAL_MO, QTY_1_MO, UNIT_QY1, DF. No data is 204 with an empty body.

Layout: JSON, a list of lists, the first one the names; all numbers are texts. A predicate of the request comes back as
a further column, so a name can occur twice. A row of zeros is a true zero. `-` is the total of all countries, codes
with letters and 0001 to 0028 are groups of countries, which overlap (the sum of all rows is six times the total). The
total, the continents and the European Union are compared with the sum of their countries, in each number. Where only
some countries were asked for, total and Union are published as printed; no other group is published.

The quantities and value_usd are of general imports (GEN_); of imports for consumption there are value_usd_consumption,
value_usd_dutiable and value_usd_duty where CON_VAL_MO, DUT_VAL_MO and CAL_DUT_MO were requested. The customs value is
near FOB, and where GEN_CIF_MO was requested, the value with freight and insurance is a measure of its own
(value_usd_cif). Exports are FAS; domestic goods (DF 1) and foreign ones (DF 2, re-exports) are added up, and the note
of a sum lists its records.

Other numbers of the API (by mode of transport, charges, years to date) are left out; a column that looks like a number
and is none of the API is refused. A null is a number that is missing.

Quantities are in the unit of each HTS10 code; two units are two quantities. The unit X or - means none, and a quantity
of 0 with it is none. A quantity with a flag other than - is not used. Trade below 2,000 (imports) and 2,500 USD
(exports) is estimated without HS detail and is not included.

Fetched: an answer for each product, direction and year. Nothing says what is new but the day of release: the months of
this and of last year are asked for again, in June and July those of the year before that, too. Without a key the source
is skipped; the key is read from the environment or a secret block and is in no file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import polars as pl

from schemas import settings
from schemas.frames import Reported
from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted
from tasks.sources.adapter.protocol import KeyNeed, Parsed, Site, Source, WantedFile, months_of, products_of
from tasks.sources.adapter.records import (
    as_reported,
    doubt_copies,
    doubt_nulls,
    numbered,
    of_sums,
    require_form,
    summed,
    without_flagged,
)
from tasks.sources.adapter.totals import Parted, part_totals
from tasks.sources.formats.json_text import read_documents, refuse_nested

if TYPE_CHECKING:
    from schemas.forms.fetch import FetchRequest

CODES = "schedule_c"
PARTNER = r"^[1-9][0-9]{2,3}$"
# The total, the continents and other groups; whatever else a code looks like, it is no part of one that stands here.
GROUP = r"^(-|0.*|.*[A-Za-z].*)$"
# A code that the table lacks is part of the continent of its first digit, where there is one, and of the total.
CONTINENTS = {f"^{digit}[0-9]{{2,3}}$": f"{digit}XXX" for digit in range(1, 8)} | {"^[89][0-9]{2,3}$": "-"}
PRODUCT = {"I_COMMODITY": "import", "E_COMMODITY": "export"}
VALUES = {
    "GEN_VAL_MO": "USD",
    "ALL_VAL_MO": "USD",
    "GEN_CIF_MO": "USD CIF",
    "CON_VAL_MO": "USD consumption",
    "DUT_VAL_MO": "USD dutiable",
    "CAL_DUT_MO": "USD duty",
}
FIRST, SECOND = ("GEN_QY1_MO", "QTY_1_MO"), ("GEN_QY2_MO", "QTY_2_MO")
UNITS = {"GEN_QY1_MO": "UNIT_QY1", "QTY_1_MO": "UNIT_QY1", "GEN_QY2_MO": "UNIT_QY2", "QTY_2_MO": "UNIT_QY2"}
FLAG = "_FLAG"
# Every number of the API, read or not, and what else has such a name.
NUMBERS = re.compile(
    r"((GEN|CON)_(VAL|CIF|CHA|QY[12])|(AIR|VES|CNT)_(VAL|WGT|CHA)|ALL_VAL|DUT_VAL|CAL_DUT|QTY_[12]|CC|CARDS)_(MO|YR)"
    r"(_FLAG)?|UNIT_QY[12](_FLAG)?"
)
LIKE_NUMBER = re.compile(r"VAL|CIF|QY|QTY|QUANTITY|WGT|DUT|(^|_)CHA(_|$)|_(M[O0]|YR)$", re.IGNORECASE)
NO_UNIT = ("", "-", "X")
NO_FLAG = ("", "-")
LEVELS = {"HS2": 2, "HS4": 4, "HS6": 6, "HS10": 10}
DOMESTIC_OR_FOREIGN = "DF"
WHOLE = r"^-?[0-9]+$"
AGAIN = "Ask the API again, by one COMM_LVL and by months."
BASE = "https://api.census.gov"
PATH = "/data/timeseries/intltrade"
ZONE = ZoneInfo("America/New_York")
COLUMNS_OF_FLOW = {
    "import": (
        "CTY_CODE,CTY_NAME,GEN_VAL_MO,GEN_CIF_MO,CON_VAL_MO,DUT_VAL_MO,CAL_DUT_MO,GEN_QY1_MO,UNIT_QY1,GEN_QY1_MO_FLAG,"
        "GEN_QY2_MO,UNIT_QY2,SUMMARY_LVL,LAST_UPDATE"
    ),
    "export": (
        "CTY_CODE,CTY_NAME,ALL_VAL_MO,QTY_1_MO,UNIT_QY1,QTY_1_MO_FLAG,QTY_2_MO,UNIT_QY2,DF,SUMMARY_LVL,LAST_UPDATE"
    ),
}
LEVEL = "HS10"
REISSUED = (6, 7)


def parse(raw: bytes, where: str) -> Parsed:
    """The numbers of an answer as printed. Raises Refused; `where` names the file in messages."""
    table = _table(raw, where)
    product, flow = next((name, flow) for name, flow in PRODUCT.items() if name in table.columns)
    table = numbered(table, where, "The month may not be out yet; ask again later.").with_columns(
        period=_period(table, where)
    )
    _refuse_levels(table, product, where)
    numbers = [name for name in (*VALUES, *FIRST, *SECOND) if name in table.columns]
    require_form(table, numbers, WHOLE, where, AGAIN)
    # Only these rows are added up; normalisation finds copies of the others.
    key = [name for name in (product, "CTY_CODE", "period", DOMESTIC_OR_FOREIGN) if name in table.columns]
    parts = _added_up(table)
    copies = of_sums(doubt_copies(parts, key, where), parts, [product, "CTY_CODE", "period"])
    doubts = [*copies, *doubt_nulls(_with_units(table), numbers, where)]
    for name in numbers:
        if (flag := name + FLAG) in table.columns:
            table, flagged = without_flagged(table, name, flag, ~pl.col(flag).fill_null("").is_in(NO_FLAG), where)
            doubts += flagged
    table, notes = _whole_goods(table, product, numbers)
    parted = _parted(table, product, numbers, where)
    single = _reported(table.filter(parted.kept), product, flow)
    totals = _reported(table.filter(parted.totals), product, flow) if parted.totals.any() else None
    return Parsed(
        single,
        "utf-8",
        (*notes, *parted.notes),
        (*doubts, *parted.doubts),
        _last_update(table),
        totals=totals,
        short=parted.short,
        proof=parted.proof,
    )


def _table(raw: bytes, where: str) -> pl.DataFrame:
    """The rows with their names, each name once. Raises Refused for anything but trade by country and month."""
    documents = read_documents(raw, where)
    rows = documents[0] if len(documents) == 1 else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        raise Refused("no answer", where, f"no list of rows, but {clip(str(documents[0]))}", AGAIN)
    names, width = [str(name) for name in rows[0]], len(rows[0])
    short = next((number for number, row in enumerate(rows[1:], 1) if len(row) != width), None)
    if short is not None:
        raise Refused(
            "row width", f"{where}, record {short}", f"{len(rows[short])} fields where the header has {width}", AGAIN
        )
    refuse_nested((dict(zip(names, row, strict=True)) for row in rows[1:]), where)
    columns: dict[str, list[str | None]] = {}
    for place, name in enumerate(names):
        texts = [None if row[place] is None else str(row[place]) for row in rows[1:]]
        # The answer repeats a predicate of the request as one more column.
        if columns.setdefault(name, texts) != texts:
            raise Refused("column twice", f"{where}, column {clip(name)}", "two columns of one name that differ", AGAIN)
    code_columns = [name for name in PRODUCT if name in columns]
    missing = [name for name in ("CTY_CODE", "COMM_LVL") if name not in columns]
    missing += ["I_COMMODITY or E_COMMODITY"] * (len(code_columns) != 1) + ["a value"] * VALUES.keys().isdisjoint(
        columns
    )
    if missing:
        raise Refused("columns", f"{where}, header", f"no {', '.join(missing)}", AGAIN)
    _refuse_unknown_numbers(columns, where)
    # Without a code it would be the world.
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_columns(
        pl.col("CTY_CODE").fill_null("")
    )


def _refuse_unknown_numbers(names: Iterable[str], where: str) -> None:
    """Refuse a column that is named like a number and that the API does not have: left out, nobody would miss it."""
    unknown = next((name for name in names if LIKE_NUMBER.search(name) and not NUMBERS.fullmatch(name)), None)
    if unknown is not None:
        known = (*VALUES, *FIRST, *SECOND, *UNITS.values())
        closest = difflib.get_close_matches(unknown.upper(), known, 1)
        raise Refused(
            "unknown number",
            f"{where}, header",
            f"a column {clip(unknown)}, which the API does not have",
            f"{f'Is it {closest[0]}? ' if closest else ''}{AGAIN}",
        )


def _period(table: pl.DataFrame, where: str) -> pl.Series:
    if "time" in table.columns:
        return table["time"]
    if {"YEAR", "MONTH"} <= {*table.columns}:
        return (table["YEAR"] + "-" + table["MONTH"]).alias("period")
    raise Refused("columns", f"{where}, header", "no time, nor YEAR and MONTH", AGAIN)


def _refuse_levels(table: pl.DataFrame, product: str, where: str) -> None:
    """Refuse several levels in one file, and codes of another length: the levels contain one another."""
    levels = table["COMM_LVL"].unique().sort().to_list()
    if len(levels) > 1 or levels[0] not in LEVELS:
        raise Refused("mixed levels", f"{where}, column COMM_LVL", ", ".join(map(str, levels[:4])), AGAIN)
    other = table.filter(pl.col(product).is_null() | (pl.col(product).str.len_chars() != LEVELS[levels[0]]))
    if other.height:
        raise Refused(
            "code of another level",
            f"{where}, record {other['record'][0]}",
            f"'{clip(str(other[product][0]))}' under {levels[0]}",
            AGAIN,
        )


def _with_units(table: pl.DataFrame) -> pl.DataFrame:
    """The rows with 0 for a quantity without a unit, which is none."""
    return table.with_columns(
        pl.when(pl.col(unit).fill_null("").is_in(NO_UNIT)).then(pl.lit("0")).otherwise(pl.col(name)).alias(name)
        for name, unit in UNITS.items()
        if name in table.columns and unit in table.columns
    )


def _added_up(table: pl.DataFrame) -> pl.DataFrame:
    """The rows of domestic and of foreign goods, which are added up."""
    is_part = pl.col(DOMESTIC_OR_FOREIGN).is_in(["1", "2"])
    return table.filter(is_part) if DOMESTIC_OR_FOREIGN in table.columns else table.clear()


def _whole_goods(table: pl.DataFrame, product: str, numbers: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    """Domestic and foreign exports added up; rows that are already their total are left out beside their parts."""
    parts = _added_up(table)
    if not parts.height:
        return table.with_columns(note=pl.lit(None, pl.String)), []
    units = [name for name in dict.fromkeys(UNITS.values()) if name in table.columns]
    place = [product, "CTY_CODE", "period"]
    key = [*place, *units]
    others = [name for name in parts.columns if name not in (*key, *numbers, "record", DOMESTIC_OR_FOREIGN)]
    whole = parts.with_columns(pl.col(name).cast(pl.Int64) for name in numbers)
    sums = summed(whole, key, numbers, **{name: pl.col(name).first() for name in others})
    notes = [f"{counted(parts.height, 'record')} of domestic and foreign goods added up to {sums.height:,}"]
    sums = sums.with_columns(pl.col(name).cast(pl.String) for name in numbers)
    alone = table.join(parts, on=place, how="anti", nulls_equal=True, maintain_order="left")
    return pl.concat([sums, alone], how="diagonal").sort("record", maintain_order=True), notes


def _parted(table: pl.DataFrame, product: str, numbers: Sequence[str], where: str) -> Parted:
    """Which rows are single countries and totals, checked against the totals of each number."""
    by_number = [
        part_totals(
            table.select("record", product, "period", pl.lit(name).alias("number_of"), partner="CTY_CODE", number=name),
            CODES,
            (product, "period", "number_of"),
            where,
            CONTINENTS,
        )
        for name in numbers
    ]
    # The masks are alike for each number.
    return by_number[-1]._replace(
        kept=by_number[-1].kept & ~table["CTY_CODE"].str.contains(GROUP),
        doubts=tuple(doubt for one in by_number for doubt in one.doubts),
        short=tuple(doubt for one in by_number for doubt in one.short),
        proof=by_number[0].proof if not any(one.doubts or one.short for one in by_number) else "",
    )


def _reported(rows: pl.DataFrame, product: str, flow: str) -> Reported:
    records = [record for row in rows.iter_rows(named=True) for record in _records(row, product, flow)]
    return as_reported(pl.DataFrame(records, infer_schema_length=None))


def _records(row: Mapping[str, Any], product: str, flow: str) -> Iterator[dict[str, Any]]:
    """The record of a country, and one more with the value of another valuation."""
    common = {
        "record": row["record"],
        "flow": flow,
        "period": row["period"],
        "product": row[product],
        "partner": row["CTY_CODE"],
        "partner_name": row.get("CTY_NAME"),
        "note": row["note"],
    }
    quantities: dict[str, Any] = {}
    for name, unit, columns in (
        ("quantity", "quantity_unit", FIRST),
        ("supplementary_quantity", "supplementary_unit", SECOND),
    ):
        column = next((column for column in columns if column in row), None)
        label = (row.get(UNITS[column]) or "") if column else ""
        if column and label not in NO_UNIT:
            quantities |= {name: row[column], unit: label}
    first = True
    for column, label in VALUES.items():
        if column in row:
            yield {**common, "value": row[column], "currency": label, **(quantities if first else {})}
            first = False


def _last_update(table: pl.DataFrame) -> date | None:
    """The latest day in LAST_UPDATE, where it has the form of a day."""
    if "LAST_UPDATE" not in table.columns:
        return None
    days = table["LAST_UPDATE"].str.extract(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})").drop_nulls()
    return max(map(date.fromisoformat, days.unique()), default=None)


def questions(request: FetchRequest, today: date, site: Site) -> Iterator[WantedFile]:
    """Yield a question for each product, direction and year."""
    months = months_of(request, today)
    commodity = {flow: name for name, flow in PRODUCT.items()}
    years = sorted({month[:4] for month in months})
    if request.months is None and today.month in REISSUED:
        years = [str(today.year - 2), *years]
    for year in reversed(years):
        span = [month for month in months if month[:4] == year] or [f"{year}-01", f"{year}-12"]
        for product in products_of(request):
            for flow in request.flows:
                query = {
                    "get": COLUMNS_OF_FLOW[flow],
                    "COMM_LVL": LEVEL,
                    commodity[flow]: f"{product}*",
                    "time": f"from {span[0]} to {span[-1]}",
                }
                yield WantedFile(
                    name=f"census_{flow}_{product}_{year}",
                    source="us_census",
                    form="json",
                    zone=ZONE,
                    address=f"{request.base or BASE}{PATH}/{flow}s/hs?{urlencode(query, safe=',*')}",
                    title=f"US Census, {flow}s of {product} in {year}",
                    declared={"reporter": "USA", "flow": flow, "partners": "all", "products": [product]},
                    first_month=span[0],
                )


SOURCE = Source(
    name="us_census",
    titles={"en": "US Census Bureau, International Trade API", "zh": "美国普查局国际贸易接口"},
    kind="query",
    needs=(),
    parse=parse,
    reporter="USA",
    currency="USD",
    partner_code=PARTNER,
    code_list=CODES,
    nomenclature="HTS10",
    calendar="us_census",
    base=BASE,
    questions=questions,
    proof=(
        "the end of the JSON, keys that stand once, and the printed total of all countries; an answer without it has no"
        " proof"
    ),
    key=KeyNeed(settings.CENSUS_KEY, "key"),
    licence="public domain",
)
