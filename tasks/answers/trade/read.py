"""Answers questions about a published table as people ask them: by names, of several products, partners and months, the
largest first.

Belongs here: which rows answer the question. `query` reads them, `resolver` interprets names, `figure_table` shows the
result.
"""

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from schemas.figures import QUOTABLE
from schemas.forms.doubt import NumberDoubt
from schemas.layouts import ANALYSIS, LAYOUTS
from schemas.names import FIGURES, VALUES, caveats_of, quote
from schemas.questions.question import OfReporters, texts
from schemas.questions.read import Read
from schemas.table import polars_schema, readers_schema
from tasks.answers.form.answer import Answer, AnswerOfSeveral, day_of, folder_of
from tasks.answers.form.doubted import with_doubts
from tasks.domain.classification import members
from tasks.domain.coverage import TOTALS
from tasks.domain.export_controls.control_lists import is_list
from tasks.domain.name_match import Unresolved
from tasks.domain.period_words import each_month, is_latest, read_months
from tasks.domain.periods import Month
from tasks.domain.text import named
from tasks.reading import query
from tasks.reading.citation import terms_of_rows
from tasks.reading.resolver import KEY, Resolver
from tasks.reading.search import what_is_nearby
from tasks.store.files.snapshot import Snapshot
from tasks.store.places.reporters import MIRRORS
from tasks.store.snapshots.parquet import path_partition

# The name column of each code column; the language decides which name.
NAME_OF = {"product": "product_name", "partner": "partner_name"}
# Tables whose rows have a column `doubt` where one of them is in doubt: by the numbers that count now, or by the
# releases that printed a row.
DOUBTED_BY_RELEASE = ("detail", "first_print", "observation", "revision")
DOUBTED = ("expectation", "metric", "trade_flow", *DOUBTED_BY_RELEASE)
IN_DOUBT = frozenset({"in_doubt", "figures_in_doubt"})
# What is said of a row of `metric` whatever growths are shown, and all that is said of one beside its figures.
OF_ROW = frozenset({*IN_DOUBT, "record", "revised_on"})
VERDICTS = (*map(quote, QUOTABLE), *map(caveats_of, QUOTABLE), "record", "revised_on")
# The largest rows can only be found within one measure.
MEASURES = ("quantity_kg", *VALUES)
# What makes a table that is not there.
NOT_MADE = {
    "first_print": "has no months yet, because none has several releases",
    "mirror": "is made of a pair of reporters by tidewaiter mirror --importer NAME --publish",
}
# Of one reporter alone no other has codes.
NOWHERE: Mapping[str, Sequence[str]] = MappingProxyType({})


def read(question: Read) -> AnswerOfSeveral:
    """Return the rows of a question with the columns that it names, of several reporters one after another with a first
    column `reporter`. Raises ValueError as `read_whole` does."""
    answer = read_whole(question)
    return replace(answer, rows=_chosen(answer.rows, question)) if question.shown else answer


def read_whole(question: Read) -> AnswerOfSeveral:
    """Return the rows of a question with all columns, of several reporters one after another with a first column
    `reporter`: their tables say it in the path alone.

    The rows of a pair of two reporters, which both have, are those of the first. Raises ValueError (Unresolved if a
    name is unknown), of several reporters only where none has an answer.
    """
    parts, refused, elsewhere = dict[str, Answer](), dict[str, ValueError](), _codes_elsewhere(question)
    if question.reporter is not None and not question.reporters:
        raise ValueError("no reporter is named; leave the argument out for the only reporter of the store")
    for name in question.reporters or (None,):
        try:
            part = read_store(question, folder_of(question, name), elsewhere)
        except ValueError as error:
            if len(question.reporters) <= 1:
                raise
            refused[str(name)] = error
            continue
        if question.table == MIRRORS:
            of_another = pl.any_horizontal(pl.col("exporter", "importer").is_in([*parts]))
            part = replace(part, rows=part.rows.filter(~of_another))
        parts[name or part.reporters[0]] = part
    if not parts:
        name, why = next(iter(refused.items()))
        raise ValueError(f"{name}: {why}")
    first, notes = next(iter(parts.values())), tuple(f"{name}: {why}" for name, why in refused.items())
    notes += _terms(parts, question.table)
    rows = together({name: part.rows for name, part in parts.items()}, question)
    return AnswerOfSeveral(rows, first.snapshot, notes, as_of=first.as_of, table=question.table, parts=parts)


