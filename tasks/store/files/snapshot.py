"""Opens and lists published snapshots: one release as one list of files.

Belongs here: the pointer, opening and listing. Nothing here changes a store. Does not belong here: the form of a
manifest (`manifest`), whether the files still match it (`verify`), what the tables mean; a snapshot knows paths,
hashes, bytes and rows.

A reader resolves the pointer once, through `open_snapshot`, and reads the paths of that snapshot for as long as it
likes: a published path never gets other bytes.

    store/current/<table> -> ../.current/_<table>                the address for readers, in a folder that stays
    store/.current -> .snapshots/<id>                            the only thing that moves
    store/.snapshots/<id>/manifest.json                          names its files
    store/.snapshots/<id>/README.md, datapackage.json, croissant.json   guides to them, hard links as well
    store/.snapshots/<id>/_<table>/<partition>/<sha16>.parquet   hard link to
    store/.objects/<ab>/<sha256>.parquet                         never changed

<id> is <sequence>-<12 hex of sha256(manifest.json)>.

The `**` of Polars and DuckDB enters hidden folders and follows links. So no folder of a snapshot has the name of a
table: a wildcard that names one finds it below `current` alone, and no figure twice.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.domain.errors import BrokenStore, UnknownSnapshot
from tasks.domain.text import counted
from tasks.store.files import manifest
from tasks.store.files.manifest import FileEntry

_ID = re.compile(r"(\d{6,})-[0-9a-f]{12}")
POINTER, SNAPSHOTS, OBJECTS = ".current", ".snapshots", ".objects"
# The folder of links for readers, and what stands before the name of a table in the folder of a snapshot.
READERS, TABLE_PREFIX = "current", "_"
COPY_AGAIN = "copy the whole folder again with rsync -aH or cp -a"
REPAIR = "restore it from a copy, or point `.current` to the snapshot before and publish the same releases again"


@dataclass(frozen=True)
class Snapshot:
    """One published release: immutable, complete, in the order of `sequence`."""

    store: Path
    id: str
    sequence: int
    parent: str | None
    about: dict[str, Any]
    files: tuple[FileEntry, ...]
    guides: tuple[FileEntry, ...] = ()

    @property
    def every(self) -> tuple[FileEntry, ...]:
        """The files of tables, and the guides, which describe them and are no tables."""
        return (*self.files, *self.guides)

    @property
    def path(self) -> Path:
        """The folder of this snapshot, with the pointer resolved."""
        return self.store / SNAPSHOTS / self.id

    def entries(self, table: str, flow: str | None = None) -> tuple[FileEntry, ...]:
        """Files of one table, of one flow where asked, ordered by path."""
        return tuple(
            entry
            for entry in self.files
            if entry.table == table and (flow is None or f"flow={flow}" in entry.partition.split("/"))
        )

    def paths(self, table: str, flow: str | None = None) -> list[Path]:
        """Paths of the files of `entries`."""
        return self.opened(self.entries(table, flow))

    def opened(self, entries: Iterable[FileEntry]) -> list[Path]:
        """Paths of files of this snapshot, for reading now."""
        return [Path(self.located(entry)) for entry in entries]

    def located(self, entry: FileEntry) -> str:
        """The place of a file, as text: an audit asks for thousands."""
        return f"{self.store}/{SNAPSHOTS}/{self.id}/{entry.path}"


def object_path(store: Path, sha256: str) -> Path:
    """Path of the object with that hash."""
    return store / object_name(sha256)


def object_name(sha256: str) -> str:
    """The same, relative to the store."""
    return f"{OBJECTS}/{sha256[:2]}/{sha256}.parquet"


def table_link(table: str) -> str:
    """Target of the link `current/<table>`."""
    return f"../{POINTER}/{TABLE_PREFIX}{table}"


def manifest_id(sequence: int, data: bytes) -> str:
    """The id of the snapshot with these canonical bytes for its manifest."""
    return f"{sequence:06d}-{hashlib.sha256(data).hexdigest()[:12]}"


def current_id(store: Path) -> str | None:
    """The snapshot id in the pointer, None where nothing was published yet."""
    pointer = store / POINTER
    try:
        text = os.readlink(pointer)
    except FileNotFoundError:
        lost = [name for name in snapshot_ids(store) if sequence_of(name) > 1]
        if lost:
            raise BrokenStore(
                f"{pointer}: the pointer is missing next to {counted(len(lost), 'later snapshot')}. "
                f"Restore it with: ln -s {SNAPSHOTS}/{lost[-1]} {pointer}"
            ) from None
        _refuse_other_layout(store)
        return None
    except NotADirectoryError as error:
        raise BrokenStore(
            f"{store}: a file; a store is a folder. Give the folder that holds raw/ and current/."
        ) from error
    except PermissionError:
        # The error concerns the caller's permissions and not the store.
        raise
    except OSError as error:
        raise BrokenStore(
            f"{pointer}: not a symbolic link ({error.strerror}). The store was probably copied by a tool that follows "
            f"links; {COPY_AGAIN}."
        ) from error
    folder, _, name = text.partition("/")
    if folder != SNAPSHOTS or not is_snapshot_id(name):
        raise BrokenStore(
            f"{pointer}: points to {text!r}, not to {SNAPSHOTS}/<id>. Point it to one of {snapshot_ids(store)}."
        )
    return name


def _refuse_other_layout(store: Path) -> None:
    """Raise BrokenStore where a folder without a pointer has figures that this version does not find."""
    readers = store / READERS
    if readers.is_symlink():
        raise BrokenStore(manifest.other_version(store, f"{READERS} is a link, as before 0.3", store))
    if readers.is_dir() and not (store / SNAPSHOTS).is_dir():
        raise BrokenStore(
            f"{store}: {READERS}/ is here, {SNAPSHOTS}/ is not: the store was copied without its hidden names;"
            f" {COPY_AGAIN}."
        )


def snapshot_ids(store: Path) -> list[str]:
    """Names of all snapshot folders by sequence, published or left by a run that died before it moved the pointer."""
    folder = store / SNAPSHOTS
    names = os.listdir(folder) if folder.is_dir() else []
    return sorted((name for name in names if is_snapshot_id(name)), key=lambda name: (sequence_of(name), name))


def open_snapshot(store: Path, snapshot_id: str | None = None) -> Snapshot | None:
    """The snapshot of that id, or the current one; None where nothing was published yet. The pointer is read once, so
    the result is one release however long reading takes. Raises what `load_snapshot` raises.
    """
    wanted = current_id(store) if snapshot_id is None else snapshot_id
    return None if wanted is None else load_snapshot(store, wanted)


def load_snapshot(store: Path, wanted: str) -> Snapshot:
    """The snapshot of that id. Raises UnknownSnapshot, or BrokenStore where the manifest's hash differs from its id."""
    path = store / SNAPSHOTS / wanted / "manifest.json"
    if not is_snapshot_id(wanted) or not path.parent.is_dir():
        known = ", ".join(snapshot_ids(store)) or "none"
        raise UnknownSnapshot(f"{store}: no snapshot {wanted!r}. Ask for one that exists: {known}.")
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BrokenStore(f"{path}: the manifest is missing. Remedy: {REPAIR}.") from None
    return parse_manifest(store, wanted, data, str(path))


