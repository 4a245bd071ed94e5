"""Compiled loops are kept for the code that they were made from, and for no other.

Numba looks at the file of a loop alone, at its size and its day. But a loop holds what it calls in other files, and constants of
others still, so that after a change loops of both kinds would go on side by side, and the lineage would name the new code.
Here they lie in a folder that bears the hash of all this code. Of earlier code the newest few are left.
"""

import hashlib
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from tasks.imports import ROOT, modules_behind

FOLDER, DIGITS = "NUMBA_CACHE_DIR", 16
USES = "import numba"
KEPT = 3


def set_up() -> None:
    """To be called before Numba is loaded. A folder that somebody has set stands."""
    ours = _home()
    said = os.environ.get(FOLDER)
    # From a process that started this one, of another version perhaps.
    if said and Path(said).parent.name != ours.name:
        return
    loops = ours / code_of_loops()
    if not loops.is_dir():
        _forget_old(ours)
    os.environ[FOLDER] = str(loops)
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


def _forget_old(home: Path) -> None:
    """A process that still has such code makes its loops anew when it needs them; another may be removing the same."""
    with suppress(OSError):
        for old in sorted(home.iterdir(), key=lambda folder: folder.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)


def _home() -> Path:
    beside = ROOT / "tasks" / "__pycache__"
    if os.access(beside if beside.is_dir() else beside.parent, os.W_OK):
        return beside / "tidewaiter-loops"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tidewaiter-loops"
