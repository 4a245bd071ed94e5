"""Answers questions of programs that cannot look: each with its citation, its snapshot and day, and why a number is
missing.

Belongs here: how large an answer may be, the lists that a program may read before it asks, and texts that say how to
ask. A tool takes the fields of its question without the store, and a number of rows; the question says whether it is
one. Does not belong here: the protocol by which they are asked (`flows.cli.questions.mcp`). Nothing here writes.
"""

import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import polars as pl
from pydantic import Field

from schemas.figures import FIGURE_OF, SHORT, SHOWN
from schemas.layouts import LAYOUTS
from schemas.names import MISSING, caveats_of, quote, status
from schemas.questions.checks import annotation_of, checked, default_of, question_of
from schemas.questions.question import ROWS_MAX, Question, fields_of, sign, summary_of
from schemas.questions.read import Read
from schemas.questions.registry import questions_of
from schemas.store_address import S3Url, UnusableAddress
from tasks.answers.form.answer import Answer
from tasks.answers.trade.read import read_whole
from tasks.answers.trade.trace import TraceAnswer
from tasks.api.forms import answers_of
from tasks.domain.errors import Refused, StoreError
from tasks.domain.text import clip, counted, visible
from tasks.pages.text.document import PageAnswer
from tasks.reading.citation import titles_of
from tasks.store.files.snapshot import Snapshot, open_snapshot

Content = dict[str, Any]
# A program that asks reads the whole answer, so it is short unless more is asked for.
ROWS, BYTES_MAX, NOTES_MAX, SENTENCE_MAX = 20, 48_000, 10, 700
# An answer is read by a model, which pays for each word: who wants more asks for more rows than are usual.
BYTES_USUAL = 4_000
NUMBERS_MAX, RECORDS_MAX, PRINTED_MAX, PRINTED_LENGTH = 12, 20, 3, 300
# Fewer and fewer operands of a trace, numbers of each, records of each, and printed texts, until it is short enough.
TRACES = (
    (ROWS_MAX, NUMBERS_MAX, RECORDS_MAX, PRINTED_MAX),
    *((ROWS_MAX, *each) for each in ((3, 5, 1), (1, 3, 1), (1, 1, 0), (0, 0, 0))),
    *((operands, 0, 0, 0) for operands in (20, 10, 5, 2, 0)),
)
# What stands beside rows: how many there are, and how to ask for others.
ABOUT_ROWS, MORE_NOTES = 250, "there are more notes"
# The files that an answer rests on which are named, the others being counted.
FILES_MAX, FILE_LENGTH = 3, 100
TRIES = 3
KEYS = ("flow", "product", "product_name", "partner", "partner_name", "period", "measure")
FIGURES = tuple(name for name in SHOWN if name in SHORT)
Rows = Annotated[int, Field(description="rows in the answer at most", ge=1, le=ROWS_MAX)]
CITED = (
    "Compute no figure yourself. Print the citation and the files of each answer; say what is in doubt, and why a"
    " figure is missing."
)
# The place of the stores is that of the server: a program cannot name another one.
STORE = "store"


class CannotAnswer(Exception):
    """Why a question has no answer, in one sentence that names no place of this machine."""


class Tool(NamedTuple):
    """A question that programs may ask, what answers it, and how to ask for fewer rows; none: it has no rows."""

    question: type[Question]
    answer: Callable[[Any], Answer]
    narrow: str = ""


def read_of_few(question: Read) -> Answer:
    """Return rows with their keys and, of the figures, those that are asked for or the usual ones. Raises ValueError
    for a large table without a condition, and for a column that the table does not have."""
    table, is_filed = question.table, LAYOUTS[question.table].month_of
    if is_filed and question.product is None and question.partner is None and question.month is None:
        raise ValueError(f"the table {table} is large; name a product, a partner or a month")
    answer = read_whole(question)
    known = answer.rows
    chosen = question.shown or (FIGURES if table == "metric" else known.columns)
    wanted = {*KEYS, "reporter", "in_doubt", "doubt", *chosen, *map(status, chosen), "record", "revised_on"}
    wanted |= {column(name) for name in chosen for column in (quote, caveats_of)}
    return replace(answer, rows=known.select(name for name in known.columns if name in wanted))


