"""Written by `make dictionary` from the functions of this package."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from polars import DataFrame, LazyFrame

from schemas.forms.outcome import Hold, Outcome
from schemas.forms.trace import TraceReport
from tasks.pages.text.document import DocumentPage
from tasks.store.bucket.resolve import OpenRelease

__all__ = [
    "__version__",
    "brief",
    "check_claims",
    "detours",
    "duties",
    "event_brief",
    "ingest",
    "list",
    "mirror",
    "movers",
    "open_release",
    "partner",
    "plot",
    "read",
    "scan",
    "search",
    "trace",
    "vintages",
]

__version__: str

def brief(
    product: str,
    month: str = "latest",
    *,
    flow: Literal["export", "import"] | None = None,
    language: Literal["en", "zh"] = "en",
    reporter: str | None = None,
    store: str | Path | None = None,
) -> DocumentPage:
    """One page on one product and month: numbers with their sources, charts, what is revised, held or not comparable.

    Of a list (list:chpl, sitc:776) the page has the total of its codes, each code, and the partners.

    Args:
        product: Name or code: soybeans, 大豆, 1201.90.19, line:…, basket:… or sitc:….
        month: One month: 2024-06, June 2024, a day of it, or latest.
        flow: Direction; none: the one that there is, exports of both.
        language: Language of names and words.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        `.headlines`, the sentences at the top; `.html` and `.markdown`; `.save("page.html")` writes both. A notebook
        shows the page.

    Raises:
        ValueError: A name means several things or is not in the store.
        LookupError: The product has no figure in the month.

    >>> brief("magnets", "June 2025", store=store).headlines[4][:76]
    'Those to the United States rose 660 % to 353 t, more than seven times as muc'
    """

def check_claims(
    claims: str | Path | Iterable[Mapping[str, object]],
    *,
    reporter: str | None = None,
    store: str | Path | None = None,
) -> DataFrame:
    """Compare each printed figure with the ledger: a verdict, and the figure as printed and as computed.

    The ledger never changes by it, and the column `note` is never read.

    Args:
        claims: CSV, or from Python its rows: commodity, flow, partner, period, metric, value, unit, and
            qualifier, hs_code_if_stated ….
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store.
        store: The published tables: a folder, or s3://bucket/prefix.

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

def detours(
    product: str,
    *,
    from_: str,
    to: str,
    since: str,
    until: str | None = None,
    measure: str | None = None,
    as_of: date | str | None = None,
    language: Literal["en", "zh"] = "en",
    store: str | Path | None = None,
) -> DataFrame:
    """Whether goods that no longer go direct may arrive by a third country, and how often the same screen errs.

    Exporter and importer have a store each; a hub's own store tightens the screen. An estimate, no proof.

    Args:
        product: Goods by name, or an HS code of 2, 4 or 6 digits; customs share no longer ones.
        from_: Who sold direct: name or code, China, CHN.
        to: Who bought: name or code, USA.
        since: First month of the fall: 2025-04 or April 2025.
        until: Last month; none: the newest that both have, at most twelve months.
        measure: Quantity_kg, value_usd …; none: the first in which both legs are known.
        as_of: As it was known on this day, YYYY-MM-DD; none: now.
        language: Language of names and words.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        A row a hub with the columns of the table `detour`, the highest score first: the fall of the direct flow, both
        legs, lag, values per kilogram, fires, estimate, low and high, ceiling, as_high_pct (per cent of placebo goods
        with a hub of as high a score) … `docs/controls.md` says how it is made.

    Raises:
        ValueError: A code that customs do not share, or a reporter without a store.
        LookupError: No month since the date is known of both, or no third country trades the goods with both.
    """

