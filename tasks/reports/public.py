"""Implements the package `tidewaiter` for Python programs, with the functions behind the commands.

Belongs here: how a caller's arguments become a question. The signatures and what they promise are in `tidewaiter`.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from schemas import settings
from schemas.forms.address import S3Url, read_address
from schemas.names import FIGURES, INPUT
from tasks.domain.clock import read_day
from tasks.domain.errors import HowUnderstood
from tasks.domain.periods import month_number
from tasks.reports import inventory as inventories
from tasks.reports import query
from tasks.reports.page_templates import LANGUAGES
from tasks.reports.questions import Answer, Question, ask, require_table
from tasks.reports.resolver import Resolver
from tasks.store import resolve
from tasks.store.reporters import only_store
from tasks.store.resolve import OpenRelease
from tasks.store.working_copy import at_hand

if TYPE_CHECKING:
    from schemas.forms.trace import Trace

DEFAULT = "store"
FLOWS, KINDS = ("export", "import"), ("products", "partners", "months", "releases", "mirrors")
Texts = str | Iterable[str] | None


def read(
    product: Texts,
    partner: Texts,
    store: str | Path | None,
    reporter: Texts,
    as_of: date | str | None,
    **asked: Any,
) -> pl.DataFrame:
    """Return the rows of a question, of one reporter or of several; what the command line prints on standard error is a
    warning.
    """
    require_table(asked["table"])
    _require_words(asked["flow"], asked["month"])
    columns = _several(asked.pop("columns", None))
    question = Question(
        products=_several(product), partners=_several(partner), columns=columns,
        as_of=read_day(as_of) if isinstance(as_of, str) else as_of, **asked,
    )  # fmt: skip
    return together(
        answers(store, reporter, question, stacklevel=4), columns, is_one=reporter is None or isinstance(reporter, str)
    )


def answers(store: str | Path | None, reporter: Texts, question: Question, stacklevel: int = 2) -> dict[str, Answer]:
    """Return the answer of each reporter; under an empty name that of the only one, where none is named. Notes are warnings."""
    found = dict[str, Answer]()
    several = _several(reporter)
    for one in dict.fromkeys(several or ("",)):
        try:
            found[one] = ask(_folder(store, one or None), question)
        except ValueError as error:
            raise (ValueError(f"{one}: {error}") if len(several) > 1 else error) from None
        for note in found[one].notes:
            warnings.warn(f"{one}: {note}" if len(several) > 1 else note, HowUnderstood, stacklevel=stacklevel)
    return found


def together(found: Mapping[str, Answer], columns: Sequence[str], *, is_one: bool) -> pl.DataFrame:
    """Return the rows of all answers; of several reporters with a first column `reporter`: their tables say it in the path alone."""
    if is_one:
        return next(iter(found.values())).selected(columns)
    rows = pl.concat(
        [answer.rows.insert_column(0, pl.lit(one).alias("reporter")) for one, answer in found.items()], how="diagonal"
    )
    return rows.select("reporter", *columns) if columns else rows


def inventory(kind: str, store: str | Path | None, reporter: str | None) -> pl.DataFrame:
    """Return what is in a store. Raises ValueError for a kind that there is not."""
    if kind not in KINDS:
        raise ValueError(f"there is no list of {kind!r}; there are {', '.join(KINDS)}")
    return inventories.inventory(_folder(store, reporter), kind)


def vintages(
    product: str, partner: str, month: str, metric: str, measure: str, flow: str | None, store: str | Path | None,
    reporter: str | None,
) -> pl.DataFrame:  # fmt: skip
    """Return the values that a figure has had."""
    from tasks.reports import vintages as kept

    _require_words(flow, month, metric)
    folder = _folder(store, reporter)
    asked = Resolver(query.open_published(folder))
    code, key = asked.product(product), asked.partner(partner)
    way = asked.flow([code], flow)
    found = kept.vintages(folder, way, code, key, asked.months(month, way, [code]), measure, metric)
    if not found.height:
        raise LookupError(f"no {metric} of {way}s of {code}, partner {key}, {measure}, in {month}, on any day")
    return found


@dataclass(frozen=True)
class Brief:
    """One page on one product and month: the page, the same as markdown, and the sentences at its top. A notebook shows the page."""

    name: str
    html: str
    markdown: str
    headlines: list[str]

    def save(self, place: str | Path) -> Path:
        """Write the page to a file that ends in .html, and the markdown next to it; return the file."""
        file = Path(place)
        file.write_text(self.html, encoding="utf-8")
        file.with_suffix(".md").write_text(self.markdown, encoding="utf-8")
        return file

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<Brief {self.name}: {self.headlines[0]}>"


def brief(
    product: str, month: str, flow: str | None, language: str, store: str | Path | None, reporter: str | None
) -> Brief:
    """Return the page of a product and a month."""
    from tasks.domain import clock
    from tasks.reports.brief import render
    from tasks.reports.brief.facts import gather
    from tasks.reports.brief.sentences import headlines

    _require_words(flow, month, language=language)
    folder = _folder(store, reporter)
    snapshot = query.open_published(folder)
    asked = Resolver(snapshot)
    code = asked.product(product)
    way = asked.flow([code], flow)
    facts = gather(snapshot, folder, code, way, asked.month(month, way, [code]), clock.today())
    return Brief(
        f"brief-{code.replace(':', '-')}-{way}-{facts.month:%Y-%m}-{language}", render.page(facts, language), render.markdown(facts, language),
        [sentence.text for sentence in headlines(facts, language)],
    )  # fmt: skip


def plot(
    product: Texts, output: str | Path, partner: Texts, month: Texts, flow: str | None, measure: str, language: str,
    store: str | Path | None, reporter: str | None,
) -> Path:  # fmt: skip
    """Write the picture of a series and return its file; doubts about the releases that it rests on are warnings."""
    from tasks.domain.period_words import each_month
    from tasks.domain.reporter import Reporter
    from tasks.ledger.doubts import Doubts
    from tasks.reports import export
    from tasks.reports.citation import cite_rows
    from tasks.reports.plot import draw
    from tasks.store.parquet import read_table

    _require_words(flow, None, language=language)
    place = Path(output)
    export.require_folder_of(place)
    folder = _folder(store, reporter)
    snapshot = query.open_published(folder)
    resolver = Resolver(snapshot)
    codes = list(dict.fromkeys(map(resolver.product, _several(product))))
    partners = list(dict.fromkeys(map(resolver.partner, _several(partner) or ["WLD"])))
    way = resolver.flow(codes, flow)
    months = each_month(resolver.months(text, way, codes) for text in _several(month)) if month else None
    rows = query.query(folder, "metric", flow=way, product=codes, month=months)
    shown = rows.filter(pl.col("partner").is_in(partners) & (pl.col("measure") == measure))
    doubts = Doubts(snapshot).of_rows(shown).drop_nulls().unique().sort()
    cited = "; ".join([cite_rows(shown, snapshot, None, language) or "", *(f"IN DOUBT: {words}" for words in doubts)])
    reporter_of_store = Reporter.of(read_table(snapshot, "release"))
    place.write_bytes(draw(rows, codes, partners, measure, place.suffix, reporter_of_store, cited, language))
    for words in doubts:
        warnings.warn(f"in doubt: {words}", HowUnderstood, stacklevel=3)
    return place


def movers(
    month: str, against: str, flow: str | None, measure: str | None, store: str | Path | None, reporter: str | None,
    as_of: date | str | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Return what moved in a month; what cannot be compared is a warning."""
    from tasks.reports import moved as moving
    from tasks.reports.questions import with_names

    _require_words(flow, month)
    snapshot = query.open_published(_folder(store, reporter))
    way = moving.flow_of(snapshot, flow)
    day = read_day(as_of) if isinstance(as_of, str) else as_of
    found = moving.moved(
        snapshot, way, moving.month_of(snapshot, way, month), measure=measure or "", against=against, day=day
    )
    for note in found.notes:
        warnings.warn(note, HowUnderstood, stacklevel=3)
    return with_names(found.rows, Resolver(snapshot))


