"""Reads Brazil's Comex Stat (Secretariat of Foreign Trade, SECEX): the file of a year and a direction, with every code.

Who and when: a month comes in the first days of the next one, about 15:00 in Brasília. A file has a whole year and
grows by months, and each issue may change its earlier months; last year's file was changed in February. Open government
data, no key.

Address: https://balanca.economia.gov.br/balanca/bd/comexstat-bd/ncm/EXP_2026.csv, imports IMP_2026.csv; about 110 MB
for a year of exports. `ETag` and `Last-Modified` say whether it has changed. The host does not send the certificate
between its own and the root: where a fetch fails for that, add it to the certificates of the machine.

Layout: ASCII, semicolon, codes in quotes and numbers without, one header line:

    CO_ANO;CO_MES;CO_NCM;CO_UNID;CO_PAIS;SG_UF_NCM;CO_VIA;CO_URF;QT_ESTAT;KG_LIQUIDO;VL_FOB

Files of imports have VL_FRETE;VL_SEGURO behind them, which tells the direction. A row is of one state (SG_UF_NCM), mode
of transport (CO_VIA) and customs office (CO_URF); they are added up here, and the note of a sum lists its records.
CO_NCM is the code of eight digits of Mercosul's nomenclature (NCM8), whose first six are those of the HS. Values are
whole US dollars: VL_FOB in both directions, and for imports with freight and insurance a measure of its own
(value_usd_cif). Exports are by country of last destination, imports by country of origin. KG_LIQUIDO is the net weight.

QT_ESTAT is in the unit CO_UNID of the code: the weight again for kilograms, tonnes and grams, which is not read twice;
other units are in UNITS (the table NCM_UNIDADE has 10 to 24). Typing errors stand in it: of 29,619 real rows in
kilograms or tonnes 394 differ from KG_LIQUIDO by a factor of 2 and more, up to 18,406 (360,019 t beside 19,560 kg),
often by exactly 1,000, while the value of a kilogram is as usual. Such rows are named, and a quantity in another unit
that fits neither weight nor value of its row is not published. A weight of 0 beside a value is less than half a
kilogram.

Partners: the codes of PAIS.csv, 000 to 999. Where it has several of one country (USA 249, Johnston 396, Wake 873), the
country's own code has its key and the others keep a key of their own; ship supplies, central banks and the like (990 to
999) are residual.

Other downloads are refused by name: the CSV of the query page, which has names of columns and countries and no line end
at its end, the answers of the API, files by municipality (which have HS4), files with the names of 1989 to 1996, and
files that a program saved again with commas, which lose the zeros before months, countries and modes.

Unsure: no whole file has been read; of 2023 and of January to June 2025 the rows of 51 codes of grains, coffee and soya
beans (units 10 and 21 alone), of imports none. The table of countries is that of 2020; that of 2026 has the same codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from tasks.domain.errors import Refused, refuse_first
from tasks.domain.findings import finding
from tasks.domain.text import clip, counted
from tasks.sources.adapter.protocol import FirstFetch, Parsed, Site, Source, WantedFile, months_of, refuse_products
from tasks.sources.adapter.records import as_reported, doubt_copies, numbered, of_sums, require_form, summed
from tasks.sources.formats import csv
from tasks.sources.formats.csv import HEADER_BYTES_MAX

if TYPE_CHECKING:
    from schemas.forms.fetch import FetchRequest

BASE = "https://balanca.economia.gov.br"
PATH = "/balanca/bd/comexstat-bd/ncm/{}_{}.csv"
ZONE = ZoneInfo("America/Sao_Paulo")
FILES = {"export": "EXP", "import": "IMP"}
KEY = ("CO_ANO", "CO_MES", "CO_NCM", "CO_UNID", "CO_PAIS", "SG_UF_NCM", "CO_VIA", "CO_URF")
CELL = ("product", "partner", "period")
QUANTITY, MASS, VALUE = "QT_ESTAT", "KG_LIQUIDO", "VL_FOB"
EXPORTS, IMPORTS = (*KEY, QUANTITY, MASS, VALUE), (*KEY, QUANTITY, MASS, VALUE, "VL_FRETE", "VL_SEGURO")
NUMBERS = IMPORTS[len(KEY) :]
# Codes of the table NCM_UNIDADE and the name of the unit in units.csv; those of WEIGHTS repeat the net weight.
UNITS = {
    "11": "Number of item",
    "12": "In Thousands",
    "13": "Pair",
    "14": "Metre",
    "15": "Square Metre",
    "16": "Cubic Metre",
    "17": "Litre",
    "18": "1000 Kilowatt-hour",
    "19": "Carat",
    "20": "DOZ",
    "23": "Billion International Units",
    "24": "Gross Kilogram",
}
# How many kilograms one of the unit is.
WEIGHTS = {"10": 1.0, "21": 1000.0, "22": 0.001}
# A weight that the quantity repeats differs by typing errors alone: none below twice, most a thousand times.
WEIGHT_FACTOR_MIN = 2
# Pieces of one code may weigh very different amounts. A wrong quantity is this far from what weight and value say,
# while these two agree within VALUE_FACTOR_MAX.
QUANTITY_FACTOR_MIN, VALUE_FACTOR_MAX, USUAL_ROWS_MIN = 100, 10, 5
MONTH, YEAR, WHOLE = "^(0[1-9]|1[0-2])$", "^(19|20)[0-9]{2}$", "^[0-9]{1,15}$"
MARK, QUOTE = b"\xef\xbb\xbf", b'"'
AGAIN = "Download the file again; do not open and save it with another program."


def parse(raw: bytes, where: str) -> Parsed:
    """The sums over states, modes and offices, in order of their first record. Raises Refused; `where` names the
    file."""
    lexed = csv.read_fields(_with_commas(raw, where), where, lambda title: title in NUMBERS)
    titles = tuple(lexed.fields.columns)
    flow = {tuple(sorted(EXPORTS)): "export", tuple(sorted(IMPORTS)): "import"}.get(tuple(sorted(titles)))
    if flow is None:
        raise Refused(
            "columns",
            f"{where}, header",
            ", ".join(map(clip, titles[:14])),
            f"The columns are {', '.join(EXPORTS)}; those of imports have {' and '.join(IMPORTS[-2:])} behind them.",
        )
    fields = numbered(lexed.fields, where, AGAIN)
    rows, wrong = _without_wrong_quantities(_rows(fields, where), where)
    doubts = [*of_sums([*doubt_copies(fields, KEY, where), *wrong], rows, CELL)]
    unit, numbers = pl.col("unit"), [name for name in NUMBERS if name in titles]
    sums = summed(rows, CELL, numbers, unit=unit.first(), units=unit.n_unique())
    doubts += _doubt_units(sums, where)
    notes = [f"{counted(rows.height, 'record')} of states, modes and offices added up to {sums.height:,}"]
    if QUOTE not in raw:
        notes.append("codes without quotes")
    notes += lexed.normalised
    return Parsed(as_reported(_records(sums, flow)), lexed.encoding, tuple(notes), tuple(doubts), None, "BRA")


def _with_commas(raw: bytes, where: str) -> bytes:
    """The bytes with commas between the fields and without the quotes around them; others as they are. Raises Refused
    for a quote or a comma inside a field.
    """
    text = raw.removeprefix(MARK)
    _refuse_other_program(text, where)
    if KEY[0].casefold() not in _titles(text):
        return raw
    edges = sum(text.count(edge) for edge in (b';"', b'";', b'\n"', b'"\n', b'"\r')) + text.startswith(QUOTE)
    if b"," in text or text.count(QUOTE) != edges:
        raise Refused(
            "quoting", where, "a comma or a quote inside a field, where there are codes and whole numbers alone", AGAIN
        )
    return raw.translate(bytes.maketrans(b";", b","), QUOTE)


def _refuse_other_program(text: bytes, where: str) -> None:
    """Raises Refused for the CSV of the query page and for a file that another program saved, known by their header."""
    header, titles = _header(text), _titles(text)
    refuse_first(
        f"{where}, header",
        (
            KEY[0].casefold() not in titles and re.search(r"fob|quilograma|kilogram|net weight|peso neto", titles),
            "query page",
            clip(header),
            f"This is the download of the query page, with names instead of codes. Give the file of the year with every"
            f" code, {BASE}{PATH.format('EXP', 'YYYY')}.",
        ),
        (
            KEY[0].casefold() in titles and "," in titles and ";" not in titles,
            "saved again",
            "commas between the fields",
            f"Another program saved it, and the zeros before months, countries and offices are gone. {AGAIN}",
        ),
    )


def _header(text: bytes) -> str:
    return text[:HEADER_BYTES_MAX].partition(b"\n")[0].decode("latin-1").strip()


def _titles(text: bytes) -> str:
    """The header in small letters without quotes: its columns may stand in any order."""
    return _header(text).replace('"', "").casefold()


def _rows(fields: pl.DataFrame, where: str) -> pl.DataFrame:
    """The numbers as integers, with the record, the product, the partner, the period and the unit. Raises Refused."""
    numbers = [name for name in NUMBERS if name in fields.columns]
    for names, form in ((["CO_ANO"], YEAR), (["CO_MES"], MONTH), (numbers, WHOLE)):
        require_form(fields, names, form, where, AGAIN)
    return fields.select(
        "record",
        product=pl.col("CO_NCM").cast(pl.String),
        # Without a code it would be the world.
        partner=pl.col("CO_PAIS").cast(pl.String).fill_null(""),
        unit=pl.col("CO_UNID").cast(pl.String),
        period=pl.concat_str(pl.col("CO_ANO").cast(pl.String), pl.lit("-"), pl.col("CO_MES").cast(pl.String)),
        **{name: pl.col(name).cast(pl.Int64) for name in numbers},
    )


def _without_wrong_quantities(rows: pl.DataFrame, where: str) -> tuple[pl.DataFrame, list[dict[str, str]]]:
    """The rows without quantities that fit neither weight nor value of their row, and findings about these and about
    weights that are printed twice and differ.
    """
    step = pl.col("unit").replace_strict(WEIGHTS, default=None, return_dtype=pl.Float64)
    again = pl.col(QUANTITY) * step
    most, least = pl.max_horizontal(again, MASS), pl.min_horizontal(again, MASS)
    is_other = (most - least > pl.max_horizontal(step, 1.0)) & (most >= WEIGHT_FACTOR_MIN * least)
    # A weight of 0 is less than half a kilogram, a quantity of 0 less than half of its unit.
    mass, quantity = (pl.col(name).cast(pl.Float64).clip(0.5) for name in (MASS, QUANTITY))
    is_whole = (pl.col(MASS) > 0) & (pl.col(QUANTITY) > 0) & (pl.col(VALUE) > 0)

    def factor(one: pl.Expr, other: pl.Expr) -> pl.Expr:
        """How far the quotient of a row is from the usual one of its code, as a factor above one; null where few rows
        have one."""
        usual = (one / other).filter(is_whole).median().over("product", "unit")
        times = one / other / usual
        is_known = is_whole.sum().over("product", "unit") >= USUAL_ROWS_MIN
        return pl.when(is_known).then(pl.max_horizontal(times, 1 / times))

    is_wrong = (
        (factor(quantity, mass) >= QUANTITY_FACTOR_MIN)
        & (factor(pl.col(VALUE), quantity) >= QUANTITY_FACTOR_MIN)
        & (factor(pl.col(VALUE), mass) <= VALUE_FACTOR_MAX)
    )
    judged = rows.with_columns(
        is_other=(pl.col("unit").is_in([*WEIGHTS]) & is_other).fill_null(False),
        is_wrong=(pl.col("unit").is_in([*UNITS]) & is_wrong).fill_null(False),
        times=most / pl.max_horizontal(least, 1.0),
    )
    doubts = [
        *_doubt_quantities(
            judged.filter("is_other").sort("times", descending=True),
            f"whose quantity differs from the net weight by a factor of {WEIGHT_FACTOR_MIN} or more",
            "The net weight is published; of these rows it is the one that the value fits.",
            where,
        ),
        *_doubt_quantities(
            judged.filter("is_wrong").sort(QUANTITY, descending=True),
            f"whose quantity is {QUANTITY_FACTOR_MIN} times and more from what weight and value of their row say",
            "These quantities are left out, also of the sums that they are part of; weights and values are published.",
            where,
        ),
    ]
    return judged.with_columns(pl.when(~pl.col("is_wrong")).then(QUANTITY).alias(QUANTITY)), doubts


def _doubt_quantities(rows: pl.DataFrame, problem: str, advice: str, where: str) -> Iterator[dict[str, str]]:
    """A warning about quantities, with the first of them."""
    if rows.height:
        row = rows.row(0, named=True)
        yield finding(
            "quantity_differs",
            "warning",
            where,
            measure="quantity",
            records=rows["record"].to_list(),
            observed=(
                f"{counted(rows.height, 'record')} {problem}: record {row['record']}, {row['product']},"
                f" partner {row['partner']}, {row['period']}: {row[QUANTITY]:,} in unit {row['unit']} beside"
                f" {row[MASS]:,} kg and USD {row[VALUE]:,}"
            ),
            expected="quantity and net weight of the same goods",
            advice=advice,
        )


def _doubt_units(sums: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    left_out = sums.filter(pl.col(QUANTITY) != 0, (pl.col("units") > 1) | ~pl.col("unit").is_in([*UNITS, *WEIGHTS]))
    if left_out.height:
        names = ", ".join(map(clip, left_out["unit"].unique().sort().head(8)))
        yield finding(
            "unit_left_out",
            "info",
            where,
            observed=(
                f"{counted(left_out.height, 'sum')} with a quantity in the unit {names}, or in several, first record"
                f" {left_out['record'][0]}"
            ),
            expected="units that the table has",
            advice="These quantities are not published; their weights and values are.",
        )


def _records(sums: pl.DataFrame, flow: str) -> pl.DataFrame:
    unit = pl.when(pl.col("units") == 1).then(
        pl.col("unit").replace_strict(UNITS, default=None, return_dtype=pl.String)
    )
    records = sums.select(
        "record",
        "period",
        "product",
        "partner",
        "note",
        flow=pl.lit(flow),
        value=pl.col(VALUE).cast(pl.String),
        currency=pl.lit("USD"),
        quantity=pl.col(MASS).cast(pl.String),
        quantity_unit=pl.lit("kg"),
        # A unit without a number says that the number is not known, and not zero.
        supplementary_quantity=pl.when(unit.is_not_null()).then(pl.col(QUANTITY).cast(pl.String)),
        supplementary_unit=unit,
    )
    if flow == "export":
        return records
    cif = sums.select(
        "record",
        "period",
        "product",
        "partner",
        "note",
        flow=pl.lit(flow),
        currency=pl.lit("USD CIF"),
        value=pl.sum_horizontal(NUMBERS[2:]).cast(pl.String),
    )
    return pl.concat([records, cif], how="diagonal").sort("record", maintain_order=True)


def questions(request: FetchRequest, today: date, site: Site) -> Iterator[WantedFile]:
    """Yield a question for each year and direction, the newest year first. Raises Refused where codes are asked for."""
    refuse_products(request, "The file of a year has every code; leave them out.")
    for year in sorted({month[:4] for month in months_of(request, today)}, reverse=True):
        for flow in request.flows:
            yield WantedFile(
                name=f"comexstat_{flow}_{year}",
                source="brazil_comexstat",
                form="csv",
                zone=ZONE,
                address=f"{request.base or BASE}{PATH.format(FILES[flow], year)}",
                title=f"Comex Stat, {flow}s of {year} by NCM, {FILES[flow]}_{year}.csv",
                declared={"reporter": "BRA", "flow": flow, "partners": "all", "products": ["*"]},
                first_month=f"{year}-01",
            )


SOURCE = Source(
    name="brazil_comexstat",
    titles={"en": "Brazil's Comex Stat", "zh": "巴西Comex Stat"},
    kind="query",
    needs=(),
    parse=parse,
    reporter="BRA",
    currency="BRL",
    partner_code=r"^[0-9]{3}$",
    code_list="brazil",
    nomenclature="NCM8",
    calendar="brazil_comexstat",
    base=BASE,
    questions=questions,
    # The files of 2023 and 2025 have about 110 MB.
    first_fetch=FirstFetch("year", 110, 60, has_all_goods=True),
    proof="the end of its last line, and rows that stand once; nothing in a file counts or adds up its rows",
    experimental="29,619 rows of exports of 51 codes have been read; no whole file, and no row of imports",
)
