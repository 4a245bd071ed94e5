"""Bounds the findings of a check about one release: the first are rows of their own, and one more is about the rest.

A number is in doubt by the finding whose subject names it (`tasks.ledger.doubts`), so a check yields every number that
it doubts, and none is left out here: the finding about the rest names the goods, partners and months of all of them. A
file that is wrong throughout has ten thousand such numbers, and nobody reads that many rows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from schemas.layouts import FLOWS
from tasks.domain.findings import Rows, finding
from tasks.domain.text import counted
from tasks.ledger.doubts import OF_ABSENT_PARTNERS, Subject, partners_in, subject_of

# Findings of one severity that a check has about a release, each a row.
FINDINGS_MAX = 300
# The finding about the rest names its products, or its partners, where they are no more than these.
NAMED_MAX = 20


def bounded(rows: Iterable[dict[str, Any]], release: Mapping[str, Any]) -> Rows:
    """The findings of a check about a release (a row of the table `release`) in their order, of each severity
    FINDINGS_MAX at most, and after them one about the others, where there are any."""
    counts, rests = Counter[tuple[str, str]](), dict[tuple[str, str], _Rest]()
    for row in rows:
        kind = row["check"], row["severity"]
        counts[kind] += 1
        if counts[kind] <= FINDINGS_MAX:
            yield row
        else:
            rests.setdefault(kind, _Rest(row)).add(row)
    for rest in rests.values():
        yield rest.finding(release)


class _Rest:
    """What many findings of one check and severity are about, taken together."""

    def __init__(self, first: Mapping[str, Any]) -> None:
        self.first, self.count = first, 0
        self.names: dict[str, set[str]] = {name: set() for name in Subject._fields}
        # What each subject names: a finding that names no month is about all of them.
        self.always = {*Subject._fields}
        self.absent: set[str] = set()

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one more finding."""
        self.count += 1
        for name, parts in subject_of(row["subject"])._asdict().items():
            self.names[name].update(parts)
            if not parts:
                self.always.discard(name)
        if row["check"] == OF_ABSENT_PARTNERS:
            self.absent.update(partners_in(row["observed"]))

    def finding(self, release: Mapping[str, Any]) -> dict[str, Any]:
        """The finding about all of them. It has no share: each of them has another one."""
        absent = f": no row for {', '.join(sorted(self.absent))}" if self.absent else ""
        return finding(
            self.first["check"],
            self.first["severity"],
            self._subject(release),
            observed=f"{counted(self.count, 'more such finding')}{absent}",
            expected=f"what each of the {FINDINGS_MAX} findings of this check beside it expects",
            advice=self.first["advice"],
        )

    def _subject(self, release: Mapping[str, Any]) -> str:
        if not any(self.names[name] for name in ("flows", "products", "partners")):
            return str(release["title"])
        flows = self._named("flows") or ([release["flow"]] if release["flow"] else FLOWS)
        months = sorted(month for span in self._named("months", few=False) for month in span.split(".."))
        span = [] if not months else months[:1] if months[0] == months[-1] else [f"{months[0]}..{months[-1]}"]
        return " ".join([*flows, *self._named("products"), *self._named("partners"), *span, *self._measure()])

    def _named(self, name: str, *, few: bool = True) -> list[str]:
        """What all subjects name together; nothing where one of them names nothing, or where it is too much."""
        is_short = not few or len(self.names[name]) <= NAMED_MAX
        return sorted(self.names[name]) if name in self.always and is_short else []

    def _measure(self) -> list[str]:
        measures = self._named("measures")
        if all(measure.startswith("quantity") for measure in measures):
            return ["quantity"] if measures else []
        return measures if len(measures) == 1 else []
