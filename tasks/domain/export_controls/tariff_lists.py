"""Reads lists of tariff codes as they are published: a CSV with a column of codes, and what else it has beside them.

The name of the file is that of the list. Codes are of the tariff of the United States, of four to ten digits, and mean
all codes below them. Belongs here: from such a file to rows of the table `control_lists`, and the days of revisions.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path

import polars as pl

from schemas.code_files import BrokenTable
from schemas.names import EDITIONS
from schemas.small_files import read_small
from tasks.domain.classification import HS_DIGITS
from tasks.domain.text import clip

# Names under which lists have what a row of `control_lists` has, the first that is there.
NAMES = {
    "code": ("hts8", "hts10", "hts_prefix", "hts", "code"),
    "tier": ("tier", "list", "derivative_type", "category"),
    "valid_from": ("valid_from", "effective_date"),
    "valid_to": ("valid_to", "end_date"),
    "rate_pct": ("rate_pct",),
    "note": ("note", "description", "ch99_code"),
}
TARIFF = "HTS"
LENGTHS = range(4, 11)
BYTES_MAX = 20_000_000
# Chapters that the HS leaves to each country.
NATIONAL_CHAPTERS = ("98", "99")
DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?")


def columns_of(file: Path) -> list[str]:
    """The names in the first line of a file."""
    return next(csv.reader(StringIO(_text(file))), [])


def revisions_in(file: Path) -> dict[str, str]:
    """The day of each revision that a file names (columns revision and effective_date); none of another file."""
    if not {"revision", "effective_date"} <= {*columns_of(file)}:
        return {}
    return {row["revision"]: row["effective_date"] for row in csv.DictReader(StringIO(_text(file)))}


def tariff_rows(file: Path, columns: Iterable[str], editions: Mapping[str, set[str]]) -> pl.DataFrame:
    """Return a file as rows of `control_lists` (`columns`), with `rate_pct`; `editions` are the codes of six digits of
    each edition of the HS. A code that a tier has twice is one row, from its first day on. Raises BrokenTable for the
    first row that is not as it must be."""
    header = columns_of(file)
    named = {name: next((one for one in ones if one in header), None) for name, ones in NAMES.items()}
    if named["code"] is None:
        raise BrokenTable(
            f"{file.name}: no column of codes; a list has one of {', '.join(NAMES['code'])}, or the columns of the"
            f" table control_lists. It has {clip(', '.join(header))}."
        )
    rows = dict[tuple[str, str, str], dict[str, str]]()
    for number, given in enumerate(csv.DictReader(StringIO(_text(file))), 1):
        cells = {name: (given.get(one) or "").strip() if one else "" for name, one in named.items()}
        row = _row(file, number, cells, editions)
        kept = rows.setdefault((row["code"], row["tier"], row["valid_to"]), row)
        kept["valid_from"] = min(kept["valid_from"], row["valid_from"])
    return pl.DataFrame(list(rows.values()), schema=dict.fromkeys([*columns, "rate_pct"], pl.String))


def _row(file: Path, number: int, given: Mapping[str, str], editions: Mapping[str, set[str]]) -> dict[str, str]:
    code = given["code"].replace(".", "")
    where = f"{file.name}, row {number} below the header"
    if not code.isdecimal() or len(code) not in LENGTHS:
        raise BrokenTable(f"{where}: {clip(given['code'])!r} is no code of four to ten digits.")
    for name in ("valid_from", "valid_to"):
        if given[name] and not DAY.fullmatch(given[name]):
            raise BrokenTable(f"{where}: {clip(given[name])!r} is no day; write YYYY-MM-DD or YYYY-MM.")
    if given["rate_pct"] and not re.fullmatch(r"\d+(\.\d+)?", given["rate_pct"]):
        raise BrokenTable(f"{where}, column rate_pct: {clip(given['rate_pct'])!r} is no rate in %; write 25 or 7.5.")
    held = [name for name in EDITIONS if code[:6] in editions[name] or _has_below(editions[name], code)]
    note = given["note"]
    if not held and code[:2] not in NATIONAL_CHAPTERS:
        note = "; ".join(filter(None, (note, f"no edition of the HS since {min(EDITIONS)} has {code[:6]}")))
    return {
        "list": re.sub(r"[^a-z0-9]+", "_", file.stem.lower()).strip("_"),
        "authority": f"as {file.name} has it",
        "code": code,
        "digits": str(len(code)),
        "nomenclature": TARIFF,
        "edition": held[-1] if held else [*EDITIONS][-1],
        "tier": re.sub(r"[^A-Za-z0-9.]+", "_", given["tier"]).strip("_"),
        "valid_from": given["valid_from"],
        "valid_to": given["valid_to"],
        "coverage": "whole",
        "trust": "stated",
        "note": note,
        "source": file.name,
        "rate_pct": given["rate_pct"],
    }


def _has_below(codes: set[str], heading: str) -> bool:
    return len(heading) < HS_DIGITS and any(code.startswith(heading) for code in codes)


def _text(file: Path) -> str:
    try:
        return read_small(file, BYTES_MAX).decode("utf-8-sig")
    except ValueError as error:
        raise BrokenTable(f"{file.name}: {error}; it is a CSV in UTF-8") from None


def in_force(rows: pl.DataFrame, when: str) -> pl.DataFrame:
    """The rows that hold on a day, YYYY-MM-DD, or on any day of a month, YYYY-MM."""
    whole = len(when) > len("YYYY-MM")
    first, last = pl.col("valid_from"), pl.col("valid_to")
    is_month = (day.str.len_chars() == len("YYYY-MM") for day in (first, last))
    begins, ends = (
        pl.when(short).then(day + end).otherwise(day) if whole else day.str.head(len("YYYY-MM"))
        for short, day, end in zip(is_month, (first, last), ("-01", "-31"), strict=True)
    )
    return rows.filter((first == "") | (begins <= when), (last == "") | (ends >= when))


def rates_by_code(rows: pl.DataFrame) -> dict[str, list[tuple[str, str, float]]]:
    """The rates of listed codes, each with its first and last day."""
    rated = rows.filter(pl.col("rate_pct") != "").select("code", "valid_from", "valid_to", "rate_pct")
    of_code = dict[str, list[tuple[str, str, float]]]()
    for code, first, last, rate in rated.iter_rows():
        of_code.setdefault(code, []).append((first, last, float(rate)))
    return of_code
