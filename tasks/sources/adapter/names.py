"""Checks names for damage to the text, for rows that are sums, and for spreadsheet formulas.

No join uses a name, and no name is published with the numbers. But the name of a known code shows damage to its file.
"""

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.doubt.findings import Rows, finding
from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted
from tasks.sources.formats.csv import AGAIN, plain_texts

CODED = {"partner": ("partners", "gacc_code"), "regime": ("regimes", "code"), "province": ("provinces", "code")}
TOTALS = (
    "合计",
    "总计",
    "总值",
    "总额",
    "小计",
    "共计",
    "全部",
    "全国",
    "全球",
    "世界",
    "total",
    "grandtotal",
    "subtotal",
    "sum",
    "world",
    "allcountries",
)
ZEROS = r"^0+$"
FORMULA = r"^[=+\-@\t\r\n]"
# Names of the site usually end with line ends; direction marks make a text look like another.
CONTROL = r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\x{202a}-\x{202e}\x{2066}-\x{2069}]"
NAMES = ("product_name", "partner_name", "publisher", "note")


def refuse_totals(fields: pl.DataFrame, distinct: dict[str, pl.Series], where: str) -> None:
    """Raises Refused where a code is all zeros or a text means total: a sum would count everything twice."""
    names = ("period", "product", "product_name", *(text for code in CODED for text in (code, f"{code}_name")))
    texts = pl.concat(
        pl.DataFrame({"text": distinct[name]}).with_columns(column=pl.lit(name)) for name in names if name in distinct
    )
    plain = plain_texts(texts["text"])
    is_total = plain.str.replace_all(r"[\s:：]", "").str.to_lowercase().is_in(TOTALS)
    is_total |= texts["column"].is_in(["product", *CODED]) & plain.str.contains(ZEROS)
    for text, name in texts.filter(is_total).iter_rows():
        place, total = (
            f"{where}, record {first_record(fields, name, text)}, column {name}",
            f"'{clip(text)}': a sum among",
        )
        advice = "Download it again, or ingest the records without the sums."
        raise Refused("summary row", place, f"{total} the records, and a query download has none", advice)


def refuse_mojibake(fields: pl.DataFrame, distinct: dict[str, pl.Series], where: str) -> None:
    """Raises Refused where a name is its code's name with the bytes read in a wrong encoding.

    Other spellings are not damage: names change, and nothing depends on them.
    """
    for code, (table, key) in CODED.items():
        known = code_table(table)
        usual = {*known["name_zh"], *known["name_en"]}
        names = distinct.get(f"{code}_name", ())
        strange = [name for name in names if (name.strip() not in usual and not name.isascii()) or set(name) == {"?"}]
        if not strange:
            continue
        pairs = (
            fields.select(code, f"{code}_name").unique().cast(pl.String).filter(pl.col(f"{code}_name").is_in(strange))
        )
        for found_code, name in pairs.sort(code, f"{code}_name").iter_rows():
            rows = known.filter(pl.col(key) == found_code)
            was = next((right for right in (*rows["name_zh"], *rows["name_en"]) if _is_damaged(name, right)), None)
            if was:
                place = f"{where}, record {first_record(fields, f'{code}_name', name)}, column {code}_name"
                misread = f"'{clip(name)}' for {found_code}, which is {was!r} read in a wrong encoding"
                raise Refused("mojibake", place, misread, AGAIN)


def _is_damaged(name: str, right: str) -> bool:
    if set(name) == {"?"}:
        return not right.isascii()
    for data, encoding in (
        (name.encode("gb18030", "ignore"), "utf-8"),
        (_western(name), "utf-8"),
        (_western(name), "gb18030"),
    ):
        was = data.decode(encoding, "ignore").replace("?", "").strip()
        # Lost characters cannot be recovered; two remaining letters in their order are not an accident.
        is_left = was == right or (len(was) > 1 and _is_part_of(was, right))
        if is_left and not was.isascii() and was != name.strip():
            return True
    return False


def _is_part_of(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


def _western(name: str) -> bytes:
    """The bytes that were read as Windows-1252; programs fill its gaps with those of Latin-1."""
    return b"".join(letter.encode("cp1252", "ignore") or letter.encode("latin-1", "ignore") for letter in name)


def doubt_names(reported: pl.DataFrame, where: str) -> Rows:
    """Warnings about names that a spreadsheet would run as a formula, and about control characters in names."""
    for name in NAMES:
        texts = reported[name].unique().drop_nulls().cast(pl.String)
        texts = texts.filter(texts != "")
        formulas = texts.filter(texts.str.contains(FORMULA) | plain_texts(texts).str.contains(FORMULA)).sort()
        controls = texts.filter(texts.str.strip_chars().str.contains(CONTROL)).sort()
        for check, doubted, expected, advice in (
            ("name_is_formula", formulas, "a name", "Put an apostrophe before it wherever a spreadsheet may open it."),
            ("control_character", controls, "letters that can be seen", "Nothing depends on a name; look at the file."),
        ):
            if doubted.len():
                shown = f"'{clip(doubted[0], 40)}' in record {first_record(reported, name, doubted[0])}"
                yield finding(
                    check,
                    "warning",
                    f"{where}, column {name}",
                    observed=f"{counted(doubted.len(), 'such name')}, {shown}",
                    expected=expected,
                    advice=advice,
                )


def doubt_pairs(reported: pl.DataFrame, where: str) -> Rows:
    """An error where the code of a known partner has the name of another: one column was sorted, filled or pasted.

    An unknown code may be the new one of that partner.
    """
    pairs = reported.select("partner", "partner_name").unique().cast(pl.String).drop_nulls()
    known = code_table("partners").unpivot(["name_zh", "name_en"], index="gacc_code", value_name="name")
    named = pairs.with_columns(name=plain_texts(pairs["partner_name"]), code=plain_texts(pairs["partner"]))
    named = named.filter(pl.col("code").is_in(known["gacc_code"].unique().implode()))
    other = named.join(known, on="name").filter((pl.col("code") != pl.col("gacc_code")).all().over("partner", "name"))
    for pair in other.sort("partner", "name").head(1).iter_rows(named=True):
        printed = reported.select("record", pl.col("partner", "partner_name").cast(pl.String))
        slipped = printed.join(other, on=["partner", "partner_name"], how="semi")
        record = reported.filter(partner=pair["partner"], partner_name=pair["partner_name"])["record"][0]
        yield finding(
            "name_of_another",
            "error",
            f"{where}, column partner_name",
            records=slipped["record"].to_list(),
            observed=(
                f"'{clip(pair['name'], 40)}' next to {pair['code']} in record {record} "
                f"({counted(other.select('partner', 'name').n_unique(), 'such pair')})"
            ),
            expected=f"the code {pair['gacc_code']} next to that name",
            advice=(
                "Codes and names have slipped apart, and the numbers perhaps with them: download it again. If customs"
                " have renamed a partner, approve."
            ),
        )


def first_record(fields: pl.DataFrame, name: str, text: str) -> int:
    """Number of the first record that has this text in this column."""
    return int((fields[name].cast(pl.String) == text).arg_true()[0]) + 1
