"""Writes a trace as text for a terminal. Belongs here: its numbers; its words are in `templates/trace.txt.j2`."""

from typing import TYPE_CHECKING

from rich.console import Console

from tasks.domain.labels import partner_name, product_name, trade_of
from tasks.domain.numbers import exact
from tasks.pages.text.page_templates import template

if TYPE_CHECKING:
    from schemas.forms.trace import TraceReport


def show_trace(console: Console, trace: "TraceReport", *, full: bool = True) -> None:
    """Print a trace: the figure, its operands, and for each the release, record and address. A line is never broken."""
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
