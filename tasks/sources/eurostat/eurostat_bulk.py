"""Reads Eurostat's bulk file of a month (Comext `full_v2_YYYYMM`): the whole Combined Nomenclature of each member
state.

Who and when: on Eurostat's days (`tasks/sources/eurostat/eurostat_comext.py`); the files of many earlier months are
replaced each time, and no old ones are kept. Free, without a key; reuse is allowed with the source named (CC BY 4.0).

Address: https://ec.europa.eu/eurostat/api/dissemination/files?file=comext%2FCOMEXT_DATA%2FPRODUCTS%2Ffull_v2_202512.7z,
about 45 MB; the one file in it is 400 MB of text with 5 million rows. A month that is not out is answered with a page.

Layout: comma, no quotes, one header line, the columns of COLUMNS; read by name. A release has one reporter and one
direction, so the archive is split first, with its rows unchanged and in their order
(`tasks/sources/eurostat/eurostat_archive.py`). What is read here is one such part, and the number of a record is that
of its row in the part.

Rows: a row for each statistical procedure (1 normal, 2 inward, 3 outward processing, 9 not from declarations, older
ones 5 to 7); a row of one procedure alone is not the trade of a partner, so they are added up here, and the note of a
sum lists the numbers of its records. Rows of a code without detail (28XXXXXX) differ only in other classifications and
are added up as well. Fourteen columns identify a row: two rows that agree in all of them are one row twice, as in the
files of 2017 and 2018, and hold the release. Values in euros have cents in the files of some members: the sum is exact
and is rounded once, to whole euros as the API prints them.

Totals: product TOTAL or 000TOTAL is the sum of all other rows, and is compared and not read as a statement. Partners as
in the API. Trade with the two parts of the United Kingdom (XI, XU; TRADE_TYPE L, M) repeats GB where GB has a row.

Codes with letters are lines of their own: confidential trade without a published code. Where a chapter has one, a
missing row of the chapter may be hidden in it, so it does not mean no trade: `asked`
(`tasks/sources/eurostat/eurostat_archive.py`) says for which codes silence means something.

Supplementary quantities are read where their unit is in UNITS; others are left out and named. VALUE_NAC, in national
currency, is not read.

Unsure: no whole file was available, only its header, code lists and single rows. Codes may have lost a leading zero in
files that went through other programs; such a record has no valid code and is set aside.
"""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted
from tasks.sources.adapter.protocol import Parsed
from tasks.sources.adapter.records import (
    as_reported,
    doubt_copies,
    numbered,
    of_sums,
    require_columns,
    require_form,
    summed,
    the_only,
)
from tasks.sources.adapter.totals import concerned, part_totals
from tasks.sources.eurostat.eurostat_archive import questions, split_file
from tasks.sources.eurostat.eurostat_comext import CODES, FLOWS, UNLISTED, product_of, reporter_of
from tasks.sources.eurostat.eurostat_comext import SOURCE as API
from tasks.sources.formats import csv
from tasks.sources.formats.envelope import magic_of