def _terms(parts: Mapping[str, Answer], table: str) -> tuple[str, ...]:
    """What the values of several reporters mean, which stand beside each other in the currency and valuation of
    each."""
    if len(parts) == 1 or table != "metric":
        return ()
    lines = ((name, terms_of_rows(part.rows, part.releases["source"])) for name, part in parts.items())
    return tuple(f"{name}: {line}" for name, of_reporter in lines for line in of_reporter)


def together(rows_of: Mapping[str, pl.DataFrame], question: OfReporters) -> pl.DataFrame:
    """Return the rows of reporters one after another, with a first column `reporter` where a question may name
    several."""
    names = _leading_columns(question)
    return pl.concat(
        [rows.select(*(pl.lit(name).alias(one) for one in names), pl.exclude(names)) for name, rows in rows_of.items()],
        how="diagonal",
    )


def _leading_columns(question: OfReporters) -> list[str]:
    """The column before those of the table: the reporter, where the question names several."""
    return [] if question.reporter is None or isinstance(question.reporter, str) else ["reporter"]


def _chosen(rows: pl.DataFrame, question: Read) -> pl.DataFrame:
    """The columns that a question names. Where it names a figure, the keys by which the rows differ stand before them,
    and `doubt` behind them where a row has one, and the verdict on a growth that may not be quoted as it is. Keys are
    in no doubt."""
    layout, shown = LAYOUTS[question.table], question.shown
    keys = {"flow", query.PERIOD, layout.month_of, *layout.sort_by, *NAME_OF.values()}
    is_doubted = not keys.issuperset(shown) and "doubt" in rows.columns and rows["doubt"].null_count() < rows.height
    has_figure = not {*FIGURES}.isdisjoint(shown)
    named_so = {name for name, of in NAME_OF.items() if of in shown}
    lead = [
        name
        for name in dict.fromkeys(("flow", "product", "partner", "measure", query.PERIOD, layout.month_of))
        if has_figure and name in rows.columns and name not in {*shown, *named_so} and rows[name].n_unique() > 1
    ]
    beside = ["doubt"] if is_doubted else []
    # A growth that is not quoted as it is has its verdict beside it.
    judged = [name for name in QUOTABLE if name in shown and caveats_of(name) in rows.columns]
    beside += [column(name) for name in judged if rows[caveats_of(name)].count() for column in (quote, caveats_of)]
    return rows.select(*_leading_columns(question), *dict.fromkeys([*lead, *shown, *beside]))


def _codes_elsewhere(question: Read) -> dict[str, tuple[str, ...]]:
    """The codes that each product means to the first of several reporters that knows it; none of a single one."""
    if len(question.reporters) <= 1:
        return {}
    codes = dict[str, tuple[str, ...]]()
    for name in question.reporters:
        # A store that is not there is refused where it is read.
        with contextlib.suppress(ValueError, LookupError):
            resolver = Resolver(query.open_published(folder_of(question, name)))
            for text in {*texts(question.product)} - {*codes}:
                with contextlib.suppress(Unresolved):
                    codes[text] = resolver.product_keys(text).keys
    return codes


def read_store(question: Read, store: Path, elsewhere: Mapping[str, Sequence[str]] = NOWHERE) -> Answer:
    """Return the rows of a question about one store, with all columns. Of several stores, whose codes are `elsewhere`,
    one that lacks a product says so. Raises ValueError (Unresolved if a name is unknown), and what `query.query`
    raises.
    """
    as_of = day_of(question.as_of)
    snapshot = query.open_published(store)
    resolver = Resolver(snapshot)
    layout, schema = LAYOUTS[question.table], polars_schema(question.table)
    _require_columns(question, schema)
    notes: list[str] = []
    products = _keys(texts(question.product), "product", resolver, question.table, notes, elsewhere)
    partners = _keys(texts(question.partner), "partner", resolver, question.table, notes)
    keys_of = {"product": products, "partner": partners}
    codes = _each(products)
    series: dict[str, Any] = {"flow": question.flow, "partner": _each(partners) or None, "as_of": as_of}
    states = query.states_with(snapshot, question.table)
    rows = query.with_period(_rows(states, question, series, codes, _months(question, states)), question.table)
    rows = _of_measures(_of_latest(rows, question, layout.month_of), question, _measures_of(rows))
    if rows.height:
        notes += _absent(rows, question, keys_of)
    else:
        notes.append(f"0 rows: {_why_none(snapshot, states, question, codes, series)}")
    rows = _ordered(rows, question, notes)
    if question.names and question.table not in NAME_OF:
        rows = with_names(rows, resolver, question.language)
    doubts: tuple[NumberDoubt, ...] = ()
    if question.table in DOUBTED:
        # What says that a row is in doubt speaks of all its figures.
        is_of_row = not IN_DOUBT.isdisjoint(question.shown)
        figures = [] if is_of_row else [name for name in question.shown if name in FIGURES]
        is_asked, is_by_release = "doubt" in question.shown, question.table in DOUBTED_BY_RELEASE
        rows, doubts = with_doubts(rows, snapshot, as_of, figures, is_asked=is_asked, is_by_release=is_by_release)
    shown = [name for name in QUOTABLE if not question.shown or not OF_ROW.isdisjoint(question.shown)
             or not {name, quote(name), caveats_of(name)}.isdisjoint(question.shown)]  # fmt: skip
    answer = (rows, snapshot, tuple(notes), doubts, as_of, question.table, tuple(states))
    return Answer(*answer, shown=shown, language=question.language)


