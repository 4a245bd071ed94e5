"""Compares each month of some series with thresholds: level, growth, share of a partner, months of rise or fall in a
row.

Belongs here: the file of rules, and what became of a rule in a month, by the figures of `metric` as they are and as
they were known on a day. A figure that is missing is not evaluable, with its reason: no rule is quiet because nobody
knows.
"""

import functools
import logging
import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import ValidationError

from schemas import settings
from schemas.code_files import FOLDER
from schemas.figures import FIGURE_OF, QUOTABLE
from schemas.forms.doubt import NumberDoubt
from schemas.forms.outcome import RUNS, Graded, Outcome, WatchRule
from schemas.names import CAVEATS, MISSING, status
from schemas.small_files import read_toml
from tasks.analysis.ground.judged import KEYS, of_rows
from tasks.domain.classification import members
from tasks.domain.doubt.doubt_words import remarks_of
from tasks.domain.doubt.verdict_words import NUMBERS_OF
from tasks.domain.errors import NothingPublished
from tasks.domain.export_controls.control_lists import codes_of_lists, is_list
from tasks.domain.labels import partner_name, product_name, trade_of
from tasks.domain.periods import first_day, month_name, month_number
from tasks.domain.text import clip
from tasks.ledger.doubts import heavy
from tasks.lineage.formulas import months_behind
from tasks.lineage.point import Point
from tasks.reading import query, vintages
from tasks.reading.lists import code_levels, doubted_parts, listed_in, specs_of, totals
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import partition_month, path_partition, read_table

FILE = FOLDER / "watch_rules.toml"
# A number of a month is in its own figures, in the growth of the next month and in that of a year later.
RESTS_ON_IT = (0, 1, 12)
MONTHS_MAX = 25
DECIMALS_MAX = 10
log = logging.getLogger("tidewaiter.watch_rules")
# What became of a rule, its value, both in a sentence, and the months (month numbers) that it rests on.
Grade = tuple[Literal["fired", "quiet", "not evaluable"], float | None, str, list[int]]


def watch_rules(reporter: str) -> list[WatchRule]:
    """Return the rules about a reporter, of the file in $TIDEWAITER_WATCH_RULES or of the package. Raises ValueError,
    which names the line and the field, and OSError.
    """
    named = settings.value(settings.WATCH_RULES)
    return [rule for rule in read_rules(Path(named) if named else FILE) if rule.reporter in ("", reporter)]


def read_rules(file: Path) -> list[WatchRule]:
    """Return the rules of a file. Raises ValueError with the line, the field and what is allowed, and OSError."""
    try:
        text, content = read_toml(file)
    except ValueError as error:
        raise ValueError(
            f"{file.name}: {error}; a rule begins with [[rule]] and has lines such as at_least = 50"
        ) from None
    given = content.pop("rule", [])
    if content or not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise ValueError(
            f"{file.name}: {clip(str(next(iter(content), 'rule')))!r} is no list of rules; each begins with [[rule]]"
        )
    rules, names = list[WatchRule](), set[str]()
    for number, fields in enumerate(given):
        try:
            rules.append(WatchRule.model_validate(fields))
        except ValidationError as error:
            raise ValueError(f"{file.name}, {_what_is_wrong(text, number, error)}") from None
        if rules[-1].name in names:
            line = _line_of(text, number, "name")
            raise ValueError(
                f"{file.name}, line {line}, name: {rules[-1].name!r} is the name of another rule; each has its own"
            )
        names.add(rules[-1].name)
    return rules


