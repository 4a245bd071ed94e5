"""The command that writes the static site, and shows it on this machine alone."""

import threading
import urllib.request
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.site import commands


def test_it_writes_the_pages_and_shows_them_on_loopback(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[bytes] = []

    def serve_once(server: ThreadingHTTPServer) -> None:
        host, port = server.server_address[:2]
        assert host == "127.0.0.1"
        asking = threading.Thread(
            target=lambda: answers.append(urllib.request.urlopen(f"http://127.0.0.1:{port}/index.html").read())
        )
        asking.start()
        server.handle_request()
        asking.join()

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", serve_once)
    asked = ["--store", str(sample_store.parent), "--output", str(tmp_path / "public"), "--serve", "--port", "0"]
    done = CliRunner().invoke(commands, asked)
    assert done.exit_code == 0, done.output
    assert "pages in" in done.output
    assert answers == [(tmp_path / "public" / "index.html").read_bytes()]
