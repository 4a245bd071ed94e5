"""Which requests reach the local server: those to its own address, from programs and from its own pages."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from flows.cli import password
from flows.cli.serve import Front

ADDRESS = "http://127.0.0.1:4200"


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("inside")
    await socket.close()


APP = Starlette(routes=[Route("/api", lambda _: PlainTextResponse("inside"), methods=["GET", "POST"]), WebSocketRoute("/socket", _socket)])  # fmt: skip
CLIENT = TestClient(Front(APP, ADDRESS, lambda nonce: f"proof of {nonce}"), base_url=ADDRESS)


@pytest.mark.parametrize("headers", [{}, {"Origin": ADDRESS}])
def test_programs_and_own_pages_are_passed_on(headers: dict[str, str]) -> None:
    answer = CLIENT.post("/api", headers=headers)
    assert (answer.status_code, answer.text) == (200, "inside")


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({"Host": "evil.example:4200"}, 421, "the request was sent to evil.example:4200"), ({"Host": "localhost:4200"}, 421, f"answers at {ADDRESS} alone"), ({"Host": "127.0.0.1"}, 421, "Open"),
        ({"Origin": "http://evil.example"}, 403, "this one came from http://evil.example"), ({"Origin": "null"}, 403, "pages of other servers"),
        ({"Origin": "https://127.0.0.1:4200"}, 403, "pages of other servers"),
    ],
)  # fmt: skip
def test_other_names_and_pages_are_refused(headers: dict[str, str], status: int, said: str) -> None:
    answer = CLIENT.get("/api", headers=headers)
    assert answer.status_code == status
    assert said in answer.text
    assert "inside" not in answer.text


def test_a_socket_is_closed_to_pages_of_other_servers() -> None:
    with CLIENT.websocket_connect("ws://127.0.0.1:4200/socket", headers={"Origin": ADDRESS}) as socket:
        assert socket.receive_text() == "inside"
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        CLIENT.websocket_connect("ws://127.0.0.1:4200/socket", headers={"Origin": "http://evil.example"}),
    ):
        pass
    assert closed.value.code == 1008


@pytest.mark.parametrize(
    ("nonce", "status"), [("", 400), ("a", 200), ("a" * password.NONCE_LETTERS_MAX, 200), ("a" * (password.NONCE_LETTERS_MAX + 1), 400)]
)  # fmt: skip
def test_the_server_shows_that_it_knows_the_password(nonce: str, status: int) -> None:
    answer = CLIENT.get(password.PROOF_PATH, params={"nonce": nonce})
    assert answer.status_code == status
    assert answer.text == f"proof of {nonce}" if status == 200 else "letters, not" in answer.text
    assert CLIENT.get(password.PROOF_PATH).status_code == 400
    assert CLIENT.get(password.PROOF_PATH, params={"nonce": "a"}, headers={"Origin": "http://evil.example"}).status_code == 403  # fmt: skip
