"""Two currencies of one trade: the rate of exchange between them, and numbers with the same digits."""

from pathlib import Path
from typing import Any

import pytest
from bad_inputs.download import TITLES, VALUE, csv_bytes, distinct_records

from tests.unit.checks.found import find

YUAN = (*TITLES[:-1], "人民币")
PAGES = ("gacc_real/gacc_2025-06_exports_usd.html", "gacc_preliminary"), (
    "gacc_bulletin_real/bulletin_13_exports_2025-06_unit-line-wrong_CUT.html", "gacc_bulletin",
)  # fmt: skip


def rates_of(data: bytes, *before: bytes) -> list[str]:
    found = find(data, *before)
    return found.filter(check="exchange_rate", severity="error")["observed"].to_list()


def test_one_line_with_the_digits_of_the_other_edition_is_named_with_both_numbers() -> None:
    """The sum of the month is a rate all the same: the line is one of fifty."""
    records = distinct_records(50)

    def yuan(factors: dict[int, float]) -> bytes:
        cells = (round(int(row[VALUE].replace(",", "")) * factors.get(at, 7.18)) for at, row in enumerate(records))
        return csv_bytes(
            [(*row[:VALUE], f"{cell}", *row[VALUE + 1 :]) for row, cell in zip(records, cells, strict=True)], YUAN
        )

    dollars = csv_bytes(records)
    assert rates_of(yuan({}), dollars) == []
    usd = int(records[7][VALUE].replace(",", ""))
    assert rates_of(yuan({7: 10}), dollars) == [
        f"{usd * 10:,} CNY and {usd:,} USD of the same trade, which are the same digits (1 such number)"
    ]
    assert rates_of(yuan({7: 1}), dollars) == [
        f"{usd:,} CNY and {usd:,} USD of the same trade, which are the same digits (1 such number)"
    ]


def pages_of(folder: Path, *pages: tuple[str, str]) -> list[tuple[bytes, dict[str, Any]]]:
    declared = {"flow": None, "partners": None, "released_on": None}
    return [((folder / name).read_bytes(), {**declared, "source": source}) for name, source in pages]


@pytest.mark.shared
@pytest.mark.parametrize("later", [0, 1])
def test_a_bulletin_of_values_in_thousand_dollars_under_ten_thousand_yuan(shared_data: Path, later: int) -> None:
    """Both pages print 8,126.1 million dollars of agricultural products in June 2025."""
    pages = pages_of(shared_data, *PAGES)
    (data, declared), before = pages[later], pages[1 - later]
    found = find(data, before, file="page.html", **declared).filter(check="exchange_rate")
    assert found["severity"].unique().to_list() == ["error"]
    assert found["subject"].to_list() == ["export 2025-01..2025-06", "export 2025-06"]
    assert all(text.startswith("10 yuan for a dollar, ") for text in found["observed"])
    # The means of May and June are 8.134848 / 1.127805 and 8.270029 / 1.151619.
    assert found["expected"][1].startswith(f"{7.18121 * 0.97:.4g} to {7.21299 * 1.03:.4g} yuan for a dollar")
