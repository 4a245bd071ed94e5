"""Loads the declaration of a flat source: a TOML that says what its files are, for `declared` to read them by.

Every mistake is refused when a declaration is loaded, with its line: a key that nobody reads, a value of another form,
a pattern that is none, an SQL expression that Polars cannot read or that names a column that the file does not have.
`docs/sources.md` explains the keys.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from schemas.code_files import money, own_sources, packaged_rows
from schemas.names import KINDS, LANGUAGES, PARTNER, REPORTER, SCOPES
from schemas.reference.code_tables import partner_codes
from schemas.table import polars_schema
from tasks.domain.errors import Refused
from tasks.domain.text import clip

Spec = dict[str, Any]
Path_ = tuple[str | int, ...]
ADVICE = "Mend that line; docs/sources.md explains the keys of a declaration."
FORMATS = ("csv", "fixed", "hook", "json", "xlsx")
FLOWS = ("export", "import")
SEVERITIES = ("info", "warning", "error")
DEFAULTS: Spec = {
    "kind": "query",
    "reporter": "",
    "partner_code": "",
    "format": "csv",
    "nomenclature": "HS6",
    "again": "Download the file again.",
    "proof": "the end of its last line, and the sums that the declaration names; nothing counts its rows",
}
TERMS = ("flow", "measure", "currency", "valuation", "partner_is", "rounding", "zero")
# What stands in an address, a title or the name of a question.
WORDS = (
    "base", "flow", "direction", "year", "month", "span", "first", "last", "first_digits", "last_digits", "reporter",
    "reporter_code", "products", "short", "digits", "page_size", "folder", "year_digits",
)  # fmt: skip
# What a pattern of links names: files of months, or of a direction and some chapters.
MONTHLY, BY_CHAPTERS = ("address", "year", "month"), ("address", "flow", "first", "last")
# What a month column and its number become where a file has a column for each month.
MONTH = "month"
# Of rows that are copies where all their columns agree.
EVERY_FIELD = "every field"


def _a(kind: type, words: str) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool) or value == "":
            raise ValueError(words)

    return check


def _one_of(*names: str) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if value not in names:
            raise ValueError(f"one of {', '.join(names)}")

    return check


def _made_by(make: Callable[[str], object], words: str) -> Callable[[Any], None]:
    """What something can be made of, such as a pattern or an SQL expression."""

    def check(value: Any) -> None:
        TEXT(value)
        try:
            make(value)
        except (pl.exceptions.PolarsError, re.error, LookupError, ValueError) as error:
            raise ValueError(f"{words} ({_first_line(error)})") from error

    return check


def _like(form: str, words: str) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if not re.fullmatch(form, str(value)):
            raise ValueError(words)

    return check


def _term(name: str) -> Callable[[Any], None]:
    """What the terms of a source may be: what those of any other are."""
    return _one_of(*sorted({row[name] for row in packaged_rows("statement_terms")}))


def _first_line(error: Exception) -> str:
    return clip(str(error).partition("\n")[0], 120)


TEXT, NUMBER, YES = _a(str, "a text"), _a(int, "a whole number"), _a(bool, "true or false")
PATTERN = _made_by(pl.Series([""]).str.contains, "a pattern")
SQL = _made_by(pl.sql_expr, "an SQL expression")
BEGINNING = _made_by(re.compile, "a pattern")
ENCODING = _made_by("".encode, "an encoding, such as latin-1")
ZONE = _made_by(ZoneInfo, "a time zone, such as Europe/Paris")
CODES = _made_by(partner_codes, "a list of partner codes")
CURRENCY = _like("([A-Z]{3})?", "three capital letters, or nothing where each record names its own")
COUNTRY = _like(REPORTER, "a country in three letters (DEU), or a group of them")
KEY_OF_PARTNER = _like(PARTNER, "a country in three letters (DEU), WLD, or one of your own, as in ruritania:ships")
LIST = _like("[A-Z]+[0-9]{1,2}", "HS6, or a list of your own with the digits of its codes, as in RUR8")
SPAN = _one_of("month", "year", "all")
TEXTS, RULE = [TEXT], {"rule!": TEXT, "found!": TEXT, "advice!": TEXT}


def _sql(value: Any) -> None:
    """An expression, or several of which the first one counts whose columns a file has."""
    for one in value if isinstance(value, list) else [value]:
        SQL(one)


FOUND_WHEN = {"when!": _sql, **RULE, "severity": _one_of(*SEVERITIES), "expected": TEXT, "of_trade": YES,
              "scope": _one_of(*SCOPES), "values": TEXTS, "largest": TEXT}  # fmt: skip
SHAPE = {"columns!": TEXTS, "optional": TEXTS, "flow": _one_of(*FLOWS)}
# The keys of a declaration and the form of each; `!` marks those that it must have, `*` stands for any name.
KEYS: dict[str, Any] = {
    "title": TEXT, "titles": {"en!": TEXT, "zh!": TEXT}, "kind": _one_of(*KINDS), "reporter": COUNTRY,
    "reporters": {
        "column!": TEXT, "when!": SQL, "first": {"*": TEXT}, "rule!": TEXT, "advice!": TEXT, "advice_asked": TEXT,
    },
    "currency!": CURRENCY, "code_list": CODES, "nomenclature": LIST, "licence": TEXT, "partner_code": PATTERN,
    "experimental": TEXT, "proof": TEXT, "calendar": TEXT, "has_lines": YES, "has_spans": YES, "has_others": YES,
    "says_day": YES, "group": TEXT, "base": TEXT, "declared": {"*": lambda value: None},
    "key": {"variable!": TEXT, "parameter!": TEXT, "required": YES},
    "forbids": TEXT, "permission": TEXT, "collector": TEXT, "bytes_max": NUMBER,
    "is_archive": YES, "first_print_of": TEXT,
    "first_fetch": {"about!": SPAN, "megabytes": NUMBER, "seconds": NUMBER, "has_all_goods": YES},
    "partners": {"*": KEY_OF_PARTNER}, "terms": [{name: _term(name) for name in TERMS}],
    "format": _one_of(*FORMATS), "separator": _one_of(";", "|"), "bare": YES, "decimal": _one_of(","),
    "encoding": ENCODING, "heading": PATTERN, "decimals": NUMBER, "widths": [NUMBER], "named": BEGINNING,
    "json": {
        "rows": TEXTS, "records": TEXTS, "count": TEXT, "must_count": YES, "caps": [NUMBER], "paged": YES,
        "nullable": TEXTS, "status": {"at!": TEXT, "is!": TEXT, "message!": TEXT},
    },
    **{name.rstrip("!"): form for name, form in SHAPE.items()}, "shapes": [SHAPE],
    "titled": {"*": TEXT}, "numbers": TEXTS, "number": PATTERN, "again": TEXT, "says": TEXT,
    "other": [{"begins!": BEGINNING, **RULE}], "aside": SQL, "forms": {"*": PATTERN},
    "months": {"title!": BEGINNING, "names!": TEXTS, "numbers!": TEXTS}, "strip": TEXT, "respelled": {"*": TEXT},
    "sums": [{"total!": TEXT, "parts!": TEXTS, "slack": NUMBER}],
    "total": {"when!": SQL, "by": TEXTS, "numbers": TEXTS},
    "strange": {"like!": BEGINNING, "known!": BEGINNING},
    "derived": {"*": _sql}, "rules": [FOUND_WHEN], "copies": TEXTS, "nulls": {"*": _sql}, "hook": TEXT,
    "left_out": [{"when!": _sql, "why!": TEXT}], "flags": [{"column!": TEXT, "stands!": PATTERN, "of!": TEXT}],
    "sum": {"by!": TEXTS, "of!": TEXT, "kept": {"*": _sql}}, "rules_of_sums": [FOUND_WHEN],
    "printed": {
        "partner!": TEXT, "cell!": TEXTS, "month!": TEXT, "numbers!": TEXTS, "unlisted": {"*": TEXT}, "groups": PATTERN,
    },
    "whole": TEXTS, "unknown_units": YES, "updated": {"column!": _sql, "form!": TEXT, "rule": TEXT},
    "every_record": {"*": _sql}, "record!": [{"*": _sql}],
    "fetch": {
        "zone!": ZONE, "form!": TEXT, "about!": SPAN, "flows!": {"*": TEXT}, "title!": TEXT, "folders": {"*": TEXT},
        "address": TEXT, "list": TEXT, "link": BEGINNING, "name": TEXT, "page_size": NUMBER, "retry_on": [NUMBER],
        "products": {"each!": TEXT, "join!": TEXT, "lot": NUMBER, "levels": {"*": TEXT}}, "says_months": YES,
        "reissued": [NUMBER], "asked_once": YES,
    },
}  # fmt: skip


def load(file: Path) -> Spec:
    """The declaration in a file, checked. Raises Refused, with the line of the first mistake."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        spec = tomllib.loads(text)
    except (OSError, ValueError) as error:
        at = re.search(r" \(at (line \d+), column \d+\)$", str(error))
        place, reason = (f"{file.name}, {at[1]}", str(error)[: at.start()]) if at else (file.name, str(error))
        raise Refused("declaration", place, f"no valid TOML: {clip(reason, 200)}", ADVICE) from error
    # The second asks what the first has found to be there.
    for path, mistake in chain(_of_form(spec, KEYS, ()), _of_sense(spec, file.stem)):
        shown = ".".join(map(str, path))
        raise Refused("declaration", f"{file.name}, line {_line(text, path)}", f"{shown}: {mistake}", ADVICE)
    if "hook" in spec and not (file.parent / f"{spec['hook']}.py").is_file():
        problem = f"hook: there is no {spec['hook']}.py beside it"
        raise Refused("declaration", f"{file.name}, line {_line(text, ('hook',))}", problem, ADVICE)
    titles = {language: spec.get("title", file.stem) for language in LANGUAGES}
    return {"titles": titles, **({"code_list": file.stem} if "partners" in spec else {}), **DEFAULTS, **spec}


