"""Registers Iceberg tables in a catalogue that others keep: a SQL database, a REST server, Glue, whatever pyiceberg
connects to by a name of its settings.

A catalogue points to the metadata of a table at one moment, so it is told after each publication. Belongs here: names
in a catalogue, and a table that is there already. Does not belong here: what the metadata say (`iceberg_table`).
"""

from collections.abc import Iterable
from contextlib import suppress

from schemas.store_address import REPORTER_KEY
from tasks.catalogs.extra import extra
from tasks.catalogs.iceberg import Kept
from tasks.store.places.reporters import Address


def namespace_of(store: Address) -> str:
    """The namespace of the tables of a store: trade_chn, or trade_chn_deu of both sides.

    >>> namespace_of("s3://customs/store/reporter=CHN"), namespace_of("s3://customs/mirror/exporter=CHN/importer=DEU")
    ('trade_chn', 'trade_chn_deu')
    """
    keys = (REPORTER_KEY, "exporter=", "importer=")
    whose = [part.partition("=")[2].lower() for part in str(store).split("/") if part.startswith(keys)]
    return "_".join(("trade", *whose))


def register(tables: Iterable[Kept], name: str) -> list[str]:
    """Let the catalogue of that name point to the newest metadata; return the names of the tables in it.

    Raises MissingExtra, and ValueError where the catalogue has another table of a name, or is not known.
    """
    catalog = extra("pyiceberg.catalog", "a catalogue of Iceberg tables").load_catalog(name)
    names = []
    for table in tables:
        identifier = (namespace_of(table.store), table.table)
        catalog.create_namespace_if_not_exists(identifier[0])
        if catalog.table_exists(identifier):
            _replace(catalog, identifier, table)
        else:
            catalog.register_table(identifier, table.metadata_location)
        names.append(".".join(identifier))
    return names


def _replace(catalog: object, identifier: tuple[str, str], table: Kept) -> None:
    registered = catalog.load_table(identifier)  # type: ignore[attr-defined]
    if registered.metadata_location == table.metadata_location:
        return
    if registered.metadata.location != table.metadata_location.partition("/metadata/")[0]:
        raise ValueError(
            f"{'.'.join(identifier)}: the catalogue has another table of this name, at {registered.metadata.location}."
            " Register this store in another catalogue, or drop that table."
        )
    with suppress(NotImplementedError):
        catalog.register_table(identifier, table.metadata_location, overwrite=True)  # type: ignore[attr-defined]
        return
    # Without purging, so that no file is touched; for a moment the catalogue lacks the table.
    catalog.drop_table(identifier)  # type: ignore[attr-defined]
    catalog.register_table(identifier, table.metadata_location)  # type: ignore[attr-defined]
