"""Writes the lists of a brief, one line per entry: what is missing and why, sources, revisions, export controls."""

import itertools
import math
import operator
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import polars as pl

from schemas.forms.brief import Fact, Facts, MirrorPart
from schemas.forms.trace import TracedNumber
from schemas.names import MISSING
from tasks.domain.doubt.doubt_words import doubt_text
from tasks.domain.labels import check_words
from tasks.domain.numbers import MASS
from tasks.domain.release_ids import source_of
from tasks.pages.brief.context import is_withheld
from tasks.pages.charts.charts import scale_of
from tasks.pages.text.document import TableRow, Text, TextRun
from tasks.pages.text.page_templates import is_on_the_web, translated
from tasks.pages.text.wording import (
    PRICE_UNITS,
    amount,
    figure_name,
    level_or_dash,
    partner,
    scale_name,
    source_name,
    texts,
)
from tasks.reading.citation import citation, named_source

# Numbers shown behind one figure, of two operands two each; the others are counted.
NUMBERS_MAX = 3
SINCE = ("highest_since", "lowest_since")
# Where the words of a page have a place by its code.
PLACE = re.compile(r"\{([A-Z0-9]+)\}")
# Months of a mirror in the table; the chart has a year.
MIRROR_ROWS, MIRROR_DRAWN_MIN = 4, 3


def missing(facts: Facts, language: str) -> list[str]:
    """List what may not be compared and why, grouped by reason."""
    grouped: dict[str, dict[str, list[str]]] = {}
    shown = [fact for row in facts.partners for fact in (row.mom, row.yoy, row.ytd, row.ytd_yoy, row.share, row.rank)]
    shown += [facts.unit_value_mom, facts.unit_value_yoy] if facts.unit_value.value is not None else []
    for fact in shown:
        if fact.value is None and fact.status != "not_applicable":
            by_figure = grouped.setdefault(fact.status, {})
            by_figure.setdefault(figure_name(fact, language), []).append(partner(fact.partner, language))
    t = texts(language)
    reasons = MISSING | t["missing_reasons"]
    return [
        reasons[reason]
        + t["colon"]
        + t["semicolon"].join(
            f"{figure}{t['open']}{t['listed'].join(names)}{t['close']}" for figure, names in by_figure.items()
        )
        for reason, by_figure in sorted(grouped.items())
    ]


def numbers_that_matter(fact: Fact) -> tuple[list[TracedNumber], int]:
    """Return the ledger numbers by which a person checks a figure, and how many others it rests on.

    A record rests on its month and on the one that it names; a rank on the partner itself and on the next ones; any
    other figure on the first and the last of its months. Of a sum of partners the largest come first, and of what it
    is compared with the same ones.
    """
    assert fact.trace is not None
    operands, month = fact.trace.operands, f"{fact.month:%Y-%m}"
    every = [number for operand in operands for number in operand.numbers]
    if fact.figure in SINCE:
        chosen = [operand for operand in operands if any(day in operand.name for day in (month, str(fact.value)))]
    elif fact.figure == "rank":
        is_own = [any(number.partner == fact.partner for number in operand.numbers) for operand in operands]
        of_partner = list(itertools.compress(operands, is_own))
        others = sorted(itertools.compress(operands, map(operator.not_, is_own)), key=lambda one: -(one.value or 0))
        chosen = [*of_partner, *others[: NUMBERS_MAX - 1]]
    else:
        chosen = operands if len(operands) <= NUMBERS_MAX else [operands[0], operands[-1]]
    each = math.ceil(NUMBERS_MAX / max(1, len(chosen)))
    picked: list[TracedNumber] = []
    for operand in chosen:
        known = {one.partner for one in picked} if each > 1 else ()
        picked += sorted(
            operand.numbers, key=lambda one: (one.period != month, one.partner not in known, -abs(one.value))
        )[:each]
    # The total of a share contains the partner's own number a second time.
    return _distinct(picked), len(_distinct(every)) - len(_distinct(picked))


def _distinct(numbers: list[TracedNumber]) -> list[TracedNumber]:
    return list({(one.product, one.measure, one.partner, one.period, one.release_id): one for one in numbers}.values())


class File(NamedTuple):
    """A release on the page: its place in the list, its first number there, and the different addresses of its
    numbers."""

    place: int
    first: TracedNumber
    addresses: list[str | None]


