"""Records of single partners on request, from a ledger in memory."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from tasks.domain.decisions import NOTHING_DECIDED
from tasks.lineage import requested_records
from tasks.lineage.requested_records import ON_REQUEST, PRODUCTS_MAX, with_requested_records
from tests.unit.builders import number, release, release_table
from tests.unit.figures import Figures, merged

HORSES = "01012100"
SCOPE = release(months="2025-03..2025-06", products=[HORSES], partners="listed", partner_list=["USA", "DEU"])
LEVELS = {"2025-03": 2, "2025-04": 5, "2025-05": 3, "2025-06": 4}
STORE = [(SCOPE, [number(SCOPE, "USA", month, level, product=HORSES) for month, level in LEVELS.items()])]


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> pl.DataFrame:
    """The rows of `metric` as they are published: without records of these partners."""
    tables: dict[Any, pl.DataFrame] = {"observation": merged(STORE), "release": release_table(SCOPE)}

    def read_table(snapshot: object, model: type, wanted: Any = None, *, where: pl.Expr | None = None) -> pl.DataFrame:
        found = tables.get(model, NOTHING_DECIDED)
        if wanted is not None:
            asked = [flow for flow in ("export", "import") if wanted((flow, 2025, 6))]
            assert asked == ["export"], f"files of {asked} are read for rows of exports"
        return found if where is None else found.filter(where)

    monkeypatch.setattr(requested_records, "read_table", read_table)
    metric = Figures(*STORE).metric
    text = metric.with_columns(pl.col(name).cast(pl.String) for name, kind in metric.schema.items() if isinstance(kind, (pl.Enum, pl.Categorical)))  # fmt: skip
    return text.with_columns(
        pl.lit(ON_REQUEST).alias("highest_since_status"), pl.lit(ON_REQUEST).alias("lowest_since_status"),
        *(pl.lit(None, pl.Date).alias(name) for name in ("highest_since", "lowest_since", "series_start")),
    )  # fmt: skip


def records(rows: pl.DataFrame) -> dict[int, tuple[Any, ...]]:
    found = rows.filter(pl.col("partner") == "USA", pl.col("measure") == "quantity_kg").sort("period")
    names = ("highest_since", "highest_since_status", "lowest_since", "lowest_since_status", "series_start")
    return {day.month: tuple(row) for day, *row in found.select("period", *names).iter_rows()}


def test_the_records_of_a_partner_are_computed_from_its_history(rows: pl.DataFrame) -> None:
    """2, 5, 3, 4 from March on."""
    start = date(2025, 3, 1)
    assert records(with_requested_records(rows, None)) == {  # type: ignore[arg-type]
        3: (None, "no_base", None, "no_base", start), 4: (None, "series_record", None, "not_extreme", start),
        5: (None, "not_extreme", date(2025, 3, 1), "computed", start), 6: (date(2025, 4, 1), "computed", None, "not_extreme", start),
    }  # fmt: skip


def test_a_single_month_is_computed_from_all_months_before_it(rows: pl.DataFrame) -> None:
    june = rows.filter(pl.col("period") == date(2025, 6, 1))
    found = with_requested_records(june, None)  # type: ignore[arg-type]
    assert records(found)[6][0] == date(2025, 4, 1)
    assert found.columns == rows.columns


def test_rows_that_are_not_on_request_stay_as_they_are(rows: pl.DataFrame) -> None:
    known = rows.with_columns(pl.lit("not_extreme").alias("highest_since_status"))
    assert with_requested_records(known, None).equals(known)  # type: ignore[arg-type]
    assert with_requested_records(rows.clear(), None).is_empty()  # type: ignore[arg-type]


@pytest.mark.parametrize(("products", "computed"), [(PRODUCTS_MAX, True), (PRODUCTS_MAX + 1, False)])
def test_for_many_products_nothing_is_computed(rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch, products: int, computed: bool) -> None:  # fmt: skip
    asked: list[pl.DataFrame] = []

    def nothing_found(rows: pl.DataFrame, snapshot: object) -> pl.DataFrame:
        asked.append(rows)
        return rows.select(*requested_records.KEY, *requested_records.RECORDS)

    monkeypatch.setattr(requested_records, "_records", nothing_found)
    many = pl.concat([rows[:1].with_columns(product=pl.lit(f"{10_000_000 + place}")) for place in range(products)])
    assert with_requested_records(many, None).height == products  # type: ignore[arg-type]
    assert [one.height for one in asked] == ([products] if computed else []), (
        "all at once: one derivation costs what several do"
    )
