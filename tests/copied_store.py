"""A store that several tests begin with is published once, and each that adds to it has a copy."""

import subprocess
from pathlib import Path


def copied(store: Path, folder: Path, name: str | None = None) -> Path:
    """A copy of a store in a folder, in which what was one file under two names is one file again."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", store, folder / (name or store.name)], check=True)
    return folder / (name or store.name)
