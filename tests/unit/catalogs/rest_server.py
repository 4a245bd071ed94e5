"""A REST catalogue of Iceberg on this machine: what its specification asks of a server that registers and shows
tables."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """Answers; tables are kept in the server by namespace and name."""

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""

    def answer(self, status: int, content: Any = None) -> None:
        data = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def fail(self, status: int, kind: str) -> None:
        self.answer(status, {"error": {"message": kind, "type": kind, "code": status}})

    def table(self, location: str) -> dict[str, Any]:
        metadata = json.loads(Path(location.removeprefix("file://")).read_text(encoding="utf-8"))
        return {"metadata-location": location, "metadata": metadata, "config": {}}

    def find(self) -> str | None:
        tables: dict[tuple[str, str], str] = self.server.tables  # type: ignore[attr-defined]
        parts = self.path.split("?")[0].strip("/").split("/")
        return tables.get((parts[2], parts[4])) if len(parts) == 5 else None

    def do_GET(self) -> None:
        if self.path.startswith("/v1/config"):
            self.answer(200, {"defaults": {}, "overrides": {}})
        elif (location := self.find()) is not None:
            self.answer(200, self.table(location))
        else:
            self.fail(404, "NoSuchTableException")

    def do_HEAD(self) -> None:
        self.answer(404 if self.find() is None else 204)

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        tables: dict[tuple[str, str], str] = self.server.tables  # type: ignore[attr-defined]
        namespaces: set[str] = self.server.namespaces  # type: ignore[attr-defined]
        if self.path == "/v1/namespaces":
            (name,) = content["namespace"]
            if name in namespaces:
                self.fail(409, "AlreadyExistsException")
                return
            namespaces.add(name)
            self.answer(200, {"namespace": [name], "properties": {}})
            return
        place = (self.path.split("/")[3], content["name"])
        if place in tables and not content.get("overwrite"):
            self.fail(409, "AlreadyExistsException")
            return
        tables[place] = content["metadata-location"]
        self.answer(200, self.table(tables[place]))


@contextmanager
def rest_server() -> Iterator[str]:
    """The address of a server while it runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.tables, server.namespaces = {}, set()  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
