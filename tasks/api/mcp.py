"""Answers questions of programs that cannot look: each with its citation, its snapshot and day, and why a number is
missing.

Belongs here: the questions, as functions over `tasks.api.python`, and how large an answer may be. Does not belong
here: the protocol by which they are asked (`flows.cli.mcp`). Nothing here writes.
"""

import json
import threading
import warnings
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field

from schemas.layouts import LAYOUTS
from schemas.names import status
from schemas.store_address import S3Url, UnusableAddress
from tasks.analysis.mirror import statements
from tasks.answers import mirror_shown as shown
from tasks.answers.mirror_shown import LICENCE
from tasks.answers.questions import DOUBTED
from tasks.api import python
from tasks.domain.clock import read_day
from tasks.domain.errors import HowUnderstood, Refused, StoreError
from tasks.domain.reporter import Reporter
from tasks.domain.text import clip, counted, visible
from tasks.pages.brief.context import NOT_FOR_OTHERS
from tasks.reading import query
from tasks.reading.citation import citation, cite_rows, known_on
from tasks.store.parquet import read_table
from tasks.store.reporters import only_store
from tasks.store.snapshot import Snapshot
from tasks.store.working_copy import at_hand

Answer = dict[str, Any]
# A program that asks reads the whole answer, so it is short unless more is asked for.
ROWS, ROWS_MAX, BYTES_MAX, NOTES_MAX, SENTENCE_MAX = 20, 200, 48_000, 10, 700
NUMBERS_MAX, RECORDS_MAX, PRINTED_MAX, PRINTED_LENGTH = 12, 20, 3, 300
TRIES = 3
KEYS = ("flow", "product", "product_name", "partner", "partner_name", "period", "measure")
FIGURES = ("level", "mom_pct", "yoy_pct", "share_pct", "ytd", "ytd_yoy_pct")

Names = Annotated[
    str | list[str] | None, Field(description="a name or a code in English or Chinese, or several; none: all")
]
Product = Annotated[str, Field(description="a name or a code: magnets, 85051110, 大豆")]
Partner = Annotated[str, Field(description="a name or a code: United States, USA; world is the total")]
Month = Annotated[str, Field(description="2025-06, June 2025, or latest")]
Months = Annotated[str | None, Field(description="2025-06, a range 2025-01..2025-06, a year, or latest; none: all")]
Flow = Annotated[
    Literal["export", "import"] | None, Field(description="direction of trade; none: the one there is, or both")
]
Measure = Annotated[str, Field(description="quantity_kg, value_usd, value_cny …")]
Day = Annotated[str | None, Field(description="a day, 2025-07-01: what was known on it")]
Whose = Annotated[str | None, Field(description="whose figures, CHN, EU27 …; needed where there are those of several")]
Rows = Annotated[int, Field(description="rows in the answer at most", ge=1, le=ROWS_MAX)]


class CannotAnswer(Exception):
    """Why a question has no answer, in one sentence that names no place of this machine."""


