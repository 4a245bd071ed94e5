"""Writes the site that a flow asks for, unless it is shown already, and says what is published.

Of the site in its place a note says what it shows and which files it has: another run writes nothing while all of this
is the same. The note lies beside the site, because it names the store and releases that wait.

The modules that write pages are imported when a site is written, because every release loads the catalogue of steps.
"""

import hashlib
from contextlib import suppress
from datetime import date
from pathlib import Path

from schemas import settings
from schemas.forms.form import StoreAddress
from schemas.forms.site import ShownSite, SiteReport, SiteRequest, SiteStates
from tasks.domain.hashing import json_sha256
from tasks.inbox import held
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.snapshot import current_id, open_snapshot, snapshot_ids
from tasks.store.places.reporters import stores_of, table_of, tables_of
from tasks.store.snapshots.outside import BESIDE

# The note of what the site in its place shows.
SHOWN = "shown.json"
# Files of the user that the pages follow.
FILES = (settings.WATCH_LIST, settings.WATCH_RULES, settings.CONTROL_LISTS)


def published_states(root: StoreAddress) -> SiteStates:
    """Return what is published and what waits, by reporter."""
    stores = {reporter: at_hand(address) for reporter, address in stores_of(root).items()}
    states = [(reporter, open_snapshot(store)) for reporter, store in stores.items()]
    derived = {
        f"{table}/{reporter}": current_id(at_hand(table_of(root, table, reporter)))
        for table in BESIDE
        for reporter in tables_of(root, table)
    }
    waiting = {reporter: [one.release_id for one in held.waiting(store)] for reporter, store in stores.items()}
    return SiteStates(
        snapshots={reporter: snapshot.id for reporter, snapshot in states if snapshot is not None},
        tables={name: state for name, state in derived.items() if state is not None},
        held={reporter: names for reporter, names in waiting.items() if names},
        citable={reporter: sorted(snapshot_ids(store)) for reporter, store in stores.items()},
    )


def publish_requested(request: SiteRequest, day: date, states: SiteStates) -> SiteReport:
    """Put a site in its place at once; return how many pages it has. Nothing is written where the site shows these
    states already, as of this day and by the same request, program and settings, and its files are whole: publications
    that come together have one site. Raises what `site.publish` raises.
    """
    from tasks.pages.site.grounds import are_whole, hashes_of, notes_of, program_sha256, write_note
    from tasks.pages.site.site import SitePlan, publish

    notes = notes_of(request.output)
    files = [settings.text(settings.COMTRADE_PERMISSION), *map(_content, FILES)]
    shown = ShownSite(states=states, request=request, day=day, program=json_sha256([program_sha256(), files]))
    with suppress(OSError, ValueError):
        before = ShownSite.model_validate_json((notes / SHOWN).read_bytes())
        is_same = before.model_copy(update={"pages": 0, "files": {}}) == shown
        if is_same and before.files and are_whole(before.files, request.output):
            return SiteReport(output=request.output, pages=before.pages, builds=0)
    plan = SitePlan(request.output, day, request.address, request.moved, desk=request.desk, on_demand=request.on_demand)
    pages = len(publish(request.store, plan))
    written = shown.model_copy(update={"pages": pages, "files": hashes_of(request.output)})
    write_note(notes, SHOWN, written.model_dump_json())
    return SiteReport(output=request.output, pages=pages)


def _content(name: str) -> str:
    """The hash of a file that a variable names, or what the variable says; empty where it says nothing. One that cannot
    be read is refused by whoever needs it."""
    file = settings.value(name) or ""
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file and Path(file).is_file() else file
    except OSError as problem:
        return f"{file}: {problem.strerror}"
