"""Reads the files of a flat source by its declaration: what `declaration` has loaded says what they are, and this
module alone knows how a file is read.

The fields of a file are texts. In the order of the work: other downloads are refused by name; rows that are none
(footers) are set aside; numbers have their form; the sums that the file prints are compared; a column for each month
becomes rows; columns are derived, and rules refuse the file or raise findings; the records are made.
"""

import importlib
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.frames import Reported
from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted
from tasks.sources.adapter.declaration import MONTH, Spec, load, shapes_of
from tasks.sources.adapter.protocol import FirstFetch, Parsed, Source
from tasks.sources.adapter.questions import questions
from tasks.sources.adapter.records import (
    as_reported,
    doubt_copies,
    numbered,
    of_sums,
    require_columns,
    require_form,
    summed,
)
from tasks.sources.adapter.totals import exact, shown
from tasks.sources.formats import csv
from tasks.sources.formats.excel import read_rows

HEAD_BYTES = 10_000
NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
# What binary fractions add to a number with so many decimals is below a thousandth.
NOISE = 1_000
MILLIONTHS = 1_000_000
OF_SOURCE = (
    "titles", "reporter", "currency", "code_list", "nomenclature", "licence", "proof", "experimental", "calendar",
    "has_lines", "base", "declared",
)  # fmt: skip


class FileRead(NamedTuple):
    """The fields of a file as texts, its encoding, the normalisations made."""

    fields: pl.DataFrame
    encoding: str
    notes: list[str]


def source_of(file: Path) -> Source:
    """The source that a file declares, with the name of the file. Raises Refused where the declaration is wrong."""
    spec = load(file)
    if "hook" in spec:
        module = importlib.import_module(f"tasks.sources.{file.parent.name}.{spec['hook']}")
        spec = {**spec, "hook": module.work}
    says_flow = all("flow" in shape for shape in shapes_of(spec)) or "flow" in spec.get("every_record", {})
    return Source(
        name=file.stem,
        kind="query",
        needs=() if says_flow else ("flow",),
        parse=partial(parse, spec),
        partner_code=spec.get("partner_code", ""),
        first_fetch=FirstFetch(**spec["first_fetch"]) if "first_fetch" in spec else None,
        questions=partial(questions, file.stem, spec) if "fetch" in spec else None,
        **{name: spec[name] for name in OF_SOURCE if name in spec},
    )


def parse(spec: Spec, raw: bytes, where: str) -> Parsed:
    """The records of a file as printed. Raises Refused; `where` names the file in messages."""
    for other in spec.get("other", ()):
        if re.match(other["begins"].encode(), raw[:HEAD_BYTES]):
            raise Refused(other["rule"], where, other["found"], other["advice"])
    read = _csv(spec, raw, where) if spec["format"] == "csv" else _xlsx(spec, raw, where)
    fields, months = _titled(spec, read.fields)
    shape = next((one for one in shapes_of(spec) if {*one["columns"]} <= {*fields.columns}), shapes_of(spec)[0])
    require_columns(fields.columns, shape["columns"], where, (*shape.get("optional", ()), *months), spec["again"])
    fields = numbered(fields, where, spec["again"]).with_columns(flow=pl.lit(shape.get("flow")).cast(pl.String))
    numbers = [name for name in (*spec.get("numbers", ()), *months) if name in fields.columns]
    if "decimal" in spec:
        fields = fields.with_columns(pl.col(numbers).str.replace(spec["decimal"], ".", literal=True))
    fields, notes = _without_footers(spec, fields, numbers, where)
    require_form(fields, numbers, spec.get("number", NUMBER), where, spec["again"])
    if "decimals" in spec:
        fields = _settled(fields, numbers, spec["decimals"], where, spec["again"])
    fields, doubts = _compared(spec, fields, numbers, [*months], where)
    proof = "its row of totals, each the sum of its column" if "total" in spec and not doubts else ""
    for name, form in spec.get("forms", {}).items():
        require_form(fields, [name] if name in fields.columns else [], form, where, spec["again"])
    if months:
        fields, more = _by_month(fields, months, spec["months"]["number"], where, spec["again"])
        notes += more
    fields, more_doubts, more = _derived(spec, fields, doubts, numbers, where)
    notes += more
    records, rounded = _whole(_records(spec, fields), spec.get("whole", ()), where)
    notes += [*read.notes, *([spec["says"]] if "says" in spec else [])]
    day = _printed_on(spec, fields, where)
    return Parsed(records, read.encoding, tuple(notes), (*more_doubts, *rounded), day, spec["reporter"], proof=proof)


