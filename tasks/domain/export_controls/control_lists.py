"""Reads lists of controlled goods: which codes a list has, by the edition of the HS of any month.

A list is named list:<name>, one tier of it list:<name>:<tier>, and the list as it was in a month, on a day or by a
revision list:<name>@2023-07, @2023-07-15 or @rev_9. Lists are rows of `control_lists`, files of the same form or with a
column of tariff codes that the environment names, and the measures of `control_events`, each under its name; the groups
of SITC, the BEC and ISIC are lists as well, sitc:776 for list:sitc:776. A list is what it is now, or was when its name
says, for every month of the trade that is asked for: what was traded before a list is what it is compared with.

Belongs here: what a list holds, what is wrong with one, and by which codes of another edition its goods are counted.
Which of the codes a store has is in `tasks.reading.lists`.
"""

import functools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas import settings
from schemas.code_files import BrokenTable, table_file
from schemas.names import CLASSIFIED, EDITIONS, LIST_NAME, NATIONAL, TIER
from schemas.reference.code_tables import code_table, read_codes, valid_in
from schemas.small_files import read_small
from tasks.domain.classification import HS_DIGITS
from tasks.domain.export_controls.measures import code_rows
from tasks.domain.export_controls.tariff_lists import (
    BYTES_MAX,
    DAY,
    NATIONAL_CHAPTERS,
    TARIFF,
    columns_of,
    in_force,
    rates_by_code,
    revisions_in,
    tariff_rows,
)
from tasks.domain.goods_classes import TITLES, group_rows, is_group, without_group
from tasks.domain.nomenclature import ANY_LIST, TARIFFS
from tasks.domain.text import clip, named

PREFIX = "list:"
WHEN = r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*"
SPEC = re.compile(rf"list:(?P<list>{LIST_NAME})(:(?P<tier>{TIER}))?(@(?P<month>{WHEN}))?")
TABLE = "control_lists"
ROWS_MAX = 20_000
PARTS_NAMED = 20
WHOLE, PART = "whole", "part"
DOUBTFUL = "doubtful"
COLUMNS = (
    "list", "authority", "authority_zh", "code", "nomenclature", "edition", "tier", "coverage", "trust", "note",
    "note_zh", "source",
)  # fmt: skip


class UnknownList(ValueError):
    """A name of no list, or of no tier of it."""


class Spec(NamedTuple):
    """A list as a person names it: its name, a tier or all of them (empty), a month, day, revision or now (empty)."""

    list: str
    tier: str = ""
    month: str = ""


def is_list(text: str) -> bool:
    """Whether a text names a list."""
    return text.startswith(PREFIX) or is_group(text)


def read_spec(text: str) -> Spec:
    """Return what list:chpl, list:chpl:3.A, list:chpl@2024-02 or sitc:776 names. Raises UnknownList."""
    match = SPEC.fullmatch(PREFIX + text.strip().removeprefix(PREFIX))
    if match is None:
        raise UnknownList(f"{clip(text)!r} names no list; write list:<name>, list:<name>:<tier> or list:<name>@2024-02")
    tier = match["tier"] or ""
    return Spec(match["list"], tier.replace(".", "") if match["list"] in CLASSIFIED else tier, match["month"] or "")


@functools.cache
def control_lists() -> pl.DataFrame:
    """Return the rows of all lists but those that are measures. Raises BrokenTable, which names file, row and column,
    for a list that cannot be right."""
    packaged = _sound(table_file(TABLE)).with_columns(rate_pct=pl.lit(""))
    known = {*packaged["list"], *code_table("control_events")["event"], *CLASSIFIED}
    every = [packaged]
    for file in _files_of_user():
        if revisions_in(file):
            continue
        of_file = _of_file(file)
        for number, name in enumerate(of_file["list"], 1):
            if name in known:
                raise _broken(file, number, "list", name, "is a list already; give yours another name")
        known |= {*of_file["list"]}
        every.append(of_file)
    return pl.concat(every)