def duties(
    product: str,
    *,
    partner: str | Iterable[str] | None = "world",
    month: str = "latest",
    around: date | str | None = None,
    months: int = 3,
    as_of: date | str | None = None,
    reporter: str | None = None,
    store: str | Path | None = None,
) -> DataFrame:
    """What duty was assessed on imports: duty by the value of imports for consumption, by good, partner and month.

    Around a day also the months before and after it, with other partners as placebos. Whether a printed rate was
    assessed says `claims check`.

    Args:
        product: Name or code: soybeans, 大豆, 1201.90.19, line:…, basket:… or sitc:…, or list:… for the codes of a
            list together.
        partner: Name or code: Brazil, 巴西, BRA, BR, world, EU; or several.
        month: 2025-06, latest, or a range: 2025-01..2025-06.
        around: Day of a tariff, 2025-04-09: the months before and after it, with placebos.
        months: Months before and after that day.
        as_of: As it was known on this day, YYYY-MM-DD; none: now.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        Rows of the table `duty`: consumption_usd, dutiable_usd, duty_usd, rate_pct (of all imports for consumption),
        dutiable_rate_pct (of what was dutiable), dutiable_share_pct, status (dutiable, partly_free, free, zero_duty,
        no_imports, no_duty_stated, not_covered …), list_rate_pct (what a list with rates would have added), and doubt.

    Raises:
        ValueError: A name means several things, or no store of the United States' imports has a duty.
        LookupError: Nothing is known of the months.
    """

def event_brief(
    event: str,
    *,
    flow: Literal["export", "import"] = "export",
    months: int = 12,
    language: Literal["en", "zh"] = "en",
    reporter: str | None = None,
    store: str | Path | None = None,
) -> DocumentPage:
    """One page on an export-control measure: what was controlled when, the trade of each code before and after with
    placebos, partners, price, detours, what the other side says, and what is not known.

    Args:
        event: Measure by name or number: mofcom-gacc-2025-18, MOFCOM 18/2025, 2025年第18号.
        flow: Direction.
        months: Months after it, compared with the same months a year before.
        language: Language of names and words.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        `.headlines`, `.html`, `.markdown` and `.save("page.html")`.

    Raises:
        ValueError: No measure, or several, have this name or number.
        LookupError: The store has none of its codes.
    """

def ingest(
    file: str | Path,
    *,
    source: str | None = None,
    flow: Literal["export", "import"] | None = None,
    reporter: str | None = None,
    partners: Literal["all", "listed"] | None = None,
    products: Iterable[str] | None = None,
    months: str | None = None,
    released_on: date | str | None = None,
    dry_run: bool = False,
    store: str | Path | None = None,
) -> Outcome | Hold:
    """Read a release, check it, and publish what follows from it, as the command does without a Prefect server.

    Args:
        file: The downloaded file.
        source: Name of the adapter that reads it; none: as its sidecar or folder says.
        flow: Direction, which a query file does not say.
        reporter: Who reports, `"CHN"`, `"EU27"`.
        partners: `"all"`: every partner was asked for; `"listed"`: those in the file.
        products: Codes that were asked for; none: those in the file.
        months: Months that were asked for, `"2025-06"` or `"2025-01..2025-06"`.
        released_on: Day from which the figures were public.
        dry_run: Go the whole way, publish nothing.
        store: Folder or bucket.

    Returns:
        What came of it: `.status` is "published", "nothing new", "would be published", or of a release that a person
        must decide about "held", "would be held" or "rejected".

    Raises:
        ValueError: A declaration is wrong.
        tasks.domain.errors.Refused: The file cannot be read as what it is said to be; nothing is published.
    """

def list(
    kind: Literal["products", "partners", "months", "releases", "mirrors", "reporters"],
    *,
    reporter: str | None = None,
    store: str | Path | None = None,
) -> DataFrame:
    """What is in the store, with first and last month; of releases also what was decided about them since.

    Args:
        kind: Products, partners, months, releases, mirrors of the reporter, or the reporters of the store.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        A row for each product, partner, month, release or mirror, or for each reporter; of several reporters one
        after another, with a column `reporter`.

    >>> "85051110" in list("products", store=store)["product"]
    True
    """

