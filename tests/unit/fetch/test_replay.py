"""The server of the tests itself: it is silent where its client is."""

import socket
import struct
import time

import pytest

from tests.replay.server import Replay, Reply


def test_a_client_that_hangs_up_before_a_slow_answer_leaves_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    replay = Replay()
    replay.route("/", Reply(b"late" * 1000, slow=0.1))
    host, port = replay.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        while not replay.asked:
            pass
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.3)
    replay.close()
    assert capfd.readouterr().err == ""