# Where a tool is not answered as a Python program is.
OTHERWISE: Mapping[type[Question], Callable[[Any], Answer]] = {Read: read_of_few}
TOOLS = {
    name: Tool(question, OTHERWISE.get(question) or answers_of(question), question.NARROW)
    for name, question in questions_of("tool").items()
}

# What a sentence advises a person to type, which is another tool here.
LIST = re.compile(r"\btidewaiter list (\w+)(?: and list (\w+))?")
COMMAND = re.compile(rf"\btidewaiter (?=(?:{'|'.join(TOOLS)})\b)")


def for_programs(sentence: str) -> str:
    """Return a sentence with tools in place of the commands that it names.

    >>> for_programs("tidewaiter list products and list partners show all")
    'contents with kind products and kind partners show all'
    >>> for_programs("tidewaiter search magnets shows what there is")
    'search magnets shows what there is'
    """
    listed = LIST.sub(lambda match: f"contents with kind {' and kind '.join(filter(None, match.groups()))}", sentence)
    return COMMAND.sub("", listed)


def parameters_of(tool: Tool) -> list[inspect.Parameter]:
    """Return what a tool takes: the fields of its question without the store, and how many rows it may answer."""
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter(
            field.name,
            kind,
            default=inspect.Parameter.empty if (default := default_of(field)) is ... else default,
            annotation=annotation_of(field),
        )
        for field in fields_of(tool.question)
        if field.name != STORE
    ]
    return [*parameters, *([inspect.Parameter("rows", kind, default=ROWS, annotation=Rows)] if tool.narrow else [])]


class Answers:
    """The answers about the stores below one root; a question cannot name another one."""

    def __init__(self, root: Path | S3Url) -> None:
        self.root = root

    @property
    def functions(self) -> tuple[Callable[..., Content], ...]:
        """A function for each tool; its name, docstring and signature are what a program is told about it."""
        return tuple(map(self._function, TOOLS))

    def _function(self, name: str) -> Callable[..., Content]:
        def ask(**given: Any) -> Content:
            return self.ask(name, **given)

        tool = TOOLS[name]
        ask.__name__ = name
        ask.__doc__ = summary_of(tool.question)
        sign(ask, parameters_of(tool), Content)
        return ask

    def ask(self, name: str, *, rows: int = ROWS, **given: Any) -> Content:
        """Return the answer of a tool as JSON has it. Raises CannotAnswer for what a caller can ask otherwise."""
        tool = TOOLS[name]
        try:
            answer = self._of_one_state(tool, question_of(tool.question, store=self.root, **given))
        except OSError as error:
            raise CannotAnswer("the store cannot be read; its owner finds the reason with tidewaiter audit") from error
        except (ValueError, Refused, StoreError, UnusableAddress, LookupError) as error:
            # A key or a place in a list that is not there is a fault of ours.
            if isinstance(error, KeyError | IndexError):
                raise
            raise CannotAnswer(self._sentence(error)) from error
        return content_of(answer, tool.narrow, rows)

    @property
    def resources(self) -> Mapping[str, Callable[[], str]]:
        """What a program may read before it asks, by its address."""
        return {"tidewaiter://reporters": self.reporters, "tidewaiter://metrics": metrics}

    def reporters(self) -> str:
        """The reporters that have figures here, with their first and last month."""
        return written(self.ask("contents", kind="reporters", rows=ROWS_MAX))

    def _of_one_state(self, tool: Tool, question: Question) -> Answer:
        """Return an answer of one published state: where another one was published meanwhile, the question is asked
        again."""
        question = checked(question)
        for _ in range(TRIES):
            answer = tool.answer(question)
            if all(is_current(state) for state in answer.published):
                return answer
        raise CannotAnswer("something is published here again and again; ask once more in a minute")

    def _sentence(self, error: Exception) -> str:
        """The error without the place of the store on this machine."""
        sentence = str(error)
        for place in map(str, (self.root, Path(self.root).absolute(), Path(self.root).resolve())):
            if place.startswith(("/", "s3:")):
                sentence = sentence.replace(f"{place}/", "").replace(place, "the store")
        return clip(for_programs(sentence), SENTENCE_MAX)