def _derived(
    spec: Spec, fields: pl.DataFrame, doubts: list[dict[str, Any]], numbers: Sequence[str], where: str
) -> tuple[pl.DataFrame, list[dict[str, Any]], list[str]]:
    """The rows with what is derived of them, judged and added up; all doubts, and notes."""
    notes = list[str]()
    fields = fields.with_columns(**{name: pl.sql_expr(text) for name, text in spec.get("derived", {}).items()})
    doubts += _by_rules(spec.get("rules", ()), fields, where)
    if "copies" in spec:
        doubts += doubt_copies(fields, spec["copies"], where)
    if "hook" in spec:
        fields, more_doubts = spec["hook"](fields, where)
        doubts += more_doubts
    if "sum" in spec:
        doubts = [*of_sums(doubts, fields, spec["sum"]["by"])]
        before, fields = fields.height, _summed(spec["sum"], fields, numbers)
        notes += [f"{counted(before, 'record')} of {spec['sum']['of']} added up to {fields.height:,}"]
        doubts += _by_rules(spec.get("rules_of_sums", ()), fields, where)
    return fields, doubts, notes


def _csv(spec: Spec, raw: bytes, where: str) -> FileRead:
    mark, encoding = spec.get("separator", ","), spec.get("encoding", "")
    raw = raw.decode(encoding).encode() if encoding else raw
    raw, notes = _without_quotes(spec, raw, mark, where) if spec.get("bare") else (raw, [])
    # A comma inside a field takes the place of the mark, and both change back in the texts.
    lexed = csv.read_fields(
        raw.translate(bytes.maketrans(f"{mark},".encode(), f",{mark}".encode())),
        where,
        lambda title: title in spec.get("numbers", ()),
    )
    fields = lexed.fields.with_columns(pl.all().cast(pl.String))
    if mark != "," and b"," in raw:
        fields = fields.with_columns(pl.all().str.replace_many([",", mark], [mark, ","]))
    return FileRead(fields, encoding or lexed.encoding, [*notes, *lexed.normalised])


def _without_quotes(spec: Spec, raw: bytes, mark: str, where: str) -> tuple[bytes, list[str]]:
    """The bytes without the quotes around fields, where there are codes and whole numbers alone: quotes around some of
    the fields would be read record by record. Raises Refused for a quote or a comma inside a field."""
    text, quote, by = raw.removeprefix(b"\xef\xbb\xbf"), b'"', mark.encode()
    if shapes_of(spec)[0]["columns"][0].encode() not in text.partition(b"\n")[0]:
        return raw, []
    edges = sum(text.count(edge) for edge in (by + quote, quote + by, b"\n" + quote, quote + b"\n", quote + b"\r"))
    if (mark != "," and b"," in text) or text.count(quote) != edges + text.startswith(quote):
        problem = "a comma or a quote inside a field, where there are codes and whole numbers alone"
        raise Refused("quoting", where, problem, spec["again"])
    return raw.translate(None, quote), [] if quote in raw else ["codes without quotes"]


def _xlsx(spec: Spec, raw: bytes, where: str) -> FileRead:
    """The rows below the heading, the first row whose first cell has its form; a title may stand in the row above."""
    rows = read_rows(raw, where)
    form = re.compile(spec.get("heading", "."))
    place = next((place for place, row in enumerate(rows) if row and form.search(row[0])), None)
    if place is None:
        raise Refused("columns", where, f"no row that begins with {form.pattern}", spec["again"])
    above = rows[place - 1] if place else [""] * len(rows[place])
    titles = [csv.clean_title(title or higher) for title, higher in zip(rows[place], above, strict=True)]
    csv.check_titles(titles, where)
    columns = zip(*rows[place + 1 :], strict=True) if rows[place + 1 :] else ([] for _ in titles)
    fields = pl.DataFrame(dict(zip(titles, columns, strict=True)), schema=dict.fromkeys(titles, pl.String))
    return FileRead(fields, "xlsx", [f"Excel workbook, {counted(place + 1, 'row')} up to its heading"])