def _of_form(value: Any, form: Any, path: Path_) -> Iterator[tuple[Path_, str]]:
    """Yield where a value has not its form, and what is expected there."""
    if callable(form):
        try:
            form(value)
        except ValueError as error:
            yield path, f"{clip(repr(value))} is not {error}"
    elif not isinstance(value, type(form)):
        yield path, f"{clip(repr(value))} is not {'a list' if isinstance(form, list) else 'a table'}"
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _of_form(one, form[0], (*path, place))
    else:
        forms = {name.rstrip("!"): each for name, each in form.items()}
        for name in value:
            if name in forms or "*" in forms:
                yield from _of_form(value[name], forms.get(name, forms.get("*")), (*path, name))
            else:
                yield (*path, name), f"no such key; the keys are {', '.join(sorted(forms))}"
        yield from ((path, f"no {name[:-1]}") for name in form if name.endswith("!") and name[:-1] not in value)


def shapes_of(spec: Spec) -> list[Spec]:
    """The columns that a file may have, and the direction of a file that has them."""
    shapes: list[Spec] = spec.get("shapes") or [spec]
    return shapes


def _of_sense(spec: Spec, source: str) -> Iterator[tuple[Path_, str]]:
    """Yield what a declaration of the right form asks of columns that its files do not have, or of the wrong kind."""
    if "columns" not in spec and "shapes" not in spec:
        yield (), "no columns, and no shapes"
        return
    yield from _of_office(spec, source)
    columns = dict.fromkeys(
        name for one in (*shapes_of(spec), spec) for name in (*one.get("columns", ()), *one.get("optional", ()))
    )
    if spec.get("format") == "fixed" and len(spec.get("widths", ())) != len(spec.get("columns", ())):
        yield ("widths",), "a width for each column is missing"
    if spec.get("format") == "hook" and "hook" not in spec:
        yield ("format",), "no hook, which reads the file"
    columns |= dict.fromkeys(re.compile(spec.get("named", "")).groupindex)
    of_months = spec.get("months", {}).get("numbers", ())
    numbers = {*spec.get("numbers", ()), *of_months}
    yield from _of_columns(spec, columns, numbers)
    file = pl.DataFrame(schema=dict.fromkeys([*columns, *([MONTH] if of_months else []), *of_months], pl.String))
    yield from _of_conditions(spec, file, numbers)
    if "fetch" in spec:
        yield from _of_questions(spec, spec["fetch"])


