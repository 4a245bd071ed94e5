"""Writes the metadata of one Iceberg table over the published files of a table of ours.

pyiceberg adds files whose partition keys are in their paths without a word, and makes every key null: `flow ==
'import'` then finds no row. So each entry is made here, with its keys. A table is a folder of metadata, and has no
catalogue: `v<N>.metadata.json` is written by the first who comes, as the Hadoop tables of Iceberg are, and
`version-hint.text` names the newest. Belongs here: schema, entries, snapshots of a table. Does not belong here: which
published states it has (`iceberg`).
"""

import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.io import FileIO, InputFile, OutputFile
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema, assign_fresh_schema_ids
from pyiceberg.table import CommitTableResponse, Table, Transaction
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil, new_table_metadata
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import update_table_metadata
from pyiceberg.table.update.snapshot import ExpireSnapshots, ManageSnapshots, _ManifestMergeManager, _OverwriteFiles
from pyiceberg.transforms import IdentityTransform
from pyiceberg.typedef import Record

from schemas.layouts import LAYOUTS, PARTITION_KEYS
from schemas.table import arrow_schema, columns
from tasks.domain.errors import Outpaced
from tasks.store.beside import Beside
from tasks.store.manifest import FileEntry
from tasks.store.snapshot import Snapshot

FOLDER = "iceberg"
# The property of each Iceberg snapshot that names ours.
SNAPSHOT, RELEASED_ON = "tidewaiter.snapshot", "tidewaiter.released_on"
NAME_MAPPING = "schema.name-mapping.default"
# So many lists of files are read at most before a write.
MANIFESTS_MAX, MANIFEST_BYTES = 8, 8 << 20
PROPERTIES = {
    # Bounds of what rows are sorted by let readers skip files; those of fifty columns would make lists long.
    "write.metadata.metrics.default": "none",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "100",
    "write.parquet.compression-codec": "zstd",
}
PARTITION_ID_START = 1000


class StoreFiles(FileIO):
    """The files of a store for pyiceberg; those of tables are read where they are at hand."""

    def __init__(self, beside: Beside, at_hand: Mapping[str, Path]) -> None:
        super().__init__()
        self.beside, self.at_hand = beside, at_hand

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
        return _Sink(self._files.beside, self._files.beside.name(self.location))


class _Sink(io.BytesIO):
    def __init__(self, beside: Beside, name: str) -> None:
        super().__init__()
        self._beside, self._name = beside, name

    def close(self) -> None:
        if not self.closed and not self._beside.first(self._name, self.getvalue()):
            raise Outpaced(f"{self._beside.address(self._name)}: somebody else wrote it meanwhile")
        super().close()


class InPlace(NoopCatalog):
    """Makes a new version of a table by writing its metadata under a name that only one writer gets."""

    def __init__(self, beside: Beside, folder: str) -> None:
        super().__init__("tidewaiter")
        self._beside, self._folder = beside, folder
        self.version = self._newest()

    def file_of(self, version: int) -> str:
        """The name of a version."""
        return f"{self._folder}/metadata/v{version}.metadata.json"

    def _newest(self) -> int:
        """The newest version; a writer that died may have left the hint behind, and never more than one."""
        hint = self._beside.get(f"{self._folder}/metadata/version-hint.text")
        version = int(hint) if hint and hint.isdigit() else 0
        while self._beside.get(self.file_of(version + 1)) is not None:
            version += 1
        return version

    def metadata(self) -> TableMetadata | None:
        """The metadata of the newest version; None where there is none."""
        data = self._beside.get(self.file_of(self.version)) if self.version else None
        return TableMetadataUtil.parse_raw(data.decode()) if data else None

    def commit_table(self, table: Table, requirements: Any, updates: Any) -> CommitTableResponse:
        """Write the next version. Raises Outpaced where somebody else wrote it."""
        for requirement in requirements:
            requirement.validate(table.metadata)
        location = table.metadata_location if self.version else None
        metadata = update_table_metadata(table.metadata, updates, metadata_location=location)
        name = self.file_of(self.version + 1)
        if not self._beside.first(name, metadata.model_dump_json().encode()):
            raise Outpaced(f"{self._beside.address(name)}: somebody else wrote it meanwhile")
        self.version += 1
        return CommitTableResponse(metadata=metadata, metadata_location=self._beside.address(name))

    def point(self) -> None:
        """Let the hint name the newest version, unless it does, or names one that is newer still."""
        name = f"{self._folder}/metadata/version-hint.text"
        hint = self._beside.get(name)
        if not (hint and hint.isdigit() and int(hint) >= self.version):
            with suppress(Outpaced):
                self._beside.replace(name, str(self.version).encode())


