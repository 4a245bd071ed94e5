"""Answers of the US Census API in their exact form."""

import json
from collections.abc import Sequence
from datetime import date
from functools import partial

from tests.unit.sources import reading

NAMES = [
    "CTY_CODE",
    "CTY_NAME",
    "GEN_VAL_MO",
    "GEN_CIF_MO",
    "GEN_QY1_MO",
    "UNIT_QY1",
    "GEN_QY1_MO_FLAG",
    "I_COMMODITY",
    "time",
    "COMM_LVL",
]
EXPORTS = ["CTY_CODE", "ALL_VAL_MO", "QTY_1_MO", "UNIT_QY1", "DF", "E_COMMODITY", "YEAR", "MONTH", "COMM_LVL"]
CHINA, JAPAN, MALAYSIA, UNKNOWN = "5700", "5880", "5570", "5160"
read = partial(reading.read, source="us_census", name="census.json", released_on=date(2026, 7, 7))


def line(
    code: str,
    value: str,
    cif: str = "0",
    quantity: str = "0",
    *,
    unit: str = "KG",
    flag: str = "-",
    product: str = "8505110070",
    month: str = "2026-05",
    level: str = "HS10",
) -> list[str]:
    return [code, f"COUNTRY {code}", value, cif, quantity, unit, flag, product, month, level]


ROWS = [
    line(CHINA, "172458", "180000", "22661"),
    line(JAPAN, "2032274", "2100000", "4657"),
    line(MALAYSIA, "0"),
    line("-", "2204732", "2280000", "27318"),
    line("0026", "2204732", "2280000", "27318"),
    line("5XXX", "2204732", "2280000", "27318"),
]


def answer(rows: Sequence[Sequence[str]] = ROWS, names: Sequence[str] = NAMES) -> bytes:
    return json.dumps([list(names), *map(list, rows)]).encode()
