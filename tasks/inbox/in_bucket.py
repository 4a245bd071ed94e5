"""Fetches files that lie in a bucket into a folder of this machine, for as long as they are read.

A bucket has the same files under the same names as a folder: downloads, their sidecars, and `defaults.toml` above them.
What is declared is fetched first and says whose figures a file has, so a machine fetches the files that it ingests and
no others, except those of which only their content names the reporter.

Belongs here: which objects are fetched, and where they lie meanwhile. Does not belong here: requests to the bucket
(`tasks.store.bucket.s3`), what becomes of a file (`inbox`).
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from schemas.store_address import S3Url
from tasks.domain.errors import Refused
from tasks.ingest.declaration import FOLDERS_UP
from tasks.store.bucket.s3 import Bucket
from tasks.store.files.temporary import temporary_folder

DECLARATION = ".toml"


@contextmanager
def fetched(inbox: Path | S3Url, is_needed: Callable[[Path], bool]) -> Iterator[Path]:
    """Yield `inbox` itself, or for one in a bucket a folder that has each of its files while the context is open.

    `is_needed` is called with the path of each file beside its declarations, as long as the file is empty; one for
    which it returns False stays without content, in its size. Raises Refused where the bucket has no such files,
    BucketError where it does not answer.
    """
    if isinstance(inbox, Path):
        yield inbox
        return
    # What a killed run has left here is deleted.
    with temporary_folder(Path(tempfile.gettempdir()), "tidewaiter-inbox-") as aside:
        # As deep as `locate` searches upwards, so that no defaults.toml among the temporary files applies.
        folder = Path(aside, *["inbox"] * FOLDERS_UP, inbox.bucket, *filter(None, inbox.prefix.split("/")))
        _fetch(Bucket(inbox), folder, is_needed)
        yield folder


def _fetch(bucket: Bucket, folder: Path, is_needed: Callable[[Path], bool]) -> None:
    metas = _files(bucket)
    if not metas:
        raise Refused(
            "no inbox",
            where=str(bucket.url),
            found="no object lies below this address",
            advice="Put the files there with the program of your bucket, or give another address.",
        )
    places = {key: folder.joinpath(*PurePosixPath(key).parts) for key in metas}
    for key, place in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(_content(bucket, key) if key.endswith(DECLARATION) else b"")
    for key, place in places.items():
        if not key.endswith(DECLARATION):
            if is_needed(place):
                place.write_bytes(_content(bucket, key))
            else:
                os.truncate(place, metas[key]["size"])
        # Files without a day of release go in by the time at which they were put there.
        moment = metas[key]["last_modified"].timestamp()
        os.utime(place, (moment, moment))


def _files(bucket: Bucket) -> dict[str, Any]:
    """The objects that are files, by key. Raises Refused for a key that is no path below the address."""
    metas = {meta["path"]: meta for meta in bucket.list("")}
    for key in metas:
        if {"", ".", ".."} & {*key.split("/")}:
            raise Refused(
                "no path",
                where=f"{bucket.url}/{key}",
                found="the name of the object is no path of a file",
                advice="Put it there under another name.",
            )
    # Consoles mark a folder by an empty object of its name.
    folders = {str(parent) for key in metas for parent in PurePosixPath(key).parents}
    return {key: meta for key, meta in metas.items() if key not in folders or meta["size"]}


def _content(bucket: Bucket, key: str) -> bytes:
    """The bytes of an object. Raises Refused for one that was removed since it was listed."""
    stored = bucket.get(key)
    if stored is None:
        raise Refused("no file", f"{bucket.url}/{key}", "it was listed, and is gone", "Run this again.")
    return stored[0]
