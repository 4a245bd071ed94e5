"""Puts everything on a Prefect server that runs by a schedule: the work pool, the deployments, the automations, the
addresses for messages. It can be repeated at any time.

The flows will run in the current folder.
"""

import asyncio
import subprocess
import sys
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from flows import notify
from flows.cli import local_server
from schemas.forms.form import ready_to_send

POOL = "local-process"
TURNS = "in-turn"
# A busy machine sends heartbeats late: five missing ones mean a crash, one or two do not.
SILENCE_SECONDS_MAX = 5 * local_server.HEARTBEAT_SECONDS
START_SECONDS_MAX = 600
DEPLOYMENTS_MAX = 200
# Deployments of an earlier version that this one does not have: their schedules would continue.
RETIRED = (
    "watch/watch-preliminary", "watch/watch-bulletin", "watch/watch-query", "fill/fill", "backfill/backfill-store",
)  # fmt: skip
PREFECT_FILE = "prefect.yaml"
ROOT = Path(__file__).parent.parent


def prefect_file() -> Path:
    """Return the file of the deployments: next to the flows in an installed package, in `deployments/` in a clone."""
    packaged = ROOT / PREFECT_FILE
    return packaged if packaged.is_file() else ROOT.parent / "deployments" / PREFECT_FILE


def deploy_all(file: Path, addresses: notify.Addresses) -> list[str]:
    """Put everything on the server that Prefect uses; return how messages are sent.

    Raises ChildProcessError if Prefect does not accept the file.
    """
    asyncio.run(_ensure_pool())
    command = ["deploy", "--prefect-file", str(file), "--all"]
    # Of a deployment Prefect prints thirty lines; they matter where it refuses one.
    done = subprocess.run(
        [sys.executable, "-P", "-m", "prefect", "--no-prompt", *command], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    if done.returncode:
        raise ChildProcessError(f"Prefect did not accept {file}. It says: {done.stdout.strip()}")
    asyncio.run(_retire())
    asyncio.run(_ensure_forms())
    asyncio.run(_ensure_automations())
    return asyncio.run(notify.ensure(addresses))


async def _ensure_pool() -> None:
    """Make the work pool, and the queue that starts one run at a time."""
    from prefect import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectNotFound
    from prefect.workers.process import ProcessWorker

    async with get_client() as client:
        try:
            await client.read_work_pool(POOL)
        except ObjectNotFound:
            template = ProcessWorker.get_default_base_job_template()
            await client.create_work_pool(
                WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template)
            )
        try:
            queue = await client.read_work_queue_by_name(TURNS, work_pool_name=POOL)
            await client.update_work_queue(queue.id, concurrency_limit=1)
        except ObjectNotFound:
            await client.create_work_queue(TURNS, concurrency_limit=1, work_pool_name=POOL)


async def _retire() -> None:
    """Delete retired deployments. Their runs stay."""
    from prefect import get_client
    from prefect.exceptions import ObjectNotFound

    async with get_client() as client:
        for name in RETIRED:
            with suppress(ObjectNotFound):
                await client.delete_deployment((await client.read_deployment_by_name(name)).id)


async def _ensure_forms() -> None:
    """Fix the forms so that they can be sent as shown."""
    from prefect import get_client

    async with get_client() as client:
        for deployment in await client.read_deployments(limit=DEPLOYMENTS_MAX):
            schema = deployment.parameter_openapi_schema
            if schema and (ready := ready_to_send(schema)) != schema:
                await client.request(
                    "PATCH", "/deployments/{id}", path_params={"id": deployment.id}, json={"parameter_openapi_schema": ready}
                )  # fmt: skip


async def _ensure_automations() -> None:
    """Mark runs whose process is gone as crashed: otherwise they would stay running for ever and block the queue."""
    await _crash_after(
        "tidewaiter-zombies", "A flow run without a heartbeat has crashed.",
        # The heartbeat continues while a run is paused; without this, an answer to a run whose process is gone would be
        # lost.
        after={"heartbeat", "Running", "Paused"}, seconds=SILENCE_SECONDS_MAX, message=f"no sign of life for {SILENCE_SECONDS_MAX} s",
    )  # fmt: skip
    await _crash_after(
        "tidewaiter-never-started", "A flow run that a worker took and never started has crashed.",
        after={"Pending", "Submitting"}, seconds=START_SECONDS_MAX, message=f"taken by a worker and not started within {START_SECONDS_MAX} s",
    )  # fmt: skip


async def _crash_after(name: str, description: str, after: Collection[str], seconds: int, message: str) -> None:
    from prefect.automations import Automation
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import EventTrigger, Posture

    automation = Automation(
        name=name,
        description=description,
        trigger=EventTrigger(
            # Any event of the run ends the timer: a run ends as `Published 2025-06`, not as `Completed`.
            after={f"prefect.flow-run.{event}" for event in after}, expect={"prefect.flow-run.*"},
            match={"prefect.resource.id": ["prefect.flow-run.*"]}, for_each={"prefect.resource.id"},
            posture=Posture.Proactive, threshold=1, within=timedelta(seconds=seconds),
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message=message)],
    )  # fmt: skip
    try:
        automation.id = (await Automation.aread(name=name)).id
    except ValueError:
        await automation.acreate()
    else:
        await automation.aupdate()
