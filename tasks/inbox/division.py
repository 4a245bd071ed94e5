"""Divides the files of a folder among the reporters whose figures they have, the largest part first.

Belongs here: whose a file is, and how much each reporter has. Does not belong here: what is new of it, which the run of
each reporter finds out (`inbox`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from schemas.forms.request import NOTHING, Declaration, ReleaseRequest
from schemas.forms.watch import Problem
from schemas.store_address import S3Url
from tasks.domain.errors import Refused
from tasks.inbox.inbox import downloads, problem_of
from tasks.ingest.declaration import locate


class Share(NamedTuple):
    """The files of one reporter: how many, and their bytes."""

    reporter: str
    files: int
    bytes: int


@dataclass(frozen=True)
class Division:
    """The parts of a folder, the largest first, and why other files are of nobody: each problem with its files."""

    parts: list[Share]
    problems: list[tuple[Problem, list[Path]]]


def divide(
    folder: Path, store: Path | S3Url, otherwise: Declaration = NOTHING, *, source: str | None, flow: str | None
) -> Division:
    """Divide the files of a folder; those of another source or direction than the given ones are left out.

    Parts of equal size are in the order of their reporters.
    """
    sizes: dict[str, list[int]] = {}
    alike: dict[Problem, list[Path]] = {}
    for file in sorted(downloads(folder, store)):
        try:
            declared = locate(ReleaseRequest(file=file, store=store, otherwise=otherwise))
            size = file.stat().st_size
        except (Refused, OSError) as problem:
            alike.setdefault(_why(file, problem), []).append(file)
            continue
        if source in (None, declared.source) and flow in (None, declared.flow):
            sizes.setdefault(declared.reporter, []).append(size)
    parts = [Share(reporter, len(some), sum(some)) for reporter, some in sorted(sizes.items())]
    return Division(sorted(parts, key=lambda part: -part.bytes), [*alike.items()])


def _why(file: Path, problem: Refused | OSError) -> Problem:
    if isinstance(problem, OSError):
        problem = Refused("unreadable file", str(file), str(problem.strerror), "Check the permissions.")
    return problem_of(file, problem)
