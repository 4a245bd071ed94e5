"""Memory that is free goes back to the machine: a process keeps what it holds, not what it once held.

Polars has an allocator of its own, which reads how soon to give back from the environment when it is loaded; arrays are in
the C library's, which is asked.
"""

import ctypes
import os

# Milliseconds after which Polars' allocator gives back what is free. It has two arenas and none for what is large, because what is
# free in one is of no use to another.
_ALLOCATOR, _SOON = "_RJEM_MALLOC_CONF", "narenas:2,oversize_threshold:0,dirty_decay_ms:500,muzzy_decay_ms:0"

# What is asked of the C library: the name of each choice in its two environment variables, its number for mallopt, our choice.
# From so many bytes on an array gets room of its own, which goes back when it is let go; left to itself the library learns from
# each array that was let go to keep room for the next one. And one place for all that is smaller, where each thread would get one
# of its own, between which nothing is shared: of 1,165 MiB in such places 908 were free, of 343 in one 125, in the same time.
_CHOICES = (("mmap_threshold", "MALLOC_MMAP_THRESHOLD_", -3, 2**22), ("arena_max", "MALLOC_ARENA_MAX", -8, 1))


def set_up() -> None:
    """To be called before Polars is loaded. What somebody has set stands."""
    os.environ.setdefault(_ALLOCATOR, _SOON)
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    for tunable, variable, option, choice in _CHOICES:
        is_set = variable in os.environ or tunable in os.environ.get("GLIBC_TUNABLES", "")
        if choose is not None and not is_set:
            choose(option, choice)


def give_back() -> None:
    """Give back what nobody uses; where the C library knows no way, nothing happens."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
