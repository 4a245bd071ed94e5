"""Finds the numbers that rest on a release in doubt: the open findings as rows that figures are compared with, and what
is published about a figure in the table `doubt`.

A finding of severity error or warning stays open: an approval lets the release be published, and does not make it
right, unless the person who approved it lifted the doubt. Belongs here: which finding is open, and joining findings
with numbers by their columns. Which levels a finding reaches is computed with them (`metrics.doubt`); answers carry a
`NumberDoubt`, and its words are made where it is shown (`domain.doubt.doubt_words`).
"""

import functools
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import polars as pl

from schemas.figures import FIGURE_OF
from schemas.forms.doubt import NumberDoubt
from schemas.names import KINDS
from tasks.domain.classification import touching
from tasks.domain.coverage import EVERYTHING, FIGURES_LOOK_BACK, TOTALS, WORLD
from tasks.domain.doubt.doubt_words import DOUBT, DOUBTS, doubts_in
from tasks.domain.doubt.findings import ABOUT_PARTNERS, OF_GAPS, OF_NOTHING, OF_SUMS_AND_ZEROS, OF_TOTALS
from tasks.domain.periods import month_index, month_number, month_runs
from tasks.domain.thresholds import threshold
from tasks.domain.units import CONSUMPTION, RATIOS
from tasks.metrics.doubt.doubts import NONE_OPEN, OPEN
from tasks.metrics.figures.figures import BACK, first_month
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import path_partition, read_table

# What rests on the sum of all partners, of whichever partner it is.
ON_THE_SUM = tuple(name for name, figure in FIGURE_OF.items() if figure.of_partners)
# What rests on imports for consumption too, whichever measure it is of.
ON_CONSUMPTION = tuple(name for name, figure in FIGURE_OF.items() if figure.formula[:1] == ("of_consumption",))
RECORDS = tuple(name for name, figure in FIGURE_OF.items() if figure.dtype == "Date")
# The finding that a person's decision leaves about the doubts that it lifts: it lists their checks.
LIFTED = "doubt_lifted"
# The severity of findings of a release that is held, about the published numbers that it contradicts, and the finding
# that ends them.
HELD, SETTLED = "held", "held_settled"
OF_RELEASE = ("flow", "products", "partners", "first_month", "last_month")
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
    lifted = findings.filter(check=LIFTED).select("release_id", check="listed").explode("check")
    is_open = pl.col("severity").is_in(["error", "warning"]) & (pl.col("scope") != OF_NOTHING)
    rows = findings.filter(is_open).join(lifted, on=["release_id", "check"], how="anti")
    scopes = releases.select(
        "release_id", "partner_list", *(pl.col(name).alias(f"{name}_asked") for name in OF_RELEASE)
    )
    rows = pl.concat([rows.join(scopes, on="release_id"), _of_held(findings)], how="diagonal_relaxed")
    known = [_open(row) for row in rows.sort("release_id", "number").iter_rows(named=True)]
    known = _unanswered(known, releases) if any(row["of_sums"] for row in known) else known
    if not known:
        return NONE_OPEN
    return pl.DataFrame([row | {"number": number} for number, row in enumerate(known)], schema=OPEN)


def _of_held(findings: pl.DataFrame) -> pl.DataFrame:
    """The findings of releases that are held, which name all that they are about."""
    settled = findings.filter(check=SETTLED).select("release_id")
    nothing = {f"{name}_asked": pl.lit(None) for name in OF_RELEASE} | {"partner_list": pl.lit(None)}
    return findings.filter(severity=HELD).join(settled, on="release_id", how="anti").with_columns(**nothing)


def _open(row: dict[str, Any]) -> dict[str, Any]:
    """A finding with what its release asked for where it names nothing itself."""
    scope, products, partners = row["scope"], row["products"], row["partners"]
    if scope == OF_GAPS:
        # None of the numbers is one of the release, so the goods and partners are those that it was asked for.
        products = products or row["products_asked"]
        partners = partners or (row["partner_list"] if row["partners_asked"] == "listed" else [])
    if row["both_sides"]:
        products = products or row["products_asked"]
    first, last = (row[name] or row[f"{name}_asked"] for name in ("first_month", "last_month"))
    return {
        "release_id": row["release_id"],
        "finding": row["check"],
        "of_release": row["number"],
        "flow": row["flow"] or row["flow_asked"],
        "products": products,
        "partners": [partner for partner in partners if partner not in TOTALS],
        "measure": row["measure"],
        "first": month_number(first),
        "last": month_number(last),
        "of_sums": scope in ABOUT_PARTNERS,
        "of_zeros": scope == OF_SUMS_AND_ZEROS,
        "of_totals": scope == OF_TOTALS,
        "of_gaps": scope == OF_GAPS,
        "both_sides": row["both_sides"],
        "share": row["goods_share"],
        "doubt": NumberDoubt(
            row["check"],
            tuple(row["partners"]),
            tuple(row["listed"]),
            month_number(first),
            month_number(last),
            row["observed_value"],
            row["expected_value"],
            row["unit"],
            finding=f"{row['release_id']} {row['number']}",
        )._asdict(),
    }


