"""Sheets of China's customs in their exact form."""

from collections.abc import Sequence

from release_pages import SPANS, TITLE


def sheet(rows: Sequence[Sequence[str]]) -> list[list[str | float | None]]:
    """The attachment of a page: merged cells are empty but for the first, numbers are numbers."""
    above: list[str | float | None] = [cell for span in SPANS for cell in (span, None)]
    header = [
        [TITLE],
        ["Unit: CNY 100 Million"],
        ["Commodity", "Quantity Unit", *above],
        [None, None, *["Quantity", "Value"] * len(SPANS)],
    ]
    return [
        *header,
        *([_number(cell) for cell in row] for row in rows),
        ['Note: "Agricultural products*" include others.'],
    ]


def _number(cell: str) -> str | float:
    plain = cell.replace(",", "")
    return float(plain) if plain.lstrip("-").replace(".", "", 1).isdecimal() else cell
