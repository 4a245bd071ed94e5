"""Defines the columns of the code tables under `reference/`, each in a model of pandera.

All values are text, exactly as in the files; months are `YYYY-MM` texts, empty where a row has always been or still is
valid. A new code, basket, partner or correction is a row there and nothing else.
"""

import polars as pl
from pandera.polars import PolarsData, dataframe_check

from schemas.code_files import SHARED
from schemas.figures import QUOTABLE
from schemas.layouts import FLOWS
from schemas.model import Table, column, optional, table_name
from schemas.names import CLASSIFIED, CODE, EDITIONS, NATIONAL, PARTNER, PRODUCT
from schemas.names import REPORTER as KEY_OF_REPORTER
from schemas.reference.codes_of_lists import LIST, LISTS, is_of_list
from schemas.reference.control_tables import ControlEventCodes, ControlEvents, ControlLists
from schemas.reference.statement_terms import StatementTerms

MONTH = r"^(\d{4}-(0[1-9]|1[0-2]))?$"
DAY = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"
REPORTER = rf"^({KEY_OF_REPORTER})?$"
SOURCE = "document or address that the row comes from"


class Partners(Table):
    """Partner codes of China customs and the key under which Tidewaiter publishes each, at every month one to one."""

    gacc_code: pl.String = column("three-digit partner code of China customs", str_matches=r"^\d{3}$")
    partner: pl.String = column("ISO 3166-1 alpha-3, or gacc:NNN", str_matches=r"^([A-Z]{3}|gacc:\d{3})$")
    iso3: pl.String = column(
        "ISO 3166-1 alpha-3, empty where the code is not a country's own", str_matches=r"^([A-Z]{3})?$"
    )
    name_en: pl.String = column("English name")
    name_zh: pl.String = column("Chinese name")
    kind: pl.String = column("what the code stands for", isin=["country", "territory", "unspecified", "other"])
    valid_from: pl.String = column("first month, YYYY-MM; empty: always was", str_matches=MONTH)
    valid_to: pl.String = column("last month, YYYY-MM; empty: still is", str_matches=MONTH)
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class PartnerCodes(Table):
    """Partner codes of the other code lists. Those of China customs are in `partners`; `partner_codes` reads both as
    one table."""

    code_list: pl.String = column(
        "code list that the code belongs to; several adapters may share one", str_matches=r"^[a-z_]+$"
    )
    code: pl.String = column("code or name as the source prints it", str_length={"min_value": 1})
    partner: pl.String = column(
        "key under which it is published: ISO 3166-1 alpha-3, a group, WLD, or <code list>:<code> where it has none of"
        " these",
        str_matches=rf"^({PARTNER})$",
    )
    kind: pl.String = column(
        "what the code stands for; a group or a total is never added to its parts, residual and secret trade counts",
        isin=["country", "group", "total", "residual", "secret"],
    )
    part_of: pl.String = column("code of the printed total or group that it is counted in; empty: none, or not known")
    name_en: pl.String = column("English name")
    valid_from: pl.String = column("first month, YYYY-MM; empty: always was", str_matches=MONTH)
    valid_to: pl.String = column("last month, YYYY-MM; empty: still is", str_matches=MONTH)
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class Currencies(Table):
    """Printed labels of values: which measure they are, and in which steps."""

    printed: pl.String = column("label as an adapter hands it on")
    measure: pl.String = column(
        "measure; where a source prints several values of one record, each but the first has its own",
        str_matches=r"^value_[a-z]{3}(_[a-z]+)*$",
    )
    unit: pl.String = column("currency, ISO 4217", str_matches=r"^[A-Z]{3}$")
    factor: pl.String = column("a printed number times this is in the currency", str_matches=r"^[1-9]\d*$")
    rounding: pl.String = column(
        "how the source drops digits: to the nearest step, or down, so that the true value is not below the"
        " printed one",
        isin=["nearest", "down"],
    )
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class Money(Table):
    """Currencies that values are published in: a measure and a column of `trade_flow` each, in the order of the rows.
    The packaged file alone counts."""

    currency: pl.String = column("ISO 4217", str_matches=r"^[A-Z]{3}$")
    name_en: pl.String = column("English name in a sentence, plural", str_length={"min_value": 3})
    name_zh: pl.String = column("Chinese name", str_length={"min_value": 1})
    counted_zh: pl.String = column("Chinese name behind a number", str_length={"min_value": 1})
    words: pl.String = column("what claims call it, in small letters, with a bar between", str_length={"min_value": 3})
    file_words: pl.String = column("what names of files call it, likewise; empty: no file is told by it")
    per_usd: pl.String = column("how much of it a dollar is, roughly: for bounds of checks", str_matches=r"^[1-9]\d*$")
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class PartnerGroups(Table):
    """Which partners make a group, month by month."""

    group: pl.String = column("key under which the group is published")
    name_en: pl.String = column("English name")
    name_zh: pl.String = column("Chinese name")
    partner: pl.String = column(
        "member: ISO 3166-1 alpha-3, or the code of a list for trade with the group without a country",
        str_matches=r"^([A-Z]{3}|[a-z_]+:[A-Za-z0-9_ -]+)$",
    )
    valid_from: pl.String = column("first month, YYYY-MM; empty: always was", str_matches=MONTH)
    valid_to: pl.String = column("last month, YYYY-MM; empty: still is", str_matches=MONTH)
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class Units(Table):
    """Printed unit labels and the unit in which the ledger keeps them."""

    printed: pl.String = column("label as printed")
    language: pl.String = column("language of the label")
    unit: pl.String = column("our unit", str_matches=r"^[a-z_]+$")
    kg_per_unit: pl.String = column("kilograms in one unit, empty where it is no mass", str_matches=r"^(\d+(\.\d+)?)?$")
    to_unit_factor: pl.String = column("a printed number times this is in our unit", str_matches=r"^[1-9]\d*$")
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class Codes(Table):
    """A plain list of codes with their names."""

    code: pl.String = column("code as text")
    name_en: pl.String = column("English name")
    name_zh: pl.String = column("Chinese name")
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class Baskets(Table):
    """Which codes make a basket: national codes of a list, or HS codes of two, four or six digits, which stand for all
    national codes below them. A basket may have rows for the stores of several lists."""

    basket: pl.String = column("name, published as basket:<name>", str_matches=r"^[a-z0-9_]+$")
    name_en: pl.String = column("English name")
    name_zh: pl.String = column("Chinese name")
    nomenclature: pl.String = column(LIST, isin=LISTS)
    hs8: pl.String = column("member code, of HS2 to the national code of its list", str_matches=rf"^({CODE})$")
    valid_from: pl.String = column("first month, YYYY-MM; empty: always was", str_matches=MONTH)
    valid_to: pl.String = column("last month, YYYY-MM; empty: still is", str_matches=MONTH)
    note: pl.String = column("what the code mixes or leaves out")
    source: pl.String = column(SOURCE, str_length={"min_value": 3})

    @dataframe_check
    @classmethod
    def code_is_of_its_list(cls, data: PolarsData) -> pl.LazyFrame:
        """A national code has the digits of its list, which the row names."""
        return data.lazyframe.select(is_of_list())

    @dataframe_check
    @classmethod
    def no_code_counts_twice(cls, data: PolarsData) -> pl.LazyFrame:
        """No code of a basket lies below another one of it."""
        code, of_any = pl.col("hs8"), pl.col("nomenclature").is_in(["", *SHARED])
        places = ((code, ("basket", "nomenclature")), (code.filter(of_any), ("basket",)))
        below = pl.any_horizontal(
            (code.str.len_chars() > digits) & code.str.head(digits).is_in(others.implode()).over(*place)
            for digits in (2, 4, 6)
            for others, place in places
        )
        return data.lazyframe.select(~below)