def _of_latest(rows: pl.DataFrame, question: Read, month_of: str | None) -> pl.DataFrame:
    """Keep the months that are asked for where one of them is the latest of all rows."""
    newest = _newest(rows, month_of) if month_of is not None and _is_of_latest(question) else None
    if month_of is None or newest is None:
        return rows
    return rows.filter(pl.any_horizontal(_is_in(month_of, text, newest) for text in question.months))


def _measures_of(rows: pl.DataFrame) -> list[str]:
    return sorted(rows["measure"].unique()) if "measure" in rows.columns else []


def _of_measures(rows: pl.DataFrame, question: Read, known: Sequence[str]) -> pl.DataFrame:
    """Keep the measures that are asked for. Raises ValueError where none of them is there and others, `known`, are."""
    if not question.measures:
        return rows
    chosen = rows.filter(pl.col("measure").is_in(question.measures))
    if not chosen.height and known:
        raise ValueError(
            f"there is no measure {named([*map(repr, question.measures)])} here; there are {', '.join(known)}"
        )
    return chosen


def _why_none(
    snapshot: Snapshot, states: Sequence[Snapshot], question: Read, codes: Sequence[str], where: dict[str, Any]
) -> str:
    """Say why there is no row."""
    if question.table in ANALYSIS:
        return f"the table {question.table} has none for this question"
    if not states:
        return f"the table {question.table} of {snapshot.store.name.rpartition('=')[2]} {NOT_MADE[question.table]}"
    months = each_month(read_months(text) for text in question.months if not is_latest(text))
    return what_is_nearby(states[0].store, question.table, product=codes or None, month=months or None, **where)


def _is_of_latest(question: Read) -> bool:
    return any(map(is_latest, question.months))


def _require_columns(question: Read, of_table: Collection[str]) -> None:
    """Reject conditions on columns that the table does not have, and unknown columns, and list those that it has."""
    keys = (("product", question.product), ("partner", question.partner), ("measure", question.measure))
    added = [NAME_OF[name] for name in NAME_OF if name in of_table] if question.names else []
    added += [query.PERIOD] if LAYOUTS[question.table].lacks_period else []
    beside = ["doubt"] if question.table in DOUBTED else []
    beside += VERDICTS if question.table == "metric" else []
    shown = [*(name for name in question.shown if name not in beside), *([question.sort] if question.sort else [])]
    for wanted, columns in (
        ([name for name, wanted_keys in keys if wanted_keys], [*of_table]),
        (shown, [*of_table, *added]),
    ):
        for name in wanted:
            if name not in columns:
                raise ValueError(f"the table {question.table} has no column {name}; it has {', '.join(columns)}")
    if question.months and LAYOUTS[question.table].month_of is None:
        raise ValueError(f"the table {question.table} has no months")


def _each(keys: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for several in keys.values() for key in several))


