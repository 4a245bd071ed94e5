"""Names partners, products and months as people write them, and says what values mean: FOB or CIF, whose trade a
partner is, how the source drops digits.

`schemas/reference/statement_terms.csv` has the facts about values, by source, direction and measure. A unit value has
the terms of its value. Quantities have no valuation, and their precision is in `resolution`.
"""

import calendar
import functools
import re
from collections.abc import Iterable
from datetime import date

import polars as pl
import pycountry

from schemas.names import LANGUAGES
from schemas.reference.code_tables import code_table, listed_partners
from tasks.domain.classification import BASKET, HS_DIGITS
from tasks.domain.coverage import GROUPS, WORLD
from tasks.domain.nomenclature import CHINAS
from tasks.domain.units import RATIOS

# Names of countries that take an article in a sentence.
WITH_ARTICLE = ("USA", "NLD", "GBR", "ARE", "PHL")
# Authorities that have a name of their own.
OWN_NAMES = {"CHN": {"en": "China customs", "zh": "中国海关"}, "EU27": {"en": "Eurostat", "zh": "欧盟统计局"}}
NOT_STATED = "not stated"
# Codes below an HS6 that stand for its name where it has none.
TERMS = ("flow", "measure", "currency", "valuation", "partner_is", "rounding")
ROUNDED = {
    "nearest": "",
    "down": "; digits cut off, so a printed 0 may be trade below one step",
    "nearest or down": "; rounded or cut off",
}
# Chinese signs in English names, and the signs that an English text has.
ENGLISH_SIGNS = {ord(sign): ord(sign) - 0xFEE0 for sign in "（），；：＆＜＞／％．"}
# Where a source leaves out blanks, or puts too many; letters of a chemical formula stay together.
SPACES = (
    (r"\s*&\s*", " & "),
    (r"\b([A-Z]) & ([A-Z])\b", "$1&$2"),
    (r"\s*([<>≤≥])\s*", " $1 "),
    (r"\s+([,;])", "$1"),
    (r"([,;])([A-Za-z][A-Za-z .)]|\()", "$1 $2"),
    (r"\s+", " "),
    (r"^ | $", ""),
)
# Words that China's list of codes cuts short, of which each has one meaning there; "nes" is a term of the trade.
CUT_SHORT = {
    "mtl": "metal",
    "oth": "other",
    "othr": "other",
    "prmnnt": "permanent",
    "prprd": "prepared",
    "prsrvd": "preserved",
    "rlld": "rolled",
    "smls": "seamless",
    "stnls": "stainless",
    "stnlss": "stainless",
}
CUT_WORD = re.compile(rf"\b(?:{'|'.join(CUT_SHORT)})\b", re.IGNORECASE)
# Stands behind an English name where no list has a Chinese one.
NO_CHINESE = "（无中文名）"
# Marks a number in doubt, on every page and picture.
DOUBTED = "▲"
# What a doubt about the sum of all partners concerns of one partner.
DOUBTED_PART = {"en": "share, rank and contributions: ", "zh": "占比、排名和贡献："}


@functools.cache
def check_words(language: str = "en") -> dict[str, str]:
    """Return what each check found, as a clause in a language, by the name of the check; a doubt is worded in
    `doubt_words`."""
    return dict(code_table("check_words").select("check", language).iter_rows())


def country(key: str, language: str = "en") -> str:
    """Name of a country or of a group of them for use inside a sentence; the key where the tables have no name.

    >>> country("USA"), country("EU27"), country("CHN"), country("USA", "zh"), country("EU27", "zh")
    ('the United States', 'the European Union', 'China', '美国', '欧洲联盟')
    """
    if key in group_names():
        name = group_names()[key][LANGUAGES.index(language)]
        return f"the {name}" if language == "en" and " " in name else name
    if language == "zh":
        return _names("zh").get(key, key)
    return f"the {partner_name(key)}" if key in WITH_ARTICLE else partner_name(key)


def customs_of(reporter: str, language: str = "en") -> str:
    """Name the authority that publishes the statistics.

    >>> customs_of("CHN"), customs_of("BRA"), customs_of("USA"), customs_of("EU27"), customs_of("BRA", "zh")
    ('China customs', 'Customs of Brazil', 'Customs of the United States', 'Eurostat', '巴西海关')
    """
    if reporter in OWN_NAMES:
        return OWN_NAMES[reporter][language]
    return f"{country(reporter, 'zh')}海关" if language == "zh" else f"Customs of {country(reporter)}"


def trade_of(reporter: str, flow: str, language: str = "en") -> str:
    """Whose exports or imports, as a sentence or a title begins; the direction alone where the reporter is not known.

    >>> trade_of("USA", "export"), trade_of("CHN", "import"), trade_of("USA", "import", "zh"), trade_of("", "export")
    ("the United States' exports", "China's imports", '美国进口', 'exports')
    """
    if language == "zh":
        return f"{country(reporter, 'zh') if reporter else ''}{'出口' if flow == 'export' else '进口'}"
    name = country(reporter) if reporter else ""
    return f"{name}{chr(39) if name.endswith('s') else chr(39) + 's'} {flow}s" if name else f"{flow}s"


def capitalised(text: str) -> str:
    """The text with a capital first letter, the others as they are.

    >>> capitalised("the United States' exports")
    "The United States' exports"
    """
    return text[:1].upper() + text[1:]


def partner_name(partner: str) -> str:
    """English name of a partner key."""
    if partner == WORLD:
        return "World"
    if partner in group_names():
        return group_names()[partner][LANGUAGES.index("en")]
    if partner in _names("en"):
        return _names("en")[partner]
    if partner in _listed():
        return _listed()[partner]
    country = pycountry.countries.get(alpha_3=partner)
    return country.name if country else partner


