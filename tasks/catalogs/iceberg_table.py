"""Writes the metadata of one Iceberg table over the published files of a table of ours.

pyiceberg adds files whose partition keys are in their paths without a word, and makes every key null: `flow ==
'import'` then finds no row. So each entry is made here, with its keys. A table is a folder of metadata, and has no
catalogue: `v<N>.metadata.json` is written by the first who comes, as the Hadoop tables of Iceberg are, and
`version-hint.text` names the newest. A version is made in one step: pyiceberg's own transaction copies all metadata at
each of its steps, which took most of the time of a publication. Belongs here: schema, entries, snapshots of a table.
Does not belong here: which published states it has (`iceberg`).
"""

import io
import re
import secrets
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.avro.file import AvroOutputFile
from pyiceberg.conversions import to_bytes
from pyiceberg.io import FileIO, InputFile, OutputFile
from pyiceberg.manifest import (
    DEFAULT_READ_VERSION,
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriterV2,
    write_manifest_list,
)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema, assign_fresh_schema_ids
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil, new_table_metadata
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.snapshots import Snapshot as IcebergSnapshot
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import (
    AddSchemaUpdate,
    AddSnapshotUpdate,
    RemoveSnapshotRefUpdate,
    RemoveSnapshotsUpdate,
    SetCurrentSchemaUpdate,
    SetPropertiesUpdate,
    SetSnapshotRefUpdate,
    TableUpdate,
    update_table_metadata,
)
from pyiceberg.transforms import IdentityTransform
from pyiceberg.typedef import Record
from pyiceberg.types import IcebergType, NestedField, PrimitiveType, StringType
from pyiceberg.utils.truncate import truncate_upper_bound_text_string

from schemas.layouts import LAYOUTS, PARTITION_KEYS
from schemas.table import arrow_schema, columns
from tasks.catalogs.iceberg_seal import (
    FOLDER,
    HINT,
    LISTS,
    NO_SEAL,
    SEAL,
    as_property,
    damage,
    digest_of,
    digests_in,
    newest,
    sealed,
)
from tasks.domain.errors import Outpaced
from tasks.store.files.manifest import FileEntry
from tasks.store.files.snapshot import Snapshot
from tasks.store.places.beside import Beside

# The property of each Iceberg snapshot that names ours.
SNAPSHOT, RELEASED_ON = "tidewaiter.snapshot", "tidewaiter.released_on"
NAME_MAPPING = "schema.name-mapping.default"
# Older versions stay for readers that opened one, and in the list of a newer one.
VERSIONS_KEPT = 10
# A snapshot with more lists of files gets one.
MANIFESTS_MAX = 8
# Of lists of files. The metadata of a table stay plain: not every engine reads them compressed.
COMPRESSION: Final = "deflate"
BOUND_LETTERS = 16
PROPERTIES = {
    # Bounds of what rows are sorted by let readers skip files; those of fifty columns would make lists long.
    "write.metadata.metrics.default": "none",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": str(VERSIONS_KEPT),
    "write.parquet.compression-codec": "zstd",
}
PARTITION_ID_START = 1000
NUMBER_BITS = 31


