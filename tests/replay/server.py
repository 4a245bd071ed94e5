"""Replays a source on this machine: answers over HTTP with recorded replies and their headers, and simulates faults.

A reply is a status, headers and a body; a fault makes it slow, cuts it off in the middle, or resets the connection.
Replies to one path are given one after another, the last one again and again.
"""

import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

DATE = "Fri, 14 Aug 2026 09:05:00 GMT"


@dataclass(frozen=True)
class Reply:
    """A reply. `cut` sends only this many bytes of the body and closes; `reset` closes the connection at once;
    `slow` sleeps before it.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    slow: float = 0.0
    cut: int | None = None
    reset: bool = False


@dataclass(frozen=True)
class Asked:
    """A request as received."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    raw: str
    body: bytes = b""


Answering = Callable[[Asked], Reply]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about a client that has hung up: another test may be looking at what is printed by then."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Replay:
    """Listens on the loopback; `asked` has each request. `date` is its clock in each answer."""

    def __init__(self, date: str = DATE) -> None:
        self.asked: list[Asked] = []
        self._routes: list[tuple[str, list[Reply] | Answering]] = []
        replay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # the library requires this name
                replay.answer(self)

            def do_POST(self) -> None:
                replay.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Print nothing on the terminal."""

            def date_time_string(self, timestamp: float | None = None) -> str:
                return date

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.socket.listen(100)  # a client may come with many requests at once
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def route(self, start: str, replies: Reply | Sequence[Reply] | Answering) -> None:
        """Set the answers for every path with this prefix; the route added last counts."""
        given = replies if callable(replies) else [replies] if isinstance(replies, Reply) else list(replies)
        self._routes.insert(0, (start, given))

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request, or simulate the fault of its reply."""
        parts = urlsplit(handler.path)
        asked = Asked(
            unquote(parts.path),
            parse_qs(parts.query),
            {name.lower(): text for name, text in handler.headers.items()},
            handler.path,
            handler.rfile.read(int(handler.headers.get("Content-Length", 0))),
        )
        self.asked.append(asked)
        reply = next(
            (self._next(replies, asked) for start, replies in self._routes if unquote(handler.path).startswith(start)),
            Reply(b"nothing here", 404),
        )
        time.sleep(reply.slow)
        if reply.reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
            handler.connection.close()
            return
        tagged = reply.headers.get("ETag")
        if (tagged and asked.headers.get("if-none-match") == tagged) or (
            asked.headers.get("if-modified-since")
            and asked.headers["if-modified-since"] == reply.headers.get("Last-Modified")
        ):
            reply = Reply(status=304, headers=reply.headers)
        handler.send_response(reply.status)
        for name, text in reply.headers.items():
            handler.send_header(name, text)
        if reply.status not in (204, 304):
            handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        if reply.status not in (204, 304):
            handler.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
        if reply.cut is not None:
            handler.wfile.flush()
            handler.close_connection = True

    def _next(self, replies: list[Reply] | Answering, asked: Asked) -> Reply:
        if callable(replies):
            return replies(asked)
        return replies.pop(0) if len(replies) > 1 else replies[0]
