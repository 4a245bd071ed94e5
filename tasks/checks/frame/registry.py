"""Gate D: registers the checks of a release, and asks each of them.

Every function with `@check(severity=...)` in a module of the rooms of checks is one; nothing else lists it. It gets the
release and the published months around it, yields findings and changes nothing. Severity error means that a person must
look before the release is published; warning and info are published with it.
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import tasks.checks
from schemas.frames import Finding
from tasks.checks.frame.bounded import bounded
from tasks.checks.frame.context import CheckContext
from tasks.domain.decisions import decision_text, withdrawn_on
from tasks.domain.doubt.findings import Rows, declared, gather
from tasks.domain.errors import Refused
from tasks.domain.release_ids import MARK
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import PublishedState

SEVERITIES = ("info", "warning", "error")
Find = Callable[[CheckContext], Rows]


@dataclass(frozen=True)
class Check:
    """A check: its name, the gravest severity of its findings, the function, and what all its findings concern.

    `scope` is one of SCOPES; without one a finding is about the numbers that it names. A finding in one measure is
    about the whole record of `all_measures`; one `of_trade` is asked about once; one of `both_sides` is about the same
    numbers of other releases as well. A check that is not `of_prints` finds nothing in a release of printed figures,
    whose parts are unknown.
    """

    name: str
    severity: str
    find: Find
    scope: str | None = None
    all_measures: bool = False
    of_trade: bool = False
    both_sides: bool = False
    of_prints: bool = True

    def __call__(self, context: CheckContext) -> Rows:
        """The findings. Raises ValueError for one that is graver than the check declares."""
        if not self.of_prints and context.row["kind"] == "published":
            return
        for row in self.find(context):
            if SEVERITIES.index(row["severity"]) > SEVERITIES.index(self.severity):
                raise ValueError(f"{self.name} declares {self.severity} and raises {row['severity']}: {row['check']}")
            declared(
                row,
                self.scope,
                all_measures=self.all_measures,
                of_trade=self.of_trade,
                both_sides=self.both_sides,
            )
            yield row


_CHECKS: dict[str, Check] = {}


def check(
    *,
    severity: str,
    scope: str | None = None,
    all_measures: bool = False,
    of_trade: bool = False,
    both_sides: bool = False,
    of_prints: bool = True,
) -> Callable[[Find], Find]:
    """Register a function as a check; `severity` is the gravest that it may raise: info, warning or error. What its
    findings concern is described in `Check`."""

    def register(find: Find) -> Find:
        name = f"{find.__module__.rpartition('.')[2]}.{find.__name__.lstrip('_')}"
        if severity not in SEVERITIES or name in _CHECKS:
            raise ValueError(f"{name}: a second check of this name, or no severity of {', '.join(SEVERITIES)}")
        _CHECKS[name] = Check(name, severity, find, scope, all_measures, of_trade, both_sides, of_prints)
        return find

    return register


@functools.cache
def checks() -> tuple[Check, ...]:
    """Every check of these rooms, by name."""
    for module in pkgutil.walk_packages(tasks.checks.__path__, "tasks.checks."):
        importlib.import_module(module.name)
    return tuple(_CHECKS[name] for name in sorted(_CHECKS))


def check_release(release: Normalised, known: PublishedState) -> Finding:
    """Every doubt about `release`: those from reading it, and those of all checks. Raises Refused where it was
    withdrawn."""
    _refuse_withdrawn(release, known)
    context = CheckContext(release, known)
    of_reading = release.findings.drop("release_id", "number").to_dicts()
    of_checks = [row for ask in checks() for row in bounded(ask(context))]
    return gather(release.release["release_id"][0], [*of_reading, *of_checks])


def _refuse_withdrawn(release: Normalised, known: PublishedState) -> None:
    """What a person withdrew counts again when a person says so, and not because its file is still there."""
    row = release.release.row(0, named=True)
    name = row["release_id"].partition(MARK)[0]
    decision = withdrawn_on(known.decisions).get(name)
    if decision is not None:
        raise Refused(
            "withdrawn",
            where=row["title"] or name,
            found=f"the release {name} was {decision_text(decision)}",
            advice=f"Nothing was published. tidewaiter withdraw {name} --undo lets it count again.",
        )