def metrics() -> str:
    """The figures of the table metric: name, unit and meaning; and why one may be missing."""
    rows = [{"metric": name, "unit": one.unit, "meaning": one.meaning} for name, one in FIGURE_OF.items()]
    return written(_visible({"metrics": rows, "missing": MISSING}))


def check_a_claim(claim: str, printed_on: str = "") -> str:
    """Check a printed sentence about trade against the figures of customs."""
    return (
        f"Check this sentence: {clip(claim, SENTENCE_MAX)}\n"
        "For each figure in it ask `check_claim` with the goods, the partner, the direction, the months, the value and"
        f" the unit as they are printed{f', and published={clip(printed_on)}' if printed_on else ''}."
        " Give the verdict and the reason as they are; where the reason names another figure, print that figure."
        f" {CITED}"
    )


def brief_of_a_product(product: str, month: str = "latest") -> str:
    """Write a short text on the trade in a product in a month, for print."""
    return (
        f"Write five sentences on the trade in {clip(product)}, month {clip(month)}.\n"
        "Ask `search` for the code and `read` for the figures of all partners (partner=world). Ask `movers` for the"
        " partners and codes that made the change. Where a growth has a quote other than yes, print its caveats beside"
        f" it or leave it out. {CITED}"
    )


def who_took_the_share(product: str, period: str, partner: str = "") -> str:
    """Say which partners gained the share that others lost in a product over a year."""
    return (
        f"Who took the share that {clip(partner) or 'a partner'} lost in {clip(product)} in {clip(period)}?\n"
        f"Ask `movers` with product={clip(product)}, month={clip(period)} and against=year. Rows of the kind partner"
        " have share_pct and share_change_pp: name who lost most and who gained most, each with both figures."
        f" {CITED}"
    )


# Prompts that a program may offer to its user.
PROMPTS: tuple[Callable[..., str], ...] = (check_a_claim, brief_of_a_product, who_took_the_share)


def is_current(state: Snapshot) -> bool:
    """Whether a state is still the published one of its store."""
    now = open_snapshot(state.store)
    return now is not None and now.id == state.id


def content_of(answer: Answer, narrow: str, rows: int) -> Content:
    """Return an answer as JSON has it, at most so many rows and so large, with all that must be said beside it."""
    most = BYTES_MAX if rows > ROWS else BYTES_USUAL
    # What may not be passed on is said however many notes there are.
    notes = [*([answer.licence] if answer.licence else []), *answer.remarks]
    notes = [clip(for_programs(note), SENTENCE_MAX) for note in [*dict.fromkeys(notes)][:NOTES_MAX]]
    while narrow and size_of(notes) > most // 2 and len(notes) > 1:
        left = len(notes) - 2 if notes[-1].startswith(MORE_NOTES) else len(notes) - 1
        notes = [*notes[:left], f"{MORE_NOTES}; ask for more rows to read them"]
    about = {
        **({"headlines": answer.page.headlines} if isinstance(answer, PageAnswer) else {}),
        "citation": answer.cite_rows(rows) or answer.citation,
        "reporter": _one_or_several(answer.reporters),
        "snapshot": _one_or_several([state.id for state in answer.published]),
        "files": files_of(answer, rows),
        "known_on": str(answer.known_on),
        "in_doubt": answer.in_doubt,
        "notes": notes,
    }
    room = most - size_of(about)
    if isinstance(answer, TraceAnswer):
        content: Content = {"trace": _bounded_trace(answer, room, rows)}
    else:
        content = _bounded(answer.rows, rows, narrow, room)
    shown: Content = _visible(content | about)
    return shown


