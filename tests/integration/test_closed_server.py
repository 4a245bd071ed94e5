"""The local server runs what its owner asks for, and nothing that anybody else asks for.

The attack is the real one: a deployment whose pull step is a shell script, started on the real worker of the real
server. It is played as a web page plays it, as a page whose name was made to point at this machine, and as another user
of this machine.
"""

import asyncio
import json
import os
import shutil
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from services import Services

PAGE = "https://example.org"
NOBODY = 65534
# How long the worker would need at most to run what it was given: it asks every second.
WORKER_SECONDS_MAX = 60
pytestmark = pytest.mark.prefect


def attack(services: Services, mark: Path, *, to: str = "", **request: Any) -> list[httpx.Response]:
    """Make a deployment that runs a shell script, and start it; the answers, up to the first refusal."""
    answers: list[httpx.Response] = []

    def ask(path: str, body: dict[str, Any]) -> Any:
        given = {"content": json.dumps(body).encode(), **request}
        given["headers"] = {"content-type": "application/json", **request.get("headers", {})}
        for _ in range(30):
            answer = httpx.post((to or services.api) + path, timeout=60, **given)
            # SQLite is busy, which is neither a refusal nor a way in.
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(0.5)
        answers.append(answer)
        return answer.json()["id"] if answer.is_success else None

    script = {"prefect.deployments.steps.run_shell_script": {"script": f"touch '{mark}'"}}
    if not (flow := ask("/flows/", {"name": "audit"})):
        return answers
    deployment = {
        "name": mark.name, "flow_id": flow, "work_pool_name": "local-process", "pull_steps": [script],
        "entrypoint": "flows.audit.audit", "parameters": {"store": "store", "sample": 0},
    }  # fmt: skip
    if found := ask("/deployments/", deployment):
        ask(f"/deployments/{found}/create_flow_run", {})
    return answers


def ways_in(services: Services) -> dict[str, dict[str, Any]]:
    """What the request of each attacker looks like."""
    port = services.ui.rpartition(":")[2]
    return {
        "a web page, after a preflight": {"headers": {"Origin": PAGE}},
        # A form or `fetch` sends these without asking first.
        "a web page, as plain text": {"headers": {"Origin": PAGE, "content-type": "text/plain"}},
        "a page in a file or a frame": {"headers": {"Origin": "null"}},
        "a page of another server on this machine": {"headers": {"Origin": f"http://127.0.0.1:{int(port) + 1}"}},
        "a name that was made to point here": {
            "headers": {"Host": f"example.org:{port}", "Origin": f"http://example.org:{port}"}
        },
        "a program without a password": {},
        "a program with another password": {"auth": ("tidewaiter", "word")},
    }


def test_nobody_but_the_owner_makes_the_worker_run_a_script(services: Services, tmp_path: Path) -> None:
    before = len(services.ask("/deployments/filter", {}))
    marks = []
    for number, (who, request) in enumerate(ways_in(services).items()):
        marks.append(tmp_path / f"attack-{number}")
        answers = attack(services, marks[-1], **request)
        assert [answer.status_code for answer in answers] == [401], who
        assert "access-control-allow-origin" not in answers[-1].headers, who
    assert len(services.ask("/deployments/filter", {})) == before
    # The same requests by the owner run: so the attack is one. What came before it would have run before it.
    own = tmp_path / "own"
    assert [answer.status_code for answer in attack(services, own, auth=services.login)] == [200, 201, 201]
    deadline = time.monotonic() + WORKER_SECONDS_MAX
    while not own.exists():
        assert time.monotonic() < deadline, "the owner's own script did not run"
        time.sleep(0.2)
    assert [mark for mark in marks if mark.exists()] == []


def test_no_other_page_may_ask_whether_it_may(services: Services) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    for origin in (PAGE, "null", services.ui.replace("127.0.0.1", "localhost")):
        answer = httpx.options(f"{services.api}/deployments/", headers={"Origin": origin, **asked}, timeout=20)
        assert not answer.is_success
        assert not [name for name in answer.headers if name.startswith("access-control-allow-origin")]
    own = httpx.options(f"{services.api}/deployments/", headers={"Origin": services.ui, **asked}, timeout=20)
    assert (own.status_code, own.headers["access-control-allow-origin"]) == (200, services.ui)


@pytest.mark.parametrize("path", ["/events/in", "/events/out", "/logs/out", "/task_runs/subscriptions/scheduled"])
def test_a_socket_is_opened_to_nobody_without_the_password(services: Services, path: str) -> None:
    address = services.api.replace("http://", "ws://") + path

    async def told(password: str) -> str:
        """What the server says to one who wants to log in."""
        try:
            async with websockets.connect(address, subprotocols=[websockets.Subprotocol("prefect")]) as socket:
                await socket.send(json.dumps({"type": "auth", "token": password}))
                return str(json.loads(await asyncio.wait_for(socket.recv(), 20))["type"])
        except (websockets.InvalidStatus, websockets.ConnectionClosed) as refusal:
            return type(refusal).__name__

    assert asyncio.run(told(services.password)) == "auth_success"
    assert asyncio.run(told("tidewaiter:word")) == "ConnectionClosedError"


def test_only_the_owner_may_read_or_write_what_the_server_keeps(services: Services) -> None:
    folder = services.folder / ".prefect"
    kept = [folder / name for name in ("password", "prefect.db", "server.log", "start.lock")]
    kept += folder.glob("prefect.db-*")
    assert [oct(stat.S_IMODE(path.stat().st_mode)) for path in kept] == ["0o600"] * len(kept)
    assert not stat.S_IMODE(folder.stat().st_mode) & 0o066
    user, _, word = services.password.partition(":")
    assert user == "tidewaiter"
    assert len(word) >= 24
    assert services.password not in (folder / "server.log").read_text()
    command = Path(f"/proc/{services.note['pid']}/cmdline")
    if command.exists():
        assert word not in command.read_text()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_gets_neither_the_password_nor_a_run(services: Services, tmp_path: Path) -> None:
    # That of these tests may lie where nobody else can look.
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")
    if python is None:
        pytest.skip("no python3 that every user may run (Debian: apt-get install python3)")
    program = """
import json, os, sys, urllib.request
folder, api = sys.argv[1:]
print(os.getuid(), os.path.exists(f"{folder}/inbox"))
for path in (f"{folder}/.prefect/password", f"{folder}/.prefect/prefect.db", f"/proc/{json.loads(sys.stdin.read())}/environ"):
    try:
        print(len(open(path, "rb").read()))
    except OSError as error:
        print(type(error).__name__)
request = urllib.request.Request(f"{api}/flows/", json.dumps({"name": "audit"}).encode(), {"content-type": "application/json"})
try:
    print(urllib.request.urlopen(request).status)
except OSError as error:
    print(error.code)
"""  # noqa: E501
    done = subprocess.run(
        [python, "-I", "-c", program, str(services.folder), services.api],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        env={},
        input=str(services.note["pid"]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [str(NOBODY), "True", *["PermissionError"] * 3, "401"], done.stderr