class Behind(NamedTuple):
    """What is behind the figures of a page: of each the numbers to check it by with how many others there are, and the
    files of these numbers in the order in which they are shown."""

    matter: Mapping[str, tuple[list[TracedNumber], int]]
    files: Mapping[str, File]
    language: str

    def source_line(self, fact: Fact) -> str:
        """Say in a line how a figure was computed, and from which number before others."""
        numbers, others = self.matter[fact.id]
        more = others + len(numbers) - 1
        first = "".join(f"{_kept(one)}{self._place(one)}" for one in numbers[:1])
        rest = f"; + {more}" if more > 0 else ""
        return f"{formula(fact, self.language)}{texts(self.language)['colon']}{first}{rest}"

    def how(self, fact: Fact) -> Text:
        """Say how a figure was computed, and that another computation does not agree, where it does not."""
        assert fact.trace is not None
        t = texts(self.language)
        differs = [] if fact.trace.agrees else [t["semicolon"], TextRun(t["differs"], look="strong")]
        return [formula(fact, self.language), *differs]

    def numbers(self, fact: Fact) -> Text:
        """Return the numbers behind a figure with their places; an address that not all numbers of a file have stands
        beside its number."""
        numbers, more = self.matter[fact.id]
        runs: list[str | TextRun] = []
        for number in numbers:
            runs += ["; "] if runs else []
            runs += [TextRun(_kept(number), value=number.value), self._place(number)]
            address = "" if len(self.files[number.release_id].addresses) == 1 else number.address
            runs += [", ", *_linked(address)] if address else []
        return [*runs, *([f"; {texts(self.language)['more_numbers'].format(count=more)}"] if more else [])]

    def file_rows(self) -> list[list[Text]]:
        """Return a row for each file: its place, name, release, day, hash, and address, if its numbers share one."""
        return [
            [
                str(file.place),
                file.first.title,
                [TextRun(release, look="code")],
                file.first.known_from,
                [TextRun(file.first.raw_sha256, look="hash")],
                _linked(file.first.address if len(file.addresses) == 1 else ""),
            ]
            for release, file in self.files.items()
        ]

    def _place(self, number: TracedNumber) -> str:
        t, file = texts(self.language), self.files[number.release_id].place
        records = ", ".join(map(str, number.records[:3]))
        return f", {number.partner} {number.period}, {t['file']} {file}, {t['record']} {records}"


def behind(facts: Facts, language: str) -> Behind:
    """Return what is behind the figures of a page."""
    matter = {fact.id: numbers_that_matter(fact) for fact in facts.facts()}
    by_release: dict[str, File] = {}
    for number in (number for numbers, _ in matter.values() for number in numbers):
        file = by_release.setdefault(number.release_id, File(len(by_release) + 1, number, []))
        if number.address not in file.addresses:
            file.addresses.append(number.address)
    return Behind(matter, by_release, language)


def _kept(number: TracedNumber) -> str:
    return f"{number.value:,} {number.unit}"


def _linked(address: str | None) -> list[str | TextRun]:
    """An address by its host; one that is none of the web leads nowhere."""
    if not address:
        return []
    return [TextRun(urlsplit(address).hostname or address, address)] if is_on_the_web(address) else [address]


def cited(facts: Facts, language: str) -> str:
    """Return the line for citing the page."""
    places = dict.fromkeys((number.address, number.release_id, number.title) for number in facts.numbers())
    hosts = ((address and urlsplit(address).hostname, source_of(name), title) for address, name, title in places)
    sources = [host or named_source(source, title) for host, source, title in hosts]
    line = citation(sources, facts.reporter, facts.known_on, facts.snapshot_id, language)
    return str(texts(language)["cite"]).format(citation=line)


def licence(facts: Facts, language: str) -> str:
    """Return what must be said of the page before it is shown to others; empty where nothing must."""
    is_open = not is_withheld({source_of(name) for name in {number.release_id for number in facts.numbers()}})
    return "" if is_open else str(texts(language)["licence"])


def data_address(facts: Facts) -> str:
    """Return the figures of the page and all months of its charts as a file inside an address: CSV, a row a figure."""
    figures = [
        (fact.partner, fact.month, fact.measure, fact.figure, fact.value, fact.status, fact.doubts)
        for fact in facts.facts()
    ]
    known = {figure[:4] for figure in figures}
    drawn = ((one.partner, one.month, facts.measure, "level", one.value, one.status, one.doubts) for one in facts.drawn)
    figures += [figure for figure in drawn if figure[:4] not in known]
    names = ("partner", "period", "measure", "figure", "value", "status", "doubt")
    table = pl.DataFrame(
        [
            (
                partner,
                f"{month:%Y-%m}",
                measure,
                figure,
                None if value is None else str(value),
                status,
                doubt_text(doubts),
            )
            for partner, month, measure, figure, value, status, doubts in figures
        ],
        dict.fromkeys(names, pl.String),
        orient="row",
    )
    shared = (facts.reporter, facts.flow, facts.product)
    keys = [pl.lit(value).alias(name) for name, value in zip(("reporter", "flow", "product"), shared, strict=True)]
    table = table.select(*keys, *names[:-1], pl.lit(facts.snapshot_id).alias("snapshot_id"), "doubt")
    return f"data:text/csv;charset=utf-8,{quote(table.write_csv(), safe=',:')}"


def formula(fact: Fact, language: str) -> str:
    """Describe how a figure was computed: as the trace says it, where the language has no words of its own."""
    assert fact.trace is not None
    is_price = fact.figure == "level" and fact.measure in PRICE_UNITS
    name = "unit_value" if is_price else "implied" if fact.status == "implied_base" else fact.figure
    return str(texts(language)["formulas"].get(name, fact.trace.formula))


