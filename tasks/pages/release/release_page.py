"""Writes pages about a published release: the headline, what may not be compared, findings, quarantined records,
lineage.

Everything is read from the store, so a page shows what is published, not what a run computed. The results are markdown
and rows; `tasks/pages/release/prefect_pages.py` shows them. Rounding and words belong here and in
`tasks/domain/numbers.py`.
"""

import base64
import functools
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.figures import SHORT
from schemas.forms.outcome import Outcome
from schemas.names import LINES_OF_CHECK, MISSING, ORIGINS, VALUES, caveats_of, quote, status
from schemas.reference.code_tables import code_table
from tasks.answers.form.quotes import with_caveats, with_verdicts
from tasks.answers.trade.movers import changes_of_month, expected
from tasks.answers.trade.read import with_names
from tasks.answers.trade.revisions import doubts_of_revisions
from tasks.domain.carried import APPROVED
from tasks.domain.coverage import WORLD
from tasks.domain.decisions import decision_text
from tasks.domain.doubt.doubt_words import doubt_sentences, doubts_in, once_each
from tasks.domain.doubt.verdict_words import from_base
from tasks.domain.export_controls.measures import mixed_words
from tasks.domain.labels import DOUBTED, capitalised, partner_name, product_name, row_name, trade_of, written_month
from tasks.domain.numbers import CARE, amount
from tasks.domain.periods import Month
from tasks.domain.release_ids import MARK
from tasks.domain.reporter import Reporter
from tasks.domain.text import clip, counted
from tasks.ledger.doubts import LIFTED, Doubts
from tasks.pages.release.changes_since_release import Section, sections
from tasks.pages.release.release_sections import hashes, revision_report, steps
from tasks.pages.text.page_templates import plain, template
from tasks.pages.text.wording import caveats_in
from tasks.reading import query
from tasks.reading.resolver import Resolver
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.snapshots.parquet import Partition, partition_month, path_partition, read_table

PRODUCTS_MAX, PARTNERS_MAX, LINES_MAX, MONTHS_SHOWN, RECORDS_MAX = 3, 12, 6, 25, 200
# Measure, unit shown to readers, and factor; the first one that a product has is shown.
MONEY = tuple((name, f"{name.removeprefix('value_').upper()} million", 1e-6) for name in VALUES)
MEASURES = (("quantity_kg", "t", 1e-3), *MONEY)
FIGURES = tuple(name for name in SHORT if name != "level")
NOT_COMPARABLE = (
    "combined_months",
    "no_base",
    "zero_base",
    "definition_break",
    "not_covered",
    "incomplete_year",
    "no_world_total",
    "other_unit",
)
Row = dict[str, Any]


# The figures of the line with the result, and those of the table.
LED = ("level", "mom_pct", "yoy_pct")
TABLED = (*LED, "ytd", "ytd_yoy_pct", "share_pct")


class Pages(NamedTuple):
    """The pages about one release; a page without rows is empty. `lead` is the result in one line, `doubt` what is in
    doubt about it; `findings` counts those of which `checks` has the first ones."""

    lead: str
    summary: str
    checks: list[Row]
    quarantine: list[Row]
    lineage: list[Row]
    hashes: list[Row]
    revised: int
    doubt: str = ""
    findings: int = 0