class StoreFiles(FileIO):
    """The files of a store for pyiceberg; those of tables are read where they are at hand."""

    def __init__(self, beside: Beside, at_hand: Mapping[str, Path]) -> None:
        super().__init__()
        self.beside, self.at_hand = beside, at_hand
        # The digest of each list that was written.
        self.digests: dict[str, str] = {}

    def new_input(self, location: str) -> "StoredInput":
        """A file that is there."""
        return StoredInput(location, self)

    def new_output(self, location: str) -> "StoredOutput":
        """A file to be made."""
        return StoredOutput(location, self)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Delete a file of metadata."""
        name = self.beside.name(location if isinstance(location, str) else location.location)
        assert name.startswith(f"{FOLDER}/"), f"{name} is no file of metadata"
        self.beside.delete([name])


class StoredInput(InputFile):
    """A file that is read whole, or where it is at hand."""

    def __init__(self, location: str, files: StoreFiles) -> None:
        super().__init__(location)
        self._files = files

    @cached_property
    def _data(self) -> bytes:
        data = self._files.beside.get(self._files.beside.name(self.location))
        if data is None:
            raise FileNotFoundError(self.location)
        return data

    def __len__(self) -> int:
        place = self._files.at_hand.get(self.location)
        return place.stat().st_size if place else len(self._data)

    def exists(self) -> bool:
        """Whether it is there."""
        return (
            self.location in self._files.at_hand
            or self._files.beside.get(self._files.beside.name(self.location)) is not None
        )

    def open(self, seekable: bool = True) -> BinaryIO:
        """Its bytes."""
        place = self._files.at_hand.get(self.location)
        return place.open("rb") if place else io.BytesIO(self._data)


class StoredOutput(OutputFile):
    """A file that is written when it is closed."""

    def __init__(self, location: str, files: StoreFiles) -> None:
        super().__init__(location)
        self._files = files

    def __len__(self) -> int:
        return len(StoredInput(self.location, self._files))

    def exists(self) -> bool:
        """Whether it is there."""
        return StoredInput(self.location, self._files).exists()

    def to_input_file(self) -> StoredInput:
        """The file, for reading."""
        return StoredInput(self.location, self._files)

    def create(self, overwrite: bool = False) -> BinaryIO:
        """Where its bytes are put."""
        return _Sink(self._files, self._files.beside.name(self.location))


class _Sink(io.BytesIO):
    def __init__(self, files: StoreFiles, name: str) -> None:
        super().__init__()
        self._files, self._name = files, name

    def close(self) -> None:
        if not self.closed:
            if not self._files.beside.first(self._name, self.getvalue()):
                raise Outpaced(f"{self._files.beside.address(self._name)}: somebody else wrote it meanwhile")
            self._files.digests[self._name.rpartition("/")[2]] = digest_of(self.getvalue())
        super().close()


class OneBlock(AvroOutputFile[ManifestEntry]):
    """An Avro file whose entries are compressed together: those of one table are alike, and pyiceberg writes each by
    itself, in five times the bytes.
    """

    def __enter__(self) -> "OneBlock":
        super().__enter__()
        self._entries: list[ManifestEntry] = []
        return self

    def write_block(self, objects: list[ManifestEntry]) -> None:
        """Take entries, to be written at the end."""
        self._entries += objects

    def __exit__(self, *raised: Any) -> None:
        if raised[0] is None:
            super().write_block(self._entries)
        super().__exit__(*raised)


class EntryWriter(ManifestWriterV2):
    """Writes a list of files in one block."""

    def new_writer(self) -> OneBlock:
        """Where the entries go."""
        return OneBlock(
            output_file=self._output_file,
            file_schema=self._with_partition(self.version),
            record_schema=self._with_partition(DEFAULT_READ_VERSION),
            schema_name="manifest_entry",
            metadata=self._meta,
        )


class Versions:
    """The versions of the metadata of a table, each written under a name that only one writer gets.

    Those that came with a copy of the store name the files of another place, and damaged ones nobody can trust. They
    count as none, and the first version that is written here replaces them: all of it follows from the store.
    """

    def __init__(self, beside: Beside, table: str, *, thorough: bool) -> None:
        self._beside, self._table, self._thorough = beside, table, thorough
        self._folder = f"{FOLDER}/{table}"
        self._replaced: list[str] = []
        self.number, named = newest(beside.names(f"{self._folder}/metadata/")), self._named()
        # Also one that somebody has written since, and what is no file in its place.
        if named > self.number and beside.get(self.file_of(named)) is not None:
            self.number = named
        while beside.get(self.file_of(self.number + 1)) is not None:
            self.number += 1

    @property
    def _hint(self) -> str:
        return f"{self._folder}/metadata/{HINT}"

    def file_of(self, number: int) -> str:
        """The name of a version."""
        return f"{self._folder}/metadata/v{number}.metadata.json"

    def _named(self) -> int:
        """The version that the hint names; 0 where it names none."""
        hint = self._beside.get(self._hint) or b""
        return int(hint) if re.fullmatch(rb"[0-9]{1,9}", hint) else 0

    def metadata(self) -> TableMetadata | None:
        """The metadata of the newest version; None where there are none of this place, or damaged ones."""
        if next(damage(self._beside, self._table, thorough=self._thorough), None) is None:
            data = self._beside.get(self.file_of(self.number))
            metadata = TableMetadataUtil.parse_raw(data.decode()) if data else None
            if metadata is not None and metadata.location == self._beside.address(self._folder):
                return metadata
        self._replaced = [name for name in self._beside.names(f"{self._folder}/") if name != self._hint]
        return None

    def write(self, before: TableMetadata, updates: Iterable[TableUpdate]) -> TableMetadata:
        """Write the next version, and delete those that it does not list any more. Raises Outpaced where somebody else
        wrote it.
        """
        follows = self.number and not self._replaced
        location = self._beside.address(self.file_of(self.number)) if follows else None
        unsealed = SetPropertiesUpdate(updates={SEAL: NO_SEAL})
        metadata = update_table_metadata(before, (*updates, unsealed), metadata_location=location)
        name = self.file_of(self.number + 1)
        if not self._beside.first(name, sealed(metadata.model_dump_json().encode())):
            raise Outpaced(f"{self._beside.address(name)}: somebody else wrote it meanwhile")
        self.number += 1
        listed = {entry.metadata_file for entry in metadata.metadata_log}
        unlisted = [entry.metadata_file for entry in before.metadata_log if entry.metadata_file not in listed]
        self._beside.delete([*map(self._beside.name, unlisted), *self._replaced])
        self._replaced = []
        return metadata

    def point(self) -> None:
        """Let the hint name the newest version, unless it does, or names one that is newer still."""
        named = self._named()
        is_newer = named > self.number and self._beside.get(self.file_of(named)) is not None
        if not (named == self.number or is_newer):
            with suppress(Outpaced):
                self._beside.replace(self._hint, str(self.number).encode())


class IcebergTable:
    """A table of a store as Iceberg sees it; `keys` are those that stand in the paths of its files or of its store."""

    def __init__(self, beside: Beside, table: str, keys: Mapping[str, str], *, thorough: bool = False) -> None:
        self.name, self.keys = table, keys
        self._beside, self._at_hand = beside, dict[str, Path]()
        self._files = StoreFiles(beside, self._at_hand)
        self._versions = Versions(beside, table, thorough=thorough)
        self._metadata = self._versions.metadata() or self._first_metadata()

    @property
    def states(self) -> dict[str, int]:
        """Our snapshots that it has, each with the number of Iceberg's."""
        return {
            str(one.summary.additional_properties.get(SNAPSHOT)): one.snapshot_id
            for one in self._metadata.snapshots
            if one.summary
        }

    @property
    def current(self) -> str | None:
        """Our snapshot that a reader gets who names none."""
        number = self._metadata.current_snapshot_id
        return next((name for name, one in self.states.items() if one == number), None)

    @property
    def metadata_location(self) -> str:
        """The address of the newest metadata."""
        return self._beside.address(self._versions.file_of(self._versions.number))

    def bring_up(
        self, missing: Iterable[Snapshot], now: str, present: Iterable[str], before: Snapshot | None = None
    ) -> bool:
        """Append a snapshot for each missing state, oldest first, make that of `now` current, and expire those of
        states that are not present any more. Raises Outpaced. Returns whether anything was written.

        `before` is the state that is current in the table; without it all lists of files are read.
        """
        gone = {*self.states} - {*present, now}
        missing = [*missing]
        changed = bool(missing or gone or self.current != now)
        if changed:
            litter = self._only_of(gone) if gone else []
            updates = [*self._appended(missing, before)]
            if not missing and self.current != now:
                updates.append(_branch(self.states[now]))
            updates += self._expired(gone)
            self._metadata = self._versions.write(self._metadata, updates)
            self._beside.delete(litter)
        self._versions.point()
        return changed

    def _first_metadata(self) -> TableMetadata:
        schema = self._schema()
        fields = [
            PartitionField(schema.find_field(key).field_id, PARTITION_ID_START + place, IdentityTransform(), key)
            for place, key in enumerate(self.keys_of_rows)
        ]
        bounds = {
            f"write.metadata.metrics.column.{name}": f"truncate({BOUND_LETTERS})" for name in sorted(self._bounded)
        }
        location = self._beside.address(f"{FOLDER}/{self.name}")
        return new_table_metadata(
            schema,
            PartitionSpec(*fields),
            UNSORTED_SORT_ORDER,
            location,
            {
                **PROPERTIES,
                **bounds,
                NAME_MAPPING: schema.name_mapping.model_dump_json(),
                "format-version": "2",
                SEAL: NO_SEAL,
            },
        )

    @property
    def keys_of_rows(self) -> list[str]:
        """The partition keys, in order."""
        return [*self.keys, *(PARTITION_KEYS if LAYOUTS[self.name].month_of else ())]

    @cached_property
    def _bounded(self) -> frozenset[str]:
        """The columns whose least and greatest values stand in the lists of files: those that rows are sorted by."""
        layout = LAYOUTS[self.name]
        return frozenset(name for name in (*layout.sort_by, layout.month_of) if name)

    def _schema(self) -> Schema:
        """The columns of the model with their descriptions; the keys first, as no file has them."""
        kinds = {name: pa.int32() if name in ("year", "month") else pa.string() for name in self.keys_of_rows}
        return self._converted(kinds | {field.name: field.type for field in arrow_schema(self.name)}, count(1))

    def _converted(self, kinds: Mapping[str, pa.DataType], numbers: Iterator[int]) -> Schema:
        # Only a table that begins or gets a column needs it, and it takes a second to load.
        from pyiceberg.catalog.noop import NoopCatalog

        texts = columns(self.name)
        docs = {name: _doc(texts, name) for name in kinds}
        fields = [
            pa.field(name, _signed(kind), True, {"doc": docs[name]} if docs[name] else None)
            for name, kind in kinds.items()
        ]
        without = NoopCatalog._convert_schema_if_needed(pa.schema(fields), 2)
        return assign_fresh_schema_ids(without, lambda: next(numbers))

    def _grown(self, schema: Schema, footers: Iterable[pq.FileMetaData]) -> Schema | None:
        """The columns with those that the model has got since and those that only files have, of a model before; None
        where there are no such columns.
        """
        known = {field.name for field in schema.fields}
        kinds = {field.name: field.type for field in arrow_schema(self.name) if field.name not in known}
        for footer in footers:
            fields = footer.schema.to_arrow_schema()
            kinds |= {field.name: field.type for field in fields if field.name not in known | {*kinds}}
        if not kinds:
            return None
        new = self._converted(kinds, count(schema.highest_field_id + 1))
        return Schema(*schema.fields, *new.fields, schema_id=schema.schema_id + 1)

    def _appended(self, states: Iterable[Snapshot], before: Snapshot | None) -> Iterator[TableUpdate]:
        """What a new version says of new states: their columns, snapshots and tags."""
        numbers = {one.snapshot_id for one in self._metadata.snapshots}
        head, schema = self._metadata.current_snapshot(), self._metadata.schema()
        sequence = self._metadata.next_sequence_number()
        for state in states:
            wanted = {self._beside.address_of(entry): entry for entry in state.entries(self.name)}
            lists, live = self._lists(head, before, {*wanted})
            footers = {
                address: self._footer(address, state.path / entry.path)
                for address, entry in wanted.items()
                if address not in live
            }
            if grown := self._grown(schema, footers.values()):
                schema = grown
                yield AddSchemaUpdate.model_validate({"schema": grown})
                yield SetCurrentSchemaUpdate(schema_id=grown.schema_id)
                yield SetPropertiesUpdate(updates={NAME_MAPPING: grown.name_mapping.model_dump_json()})
            number = _new_number(numbers)
            numbers.add(number)
            added = [self._data_file(schema, address, wanted[address], footer) for address, footer in footers.items()]
            manifests = self._manifests(number, schema, lists, added, {*wanted})
            head = self._snapshot(number, sequence, head, schema, manifests, state)
            sequence, before = sequence + 1, state
            yield AddSnapshotUpdate(snapshot=head)
            yield _branch(number)
            yield _tag(state.id, number)

    def _lists(
        self, head: IcebergSnapshot | None, before: Snapshot | None, wanted: set[str]
    ) -> tuple[dict[ManifestFile, list[ManifestEntry]], set[str]]:
        """The lists of files of a snapshot, each with the files that are there, and the addresses of all of them.

        Where no file of the state before is gone, each list holds whatever is in it: then none is read, and all are
        without files.
        """
        manifests = head.manifests(self._files) if head else []
        if before and len(manifests) < MANIFESTS_MAX:
            known = {self._beside.address_of(entry) for entry in before.entries(self.name)}
            if known <= wanted:
                return {manifest: [] for manifest in manifests}, known
        lists = {manifest: manifest.fetch_manifest_entry(self._files) for manifest in manifests}
        return lists, {entry.data_file.file_path for entries in lists.values() for entry in entries}

    def _manifests(
        self,
        number: int,
        schema: Schema,
        before: Mapping[ManifestFile, list[ManifestEntry]],
        added: Iterable[DataFile],
        wanted: set[str],
    ) -> list[ManifestFile]:
        """The lists of files of a snapshot: those that still hold, and one with what is new or gone and the rest of the
        lists that do not hold any more.
        """
        kept = [
            manifest
            for manifest, entries in before.items()
            if all(entry.data_file.file_path in wanted for entry in entries)
        ]
        if len(kept) >= MANIFESTS_MAX:
            kept = []
        rest = [entry for manifest, entries in before.items() if manifest not in kept for entry in entries]
        new = [ManifestEntry.from_args(status=ManifestEntryStatus.ADDED, data_file=file) for file in added]
        if not rest and not new:
            return kept
        place = self._files.new_output(self._address(f"{number}-m0.avro"))
        # A list says which columns a table had; what they mean stands in the metadata alone.
        plain = Schema(*(NestedField(one.field_id, one.name, one.field_type, one.required) for one in schema.fields))
        with EntryWriter(self._metadata.spec(), plain, place, number, COMPRESSION) as writer:
            for entry in new:
                writer.add(entry)
            for entry in rest:
                is_live = entry.data_file.file_path in wanted
                (writer.existing if is_live else writer.delete)(entry)
        return [writer.to_manifest_file(), *kept]

    def _snapshot(
        self,
        number: int,
        sequence: int,
        parent: IcebergSnapshot | None,
        schema: Schema,
        manifests: list[ManifestFile],
        state: Snapshot,
    ) -> IcebergSnapshot:
        """A snapshot whose lists of files are written."""
        place = self._files.new_output(self._address(f"snap-{number}.avro"))
        above = parent.snapshot_id if parent else None
        with write_manifest_list(2, place, number, above, sequence, COMPRESSION) as writer:
            writer.add_manifests(manifests)
        files = state.entries(self.name)
        of_parent = str(parent.summary.additional_properties[LISTS]) if parent and parent.summary else ""
        digests = digests_in(of_parent) | self._files.digests
        needed = [address.rpartition("/")[2] for address in (place.location, *(one.manifest_path for one in manifests))]
        summary = {
            "total-data-files": str(len(files)),
            "total-records": str(sum(entry.rows for entry in files)),
            SNAPSHOT: state.id,
            RELEASED_ON: str(state.about.get("released_on", "")),
            LISTS: as_property({name: digests[name] for name in needed}),
        }
        return IcebergSnapshot(
            snapshot_id=number,
            parent_snapshot_id=above,
            sequence_number=sequence,
            manifest_list=place.location,
            summary=Summary(Operation.OVERWRITE if parent else Operation.APPEND, **summary),
            schema_id=schema.schema_id,
        )

    def _address(self, name: str) -> str:
        return self._beside.address(f"{FOLDER}/{self.name}/metadata/{name}")

    def _footer(self, address: str, place: Path) -> pq.FileMetaData:
        if place.is_file():
            self._at_hand[address] = place
        with self._files.new_input(address).open() as stream:
            return pq.read_metadata(stream)

    def _data_file(self, schema: Schema, address: str, entry: FileEntry, footer: pq.FileMetaData) -> DataFile:
        path = dict(part.split("=", 1) for part in entry.partition.split("/") if part)
        keys = {**self.keys, **path}
        values = [int(keys[key]) if key in ("year", "month") else keys[key] for key in self.keys_of_rows]
        return DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=address,
            file_format=FileFormat.PARQUET,
            partition=Record(*values),
            record_count=footer.num_rows,
            file_size_in_bytes=entry.bytes,
            sort_order_id=None,
            spec_id=self._metadata.default_spec_id,
            equality_ids=None,
            key_metadata=None,
            **_statistics(
                footer, {schema.find_field(name).field_id: schema.find_field(name) for name in self._bounded}
            ),
        )

    def _expired(self, gone: Iterable[str]) -> Iterator[TableUpdate]:
        for name in sorted(gone):
            if name in self._metadata.refs:
                yield RemoveSnapshotRefUpdate(ref_name=name)
        if gone:
            yield RemoveSnapshotsUpdate(snapshot_ids=[self.states[name] for name in sorted(gone)])

    def _only_of(self, gone: Iterable[str]) -> list[str]:
        """The lists of files that only these snapshots have."""
        numbers = {self.states[name] for name in gone}
        lists: dict[bool, set[str]] = {True: set(), False: set()}
        for one in self._metadata.snapshots:
            is_gone = one.snapshot_id in numbers
            lists[is_gone] |= {one.manifest_list, *(manifest.manifest_path for manifest in one.manifests(self._files))}
        return sorted(map(self._beside.name, lists[True] - lists[False]))


