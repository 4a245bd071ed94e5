"""Relates the lines of customs' release pages to the national codes that customs' catalogue gives them."""

import functools
from bisect import bisect_left

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.coverage import EVERYTHING
from tasks.domain.nomenclature import CHINAS
from tasks.domain.periods import month_index

NATIONAL_DIGITS = 8


@functools.cache
def codes_of_line(codes: str) -> tuple[str, ...]:
    """The codes of a text of codes and ranges, each standing for all below it.

    >>> codes_of_line("2846,0302-0304,01-02")
    ('2846', '0302', '0303', '0304', '01', '02')
    """
    spans = (part.partition("-") for part in codes.split(","))
    return tuple(
        str(code).zfill(len(first)) for first, _, last in spans for code in range(int(first), int(last or first) + 1)
    )


def asked_in(releases: pl.DataFrame, flow: str, month: int) -> tuple[str, ...]:
    """The products that queries of all partners asked for in a month (month number); empty text where one asked for
    all."""
    is_inside = pl.lit(month).is_between(month_index("first_month"), month_index("last_month"))
    queries = releases.filter(is_inside, partners="all", flow=flow, classification=CHINAS)
    products = queries["products"].explode().drop_nulls().unique().to_list()
    return tuple("" if product == EVERYTHING else product for product in products)


def is_asked(code: str, requested: tuple[str, ...]) -> bool:
    """Whether a code, or each national code below it that we know, was asked for."""
    if code.startswith(requested):
        return True
    known = _national()
    below = known[bisect_left(known, code) : bisect_left(known, f"{code}:")]
    return bool(below) and all(name.startswith(requested) for name in below)


@functools.cache
def _national() -> list[str]:
    return sorted(code for code in code_table("hs_names")["product"] if len(code) == NATIONAL_DIGITS)
