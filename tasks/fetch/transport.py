"""Sends one request over HTTP: conditional, with bounded retries, and a user agent that says who asks.

Belongs here: connecting, pauses, retries, following a redirect, limiting the size of an answer. `judge` decides whether
an answer has the requested form. A gate for people (a captcha, a JavaScript challenge, a login) is never worked around:
its answer is refused.
"""

import importlib.metadata
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx

from schemas import settings
from tasks.domain.errors import Refused
from tasks.domain.text import clip
from tasks.sources.adapter.protocol import Key, Response
from tasks.sources.formats.envelope import FILE_BYTES_MAX

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
WHOLE = frozenset({200, 203, 204})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What a header of a request may repeat of an answer.
HEADER_MAX = 1_000
# A clock that is further ahead is wrong, and so is one from before the sources had any.
AHEAD_MAX, CLOCK_MIN = timedelta(days=1), datetime(2020, 1, 1, tzinfo=UTC)
PORTS = {"http": 80, "https": 443}
LIBRARIES = ("httpx", *(f"httpcore{part}" for part in ("", ".connection", ".http11", ".proxy", ".socks")))
log = logging.getLogger("tidewaiter.fetch")


class Unreachable(OSError):
    """A source that did not answer in time, or only with temporary errors. Another run may succeed."""


@dataclass(frozen=True)
class Policy:
    """Time limits and retries, in seconds; `pause` is between two requests, `waits` between two attempts, `whole` for a
    request with its answer and redirects.
    """

    connect: float = 10.0
    read: float = 60.0
    whole: float = 600.0
    waits: tuple[float, ...] = (2.0, 10.0, 30.0)
    retry_after_max: float = 300.0
    pause: float = 1.0
    redirects: int = 3
    bytes_max: int = FILE_BYTES_MAX


