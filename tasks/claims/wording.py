"""Formats places and numbers of the ledger for the reasons of verdicts."""

from fractions import Fraction

from schemas.names import VALUES
from tasks.claims.statement import Spot
from tasks.domain.labels import partner_name, product_name, trade_of, written_month
from tasks.domain.periods import first_day
from tasks.domain.reporter import Reporter

SCALES = {"quantity_kg": (1000, "t")} | {value: (10**6, f"million {value[-3:].upper()}") for value in VALUES}


def show_level(value: Fraction, measure: str) -> str:
    """Format a level, with no more digits than it needs."""
    scale, unit = SCALES.get(measure, (1, measure))
    if measure in VALUES and abs(value) < scale:
        scale, unit = 1, measure[-3:].upper()
    number = float(value) / scale
    text = f"{number:,.3f}".rstrip("0").rstrip(".") if number < 100_000 else f"{number:,.0f}"
    return f"{text} {unit}"


def show_percent(value: Fraction) -> str:
    """Format a growth."""
    number = float(value)
    return f"{number:+,.2f} %" if abs(number) < 100 else f"{number:+,.1f} %"


def describe(spot: Spot, reporter: Reporter) -> str:
    """Describe a place in the statistics of a reporter in words."""
    months = spot.months if not spot.is_month else written_month(first_day(spot.first))
    to = "" if spot.partner == "WLD" else f" {'to' if spot.flow == 'export' else 'from'} {partner_name(spot.partner)}"
    return f"{trade_of(reporter.code, spot.flow)} of {product_name(spot.product, reporter.nomenclature)}{to}, {months}"
