"""Finds the numbers that rest on a release in doubt: the open findings as rows that figures are compared with, and what
is published about a figure in the table `doubt`.

A finding of severity error or warning stays open: an approval lets the release be published, and does not make it
right, unless the person who approved it lifted the doubt. Belongs here: which finding is open and what it is about.
Which levels it reaches is computed with them (`metrics.doubts`). Pages, exports and verdicts show the sentence that is
published.
"""

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from schemas.figures import FIGURE_OF
from schemas.layouts import FLOWS
from schemas.names import KINDS
from tasks.domain.coverage import EVERYTHING, FIGURES_LOOK_BACK, TOTALS, WORLD
from tasks.domain.labels import OF_THE_SUM, check_words, partner_name, with_partner_names
from tasks.domain.periods import first_day, month_index, month_number, month_runs
from tasks.domain.thresholds import threshold
from tasks.domain.units import CONSUMPTION, RATIOS
from tasks.metrics.doubt.doubts import NONE_OPEN, OPEN
from tasks.metrics.figures.figures import BACK, first_month
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import path_partition, read_table

# Findings about which partners a file has.
OF_SUMS = ("few_partners", "partners_missing", "world_total", "row_cap", "unknown_partners")
# Of these, the finding that names in `observed`, and not in its subject, the partners that a file lacks.
OF_ABSENT_PARTNERS = "partners_missing"
# Findings about months, products and partners without a record, which are published as no trade. None of their numbers
# is one of the release.
OF_GAPS = ("month_without_records", "product_without_records", "product_removed", "partner_removed")
# Findings whose subject is the title, about every number of the release.
OF_THE_RELEASE = (
    "numbers_of_other_flow",
    "older_print",
    "one_province",
    "one_regime",
    "other_flow",
    "pasted_records",
)
# Of OF_SUMS, findings that say nothing of a partner without a record.
OF_NO_ZERO = ("world_total", "unknown_partners")
# Of OF_SUMS, findings that say that a printed total differs: either may be wrong.
OF_TOTALS = ("world_total",)
# Findings that name one measure and are about the whole record: a partner without a row, trade that jumped.
OF_ALL_MEASURES = ("partners_missing", "magnitude")
# What rests on the sum of all partners, of whichever partner it is.
ON_THE_SUM = tuple(name for name, figure in FIGURE_OF.items() if figure.of_partners)
# What rests on imports for consumption too, whichever measure it is of.
ON_CONSUMPTION = tuple(name for name, figure in FIGURE_OF.items() if figure.formula[:1] == ("of_consumption",))
RECORDS = tuple(name for name, figure in FIGURE_OF.items() if figure.dtype == "Date")
# About the law, the file or its codes, not about a number.
OF_NO_NUMBER = ("control_lapsed", "known_release", "product_validity", "copies", "experimental_source", "revised")
# The finding that a person's decision leaves about the doubts that it lifts, with their checks as its subject.
LIFTED = "doubt_lifted"
FLOW = re.compile("|".join(FLOWS))
MONTHS = re.compile(r"\d{4}-\d{2}(\.\.\d{4}-\d{2})?")
PRODUCT = re.compile(r"\d{2,11}|line:\w+")
PARTNER = re.compile(r"[A-Z]{3}|[A-Z]{2}\d{2}|[a-z]+:\w+")
MEASURE = re.compile(r"quantity(_\w+)?|value_\w+")
# How a row of a table says its months, and how many months before them it rests on, by a column that only this table
# has: `event_window` (of `events windows`), `trade_flow`, `expectation`, whose regression weighs every month of its
# window. A row of `metric` says which of its figures are in doubt.
MONTHS_BEHIND = {
    "first_month": ("first_month", "last_month", 12),
    "quantity_other": ("period", "period", 0),
    "window_start": ("window_start", "period", 0),
}
# Which releases printed the numbers of a row, and its month, by a column that only this table has: `revision`,
# `first_print`, `observation` and `detail`.
RELEASES_BEHIND = {
    "old_release_id": (("old_release_id", "new_release_id"), "period_end"),
    "first_release_id": (("first_release_id",), "period"),
    "known_from": (("release_id",), "period_end"),
}


def findings_of(snapshot: Snapshot | None) -> pl.DataFrame:
    """Return the findings that are published; none without a snapshot."""
    return read_table(snapshot, "finding")


