"""Answers with a series as a picture, and the rows that are drawn."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from schemas.questions.plot import Plot
from schemas.questions.question import texts
from schemas.questions.read import Read
from tasks.answers.form.answer import Answer, AnswerOfSeveral
from tasks.answers.trade.read import read_whole, together
from tasks.domain.doubt.doubt_words import once_each
from tasks.domain.errors import NoFigure
from tasks.ledger.doubts import Doubts
from tasks.pages.charts.plot import DrawnLines, draw, known_levels
from tasks.reading import query
from tasks.reading.citation import cite_rows
from tasks.reading.resolver import Resolver
from tasks.store.snapshots.outside import file_outside, write_outside

# A longer name of a file helps nobody.
NAMED_MAX = 3


@dataclass(frozen=True)
class PlotAnswer(AnswerOfSeveral):
    """The rows of the series, and the file with the picture."""

    RESULT: ClassVar[str] = "file"
    file: Path = field(kw_only=True)


def plot(question: Plot) -> PlotAnswer:
    """Write the picture and return its file. Raises ValueError for a name that is not in the store or an ending of no
    picture, and LookupError where there is nothing to draw; of several reporters only where none has a line."""
    if question.output is not None:
        file_outside(Path(question.output))
    partners, language = texts(question.partner) or ("WLD",), question.language
    of_question = {
        name: getattr(question, name) for name in ("month", "measure", "flow", "language", "reporter", "store")
    }
    answer = read_whole(Read(question.product, partner=partners, columns="level", names=False, **of_question))
    drawn, notes = dict[str, DrawnLines](), [*answer.notes]
    for name, part in answer.parts.items():
        is_alone = len(question.reporters) <= 1
        try:
            drawn[name] = _lines("" if is_alone else f"{name}: ", part, partners, question)
        except NoFigure as none:
            if is_alone:
                raise
            notes.append(f"{name}: {none}")
    if not drawn:
        raise NoFigure("; ".join(notes))
    parts = {
        name: replace(answer.parts[name], rows=lines.rows, doubts=tuple(lines.doubts)) for name, lines in drawn.items()
    }
    file = Path(question.output or _name([*drawn.values()], question.measure))
    # What values mean stands with the source of each reporter.
    left_out = [note for note in notes if note.partition(": ")[0] not in drawn]
    write_outside(file, draw([*drawn.values()], question.measure, file.suffix, language, notes=left_out))
    rows, snapshot = together({name: part.rows for name, part in parts.items()}, question), answer.snapshot
    return PlotAnswer(rows, snapshot, tuple(notes), table="metric", shown=(), parts=parts, file=file)


def _lines(whose: str, part: Answer, partners: Sequence[str], question: Plot) -> DrawnLines:
    """What is drawn of a reporter: all that was read of it in the direction that is asked for, or that it has. Raises
    NoFigure where a line has no level."""
    resolver, products = Resolver(part.snapshot), list(dict.fromkeys(part.rows["product"]))
    rows = part.rows.filter(flow=resolver.flow(products, question.flow))
    cited = cite_rows(rows, part.snapshot, None, question.language) or ""
    lines = DrawnLines(
        rows,
        products,
        list(dict.fromkeys(map(resolver.partner, partners))),
        query.reporter_of(part.snapshot),
        [*(f"{whose}{note}" for note in part.notes), cited],
        once_each(Doubts(part.snapshot).each_of_rows(rows, ["level"])),
    )
    known_levels(lines, question.measure)
    return lines


def _name(drawn: Sequence[DrawnLines], measure: str) -> str:
    """The name of the file of a picture that nobody named: 12019019-WLD-quantity_kg.png."""
    reporters = [one.reporter.code for one in drawn] if len(drawn) > 1 else []
    parts = [*reporters[:NAMED_MAX], *drawn[0].products[:NAMED_MAX], *drawn[0].partners[:NAMED_MAX], measure]
    return "-".join(re.sub(r"\W", "_", part) for part in parts) + ".png"
