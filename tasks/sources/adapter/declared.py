"""Reads the files of a flat source by its declaration: what `declaration` has loaded says what they are, and this
module alone knows how a file is read.

The fields of a file are texts. In the order of the work: other downloads are refused by name; rows that are none
(footers) are set aside; numbers have their form; the sums that the file prints are compared; a column for each month
becomes rows; columns are derived, and rules refuse the file or raise findings; rows are left out or added up; totals
among the partners are compared; the records are made. An expression may be several: the first one counts whose columns
the file has.
"""

import difflib
import importlib
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial, reduce
from itertools import chain, product
from pathlib import Path
from typing import Any, cast

import polars as pl

from schemas.frames import Reported
from tasks.domain.doubt.findings import UNSAID, finding
from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted
from tasks.domain.units import printed_unit
from tasks.sources.adapter.declaration import EVERY_FIELD, MONTH, Spec, load, shapes_of
from tasks.sources.adapter.declared_files import read_csv, read_fixed, read_xlsx
from tasks.sources.adapter.json_rows import FileRead, read_rows
from tasks.sources.adapter.names import NAMES
from tasks.sources.adapter.protocol import FirstFetch, KeyNeed, Parsed, Source
from tasks.sources.adapter.questions import code_of_reporter, questions, reporters
from tasks.sources.adapter.records import (
    as_reported,
    doubt_copies,
    doubt_nulls,
    numbered,
    of_sums,
    require_columns,
    require_form,
    summed,
    without_flagged,
)
from tasks.sources.adapter.totals import Parted, concerned, exact, part_totals, shown
from tasks.sources.formats.csv import with_plain_texts

HEAD_BYTES = 10_000
NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
# What binary fractions add to a number with so many decimals is below a thousandth.
NOISE = 1_000
MILLIONTHS = 1_000_000
FINE = pl.Decimal(38, 6)
READERS = {"csv": read_csv, "fixed": read_fixed, "xlsx": read_xlsx}
OF_SOURCE = (
    "kind", "titles", "reporter", "currency", "code_list", "nomenclature", "licence", "proof", "experimental",
    "calendar", "has_lines", "has_spans", "has_others", "says_day", "group", "base", "declared", "partner_code",
    "forbids", "permission", "collector", "bytes_max",
    "is_archive", "first_print_of",
)  # fmt: skip


def source_of(file: Path) -> Source:
    """The source that a file declares, with the name of the file. Raises Refused where the declaration is wrong."""
    spec = load(file)
    hooks = importlib.import_module(f"tasks.sources.{file.parent.name}.{spec['hook']}") if "hook" in spec else None
    elsewhere = repr(
        {name: part for name, part in spec.items() if name not in ("copies", "columns", "optional", "shapes")}
    )
    alone = [name for name in spec.get("copies", ()) if name not in elsewhere] if "strip" not in spec else []
    spec |= {"read": getattr(hooks, "read", None), "compared_alone": alone}
    says_flow = all("flow" in shape for shape in shapes_of(spec)) or "flow" in {
        *spec.get("every_record", {}),
        *spec.get("derived", {}),
    }
    ask = getattr(hooks, "questions", questions if "fetch" in spec else None)
    return Source(
        name=file.stem,
        needs=() if says_flow else ("flow",),
        parse=partial(parse, spec),
        first_fetch=FirstFetch(**spec["first_fetch"]) if "first_fetch" in spec else None,
        key=KeyNeed(**spec["key"]) if "key" in spec else None,
        questions=ask and partial(ask, file.stem, spec),
        split=getattr(hooks, "split_file", None),
        dated=getattr(hooks, "dated", None),
        require_reporter=partial(code_of_reporter, spec) if "collector" in spec else None,
        **{name: spec[name] for name in OF_SOURCE if name in spec},
    )


