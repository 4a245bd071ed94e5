"""Bounds the findings of a check about one release: the first are rows of their own, and one more is about the rest.

A number is in doubt by the finding whose columns name it (`tasks.ledger.doubts`), so a check yields every number that
it doubts, and none is left out here: the finding about the rest names the goods, partners and months of all of them. A
file that is wrong throughout has ten thousand such numbers, and nobody reads that many rows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tasks.domain.doubt.findings import Rows, finding
from tasks.domain.periods import month_number
from tasks.domain.text import counted

# Findings of one severity that a check has about a release, each a row.
FINDINGS_MAX = 300
# What each of them says beside its texts.
KINDS = ("check", "severity", "scope", "of_trade", "both_sides")


def bounded(rows: Iterable[dict[str, Any]]) -> Rows:
    """The findings of a check about a release in their order, of each severity
    FINDINGS_MAX at most, and after them one about the others, where there are any."""
    counts, rests = Counter[tuple[str, str]](), dict[tuple[Any, ...], list[dict[str, Any]]]()
    for row in rows:
        kind = row["check"], row["severity"]
        counts[kind] += 1
        if counts[kind] <= FINDINGS_MAX:
            yield row
        else:
            rests.setdefault(tuple(row[name] for name in KINDS), []).append(row)
    for rest in rests.values():
        yield _together(rest)


def _together(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The finding about all that these are about; where one of them is about all of something, this one is as well. It
    has no share: each of them has another one."""
    flows, measures = ({row[name] for row in rows} for name in ("flow", "measure"))
    days = [row[name] for row in rows for name in ("first_month", "last_month")]
    return finding(
        rows[0]["check"],
        rows[0]["severity"],
        observed=counted(len(rows), "more such finding"),
        expected=f"what each of the {FINDINGS_MAX} findings of this check beside it expects",
        advice=rows[0]["advice"],
        flow=flows.pop() if len(flows) == 1 else None,
        products=_every(rows, "products"),
        partners=_every(rows, "partners"),
        listed=_every(rows, "listed"),
        months=None if None in days else (month_number(min(days)), month_number(max(days))),
        measure=measures.pop() if len(measures) == 1 else None,
        **{name: rows[0][name] for name in KINDS[2:]},
    )


def _every(rows: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    """The keys that rows name; none where one of them names none and so is about all."""
    return sorted({key for row in rows for key in row[name]}) if all(row[name] for row in rows) else []
