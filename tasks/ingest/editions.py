"""Names releases and their editions: one that was corrected after publication, or published again after another one.

The same bytes with the same declaration are the same release, whenever they come, and the same corrections make the
same edition of it. A published release stays as it is. With other corrections than its last edition it is read again
and published as the next one, from the day on which the last of them was decided. Ids of editions begin with that of
their release and sort in their order. A corrected edition counts where no other release has covered the number since
its release was public (`ledger.merge`). Customs may also return to an earlier publication: bytes declared public on a
later day, after another release, are an edition with the corrections of the one before, and it counts like any release.
"""

import functools
import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from schemas.forms.request import Amended, Declared, Landed
from tasks.domain.decisions import counting
from tasks.domain.errors import Refused
from tasks.domain.release_ids import EDITION, MARK, release_of
from tasks.ingest.corrections import corrections_of
from tasks.sources.registry import SOURCES
from tasks.store.files.snapshot import load_snapshot, open_snapshot
from tasks.store.snapshots.parquet import read_table


def release_id_of(landed: Landed) -> str:
    """Id of a release, or of the edition that the landed bytes make."""
    return name_of(landed, landed.raw_sha256) + landed.edition


def name_of(declared: Declared, raw_sha256: str) -> str:
    """Name of a release without an edition: of its bytes and of what is declared about them."""
    months = str(declared.first_month), str(declared.last_month)
    identity = [raw_sha256, declared.reporter, declared.flow, declared.partners, declared.products, *months]
    return f"{declared.source}-{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:12]}"


def is_outdated(release_id: str, published: Collection[str]) -> bool:
    """Whether this edition, or a later one of the same release, is among the published ones."""
    name, number, _ = _parts(release_id)
    return any(other == name and of_other >= number for other, of_other, _ in map(_parts, published))


def corrections_in(release: Mapping[str, Any]) -> list[dict[str, str]] | None:
    """The corrections with which a row of `release` was read; None where their table has changed since, or no edition
    has them."""
    corrections = corrections_of(release["source"], release["raw_sha256"])
    if SOURCES[release["source"]].says_day:
        return None if corrections else []
    _, _, digest = _parts(release["release_id"])
    if not digest:
        return []
    return corrections if digest == _hash_of(corrections) else None


def amend(landed: Landed, declared: Declared, store: Path, today: date) -> Landed:
    """`amended` of the day on which the file is declared public."""
    return amended(landed, store, today, declared.released_on)


def amended(landed: Landed, store: Path, today: date, declared_on: date | None = None) -> Landed:
    """The landed release, as an edition where it was corrected since publication, or published again on `declared_on`.

    Otherwise it is unchanged. A day without a declaration is that of the first landing and does not count: the file may
    have been there since then. Raises Refused for a correction with a future day.
    """
    # For figures with days of their own a later print is the correction.
    if SOURCES[landed.source].says_day:
        return landed
    corrections = corrections_of(landed.source, landed.raw_sha256)
    _refuse_later(corrections, today)
    name, digest = release_id_of(landed), _hash_of(corrections)
    snapshot = open_snapshot(store)
    published = snapshot.about["releases"] if snapshot else ()
    # Each of thousands of inbox files makes this query on thousands of releases.
    editions = sorted(of for of in published if of == name or of.startswith(name + MARK))
    if not editions:
        return landed.model_copy(update={"edition": f"{MARK}00-{digest}" if digest else ""})
    _, number, before = _parts(editions[-1])
    if before == digest and not number and declared_on is None:
        return landed.model_copy(update={"edition": editions[-1].removeprefix(name)})
    assert snapshot is not None
    releases, counts = _releases(store, snapshot.id)
    last = releases.row(by_predicate=pl.col("release_id") == editions[-1], named=True)
    edition, day = editions[-1].removeprefix(name), last["released_on"]
    if before != digest:
        decided = [date.fromisoformat(row["decided_on"]) for row in corrections] or [today]
        edition, day = f"{MARK}{len(editions):02d}-{digest}", max(*decided, day)
    elif declared_on is not None and declared_on > day and _is_said_between(counts, last, declared_on):
        edition, day = f"{MARK}{len(editions):02d}-{digest}", declared_on
    elif not number:
        return landed.model_copy(update={"edition": edition})
    scope = Amended(**{name: last[name] for name in Amended.model_fields})
    return landed.model_copy(update={"edition": edition, "released_on": day, "amends": scope})


def _refuse_later(corrections: Sequence[Mapping[str, Any]], today: date) -> None:
    """Raises Refused for a correction with a future day."""
    late = next((row for row in corrections if date.fromisoformat(row["decided_on"]) > today), None)
    if late is not None:
        raise Refused(
            "correction day",
            where=f"corrections.csv, {late['id']}",
            found=f"decided on {late['decided_on']}, after today ({today})",
            advice="Correct decided_on.",
        )


def _is_said_between(releases: pl.DataFrame, last: Mapping[str, Any], day: date) -> bool:
    """Whether another release of the source covers some of the same months and chapters after `last`, up to `day`."""
    others = releases.filter(
        release_of() != _parts(last["release_id"])[0],
        source=last["source"],
        reporter=last["reporter"],
    ).filter(
        pl.col("released_on").is_between(last["released_on"], day)
        & (pl.col("first_month") <= last["last_month"])
        & (pl.col("last_month") >= last["first_month"])
        & (pl.lit(last["flow"] is None) | pl.col("flow").is_null() | (pl.col("flow") == last["flow"]))
    )
    chapters = _chapters(last["products"])
    return any("*" in chapters | other or chapters & other for other in map(_chapters, others["products"]))


def _chapters(products: Collection[str]) -> set[str]:
    return {product[:2] for product in products}


@functools.lru_cache(maxsize=1)
def _releases(store: Path, snapshot_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All releases of a snapshot, and those that count, read once: each file of an inbox asks."""
    snapshot = load_snapshot(store, snapshot_id)
    releases = read_table(snapshot, "release")
    return releases, counting(releases, read_table(snapshot, "decision"))


def _parts(release_id: str) -> tuple[str, int, str]:
    """The release, the number of the edition and the hash of its corrections."""
    name, number, digest = re.fullmatch(EDITION, release_id, re.DOTALL).groups()  # type: ignore[union-attr]
    return name, int(number or 0), digest or ""


def digest_of(source: str, raw_sha256: str) -> str:
    """The part of the name of an edition that today's corrections of its bytes make; empty for none."""
    return _hash_of(corrections_of(source, raw_sha256))


def _hash_of(corrections: Collection[Mapping[str, str]]) -> str:
    """Hash that distinguishes different corrections; empty for none."""
    corrected = sorted([row["record"], row["field"], row["value"]] for row in corrections)
    return hashlib.sha256(json.dumps(corrected).encode()).hexdigest()[:8] if corrected else ""
