"""Resolves a partner name or code to its key, from the code tables alone."""

import re
from collections.abc import Iterable

import polars as pl
import pycountry

from schemas.reference.code_tables import code_table
from tasks.domain.coverage import WORLD
from tasks.domain.name_match import code_digits, folded

GACC_DIGITS = 3


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

    >>> [partner_key(text) for text in ("bra", "Br", "Brazil", "巴西", "410", "the United States", "uk", "world", "eu", "Atlantis")]
    ['BRA', 'BRA', 'BRA', 'BRA', 'BRA', 'USA', 'GBR', 'WLD', 'EU27', None]
    """
    plain = re.sub(r"^the\s+", "", text.strip(), flags=re.IGNORECASE)
    words = code_table("partner_words").filter(word=plain.lower())
    if words.height:
        if not words["partner"][0]:
            raise Unresolved(f"{text!r} is {words['source'][0]}")
        return str(words["partner"][0])
    # Where a code changed its meaning the newest row counts.
    partners = code_table("partners").sort("valid_from", descending=True)
    keys = {WORLD, *code_table("partner_groups")["group"], *partners["partner"]}
    if (key := next((key for key in (plain.upper(), plain.lower()) if key in keys), None)) is not None:
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