def expected_beside(rows: pl.DataFrame, store: Path, as_of: str | None) -> pl.DataFrame:
    """Return what was expected of the month of the rows of `movers`."""
    from tasks.reports import moved as moving
    from tasks.reports.questions import with_names

    snapshot = query.open_published(store)
    found = moving.expected(snapshot, rows, read_day(as_of) if as_of else None)
    return with_names(found, Resolver(snapshot))


def reporter_of(store: Path) -> str:
    """Return whose figures a store has."""
    from tasks.domain.reporter import Reporter
    from tasks.store.parquet import read_table

    return Reporter.of(read_table(query.open_published(store), "release")).code


def mirror(
    product: str, importer: str, exporter: str, month: str | None, store: str | Path | None, as_of: date | str | None
) -> pl.DataFrame:
    """Return both statements of a flow, compared."""
    from tasks.reports.mirror import statements

    day = read_day(as_of) if isinstance(as_of, str) else as_of
    return statements.asked(root(store), product, exporter, importer, month, day).rows


def check_claims(
    claims: str | Path | Iterable[Mapping[str, str]], store: str | Path | None, reporter: str | None
) -> pl.DataFrame:
    """Return the claims of a file, or rows of one, each with verdict and reason."""
    from tasks.claims import check as claiming

    if isinstance(claims, str | Path):
        given = claiming.read_claims(Path(claims))
    else:
        rows = pl.DataFrame([*claims], infer_schema_length=None)
        if missing := [name for name in INPUT if name not in rows.columns]:
            raise ValueError(f"a claim without {', '.join(missing)}; it has {', '.join(INPUT)}, and may have qualifier")
        given = claiming.ClaimsFile("", "", rows.cast(pl.String))
    return claiming.check_claims(query.open_published(_folder(store, reporter)), given)


