"""Finds which export controls concern a product, how much of it they cover, and which codes mix goods.

Few texts print a code for all that they name. So a product without a row is "not touched" only where every measure that
may hold it is recorded whole, and none of a named heading is a placebo. Belongs here: measures, codes, coverage, as in
the reference data. The months around a measure are in `controls.windows`.
"""

import functools
import re
from collections.abc import Collection, Iterable
from typing import Any

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.classification import HEADING, HS_LEVELS, holds, is_heading, members
from tasks.domain.hs_editions import revisions_so_far
from tasks.domain.reporter import CHN
from tasks.domain.text import clip

SUSPENSION = "suspension"
MIXED = "85051110"
MIXED_WORDS = "HS 85051110 holds controlled and free magnets alike; what share of it is controlled is not published."


def mixed_words(products: Iterable[str], reporter: str) -> list[str]:
    """The sentence on the code that holds controlled and free goods, if a product of this reporter includes it."""
    return [MIXED_WORDS] if reporter == CHN and any(holds(product, MIXED) for product in products) else []


def events_of(
    product: str | None = None, flow: str = "export", reporter: str | None = None, *, of_some: bool = False
) -> pl.DataFrame:
    """Measures of a reporter by day, with the coverage of `product` by each that concerns it, and the `paragraphs` that
    name it; all measures where it is None.

    Without a `reporter` those of every country. All are controls of exports; none concerns imports. Measures that
    concern some buyers alone, which trade of a product does not show, are among those of a product only with `of_some`.
    """
    day = pl.when(pl.col("announced_on") == "").then("effective_from").otherwise("announced_on")
    events = _of(code_table("control_events"), reporter).sort(day, "event")
    if product is None:
        return events.with_columns(pl.lit(None, pl.String).alias(name) for name in ("coverage", "paragraphs"))
    if not of_some:
        events = events.filter(pl.col("users") == "")
    coverages = [coverage(event, product) if flow == "export" else None for event in events["event"]]
    touching = events.with_columns(coverage=pl.Series(coverages, dtype=pl.String)).drop_nulls("coverage")
    paragraphs = [_paragraphs(event, product) for event in touching["event"]]
    return touching.with_columns(paragraphs=pl.Series(paragraphs, dtype=pl.String))


def events_of_several(products: list[str]) -> pl.DataFrame:
    """`events_of` for any number of products.

    One product gives the same as `events_of`; several give the product before each row, none gives all measures.
    """
    if len(products) < 2:
        return events_of(*products, of_some=True)
    return pl.concat(
        events_of(product, of_some=True).insert_column(0, pl.lit(product).alias("product")) for product in products
    )


def coverage(event: str, product: str) -> str | None:
    """How much of a product a measure controls; None where it does not concern it.

    The tables do not have all codes below a heading, so a heading is controlled as a whole only where a row says so of
    it or of a heading above it.
    """
    if is_heading(product):
        if share := _share(event, product):
            return share
        below = {share for code, share in _codes_since(event).items() if code.startswith(product)}
        return "unknown_share" if "unknown_share" in below else "some_codes" if below else None
    how = [coverage(event, code) if is_heading(code) else _share(event, code) for code in members(product)]
    if not any(how):
        return None
    if "unknown_share" in how:
        return "unknown_share"
    return "whole" if {*how} == {"whole"} else "some_codes"


def _share(event: str, code: str) -> str | None:
    """How much of a code a measure controls, by a row of the code itself, else of the longest heading above it."""
    codes = _codes_since(event)
    above = (code[:digits] for digits in HS_LEVELS if digits < len(code))
    return next((codes[one] for one in (code, *above) if one in codes), None)


@functools.cache
def _codes_since(event: str) -> dict[str, str]:
    """The codes of a measure as they are by the newest edition of the HS, and as its text prints them, with their
    coverage."""
    printed = code_rows(event).filter(pl.col("code_printed").str.len_chars() > pl.col("hs8").str.len_chars())
    codes = {**dict(printed.select("code_printed", "coverage").iter_rows()), **codes_of(event)}
    if not any(map(is_heading, codes)):
        return codes
    row = code_table("control_events").filter(event=event)
    day = next((day for day in (*row["effective_from"], *row["announced_on"]) if day), "")
    return _revised(tuple(codes.items()), day[:7]) if day else codes


def _revised(codes: tuple[tuple[str, str], ...], month: str) -> dict[str, str]:
    """The codes of a month (YYYY-MM) and their coverage, by the newest edition of the HS.

    A heading means the goods that it had in that month. A later edition that put other goods into it leaves an unknown
    share of it controlled, and of each code that goods have gone to.
    """
    shares, revised = dict(codes), dict[str, str]()
    later = revisions_so_far().filter(pl.col("from_month") > month)
    for code, gained, lost in later.select("code", "gained_from", "lost_to").iter_rows():
        if is_heading(code) and code in shares:
            revised |= dict.fromkeys(re.findall(r"\d+", lost), "unknown_share")
            revised |= {code: "unknown_share"} if gained else {}
    return shares | {code: share for code, share in revised.items() if is_heading(code) or code not in shares}


def _paragraphs(event: str, product: str) -> str:
    """The paragraphs of a measure that name codes of a product, with ; between them."""
    rows = code_rows(event).select("hs8", "paragraph").unique().sort("paragraph").iter_rows()
    parts = members(product) or [product]
    named = (part for code, part in rows if any(one.startswith(code) or code.startswith(one) for one in parts))
    return ";".join(dict.fromkeys(filter(None, named)))


