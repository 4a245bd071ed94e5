"""Runs `make worker`: a worker for the server that answers. Ctrl-C ends it after the runs that it has begun."""

import os
import sys

from flows.cli import local_server

RUNS_MAX = 4  # two paused runs must not block a release

if __name__ == "__main__":
    try:
        api = local_server.running_server()
    except PermissionError as error:
        sys.exit(str(error))
    if api is None:
        sys.exit("no Prefect server answers. Start one with `make deploy`, or set PREFECT_API_URL.")
    local_server.use(api)
    arguments = [
        "-m",
        "prefect",
        "worker",
        "start",
        "--pool",
        "local-process",
        "--type",
        "process",
        "--limit",
        str(RUNS_MAX),
    ]
    os.execv(sys.executable, [sys.executable, *arguments])