KEY = (
    "REPORTER",
    "PARTNER",
    "TRADE_TYPE",
    "PRODUCT_NC",
    "PRODUCT_SITC",
    "PRODUCT_CPA21",
    "PRODUCT_CPA22",
    "PRODUCT_BEC",
    "PRODUCT_BEC5",
    "PRODUCT_SECTION",
    "FLOW",
    "STAT_PROCEDURE",
    "SUPPL_UNIT",
    "PERIOD",
)
VALUE, MASS, SUPPLEMENTARY = "VALUE_EUR", "QUANTITY_KG", "QUANTITY_SUPPL_UNIT"
NUMBERS = (VALUE, MASS, SUPPLEMENTARY)
UNREAD = "VALUE_NAC"
COLUMNS = (*KEY, VALUE, UNREAD, MASS, SUPPLEMENTARY)
NEEDED = ("REPORTER", "PARTNER", "PRODUCT_NC", "FLOW", "STAT_PROCEDURE", "SUPPL_UNIT", "PERIOD", *NUMBERS)
TOTALS = ("TOTAL", "000TOTAL")
PROCEDURES = ("1", "2", "3", "5", "6", "7", "9")
MONTH, YEAR = r"^[0-9]{4}(0[1-9]|1[0-2])$", r"^[0-9]{4}52$"
AMOUNT = r"^([0-9]{1,14}(\.[0-9]{1,3})?)?$"
THOUSAND = 1000
CELL = ("product", "period", "number_of")
NO_UNIT = ("NO_SU", "-", "")
# Codes of the list SUPPL_UNIT, and the name of the unit in units.csv. Kilograms are the mass again and are not read
# twice.
UNITS = {
    "PST": "Number of item",
    "100_PST": "In Hundreds",
    "1000_PST": "In Thousands",
    "PA": "Pair",
    "L": "Litre",
    "M": "Metre",
    "M2": "Square Metre",
    "M3": "Cubic Metre",
    "G": "Gram",
    "CK": "Carat",
    "KG": "Kilogram",
}
SPLIT = "Split the archive into the inbox, a file for each reporter and direction: tidewaiter split."
AGAIN = "Download the archive again; do not open and save what is in it with another program."


def parse(raw: bytes, where: str) -> Parsed:
    """The sums over procedures of a part, in order of their first record. Raises Refused; `where` names the file."""
    if magic_of(raw) == "7z":
        raise Refused(
            "archive of all reporters",
            where,
            "the 7z archive, which holds every reporter and both directions",
            f"Split it into the inbox: tidewaiter split {clip(where)} --inbox inbox",
        )
    lexed = csv.read_fields(raw, where, lambda title: title in (*NUMBERS, UNREAD))
    fields = _checked(lexed.fields, where)
    reporter = reporter_of(the_only(fields, "REPORTER", where, "several reporters", SPLIT), where)
    flow = FLOWS.get(the_only(fields, "FLOW", where, "both flows", SPLIT))
    if flow is None:
        raise Refused("unknown flow", f"{where}, column FLOW", clip(str(fields["FLOW"][0])), AGAIN)
    copies = doubt_copies(fields, [name for name in KEY if name in fields.columns], where)
    doubts = [*of_sums(copies, fields, ("PRODUCT_NC", "PARTNER", "PERIOD"))]
    plain = fields.select(
        "record",
        *NUMBERS,
        partner=pl.col("PARTNER").cast(pl.String),
        product=pl.col("PRODUCT_NC").cast(pl.String),
        period=pl.col("PERIOD").cast(pl.String),
        unit=pl.col("SUPPL_UNIT").cast(pl.String),
    )
    require_form(plain, NUMBERS, AMOUNT, where, AGAIN)
    # In thousandths, exactly; null where nothing is printed.
    printed = (pl.when(pl.col(name) != "").then(name).cast(pl.Decimal(38, 3)).alias(name) for name in NUMBERS)
    amounts = plain.with_columns((number * THOUSAND).cast(pl.Int64) for number in printed)
    is_total = amounts["product"].is_in(TOTALS)
    sums = _summed(amounts.filter(~is_total))
    doubts += _doubt_totals(amounts.filter(is_total), sums, where)
    kept, of_partners, notes = _single_partners(sums, where)
    sums = sums.filter(kept)
    notes = [
        f"{counted(amounts.height, 'record')} of single procedures added up to {sums.height:,} of partners",
        *notes,
    ]
    notes += lexed.normalised
    if is_total.any():
        notes.append(
            f"{counted(int(is_total.sum()), 'record')} of TOTAL compared with the sum of the codes: not published"
        )
    if of_partners or doubts or not is_total.any():
        proof = ""
    else:
        proof = f"{counted(int(is_total.sum()), 'printed total')} of all codes"
    doubts += [*of_partners, *_doubt_fractions(sums, where), *_doubt_units(sums, where), *_doubt_detail(sums, where)]
    return Parsed(
        as_reported(_records(sums, flow)), lexed.encoding, tuple(notes), tuple(doubts), None, reporter, proof=proof
    )


