"""Which months a derived month looks back on, and what is read of them."""

from pathlib import Path

import polars as pl
import pytest

from tasks.ledger.precedence import Portion
from tasks.steps.states import Published, States, needed
from tasks.store.snapshot import Snapshot
from tests.unit.store.test_sample import snapshot_of

MAY, JUNE = 2025 * 12 + 4, 2025 * 12 + 5
WHOLE = Portion("", None)


def test_a_month_looks_back_on_the_one_before_the_one_a_year_before_and_five_years_of_levels() -> None:
    found = needed([JUNE], [])
    assert found["state"] == {MAY, JUNE - 12}
    assert found["recent"] == {*range(JUNE - 60, JUNE)}


def test_derived_months_are_made_by_this_run_and_kept_ones_are_read() -> None:
    found = needed([MAY, JUNE], [JUNE])
    assert found["state"] == {MAY - 1, MAY - 12, JUNE - 12, JUNE}
    assert found["recent"] == {*range(MAY - 60, MAY)}


def _states(snapshot: Snapshot | None, derived: list[int], portion: Portion = WHOLE) -> States:
    published = Published.of(snapshot, "export")
    return States(published.files, (snapshot.path if snapshot else Path()).joinpath, derived, portion)


def test_without_a_store_every_month_is_empty() -> None:
    assert Published.of(None, "export").of_months(range(JUNE)) == {}
    states = _states(None, [JUNE])
    assert states.before(MAY).is_empty()
    assert states.before(JUNE).is_empty()
    assert states.recent(JUNE).is_empty()


def _recent(snapshot: Snapshot, derived: list[int], portion: Portion = WHOLE) -> pl.DataFrame:
    return _states(snapshot, derived, portion).recent(JUNE)


def test_recent_levels_come_from_the_months_before_of_the_same_flow(tmp_path: Path) -> None:
    snapshot = snapshot_of(
        tmp_path, {"export 2025-04": 2, "export 2025-05": 1, "export 2025-06": 4, "import 2025-05": 3}
    )
    found = _recent(snapshot, [])
    assert sorted(found.select("month", "level").rows()) == [(MAY - 1, 0.0), (MAY - 1, 1.0), (MAY, 0.0)]
    # A month that is derived is read only after this run has made it.
    assert _recent(snapshot, [MAY])["month"].unique().to_list() == [MAY - 1]


@pytest.mark.parametrize(
    ("portion", "rows"), [(Portion("00", "86"), 1), (Portion("86", None), 0), (Portion("", "85"), 0)]
)
def test_a_portion_has_its_chapters_alone(tmp_path: Path, portion: Portion, rows: int) -> None:
    snapshot = snapshot_of(tmp_path, {"export 2025-05": 1})
    assert _recent(snapshot, [], portion).height == rows
