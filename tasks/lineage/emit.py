"""Exports the records of a run as OpenLineage events: to a file next to the tables, and to a configured endpoint.

The export is optional: its errors are logged and never stop or fail a publication, whose lineage is already in the
table.
"""

import copy
import logging
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import RunEvent
from openlineage.client.serde import Serde
from openlineage.client.transport import get_default_factory

from schemas import settings
from tasks.lineage.openlineage import events
from tasks.lineage.records import Run
from tasks.store.mirror import share_once
from tasks.store.temporary import write_at_once

FOLDER = "lineage"
# An endpoint that accepts no event for this long is given up.
PATIENCE_S = 2.0
REFUSED = re.compile(r"too many (\d{3}) error responses")
log = logging.getLogger("tidewaiter.lineage_events")


def emit(run: Run, store: Path, *entered: Run) -> None:
    """Write and send the events of `run`, unless it changed nothing, and of the releases that `entered` its batch."""
    name = _file_name(run)
    if name is None:
        return
    place = store / FOLDER / f"{name}.ndjson"
    try:
        made = [
            event for one in (run, *entered) for event in events(one, one.outcome.release_id if one.outcome else name)
        ]
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            lines = "".join(f"{Serde.to_json(event)}\n" for event in made).encode()
            share_once(store, place, lines)
            write_at_once(place, lines)
        emit_elsewhere(made)
    except OSError as error:
        # The OSError has all details, and a full disk has already failed the run.
        log.error("the lineage events of %s could not be written to %s: %s", name, place, error)
    except Exception:
        log.exception("the lineage events of %s could not be written to %s", name, place)


def _file_name(run: Run) -> str | None:
    """The file name of the run's events; None where there are none.

    It is the snapshot that the run made, or for a failed run the hash of its input and the failed step, so that the
    same bad file dropped every day does not fill the folder.
    """
    if run.outcome is not None:
        return run.outcome.snapshot_id if run.outcome.status == "published" else None
    landed = [record for record in run.records if record.step == "land" and record.error is None]
    failed = [record for record in run.records if record.error is not None]
    if not landed or not failed:
        return None
    return f"failed-{landed[0].outputs['land'][:12]}-{failed[-1].step}"


def emit_elsewhere(events: Sequence[RunEvent]) -> None:
    """Send the events to the transport that openlineage.yml or the environment names; does nothing without one.

    Never raises. An endpoint that accepts no event for PATIENCE_S is given up; unsent events give a warning. The client
    adds to a copy of each event what its configuration asks for, and a tag with its version.
    """
    sent, trouble, last = 0, list[str](), time.monotonic()
    try:
        if (config := _configured()) is None:
            return
        client = OpenLineageClient(transport=get_default_factory().create(config))
        for event in copy.deepcopy([*events]):
            if time.monotonic() - last > PATIENCE_S:
                break
            try:
                client.emit(event)
                sent, last = sent + 1, time.monotonic()
            except Exception as problem:
                trouble.append(_kind_of(problem))
        if not client.close(PATIENCE_S):
            trouble.append("not all of them were delivered in time")
    except Exception as problem:
        trouble.append(_kind_of(problem))
    if trouble:
        line = "sent %d of %d OpenLineage events: %s. Check OPENLINEAGE_URL, OPENLINEAGE__TRANSPORT or openlineage.yml"
        log.warning(line, sent, len(events), trouble[0])


def _kind_of(problem: Exception) -> str:
    """The kind of an error, without its message: that contains the address, which may contain a password."""
    status = getattr(getattr(problem, "response", None), "status_code", None)
    # Where the client gave up after such answers the status is only in the text.
    if status is None and (match := REFUSED.search(str(problem))):
        status = match.group(1)
    return type(problem).__name__ + (f", status {status}" if status else "")


def _configured() -> dict[str, Any] | None:
    """The transport's configuration as the official client finds it, with short timeouts; None where there is none."""
    # A client without a transport prints to the console, so this one gets a transport and is only queried.
    config = OpenLineageClient(transport=get_default_factory().create({"type": "noop"})).config.transport or {}
    if "type" not in config and (url := settings.value(settings.OPENLINEAGE_URL)):
        config = config["transports"][OpenLineageClient.DEFAULT_URL_TRANSPORT_NAME] | {"url": url}
    return _impatient(config) if "type" in config else None


def _impatient(config: Any) -> Any:
    """The configuration without retries and with a short timeout, in every HTTP transport at whatever depth."""
    if isinstance(config, list):
        return [_impatient(part) for part in config]
    if isinstance(config, dict) and config.get("type") in ("http", "async_http"):
        return config | {"timeout": min(float(config.get("timeout", 1)), PATIENCE_S / 2), "retry": {"total": 0}}
    return {key: _impatient(part) for key, part in config.items()} if isinstance(config, dict) else config