def _checked(fields: pl.DataFrame, where: str) -> pl.DataFrame:
    """The fields with their record numbers. Raises Refused for other columns, periods or procedures."""
    require_columns(fields.columns, NEEDED, where, COLUMNS, f"The columns are {', '.join(COLUMNS)}.")
    fields = numbered(fields, where, AGAIN)
    for period in fields["PERIOD"].unique().cast(pl.String).sort():
        text = pl.Series([period])
        if text.str.contains(YEAR).any():
            raise Refused(
                "frequency",
                f"{where}, column PERIOD",
                f"{period}, which is the whole year",
                "Take the files of the months.",
            )
        if not text.str.contains(MONTH).any():
            raise Refused("period", f"{where}, column PERIOD", f"'{clip(period)}'", AGAIN)
    other = [code for code in fields["STAT_PROCEDURE"].unique().cast(pl.String).sort() if code not in PROCEDURES]
    if other:
        raise Refused(
            "unknown procedure",
            f"{where}, column STAT_PROCEDURE",
            f"'{clip(other[0])}'",
            "It may be a sum of the others; add it to eurostat_bulk.py when it is clear that it is not.",
        )
    return fields


def _summed(amounts: pl.DataFrame) -> pl.DataFrame:
    """A row for each product, partner and month."""
    unit = pl.col("unit")
    return summed(amounts, ("product", "partner", "period"), NUMBERS, unit=unit.first(), units=unit.n_unique())


