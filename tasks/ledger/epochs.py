"""Computes the ledger with decisions: a withdrawn release counts on the days before its withdrawal and not after.

Between two turns, such as decisions, the set of releases that count is one, and the ledger is that of those releases;
what it says of other days is cut off. So a decision changes no day before its own, and the order in which releases and
decisions came does not matter.

What was public for a part of a day alone leaves a row of no day, `known_from` = `known_until`, and its revisions. All
releases of a day come first, but those that take the place of another one of that day; then its turns follow, by the
numbers of the decisions. No clock is needed for that.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from schemas.frames import Decision, Detail, Observation, Release
from tasks.domain.decisions import out_on
from tasks.domain.periods import month_index
from tasks.domain.release_ids import release_of
from tasks.ledger import merge as ledger
from tasks.ledger.merge import NUMBER, STATED
from tasks.ledger.row_codes import coded, in_order_of, numbered

# What must be equal for two rows of the ledger, one after the other, to be one.
SAME = [*NUMBER, "release_id", "kind", "value", "resolution", "record"]


class Turn(NamedTuple):
    """What changes which releases count, on a `day`: decisions that were made at once, and the releases and editions
    that arrive with them. `by` is what revisions name: the decision, or the release that arrives."""

    day: date
    by: str
    decisions: tuple[dict[str, Any], ...] = ()
    arrive: frozenset[str] = frozenset()

    def comes_before(self, other: "Turn") -> bool:
        """Whether it must have: decisions about one release are numbered, and the first one about a release that took
        the place of another follows its arrival."""
        return any(
            (decision["release_id"] == theirs["release_id"] and decision["number"] < theirs["number"])
            or decision["replaced_by"] == theirs["release_id"]
            for decision in self.decisions
            for theirs in other.decisions
        )


class Epoch(NamedTuple):
    """The time between two turns, from one of the day `start` to one of the day `end` (None: without bound), in which
    the releases `out` do not count; `by` is that of the turn with which it begins."""

    start: date | None
    end: date | None
    out: frozenset[str]
    by: str = ""


def merge(detail: Detail, releases: Release, decisions: Decision) -> Observation:
    """Return the ledger rows of some months, as `ledger.merge`, with the decisions about the releases."""
    spans = epochs(detail, releases, decisions)
    if len(spans) == 1:
        return ledger.merge(*_that_count(detail, releases, spans[0]))
    parts = [_cut(ledger.merge(*_that_count(detail, releases, epoch)), epoch) for epoch in spans]
    whole = _each_moment_once(_joined(pl.concat([part for part in parts if part.height] or parts[:1])))
    return in_order_of(coded([*NUMBER, "known_from", "release_id"], whole)[0], whole)


def statements_in_order(detail: pl.DataFrame, releases: Release, decisions: Decision, key: list[str]) -> pl.DataFrame:
    """Return every value of each number that has several, as `merge.statements_in_order`. A turn that changes a value
    adds a row, `by_turn`, with what it is `by` as `release_id`; `stated_by` is the release of the value, null if there
    is none.
    """
    spans = epochs(detail, releases, decisions)
    if len(spans) == 1:
        statements = ledger.statements_in_order(*_that_count(detail, releases, spans[0]), key)
        return statements.with_columns(stated_by="release_id", by_turn=pl.lit(False))
    stated = [
        ledger.all_statements(*_that_count(detail, releases, epoch), key).with_columns(
            stated_by="release_id", by_turn=pl.lit(False)
        )
        for epoch in spans
    ]
    rows = list[pl.DataFrame]()
    for place, epoch in enumerate(spans):
        if epoch.start is not None:
            rows.append(_changed_by(epoch, stated[place - 1], stated[place], key))
        is_later = pl.lit(True) if epoch.start is None else pl.col("known_from") > epoch.start
        rows.append(stated[place].filter(is_later, _is_until(epoch.end)))
    filled = [part for part in rows if part.height] or rows[:1]
    columns = (*key, "release_id", "stated_by", "by_turn", "known_from", "value")
    statements = pl.concat([part.select(columns) for part in filled])
    number, _ = numbered(key, statements)
    statements = statements.with_columns(number.alias("number")).filter(pl.col("number").is_duplicated())
    return statements.sort("number", "known_from", maintain_order=True)


def epochs(detail: pl.DataFrame, releases: pl.DataFrame, decisions: pl.DataFrame) -> list[Epoch]:
    """Return the epochs of some months: a single one unless a turn changes which of their releases count."""
    deciding = _that_matter(detail, releases, decisions)
    turns = [*_turns(deciding, releases)]
    decided, absent = list[dict[str, Any]](), [turn.arrive for turn in turns]
    list_of_epochs = [Epoch(None, None, frozenset().union(*absent))]
    for place, turn in enumerate(turns, 1):
        decided += turn.decisions
        out = out_on(releases, pl.DataFrame(decided, deciding.schema)).union(*absent[place:])
        if out != list_of_epochs[-1].out:
            list_of_epochs[-1] = list_of_epochs[-1]._replace(end=turn.day)
            list_of_epochs.append(Epoch(turn.day, None, out, turn.by))
    return list_of_epochs


def _turns(decisions: pl.DataFrame, releases: pl.DataFrame) -> Iterator[Turn]:
    """Yield what changes which releases count, in order."""
    at_once: dict[tuple[date, str], list[dict[str, Any]]] = {}
    for row in decisions.sort("decided_on", "number", "release_id").iter_rows(named=True):
        at_once.setdefault((row["decided_on"], row["replaced_by"] or row["decision_id"]), []).append(row)
    ids = releases.select("release_id", "released_on", name=release_of()).sort("release_id")
    of_day = dict(_corrections(ids))
    for (day, by), rows in at_once.items():
        arrive = ids.filter(released_on=day, name=by)["release_id"].to_list() if rows[0]["replaced_by"] else []
        turn = Turn(day, arrive[0] if arrive else by, tuple(rows), frozenset(arrive))
        of_day.setdefault(day, []).append(turn)
    for _, waiting in sorted(of_day.items()):
        while waiting:
            free = (one for one in waiting if not any(other.comes_before(one) for other in waiting if other != one))
            turn = next(free, waiting[0])
            waiting.remove(turn)
            yield turn


def _corrections(ids: pl.DataFrame) -> Iterator[tuple[date, list[Turn]]]:
    """Yield the days on which a release and corrected editions of it were public, with the arrival of each edition."""
    several = ids.filter(pl.struct("name", "released_on").is_duplicated())
    later = several.filter(~pl.struct("name", "released_on").is_first_distinct())
    for (day,), rows in later.group_by("released_on"):
        assert isinstance(day, date)
        yield day, [Turn(day, edition, (), frozenset([edition])) for edition in rows["release_id"].sort()]


def _that_matter(detail: pl.DataFrame, releases: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Return the decisions about releases whose scope includes months of `detail`, and about their replacements."""
    if not decisions.height or not detail.height:
        return decisions.clear()
    first, last = detail.select(first=pl.col("period_end").min(), last=pl.col("period_end").max()).row(0)
    in_months = releases.filter(
        month_index("first_month") <= month_index(pl.lit(last)), month_index("last_month") >= month_index(pl.lit(first))
    ).select(release_of().unique())
    return decisions.filter(pl.col("release_id").is_in(in_months.to_series().implode()))


