"""The functions of the package `tidewaiter` for Python programs, which are behind the commands, too.

Belongs here: how a caller's arguments become a question. `store` is a folder or `s3://bucket/prefix`; the other names
are those of `tidewaiter`, where `inventory` is called `list`.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from schemas import settings
from schemas.layouts import FLOWS
from schemas.names import FIGURES, INPUT
from schemas.store_address import S3Url, read_address
from tasks.answers import inventory as inventories
from tasks.answers.questions import Answer, Question, Texts, ask, require_table, texts, with_names
from tasks.domain.clock import read_day
from tasks.domain.errors import HowUnderstood
from tasks.domain.periods import month_number
from tasks.pages.page_templates import LANGUAGES
from tasks.reading import query
from tasks.reading.resolver import Resolver
from tasks.store import resolve
from tasks.store.outside import write_outside
from tasks.store.reporters import MIRRORS, only_store
from tasks.store.resolve import OpenRelease
from tasks.store.working_copy import at_hand

if TYPE_CHECKING:
    from schemas.forms.trace import Trace

DEFAULT = "store"
KINDS = ("products", "partners", "months", "releases", "mirrors")
Flow = Literal["export", "import"]


def read(  # noqa: PLR0913  (an argument for each condition)
    product: str | Iterable[str] | None = None,
    *,
    partner: str | Iterable[str] | None = None,
    month: str | None = None,
    flow: Flow | None = None,
    measure: str | None = None,
    table: str = "metric",
    as_of: date | str | None = None,
    sort: str | None = None,
    ascending: bool = False,
    top: int | None = None,
    columns: str | Iterable[str] | None = None,
    names: bool = True,
    language: Literal["en", "zh"] = "en",
    store: str | Path | None = None,
    reporter: str | Iterable[str] | None = None,
) -> pl.DataFrame:
    """Rows of a published table, in key order, every digit as it is published.

    Args:
        product: Name or code, or several: `"magnets"`, `"1201.90.19"`, `"大豆"`; none: all.
        partner: Name or code, or several: `"Brazil"`, `"BRA"`, `"br"`, `"world"`; none: all.
        month: `"2024-06"`, `"June 2024"`, a range, a year, or `"latest"`; none: all.
        flow: Direction of trade; none: both.
        measure: `"quantity_kg"`, `"value_usd"` …; none: all.
        table: A published table; `schemas/DICTIONARY.md` lists their columns.
        as_of: The rows as they stood on this day, of the tables observation, trade_flow, metric, mover and expectation.
        sort: Column to sort by, the largest first.
        ascending: The smallest first.
        top: Of each direction and month the first rows alone, without the world and groups of partners.
        columns: Columns to return; none: all.
        names: Add `product_name` and `partner_name` behind the codes.
        language: Language of these names, where they are known in it.
        store: Folder or bucket.
        reporter: Whose figures, `"CHN"`, `"EU27"`; several: their rows one after another, with a first column
            `reporter`; none: the only reporter of the store.

    Raises:
        ValueError: A name means several things or is not in the store (the message names the nearest), there is no such
            column, or the store has several reporters and none is named.
        LookupError: Nothing is published in the store.

    Warns:
        UserWarning: How a name was understood, where that is not plain; why there is no row.

    >>> rows = read("magnets", partner="United States", month="June 2025", measure="quantity_kg", store=store)
    >>> row = rows.row(0, named=True)
    >>> row["partner_name"], row["level"], round(row["mom_pct"], 1)
    ('United States', 353000.0, 660.8)
    >>> question = {"partner": "us", "month": "2025-05", "measure": "quantity_kg", "columns": "level"}
    >>> read("magnets", **question, as_of="2025-07-01", store=store).rows()
    [(46400.0,)]
    """
    require_table(table)
    _require_words(flow, month)
    shown = columns_of(texts(columns), reporter)
    question = Question(
        table,
        texts(product),
        texts(partner),
        month,
        flow,
        measure,
        None if as_of is None else read_day(str(as_of)),
        sort,
        ascending,
        top,
        shown,
        names,
        language,
    )
    found = answers(store, reporter, question, stacklevel=3)
    return together(found, shown, is_one=reporter is None or isinstance(reporter, str))


def columns_of(columns: Sequence[str], reporter: Texts) -> tuple[str, ...]:
    """Return the columns that a table is asked for: rows of several reporters have a column `reporter` anyhow."""
    return tuple(name for name in columns if name != "reporter" or len(texts(reporter)) <= 1)


def answers(store: str | Path | None, reporter: Texts, question: Question, stacklevel: int = 2) -> dict[str, Answer]:
    """Return the answer of each reporter; under an empty name that of the only one, where none is named.

    Notes are warnings, and so is why one of several reporters has no answer. Raises ValueError where none has one. The
    rows of a pair of two reporters, which both have, are those of the first.
    """
    found, refused = dict[str, Answer](), dict[str, ValueError]()
    several = list(dict.fromkeys(texts(reporter)))
    if reporter is not None and not several:
        raise ValueError("no reporter is named; leave the argument out for the only reporter of the store")
    for one in several or [""]:
        try:
            answer = ask(_folder(store, one or None), question)
        except ValueError as error:
            refused[one] = error
            continue
        if question.table == MIRRORS:
            answer = answer._replace(
                rows=answer.rows.filter(~pl.any_horizontal(pl.col("exporter", "importer").is_in([*found])))
            )
        found[one] = answer
    if not found:
        one, why = next(iter(refused.items()))
        raise (ValueError(f"{one}: {why}") if len(several) > 1 else why) from None
    notes = [(one, note) for one, answer in found.items() for note in answer.notes]
    for one, note in (*notes, *((one, str(why)) for one, why in refused.items())):
        warnings.warn(f"{one}: {note}" if len(several) > 1 else note, HowUnderstood, stacklevel=stacklevel)
    return found


def together(found: Mapping[str, Answer], columns: Sequence[str], *, is_one: bool) -> pl.DataFrame:
    """Return the rows of all answers; of several reporters with a first column `reporter`: their tables say it in the
    path alone."""
    of_each = [answer.rows for answer in found.values()]
    if not is_one:
        named = zip(found, of_each, strict=True)
        of_each = [rows.select(pl.lit(one).alias("reporter"), pl.exclude("reporter")) for one, rows in named]
    rows = pl.concat(of_each, how="diagonal")
    return rows.select(*([] if is_one else ["reporter"]), *columns) if columns else rows


def search(text: str, *, store: str | Path | None = None, reporter: str | None = None) -> pl.DataFrame:
    """Products and partners of a store by name or code or part of it, the best first.

    Returns:
        A row each: code, name, name_zh, flows, first_month, last_month, months, kind.

    >>> search("rare earth magnets", store=store)["code"].to_list()[0]
    'basket:rare_earth_magnets'
    """
    return inventories.search(_folder(store, reporter), text)


def inventory(
    kind: Literal["products", "partners", "months", "releases", "mirrors"],
    *,
    store: str | Path | None = None,
    reporter: str | None = None,
) -> pl.DataFrame:
    """What is in a store: a row for each product, partner, month or release, with its first and last month.

    >>> "85051110" in inventory("products", store=store)["product"]
    True
    """
    if kind not in KINDS:
        raise ValueError(f"there is no list of {kind!r}; there are {', '.join(KINDS)}")
    return inventories.inventory(_folder(store, reporter), kind)


def vintages(
    product: str,
    partner: str = "WLD",
    month: str = "latest",
    metric: str = "level",
    *,
    measure: str = "quantity_kg",
    flow: Flow | None = None,
    store: str | Path | None = None,
    reporter: str | None = None,
) -> pl.DataFrame:
    """The values that a published figure has had, and the days from and until which each was current.

    Returns:
        A row each: period, known_from, known_until, value, status, change, change_pct, releases.

    Raises:
        ValueError: A name means several things, or there is no such metric.
        LookupError: There is no such figure on any day.

    >>> vintages("magnets", "us", "2025-05", store=store)["value"].to_list()
    [46400.0]
    """
    from tasks.reading import vintages as kept

    _require_words(flow, month, metric)
    folder = _folder(store, reporter)
    snapshot = query.open_published(folder)
    asked = Resolver(snapshot)
    code, key = asked.product(product), asked.partner(partner)
    way = asked.flow([code], flow)
    found = kept.vintages(folder, way, code, key, asked.months(month, way, [code]), measure, metric)
    if not found.height:
        raise LookupError(kept.none_known(snapshot, way, code, key, month, measure, metric))
    return found


@dataclass(frozen=True)
class Brief:
    """One page on one product and month: the page, the same as markdown, and the sentences at its top. A notebook shows
    the page."""

    name: str
    html: str
    markdown: str
    headlines: list[str]

    def save(self, place: str | Path) -> Path:
        """Write the page to a file that ends in .html, and the markdown next to it; return the file. Raises ValueError
        where either is in a store or no file.
        """
        from tasks.answers import export

        file = Path(place)
        for page, text in ((file, self.html), (file.with_suffix(".md"), self.markdown)):
            export.require_folder_of(page)
            write_outside(page, text.encode())
        return file

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<Brief {self.name}: {self.headlines[0]}>"


def brief(
    product: str,
    month: str = "latest",
    *,
    flow: Flow | None = None,
    language: Literal["en", "zh"] = "en",
    store: str | Path | None = None,
    reporter: str | None = None,
) -> Brief:
    """One page on one product and month: numbers with their sources, charts, what is revised, held or not comparable.

    Returns:
        `.headlines`, the sentences at the top; `.html` and `.markdown`; `.save("page.html")` writes both. A notebook
        shows the page.

    Raises:
        ValueError: A name means several things or is not in the store.
        LookupError: The product has no figure in the month.

    >>> brief("magnets", "June 2025", store=store).headlines[4][:76]
    "China's exports of these goods to the United States rose 660 % to 353 t, mor"
    """
    from tasks.domain import clock
    from tasks.pages.brief import render
    from tasks.pages.brief.facts import gather
    from tasks.pages.brief.sentences import headlines, with_doubt

    _require_words(flow, month, language=language)
    folder = _folder(store, reporter)
    snapshot = query.open_published(folder)
    asked = Resolver(snapshot)
    code = asked.product(product)
    way = asked.flow([code], flow)
    facts = gather(snapshot, folder, code, way, asked.month(month, way, [code]), clock.today())
    return Brief(
        f"brief-{code.replace(':', '-')}-{way}-{facts.month:%Y-%m}-{language}",
        render.page(facts, language),
        render.markdown(facts, language),
        [with_doubt(sentence, language) for sentence in headlines(facts, language)],
    )


def plot(
    product: str | Iterable[str],
    output: str | Path,
    *,
    partner: str | Iterable[str] = "world",
    month: str | Iterable[str] | None = None,
    measure: str = "quantity_kg",
    flow: Flow | None = None,
    language: Literal["en", "zh"] = "en",
    store: str | Path | None = None,
    reporter: str | None = None,
) -> Path:
    """Write a series as a picture, a line for each product and partner, with the export controls that touch the
    products.

    Args:
        product: Name or code, or several.
        output: File that ends in .png or .svg.
        partner: Name or code, or several.
        month: A range, `"2024-01..2024-06"`, or several months; none: all.
        measure: `"quantity_kg"`, `"value_usd"` …
        flow: Direction of trade; none: the one that there is, exports of both.
        language: Of title and labels.
        store: Folder or bucket.
        reporter: Whose; none: the only one of the store.

    Returns:
        The file.

    Raises:
        ValueError: A name means several things, or the ending is of no picture.
        LookupError: There is nothing to draw; the message says what there is.
    """
    from tasks.answers import export
    from tasks.domain.period_words import each_month
    from tasks.ledger.doubts import Doubts
    from tasks.pages.plot import draw
    from tasks.reading.citation import cite_rows

    _require_words(flow, None, language=language)
    place = Path(output)
    export.require_folder_of(place)
    folder = _folder(store, reporter)
    snapshot = query.open_published(folder)
    resolver = Resolver(snapshot)
    codes = list(dict.fromkeys(map(resolver.product, texts(product))))
    partners = list(dict.fromkeys(map(resolver.partner, texts(partner) or ["WLD"])))
    way = resolver.flow(codes, flow)
    months = each_month(resolver.months(text, way, codes) for text in texts(month)) if month else None
    rows = query.query(folder, "metric", flow=way, product=codes, month=months)
    shown = rows.filter(pl.col("partner").is_in(partners) & (pl.col("measure") == measure))
    doubts = Doubts(snapshot).of_rows(shown).drop_nulls().unique().sort()
    cited = "; ".join([cite_rows(shown, snapshot, None, language) or "", *(f"IN DOUBT: {words}" for words in doubts)])
    whose = query.reporter_of(snapshot)
    write_outside(place, draw(rows, codes, partners, measure, place.suffix, whose, cited, language))
    for words in doubts:
        warnings.warn(f"in doubt: {words}", HowUnderstood, stacklevel=2)
    return place


def movers(
    month: str = "latest",
    *,
    against: Literal["month", "year"] = "month",
    flow: Flow | None = None,
    measure: str | None = None,
    store: str | Path | None = None,
    reporter: str | None = None,
    as_of: date | str | None = None,
) -> pl.DataFrame:
    """What made the change of a month: chapters explained by their headings and these by their codes, partners, what
    began, stopped or was revised.

    Args:
        month: One month.
        against: `"month"` or `"year"` before.
        flow: Direction of trade; none: the one that there is, exports of both.
        measure: `"value_usd"` …; none: the first value that is known, kilograms where none is.
        store: Folder or bucket.
        reporter: Whose; none: the only one of the store.
        as_of: As it was known on that day.

    Returns:
        Rows of the table `mover`: kind (total, product, partner, began, stopped, revision), depth, parent, level,
        before, change, change_pct, contribution_pp (of the total's level before), volume_effect, price_effect and
        currency_effect with split_status, note, quote (whether the growth may be quoted: yes, care, no), doubt. Rows
        below one parent add up to its change; the row without a product or partner is all others together.

    Raises:
        ValueError: No product is known in both months.
    """
    from tasks.pages import changes_since_release

    _require_words(flow, month)
    snapshot = query.open_published(_folder(store, reporter))
    way = changes_since_release.flow_of(snapshot, flow)
    day = read_day(as_of) if isinstance(as_of, str) else as_of
    found = changes_since_release.moved(
        snapshot,
        way,
        changes_since_release.month_of(snapshot, way, month),
        measure=measure or "",
        against=against,
        day=day,
    )
    for note in found.notes:
        warnings.warn(note, HowUnderstood, stacklevel=2)
    return with_names(found.rows, Resolver(snapshot))


def mirror(
    product: str,
    importer: str,
    *,
    exporter: str = "CHN",
    month: str | None = None,
    store: str | Path | None = None,
    as_of: date | str | None = None,
) -> pl.DataFrame:
    """What the exporter says it sold and what the importer says it bought, by month; each has a store of its own.

    Args:
        product: HS code of two, four or six digits: customs share no longer ones.
        importer: Who bought: a name or a code.
        exporter: Who sold.
        month: A month or a range; none: all that either store has.
        store: Folder or bucket with the stores of both.
        as_of: Day: both stores as they were known on it.

    Returns:
        A row a month with the columns of the table `mirror`: export_kg and import_kg (kg), export_value and
        import_value in `currency`, fob_low and fob_high, the importer's value free on board, lag in months, reason,
        why, doubt … `docs/mirror.md` says what each reason means.

    Raises:
        ValueError: A code that customs do not share, or a reporter without a store.
        LookupError: Neither has a figure.
    """
    from tasks.analysis.mirror import statements

    day = read_day(as_of) if isinstance(as_of, str) else as_of
    return statements.asked(root(store), product, exporter, importer, month, day).rows


def check_claims(
    claims: str | Path | Iterable[Mapping[str, str]], *, store: str | Path | None = None, reporter: str | None = None
) -> pl.DataFrame:
    """Whether printed figures agree with the ledger, which never changes by it.

    Args:
        claims: A CSV file, or its rows: commodity, flow, partner, period, metric, value, unit, and qualifier …
        store: Folder or bucket.
        reporter: Whose; none: the only one of the store.

    Returns:
        The rows with `verdict` (supported, not_excluded, contradicted, right_number_wrong_place, not_checkable) and
        `reason`.

    Raises:
        ValueError: A column is missing, or the file is no CSV.
        LookupError: Nothing is published in the store.

    >>> place = {"commodity": "magnets", "flow": "export", "partner": "us", "period": "2025-06"}
    >>> printed = {**place, "metric": "level_t", "value": "353", "unit": "t"}
    >>> check_claims([printed], store=store)["verdict"].to_list()
    ['supported']
    """
    from tasks.claims import check as claiming

    if isinstance(claims, str | Path):
        given = claiming.read_claims(Path(claims))
    else:
        rows = pl.DataFrame([*claims], infer_schema_length=None)
        if missing := [name for name in INPUT if name not in rows.columns]:
            raise ValueError(f"a claim without {', '.join(missing)}; it has {', '.join(INPUT)}, and may have qualifier")
        given = claiming.ClaimsFile("", "", rows.cast(pl.String))
    return claiming.check_claims(query.open_published(_folder(store, reporter)), given)


def trace(
    product: str,
    partner: str,
    month: str,
    metric: str,
    *,
    measure: str = "quantity_kg",
    flow: Flow | None = None,
    store: str | Path | None = None,
    reporter: str | None = None,
) -> "Trace":
    """Where one published figure comes from, down to the records of the raw file; and the same figure computed again.

    Raises:
        ValueError: A name means several things, or there is no such metric.
        LookupError: There is no such figure; the message says what there is.

    >>> found = trace("magnets", "United States", "2025-06", "mom_pct", store=store)
    >>> found.agrees, [operand.value for operand in found.operands]
    (True, [353000.0, 46400.0])
    """
    from tasks.lineage.point import Point
    from tasks.lineage.trace import Tracer

    _require_words(flow, month, metric)
    snapshot = query.open_published(_folder(store, reporter))
    asked = Resolver(snapshot)
    code, key = asked.product(product), asked.partner(partner)
    way = asked.flow([code], flow)
    point = Point(way, code, key, measure, month_number(asked.month(month, way, [code])))
    return Tracer(snapshot, way, code).trace(point, metric)


def open_release(
    store: str | Path | None = None, release: str | None = None, *, reporter: str | None = None
) -> OpenRelease:
    """One published state of a store, which stays what it is whatever is published meanwhile.

    Args:
        store: Folder or bucket.
        release: Id of a snapshot; none: the current one.
        reporter: Whose; none: the only one of the store.

    Returns:
        `.id`, and `.paths(table)`: the addresses of the files of a table, for any reader of Parquet.

    >>> opened = open_release(store)
    >>> all(path.endswith(".parquet") for path in opened.paths("metric"))
    True
    """
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


def root(store: str | Path | None) -> Path | S3Url:
    """Return the address of a store as a caller gives it; without one, that of the environment."""
    return read_address(store if store is not None else settings.value(settings.STORE) or DEFAULT)


def _given(store: str | Path | None, reporter: str | None) -> Path | S3Url:
    return only_store(root(store), reporter)


def _folder(store: str | Path | None, reporter: str | None) -> Path:
    return at_hand(_given(store, reporter))
