"""What a store says no with, whichever file is at hand: in words that say what was found, where, and what to do.

Belongs here: which errors are of the store and of no file, and the sentence of each. Does not belong here: who goes on after
one, and how (`flows.watch`, `flows.cli.options`).
"""

import errno
import os

from schemas.forms.address import StoreAddress
from tasks.domain.errors import BucketError

_RIGHTS = "Run this as a user who may read and write there, or give this one the right"
_ADVICE = {
    errno.ENOSPC: "Make room on that disk",
    errno.EDQUOT: "Make room within the quota, or have it raised",
    errno.EROFS: "Mount it so that it may be written, or name another place",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
}


def said_by_disk(problem: OSError, otherwise: object = "") -> str:
    """`store/.lock: Permission denied. Run this as …`; `otherwise` is where, if the error does not say it, as on a full disk.

    An error that is no matter of room or of rights stays as it is.

    >>> said_by_disk(OSError(errno.ENOSPC, "No space left on device"), "store")
    'store: No space left on device. Make room on that disk, then run this again.'
    """
    if problem.errno not in _ADVICE:
        return str(problem)
    where = problem.filename or otherwise
    # Some libraries put the whole of their own message in the place of the system's.
    found = f"{where}: {os.strerror(problem.errno)}" if where else os.strerror(problem.errno)
    return f"{found}. {_ADVICE[problem.errno]}, then run this again."


def of_every_file(problem: Exception, store: StoreAddress) -> str | None:
    """What keeps every other file out of the store too, in a sentence; None where it may be a matter of the one at hand.

    A file that cannot be read, or what is declared beside it, is refused; so an error about rights is about the store.
    """
    if isinstance(problem, BucketError):
        return str(problem)
    if isinstance(problem, OSError) and problem.errno in _ADVICE:
        return said_by_disk(problem, store)
    return None
