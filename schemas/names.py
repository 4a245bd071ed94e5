"""Lists the published tables, the figures of `metric`, and the words that columns hold, for readers.

No model of a table and no data library is loaded for these.
"""

import re
from collections.abc import Mapping

from schemas.code_files import SHARED, money, national_lists, partner_groups
from schemas.figures import FIGURE_OF, QUOTABLE
from schemas.layouts import LAYOUTS

TABLES = tuple(LAYOUTS)
# The national lists of goods and the digits of their codes; HS2, HS4 and HS6 are common to all.
NATIONAL = national_lists()
FIGURES = tuple(FIGURE_OF)
# Forms of keys, for forms and code tables: HS2, HS4, HS6 or a national code of up to eleven digits; who reports, a
# country or a group of them that has statistics of its own; a partner, which may be a code without a country.
CODE = r"([0-9]{2}){1,3}|[0-9]{7,11}"
# The classifications whose groups are named as lists are: sitc:776.
CLASSIFIED = ("sitc", "bec", "isic")
CONTROL_LIST = (
    rf"(list:[a-z0-9][a-z0-9_-]*(:[A-Za-z0-9._-]+)?|({'|'.join(CLASSIFIED)}):[A-Za-z0-9.]+)(@[A-Za-z0-9._-]+)?"
)
PRODUCT = rf"{CODE}|(basket|line):[a-z0-9_]+"
REPORTER = "|".join(("[A-Z]{3}", *map(re.escape, partner_groups())))
PARTNER = rf"{REPORTER}|[a-z_]+:[A-Za-z0-9_ -]+"
# Names of lists of controlled goods and of their tiers, and the editions of the HS that their codes are of.
LIST_NAME = r"[a-z0-9][a-z0-9_-]*"
TIER = r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*"
# A month, or the first and the last.
MONTHS = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])(?:\.\.([0-9]{4})-(0[1-9]|1[0-2]))?")
EDITIONS = {"HS2017": "2017-01", "HS2022": "2022-01"}


def status(figure: str) -> str:
    """The column that says how a figure was made or why it is missing: mom_pct -> mom_status."""
    return f"{figure.removesuffix('_pct').removesuffix('_pp')}_status"


def quote(figure: str) -> str:
    """The column that says whether a growth may be quoted: mom_pct -> mom_quote."""
    return f"{figure.removesuffix('_pct')}_quote"


def caveats_of(figure: str) -> str:
    """The column that says why a growth may not be quoted as it is: mom_pct -> mom_caveats."""
    return f"{figure.removesuffix('_pct')}_caveats"


# Whether a growth may be quoted.
QUOTES = ("yes", "care", "no")
ORIGINS = {
    "reported": "a source prints it",
    "zero": "inside the scope of a release and not in it: no trade",
    "sum": "sum of the parts, all of which are covered",
    "sum_of_months": "sum of the months of the year so far",
    "ytd_difference": (
        "difference of two cumulative figures that the source prints, or of one and the months up to its end"
    ),
    "ytd_sum": "a cumulative figure that the source prints, and the months after it",
    "computed": "computed from two figures of which neither is implied",
    "implied_base": "rests on a base that no source at hand prints; the growth itself is printed and implies it",
}
MISSING = {
    "not_covered": "no release at hand covers it",
    "other_unit": "what is traded is not, or not all of it, counted in this unit",
    "combined_months": "the source gives January and February together",
    "no_base": "the figure to compare with is not covered",
    "zero_base": "the figure to compare with is zero",
    "definition_break": (
        "code, unit, basket or partner meant something else in a month that it rests on: see comparable_from"
    ),
    "incomplete_year": "a month of the year so far is missing",
    "incomplete_window": "a month of those added up (the last twelve, or three) is missing",
    "no_world_total": "the world total of the month is missing",
    "not_applicable": "this figure means nothing for this row",
    "not_extreme": "the month before was already as extreme",
    "on_request": (
        "not in this table: highest and lowest since of a single partner are computed on request, by `read` and `trace`"
    ),
    "series_record": "no earlier month of the unbroken series is as extreme: a record since series_start",
}
STATUSES = tuple(dict.fromkeys([*ORIGINS, *MISSING]))

