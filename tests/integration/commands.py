"""Commands as a user types them."""

import contextlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.frame import terminal

STORE = Path("store", "reporter=CHN")
SPOKEN = {"COLUMNS": "200", "TIDEWAITER_STORE": "store", "NO_COLOR": "1"}


class Said(NamedTuple):
    code: int
    out: str
    err: str


def said(command: str, cwd: Path) -> Said:
    """The same where a process of its own would show no more: one takes three seconds to start."""
    with contextlib.chdir(cwd), pytest.MonkeyPatch.context() as patch:
        for console in (terminal.console(), terminal.errors()):
            patch.setattr(console, "_width", 200)
        for name, value in SPOKEN.items():
            patch.setenv(name, value)
        done = CliRunner().invoke(app, shlex.split(command), catch_exceptions=False)
    return Said(done.exit_code, done.stdout, done.stderr)


# Commands come as lines, and what each says goes back as one.
PROGRAM = """
import json, sys
from typer.testing import CliRunner
from flows.cli.app import app
for line in sys.stdin:
    done = CliRunner().invoke(app, json.loads(line))
    print(json.dumps([done.exit_code, done.stdout, done.stderr]), flush=True)
"""


@contextlib.contextmanager
def commands_with(environment: Mapping[str, str], cwd: Path) -> Iterator[Callable[..., Said]]:
    """Runs commands in a process of their own, which reads the code tables and sources of its environment once."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=cwd, env=os.environ | environment, text=True, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None

        def run(*words: str) -> Said:
            print(json.dumps(words), file=process.stdin, flush=True)
            return Said(*json.loads(process.stdout.readline()))  # type: ignore[union-attr]

        yield run
        process.stdin.close()