def history(newest: Snapshot, names: Iterable[str], load: Callable[[str], Snapshot]) -> list[Snapshot]:
    """The ancestors of `newest`, oldest first, as far as they are among `names`; itself last."""
    known, chain = set(names), [newest]
    while chain[-1].parent in known:
        chain.append(load(str(chain[-1].parent)))
    return chain[::-1]


def parse_manifest(store: Path, wanted: str, data: bytes, where: str) -> Snapshot:
    """The snapshot `wanted` from the bytes of its manifest at `where`. Raises BrokenStore where its name has another
    hash."""
    if not is_snapshot_id(wanted) or manifest_id(sequence_of(wanted), data) != wanted:
        digest = hashlib.sha256(data).hexdigest()[:12]
        raise BrokenStore(f"{where}: the manifest hashes to {digest}, its id is {wanted}. Remedy: {REPAIR}.")
    content = manifest.decode(data, where)
    if content.sequence != sequence_of(wanted):
        raise BrokenStore(
            f"{where}: sequence {content.sequence} in a folder named {wanted}. Give the folder its name back."
        )
    return Snapshot(store, wanted, content.sequence, content.parent, content.about, content.files, content.guides)


def is_snapshot_id(name: str) -> bool:
    """Whether a name has the form of a snapshot id."""
    return _ID.fullmatch(name) is not None


def sequence_of(name: str) -> int:
    """The sequence number of a snapshot, from its id."""
    return int(name.partition("-")[0])