def _what_is_wrong(text: str, number: int, error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    place = f"line {_line_of(text, number, field)}"
    if not field:
        return f"{place}: {first['ctx']['error']}"
    if first["type"] == "extra_forbidden":
        return f"{place}, {clip(field)}: no such field; a rule has {', '.join(WatchRule.model_fields)}"
    if first["type"] == "missing":
        return f"{place}, {field}: missing; {WatchRule.model_fields[field].description}"
    return f"{place}, {field}: {clip(repr(first['input']))} is not allowed; {WatchRule.model_fields[field].description}"


def _line_of(text: str, number: int, field: str) -> int:
    """Return the line of a field of a rule; of a field that it does not have, the line in which the rule begins."""
    lines = text.splitlines()
    starts = [place for place, line in enumerate(lines) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]
    if number >= len(starts):
        return 1
    first, last = starts[number], [*starts, len(lines)][number + 1]
    assignment = re.compile(rf"\s*[\"']?{re.escape(field)}[\"']?\s*=")
    return next((place for place in range(first, last) if field and assignment.match(lines[place])), first) + 1


class Grader:
    """Grades rules on what a store publishes, and says what became of them by what was known on a day."""

    def __init__(self, store: Path) -> None:
        self.snapshot: Snapshot = query.open_published(store)
        self.reporter = query.reporter_of(self.snapshot)
        self.store = store
        self._series = functools.cache(self._read)
        self._doubts = functools.cache(lambda: query.doubts_of(self.snapshot))

    def grade(self, rule: WatchRule, month: int) -> Graded:
        """Return what became of a rule in a month (a month number), with what keeps its figure from being quoted."""
        outcome, value, sentence, behind = self.outcome(rule, month)
        levels = self._levels(rule)
        doubts = self._doubts_of(rule, levels, behind) if value is not None else []
        if value is not None and rule.figure in QUOTABLE and not is_list(rule.product):
            sentence = self._judged(rule, levels[month], sentence)
        about = (
            f"{trade_of(self.reporter.code, rule.flow)} of {product_name(rule.product, self.reporter.nomenclature)},"
            f" {partner_name(rule.partner)}"
        )
        why = "; ".join([f"{about}, {month_name(month)}: {sentence}", *remarks_of(doubts)])
        return Graded(
            rule=rule.name, month=month_name(month), outcome=outcome, value=value, why=why, reason=rule.reason
        )

    def outcome(self, rule: WatchRule, month: int, day: date | None = None) -> Grade:
        """Return what became of a rule in a month (a month number), now or by what was known on a day."""
        return (_run if rule.figure in RUNS else _figure)(rule, self._levels(rule, day), month)

    def _levels(self, rule: WatchRule, day: date | None = None) -> dict[int, dict[str, Any]]:
        return self._series(rule.flow, rule.product, rule.partner, rule.measure, day)

    def _judged(self, rule: WatchRule, row: dict[str, Any], sentence: str) -> str:
        """Add to a sentence about a growth what keeps it from being quoted as it is; of one that is not to be quoted
        it says what it is from."""
        keys = pl.DataFrame([{name: row[name] for name in KEYS}])
        [judged] = of_rows(keys, self.snapshot, figures=[rule.figure]).to_dicts()
        if judged["quote"] == "no":
            now = row["ytd" if FIGURE_OF[rule.figure].is_so_far else "level"]
            return f"{rule.measure} is {now:,.10g}, from {judged['base']:,.10g}; watched: {rule.figure} {rule.bound}"
        caveats = [
            f"{CAVEATS[name]} ({', '.join(f'{one} {judged[one]:,.6g}' for one in NUMBERS_OF[name])})".removesuffix(
                " ()"
            )
            for name in judged["caveats"]
        ]
        return "; ".join([sentence, *(f"quote with care: {words}" for words in caveats)])

    def _doubts_of(self, rule: WatchRule, levels: dict[int, dict[str, Any]], behind: list[int]) -> list[NumberDoubt]:
        """Return what is in doubt of the numbers behind a grade, where it could move a printed digit of the figure."""
        figure = "mom_pct" if rule.figure in RUNS else rule.figure
        if is_list(rule.product):
            return self._doubts_of_list(rule, levels, behind)
        months = behind if rule.figure in RUNS else [max(behind)]
        rows = [row for month in months if (row := levels.get(month)) is not None]
        if not any(figure in str(row["figures_in_doubt"] or "").split("+") for row in rows):
            return []
        return self._doubts().of(rule.flow, rule.product, rule.partner, behind, figure, rule.measure)

    def _doubts_of_list(
        self, rule: WatchRule, levels: dict[int, dict[str, Any]], behind: list[int]
    ) -> list[NumberDoubt]:
        listed, series = listed_in(self.snapshot, specs_of([rule.product])), (rule.flow, rule.partner, rule.measure)
        doubts = (
            doubt
            for month in behind
            for doubt in heavy(
                doubted_parts(self.snapshot, listed, series, month), (levels.get(month) or {}).get("level") or 0
            )
        )
        return list(dict.fromkeys(doubts))

    def _products(self, rule: WatchRule) -> tuple[str, ...]:
        """Return the product of a rule; of a list the products of the store that are its codes."""
        return listed_in(self.snapshot, specs_of([rule.product])).keys if is_list(rule.product) else (rule.product,)

    def newest(self, rule: WatchRule) -> int | None:
        """Return the newest month of the series of a rule that has a level; None where there is none."""
        return max((month for month, row in self._levels(rule).items() if row["level"] is not None), default=None)

    def first_print(self, rule: WatchRule, month: int) -> Grade | None:
        """Return what became of a rule by the first number that the month had; None where it never had one."""
        figure = "mom_pct" if rule.figure in RUNS else rule.figure
        days = {
            day
            for product in self._products(rule)
            for day in vintages.days_from_the_first_print(
                self.snapshot, rule.flow, product, rule.partner, first_day(month), figure
            )
        }
        for day in sorted(days):
            row = self._levels(rule, day).get(month)
            if row is not None and row[figure] is not None:
                return self.outcome(rule, month, day)
        return None

    def _read(self, flow: str, product: str, partner: str, measure: str, day: date | None) -> dict[int, dict[str, Any]]:
        if is_list(product):
            return self._read_list(flow, product, partner, measure, day)
        try:
            series: dict[str, Any] = {"flow": flow, "product": product, "partner": partner, "measure": measure}
            rows = query.query(self.store, "metric", **series, as_of=day)
        except (NothingPublished, ValueError):
            # Before the first day nothing was known.
            return {}
        return {month_number(row["period"]): row for row in rows.iter_rows(named=True)}

    def _read_list(
        self, flow: str, product: str, partner: str, measure: str, day: date | None
    ) -> dict[int, dict[str, Any]]:
        """Return the totals of a list by month, with the columns of `metric` that rules look at."""
        listed = listed_in(self.snapshot, specs_of([product]))
        filed = {path_partition(entry.partition) for entry in self.snapshot.entries("metric", flow) if entry.partition}
        months = sorted(partition_month(place) for place in filed)
        if not listed.keys or not months:
            return {}
        try:
            rows = code_levels(self.store, listed, flow, partner, months, measure, day)
        except ValueError:
            return {}
        no_share = {"share_pct": None, "share_status": "not_applicable"}
        return {month: row | no_share for month, row in totals(rows, listed).items()}


def _figure(rule: WatchRule, rows: dict[int, dict[str, Any]], month: int) -> Grade:
    point = Point(rule.flow, rule.product, rule.partner, rule.measure, month)
    row, behind = rows.get(month), months_behind(rule.figure, point)
    value = None if row is None else row[rule.figure]
    if row is None or value is None:
        return "not evaluable", None, f"no {rule.figure}: {_missing(row, rule.figure)}", behind
    sentence = f"{rule.figure} ({rule.measure}) is {shown(rule, value)}; watched: {rule.bound}"
    return "fired" if rule.is_reached_by(value) else "quiet", value, sentence, behind


def shown(rule: WatchRule, value: float) -> str:
    """Format the value of a figure: a whole number in full, any other with one decimal and at least two digits, and
    with as many more as keep it on its side of the bound.
    """
    if float(value).is_integer():
        return f"{value or 0:,.0f}"
    decimals = range(1, DECIMALS_MAX)
    has_two_digits = (one for one in decimals if abs(value) * 10**one >= 10)
    same_side = (one for one in has_two_digits if rule.is_reached_by(round(value, one)) == rule.is_reached_by(value))
    one = next(same_side, None)
    return repr(value) if one is None else f"{value:,.{one}f}"


def _run(rule: WatchRule, rows: dict[int, dict[str, Any]], month: int) -> Grade:
    """Count the months of rise or fall in a row that end in a month."""
    way, count = 1 if rule.figure == "months_up" else -1, 0
    while True:
        row = rows.get(month - count)
        growth = None if row is None else row["mom_pct"]
        if growth is None or growth * way <= 0:
            break
        count += 1
    behind = [month - back for back in range(count + 1)]
    sentence = f"{count} in a row; watched: {rule.bound}"
    if rule.is_reached_by(count):
        return "fired", count, f"{rule.figure} {sentence}", behind
    if growth is None:
        missing = f"no mom_pct of {month_name(month - count)}: {_missing(row, 'mom_pct')}"
        return "not evaluable", None, f"{rule.figure} {sentence}, and {missing}", behind
    return "quiet", count, f"{rule.figure} {sentence}", behind


def _missing(row: dict[str, Any] | None, figure: str) -> str:
    return MISSING[row[status(figure)]] if row is not None else MISSING["not_covered"]


def grade_rules(outcome: Outcome, store: Path) -> Outcome:
    """Return the outcome of a release with its rules: of the newest month each, and of months that it made fire or
    changed.

    Rules that cannot be read or graded are a warning; the release stays published.
    """
    if outcome.status != "published":
        return outcome
    try:
        rules = _concerned(watch_rules(outcome.reporter), outcome)
        graded = _graded(rules, outcome, Grader(store)) if rules else []
    except Exception as problem:
        warning = (
            f"watch rules: not graded, {type(problem).__name__}: {problem}; what was published stays. See"
            f" ${settings.WATCH_RULES}."
        )
        log.warning("%s", warning, exc_info=not isinstance(problem, ValueError | OSError))
        return outcome.model_copy(update={"warnings": [*outcome.warnings, warning]})
    return outcome.model_copy(update={"rules": graded})


def _concerned(rules: Sequence[WatchRule], outcome: Outcome) -> list[WatchRule]:
    """Return the rules about a product for which the release has a figure of its own."""
    released = {*outcome.products}

    def is_concerned(product: str) -> bool:
        if is_list(product):
            codes = tuple(codes_of_lists(specs_of([product]))["code"])
            return any(code.startswith(codes) for code in released)
        return bool(released & {product, *members(product)}) or any(code.startswith(product) for code in released)

    return [rule for rule in rules if rule.flow in outcome.flows and is_concerned(rule.product)]


def _graded(rules: Sequence[WatchRule], outcome: Outcome, grader: Grader) -> list[Graded]:
    releases = read_table(grader.snapshot, "release").filter(pl.col("release_id") == outcome.release_id)
    day_before = releases["released_on"][0] - timedelta(days=1)
    released = [month_number(date.fromisoformat(f"{month}-01")) for month in outcome.months]
    graded = []
    for rule in rules:
        newest = grader.newest(rule)
        reach = RESTS_ON_IT if rule.figure not in RUNS else range(int(rule.at_least or 0) + 1)
        months = sorted({month + later for month in released for later in reach if newest and month + later <= newest})
        for month in months[-MONTHS_MAX:]:
            now, value, *_ = grader.outcome(rule, month)
            was, earlier, *_ = grader.outcome(rule, month, day_before)
            # What had no number before is printed for the first time.
            is_first = earlier is None and value is not None
            is_newest = month == newest and month in released
            if is_newest or (now == "fired" if is_first else now != was):
                graded.append(grader.grade(rule, month).model_copy(update={"before": "" if is_first else was}))
    return graded


def listed(store: Path, month: int | None = None) -> pl.DataFrame:
    """Return each rule about the reporter of a store in a month, or in the newest that its series has: by the first
    print and now.

    Columns: rule, month, first, first_value, now, value, why, reason; null in `first` where the month never had a
    number. Raises ValueError for a file of rules that is wrong, NothingPublished.
    """
    grader, rows = Grader(store), list[tuple[Any, ...]]()
    for rule in watch_rules(grader.reporter.code):
        graded_month = month if month is not None else grader.newest(rule)
        if graded_month is None:
            why = f"no {rule.flow} of {rule.product} in this store"
            rows.append((rule.name, "", None, None, "not evaluable", None, why, rule.reason))
            continue
        first, now = grader.first_print(rule, graded_month), grader.grade(rule, graded_month)
        printed = first[:2] if first is not None else (None, None)
        rows.append((rule.name, now.month, *printed, now.outcome, now.value, now.why, rule.reason))
    kinds = dict.fromkeys(("rule", "month", "first", "first_value", "now", "value", "why", "reason"), pl.String)
    return pl.DataFrame(rows, kinds | {"first_value": pl.Float64, "value": pl.Float64}, orient="row")
