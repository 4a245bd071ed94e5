"""Builds findings, the rows in which checks report doubts.

What a finding is about stands in columns: flow, products, partners, months, measure, and with `scope` which numbers of
these are meant. What was found and what was expected are numbers with a unit, where they are numbers. The texts beside
them are for a person who reads one finding, and nothing reads them back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict, Unpack

import polars as pl

from schemas.frames import Finding
from schemas.names import SCOPES
from schemas.table import polars_schema
from tasks.domain.periods import first_day, month_name, month_number, span_name

Rows = Iterator[dict[str, Any]]
SHOWN_LENGTH = 60
# How large the doubted amount is, where the doubt is about one.
SHARES = ("goods_share", "file_share")
# The quantities of a record are one: what is wrong with it is wrong in each unit.
QUANTITY = "quantity"
# A subject names this many products or partners and counts the others.
NAMED_MAX = 20
# Not yet said: the check declares it, or it follows from what the finding names.
UNSAID = None
# The subject of what is about all of a release.
THE_FILE = "the file"
(OF_NUMBERS, OF_RELEASE, OF_SUMS_AND_ZEROS, OF_SUMS, OF_TOTALS, OF_GAPS, OF_NOTHING) = SCOPES
# Findings about which partners a release has, and not about single numbers of it.
ABOUT_PARTNERS = (OF_SUMS_AND_ZEROS, OF_SUMS, OF_TOTALS, OF_GAPS)


class Columns(TypedDict):
    """What a finding is about, each where it is known: all of it where it is not named.

    `months` are the first and last one (month numbers), `measure` is as printed, `listed` are keys that it lists beside
    what it is about, such as the partners that are missing; `values` are what was observed and expected, and their
    unit; `records` are those of the raw file whose numbers it is about, of which products, partners and months follow.
    """

    flow: NotRequired[str | None]
    products: NotRequired[Sequence[str]]
    partners: NotRequired[Sequence[str]]
    months: NotRequired[tuple[int, int] | None]
    measure: NotRequired[str | None]
    scope: NotRequired[str]
    listed: NotRequired[Sequence[str]]
    values: NotRequired[tuple[float | None, float | None, str | None]]
    records: NotRequired[Sequence[int]]
    of_trade: NotRequired[bool]
    both_sides: NotRequired[bool]


def finding(
    check: str,
    severity: str,
    subject: str = "",
    *,
    observed: object,
    expected: object,
    advice: str,
    shares: Mapping[str, float] | None = None,
    **about: Unpack[Columns],
) -> dict[str, Any]:
    """One finding; the release id is added when the rows are gathered. `subject` is for people: the place in a file, or
    what `about` names where it is empty. `shares` are SHARES, of a doubted amount."""
    first, last = about.get("months") or (None, None)
    seen, wanted, unit = about.get("values", (None, None, None))
    row = {
        "check": check,
        "severity": severity,
        "subject": subject or subject_of(about),
        "flow": about.get("flow"),
        "products": list(about.get("products", ())),
        "partners": list(about.get("partners", ())),
        "first_month": None if first is None else first_day(first),
        "last_month": None if last is None else first_day(last),
        "measure": concerned(about.get("measure")),
        "scope": about.get("scope", UNSAID),
        "both_sides": about.get("both_sides", UNSAID),
        "of_trade": about.get("of_trade", UNSAID),
        "listed": list(about.get("listed", ())),
        "observed": str(observed),
        "expected": str(expected),
        "advice": advice,
        "observed_value": None if seen is None else float(seen),
        "expected_value": None if wanted is None else float(wanted),
        "unit": unit,
        **(shares or {}),
    }
    return row | ({"records": [*about["records"]]} if about.get("records") else {})


def concerned(measure: str | None) -> str | None:
    """How the names of the measures begin that a finding about this one concerns; None: of any."""
    return QUANTITY if measure is not None and measure.startswith(QUANTITY) else measure


def subject_of(about: Mapping[str, Any]) -> str:
    """What a finding is about, as a short text for people."""
    months = about.get("months")
    span = span_name(*map(first_day, months)) if months else None
    keys = (_few(about.get(name, ())) for name in ("products", "partners"))
    return " ".join(filter(None, (about.get("flow"), *keys, span, about.get("measure"))))


def _few(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - NAMED_MAX} more" if len(keys) > NAMED_MAX else ""
    return " ".join(keys[:NAMED_MAX]) + more


def found_in(
    rows: pl.DataFrame,
    check: str,
    severity: str,
    *about: str,
    observed: str,
    expected: str,
    advice: str,
    values: tuple[str | None, str | None, str | None] = (None, None, None),
    subject: str | None = None,
    listed: str | None = None,
    partners: str | None = None,
    **others: Any,
) -> Rows:
    """A finding for each row, about the columns of `about` in the order in which its subject names them: flow, product,
    partner, measure, and `month` (an index), `period_end` or `span` (`period_start` to `period_end`). A column that the
    rows lack is one of `others`, the same for each.

    `values` name the columns of what was observed and expected, and of their unit, `listed` and `partners` those of
    keys that it lists, and of partners that its subject does not name.
    The texts are templates: they name columns of the rows, `others`, `at`, the month of an index `month`, and `span`.
    Rows with SHARES give them to their findings.
    """
    for row in rows.iter_rows(named=True):
        known = {**row, **others}
        if "at" not in known and isinstance(row.get("month"), int):
            known["at"] = month_name(row["month"])
        if "period_start" in row and "span" not in known:
            known["span"] = span_name(row["period_start"], row["period_end"])
        severity_of_it, seen, wanted, remedy = (
            text.format_map(known) for text in (severity, observed, expected, advice)
        )
        shown, names = _named(known, about)
        if partners is not None:
            names["partners"] = known[partners]
        names["listed"] = () if listed is None else known[listed]
        names["values"] = tuple(known.get(name, name) if name else None for name in values)  # type: ignore[typeddict-item]
        yield finding(
            check,
            severity_of_it,
            shown if subject is None else subject.format_map(known),
            observed=seen,
            expected=wanted,
            advice=remedy,
            shares={name: row[name] for name in SHARES if name in row},
            **names,
        )


def _named(known: Mapping[str, Any], about: Sequence[str]) -> tuple[str, Columns]:
    """The subject of a row in words, and what it names; its direction is known also where the subject leaves it out."""
    months = next((_months(known, name) for name in about if name in MONTHS), None)
    names: Columns = {"flow": known.get("flow"), "months": months, "measure": None}
    if "product" in about:
        names["products"] = [known["product"]]
    if "partner" in about:
        names["partners"] = [known["partner"]]
    if "measure" in about:
        names["measure"] = known["measure"]
    span = span_name(*map(first_day, months)) if months else ""
    return " ".join(span if name in MONTHS else str(known[name]) for name in about), names


MONTHS = ("month", "period_end", "span")


def _months(known: Mapping[str, Any], name: str) -> tuple[int, int]:
    if name == "month":
        return known["month"], known["month"]
    end = month_number(known["period_end"])
    return (month_number(known["period_start"]), end) if name == "span" else (end, end)


def graded(is_error: str | pl.Expr) -> pl.Expr:
    """The `severity` of rows: an error where this holds, else a warning."""
    return pl.when(is_error).then(pl.lit("error")).otherwise(pl.lit("warning")).alias("severity")


def of_records(rows: Iterable[dict[str, Any]], detail: pl.DataFrame) -> Rows:
    """The findings of an adapter about records of the raw file, with the products, partners, months and direction of
    the numbers that these became; where it names a direction, of those alone. Those of records that were all set aside
    are about no number."""
    for row in rows:
        records = row.pop("records", None)
        if records is None:
            yield row
            continue
        every = _numbers_of(detail, records).iter_rows(named=True)
        numbers = [names for names in every if row["flow"] in (None, names["flow"])]
        if not numbers:
            yield row | {"scope": OF_NOTHING}
        for names in numbers:
            yield row | names | {"scope": OF_NUMBERS}


def _numbers_of(detail: pl.DataFrame, records: Sequence[int]) -> pl.DataFrame:
    """What records became: flow, products, partners, first_month, last_month; a row where any of the products has any
    of the partners."""
    texts = [pl.col(name).cast(pl.String) for name in ("flow", "product", "partner")]
    named = detail.filter(pl.col("record").is_in(records)).select(
        *texts, first_month=pl.col("period_start").dt.month_start(), last_month=pl.col("period_end").dt.month_start()
    )
    span = pl.col("first_month").min(), pl.col("last_month").max()
    by_partner = named.group_by("flow", "partner").agg(pl.col("product").unique().sort(), *span)
    alike = by_partner.with_columns(products=pl.col("product").list.join(" ")).group_by("flow", "products")
    rows = alike.agg(pl.col("product").first(), pl.col("partner").sort().alias("partners"), *span)
    return rows.sort("flow", "products").select(
        "flow", pl.col("product").alias("products"), "partners", *["first_month", "last_month"]
    )


def declared(row: dict[str, Any], scope: str | None, *, all_measures: bool, of_trade: bool, both_sides: bool) -> None:
    """Say of a finding what its check declares of all of them, where it says nothing itself."""
    row["scope"] = row["scope"] or scope
    row["of_trade"] = of_trade if row["of_trade"] is UNSAID else row["of_trade"]
    row["both_sides"] = both_sides if row["both_sides"] is UNSAID else row["both_sides"]
    if all_measures and row["measure"] != QUANTITY:
        row["measure"] = None


def _completed(row: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A finding that says of everything what it is: about the numbers that it names, else about none."""
    place = row["subject"].removeprefix(where).lstrip(", ") if where else row["subject"]
    names_numbers = row["flow"] is not None or row["products"]
    return {
        **row,
        "subject": place or THE_FILE,
        "scope": row["scope"] or (OF_NUMBERS if names_numbers else OF_NOTHING),
        "of_trade": bool(row["of_trade"]),
        "both_sides": bool(row["both_sides"]),
    }


def gather(release_id: str, rows: Iterable[dict[str, Any]], where: str = "") -> Finding:
    """The rows as the table `finding`, without repetitions, in the table's order and numbered from 1. Their subjects
    leave out `where`, the name of the file: the same bytes have the same findings under any name."""
    schema = polars_schema("finding")
    rows_of_table = [_completed({"release_id": release_id, **row}, where) for row in rows]
    frame = pl.DataFrame([{**dict.fromkeys(schema), **row} for row in rows_of_table], schema=schema).drop("number")
    order = ("check", "subject", "observed", "expected", "advice", "severity")
    frame = frame.unique().sort(order)
    return frame.with_row_index("number", 1).select(*schema)


def shown(text: str) -> pl.Expr:
    """A column's text from an input file, short and plain enough for a terminal; `text.clip` does the same for single
    texts."""
    few = pl.col(text).cast(pl.String).fill_null("").str.slice(0, SHOWN_LENGTH)
    return few.str.replace_all(r"[\p{C}\p{Zl}\p{Zp}]", "?")
