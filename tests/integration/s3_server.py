"""An S3 server for tests: moto's, behind a layer that fails on request, tells what it was asked, and makes conditional
writes as atomic as S3 promises them.

    python s3_server.py PORT

    POST /_faults   a list of rules; the first that fits a request and is not used up is applied to it
    GET  /_log      the requests since the last time, as "PUT /bucket/key 200"
"""

import json
import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple

Start = Callable[..., Any]


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, kind: str, message: str, *args: Any) -> None:
        pass


class Faulty:
    """A rule: `match` (on "PUT /bucket/key"), how many to `skip`, how many `times` (0: for ever), and what happens:
    `status` instead of an answer, `lost` the same after the request was done, `delay_seconds` before it is done; `held`
    and `reply_held`: the request, or the reply to it, waits until other rules are given; `unconditional`: this header
    of the request is not looked at."""

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.rules: list[dict[str, Any]] = []
        self.log: list[str] = []
        self.guard, self.atomic = threading.Lock(), threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        asked = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        if environ["PATH_INFO"] == "/_faults":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            with self.guard:
                self.rules, self.log = json.loads(body), []
            return _answer(start, 200, b"{}")
        if environ["PATH_INFO"] == "/_log":
            with self.guard:
                told, self.log = self.log, []
            return _answer(start, 200, json.dumps(told).encode())
        rule = self._rule(asked)
        if rule.get("delay_seconds"):
            self._tell(f"{asked} waits")
            time.sleep(rule["delay_seconds"])
        if rule.get("held"):
            self._hold(rule, asked)
        if rule.get("status"):
            # The body is read, or the connection would be broken and not refused.
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            self._tell(f"{asked} {rule['status']}")
            # Amazon repeats in its errors what it was sent, the key's name among it.
            said = f"<Error><Code>No</Code><Message>{environ.get('HTTP_AUTHORIZATION')}</Message></Error>"
            return _answer(start, rule["status"], said.encode())
        environ.pop(rule.get("unconditional", ""), None)
        status: list[str] = []

        def note(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            status.append(line)
            return (lambda data: None) if rule.get("lost") else start(line, headers, *rest)

        with self.atomic if asked.startswith("PUT") else nullcontext():
            body = b"".join(self.moto(environ, note))
        self._tell(f"{asked} {status[0].split()[0]}")
        if rule.get("reply_held"):
            self._hold(rule, asked)
        return (
            _answer(start, rule["lost"], b"<Error><Code>InternalError</Code></Error>") if rule.get("lost") else [body]
        )

    def _hold(self, rule: dict[str, Any], asked: str) -> None:
        self._tell(f"{asked} waits")
        while any(other is rule for other in self.rules):
            time.sleep(0.02)

    def _tell(self, line: str) -> None:
        with self.guard:
            self.log.append(line)

    def _rule(self, asked: str) -> dict[str, Any]:
        with self.guard:
            for rule in self.rules:
                if not re.search(rule["match"], asked):
                    continue
                rule["seen"] = rule.get("seen", 0) + 1
                after = rule["seen"] - rule.get("skip", 0)
                if after >= 1 and (rule.get("times", 1) == 0 or after <= rule.get("times", 1)):
                    return rule
        return {}


def _answer(start: Start, status: int, body: bytes) -> list[bytes]:
    start(f"{status} said", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    run_simple("127.0.0.1", int(sys.argv[1]), Faulty(), threaded=True, request_handler=Quiet)