# Kinds of release in their order of trust, and kinds of codes.
KINDS = ("yearbook", "query", "bulletin", "preliminary", "published", "collected")
CLASSIFICATIONS = (*SHARED, *NATIONAL, "basket", "line")
# Measures of values, and columns of `trade_flow`.
VALUES = tuple(money())
# What names are of, and in which languages they are printed.
SUBJECTS = ("product", "partner")
LANGUAGES = ("zh", "en")
REVISIONS = {
    "changed": "another number for the same key",
    "added": "a number where an earlier release, whose scope holds the key, had none",
    "removed": "no number any more in a release whose scope holds the key",
    "moved": (
        "changed, added or removed, and another partner or place of the same source, product and month lost or gained"
        " as much"
    ),
}
# Of a claim.
VERDICTS = {
    "supported": "the ledger's figure can be printed like this: rounded, cut off, or as the qualifier has it",
    "not_excluded": (
        "nothing speaks against it, but the figures at hand leave so much open that others would agree as well"
    ),
    "contradicted": "the ledger has the figure, and it is another one",
    "right_number_wrong_place": "not the figure of this place, but of another one, which the reason names",
    "not_checkable": "the ledger cannot tell; the reason says what is missing",
}
# Required columns of a file of claims; other columns are kept as they are, and `note` is never read.
INPUT = ("commodity", "flow", "partner", "period", "metric", "value", "unit")
# Optional columns of a file of claims.
OPTIONAL = ("hs_code_if_stated", "qualifier", "published", "source_title", "source_url")
# What rows have besides the columns of their table, where they are read with commands or from Python; no file has it.
ADDED = {
    "product_name": "name of `product`; not with `--no-names`",
    "partner_name": "name of `partner`; not with `--no-names`",
    "doubt": (
        "findings of severity error or warning (table `finding`) about the releases that a figure of the row rests on,"
        " with their check and, for a month before that of the row, the month; null: none. Rows of `metric`,"
        " `trade_flow` and `events windows` have it where one of them is in doubt, and vintages always"
    ),
    "reporter": "whose figures they are; where several reporters are asked for",
    **{
        column(name): meaning.format(name)
        for name in QUOTABLE
        for column, meaning in (
            (quote, "whether {} may be quoted: yes, with care, or not as a percentage; null: there is none"),
            (
                caveats_of,
                "why {} is not quoted as it is, with the numbers behind it; null: nothing speaks against it",
            ),
        )
    },
    "record": "whether the level is the highest or the lowest of the unbroken series; null: neither",
    "revised_on": "the last day on which a number that the level rests on was revised; null: none was",
}
# What speaks against quoting a growth as it is.
CAVEATS = {
    "nearly_nothing": "its base is so few steps of the last printed digit that the percentage says nothing",
    "low_base": "its base is far below what the series usually has",
    "sign_flips": "growth of the series turned its sign in nearly each of six months",
    "revision_noise": "it is no larger than what was changed of the series after it was first published",
    "coverage": "it compares, or adds up, figures of more than one kind of release",
    "implied_base": "no source at hand prints its base",
}


def finding_line(finding: Mapping[str, str]) -> str:
    """A finding as one line for a person: check, about what, what was found, what was expected, what to do."""
    return "{check} ({subject}): {observed}; expected {expected}. {advice}".format_map(finding)


# A person reads this number of findings of a check; files and answers for programs have all.
LINES_OF_CHECK = 3


# What a finding is about, of the numbers that its columns name; see SCOPE_WORDS.
SCOPES = ("numbers", "release", "sums_and_zeros", "sums", "totals", "gaps", "none")
SCOPE_WORDS = {
    "numbers": "the numbers that it names",
    "release": "every number of the release",
    "sums_and_zeros": "the sums over the partners of the release, and the zeros of partners that it may lack",
    "sums": "the sums over the partners of the release",
    "totals": "a printed total, and the sums of the partners beside it",
    "gaps": "months, products or partners without a record, and the sums that they would be a part of",
    "none": "no number: the file, its codes or the law",
}


# Of the table `expectation`: whether there is one, or why not.
EXPECTATIONS = {
    "expected": "there is an expectation",
    "too_few_months": "fewer than 36 months before this one are known",
    "gap": "a month is missing, or given together with another, within the 36 months before",
    "zero": "there was no trade in one of the 36 months before, or less than none",
    "definition_break": (
        "code, unit or basket meant something else within the 36 months before: comparable_from of metric"
    ),
    "not_determined": (
        "the months before do not determine the regression or its interval: they stay the same, repeat each year, or"
        " differ so much that the interval has no end"
    ),
}
