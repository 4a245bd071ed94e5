"""Defines the code tables about export controls, `reference/control_events.csv` and `control_event_codes.csv`, and
their values.
"""

import polars as pl
from pandera.polars import PolarsData, dataframe_check

from schemas.model import Table, column
from schemas.names import CODE
from schemas.reference.codes_of_lists import LIST, LISTS, is_of_list

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
    destinations: pl.String = column("all, or ISO 3166-1 alpha-3")
    date_note: pl.String = column("what is unsure about the days")
    source: pl.String = column("address where it is described", str_length={"min_value": 3})


class ControlEventCodes(Table):
    """Codes that a measure touches, and whether the whole code is controlled. A code of two, four or six digits stands
    for all national codes below it, as the HS was on the measure's day."""

    event: pl.String = column("name of the measure")
    code_printed: pl.String = column(
        "control code as printed, often of ten digits; empty: the text names goods and no code"
    )
    nomenclature: pl.String = column(LIST, isin=LISTS)
    hs8: pl.String = column(
        "code of the statistics, of HS2 to the national code of its list", str_matches=rf"^({CODE})$"
    )
    coverage: pl.String = column("how much of the code is controlled", isin=["whole", "unknown_share"])
    note: pl.String = column("what shares the code")
    source: pl.String = column("address where it is described", str_length={"min_value": 3})

    @dataframe_check
    @classmethod
    def code_is_of_its_list(cls, data: PolarsData) -> pl.LazyFrame:
        """A national code has the digits of its list, which the row names."""
        return data.lazyframe.select(is_of_list())
