"""Compares published months of a reporter with what UN Comtrade has of them; the result is findings and nothing else.

UN Comtrade forbids redissemination, is late by months, fills gaps with estimates, and is therefore a check only: no number
of it is written into a table, a file or a record of ours. A reporter's own figures there should be those that it published
itself, so a difference is a revision that one of the two lacks, or an error in reading.

Belongs here: reading an answer of the API, and the comparison. `tasks/fetch/comtrade.py` asks.

What is refused, because it looks like a number and is none: an answer with an error under status 200, one that was cut at
the limit of the service, a year among months (refMonth 52), a row of a breakdown (by mode of transport, customs procedure or
second partner) in place of its total, a weight that the service estimated or that is 0 (0 means unknown there), and
weights with one unit value for ten partners or more, which are estimates without the flag.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from tasks.checks.thresholds import threshold
from tasks.domain.errors import Refused
from tasks.domain.findings import Rows, finding
from tasks.domain.text import clip, counted, named
from tasks.sources.json_text import read_documents

WORLD, VALUE, MASS = "WLD", "value_usd", "quantity_kg"
FLOWS = {"X": "export", "M": "import"}
# Totals over the dimensions that some reporters break down.
WHOLE = {"motCode": "0", "customsCode": "C00", "partner2Code": "0"}
# Codes for partners that have no letters of ISO, or others.
PARTNERS = {"W00": WORLD, "S19": "TWN"}
CAPS = (500, 100_000, 250_000)
YEAR = "52"
ALIKE_MIN = 10
SIGNIFICANT = 5
INVENTED = "one unit value for many partners"
NEEDED = (
    "freqCode",
    "refMonth",
    "period",
    "reporterISO",
    "flowCode",
    "partnerISO",
    "cmdCode",
    "primaryValue",
    "netWgt",
    "isNetWgtEstimated",
    *WHOLE,
)
AGAIN = "Ask again, for fewer months or one direction."
Ours = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Row:
    """What the service says of a partner: the value in US dollars, and the weight in kg where it was reported."""

    partner: str
    value: Decimal
    mass: Decimal | None
    why_no_mass: str = ""


@dataclass(frozen=True)
class Asked:
    """A figure of one reporter: direction, HS6 code and month (YYYY-MM)."""

    reporter: str
    flow: str
    product: str
    month: str

    def __str__(self) -> str:
        return f"{self.reporter} {self.flow} {self.product} {self.month}"


def read_answer(raw: bytes, asked: Asked, where: str) -> list[Row]:
    """The rows of an answer, one a partner. Raises Refused for everything that is no whole answer to the question."""
    rows = _rows(raw, where)
    found: dict[str, Row] = {}
    for number, row in enumerate(rows, 1):
        place = f"{where}, row {number}"
        missing = [name for name in NEEDED if name not in row]
        if missing:
            raise Refused("columns", where=place, found=f"no {', '.join(missing)}", advice="Ask with includeDesc=true.")
        if row["freqCode"] != "M" or row["refMonth"] == YEAR:
            raise Refused("frequency", where=place, found=f"{clip(str(row['period']))}, a whole year", advice=AGAIN)
        about = Asked(
            row["reporterISO"],
            FLOWS.get(row["flowCode"], row["flowCode"]),
            row["cmdCode"],
            f"{row['period'][:4]}-{row['period'][4:]}",
        )
        if about != asked:
            raise Refused("another question", where=place, found=f"{about}", advice=f"{asked} was asked for. {AGAIN}")
        if any(row[name] != code for name, code in WHOLE.items()):
            continue
        one = _row(row, place)
        if one.partner in found:
            raise Refused("partner twice", where=place, found=f"{one.partner} has two totals", advice=AGAIN)
        found[one.partner] = one
    lacking = sorted({PARTNERS.get(row["partnerISO"], row["partnerISO"]) for row in rows} - {*found})
    if lacking:
        raise Refused(
            "breakdown rows", where=where, found=f"rows of single modes of transport, procedures or second partners without their total: {named(lacking)}",
            advice="Ask with motCode=0, customsCode=C00 and partner2Code=0.",
        )  # fmt: skip
    return _without_invented([*found.values()])


def _rows(raw: bytes, where: str) -> list[dict[str, Any]]:
    documents = read_documents(raw, where)
    document = documents[0] if len(documents) == 1 and isinstance(documents[0], dict) else {}
    if document.get("error") or not isinstance(document.get("data"), list):
        answer = document.get("error") or document.get("message") or [*document][:4]
        raise Refused(
            "no answer",
            where=where,
            found=f"'{clip(str(answer))}' in place of rows",
            advice="Ask again later; a quota is per day.",
        )
    rows: list[dict[str, Any]] = document["data"]
    count = str(document.get("count"))
    if count in map(str, CAPS) or len(rows) in CAPS:
        raise Refused(
            "cut off",
            where=where,
            found=f"{count} rows, the limit of the service",
            advice=f"The rest is missing. {AGAIN}",
        )
    if count != str(len(rows)):
        raise Refused("cut off", where=where, found=f"{len(rows)} rows where {count} are counted", advice=AGAIN)
    return rows


def _row(row: Mapping[str, Any], place: str) -> Row:
    value = _number(row["primaryValue"], f"{place}, primaryValue")
    if value is None:
        raise Refused("no number", where=f"{place}, primaryValue", found="no value", advice=AGAIN)
    mass = _number(row["netWgt"], f"{place}, netWgt")
    why = "unknown" if not mass else "estimated" if row["isNetWgtEstimated"] is not False else ""
    return Row(PARTNERS.get(row["partnerISO"], row["partnerISO"]), value, None if why else mass, why)


def _number(text: str | None, place: str) -> Decimal | None:
    if text is None:
        return None
    try:
        number = Decimal(text)
    except (InvalidOperation, TypeError) as error:
        raise Refused("no number", where=place, found=f"'{clip(str(text))}'", advice=AGAIN) from error
    return number


def _without_invented(rows: list[Row]) -> list[Row]:
    """The rows, without weights that have one unit value for many partners: nobody trades so.

    Where these are most of the weights all others are left out, too: they differ by rounding alone.
    """
    prices = Counter(_price(row) for row in rows if row.mass and row.partner != WORLD)
    invented = {price for price, times in prices.items() if times >= ALIKE_MIN}
    if 2 * sum(prices[price] for price in invented) >= prices.total() > 0:
        invented = {*prices}
    return [
        replace(row, mass=None, why_no_mass=INVENTED) if row.mass and invented and (row.partner == WORLD or _price(row) in invented) else row
        for row in rows
    ]  # fmt: skip


def _price(row: Row) -> str:
    assert row.mass
    return f"{row.value / row.mass:.{SIGNIFICANT}g}"


def compare(asked: Asked, ours: Ours, theirs: list[Row]) -> Rows:
    """Findings about the published figures `ours` (partner: measure: number) of what was asked."""
    if not theirs:
        yield _finding(
            asked,
            "comtrade_has_nothing",
            "info",
            "no row there",
            "the reporter's own figures",
            "It is late by months; ask again later.",
        )
        return
    has_values = any(VALUE in figures for figures in ours.values())
    rows = {row.partner: row for row in theirs}
    if has_values:
        yield from _values(asked, ours, rows)
        yield from _absences(asked, ours, rows)
    yield from _masses(asked, ours, rows)


def _values(asked: Asked, ours: Ours, rows: Mapping[str, Row]) -> Rows:
    share, least, part = (threshold(f"comtrade_{name}") for name in ("share", "least_usd", "breakdown"))
    for partner, own, row in _pairs(ours, rows, VALUE):
        other = float(row.value)
        if max(own, other) < least:
            continue
        if other < own / part:
            yield _finding(
                asked, "comtrade_breakdown", "warning", f"{partner}: {own:,.0f} USD here, {other:,.0f} there", f"less than {part:,.0f} times as much",
                "The row there is probably one of a breakdown; nothing follows for our figure.",
            )  # fmt: skip
        elif abs(own - other) > share * max(own, other):
            yield _finding(
                asked, "comtrade_value", "warning", f"{partner}: {own:,.0f} USD here, {other:,.0f} there", f"a difference of at most {share:.0%}",
                "One of the two lacks a revision, or a file was read wrongly: trace our figure to its record.",
            )  # fmt: skip


def _masses(asked: Asked, ours: Ours, rows: Mapping[str, Row]) -> Rows:
    share, least = threshold("comtrade_share"), threshold("comtrade_least_kg")
    refused = Counter(row.why_no_mass for row in rows.values() if row.why_no_mass)
    for why, times in sorted(refused.items()):
        yield _finding(
            asked,
            "comtrade_weight_refused",
            "info",
            f"weights of {counted(times, 'partner')}: {why}",
            "reported weights",
            "These are not compared.",
        )
    for partner, own, row in _pairs(ours, rows, MASS):
        if row.mass is None or max(own, float(row.mass)) < least:
            continue
        if abs(own - float(row.mass)) > share * max(own, float(row.mass)):
            yield _finding(
                asked, "comtrade_weight", "warning", f"{partner}: {own:,.0f} kg here, {float(row.mass):,.0f} there", f"a difference of at most {share:.0%}",
                "One of the two lacks a revision, or a file was read wrongly: trace our figure to its record.",
            )  # fmt: skip


def _absences(asked: Asked, ours: Ours, rows: Mapping[str, Row]) -> Rows:
    least = threshold("comtrade_least_usd")
    here = {partner for partner, figures in ours.items() if figures.get(VALUE, 0) >= least}
    there = {partner for partner, row in rows.items() if row.value >= least}
    for check, partners, where in (
        ("comtrade_only_there", sorted(there - {*ours, WORLD}), "there and not here"),
        ("comtrade_only_here", sorted(here - {*rows, WORLD}), "here and not there"),
    ):
        if partners:
            yield _finding(
                asked,
                check,
                "warning",
                f"{named(partners)}: {where}",
                "the same partners",
                "A file may lack partners, or codes of partners differ.",
            )


def _pairs(ours: Ours, rows: Mapping[str, Row], measure: str) -> Iterator[tuple[str, float, Row]]:
    for partner in sorted({*ours} & {*rows}):
        if measure in ours[partner]:
            yield partner, ours[partner][measure], rows[partner]


def _finding(asked: Asked, check: str, severity: str, observed: str, expected: str, advice: str) -> dict[str, str]:
    return finding(check, severity, str(asked), observed=observed, expected=expected, advice=advice)
