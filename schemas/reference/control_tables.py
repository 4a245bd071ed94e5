"""Defines the code tables about export controls, `reference/control_events.csv`, `control_event_codes.csv` and
`control_lists.csv`, and their values.
"""

import polars as pl
from pandera.polars import PolarsData, dataframe_check

from schemas.model import Table, column
from schemas.names import CODE, EDITIONS, LIST_NAME, TIER
from schemas.reference.codes_of_lists import LIST, LISTS, is_of_list

SPAN = r"^(\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"
DAY = r"^(\d{4}-\d{2}-\d{2})?$"
EVENTS = r"^([a-z0-9-]+(#[a-z0-9]+)?(;[a-z0-9-]+(#[a-z0-9]+)?)*)?$"
BASES = {
    "measure": "issued by the body itself",
    "statement": "words, no measure",
    "report": "reported by others, no document",
}
STATES = {
    "not_yet_announced": "the day is before the announcement",
    "announced": "announced, and the day is before the first day",
    "in_force": "in force",
    "partly_suspended": "a paragraph is suspended, and the rest is in force",
    "suspended": "suspended on the day",
    "never_in_force": "suspended on the day, and since before its first day",
    "ended": "its term has run out, and a successor is recorded",
    "lapsed_unrecorded": (
        "its term, or that of a suspension of it or of a paragraph, has run out and no successor is recorded: "
        "whether it applies is not known here"
    ),
    "statement": BASES["statement"],
    "report": BASES["report"],
}
COVERAGE = {
    "whole": "all that the code, or every code of the basket, holds is controlled",
    "some_codes": "some codes of the basket are controlled and others are not",
    "unknown_share": "controlled and free goods share the code, and nobody publishes the share",
}


LISTED = {
    "whole": "all goods of the code are on the list",
    "part": "some goods of the code are on the list, and nobody publishes their share",
}
TRUST = {
    "stated": "the source is the authority, or copies that name it and agree",
    "doubtful": "nobody who answers for the list has confirmed it: it is marked, and never counted with another list",
}


RECORDED = {
    "": "no goods are listed: words, a report, technology, a calendar",
    "whole": "every code that the text prints is recorded, and it names no goods without one",
    "part": "codes are recorded, and the text names more goods",
    "none": "no code is recorded, and the text names goods",
}
PREFIXES = r"^((\d{2}|\d{4})(;(\d{2}|\d{4}))*)?$"
TAKEN = r"^(([a-z0-9]+:)?[a-z0-9-]+(;([a-z0-9]+:)?[a-z0-9-]+)*)?$"


class ControlEvents(Table):
    """Export-control measures and what was said about them, one a row."""

    event: pl.String = column("name of the measure", str_matches=r"^[a-z0-9-]+$")
    reporter: pl.String = column(
        "whose exports it is about, ISO 3166-1 alpha-3: it says nothing about the trade of another reporter",
        str_matches=r"^[A-Z]{3}$",
    )
    announced_on: pl.String = column("day of announcement, YYYY-MM-DD; empty: not known", str_matches=DAY)
    effective_from: pl.String = column(
        "first day, or the day planned for it; empty: nothing takes effect", str_matches=DAY
    )
    effective_until: pl.String = column("last day of its term; empty: open", str_matches=DAY)
    basis: pl.String = column("what the row rests on", isin=list(BASES))
    suspends: pl.String = column(
        "events that it suspends from effective_from to effective_until, with ; between them; after # the paragraph,"
        " where it suspends that alone",
        str_matches=EVENTS,
    )
    succeeds: pl.String = column(
        "events whose term it continues or ends, from effective_from on, with ; between them", str_matches=EVENTS
    )
    kind: pl.String = column("licence, prohibition, suspension, reporting, talks …")
    body: pl.String = column("who issued it")
    body_zh: pl.String = column("the same in Chinese", str_length={"min_value": 1})
    document: pl.String = column("number or name of the document")
    document_zh: pl.String = column("the same in Chinese", str_length={"min_value": 1})
    goods: pl.String = column("goods as described")
    goods_zh: pl.String = column("the same in Chinese", str_length={"min_value": 1})
    action: pl.String = column("what it does")
    action_zh: pl.String = column("the same in Chinese", str_length={"min_value": 1})
    destinations: pl.String = column("all, EU, or ISO 3166-1 alpha-3 with ; between them")
    users: pl.String = column("whom it concerns, where not every buyer there; empty: every buyer")
    users_zh: pl.String = column("the same in Chinese")
    takes: pl.String = column(
        "events whose codes it takes, with ; between them; before : its own paragraph that does. A suspension has the"
        " codes of what it suspends",
        str_matches=TAKEN,
    )
    prolongs: pl.String = column(
        "the regime that it goes on with; empty: none. Its first day divides no months into before and after"
    )
    recorded: pl.String = column("how much of what the text names has its codes here", isin=list(RECORDED))
    missing: pl.String = column("what the text names beyond the recorded codes; empty: nothing")
    missing_zh: pl.String = column("the same in Chinese")
    may_touch: pl.String = column(
        "chapters and headings of the HS in which that may be, with ; between them; empty: anywhere",
        str_matches=PREFIXES,
    )
    date_note: pl.String = column("what is unsure about the days")
    page: pl.String = column("address of the authority's own page; empty: not known")
    page_on: pl.String = column("day that this page prints, YYYY-MM-DD", str_matches=DAY)
    source: pl.String = column("address where the row was read", str_length={"min_value": 3})

    @dataframe_check
    @classmethod
    def missing_is_said(cls, data: PolarsData) -> pl.LazyFrame:
        """A measure whose codes are not all recorded says what is missing, in both languages."""
        is_partial = pl.col("recorded").is_in(["part", "none"])
        both = (pl.col(name) != "" for name in ("missing", "missing_zh"))
        return data.lazyframe.select(pl.all_horizontal(is_partial == text for text in both))


