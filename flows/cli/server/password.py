"""Manages the password of the local Prefect server: created once, readable by its owner alone, and never sent to
another server.

The file `.prefect/password` contains one line, `user:password`: Prefect takes it as PREFECT_API_AUTH_STRING, and its
login page in the browser asks for it.
"""

import os
import secrets
import stat
from pathlib import Path

from tasks.store.files.temporary import write_at_once

USER = "tidewaiter"
FILE = "password"


def private(path: str, flags: int) -> int:
    """Open files that the owner alone may read; follows no link."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def make_folder(home: Path) -> None:
    """Make the folder of the server: its owner alone may write there or list it. Raises PermissionError if another
    user owns it.
    """
    home.mkdir(mode=0o711, exist_ok=True)
    status = home.stat()
    if status.st_uid != os.getuid():
        raise PermissionError(
            f"{home} belongs to another user of this machine (user id {status.st_uid}), who could read the password of"
            " the server: run this as that user, or delete the folder"
        )
    home.chmod(stat.S_IMODE(status.st_mode) & 0o711)


def read(home: Path) -> str | None:
    """Read the line `user:password`; None if there is none.

    Raises PermissionError if others may have read it.
    """
    path = home / FILE
    try:
        with open(path, encoding="ascii", opener=private) as file:
            status = os.fstat(file.fileno())
            mode = stat.S_IMODE(status.st_mode)
            if status.st_uid != os.getuid() or mode & 0o077:
                raise PermissionError(
                    f"other users of this machine may have read {path} (mode {mode:o}): run `tidewaiter stop`, delete"
                    " that file, and start the server again, which makes a new password"
                )
            return file.read().strip() or None
    except FileNotFoundError:
        return None


def make(home: Path) -> str:
    """Return the line `user:password`, created now if there is none. Raises PermissionError."""
    if line := read(home):
        return line
    line = f"{USER}:{secrets.token_urlsafe(24)}"
    write_at_once(home / FILE, f"{line}\n".encode(), mode=0o600)
    return line