def pages(store: Path, outcome: Outcome, *, pictures: bool = True) -> Pages:
    """Return the pages of a published release; `pictures` are a large part of the cost."""
    snapshot = open_snapshot(store)
    assert snapshot is not None, "a release was just published"
    release = _of(snapshot, "release", outcome).row(0, named=True)
    findings = _of(snapshot, "finding", outcome)
    decisions = read_table(snapshot, "decision").filter(
        pl.col("kind") != "replaced", release_id=outcome.release_id.partition(MARK)[0]
    )
    last = decisions.sort("number").row(-1, named=True) if decisions.height else None
    made_by = last["decision_id"] if last and outcome.decision else outcome.release_id
    names = pl.col("new_release_id").is_in([outcome.release_id, *decisions["decision_id"]])
    revision = read_table(snapshot, "revision", where=names)
    revised = revision.filter(new_release_id=made_by).height
    reporter = query.reporter_of(snapshot)
    shown = [one for flow in outcome.flows for one in _headlines(snapshot, outcome, flow, reporter, pictures=pictures)]
    trades = " and ".join(trade_of(outcome.reporter, flow) for flow in outcome.flows)
    lead = shown[0]["lead"] if shown else f"{outcome.months[-1]}: {trades}"
    doubt = shown[0]["doubt"] if shown else []
    if last is not None:
        lead = f"{capitalised(decision_text(last))}; {outcome.title}, {outcome.span}"
    doubts = findings.filter(pl.col("severity") != "info")["check"].value_counts().sort("check").rows()
    summary = template("release.md.j2").render(
        lead=lead,
        doubt=doubt,
        revised=counted(revised, "number") if revised else "",
        doubts=doubts,
        headlines=shown,
        outcome=outcome,
        release=release,
        approved=findings.filter(check=APPROVED)["observed"],
        lifted=findings.filter(check=LIFTED).select(pl.col("listed").list.join(", "), "observed").rows(),
        records=counted(outcome.records, "record"),
        revisions=(
            revision_report(revision, release, decisions, "##", doubts_of_revisions(revision, snapshot))
            if revision.height
            else ""
        ),
        moved=[one for flow in outcome.flows for one in _moved(snapshot, outcome, flow)] if pictures else [],
        capitalised=capitalised,
        name=row_name,
        plain_name=partner_name,
        pct=_pct,
        mark=_mark,
    )
    page, hashes = _lineage(snapshot, made_by, release)
    quarantine = [
        {"record": row["record"], "reasons": "; ".join(row["reasons"]), "printed": clip(row["printed"], 300)}
        for row in _of(snapshot, "quarantine", outcome).head(RECORDS_MAX).iter_rows(named=True)
    ]
    return Pages(
        lead, summary, _rows_of_checks(findings), quarantine, page, hashes, revised, "; ".join(doubt), findings.height
    )


def _rows_of_checks(findings: pl.DataFrame) -> list[Row]:
    """The first findings of each check, the gravest checks first."""
    order = pl.col("severity").replace_strict({"error": 0, "warning": 1, "info": 2}, return_dtype=pl.Int8)
    columns = ("severity", "check", "subject", "observed", "expected", "advice")
    ordered = findings.sort(order, "check", "subject").partition_by("severity", "check")
    return [row for of_check in ordered for row in _first(of_check.select(columns))]


def _first(findings: pl.DataFrame) -> list[Row]:
    """The first findings of a check, and how many more it has."""
    first, more = findings.head(LINES_OF_CHECK).to_dicts(), findings.height - LINES_OF_CHECK
    rest = dict.fromkeys(findings.columns, "") | findings.select("severity", "check").row(0, named=True)
    return [*first, *([{**rest, "subject": f"and {more:,} more: tidewaiter read finding"}] if more > 0 else [])]


def _moved(snapshot: Snapshot, outcome: Outcome, flow: str) -> Iterator[Section]:
    """Yield what made the change of the newest month, where the store has several products."""
    month = date.fromisoformat(f"{outcome.months[-1]}-01")
    try:
        rows = changes_of_month(snapshot, flow, month).rows
    except ValueError:
        return
    if rows.filter(kind="product", depth=0).height > 1:
        resolver = Resolver(snapshot)
        judged = with_caveats(rows, snapshot)
        named, beside = (with_names(one, resolver) for one in (judged, expected(snapshot, rows)))
        yield from sections(named, outcome.reporter, beside, Doubts(snapshot))


def _of(snapshot: Snapshot, table: str, outcome: Outcome) -> pl.DataFrame:
    return read_table(snapshot, table, where=pl.col("release_id") == outcome.release_id)


