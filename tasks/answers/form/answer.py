"""What every question is answered with: rows, and what must be said beside them.

Belongs here: the answer itself, its citation, its doubts and its licence, so that each way of asking shows the same.
Does not belong here: how a command, a program or a page shows them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import polars as pl

from schemas.figures import QUOTABLE
from schemas.forms.doubt import NumberDoubt
from schemas.layouts import COMPARISONS
from schemas.questions.question import OfReporter, Question, texts
from schemas.store_address import root_given
from tasks.domain.clock import read_day
from tasks.domain.doubt.doubt_words import remarks_of
from tasks.domain.errors import NothingPublished, StoreError
from tasks.domain.reporter import Reporter
from tasks.reading.citation import citation, cite_rows, known_on, stated_by
from tasks.reading.resolver import reporter_alone
from tasks.sources.registry import restricted
from tasks.store.bucket.working_copy import address_of, at_hand
from tasks.store.files.snapshot import Snapshot
from tasks.store.places.reporters import is_one_store, only_store, stores_of
from tasks.store.snapshots.parquet import read_table

# What is in doubt of an answer follows from its rows, unless it is given.
BY_ROWS: tuple[NumberDoubt, ...] = (NumberDoubt("by_rows", (), (), 0, 0),)
# How columns end that name the releases of a row.
RELEASE_IDS = ("release_id", "release_ids")


@dataclass(frozen=True)
class Answer:
    """The rows of an answer, and what is true of them.

    `snapshot` is the published state of the reporter that was read, `states` are those that have the rows where a table
    has a store of its own. `notes` say how the question was understood, `doubts` which open findings concern the rows.
    Rows of figures get the verdicts on their growths beside them, in a language; `shown` names those that are shown,
    because a verdict on others costs the same.
    """

    # The field that a Python program gets.
    RESULT: ClassVar[str] = "rows"
    rows: pl.DataFrame
    snapshot: Snapshot
    notes: tuple[str, ...] = ()
    doubts: tuple[NumberDoubt, ...] = BY_ROWS
    as_of: date | None = None
    table: str = ""
    states: tuple[Snapshot, ...] = ()
    shown: Collection[str] = QUOTABLE
    language: str = "en"

    def __post_init__(self) -> None:
        """No answer has growths without their verdicts, and none has figures without what is in doubt of them."""
        if self.doubts is BY_ROWS:
            # Most answers are asked for their rows, and say themselves what is in doubt.
            from tasks.answers.form.doubted import doubted

            rows, doubts = doubted(self.rows, self.snapshot, self.as_of)
            object.__setattr__(self, "rows", rows)
            object.__setattr__(self, "doubts", doubts)
        if not {*QUOTABLE}.isdisjoint(self.rows.columns) and self.shown:
            from tasks.answers.form.quotes import with_verdicts

            rows = with_verdicts(self.rows, self.snapshot, self.as_of, self.shown, self.language)
            object.__setattr__(self, "rows", rows)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is said beside the rows, a sentence each: the notes, and then the doubts."""
        return (*self.notes, *remarks_of(self.doubts))

    @property
    def beside_result(self) -> tuple[str, ...]:
        """The remarks that the result of a Python program lacks, which it hears as warnings."""
        return self.remarks

    @cached_property
    def releases(self) -> pl.DataFrame:
        """The releases of the state that was read."""
        return read_table(self.snapshot, "release")

    @property
    def in_doubt(self) -> bool:
        """Whether a number of the answer is in doubt."""
        has_words = "doubt" in self.rows.columns and bool(self.rows["doubt"].fill_null("").ne("").any())
        return bool(self.doubts) or has_words

    def release_ids(self, first: int) -> set[str]:
        """Return the ids of the releases that the first rows rest on, as their columns or their products and months
        say; of rows that have none of these, those of all releases that were read."""
        rows = self.rows.head(first)
        named = [rows[name].explode().drop_nulls() for name in rows.columns if name.endswith(RELEASE_IDS)]
        if named and (ids := {one for column in named for one in column}):
            return ids
        stated = stated_by(rows, self.snapshot, self.as_of)
        return {*(self.releases if stated is None else stated)["release_id"]}

    @property
    def reporters(self) -> tuple[str, ...]:
        """Whose figures they are."""
        return (Reporter.of(self.releases).code,)

    @property
    def published(self) -> tuple[Snapshot, ...]:
        """The published states of reporters that were read."""
        return (self.snapshot,)

    @property
    def known_on(self) -> date | str:
        """The day up to which the state that was read is current."""
        return known_on(self.releases, read_table(self.snapshot, "decision"))

    @property
    def licence(self) -> str | None:
        """What must not be done with the numbers; None where nothing is forbidden."""
        return " ".join(source.forbids for source in restricted(self.releases["source"])) or None

    @property
    def citation(self) -> str:
        """The line to cite the answer by, in English."""
        return self.cited("en")

    def cited(self, language: str) -> str:
        """Return the line to cite the answer by in a language: who reports, the day and the state."""
        return citation([], self.reporters[0], self.as_of or self.known_on, self.snapshot.id, language)

    def cite_rows(self, first: int | None = None) -> str | None:
        """Return the line to cite the first rows by, which names the files that they rest on; None without figures, or
        with those of too many products. Rows of a table that compares stores rest on several, so it names the states of
        that table.
        """
        if self.table not in COMPARISONS:
            return cite_rows(self.rows if first is None else self.rows.head(first), self.snapshot, self.as_of)
        places = ((state, "/".join(Path(str(address_of(state.store))).parts[-2:])) for state in self.states)
        return "; ".join(f"{place}, snapshot {state.id}" for state, place in places)


