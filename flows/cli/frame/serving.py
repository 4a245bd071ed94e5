"""Shows files and answers on this machine: the port, and a folder of pages over HTTP, of which a name with a dot before
it is not for readers."""

import errno
import socket
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import typer

from flows.cli.frame.terminal import refuse
from tasks.domain.errors import StoreError

LOOPBACK = "127.0.0.1"
# How a browser on this machine names the server. Under another name a page of somebody else asks, whose name was made
# to lead here.
HOSTS = (LOOPBACK, "localhost")
WAITS_SECONDS = 30
# As for a disk error: the command is right, and this machine cannot do it now.
PORT_IN_USE = 1


def require_port(port: int) -> None:
    """Raises Exit with PORT_IN_USE where another program has a port of this machine; 0 is any free one."""
    with socket.socket() as probe:
        # A port that was in use a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as problem:
            refuse(
                f"--port: {port} cannot be had ({problem.strerror}): another program answers there, or it is kept for"
                " the system. Give another."
            )
            raise typer.Exit(PORT_IN_USE) from problem


def server_of(folder: Path, port: int, renew: Callable[[str], None] | None = None) -> ThreadingHTTPServer:
    """Return a server on loopback that shows a folder; `renew` is told of the path of each file that is asked for,
    below the folder, before it is sent. Raises OSError where the port is in use."""
    server = _Server((LOOPBACK, port), partial(_Pages, directory=str(folder)))
    server.renew = renew
    return server


class _Server(ThreadingHTTPServer):
    renew: Callable[[str], None] | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has gone away."""
        import sys

        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Pages(SimpleHTTPRequestHandler):
    timeout = WAITS_SECONDS

    def send_head(self) -> Any:
        """Send the head of an answer; return the file, None where there is none."""
        host = self.headers.get("Host", "").rpartition(":")
        if (host[0] or host[2]).lower() not in HOSTS:
            port = self.server.server_port  # type: ignore[attr-defined]
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, f"Ask for http://{LOOPBACK}:{port}/")
            return None
        path = unquote(urlsplit(self.path).path)
        if any(name.startswith(".") for name in path.split("/")):
            self.send_error(HTTPStatus.NOT_FOUND, "File not found")
            return None
        try:
            if (renew := self.server.renew) is not None:  # type: ignore[attr-defined]
                renew(path.lstrip("/"))
            return super().send_head()
        except (ConnectionError, TimeoutError):
            raise
        except (StoreError, OSError, ValueError) as problem:
            if isinstance(problem, ValueError) or getattr(problem, "errno", None) == errno.ENAMETOOLONG:
                # Of an address that no file can have, such as /%00.
                self.send_error(HTTPStatus.NOT_FOUND, "File not found")
            else:
                # The page could not be renewed, and one that lies there may be of an older state.
                self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, explain=str(problem))
        return None
