"""Compares names: ignores differences of letters, blanks and plurals, in English and Chinese; and finds the key of a
partner.

Belongs here: spelling, the order of results, and partners, which the code tables alone decide. `reading.resolver` and
`reading.search` decide what else can be found.
"""

import difflib
import functools
import re
import unicodedata
from collections.abc import Iterable

import polars as pl
import pycountry

from schemas.reference.code_tables import code_table
from tasks.domain.coverage import WORLD

# Letters that may precede a code, and marks between its digits.
CODE = re.compile(r"(?:hs|gacc)?[\s_-]*(?:codes?)?[\s:]*(\d[\d.\s-]*)", re.IGNORECASE)
CODE_DIGITS_MAX = 13
SHOWN = re.compile(r"(?P<name>.+?)\s*\((?P<key>[^()\s]+)\)")
MARKS = re.compile(r"[\W_]+")
CHINESE = re.compile(r"[\u3400-\u9fff]")
EXACT, WHOLE_WORDS, BEGINNINGS, INSIDE = 0, 1, 2, 3
NEAREST = 5
# Longer than any name or code; to compare such a text with each name takes minutes.
NAME_MAX = 500
# More names than the largest store has: each search compares all of them.
NAMES_MAX = 50_000
LIKENESS_MIN = 0.6
GACC_DIGITS = 3


def code_digits(text: str) -> str | None:
    """The digits of a code in any spelling; None where the text is not a code.

    >>> [code_digits(text) for text in ("1201.90.19", "HS12019019", "hs code 1201 90 19", "soybeans", "HS 1201")]
    ['12019019', '12019019', '12019019', None, '1201']
    """
    match = CODE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    digits = re.sub(r"\D", "", match[1]) if match else ""
    return digits if 0 < len(digits) <= CODE_DIGITS_MAX else None


@functools.lru_cache(NAMES_MAX)
def folded(text: str) -> str:
    """A text with letters, marks and plurals unified: texts that are equal when folded are one name.

    >>> folded("Soya-Beans, whether or not broken") == folded("soya bean (whether or not  broken)")
    True
    >>> folded("Batteries"), folded("gas"), folded("稀土永磁体")
    ('battery', 'gas', '稀土永磁体')
    """
    plain = MARKS.sub(" ", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_singular(part) for part in plain.split())


def _singular(noun: str) -> str:
    if len(noun) > 4 and noun.endswith("ies"):
        return noun[:-3] + "y"
    if len(noun) > 4 and noun.endswith(("ches", "shes", "xes", "sses")):
        return noun[:-2]
    return noun[:-1] if len(noun) > 3 and noun.endswith("s") and not noun.endswith(("ss", "us", "is")) else noun


def grade(query: str, name: str) -> int | None:
    """How well a folded name matches a query, 0 is the best; None: not at all.

    Chinese has no blanks between words, so any substring counts there.
    """
    if query == name:
        return EXACT
    words, parts = query.split(), name.split()
    if all(part in parts for part in words):
        return WHOLE_WORDS
    if all(any(one.startswith(part) for one in parts) for part in words):
        return BEGINNINGS
    if CHINESE.search(query) and all(part in name for part in words):
        return INSIDE
    return None


def nearest(query: str, names: Iterable[str], count: int = NEAREST) -> list[str]:
    """The names most similar to the query, the most similar first; names with little similarity are left out."""
    if len(query) > NAME_MAX:
        return []
    wanted = folded(query)
    by_folded: dict[str, str] = {}
    for name in names:
        by_folded.setdefault(folded(name), name)
    close = difflib.get_close_matches(wanted, list(by_folded), n=count, cutoff=LIKENESS_MIN)
    return [by_folded[one] for one in close]


class Unresolved(ValueError):
    """A text that matches nothing in this store, or several things.

    The message names the nearest matches, `choices` are their keys.
    """

    def __init__(self, message: str, choices: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.choices = tuple(choices)


def partner_key(text: str) -> str | None:
    """The key of a partner by its name (English, Chinese), ISO 3166-1 code (alpha-2, alpha-3) or China customs code.

    Letter case does not matter. None where it is none of them. Raises Unresolved for a region without a key.

    >>> texts = ("bra", "Br", "Brazil", "巴西", "410", "the United States", "uk", "world", "eu", "Atlantis")
    >>> [partner_key(text) for text in texts]
    ['BRA', 'BRA', 'BRA', 'BRA', 'BRA', 'USA', 'GBR', 'WLD', 'EU27', None]
    >>> [partner_key(text) for text in ("Brazil (BRA)", "EU27 (EU27)", "Virgin Islands (USA)")]
    ['BRA', 'EU27', None]
    """
    plain = re.sub(r"^the\s+", "", text.strip(), flags=re.IGNORECASE)
    # As pages show it, with its key behind it: `Brazil (BRA)`.
    if (shown := SHOWN.fullmatch(plain)) and partner_key(shown["name"]) == shown["key"]:
        return shown["key"]
    words = code_table("partner_words").filter(word=plain.lower())
    if words.height:
        if not words["partner"][0]:
            raise Unresolved(f"{text!r} is {words['source'][0]}")
        return str(words["partner"][0])
    # Where a code changed its meaning the newest row counts.
    partners = code_table("partners").sort("valid_from", descending=True)
    keys = {WORLD, *code_table("partner_groups")["group"], *partners["partner"]}
    if (key := {key.casefold(): str(key) for key in sorted(keys)}.get(plain.casefold())) is not None:
        return key
    if (digits := code_digits(plain)) is not None:
        rows = partners.filter(gacc_code=digits)
        return str(rows["partner"][0]) if rows.height else f"gacc:{digits}" if len(digits) == GACC_DIGITS else None
    return _named(plain, partners)


def _named(text: str, partners: pl.DataFrame) -> str | None:
    wanted = folded(text)
    groups = code_table("partner_groups").select("name_en", "name_zh", partner="group")
    for table in (partners, groups):
        for key, *names in table.select("partner", "name_en", "name_zh").iter_rows():
            if wanted in map(folded, names):
                return str(key)
    try:
        return str(pycountry.countries.lookup(text).alpha_3)
    except LookupError:
        return None