def _new_number(taken: Container[int]) -> int:
    """A number for a snapshot: it stands in the metadata five times, and is exact where numbers are floats."""
    return next(number for number in iter(lambda: secrets.randbits(NUMBER_BITS) + 1, 0) if number not in taken)


def _branch(number: int) -> TableUpdate:
    """Let readers who name no snapshot get this one."""
    return SetSnapshotRefUpdate.model_validate({"ref-name": "main", "type": "branch", "snapshot-id": number})


def _tag(name: str, number: int) -> TableUpdate:
    """Let a snapshot have the name of ours."""
    return SetSnapshotRefUpdate.model_validate({"ref-name": name, "type": "tag", "snapshot-id": number})


def _statistics(footer: pq.FileMetaData, fields: Mapping[int, NestedField]) -> dict[str, Any]:
    """What the footer of a file says of these columns, as an entry of a list of files has it."""
    groups = [footer.row_group(place) for place in range(footer.num_row_groups)]
    places = {footer.schema.column(place).path: place for place in range(len(footer.schema))}
    counts, nulls = dict[int, int](), dict[int, int]()
    least, greatest = dict[int, bytes](), dict[int, bytes | None]()
    for number, field in fields.items():
        chunks = [group.column(places[field.name]) for group in groups if field.name in places]
        counts[number] = sum(chunk.num_values for chunk in chunks)
        if (known := _nulls_and_range(chunks)) is not None:
            nulls[number], span = known
            if span is not None:
                least[number], greatest[number] = _bounds(field.field_type, *span)
    return {
        "column_sizes": None,
        "value_counts": counts,
        "null_value_counts": nulls,
        "nan_value_counts": {},
        "lower_bounds": least,
        "upper_bounds": {number: bound for number, bound in greatest.items() if bound is not None},
        "split_offsets": sorted(_first_page(group.column(0)) for group in groups),
    }


