"""Defines the flow that asks a source what is new and puts it into the inbox, where the next watch ingests it.

A fetch publishes nothing and needs no store. It may run at any interval: an answer that equals the last one is not
dropped again. A key comes from the environment or from a Prefect secret block, and is in no parameter, file, log or
state.
"""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from prefect import flow
from prefect.context import FlowRunContext

from flows.announce import ended
from schemas import settings
from schemas.forms.fetch import FetchReport, FetchRequest
from schemas.forms.form import Day
from tasks.domain import clock
from tasks.fetch.fetch import block_of
from tasks.fetch.fetch import fetch as ask
from tasks.fetch.transport import Policy, Transport
from tasks.inbox.fetched import note_state
from tasks.sources.registry import SOURCES

log = logging.getLogger("tidewaiter.fetch")


@flow(name="fetch", flow_run_name="fetch {request.source}", validate_parameters=True)
def fetch(request: FetchRequest, today: Day = None) -> FetchReport:
    """Ask a source for what is new and drop it into the inbox.

    Args:
        request: which source, what to ask for, where to put it
        today: day from which the months are counted; none: today in Beijing
    """
    transport = Transport(replace(POLICY, bytes_max=SOURCES[request.source].bytes_max))
    try:
        report = ask(
            request,
            today or clock.today(),
            transport,
            _secret(request.source),
            lambda one: log.info("%s: %s (%s)", one.name, one.outcome, one.reason),
        )
    finally:
        transport.close()
    try:
        note_state(request.inbox, report, datetime.now(UTC))
    except OSError:
        log.exception("the page of all sources does not know of this fetch; what was dropped is there")
    reported = ("failed", "refused", "new", "skipped")
    lines = [f"{one.name}: {one.reason}" for one in report.fetched if one.outcome in reported]
    return ended(report, lines, needs_attention=bool(report.count("failed") or report.count("refused")))


POLICY = Policy()


def _secret(source: str) -> str | None:
    """Return the key of a source, from the environment or else the secret block; None if there is none or none is
    needed."""
    key = SOURCES[source].key
    if key is None:
        return None
    given = settings.text(key.variable)
    if given or FlowRunContext.get() is None:
        return given or None
    from prefect.blocks.system import Secret

    try:
        block = cast("Secret[str]", Secret.load(block_of(key.variable)))
        return str(block.get())
    except ValueError:
        # There is no such block.
        return None