def _of_office(spec: Spec, source: str) -> Iterator[tuple[Path_, str]]:
    """Yield what a declaration does not say of its title, its reporter, its answers and its currency."""
    if "title" not in spec and "titles" not in spec:
        yield (), "no title"
    if "reporter" not in spec and "reporters" not in spec and not spec.get("has_others"):
        yield (), "no reporter"
    if spec.get("format") == "json" and "json" not in spec:
        yield ("format",), "no table [json], which says where the rows are"
    if source in own_sources() and "terms" not in spec and f"value_{spec['currency'].lower()}" not in money():
        currencies = ", ".join(row["currency"] for row in money().values())
        yield ("currency",), f"values are in {currencies}; write [[terms]] with the currency and the measure of yours"


def _of_columns(spec: Spec, columns: Iterable[str], numbers: set[str]) -> Iterator[tuple[Path_, str]]:
    """Yield the names of columns and numbers that a file of this declaration does not have."""
    known = {
        *columns,
        *spec.get("derived", {}),
        *spec.get("sum", {}).get("by", ()),
        "record",
        "flow",
        MONTH,
        EVERY_FIELD,
    }
    named = list[tuple[Path_, str, set[str]]]()
    named += [(("numbers", place), name, {*columns}) for place, name in enumerate(spec.get("numbers", ()))]
    named += [(("copies", place), name, known) for place, name in enumerate(spec.get("copies", ()))]
    named += [(("forms", name), name, {*columns}) for name in spec.get("forms", {})]
    for place, flag in enumerate(spec.get("flags", ())):
        named += [(("flags", place, key), flag[key], known) for key in ("column", "of") if "*" not in flag[key]]
    if "printed" in spec:
        of_totals = spec["printed"]
        named += [(("printed", key), name, known) for key in ("cell", "numbers") for name in of_totals[key]]
        named += [(("printed", "partner"), of_totals["partner"], known)]
    yield from ((path, f"no column {name!r}") for path, name, columns_known in named if name not in columns_known)
    for place, one in enumerate(spec.get("sums", ())):
        for at, name in ((("total",), one["total"]), *((("parts", at), name) for at, name in enumerate(one["parts"]))):
            if name not in numbers:
                yield ("sums", place, *at), f"no number {name!r}"


