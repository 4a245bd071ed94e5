"""The form of a manifest: a root that names parts, and parts that name files.

    store/.snapshots/<id>/manifest.json    the root; <id> is <sequence>-<12 hex of sha256(root)>
    store/manifests/<sha256>.json         a part: the files of one flow and year, or some of those without a year

A part is named by its hash and never changed, so a publication writes the root and the parts of the years it touches.
Which files make a part follows from the files alone: equal content gives equal bytes, in whatever order it came. Belongs
here: bytes to entries and back. Does not belong here: where parts are read or written.
"""

import functools
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tasks.domain.errors import BrokenStore

FORMAT_VERSION = 2
# More files without a year are divided by the bits of their hash, so that a release writes a few of them again, not all.
PART_FILES_MAX = 32
HASH_BITS = 256
# Parts that a process keeps decoded and encoded: those of one large store.
PARTS_KEPT = 512
FILL_AGAIN = "fill another store from the files that this one keeps: tidewaiter backfill STORE/raw --store NEW"
OTHER_VERSION = f"Install the version of Tidewaiter that last published here, or {FILL_AGAIN}."


@dataclass(frozen=True)
class FileEntry:
    """One file of a snapshot; `path` is relative to the snapshot."""

    table: str
    partition: str
    path: str
    sha256: str
    bytes: int
    rows: int
    schema_sha256: str


@dataclass(frozen=True)
class Encoded:
    """A manifest as bytes: the root, and every part by its SHA-256."""

    root: bytes
    parts: Mapping[str, bytes]


@dataclass(frozen=True)
class Decoded:
    """A manifest as content; `parts` has the SHA-256 of each."""

    about: dict[str, Any]
    parent: str | None
    sequence: int
    files: tuple[FileEntry, ...]
    parts: tuple[str, ...]


# The bytes of the parts with these names, in their order.
Parts = Callable[[Sequence[str]], Iterable[bytes]]

ENTRY = {field.name for field in fields(FileEntry)}
_PART = {"bytes", "files", "partition", "sha256"}
_ROOT = {"about", "format", "parent", "parts", "sequence"}


def part_path(store: Path, name: str) -> Path:
    """Path of the part with that SHA-256."""
    return store / "manifests" / f"{name}.json"


def encode(sequence: int, parent: str | None, about: Mapping[str, Any], files: Iterable[FileEntry]) -> Encoded:
    """Canonical bytes: equal content gives equal bytes, hence an equal id."""
    parts: dict[str, bytes] = {}
    lines: list[str] = []
    for partition, entries in _divided(files):
        name, data = _encoded_part(entries)
        parts[name] = data
        lines.append(_canonical({"bytes": len(data), "files": len(entries), "partition": partition, "sha256": name}))
    listed = ",\n".join(lines)
    root = (
        f'{{"about":{_canonical(dict(about))},\n"format":{FORMAT_VERSION},"parent":{_canonical(parent)},\n'
        f'"parts":[\n{listed}\n],\n"sequence":{sequence}}}\n'
    )
    return Encoded(root.encode(), parts)


def decode(root: bytes, where: str, parts: Parts) -> Decoded:
    """The content of a manifest whose root at `where` was verified. Raises BrokenStore where it or a part is another's."""
    content = json.loads(root)
    refuse_format(content, where)
    _refuse_fields(content, _ROOT, where)
    for line in content["parts"]:
        _refuse_fields(line, _PART, where)
    names = tuple(line["sha256"] for line in content["parts"])
    found = [decode_part(name, data) for name, data in zip(names, parts(names), strict=True)]
    files = tuple(sorted(itertools.chain.from_iterable(found), key=lambda entry: entry.path))
    return Decoded(content["about"], content["parent"], content["sequence"], files, names)


def part_names(root: bytes) -> list[str]:
    """The SHA-256 of each part that a root names, without a check of the root."""
    return [line["sha256"] for line in json.loads(root).get("parts", ())]