class _Overwrite(_OverwriteFiles):
    """An overwrite that merges lists of files once there are many, as an append of pyiceberg does."""

    def _process_manifests(self, manifests: list[Any]) -> list[Any]:
        merger = _ManifestMergeManager(MANIFEST_BYTES, MANIFESTS_MAX, True, self)
        return merger.merge_manifests(manifests)


class IcebergTable:
    """A table of a store as Iceberg sees it; `keys` are those that stand in the paths of its files or of its store."""

    def __init__(self, beside: Beside, table: str, keys: Mapping[str, str]) -> None:
        self.name, self.keys = table, keys
        self._beside, self._at_hand = beside, dict[str, Path]()
        self._catalog = InPlace(beside, f"{FOLDER}/{table}")
        metadata = self._catalog.metadata()
        self.is_new = metadata is None
        self._table = Table(
            ("tidewaiter", table),
            metadata or self._first_metadata(),
            beside.address(self._catalog.file_of(self._catalog.version)),
            StoreFiles(beside, self._at_hand),
            self._catalog,
        )

    @property
    def states(self) -> dict[str, int]:
        """Our snapshots that it has, each with the number of Iceberg's."""
        snapshots = [one for one in self._table.metadata.snapshots if one.summary]
        return {
            str(one.summary.additional_properties.get(SNAPSHOT)): one.snapshot_id for one in snapshots if one.summary
        }

    @property
    def current(self) -> str | None:
        """Our snapshot that a reader gets who names none."""
        number = self._table.metadata.current_snapshot_id
        return next((name for name, one in self.states.items() if one == number), None)

    @property
    def metadata_location(self) -> str:
        """The address of the newest metadata."""
        return self._table.metadata_location

    def bring_up(self, missing: Iterable[Snapshot], now: str, present: Iterable[str]) -> bool:
        """Append a snapshot for each missing state, oldest first, make that of `now` current, and expire those of
        states that are not present any more. Raises Outpaced. Returns whether anything was written.
        """
        gone = {*self.states} - {*present, now}
        missing = [*missing]
        changed = bool(missing or gone or self.current != now)
        if changed:
            litter = self._only_of(gone) if gone else []
            transaction = self._table.transaction()
            for state in missing:
                self._append(transaction, state)
            if not missing and self.current != now:
                ManageSnapshots(transaction).set_current_snapshot(self.states[now]).commit()
            self._expire(transaction, gone)
            transaction.commit_transaction()
            self._beside.delete(litter)
        self._catalog.point()
        return changed

    def _first_metadata(self) -> TableMetadata:
        schema = self._schema()
        fields = [
            PartitionField(schema.find_field(key).field_id, PARTITION_ID_START + place, IdentityTransform(), key)
            for place, key in enumerate(self.keys_of_rows)
        ]
        bounds = {f"write.metadata.metrics.column.{name}": "truncate(16)" for name in self._sorted_by()}
        location = self._beside.address(f"{FOLDER}/{self.name}")
        return new_table_metadata(
            schema,
            PartitionSpec(*fields),
            UNSORTED_SORT_ORDER,
            location,
            {**PROPERTIES, **bounds, "format-version": "2"},
        )

    @property
    def keys_of_rows(self) -> list[str]:
        """The partition keys, in order."""
        return [*self.keys, *(PARTITION_KEYS if LAYOUTS[self.name].month_of else ())]

    def _sorted_by(self) -> list[str]:
        layout = LAYOUTS[self.name]
        return [name for name in dict.fromkeys((*layout.sort_by, layout.month_of)) if name]

    def _schema(self) -> Schema:
        """The columns of the model with their descriptions; the keys first, as no file has them."""
        kinds = {name: pa.int32() if name in ("year", "month") else pa.string() for name in self.keys_of_rows}
        kinds |= {field.name: field.type for field in arrow_schema(self.name)}
        return self._converted(kinds)

    def _converted(self, kinds: Mapping[str, pa.DataType]) -> Schema:
        docs = {name: _doc(columns(self.name), name) for name in kinds}
        fields = [
            pa.field(name, _signed(kind), True, {"doc": docs[name]} if docs[name] else None)
            for name, kind in kinds.items()
        ]
        return assign_fresh_schema_ids(NoopCatalog._convert_schema_if_needed(pa.schema(fields), 2))

    def _evolve(self, transaction: Transaction, columns_of_files: Iterable[pa.Field]) -> None:
        """Add columns that the model has got since, and those that only files have, of a model before; map the columns
        of files by their names."""
        known = {field.name for field in transaction.table_metadata.schema().fields}
        new = {field.name for field in self._schema().fields} - known
        strange = {field.name: field.type for field in columns_of_files if field.name not in known | new}
        if new or strange:
            with transaction.update_schema() as update:
                update.union_by_name(self._schema())
                if strange:
                    update.union_by_name(self._converted(strange))
        mapping = transaction.table_metadata.schema().name_mapping.model_dump_json()
        if transaction.table_metadata.properties.get(NAME_MAPPING) != mapping:
            transaction.set_properties({NAME_MAPPING: mapping})

    def _append(self, transaction: Transaction, state: Snapshot) -> None:
        current = transaction.table_metadata.current_snapshot()
        files = self._table.io
        live = (
            {}
            if current is None
            else {
                entry.data_file.file_path: entry.data_file
                for manifest in current.manifests(files)
                for entry in manifest.fetch_manifest_entry(files)
            }
        )
        wanted = {self._beside.address_of(entry): entry for entry in state.entries(self.name)}
        footers = {
            address: self._footer(address, state.path / entry.path)
            for address, entry in wanted.items()
            if address not in live
        }
        self._evolve(transaction, [field for footer in footers.values() for field in footer.schema.to_arrow_schema()])
        overwrite = _Overwrite(
            operation=Operation.APPEND if current is None else Operation.OVERWRITE,
            transaction=transaction,
            io=files,
            snapshot_properties={SNAPSHOT: state.id, RELEASED_ON: str(state.about.get("released_on", ""))},
        )
        for address, file in live.items():
            if address not in wanted:
                overwrite.delete_data_file(file)
        for address, footer in footers.items():
            overwrite.append_data_file(self._data_file(transaction.table_metadata, address, wanted[address], footer))
        overwrite.commit()
        number = transaction.table_metadata.current_snapshot_id
        assert number is not None
        ManageSnapshots(transaction).create_tag(number, state.id).commit()

    def _footer(self, address: str, place: Path) -> pq.FileMetaData:
        if place.is_file():
            self._at_hand[address] = place
        with self._table.io.new_input(address).open() as stream:
            return pq.read_metadata(stream)

    def _data_file(self, metadata: TableMetadata, address: str, entry: FileEntry, footer: pq.FileMetaData) -> DataFile:
        schema = metadata.schema()
        plan = compute_statistics_plan(schema, metadata.properties)
        statistics = data_file_statistics_from_parquet_metadata(footer, plan, parquet_path_to_id_mapping(schema))
        path = dict(part.split("=", 1) for part in entry.partition.split("/") if part)
        keys = {**self.keys, **path}
        values = [int(keys[key]) if key in ("year", "month") else keys[key] for key in self.keys_of_rows]
        return DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=address,
            file_format=FileFormat.PARQUET,
            partition=Record(*values),
            file_size_in_bytes=entry.bytes,
            sort_order_id=None,
            spec_id=metadata.default_spec_id,
            equality_ids=None,
            key_metadata=None,
            **statistics.to_serialized_dict(),
        )

    def _expire(self, transaction: Transaction, gone: Iterable[str]) -> None:
        for name in sorted(gone):
            if name in transaction.table_metadata.refs:
                ManageSnapshots(transaction).remove_tag(name).commit()
        if gone:
            ExpireSnapshots(transaction).by_ids([self.states[name] for name in sorted(gone)]).commit()

    def _only_of(self, gone: Iterable[str]) -> list[str]:
        """The lists of files that only these snapshots have."""
        numbers, files = {self.states[name] for name in gone}, self._table.io
        lists: dict[bool, set[str]] = {True: set(), False: set()}
        for one in self._table.metadata.snapshots:
            is_gone = one.snapshot_id in numbers
            lists[is_gone] |= {one.manifest_list, *(manifest.manifest_path for manifest in one.manifests(files))}
        return sorted(map(self._beside.name, lists[True] - lists[False]))


def _signed(kind: pa.DataType) -> pa.DataType:
    """A type of Iceberg, which has no unsigned numbers, that holds each value."""
    return pa.int64() if pa.types.is_uint32(kind) or pa.types.is_uint64(kind) else kind


def _doc(texts: Mapping[str, Any], name: str) -> str:
    if name not in texts:
        return {"year": "year of the month", "month": "month of the year, 1 to 12"}.get(name, "")
    column = texts[name]
    return f"{column.description} ({column.unit})" if column.unit else str(column.description)