def _headlines(snapshot: Snapshot, outcome: Outcome, flow: str, reporter: Reporter, *, pictures: bool) -> list[Row]:
    """Return the largest products of the newest month, each with its rows, notes and picture."""
    year, month = map(int, outcome.months[-1].split("-"))
    last = Month.of(year, month)

    def shown(part: Partition) -> bool:
        return part[0] == flow and last - MONTHS_SHOWN < partition_month(part) <= last

    # A release may have ten thousand products, and three are shown: these are chosen first, and only their rows are
    # read in full.
    known = pl.col("level").is_not_null() & pl.col("product").is_in(outcome.products)
    filed = (path_partition(entry.partition) for entry in snapshot.entries("metric"))
    parts = sorted(filter(shown, filed), reverse=True)
    for measure, unit, scale in MEASURES:
        wanted = known & (pl.col("measure") == measure)
        columns = ("product", "partner", "level")
        levels = (read_table(snapshot, "metric", part.__eq__, where=wanted, columns=columns) for part in parts)
        products = largest(levels)
        if products:
            series = read_table(snapshot, "metric", shown, where=wanted & pl.col("product").is_in(products))
            of_each = (series.filter(product=product) for product in products)
            judge = functools.partial(with_verdicts, snapshot=snapshot)
            doubts = Doubts(snapshot)
            return [_headline(one, unit, scale, reporter, doubts, judge, pictures=pictures) for one in of_each]
    return []


def largest(months: Iterable[pl.DataFrame]) -> list[str]:
    """Return the products to show: those with several partners first, then those of the newest month, then the largest.

    `months` are levels (product, partner, level) month by month, the newest first; a product is judged by its newest
    one. Only as many months as necessary are read, because one may have millions of rows.
    """
    kinds = {"product": pl.String(), "several": pl.Boolean(), "level": pl.Float64(), "age": pl.Int32()}
    ranked = pl.DataFrame(schema=kinds)
    for age, levels in enumerate(months):
        others = levels.filter(~pl.col("product").is_in(ranked["product"].implode()))
        of_month = others.group_by("product").agg(
            pl.col("partner").n_unique().gt(1).alias("several"), pl.col("level").max(), age=pl.lit(age, pl.Int32)
        )
        ranked = pl.concat([ranked, of_month])
        # Products of older months rank lower.
        if ranked["several"].sum() >= PRODUCTS_MAX:
            break
    order = ranked.sort("several", "age", "level", "product", descending=[True, False, True, False])
    return order["product"].head(PRODUCTS_MAX).to_list()


def _headline(
    series: pl.DataFrame,
    unit: str,
    scale: float,
    reporter: Reporter,
    doubts: Doubts,
    judge: Callable[[pl.DataFrame], pl.DataFrame],
    *,
    pictures: bool,
) -> Row:
    newest = series.filter(period=series["period"].max())
    is_world = pl.col("partner") == WORLD
    ordered = newest.sort(~is_world, "level", "partner", descending=[False, True, False]).head(PARTNERS_MAX)
    judged = judge(ordered)
    first = judged.row(0, named=True)
    caveats = caveats_in(judged.to_dicts(), "en", lambda row: partner_name(row["partner"]))
    return {
        "lead": _lead(first, unit, scale, reporter),
        "doubt": doubt_sentences(doubts_in(doubts.each_of_rows(ordered[:1], LED)[0])),
        "doubts": doubt_sentences(once_each(doubts.each_of_rows(ordered, TABLED))),
        "about": _about(first, reporter),
        "month": written_month(first["period"]),
        "unit": unit,
        "rows": judged.to_dicts(),
        "level": lambda value: "–" if value is None else amount(value * scale),
        "notes": [*(f"{CARE} {plain(one)}" for one in caveats), *_not_comparable(ordered, reporter)],
        "picture": _picture(series, reporter) if pictures else "",
    }


def _about(row: Row, reporter: Reporter) -> str:
    return f"{trade_of(reporter.code, row['flow'])} of {product_name(row['product'], reporter.nomenclature)}"


