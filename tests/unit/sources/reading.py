"""Reads made and real files through all gates, as a release does, and asks an adapter why it refuses one."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import Refused
from tasks.ingest.corrections import correct
from tasks.ingest.declaration import locate
from tasks.ingest.normalise import Normalised, normalise
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tasks.sources.registry import SOURCES

TODAY = date(2026, 10, 1)


def read(data: bytes, folder: Path, source: str, name: str = "file.csv", **declared: Any) -> Normalised:
    """A file of a source through all gates; a query is of all partners, and every file of one day, unless declared
    otherwise."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    given = {} if SOURCES[source].says_day else {"released_on": date(2026, 8, 20)}
    given |= {"partners": "all"} if SOURCES[source].kind == "query" else {}
    landed = land(
        locate(ReleaseRequest(file=folder / name, source=source, **{**given, **declared})), folder / "store", TODAY
    )
    return normalise(landed, correct(landed, parse(landed), TODAY))


def numbers(release: Normalised, *names: str) -> dict[tuple[str, ...], int]:
    """The values of a release by the texts of these columns."""
    rows = release.detail.select(pl.col(names).cast(pl.String), "value").rows()
    found = {row[:-1]: row[-1] for row in rows}
    assert len(found) == len(rows), "two numbers of one key"
    return found


def doubts(release: Normalised) -> list[tuple[str, str]]:
    """Check and severity of each finding that is more than a note."""
    return release.findings.filter(pl.col("severity") != "info").select("check", "severity").rows()


def rule_of(source: str, data: bytes, name: str = "file.csv") -> str:
    """The rule by which the adapter of a source refuses a file; the message says where, and what to do."""
    with pytest.raises(Refused) as refused:
        SOURCES[source].parse(data, name)
    assert name in refused.value.where
    assert refused.value.advice.endswith((".", " --inbox inbox"))
    return refused.value.rule
