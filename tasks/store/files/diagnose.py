"""Explains errors of a store: each message says what was found, where, and what to do.

Belongs here: which errors concern the store and not a single file, and the message of each. Does not belong here: how a
caller continues after one (`flows.watch`, `flows.cli.frame.options`).
"""

import errno
import os

from schemas.forms.form import StoreAddress
from tasks.domain.errors import BucketError

_RIGHTS = "Run this as a user who may read and write there, or give this one the right"
_ADVICE = {
    errno.ENOSPC: "Make room on that disk",
    errno.EDQUOT: "Make room within the quota, or have it raised",
    errno.EROFS: "Mount it so that it may be written, or name another place",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
}


def disk_problem(problem: OSError, otherwise: object = "") -> str:
    """`store/.lock: Permission denied. Run this as …`; `otherwise` is the place where the error names none.

    A full disk is such an error. Errors of other kinds than space and permissions are returned unchanged.

    >>> disk_problem(OSError(errno.ENOSPC, "No space left on device"), "store")
    'store: No space left on device. Make room on that disk, then run this again.'
    """
    if problem.errno not in _ADVICE:
        return str(problem)
    where = problem.filename or otherwise
    # Some libraries replace the system's message by their own.
    cause = f"{where}: {os.strerror(problem.errno)}" if where else os.strerror(problem.errno)
    return f"{cause}. {_ADVICE[problem.errno]}, then run this again."


def of_every_file(problem: Exception, store: StoreAddress) -> str | None:
    """The error in a sentence if it would stop every other file too, as one about permissions; None where it may
    concern this file alone."""
    if isinstance(problem, BucketError):
        return str(problem)
    if isinstance(problem, OSError) and problem.errno in _ADVICE:
        return disk_problem(problem, store)
    return None