def mirror(
    product: str,
    importer: str,
    *,
    exporter: str = "CHN",
    month: str | None = None,
    as_of: date | str | None = None,
    store: str | Path | None = None,
) -> DataFrame:
    """What the exporter says it sold beside what the importer says it bought, by month, with the reason of a
    difference.

    Both have a store of their own. No third number is made of the two.

    Args:
        product: Goods by name, or an HS code of 2, 4 or 6 digits; customs share no longer ones.
        importer: Who bought: name or code, Germany, DEU.
        exporter: Who sold: name or code.
        month: 2024-06, June 2024, or a range: 2024-01..2024-06; none: all that either store has.
        as_of: As it was known on this day, YYYY-MM-DD; none: now.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        A row a month with the columns of the table `mirror`: export_kg and import_kg (kg), export_value and
        import_value in `currency`, fob_low and fob_high, the importer's value free on board, lag in months, reason,
        why, doubt … `docs/mirror.md` says what each reason means.

    Raises:
        ValueError: A code that customs do not share, or a reporter without a store.
        LookupError: Neither has a figure.
    """

def movers(
    month: str = "latest",
    *,
    product: str | None = None,
    partner: str | None = None,
    against: Literal["month", "year", "ytd", "12m"] = "month",
    flow: Literal["export", "import"] | None = None,
    measure: str | None = None,
    list: str | None = None,
    as_of: date | str | None = None,
    reporter: str | None = None,
    store: str | Path | None = None,
) -> DataFrame:
    """What made the change of a month, or of a year: codes under their headings, partners, what began or was revised.

    The rows below a code add up to its change. Of one product they are its codes and partners, with who took the lost
    share; of one partner its goods.

    Args:
        month: One month: 2024-06, June 2024 or latest; against a year also 2024, or 2024-01..2024-06.
        product: Name or code: soybeans, 大豆, 1201.90.19, line:…, basket:… or sitc:…; none: all products.
        partner: Name or code: Brazil, 巴西, BRA, BR, world, EU; none: all partners together.
        against: Month or year before; ytd: January to the month; 12m: twelve months; of a range of months: year.
        flow: Direction; none: the one that there is, exports of both.
        measure: Value_usd, quantity_kg …; none: the first that is known.
        list: Of the codes of a list alone, each once: chpl, chpl:3.A, sitc:776, or the name of a measure.
        as_of: As it was known on this day, YYYY-MM-DD; none: now.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        Rows of the table `mover`: kind (total, product, partner, began, stopped, revision), depth, parent, level,
        before, change, change_pct, contribution_pp (of the total's level before), share_pct and share_change_pp (of the
        total), volume_effect, price_effect and currency_effect with split_status, note, quote (whether the growth may
        be quoted: yes, care, no), doubt. Rows below one parent add up to its change; the row without a product or
        partner is all others together. Of a control list they are its codes that can be compared.

    Raises:
        ValueError: No product is known in both months, or there is no such product, partner or list.
    """