def _unanswered(opened: list[dict[str, Any]], releases: pl.DataFrame) -> list[dict[str, Any]]:
    """The findings for the months that no later release answers: a finding about what a release lacks for each run of
    them, any other as it is."""
    lacking = (row for row in opened if row["of_sums"])
    doubted = {(row["release_id"], month) for row in lacking for month in range(row["first"], row["last"] + 1)}
    by_release = {row["release_id"]: row for row in releases.iter_rows(named=True)}
    rows: list[dict[str, Any]] = []
    for row in opened:
        # A release that is held answers nothing and is answered by none.
        if not row["of_sums"] or row["release_id"] not in by_release:
            rows.append(row)
            continue
        later = [one for one in by_release.values() if _answers(one, row, by_release[row["release_id"]])]
        months = {
            month
            for month in range(row["first"], row["last"] + 1)
            if not any((one["release_id"], month) not in doubted and _covers(one, month) for one in later)
        }
        rows += [
            row | {"first": first, "last": last, "doubt": row["doubt"] | {"first": first, "last": last}}
            for first, last in month_runs(months)
        ]
    return rows


def _answers(later: dict[str, Any], finding: dict[str, Any], release: dict[str, Any]) -> bool:
    """Whether a release came after the one of a finding, covers all that it covers, and has the partners that the
    finding names. A contradiction with a release of the same day is not answered by that release."""
    order = ("released_on",) if finding["both_sides"] else ("released_on", "release_id")
    everyone = later["partners"] == "all" and later["partner_list"] != [WORLD]
    everyone |= later["partners"] == "listed" == release["partners"] and {*release["partner_list"]} <= {
        *later["partner_list"]
    }
    return (
        [later[name] for name in order] > [release[name] for name in order]
        and KINDS.index(later["kind"]) <= KINDS.index(release["kind"])
        and all(later[name] == release[name] for name in ("flow", "classification"))
        and everyone
        and later["by_month"]
        and not later["lost"]
        and {*release["measures"]} <= {*later["measures"]}
        and {*finding["partners"]} <= {*later["partner_list"]}
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


def concerned(numbers: pl.DataFrame, doubts: pl.DataFrame) -> pl.Series:
    """Of numbers (flow, product, partner, measure, month, release_id) whether one of the open findings concerns the
    number itself."""
    rows = _concerned(numbers, doubts)["at"].unique()
    return pl.repeat(False, numbers.height, eager=True).scatter(rows, True)


def of_numbers(doubts: pl.DataFrame) -> pl.DataFrame:
    """The open findings that can concern a number itself: not those of sums alone."""
    return doubts.filter(pl.col("of_totals") | ~pl.col("of_sums"))


def _concerned(numbers: pl.DataFrame, doubts: pl.DataFrame) -> pl.DataFrame:
    """The numbers, by their row `at`, with the `number` of each open finding that concerns the number itself."""
    doubts = of_numbers(doubts)
    if not doubts.height:
        return pl.DataFrame(schema={"at": pl.UInt32, "number": pl.UInt32})
    rows = numbers.select(
        pl.col("flow", "product", "partner", "measure", "release_id").cast(pl.String), "month"
    ).with_row_index("at")
    # Of a large release and many findings the pairs are too many: each finding meets what it names.
    listed = pl.when("of_totals").then(pl.lit([*TOTALS])).otherwise("partners")
    scopes = doubts.drop("doubt").with_columns(partner=listed, code="products").drop("products", "partners")
    scopes = scopes.explode("code", empty_as_null=True).explode("partner", empty_as_null=True)
    scopes = scopes.with_columns(code=pl.when(pl.col("code") != EVERYTHING).then("code"))
    named_rows = rows.join(touching(rows["product"], scopes["code"]), on="product")
    pairs = [pl.DataFrame(schema={"at": pl.UInt32, "number": pl.UInt32})]
    kinds = scopes.group_by(
        pl.col("code").is_not_null().alias("has_code"),
        pl.col("partner").is_not_null().alias("has_partner"),
        # A contradiction of two releases is about the numbers of both.
        "both_sides",
    )
    for (has_code, has_partner, both_sides), some in kinds:
        named = (("code", has_code), ("partner", has_partner), ("release_id", not both_sides))
        names = [name for name, is_named in named if is_named]
        left_out = {"code", "partner", "release_id"}.difference(names)
        numbers_of_kind, findings = named_rows if has_code else rows, some.drop(left_out)
        joined = numbers_of_kind.join(findings, on=names) if names else numbers_of_kind.join(findings, how="cross")
        pairs.append(
            joined.filter(
                pl.col("flow_right").is_null() | (pl.col("flow") == pl.col("flow_right")),
                pl.col("month").is_between("first", "last"),
                pl.col("measure_right").is_null() | pl.col("measure").str.starts_with(pl.col("measure_right")),
            ).select("at", "number")
        )
    return pl.concat(pairs)


def doubts_of_releases(rows: pl.DataFrame, doubts: pl.DataFrame) -> pl.Series:
    """For rows of a table of RELEASES_BEHIND the open findings about their numbers themselves (DOUBTS); null where
    there is none. A number that counts no more has those of its release."""
    releases, month = next(columns for column, columns in RELEASES_BEHIND.items() if column in rows.columns)
    keys = rows.select("flow", "product", "partner", "measure", *releases, month=month_index(month).cast(pl.Int32))
    pairs = pl.concat([_concerned(keys.with_columns(release_id=one), doubts) for one in releases]).unique()
    doubts_at = pairs.sort("at", "number").join(doubts.select("number", "doubt"), on="number", maintain_order="left")
    return _by_row(doubts_at, rows.height)


def _by_row(doubts_at: pl.DataFrame, height: int) -> pl.Series:
    """Doubts (`at`, `doubt`) as a list by row; null where there is none."""
    joined = doubts_at.group_by("at", maintain_order=True).agg("doubt")
    every = pl.DataFrame({"at": pl.int_range(height, dtype=pl.UInt32, eager=True)})
    cells = every.join(joined, on="at", how="left", maintain_order="left")["doubt"]
    return cells.cast(DOUBTS).alias("doubt")


KEYS = dict.fromkeys(("flow", "product", "partner", "measure"), pl.String)
NO_ROWS = pl.DataFrame(schema={**KEYS, "month": pl.Int32, "part_pct": pl.Float64, "place": pl.UInt32})
RowsOn = Callable[[str, str | None], pl.DataFrame]


# What a doubt says of a finding, with its months.
_OF_FINDING = pl.struct(
    "check",
    "partners",
    "listed",
    first=month_index("first_month").cast(pl.Int32),
    last=month_index("last_month").cast(pl.Int32),
    observed="observed_value",
    expected="expected_value",
    unit="unit",
    of_sum=pl.lit(False),
    part_pct=pl.lit(None, pl.Float64),
    finding=pl.concat_str("release_id", "number", separator=" "),
)


class Doubts:
    """What is published about the numbers of a snapshot that are in doubt, or was known at the end of a past day; most
    stores have none."""

    def __init__(self, snapshot: Snapshot, rows_on: RowsOn | None = None) -> None:
        """`rows_on` gives the rows of the table `doubt` of a direction, and of a product where one is named, as of a
        past day."""
        self._snapshot, self._rows_on = snapshot, rows_on
        self._flows = {path_partition(entry.partition)[0] for entry in snapshot.entries("doubt") if entry.rows}
        self._rows: dict[tuple[str, str | None], pl.DataFrame] = {}
        # Each finding with its open months once: rows name its place here.
        self._findings_once = pl.DataFrame(schema={"release_id": pl.String, "number": pl.UInt32, "doubt": DOUBT})

    def of(
        self,
        flow: str,
        product: str,
        partner: str,
        months: Iterable[int],
        figure: str = "level",
        measure: str | None = None,
    ) -> list[NumberDoubt]:
        """The doubts about a figure that rests on these months (month numbers) of a product and partner, the newest
        month first as in `each_of_rows`; of any measure where none is named. Those of the sum of all partners alone are
        marked so."""
        on_the_sum = figure in ON_THE_SUM and partner != WORLD
        rows = self.parts(flow, product, [partner, WORLD] if on_the_sum else [partner], months, measure, figure)
        ordered = rows.sort("month", descending=True, maintain_order=True)
        of_number = doubts_in(ordered.filter(partner=partner)["doubt"])
        shared = doubts_in(ordered.filter(pl.col("partner") != partner)["doubt"])
        known = {one.by_itself for one in of_number}
        of_sum = (one._replace(of_sum=True) for one in shared if one.by_itself not in known)
        return list(dict.fromkeys([*of_number, *of_sum]))

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
        part_pct, doubt; of any measure where none is named, and of the measures that a figure rests on."""
        where = [pl.col("product") == product, pl.col("partner").is_in([*partners]), pl.col("month").is_in([*months])]
        if measure is not None:
            wholes = [CONSUMPTION] if figure in ON_CONSUMPTION else []
            where.append(pl.col("measure").is_in([measure, *wholes, *RATIOS.get(measure, ())]))
        return self._with_doubt(self._of_flow(flow, product).filter(*where)).select(
            "partner", "month", "part_pct", "doubt"
        )

    def of_month(self, flow: str, partner: str, measure: str, month: int) -> pl.DataFrame:
        """The numbers of a partner, measure and month (month number) that are in doubt: product, part_pct, doubt."""
        is_asked = (pl.col("partner") == partner, pl.col("measure") == measure, pl.col("month") == month)
        return self._with_doubt(self._of_flow(flow).filter(*is_asked)).select("product", "part_pct", "doubt")

    def each_of_rows(self, rows: pl.DataFrame, figures: Collection[str] = ()) -> pl.Series:
        """For rows of `metric`, or of a table of MONTHS_BEHIND, the doubts (DOUBTS) about these figures of each, about
        any where none are named; null where there is none. Rows of `metric` have `figures_in_doubt`."""
        names = ["flow", "product", "partner", *(["measure"] if "measure" in rows.columns else [])]
        if "figures_in_doubt" in rows.columns:
            return self._each(_operands(rows, names, figures), rows.height)
        first, last, back = next(columns for column, columns in MONTHS_BEHIND.items() if column in rows.columns)
        # A month without a window is of itself alone.
        begin = pl.coalesce(month_index(first), month_index(last)) - back
        keys = rows.select(names, begin=begin, end=month_index(last), of_world=pl.lit(False))
        keys = keys.with_row_index("at")
        return self._each(keys.filter(rows["in_doubt"]) if "in_doubt" in rows.columns else keys, rows.height)

    def each_of_keys(self, keys: pl.DataFrame, height: int | None = None) -> pl.Series:
        """For rows of flow, product, partner, measure (any where there is no such column), and the first and last month
        (month numbers `begin`, `end`) the doubts (DOUBTS) about their numbers, the newest month first; null where there
        is none. Where several keys belong to one row, the column `at` is the place of that row, of `height` rows."""
        placed = keys if "at" in keys.columns else keys.with_row_index("at")
        return self._each(placed.with_columns(of_world=pl.lit(False)), keys.height if height is None else height)

    def _each(self, keys: pl.DataFrame, height: int) -> pl.Series:
        """The doubts about numbers of the rows `at`, a list by row; `of_world`: those of all partners together."""
        flows = keys["flow"].cast(pl.String).unique().to_list()
        known = pl.concat([NO_ROWS, *(self._of_flow(flow) for flow in flows)])
        if not known.height or not keys.height:
            return pl.repeat(None, height, dtype=DOUBTS, eager=True).alias("doubt")
        names = [name for name in ("flow", "product", "partner", "measure") if name in keys.columns]
        keys = keys.with_columns(pl.col(names).cast(pl.String))
        columns = ["at", "begin", "end", "month", "part_pct", "place"]
        pairs = keys.filter(~pl.col("of_world")).join(known, on=names).select(*columns, of_sum=False)
        shared = keys.filter("of_world").join(
            known.filter(partner=WORLD), on=[name for name in names if name != "partner"]
        )
        pairs = pl.concat([pairs, shared.select(*columns, of_sum=True)])
        once = (
            pairs.filter(pl.col("month").is_between("begin", "end"))
            .sort("at", "month", "of_sum", "place", descending=[False, True, False, False])
            .unique(["at", "place", "of_sum"], keep="first", maintain_order=True)
        )
        return _by_row(self._with_doubt(once), height)

    def _with_doubt(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with the `doubt` of their finding: how much of the number it is, and whether it is one of the sum."""
        doubt = self._findings_once["doubt"].gather(rows["place"])
        columns = [
            (pl.col("of_sum") if "of_sum" in rows.columns else pl.lit(False)).alias("of_sum"),
            pl.col("part_pct").alias("part_pct"),
        ]
        with_doubt = rows.with_columns(doubt.alias("doubt"))
        return with_doubt.with_columns(pl.col("doubt").struct.with_fields(*columns).cast(DOUBT))

    def _of_flow(self, flow: str, product: str | None = None) -> pl.DataFrame:
        key = (flow, product if self._rows_on else None)
        if key not in self._rows:
            if self._rows_on:
                self._rows[key] = self._as_known(self._rows_on(*key))
            elif flow in self._flows:
                self._rows[key] = self._as_known(read_table(self._snapshot, "doubt", lambda place: place[0] == flow))
            else:
                self._rows[key] = NO_ROWS
        return self._rows[key]

    @functools.cached_property
    def _findings(self) -> pl.DataFrame:
        """What a doubt says of its finding."""
        columns = ("release_id", "number", "check", "partners", "listed", "observed_value", "expected_value", "unit")
        months = ("first_month", "last_month")
        return read_table(self._snapshot, "finding", columns=(*columns, *months))

    def named(self, findings: Iterable[str]) -> list[NumberDoubt]:
        """The doubts of these findings, each a release and a number in it, with the months that the findings have."""
        wanted = list(dict.fromkeys(findings))
        if not wanted:
            return []
        name = pl.concat_str("release_id", "number", separator=" ")
        of_release = read_table(self._snapshot, "release", columns=("release_id", "first_month", "last_month"))
        rows = self._findings.filter(name.is_in(wanted)).join(of_release, on="release_id", how="left", suffix="_asked")
        months = (pl.coalesce(one, f"{one}_asked").alias(one) for one in ("first_month", "last_month"))
        return doubts_in(
            rows.with_columns(*months).sort("release_id", "number").select(doubt=_OF_FINDING)["doubt"].cast(DOUBT)
        )

    def _as_known(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of the table `doubt` with the `place` of their finding in `_findings_once`, which gets new ones."""
        key = ["release_id", "number", "first_month", "last_month"]
        named = rows.with_columns(pl.col("release_id").cast(pl.String))
        new = named.select(key).unique().sort(key).with_row_index("place", self._findings_once.height)
        findings = self._findings.drop("first_month", "last_month")
        with_findings = new.join(findings, on=["release_id", "number"], how="left", maintain_order="left").select(
            "release_id", "number", doubt=_OF_FINDING
        )
        self._findings_once = pl.concat([self._findings_once, with_findings.cast(self._findings_once.schema)])
        known = named.join(new, on=key, maintain_order="left")
        texts = pl.col(*KEYS).cast(pl.String)
        return known.select(texts, month_index("period").cast(pl.Int32).alias("month"), "part_pct", "place").sort(
            "month", "place", maintain_order=True
        )


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


def heavy(parts: pl.DataFrame, total: float) -> list[NumberDoubt]:
    """Return the doubts about parts (doubt, `amount`, null: not known) of a total, each once, that could move a printed
    digit of it; small ones where they could together."""
    # A size that is not known is more than any part.
    amount, bound = pl.col("amount").fill_null(float("inf")), threshold("doubt_part_least") * abs(total)
    lights = parts.filter(amount < bound)
    is_heavy = amount >= (bound if (lights["amount"].sum() or 0) < bound else 0)
    kept = doubts_in(parts.filter(is_heavy)["doubt"])
    return list(dict.fromkeys(one._replace(of_sum=False, part_pct=None) for one in kept))


def months_of(figure: str) -> list[tuple[pl.Expr, pl.Expr, bool]]:
    """Return the first and the last month of each operand of a figure of a `month`, and whether it is a number of all
    partners together. A record is told of the doubts of two years."""
    month = pl.col("month")
    if figure in RECORDS:
        return [(month - FIGURES_LOOK_BACK, month, False)]
    spans = [(month, month, False)]
    for operand in FIGURE_OF[figure].formula[1:]:
        of_world = operand.startswith(("world_", "place_by_"))
        name = operand.removeprefix("world_")
        back = next((months for prefix, months in BACK.items() if name.startswith(f"{prefix}_")), 0)
        spans.append((first_month(operand).cast(pl.Int32), month - back, of_world))
    return spans
