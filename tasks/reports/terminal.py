"""Prints figures on a terminal; rounding and words belong here and nowhere earlier."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.cells import cell_len
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from schemas.names import MADE, MISSING, status
from tasks.domain.coverage import WORLD
from tasks.domain.labels import partner_name, product_name, row_name, trade_of, written_month
from tasks.domain.measures import mixed_words
from tasks.domain.reporter import Reporter
from tasks.domain.text import counted

if TYPE_CHECKING:
    from schemas.forms.trace import Trace

COLUMNS = (
    ("level", "month, t", 1e-3), ("mom_pct", "m/m, %", 1), ("yoy_pct", "y/y, %", 1), ("ytd", "year to date, t", 1e-3),
    ("ytd_yoy_pct", "y/y, %", 1), ("share_pct", "share, %", 1),
)  # fmt: skip
MARKS = {"implied_base": "*", "ytd_difference": "°", "sum": "", "ytd_sum": "", "sum_of_months": ""}
COLUMNS_MIN = 4
PARTNERS_MAX = 12
MARK_WORDS = {"*": MADE["implied_base"], "°": MADE["ytd_difference"]}
MIXED_MARK = "†"
NUMBERS_SHOWN = 3
# From here on ten digits would leave no decimal, or turn into powers of ten.
WHOLE_FROM = 10**9


def headline(rows: pl.DataFrame, reporter: Reporter) -> Table:
    """Return a table of one product and month in tonnes, the world first and then the partners by level; `rows` are
    of `metric`, in the store of `reporter`.
    """
    first = rows.row(0, named=True)
    table = Table(
        title=f"{trade_of(reporter.code, first['flow'])} of {product_name(first['product'], reporter.nomenclature)}, {written_month(first['period'])}",
        caption="\n".join(_legend(rows, reporter)) or None, caption_justify="left",
    )  # fmt: skip
    # A number that does not fit is folded, not cut. In eighty columns it fits, if no heading is wider than its numbers.
    table.add_column("partner", overflow="fold")
    for _, title, _ in COLUMNS:
        table.add_column(title.replace("to date", "to\ndate"), justify="right", overflow="fold")
    ordered = rows.filter(pl.col("level").is_not_null()).sort(
        pl.col("partner") != WORLD, "level", "partner", descending=[False, True, False]
    )
    for row in ordered.head(PARTNERS_MAX).iter_rows(named=True):
        mark = f" {MIXED_MARK}" if is_mixed(row["kinds"]) else ""
        table.add_row(row_name(row["partner"]) + mark, *(_cell(row, name, scale) for name, _, scale in COLUMNS))
    return table


def is_mixed(kinds: str | None) -> bool:
    """Whether a set of kinds of release, as `metric` names it, has more than one."""
    return "+" in (kinds or "")


def tonnes(kilograms: float) -> str:
    """Format whole tonnes, with decimals only for small amounts: 353, 46.4, 0.03."""
    return amount(kilograms / 1000)


def amount(value: float) -> str:
    """Format a number in the unit of its table, by the same rule."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1 else two_digits(value)


def two_digits(value: float) -> str:
    """Format a small number with its first two digits and without a power of ten: 0.03, 0.000056."""
    return f"{Decimal(f'{value:.2g}'):f}"


def _cell(row: dict[str, Any], name: str, scale: float) -> str:
    value = row[name]
    if value is None:
        return "–"
    text = tonnes(value) if scale != 1 else f"{value:,.1f}" if name == "share_pct" else f"{value:+,.1f}"
    return text + MARKS.get(row[status(name)], "")


def _legend(rows: pl.DataFrame, reporter: Reporter) -> list[str]:
    used = {MARKS.get(row[status(name)], "") for row in rows.iter_rows(named=True) for name, _, _ in COLUMNS}
    missing = sorted(
        {row[status(name)] for row in rows.iter_rows(named=True) for name, _, _ in COLUMNS if row[name] is None}
    )
    lines = [f"{mark} {words}" for mark, words in MARK_WORDS.items() if mark in used]
    mixed = sorted({kind for kinds in rows["kinds"] if is_mixed(kinds) for kind in kinds.split("+")})
    lines += [f"{MIXED_MARK} rests on more than one kind of release: {', '.join(mixed)}"] if mixed else []
    lines += [f"– not available: {'; '.join(MISSING[reason] for reason in missing)}"] if missing else []
    return [*lines, *mixed_words(rows["product"].unique(), reporter.code)]