def _of_conditions(spec: Spec, file: pl.DataFrame, numbers: set[str]) -> Iterator[tuple[Path_, str]]:
    """Yield the conditions and columns that cannot be computed of the columns of a file."""
    file = file.with_columns(record=pl.lit(1, pl.UInt32), flow=pl.lit("", pl.String))
    yield from _unreadable(file, ("aside",), spec.get("aside"), pl.Boolean)
    yield from _unreadable(file, ("total", "when"), spec.get("total", {}).get("when"), pl.Boolean)
    for name, text in spec.get("derived", {}).items():
        if mistakes := [*_unreadable(file, ("derived", name), text, None)]:
            yield from mistakes
            return
        file = file.with_columns(pl.sql_expr(text if isinstance(text, str) else text[0]).alias(name))
    for place, one in enumerate(spec.get("left_out", ())):
        yield from _unreadable(file, ("left_out", place, "when"), one["when"], pl.Boolean)
    for name, text in spec.get("nulls", {}).items():
        yield from _unreadable(file, ("nulls", name), text, pl.Boolean)
    yield from _unreadable(file, ("updated", "column"), spec.get("updated", {}).get("column"), None)
    yield from _of_rules(file, spec, "rules")
    if "sum" in spec:
        yield from ((("sum", "by"), f"no column {name!r}") for name in spec["sum"]["by"] if name not in file.columns)
        for name, text in spec["sum"].get("kept", {}).items():
            yield from _unreadable(file, ("sum", "kept", name), text, None)
        kept = {
            name: pl.sql_expr(text if isinstance(text, str) else text[0])
            for name, text in spec["sum"].get("kept", {}).items()
        }
        names = dict.fromkeys([*spec["sum"]["by"], *sorted(numbers), "record", "flow"])
        file = file.select(*names, rows=1, note=pl.lit(""), **kept)
        yield from _of_rules(file, spec, "rules_of_sums")
    yield from _of_records(spec, file)