def files_of(answer: Answer, rows: int) -> list[str]:
    """Return the files that the first rows rest on, each with the id of its release; of many the first."""
    releases = answer.releases.filter(pl.col("release_id").is_in(answer.release_ids(rows))).unique("release_id")
    releases = releases.sort("released_on", "release_id")
    titles = zip(titles_of(releases), releases["release_id"], strict=True)
    named = [f"{clip(title, FILE_LENGTH)}, release {release_id}" for title, release_id in titles]
    more = len(named) - FILES_MAX
    return [*named[:FILES_MAX], *([f"and {counted(more, 'other')}; contents with kind releases"] if more > 0 else [])]


def size_of(content: Any) -> int:
    """Return how many bytes of JSON a value is, without what is not known."""
    return len(written(_visible(content)).encode())


def written(content: Any) -> str:
    """Return an answer as a program reads it."""
    return json.dumps(content, ensure_ascii=False, default=str)


def _one_or_several(names: Sequence[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else [*names]


def _bounded_trace(answer: TraceAnswer, room: int, rows: int) -> Content:
    """Return a trace with as many numbers of each operand as there is room for in an answer of so many rows."""
    traced = answer.trace.model_dump(mode="json")
    for limits in TRACES:
        operands = [_few_numbers(operand, *limits[1:]) for operand in traced["operands"][: limits[0]]]
        content: Content = traced | {"operands": operands, "operands_found": len(traced["operands"])}
        if size_of(content) <= room - ABOUT_ROWS:
            break
    if limits != TRACES[0] or any(one["numbers_found"] > NUMBERS_MAX for one in operands):
        others = f"ask for rows={ROWS_MAX}" if rows < ROWS_MAX else "the command `tidewaiter trace` prints all"
        content["more"] = f"not all numbers and records are here; {others}"
    return content


def _visible(value: Any) -> Any:
    """Return an answer in whose texts, which are other people's, no character hides or turns others; what is not known
    is left out."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {key: _visible(one) for key, one in value.items() if one is not None}
    return [_visible(one) for one in value] if isinstance(value, list | tuple) else value


def _few_numbers(operand: dict[str, Any], limit: int, records: int, printed: int) -> dict[str, Any]:
    """Return an operand of a trace with its first numbers, each with its first records, and how many there are of
    both."""
    numbers = [
        number
        | {
            "records_found": len(number["records"]),
            "records": number["records"][:records],
            "printed": [clip(text, PRINTED_LENGTH) for text in number["printed"][:printed]],
        }
        for number in operand["numbers"][:limit]
    ]
    return operand | {"numbers_found": len(operand["numbers"]), "numbers": numbers}


def _bounded(table: pl.DataFrame, rows: int, narrow: str, room: int) -> Content:
    """Return the first rows of a table as JSON, at most so many and so large; `missing` of a row has the reason of each
    null."""
    shown_rows, size = list[Content](), 0
    for row in table.head(rows).iter_rows(named=True):
        why = {
            name: row[status(name)]
            for name in row
            if row[name] is None and row.get(status(name)) and name != status(name)
        }
        # The status of a figure says no more than the figure or `missing`; of a level, whether a source prints it.
        statuses = {status(name) for name in row if name != "level" or row[name] is None} - {"status"}
        plain = {name: _plain(name, value) for name, value in row.items() if name not in why and name not in statuses}
        plain |= {"missing": why} if why else {}
        size += size_of(plain) + len(", ")
        # How many there are takes some room too.
        if shown_rows and size > room - ABOUT_ROWS:
            break
        shown_rows.append(plain)
    answer: Content = {"rows": shown_rows, "rows_found": table.height}
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
