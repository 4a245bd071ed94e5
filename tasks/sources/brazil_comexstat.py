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

QT_ESTAT is in the unit CO_UNID of the code: the weight again for kilograms and tonnes, which is not read twice; other
units are in UNITS. It is wrong by a factor of up to 20 in some rows, where KG_LIQUIDO is right.

Partners: the codes of PAIS.csv, 000 to 999. Where it has several of one country (USA 249, Johnston 396, Wake 873), the
country's own code has its key and the others keep a key of their own; ship supplies, central banks and the like (990 to
999) are residual.

Other downloads are refused: the answers of the API, files by municipality (which have HS4), and files with the names of
1989 to 1996.

Unsure: of a whole file only its header, its size and single rows are known. The table of countries is that of 2020.
"""

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from schemas.forms.fetch import FetchRequest
from tasks.domain.errors import Refused
from tasks.domain.findings import finding
from tasks.domain.text import clip, counted
from tasks.sources import csv
from tasks.sources.protocol import Parsed, Question, Site, Source, months_of
from tasks.sources.records import as_reported, doubt_copies, numbered, require_form, summed

BASE = "https://balanca.economia.gov.br"
PATH = "/balanca/bd/comexstat-bd/ncm/{}_{}.csv"
ZONE = ZoneInfo("America/Sao_Paulo")
FILES = {"export": "EXP", "import": "IMP"}
KEY = ("CO_ANO", "CO_MES", "CO_NCM", "CO_UNID", "CO_PAIS", "SG_UF_NCM", "CO_VIA", "CO_URF")
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
    "19": "Carat",
}
WEIGHTS = ("10", "21", "22")
MONTH, YEAR, WHOLE = "^(0[1-9]|1[0-2])$", "^(19|20)[0-9]{2}$", "^[0-9]{1,15}$"
MARK, QUOTE = b"\xef\xbb\xbf", b'"'
AGAIN = "Download the file again; do not open and save it with another program."


def parse(raw: bytes, where: str) -> Parsed:
    """The sums over states, modes and offices, in order of their first record. Raises Refused; `where` names the
    file."""
    lexed = csv.read_fields(_with_commas(raw, where), where, lambda title: title in NUMBERS)
    titles = tuple(lexed.fields.columns)
    flow = {EXPORTS: "export", IMPORTS: "import"}.get(titles)
    if flow is None:
        raise Refused(
            "columns",
            f"{where}, header",
            ", ".join(map(clip, titles[:14])),
            f"The columns are {', '.join(EXPORTS)}; those of imports have {' and '.join(IMPORTS[-2:])} behind them.",
        )
    fields = numbered(lexed.fields, where, AGAIN)
    doubts = [*doubt_copies(fields, KEY, where)]
    rows = _rows(fields, where)
    unit, numbers = pl.col("unit"), [name for name in NUMBERS if name in titles]
    sums = summed(rows, ("product", "partner", "period"), numbers, unit=unit.first(), units=unit.n_unique())
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
    if not text.lstrip(QUOTE).startswith(KEY[0].encode()):
        return raw
    edges = sum(text.count(edge) for edge in (b';"', b'";', b'\n"', b'"\n', b'"\r')) + text.startswith(QUOTE)
    if b"," in text or text.count(QUOTE) != edges:
        raise Refused(
            "quoting", where, "a comma or a quote inside a field, where there are codes and whole numbers alone", AGAIN
        )
    return raw.translate(bytes.maketrans(b";", b","), QUOTE)


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


def questions(request: FetchRequest, today: date, site: Site) -> Iterator[Question]:
    """Yield a question for each year and direction, the newest year first. Raises Refused where codes are asked for."""
    if request.products:
        raise Refused(
            "products",
            "products",
            ", ".join(request.products[:6]),
            "The file of a year has every code; leave them out.",
        )
    for year in sorted({month[:4] for month in months_of(request, today)}, reverse=True):
        for flow in request.flows:
            yield Question(
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
    kind="query",
    needs=(),
    parse=parse,
    reporter="BRA",
    partner_code=r"^[0-9]{3}$",
    code_list="brazil",
    nomenclature="NCM8",
    calendar="brazil_comexstat",
    base=BASE,
    questions=questions,
    experimental="twenty rows of a file alone have been read",
)