def parse(spec: Spec, raw: bytes, where: str) -> Parsed:
    """The records of a file as printed. Raises Refused; `where` names the file in messages."""
    _refuse_other(spec, raw, where)
    read = _read(spec, raw, where)
    _refuse_strange(spec, read.fields.columns, where)
    fields, months, numbers = _placed(spec, read.fields, where)
    # Before a code is compared: a total is one also where a letter that nobody sees stands in its code.
    fields, notes = _plain(spec, fields, numbers)
    fields, more = _without_footers(spec, fields, numbers, where)
    notes += more
    require_form(fields, numbers, spec.get("number", NUMBER), where, spec["again"])
    if "decimals" in spec:
        fields = _settled(fields, numbers, spec["decimals"], where, spec["again"])
    fields, doubts, proof = _compared(spec, fields, numbers, months, where)
    for name, form in spec.get("forms", {}).items():
        require_form(fields, [name] if name in fields.columns else [], form, where, spec["again"])
    if months:
        fields, more = _by_month(fields, months, where, spec["again"])
        numbers = [name for name in spec["months"]["numbers"] if name in fields.columns]
        notes += more
    # Before rows are left out.
    reporter, day = _reporter(spec, fields, where), _printed_on(spec, fields, where)
    fields, more_doubts, more = _derived(spec, fields, [*read.doubts, *doubts], numbers, where)
    parted = _parted(spec, fields, where)
    whole = partial(_whole, columns=spec.get("whole", ()), where=where)
    single, rounded = whole(_records(spec, fields.filter(parted.kept)))
    single, of_units = _known_units(single, where) if spec.get("unknown_units") else (single, [])
    return Parsed(
        single,
        read.encoding,
        (*notes, *more, *parted.notes, *read.notes, *([spec["says"]] if "says" in spec else [])),
        (*more_doubts, *parted.doubts, *rounded, *of_units),
        day,
        reporter,
        whole(_records(spec, fields.filter(parted.totals)))[0] if parted.totals.any() else None,
        parted.short,
        read.so_far,
        proof=read.proof or proof or parted.proof,
    )


def _refuse_other(spec: Spec, raw: bytes, where: str) -> None:
    """Raises Refused for another download of the same office."""
    for other in spec.get("other", ()):
        if match := re.match(other["begins"].encode(), raw[:HEAD_BYTES]):
            groups = [clip((group or b"").decode("utf-8", "replace"), 200) for group in match.groups()]
            raise Refused(other["rule"], where, other["found"].format(*groups), other["advice"])


def _placed(spec: Spec, fields: pl.DataFrame, where: str) -> tuple[pl.DataFrame, dict[str, tuple[str, str]], list[str]]:
    """The numbered fields with the names of the declaration and their direction, what each column of a month is, and
    the columns of numbers. Raises Refused for other columns."""
    fields, months = _titled(spec, fields)
    shape = next((one for one in shapes_of(spec) if {*one["columns"]} <= {*fields.columns}), shapes_of(spec)[0])
    optional = fields.columns if spec["format"] == "json" else (*shape.get("optional", ()), *months)
    require_columns(fields.columns, shape["columns"], where, optional, spec["again"])
    if fields.schema.get("record") != pl.UInt32:
        fields = numbered(fields, where, spec["again"])
    if "flow" not in fields.columns:
        fields = fields.with_columns(flow=pl.lit(shape.get("flow")).cast(pl.String))
    if "named" in spec:
        named = re.compile(spec["named"])
        texts = match.groupdict() if (match := named.search(where)) else dict.fromkeys(named.groupindex)
        fields = fields.with_columns(pl.lit(text, pl.String).alias(name) for name, text in texts.items())
    numbers = [name for name in (*spec.get("numbers", ()), *months) if name in fields.columns]
    if "decimal" in spec:
        fields = fields.with_columns(pl.col(numbers).str.replace(spec["decimal"], ".", literal=True))
    return fields, months, numbers