def show_trace(console: Console, trace: "Trace", *, full: bool = True) -> None:
    """Print a trace: the figure, its operands, and for each the release, record and address. A line is never broken."""
    say = partial(console.print, highlight=False, soft_wrap=True)
    say(
        f"[bold]{trace.metric}[/] of {trade_of(trace.reporter, trace.flow)}, {escape(product_name(trace.product, trace.nomenclature))}, {partner_name(trace.partner)}, "
        f"{trace.month}, {trace.measure}: [bold]{_number(trace.value)}[/] ({trace.status})"
    )
    say(f"  {trace.formula}")
    for change in trace.breaks:
        say(f"  changed from {escape(change)}")
    for doubt in trace.doubts:
        say(f"  in doubt: {escape(doubt)}", style="yellow")
    for decision in trace.decisions:
        say(f"  {escape(decision)}", style="yellow")
    for operand in trace.operands:
        say(
            f"  {operand.name}: {_number(operand.value)} ({operand.status})"
            + (f"; {escape(operand.note)}" if operand.note else "")
        )
        shown = operand.numbers if full else operand.numbers[:NUMBERS_SHOWN]
        for number in shown:
            records = ", ".join(map(str, number.records[:8])) + (
                f" and {len(number.records) - 8} more" if len(number.records) > 8 else ""
            )
            say(
                f"    {number.value:,} {number.unit}  {number.partner} {number.period}  record {records} of {number.raw_sha256[:12]} "
                f"({escape(number.title)}), public from {number.known_from}",
                style="dim",
            )
            if number.address:
                say(f"    {escape(number.address)}", style="dim")
            for text in number.printed[:1] if full else ():
                say(f"    as printed: {escape(text)}", style="dim")
            for change in number.corrected:
                say(f"    {escape(change)}", style="yellow")
        if len(shown) < len(operand.numbers):
            say(f"    and {len(operand.numbers) - len(shown)} more numbers", style="dim")
    numbers = [number for operand in trace.operands for number in operand.numbers]
    for terms in dict.fromkeys(number.terms for number in numbers if number.terms):
        say(f"  {terms}")
    if is_mixed(trace.kinds):
        say(f"  rests on more than one kind of release: {str(trace.kinds).replace('+', ', ')}")
    verdict = "[green]agrees[/]" if trace.agrees else "[bold red]DOES NOT AGREE[/]"
    say(f"  computed again from these: {_number(trace.recomputed)}, {verdict} with snapshot {trace.snapshot_id}")


def _number(value: float | str | None) -> str:
    return "none" if value is None else value if isinstance(value, str) else exact(value)


def frame_table(rows: pl.DataFrame, rows_max: int, width: int, columns: Sequence[str] = ()) -> Group | Table:
    """Return any rows as a terminal table, cut after `rows_max`; a single row is shown upright, a figure with its
    status.

    For several rows the columns are shown that fit into `width`: what all rows share is printed above, and columns
    without a value are left out, except the level, on which all others rest. A missing figure shows its reason instead.
    `columns` limits the columns that are shown.
    """
    asked = rows.select(columns or rows.columns)
    if rows.height == 1:
        return _upright(asked, left_out=rows.width - asked.width)
    why = {
        name: asked[status(name)] for name in asked.columns if status(name) in asked.columns and status(name) != name
    }
    shown = asked.select(
        name for name, column in zip(asked.columns, asked, strict=True)
        if not name.endswith("_status")
        and (column.null_count() < rows.height or not rows.height or (name == "level" and name in why))
    )  # fmt: skip
    same = [
        name for name, column in zip(shown.columns, shown, strict=True)
        if rows.height and column.n_unique() == 1 and (column[0] is not None or why[name].n_unique() == 1)
    ]  # fmt: skip
    texts = {
        name: [_text(reason if value is None else value) for value, reason in zip(
            shown[name].head(rows_max), why.get(name, shown[name]).head(rows_max), strict=True)]
        for name in shown.columns
    }  # fmt: skip
    fitting: list[str] = []
    used = len("│")
    # Where not all fits, the codes say what a row is about, and its numbers come before names.
    for name in sorted((name for name in texts if name not in same), key=lambda name: name.endswith("_name")):
        used += max(map(cell_len, [name, *texts[name]])) + len(" " + " │")
        if used > width and len(fitting) >= COLUMNS_MIN:
            break
        fitting.append(name)
    fitting.sort(key=shown.columns.index)
    left_out = rows.width - len(fitting) - len(same)
    table = Table()
    for name in fitting:
        table.add_column(name, justify="right" if shown.schema[name].is_numeric() else "left", overflow="fold")
    for row in zip(*(texts[name] for name in fitting), strict=True):
        table.add_row(*row)
    # A title and a caption of a table are as narrow as the table; these may be long when it is small.
    above = ", ".join(f"{name} {texts[name][0]}" for name in same)
    below = (
        counted(rows.height, "row") + (f", the first {rows_max} shown" if rows.height > rows_max else "")
        + (f"; {_elsewhere(left_out)}" if left_out else "")
    )  # fmt: skip
    heading = [Text.from_markup(above, style="italic")] if above else []
    return Group(*heading, table, Text(below, style="dim italic"))


def _elsewhere(columns: int) -> str:
    return f"{counted(columns, 'more column')} in the other formats (--format csv)"


def _upright(rows: pl.DataFrame, left_out: int) -> Table:
    table = Table(show_header=False, caption=_elsewhere(left_out) if left_out else None)
    table.add_column("column")
    table.add_column("value", overflow="fold")
    row = rows.row(0, named=True)
    figures = {status(name): name for name in row if status(name) in row}
    if figures:
        table.add_column("status")
    for name, value in row.items():
        if name not in figures:
            table.add_row(name, _text(value), *([_text(row.get(status(name)))] if status(name) in figures else []))
    return table


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, pl.Series | list):
        return escape(", ".join(map(str, value)))
    return escape(exact(value) if isinstance(value, float) else str(value))


def exact(value: float) -> str:
    """Format a whole number in full, because a level may have more digits than a growth has decimals; other numbers
    with ten digits.
    """
    if value.is_integer():
        return f"{value:,.0f}"
    return f"{value:,.10g}" if abs(value) < WHOLE_FROM else f"{value:,.3f}"
