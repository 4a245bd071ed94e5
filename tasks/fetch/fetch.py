"""Runs one fetch of one source: its questions, asked one after another.

A source that needs a key and has none is skipped with the name of the variable to set; the key itself is passed as an
argument.
"""

from collections.abc import Callable, Iterator
from datetime import date

from schemas.forms.fetch import Fetched, FetchReport, FetchRequest
from tasks.domain.errors import Refused
from tasks.fetch.ask import ask_all
from tasks.fetch.judge import AskedSite, unanswered
from tasks.fetch.transport import Transport
from tasks.sources.protocol import Key, Source
from tasks.sources.registry import SOURCES


def fetch(
    request: FetchRequest,
    today: date,
    transport: Transport,
    secret: str | None = None,
    hear: Callable[[Fetched], None] = lambda one: None,
) -> FetchReport:
    """Ask a source what is new and drop it into the inbox; `hear` gets each answer as it comes. Raises Refused for a source
    that cannot be asked.
    """
    source = SOURCES[request.source]
    if source.questions is None:
        raise Refused(
            "not fetched", where="source", found=f"{source.name}, whose files a person downloads or collects",
            advice=f"Put the file into the inbox. These are fetched: {', '.join(one.name for one in SOURCES.values() if one.questions)}.",
        )  # fmt: skip
    request.inbox.mkdir(parents=True, exist_ok=True)
    if source.key and source.key.required and not secret:
        variable = source.key.variable
        reason = (
            f"{source.name} wants a free key with each call: set {variable}, or the secret block {block_of(variable)}"
        )
        return FetchReport(source=source.name, fetched=[Fetched(name=source.name, outcome="skipped", reason=reason)])
    key = Key(source.key.parameter, secret) if source.key and secret else None
    fetched = []
    for one in _fetched(source, request, today, transport, key):
        hear(one)
        fetched.append(one)
    return FetchReport(source=source.name, fetched=fetched)


def block_of(variable: str) -> str:
    """Return the name of the Prefect secret block that replaces an environment variable."""
    return variable.lower().replace("_", "-")


def _fetched(
    source: Source, request: FetchRequest, today: date, transport: Transport, key: Key | None
) -> Iterator[Fetched]:
    assert source.questions is not None
    try:
        questions = list(source.questions(request, today, AskedSite(transport, has_key=key is not None)))
    except Exception as problem:
        yield unanswered(f"{source.name}, list of what is there", problem)
        return
    yield from ask_all(questions, transport, request.inbox, request.base or source.base, key)
