"""What a process that does pieces does first, before it imports a library: its environment, and its end.

Belongs here: what must be so before Polars is loaded. Nothing but the standard library is imported here.
"""

import os
import signal
import threading
from collections.abc import Mapping
from multiprocessing import connection, parent_process


def begin(environment: Mapping[str, str]) -> None:
    """Set the environment, leave an interrupt to the process that drives, and end when that has ended, however it
    ended."""
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None, "a child has a parent"
    connection.wait([parent.sentinel])
    os._exit(1)
