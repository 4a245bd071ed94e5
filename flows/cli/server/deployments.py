"""Puts everything on a Prefect server that runs by a schedule: the work pool, the deployments, the automations, the
addresses for messages. It can be repeated at any time.

The flows will run in the current folder.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

from flows import notify
from schemas.forms.form import ready_to_send

POOL = "local-process"
TURNS = "in-turn"
DEPLOYMENTS_MAX = 200
ROOT = Path(__file__).parents[2]


def prefect_file() -> Path:
    """Return the file of the deployments."""
    return _file("prefect.yaml")


def _file(name: str) -> Path:
    """Return a file that is next to the flows in an installed package, and in `deployments/` in a clone."""
    packaged = ROOT / name
    return packaged if packaged.is_file() else ROOT.parent / "deployments" / name


def deploy_all(file: Path, addresses: notify.Addresses) -> list[str]:
    """Put everything on the server that Prefect uses; return how messages are sent.

    Raises ChildProcessError if Prefect does not accept the file.
    """
    asyncio.run(_ensure_pool())
    command = ["deploy", "--prefect-file", str(file), "--all"]
    # Of a deployment Prefect prints thirty lines; they matter where it refuses one.
    done = subprocess.run(
        [sys.executable, "-P", "-m", "prefect", "--no-prompt", *command],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise ChildProcessError(f"Prefect did not accept {file}. It says: {done.stdout.strip()}")
    asyncio.run(_ensure_forms())
    channels = asyncio.run(notify.ensure(addresses))
    asyncio.run(_ensure_automations(channels))
    return [name for name, block in channels._asdict().items() if block]


async def _ensure_pool() -> None:
    """Make the work pool, and the queue that starts one run at a time."""
    from prefect import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectNotFound
    from prefect.workers.process import ProcessWorker

    pool = WorkPoolCreate(
        name=POOL, type=ProcessWorker.type, base_job_template=ProcessWorker.get_default_base_job_template()
    )
    async with get_client() as client:
        try:
            await client.read_work_pool(POOL)
        except ObjectNotFound:
            await client.create_work_pool(pool)
        try:
            queue = await client.read_work_queue_by_name(TURNS, work_pool_name=POOL)
            await client.update_work_queue(queue.id, concurrency_limit=1)
        except ObjectNotFound:
            await client.create_work_queue(TURNS, concurrency_limit=1, work_pool_name=POOL)


async def _ensure_forms() -> None:
    """Fix the forms so that they can be sent as shown."""
    from prefect import get_client
    from prefect.client.schemas.actions import DeploymentUpdate

    async with get_client() as client:
        for deployment in await client.read_deployments(limit=DEPLOYMENTS_MAX):
            schema = deployment.parameter_openapi_schema
            if schema and (ready := ready_to_send(schema)) != schema:
                await client.update_deployment(deployment.id, DeploymentUpdate(parameter_openapi_schema=ready))


def ensure_crashes() -> None:
    """Have the server that Prefect uses mark runs as crashed whose process is gone, on whatever machine it was."""
    asyncio.run(_ensure_automations(None))


async def _ensure_automations(channels: notify.Channels | None) -> None:
    """Make or change the automations of the file; one that has nobody to tell is deleted. Without `channels` those that
    send messages stay as they are."""
    import yaml
    from prefect.automations import Automation

    for one in yaml.safe_load(_file("automations.yaml").read_text(encoding="utf-8")):
        if (message := one.pop("message", None)) is not None:
            if channels is None:
                continue
            one["actions"] = notify.actions(message["subject"], message["text"], channels)
        try:
            existing: Automation | None = await Automation.aread(name=one["name"])
        except ValueError:
            existing = None
        if not one["actions"]:
            if existing is not None:
                await existing.adelete()
            continue
        automation = Automation.model_validate(one)
        if existing is None:
            await automation.acreate()
        else:
            automation.id = existing.id
            await automation.aupdate()