def _titled(spec: Spec, fields: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    """The fields with the names of the declaration, and the month of each column of one."""
    for name, form in spec.get("titled", {}).items():
        fields = fields.rename({title: name for title in fields.columns if re.search(form, title)}, strict=False)
    months: dict[str, str] = {}
    for title in fields.columns if "months" in spec else ():
        if match := re.search(spec["months"]["title"], title):
            number = spec["months"]["names"].index(match[1]) + 1 if match[1] in spec["months"]["names"] else 0
            months |= {title: f"{match[2]}-{number:02d}"}
    return fields, months


def _without_footers(
    spec: Spec, fields: pl.DataFrame, numbers: Sequence[str], where: str
) -> tuple[pl.DataFrame, list[str]]:
    """The fields without the rows that are none. Raises Refused where one of them has a number."""
    if "aside" not in spec:
        return fields, []
    is_aside = pl.sql_expr(spec["aside"]).fill_null(False)
    aside = fields.filter(is_aside)
    with_digits = aside.filter(pl.any_horizontal(pl.col(numbers).str.contains("[0-9]")))
    if with_digits.height:
        raise Refused("row without a code", f"{where}, record {with_digits['record'][0]}", "numbers", spec["again"])
    return fields.filter(~is_aside), [f"{counted(aside.height, 'row')} without a number set aside"] * bool(aside.height)


def _settled(fields: pl.DataFrame, numbers: Sequence[str], decimals: int, where: str, again: str) -> pl.DataFrame:
    """The numbers with their decimals alone. A workbook keeps binary fractions: 3047480.49 may stand there as
    3047480.490000001. Raises Refused for a number with more decimals than that."""
    fine = pl.col(numbers).str.replace(r"(\.[0-9]{6})[0-9]+$", "$1").cast(pl.Decimal(38, 6))
    settled = fields.with_columns(fine.round(decimals, mode="half_away_from_zero"))
    off = settled.select((pl.col(name) - fine_of).abs() * NOISE > 1 for name, fine_of in _fine(fields, numbers))
    for name in numbers:
        if (bad := off[name].fill_null(False)).any():
            place = f"{where}, record {fields.filter(bad)['record'][0]}, column {name}"
            raise Refused("no number", place, f"'{clip(fields.filter(bad)[name][0])}'", again)
    return settled.with_columns(pl.col(numbers).cast(pl.Decimal(38, decimals)).cast(pl.String))


def _fine(fields: pl.DataFrame, numbers: Sequence[str]) -> Iterator[tuple[str, pl.Series]]:
    for name in numbers:
        yield name, fields[name].str.replace(r"(\.[0-9]{6})[0-9]+$", "$1").cast(pl.Decimal(38, 6))


def _compared(
    spec: Spec, fields: pl.DataFrame, numbers: Sequence[str], months: list[str], where: str
) -> tuple[pl.DataFrame, list[dict[str, str]]]:
    """The fields without the rows of totals, and an error for each sum that the file prints and that is another one."""
    if "sums" not in spec and "total" not in spec:
        return fields, []
    amounts = fields.select("record", *(exact(name).fill_null(0).alias(name) for name in numbers))
    is_total = fields.select(pl.sql_expr(spec.get("total", {}).get("when", "FALSE")).fill_null(False)).to_series()
    doubts = list[dict[str, str]]()
    for one in spec.get("sums", ()):
        parts_of_it = months if one["parts"] == [MONTH] else one["parts"]
        doubts += _doubt_row_sums(amounts, one["total"], parts_of_it, where)
    if "total" in spec:
        totals, parts = amounts.filter(is_total), amounts.filter(~is_total)
        if totals.height != 1:
            problem = f"{counted(totals.height, 'row')} of totals, where there is one"
            raise Refused("totals", where, problem, spec["again"])
        for name, total, added in zip(numbers, totals.row(0)[1:], parts.sum().row(0)[1:], strict=True):
            doubts += _differs(total, added, parts.height, f"{where}, column {name}", "row")
    if is_total.all():
        raise Refused("no records", where, "totals alone", spec["again"])
    return fields.filter(~is_total), doubts


def _doubt_row_sums(amounts: pl.DataFrame, total: str, parts: list[str], where: str) -> Iterator[dict[str, str]]:
    """An error where the total of a row is not the sum of its parts, with the first such row."""
    wrong = amounts.select("record", total=total, added=pl.sum_horizontal(parts)).filter(
        pl.col("total") != pl.col("added")
    )
    if wrong.height:
        record, printed, added_up = wrong.row(0)
        place = f"{where}, record {record}, column {total}"
        more = f"; {counted(wrong.height, 'such row')}"
        yield from _differs(printed, added_up, len(parts), place, "column", more, wrong["record"].to_list())


def _differs(
    total: int, added: int, count: int, place: str, noun: str, more: str = "", records: Sequence[int] = ()
) -> Iterator[dict[str, str]]:
    if total != added:
        yield finding(
            "total_differs",
            "error",
            place,
            records=records,
            observed=f"a printed total of {shown(total)}, its {counted(count, noun)} add up to {shown(added)}{more}",
            expected="a printed total that is the sum of its parts",
            advice="Rows or numbers are missing, doubled or damaged: download the file again.",
        )


def _by_month(
    fields: pl.DataFrame, months: dict[str, str], number: str, where: str, again: str
) -> tuple[pl.DataFrame, list[str]]:
    """A row for each row and month. Months at the end in which every number is 0 are to come, and are not read."""
    if wrong := [title for title, month in months.items() if month.endswith("-00")]:
        raise Refused("columns", f"{where}, header", f"'{clip(wrong[0])}', which is no month", again)
    is_empty = fields.select(~pl.col(*months).str.contains("[1-9]").any()).row(0)
    last = max((place for place, empty in enumerate(is_empty, 1) if not empty), default=0)
    if not last:
        raise Refused("no records", where, "no number but 0 in any month", again)
    kept, to_come = [*months][:last], [*months][last:]
    others = [name for name in fields.columns if name not in months]
    rows = fields.unpivot(kept, index=others, variable_name=MONTH, value_name=number)
    rows = rows.with_columns(pl.col(MONTH).replace_strict(months)).sort("record", MONTH, maintain_order=True)
    return rows, [f"no number but 0 in {', '.join(to_come)}: months to come, not read"] * bool(to_come)


def _summed(spec: Spec, fields: pl.DataFrame, numbers: Sequence[str]) -> pl.DataFrame:
    """The whole numbers added up, as texts again; the note of a sum of several rows lists their records."""
    kept = {name: pl.sql_expr(text) for name, text in spec.get("kept", {}).items()}
    rows = fields.with_columns(pl.col(numbers).cast(pl.Int64))
    sums = summed(rows, spec["by"], numbers, flow=pl.col("flow").first(), **kept)
    return sums.with_columns(pl.col(numbers).cast(pl.String))


def _by_rules(rules: Sequence[Spec], fields: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    """Raises Refused for the first row of a condition that refuses, and yields a finding for one that doubts."""
    for rule in rules:
        rows = fields.filter(pl.sql_expr(rule["when"]))
        if not rows.height:
            continue
        row = {name: clip(str(text)) for name, text in rows.row(0, named=True).items()}
        problem = rule["found"].format_map({**row, "count": f"{rows.height:,}"})
        if "severity" not in rule:
            raise Refused(rule["rule"], f"{where}, record {row['record']}", problem, rule["advice"])
        yield finding(
            rule["rule"],
            rule["severity"],
            where,
            # A note is about the file, and puts no number in doubt.
            records=rows["record"].to_list() if rule["severity"] != "info" else (),
            observed=problem,
            expected=rule["expected"],
            advice=rule["advice"],
        )


def _records(spec: Spec, fields: pl.DataFrame) -> Reported:
    """The records of each kind, in the order of the rows."""
    kinds = [{"flow": "flow", **spec.get("every_record", {}), **kind} for kind in spec["record"]]
    columns = [{name: pl.sql_expr(text) for name, text in kind.items()} for kind in kinds]
    # A file of one direction may lack the numbers of a kind.
    needed = [{name for text in one.values() for name in text.meta.root_names()} for one in columns]
    columns_here = [one for one, names in zip(columns, needed, strict=True) if names <= {*fields.columns}]
    frames = [as_reported(fields.select("record", **of_kind)) for of_kind in columns_here]
    return pl.concat(frames).sort("record", maintain_order=True) if len(frames) > 1 else frames[0]


def _whole(records: Reported, columns: Sequence[str], where: str) -> tuple[Reported, list[dict[str, str]]]:
    """The records with whole numbers in these columns, rounded half up, and a note on how many had a fraction."""
    amounts = records.select("record", *(exact(name).alias(name) for name in columns))
    broken = amounts.filter(pl.any_horizontal(pl.col(columns) % MILLIONTHS != 0)) if columns else amounts.clear()
    if not broken.height:
        return records, []
    whole = ((pl.col(name) + MILLIONTHS // 2) // MILLIONTHS for name in columns)
    return records.with_columns(amounts.select(one.cast(pl.String) for one in whole)), [
        finding(
            "fractions",
            "info",
            where,
            observed=f"{counted(broken.height, 'number')} with a fraction, first record {broken['record'][0]}",
            expected="whole numbers, which the ledger keeps",
            advice="Printed sums are compared with them; each number is then rounded once. Nothing to do.",
        )
    ]


def _printed_on(spec: Spec, fields: pl.DataFrame, where: str) -> date | None:
    """The latest day that the rows print. Raises Refused for a text that is none."""
    if (updated := spec.get("updated")) is None or updated["column"] not in fields.columns:
        return None
    texts = fields[updated["column"]].unique().drop_nulls()
    try:
        return max((datetime.strptime(text, updated["form"]).date() for text in texts), default=None)
    except ValueError as error:
        place = f"{where}, column {updated['column']}"
        raise Refused("day", place, f"no day: {clip(str(error))}", spec["again"]) from error