def _doubt_totals(totals: pl.DataFrame, sums: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    """Yield a finding where a row of TOTAL is not the sum of all other rows of its partner."""
    place = ["partner", "period"]
    # Two names of the total are one total twice.
    printed = totals.group_by(*place, "product").agg(pl.col(VALUE, MASS).sum(), pl.col("record").first())
    parts = sums.group_by(place).agg(pl.col(VALUE, MASS).sum().name.suffix("_of_parts"))
    compared = printed.unique([*place, VALUE, MASS]).join(parts, on=place, how="left")
    compared = compared.with_columns(pl.col(f"{VALUE}_of_parts", f"{MASS}_of_parts").fill_null(0))
    is_wrong = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_of_parts") for name in (VALUE, MASS))
    wrong = compared.filter(is_wrong).sort("record")
    for row in wrong.head(1).iter_rows(named=True):
        yield finding(
            "total_differs",
            "error",
            f"{where}, record {row['record']}",
            records=sums.filter(partner=row["partner"], period=row["period"])["record"].to_list(),
            of_trade=True,
            values=(row[VALUE] / THOUSAND, row[f"{VALUE}_of_parts"] / THOUSAND, "value_eur"),
            observed=(
                f"partner {row['partner']} has a total of {_shown(row[VALUE])} EUR and {_shown(row[MASS])} kg, its"
                f" codes add up to {_shown(row[f'{VALUE}_of_parts'])} EUR and {_shown(row[f'{MASS}_of_parts'])} kg;"
                f" {counted(wrong.height, 'such total')}"
            ),
            expected="a printed total that is the sum of its parts",
            advice="Rows are missing or twice: download the archive again.",
        )


def _single_partners(sums: pl.DataFrame, where: str) -> tuple[pl.Series, list[dict[str, str]], list[str]]:
    """Which sums are of single partners, checked against the totals that are printed among them."""
    doubts: list[dict[str, str]] = []
    notes: list[str] = []
    codes = concerned(sums["partner"], CODES, UNLISTED)
    if not codes:
        return pl.repeat(True, sums.height, eager=True, dtype=pl.Boolean), doubts, notes
    looked_at = sums.with_row_index("row").filter(pl.col("partner").is_in(codes))
    aside = pl.repeat(False, looked_at.height, eager=True, dtype=pl.Boolean)
    for name in (VALUE, MASS):
        rows = looked_at.select("record", "product", "period", "partner", number_of=pl.lit(name), number=_text(name, 3))
        parted = part_totals(rows, CODES, CELL, where, UNLISTED)
        aside, notes = aside | ~parted.kept, [*parted.notes]
        doubts += [*parted.doubts, *parted.short]
    kept = ~pl.int_range(sums.height, dtype=pl.UInt32, eager=True).is_in(looked_at["row"].filter(aside).implode())
    return kept, doubts, notes


def _doubt_fractions(sums: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    broken = sums.filter(pl.any_horizontal(pl.col(*NUMBERS) % THOUSAND != 0))
    if broken.height:
        yield finding(
            "fractions",
            "info",
            where,
            observed=(
                f"{counted(broken.height, 'sum')} with a fraction of a euro, a kilogram or a unit, first record"
                f" {broken['record'][0]}"
            ),
            expected="whole numbers, as the API prints them",
            advice="The sum is exact and is rounded once; nothing to do.",
        )


def _doubt_units(sums: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    left_out = sums.filter(
        pl.col(SUPPLEMENTARY) != 0, (pl.col("units") > 1) | ~pl.col("unit").is_in([*UNITS, *NO_UNIT])
    )
    if left_out.height:
        names = ", ".join(map(clip, left_out["unit"].unique().sort().head(8)))
        yield finding(
            "unit_left_out",
            "info",
            where,
            observed=(
                f"{counted(left_out.height, 'sum')} with a supplementary quantity in {names}, or in several units,"
                f" first record {left_out['record'][0]}"
            ),
            expected="units that the table has",
            advice="These quantities are not published; add the unit to eurostat_bulk.py and units.csv.",
        )


def _doubt_detail(sums: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    hidden = sums.filter(product_of(pl.col("product")).str.starts_with("line:"))
    if hidden.height:
        chapters = ", ".join(hidden["product"].str.head(2).unique().sort())
        yield finding(
            "without_detail",
            "info",
            where,
            observed=(
                f"{counted(hidden.height, 'sum')} of codes without detail, chapters {chapters};"
                f" {_shown(int(hidden[VALUE].sum()))} EUR"
            ),
            expected="codes of eight digits",
            advice=(
                "They are lines of their own. In these chapters a missing row does not mean that there was no trade."
            ),
        )


def _records(sums: pl.DataFrame, flow: str) -> pl.DataFrame:
    unit = pl.when(pl.col("units") == 1).then(
        pl.col("unit").replace_strict(UNITS, default=None, return_dtype=pl.String)
    )
    has_unit = unit.is_not_null() & (unit != UNITS["KG"])
    return sums.select(
        "record",
        "partner",
        "note",
        flow=pl.lit(flow),
        product=product_of(pl.col("product")),
        period=pl.concat_str(pl.col("period").str.head(4), pl.lit("-"), pl.col("period").str.tail(2)),
        value=_text(VALUE, 0),
        currency=pl.lit("EUR"),
        quantity=_text(MASS, 0),
        quantity_unit=pl.lit("KG"),
        supplementary_quantity=pl.when(has_unit).then(_text(SUPPLEMENTARY, 0)),
        supplementary_unit=pl.when(has_unit).then(unit),
    )


def _text(name: str, decimals: int) -> pl.Expr:
    """Thousandths as printed text: with three decimals, or rounded to a whole number, half up."""
    if decimals:
        number = pl.col(name)
        return pl.concat_str(
            (number // THOUSAND).cast(pl.String), pl.lit("."), (number % THOUSAND).cast(pl.String).str.zfill(3)
        )
    return ((pl.col(name) + THOUSAND // 2) // THOUSAND).cast(pl.String)


def _shown(thousandths: int) -> str:
    whole, rest = divmod(thousandths, THOUSAND)
    return f"{whole:,}" + (f".{rest:03d}".rstrip("0") if rest else "")


# The same figures from another place.
SOURCE = replace(
    API,
    name="eurostat_bulk",
    titles={"en": "Eurostat, bulk files of Comext", "zh": "欧盟统计局Comext批量文件"},
    parse=parse,
    questions=questions,
    first_fetch=None,
    proof=(
        "the checksum of the archive when it is split, the end of its last line, keys that stand once, and printed"
        " totals of all codes; a part of a file without these totals has no proof"
    ),
    experimental="thirteen rows of one file have been read; no whole file, and no archive as it is packed",
    split=split_file,
)
