"""The form of a manifest, which names all files of a snapshot.

    store/.snapshots/<id>/manifest.json    <id> is <sequence>-<12 hex of sha256(manifest.json)>

Equal content gives equal bytes, in whatever order it came. Belongs here: bytes to entries and back. Does not belong
here: where a manifest is read or written.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.domain.errors import BrokenStore

FORMAT_VERSION = 3


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
class Manifest:
    """A manifest as content."""

    about: dict[str, Any]
    parent: str | None
    sequence: int
    files: tuple[FileEntry, ...]
    guides: tuple[FileEntry, ...] = ()


def other_version(where: object, problem: str, store: object = "OLD") -> str:
    """The sentence that refuses what another version wrote at `where`, in `store`, and says what to do."""
    return (
        f"{where}: {problem}; another version of Tidewaiter wrote it. Carry the store over with"
        f" tidewaiter upgrade {store} NEW, which leaves it as it is, or install the version that last published there."
    )


def encode(
    sequence: int,
    parent: str | None,
    about: Mapping[str, Any],
    files: Iterable[FileEntry],
    guides: Sequence[FileEntry] = (),
) -> bytes:
    """Canonical bytes, a file a line: equal content gives equal bytes, hence an equal id."""
    beside = f'"guides":[\n{_lines(guides)}\n],\n' if guides else ""
    text = (
        f'{{"about":{_canonical(dict(about))},\n"files":[\n{_lines(files)}\n],\n"format":{FORMAT_VERSION},'
        f'{beside}"parent":{_canonical(parent)},"sequence":{sequence}}}\n'
    )
    return text.encode()


def _lines(files: Iterable[FileEntry]) -> str:
    return ",\n".join(_canonical(vars(entry)) for entry in sorted(files, key=lambda entry: entry.path))


def decode(data: bytes, where: str) -> Manifest:
    """The content of a manifest whose bytes at `where` were verified. Raises BrokenStore where another version wrote
    it."""
    content = json.loads(data)
    if content.get("format") != FORMAT_VERSION:
        problem = f"format {content.get('format')}, and this version reads {FORMAT_VERSION}"
        raise BrokenStore(other_version(where, problem))
    try:
        # Not every state has guides.
        files, guides = (
            tuple(FileEntry(**line) for line in lines) for lines in (content["files"], content.get("guides", ()))
        )
        return Manifest(content["about"], content["parent"], content["sequence"], files, guides)
    except (KeyError, TypeError):
        raise BrokenStore(other_version(where, "it has other fields than this version knows")) from None


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
