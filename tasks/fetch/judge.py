"""Checks whether an answer has the requested form: sources often send a page, an error message or nothing with a
success status. Says what became of a question that failed, so that one bad answer costs no other.
"""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from schemas.forms.fetch import Fetched
from tasks.domain.errors import Refused, refuse_first
from tasks.domain.text import clip, clip_bytes
from tasks.fetch.transport import Transport, Unreachable, is_same_source
from tasks.sources.adapter.protocol import Response
from tasks.sources.formats.envelope import magic_of

T = TypeVar("T")

MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<?xml", b"<script")
ARCHIVE = "an archive"
KINDS = {"csv": "a table", "json": "JSON", "html": "a page", "xls": "a workbook", "zip": ARCHIVE, "7z": ARCHIVE}
# The formats of the forms that are not text.
BINARY = {"xls": ("ole", "zip"), "zip": ("zip",), "7z": ("7z",)}
SHOWN = 60
log = logging.getLogger("tidewaiter.fetch")


def refuse_other(answer: Response, form: str) -> None:
    """Raises Refused if the bytes are not of the requested form: csv, json, html, xls, zip or 7z."""
    body = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")
    is_markup, starts_json = body[:200].lower().startswith(MARKUP), body[:1] in (b"{", b"[")
    kind, shown, wanted = magic_of(answer.body), f"'{clip_bytes(body[:SHOWN])}'", KINDS[form]
    in_browser = "Look at the address in a browser."
    refuse_first(
        answer.address,
        (not body, "empty answer", "an answer without a byte", "The month may not be out yet; ask again later."),
        (
            form == "7z" and is_markup,
            "no file yet",
            f"a page where {wanted} was asked for: {shown}",
            (
                "Eurostat answers so for a month that is not out; for another one the address has moved: look at it in"
                " a browser."
            ),
        ),
        (
            form != "html" and is_markup,
            "page instead of data",
            f"a page where {wanted} was asked for: {shown}",
            "A missing key, a login, a gate or an error: look at the address in a browser.",
        ),
        (form == "html" and not is_markup, "no page", shown, in_browser),
        (
            kind not in BINARY.get(form, (None,)),
            "another format",
            f"{kind or 'text'} where {wanted} was asked for",
            in_browser,
        ),
        (
            (form == "json" and not starts_json) or (form == "csv" and starts_json),
            "message instead of data",
            f"{shown} where {wanted} was asked for",
            "The source says why; ask for less or ask again later.",
        ),
    )


def refuse_elsewhere(address: str, origin: str) -> None:
    """Raise Refused if an address is not of the host that the source has: what a page links to is not asked blindly."""
    if not is_same_source(origin, address):
        raise Refused(
            "link elsewhere",
            origin,
            f"a link to {clip(address, 200)}",
            "It is another host, which is not asked; look at the page in a browser.",
        )


def unanswered(name: str, error: Exception) -> Fetched:
    """What became of a question that ended in an error. Raises the error again if it is one of this machine."""
    if isinstance(error, Unreachable):
        return Fetched(name=name, outcome="failed", reason=str(error))
    if isinstance(error, (OSError, MemoryError)):
        raise error
    if isinstance(error, Refused):
        return Fetched(name=name, outcome="refused", reason=str(error))
    log.debug("%s", name, exc_info=error)
    why = (
        f"an answer that nothing here expects ({type(error).__name__}: {clip(str(error), 120)}); look at it in a"
        " browser, and report it"
    )
    return Fetched(name=name, outcome="refused", reason=why)


class AskedSite:
    """The site of a source, as its questions see it (`tasks/sources/adapter/protocol.Site`)."""

    def __init__(self, transport: Transport, *, has_key: bool) -> None:
        self._transport, self.has_key = transport, has_key

    def get(self, address: str) -> Response:
        """The answer of an address. Raises Refused and Unreachable."""
        answer = self._transport.get(address)
        assert answer is not None  # no condition was sent
        return answer

    def tried(self, name: str, work: Callable[[], T]) -> T | Fetched:
        """What `work` returns, or what became of the question that it asks."""
        try:
            return work()
        except Exception as error:
            return unanswered(name, error)

    def listed(self, place: str, name: str, read: Callable[[Response], Iterable[T]]) -> list[T] | Fetched:
        """What `read` finds on a list page, or what became of the page: the pages of other years are asked for."""

        def page_rows() -> list[T]:
            answer = self.get(place)
            refuse_other(answer, "html")
            return list(read(answer))

        return self.tried(name, page_rows)
