"""Pages on this machine: who may ask, what no file can be called, and what is said of a port in use and of a client
that goes away."""

import errno
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.frame.serving import PORT_IN_USE, require_port, server_of
from tasks.domain.errors import BrokenStore

pytestmark = pytest.mark.usefixtures("wide_terminal")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "index.html").write_text("the front page")
    (tmp_path / ".notes").write_text("not for readers")
    (tmp_path / "CHN").mkdir()
    (tmp_path / "CHN" / ".notes").write_text("not for readers")
    (tmp_path / "large.bin").write_bytes(b"0" * 30_000_000)
    with server_of(tmp_path, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def ask(port: int, path: str, *headers: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as asked:
        asked.sendall("\r\n".join([f"GET {path} HTTP/1.0", *headers, "", ""]).encode("latin-1"))
        return b"".join(iter(lambda: asked.recv(65536), b"")).decode("latin-1")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:{}", "localhost:{}", "LOCALHOST"])
def test_a_browser_of_this_machine_gets_the_page(port: int, host: str) -> None:
    assert ask(port, "/", f"Host: {host.format(port)}").endswith("the front page")


@pytest.mark.parametrize(
    "headers", [["Host: evil.example"], ["Host: evil.example:{}"], ["Host: 127.0.0.1.evil.example"], []]
)
def test_a_page_under_another_name_gets_nothing(port: int, headers: list[str]) -> None:
    told = ask(port, "/", *(header.format(port) for header in headers))
    assert " 421 " in told.splitlines()[0]
    assert "the front page" not in told


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/a%00b/",
        "/%00.html",
        f"/{'a' * 5000}",
        "/%ff%fe",
        "/../../etc/passwd",
        "/.notes",
        "/%2enotes",
        "/CHN/.notes",
    ],
)
def test_an_address_that_no_file_has_is_not_found_without_a_traceback(
    port: int, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert " 404 " in ask(port, path, "Host: localhost").splitlines()[0]
    assert "Traceback" not in capfd.readouterr().err


def test_nothing_is_said_of_a_client_that_goes_away(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        gone = socket.create_connection(("127.0.0.1", port))
        gone.sendall(b"GET /large.bin HTTP/1.0\r\nHost: localhost\r\n\r\n")
        gone.recv(10)
        # Closed with a reset.
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.close()
    assert ask(port, "/", "Host: localhost").endswith("the front page")
    time.sleep(0.3)
    assert "Traceback" not in (said := capfd.readouterr().err), said
    assert "Exception" not in said


@pytest.mark.parametrize("command", [["mcp", "--serve"], ["site", "--serve", "--output", "pages"]])
def test_a_port_in_use_is_refused_before_anything_is_made(
    port: int, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(app, [*command, "--port", str(port), "--store", "store"])
    assert told.exit_code == PORT_IN_USE == 1
    assert f"--port: {port} cannot be had (Address already in use)" in " ".join(told.output.split())
    assert not (tmp_path / "pages").exists()
    require_port(0)


def answer(folder: Path, problem: Exception) -> str:
    def renew(path: str) -> None:
        raise problem

    (folder / "page.html").write_text("of an older state")
    with server_of(folder, 0, renew) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        text = ask(server.server_port, "/page.html", "Host: 127.0.0.1")
        server.shutdown()
        thread.join()
    return text


def test_a_store_that_cannot_be_read_is_named_and_no_old_page_is_sent(tmp_path: Path) -> None:
    text = answer(tmp_path, BrokenStore("reporter=CHN: the manifest is damaged. Run tidewaiter audit."))
    assert " 503 " in text.splitlines()[0]
    assert "the manifest is damaged" in text
    assert "of an older state" not in text


def test_a_page_that_cannot_be_written_is_no_missing_page(tmp_path: Path) -> None:
    text = answer(tmp_path, OSError(errno.ENOSPC, "No space left on device"))
    assert " 503 " in text.splitlines()[0]
    assert "No space left on device" in text


def test_an_address_that_is_too_long_is_of_no_file(tmp_path: Path) -> None:
    assert " 404 " in answer(tmp_path, OSError(errno.ENAMETOOLONG, "File name too long")).splitlines()[0]