def _plain(spec: Spec, fields: pl.DataFrame, numbers: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    """The fields with plain texts where they are no numbers and no names, which stay as printed; notes on changes."""
    kinds = (spec.get("every_record", {}), *spec["record"])
    used = [(name, text) for kind in kinds for name, text in kind.items() if isinstance(text, str)]
    names = {text for name, text in used if name in NAMES} - {text for name, text in used if name not in NAMES}
    plain, notes = with_plain_texts(fields.select(pl.col(pl.String).exclude([*numbers, *names])))
    return fields.with_columns(plain), notes


def _read(spec: Spec, raw: bytes, where: str) -> FileRead:
    if spec["format"] == "json":
        always = {*shapes_of(spec)[0]["columns"]}.intersection(*(shape["columns"] for shape in shapes_of(spec)))
        return read_rows(spec, sorted(always), raw, where)
    read: Callable[[Spec, bytes, str], FileRead] = spec["read"] or READERS[spec["format"]]
    return read(spec, raw, where)


def _computed(text: str | Sequence[str], columns: Sequence[str]) -> pl.Expr | None:
    """An expression, or the first of several whose columns there are; None where there is none."""
    choices = (pl.sql_expr(one) for one in ([text] if isinstance(text, str) else text))
    return next((one for one in choices if {*one.meta.root_names()} <= {*columns}), None)


def _all_computed(texts: Mapping[str, str | Sequence[str]], columns: Sequence[str]) -> dict[str, pl.Expr]:
    """Those of named expressions that can be computed of these columns."""
    computed = {name: _computed(text, columns) for name, text in texts.items()}
    return {name: one for name, one in computed.items() if one is not None}


def _derived(
    spec: Spec, fields: pl.DataFrame, doubts: list[dict[str, Any]], numbers: Sequence[str], where: str
) -> tuple[pl.DataFrame, list[dict[str, Any]], list[str]]:
    """The rows with what is derived of them, judged, left out and added up; all doubts, and notes."""
    if EVERY_FIELD in spec.get("copies", ()):
        fields = fields.with_columns(pl.struct(pl.exclude("record", "flow")).alias(EVERY_FIELD))
    for name, text in spec.get("derived", {}).items():
        fields = fields.with_columns(**_all_computed({name: text}, fields.columns))
    doubts += _by_rules(spec.get("rules", ()), fields, where)
    if "copies" in spec:
        key = [name for name in spec["copies"] if name in fields.columns]
        # A row that has become one of each month is one row.
        rows = fields.unique(["record", *key], maintain_order=True) if "months" in spec else fields
        doubts += doubt_copies(rows, key, where)
    for name, is_lack in _all_computed(spec.get("nulls", {}), fields.columns).items():
        doubts += doubt_nulls(fields.filter(is_lack), [name] if name in fields.columns else [], where)
    fields, notes = _without_left_out(spec.get("left_out", ()), fields)
    fields, more_doubts = _without_flagged(spec.get("flags", ()), fields, numbers, where)
    doubts += more_doubts
    if "sum" in spec:
        doubts = [*of_sums(doubts, fields, spec["sum"]["by"])]
        before, fields = fields.height, _summed(spec["sum"], fields, numbers)
        of_sums_made = f"{counted(before, 'record')} of {spec['sum']['of']} added up to {fields.height:,}"
        notes += [of_sums_made] * (before > fields.height)
        doubts += _by_rules(spec.get("rules_of_sums", ()), fields, where)
    return fields, doubts, notes


def _without_left_out(rules: Sequence[Spec], fields: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The rows without those that the source leaves out, and a note for each reason."""
    notes = list[str]()
    for rule in rules:
        if (is_out := _computed(rule["when"], fields.columns)) is not None:
            is_out = is_out.fill_null(False)
            left_out, fields = fields.filter(is_out), fields.filter(~is_out)
            notes += [f"{counted(left_out.height, 'record')} {rule['why']}"] * bool(left_out.height)
    return fields, notes


def _without_flagged(
    flags: Sequence[Spec], fields: pl.DataFrame, numbers: Sequence[str], where: str
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """The rows without the numbers whose flag says that they do not stand, and a finding for each."""
    doubts = list[dict[str, Any]]()
    for flag, number in product(flags, numbers):
        column = flag["column"].replace("*", number)
        if column in fields.columns and flag["of"] in ("*", number):
            is_flagged = ~pl.col(column).fill_null("").str.contains(flag["stands"])
            fields, of_flag = without_flagged(fields, number, column, is_flagged, where)
            doubts += of_flag
    return fields, doubts


def _parted(spec: Spec, fields: pl.DataFrame, where: str) -> Parted:
    """Which rows are of single partners and which are totals, compared with the sums of their parts in each number."""
    none = pl.repeat(False, fields.height, eager=True, dtype=pl.Boolean)
    rules = spec.get("printed", {})
    codes = concerned(fields[rules["partner"]], spec["code_list"], rules.get("unlisted")) if rules else []
    if not codes:
        return Parted(~none, (), (), (), none, "")
    rows = fields.with_row_index("row").filter(pl.col(rules["partner"]).is_in(codes))
    numbers = [name for name in rules["numbers"] if name in fields.columns]
    cell = (*rules["cell"], *(["number_of"] if len(numbers) > 1 else []))
    by_number = [
        part_totals(
            rows.select("record", *rules["cell"], number_of=pl.lit(name), partner=rules["partner"], number=name),
            spec["code_list"],
            cell,
            where,
            rules.get("unlisted"),
            rules["month"],
        )
        for name in numbers
    ]
    is_kept = reduce(operator.and_, (one.kept for one in by_number))
    aside, totals = (rows["row"].filter(mask) for mask in (~is_kept, by_number[-1].totals))
    places = pl.int_range(fields.height, dtype=pl.UInt32, eager=True)
    is_group = fields[rules["partner"]].str.contains(rules["groups"]).fill_null(False) if "groups" in rules else none
    doubts = tuple(chain.from_iterable(one.doubts for one in by_number))
    short = tuple(chain.from_iterable(one.short for one in by_number))
    return by_number[-1]._replace(
        kept=~(places.is_in(aside.implode()) | is_group),
        doubts=doubts,
        short=short,
        totals=places.is_in(totals.implode()),
        proof="" if doubts or short else by_number[0].proof,
    )


def _reporter(spec: Spec, fields: pl.DataFrame, where: str) -> str | None:
    """Whose figures the file has. Raises Refused where a column names nobody whose figures the source has."""
    if "reporters" not in spec:
        return None if spec.get("has_others") else spec["reporter"]
    rules = spec["reporters"]
    code = str(fields[rules["column"]][0])
    known = {of_reporter: key for key, of_reporter in reporters(spec).items()}
    if code not in known:
        problem = f"reporter '{clip(code)}'"
        raise Refused(rules["rule"], f"{where}, column {rules['column']}", problem, rules["advice"])
    return known[code]


def _titled(spec: Spec, fields: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, tuple[str, str]]]:
    """The fields with the names of the declaration, and of each column of a month its month and its number."""
    for form, usual in spec.get("respelled", {}).items():
        fields = fields.rename({title: re.sub(form, usual, title) for title in fields.columns})
    for name, form in spec.get("titled", {}).items():
        fields = fields.rename({title: name for title in fields.columns if re.search(form, title)}, strict=False)
    if "strip" in spec:
        fields = fields.with_columns(pl.all().str.strip_chars(spec["strip"]))
    rules = spec.get("months", {"title": "$.", "names": [], "numbers": [""]})
    months: dict[str, tuple[str, str]] = {}
    for match in filter(None, (re.search(rules["title"], title) for title in fields.columns)):
        named = match.groupdict()
        place = rules["names"].index(named["month"]) + 1 if named["month"] in rules["names"] else 0
        year = f"{named['year']}-" if "year" in named else ""
        months |= {match.string: (f"{year}{place:02d}", named.get("number", rules["numbers"][0]))}
    return fields, months


def _refuse_strange(spec: Spec, titles: Sequence[str], where: str) -> None:
    """Raises Refused for a column that is named like a number and that the source does not have."""
    rules = spec.get("strange", {"like": "$.", "known": ""})
    for name in (name for name in titles if re.search(rules["like"], name) and not re.search(rules["known"], name)):
        closest = difflib.get_close_matches(name.upper(), [*spec["numbers"], *spec["optional"]], 1)
        problem = f"a column {clip(name)}, which the source does not have"
        advice = f"{f'Is it {closest[0]}? ' if closest else ''}{spec['again']}"
        raise Refused("unknown number", f"{where}, header", problem, advice)


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


def _fine(name: str) -> pl.Expr:
    """A number with six decimals; what is behind them is cut off."""
    return pl.col(name).str.replace(r"(\.[0-9]{6})[0-9]+$", "$1").cast(FINE)


def _settled(fields: pl.DataFrame, numbers: Sequence[str], decimals: int, where: str, again: str) -> pl.DataFrame:
    """The numbers with their decimals alone. A workbook keeps binary fractions: 3047480.49 may stand there as
    3047480.490000001. Raises Refused for a number with more decimals than that."""
    settled = fields.with_columns(_fine(name).round(decimals, mode="half_away_from_zero") for name in numbers)
    for name in numbers:
        is_off = ((settled[name] - fields.select(_fine(name)).to_series()).abs() * NOISE > 1).fill_null(False)
        if is_off.any():
            place = f"{where}, record {fields.filter(is_off)['record'][0]}, column {name}"
            raise Refused("no number", place, f"'{clip(fields.filter(is_off)[name][0])}'", again)
    return settled.with_columns(pl.col(numbers).cast(pl.Decimal(38, decimals)).cast(pl.String))


def _compared(
    spec: Spec, fields: pl.DataFrame, numbers: Sequence[str], months: dict[str, tuple[str, str]], where: str
) -> tuple[pl.DataFrame, list[dict[str, str]], str]:
    """The fields without the rows of totals, an error for each other printed sum, and what totals prove."""
    total = spec.get("total", {"when": "FALSE"})
    is_total = fields.select(pl.col("record").is_null() | pl.sql_expr(total["when"]).fill_null(False)).to_series()
    if is_total.all():
        raise Refused("no records", where, "totals alone", spec["again"])
    if "total" in spec and "by" not in total and is_total.sum() != 1:
        problem = f"{counted(int(is_total.sum()), 'row')} of totals, where there is one"
        raise Refused("totals", where, problem, spec["again"])
    doubts = list[dict[str, str]]()
    for one in (one for one in spec.get("sums", ()) if one["total"] in fields.columns):
        of_months = [title for title, (_, number) in months.items() if number in one["parts"]]
        doubts += _doubt_row_sums(fields, one["total"], of_months or one["parts"], one.get("slack", 0), where)
    for name in total.get("numbers", numbers) if is_total.any() else ():
        doubts += _doubt_totals(fields.with_columns(amount=exact(name).fill_null(0)), is_total, name, total, where)
    is_proven = is_total.any() and not doubts
    proof = f"{counted(int(is_total.sum()), 'row')} of totals, each the sum of its column" if is_proven else ""
    return fields.filter(~is_total), doubts, proof


def _doubt_totals(
    fields: pl.DataFrame, is_total: pl.Series, name: str, rules: Spec, where: str
) -> Iterator[dict[str, str]]:
    """An error for the first total of a number that is not the sum of its rows: of all, or of those with the same
    columns `by`."""
    by = [*rules.get("by", ()), "of"]
    fields = fields.with_columns(of=pl.lit(""))
    parts = fields.filter(~is_total).group_by(by).agg(added=pl.col("amount").sum(), rows=pl.len())
    totals = fields.filter(is_total).join(parts, on=by, how="left", maintain_order="left")
    wrong = totals.filter(pl.col("amount") != pl.col("added").fill_null(0))
    for row in wrong.head(1).iter_rows(named=True):
        place = f"{where}, record {row['record']}, column {name}" if "by" in rules else f"{where}, column {name}"
        yield from _differs(row["amount"], row["added"] or 0, row["rows"] or 0, place, "row")


def _doubt_row_sums(
    fields: pl.DataFrame, total: str, parts: list[str], slack: int, where: str
) -> Iterator[dict[str, str]]:
    """An error where the total of a row is not the sum of its parts, each of which may have lost up to `slack`, with
    the first such row."""
    amounts = fields.select("record", *(exact(name).fill_null(0).alias(name) for name in {total, *parts}))
    sums = amounts.select("record", total=total, added=pl.sum_horizontal(parts))
    wrong = sums.filter(~(pl.col("total") - pl.col("added")).is_between(0, slack * len(parts) * MILLIONTHS))
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
    fields: pl.DataFrame, months: dict[str, tuple[str, str]], where: str, again: str
) -> tuple[pl.DataFrame, list[str]]:
    """A row for each row and month. Months at the end in which every number is 0 are to come, and are not read. Raises
    Refused for months that are not those of a year so far, and for a file without a number."""
    by_month = _columns_of_months(months)
    places = sorted(int(month[-2:]) for month in by_month)
    of_each = {tuple(sorted(titles)) for titles in by_month.values()}
    if places != [*range(1, len(places) + 1)] or len(of_each) > 1:
        raise Refused("columns", f"{where}, header", f"months: {', '.join(map(clip, months))}", again)
    printed = sorted(by_month)
    has_digit = fields.select(pl.col(months).str.contains("[1-9]").any()).row(0, named=True)
    last = max((printed.index(month) + 1 for title, (month, _) in months.items() if has_digit[title]), default=0)
    if not last:
        raise Refused("no records", where, "no number but 0 in any month", again)
    others = [name for name in fields.columns if name not in months]
    rows = pl.concat(
        fields.select(
            *others,
            pl.lit(month).alias(MONTH),
            *(pl.col(title).alias(number) for number, title in sorted(by_month[month].items())),
        )
        for month in printed[:last]
    ).sort("record", MONTH, maintain_order=True)
    to_come = [title for month in printed[last:] for title in by_month[month].values()]
    return rows, [f"no number but 0 in {', '.join(to_come)}: months to come, not read"] * bool(to_come)


def _columns_of_months(months: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """By month the title of the column of each number."""
    by_month = dict[str, dict[str, str]]()
    for title, (month, number) in months.items():
        by_month.setdefault(month, {})[number] = title
    return by_month


def _summed(rules: Spec, fields: pl.DataFrame, numbers: Sequence[str]) -> pl.DataFrame:
    """The numbers added up exactly, as texts again with as many decimals as their parts have at most; the note of a sum
    of several rows lists their records."""
    kept = _all_computed(rules.get("kept", {}), fields.columns) | {"flow": pl.col("flow").first()}
    kept = {name: one for name, one in kept.items() if name not in rules["by"]}
    if not fields.select(pl.any_horizontal(pl.col(numbers).str.contains(".", literal=True)).any()).item():
        sums = summed(fields.with_columns(pl.col(numbers).cast(pl.Int64)), rules["by"], numbers, **kept)
        return sums.with_columns(pl.col(numbers).cast(pl.String))
    # Of a number without a point this is null, and its sum has no decimals.
    decimals = {
        f"{name} decimals": pl.col(name).str.len_bytes() - pl.col(name).str.find(".", literal=True) for name in numbers
    }
    kept |= {name: pl.col(name).max().fill_null(0) for name in decimals}
    rows = fields.with_columns(**decimals).with_columns(pl.col(numbers).cast(FINE))
    sums = summed(rows, rules["by"], numbers, **kept)
    texts = {name: pl.col(name).cast(pl.String) for name in numbers}
    return sums.with_columns(
        text.str.head(text.str.len_bytes().cast(pl.Int64) - 7 + pl.col(f"{name} decimals"))
        for name, text in texts.items()
    ).drop(decimals)


def _by_rules(rules: Sequence[Spec], fields: pl.DataFrame, where: str) -> Iterator[dict[str, str]]:
    """Raises Refused for the first row of a condition that refuses, and yields a finding for one that doubts."""
    for rule in rules:
        is_met = _computed(rule["when"], fields.columns)
        rows = fields.clear() if is_met is None else fields.filter(is_met)
        if not rows.height:
            continue
        rows = rows.sort(rule["largest"], descending=True) if "largest" in rule else rows
        first = rows.row(0, named=True)
        numbers = {name: one for name, one in first.items() if isinstance(one, int)}
        row: dict[str, Any] = {name: clip(str(one)) for name, one in first.items()} | numbers
        seen, wanted = rule.get("values", ("", ""))
        counts = {
            "count": f"{rows.height:,}",
            "records": counted(rows.height, "record"),
            "sums": counted(rows.height, "sum"),
        }
        problem = rule["found"].format_map({**row, **counts})
        if "severity" not in rule:
            raise Refused(rule["rule"], f"{where}, record {row['record']}", problem, rule["advice"])
        yield finding(
            rule["rule"],
            rule["severity"],
            where,
            # A note is about the file, and puts no number in doubt.
            records=rows["record"].to_list() if rule["severity"] != "info" and "scope" not in rule else (),
            scope=rule["scope"] if "scope" in rule else cast("str", UNSAID),
            observed=problem,
            expected=rule["expected"],
            advice=rule["advice"],
            values=(numbers.get(seen), numbers.get(wanted), None),
            of_trade=rule["of_trade"] if "of_trade" in rule else cast("bool", UNSAID),
        )


def _records(spec: Spec, fields: pl.DataFrame) -> Reported:
    """The records of each kind, in the order of the rows."""
    kinds = [{"flow": "flow", **spec.get("every_record", {}), **kind} for kind in spec["record"]]
    computed = [_all_computed(kind, fields.columns) for kind in kinds]
    # A file of one direction may lack the numbers of a kind.
    complete = [one for one, kind in zip(computed, kinds, strict=True) if one.keys() == kind.keys()]
    frames = [as_reported(_with_units(fields.select("record", **of_kind))) for of_kind in complete]
    return pl.concat(frames).sort("record", maintain_order=True) if len(frames) > 1 else frames[0]


def _with_units(records: pl.DataFrame) -> pl.DataFrame:
    """The records without zeros that have no unit, which say nothing. Another number without one has an empty text as
    its unit, for which it is set aside."""
    for number, label in (("quantity", "quantity_unit"), ("supplementary_quantity", "supplementary_unit")):
        if number in records.columns:
            is_bare = pl.col(label).is_null() | (pl.col(label) == "")
            is_counted = pl.col(number).str.contains("[1-9]")
            records = records.with_columns(
                pl.when(~is_bare | is_counted).then(number).alias(number),
                pl.when(is_bare & is_counted).then(pl.lit("")).otherwise(label).alias(label),
            )
    return records


def _whole(records: Reported, columns: Sequence[str], where: str) -> tuple[Reported, list[dict[str, str]]]:
    """The records with whole numbers in these columns, rounded half up, and a note on how many had a fraction."""
    if (
        not columns
        or not records.select(pl.any_horizontal(pl.col(columns).str.contains(".", literal=True)).any()).item()
    ):
        return records, []
    amounts = records.select("record", *(exact(name).alias(name) for name in columns))
    if amounts.select(columns).null_count().row(0) != records.select(columns).null_count().row(0):
        # Of decimals behind the sixth none changes how a number is rounded.
        texts = records.with_columns(pl.col(columns).str.replace(r"(\.[0-9]{6})[0-9]+$", "$1"))
        amounts = texts.select("record", *(exact(name).alias(name) for name in columns))
    broken = amounts.filter(pl.any_horizontal(pl.col(columns) % MILLIONTHS != 0)) if columns else amounts.clear()
    whole = amounts.select(((pl.col(name) + MILLIONTHS // 2) // MILLIONTHS).cast(pl.String) for name in columns)
    records = records.with_columns(whole[name].fill_null(records[name]) for name in columns)
    return records, [] if not broken.height else [
        finding(
            "fractions",
            "info",
            where,
            observed=f"{counted(broken.height, 'number')} with a fraction, first record {broken['record'][0]}",
            expected="whole numbers, which the ledger keeps",
            advice="Printed sums are compared with them; each number is then rounded once. Nothing to do.",
        )
    ]


def _known_units(records: Reported, where: str) -> tuple[Reported, list[dict[str, str]]]:
    """The records without the quantities in a unit that the code table lacks, and a warning about these units."""
    doubts = list[dict[str, str]]()
    for number, unit in (("quantity", "quantity_unit"), ("supplementary_quantity", "supplementary_unit")):
        units = records[unit].unique().drop_nulls().cast(pl.String).sort()
        if not (unknown := [one for one in units if not printed_unit(one)]):
            continue
        is_known = ~pl.col(unit).cast(pl.String).is_in(unknown).fill_null(False)
        of_them = records.filter(~is_known)
        records = records.with_columns(pl.when(is_known).then(number).alias(number))
        doubts += [
            finding(
                "unknown_unit",
                "warning",
                f"{where}, {unit.replace('_', ' ')}",
                observed=(
                    f"{', '.join(map(clip, unknown[:12]))} in {counted(of_them.height, 'record')}, first record"
                    f" {of_them['record'][0]}"
                ),
                expected="a unit of schemas/reference/units.csv",
                advice="These quantities are not known and not zero; add the unit to the table.",
            )
        ]
    return records, doubts


def _printed_on(spec: Spec, fields: pl.DataFrame, where: str) -> date | None:
    """The latest day that the rows print. Raises Refused for a text that is none."""
    updated = spec.get("updated", {})
    if (day := _computed(updated.get("column", ()), fields.columns)) is None:
        return None
    texts = fields.select(day).to_series().unique().drop_nulls()
    try:
        return max((datetime.strptime(text, updated["form"]).date() for text in texts), default=None)
    except ValueError as error:
        place = f"{where}, column {updated['column']}"
        raise Refused(updated.get("rule", "day"), place, f"no day: {clip(str(error))}", spec["again"]) from error
