"""What messages are sent to: a webhook and a mail server on the loopback address, which keep what they get."""

import json
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import httpx
from services import Services


class Received:
    """Everything that came, in the order in which it came."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.posts: list[dict[str, Any]] = []
        self.mails: list[EmailMessage] = []


@contextmanager
def webhook() -> Iterator[Received]:
    """A server that takes JSON as Slack does, and refuses what is none."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name is that of the library
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_json = self.headers["Content-Type"] == "application/json"
            try:
                received.posts.append({"path": self.path, **json.loads(body)})
            except ValueError:
                is_json = False
            self.send_response(200 if is_json else 400)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as received:
        yield received


@contextmanager
def mail_server() -> Iterator[Received]:
    """So much of SMTP that a client can hand over a mail."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 mail.example.org\r\n")
            while line := self.rfile.readline():
                command = line.split()[0].upper() if line.split() else b""
                answer = b"250 ok"
                if command == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (part := self.rfile.readline()) != b".\r\n":
                        lines.append(part.removeprefix(b".") if part.startswith(b"..") else part)
                    mail = BytesParser(policy=default).parsebytes(b"".join(lines))
                    received.mails.append(cast(EmailMessage, mail))
                elif command == b"QUIT":
                    answer = b"221 bye"
                self.wfile.write(answer + b"\r\n")
                if command == b"QUIT":
                    return

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with _serving(server) as received:
        yield received


@contextmanager
def _serving(server: Any) -> Iterator[Received]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Received(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def both(services: Services, receivers: tuple[Received, Received], subject: str) -> tuple[str, str]:
    """The text of the only post and of the only mail with this subject, which is their first line; it waits for
    both."""
    posts, mails = receivers

    def of_posts() -> list[str]:
        return [post["text"] for post in posts.posts if post["text"].startswith(f"*{subject}")]

    def of_mails() -> list[str]:
        return [
            f"{mail['Subject']}\n{mail.get_content()}"
            for mail in mails.mails
            if mail["Subject"].startswith(f"[Tidewaiter] {subject}")
        ]

    services.wait(lambda: of_posts() and of_mails(), f"messages about {subject}", lambda: (posts.posts, mails.mails))
    (post,), (mail,) = of_posts(), of_mails()
    return post, mail


def linked(text: str) -> str:
    """The id of the run to which a message leads."""
    found = re.search(r"http://127\.0\.0\.1:\d+/(?:v2/)?runs/flow-run/([0-9a-f-]{36})", text)
    assert found, text
    # The server gives a page to who asks for one, as a browser does.
    answer = httpx.get(found.group(0), headers={"Accept": "text/html"}, timeout=60)
    assert answer.is_success, answer.text
    assert "<!doctype html>" in answer.text.lower()
    return found.group(1)