def revised_lines(facts: Facts, language: str) -> list[str]:
    """List what was revised, a line each; the code, regime and province are named where they differ from those of the
    page."""
    t, lines = texts(language), []
    for row in facts.revised:
        which = [row["period"], partner(row["partner"], language)]
        which += [row["product"]] if row["product"] != facts.product and facts.codes != [row["product"]] else []
        which += [t[name].format(code=row[name]) for name in ("regime", "province") if row[name]]
        which.append(t["measures"].get(row["measure"], row["measure"].replace("_", " ")))
        values = (row["old_value"], row["new_value"])
        old, new = (t["no_word"] if one is None else amount(one, row["unit"], language) for one in values)
        kind = t["kinds"].get(row["kind"], row["kind"])
        lines.append(
            f"{t['comma'].join(which)}{t['colon']}{old} →"
            f" {new}{t['open']}{kind}{t['comma']}{row['revised_on']}{t['close']}"
        )
    return lines


def revised_first(facts: Facts, language: str) -> str:
    """Summarise the revisions in one line for the top of the page: how many numbers, and the first of them."""
    lines = revised_lines(facts, language)
    count = len(lines) + facts.revised_more
    text = texts(language)["revised_one" if count == 1 else "revised_several"]
    return str(text.format(count=count, first=lines[0])) if lines else ""


def decision_lines(decisions: Sequence[Mapping[str, Any]], language: str) -> list[str]:
    """Say which releases were withdrawn or count again, a line each: when, by whom, why."""
    return [texts(language)["decisions"][row["kind"]].format(**row) for row in decisions]


def event_lines(events: Iterable[Mapping[str, Any]], language: str) -> list[Text]:
    """Describe the measures inside the months shown: day, title with its address, goods, state."""
    t = texts(language)
    return [
        [
            TextRun(str(event["day"]), look="strong"),
            " ",
            TextRun(t["event"].format(**event), event["address"] if is_on_the_web(event["address"]) else ""),
            f"{t['dash']}{t['goods'].format(**event)}{t['open']}{t['states'][event['state']].format(**event)}{t['close']}",
        ]
        for event in events
    ]


def held_lines(by_check: Iterable[tuple[str, Sequence[Any], int]], language: str) -> list[Text]:
    """Describe the findings that hold a release: in the words of the page where it has some, and as they are
    published."""
    texts_of_checks, lines = check_words(language), list[Text]()
    for check, first, more in by_check:
        lines += [
            [texts_of_checks[one.check], TextRun(one.line, look="below", language="en")]
            if one.check in texts_of_checks
            else [TextRun(one.line, language="en")]
            for one in first
        ]
        lines += [[TextRun(f"and {more:,} more of {check}", language="en")]] if more else []
    return lines


def mirrors(facts: Facts) -> list[MirrorPart]:
    """Return the partners that say something of these months, or whose numbers may not be passed on. A zero is a
    statement."""
    sides = [part.bought if facts.flow == "export" else part.sold for part in facts.mirror]
    says = [any(value is not None for value in side) for side in sides]
    return [part for part, one in zip(facts.mirror, says, strict=True) if part.withheld or one]


def drawn_unit(part: MirrorPart, language: str) -> str:
    """Return the unit of the chart of a mirror; empty of one or two months, of which there is no line to see."""
    both = sum(sold is not None and bought is not None for sold, bought in zip(part.sold, part.bought, strict=True))
    if part.withheld or both < MIRROR_DRAWN_MIN:
        return ""
    return scale_name(scale_of([*part.sold, *part.bought], part.measure)[1], language)


def mirror_note(part: MirrorPart, language: str) -> str:
    """Say what was expected of the exporter and from which states it was read, or that the numbers are withheld."""
    t = texts(language)
    if part.withheld:
        return str(t["mirror_withheld"])
    names = t["listed"].join(source_name(one, language) for one in part.sources)
    states = t["mirror_states"].format(sources=names, exporter=part.snapshots[0], importer=part.snapshots[1])
    return f"{t['mirror_band_mass' if part.measure == MASS else 'mirror_band_value']} {states}"


def mirror_rows(part: MirrorPart, language: str) -> list[TableRow]:
    """Describe the newest months of a mirror: the month, what each side says, the band, and the reason in words."""
    t, rows = texts(language), list[TableRow]()
    of_months = (part.months, part.sold, part.bought, part.low, part.high, part.reasons, part.whys)
    known = [row for row in zip(*of_months, strict=True) if row[1] is not None or row[2] is not None]
    for month, sold, bought, low, high, reason, why in known[-MIRROR_ROWS:]:
        sides = [level_or_dash(value, part.measure, language) for value in (sold, bought)]
        band = dict.fromkeys(level_or_dash(value, part.measure, language) for value in (low, high))
        cells = [f"{month:%Y-%m}", *sides, t["mirror_to"].join(band), t["mirror_reasons"][reason]]
        rows.append(TableRow(cells, below=why_words(why, language)))
    return rows


def why_words(text: str, language: str) -> str:
    """Return what a row of a mirror says in words of its missing figures and of its difference, in a language."""
    t = texts(language)
    parts = [translated(part, t["mirror_patterns"]) for part in text.split("; ")]
    return PLACE.sub(lambda place: partner(place[1], language), t["semicolon"].join(parts))
