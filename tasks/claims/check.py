"""Checks a file of claims against a snapshot of the ledger, one verdict per row, and makes them rows of the table
`claim`. A claim never changes the ledger.
"""

import difflib
import functools
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.frames import CheckedClaim, Claim
from schemas.names import INPUT, OPTIONAL, VERDICTS
from schemas.table import polars_schema
from schemas.validation import validated
from tasks.claims.parse import read_claim, read_product
from tasks.claims.readings import Readings
from tasks.claims.verdict import AGREED, check_claim
from tasks.domain.classification import members
from tasks.domain.errors import Unclear
from tasks.domain.export_controls.measures import events_of, mixed_note
from tasks.domain.labels import written_month
from tasks.domain.periods import first_day
from tasks.domain.reporter import Reporter
from tasks.domain.text import counted
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

COLUMNS_READ = {*INPUT, *OPTIONAL, "verdict", "reason"}

# Of the optional columns those that say which figure is meant.
READ = ("hs_code_if_stated", "qualifier")
BLAMED = ("contradicted", "right_number_wrong_place")
DAY = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
# A name that is so much like another one is a slip.
ALIKE = 0.8


class Meant(NamedTuple):
    """The product that a store has for a name of goods (empty: none), and a note for the reason of the verdict."""

    product: str
    note: str


@dataclass(frozen=True)
class ClaimsFile:
    """A file of claims: its name, the hash of its bytes, its rows as text; and of each row what its goods are called in
    the store, where its own words do not tell."""

    name: str
    sha256: str
    rows: pl.DataFrame
    meant: tuple[Meant | None, ...] = ()

    @property
    def understood(self) -> list[dict[str, str | None]]:
        """The rows, with the store's own name for the goods."""
        pairs = zip_longest(self.rows.iter_rows(named=True), self.meant)
        return [
            row | ({"commodity": one.product, "hs_code_if_stated": None} if one and one.product else {})
            for row, one in pairs
        ]


def check_claims(snapshot: Snapshot, claims: ClaimsFile) -> CheckedClaim:
    """Return every row of the file with all its columns, then verdict and reason; in the order given."""
    national, rows = Reporter.of(read_table(snapshot, "release")).nomenclature, claims.understood
    products = {product for row in rows if (product := product_of(row, national))}
    readings = Readings(snapshot, products | {code for product in products for code in members(product)})

    @functools.cache
    def known_on(product: str, day: date) -> Readings:
        return Readings(snapshot, {product, *members(product)}, others=False, day=day)

    judged = [
        _with_note(_on_its_day(readings, row, known_on), meant.note if meant else "")
        for row, meant in zip_longest(rows, claims.meant)
    ]
    verdicts = pl.DataFrame(judged, {"verdict": pl.String, "reason": pl.String}, orient="row")
    kept = claims.rows.drop("verdict", "reason", strict=False).with_columns(pl.col(INPUT).fill_null(""))
    return pl.concat([kept, verdicts], how="horizontal")


def _with_note(verdict: tuple[str, str], note: str) -> tuple[str, str]:
    """Return a verdict and its reason with how the name of the goods was understood: a code that may hold other goods
    too contradicts nothing."""
    if not note:
        return verdict
    is_blamed = verdict[0] in BLAMED
    return (
        ("not_checkable", f"Not checkable: {note}. {verdict[1]}")
        if is_blamed
        else (verdict[0], f"{verdict[1]} {note}.")
    )


def _on_its_day(
    readings: Readings, row: dict[str, str | None], known_on: Callable[[str, date], Readings]
) -> tuple[str, str]:
    """Return the verdict on a claim and its reason: one that is wrong by what is known now, and was right by what was
    known on the day on which it was printed, is not contradicted."""
    verdict, reason = check_claim(readings, row)
    product, text = product_of(row, readings.reporter.nomenclature), (row.get("published") or "").strip()
    if verdict not in BLAMED or product is None or not DAY.fullmatch(text):
        return verdict, reason
    printed_on = date.fromisoformat(text)
    then, why = check_claim(known_on(product, printed_on), row)
    if then not in AGREED:
        return verdict, reason
    later = known_on(product, printed_on).later
    until = next((day for day in later if check_claim(known_on(product, day), row)[0] not in AGREED), printed_on)
    return then, f"Was right until {until.day} {written_month(until)}; corrected since. On its day: {why} Now: {reason}"


