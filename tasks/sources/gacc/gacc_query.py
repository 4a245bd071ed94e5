"""Reads downloads of China customs' (GACC) online query: HS8 by partner, month, regime and province.

Who and when: the General Administration of Customs opens a month in its query database on the 20th of the month after;
January and February come in March, as two months. The site requires a captcha, so a person downloads the files.

Layout: GB18030, every field quoted, a trailing comma on each line, names with line feeds inside their quotes. Any
subset and order of the dimensions; measures last; one value column whose title alone shows the currency. Titles in
Chinese or English, with two spellings of "Supplementary". Numbers: quantities plain, values with thousands commas. A
missing second unit is quantity "0" with unit "?", and only that pair. Below HS8 there are no quantities. Zero trade
means no row; no total rows. A download ends at 10,000 rows without a notice.

Saved again by Excel: codes have become numbers, the value title may be 金额_美元. A number can only have lost the zero
of chapters 01 to 09, and HS codes have an even number of digits, so a number with 1, 3, 5 or 7 digits is padded by one
zero; any other length stays as it is. Partner codes have no leading zeros and are never padded.

Unsure: whether the request for a file without a regime or province column covered all of them; this is assumed unless
declared.
"""

import polars as pl

from tasks.domain.errors import Refused, refuse_first
from tasks.domain.text import clip
from tasks.sources.adapter.names import first_record, refuse_mojibake, refuse_totals
from tasks.sources.adapter.protocol import Parsed, Source
from tasks.sources.adapter.records import as_reported, numbered
from tasks.sources.formats import csv, envelope, excel
from tasks.sources.formats.csv import plain_texts

TITLES = {
    "period": ("数据年月", "Date of data"),
    "product": ("商品编码", "Commodity code"),
    "product_name": ("商品名称", "Commodity"),
    "partner": ("贸易伙伴编码", "Trading partner code"),
    "partner_name": ("贸易伙伴名称", "Trading partner"),
    "regime": ("贸易方式编码", "Customs Regime code"),
    "regime_name": ("贸易方式名称", "Customs Regime"),
    "province": ("注册地编码", "收发货人注册地编码", "Locations of importers and exporters code"),
    "province_name": ("注册地名称", "收发货人注册地名称", "Locations of importers and exporters"),
    "quantity": ("第一数量", "Quantity"),
    "quantity_unit": ("第一计量单位", "Unit"),
    "supplementary_quantity": ("第二数量", "Supplementary Quantity", "Supplimentary Quantity"),
    "supplementary_unit": ("第二计量单位", "Supplementary Unit", "Supplimentary Unit"),
    "value CNY": ("人民币", "金额_人民币", "Renminbi Yuan"),
    "value USD": ("美元", "金额_美元", "US dollar"),
}
MEANING = {title: meaning for meaning, titles in TITLES.items() for title in titles}
NUMBERS = ("quantity", "supplementary_quantity", "value CNY", "value USD")
UNIT_OF = {"quantity": "quantity_unit", "supplementary_quantity": "supplementary_unit"}
NO_SECOND_UNIT = "?"
RESAVED = "fields without quotes, doubled quotes or mixed line ends"
ROW_CAP = 10_000


def parse(raw: bytes, where: str) -> Parsed:
    """The records of a query download, CSV or .xlsx, as printed. Raises Refused; `where` names the file in messages."""
    reader = excel if envelope.magic_of(raw) == "zip" else csv
    lexed = reader.read_fields(raw, where, lambda title: MEANING.get(title) in NUMBERS)
    meanings = dict(zip(lexed.fields.columns, _meanings(lexed.fields.columns, where), strict=True))
    fields = lexed.fields.rename(meanings)
    distinct = {meanings[title]: texts for title, texts in lexed.distinct.items()}
    fields = numbered(
        fields,
        where,
        "An empty month is not published by itself: check the query; if there was no trade, say so with a file of"
        " zeros.",
    )
    _refuse_titles_in_rows(fields, distinct, where)
    refuse_totals(fields, distinct, where)
    refuse_mojibake(fields, distinct, where)
    normalised = [*lexed.normalised, *([RESAVED] if lexed.is_unquoted else [])]
    numeric = {MEANING[title] for title in lexed.numeric_titles if title in MEANING}
    if "product" in numeric:
        codes = fields["product"].cast(pl.String)
        padded = codes.str.contains("^[0-9]+$") & (codes.str.len_chars() % 2 == 1)
        if padded.any():
            normalised.append(f"a leading zero given back to {int(padded.sum())} product codes that were number cells")
            fields = fields.with_columns(("0" + codes).zip_with(padded, codes).cast(pl.Categorical).alias("product"))
    return Parsed(as_reported(_with_units(fields, distinct)), lexed.encoding, tuple(normalised))


