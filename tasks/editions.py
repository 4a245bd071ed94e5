"""Names of releases, and the editions of one that is published and was corrected since.

The same bytes with the same declaration are the same release, whenever they come, and the same corrections make the same edition
of it. One that is published stays as it is; with other corrections than the last edition it is read again and published as the
next one, from the day on which the last of them was decided. Ids of editions begin with that of their release and sort in
their order. What an edition says counts where nothing else was said since its release was public (`ledger`).
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas.release import Release
from schemas.request import Amended, Landed
from tasks.correct import corrections_of
from tasks.refusal import Refused
from tasks.snapshot import open_snapshot
from tasks.sources import SOURCES
from tasks.tables import read_table

# Behind the release come the number of the edition and the hash of its corrections.
MARK = "."
EDITION = rf"(.*?)(?:\{MARK}(\d+)-([0-9a-f]*))?"


def release_id_of(landed: Landed) -> str:
    """Name of a release, or of the edition of it that the landed bytes make."""
    said = [landed.raw_sha256, landed.reporter, landed.flow, landed.partners, landed.products, str(landed.first_month),
            str(landed.last_month)]  # fmt: skip
    return f"{landed.source}-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]}{landed.edition}"


def release_of() -> pl.Expr:
    """The release that a `release_id` is an edition of; itself where it is none."""
    return pl.col("release_id").str.split(MARK).list.first()


def is_outdated(release_id: str, published: Collection[str]) -> bool:
    """Whether this edition, or a later one of the same release, is among the published ones."""
    name, number, _ = _parts(release_id)
    return any(other == name and of_other >= number for other, of_other, _ in map(_parts, published))


def amended(landed: Landed, store: Path, today: date) -> Landed:
    """What was landed, as an edition where corrections of it were decided since it was published; as it is, where none were.

    Raises Refused for a correction that is decided on a day to come.
    """
    # Of figures with days of their own a later print is the correction.
    if SOURCES[landed.source].says_day:
        return landed
    corrections = corrections_of(landed.source, landed.raw_sha256)
    late = [row for row in corrections if date.fromisoformat(row["decided_on"]) > today]
    if late:
        raise Refused(
            "correction day", where=f"corrections.csv, {late[0]['id']}", found=f"decided on {late[0]['decided_on']}, after today ({today})",
            advice="Correct decided_on.",
        )  # fmt: skip
    name, said = release_id_of(landed), _hash_of(corrections)
    snapshot = open_snapshot(store)
    published = snapshot.about["releases"] if snapshot else ()
    # Each of thousands of files in an inbox asks this of thousands of releases.
    editions = sorted(of for of in published if of == name or of.startswith(name + MARK))
    if not editions:
        return landed.model_copy(update={"edition": f"{MARK}00-{said}" if said else ""})
    _, number, before = _parts(editions[-1])
    if before == said and not number:
        return landed.model_copy(update={"edition": editions[-1].removeprefix(name)})
    last = read_table(snapshot, Release, where=pl.col("release_id") == editions[-1]).row(0, named=True)
    edition, day = editions[-1].removeprefix(name), last["released_on"]
    if before != said:
        decided = [date.fromisoformat(row["decided_on"]) for row in corrections] or [today]
        edition, day = f"{MARK}{len(editions):02d}-{said}", max(*decided, day)
    return landed.model_copy(update={"edition": edition, "released_on": day, "amends": _scope(last)})


def _parts(release_id: str) -> tuple[str, int, str]:
    """The release, the number of the edition and the hash of its corrections."""
    name, number, said = re.fullmatch(EDITION, release_id, re.DOTALL).groups()  # type: ignore[union-attr]
    return name, int(number or 0), said or ""


def _hash_of(corrections: Collection[Mapping[str, str]]) -> str:
    """What tells corrections apart that say different things; nothing for none."""
    said = sorted([row["record"], row["field"], row["value"]] for row in corrections)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:8] if said else ""


def _scope(published: Mapping[str, Any]) -> Amended:
    return Amended(**{name: published[name] for name in Amended.model_fields})
