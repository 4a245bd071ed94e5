"""Finds the declaration of a file: everything that must be known about it and is not in it.

Searched in this order, the first value wins: the command line, the sidecar `<file>.toml`, `defaults.toml` of the file's
folder and of the two above it, and the folder names (`<source>/<flow>/file`,
`<source>/file`). For a link, both its own place and its
target count. Last come the values of a command for a whole folder (`otherwise` of the request), and before them, where
the command asks for it, the day of release that stands in the name of the file or of a folder above it. A missing value
that is needed refuses the file; the message has the line to write.
"""

import functools
import json
import os
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.forms.request import Declaration, Declared, OfFolder, ReleaseRequest, Sidecar
from schemas.names import MONTHS
from schemas.small_files import read_toml
from tasks.domain.errors import Refused
from tasks.domain.labels import customs_of
from tasks.domain.text import clip
from tasks.ingest.unpack import read_download
from tasks.sources.registry import SOURCES, read_file

DEFAULTS = "defaults.toml"
FOLDERS_UP = 3
LINES = {
    "flow": 'flow = "import"',
    "reporter": 'reporter = "CHN"',
    "partners": 'partners = "all"',
    "products": 'products = ["8505"]',
    "months": 'months = "2025-01..2025-06"',
    "released_on": "released_on = 2025-01-20",
    "title": 'title = "June 2025"',
}
# Pydantic's own names for these types.
WRONG = {
    "extra_forbidden": "there is no such key",
    "string_type": "a text in quotes is needed",
    "list_type": "a list is needed",
    "date_from_datetime_inexact": "a day is needed, without an hour",
    "date_from_datetime_parsing": "a day is needed",
}
UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")
# Direction marks make a title look like another.
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# The limit of most file systems; the name of a sidecar must fit, too.
NAME_BYTES_MAX = 255
TITLE_CHARACTERS_MAX = 255
OPTIONS = {"flow": "--flow import|export", "source": f"--source {'|'.join(SOURCES)}"}
# A day in a name; digits without marks between them may be a code, unless a word says what they are.
DAY = re.compile(r"(?<!\d)(\d{4})([-_.])(\d{2})\2(\d{2})(?!\d)")
NAMED_DAY = re.compile(
    r"(?:as[ _-]?of|released(?:[ _-]on)?|published|截至|发布)[ _-]?"
    r"(\d{4})(?:([-_.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})|(\d{2})(\d{2}))(?!\d)",
    re.IGNORECASE,
)
PAGE_SUFFIXES = (".html", ".htm")


def locate(request: ReleaseRequest) -> Declared:
    """The declaration of the file of `request`. Raises Refused where the file or a needed value is missing."""
    file = request.file
    if len(os.fsencode(_sidecar(file).name)) > NAME_BYTES_MAX:
        raise Refused(
            "name too long",
            where=clip(file.name),
            found="a name so long that its sidecar cannot have one",
            advice="Give the file a shorter name.",
        )
    if not file.is_file():
        kind, advice = _no_file(file)
        raise Refused("no file", where=str(file), found=kind, advice=advice)
    _refuse_misnamed_sidecar(file)
    values = _declared(request)
    is_page = file.suffix.lower() in PAGE_SUFFIXES
    if "source" not in values:
        raise _undeclared("source", file, *_sources_of_pages() if is_page else _sources_of_queries("flow" in values))
    if values["source"] not in SOURCES:
        raise Refused(
            "unknown source", str(file), f"source {values['source']!r}", f"It is one of {', '.join(SOURCES)}."
        )
    source = SOURCES[values["source"]]
    for need in source.needs:
        if need not in values:
            raise _undeclared(need, file, LINES[need])
    first, last = _months(values.pop("months", None))
    if "reporter" not in values:
        values["reporter"] = source.reporter or _named_reporter(source.name, file, _state(file))
    source.refuse_other_reporters([values["reporter"]], str(file))
    nothing = dict.fromkeys(("flow", "products", "released_on"))
    values = {**nothing, "partners": "listed", **source.declared, **values}
    values["title"] = _title(values.get("title") or file.name, file)
    return Declared(file=file, store=request.store, first_month=first, last_month=last, **values)