def _meanings(titles: list[str], where: str) -> list[str]:
    """The meaning of each column. Raises Refused where the site does not make this set of titles."""
    where = f"{where}, header"
    advice = "Download it again with the columns of the site; do not rename, add or remove columns."
    unknown = [title for title in titles if title not in MEANING]
    if unknown:
        raise Refused(
            "unknown column",
            where=where,
            found=f"columns that the query does not have: {', '.join(map(clip, unknown))}",
            advice=advice,
        )
    meanings = [MEANING[title] for title in titles]
    twice = sorted({titles[place] for place, meaning in enumerate(meanings) if meanings.count(meaning) > 1})
    values = [meaning for meaning in meanings if meaning.startswith("value")]
    refuse_first(
        where,
        (twice, "column twice", f"the same column twice: {', '.join(twice)}", advice),
        (not values, "value column", "no value column (人民币 or 美元)", advice),
        (len(values) > 1, "value column", "two value columns, CNY and USD", advice),
        ("product" not in meanings, "no product column", "no 商品编码 (Commodity code)", advice),
        *(
            (
                (quantity in meanings) != (unit in meanings),
                "quantity without unit",
                f"only one of {quantity} and {unit}",
                advice,
            )
            for quantity, unit in UNIT_OF.items()
        ),
        *(
            (
                f"{code}_name" in meanings and code not in meanings,
                "name without code",
                f"{code} names without their codes",
                advice,
            )
            for code in ("partner", "regime", "province")
        ),
    )
    return meanings


def _refuse_titles_in_rows(fields: pl.DataFrame, distinct: dict[str, pl.Series], where: str) -> None:
    for name in ("product", "period"):
        texts = distinct.get(name, pl.Series([], dtype=pl.String))
        titles = texts.filter(texts.is_in(TITLES[name]))
        if titles.len():
            raise Refused(
                "header in the data",
                where=f"{where}, record {first_record(fields, name, titles[0])}",
                found=f"the title {titles[0]} as a value: several files joined into one",
                advice="Ingest the downloads one by one.",
            )


def _with_units(fields: pl.DataFrame, distinct: dict[str, pl.Series]) -> pl.DataFrame:
    """The fields with the currency of the value, and without second quantities that are marked as none."""
    value = next(name for name in fields.columns if name.startswith("value"))
    fields = fields.rename({value: "value"}).with_columns(currency=pl.lit(value.removeprefix("value ")))
    for quantity, unit in UNIT_OF.items():
        if quantity not in fields.columns:
            continue
        marks = distinct[unit].filter(plain_texts(distinct[unit]) == NO_SECOND_UNIT)
        if marks.len():
            absent = (pl.col(quantity) == "0") & (pl.col(unit) == NO_SECOND_UNIT)
            if marks.to_list() != [NO_SECOND_UNIT]:
                # Numbers and codes may have blanks or wide characters.
                is_zero = pl.lit(plain_texts(fields[quantity]) == "0")
                absent = is_zero & pl.col(unit).cast(pl.String).is_in(marks.to_list())
            fields = fields.with_columns(
                pl.when(~absent).then(pl.col(quantity)).alias(quantity), pl.when(~absent).then(pl.col(unit)).alias(unit)
            )
    return fields


SOURCE = Source(
    name="gacc_query",
    titles={"en": "China customs, online query", "zh": "中国海关在线查询"},
    kind="query",
    needs=("flow",),
    parse=parse,
    reporter="CHN",
    currency="CNY",
    partner_code=r"^[0-9]{3}$",
    row_cap=ROW_CAP,
    calendar="query",
    proof=(
        "the end of its last line, rows of one width, and keys that stand once; a download of as many rows as the site"
        " gives at most is held, and nothing in a file counts its rows"
    ),
    excerpt=csv.excerpt,
)
