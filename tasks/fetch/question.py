"""Defines what is asked of a source, and its answer."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus
from zoneinfo import ZoneInfo

from tasks.sources.protocol import Parsed


@dataclass(frozen=True)
class Key:
    """A key that a source requires with each call. It is added when a request is sent and is in nothing that is kept
    or printed.
    """

    parameter: str
    secret: str = field(repr=False)

    def hide(self, text: str) -> str:
        """Remove the key from a text, for messages that may repeat an address."""
        # In any form in which a server repeats it: as a parameter of any address, or bare.
        text = re.sub(rf"(?i)\b({re.escape(self.parameter)}=)[^&\s\"'<>)]*", r"\1***", text)
        for written in (self.secret, quote(self.secret, safe=""), quote_plus(self.secret)) if self.secret else ():
            text = text.replace(written, "***")
        return text

    def __str__(self) -> str:
        return f"{self.parameter}=***"


@dataclass(frozen=True)
class Question:
    """One wanted file.

    `name` stays the same for every request, also if the address changes. `form` is the required form of the answer:
    csv, json, html, xls or 7z. `declared` goes into the sidecar. `again` says that the answer may have changed since it was
    seen; otherwise an answered question is not asked again at the same address. `retry_on` are temporary statuses
    besides the usual ones; `page_size` requests page after page by `$skip`. `attachment` returns what to request if the
    adapter cannot read a page. `parts` divides an answer into releases, each with a question of its own; `covers` returns
    the products for the sidecar from what was read, where they are not those that were requested.
    """

    name: str
    source: str
    address: str
    form: str
    zone: ZoneInfo
    title: str
    declared: Mapping[str, Any]
    first_month: str | None = None
    again: bool = True
    retry_on: frozenset[int] = frozenset()
    page_size: int | None = None
    attachment: "Callable[[Question, Answer], Question | None] | None" = None
    parts: "Callable[[Question, Answer], Iterator[tuple[Question, Answer]]] | None" = None
    covers: Callable[[Parsed], list[str]] | None = None


@dataclass(frozen=True)
class Answer:
    """An answer: the bytes, the time of the source's clock, and what the next conditional request needs. `doubt` says
    why the time is that of this machine.
    """

    body: bytes
    answered_at: datetime
    address: str
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    doubt: str = ""
