"""Commands as a user types them."""

import contextlib
import shlex
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
