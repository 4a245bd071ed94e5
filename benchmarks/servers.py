"""Servers on this machine that benchmarks need: a relay that counts bytes, and an S3 server with a bucket."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

SERVER = Path(__file__).parent.parent / "tests" / "integration" / "s3_server.py"
START_SECONDS_MAX = 240
CHUNK = 1 << 20


def free_port() -> int:
    """A port of this machine that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Relay:
    """Passes bytes on to a port of this machine, in both directions, and counts them."""

    def __init__(self, port: int) -> None:
        self.port, self.bytes = port, 0
        self._listens = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listens.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listens.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listens.accept()
                far = self._connect()
            except OSError:
                return
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port))
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                self.bytes += len(data)
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class Bucket:
    """A bucket of a server of our own."""

    def __init__(self, address: str) -> None:
        self.address, self.used = address, 0

    def new_store(self) -> str:
        """The address of an empty store."""
        self.used += 1
        return f"s3://benchmark/{self.used}/reporter=CHN"


@contextlib.contextmanager
def serving(work: Path) -> Iterator[Bucket]:
    """An S3 server while it runs; the environment says where it is, and copies of its stores are kept in `work`."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([sys.executable, str(SERVER), str(port)])
    # The server looks at no credentials, and the client needs some.
    given = {
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "TIDEWAITER_CACHE": str(work / "copies"),
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            with contextlib.suppress(httpx.HTTPError):
                httpx.put(f"{address}/benchmark", timeout=30).raise_for_status()
                break
            if time.monotonic() > deadline or process.poll() is not None:
                sys.exit("the S3 server did not start")
            time.sleep(0.1)
        yield Bucket(address)
    finally:
        process.kill()
        process.wait()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