def _of_rules(file: pl.DataFrame, spec: Spec, key: str) -> Iterator[tuple[Path_, str]]:
    """Yield the rules that are no conditions on the columns of a file, and those that expect nothing."""
    for place, rule in enumerate(spec.get(key, ())):
        yield from _unreadable(file, (key, place, "when"), rule["when"], pl.Boolean)
        if "severity" in rule and "expected" not in rule:
            yield (key, place), "a rule with a severity says what is expected"


def _of_records(spec: Spec, file: pl.DataFrame) -> Iterator[tuple[Path_, str]]:
    """Yield what a record cannot have, or cannot be computed from the columns of a file."""
    fields = polars_schema("reported")
    for path, columns_of in (
        (("every_record",), spec.get("every_record", {})),
        *((("record", place), record) for place, record in enumerate(spec["record"])),
    ):
        for name, text in columns_of.items():
            if name not in fields:
                yield (*path, name), f"no column of a record; these are {', '.join(fields)}"
            yield from _unreadable(file, (*path, name), text, None)


def _of_questions(spec: Spec, fetch_rules: Spec) -> Iterator[tuple[Path_, str]]:
    """Yield what speaks against the questions of a declaration."""
    if ("list" in fetch_rules) != ("link" in fetch_rules) or ("list" in fetch_rules) == ("address" in fetch_rules):
        yield ("fetch",), "no address, and no list with a link; or both"
    groups = re.compile(fetch_rules.get("link", "")).groupindex.keys()
    if "link" in fetch_rules and not ({*MONTHLY} <= groups or {*BY_CHAPTERS} <= groups):
        yield ("fetch", "link"), f"a pattern without the groups {', '.join(MONTHLY)}, or {', '.join(BY_CHAPTERS)}"
    if "base" not in spec:
        yield ("fetch",), "an address needs a base"
    for name in ("title", "address", "list", "name"):
        try:
            fetch_rules.get(name, "").format(**dict.fromkeys(WORDS, ""))
        except (LookupError, ValueError) as error:
            yield ("fetch", name), f"a text with {', '.join(map('{{{}}}'.format, WORDS))} alone, and not {error}"


def _unreadable(file: pl.DataFrame, path: Path_, text: Any, kind: Any) -> Iterator[tuple[Path_, str]]:
    """Yield why an expression over the columns of a file cannot be computed, or that it is of another kind."""
    for one in [text] if isinstance(text, str) else text or ():
        try:
            dtype = file.select(pl.sql_expr(one).alias("_")).to_series().dtype
        except pl.exceptions.PolarsError as error:
            yield path, f"{clip(repr(one))} cannot be computed: {_first_line(error)}"
            return
        if kind is not None and dtype != kind:
            yield path, f"{clip(repr(one))} is no condition: it is neither true nor false"


def _line(text: str, path: Path_) -> int:
    """The line of a key in a TOML, or of the nearest key or table above it that has a line of its own."""
    best, depth, table, counts = 1, 0, tuple[str | int, ...](), dict[str, int]()
    for number, line in enumerate(text.splitlines(), 1):
        here = table
        if head := re.match(r"\s*\[(\[)?\s*([^\]]+?)\s*\]", line):
            table = tuple(part.strip(" \"'") for part in head[2].split("."))
            if head[1]:
                counts[head[2]] = counts.get(head[2], -1) + 1
                table = (*table, counts[head[2]])
            here = table
        elif key := re.match(r"\s*(\"[^\"]*\"|'[^']*'|[\w-]+)\s*=", line):
            here = (*table, key[1].strip("\"'"))
        if len(here) > depth and here == path[: len(here)]:
            best, depth = number, len(here)
    return best
