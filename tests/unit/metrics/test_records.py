"""Highest and lowest since, on series of a few months."""

import polars as pl
import pytest

from tasks.domain.coverage import LOOK_BACK_MONTHS
from tasks.metrics.levels import STATUS
from tasks.metrics.names import Names
from tasks.metrics.records import with_recent, with_records
from tests.unit.metrics.numbered import JUNE, WHOLE, names_of, numbered

HORSES = "01012100"
NAMED = {number: name for name, number in STATUS.items()}


def last(levels: list[int | None], *, unpublished: int | None = None, changed: int | None = None) -> dict[str, object]:
    """The records of the last month of a series that begins in month 0."""
    return rows(levels, unpublished=unpublished, changed=changed)[-1]


def rows(levels: list[int | None], *, unpublished: int | None = None, changed: int | None = None, product: list[int] | None = None) -> list[dict[str, object]]:  # fmt: skip
    count = len(levels)
    frame = pl.DataFrame(
        {
            "product": product or [0] * count, "partner": [0] * count, "measure": [0] * count, "month": list(range(count)), "level": levels,
            "level_status": [STATUS["reported" if level is not None else "not_covered"] for level in levels], "kinds": [2] * count,
            "is_published": [place != unpublished for place in range(count)],
            "comparable_from": [changed if changed is not None and place >= changed else None for place in range(count)],
        },
        schema_overrides={"month": pl.Int32, "level": pl.Int64, "level_status": pl.UInt8, "kinds": pl.UInt8, "comparable_from": pl.Int32},
    )  # fmt: skip
    found = with_records(frame)
    return found.with_columns(
        pl.col(f"{name}_status").replace_strict(NAMED, return_dtype=pl.String) for name in ("highest_since", "lowest_since")
    ).to_dicts()  # fmt: skip


def records(row: dict[str, object]) -> tuple[object, ...]:
    return tuple(row[name] for name in ("highest_since", "highest_since_status", "lowest_since", "lowest_since_status"))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([9, 5, 3, 6], (0, "computed", None, "not_extreme")), ([9, 6, 3, 6], (1, "computed", None, "not_extreme")), ([1, 5, 3, 6], (None, "series_record", None, "not_extreme")),
        ([1, 5, 7, 6], (None, "not_extreme", 1, "computed")), ([5, 5], (None, "not_extreme", None, "not_extreme")), ([5], (None, "no_base", None, "no_base")),
        ([9, None], (None, "not_covered", None, "not_covered")), ([9, None, 3, 6], (None, "series_record", None, "not_extreme")),
    ],
)  # fmt: skip
def test_the_latest_month_as_extreme(levels: list[int | None], expected: tuple[object, ...]) -> None:
    assert records(last(levels)) == expected


def test_a_run_begins_after_a_gap_after_an_unpublished_month_and_with_a_change_of_definition() -> None:
    assert last([9, 5, 3, 6])["series_start"] == 0
    assert last([9, None, 3, 6])["series_start"] == 2
    assert last([9, 5, 3, 6], unpublished=1)["series_start"] == 2
    assert last([9, 5, 3, 6], changed=1)["series_start"] == 1
    assert records(last([9, 5, 3, 6], changed=3)) == (None, "definition_break", None, "definition_break")


def test_another_series_is_no_past() -> None:
    assert records(rows([9, 1, 5], product=[0, 1, 1])[-1]) == (None, "series_record", None, "not_extreme")


def test_a_run_goes_back_five_years_and_no_further() -> None:
    inside = [9, *[1] * (LOOK_BACK_MONTHS - 1), 5]
    assert last(inside)["highest_since"] == 0
    assert records(last([9, 1, *inside[1:]]))[:2] == (None, "series_record")


def recent(names: Names, levels: dict[int, int], partner: str = "WLD") -> pl.DataFrame:
    """The levels of months before, with their unbroken runs."""
    months = sorted(levels)
    rows = [{"product": HORSES, "partner": partner, "month": month, "level": float(levels[month]), "kinds": 2, "run": place + 1} for place, month in enumerate(months)]  # fmt: skip
    return numbered(names, *rows).with_columns(pl.col("kinds", "run").cast(pl.UInt8))


def of_june(level: int | None, levels: dict[int, int], *, changed: int | None = None, partner: str = "WLD") -> dict[str, object]:  # fmt: skip
    names = names_of(WHOLE, products=[HORSES])
    row = {"product": HORSES, "partner": partner, "level": level, "level_status": STATUS["reported"], "kinds": 2, "is_published": True, "comparable_from": changed}  # fmt: skip
    frame = numbered(names, row).with_columns(pl.col("level_status", "kinds").cast(pl.UInt8), pl.col("comparable_from").cast(pl.Int32), pl.col("level").cast(pl.Int64))  # fmt: skip
    found = with_recent(frame, recent(names, levels, partner), names, JUNE)
    return found.with_columns(
        pl.col(f"{name}_status").replace_strict(NAMED, return_dtype=pl.String) for name in ("highest_since", "lowest_since")
    ).row(0, named=True)  # fmt: skip


def test_one_month_has_the_records_that_the_whole_series_gives_it() -> None:
    row = of_june(6, {JUNE - 3: 9, JUNE - 2: 5, JUNE - 1: 3})
    assert records(row) == (JUNE - 3, "computed", None, "not_extreme")
    assert (row["series_start"], row["run_of_record"]) == (JUNE - 3, 4)


def test_a_month_after_a_gap_or_a_change_of_definition_begins_a_run() -> None:
    assert of_june(6, {JUNE - 3: 9, JUNE - 2: 5})["run_of_record"] == 1
    row = of_june(6, {JUNE - 2: 9, JUNE - 1: 3}, changed=JUNE)
    assert (row["run_of_record"], records(row)) == (1, (None, "definition_break", None, "definition_break"))
    assert of_june(6, {JUNE - 2: 9, JUNE - 1: 3}, changed=JUNE - 1)["run_of_record"] == 3


def test_a_single_partner_of_a_product_that_is_not_watched_is_on_request() -> None:
    row = of_june(6, {JUNE - 1: 9}, partner="USA")
    assert records(row) == (None, "on_request", None, "on_request")
    assert (row["series_start"], row["run_of_record"]) == (None, None)
