"""Writes the input of X-13ARIMA-SEATS, a specification of its own language, and reads its result.

Belongs here: the specification as its Reference Manual (version 1.1) has it: lines of at most 132 characters and only
those of ASCII, dates as `year.month`, a title of at most 79. The program is run by who has it: `x13as adjust -s`.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from tasks.answers.programs.adjust import AHEAD, Handed, Result, newest, numbers_by_month
from tasks.domain.doubt.doubt_words import remarks_of
from tasks.domain.periods import first_day

NAME = "adjust.spc"
# The program takes a month with this number as missing, and estimates it.
MISSING = -99999.0
TITLE_MAX, LINE_MAX = 79, 132
# A month and its number in a table that the program saved.
LINE = re.compile(r"([0-9]{4})([0-9]{2})\s+(\S+)\s*")
METHOD = "X-13ARIMA-SEATS, X-11 (table D 11)"


def files_of(series: Handed) -> dict[str, bytes]:
    """Return the files of a series by name."""
    return {NAME: "".join(f"{line}\n" for line in _lines(series)).encode("ascii")}


def result_of(folder: Path) -> Result:
    """Return what the program made of `files_of`. Raises ValueError where its result is not in the folder."""
    adjusted = folder / NAME.replace(".spc", ".d11")
    if not adjusted.is_file():
        raise ValueError(
            f"{folder}: there is no {adjusted.name}, which X-13 writes; run it there (x13as adjust -s), and look into"
            " its list of errors if it wrote none"
        )
    given = adjusted.with_suffix(".a1")
    return Result(_table(adjusted), _table(given) if given.is_file() else {}, METHOD, _version(folder))


def _lines(series: Handed) -> Iterator[str]:
    start = _date(series.first)
    yield f"# {_plain(series.title)[:TITLE_MAX]}"
    for one in series.interventions:
        yield from _comment(f"ls{_date(one.month)}: {one.reason}")
    for one in series.left_out:
        yield from _comment(f"left out at an end of the series: {_date(one.month)}: {one.reason}")
    for remark in remarks_of(series.doubts):
        yield from _comment(remark)
    yield "series {"
    yield f'  title = "{_plain(series.title)[:TITLE_MAX]}"'
    yield f"  start = {start}"
    yield "  period = 12"
    yield f"  missingcode = {MISSING}"
    yield from _numbers(MISSING if level is None else level for level in series.levels)
    yield "  save = (span)"
    yield "}"
    yield f"transform {{ function = {'log' if series.is_positive else 'none'} }}"
    yield "regression {"
    if series.interventions:
        yield "  variables = ("
        yield from (f"    ls{_date(one.month)}" for one in series.interventions)
        yield "  )"
    yield "  user = (lunarnewyear)"
    yield "  usertype = holiday"
    yield f"  start = {start}"
    yield from _numbers(series.new_year)
    yield "}"
    yield "automdl { }"
    yield "outlier { }"
    yield f"forecast {{ maxlead = {AHEAD} }}"
    yield "x11 { save = (d10 d11 d12) }"


def _numbers(numbers: Iterable[float]) -> Iterator[str]:
    yield "  data = ("
    yield from (f"    {number!r}" for number in numbers)
    yield "  )"


def _comment(text: str) -> Iterator[str]:
    plain = _plain(text)
    yield from (f"# {plain[start : start + LINE_MAX - 2]}" for start in range(0, len(plain), LINE_MAX - 2))


def _plain(text: str) -> str:
    """A text in ASCII and without what ends a title."""
    return re.sub(r'[^\x20-\x7e]|["\']', "?", text)


def _date(month: int) -> str:
    day = first_day(month)
    return f"{day.year}.{day.month:02d}"


def _table(file: Path) -> dict[date, float]:
    """A table that the program saved: a line each of month and number, below a header."""
    matches = (LINE.fullmatch(line) for line in file.read_text(encoding="ascii", errors="replace").splitlines())
    values = numbers_by_month(((match[1], match[2], match[3]) for match in matches if match), file)
    if not values:
        raise ValueError(f"{file}: no line with a month and a number, as X-13 saves its tables")
    return values


def _version(folder: Path) -> str | None:
    """The version that the program's diagnostics name; they are there where it ran with -s."""
    file = newest(folder, ".udg")
    diagnostics = (
        dict(re.findall(r"^(version|build): (\S+)", file.read_text(errors="replace"), re.MULTILINE)) if file else {}
    )
    return (
        f"X-13ARIMA-SEATS {diagnostics['version']} build {diagnostics.get('build', '?')}"
        if "version" in diagnostics
        else None
    )
