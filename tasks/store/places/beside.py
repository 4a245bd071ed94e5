"""Keeps files of other programs beside the tables of a store, in its folder or below its prefix in a bucket.

A file keeps its bytes for good, so that of two who write it one is the first; a short one that points to another may be
replaced. Belongs here: where such files lie and how they are written. Does not belong here: what is in them. No table
rests on them, and a store is whole without.
"""

import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from schemas.store_address import S3Url
from tasks.store.bucket.s3 import Bucket
from tasks.store.bucket.s3_store import file_key
from tasks.store.files.filesystem import LOCAL
from tasks.store.files.manifest import FileEntry
from tasks.store.files.snapshot import object_name
from tasks.store.files.temporary import write_at_once
from tasks.store.places.reporters import Address
from tasks.store.snapshots.objects import make_directories

# What a URI says in another way than a path.
SIGNS_OF_URI = "#?%"


class Beside:
    """The files beside the tables of a store; names are relative to it."""

    def __init__(self, store: Address) -> None:
        self._bucket = Bucket(store) if isinstance(store, S3Url) else None
        self.folder = None if isinstance(store, S3Url) else store.resolve()
        if self.folder and (signs := {*str(self.folder)} & {*SIGNS_OF_URI}):
            raise ValueError(f"{store}: {' '.join(sorted(signs))} in the path of a store; give the folder another name")
        self.url = str(store) if self._bucket else f"file://{self.folder}"

    def address(self, name: str) -> str:
        """The address of a file for other programs."""
        return f"{self.url}/{name}"

    def name(self, address: str) -> str:
        """The name of a file by its address."""
        return address.removeprefix(f"{self.url}/")

    def address_of(self, entry: FileEntry) -> str:
        """The address of a file of a table, which it keeps in each published state."""
        if self._bucket:
            return self.address(file_key(entry))
        # Equal bytes are one object. The same rows of both directions are two files of a table, and no two files of a
        # table have one address.
        return self.address(("./" if "flow=import" in entry.partition else "") + object_name(entry.sha256))

    def get(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is none, and no bytes where a folder is in its place."""
        if self._bucket:
            return reply[0] if (reply := self._bucket.get(name)) else None
        assert self.folder is not None
        try:
            return (self.folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except IsADirectoryError:
            return b""

    def first(self, name: str, data: bytes) -> bool:
        """Write a file that nobody has written yet; False where another one is there. It is durable then."""
        if self._bucket:
            return self._bucket.first(name, data) == data
        place = self._folder_for(name)
        new = place.with_name(f".{uuid.uuid4().hex}.part")
        try:
            LOCAL.write_file(new, data, 0o644)
            LOCAL.fsync_file(new)
            LOCAL.link(new, place)
            LOCAL.fsync_directory(place.parent)
        except FileExistsError:
            return place.read_bytes() == data
        finally:
            with suppress(FileNotFoundError):
                LOCAL.remove(new)
        return True

    def replace(self, name: str, data: bytes) -> None:
        """Write a file in place of the one that is there. Raises Outpaced where somebody else does so meanwhile."""
        if self._bucket:
            before = self._bucket.get(name)
            self._bucket.swap(name, data, before[1] if before else None)
        else:
            write_at_once(self._folder_for(name), data)

    def delete(self, names: Iterable[str]) -> None:
        """Delete files; those that are gone are no error."""
        if self._bucket:
            self._bucket.delete(names)
            return
        assert self.folder is not None
        for name in names:
            with suppress(FileNotFoundError):
                LOCAL.remove(self.folder / name)

    def names(self, folder: str) -> list[str]:
        """The names of all files below a folder, in order."""
        if self._bucket:
            return [item["path"] for item in self._bucket.list(folder)]
        assert self.folder is not None
        paths = (self.folder / folder).rglob("*")
        return sorted(path.relative_to(self.folder).as_posix() for path in paths if path.is_file())

    def _folder_for(self, name: str) -> Path:
        assert self.folder is not None
        place = self.folder / name
        for directory in make_directories(LOCAL, place.parent):
            LOCAL.fsync_directory(directory.parent)
        return place
