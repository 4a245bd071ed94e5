"""Files of Japan's e-Stat in their exact form."""

from collections.abc import Sequence

Numbers = Sequence[tuple[int, int, int]]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
TAIWAN, CHINA = "106", "105"
JAN_TO_MAR: Numbers = ((0, 62_772, 544_477), (0, 54_546, 92_551), (0, 0, 0))


def header(months: int = 3, *, port: bool = False) -> str:
    spans = ("Year", *MONTHS[:months])
    columns = [f"{name}-{span}" for span in spans for name in ("Quantity1", "Quantity2", "Value")]
    return ",".join(["Exp or Imp", "Year", *(["Custom"] if port else []), "HS", "Country", "Unit1", "Unit2", *columns])


def line(
    numbers: Numbers,
    *,
    country: str = TAIWAN,
    code: str = "'852351000'",
    flow: str = "1",
    units: tuple[str, str] = ("  ", "NO"),
    year: Sequence[int] | None = None,
    port: str | None = None,
) -> str:
    """A line; the column of the year is the sum of the months unless it is given."""
    whole = year or [sum(month[place] for month in numbers) for place in range(3)]
    cells = (str(number) for span in (whole, *numbers) for number in span)
    return ",".join([flow, "2026", *([port] if port else []), code, country, *units, *cells])


def file(*lines: str, months: int = 3, port: bool = False, eol: str = "\r\n") -> bytes:
    return "".join(f"{text}{eol}" for text in (header(months, port=port), *lines)).encode()
