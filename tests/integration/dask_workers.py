"""A Dask scheduler and its workers on this machine, of which a test or a torture kills some."""

import os
import subprocess
import sys
from pathlib import Path

from distributed import Client

from benchmarks.servers import free_port

ROOT = Path(__file__).parent.parent.parent
START_SECONDS_MAX = 240


class Workers:
    """A scheduler and its workers, one thread each, all of them processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, list[subprocess.Popen[bytes]]()
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.scheduler = self._start("scheduler", "--port", self.address.rpartition(":")[2])
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.complete()

    def complete(self) -> None:
        """Start the workers that are not there, or not any more."""
        self.workers |= {name: self.add(name) for name in ("one", "two") if name not in self.workers}
        with Client(self.address, timeout=START_SECONDS_MAX, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=START_SECONDS_MAX)

    def add(self, name: str) -> "subprocess.Popen[bytes]":
        options = ("--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--local-directory", str(self.folder / name))
        return self._start("worker", self.address, "--name", name, *options)

    def _start(self, what: str, *options: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--host", "127.0.0.1", "--no-dashboard"]
        with (self.folder / f"{what}.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, *options], cwd=self.folder, stdout=log, stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1"},
            )  # fmt: skip
        self.processes.append(process)
        return process

    def kill(self, name: str) -> None:
        process = self.workers.pop(name)
        process.kill()
        process.wait()

    def close(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()