@functools.cache
def _names(language: str) -> dict[str, str]:
    """Names by partner; where its code changed, that of the first row."""
    return dict(code_table("partners").select("partner", f"name_{language}").rows()[::-1])


@functools.cache
def _listed() -> dict[str, str]:
    """Names of partners that China has no code for."""
    return dict(listed_partners().select("partner", "name_en").rows())


@functools.cache
def group_names() -> dict[str, tuple[str, ...]]:
    """Names of groups of partners in each of LANGUAGES, without what the table says in brackets behind them; where it
    has no name, the key.

    >>> group_names()["EU27"]
    ('欧洲联盟', 'European Union')
    """
    rows = code_table("partner_groups").unique("group", keep="first", maintain_order=True)
    names = [f"name_{language}" for language in LANGUAGES]
    return {
        key: tuple(re.sub(r"\s*[(（].*[)）]\s*$", "", name) or key for name in of_group)
        for key, *of_group in rows.select("group", *names).iter_rows()
    }


def readable(name: str) -> str:
    """An English name as a source prints it, spaced for reading, with the signs of an English text.

    >>> readable("Other soya beans,genetically modified ")
    'Other soya beans, genetically modified'
    >>> readable("Baths, shower-baths&wash-basins,weight>2kg"), readable("R&D of N,N-dimethylaniline")
    ('Baths, shower-baths & wash-basins, weight > 2kg', 'R&D of N,N-dimethylaniline')
    """
    text = name.translate(ENGLISH_SIGNS)
    for pattern, spaced in SPACES:
        text = re.sub(pattern, spaced.replace("$", "\\"), text)
    return text


def in_full(name: str) -> str:
    """A readable English name whose words are whole.

    >>> in_full("Prprd/prsrvd peas, not by vinegar/frozen"), in_full("Cubes of oth metals, nes")
    ('Prepared/preserved peas, not by vinegar/frozen', 'Cubes of other metals, nes')
    """

    def whole(cut: re.Match[str]) -> str:
        full = CUT_SHORT[cut[0].lower()]
        return capitalised(full) if cut[0][0].isupper() else full

    return CUT_WORD.sub(whole, readable(name))


def readable_names(names: pl.Expr) -> pl.Expr:
    """The same of a column of English names."""
    for foreign, sign in ENGLISH_SIGNS.items():
        names = names.str.replace_all(chr(foreign), chr(sign), literal=True)
    for pattern, spaced in SPACES:
        names = names.str.replace_all(pattern, spaced)
    return names


def is_group(partner: str) -> bool:
    """Whether a key names several partners, which have keys of their own."""
    return partner in GROUPS


def row_name(partner: str) -> str:
    """Name of a partner in a table of partners; a group is marked, because its members are in the same table."""
    return partner_name(partner) + (" (group)" if is_group(partner) else "")


def product_names(product: str, national: str = CHINAS) -> tuple[str, str] | None:
    """English and Chinese name of a product in a store with these national codes, the English one for reading as in
    `in_full`; None where the tables have none.

    The national codes of the tables are China's: equal digits of another list are other goods. Where no list of customs
    has a Chinese name, the English one stands for it and says so.

    >>> [name.endswith(NO_CHINESE) for name in product_names("721070")]
    [False, True]
    """
    rows = _reference(product, national)
    if not rows.height:
        return None
    english, chinese = in_full(rows["name_en"][0]), rows["name_zh"][0]
    return english, chinese or f"{english}{NO_CHINESE}"


def printed_name(product: str, national: str = CHINAS) -> str:
    """English name of a product as customs write it, where that is another than the one for reading; else empty."""
    rows = _reference(product, national)
    name = str(rows["name_en"][0]) if rows.height else ""
    return name if in_full(name) != name else ""


def _reference(product: str, national: str) -> pl.DataFrame:
    """The row of the code tables with the names of a product; no row where they have none."""
    if national != CHINAS and product.isdigit() and len(product) > HS_DIGITS:
        return pl.DataFrame()
    if product.startswith(BASKET):
        return code_table("baskets").filter(BASKET + pl.col("basket") == product)
    tables = (code_table("products"), code_table("hs_names"))
    matches = (table.filter(pl.col("product") == product) for table in tables)
    return next((rows for rows in matches if rows.height), pl.DataFrame())


def product_name(product: str, national: str = CHINAS) -> str:
    """English name of a product and its code; the code alone where the tables have no name."""
    names = product_names(product, national)
    return f"{names[0]} ({product})" if names else product


def written_month(day: date) -> str:
    """June 2025."""
    return f"{calendar.month_name[day.month]} {day.year}"


def value_terms(sources: Iterable[str], flow: str, measures: Iterable[str]) -> pl.DataFrame:
    """The terms of these measures in one direction, as these sources print them; each distinct set of terms once."""
    wanted = {RATIOS[measure][0] if measure in RATIOS else measure for measure in measures}
    rows = code_table("statement_terms").filter(
        pl.col("source").is_in(sorted(set(sources))), pl.col("measure").is_in(sorted(wanted)), flow=flow
    )
    return rows.select(TERMS).unique(maintain_order=True)


def in_words(terms: pl.DataFrame) -> list[str]:
    """These terms, a line each.

    >>> in_words(value_terms(["published"], "export", ["value_usd"]))
    ['exports in USD: valuation not stated; rounded or cut off']
    """
    return [_line(row) for row in terms.iter_rows(named=True)]


def _line(row: dict[str, str]) -> str:
    stated = f"{row['valuation']}, partner is the {row['partner_is']}"
    meaning = f"valuation {NOT_STATED}" if row["valuation"] == NOT_STATED else stated
    return f"{row['flow']}s in {row['currency']}: {meaning}{ROUNDED[row['rounding']]}"
