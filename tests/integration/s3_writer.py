"""A writer of a store in a bucket that is small enough to be started and killed often: each number is a file of its
own.

python s3_writer.py s3://bucket/prefix NUMBER…
"""

import io
import sys

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.store_address import S3Url
from tasks.store.bucket import working_copy
from tasks.store.files.snapshot import open_snapshot
from tasks.store.snapshots.publish import NewFile, Publication, publish


def file_of(number: int) -> NewFile:
    sink = io.BytesIO()
    pq.write_table(pa.table({"number": [number] * 3}), sink)
    return NewFile(
        "metric", f"flow=export/year={2000 + number // 12}/month={number % 12 + 1}", sink.getvalue(), 3, "0" * 64
    )


@working_copy.again_if_outpaced
def add(url: str, number: int) -> Publication:
    """Read, modify, publish: the numbers that are there, and this one."""
    store = working_copy.at_hand(S3Url(url))
    with working_copy.exclusive(store):
        parent = open_snapshot(store)
        new = [file_of(number), file_of(number + 500)]
        named = {file.partition for file in new}
        carried = [entry for entry in (parent.files if parent else ()) if entry.partition not in named]
        numbers = sorted({*(parent.about["numbers"] if parent else ()), number})
        audit = working_copy.announcement(store)
        return publish(store, new, carried=carried, parent=parent, about={"numbers": numbers}, audit=audit)


if __name__ == "__main__":
    for text in sys.argv[2:]:
        add(sys.argv[1], int(text))
