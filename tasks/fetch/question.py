"""What is asked of a source, and what came back."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Key:
    """A key that a source wants with each call. It is added when a request is sent and is in nothing that is kept or printed."""

    parameter: str
    secret: str = field(repr=False)

    def hide(self, text: str) -> str:
        """The text without the key, for messages that may repeat an address."""
        # However a server writes it back: as a parameter of any address, or bare.
        text = re.sub(rf"(?i)\b({re.escape(self.parameter)}=)[^&\s\"'<>)]*", r"\1***", text)
        for written in (self.secret, quote(self.secret, safe=""), quote_plus(self.secret)) if self.secret else ():
            text = text.replace(written, "***")
        return text

    def __str__(self) -> str:
        return f"{self.parameter}=***"


@dataclass(frozen=True)
class Question:
    """One file that is wanted.

    `name` stays the same however often it is asked, also where the address changes. `form` is what the answer must be: csv, json, html or
    xls. `declared` goes into the sidecar. `again` tells that the answer may have changed since it was seen; else a question
    that was answered is not asked again at the same address. `retry_on` are statuses that pass, besides those that always do;
    `page_size` asks for page after page by `$skip`. `attachment` finds what to ask for where the adapter cannot read a page.
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


@dataclass(frozen=True)
class Answer:
    """What came back: the bytes, the time of the source's clock, and what the next conditional request needs."""

    body: bytes
    answered_at: datetime
    address: str
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
