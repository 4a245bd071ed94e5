"""Searches the names of a store: codes and names in English and Chinese, the best first."""

from dataclasses import dataclass

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.name_match import EXACT, NAME_MAX, WHOLE_WORDS, code_digits, folded, grade

HS8_DIGITS = 8
NAMES = ("name", "printed_zh", "printed_en", "reference_zh", "reference_en")


@dataclass(frozen=True)
class Hit:
    """A product or partner that matches; `grade` is 0 if the text is its whole name or code."""

    code: str
    grade: int
    name: str | None


def search_names(table: pl.DataFrame, text: str) -> list[Hit]:
    """Return the rows of a table of names with `text` in their code or in one of their names, the best first; among
    equals the finer code first.
    """
    if len(text) > NAME_MAX:
        return []
    asked, digits = folded(text), code_digits(text)
    if not asked:
        return []
    key, hits = table.columns[0], []
    for row in table.iter_rows(named=True):
        code = row[key]
        grades = [
            grade(asked, folded(name)) for name in (code.partition(":")[2], *(row.get(name) for name in NAMES)) if name
        ]
        if digits is not None and code.startswith(digits):
            grades.append(EXACT if code == digits else WHOLE_WORDS)
        if folded(code) == asked:
            grades.append(EXACT)
        found = [one for one in grades if one is not None]
        if found:
            hits.append(Hit(code, min(found), row.get("name")))
    if digits is None:
        # A heading of one code has the name and the figures of that code.
        there = {(hit.code, hit.name) for hit in hits}
        hits = [
            hit
            for hit in hits
            if len(hit.code) >= HS8_DIGITS or (hit.code.ljust(HS8_DIGITS, "0"), hit.name) not in there
        ]
    return sorted(hits, key=_order)


def search_products(table: pl.DataFrame, text: str) -> list[Hit]:
    """Return `search_names` of products, and those for which `text` is a press term, with the codes below them."""
    hits = {hit.code: hit for hit in search_names(table, text)}
    wanted = folded(text)
    rows = code_table("commodity_words").filter(pl.col("product") != "")
    meant = {product for word, product in rows.select("word", "product").iter_rows() if folded(word) == wanted}
    names = dict(table.select("product", "name").iter_rows())
    for product in sorted(meant):
        for code, name in names.items():
            if code == product or (product.isdecimal() and code.startswith(product)):
                place = EXACT if code == product else WHOLE_WORDS
                hits[code] = Hit(code, min(place, hits[code].grade if code in hits else place), name)
    return sorted(hits.values(), key=_order)


def _order(hit: Hit) -> tuple[int, int, str]:
    return hit.grade, -len(hit.code) if hit.code.isdecimal() else 0, hit.code