def _lead(row: Row, unit: str, scale: float, reporter: Reporter) -> str:
    """Return `June 2025: China's exports of Permanent magnets of rare earths (85051110) 3,188 t, +157.5 % on the
    month`: for the world or, if only some partners are listed, for the largest of them.
    """
    way = "to" if row["flow"] == "export" else "from"
    partner = "" if row["partner"] == WORLD else f" {way} {partner_name(row['partner'])}"
    growth = "".join(
        f", {_pct(row, name, ' %').rstrip(CARE)} on the {span}{_caveats_of(row, name)}"
        for name, span in (("mom_pct", "month"), ("yoy_pct", "year"))
        if row[name] is not None
    ).replace("\\*", "")
    return (
        f"{written_month(row['period'])}: {_about(row, reporter)}{partner} {amount(row['level'] * scale)}"
        f" {unit}{growth}"
    )


def _caveats_of(row: Row, figure: str) -> str:
    """Say why a growth is quoted with care; of one in doubt the doubts are said."""
    is_told = row[quote(figure)] == "care" and not _mark(row, figure)
    return f" ({row[caveats_of(figure)]})" if is_told else ""


def _mark(row: Row, figure: str) -> str:
    """Mark a number of the table that is in doubt."""
    return f" {DOUBTED}" if figure in (row["figures_in_doubt"] or "").split("+") else ""


def _picture(series: pl.DataFrame, reporter: Reporter) -> str:
    """Draw the world and the largest partners of the newest month."""
    from tasks.pages.charts.plot import DrawnLines, draw

    # A group next to its own members would look like an addition to them.
    groups = code_table("partner_groups")["group"].implode()
    known = series.filter(pl.col("level").is_not_null(), ~pl.col("partner").is_in(groups))
    newest = known.filter(pl.col("period") == pl.col("period").max())
    ordered = newest.sort(pl.col("partner") != WORLD, "level", "partner", descending=[False, True, False])
    partners = ordered["partner"].head(LINES_MAX).to_list()
    if not partners:
        return ""
    lines = DrawnLines(known, [known["product"][0]], partners, reporter)
    drawn = draw([lines], known["measure"][0], ".png", scale=1)
    return base64.b64encode(drawn).decode()


def _not_comparable(rows: pl.DataFrame, reporter: Reporter) -> list[str]:
    """Explain why figures are missing or marked, in the terms of the dictionary."""
    reasons = {row[status(name)] for row in rows.iter_rows(named=True) for name in FIGURES}
    lines = mixed_words(rows["product"].unique(), reporter.code)
    lines += [f"\\* {ORIGINS['implied_base']}"] if "implied_base" in reasons else []
    missing = [MISSING[reason] for reason in NOT_COMPARABLE if reason in reasons]
    return lines + ([f"**not comparable, or not available** (–): {'; '.join(missing)}"] if missing else [])


def _pct(row: Row, name: str, unit: str = "") -> str:
    if row[name] is None:
        return "–"
    if row[quote(name)] == "no":
        return from_base(row, name)
    origin = "\\*" if row[status(name)] == "implied_base" else ""
    mark = CARE if row[quote(name)] == "care" and not _mark(row, name) else ""
    return f"{row[name]:+,.1f}{unit}{origin}{mark}"


def _lineage(snapshot: Snapshot, name: str, release: Row) -> tuple[list[Row], list[Row]]:
    """Return the steps, compared with those of the previous release of the same source; and the hashes."""
    of_release = read_table(snapshot, "lineage", where=pl.col("release_id") == name)
    others = read_table(snapshot, "release", where=pl.col("source") == release["source"]).filter(
        pl.col("release_id") != release["release_id"], pl.col("released_on") <= release["released_on"]
    )
    earlier = others.sort("released_on", "release_id")["release_id"][-1] if others.height else None
    before = read_table(snapshot, "lineage", where=pl.col("release_id") == earlier) if earlier else of_release.clear()
    return steps(of_release, before, earlier), hashes(of_release)
