"""Customs releases as numbers that can be cited, for Python programs.

    import tidewaiter

    tidewaiter.read("magnets", partner="United States", month="latest")

This package is the public interface; `flows`, `tasks` and `schemas` may change with any version. It holds no logic, and nothing
is loaded before it is used. `store` is a folder or `s3://bucket/prefix`; without it the environment's TIDEWAITER_STORE counts,
else the folder `store`. It holds the tables of each reporter; where there are several, `reporter` names one (`"CHN"`). Names of products, partners and months are those of the command line: codes in any spelling, English and
Chinese, `2024-06`, `June 2024`, `2024-01..2024-06`, `latest`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tidewaiter.shadows import refuse_shadows

if TYPE_CHECKING:
    import polars as pl

    from schemas.forms.outcome import Hold, Outcome
    from schemas.forms.trace import Trace
    from tasks.reports.public import Brief
    from tasks.store.resolve import OpenRelease

    __version__: str

__all__ = [
    "__version__", "brief", "check_claims", "ingest", "list", "mirror", "movers", "open_release", "plot", "read", "search", "trace", "vintages",
]  # fmt: skip

Flow = Literal["export", "import"]


def __getattr__(name: str) -> str:
    if name == "__version__":
        import importlib.metadata

        return importlib.metadata.version("tidewaiter")
    raise AttributeError(f"module 'tidewaiter' has no attribute {name!r}")


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
        reporter: Whose figures, `"CHN"`, `"EU27"`; several: their rows one after another, with a first column `reporter`; none:
            the only reporter of the store.

    Raises:
        ValueError: A name means several things or is not in the store (the message names the nearest), there is no such column,
            or the store has several reporters and none is named.
        LookupError: Nothing is published in the store.

    Warns:
        UserWarning: How a name was understood, where that is not plain; why there is no row.

    >>> row = read("magnets", partner="United States", month="June 2025", measure="quantity_kg", store=store).row(0, named=True)
    >>> row["partner_name"], row["level"], round(row["mom_pct"], 1)
    ('United States', 353000.0, 660.8)
    >>> read("magnets", partner="us", month="2025-05", measure="quantity_kg", columns="level", as_of="2025-07-01", store=store).rows()
    [(46400.0,)]
    """
    refuse_shadows()
    from tasks.reports import public

    return public.read(
        product, partner, store, reporter, as_of, table=table, month=month, flow=flow, measure=measure, sort=sort, ascending=ascending,
        top=top, columns=columns, names=names, language=language,
    )  # fmt: skip


def search(text: str, *, store: str | Path | None = None, reporter: str | None = None) -> pl.DataFrame:
    """Products and partners of a store by name or code or part of it, the best first.

    Returns:
        A row each: code, name, name_zh, flows, first_month, last_month, months, kind.

    >>> search("rare earth magnets", store=store)["code"].to_list()[0]
    'basket:rare_earth_magnets'
    """
    refuse_shadows()
    from tasks.reports import public

    return public.search(text, store, reporter)


def list(
    kind: Literal["products", "partners", "months", "releases", "mirrors"], *, store: str | Path | None = None, reporter: str | None = None,
) -> pl.DataFrame:  # fmt: skip
    """What is in a store: a row for each product, partner, month or release, with its first and last month.

    >>> "85051110" in list("products", store=store)["product"]
    True
    """
    refuse_shadows()
    from tasks.reports import public

    return public.inventory(kind, store, reporter)


def vintages(
    product: str, partner: str = "WLD", month: str = "latest", metric: str = "level", *, measure: str = "quantity_kg",
    flow: Flow | None = None, store: str | Path | None = None, reporter: str | None = None,
) -> pl.DataFrame:  # fmt: skip
    """The values that a published figure has had, and the days from and until which each was current.

    Returns:
        A row each: period, known_from, known_until, value, status, change, change_pct, releases.

    Raises:
        ValueError: A name means several things, or there is no such metric.
        LookupError: There is no such figure on any day.

    >>> vintages("magnets", "us", "2025-05", store=store)["value"].to_list()
    [46400.0]
    """
    refuse_shadows()
    from tasks.reports import public

    return public.vintages(product, partner, month, metric, measure, flow, store, reporter)