def _that_count(detail: pl.DataFrame, releases: pl.DataFrame, epoch: Epoch) -> tuple[Detail, Release]:
    if not epoch.out:
        return detail, releases
    counts = ~pl.col("release_id").is_in(sorted(epoch.out))
    return detail.filter(counts), releases.filter(counts)


def _cut(rows: pl.DataFrame, epoch: Epoch) -> pl.DataFrame:
    """The rows of the ledger of an epoch on its days; those that its last day alone knew, for a part of it, of no
    day."""
    cut = rows.with_columns(
        known_from=pl.max_horizontal("known_from", pl.lit(epoch.start, pl.Date)),
        known_until=pl.min_horizontal("known_until", pl.lit(epoch.end, pl.Date)),
        stood=pl.col("known_until").is_null() | (pl.col("known_until") > pl.lit(epoch.end, pl.Date)),
    )
    is_of_a_moment = (pl.col("known_from") == pl.col("known_until")) & pl.col("stood")
    return cut.filter(ledger.stood_for_a_day() | is_of_a_moment.fill_null(False)).drop("stood")


def _joined(rows: pl.DataFrame) -> pl.DataFrame:
    """Merge rows that only the end of an epoch separates."""
    ordered = rows.sort(*NUMBER, "known_from", maintain_order=True)
    goes_on = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in SAME) & (
        pl.col("known_from") == pl.col("known_until").shift(1)
    )
    run = ordered.select((~goes_on.fill_null(False)).cum_sum()).to_series()
    days = ("known_from", "known_until")
    return (
        ordered.group_by(run.alias("run"), maintain_order=True)
        .agg(pl.exclude(days).first(), pl.col("known_from").first(), pl.col("known_until").last())
        .select(rows.columns)
    )


def _each_moment_once(rows: pl.DataFrame) -> pl.DataFrame:
    """Leave out rows of no day whose number, as it was, another row has on that day, or until it."""
    lasts = ledger.stood_for_a_day()
    words = [*NUMBER, *STATED, "known_from"]
    moments, lasting = rows.filter(~lasts).unique(words, maintain_order=True), rows.filter(lasts)
    for end in ("known_from", "known_until"):
        known = lasting.select(*NUMBER, *STATED, known_from=end)
        moments = moments.join(known, on=known.columns, how="anti", nulls_equal=True, maintain_order="left")
    return pl.concat([moments, lasting])


def _changed_by(epoch: Epoch, before: pl.DataFrame, after: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Return the values that a turn changes: for each number the last value by its day, among the releases that count
    from then on, if it differs from the value among those that counted until then.
    """
    former, current = (
        stated.filter(_is_until(epoch.start))
        .sort("known_from", maintain_order=True)
        .group_by(key, maintain_order=True)
        .agg(pl.col("value").last(), pl.col("stated_by").last())
        for stated in (before, after)
    )
    both = former.join(current, on=key, how="full", nulls_equal=True, coalesce=True, suffix="_now")
    return both.filter(pl.col("value").ne_missing(pl.col("value_now"))).select(
        *key,
        value="value_now",
        stated_by=pl.when(pl.col("value_now").is_not_null()).then("stated_by_now"),
        release_id=pl.lit(epoch.by),
        known_from=pl.lit(epoch.start, pl.Date),
        by_turn=pl.lit(True),
    )


def _is_until(end: date | None) -> pl.Expr:
    return pl.lit(True) if end is None else pl.col("known_from") <= end