def open_release(
    store: str | Path | None = None,
    release: str | None = None,
    *,
    reporter: str | None = None,
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

def partner(
    partner: str,
    month: str = "latest",
    *,
    flow: Literal["export", "import"] | None = None,
    measure: str | None = None,
    reporter: str | None = None,
    store: str | Path | None = None,
) -> DataFrame:
    """All goods traded with one partner in a month, the largest part of the change first.

    Beside them stand what the change of all goods was, and what the partner says of the same trade where a mirror of
    both is published.

    Args:
        partner: Name or code: Brazil, 巴西, BRA, BR, world, EU.
        month: One month: 2024-06, June 2024, a day of it, or latest.
        flow: Direction; none: the one that there is, exports of both.
        measure: Value_usd, quantity_kg …; none: the first that is known.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        A row for each national code, or the longest code that the store has of its goods: level, before (the month
        before), change, and contribution_pp, its part in the growth of all goods that are known in both months, in
        percentage points.

    Raises:
        ValueError: The partner is not in the store.
        LookupError: No good is traded with it in the month.

    >>> partner("us", "June 2025", store=store).select("product", "change").rows()
    [('85051110', 306600.0)]
    """

def plot(
    product: str | Iterable[str],
    output: str | Path | None = None,
    *,
    partner: str | Iterable[str] | None = "world",
    measure: str = "quantity_kg",
    month: str | Iterable[str] | None = None,
    flow: Literal["export", "import"] | None = None,
    language: Literal["en", "zh"] = "en",
    reporter: str | Iterable[str] | None = None,
    store: str | Path | None = None,
) -> Path:
    """Series as a picture, a line for each reporter, product and partner, with the export controls that touch the
    products. Below it stand sources, what the values of each reporter mean, and who has none.

    Args:
        product: Name or code: soybeans, 大豆, 1201.90.19, line:…, basket:… or sitc:…; or several.
        output: File that ends in .png or .svg; else a PNG with the name of what is drawn.
        partner: Name or code: Brazil, 巴西, BRA, BR, world, EU; or several.
        measure: Measure of the table metric: quantity_kg, value_usd, value_cny ….
        month: 2024-06, June 2024, a day of it, latest, or a range: 2024-01..2024-06; none: all; or several.
        flow: Direction; none: the one that there is, exports of both.
        language: Language of names and words.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store; or several.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        The file.

    Raises:
        ValueError: A name means several things, or the ending is of no picture.
        LookupError: There is nothing to draw; the message says what there is.
    """

def read(
    product: str | Iterable[str] | None = None,
    *,
    partner: str | Iterable[str] | None = None,
    month: str | Iterable[str] | None = None,
    measure: str | Iterable[str] | None = None,
    flow: Literal["export", "import"] | None = None,
    table: Literal[
        "claim",
        "control_event",
        "decision",
        "detail",
        "doubt",
        "expectation",
        "finding",
        "first_print",
        "lineage",
        "metric",
        "mirror",
        "mover",
        "observation",
        "partner",
        "product",
        "quarantine",
        "record_level",
        "release",
        "revision",
        "trade_flow",
    ] = "metric",
    as_of: date | str | None = None,
    sort: str | None = None,
    ascending: bool = False,
    top: int | None = None,
    columns: str | Iterable[str] | None = None,
    names: bool = True,
    language: Literal["en", "zh"] = "en",
    reporter: str | Iterable[str] | None = None,
    store: str | Path | None = None,
) -> DataFrame:
    """Rows of a published table, in key order, every digit as it is published; also as they were known on a day.

    Args:
        product: Name or code: soybeans, 大豆, 1201.90.19, line:…, basket:… or sitc:…; or several.
        partner: Name or code: Brazil, 巴西, BRA, BR, world, EU; or several.
        month: 2024-06, June 2024, a day of it, latest, or a range: 2024-01..2024-06; none: all; or several.
        measure: Quantity_kg, value_usd, value_cny …; none: all; or several.
        flow: Direction; none: both.
        table: A published table; schemas/DICTIONARY.md lists their columns.
        as_of: As it stood on this day, YYYY-MM-DD: tables observation, trade_flow, metric, mover, expectation.
        sort: Column to sort by, the largest first.
        ascending: The smallest first.
        top: Of each direction and month the first rows alone, without totals.
        columns: Columns, with commas between them; none: all; or several.
        names: Names behind the codes.
        language: Language of names and words.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store; or several.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        A frame of the rows; with several reporters they have a first column `reporter`.

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

def scan(
    table: str = "metric",
    *,
    reporter: str | Iterable[str] | None = None,
    as_of: date | str | None = None,
    store: str | Path | None = None,
) -> LazyFrame:
    """The rows of a published table as a lazy frame over its files: what a query leaves out is not read.

    The files are those of one published state, whatever is published meanwhile; those of a bucket are read where they
    are. There are no names, notes or doubts beside the rows, as `read` has them, the hashes of the files are not
    verified, and highest and lowest since of series outside the watch list, which `read` computes on request, are null.

    Args:
        table: Published table.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store; several: with a first column
            `reporter`.
        as_of: As it was known on this day, YYYY-MM-DD, computed from the ledger when it is collected; none: now.
        store: Folder or bucket.

    Returns:
        The columns of the table with their types; of a table that is filed by month also `year` and `month`, by which
        whole files are left out.

    Raises:
        ValueError: There is no such table or reporter, or the table has no days of knowledge.
        LookupError: Nothing is published.

    >>> scan("metric", store=store).filter(product="85051110", partner="USA", year=2025).collect().height > 0
    True
    """

def search(
    text: str,
    *,
    edition: Literal["2007", "2012", "2017", "2022", "2028"] | None = None,
    reporter: str | None = None,
    store: str | Path | None = None,
) -> DataFrame:
    """Products and partners in the store by name or code, the best first, with the months that there are of each.

    Args:
        text: Name or code, or part of it, in English or Chinese.
        edition: What an edition of the HS makes of the codes found, in place of them.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        A row each: code, name, name_zh, flows, first_month, last_month, months, kind; of several reporters with a
        first column `reporter`. With an edition a row for each code that it changes: code, from_month, gained_from,
        lost_to, ends (it is no code any more), source.

    >>> search("rare earth magnets", store=store)["code"].to_list()[0]
    'basket:rare_earth_magnets'
    """

def trace(
    product: str,
    partner: str = "world",
    month: str = "latest",
    metric: Literal[
        "level",
        "mom_pct",
        "yoy_pct",
        "ytd",
        "ytd_yoy_pct",
        "rolling_12m",
        "rolling_12m_yoy_pct",
        "average_3m",
        "average_3m_yoy_pct",
        "share_pct",
        "rank",
        "contribution_mom_pp",
        "contribution_yoy_pp",
        "ytd_share_pct",
        "ytd_rank",
        "ytd_contribution_pp",
        "rolling_12m_share_pct",
        "rolling_12m_rank",
        "rolling_12m_contribution_pp",
        "of_consumption_pct",
        "highest_since",
        "lowest_since",
    ] = "level",
    *,
    measure: str = "quantity_kg",
    flow: Literal["export", "import"] | None = None,
    reporter: str | None = None,
    store: str | Path | None = None,
) -> TraceReport:
    """Where one published figure comes from, down to the records of the raw file; and the same figure computed again.

    Args:
        product: Name or code: soybeans, 大豆, 1201.90.19, line:…, basket:… or sitc:….
        partner: Name or code: Brazil, 巴西, BRA, BR, world, EU.
        month: One month: 2024-06, June 2024, a day of it, or latest.
        metric: Figure of the table metric.
        measure: Measure of the table metric: quantity_kg, value_usd, value_cny ….
        flow: Direction; none: the one that there is, exports of both.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        `.agrees`, `.value`, `.recomputed`, and `.operands` with the numbers behind each.

    Raises:
        ValueError: A name means several things, or there is no such metric.
        LookupError: There is no such figure; the message says what there is.

    >>> found = trace("magnets", "United States", "2025-06", "mom_pct", store=store)
    >>> found.agrees, [operand.value for operand in found.operands]
    (True, [353000.0, 46400.0])
    """

def vintages(
    product: str,
    partner: str = "world",
    month: str = "latest",
    metric: Literal[
        "level",
        "mom_pct",
        "yoy_pct",
        "ytd",
        "ytd_yoy_pct",
        "rolling_12m",
        "rolling_12m_yoy_pct",
        "average_3m",
        "average_3m_yoy_pct",
        "share_pct",
        "rank",
        "contribution_mom_pp",
        "contribution_yoy_pp",
        "ytd_share_pct",
        "ytd_rank",
        "ytd_contribution_pp",
        "rolling_12m_share_pct",
        "rolling_12m_rank",
        "rolling_12m_contribution_pp",
        "of_consumption_pct",
        "highest_since",
        "lowest_since",
    ] = "level",
    *,
    measure: str = "quantity_kg",
    flow: Literal["export", "import"] | None = None,
    reporter: str | None = None,
    store: str | Path | None = None,
) -> DataFrame:
    """The values that a published figure has had, the days from and until which each was current, and the release that
    brought it.

    Args:
        product: Name or code: soybeans, 大豆, 1201.90.19, line:…, basket:… or sitc:….
        partner: Name or code: Brazil, 巴西, BRA, BR, world, EU.
        month: 2024-06, June 2024, a day of it, latest, or a range: 2024-01..2024-06.
        metric: Figure of the table metric.
        measure: Measure of the table metric: quantity_kg, value_usd, value_cny ….
        flow: Direction; none: the one that there is, exports of both.
        reporter: Whose figures, as CHN or EU27; none: the only reporter of the store.
        store: The published tables: a folder, or s3://bucket/prefix.

    Returns:
        A row each: period, known_from, known_until, value, status, change, change_pct, releases, doubt.

    Raises:
        ValueError: A name means several things, or there is no such metric.
        LookupError: There is no such figure on any day.

    >>> vintages("magnets", "us", "2025-05", store=store)["value"].to_list()
    [46400.0]
    """