def brief(
    product: str, month: str = "latest", *, flow: Flow | None = None, language: Literal["en", "zh"] = "en",
    store: str | Path | None = None, reporter: str | None = None,
) -> Brief:  # fmt: skip
    """One page on one product and month: numbers with their sources, charts, what is revised, held or not comparable.

    Returns:
        `.headlines`, the sentences at the top; `.html` and `.markdown`; `.save("page.html")` writes both. A notebook shows the
        page.

    Raises:
        ValueError: A name means several things or is not in the store.
        LookupError: The product has no figure in the month.

    >>> brief("magnets", "June 2025", store=store).headlines[4][:76]
    "China's exports of these goods to the United States rose 660 % to 353 t, mor"
    """
    refuse_shadows()
    from tasks.reports import public

    return public.brief(product, month, flow, language, store, reporter)


def plot(
    product: str | Iterable[str], output: str | Path, *, partner: str | Iterable[str] = "world", month: str | None = None,
    measure: str = "quantity_kg", flow: Flow | None = None, language: Literal["en", "zh"] = "en",
    store: str | Path | None = None, reporter: str | None = None,
) -> Path:  # fmt: skip
    """Write a series as a picture, a line for each product and partner, with the export controls that touch the products.

    Args:
        product: Name or code, or several.
        output: File that ends in .png or .svg.
        partner: Name or code, or several.
        month: A range, `"2024-01..2024-06"`; none: all.
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
    refuse_shadows()
    from tasks.reports import public

    return public.plot(product, output, partner, month, flow, measure, language, store, reporter)


def ingest(
    file: str | Path, *, source: str | None = None, flow: Flow | None = None, reporter: str | None = None,
    partners: Literal["all", "listed"] | None = None, products: Iterable[str] | None = None, months: str | None = None,
    released_on: date | str | None = None, dry_run: bool = False, store: str | Path | None = None,
) -> Outcome | Hold:  # fmt: skip
    """Read a release, check it, and publish what follows from it, as the command does without a Prefect server.

    Args:
        file: The downloaded file.
        source: Adapter that reads it, `"gacc_query"` …; none: as its sidecar or folder says.
        flow: Direction, which a query file does not say.
        reporter: Who reports, `"CHN"`, `"EU27"`.
        partners: `"all"`: every partner was asked for; `"listed"`: those in the file.
        products: Codes that were asked for; none: those in the file.
        months: Months that were asked for, `"2025-06"` or `"2025-01..2025-06"`.
        released_on: Day from which the figures were public.
        dry_run: Go the whole way, publish nothing.
        store: Folder or bucket.

    Returns:
        What came of it: `.status` is "published", "nothing new", "would be published", or of a release that a person must decide
        about "held", "would be held" or "rejected".

    Raises:
        ValueError: A declaration is wrong.
        tasks.domain.errors.Refused: The file cannot be read as what it is said to be; nothing is published.
    """
    refuse_shadows()
    from flows.release import release
    from schemas.forms.request import ReleaseRequest
    from tasks.reports import public

    declared = {
        "source": source,
        "flow": flow,
        "reporter": reporter,
        "partners": partners,
        "months": months,
        "released_on": released_on,
    }
    codes = None if products is None else [*products]
    return release.fn(
        ReleaseRequest(file=Path(file), store=public.root(store), products=codes, dry_run=dry_run, **declared)
    )


def check_claims(
    claims: str | Path | Iterable[Mapping[str, str]], *, store: str | Path | None = None, reporter: str | None = None
) -> pl.DataFrame:
    """Whether printed figures agree with the ledger, which never changes by it.

    Args:
        claims: A CSV file, or its rows: commodity, flow, partner, period, metric, value, unit, and qualifier …
        store: Folder or bucket.
        reporter: Whose; none: the only one of the store.

    Returns:
        The rows with `verdict` (supported, not_excluded, contradicted, right_number_wrong_place, not_checkable) and `reason`.

    Raises:
        ValueError: A column is missing, or the file is no CSV.
        LookupError: Nothing is published in the store.

    >>> printed = {"commodity": "magnets", "flow": "export", "partner": "us", "period": "2025-06", "metric": "level_t", "value": "353", "unit": "t"}
    >>> check_claims([printed], store=store)["verdict"].to_list()
    ['supported']
    """
    refuse_shadows()
    from tasks.reports import public

    return public.check_claims(claims, store, reporter)


def mirror(
    product: str, importer: str, *, exporter: str = "CHN", month: str | None = None, store: str | Path | None = None,
    as_of: date | str | None = None,
) -> pl.DataFrame:  # fmt: skip
    """What the exporter says it sold beside what the importer says it bought, by month; each has a store of its own.

    Args:
        product: HS code of two, four or six digits: customs share no longer ones.
        importer: Who bought: a name or a code.
        exporter: Who sold.
        month: A month or a range; none: all that either store has.
        store: Folder or bucket with the stores of both.
        as_of: Day: both stores as they were known on it.

    Returns:
        A row a month with the columns of the table `mirror`: export_kg and import_kg (kg), export_value and import_value in
        `currency`, fob_low and fob_high, the importer's value free on board, lag in months, reason, why, doubt …
        `docs/mirror.md` says what each reason means.

    Raises:
        ValueError: A code that customs do not share, or a reporter without a store.
        LookupError: Neither has a figure.
    """
    refuse_shadows()
    from tasks.reports import public

    return public.mirror(product, importer, exporter, month, store, as_of)


def movers(
    month: str = "latest", *, against: Literal["month", "year"] = "month", flow: Flow | None = None, measure: str | None = None,
    store: str | Path | None = None, reporter: str | None = None, as_of: date | str | None = None,
) -> pl.DataFrame:  # fmt: skip
    """What made the change of a month: chapters explained by their headings and these by their codes, partners, what began, stopped or
    was revised.

    Args:
        month: One month.
        against: `"month"` or `"year"` before.
        flow: Direction of trade; none: the one that there is, exports of both.
        measure: `"value_usd"` …; none: the first value that is known, kilograms where none is.
        store: Folder or bucket.
        reporter: Whose; none: the only one of the store.
        as_of: As it was known on that day.

    Returns:
        Rows of the table `mover`: kind (total, product, partner, began, stopped, revision), depth, parent, level, before, change,
        change_pct, contribution_pp (of the total's level before), volume_effect, price_effect and currency_effect with split_status, note,
        quote (whether the growth may be quoted: yes, care, no), doubt. Rows below one parent add up to its change; the row without a product
        or partner is all others together.

    Raises:
        ValueError: No product is known in both months.
    """
    refuse_shadows()
    from tasks.reports import public

    return public.movers(month, against, flow, measure, store, reporter, as_of)


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
    refuse_shadows()
    from tasks.reports import public

    return public.open_release(store, release, reporter)


def trace(
    product: str, partner: str, month: str, metric: str, *, measure: str = "quantity_kg",
    flow: Flow | None = None, store: str | Path | None = None, reporter: str | None = None,
) -> Trace:  # fmt: skip
    """Where one published figure comes from, down to the records of the raw file; and the same figure computed again.

    Raises:
        ValueError: A name means several things, or there is no such metric.
        LookupError: There is no such figure; the message says what there is.

    >>> found = trace("magnets", "United States", "2025-06", "mom_pct", store=store)
    >>> found.agrees, [operand.value for operand in found.operands]
    (True, [353000.0, 46400.0])
    """
    refuse_shadows()
    from tasks.reports import public

    return public.trace(product, partner, month, metric, measure, flow, store, reporter)