def open_doubts(findings: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """Return the open findings about the numbers of these releases, with the columns of `metrics.doubt.doubts.OPEN`.

    A later release of the same goods that has the partners, months or products that an earlier one lacks answers the
    finding about them: it is open for the other months alone.
    """
    lifted = findings.filter(check=LIFTED).select("release_id", check=pl.col("subject").str.split(" ")).explode("check")
    is_open = pl.col("severity").is_in(["error", "warning"]) & ~pl.col("check").is_in(OF_NO_NUMBER)
    rows = findings.filter(is_open).join(lifted, on=["release_id", "check"], how="anti")
    scopes = releases.select("release_id", "flow", "first_month", "last_month", "products", "partners", "partner_list")
    rows = rows.join(scopes, on="release_id").unique(["release_id", "check", "subject"], keep="first")
    opened = [_open(row) for row in rows.sort("release_id", "check", "subject").iter_rows(named=True)]
    known = [row for row in opened if row is not None]
    known = _unanswered(known, releases) if any(row["of_sums"] for row in known) else known
    if not known:
        return NONE_OPEN
    return pl.DataFrame(
        [row | {"number": number, "sentence": _sentence_of(row)} for number, row in enumerate(known)], schema=OPEN
    )


def _open(row: dict[str, Any]) -> dict[str, Any] | None:
    """What a finding is about, by the words of its subject; None where it names no number: only that of a file does."""
    flows, products, partners, measures, months = subject_of(row["subject"])
    of_sums, of_gaps = row["check"] in OF_SUMS, row["check"] in OF_GAPS
    if not (flows or products or of_sums or of_gaps or row["check"] in OF_THE_RELEASE):
        return None
    named = partners
    if of_gaps:
        products, partners = products or row["products"], partners or _partners_of(row)
    days = [date.fromisoformat(f"{month}-01") for part in months for month in part.split("..")]
    days = days or [row["first_month"], row["last_month"]]
    first, last = min(days), max(days)
    return {
        "release_id": row["release_id"],
        "finding": row["check"],
        "flow": None if len(flows) > 1 else flows[0] if flows else row["flow"],
        "products": products,
        "partners": [partner for partner in partners if partner not in TOTALS],
        "lacks": partners_in(row["observed"]) if row["check"] == OF_ABSENT_PARTNERS else [],
        "measure": _measure(row["check"], measures),
        "first": month_number(first),
        "last": month_number(last),
        "of_sums": of_sums or of_gaps,
        "of_zeros": of_sums and row["check"] not in OF_NO_ZERO,
        "of_totals": row["check"] in OF_TOTALS,
        "of_gaps": of_gaps,
        "share": row["goods_share"],
        "observed": row["observed"],
        "named": named,
    }


def _sentence_of(opened: dict[str, Any]) -> str:
    """The sentence of an open finding, with the months for which it is open."""
    months = (first_day(opened[name]) for name in ("first", "last"))
    return sentence(opened["finding"], opened["observed"], opened["named"], *months)


class Subject(NamedTuple):
    """What the subject of a finding names."""

    flows: list[str]
    products: list[str]
    partners: list[str]
    measures: list[str]
    months: list[str]


def subject_of(text: str) -> Subject:
    """Return the directions, products, partners, measures and months that the subject of a finding names.

    >>> subject_of("export 85051110 USA 2025-06 value_usd")
    Subject(flows=['export'], products=['85051110'], partners=['USA'], measures=['value_usd'], months=['2025-06'])
    """
    kinds = Subject([], [], [], [], [])
    patterns = ((FLOW, kinds.flows), (MONTHS, kinds.months), (PRODUCT, kinds.products), (PARTNER, kinds.partners))
    for part in text.split():
        for pattern, parts in (*patterns, (MEASURE, kinds.measures)):
            if pattern.fullmatch(part):
                parts.append(part)
                break
    return kinds


def partners_in(text: str) -> list[str]:
    """Return the partners that a text names.

    >>> partners_in("no row for CHN, AU01, 12.0% of the twelve months before")
    ['CHN', 'AU01']
    """
    return PARTNER.findall(text)


def _partners_of(release: dict[str, Any]) -> list[str]:
    """The partners that a release was asked for; none where it was for all."""
    return list(release["partner_list"]) if release["partners"] == "listed" else []


def _unanswered(opened: list[dict[str, Any]], releases: pl.DataFrame) -> list[dict[str, Any]]:
    """The findings for the months that no later release answers: a finding about what a release lacks for each run of
    them, any other as it is."""
    lacking = (row for row in opened if row["of_sums"])
    doubted = {(row["release_id"], month) for row in lacking for month in range(row["first"], row["last"] + 1)}
    by_release = {row["release_id"]: row for row in releases.iter_rows(named=True)}
    rows: list[dict[str, Any]] = []
    for row in opened:
        if not row["of_sums"]:
            rows.append(row)
            continue
        later = [one for one in by_release.values() if _answers(one, row, by_release[row["release_id"]])]
        months = {
            month
            for month in range(row["first"], row["last"] + 1)
            if not any((one["release_id"], month) not in doubted and _covers(one, month) for one in later)
        }
        rows += [row | {"first": first, "last": last} for first, last in month_runs(months)]
    return rows


def _answers(later: dict[str, Any], finding: dict[str, Any], release: dict[str, Any]) -> bool:
    """Whether a release came after the one of a finding, covers all that it covers, and has the partners that the
    finding names."""
    everyone = later["partners"] == "all" and later["partner_list"] != [WORLD]
    everyone |= later["partners"] == "listed" == release["partners"] and {*release["partner_list"]} <= {
        *later["partner_list"]
    }
    return (
        (later["released_on"], later["release_id"]) > (release["released_on"], release["release_id"])
        and KINDS.index(later["kind"]) <= KINDS.index(release["kind"])
        and all(later[name] == release[name] for name in ("flow", "classification"))
        and everyone
        and later["by_month"]
        and not later["lost"]
        and {*release["measures"]} <= {*later["measures"]}
        and {*finding["partners"], *finding["lacks"]} <= {*later["partner_list"]}
        and _has_all(later["products"], finding["products"] or release["products"])
    )


def _has_all(products: Collection[str], codes: Iterable[str]) -> bool:
    """Whether each of these codes is one of the products that were asked for, or below one. A release may list
    thousands.

    >>> _has_all(["8505", "12"], ["85051110", "1201"]), _has_all(["8505"], ["85"]), _has_all(["*"], ["line:3"])
    (True, False, True)
    """
    known = {*products}
    lengths = {len(code) for code in known}
    return EVERYTHING in known or all(any(code[:length] in known for length in lengths) for code in codes)


def _covers(release: dict[str, Any], month: int) -> bool:
    """Whether a release speaks of a month (month number): one of its months that had ended when it came out."""
    first, last, day = (month_number(release[name]) for name in ("first_month", "last_month", "released_on"))
    return first <= month <= last and month < day


def _measure(check: str, measures: Sequence[str]) -> str | None:
    """How the names of the measures begin that a finding concerns: all quantities are of one record; None: of any.
    Money alone is named where the kilograms jumped too."""
    named = measures[0] if measures else None
    if named is None or named.startswith("quantity"):
        return named and "quantity"
    return None if check in OF_ALL_MEASURES else named


def sentence(check: str, observed: str, partners: Sequence[str], first: date, last: date) -> str:
    """Return a doubt in words: what was found, of which partner and months.

    >>> sentence("few_partners", "only BRA in all months", [], date(2025, 5, 1), date(2025, 6, 1))
    'few partners for a file of all partners, 2025-05 to 2025-06: only Brazil in all months'
    """
    months = f"{first:%Y-%m}" if first == last else f"{first:%Y-%m} to {last:%Y-%m}"
    about = [check_words().get(check, check.replace("_", " ")), *map(partner_name, partners[:3]), months]
    return f"{', '.join(about)}: {with_partner_names(check, observed)}"


def concerned(numbers: pl.DataFrame, doubts: pl.DataFrame) -> pl.Series:
    """Of numbers (flow, product, partner, measure, month, release_id) whether one of the open findings concerns the
    number itself."""
    rows = _concerned(numbers, doubts)["at"].unique()
    return pl.repeat(False, numbers.height, eager=True).scatter(rows, True)


def of_numbers(doubts: pl.DataFrame) -> pl.DataFrame:
    """The open findings that can concern a number itself: not those of sums alone."""
    return doubts.filter(pl.col("of_totals") | ~pl.col("of_sums"))


def _concerned(numbers: pl.DataFrame, doubts: pl.DataFrame) -> pl.DataFrame:
    """The numbers, by their row `at`, with the sentence of each open finding that concerns the number itself."""
    doubts = of_numbers(doubts)
    if not doubts.height:
        return pl.DataFrame(schema={"at": pl.UInt32, "sentence": pl.String})
    rows = numbers.select(
        pl.col("flow", "product", "partner", "measure", "release_id").cast(pl.String), "month"
    ).with_row_index("at")
    # Of a large release and many findings the pairs are too many: each finding meets what its words name.
    listed = pl.when("of_totals").then(pl.lit([*TOTALS])).otherwise("partners")
    scopes = doubts.with_columns(partner=listed, code="products").drop("products", "partners")
    scopes = scopes.explode("code", empty_as_null=True).explode("partner", empty_as_null=True)
    touching = rows.join(_touching(rows["product"], scopes["code"]), on="product")
    pairs = []
    for (has_code, has_partner), some in scopes.group_by(
        pl.col("code").is_not_null().alias("has_code"), pl.col("partner").is_not_null().alias("has_partner")
    ):
        names = [name for name, is_named in (("code", has_code), ("partner", has_partner)) if is_named]
        left_out = {"code", "partner"}.difference(names)
        pairs.append(
            (touching if has_code else rows)
            .join(some.drop(left_out), on=["release_id", *names])
            .filter(
                pl.col("flow_right").is_null() | (pl.col("flow") == pl.col("flow_right")),
                pl.col("month").is_between("first", "last"),
                pl.col("measure_right").is_null() | pl.col("measure").str.starts_with(pl.col("measure_right")),
            )
            .select("at", "sentence")
        )
    return pl.concat(pairs)


def _touching(products: pl.Series, codes: pl.Series) -> pl.DataFrame:
    """Return which of these products are one of these codes, below one, or above one: product, code."""
    some = products.unique().to_frame("product"), codes.drop_nulls().unique().to_frame("code")
    pairs = [pl.DataFrame(schema={"product": pl.String, "code": pl.String})]
    for (longer, long), (shorter, short) in itertools.permutations(zip(some, ("product", "code"), strict=True)):
        for length in shorter[short].str.len_chars().unique():
            heads = longer.with_columns(pl.col(long).str.head(length).alias(short))
            pairs.append(heads.join(shorter, on=short, how="semi").select("product", "code"))
    return pl.concat(pairs).unique()


def doubts_of_releases(rows: pl.DataFrame, doubts: pl.DataFrame) -> pl.Series:
    """For rows of a table of RELEASES_BEHIND the open findings about their numbers themselves, a list; null where there
    is none. A number that counts no more has those of its release."""
    releases, month = next(columns for column, columns in RELEASES_BEHIND.items() if column in rows.columns)
    keys = rows.select("flow", "product", "partner", "measure", *releases, month=month_index(month).cast(pl.Int32))
    pairs = [_concerned(keys.with_columns(release_id=one), doubts) for one in releases]
    joined = pl.concat(pairs).unique().sort("at", "sentence").group_by("at", maintain_order=True).agg("sentence")
    every = pl.DataFrame({"at": pl.int_range(rows.height, dtype=pl.UInt32, eager=True)})
    return every.join(joined, on="at", how="left", maintain_order="left")["sentence"].alias("doubt")


NO_ROWS = pl.DataFrame(
    schema={
        **dict.fromkeys(("flow", "product", "partner", "measure", "sentence"), pl.String),
        "month": pl.Int32,
        "part_pct": pl.Float64,
    }
)
NO_PARTS_OF_PRODUCTS = NO_ROWS.select("product", "part_pct", "sentence")
NO_PARTS_OF_PARTNERS = NO_ROWS.select("partner", "month", "part_pct", "sentence")
RowsOn = Callable[[str, str | None], pl.DataFrame]


class Doubts:
    """What is published about the numbers of a snapshot that are in doubt, or was known at the end of a past day; most
    stores have none."""

    def __init__(self, snapshot: Snapshot, rows_on: RowsOn | None = None) -> None:
        """`rows_on` gives the rows of the table `doubt` of a direction, and of a product where one is named, as of a
        past day."""
        self._snapshot, self._rows_on = snapshot, rows_on
        self._flows = {path_partition(entry.partition)[0] for entry in snapshot.entries("doubt") if entry.rows}
        self._rows: dict[tuple[str, str | None], pl.DataFrame] = {}

    def of(
        self,
        flow: str,
        product: str,
        partner: str,
        months: Iterable[int],
        figure: str = "level",
        measure: str | None = None,
    ) -> list[str]:
        """The doubts about a figure that rests on these months (month numbers) of a product and partner, as sentences,
        the newest month first as in `each_of_rows`; of any measure where none is named."""
        partners = [partner, WORLD] if figure in ON_THE_SUM else [partner]
        rows = self.parts(flow, product, partners, months, measure, figure)
        if rows.is_empty():
            return []
        ordered = rows.sort("month", "sentence", descending=[True, False])
        return ordered["sentence"].unique(maintain_order=True).to_list()

    def parts(
        self,
        flow: str,
        product: str,
        partners: Iterable[str],
        months: Iterable[int],
        measure: str | None = None,
        figure: str = "level",
    ) -> pl.DataFrame:
        """The doubts about numbers of a product and these partners and months (month numbers): partner, month,
        part_pct, sentence; of any measure where none is named, and of the measures that a figure rests on."""
        rows = self._of_flow(flow, product)
        if rows.is_empty():
            return NO_PARTS_OF_PARTNERS
        where = [pl.col("product") == product, pl.col("partner").is_in([*partners]), pl.col("month").is_in([*months])]
        if measure is not None:
            wholes = [CONSUMPTION] if figure in ON_CONSUMPTION else []
            where.append(pl.col("measure").is_in([measure, *wholes, *RATIOS.get(measure, ())]))
        return rows.filter(*where).select(NO_PARTS_OF_PARTNERS.columns)

    def of_month(self, flow: str, partner: str, measure: str, month: int) -> pl.DataFrame:
        """The numbers of a partner, measure and month (month number) that are in doubt: product, part_pct,
        sentence."""
        rows = self._of_flow(flow)
        if rows.is_empty():
            return NO_PARTS_OF_PRODUCTS
        is_asked = (pl.col("partner") == partner, pl.col("measure") == measure, pl.col("month") == month)
        return rows.filter(*is_asked).select(NO_PARTS_OF_PRODUCTS.columns)

    def of_rows(self, rows: pl.DataFrame, figures: Collection[str] = ()) -> pl.Series:
        """`each_of_rows` as text: the doubts about each row in one; null where there is none."""
        return self.each_of_rows(rows, figures).list.join("; ")

    def each_of_rows(self, rows: pl.DataFrame, figures: Collection[str] = ()) -> pl.Series:
        """For rows of `metric`, or of a table of MONTHS_BEHIND, the doubts about these figures of each, about any where
        none are named, a list; null where there is none. Rows of `metric` have `figures_in_doubt`."""
        names = ["flow", "product", "partner", *(["measure"] if "measure" in rows.columns else [])]
        if "figures_in_doubt" in rows.columns:
            return self._sentences(_operands(rows, names, figures), rows.height)
        first, last, back = next(columns for column, columns in MONTHS_BEHIND.items() if column in rows.columns)
        # A month without a window is of itself alone.
        begin = pl.coalesce(month_index(first), month_index(last)) - back
        keys = rows.select(names, begin=begin, end=month_index(last), of_world=pl.lit(False))
        keys = keys.with_row_index("at")
        return self._sentences(keys.filter(rows["in_doubt"]) if "in_doubt" in rows.columns else keys, rows.height)

    def of_keys(self, keys: pl.DataFrame) -> pl.Series:
        """For rows of flow, product, partner, measure (any where there is no such column), and the first and last month
        (month numbers `begin`, `end`) the doubts about their numbers, the newest month first, as text; null where there
        is none."""
        return self.each_of_keys(keys).list.join("; ")

    def each_of_keys(self, keys: pl.DataFrame) -> pl.Series:
        """`of_keys` as a list by row."""
        return self._sentences(keys.with_row_index("at").with_columns(of_world=pl.lit(False)), keys.height)

    def _sentences(self, keys: pl.DataFrame, height: int) -> pl.Series:
        """The doubts about numbers of the rows `at`, a list by row; `of_world`: those of all partners together."""
        nothing = pl.repeat(None, height, dtype=pl.List(pl.String), eager=True).alias("doubt")
        flows = keys["flow"].cast(pl.String).unique().to_list()
        known = pl.concat([NO_ROWS, *(self._of_flow(flow) for flow in flows)])
        if not known.height or not keys.height:
            return nothing
        names = [name for name in ("flow", "product", "partner", "measure") if name in keys.columns]
        keys = keys.with_columns(pl.col(names).cast(pl.String))
        columns = ["at", "begin", "end", "month", "sentence"]
        pairs = keys.filter(~pl.col("of_world")).join(known, on=names).select(columns)
        shared = keys.filter("of_world").join(
            known.filter(partner=WORLD), on=[name for name in names if name != "partner"]
        )
        named = pl.format(f"{OF_THE_SUM['en']}{{}}", "sentence").alias("sentence")
        pairs = pl.concat([pairs, shared.select(*columns[:-1], named)])
        joined = (
            pairs.filter(pl.col("month").is_between("begin", "end"))
            .sort("at", "month", "sentence", descending=[False, True, False])
            .unique(["at", "sentence"], keep="first", maintain_order=True)
            .group_by("at", maintain_order=True)
            .agg("sentence")
        )
        every = pl.DataFrame({"at": pl.int_range(height, dtype=pl.UInt32, eager=True)})
        return every.join(joined, on="at", how="left", maintain_order="left")["sentence"].alias("doubt")

    def _of_flow(self, flow: str, product: str | None = None) -> pl.DataFrame:
        key = (flow, product if self._rows_on else None)
        if key not in self._rows:
            if self._rows_on:
                self._rows[key] = _as_known(self._rows_on(*key))
            elif flow in self._flows:
                self._rows[key] = _as_known(read_table(self._snapshot, "doubt", lambda place: place[0] == flow))
            else:
                self._rows[key] = NO_ROWS
        return self._rows[key]


def _operands(rows: pl.DataFrame, names: Sequence[str], figures: Collection[str]) -> pl.DataFrame:
    """The numbers that the figures in doubt of rows of `metric` rest on: row `at`, names, first and last month
    (`begin`, `end`), and whether they are those of all partners together."""
    every = rows.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("at"),
        *names,
        month=month_index("period").cast(pl.Int32),
        figure=pl.col("figures_in_doubt").cast(pl.String).str.split("+"),
    )
    every = every.drop_nulls("figure").explode("figure")
    of_figures = every.filter(pl.col("figure").is_in(list(figures))) if figures else every
    operands = [of_figures.select("at", *names, begin="month", end="month", of_world=pl.lit(False)).clear()]
    for (figure,), rows_of_figure in of_figures.partition_by("figure", as_dict=True).items():
        for first, last, of_world in months_of(str(figure)):
            # A number of the world is a figure of its own there.
            some = rows_of_figure.filter(pl.col("partner").cast(pl.String) != WORLD) if of_world else rows_of_figure
            operands.append(some.select("at", *names, begin=first, end=last, of_world=pl.lit(of_world)))
        if figure in ON_CONSUMPTION and "measure" in names:
            operands += [part.with_columns(measure=pl.lit(CONSUMPTION)) for part in operands[-1:]]
    return pl.concat(operands).unique()