def decode_part(name: str, data: bytes) -> tuple[FileEntry, ...]:
    """The files of a part. Raises BrokenStore where its bytes do not hash to its name."""
    found = hashlib.sha256(data).hexdigest()
    if found != name:
        raise BrokenPart(name, f"hashes to {found}")
    return _decoded_part(data)


class BrokenPart(BrokenStore):
    """A part of a manifest is missing or has other bytes; every snapshot that names it needs it."""

    def __init__(self, name: str, found: str) -> None:
        super().__init__(
            f"manifests/{name}.json: this part of a manifest {found}. Remedy: restore it from a copy of the store."
        )
        self.name, self.found = name, found


def refuse_format(content: Mapping[str, Any], where: str) -> None:
    """Raise BrokenStore where the manifest at `where` has a format that this version does not read."""
    if content.get("format") != FORMAT_VERSION:
        raise BrokenStore(
            f"{where}: format {content.get('format')}; this version reads {FORMAT_VERSION}. {OTHER_VERSION}"
        )


def _divided(files: Iterable[FileEntry]) -> Iterator[tuple[str, tuple[FileEntry, ...]]]:
    """The files of each part, in the order of their paths, with the flow and year that they are of."""
    by_year: dict[str, list[FileEntry]] = {}
    for entry in sorted(files, key=lambda entry: entry.path):
        by_year.setdefault(_year_of(entry.partition), []).append(entry)
    for partition in sorted(by_year):
        if partition:
            yield partition, tuple(by_year[partition])
        else:
            yield from (("", tuple(entries)) for entries in _by_hash(by_year[""], 0))


def _by_hash(entries: list[FileEntry], bit: int) -> Iterator[list[FileEntry]]:
    """Files in groups of at most PART_FILES_MAX, by as many bits of their hash as that takes."""
    if len(entries) <= PART_FILES_MAX or bit == HASH_BITS:
        yield entries
        return
    groups: tuple[list[FileEntry], list[FileEntry]] = ([], [])
    for entry in entries:
        groups[int(entry.sha256, 16) >> (HASH_BITS - 1 - bit) & 1].append(entry)
    for group in filter(None, groups):
        yield from _by_hash(group, bit + 1)


@functools.lru_cache(maxsize=10_000)
def _year_of(partition: str) -> str:
    """`flow=export/year=2025` of `flow=export/year=2025/month=6`; '' where no year is named."""
    above, year, rest = partition.rpartition("year=")
    if not year or (above and not above.endswith("/")):
        return ""
    return f"{above}{year}{rest.partition('/')[0]}"


@functools.lru_cache(maxsize=PARTS_KEPT)
def _encoded_part(entries: tuple[FileEntry, ...]) -> tuple[str, bytes]:
    """The name of a part and its bytes, one file a line."""
    lines = ",\n".join(_canonical(vars(entry)) for entry in entries)
    data = f'{{"files":[\n{lines}\n]}}\n'.encode()
    return hashlib.sha256(data).hexdigest(), data


@functools.lru_cache(maxsize=PARTS_KEPT)
def _decoded_part(data: bytes) -> tuple[FileEntry, ...]:
    where = f"manifests/{hashlib.sha256(data).hexdigest()}.json"
    content = json.loads(data)
    _refuse_fields(content, {"files"}, where)
    return _entries(content["files"], where)


def _entries(listed: Iterable[dict[str, Any]], where: str) -> tuple[FileEntry, ...]:
    found = []
    for line in listed:
        _refuse_fields(line, ENTRY, where)
        found.append(FileEntry(**line))
    return tuple(found)


def _refuse_fields(found: Mapping[str, Any], expected: set[str], where: str) -> None:
    if found.keys() != expected:
        raise BrokenStore(
            f"{where}: it has other fields than this version of Tidewaiter knows, so another one wrote it. {OTHER_VERSION}"
        )


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
