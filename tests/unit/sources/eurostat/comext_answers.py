"""Answers of the Comext API in their exact form."""

from collections.abc import Sequence

HEADER = "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE"
VALUE, MASS = "VALUE_IN_EUROS", "QUANTITY_IN_100KG"
# Two partners outside and one inside the EU, a residual of each side, and what these add up to.
CELLS = (
    ("CN", VALUE, "1066047"), ("CN", MASS, "900.28"), ("XS", VALUE, "220"), ("XS", MASS, "0.19"),
    ("QW", VALUE, "33"), ("QW", MASS, "0.00"), ("EXT_EU27_2020", VALUE, "1066300"), ("EXT_EU27_2020", MASS, "900.47"),
    ("GR", VALUE, "1485"), ("GR", MASS, "0.27"), ("QV", VALUE, "15"), ("QV", MASS, "0.01"),
    ("INT_EU27_2020", VALUE, "1500"), ("INT_EU27_2020", MASS, "0.28"),
)  # fmt: skip


def answer(
    cells: Sequence[tuple[str, str, str]] = CELLS,
    *,
    reporter: str = "EU27_2020",
    product: str = "84834030",
    flow: str = "1",
    period: str = "2025-06",
    updated: str = "14/08/26 11:00:00",
    freq: str = "M",
    eol: str = "\r\n",
) -> bytes:
    """An answer of the API in its exact form."""
    lines = [
        f"ESTAT:DS-045409(1.0),{updated},{freq},{reporter},{partner},{product},{flow},{indicator},{period},{value}"
        for partner, indicator, value in cells
    ]
    return "".join(f"{line}{eol}" for line in (HEADER, *lines)).encode()