def heavy(parts: pl.DataFrame, total: float) -> list[str]:
    """Return the doubts about parts (sentence, `amount`, null: not known) of a total, each once, that could move a
    printed digit of it; small ones where they could together.

    >>> heavy(pl.DataFrame({"sentence": ["a", "b"], "amount": [0.4, 90.0]}), 1000.0)
    ['b']
    """
    # A size that is not known is more than any part.
    amount, bound = pl.col("amount").fill_null(float("inf")), threshold("doubt_part_least") * abs(total)
    lights = parts.filter(amount < bound)
    is_heavy = amount >= (bound if (lights["amount"].sum() or 0) < bound else 0)
    return list(dict.fromkeys(parts.filter(is_heavy)["sentence"].to_list()))


def once_each(doubts: pl.Series) -> tuple[str, ...]:
    """Return the doubts of several numbers, each once; a share leaves out the doubt that its number already has.

    >>> once_each(pl.Series([["a", "share, rank and contributions: a"], ["b"], None]))
    ('a', 'b')
    """
    sentences = doubts.explode().drop_nulls().unique().sort()
    known = {*sentences}
    return tuple(one for one in sentences if one.removeprefix(OF_THE_SUM["en"]) not in known - {one})


def months_of(figure: str) -> list[tuple[pl.Expr, pl.Expr, bool]]:
    """Return the first and the last month of each operand of a figure of a `month`, and whether it is a number of all
    partners together. A record is told of the doubts of two years."""
    month = pl.col("month")
    if figure in RECORDS:
        return [(month - FIGURES_LOOK_BACK, month, False)]
    spans = [(month, month, False)]
    for operand in FIGURE_OF[figure].formula[1:]:
        of_world = operand.startswith("world_") or operand == "place_by_level"
        name = operand.removeprefix("world_")
        back = next((months for prefix, months in BACK.items() if name.startswith(f"{prefix}_")), 0)
        spans.append((first_month(operand).cast(pl.Int32), month - back, of_world))
    return spans


def _as_known(rows: pl.DataFrame) -> pl.DataFrame:
    texts = pl.col("flow", "product", "partner", "measure", "sentence").cast(pl.String)
    return rows.select(texts, month_index("period").cast(pl.Int32).alias("month"), "part_pct").sort("month")