def mixed_note(product: str, events: Collection[str]) -> str | None:
    """Which other goods share the codes of a product with goods that one of these measures controls; None where none
    do."""
    rows = code_table("control_event_codes").filter(
        pl.col("coverage") == "unknown_share", pl.col("note") != "", pl.col("event").is_in(list(events))
    )
    notes = rows.select("hs8", "note").unique().sort("hs8", "note")
    return (
        "; ".join(
            f"{code}: {note}"
            for code, note in notes.iter_rows()
            if holds(product, code) or any(holds(code, part) for part in members(product))
        )
        or None
    )


@functools.cache
def code_rows(event: str) -> pl.DataFrame:
    """Rows of `control_event_codes` of a measure: its own, and under its own name those of measures whose codes it
    takes, a suspension those of the paragraphs that it suspends."""
    codes_of_event = code_table("control_event_codes").filter(event=event)
    taken = [codes_of_event]
    for row in code_table("control_events").filter(event=event).iter_rows(named=True):
        for name in filter(None, row["takes"].split(";")):
            paragraph, _, other = name.rpartition(":")
            taken.append(code_rows(other).with_columns(paragraph=pl.lit(paragraph)))
        for name in filter(None, row["suspends"].split(";") if row["kind"] == SUSPENSION else ()):
            other, _, paragraph = name.partition("#")
            rows = code_rows(other)
            taken.append(rows.filter(paragraph=paragraph) if paragraph else rows)
    return pl.concat(taken).with_columns(event=pl.lit(event))


def codes_recorded(event: str) -> int:
    """How many codes of a measure are recorded, as its text prints them; goods that it names without one count once."""
    printed = pl.when(pl.col("code_printed") == "").then("hs8").otherwise("code_printed")
    return code_rows(event).select(printed).n_unique()


def codes_of(event: str) -> dict[str, str]:
    """Codes of a measure, each with its coverage; a code listed twice is whole only if both rows are."""
    rows = code_rows(event).sort("hs8", "coverage").unique("hs8", keep="first", maintain_order=True)
    return dict(rows.select("hs8", "coverage").iter_rows())


@functools.cache
def _named_headings(reporter: str) -> tuple[str, ...]:
    """Chapters and headings that a measure of a reporter names, by a code or in words."""
    named = set[str]()
    for row in _of(code_table("control_events"), reporter).iter_rows(named=True):
        codes = (*_codes_since(row["event"]), *filter(None, row["may_touch"].split(";")))
        named |= {code[:HEADING] for code in codes}
    return tuple(sorted(named))


def is_named(product: str, reporter: str) -> bool:
    """Whether a measure of a reporter names the heading of a product, or of a part of it: such goods are no placebos,
    because no text says all that it means by codes."""
    named = _named_headings(reporter)
    return any(code.startswith(named) or named_in(code, named) for code in members(product) or [product])


def named_in(product: str, prefixes: Iterable[str]) -> bool:
    """Whether a code holds goods of one of these chapters and headings."""
    return any(product.startswith(one) or one.startswith(product) for one in prefixes)


def not_whole(product: str, reporter: str | None = None) -> pl.DataFrame:
    """The measures that may touch a product although no recorded code of theirs is of it: their rows, by day. Those
    that concern some buyers alone, and suspensions, take the codes of others, and are not repeated."""
    of_its_own = (pl.col("users") == "", pl.col("kind") != SUSPENSION)
    rows = events_of(reporter=reporter).filter(*of_its_own, pl.col("missing") != "", pl.col("effective_from") != "")
    codes = members(product) or [product]

    def may(row: dict[str, Any]) -> bool:
        if coverage(row["event"], product):
            return False
        prefixes = list(filter(None, row["may_touch"].split(";")))
        return not prefixes or any(named_in(code, prefixes) for code in codes)

    return rows.filter(pl.Series([may(row) for row in rows.iter_rows(named=True)], dtype=pl.Boolean))


def measures(reporter: str) -> list[dict[str, Any]]:
    """The measures of a reporter with a day of effect, also those never in force, which show what they did not
    cause."""
    return _of(code_table("control_events"), reporter).filter(pl.col("effective_from") != "").sort("event").to_dicts()


def _of(events: pl.DataFrame, reporter: str | None) -> pl.DataFrame:
    return events if reporter is None else events.filter(pl.col("reporter") == reporter)


def measure_title(event: str, language: str) -> str:
    """Who issued a measure and its number, as the title of a page; empty where there is no such measure.

    >>> measure_title("mofcom-gacc-2025-10", "en"), measure_title("mofcom-gacc-2025-10", "zh")
    ('MOFCOM and GACC, Announcement 10 of 2025', '商务部、海关总署2025年第10号公告')
    """
    rows = code_table("control_events").filter(event=event)
    names, sign = (["body", "document"], ", ") if language == "en" else (["body_zh", "document_zh"], "")
    return sign.join(rows.select(names).row(0)) if rows.height else ""


def event_row(text: str, reporter: str) -> dict[str, Any]:
    """The measure of a reporter that a text names: by its name, or by number and year, as in MOFCOM 18/2025 or
    2025年第18号. Raises ValueError where there is none, several, or one without a day."""
    rows = measures(reporter)
    name = text.strip().lower()
    matches = [row for row in rows if row["event"] == name]
    if not matches:
        numbers = re.findall(r"\d+", name)
        year = next((one for one in numbers if re.fullmatch(r"20\d\d", one)), None)
        number = next((one for one in numbers if one != year), None)
        matches = [row for row in rows if number and re.findall(r"\d+", row["document"]) == [number, year]]
    if len(matches) != 1:
        what = "several measures are" if matches else "no measure with a day of effect is"
        names = ", ".join(row["event"] for row in matches or rows) or "none"
        raise ValueError(f"{what} {clip(text)!r} of {reporter}; write one of {names}")
    return matches[0]