class HsCodes(Table):
    """The HS codes of six digits of the editions of 2017, 2022 and 2028, by the correlations that `hs_revisions`
    names."""

    code: pl.String = column("HS6", str_matches=r"^\d{6}$", unique=True)
    valid_from: pl.String = column(
        "first month, YYYY-MM, of the oldest of these editions that has it", str_matches=MONTH
    )
    valid_to: pl.String = column("last month, YYYY-MM; empty: still is", str_matches=MONTH)
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class GoodsClasses(Table):
    """The classes of goods: in which group of SITC Rev. 4, of the BEC and of ISIC Rev. 4 each HS code of six digits
    lies."""

    classification: pl.String = column("sitc, bec or isic; commands take sitc:<group>", isin=[*CLASSIFIED])
    group: pl.String = column("finest group that the source gives, without dots", str_matches=r"^[0-9A-Z]{1,6}$")
    code: pl.String = column("HS6", str_matches=r"^\d{6}$")
    valid_from: pl.String = column(
        "first month of the edition of the HS that the code is of", isin=[*EDITIONS.values()]
    )
    valid_to: pl.String = column("last month, YYYY-MM; empty: still is", str_matches=MONTH)
    coverage: pl.String = column("whether the code lies in the group as a whole or in part", isin=["whole", "part"])
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class HsRevisions(Table):
    """HS codes under which a revision of the HS put other goods than before; codes that are not here kept theirs.

    HS6 by the correlations of the UN Statistics Division: HS2022 with HS2017
    (https://unstats.un.org/unsd/classifications/Econ/tables/HS2022toHS2017ConversionAndCorrelationTables.xlsx), and of
    2002 to 2017 its table of HS, SITC and BEC of 2021. HS2028 by Table II of the World Customs Organization of April
    2026 with the corrigendum of July, in a copy that others made machine-readable and nobody compared with the print;
    13 of its rows were merged with the one before, and are parted here. HS4 and HS2 where a pair crosses their border.
    """

    code: pl.String = column("HS6, HS4 or HS2", str_matches=r"^(\d{2}){1,3}$")
    from_month: pl.String = column("first month of the revision, YYYY-MM", str_matches=r"^\d{4}-\d{2}$")
    gained_from: pl.String = column("codes of before whose goods are in it now: HS6, or if too many HS4 or HS2")
    lost_to: pl.String = column("codes of now where goods are that were in it before: HS6, or if too many HS4 or HS2")
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class CnRevisions(Table):
    """Codes of the Combined Nomenclature under which a yearly revision put other goods than before: Eurostat's changes
    of the CN from 1988 to 2025, which end there. The United Kingdom has used a list of its own since 2021."""

    code: pl.String = column("CN8", str_matches=r"^\d{8}$")
    from_month: pl.String = column("first month of the revision, YYYY-MM", str_matches=r"^\d{4}-01$")
    gained_from: pl.String = column("codes of before whose goods are in it now: CN8, or if too many HS6 to HS2")
    lost_to: pl.String = column("codes of now where goods are that were in it before: CN8, or if too many HS6 to HS2")
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class DefinitionBreaks(Table):
    """Other changes of what a series means, and what carries a series over a change that other tables show.

    Changes in other tables: `hs_revisions`; months in which a code enters or leaves a basket, a partner a group, or in
    which a partner code begins or ends.
    """

    reporter: pl.String = column(
        "whose statistics changed, ISO 3166-1 alpha-3 or a group, as EU27; empty: everybody's", str_matches=REPORTER
    )
    nomenclature: pl.String = column("national list that the code is of; empty: no national code", isin=["", *NATIONAL])
    product: pl.String = column("code, line:… or basket:…; empty: every product")
    partner: pl.String = column("our key; empty: every partner")
    measure: pl.String = column("measure; empty: every measure")
    from_month: pl.String = column("first month of the new meaning, YYYY-MM", str_matches=r"^\d{4}-(0[1-9]|1[0-2])$")
    kind: pl.String = column("what changed", isin=["code", "unit", "basket", "partner"])
    comparable: pl.String = column("yes: the months before can be compared all the same", isin=["yes", "no"])
    what: pl.String = column("what changed, and why it can or cannot be compared", str_length={"min_value": 3})
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class Products(Table):
    """Names of the products on the watch list."""

    product: pl.String = column("HS8 code or line:<name>")
    classification: pl.String = column("what kind of code it is")
    name_en: pl.String = column("English name")
    name_zh: pl.String = column("Chinese name")
    valid_from: pl.String = column("first month, YYYY-MM; empty: always was", str_matches=MONTH)
    valid_to: pl.String = column("last month, YYYY-MM; empty: still is", str_matches=MONTH)
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class HsNames(Table):
    """Names of HS codes, of whatever product: the HS8 lists of China customs of 2022 and 2023 (turbanisch/chinautils,
    MIT), a heading or subheading that they divide no further under the name of its only line, headings that the press
    has a name for, and every other chapter, heading and subheading of HS 2022 as the list of UN Comtrade names it. A
    name in `products` or `baskets` comes first."""

    product: pl.String = column("HS code of 2, 4, 6 or 8 digits", str_matches=rf"^({CODE})$")
    name_en: pl.String = column("English name")
    name_zh: pl.String = column("Chinese name, empty where the list has none")
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class PageLines(Table):
    """Labels of lines on customs' release pages and the line that each means, whatever it was called before."""

    label: pl.String = column("label as printed, with single blanks", str_length={"min_value": 2})
    product: pl.String = column("key under which it is published", str_matches=r"^line:[a-z0-9_]+$")
    unit: pl.String = column(
        "unit in which its quantity is counted; where another one is printed the quantity is left out. Empty: as"
        " printed"
    )
    valid_from: pl.String = column("first month, YYYY-MM; empty: always was", str_matches=MONTH)
    valid_to: pl.String = column("last month, YYYY-MM; empty: still is", str_matches=MONTH)
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class LineCodes(Table):
    """Which HS codes make a line of customs' release pages, by their own catalogue. The goods of a line can change each
    year."""

    product: pl.String = column("key of the line", str_matches=r"^line:[a-z0-9_]+$")
    flow: pl.String = column("direction of trade", isin=list(FLOWS))
    codes: pl.String = column(
        "codes, a shorter one for all below it, and ranges of codes of one length, with commas",
        str_matches=r"^\d{2,8}(-\d{2,8})?(,\d{2,8}(-\d{2,8})?)*$",
    )
    unit: pl.String = column("unit of its quantity; empty: it has values alone")
    valid_from: pl.String = column("first month, YYYY-MM; empty: always was", str_matches=MONTH)
    valid_to: pl.String = column("last month, YYYY-MM; empty: still is", str_matches=MONTH)
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class Corrections(Table):
    """Known errors of a source: where, what is printed there, what is right, who says so, until when."""

    id: pl.String = column("name of the correction")
    source: pl.String = column("adapter whose release it is about")
    raw_sha256: pl.String = column("file it is about", str_matches=r"^[0-9a-f]{64}$")
    record: pl.String = column("record number in the file", str_matches=r"^[1-9]\d*$")
    field: pl.String = column("column of `Reported` that is wrong")
    expect: pl.String = column("text that must stand there; another text means that the source has changed")
    value: pl.String = column("right text")
    reason: pl.String = column("how it is known to be wrong")
    provider: pl.String = column("who says so")
    decided_on: pl.String = column("day of the decision", str_matches=DAY)
    expires_on: pl.String = column("day after which it must be looked at again", str_matches=DAY)