class Transport:
    """Asks sources, one request at a time. `sleep` and `clock` are injected, so that tests need not wait."""

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.policy, self.sleep, self.clock = policy or Policy(), sleep, clock
        timeout = httpx.Timeout(self.policy.read, connect=self.policy.connect)
        # A request for public statistics needs neither cookies nor credentials of this machine.
        self.client = httpx.Client(
            timeout=timeout,
            follow_redirects=False,
            trust_env=True,
            headers={"User-Agent": user_agent()},
            # A connection for each request, so that the deadline hears of it.
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._hosts: set[str] = set()

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def get(
        self,
        address: str,
        *,
        key: Key | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        retry_on: frozenset[int] = frozenset(),
    ) -> Response | None:
        """Return the answer, None if the source says that nothing has changed.

        Raises Refused for an answer that a retry cannot change (a status of the 400s, a redirect elsewhere, too many
        bytes), and Unreachable if the source does not answer after all retries.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: text for name, text in conditions.items() if text and _is_sendable(text)}
        waits, problem = list(self.policy.waits), ""
        with _silent(key):
            while True:
                self._pause_before(address)
                wait: float | None = None
                try:
                    response, body = self._send(address, key, headers)
                except _Slow as error:
                    # It would take as long again.
                    raise Unreachable(f"{address}: {error}") from None
                except httpx.TransportError as error:
                    problem = f"{type(error).__name__}: {error}"
                except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                    raise _damaged(address, _hidden(str(error), key)) from None
                else:
                    if response.status_code == httpx.codes.NOT_MODIFIED and headers:
                        return None
                    if response.status_code not in PASSING | retry_on:
                        return self._answer(response, body, address, key)
                    problem, wait = f"status {response.status_code}", _retry_after(response, self.clock())
                problem = _hidden(problem, key)
                if not waits or (wait or 0) > self.policy.retry_after_max:
                    request_to_wait = f", which asks to wait {wait:.0f} s" if wait else ""
                    raise Unreachable(
                        f"{address}: {problem}{request_to_wait} after"
                        f" {len(self.policy.waits) - len(waits) + 1} attempts"
                    )
                seconds = max(wait or 0.0, waits.pop(0))
                log.warning("%s: %s; asking again in %.0f s", address, problem, seconds)
                self.sleep(seconds)

    def _pause_before(self, address: str) -> None:
        """Wait between two requests to one host."""
        if (host := urlsplit(address).netloc) in self._hosts:
            self.sleep(self.policy.pause)
        self._hosts.add(host)

    def _send(self, address: str, key: Key | None, headers: dict[str, str]) -> tuple[httpx.Response, bytes]:
        """Return the last response after redirects, with its bytes. Raises httpx.TransportError, _Slow or Refused."""
        place = address
        with _Deadline(self.policy.whole) as deadline:
            for _ in range(self.policy.redirects + 1):
                url = httpx.URL(place)
                if key is not None and urlsplit(place).netloc == urlsplit(address).netloc:
                    url = url.copy_merge_params({key.parameter: key.secret})
                with self.client.stream("GET", url, headers=headers, extensions={"trace": deadline.hear}) as response:
                    location = response.headers.get("location")
                    if response.status_code not in REDIRECTS or not location:
                        return response, self._read(response, address)
                    place = self._followed(urljoin(place, location), address, key)
        raise Refused(
            "redirects", address, f"more than {self.policy.redirects} redirects", "Look at the address in a browser."
        )

    def _followed(self, place: str, address: str, key: Key | None) -> str:
        """Return the target of a redirect. Raises Refused if it is another host: a login, a portal, a gate."""
        shown = clip(key.hide(place) if key else place, 200)
        if not is_same_source(address, place):
            raise Refused(
                "redirect elsewhere",
                address,
                f"a redirect to {shown}",
                "The address has moved, or it is a login: look at it in a browser. Tidewaiter does not follow it.",
            )
        # The key is added again for the same host only.
        return place if key is None else str(httpx.URL(place).copy_remove_param(key.parameter))

    def _read(self, response: httpx.Response, address: str) -> bytes:
        declared, body, most = response.headers.get("content-length", ""), bytearray(), self.policy.bytes_max
        is_larger = declared.isdecimal() and int(declared) > most
        for piece in () if is_larger else response.iter_bytes():
            body += piece
            if is_larger := len(body) > most:
                break
        if is_larger:
            raise Refused(
                "too large", address, f"more than {most:,} bytes", "Ask for fewer products or months at once."
            )
        return bytes(body)

    def _answer(self, response: httpx.Response, body: bytes, address: str, key: Key | None) -> Response:
        status = response.status_code
        if status not in WHOLE:
            text = body[:200].decode("utf-8", "replace")
            reply = f"status {status}: {clip(key.hide(text) if key else text, 120)}"
            raise Refused(f"status {status}", address, reply, ADVICE.get(status, "Look at the address in a browser."))
        answered_at, doubt = _answered_at(response, self.clock())
        headers = response.headers
        return Response(body, answered_at, address, headers.get("etag"), headers.get("last-modified"), doubt)


ADVICE = {
    206: "This is a part of an answer.",
    304: "Nothing is known here that could be unchanged; look at the address in a browser.",
    401: "The key is missing or not valid.",
    403: (
        "The source refuses: too many questions, a key that is not valid, or a filter that it does not take. Ask again"
        " later."
    ),
    404: "There is no such file: not out yet, or the address has changed.",
    412: "A gate for browsers; a person must download the file and drop it into the inbox.",
    413: "Too much was asked for at once: ask for fewer products or months.",
}


class _Slow(Exception):
    """An answer that is not there in time."""


class _Deadline:
    """Cuts the connection of an exchange that takes too long.

    The limits of httpx are those of a single read: headers that come byte by byte, or interim answers without end, keep
    them all.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._is_over = seconds, False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._timer.cancel()
        # An answer that ends with its connection looks whole when it was cut.
        if self._is_over and (kind is None or issubclass(kind, (httpx.HTTPError, OSError))):
            raise _Slow(f"no whole answer in {self._seconds:.0f} s")

    def hear(self, event: str, info: Mapping[str, Any]) -> None:
        """Take the socket of each new connection, as httpx tells of it."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._is_over:
                self._cut()

    def _cut(self) -> None:
        self._is_over = True
        if self._socket is not None:
            # Of the connection itself: shutting down TLS would wait for the other side.
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def is_same_source(address: str, redirect: str) -> bool:
    """Whether an address is of the host that was asked, and as safe: the same port, or https in place of http."""
    try:
        requested, other = urlsplit(address), urlsplit(redirect)
        is_safe = other.scheme == requested.scheme or (requested.scheme, other.scheme) == ("http", "https")
        ports = [parts.port or PORTS.get(parts.scheme) for parts in (requested, other)]
    except ValueError:
        return False
    is_upgraded = ports == [PORTS["http"], PORTS["https"]] and other.scheme == "https"
    return (
        other.hostname == requested.hostname
        and other.username is None
        and is_safe
        and (ports[0] == ports[1] or is_upgraded)
    )


@contextmanager
def _silent(key: Key | None) -> Iterator[None]:
    """Keep the libraries below from logging while a key is sent: they log each address and each header."""
    levels = {logging.getLogger(name): logging.getLogger(name).level for name in (LIBRARIES if key else ())}
    for logger in levels:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


def user_agent() -> str:
    """Say who asks, and where a source may complain."""
    contact = "; ".join(filter(None, ["customs statistics", settings.text(settings.CONTACT)]))
    return f"tidewaiter/{importlib.metadata.version('tidewaiter')} ({contact})"


def _is_sendable(text: str) -> bool:
    """Whether a header may have this text, which an answer or a note on the disk has."""
    return text.isascii() and text.isprintable() and len(text) <= HEADER_MAX


def _answered_at(response: httpx.Response, now: datetime) -> tuple[datetime, str]:
    """The time of the source's clock, and no doubt; `now` where it tells none, or with the doubt where it is wrong."""
    text = response.headers.get("date", "")
    if not text:
        return now, ""
    moment = _moment(text)
    if moment is None or not CLOCK_MIN <= moment <= now + AHEAD_MAX:
        return now, f"the clock of the source says '{clip(text, 40)}', so the day is that of this machine"
    return moment, ""


def _moment(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _hidden(text: str, key: Key | None) -> str:
    """Return a text for messages, short and without the key."""
    return clip(key.hide(text) if key else text, 200)


def _damaged(address: str, problem: str) -> Refused:
    return Refused(
        "damaged answer",
        address,
        f"an answer that cannot be read: {problem}",
        "Ask again later; if it stays so, look at the address in a browser.",
    )


def _retry_after(response: httpx.Response, now: datetime) -> float | None:
    """Return the seconds that the source asks to wait, given as seconds or as a date."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    moment = _moment(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())
