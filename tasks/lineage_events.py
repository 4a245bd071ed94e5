"""The records of a run handed out as OpenLineage events: to a file beside the tables, and to whoever is configured.

Handing out is a courtesy to others: whatever goes wrong here is logged and never stops or fails a publication, whose own
lineage is already in the table.
"""

import logging
from pathlib import Path

from tasks.lineage import Run
from tasks.openlineage import emit_elsewhere, events, write_events
from tasks.working_copy import share_once

FOLDER = "lineage"
log = logging.getLogger("tidewaiter.lineage_events")


def emit(run: Run, store: Path) -> None:
    """Write and send the events of `run`, unless it changed nothing."""
    name = _file_name(run)
    if name is None:
        return
    place = store / FOLDER / f"{name}.ndjson"
    try:
        told = events(run, run.outcome.release_id if run.outcome else name)
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            half = place.with_suffix(".half")
            half.unlink(missing_ok=True)
            write_events(told, half)
            share_once(store, place, half.read_bytes())
            half.replace(place)
        emit_elsewhere(told)
    except OSError as error:
        # The disk says it all, and a full one has failed the run already.
        log.error("the lineage events of %s could not be written to %s: %s", name, place, error)
    except Exception:
        log.exception("the lineage events of %s could not be written to %s", name, place)


def _file_name(run: Run) -> str | None:
    """The name of the run's file: the snapshot that it made, or for a failed run the bytes of its input and the step that
    failed, so that the same bad file dropped every day does not fill the folder. None where there is nothing to tell."""
    if run.outcome is not None:
        return run.outcome.snapshot_id if run.outcome.status == "published" else None
    landed = [record for record in run.records if record.step == "land" and record.error is None]
    failed = [record for record in run.records if record.error is not None]
    if not landed or not failed:
        return None
    return f"failed-{landed[0].outputs['land'][:12]}-{failed[-1].step}"
