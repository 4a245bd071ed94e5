"""A disk that is soon full."""

import subprocess
from pathlib import Path

import pytest


def mount(disk: Path, kilobytes: int, how: str = "") -> None:
    """Mount a disk in memory, or give it another size; the test is skipped where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"{how}size={kilobytes}k", "tmpfs", str(disk)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no disk may be mounted here: {done.stderr.strip()}")