def _nulls_and_range(chunks: Sequence[pq.ColumnChunkMetaData]) -> tuple[int, tuple[Any, Any] | None] | None:
    """How many nulls the parts of a column have, and its least and greatest value; None where a footer does not say."""
    counted = [chunk.statistics for chunk in chunks if chunk.is_stats_set and chunk.statistics.has_null_count]
    if not chunks or len(counted) < len(chunks):
        return None
    ranges = [one for one, chunk in zip(counted, chunks, strict=True) if one.null_count < chunk.num_values]
    span = None
    if ranges and all(one.has_min_max for one in ranges):
        span = min(one.min for one in ranges), max(one.max for one in ranges)
    return sum(one.null_count for one in counted), span


def _bounds(kind: IcebergType, least: Any, greatest: Any) -> tuple[bytes, bytes | None]:
    """Both bounds in the form of Iceberg; texts are cut, and the upper one may have none then."""
    assert isinstance(kind, PrimitiveType), f"{kind} has no bounds"
    if not isinstance(kind, StringType):
        return to_bytes(kind, least), to_bytes(kind, greatest)
    upper = truncate_upper_bound_text_string(greatest, BOUND_LETTERS)
    return to_bytes(kind, least[:BOUND_LETTERS]), None if upper is None else to_bytes(kind, upper)


def _first_page(chunk: pq.ColumnChunkMetaData) -> int:
    """Where a column of a row group begins."""
    if chunk.has_dictionary_page and chunk.dictionary_page_offset < chunk.data_page_offset:
        return int(chunk.dictionary_page_offset)
    return int(chunk.data_page_offset)


def _signed(kind: pa.DataType) -> pa.DataType:
    """A type of Iceberg, which has no unsigned numbers, that holds each value."""
    return pa.int64() if pa.types.is_uint32(kind) or pa.types.is_uint64(kind) else kind


def _doc(texts: Mapping[str, Any], name: str) -> str:
    if name not in texts:
        return {"year": "year of the month", "month": "month of the year, 1 to 12"}.get(name, "")
    column = texts[name]
    return f"{column.description} ({column.unit})" if column.unit else str(column.description)
