"""`make deploy`: a server if none answers, the work pool, the deployments, the automations. As often as one likes.

Run it from the root of the project: the folder it is run from is the folder in which the flows will run.
"""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from flows import server

POOL = "local-process"
TURNS = "in-turn"
ZOMBIES = "tidewaiter-zombies"
# Three heartbeats of the 30 s set in pyproject.toml, and a little.
SILENCE_SECONDS_MAX = int(os.environ.get("TIDEWAITER_SILENCE_SECONDS", "100"))
RUN_STATES = ("heartbeat", "Completed", "Failed", "Cancelled", "Crashed", "Paused", "Suspended")


def main() -> None:
    """Deploy everything and say where."""
    api = server.ensure_server()
    server.use(api)
    if _prefect("work-pool", "inspect", POOL, quiet=True):
        _prefect("work-pool", "create", POOL, "--type", "process")
    if _prefect("work-queue", "inspect", TURNS, "--pool", POOL, quiet=True):
        _prefect("work-queue", "create", TURNS, "--pool", POOL, "--limit", "1")
    if _prefect("--no-prompt", "deploy", "--prefect-file", str(Path(__file__).with_name("prefect.yaml")), "--all"):
        sys.exit("the deployments were not taken; see above")
    _ensure_zombie_automation()
    for folder in ("export", "import"):
        Path("inbox", "gacc_query", folder).mkdir(parents=True, exist_ok=True)
    sys.stdout.write(
        f"deployed to {api.removesuffix('/api')}; drop files into inbox/<source>/<flow>/ and start a worker with `make worker`\n"
    )


def _prefect(*arguments: str, quiet: bool = False) -> int:
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.run(
        [sys.executable, "-m", "prefect", *arguments], stdout=sink, stderr=sink, env=os.environ, check=False
    ).returncode


def _ensure_zombie_automation() -> None:
    """A run that no longer gives a sign of life is crashed: else a killed script would be Running for ever."""
    from prefect.automations import Automation
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import EventTrigger, Posture

    try:
        Automation.read(name=ZOMBIES)
    except ValueError:
        # A run that waits for a person beats no heart: Paused ends the wait for the next beat, and resuming begins it anew.
        Automation(
            name=ZOMBIES,
            description="A flow run without a heartbeat has crashed.",
            trigger=EventTrigger(
                after={"prefect.flow-run.heartbeat"}, expect={f"prefect.flow-run.{state}" for state in RUN_STATES},
                match={"prefect.resource.id": ["prefect.flow-run.*"]}, for_each={"prefect.resource.id"},
                posture=Posture.Proactive, threshold=1, within=timedelta(seconds=SILENCE_SECONDS_MAX),
            ),
            actions=[ChangeFlowRunState(state=StateType.CRASHED, message=f"no sign of life for {SILENCE_SECONDS_MAX} s")],
        ).create()  # fmt: skip


if __name__ == "__main__":
    main()
