"""Formats numbers, and prints a trace; rounding and words belong to this room and nowhere earlier. `tables` has the
tables."""

from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console

from schemas.names import MADE
from tasks.domain.labels import partner_name, product_name, trade_of

if TYPE_CHECKING:
    from schemas.forms.trace import Trace

MARKS = {"implied_base": "*", "ytd_difference": "°", "sum": "", "ytd_sum": "", "sum_of_months": ""}
MARK_WORDS = {"*": MADE["implied_base"], "°": MADE["ytd_difference"]}
# From here on ten digits would leave no decimal, or turn into powers of ten.
WHOLE_FROM = 10**9


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
    from tasks.reports.page_templates import template

    text = template("trace.txt.j2").render(
        trace=trace,
        full=full,
        number=lambda one: exact(one) if isinstance(one, float) else one or "none",
        trade=trade_of(trace.reporter, trace.flow),
        product=product_name(trace.product, trace.nomenclature),
        partner=partner_name(trace.partner),
    )
    for line in text.rstrip("\n").split("\n"):
        console.print(line, highlight=False, soft_wrap=True)


def exact(value: float) -> str:
    """Format a whole number in full, because a level may have more digits than a growth has decimals; other numbers
    with ten digits.
    """
    if value.is_integer():
        return f"{value:,.0f}"
    return f"{value:,.10g}" if abs(value) < WHOLE_FROM else f"{value:,.3f}"
