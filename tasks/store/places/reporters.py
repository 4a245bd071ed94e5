"""Maps the root of the published tables to the store of each reporter.

    root/reporter=CHN/    a whole store: snapshots, pointer, lock, raw files
    root/reporter=USA/    another one; a writer of one never waits for a writer of the other
    root/mirror/exporter=CHN/importer=USA/    what both say of one flow, made of these two
    root/first_print/reporter=CHN/    another table that is made of published stores

Belongs here: which folder or prefix is whose store. Does not belong here: anything inside a store, which knows nothing
of the others. The data libraries are imported where a store is read: a command that refuses an
option asks this module first, and loads none.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

from schemas.store_address import COPY_NOTE, REPORTER_KEY, S3Url
from tasks.domain.errors import BrokenStore

Address = Path | S3Url
# Any of these names in a folder or below a prefix: it is a store itself.
OF_A_STORE = {".current", "current", "current.json", ".snapshots", "raw", COPY_NOTE}
MIRRORS = "mirror"
_NAMED = re.compile(f"{REPORTER_KEY}([A-Z0-9]+)")


def store_of(root: Address, reporter: str) -> Address:
    """The store of a reporter. It may be `root` itself, which then refuses releases of another reporter."""
    return root if is_one_store(root) else _below(root, f"{REPORTER_KEY}{reporter}")


def stores_of(root: Address) -> dict[str, Address]:
    """Every reporter that has a store, in order, with its address. Raises BrokenStore where the layout is mixed."""
    if not is_one_store(root):
        return {code: _below(root, f"{REPORTER_KEY}{code}") for code in _reporters(_names(root) or set())}
    reporter = reporter_of(root)
    return {} if reporter is None else {reporter: root}


def only_store(root: Address, reporter: str | None = None) -> Address:
    """The store of `reporter`, or the only one there is; `root` where nothing was published yet. Raises ValueError
    where several are there and none is named, or the named one is not among them.
    """
    if reporter is None and is_one_store(root):
        # Whose figures it has does not matter.
        return root
    stores = stores_of(root)
    reporters = ", ".join(stores)
    if reporter is None:
        if len(stores) > 1:
            raise ValueError(f"{root} has figures of {reporters}; name one of them as the reporter")
        return next(iter(stores.values()), root)
    if reporter not in stores:
        raise ValueError(f"{root} has no figures of the reporter {reporter!r}; it has those of {reporters or 'nobody'}")
    return stores[reporter]


def store_with(root: Address, has: Callable[[Path], bool]) -> Address | None:
    """The only store of a root, or the first of several for which `has` holds, or None; `root` if nothing was
    published."""
    from tasks.store.bucket.working_copy import at_hand

    stores = stores_of(root)
    if not stores:
        return root
    return next((store for store in stores.values() if len(stores) == 1 or has(at_hand(store))), None)


def mirror_of(root: Address, exporter: str, importer: str) -> Address:
    """The store of the table `mirror` of a pair, beside the stores of both."""
    return _below(root, MIRRORS, f"exporter={exporter}", f"importer={importer}")


def mirrors_of(root: Address) -> list[tuple[str, str]]:
    """The pairs that have a store of the table `mirror`, exporter and importer, in order."""
    names = sorted(_names(_below(root, MIRRORS)) or ())
    exporters = [name.removeprefix("exporter=") for name in names if name.startswith("exporter=")]
    pairs = ((exporter, _names(_below(root, MIRRORS, f"exporter={exporter}")) or set()) for exporter in exporters)
    return [(exporter, name.removeprefix("importer=")) for exporter, below in pairs for name in sorted(below)]


def table_of(root: Address, table: str, reporter: str) -> Address:
    """The store of a table that is made of the store of a reporter, and perhaps of others beside it."""
    return _below(root, table, f"{REPORTER_KEY}{reporter}")


def tables_of(root: Address, table: str) -> list[str]:
    """The reporters that have a store of such a table, in order."""
    return _reporters(_names(_below(root, table)) or set())


def root_of(store: Address) -> Address | None:
    """The root that the store of a reporter is in; None where its address does not say whose it is."""
    if named(store) is None:
        return None
    return S3Url(store.rpartition("/")[0]) if isinstance(store, S3Url) else store.parent


def is_one_store(root: Address) -> bool:
    """Whether `root` is the store of one reporter, and not the folder of several. Raises BrokenStore where it is
    both."""
    if named(root) is not None:
        return True
    names = _names(root)
    if names is None:
        return True
    of_store, others = sorted(names & OF_A_STORE), _reporters(names)
    if of_store and others:
        raise BrokenStore(
            f"{root}: both a store ({', '.join(of_store)}) and a folder of stores ({', '.join(others)}). "
            "Move one of them to another place."
        )
    return bool(of_store)


def named(address: Address) -> str | None:
    """The reporter in the last part of an address; None where there is none."""
    match = _NAMED.fullmatch(address.rpartition("/")[2] if isinstance(address, S3Url) else address.name)
    return match.group(1) if match else None


def reporter_of(store: Address) -> str | None:
    """Whose figures a store has; None where its address does not say so and nothing is published."""
    if (reporter := named(store)) is not None:
        return reporter
    from tasks.store.bucket.working_copy import address_of, at_hand
    from tasks.store.files.snapshot import open_snapshot
    from tasks.store.snapshots.parquet import read_table

    folder = at_hand(store)
    if (reporter := named(address_of(folder))) is not None:
        return reporter
    releases = read_table(open_snapshot(folder), "release")
    return str(releases["reporter"][0]) if releases.height else None


def _below(root: Address, *names: str) -> Address:
    return S3Url("/".join((root, *names))) if isinstance(root, S3Url) else root.joinpath(*names)


def _reporters(names: set[str]) -> list[str]:
    return sorted(match.group(1) for match in map(_NAMED.fullmatch, names) if match)


def _names(root: Address) -> set[str] | None:
    """The names in a root; None where it cannot be listed, which opening it as a store then explains."""
    if isinstance(root, S3Url):
        from tasks.store.bucket.s3 import Bucket

        return Bucket(root).names()
    try:
        return {*os.listdir(root)}
    except FileNotFoundError:
        return set()
    except OSError:
        return None
