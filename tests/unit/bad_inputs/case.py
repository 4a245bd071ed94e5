"""What a case is, and how it is run: through the gates in the flow's order, with plain functions and a store of its
own."""

import atexit
import datetime
import functools
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
from bad_inputs.download import CLEAN

from schemas.forms.request import ReleaseRequest
from schemas.frames import Detail, Finding, Observation, Release
from schemas.table import empty_frame
from schemas.tables.catalog import MODELS
from tasks.checks.frame.registry import check_release as check
from tasks.derive.affected_months import touched_months
from tasks.domain.errors import Refused
from tasks.ingest.corrections import correct
from tasks.ingest.declaration import locate
from tasks.ingest.normalise import Normalised, normalise
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tasks.ledger import merge as ledger
from tasks.ledger.published_state import PublishedState
from tasks.store.files.manifest import FileEntry
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import encode_months

TODAY = datetime.date(2026, 1, 5)
DECLARED: Mapping[str, Any] = {"source": "gacc_query", "flow": "export", "released_on": datetime.date(2025, 7, 20)}
EARLIER = datetime.date(2025, 7, 18)
# Rules about one record or line: the message must say which.
ROW_RULES = {
    "row width",
    "quoting",
    "header in the data",
    "contradiction",
    "summary row",
    "mojibake",
    "field too long",
    "damaged text",
    "measure",
}


@dataclass(frozen=True)
class Refuse:
    """Nothing of the file is used; `rule` names why."""

    rule: str


@dataclass(frozen=True)
class Quarantine:
    """These records are set aside for these reasons, and so many in so small a file hold it."""

    reasons: Mapping[int, str]
    held: bool = True


@dataclass(frozen=True)
class Hold:
    """An error finding of this check: nothing is published until a person decides."""

    check: str


@dataclass(frozen=True)
class Warn:
    """Published with a warning of this check."""

    check: str


@dataclass(frozen=True)
class Normalise:
    """Published with the clean file's numbers, and an info finding says what was changed in reading."""

    note: str
    check: str = "normalised"


@dataclass(frozen=True)
class Publish:
    """Published, and nothing to say about it."""


Verdict = Refuse | Quarantine | Hold | Warn | Normalise | Publish


@dataclass(frozen=True)
class Case:
    """One file with its declaration and what must become of it.

    `clean` is the file that it is a mutation of: a number that is published for a key of both must be the clean one,
    unless `changes` says that the mutation is another number, legibly written. Large files are made where they are
    read. `before` are the files that were published earlier, each with its declaration.
    """

    name: str
    data: bytes | Callable[[], bytes]
    expect: Verdict
    declared: Mapping[str, Any] = field(default_factory=dict)
    file: str = "download.csv"
    sidecar: str | None = None
    before: tuple[tuple[bytes, Mapping[str, Any]], ...] = ()
    clean: bytes = CLEAN
    changes: bool = False


@dataclass(frozen=True)
class Row:
    """A row of BAD_INPUTS.md with its cases, or with the reason why it cannot arrive here."""

    number: int
    name: str
    cases: tuple[Case, ...] = ()
    not_applicable: str = ""


def read(case: Case, folder: Path) -> tuple[Normalised, Finding]:
    """The case's file through all gates. Raises Refused."""
    data = case.data() if callable(case.data) else case.data
    release = _normalised(data, case.file, {**DECLARED, **case.declared}, folder, case.sidecar)
    published = _published(tuple((data, tuple(sorted(declared.items()))) for data, declared in case.before))
    return release, check(release, known_after(published, release))