class Answers:
    """The questions that programs may ask about the stores below one root; a question cannot name another one."""

    def __init__(self, root: Path | S3Url) -> None:
        self.root = root
        # Notes come as warnings, which belong to the process and not to a thread.
        self._one_at_a_time = threading.Lock()

    @property
    def tools(self) -> tuple[Callable[..., Answer], ...]:
        """Every question; its name, docstring and annotations are what a program is told about it."""
        firsts = (self.search, self.contents, self.read, self.trace, self.vintages)
        return (*firsts, self.movers, self.mirror, self.check_claim)

    def search(self, text: str, reporter: Whose = None, rows: Rows = ROWS) -> Answer:
        """Products and partners by name or code or part of it, the best first, with the months that there are of
        each."""
        return self._of_rows(reporter, rows, "a longer text", python.search, text)

    def contents(
        self,
        kind: Literal["products", "partners", "months", "releases", "mirrors"],
        reporter: Whose = None,
        rows: Rows = ROWS,
    ) -> Answer:
        """What the store has: its products, partners, months, releases or mirrors, a row each."""
        return self._of_rows(reporter, rows, "search", python.inventory, kind)

    def read(  # noqa: PLR0913, PLR0917  (an argument for each condition)
        self,
        product: Names = None,
        partner: Names = None,
        month: Months = None,
        flow: Flow = None,
        measure: Annotated[str | None, Field(description="quantity_kg, value_usd …; none: all")] = None,
        table: Annotated[str, Field(description=f"one of {', '.join(LAYOUTS)}")] = "metric",
        as_of: Day = None,
        columns: Annotated[
            list[str] | None, Field(description="figures of metric or columns of the table; none: the usual ones")
        ] = None,
        sort: Annotated[str | None, Field(description="column, the largest first")] = None,
        top: Annotated[
            int | None, Field(description="the first rows of each month, without totals", ge=1, le=ROWS_MAX)
        ] = None,
        rows: Rows = ROWS,
        reporter: Whose = None,
    ) -> Answer:
        """Published rows: levels, growth and shares, revisions, checked claims, releases; also as they were known on a
        day.

        A figure that is null stands in `missing` with the reason.
        """

        def found(**whose: Any) -> pl.DataFrame:
            if table in LAYOUTS and LAYOUTS[table].month_of and product is None and partner is None and month is None:
                raise ValueError(f"the table {table} is large; name a product, a partner or a month")
            known = python.read(
                product,
                partner=partner,
                as_of=as_of,
                table=table,
                month=month,
                flow=flow,
                measure=measure,
                sort=sort,
                top=top,
                **whose,
            )
            if columns and (unknown := [name for name in columns if name not in known.columns]):
                raise ValueError(f"the table {table} has no column {unknown[0]!r}; it has {', '.join(known.columns)}")
            chosen = columns or (FIGURES if table == "metric" else known.columns)
            wanted = {*KEYS, "doubt", *chosen, *map(status, chosen)}
            return known.select(name for name in known.columns if name in wanted)

        narrow = "product, partner, month, measure, columns or top"
        return self._of_rows(reporter, rows, narrow, found, as_of=as_of, is_of_figures=table in DOUBTED)

    def trace(
        self,
        product: Product,
        month: Month,
        partner: Partner = "world",
        metric: Annotated[str, Field(description="level, mom_pct, yoy_pct, share_pct, ytd …")] = "level",
        measure: Measure = "quantity_kg",
        flow: Flow = None,
        reporter: Whose = None,
    ) -> Answer:
        """Where one figure comes from, down to the records of the raw file, and the same figure computed again from
        them."""

        def found(_: Snapshot) -> Answer:
            asked: dict[str, Any] = {"measure": measure, "flow": flow, "store": self.root, "reporter": reporter}
            traced = python.trace(product, partner, month, metric, **asked).model_dump(mode="json")
            for limit in (NUMBERS_MAX, NUMBERS_MAX // 4, 1):
                operands = [_few_numbers(operand, limit) for operand in traced["operands"]]
                if len(json.dumps(operands, ensure_ascii=False).encode()) <= BYTES_MAX:
                    break
            return {"trace": traced | {"operands": operands}}

        return self._of_snapshot(reporter, found)

    def vintages(
        self,
        product: Product,
        month: Month,
        partner: Partner = "world",
        metric: str = "level",
        measure: Measure = "quantity_kg",
        flow: Flow = None,
        reporter: Whose = None,
        rows: Rows = ROWS,
    ) -> Answer:
        """The values that a figure has had: what was printed first, each revision, and the days from and until which
        each was current."""
        asked = (product, partner, month, metric)
        return self._of_rows(reporter, rows, "one month", python.vintages, *asked, measure=measure, flow=flow)

    def movers(
        self,
        month: Month = "latest",
        against: Literal["month", "year"] = "month",
        flow: Flow = None,
        measure: str | None = None,
        reporter: Whose = None,
        rows: Rows = ROWS,
    ) -> Answer:
        """What made the change of a month: chapters, headings and codes, partners, what began, stopped or was
        revised."""
        asked: dict[str, Any] = {"against": against, "measure": measure, "flow": flow}
        return self._of_rows(reporter, rows, "rows=200", python.movers, month, **asked)

    def mirror(
        self,
        product: Annotated[str, Field(description="an HS code of 2, 4 or 6 digits, or a name")],
        importer: Annotated[str, Field(description="who bought")],
        exporter: Annotated[str, Field(description="who sold")] = "CHN",
        month: Months = None,
        as_of: Day = None,
        rows: Rows = ROWS,
    ) -> Answer:
        """What the exporter says it sold beside what the importer says it bought, month by month, with the reason of a
        difference."""

        def found() -> Answer:
            day = None if as_of is None else read_day(as_of)
            both = statements.asked(self.root, product, exporter, importer, month, day)
            known = day or both.releases["released_on"].max()
            sides = zip((both.rows["exporter"][0], both.rows["importer"][0]), both.snapshots, strict=True)
            cited = [citation([], whose, str(known), snapshot) for whose, snapshot in sides]
            about = {"notes": shown.notes(both), "citation": "; ".join(cited), "snapshot": [*both.snapshots]}
            return _bounded(both.rows, rows, "month") | about | {"known_on": str(known)}

        return self._guarded(found)

    def check_claim(
        self,
        commodity: Annotated[str, Field(description="goods in the words of the text")],
        period: Annotated[str, Field(description="2025-06, or 2025-01..2025-06")],
        metric: Annotated[
            str, Field(description="level_t, mom_pct, yoy_pct, ytd_t, value_usd, unit_value, share_pct, rank …")
        ],
        value: Annotated[str, Field(description="the figure as printed: 353, 660.8")],
        unit: Annotated[str, Field(description="t, %, million USD …")],
        partner: Partner = "world",
        flow: Literal["export", "import"] = "export",
        qualifier: Annotated[str, Field(description="nearly, about, more than …; empty: none")] = "",
        reporter: Whose = None,
    ) -> Answer:
        """Whether a printed figure agrees with the ledger: supported, contradicted, right elsewhere, or not checkable,
        and why."""
        claim = {
            "commodity": commodity,
            "flow": flow,
            "partner": partner,
            "period": period,
            "metric": metric,
            "value": value,
            "unit": unit,
            "qualifier": qualifier,
        }
        return self._of_rows(reporter, 1, "one claim", python.check_claims, [claim])

    def _of_rows(
        self,
        reporter: str | None,
        rows: int,
        narrow: str,
        ask: Callable[..., pl.DataFrame],
        *given: Any,
        as_of: str | None = None,
        is_of_figures: bool = False,
        **asked: Any,
    ) -> Answer:
        """Return the rows that `ask` finds; `narrow` says how to ask for fewer, and the citation of figures names the
        files that they rest on."""

        def answer(snapshot: Snapshot) -> Answer:
            table = ask(*given, **asked, store=self.root, reporter=reporter)
            day = None if as_of is None else read_day(as_of)
            cited = cite_rows(table.head(rows), snapshot, day) if is_of_figures else None
            return _bounded(table, rows, narrow) | ({"citation": cited} if cited else {})

        return self._of_snapshot(reporter, answer, as_of)

    def _of_snapshot(
        self, reporter: str | None, answer: Callable[[Snapshot], Answer], as_of: str | None = None
    ) -> Answer:
        """Return an answer of one published state: where another one was published meanwhile, the question is asked
        again."""

        def found() -> Answer:
            for _ in range(TRIES):
                snapshot = self._open(reporter)
                made = answer(snapshot)
                if self._open(reporter).id == snapshot.id:
                    releases = read_table(snapshot, "release")
                    known, whose = known_on(releases, read_table(snapshot, "decision")), Reporter.of(releases).code
                    cited = citation([], whose, as_of or known, snapshot.id)
                    about = {"citation": cited, "reporter": whose, "snapshot": snapshot.id, "known_on": str(known)}
                    licence = [LICENCE] if NOT_FOR_OTHERS in releases["source"] else []
                    return about | made | {"notes": [*made.get("notes", ()), *licence]}
            raise CannotAnswer("something is published here again and again; ask once more in a minute")

        return self._guarded(found)

    def _open(self, reporter: str | None) -> Snapshot:
        return query.open_published(at_hand(only_store(self.root, reporter)))

    def _guarded(self, found: Callable[[], Answer]) -> Answer:
        """Return the answer with the notes on it. Raises CannotAnswer for what a caller can ask otherwise."""
        with self._one_at_a_time, warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always", HowUnderstood)
            try:
                made = found()
            except OSError as error:
                raise CannotAnswer(
                    "the store cannot be read; its owner finds the reason with tidewaiter audit"
                ) from error
            except (ValueError, Refused, StoreError, UnusableAddress, LookupError) as error:
                # A key or a place in a list that is not there is a fault of ours.
                if isinstance(error, KeyError | IndexError):
                    raise
                raise CannotAnswer(self._sentence(error)) from error
        notes = [str(one.message) for one in noted if issubclass(one.category, HowUnderstood)]
        # What may not be passed on is said however many notes there are.
        every = sorted((*notes, *made.get("notes", ())), key=lambda note: note != LICENCE)
        shown: Answer = _visible(made)
        return shown | {"notes": [clip(note, SENTENCE_MAX) for note in every[:NOTES_MAX]]}

    def _sentence(self, error: Exception) -> str:
        """The error without the place of the store on this machine."""
        said = str(error)
        for place in map(str, (self.root, Path(self.root).absolute(), Path(self.root).resolve())):
            if place.startswith(("/", "s3:")):
                said = said.replace(f"{place}/", "").replace(place, "the store")
        return clip(said, SENTENCE_MAX)


def _visible(value: Any) -> Any:
    """Return an answer in whose texts, which are other people's, no character hides or turns others."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {key: _visible(one) for key, one in value.items()}
    return [_visible(one) for one in value] if isinstance(value, list | tuple) else value


def _few_numbers(operand: dict[str, Any], limit: int) -> dict[str, Any]:
    """Return an operand of a trace with its first numbers, each with its first records, and how many there are of
    both."""
    numbers = [
        number
        | {
            "records_found": len(number["records"]),
            "records": number["records"][:RECORDS_MAX],
            "printed": [clip(text, PRINTED_LENGTH) for text in number["printed"][: min(limit, PRINTED_MAX)]],
        }
        for number in operand["numbers"][:limit]
    ]
    return operand | {"numbers_found": len(operand["numbers"]), "numbers": numbers}


def _bounded(table: pl.DataFrame, rows: int, narrow: str) -> Answer:
    """Return the first rows of a table as JSON, at most so many and so large; `missing` of a row has the reason of each
    null."""
    shown_rows, size = [], 0
    for row in table.head(rows).iter_rows(named=True):
        why = {
            name: row[status(name)]
            for name in row
            if row[name] is None and row.get(status(name)) and name != status(name)
        }
        # The status of a figure says no more than the figure or `missing`; of a level, whether a source prints it.
        said = {status(name) for name in row if name != "level" or row[name] is None} - {"status"}
        plain = {name: _plain(name, value) for name, value in row.items() if name not in why and name not in said}
        plain |= {"missing": why} if why else {}
        size += len(json.dumps(plain, ensure_ascii=False, default=str).encode())
        if size > BYTES_MAX:
            break
        shown_rows.append(plain)
    answer: Answer = {"rows": shown_rows, "rows_found": table.height}
    if len(shown_rows) < table.height:
        answer["more"] = (
            f"the first {len(shown_rows)} of {counted(table.height, 'row')}; narrow it by {narrow}, or ask for more"
            " rows"
        )
    return answer


def _plain(name: str, value: Any) -> Any:
    """Return a value as JSON has it; a month as 2025-06, like in a question."""
    if isinstance(value, date):
        return f"{value:%Y-%m}" if name == "period" or name.endswith("month") else str(value)
    return clip(value, SENTENCE_MAX) if isinstance(value, str) else value
