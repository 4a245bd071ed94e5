"""Says which codes of a control list made the change of a month, as rows of the table `mover`.

The codes that are known in both months and count the same goods in both add up to the total of the rows; the others are
named beside it, with the reason. Belongs here: the change of a list. What a list means in a store is in
`tasks.reading.lists`.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.forms.doubt import NumberDoubt
from schemas.table import polars_schema
from tasks.analysis.reporter.movers import AGAINST, MEASURES
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.doubt_words import doubt_text
from tasks.domain.export_controls.control_lists import ListNote, codes_named
from tasks.domain.periods import month_name, month_number
from tasks.ledger.doubts import heavy
from tasks.reading.lists import ListedProducts, code_levels, doubted_parts
from tasks.store.files.snapshot import Snapshot

# Reasons why a number is missing that have words of their own.
SILENT = ("not_covered", "definition_break")


class MonthCompared(NamedTuple):
    """A month and what it is compared with; without a measure the first that is known."""

    flow: str
    month: date
    against: str = "month"
    measure: str | None = None
    day: date | None = None
    partner: str = WORLD


def list_movers(
    store: Path, snapshot: Snapshot, listed: ListedProducts, comparison: MonthCompared
) -> tuple[pl.DataFrame, Sequence[ListNote]]:
    """Return rows of the table `mover`, the total first, and what is left out of them. Raises ValueError where no code
    is known in both months."""
    number, base = month_number(comparison.month), AGAINST[comparison.against]
    before, spans = number - base.back, base.spans(number)
    for measure in [comparison.measure] if comparison.measure else MEASURES:
        levels = code_levels(
            store, listed, comparison.flow, comparison.partner, {*spans[0], *spans[1]}, measure, comparison.day
        )
        levels = pl.concat([_added_up(levels, span) for span in spans])
        known = levels.drop_nulls("level").group_by("code").len().filter(pl.col("len") == 2)
        if known.height:
            break
    else:
        what = comparison.measure or "measure"
        raise ValueError(
            f"no {what} of a code of the list is known in both {month_name(before)} and {month_name(number)}; ask for"
            " another month, or another measure"
        )
    moved = listed.recoded((month_name(before), month_name(number)))
    both = _both(levels, (before, number)).filter(~pl.col("code").is_in(moved))
    compared = both.drop_nulls(["level", "before"])
    rows = _rows(compared, comparison, measure)
    parts = listed.rows.filter(coverage="part")["code"].to_list()
    rows = rows.with_columns(
        note=pl.when(pl.col("product").is_in(parts)).then(pl.lit("only a part of the code is on the list"))
    )
    behind = _doubts(snapshot, listed, rows, measure, comparison)
    return rows.with_columns(behind), _left_out(levels, moved, compared, (before, number))


def _added_up(levels: pl.DataFrame, span: range) -> pl.DataFrame:
    """The sum of each code over months, as that of the last; null with the reason where one of them is not known."""
    rows = levels.filter(pl.col("month").is_in([*span])).group_by("code", maintain_order=True)
    is_known = (pl.col("level").count() == len(span)) & (pl.len() == len(span))
    return rows.agg(
        month=pl.lit(span[-1], levels.schema["month"]),
        level=pl.when(is_known).then(pl.col("level").sum()),
        status=pl.col("status").filter(pl.col("level").is_null()).first().fill_null(pl.col("status").last()),
    )


def _both(levels: pl.DataFrame, months: tuple[int, int]) -> pl.DataFrame:
    before, now = (levels.filter(month=month).select("code", "level") for month in months)
    return now.join(before.rename({"level": "before"}), on="code", how="left")


def _rows(compared: pl.DataFrame, comparison: MonthCompared, measure: str) -> pl.DataFrame:
    change = (pl.col("level") - pl.col("before")).alias("change")
    parts = compared.select("level", "before", change, kind=pl.lit("product"), product="code", partner=pl.lit(None))
    parts = parts.sort(pl.col("change").abs(), "product", descending=[True, False])
    total = parts.select(
        pl.col("level").sum(),
        pl.col("before").sum(),
        pl.col("change").sum(),
        kind=pl.lit("total"),
        product=pl.lit(None, pl.String),
        partner=pl.lit(None),
    )
    base = float(total["before"][0])
    rows = pl.concat([total, parts], how="vertical_relaxed").with_row_index("position", offset=1)
    rows = rows.with_columns(
        flow=pl.lit(comparison.flow),
        period=pl.lit(comparison.month),
        against=pl.lit(comparison.against),
        measure=pl.lit(measure),
        depth=pl.lit(0),
        change_pct=pl.when(pl.col("before") != 0).then(pl.col("change") / pl.col("before") * 100),
        contribution_pp=pl.col("change") / base * 100 if base else pl.lit(None),
        share_pct=100 * pl.col("level") / total["level"][0] if total["level"][0] else pl.lit(None),
        split_status=pl.lit("not_applicable"),
    )
    share_before = 100 * pl.col("before") / base if base else pl.lit(None)
    rows = rows.with_columns(share_change_pp=pl.col("share_pct") - share_before)
    kinds = polars_schema("mover")
    empty = [pl.lit(None).alias(name) for name in kinds if name not in rows.columns]
    return rows.with_columns(empty).select(pl.col(name).cast(kind) for name, kind in kinds.items())


def _doubts(
    snapshot: Snapshot, listed: ListedProducts, rows: pl.DataFrame, measure: str, comparison: MonthCompared
) -> list[pl.Series]:
    """What is in doubt of the numbers of each code in both months, of the total as far as it weighs in it: in words,
    and the findings."""
    number = month_number(comparison.month)
    series = (comparison.flow, comparison.partner, measure)
    of_row: list[list[NumberDoubt]] = [[] for _ in range(rows.height)]
    spans = AGAINST[comparison.against].spans(number)
    for span, column in zip(reversed(spans), ("level", "before"), strict=True):
        parts = pl.concat(doubted_parts(snapshot, listed, series, month, comparison.day) for month in span)
        parts = parts.filter(pl.col("code").is_in(rows["product"].drop_nulls().implode()))
        if not parts.height:
            continue
        for place, (code, total) in enumerate(rows.select("product", column).iter_rows()):
            of_row[place] += heavy(parts if code is None else parts.filter(code=code), total)
    findings = [sorted({one.finding for one in doubts}) for doubts in of_row]
    return [
        pl.Series("doubt", [doubt_text(doubts) or None for doubts in of_row], pl.String),
        pl.Series("findings", findings, pl.List(pl.String)),
    ]


def _left_out(
    levels: pl.DataFrame, moved: Sequence[str], compared: pl.DataFrame, months: tuple[int, int]
) -> list[ListNote]:
    notes = [ListNote("recoded", {"codes": codes_named(moved)})] if moved else []
    silent = levels.filter(
        pl.col("level").is_null(), ~pl.col("code").is_in(moved), ~pl.col("code").is_in(compared["code"].implode())
    )
    for (status,), some in silent.group_by("status", maintain_order=True):
        place = {"status": status, "codes": codes_named(some["code"].unique().to_list())}
        kind = f"silent_{status}" if status in SILENT else "silent"
        notes.append(ListNote(kind, place | {"before": month_name(months[0]), "month": month_name(months[1])}))
    return notes