def _keys(
    names: Sequence[str],
    what: str,
    resolver: Resolver,
    table: str,
    notes: list[str],
    elsewhere: Mapping[str, Sequence[str]] = NOWHERE,
) -> dict[str, tuple[str, ...]]:
    """Return the keys of each name; a table that is not filed by month accepts any key, because it may contain other
    products.
    """
    keys: dict[str, tuple[str, ...]] = {}
    is_strict = LAYOUTS[table].month_of is not None
    if what == "product" and (lists := [text for text in dict.fromkeys(names) if is_list(text)]):
        listed = resolver.listed(lists)
        notes += listed.notes()
        keys |= {text: listed.keys_of(text) for text in lists}
    for text in (text for text in dict.fromkeys(names) if text not in keys):
        try:
            if what == "partner":
                keys[text] = (resolver.partner(text),)
            else:
                meant = resolver.product_keys(text)
                keys[text] = meant.keys
                notes += [meant.note] if meant.note else []
        except Unresolved:
            if text in elsewhere:
                keys[text] = _same_goods(text, resolver, elsewhere[text], notes)
            elif is_strict or not (text.isalnum() or KEY.fullmatch(text)):
                raise
            else:
                keys[text] = (text,)
    if keys and not any(keys.values()):
        raise Unresolved("; ".join(notes))
    return keys


def _same_goods(text: str, resolver: Resolver, codes: Sequence[str], notes: list[str]) -> tuple[str, ...]:
    """The codes of a store for those that another one has for a name; none, with a note, where it has none."""
    try:
        meant = resolver.same_goods(text, [one for key in codes for one in members(key)])
    except Unresolved as unresolved:
        notes.append(str(unresolved))
        return ()
    notes.append(meant.note)
    return meant.keys


def _months(question: Read, states: Sequence[Snapshot]) -> list[query.Month] | None:
    """Return the requested months; None for all, and for the latest of some keys, which depends on the rows."""
    filed = sorted(
        date(year, month, 1)
        for state in states
        for entry in state.entries("metric" if question.table in ANALYSIS else question.table, question.flow)
        if entry.partition and entry.rows
        for _, year, month in [path_partition(entry.partition)]
    )
    if not question.months or not filed:
        return None
    spans = [read_months(text, filed[-1]) for text in question.months]
    inside = [(max(first, filed[0]), min(last, filed[-1])) for first, last in spans]
    inside = [(first, last) for first, last in inside if first <= last]
    if not inside:
        raise ValueError(
            f"there is no month {', '.join(question.months)} in this store; there is {filed[0]:%Y-%m} to"
            f" {filed[-1]:%Y-%m}"
        )
    if _is_of_latest(question) and (question.product or question.partner):
        # The newest month of the store need not be that of the product.
        return None
    return each_month(inside)


def _newest(rows: pl.DataFrame, month_of: str) -> date | None:
    """Return the newest month that has a figure."""
    is_known = pl.col("level").is_not_null() if "level" in rows.columns else pl.lit(True)
    newest = rows.filter(is_known)[month_of].max() if rows.height else None
    return newest.replace(day=1) if isinstance(newest, date) else None


def _is_in(month_of: str, text: str, newest: date) -> pl.Expr:
    return pl.col(month_of).dt.month_start().is_between(*read_months(text, newest))


def _absent(rows: pl.DataFrame, question: Read, keys_of: dict[str, dict[str, tuple[str, ...]]]) -> list[str]:
    """List the requested values without a row, a line for each condition: otherwise nobody would notice that part of
    the answer is missing.
    """
    absent = {
        name: [text for text, keys in of.items() if keys and not {*keys} & {*rows[name]}]
        for name, of in keys_of.items()
        if of
    }
    if question.measures:
        absent["measure"] = [measure for measure in question.measures if measure not in {*rows["measure"]}]
    month_of = LAYOUTS[question.table].month_of
    if month_of is not None and (newest := _newest(rows, month_of)) is not None:
        absent["month"] = [text for text in question.months if not rows.filter(_is_in(month_of, text, newest)).height]
    return [f"no rows of {name} {named(texts)}" for name, texts in absent.items() if texts]


def _rows(
    states: Sequence[Snapshot],
    question: Read,
    series: dict[str, Any],
    products: Sequence[str],
    months: list[query.Month] | None,
) -> pl.DataFrame:
    """Return rows in key order. Products are read one by one, because for one product Polars skips whole row groups."""
    layout = LAYOUTS[question.table]
    if question.table in ANALYSIS:
        return _analysis(states[0], question, series, products, months)
    parts = [
        query.query(state.store, question.table, product=one, month=months, **series)
        for state in states
        for one in products or (None,)
    ] or [pl.DataFrame(schema=readers_schema(question.table))]
    if len(parts) == 1:
        return parts[0]
    order = [*(["flow", layout.month_of] if layout.month_of else []), *layout.sort_by]
    return pl.concat(parts).sort([name for name in order if name in parts[0].columns])