def _in_both_languages(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of lists whose names and notes have one language, which is that of both."""
    return rows.with_columns(authority_zh="authority", note_zh="note")


def _files_of_user() -> list[Path]:
    """The file that the environment names, or those of a folder. Raises BrokenTable where there is none."""
    if not (place := settings.value(settings.CONTROL_LISTS)):
        return []
    named = Path(place)
    files = sorted(named.glob("*.csv")) if named.is_dir() else [named]
    try:
        for file in files:
            columns_of(file)
    except OSError as error:
        raise BrokenTable(
            f"{settings.CONTROL_LISTS}: {named} cannot be read ({error.strerror}); name a CSV file, or a folder of them"
        ) from None
    return files


def _of_file(file: Path) -> pl.DataFrame:
    """Return the rows of a file: of the columns of `control_lists`, or of tariff codes."""
    count = read_small(file, BYTES_MAX).strip().count(b"\n")
    if count > ROWS_MAX:
        raise BrokenTable(
            f"{file.name}, row {ROWS_MAX + 1} below the header: the file has {count} rows, and a list has at most"
            f" {ROWS_MAX}. Divide the file."
        )
    columns = columns_of(table_file(TABLE))
    if "authority" in columns_of(file):
        return _sound(file).with_columns(rate_pct=pl.lit(""))
    months = _months_of_codes()
    editions = {
        name: {code for code in months if len(code) == HS_DIGITS and _is_in(code, first, months)}
        for name, first in EDITIONS.items()
    }
    return tariff_rows(file, columns, editions)


def revisions() -> dict[str, str]:
    """The day of each revision that the files of the environment name."""
    return {name: day for file in _files_of_user() for name, day in revisions_in(file).items()}


def _sound(file: Path) -> pl.DataFrame:
    """Return the rows of a file of lists. Raises BrokenTable for the first row that cannot be right."""
    rows = read_codes(file, TABLE)
    months = _months_of_codes()
    spans = dict[tuple[str, ...], list[tuple[str, str, int]]]()
    trust = dict[str, str]()
    for number, row in enumerate(rows.iter_rows(named=True), 1):
        code, edition = row["code"], row["edition"]
        _require_digits(file, number, row)
        if code[:2] not in NATIONAL_CHAPTERS and not _is_in(code[:HS_DIGITS], EDITIONS[edition], months):
            raise _broken(file, number, "code", code, f"is no code of {edition}: look it up there, or name its edition")
        first, last = row["valid_from"], row["valid_to"] or "9999-12"
        if first > last:
            raise _broken(file, number, "valid_to", row["valid_to"], f"is before valid_from, {first}")
        place = (row["list"], row["nomenclature"], code, row["tier"])
        for begin, end, other in spans.setdefault(place, []):
            if first <= end and begin <= last:
                raise _broken(
                    file,
                    number,
                    "valid_from",
                    row["valid_from"],
                    f"overlaps row {other} of the same code, {code}: end one before the other begins",
                )
        spans[place].append((first, last, number))
        if trust.setdefault(row["list"], row["trust"]) != row["trust"]:
            raise _broken(file, number, "trust", row["trust"], f"differs from the other rows of {row['list']}")
    return rows


def _require_digits(file: Path, number: int, row: dict[str, str]) -> None:
    code, nomenclature = row["code"], row["nomenclature"]
    if row["digits"] != str(len(code)):
        why = f"is not the length of the code {code}, which may have lost a zero"
        raise _broken(file, number, "digits", row["digits"], why)
    if nomenclature == TARIFF:
        return
    length = NATIONAL.get(nomenclature) or int(nomenclature.removeprefix("HTS").removeprefix("HS"))
    if length != len(code):
        raise _broken(
            file, number, "nomenclature", nomenclature, f"has codes of {length} digits, and {code} has {len(code)}"
        )


def _broken(file: Path, number: int, column: str, value: str, why: str) -> BrokenTable:
    return BrokenTable(f"{file.name}, row {number} below the header, column {column}: {clip(value)!r} {why}.")


@functools.cache
def _months_of_codes() -> dict[str, tuple[tuple[str, str], ...]]:
    """First and last month of each HS code, of those of four and two digits by the codes below."""
    rows = code_table("hs_codes").select("code", "valid_from", "valid_to").rows()
    spans_of = dict[str, list[tuple[str, str]]]()
    for code, first, last in rows:
        for digits in (2, 4, HS_DIGITS):
            spans_of.setdefault(code[:digits], []).append((first, last or "9999-12"))
    return {code: tuple(dict.fromkeys(spans)) for code, spans in spans_of.items()}


def _is_in(code: str, month: str, months: dict[str, tuple[tuple[str, str], ...]]) -> bool:
    return any(first <= month <= last for first, last in months.get(code, ()))


def codes_on(spec: Spec) -> pl.DataFrame:
    """Return the codes of a list, of COLUMNS: as it stands now, or in the month that it names. Raises UnknownList where
    there is no such list, tier or month, and BrokenTable."""
    if spec.list in CLASSIFIED:
        return _codes_of_group(spec)
    rows = _in_both_languages(control_lists().filter(pl.col("list") == spec.list))
    rows = rows if rows.height else _of_measure(spec.list)
    if not rows.height:
        names = control_lists()["list"].unique().to_list()
        raise UnknownList(
            f"there is no list {spec.list!r}; there are {named(names)}, and the measures of tidewaiter"
            f" events; {settings.CONTROL_LISTS} names a file of your own lists"
        )
    month = _when(spec) or ("" if (rows["valid_to"] == "").any() else str(rows["valid_to"].max()))
    codes = in_force(rows, month) if month else rows.filter(valid_to="")
    if not codes.height:
        first = min(rows["valid_from"].to_list())
        raise UnknownList(f"list:{spec.list} has no code in {month}; its first day or month is {first}")
    if spec.tier:
        is_of_tier = (pl.col("tier") == spec.tier) | pl.col("tier").str.starts_with(spec.tier + ".")
        tiers = codes["tier"].unique().sort().to_list()
        codes = codes.filter(is_of_tier)
        if not codes.height:
            raise UnknownList(
                f"list:{spec.list} has no tier {spec.tier!r}; it has {', '.join(filter(None, tiers)) or 'none'}"
            )
    return codes.select(COLUMNS)


def rates_of(text: str) -> dict[str, list[tuple[str, str, float]]]:
    """The rates of a list or of a tier of it, as list:mine:a, by code: first day, last day, rate in per cent."""
    spec = read_spec(text)
    rows = control_lists().filter(list=spec.list)
    is_of_tier = (pl.col("tier") == spec.tier) | pl.col("tier").str.starts_with(spec.tier + ".")
    return rates_by_code(rows.filter(is_of_tier) if spec.tier else rows)


def _when(spec: Spec) -> str:
    """The month or day that a spec names, that of its revision where it names one. Raises UnknownList."""
    if not spec.month or DAY.fullmatch(spec.month):
        return spec.month
    days = revisions()
    if spec.month not in days:
        raise UnknownList(
            f"{clip(spec.month)!r} is no month, no day and no revision; write @2024-02, @2024-02-23 or one of"
            f" {named(days) if days else 'the revisions of a file with the columns revision and effective_date'}"
        )
    return days[spec.month]


def _codes_of_group(spec: Spec) -> pl.DataFrame:
    """Return the codes of a group of a classification, and of the groups below it."""
    rows, title = group_rows(spec.list), TITLES[spec.list]
    if not rows.height:
        raise UnknownList(
            f"{spec.list}: the code tables have no correspondence of the HS and the {title}; make a goods_classes.csv"
            " of your own from the table of the UN Statistics Division, as docs/controls.md shows"
            f" ({settings.REFERENCE} names its folder)"
        )
    if not spec.tier:
        raise UnknownList(f"{spec.list}: name a group of {title}, for example {spec.list}:{rows['tier'][0][:3]}")
    month = spec.month or str(rows["valid_from"].max())
    is_in = pl.col("tier").str.starts_with(spec.tier)
    codes = (
        rows.filter(valid_in(pl.lit(month)))
        # A code of several groups is here as a whole where each of them lies in this one.
        .with_columns(coverage=pl.when(is_in.all().over("code")).then(pl.lit(WHOLE)).otherwise("coverage"))
        .filter(is_in)
        .unique("code", keep="first", maintain_order=True)
    )
    if not codes.height:
        why = f"no code in {spec.month}" if spec.month else "no code by the table goods_classes"
        raise UnknownList(f"{spec.list}:{spec.tier} has {why}; {title} is by {named(rows['edition'].unique().sort())}")
    return _in_both_languages(codes).select(COLUMNS)


def _of_measure(event: str) -> pl.DataFrame:
    """Return the codes of a measure as rows of a list; none where there is no such measure, or it names no code."""
    row = code_table("control_events").filter(event=event)
    codes = code_rows(event)
    if not (row.height and codes.height):
        return _in_both_languages(control_lists().clear())
    day = next((day for day in (*row["effective_from"], *row["announced_on"]) if day), "")
    edition = max((name for name, first in EDITIONS.items() if first <= str(day)[:7]), default=next(iter(EDITIONS)))
    shared = pl.col("coverage") == "unknown_share"
    return (
        codes.sort("hs8", "coverage")
        .group_by("hs8", maintain_order=True)
        .agg(
            pl.col("coverage", "nomenclature", "source").first(),
            note=joined_notes("note"),
            note_zh=joined_notes("note_zh"),
        )
        .select(
            list=pl.lit(event),
            authority=pl.lit(f"{row['body'][0]}: {row['document'][0]}"),
            authority_zh=pl.lit(f"{row['body_zh'][0]} {row['document_zh'][0]}"),
            code="hs8",
            digits=pl.col("hs8").str.len_chars().cast(pl.String),
            nomenclature=pl.when(pl.col("nomenclature") == "")
            .then(pl.format("HS{}", pl.col("hs8").str.len_chars()))
            .otherwise("nomenclature"),
            edition=pl.lit(edition),
            tier=pl.lit(""),
            valid_from=pl.lit(day[:7]),
            valid_to=pl.lit(""),
            coverage=pl.when(shared).then(pl.lit(PART)).otherwise(pl.lit(WHOLE)),
            trust=pl.lit("stated"),
            note="note",
            note_zh="note_zh",
            source="source",
        )
    )


def codes_of_lists(specs: Iterable[Spec]) -> pl.DataFrame:
    """Return the codes of several lists together, each code once: `code` with `lists`, `coverage` (part where one list
    has it in part and none as a whole), `tier`, `nomenclature`, `edition`, and whether `is_below` another code of them,
    which has its trade. Raises UnknownList; ValueError for a doubtful list beside another."""
    parts = [codes_on(spec) for spec in dict.fromkeys(specs)]
    rows = pl.concat(parts)
    names = rows["list"].unique().sort().to_list()
    if len(names) > 1 and (doubtful := rows.filter(trust=DOUBTFUL)["list"].unique().sort().to_list()):
        raise ValueError(f"list:{doubtful[0]} is doubtful and is not counted with another list; ask for it by itself")
    joined = rows.group_by("code", "nomenclature", "edition", maintain_order=True).agg(
        lists=pl.col("list").unique().sort(),
        tier=pl.col("tier").filter(pl.col("tier") != "").unique().sort().str.join(", "),
        coverage=pl.when((pl.col("coverage") == WHOLE).any()).then(pl.lit(WHOLE)).otherwise(pl.lit(PART)),
        note=joined_notes("note"),
        note_zh=joined_notes("note_zh"),
    )
    shared = set(joined.filter(pl.col("nomenclature").is_in((*ANY_LIST, *TARIFFS)))["code"])
    below = [any(code[:digits] in shared for digits in range(2, len(code))) for code in joined["code"]]
    return joined.with_columns(is_below=pl.Series(below, dtype=pl.Boolean)).sort("code")


def joined_notes(note: str) -> pl.Expr:
    """The notes of several rows: a text that names several goods of one code has one on each."""
    return pl.col(note).filter(pl.col(note) != "").unique().sort().str.join("；" if note == "note_zh" else "; ")


class Counted(NamedTuple):
    """The code by which goods of a listed code are counted in a month, and how much of it they are."""

    code: str
    coverage: str


@functools.lru_cache(100_000)
def counted_in(code: str, edition: str, month: str) -> Sequence[Counted]:
    """Return the codes of a month (YYYY-MM) that hold the goods of a code of an edition: itself where no revision
    between the two moved goods of it, else each code that holds a part of them, or that has only goods of it."""
    edition_month = EDITIONS[edition]
    later_month = max((first for first in EDITIONS.values() if first <= month), default=min(EDITIONS.values()))
    if later_month == edition_month:
        return (Counted(code, WHOLE),)
    later = max(edition_month, later_month)
    if (revised := _revised(later).get(code[:HS_DIGITS])) is None:
        return (Counted(code, WHOLE),)
    gained, lost = (re.findall(r"\d+", text) for text in revised)
    # Seen from the other edition: the codes that goods came from, or went to.
    others, leaves = (gained, lost) if later_month < edition_month else (lost, gained)
    exists = _is_in(code[:HS_DIGITS], later_month, _months_of_codes())
    itself = [Counted(code, PART if leaves else WHOLE)] if exists else []
    return (*itself, *(Counted(other, PART) for other in others if other != code))


@functools.cache
def _revised(month: str) -> dict[str, tuple[str, str]]:
    """What each code gained from others and lost to others by the edition of a month."""
    rows = code_table("hs_revisions").filter(from_month=month).select("code", "gained_from", "lost_to")
    return {code: (gained, lost) for code, gained, lost in rows.iter_rows()}


def is_broken(code: str, edition: str, months: tuple[str, str]) -> bool:
    """Whether a code of an edition means other goods in one of two months (YYYY-MM) than in the other."""
    one, other = (counted_in(code, edition, month) for month in months)
    return one != other


class ListNote(NamedTuple):
    """What must be said of lists: a row of `list_words`, and what stands in its places by language, or in both."""

    kind: str
    parts: Mapping[str, Any]

    def sentence(self, language: str = "en") -> str:
        """The sentence in a language."""
        words = dict(code_table("list_words").select("kind", language).iter_rows())[self.kind]
        in_language = ((name, one[language] if isinstance(one, dict) else one) for name, one in self.parts.items())
        return str(words.format(**dict(in_language)))


def codes_named(codes: Collection[str]) -> str:
    """Codes, the first ones where there are many, and how many there are."""
    return f"{named(codes)} ({len(codes)})" if len(codes) > 1 else named(codes)


def about(specs: Iterable[Spec]) -> list[ListNote]:
    """Return what must be said of lists wherever their trade is shown: who issued each, how many codes it has, which of
    them are on it in part, and whether it is doubtful."""
    notes = []
    for spec in dict.fromkeys(specs):
        rows, is_group = codes_on(spec), spec.list in CLASSIFIED
        title = f"{spec.list}:{spec.tier}" if is_group else PREFIX + spec.list + f":{spec.tier}" * bool(spec.tier)
        if is_group and (lacking := without_group(spec.list, rows["code"])):
            parts = {"list": title, "codes": named(lacking), "title": spec.list.upper()}
            notes.append(ListNote("no_group", parts))
        issued = {
            "authority": {"en": rows["authority"][0], "zh": rows["authority_zh"][0]},
            "count": rows["code"].n_unique(),
            "editions": named(rows["edition"].unique().sort()),
            "source": rows["source"][0],
        }
        notes.append(ListNote("about", {"list": title, **issued}))
        if rows["trust"][0] == DOUBTFUL:
            notes.append(ListNote("doubtful", {"list": title}))
        if (part := rows.filter(coverage=PART)).height:
            codes = {language: _with_notes(part, name) for language, name in (("en", "note"), ("zh", "note_zh"))}
            notes.append(ListNote("part_of_group" if is_group else "part", {"codes": codes}))
    return notes


def _with_notes(rows: pl.DataFrame, note: str) -> str:
    """Codes with what shares them, those of one note together; the first ones where there are many."""
    together = rows.head(PARTS_NAMED).group_by(note, maintain_order=True).agg("code").sort(pl.col("code").list.first())
    listed = [f"{', '.join(codes)}{f' ({words})' if words else ''}" for words, codes in together.iter_rows()]
    more = [f"+ {rows.height - PARTS_NAMED}"] if rows.height > PARTS_NAMED else []
    return "; ".join([*listed, *more])


def lists_with(product: str) -> list[ListNote]:
    """Return what each list, but the measures, that a code or a heading is on now, or has codes on, says of it."""
    if not product.isdecimal():
        return []
    notes = []
    for (name,), rows in control_lists().filter(valid_to="").group_by("list", maintain_order=True):
        on = [row for row in rows.iter_rows(named=True) if product.startswith(row["code"])]
        row = next(iter(on), None) or next((one for one in rows.to_dicts() if one["code"].startswith(product)), None)
        if row is None:
            continue
        kind = "on_as_a_whole" if on and row["coverage"] == WHOLE else "on_in_part"
        title = f"{PREFIX}{name}" + (f":{row['tier']}" if row["tier"] else "")
        notes.append(ListNote(kind, {"product": product, "list": title, "authority": row["authority"]}))
        if row["trust"] == DOUBTFUL:
            notes.append(ListNote("doubtful", {"list": title}))
    return notes
