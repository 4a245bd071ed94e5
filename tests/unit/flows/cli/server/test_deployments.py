"""What is put on a Prefect server, and in which order. The server is made up."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock
from uuid import uuid4

import prefect
import pytest
import yaml
from prefect.automations import Automation
from prefect.client.schemas.objects import StateType
from prefect.events.schemas.events import Resource
from prefect.exceptions import ObjectNotFound

from flows import notify
from flows.cli.server import deployments
from flows.cli.server.local_server import HEARTBEAT_SECONDS

FILE = Path(__file__).parents[5] / "deployments" / "prefect.yaml"
ADDRESSES: Any = "the addresses"
CHANNELS = notify.Channels(uuid4(), None)
NOBODY = notify.Channels(None, None)
Done = list[tuple[Any, ...]]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> AsyncMock:
    """A server that has everything it is asked for."""
    made = AsyncMock()
    made.__aenter__.return_value = made
    monkeypatch.setattr(prefect, "get_client", lambda: made)
    return made


def test_the_file_is_next_to_the_flows_in_a_package_and_in_its_folder_in_a_clone_and_names_our_pool_and_queue(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert deployments.prefect_file() == FILE
    packaged = tmp_path / "flows" / "prefect.yaml"
    monkeypatch.setattr(deployments, "ROOT", packaged.parent)
    assert deployments.prefect_file() == tmp_path / "deployments" / "prefect.yaml"
    packaged.parent.mkdir()
    packaged.write_text("")
    assert deployments.prefect_file() == packaged
    named = yaml.safe_load(FILE.read_text(encoding="utf-8"))["deployments"]
    assert {one["work_pool"]["name"] for one in named} == {deployments.POOL}
    assert {one["work_pool"].get("work_queue_name") for one in named} == {deployments.TURNS, None}
    full = {f"{one['entrypoint'].rpartition('.')[2]}/{one['name']}" for one in named}
    assert "watch/watch" in full
    assert len(full) <= deployments.DEPLOYMENTS_MAX


@pytest.mark.parametrize("code", [0, 1])
def test_the_pool_is_there_before_the_deployments_and_they_before_what_is_set_on_them_unless_prefect_refuses(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    calls: Done = []

    def part(name: str) -> Any:
        async def run(*given: Any) -> notify.Channels:
            calls.append((name, *given))
            return CHANNELS

        return run

    for name in ("_ensure_pool", "_ensure_forms", "_ensure_automations"):
        monkeypatch.setattr(deployments, name, part(name))
    monkeypatch.setattr(notify, "ensure", part("messages"))

    def run(command: list[str], **options: Any) -> SimpleNamespace:
        calls.append(("prefect", *command))
        return SimpleNamespace(returncode=code, stdout="a long page\nno such pool\n")

    monkeypatch.setattr(subprocess, "run", run)
    command = [sys.executable, "-P", "-m", "prefect", "--no-prompt", "deploy", "--prefect-file", str(FILE), "--all"]
    begun: Done = [("_ensure_pool",), ("prefect", *command)]
    if code:
        said = r"^Prefect did not accept .*prefect\.yaml\. It says: a long page\nno such pool$"
        with pytest.raises(ChildProcessError, match=said):
            deployments.deploy_all(FILE, ADDRESSES)
        assert calls == begun
        return
    assert deployments.deploy_all(FILE, ADDRESSES) == ["webhook"]
    assert calls == [*begun, ("_ensure_forms",), ("messages", "the addresses"), ("_ensure_automations", CHANNELS)]


def test_pool_and_queue_are_made_once_and_the_queue_starts_one_run_at_a_time(server: AsyncMock) -> None:
    asyncio.run(deployments._ensure_pool())
    server.read_work_queue_by_name.assert_awaited_once_with("in-turn", work_pool_name="local-process")
    queue = server.read_work_queue_by_name.return_value
    server.update_work_queue.assert_awaited_once_with(queue.id, concurrency_limit=1)
    assert not server.create_work_pool.called
    assert not server.create_work_queue.called
    for ask in (server.read_work_pool, server.read_work_queue_by_name):
        ask.side_effect = ObjectNotFound(Exception("not there"))
    asyncio.run(deployments._ensure_pool())
    (pool,) = server.create_work_pool.await_args.args
    assert (pool.name, pool.type) == ("local-process", "process")
    server.create_work_queue.assert_awaited_once_with("in-turn", concurrency_limit=1, work_pool_name="local-process")
    assert server.update_work_queue.await_count == 1


def test_forms_that_cannot_be_sent_as_shown_are_changed_and_no_others(server: AsyncMock) -> None:
    day, text = {"type": "string", "default": None}, {"type": "string", "default": "store"}
    schemas = {"a": {"properties": {"day": day, "store": text}}, "b": {"properties": {"store": text}}, "c": None}
    found = [SimpleNamespace(id=name, parameter_openapi_schema=schema) for name, schema in schemas.items()]
    server.read_deployments.side_effect = lambda limit: found[:limit]
    asyncio.run(deployments._ensure_forms())
    ready = {"parameter_openapi_schema": {"properties": {"day": {"type": "string"}, "store": text}}}
    (call,) = server.update_deployment.await_args_list
    name, update = call.args
    assert (name, update.model_dump(exclude_unset=True)) == ("a", ready)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, Automation]:
    """The automations of the server, by name; each change makes a new id impossible."""
    found: dict[str, Automation] = {}

    async def aread(name: str) -> Automation:
        if name not in found:
            raise ValueError(name)
        return found[name]

    async def acreate(self: Automation) -> None:
        assert self.name not in found
        self.id = uuid4()
        found[self.name] = self

    async def aupdate(self: Automation) -> None:
        assert found[self.name].id == self.id
        found[self.name] = self

    async def adelete(self: Automation) -> None:
        del found[self.name]

    for name, replacement in (("aread", aread), ("acreate", acreate), ("aupdate", aupdate), ("adelete", adelete)):
        monkeypatch.setattr(Automation, name, replacement)
    return found


def test_runs_without_a_sign_of_life_crash(kept: dict[str, Automation]) -> None:
    asyncio.run(deployments._ensure_automations(NOBODY))
    seconds = {}
    for name, made in kept.items():
        trigger: Any = made.trigger
        (action,) = made.actions
        assert (action.type, trigger.posture.value) == ("change-flow-run-state", "Proactive")
        assert action.state is StateType.CRASHED
        assert trigger.expect == {"prefect.flow-run.*"}
        seconds[name] = (trigger.within.total_seconds(), sorted(trigger.after))
    assert seconds == {
        "tidewaiter-zombies": (
            5 * HEARTBEAT_SECONDS,
            [f"prefect.flow-run.{event}" for event in ("Paused", "Running", "heartbeat")],
        ),
        "tidewaiter-never-started": (600, [f"prefect.flow-run.{event}" for event in ("Pending", "Submitting")]),
    }


def test_a_second_deployment_changes_the_same_automations_and_those_that_tell_nobody_go(
    kept: dict[str, Automation],
) -> None:
    asyncio.run(deployments._ensure_automations(CHANNELS))
    before = {name: made.id for name, made in kept.items()}
    assert sorted(name.rpartition("-")[2] for name in before if "notify" in name) == [
        "failed", "held", "overdue", "published", "refused", "reinstated", "rule", "unattended", "withdrawn",
    ]  # fmt: skip
    asyncio.run(deployments._ensure_automations(CHANNELS))
    assert {name: made.id for name, made in kept.items()} == before
    # Who watches over runs alone changes nobody's messages.
    deployments.ensure_crashes()
    assert {name: made.id for name, made in kept.items()} == before
    # Nobody hears that the pool of stores has no worker.
    trigger: Any = kept["tidewaiter-notify-unattended"].trigger
    for name, is_told in ((deployments.POOL, True), ("stores", False), ("pool-of-their-own", True)):
        lost = {"prefect.resource.id": f"prefect.work-pool.{name}", "prefect.resource.name": name}
        assert trigger.match.matches(Resource.model_validate(lost)) is is_told
    asyncio.run(deployments._ensure_automations(NOBODY))
    assert sorted(kept) == ["tidewaiter-never-started", "tidewaiter-zombies"]


def test_a_header_of_the_site_stands_where_no_other_one_takes_its_place() -> None:
    recipe = (FILE.parent / "nginx.conf").read_text(encoding="utf-8")
    # nginx sends the headers of a server only where a location adds none of its own.
    inside = re.findall(r"location [^{]*\{([^}]*)\}", recipe)
    assert len(inside) >= 1
    assert not [text for text in inside if "add_header" in text]
    assert recipe.count("add_header") >= 3
