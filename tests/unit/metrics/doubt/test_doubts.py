"""Which levels an open finding reaches, and which figures rest on them."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from tasks.ledger.doubts import open_doubts
from tasks.ledger.merge import current_statements
from tasks.ledger.trade_flow import widen
from tasks.metrics.derive import derive_all
from tasks.metrics.doubt.doubts import Marked
from tasks.store.snapshots.parquet import read_table
from tests.unit.builders import finding_table
from tests.unit.customs import MAY, Store

CODE = "85051110"
# The code, and what of it adds up in a release of heading 8505.
GOODS = (CODE, "850511", "8505", "basket:rare_earth_magnets")


@pytest.mark.parametrize(("oman", "world_is_in_doubt"), [(200, False), (5_000, True)])
def test_a_doubt_reaches_a_sum_in_which_it_could_move_a_printed_digit(
    tmp_path: Path, oman: int, *, world_is_in_doubt: bool
) -> None:
    """The finding is about Oman alone, which has `oman` of 500,000 kg and more."""
    rows = [magnets("502", "353000", "20,121,000"), magnets("304", "150000", "8,550,000")]
    store = Store(tmp_path)
    store.ingest(csv_bytes([*MAY, *rows, magnets("126", str(oman), f"{57 * oman:,}")]))
    snapshot = store.snapshot
    statements = current_statements(read_table(snapshot, "observation"))
    releases = read_table(snapshot, "release")
    about = finding_table(("magnitude", f"export {CODE} OMN 2025-06 quantity_kg"))
    about = about.with_columns(release_id=pl.lit(releases["release_id"][0]))
    derived = derive_all(statements, releases, doubts=open_doubts(about, releases))
    doubted = {(product, partner) for product, partner in derived.doubts.select("product", "partner").iter_rows()}
    sums = {(code, total) for code in GOODS for total in ("WLD",)}
    own = {(code, "OMN") for code in GOODS}
    assert doubted == (own | sums if world_is_in_doubt else own)
    parts = dict(derived.doubts.filter(product=CODE, measure="quantity_kg").select("partner", "part_pct").iter_rows())
    assert parts["OMN"] == 100
    assert not world_is_in_doubt or parts["WLD"] == pytest.approx(100 * oman / (503_000 + oman))
    rows_in_doubt = derived.metric.filter("in_doubt", product=CODE, measure="quantity_kg", period=date(2025, 6, 1))
    assert {*rows_in_doubt["partner"]} == ({"OMN", "USA", "DEU", "EU27", "WLD"} if world_is_in_doubt else {"OMN"})
    flows = widen(statements, releases, open_doubts(about, releases)).filter("in_doubt")
    assert flows.select("partner", "period").rows() == [("OMN", date(2025, 6, 1))]


@pytest.mark.parametrize(("share", "world_is_in_doubt"), [(0.0004, False), (0.05, True)])
def test_a_number_that_is_a_thousandth_of_what_it_should_be_is_as_large_a_doubt_as_what_is_missing(
    tmp_path: Path, share: float, *, world_is_in_doubt: bool
) -> None:
    """Oman printed 10 dollars, and the finding says that it makes that share of the month."""
    rows = [magnets("502", "353000", "20,121,000"), magnets("304", "150000", "8,550,000")]
    store = Store(tmp_path)
    store.ingest(csv_bytes([*MAY, *rows, magnets("126", "10", "10")]))
    statements = current_statements(read_table(store.snapshot, "observation"))
    releases = read_table(store.snapshot, "release")
    about = finding_table(("unit_value", f"export {CODE} OMN 2025-06"))
    about = about.with_columns(release_id=pl.lit(releases["release_id"][0]), goods_share=pl.lit(share))
    derived = derive_all(statements, releases, doubts=open_doubts(about, releases))
    of_value = derived.doubts.filter(measure="value_usd")
    assert {*of_value["partner"]} == ({"OMN", "WLD"} if world_is_in_doubt else {"OMN"})
    parts = dict(of_value.filter(product=CODE).select("partner", "part_pct").iter_rows())
    assert parts["OMN"] == 100
    assert not world_is_in_doubt or parts["WLD"] == pytest.approx(100 * share)


def test_no_open_finding_marks_nothing() -> None:
    assert Marked.none().levels.is_empty()
