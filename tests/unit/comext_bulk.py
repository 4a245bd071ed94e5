"""Makes bulk files of Comext in their exact form; all numbers are invented."""

import io
from collections.abc import Sequence
from typing import NamedTuple

import py7zr

HEADER = (
    "REPORTER,PARTNER,TRADE_TYPE,PRODUCT_NC,PRODUCT_SITC,PRODUCT_CPA21,PRODUCT_CPA22,PRODUCT_BEC,PRODUCT_BEC5,PRODUCT_SECTION,FLOW,STAT_PROCEDURE,"
    "SUPPL_UNIT,PERIOD,VALUE_EUR,VALUE_NAC,QUANTITY_KG,QUANTITY_SUPPL_UNIT"
)


class Row(NamedTuple):
    """A row; the classifications besides the Combined Nomenclature are those of one magnet."""

    partner: str = "CN"
    value: str = "1000"
    mass: str = "100"
    product: str = "85051110"
    procedure: str = "1"
    reporter: str = "DE"
    flow: str = "1"
    period: str = "202506"
    unit: str = "NO_SU"
    amount: str = "0"
    trade: str = "E"
    sitc: str = "77881"

    @property
    def line(self) -> str:
        codes = f"{self.product},{self.sitc},27.90,27.90,42,0,16"
        return f"{self.reporter},{self.partner},{self.trade},{codes},{self.flow},{self.procedure},{self.unit},{self.period},{self.value},{self.value},{self.mass},{self.amount}"  # noqa: E501


def text(rows: Sequence[Row], *, eol: str = "\r\n") -> bytes:
    """The text in an archive."""
    return "".join(f"{line}{eol}" for line in (HEADER, *(row.line for row in rows))).encode()


def archive(data: bytes, *names: str, password: str | None = None) -> bytes:
    """An archive with these bytes under each name."""
    packed = io.BytesIO()
    # The fastest setting: the bytes in the archive are the same with any.
    filters = None if password else [{"id": py7zr.FILTER_LZMA2, "preset": 0}]
    with py7zr.SevenZipFile(packed, "w", filters=filters, password=password) as opened:
        for name in names or ("full_202506.dat",):
            opened.writestr(data, name)
    return packed.getvalue()
