"""A basket that gets another member is another basket in every month: no figure compares what it was with what it is."""

import functools
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import Record, csv_bytes, magnets

from flows.release import release
from schemas import code_files
from schemas.forms.request import ReleaseRequest
from tasks.lineage.audit import audit
from tasks.reports import query

OTHER = "85051190"
TODAY = date(2025, 8, 1)


@pytest.fixture
def reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the code tables that a test may add rows to."""
    folder = shutil.copytree(code_files.FOLDER, tmp_path / "reference")
    monkeypatch.setattr(code_files, "FOLDER", folder)
    _forget()
    yield folder
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    """What was kept of the code tables, and of all that was made of them; a process of its own would begin without."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in {"schemas", "tasks"}:
            for kept in vars(module).values():
                if hasattr(kept, "cache_clear"):
                    kept.cache_clear()


def ingest(store: Path, month: str, *records: Record) -> None:
    """Publish these records as those of a month, on the 20th of the next."""
    file = store.parent / f"{month}.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(csv_bytes([(month, *record[1:]) for record in records]))
    day = date(int(month[:4]), int(month[4:]) + 1, 20)
    asked = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": day}
    assert release.fn(ReleaseRequest(file=file, store=store, **asked), TODAY).status == "published"


def test_a_change_of_definition_that_is_learnt_of_late_breaks_the_figures_that_were_published_before(
    tmp_path: Path, reference: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, whole = tmp_path / "reporter=CHN", tmp_path / "whole" / "reporter=CHN"
    one = magnets("502", "1000", "50,000")

    def growth(folder: Path) -> list[tuple[float | None, str]]:
        rows = query.query(folder, "metric", product="85051110", partner="WLD").filter(measure="quantity_kg")
        return rows.sort("period").select("mom_pct", "mom_status").rows()

    ingest(store, "202406", one)
    ingest(store, "202407", one)
    assert growth(store)[1] == (0, "computed")
    levels = _levels(store)
    with (reference / "definition_breaks.csv").open("a", encoding="utf-8") as rows:
        rows.write("CHN,HS8,85051110,,,2024-07,code,no,other goods in the same code,a test\n")
    _forget()
    # June 2025 is not compared with July 2024, and that month is made again all the same.
    for month in ("202406", "202407", "202506"):
        ingest(whole, month, one)
    assert "computed again" not in caplog.text
    ingest(store, "202506", one)
    assert "figures of 2 months are computed again, once" in caplog.text
    assert growth(store)[1] == growth(whole)[1] == (None, "definition_break")
    assert _of_table(store, "metric") == _of_table(whole, "metric")
    # No number is another one: those of 2024 stand as they were.
    after = _levels(store)
    assert after.filter(after["period"].is_in(levels["period"].unique().implode())).equals(levels)
    assert 0 < levels.height < after.height
    assert audit(store, 50).problems == []


def _levels(store: Path) -> pl.DataFrame:
    found = query.query(store, "metric").select("period", "product", "partner", "measure", "level")
    return found.filter(~pl.col("measure").str.starts_with("unit")).sort(found.columns)


def _of_table(store: Path, table: str) -> set[tuple[str, str]]:
    return {(entry.path, entry.sha256) for entry in query.open_published(store).entries(table)}


def test_a_basket_with_a_new_member_is_made_anew_in_every_month(tmp_path: Path, reference: Path) -> None:
    store, one = tmp_path / "reporter=CHN", magnets("502", "1000", "50,000")
    both = (one, (one[0], OTHER, *one[2:]))
    told = functools.partial(query.query, store, "metric", product="basket:rare_earth_magnets", partner="WLD")
    ingest(store, "202406", *both)
    ingest(store, "202505", *both)
    assert told().filter(measure="quantity_kg")["level"].to_list() == [1000, 1000]
    with (reference / "baskets.csv").open("a", encoding="utf-8") as rows:
        rows.write(f"rare_earth_magnets,Rare earth magnets,稀土永磁体,HS8,{OTHER},,,ferrites,a test\n")
    _forget()
    ingest(store, "202506", *both)
    rows = told().filter(measure="quantity_kg").sort("period")
    assert rows["level"].to_list() == [2000, 2000, 2000]
    last = rows.row(-1, named=True)
    assert (last["mom_pct"], last["yoy_pct"], last["yoy_status"]) == (0, 0, "computed")
    assert audit(store, 50).problems == []
