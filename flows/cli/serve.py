"""Serves the local Prefect server behind an access check: `python -m flows.cli.serve`, as `flows/cli/local_server.py`
starts it and with its settings.

Prefect asks for the password, but answers requests for any host name and from pages of other servers. `Front` rejects
both.
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from flows.cli import password


class Front:
    """Passes on requests to the server's own address, from a program or from a page of its own; refuses the rest.

    A name that was made to point at this machine (DNS rebinding) shows in `Host`, a page of another server in `Origin`.
    """

    def __init__(self, app: ASGIApp, address: str, prove: Callable[[str], str]) -> None:
        self.app, self.address, self.prove = app, address, prove

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request or socket; other messages, such as that the server starts, are passed on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if refused := self._refused(Headers(scope=scope)):
            answer = WebSocketClose(1008) if scope["type"] == "websocket" else refused
            await answer(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == password.PROOF_PATH:
            await self._prove(scope)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _refused(self, headers: Headers) -> PlainTextResponse | None:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if hosts != [self.address.removeprefix("http://")]:
            return PlainTextResponse(
                f"This Prefect server answers at {self.address} alone; the request was sent to {' '.join(hosts) or 'no host'}. "
                f"Open {self.address} instead.",
                status_code=421,
            )
        if origins not in ([], [self.address]):
            return PlainTextResponse(
                f"This Prefect server takes no requests from pages of other servers; this one came from {' '.join(origins)}. "
                f"Open {self.address} instead.",
                status_code=403,
            )
        return None

    def _prove(self, scope: Scope) -> PlainTextResponse:
        (nonce,) = parse_qs(scope["query_string"].decode("ascii", "replace")).get("nonce", [""])[:1]
        if not 0 < len(nonce) <= password.NONCE_LETTERS_MAX:
            return PlainTextResponse(
                f"nonce: give 1 to {password.NONCE_LETTERS_MAX} letters, not {len(nonce)}", status_code=400
            )
        return PlainTextResponse(self.prove(nonce))


def main() -> None:
    """Serve until stopped. Host, port, password and the rest are Prefect's settings, from the environment."""
    import uvicorn
    from prefect.server.api.server import create_app
    from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, get_current_settings

    from flows.cli.server_database import for_many_runs

    settings = get_current_settings()
    api = settings.server.api
    line = api.auth_string.get_secret_value() if api.auth_string else ""
    if not line:
        raise SystemExit(
            "PREFECT_SERVER_API_AUTH_STRING is not set: start this server with `tidewaiter run` or `tidewaiter deploy`"
        )
    address = f"http://{api.host}:{api.port}"
    home = Path(settings.home)
    with for_many_runs(PREFECT_API_DATABASE_CONNECTION_URL.value()):
        uvicorn.run(
            Front(create_app(final=True), address, lambda nonce: password.proof(line, home, address, nonce)),
            host=api.host, port=api.port, timeout_keep_alive=api.keepalive_timeout, log_level="warning",
            ws_ping_interval=api.websocket_ping_interval, ws_ping_timeout=api.websocket_ping_timeout,
        )  # fmt: skip


if __name__ == "__main__":
    main()