class CommodityWords(Table):
    """What an outlet means by a commodity: the product of ours, empty where its codes are not known."""

    word: pl.String = column("words of the claim, in small letters, with spaces for hyphens and commas")
    agency: pl.String = column(
        "who means it so, as named in title or address; empty: every agency without a row of its own"
    )
    product: pl.String = column(
        "HS code, national code, line:… or basket:…; empty: it cannot be determined", str_matches=rf"^({PRODUCT})?$"
    )
    means: pl.String = column("what is counted")
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class PartnerWords(Table):
    """Names of partners in texts that are neither a code nor a name of the table `partners`."""

    word: pl.String = column("words of the claim, in small letters")
    partner: pl.String = column("our key; empty: a region that no group of ours stands for", str_matches=REPORTER)
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


CALENDAR = r"^[a-z_]+$"


class ReleaseCalendar(Table):
    """Which month is published when: a row for each month reported, and kind of release of China customs or other
    source."""

    year: pl.String = column("year of the month reported", str_matches=r"^\d{4}$")
    month: pl.String = column("month reported, 1 to 12", str_matches=r"^([1-9]|1[0-2])$")
    kind: pl.String = column("kind of release of China customs, or source", str_matches=CALENDAR)
    expected_on: pl.String = column(
        "day on which it is due by the source's own clock, weekends included", str_matches=r"^\d{4}-\d{2}-\d{2}$"
    )
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class ReleaseDelays(Table):
    """How long after a month a source is late, for months that its calendar does not have."""

    kind: pl.String = column("source", str_matches=CALENDAR)
    days: pl.String = column("days after the end of the month by which it is published", str_matches=r"^[1-9]\d*$")
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class WatchList(Table):
    """Products of which a release writes a brief as its last step."""

    reporter: pl.String = column(
        "whose releases, ISO 3166-1 alpha-3 or a group, as EU27; empty: everybody's", str_matches=REPORTER
    )
    product: pl.String = column(
        "HS code, national code of the reporter, line:… or basket:…", str_matches=rf"^({PRODUCT})$"
    )
    flow: pl.String = column("direction of trade", isin=list(FLOWS))
    reason: pl.String = column("why it is watched")


