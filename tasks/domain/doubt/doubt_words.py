"""Says what is in doubt in words, in either language, from the columns of a finding.

Answers carry doubts (`schemas.forms.doubt`) in columns of their rows, and the words are made where they are shown.
Belongs here: the column and the sentence. Which numbers it is
about is in `metrics.doubt`, which findings are open in `ledger.doubts`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from schemas.forms.doubt import NumberDoubt
from schemas.names import VALUES
from schemas.reference.code_tables import code_table
from tasks.domain.labels import DOUBTED_PART, check_words, country, partner_name
from tasks.domain.periods import Span, joined_spans, month_name

# What a doubt has in a column of rows, which stand in lists.
DOUBT = pl.Struct(
    {
        "check": pl.String,
        "partners": pl.List(pl.String),
        "listed": pl.List(pl.String),
        "first": pl.Int32,
        "last": pl.Int32,
        "observed": pl.Float64,
        "expected": pl.Float64,
        "unit": pl.String,
        "of_sum": pl.Boolean,
        "part_pct": pl.Float64,
        "finding": pl.String,
    }
)
DOUBTS = pl.List(DOUBT)
# A sentence names this many partners and counts the others.
NAMED_MAX = 3
MARKS = {
    "en": {"and": " and ", "comma": ", ", "semicolon": "; ", "colon": ": ", "more": "{count} more", "to": " to "},
    "zh": {"and": "和", "comma": "，", "semicolon": "；", "colon": "：", "more": "另外{count}个", "to": "至"},
}
BOUNDS = {"en": ("at least", "at most"), "zh": ("至少", "至多")}
SHARE = "share"


def doubts_in(cell: Iterable[Mapping[str, Any]] | None) -> list[NumberDoubt]:
    """The doubts of a cell of DOUBTS, or of a column of DOUBT; none where it is null."""
    if cell is None:
        return []
    lists = ("partners", "listed")
    return [NumberDoubt(**{**row, **{name: tuple(row[name] or ()) for name in lists}}) for row in cell]


def as_cells(doubts: Iterable[Iterable[NumberDoubt]]) -> pl.Series:
    """Doubts of rows as a column `doubt` of DOUBTS, each once; null where there is none."""
    cells = ([doubt._asdict() for doubt in dict.fromkeys(of_row)] or None for of_row in doubts)
    return pl.Series("doubt", list(cells), DOUBTS)


def together(cells: Iterable[pl.Series]) -> pl.Series:
    """Return columns of DOUBTS of the same rows as one column."""
    return as_cells([one for cell in row for one in doubts_in(cell)] for row in zip(*cells, strict=True))


def once_each(cells: pl.Series) -> tuple[NumberDoubt, ...]:
    """Return the doubts of several cells of DOUBTS, each once; a share leaves out the doubt that its number already
    has, and of one doubt about several numbers the part is not said."""
    every = dict.fromkeys(doubt._replace(part_pct=None) for cell in cells.drop_nulls() for doubt in doubts_in(cell))
    of_numbers = {one.by_itself for one in every if not one.of_sum}
    return tuple(sorted((one for one in every if not (one.of_sum and one.by_itself in of_numbers)), key=_order))


def _order(doubt: NumberDoubt) -> tuple[Any, ...]:
    return tuple("" if part is None else str(part) for part in doubt)


def as_text(cells: pl.Series, language: str = "en") -> pl.Series:
    """Doubts of rows (DOUBTS) in words, as a column `doubt`; null where there is none."""
    texts = [doubt_text(doubts_in(cell), language) if cell is not None and len(cell) else None for cell in cells]
    return pl.Series("doubt", texts, pl.String)


def doubt_text(doubts: Iterable[NumberDoubt], language: str = "en") -> str:
    """Doubts as one text, a sentence for each cause."""
    return MARKS[language]["semicolon"].join(doubt_sentences(doubts, language))


def doubt_sentences(doubts: Iterable[NumberDoubt], language: str = "en") -> list[str]:
    """Return doubts as sentences of a language, one for each cause, with all its months. A share leaves out the doubt
    that its number already has.

    >>> few = NumberDoubt("few_partners", (), ("BRA",), 24309, 24309, 1, None, "partners")
    >>> doubt_sentences([few, few._replace(first=24310, last=24310)])
    ['few partners for a file of all partners, 2025-10 to 2025-11: only Brazil']
    """
    causes = dict[NumberDoubt, dict[bool, list[Span]]]()
    for doubt in doubts:
        causes.setdefault(doubt.cause, {}).setdefault(doubt.of_sum, []).append((doubt.first, doubt.last))
    texts = []
    for cause, by_sum in causes.items():
        of_number = joined_spans(by_sum.get(False, ()))
        for of_sum, spans in by_sum.items():
            kept = [span for span in spans if not (of_sum and _is_within(span, of_number))]
            if kept:
                texts.append(_sentence(cause._replace(of_sum=of_sum), joined_spans(kept), language))
    return texts


def remarks_of(doubts: Iterable[NumberDoubt]) -> list[str]:
    """Return doubts as remarks beside an answer, one for each cause."""
    return [f"in doubt: {words}" for words in doubt_sentences(doubts)]


def _is_within(span: Span, spans: Iterable[Span]) -> bool:
    return any(first <= span[0] and span[1] <= last for first, last in spans)


def _sentence(cause: NumberDoubt, spans: Sequence[Span], language: str) -> str:
    marks = MARKS[language]
    months = (marks["to"].join(map(month_name, dict.fromkeys(span))) for span in reversed(spans))
    values = _values(cause, language)
    # The partners that a file lacks are named with what they had.
    about = () if "{partners}" in _template(cause.check, language) or not cause.partners else cause.partners
    parts = [
        check_words(language).get(cause.check, cause.check),
        *([partners_in_words(about, language)] if about else []),
        *months,
    ]
    prefix = DOUBTED_PART[language] if cause.of_sum else ""
    return f"{prefix}{marks['comma'].join(parts)}{marks['colon'] + values if values else ''}"


def partners_in_words(partners: Sequence[str], language: str) -> str:
    """Names of partners, the first ones, and how many more there are; a name may have a comma of its own.

    >>> partners_in_words(("BEL", "HKG", "IRN", "USA"), "en")
    'Belgium; Hong Kong, China; Iran; 1 more'
    >>> partners_in_words(("BEL", "USA"), "en"), partners_in_words(("BEL", "USA"), "zh")
    ('Belgium and United States', '比利时和美国')
    """
    marks = MARKS[language]
    names = [partner_name(key) if language == "en" else country(key, language) for key in partners[:NAMED_MAX]]
    if len(partners) > NAMED_MAX:
        names.append(marks["more"].format(count=len(partners) - NAMED_MAX))
    if any(marks["comma"] in name for name in names):
        return marks["semicolon"].join(names)
    listed = "、" if language == "zh" else marks["comma"]
    return marks["and"].join(filter(None, (listed.join(names[:-1]), names[-1])))


def _template(check: str, language: str) -> str:
    templates = dict(code_table("check_words").select("check", f"found_{language}").iter_rows())
    return templates.get(check) or ""


def _values(cause: NumberDoubt, language: str) -> str:
    """What was observed and expected, by the template of the check; empty where it has none, or a number is missing."""
    template = _template(cause.check, language)
    known = {
        "observed": None if cause.observed is None else _number(cause.observed, cause.unit),
        "expected": None if cause.expected is None else _number(cause.expected, cause.unit),
        "partners": partners_in_words(cause.partners, language) if cause.partners else None,
        "listed": partners_in_words(cause.listed, language) if cause.listed else None,
        "bound": BOUNDS[language][(cause.observed or 0) > (cause.expected or 0)],
    }
    if any(value is None and f"{{{name}}}" in template for name, value in known.items()):
        return ""
    return template.format_map(known)


def _number(value: float, unit: str | None) -> str:
    if unit == SHARE:
        return f"{value:.1%}"
    text = f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"
    if unit is None or unit in ("partners", "records", "numbers", "products", "times"):
        return text
    label = unit.removeprefix("value_").upper() if unit in VALUES else unit.removeprefix("quantity_")
    return f"{text} {label}"
