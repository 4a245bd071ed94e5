"""Serialises the results of a worker compactly: they are mostly frames, and compressed frames take a quarter of the
bytes.

A month of the full cube is hundreds of megabytes of figures, and the process that collects them has one connection to
all workers. Compressing and decompressing also takes less time on both sides than sending them uncompressed.
"""

import io
import pickle
from typing import Any

import polars as pl


def packed(thing: Any) -> bytes:
    """Serialise anything that can be pickled, its frames compressed wherever they are in it."""
    sink = io.BytesIO()
    _Packer(sink, pickle.HIGHEST_PROTOCOL).dump(thing)
    return sink.getvalue()


def unpacked(parcel: bytes) -> Any:
    """Deserialise what `packed` returned."""
    return pickle.loads(parcel)


class _Packer(pickle.Pickler):
    def reducer_override(self, thing: Any) -> Any:
        if not isinstance(thing, pl.DataFrame):
            return NotImplemented
        sink = io.BytesIO()
        thing.write_ipc(sink, compression="lz4")
        return pl.read_ipc, (sink.getvalue(),)