class Quotability(Table):
    """From when on a growth is not quoted without a word on it. Each limit stands with the reason for it."""

    caveat: pl.String = column(
        "what speaks against it",
        isin=["nearly_nothing", "low_base", "sign_flips", "revision_noise", "coverage", "implied_base"],
    )
    figure: pl.String = column("growth that it is about; * for each", isin=[*QUOTABLE, "*"])
    limit: pl.String = column("from where on it holds, in `unit`", str_matches=r"^\d+(\.\d+)?$")
    unit: pl.String = column("what the limit counts")
    reason: pl.String = column("why there", str_length={"min_value": 20})


class QuotabilityWords(Table):
    """What is said of a growth beside it: whether it may be quoted, and each caveat with places for its numbers."""

    word: pl.String = column("name of the words, of a verdict or a caveat", str_matches=r"^[a-z_]+$")
    en: pl.String = column("in English", str_length={"min_value": 3})
    zh: pl.String = column("in Chinese", str_length={"min_value": 2})


class ListWords(Table):
    """What is said of a control list and of what a store has of it, with places for its codes and numbers."""

    kind: pl.String = column("kind of note", str_matches=r"^[a-z_]+$")
    en: pl.String = column("in English", str_length={"min_value": 3})
    zh: pl.String = column("in Chinese", str_length={"min_value": 2})