def search(text: str, store: str | Path | None, reporter: str | None) -> pl.DataFrame:
    """Return the names that match the text."""
    return inventories.search(_folder(store, reporter), text)


def trace(
    product: str,
    partner: str,
    month: str,
    metric: str,
    measure: str,
    flow: str | None,
    store: str | Path | None,
    reporter: str | None,
) -> "Trace":
    """Return the trace of one figure."""
    from tasks.lineage.point import Point
    from tasks.lineage.trace import Tracer

    _require_words(flow, month, metric)
    snapshot = query.open_published(_folder(store, reporter))
    asked = Resolver(snapshot)
    code, key = asked.product(product), asked.partner(partner)
    way = asked.flow([code], flow)
    point = Point(way, code, key, measure, month_number(asked.month(month, way, [code])))
    return Tracer(snapshot, way, code).trace(point, metric)


def open_release(store: str | Path | None, release: str | None, reporter: str | None) -> OpenRelease:
    """Open one published state of a store."""
    return resolve.open_release(_given(store, reporter), release)


def _require_words(flow: object, month: object, metric: str = "level", *, language: str = "en") -> None:
    """Raise ValueError for a direction, a figure or a language that there is not, and for a month that is no text."""
    if language not in LANGUAGES:
        raise ValueError(f"there is no language {language!r}; there are {' and '.join(LANGUAGES)}")
    if flow not in (None, *FLOWS):
        raise ValueError(f"there is no flow {flow!r}; there are {' and '.join(FLOWS)}")
    if month is not None and not isinstance(month, str):
        raise ValueError(f"month={month!r} is no text; write '2024-06', 'June 2024', '2024-01..2024-06' or 'latest'")
    if metric not in FIGURES:
        raise ValueError(f"there is no metric {metric!r}; there are {', '.join(FIGURES)}")


def _several(given: Texts) -> tuple[str, ...]:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


def root(store: str | Path | None) -> Path | S3Url:
    """Return the address of a store as a caller gives it; without one, that of the environment."""
    return read_address(store if store is not None else settings.value(settings.STORE) or DEFAULT)


def _given(store: str | Path | None, reporter: str | None) -> Path | S3Url:
    return only_store(root(store), reporter)


def _folder(store: str | Path | None, reporter: str | None) -> Path:
    return at_hand(_given(store, reporter))
