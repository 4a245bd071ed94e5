"""Defines the commands of a Prefect server: put the schedules on it, run them, stop it."""

import itertools
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.frame.command import Commands
from flows.cli.frame.options import PortOfServer
from flows.cli.frame.terminal import console, errors, say
from schemas import settings
from schemas.layouts import FLOWS
from tasks.domain.text import counted
from tidewaiter.shadows import refuse_shadows_in

RUNS_MAX = 4  # two paused runs must not block a release
DEFAULTS = """\
# What holds for each file of this folder that says nothing else (docs/releases.md). Uncomment one of these lines:
# partners = "all"     # all partners were asked for: one without a row had no trade
# partners = "listed"  # some were asked for: nothing is known of the others
"""
SQLITE = (
    "this server keeps its runs in SQLite, which takes one writer at a time: with several workers requests wait, and"
    " its log says 'database is locked'. For more than one worker start it on PostgreSQL: tidewaiter stop, then make"
    " server-postgres in a clone, or deployments/compose.yaml (deployments/README.md, A server for a team)"
)
commands = Commands()


@commands.command(epilog="Example: `tidewaiter deploy`, then `tidewaiter worker` in a second terminal")
def deploy(
    file: Annotated[
        Path | None, typer.Option(help="deployments of your own, in Prefect's form; else those of Tidewaiter")
    ] = None,
    show: Annotated[
        bool,
        typer.Option("--show", help="print the deployments of Tidewaiter, to change in a file, and do nothing else"),
    ] = False,
    port: PortOfServer = None,
) -> None:
    """Put the schedules on a Prefect server, started if none answers. They run in the current folder; repeat it at any
    time."""
    from flows import notify
    from flows.cli.server import deployments, local_server

    if show:
        typer.echo(deployments.prefect_file().read_text(encoding="utf-8"), nl=False)
        return
    if file is not None and not file.is_file():
        raise ValueError(f"--file: there is no file {file}; `tidewaiter deploy --show` prints one to begin with")
    refuse_shadows_in(Path.cwd())
    # Unusable addresses are reported before anything is made.
    addresses = notify.addresses()
    api = local_server.ensure_server(port)
    local_server.use(api)
    channels = deployments.deploy_all(file or deployments.prefect_file(), addresses)
    declared = _make_inbox()
    say(
        "deployed; drop files into inbox/<source>/<flow>/ and start a worker with `tidewaiter worker` (in a clone:"
        " `make worker`)"
    )
    say(f"say once in {' and '.join(map(str, declared))} which partners you ask customs for")
    if channels:
        say(f"messages about what is held, overdue, published or failed go out by {' and '.join(channels)}")
    else:
        say(
            f"nobody gets messages: set {settings.SLACK_WEBHOOK}, or {settings.MAIL_TO} and {settings.SMTP}, and deploy"
            " again"
        )
    say(f"the server runs at {local_server.how_to_open(api)}")


def _make_inbox() -> list[Path]:
    """Make the folders of the sources whose files do not say their direction, each with the one declaration that people
    must make. Return where it is made."""
    from tasks.sources.registry import SOURCES

    sources = [source.name for source in SOURCES.values() if "flow" in source.needs]
    for source, flow in itertools.product(sources, FLOWS):
        folder = Path("inbox", source, flow)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "defaults.toml").exists():
            (folder / "defaults.toml").write_text(DEFAULTS, encoding="utf-8")
    return [Path("inbox", source, "<flow>", "defaults.toml") for source in sources]


@commands.command(epilog="Example: `tidewaiter worker --once`")
def worker(
    once: Annotated[bool, typer.Option("--once", help="run what is due now, then end")] = False,
    runs: Annotated[int, typer.Option(help="runs at once", min=1, max=1000)] = RUNS_MAX,
    pool: Annotated[
        str | None, typer.Option(help="work pool whose runs it takes, as in backfill --pool; else the schedules'")
    ] = None,
) -> None:
    """Run what the schedules say, in this folder. Ctrl-C ends it and the runs that it has begun; run those again."""
    from flows.cli.server import deployments, local_server

    refuse_shadows_in(Path.cwd())
    api = local_server.running_server()
    if api is None:
        raise ValueError("no Prefect server answers. Start one with `tidewaiter deploy`, or set PREFECT_API_URL.")
    local_server.use(api)
    # Nobody waits in front of these runs: they outlast a server that is busy for minutes (2, 4, 8 … 256 s between
    # requests; with Prefect's own 5 a file failed after one minute).
    os.environ.setdefault("PREFECT_CLIENT_MAX_RETRIES", "8")
    if local_server.shares_sqlite(api, of_pool=pool is not None):
        say(SQLITE, to=errors)
    local_server.note_worker()
    start = ["worker", "start", "--pool", pool or deployments.POOL, "--type", "process", "--limit", str(runs)]
    sys.stdout.flush()
    # A script that starts this in the background has it ignore Ctrl-C, by which Prefect ends a worker.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-P", "-m", "prefect", *start, *(["--run-once"] if once else [])])


@commands.command(epilog="Example: `tidewaiter stop`")
def stop() -> None:
    """Stop the workers of this folder, if none is at work, and the server that `run` or `deploy` started."""
    from flows.cli.server import local_server

    workers = local_server.stop_workers()
    stopped = local_server.stop_server()
    ended = [*([counted(workers, "worker")] if workers else []), *(["the server"] if stopped else [])]
    console().print(f"stopped {' and '.join(ended)}" if ended else "no server of ours is running")
