"""Writes the briefs of a release, as its last step: one for each watched product that the release covers; after a
decision about a release, those again that it made outdated.

A brief that cannot be written is a warning; the publication is not affected. For a release without a watched product
the step only reads the list; the modules that write briefs are imported after that.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from schemas import settings
from schemas.forms.outcome import Outcome
from schemas.names import VALUES
from schemas.reference.code_tables import code_table, read_codes
from tasks.domain.classification import members
from tasks.domain.errors import NoFigure
from tasks.domain.release_ids import release_of
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.objects import keep_bytes
from tasks.store.snapshots.parquet import read_table
from tasks.store.snapshots.publish import exclusive

FOLDER = "briefs"
log = logging.getLogger("tidewaiter.briefs")
Watched = tuple[str, str]


def write_briefs(outcome: Outcome, store: Path) -> Outcome:
    """Return the outcome with the written briefs, under `store/briefs/<month>/`, in every language and as markdown."""
    if outcome.status != "published":
        return outcome
    written: list[str] = []
    failed: list[str] = []
    try:
        products = watched(outcome)
    except Exception as problem:
        warning = (
            f"watch list: not read, {type(problem).__name__}: {problem}; no brief was written. See"
            f" ${settings.WATCH_LIST}."
        )
        # People edit the list; if it is wrong, the sentence says so, and a traceback adds nothing.
        log.warning("%s", warning)
        return outcome.model_copy(update={"warnings": [*outcome.warnings, warning]})
    for product, flow in products:
        try:
            written += _write(store, product, flow, outcome)
        except Exception as problem:
            # A warning, not an error: the outcome reports it to the caller.
            log.warning("the brief on %s of %s could not be written", flow, product, exc_info=True)
            failed.append(
                f"brief ({flow} of {product}): not written, {type(problem).__name__}: {problem}; what was published"
                f" stays. Write it with tidewaiter brief {product} --flow {flow} --month {outcome.months[-1]}."
            )
    return outcome.model_copy(update={"briefs": written, "warnings": [*outcome.warnings, *failed]})


def watch_list() -> pl.DataFrame:
    """Read the products to write about: those of the file in $TIDEWAITER_WATCH_LIST, otherwise the list that comes
    with the package.
    """
    if not (named := settings.value(settings.WATCH_LIST)):
        return code_table("watch_list")
    return read_codes(Path(named), "watch_list")


def watched(outcome: Outcome) -> list[Watched]:
    """Return the products of the watch list for which the release has a figure of its own, each with its direction."""
    released = set(outcome.products)
    rows = watch_list().filter(pl.col("flow").is_in(outcome.flows), pl.col("reporter").is_in(["", outcome.reporter]))
    return [
        (product, flow)
        for product, flow in rows.select("product", "flow").iter_rows()
        if released & {product, *members(product)} or any(code.startswith(product) for code in released)
    ]


def file_name(product: str, flow: str) -> str:
    """Return the file name, such as `basket-rare_earth_magnets`; imports have it in the name."""
    return product.replace(":", "-") + ("" if flow == "export" else f"-{flow}")


def product_of(name: str) -> Watched:
    """Return the product and the direction of a file name without its endings.

    >>> product_of("basket-rare_earth_magnets"), product_of("12019019-import")
    (('basket:rare_earth_magnets', 'export'), ('12019019', 'import'))
    """
    product = name.removesuffix("-import")
    return product.replace("-", ":", 1), "export" if product == name else "import"


def _write(store: Path, product: str, flow: str, outcome: Outcome) -> list[str]:
    from tasks.reading.query import open_published

    snapshot = open_published(store)
    month = _newest(snapshot, product, flow, outcome)
    return [] if month is None else keep(store, product, flow, month, pages_of(snapshot, store, product, flow, month))


def pages_of(snapshot: Snapshot, store: Path, product: str, flow: str, month: date) -> dict[str, str]:
    """Return the page of a month in every language and form, by the endings of its file. Raises NoFigure."""
    from tasks.domain.periods import first_day, month_number
    from tasks.pages.brief.facts import gather
    from tasks.pages.brief.render import document_of
    from tasks.pages.text.document import both_forms
    from tasks.pages.text.page_templates import LANGUAGES
    from tasks.pages.text.wording import texts

    facts, pages, name = gather(snapshot, store, product, flow, month), dict[str, str](), file_name(product, flow)
    before = f"{first_day(month_number(month) - 1):%Y-%m}"
    for language in LANGUAGES:
        t = texts(language)
        links = [(t["other_language"], f"{name}.{other}.html") for other in LANGUAGES if other != language]
        if (store / FOLDER / before / f"{name}.{language}.html").is_file():
            links.append((t["month_before"], f"../{before}/{name}.{language}.html"))
        pages |= both_forms(document_of(facts, language, links))
    return pages


def keep(store: Path, product: str, flow: str, month: date, pages: Mapping[str, str]) -> list[str]:
    """Write the pages of a month, by their endings; return their places in the store."""
    folder, name = store / FOLDER / f"{month:%Y-%m}", file_name(product, flow)
    # Under the lock, because a publication cleans the folder of half-written files.
    with exclusive(store):
        for ending, text in pages.items():
            keep_bytes(store, folder / f"{name}.{ending}", text.encode())
    return [(folder / f"{name}.{ending}").relative_to(store).as_posix() for ending in pages]


def _newest(snapshot: Snapshot, product: str, flow: str, outcome: Outcome) -> date | None:
    """Return the newest month of the release in which the product has a figure of mass or money: of the month or, if
    January and February are published together, of the year to date.
    """
    months = {(flow, *map(int, month.split("-"))) for month in outcome.months}
    is_known = pl.col("level").is_not_null() | pl.col("ytd").is_not_null()
    has_figure = (pl.col("product") == product) & pl.col("measure").is_in(["quantity_kg", *VALUES]) & is_known
    newest = read_table(snapshot, "metric", months.__contains__, has_figure)["period"].max()
    return newest if isinstance(newest, date) else None


def rewrite_briefs(outcome: Outcome, store: Path) -> Outcome:
    """Return the outcome with the briefs that a decision made outdated and that are written again: each brief in the
    store of a product of the release, of its first month or a later one. Each names the decision; of a month without
    a figure nothing else is left to say.
    """
    # Most runs import this module and rewrite nothing.
    from tasks.reading.query import open_published

    if outcome.status != "published":
        return outcome
    snapshot = open_published(store)
    written: list[str] = []
    failed: list[str] = []
    for product, flow, month in _outdated(snapshot, store, outcome):
        try:
            written += keep(store, product, flow, month, _pages(snapshot, store, product, flow, month))
        except Exception as problem:
            log.warning("the brief on %s of %s could not be written again", flow, product, exc_info=True)
            failed.append(
                f"brief ({flow} of {product}, {month:%Y-%m}): it is from before this decision,"
                f" {type(problem).__name__}: {problem}. Write it with tidewaiter brief {product} --flow {flow} --month"
                f" {month:%Y-%m}."
            )
    return outcome.model_copy(update={"briefs": written, "warnings": [*outcome.warnings, *failed]})


def _outdated(snapshot: Snapshot, store: Path, outcome: Outcome) -> Iterator[tuple[str, str, date]]:
    from tasks.pages.brief.context import covers_product

    editions = read_table(snapshot, "release").filter(release_of() == outcome.release_id)
    first, flows = min(editions["first_month"]), {*editions["flow"]}
    scope = {code for codes in editions["products"] for code in codes}
    for folder in sorted((store / FOLDER).glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]")):
        month = date.fromisoformat(f"{folder.name}-01")
        for file in sorted(folder.glob("*.en.md")):
            product, flow = product_of(file.name.removesuffix(".en.md"))
            if month >= first and (flow in flows or None in flows) and covers_product(product, scope):
                yield product, flow, month


def _pages(snapshot: Snapshot, store: Path, product: str, flow: str, month: date) -> dict[str, str]:
    try:
        return pages_of(snapshot, store, product, flow, month)
    except NoFigure:
        from tasks.pages.brief.context import decided
        from tasks.pages.brief.facts import names_of
        from tasks.pages.brief.render import nothing_left
        from tasks.pages.text.document import both_forms
        from tasks.pages.text.page_templates import LANGUAGES
        from tasks.reading.query import reporter_of

        decisions, pages = decided(snapshot, product, flow, month), dict[str, str]()
        about = (product, flow, month, decisions, snapshot.id, reporter_of(snapshot).code)
        for name, language in zip(names_of(product, snapshot), LANGUAGES, strict=True):
            pages |= both_forms(nothing_left(name, *about, language))
        return pages