def product_of(row: dict[str, str | None], national: str) -> str | None:
    """Return our product for the commodity of a claim, by the national list; None if it cannot be determined."""
    try:
        return read_product({name: text or "" for name, text in row.items()}, national)
    except Unclear:
        return None


def months_of(claims: Iterable[dict[str, str | None]], national: str) -> pl.DataFrame:
    """Return the months that rows of claims are about: `flow`, `product` by the national list, `period`; none of a
    claim that cannot be read."""
    months = list[tuple[str, str, date]]()
    for row in claims:
        try:
            spot = read_claim(row, national).spot
        except Unclear:
            continue
        months += [(spot.flow, spot.product, first_day(month)) for month in range(spot.first, spot.last + 1)]
    return pl.DataFrame(months, {"flow": pl.String, "product": pl.String, "period": pl.Date}, orient="row")


def read_claims(file: Path) -> ClaimsFile:
    """Read the rows of a claims file as text. Raises ValueError if the file is not one."""
    if not file.is_file():
        raise ValueError(f"{file}: there is no such file; give a CSV with the columns {', '.join(INPUT)}")
    data = file.read_bytes()
    try:
        rows = pl.read_csv(io.BytesIO(data), infer_schema=False, encoding="utf8")
        rows = rows.rename({name: name.strip().lstrip("\ufeff") for name in rows.columns})
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: not a CSV in UTF-8 ({str(error).splitlines()[0]}); save it as one") from error
    if missing := [name for name in INPUT if name not in rows.columns]:
        raise ValueError(
            f"{file}: the columns {', '.join(missing)} are missing; a claims file has {', '.join(INPUT)}, and may have"
            " qualifier, hs_code_if_stated and others"
        )
    if odd := [(name, known) for name in rows.columns if (known := _nearly(name)) is not None]:
        columns = ", ".join(f"{name} (did you mean {known}?)" for name, known in odd)
        raise ValueError(f"{file}: no claim is read by the column {columns}. Rename it, or leave it out.")
    return ClaimsFile(file.name, hashlib.sha256(data).hexdigest(), rows)


def _nearly(name: str) -> str | None:
    """Return the column that a name is nearly that of: what stands there would not be read. None for a column that is
    read, and for one of the file's author."""
    if name in (*INPUT, *OPTIONAL):
        return None
    short = next((known for known in READ if known.startswith(name) and len(name) > 1), None)
    return short or next(iter(difflib.get_close_matches(name.lower(), (*INPUT, *READ), 1, ALIKE)), None)


def summary(checked: pl.DataFrame) -> str:
    """Return the number of claims per verdict, in a line."""
    counts = dict(checked["verdict"].value_counts().iter_rows())
    return f"{counted(checked.height, 'claim')}: " + ", ".join(f"{counts.get(name, 0)} {name}" for name in VERDICTS)


def claim_rows(claims: ClaimsFile, checked: CheckedClaim, releases: pl.DataFrame) -> Claim:
    """Return the rows of the table `claim` of one file; `releases` are those of the ledger that it was checked
    against.
    """
    known_on = releases["released_on"].max()
    reporter = Reporter.of(releases)
    events = events_of(reporter=reporter.code)["event"].to_list()
    rows = [
        {
            "claims_file": claims.name,
            "claims_sha256": claims.sha256,
            "record": record,
            "known_on": known_on,
            "product": (product := product_of(read, reporter.nomenclature)),
            **{name: row[name] for name in INPUT},
            **{name: row.get(name) or None for name in OPTIONAL},
            "verdict": row["verdict"],
            "reason": row["reason"],
            "further": json.dumps(
                {name: text for name, text in row.items() if name not in COLUMNS_READ and text}, ensure_ascii=False
            ),
            "note": mixed_note(product, events) if product else None,
        }
        for record, (row, read) in enumerate(zip(checked.iter_rows(named=True), claims.understood, strict=True), 1)
    ]
    kinds = polars_schema("claim")
    frame = pl.DataFrame([{name: row[name] for name in kinds} for row in rows], schema=kinds)
    return validated("claim", frame)
