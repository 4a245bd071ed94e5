"""Exports the records of a run as OpenLineage events: to a file next to the tables, and to a configured endpoint.

The export is optional: its errors are logged and never stop or fail a publication, whose lineage is already in the
table.
"""

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas import settings
from tasks.lineage.openlineage import Event, events, place_of, producer
from tasks.lineage.records import Run
from tasks.store.bucket.working_copy import address_of, share_once
from tasks.store.files.temporary import write_at_once

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent

FOLDER = "lineage"
# An endpoint has half of it for an event, and all of it for those that are still under way at the end.
PATIENCE_S = 2.0
log = logging.getLogger("tidewaiter.lineage_events")


def emit(run: Run, store: Path, *entered: Run) -> None:
    """Write and send the events of `run`, unless it changed nothing, and of the releases that `entered` its batch."""
    name = _file_name(run)
    if name is None:
        return
    place = store / FOLDER / f"{name}.ndjson"
    try:
        lies = place_of(address_of(store))
        run_events = [
            event
            for one in (run, *entered)
            for event in events(one, one.outcome.release_id if one.outcome else name, lies)
        ]
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            lines = "".join(f"{json.dumps(event, sort_keys=True)}\n" for event in run_events).encode()
            share_once(store, place, lines)
            write_at_once(place, lines)
        emit_elsewhere(run_events)
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


def emit_elsewhere(events: Sequence[Event]) -> None:
    """Send the events to the transport that openlineage.yml or the environment names; does nothing without one.

    Never raises: unsent events give a warning, and an endpoint that does not answer is not asked again. The client adds
    to each event what its configuration asks for, and a tag with its version.
    """
    if not _may_be_configured():
        return
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport import get_default_factory
    from requests import HTTPError

    sent, trouble = 0, ""
    try:
        if (config := _configured()) is None:
            return
        client = OpenLineageClient(transport=get_default_factory().create(config))
        for event in events:
            try:
                client.emit(_for_client(event))
                sent += 1
            except HTTPError as problem:
                trouble = _kind_of(problem)
        if not client.close(PATIENCE_S):
            trouble = "not all of them were delivered in time"
    except Exception as problem:
        trouble = _kind_of(problem)
    if trouble:
        line = "sent %d of %d OpenLineage events: %s. Check OPENLINEAGE_URL, OPENLINEAGE__TRANSPORT or openlineage.yml"
        log.warning(line, sent, len(events), trouble)


def _may_be_configured() -> bool:
    """Whether the official client finds anything: it takes longer to import than a small file to read."""
    places = (Path("openlineage.yml"), Path("~/.openlineage/openlineage.yml").expanduser())
    is_in_environment = any(name.upper().startswith("OPENLINEAGE") for name in os.environ)
    return is_in_environment or bool(settings.value(settings.OPENLINEAGE_URL)) or any(map(Path.is_file, places))


def _for_client(event: Event) -> "RunEvent":
    """An event as the client takes it. It adds tags of its own to ours, for which these must be of its model."""
    from openlineage.client import event_v2
    from openlineage.client.generated.base import EventType
    from openlineage.client.generated.tags_run import TagsRunFacet, TagsRunFacetFields

    facets = dict(event["run"]["facets"])
    fields = [TagsRunFacetFields(**tag) for tag in facets["tags"]["tags"]]
    facets["tags"] = TagsRunFacet(fields, producer=producer())
    return event_v2.RunEvent(
        eventTime=event["eventTime"],
        producer=event["producer"],
        eventType=EventType(event["eventType"]),
        run=event_v2.Run(event["run"]["runId"], facets),
        job=event_v2.Job(**event["job"]),
        inputs=[event_v2.InputDataset(**one) for one in event["inputs"]],
        outputs=[event_v2.OutputDataset(**one) for one in event["outputs"]],
    )


def _kind_of(problem: Exception) -> str:
    """The kind of an error, without its message: that contains the address, which may contain a password."""
    from requests import HTTPError

    answer = problem.response if isinstance(problem, HTTPError) else None
    return type(problem).__name__ + ("" if answer is None else f", status {answer.status_code}")


def _configured() -> dict[str, Any] | None:
    """The transport's configuration as the official client finds it, of HTTP with a short timeout; None where there is
    none."""
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport import get_default_factory

    # A client without a transport prints to the console, so this one gets a transport and is only queried.
    config = OpenLineageClient(transport=get_default_factory().create({"type": "noop"})).config.transport or {}
    if "type" not in config and (url := settings.value(settings.OPENLINEAGE_URL)):
        config = config["transports"][OpenLineageClient.DEFAULT_URL_TRANSPORT_NAME] | {"url": url}
    if config.get("type") in ("http", "async_http"):
        return config | {
            "timeout": min(float(config.get("timeout", 1)), PATIENCE_S / 2),
            "retry": {"total": 0, "status_forcelist": []},
        }
    return config if "type" in config else None