def _state(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


@functools.lru_cache(256)
def _named_reporter(source: str, file: Path, state: tuple[int, int, int]) -> str:
    """The reporter that a file names, kept as long as its `state` is that: an inbox is looked at again and again."""
    reporter = read_file(source, read_download(file), file.name).reporter
    assert reporter is not None  # each file of a source without a reporter of its own names one
    return reporter


def _no_file(path: Path) -> tuple[str, str]:
    """What a path is that is no file, and what to do about it."""
    if path.is_dir():
        try:
            with os.scandir(path):
                kind = "a folder"
        except PermissionError:
            return "a folder that may not be opened", "Check its permissions."
    elif path.exists():
        return "a pipe or a device, which is no file", "Save its content as a file, and give that."
    else:
        kind = "a link that leads to no file" if path.is_symlink() else "there is no such file"
    return kind, "Give the path of a downloaded file; a folder of them goes in with tidewaiter backfill."


def _title(title: str, file: Path) -> str:
    """The title, for tables, pages and terminals, where a control character would take effect."""
    is_unprintable = TURNS.search(title) or any(unicodedata.category(sign) in UNPRINTABLE for sign in title)
    if len(title) > TITLE_CHARACTERS_MAX or is_unprintable:
        raise Refused(
            "title",
            where=clip(file.name),
            found=f"title {clip(title)} has control characters, broken ones, or more than {TITLE_CHARACTERS_MAX}",
            advice='Give the release a title (title = "June 2025" in the sidecar), or the file another name.',
        )
    return title


def _declared(request: ReleaseRequest) -> dict[str, Any]:
    """What is declared about the file; of several declarations of one thing the strongest counts."""
    given = request.model_dump(include=set(Declaration.model_fields), exclude_none=True)
    # Also a pipe and a broken link, which are refused: someone meant to declare something there.
    written = (_read(file) for file in declaration_files(request.file) if os.path.lexists(file))
    declarations = [Declaration(**given), *written, *map(_folder_names, _places(request.file))]
    otherwise = request.otherwise
    if isinstance(otherwise, OfFolder) and otherwise.day_in_name:
        is_declared = any(one.released_on for one in declarations)
        declarations += [] if is_declared else [Declaration(released_on=_day_in_name(request.file))]
    declarations.append(otherwise)
    names = Sidecar.model_fields
    return {
        name: value
        for declaration in declarations[::-1]
        for name, value in declaration
        if value is not None and name in names
    }


def _day_in_name(file: Path) -> date:
    """The day of release in the name of a file, or of the nearest folder above it that has one: behind a word such as
    as_of, otherwise the only day there is. Raises Refused without one, and where there are several."""
    for name in (file.stem, *(folder.name for folder in file.absolute().parents[:FOLDERS_UP])):
        every = [*filter(None, map(_day, DAY.finditer(name)))]
        named = [*filter(None, map(_day, NAMED_DAY.finditer(name)))]
        days = {*(named or every)}
        if len(days) == 1:
            return days.pop()
        if days:
            raise Refused(
                "day in the name",
                where=str(file),
                found=f"{name} has several days: {', '.join(map(str, sorted(days)))}",
                advice=f"Write as_of_ before the day of release, or {LINES['released_on']} into a sidecar.",
            )
    raise Refused(
        "day in the name",
        where=str(file),
        found="no day in its name, nor in those of the folders above it",
        advice=f"Name it as in as_of_2026-03-23, or write {LINES['released_on']} into a sidecar.",
    )


def _day(match: re.Match[str]) -> date | None:
    """The day of a match; None for one that no calendar has."""
    try:
        return date(*(int(digits) for digits in match.groups() if digits and digits.isdigit()))
    except ValueError:
        return None


def declaration_files(file: Path) -> list[Path]:
    """Paths of possible declarations of a file, the strongest first: its sidecar, and files in the folders above it."""
    places = _places(file)
    above = dict.fromkeys(folder / DEFAULTS for place in places for folder in place.parents[:FOLDERS_UP])
    return [*map(_sidecar, places), *above]


def _sidecar(place: Path) -> Path:
    return place.with_name(f"{place.name}.toml")


def _places(file: Path) -> list[Path]:
    """The places of a file: its given path, and the target if it is a link."""
    return [*dict.fromkeys((Path(os.path.abspath(file)), file.resolve()))]


def _refuse_misnamed_sidecar(file: Path) -> None:
    """Raises Refused where `june.toml` belongs to `june.csv`: it would be ignored silently."""
    for place in _places(file):
        for name in (f"{place.stem}.toml", f"{place.stem}.TOML", f"{place.name}.TOML"):
            other = place.with_name(name)
            # Joined and not renamed: of `..toml` only a dot remains, which Python 3.13 does not accept as a name.
            named_by_it = other.parent / other.name[: -len(".toml")]
            is_of_another = other.name == DEFAULTS or (named_by_it != place and named_by_it.is_file())
            if other.is_file() and not _sidecar(place).is_file() and not is_of_another:
                raise Refused(
                    "misnamed sidecar",
                    where=str(file),
                    found=f"{name} lies next to it, and under that name says nothing",
                    advice=f"Rename it to {_sidecar(place).name}, or move it away.",
                )


def _read(file: Path) -> Declaration:
    try:
        _, values = read_toml(file)
    # Of a number that is too long the reader says so as of any wrong value.
    except (ValueError, OSError) as error:
        raise Refused(
            "declaration",
            where=str(file),
            found=f"no valid TOML: {clip(str(error), 300)}",
            advice="Mend the file, and save it as UTF-8.",
        ) from error
    try:
        return Sidecar(**values)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        lines = {**LINES, "source": _sources_of_queries(True)[0]}
        line = f"Write {lines[key]}. " if key in lines else ""
        raise Refused(
            "declaration",
            where=f"{file}, key {'.'.join(map(str, first['loc']))}",
            found=_wrong(first),
            advice=f"{line}The keys are {', '.join(Declaration.model_fields)}.",
        ) from error


def _wrong(problem: ErrorDetails) -> str:
    if problem["type"] == "value_error":
        # Our own messages contain the input.
        return clip(str(problem["ctx"]["error"]), 200)
    return f"{clip(repr(problem.get('input')))}: {WRONG.get(problem['type'], problem['msg'])}"


def _folder_names(file: Path) -> Declaration:
    flow, source = file.parent.name, file.parent.parent.name
    if source in SOURCES and flow in ("export", "import"):
        return Declaration.model_validate({"source": source, "flow": flow})
    # Most files say their direction themselves, so their folder has the name of the source alone.
    return Declaration.model_validate({"source": file.parent.name} if file.parent.name in SOURCES else {})


def _undeclared(name: str, file: Path, line: str, more: str = "") -> Refused:
    return Refused(
        f"{name} not declared",
        where=str(file),
        found=f"the {name} is not in the file and nowhere declared",
        advice=(
            f"Write {line} into a sidecar <its name>.toml or, for all files of its folder, into {DEFAULTS}"
            f" there; or give {OPTIONS[name]}.{more}"
        ),
    )


# Both look at every source, whose modules take as long to import as Polars: only a refusal asks.
def _sources_of_pages() -> tuple[str, str]:
    """A line that declares the source of a page, and which sources there are."""
    pages = sorted((name for name, source in SOURCES.items() if source.is_page), reverse=True)
    customs = customs_of(SOURCES[pages[0]].reporter)
    return f'source = "{pages[-1]}"', f" A page of {customs} is of {' or '.join(pages)}, and says its flow itself."


def _sources_of_queries(has_flow: bool) -> tuple[str, str]:
    """A line that declares the source of a query; and where its flow is not declared, which files do not say it."""
    without_flow = [name for name, source in SOURCES.items() if "flow" in source.needs]
    more = f" A query ({', '.join(without_flow)}) does not say its flow either: {OPTIONS['flow']}."
    return f'source = "{without_flow[0]}"', "" if has_flow else more


def _months(text: str | None) -> tuple[date | None, date | None]:
    if text is None:
        return None, None
    match = MONTHS.fullmatch(text)
    assert match is not None  # the form is checked by Declaration
    year, month, last_year, last_month = match.groups()
    if "0000" in {year, last_year}:
        raise Refused("months", where="months", found=f"{text} has a year 0", advice="Write 2025-01..2025-06.")
    first = date(int(year), int(month), 1)
    last = date(int(last_year), int(last_month), 1) if last_year else first
    if last < first:
        raise Refused("months", where="months", found=f"{text} ends before it begins", advice="Write 2025-01..2025-06.")
    return first, last


def as_toml(declaration: Mapping[str, Any]) -> str:
    """Format a flat mapping as TOML; None is left out."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in declaration.items() if value is not None)


def _value(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    # The escapes of JSON are those of a TOML text.
    return json.dumps(str(value), ensure_ascii=False)
