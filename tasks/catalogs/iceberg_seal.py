"""Seals the metadata of an Iceberg table, so that damage is seen: each version has the hash of its own bytes, and each
snapshot that of every list of files that it needs.

Other programs read such metadata as if there were no seal. Belongs here: the seal, and what breaks it; pyiceberg is not
needed. Does not belong here: what is in the metadata (`iceberg_table`), and that damaged ones are made again
(`iceberg`).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping

from tasks.store.files.verify import FileProblem
from tasks.store.places.beside import Beside

FOLDER = "iceberg"
# The property of a version with its hash, computed with zeros in its place, and that of a snapshot with its lists.
SEAL, LISTS = "tidewaiter.sha256", "tidewaiter.lists"
NO_SEAL = "0" * 64
DIGEST_LETTERS = 16
SEALED = re.compile(rb'"tidewaiter\.sha256"\s*:\s*"([0-9a-f]{64})"')
VERSION = re.compile(r"v([0-9]{1,9})\.metadata\.json")
HINT = "version-hint.text"
AGAIN = "tidewaiter catalog iceberg makes it again from the store, and so does the next release"


def sealed(data: bytes) -> bytes:
    """The bytes of a version with their hash in the place of NO_SEAL."""
    digest = hashlib.sha256(data).hexdigest().encode()
    return SEALED.sub(lambda seal: seal[0].replace(NO_SEAL.encode(), digest), data, count=1)


def is_sealed(data: bytes) -> bool:
    """Whether these are the bytes that were sealed."""
    seal = SEALED.search(data)
    if seal is None:
        return False
    plain = data[: seal.start(1)] + NO_SEAL.encode() + data[seal.end(1) :]
    return hashlib.sha256(plain).hexdigest().encode() == seal[1]


def digest_of(data: bytes) -> str:
    """What stands for the bytes of a list in the property of a snapshot."""
    return hashlib.sha256(data).hexdigest()[:DIGEST_LETTERS]


def as_property(digests: Mapping[str, str]) -> str:
    """Lists and their digests as the property of a snapshot.

    >>> digests_in(as_property({"snap-1.avro": "0a", "1-m0.avro": "ff"}))
    {'1-m0.avro': 'ff', 'snap-1.avro': '0a'}
    """
    return " ".join(f"{name}:{digest}" for name, digest in sorted(digests.items()))


def digests_in(text: str) -> dict[str, str]:
    """The digest of each list, by its name in the folder of metadata."""
    return dict(part.split(":") for part in text.split())


def newest(names: Iterable[str]) -> int:
    """The number of the newest version among files; 0 where there is none."""
    return max(
        (int(version[1]) for name in names if (version := VERSION.fullmatch(name.rpartition("/")[2]))), default=0
    )


def damage(beside: Beside, table: str, *, thorough: bool = True) -> Iterator[FileProblem]:
    """What is wrong with the newest metadata of a table. Those that came with a copy of the store name another place,
    and are not looked at.

    In a bucket lists are read where the look is `thorough`; otherwise they must be there.
    """
    folder = f"{FOLDER}/{table}/metadata"
    names = {*beside.names(f"{folder}/")}
    number = newest(names)
    place = f"{folder}/v{number}.metadata.json"
    data = beside.get(place) if number else None
    if data is None or not is_sealed(data):
        bytes_there = "no such file" if data is None else f"{len(data):,} bytes that are not those that were written"
        yield FileProblem(place, bytes_there, "the newest metadata of the table", AGAIN)
        return
    metadata = json.loads(data)
    if metadata["location"] != beside.address(f"{FOLDER}/{table}"):
        return
    lists: dict[str, str] = {}
    for snapshot in metadata.get("snapshots", ()):
        lists |= digests_in(snapshot["summary"][LISTS])
    for name, digest in sorted(lists.items()):
        where = f"{folder}/{name}"
        if where not in names:
            yield FileProblem(where, "no such file", "a list of files of the table", AGAIN)
        elif (thorough or beside.folder) and digest_of(beside.get(where) or b"") != digest:
            yield FileProblem(where, "other bytes than were written", "a list of files of the table", AGAIN)


def damage_of_store(beside: Beside, expected: Iterable[str]) -> Iterator[FileProblem]:
    """What is wrong with the metadata of a store where they were begun: of each table that has some, and of those of
    its current state that have none."""
    begun = {name.split("/")[1] for name in beside.names(f"{FOLDER}/")}
    for table in sorted({*begun, *expected} if begun else ()):
        problems = [*damage(beside, table)]
        yield from problems
        if not problems:
            where = f"{FOLDER}/{table}/metadata/{HINT}"
            number, hint = newest(beside.names(f"{FOLDER}/{table}/metadata/")), beside.get(where)
            if hint is None or hint.strip() != str(number).encode():
                text = "no such file" if hint is None else f"'{hint[:20].decode(errors='replace')}'"
                yield FileProblem(where, text, f"{number}, the newest version", AGAIN)