@functools.cache
def _published(before: tuple[tuple[bytes, tuple[tuple[str, Any], ...]], ...]) -> PublishedState:
    """What is known after these releases, laid down once for all the cases that begin with them."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    return ledger_of([_earlier(data, declared) for data, declared in before], Path(folder))


@functools.cache
def _earlier(data: bytes, declared: tuple[tuple[str, Any], ...]) -> Normalised:
    with tempfile.TemporaryDirectory() as folder:
        return _normalised(
            data, "earlier.csv", {**DECLARED, "released_on": EARLIER, **dict(declared)}, Path(folder), None
        )


READ: dict[tuple[Any, ...], Normalised] = {}


def _normalised(data: bytes, name: str, declared: Mapping[str, Any], folder: Path, sidecar: str | None) -> Normalised:
    """What is read of a file, once for all the cases that have the same one."""
    key = (data, name, sidecar, repr(sorted(declared.items())))
    if key not in READ:
        READ[key] = _read(data, name, declared, folder, sidecar)
    return READ[key]


def _read(data: bytes, name: str, declared: Mapping[str, Any], folder: Path, sidecar: str | None) -> Normalised:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    if sidecar is not None:
        (folder / f"{name}.toml").write_text(sidecar, encoding="utf-8")
    landed = land(locate(ReleaseRequest(file=folder / name, **declared)), folder / "store", TODAY)
    return normalise(landed, correct(landed, parse(landed), TODAY))


def known_after(published: PublishedState, release: Normalised) -> PublishedState:
    """What `open_known` would give of a release after what is published."""
    touched = tuple(sorted(touched_months(release)))
    return published._replace(touched=touched, derived=touched)


def ledger_of(earlier: list[Normalised], folder: Path) -> PublishedState:
    """What is known once these releases are published: the ledger by the ledger's own rules, and in `folder` the files
    of its months, which are all that a check reads of a snapshot."""
    if not earlier:
        return PublishedState(*_nothing(), touched=(), derived=(), snapshot=None)
    releases = MODELS["release"].validate(pl.concat([one.release for one in earlier]).unique("release_id"))
    detail = MODELS["detail"].validate(pl.concat([one.detail for one in earlier]))
    observation = ledger.merge(detail, releases)
    return PublishedState(releases, observation, detail, (), derived=(), snapshot=laid_down(observation, folder))


def first(release: Normalised, folder: Path) -> PublishedState:
    """What is known of the first release of a store."""
    return known_after(ledger_of([], folder), release)


def laid_down(observation: pl.DataFrame, folder: Path) -> Snapshot:
    """The ledger as files of months, as in a snapshot."""
    snapshot, entries = Snapshot(folder, "1", 1, None, {}, ()), []
    for file in encode_months("observation", observation, lambda month: {}):
        path = f"{file.table}/{file.partition}/file.parquet"
        (snapshot.path / path).parent.mkdir(parents=True, exist_ok=True)
        (snapshot.path / path).write_bytes(file.data)
        entries.append(FileEntry(file.table, file.partition, path, file.sha256, len(file.data), file.rows, ""))
    return replace(snapshot, files=tuple(entries))


@functools.cache
def _nothing() -> tuple[Release, Observation, Detail]:
    return tuple(MODELS[name].validate(empty_frame(name)) for name in ("release", "observation", "detail"))  # type: ignore[return-value]


@functools.cache
def clean_numbers(data: bytes) -> dict[tuple[Any, ...], int]:
    """What a clean file says, read through the same gates in a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return numbers_of(read(Case("clean", data, Publish()), Path(folder))[0])


def numbers_of(release: Normalised) -> dict[tuple[Any, ...], int]:
    """Every number of a release by its key."""
    key = ["flow", "product", "partner", "regime", "province", "period_start", "period_end", "measure"]
    return {row[:-1]: row[-1] for row in release.detail.select(*key, "value").iter_rows()}


def assert_message_helps(refused: Refused, file: str) -> None:
    """A refusal names the file, what was found and what to do; one about a record names the record or the line."""
    assert file in refused.where
    assert len(refused.found) > 8
    assert len(refused.advice) > 8
    assert refused.advice.endswith(".")
    if refused.rule in ROW_RULES:
        assert re.search(r"(record|records|line) \d+", refused.where), refused.where


def assert_nothing_is_lost(release: Normalised) -> None:
    """Records in = observed + quarantined, record by record."""
    row = release.release.row(0, named=True)
    assert row["records"] == row["records_observed"] + row["records_quarantined"]
    observed, aside = set(release.detail["record"]), set(release.quarantine["record"])
    assert not observed & aside
    assert observed | aside == set(range(1, row["records"] + 1))