@dataclass(frozen=True)
class AnswerOfSeveral(Answer):
    """Rows of one or several reporters; `parts` has the answer of each store, with all its columns."""

    parts: Mapping[str, Answer] = field(default_factory=dict)
    doubts: tuple[NumberDoubt, ...] = ()

    @property
    def figures_in_doubt(self) -> pl.Series | None:
        """The figures in doubt of each row, with `+` between them, whatever columns were chosen; None of a table that
        does not name them."""
        of_parts = [part.rows for part in self.parts.values()]
        if not of_parts or any("figures_in_doubt" not in rows.columns for rows in of_parts):
            return None
        return pl.concat([rows["figures_in_doubt"].cast(pl.String) for rows in of_parts])

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is said beside the rows; of several reporters with the name of the reporter before it."""
        is_several = len(self.parts) > 1 or bool(self.notes)
        of_parts = ((name, remark) for name, part in self.parts.items() for remark in part.remarks)
        return (*(f"{name}: {text}" if is_several else text for name, text in of_parts), *super().remarks)

    @property
    def in_doubt(self) -> bool:
        """Whether a number of a part is in doubt."""
        return any(part.in_doubt for part in self.parts.values())

    @property
    def releases(self) -> pl.DataFrame:
        """The releases of all states that were read."""
        return pl.concat([part.releases for part in self.parts.values()])

    def release_ids(self, first: int) -> set[str]:
        """Return the ids of the releases that the first rows of each part rest on."""
        return set[str]().union(*(part.release_ids(first) for part in self.parts.values()))

    @property
    def reporters(self) -> tuple[str, ...]:
        """Whose figures they are."""
        return tuple(reporter for part in self.parts.values() for reporter in part.reporters)

    @property
    def published(self) -> tuple[Snapshot, ...]:
        """The published states of reporters that were read."""
        return tuple(part.snapshot for part in self.parts.values())

    @property
    def known_on(self) -> date | str:
        """The day up to which the oldest of the states is current."""
        return min((part.known_on for part in self.parts.values()), key=str)

    @property
    def licence(self) -> str | None:
        """What must not be done with the numbers."""
        return next((part.licence for part in self.parts.values() if part.licence), None)

    def cited(self, language: str) -> str:
        """Return the line to cite the answer by; of several reporters that of each."""
        return ("；" if language == "zh" else "; ").join(part.cited(language) for part in self.parts.values())

    def cite_rows(self, first: int | None = None) -> str | None:
        """Return the line to cite the first rows by; None for those of several reporters, which have one each."""
        return next(iter(self.parts.values())).cite_rows(first) if len(self.parts) == 1 else None


@dataclass(frozen=True)
class AnswerOfSides(Answer):
    """Rows that compare what several reporters say; `states` are theirs, in the order of `reporters`."""

    @property
    def published(self) -> tuple[Snapshot, ...]:
        """The states of all of them."""
        return self.states

    def cited(self, language: str) -> str:
        """Return the line to cite the answer by: each reporter with its state."""
        lines = (
            citation(
                [],
                whose,
                self.as_of or known_on(read_table(state, "release"), read_table(state, "decision")),
                state.id,
                language,
            )
            for whose, state in zip(self.reporters, self.states, strict=True)
        )
        return ("；" if language == "zh" else "; ").join(lines)

    def cite_rows(self, first: int | None = None) -> str | None:
        """Return None: the rows rest on the files of several reporters."""
        return None


def of_each(question: OfReporter, answer: Callable[[Path], Answer]) -> Answer:
    """Return the answer of the store that a question is about; without a reporter that of each store of the root, one
    after another with a first column `reporter`. Raises NothingPublished where no store has anything."""
    stores = stores_of(root_given(question.store)) if question.reporter is None else {}
    if len(stores) <= 1:
        return answer(store_of(question))
    parts, empty = dict[str, Answer](), dict[str, NothingPublished | StoreError]()
    for name, address in stores.items():
        try:
            parts[name] = answer(at_hand(address))
        except (NothingPublished, StoreError) as nothing:
            # A reporter whose first release is held has a store and no tables, and a damaged store damages no other.
            empty[name] = nothing
    if not parts:
        raise next(iter(empty.values()))
    # That a store lacks what others have needs no word.
    has_rows = {name: part for name, part in parts.items() if part.rows.height} or parts
    named = (
        part.rows.select(pl.lit(name).alias("reporter"), pl.exclude("reporter")) for name, part in has_rows.items()
    )
    notes = tuple(
        f"{name}: {why if isinstance(why, StoreError) else 'nothing is published yet'}" for name, why in empty.items()
    )
    first = next(iter(has_rows.values()))
    return AnswerOfSeveral(pl.concat(named, how="diagonal_relaxed"), first.snapshot, notes, parts=has_rows)


def store_of(question: OfReporter) -> Path:
    """Return the folder of the store that a question is about, brought up to date. Raises ValueError where several
    reporters have one and none is named."""
    return folder_of(question, question.reporter)


def folder_of(question: Question, reporter: str | None) -> Path:
    """Return the folder of the store of a reporter, of the only one, or of the one that alone has the codes of the
    question."""
    root, named = root_given(question.store), texts(getattr(question, "product", None))
    if reporter is None and named and not is_one_store(root) and len(stores := stores_of(root)) > 1:
        reporter = reporter_alone({name: at_hand(store) for name, store in stores.items()}, named)
    return at_hand(only_store(root, reporter))


def day_of(as_of: date | str | None) -> date | None:
    """Return the day that a question names. Raises ValueError for none, and for one that has not come."""
    return None if as_of is None else read_day(str(as_of))
