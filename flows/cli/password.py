"""The password of the local Prefect server: made once, readable by its owner alone, and never sent to another server.

It lies in `.prefect/password` as one line, `user:password`: what Prefect takes as PREFECT_API_AUTH_STRING, and what its login
page in the browser asks for. A server shows that it has the password before anybody sends it (`proof`): else whoever takes
the port after our server has ended could collect it.
"""

import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from pathlib import Path

USER = "tidewaiter"
FILE = "password"
# Where a server answers with its proof; `nonce` is the text that the asker has made up.
PROOF_PATH = "/tidewaiter/proof"
NONCE_LETTERS_MAX = 64


def private(path: str, flags: int) -> int:
    """Opener for files that the owner alone may read; it follows no link."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def make_folder(home: Path) -> None:
    """The folder of the server: its owner alone may write there or list it. Raises PermissionError where another owns it."""
    home.mkdir(mode=0o711, exist_ok=True)
    found = home.stat()
    if found.st_uid != os.getuid():
        raise PermissionError(
            f"{home} belongs to another user of this machine (user id {found.st_uid}), who could read the password of the "
            "server: run this as that user, or delete the folder"
        )
    home.chmod(stat.S_IMODE(found.st_mode) & 0o711)


def read(home: Path, *, even_if_exposed: bool = False) -> str | None:
    """The line `user:password`; None where none was made.

    Raises PermissionError where others may have read it.
    """
    path = home / FILE
    try:
        with open(path, encoding="ascii", opener=private) as file:
            found = os.fstat(file.fileno())
            mode = stat.S_IMODE(found.st_mode)
            if not even_if_exposed and (found.st_uid != os.getuid() or mode & 0o077):
                raise PermissionError(
                    f"other users of this machine may have read {path} (mode {mode:o}): run `make stop`, delete that file, "
                    "and start the server again, which makes a new password"
                )
            return file.read().strip() or None
    except FileNotFoundError:
        return None


def make(home: Path) -> str:
    """The line `user:password`, made now where there is none. Raises PermissionError."""
    if line := read(home):
        return line
    line = f"{USER}:{secrets.token_urlsafe(24)}"
    # Its mode is 0600 from the first moment, and a reader finds all of it or nothing.
    descriptor, half = tempfile.mkstemp(dir=home, prefix=f"{FILE}.")
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(descriptor)
    os.replace(half, home / FILE)
    return line


def proof(line: str, home: Path, address: str, nonce: str) -> str:
    """What only a server that has the password can answer: for this folder, this address and this question."""
    return hmac.digest(line.encode(), "\n".join((str(home), address, nonce)).encode(), hashlib.sha256).hex()
