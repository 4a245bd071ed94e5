"""The server of one's own is found again by what it says of itself, never by its port alone."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows import server
from flows.cli import app


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A server that answers at the address we once noted; what it says of its folder may be changed."""
    said = {"home": "/somewhere/else"}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            # A server with a password tells anybody that it is well.
            is_open = self.path.endswith("/health") or said.get("word") in (None, self.headers["Authorization"])
            self.send_response(200 if is_open else 401)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setattr(server, "HOME", tmp_path)
    monkeypatch.setattr(server, "NOTE", tmp_path / "server.json")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        said["api"] = f"http://127.0.0.1:{http.server_port}/api"
        server.NOTE.write_text(json.dumps({"api": said["api"], "pid": 2**22 + 1}))
        yield said
        http.shutdown()


def test_another_server_at_our_old_address_is_not_taken_for_ours_nor_stopped(stranger: dict[str, str]) -> None:
    assert server.running_server() is None
    assert server.stop_server() is False
    assert not server.NOTE.exists()


@pytest.mark.parametrize("left", ["", '{"api": "http://127.0', "[]", '{"pid": 1}'])
def test_half_a_note_is_none(stranger: dict[str, str], left: str) -> None:
    server.NOTE.write_text(left)
    assert server.running_server() is None
    assert server.stop_server() is False
    assert not server.NOTE.exists()


def test_a_disk_that_is_full_leaves_the_note_as_it_was(
    stranger: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, write = server.NOTE.read_text(), Path.write_text

    def full(path: Path, text: str) -> None:
        write(path, text[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        server.note({"api": "http://127.0.0.1:1/api", "pid": 1})
    assert server.NOTE.read_text() == before


def test_a_server_of_our_folder_is_ours_and_one_that_was_named_is_used(
    stranger: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", stranger["api"])
    assert server.running_server() == stranger["api"]
    monkeypatch.delenv("PREFECT_API_URL")
    stranger["home"] = str(tmp_path)
    assert server.running_server() == stranger["api"]


def test_a_server_that_asks_for_a_password_is_said_before_a_run_begins(
    stranger: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or each command ended with a traceback of Prefect's."""
    monkeypatch.setenv("PREFECT_API_URL", stranger["api"])
    monkeypatch.setenv("COLUMNS", "400")
    stranger["word"] = "Basic dGlkZXdhaXRlcjp3b3Jk"
    (tmp_path / "inbox").mkdir()
    done = CliRunner().invoke(app, ["watch", "--inbox", str(tmp_path / "inbox"), "--store", str(tmp_path / "store")])
    assert done.exit_code == 2, done.output
    assert "asks for a password: set PREFECT_API_AUTH_STRING" in done.stderr
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "tidewaiter:word")
    assert server.running_server() == stranger["api"]