def _analysis(
    snapshot: Snapshot,
    question: Read,
    series: dict[str, Any],
    products: Sequence[str],
    months: list[query.Month] | None,
) -> pl.DataFrame:
    """Return rows of a table that follows from the others, in key order."""
    # Most reads are of other tables, and need none of its modules.
    from tasks.analysis.reporter import of_reporter

    filed = {path_partition(entry.partition) for entry in snapshot.entries("metric", question.flow) if entry.rows}
    wanted = sorted(
        {
            Month.of(year, month)
            for year, month in (place[1:] for place in filed)
            if months is None or (year, month) in months
        }
    )
    flows = sorted({place[0] for place in filed})
    rows = pl.concat(
        [
            pl.DataFrame(schema=readers_schema(question.table)),
            *(of_reporter.rows_of(snapshot, question.table, flow, wanted, series["as_of"]) for flow in flows),
        ]
    )
    for name, keys in (("product", products), ("partner", series["partner"])):
        rows = rows.filter(pl.col(name).is_in(list(keys))) if keys else rows
    return rows


def _ordered(rows: pl.DataFrame, question: Read, notes: list[str]) -> pl.DataFrame:
    """Sort the rows by a column, the largest first, and keep the `top` ones of each direction and month; totals are
    not partners there.
    """
    if question.sort is None and question.top is None:
        return rows
    by = question.sort or ("level" if "level" in rows.columns else None)
    if by is None:
        raise ValueError(f"--top needs --sort with a column of the table {question.table}")
    rows = _of_one_measure(rows, notes)
    month_of = LAYOUTS[question.table].month_of
    groups = [name for name in ("flow", month_of) if name and name in rows.columns]
    if question.top is None and groups and not rows.select(groups).is_duplicated().any():
        # Of one series the question is which of its months is the largest.
        groups = []
    is_text = rows.schema[by] == pl.String
    descending = [False] * len(groups) + [not (question.ascending or is_text)]
    # What a partner takes away from a change counts as much as what it adds.
    order = pl.col(by).abs() if by.startswith("contribution_") and question.top is not None else pl.col(by)
    rows = rows.sort(*groups, order, descending=descending, nulls_last=True, maintain_order=True)
    return rows if question.top is None else _top(rows, question, question.top, by, groups, notes)


def _of_one_measure(rows: pl.DataFrame, notes: list[str]) -> pl.DataFrame:
    """Keep the first measure of those that the rows have, and note it where there are several."""
    if "measure" not in rows.columns or rows["measure"].n_unique() < 2:
        return rows
    measure = next((one for one in MEASURES if (rows["measure"] == one).any()), rows["measure"][0])
    notes.append(f"of the measure {measure}; another one with --measure")
    return rows.filter(measure=measure)


def _top(
    rows: pl.DataFrame, question: Read, count: int, by: str, groups: Sequence[str], notes: list[str]
) -> pl.DataFrame:
    """Keep the first sorted rows that have a value, of each group; totals are not partners there."""
    ranked = rows.drop_nulls(by)
    if "partner" in rows.columns and not question.partner:
        ranked = ranked.filter(~pl.col("partner").is_in(TOTALS))
    if rows.height and not ranked.height:
        notes.append(f"no partner has a {by} here; without --top the rows say why")
    if not groups:
        return ranked.head(count)
    return ranked.group_by(groups, maintain_order=True).head(count).select(rows.columns)


def with_names(rows: pl.DataFrame, resolver: Resolver, language: str = "en") -> pl.DataFrame:
    """Add the name of each product and partner after its code, in English or Chinese; null if it has none."""
    for key, table in (("product", resolver.names.product), ("partner", resolver.names.partner)):
        if key not in rows.columns or NAME_OF[key] in rows.columns:
            continue
        chinese = pl.coalesce("printed_zh", "reference_zh", "name")
        names = table.select(key, (chinese if language == "zh" else pl.col("name")).alias(NAME_OF[key]))
        place = rows.columns.index(key) + 1
        joined = rows.join(names, on=key, how="left", maintain_order="left")
        rows = joined.select(*rows.columns[:place], NAME_OF[key], *rows.columns[place:])
    return rows
