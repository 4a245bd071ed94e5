"""Finds export controls whose term has run out while no successor is recorded.

The check judges the day of the release, and only releases with exports of a product that the control affects, in months
after it began. The numbers are right; but nobody may write that the control is in force, or that it is not.
"""

import polars as pl

from tasks.checks.frame.context import EXAMPLES, CheckContext
from tasks.checks.frame.registry import check
from tasks.domain.doubt.findings import Rows, finding
from tasks.domain.export_controls.measure_states import LAPSED, states_on
from tasks.domain.export_controls.measures import coverage, events_of
from tasks.domain.periods import month_name

FLOW = "export"


@check(severity="warning", scope="none")
def _control_lapsed(context: CheckContext) -> Rows:
    """Find export controls of unknown state on the day of the release: a term ended, no successor is recorded."""
    day = context.row["released_on"]
    of_reporter = events_of(reporter=context.row["reporter"]).filter(users="")
    begun = dict(of_reporter.select("event", "effective_from").iter_rows())
    lapsed = {event: state for event, state in states_on(day).items() if event in begun and state.name == LAPSED}
    if not lapsed:
        return
    products = context.statements.filter(pl.col("flow") == FLOW)["product"].unique().cast(pl.String).sort().to_list()
    for event, state in lapsed.items():
        touched = [product for product in products if coverage(event, product)]
        if touched and begun[event][:7] <= month_name(context.last):
            more = f" and {len(touched) - EXAMPLES} more" if touched[EXAMPLES:] else ""
            part = f"its paragraph {state.part}" if state.part else "it"
            term = "its term" if state.by == event else f"the suspension of {part} by {state.by}"
            yield finding(
                "control_lapsed",
                "warning",
                event,
                observed=(
                    f"{term} ran out on {state.until}, and nothing that succeeds it is recorded; touched here:"
                    f" {', '.join(touched[:EXAMPLES])}{more}"
                ),
                expected=f"a measure that is recorded and says what holds on {day}",
                advice=(
                    "What followed is not known here, so do not write that the control is in force, or that it is not."
                    " Where a document says it, add that document to schemas/reference/control_events.csv, with what it"
                    " succeeds."
                ),
            )
