"""What was decided about a published release: withdrawn, reinstated, or replaced by a later landing of the same query on its day.

A decision deletes nothing that was published. It says from which day on the ledger reads without the release that it is about; the days
before stay as they were.
"""

import polars as pl

from schemas.model import Table, column, optional

DECISIONS = {
    "withdrawn": "from that day on it counts as if it had never come; what other releases say of its numbers stands",
    "reinstated": "the withdrawal was taken back: it counts again from that day on",
    "replaced": "the same query came once more on its day: the later landing counts in its place, unless that is withdrawn",
}


class Decision(Table):
    """One decision about a published release a row, with who decided it and why."""

    decision_id: pl.String = column("name of the decision, by which a revision refers to it")
    release_id: pl.String = column("release that it is about, with all its editions, without the number of one")
    number: pl.UInt32 = column("which decision about that release it is, the first is 1", ge=1)
    kind: pl.String = column("what was decided", isin=list(DECISIONS))
    decided_on: pl.Date = column("day from which it holds; of a replaced release its own day")
    decided_by: pl.String = column("who decided: the name that was given, or the command that did")
    reason: pl.String = column("why")
    replaced_by: pl.String = optional("release that takes its place; null where none does")
