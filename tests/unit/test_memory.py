"""Where the C library puts what many threads ask for: a place for all, unless somebody has set it otherwise."""

import ctypes
import os
import subprocess
import sys

import pytest

# Threads that are all there at one time ask the C library for room, and it tells what places it has, in XML.
COUNT_PLACES = """
import ctypes, threading
import tasks
library = ctypes.CDLL(None)
library.malloc.restype, library.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
together = threading.Barrier(6)
def ask():
    together.wait()
    library.malloc(ctypes.c_size_t(50_000))
    together.wait()
threads = [threading.Thread(target=ask) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
library.malloc_info(0, ctypes.c_void_p(library.fopen(b"/dev/stdout", b"w")))
library.fflush(None)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="this C library is not GNU's")
@pytest.mark.parametrize(
    ("set_by_somebody", "places"),
    [
        ({}, 1),
        ({"MALLOC_ARENA_MAX": "3"}, 3),
        ({"GLIBC_TUNABLES": "glibc.malloc.arena_max=3"}, 3),
    ],
)
def test_threads_share_a_place(set_by_somebody: dict[str, str], places: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNT_PLACES], env={**os.environ, **set_by_somebody}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.count("<heap nr=") == places, done.stdout
