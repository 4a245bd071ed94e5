"""Formats numbers, and prints a trace; rounding and words belong to this room and nowhere earlier. `tables` has the tables."""

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from schemas.names import MADE
from tasks.domain.labels import partner_name, product_name, trade_of

if TYPE_CHECKING:
    from schemas.forms.trace import Trace

MARKS = {"implied_base": "*", "ytd_difference": "°", "sum": "", "ytd_sum": "", "sum_of_months": ""}
MARK_WORDS = {"*": MADE["implied_base"], "°": MADE["ytd_difference"]}
NUMBERS_SHOWN = 3
# From here on ten digits would leave no decimal, or turn into powers of ten.
WHOLE_FROM = 10**9


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


def exact(value: float) -> str:
    """Format a whole number in full, because a level may have more digits than a growth has decimals; other numbers
    with ten digits.
    """
    if value.is_integer():
        return f"{value:,.0f}"
    return f"{value:,.10g}" if abs(value) < WHOLE_FROM else f"{value:,.3f}"
