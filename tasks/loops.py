"""Compiled loops are kept for the code that they were made from, and for no other.

Numba looks at the file of a loop alone, at its size and its day. But a loop holds what it calls in other files, and constants of
others still, so that after a change loops of both kinds would go on side by side, and the lineage would name the new code.
Here they lie in a folder that bears the hash of all this code.
"""

import hashlib
import os
import sys
from pathlib import Path

from tasks.imports import ROOT, modules_behind

FOLDER, DIGITS = "NUMBA_CACHE_DIR", 16
USES = "import numba"


def set_up() -> None:
    """To be called before Numba is loaded. A folder that somebody has set stands."""
    ours = _home()
    said = os.environ.get(FOLDER)
    # From a process that started this one, of another version perhaps.
    if said and Path(said).parent.name != ours.name:
        return
    os.environ[FOLDER] = str(ours / code_of_loops())
    if (numba := sys.modules.get("numba")) is not None:
        numba.config.CACHE_DIR = os.environ[FOLDER]


def code_of_loops() -> str:
    """Hash of all modules that have loops, and of those that they rest on."""
    files: dict[str, Path] = {}
    for file in sorted((ROOT / "tasks").glob("*.py")):
        if USES in file.read_text(encoding="utf-8"):
            files |= modules_behind(f"tasks.{file.stem}")
    told = hashlib.sha256()
    for name, file in sorted(files.items()):
        told.update(f"{name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return told.hexdigest()[:DIGITS]


def _home() -> Path:
    beside = ROOT / "tasks" / "__pycache__"
    if os.access(beside if beside.is_dir() else beside.parent, os.W_OK):
        return beside / "tidewaiter-loops"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tidewaiter-loops"
