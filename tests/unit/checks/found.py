"""What the checks find about a file, after the files that were published before it."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import Case, Publish, read
from release_pages import TITLE, goods

ONE_OF_MANY = re.compile(r"\b1 such [a-z]+s\b(?<!series)|\b0 more\b")
Earlier = bytes | tuple[bytes, Mapping[str, Any]]
# A day after the months of the made-up soybeans, and the day on which those of the year before came out.
IMPORTS: Mapping[str, Any] = {"flow": "import", "partners": "all", "released_on": date(2025, 3, 20)}
EARLIER: Mapping[str, Any] = {**IMPORTS, "released_on": date(2025, 2, 20)}
PRINTED: Mapping[str, Any] = {"source": "published", "flow": None, "partners": None, "released_on": None}


def find(
    data: bytes, *before: Earlier, file: str = "download.csv", earlier: Mapping[str, Any] | None = None, **declared: Any
) -> pl.DataFrame:
    """Each finding but those of reading. A file of `before` that comes without its declaration has `earlier`."""
    told = tuple(one if isinstance(one, tuple) else (one, earlier or {}) for one in before)
    with tempfile.TemporaryDirectory() as folder:
        _, found = read(Case("", data, Publish(), declared, file, None, told), Path(folder))
    texts = [text for row in found.select("observed", "expected").iter_rows() for text in row if text]
    assert not [text for text in texts if ONE_OF_MANY.search(text)], "one thing is singular, and no rest of 0 is named"
    return found.filter(~pl.col("check").is_in(["normalised", "no_proof"]))


def said(found: pl.DataFrame) -> str:
    """What is found as one text: each check with its severity, once, by name."""
    return ", ".join(
        sorted({f"{check} {severity}" for check, severity in found.select("check", "severity").iter_rows()})
    )


def case(rule: str, expected: str, data: bytes, *before: Earlier, **declared: Any) -> Any:
    """A row of a table: what is `said` of a file, for `find`."""
    return pytest.param(expected, data, before, declared, id=rule)


def page_of(year: int, month: int, rows: Sequence[Sequence[str]]) -> tuple[bytes, dict[str, Any]]:
    """The release page of goods of a month, and its declaration."""
    day = date(year, month + 1, 14)
    data = goods(rows, title=TITLE.replace("May 2025", f"{month}.{year}"), day=f"{day:%Y/%m/%d}",
                 spans=(f"{month}", f"1-{month} Total", f"1-{month} Total, {year - 1}", "(%)"))  # fmt: skip
    return data, {"source": "gacc_preliminary", "flow": None, "partners": None, "released_on": day}