class ImportMargins(Table):
    """By how much the value of imports with cost, insurance and freight is above the value free on board, by pair."""

    importer: pl.String = column("ISO 3166-1 alpha-3; empty: any without a row of its own", str_matches=REPORTER)
    exporter: pl.String = column("ISO 3166-1 alpha-3", str_matches=r"^[A-Z]{3}$")
    year: pl.String = column("year that was measured", str_matches=r"^\d{4}$")
    margin_pct: pl.String = column("per cent of the value free on board", str_matches=r"^\d+(\.\d+)?$")
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class ExchangeRates(Table):
    """What a euro was worth in a month, by currency: values in two currencies are compared over it."""

    month: pl.String = column("month, YYYY-MM", str_matches=r"^\d{4}-(0[1-9]|1[0-2])$")
    currency: pl.String = column("ISO 4217", str_matches=r"^[A-Z]{3}$")
    per_eur: pl.String = column("units of the currency for one euro", str_matches=r"^\d+(\.\d+)?$")
    days: pl.String = column("days of the month with a rate, whose mean it is", str_matches=r"^\d+$")
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class LunarNewYear(Table):
    """The first days of the years of the Chinese calendar, around which trade stands still."""

    day: pl.String = column("day, YYYY-MM-DD", str_matches=DAY, unique=True)
    source: pl.String = column(SOURCE, str_length={"min_value": 3})


