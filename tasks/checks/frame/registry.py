"""Gate D: registers the checks of a release, and asks each of them.

Every function with `@check(severity=...)` in a module of the rooms of checks is one; nothing else lists it. It gets the
release and the published months around it, yields findings and changes nothing. Severity error means that a person must
look before the release is published; warning and info are published with it.
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

import tasks.checks
from schemas.frames import Finding
from tasks.checks.frame.bounded import bounded
from tasks.checks.frame.context import NO_FRAMES, CheckContext, FileContext, NeedsPublished
from tasks.domain.decisions import decision_text, withdrawn_on
from tasks.domain.errors import Refused
from tasks.domain.findings import Rows, gather
from tasks.domain.release_ids import MARK
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import PublishedState
from tasks.store.snapshots.parquet import Partition

SEVERITIES = ("info", "warning", "error")
Find = Callable[[CheckContext], Rows]
FindingsByCheck = Mapping[str, list[dict[str, Any]]]
NO_FINDINGS: FindingsByCheck = {}


class FileChecked(NamedTuple):
    """What checks of a file alone leave for its turn: what they raise, by check, and what their context has gathered,
    by name (`context.OF_FILE`)."""

    findings_by_check: FindingsByCheck
    gathered: Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Check:
    """A check: its name, the gravest severity of its findings, and the function."""

    name: str
    severity: str
    find: Find

    def __call__(self, context: CheckContext) -> Rows:
        """The findings. Raises ValueError for one that is graver than the check declares."""
        for row in self.find(context):
            if SEVERITIES.index(row["severity"]) > SEVERITIES.index(self.severity):
                raise ValueError(f"{self.name} declares {self.severity} and raises {row['severity']}: {row['check']}")
            yield row


_CHECKS: dict[str, Check] = {}


def check(*, severity: str) -> Callable[[Find], Find]:
    """Register a function as a check; `severity` is the gravest that it may raise: info, warning or error."""

    def register(find: Find) -> Find:
        name = f"{find.__module__.rpartition('.')[2]}.{find.__name__.lstrip('_')}"
        if severity not in SEVERITIES or name in _CHECKS:
            raise ValueError(f"{name}: a second check of this name, or no severity of {', '.join(SEVERITIES)}")
        _CHECKS[name] = Check(name, severity, find)
        return find

    return register


@functools.cache
def checks() -> tuple[Check, ...]:
    """Every check of these rooms, by name."""
    for module in pkgutil.walk_packages(tasks.checks.__path__, "tasks.checks."):
        importlib.import_module(module.name)
    return tuple(_CHECKS[name] for name in sorted(_CHECKS))


def check_release(
    release: Normalised,
    known: PublishedState,
    ahead: FindingsByCheck = NO_FINDINGS,
    gathered: Mapping[str, pl.DataFrame] = NO_FRAMES,
) -> Finding:
    """Every doubt about `release`: those from reading it, and those of all checks, of which some have been
    asked `ahead`, and have `gathered` frames (`check_file`). Raises Refused where it was withdrawn."""
    _refuse_withdrawn(release, known)
    context = CheckContext(release, known, gathered)
    raised = {ask.name: ahead[ask.name] if ask.name in ahead else _raised(ask, context) for ask in checks()}
    return findings_of(release, raised)


def check_file(release: Normalised, touched: Collection[Partition]) -> FileChecked:
    """What those checks raise that need the file alone where nothing of its months (`touched`) is published, and what
    their context has gathered."""
    context, raised = FileContext(release, touched), dict[str, list[dict[str, Any]]]()
    for ask in checks():
        with suppress(NeedsPublished):
            raised[ask.name] = _raised(ask, context)
    return FileChecked(raised, context.gathered)


def _raised(ask: Check, context: CheckContext) -> list[dict[str, Any]]:
    return [*bounded(ask(context), context.row)]


def findings_of(release: Normalised, raised: FindingsByCheck) -> Finding:
    """The doubts from reading a release, and those that checks have raised."""
    of_reading = release.findings.drop("release_id").to_dicts()
    of_checks = [row for rows in raised.values() for row in rows]
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