class ControlEventCodes(Table):
    """Codes that a measure touches, and whether the whole code is controlled. A code of two, four or six digits stands
    for all national codes below it, as the HS was on the measure's day."""

    event: pl.String = column("name of the measure")
    paragraph: pl.String = column("paragraphs or items of the text that name it, with ; between them; empty: not known")
    code_printed: pl.String = column("code as printed, often of ten digits; empty: the text names goods and no code")
    nomenclature: pl.String = column(LIST, isin=LISTS)
    hs8: pl.String = column(
        "code of the statistics, of HS2 to the national code of its list", str_matches=rf"^({CODE})$"
    )
    coverage: pl.String = column("how much of the code is controlled", isin=["whole", "unknown_share"])
    note: pl.String = column("what shares the code")
    note_zh: pl.String = column("the same in Chinese; empty where the whole code is controlled")
    source: pl.String = column("address where it is described", str_length={"min_value": 3})

    @dataframe_check
    @classmethod
    def note_is_in_both_languages(cls, data: PolarsData) -> pl.LazyFrame:
        """What shares a code is said in both languages."""
        is_said = (pl.col("coverage") == "unknown_share") & (pl.col("note") != "")
        return data.lazyframe.select(is_said == (pl.col("note_zh") != ""))

    @dataframe_check
    @classmethod
    def code_is_of_its_list(cls, data: PolarsData) -> pl.LazyFrame:
        """A national code has the digits of its list, which the row names."""
        return data.lazyframe.select(is_of_list())


class ControlLists(Table):
    """Codes on lists of controlled or watched goods, of any authority; measures of `control_events` are lists too."""

    list: pl.String = column("name of the list; commands take list:<name>", str_matches=rf"^{LIST_NAME}$")
    authority: pl.String = column("who issued it, and under which title", str_length={"min_value": 3})
    code: pl.String = column(
        "code of two, four or six digits, or a national code; digits alone, never a part of a code: goods that are a"
        " part of one have the whole code, with coverage part",
        str_matches=rf"^({CODE})$",
    )
    digits: pl.String = column("how many digits the code has, which shows a zero that a spreadsheet took")
    nomenclature: pl.String = column(
        "HS2, HS4, HS6 for every store, or the national list that the code is of, for the stores that count by it; HTS8"
        " and, of any length, HTS: codes of the United States above those of ten digits",
        isin=[*(name for name in LISTS if name), "HTS8", "HTS"],
    )
    edition: pl.String = column("edition of the HS in which the code is written", isin=[*EDITIONS])
    tier: pl.String = column("tier or annex; empty: the list has none", str_matches=rf"^({TIER})?$")
    valid_from: pl.String = column("first month or day on the list; empty: always was", str_matches=SPAN)
    valid_to: pl.String = column("last month or day on the list; empty: still is", str_matches=SPAN)
    coverage: pl.String = column("how much of the code is on the list", isin=[*LISTED])
    trust: pl.String = column("how sure the list is, the same in each of its rows", isin=[*TRUST])
    note: pl.String = column("what shares the code, and what is unsure")
    source: pl.String = column("address where it is described", str_length={"min_value": 3})