class CheckThresholds(Table):
    """Bounds from which the checks of a release warn about it or hold it, measured on real downloads."""

    name: pl.String = column("name by which a check asks for it", str_matches=r"^[a-z_]+$")
    value: pl.String = column("the bound", str_matches=r"^\d+(\.\d+)?$")
    unit: pl.String = column(
        "what it counts: months, partners, numbers, times, share, USD, kg", str_length={"min_value": 2}
    )
    reason: pl.String = column("why there is such a bound", str_length={"min_value": 3})
    measured: pl.String = column(
        "how it was measured, and how often it is crossed in real data", str_length={"min_value": 3}
    )


class AbsenceRates(Table):
    """How often a partner without a row really had no trade, by how regular it had been: made of sound files."""

    regularity: pl.String = column(
        "what it had in the months before that are known: steady (six or more, each at least a part of the mean), each"
        " month (six or more), most months (three of four), each of few months (three to five), now and then"
    )
    part_from: pl.String = column("least part of a year of the goods, 0..1", str_matches=r"^0(\.\d+)?$")
    partners: pl.String = column("partners and months that were counted", str_matches=r"^\d+$")
    gone: pl.String = column("of these without a row", str_matches=r"^\d+$")
    rate: pl.String = column("(gone + 1) / (partners + 2): few cases prove little", str_matches=r"^[01]\.\d+$")


class CheckWords(Table):
    """What a check found, in words: a doubt is written with them, from the columns of its finding."""

    check: pl.String = column("name of the check", str_matches=r"^[a-z_]+$")
    en: pl.String = column("clause in English", str_length={"min_value": 3})
    zh: pl.String = column("clause in Chinese", str_length={"min_value": 3})
    found_en: pl.String = optional(
        "what stands behind the clause in English, with {observed}, {expected}, {bound} (at least or at most),"
        " {partners} and {listed} of the finding; empty: nothing"
    )
    found_zh: pl.String = optional("the same in Chinese")


def _named(*models: type[Table]) -> dict[str, type[Table]]:
    return {table_name(model): model for model in models}


TABLES: dict[str, type[Table]] = {
    **_named(
        Quotability, QuotabilityWords, ImportMargins, ExchangeRates, LunarNewYear, Partners, PartnerCodes, PartnerGroups
    ),
    **_named(Units, Currencies, Money, StatementTerms),
    **{"regimes": Codes, "provinces": Codes},
    **_named(Baskets, Products, HsNames, HsCodes, HsRevisions, CnRevisions, DefinitionBreaks),
    **_named(PageLines, LineCodes, Corrections),
    **_named(GoodsClasses, CommodityWords, PartnerWords, ControlEvents, ControlEventCodes, ControlLists),
    **_named(ReleaseCalendar, ReleaseDelays, WatchList, AbsenceRates, CheckThresholds, CheckWords, ListWords),
}
