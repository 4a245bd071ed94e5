"""Keeps held releases under `store/held`, records one decision about each, and reopens them unchanged.

An approval applies to the findings that the person saw. The decision is kept in the store and not in a server's memory,
so a killed run is simply run again, and deciding needs no server. `checks.approval` decides which release is held.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from schemas.forms.outcome import HeldRelease, HoldDecision, HoldVerdict
from schemas.forms.request import ReleaseRequest
from schemas.small_files import read_json
from tasks.domain.errors import BrokenStore, NotHeld
from tasks.domain.text import clip
from tasks.ingest.declaration import FOLDERS_UP
from tasks.ingest.editions import is_outdated
from tasks.store.bucket.working_copy import address_of, fetched, share
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.verify_on_read import refuse_another_version
from tasks.store.snapshots.objects import keep_bytes
from tasks.store.snapshots.publish import exclusive

FOLDER = "held"


def find(store: Path, release_id: str) -> HeldRelease | None:
    """The record of a held release, decided or not; None where it was never held."""
    place = place_of(store, release_id)
    return _read(place) if os.path.lexists(place) else None


def every(store: Path) -> list[HeldRelease]:
    """Every release that was held, decided or not."""
    return [*map(_read, sorted((store / FOLDER).glob("*.json")))]


def waiting(store: Path) -> list[HeldRelease]:
    """Releases without a decision, the oldest first; one that was published since is left out."""
    published = _published(store)
    return sorted(
        (entry for entry in every(store) if entry.waits and not is_outdated(entry.release_id, published)),
        key=lambda entry: (entry.held_since, entry.released_on, entry.title),
    )


def settled(store: Path, release_id: str) -> HoldDecision | None:
    """The final decision about a release: rejected, or approved and published. None while it is pending."""
    kept = find(store, release_id)
    decision = kept.decision if kept else None
    is_done = decision is not None and (decision.verdict == "reject" or is_outdated(release_id, _published(store)))
    return decision if is_done else None


def decide(
    store: Path,
    release_id: str,
    verdict: HoldVerdict,
    by: str,
    reason: str,
    now: datetime,
    *,
    lifts_doubts: bool = False,
) -> HeldRelease:
    """Record a decision about a held release; a later decision replaces an earlier one. Approved numbers stay in doubt
    unless the decision lifts their doubts.

    Raises NotHeld where it is not held or is already published, BrokenStore where the bytes to approve are missing or
    changed, ValueError without a name or a reason. Nothing is published here: the flow does that, with the request of
    `reopened`.
    """
    if not by.strip() or not reason.strip():
        raise ValueError(
            f"{release_id}: a decision needs a name and a reason; both are kept, and published with the release"
        )
    if verdict == "approve" and (held_release := find(store, release_id)) is not None:
        _judged_bytes(store, held_release)
    with exclusive(store):
        refuse_another_version(open_snapshot(store))
        if is_outdated(release_id, _published(store)):
            raise NotHeld(
                f"{store}: {release_id} is published; tidewaiter withdraw {release_id} ends its figures, and a release"
                " of a later day puts them right."
            )
        held = find(store, release_id)
        if held is None:
            names = ", ".join(entry.release_id for entry in waiting(store)) or "none"
            raise NotHeld(f"{store}: no release {release_id!r} is held here. Those that wait: {names}.")
        decided = held.model_copy(
            update={
                "decision": HoldDecision(
                    verdict=verdict, by=by, reason=reason, decided_at=now, lifts_doubts=lifts_doubts
                )
            }
        )
        keep(store, decided)
    return decided


@contextmanager
def reopened(store: Path, held: HeldRelease) -> Iterator[ReleaseRequest]:
    """The request that passes a held release through the flow again, under its name: findings mention it, and an
    approval applies only to those that were seen. Raises BrokenStore where the bytes changed.
    """
    with tempfile.TemporaryDirectory() as folder:
        # As deep as `locate` searches upwards, so that no defaults.toml among the temporary files applies.
        file = Path(folder, *["held"] * (FOLDERS_UP - 1), held.name)
        file.parent.mkdir(parents=True)
        # A copy, so that the published bytes are those that were compared.
        file.write_bytes(_judged_bytes(store, held))
        yield ReleaseRequest(
            file=file,
            store=address_of(store),
            source=held.source,
            reporter=held.reporter,
            flow=held.flow,
            partners=held.partners,
            products=list(held.products) if held.products else None,
            months=held.months,
            released_on=held.released_on,
            title=held.title,
        )


def _judged_bytes(store: Path, held: HeldRelease) -> bytes:
    """The raw bytes of a held release. Raises BrokenStore where they are missing or changed."""
    place = fetched(store, store / held.raw)
    raw = place.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    if digest != held.raw_sha256:
        raise BrokenStore(
            f"{place}: sha256 {digest}, judged was {held.raw_sha256}. Restore it from a copy of the store, or ingest"
            " the file as it came once more; then decide again."
        )
    return raw


def _read(place: Path) -> HeldRelease:
    try:
        return HeldRelease.model_validate(read_json(place))
    except (ValueError, OSError) as error:
        raise BrokenStore(
            f"{place}: no release that Tidewaiter has held ({clip(str(error).splitlines()[0])}). Nobody else writes"
            " there: move it out of the store."
        ) from error


def _published(store: Path) -> Collection[str]:
    snapshot = open_snapshot(store)
    return snapshot.about["releases"] if snapshot else ()


def place_of(store: Path, release_id: str) -> Path:
    """Path of a held release. Raises NotHeld where the text is not a release id."""
    if not release_id or Path(release_id).name != release_id:
        raise NotHeld(f"{release_id!r} is no release id")
    return store / FOLDER / f"{release_id}.json"


def keep(store: Path, held: HeldRelease) -> None:
    """Save a held release, here and in the bucket."""
    # As ASCII, because a name in another encoding than this machine's has characters that text cannot hold.
    text = json.dumps(held.model_dump(mode="json"), indent=2) + "\n"
    place = place_of(store, held.release_id)
    share(store, place, text.encode())
    keep_bytes(store, place, text.encode())
