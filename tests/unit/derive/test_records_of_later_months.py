"""Which later months have other records because of a correction: levels of one series, by hand."""

from pathlib import Path

import polars as pl
import pytest

from tasks.derive.records_of_later_months import months_with_other_records
from tasks.domain.reporter import Reporter

JUNE = 2025 * 12 + 5
CHINA = Reporter("CHN", "HS8")


def files_of(folder: Path, levels: dict[int, float], measure: str = "quantity_kg") -> dict[int, list[Path]]:
    found = {}
    for month, level in levels.items():
        found[month] = [folder / f"{month}-{level}.parquet"]
        rows = {"product": ["01012100"], "partner": ["WLD"], "measure": [measure], "level": [level], "kinds": [2]}
        pl.DataFrame(rows, schema_overrides={"kinds": pl.UInt8}).write_parquet(found[month][0])
    return found


@pytest.mark.parametrize("measure", ["quantity_kg", "unit_value_usd_per_kg"])
@pytest.mark.parametrize(
    ("corrected", "months"),
    [
        # 30 months of 5; the level of the first of them becomes a record that some later month looks back on, or does
        # not.
        (5.0, []), (4.0, []), (9.0, [JUNE]), (None, [*range(JUNE - 4, JUNE + 1)]),
    ],
)  # fmt: skip
def test_a_correction_changes_the_records_that_look_back_on_it(
    corrected: float | None, months: list[int], measure: str, tmp_path: Path
) -> None:
    levels = dict.fromkeys(range(JUNE - 30, JUNE), 5.0) | {JUNE: 8.0}
    before = files_of(tmp_path, levels, measure)
    after = files_of(tmp_path, {JUNE - 30: corrected}, measure) if corrected is not None else {JUNE - 30: []}
    assert months_with_other_records({*range(JUNE - 4, JUNE + 1)}, before, after, CHINA) == months


def test_no_month_after_it_needs_a_look(tmp_path: Path) -> None:
    assert months_with_other_records({JUNE - 3}, {}, files_of(tmp_path, {JUNE: 1.0}), CHINA) == []
    assert months_with_other_records({JUNE + 61}, {}, files_of(tmp_path, {JUNE: 1.0}), CHINA) == []
