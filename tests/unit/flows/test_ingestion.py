"""A release that comes alone goes the way of a batch, publishes everything or nothing, and knows no Prefect."""

import importlib.util
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets

from flows.ingestion import add, answered, ingest, publish_batch
from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import Refused
from tasks.publication.batch import opened
from tasks.reading.query import open_published
from tasks.store.files.snapshot import open_snapshot
from tasks.store.snapshots.parquet import read_table

pytestmark = pytest.mark.usefixtures("nothing_is_watched")

TODAY = date(2025, 8, 1)


def request(folder: Path, name: str, kilograms: str, month: str, store: str, **more: object) -> ReleaseRequest:
    """A file of one record about magnets to the United States."""
    file = folder / name
    file.write_bytes(csv_bytes([magnets("502", kilograms, "20,121,000", month)]))
    asked = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": date(2025, 7, 20)}
    return ReleaseRequest.model_validate({"file": file, "store": folder / store, **asked, **more})


def levels(store: Path) -> list[tuple[date, float]]:
    """Kilograms to the United States by month, as published."""
    rows = read_table(open_published(store), "metric").filter(partner="USA", measure="quantity_kg", product="85051110")
    return sorted(rows.select("period", "level").drop_nulls().iter_rows())


def test_files_in_turn_and_files_in_a_batch_publish_the_same_figures(tmp_path: Path) -> None:
    files = [("may.csv", "46400", "202505"), ("june.csv", "353000", "202506")]
    for name, kilograms, month in files:
        assert ingest(request(tmp_path, name, kilograms, month, "alone"), TODAY).status == "published"
    together = [request(tmp_path, name, kilograms, month, "together") for name, kilograms, month in files]
    alone = tmp_path / "alone" / "reporter=CHN"
    store = tmp_path / "together" / "reporter=CHN"
    store.mkdir(parents=True)
    with opened(store) as batch:
        entered = [add(one, batch, TODAY) for one in together]
        assert [one.status for one in entered] == ["entered", "entered"]
        # Nobody reads an entered release before the batch is published.
        assert open_snapshot(store) is None
        publish_batch(batch)
    assert levels(alone) == levels(store) == [(date(2025, 5, 1), 46_400.0), (date(2025, 6, 1), 353_000.0)]


def test_a_hold_is_an_answer_and_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    assert (
        answered(request(tmp_path, "june.csv", "353000", "202506", "dry", dry_run=True), TODAY).status
        == "would be published"
    )
    assert open_snapshot(tmp_path / "dry" / "reporter=CHN") is None
    first = request(tmp_path, "june.csv", "353000", "202506", "held")
    assert answered(first, TODAY).status == "published"
    # The same bytes cannot be both directions.
    held = answered(first.model_copy(update={"flow": "import"}), TODAY)
    assert held.status == "held"
    assert levels(tmp_path / "held" / "reporter=CHN") == [(date(2025, 6, 1), 353_000.0)]


def test_the_way_of_a_release_imports_no_prefect_and_a_file_is_read_before_what_follows_is_imported() -> None:
    later = (
        "prefect",
        "pandera",
        "pandas",
        "openlineage",
        "statsmodels",
        "tasks.steps.catalog",
        "tasks.derive.portions",
    )
    program = f"import sys, flows.ingestion; print(*({{*{later}}} & {{*sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\n", "")
    # All of these are modules that there are, so a name that changes does not pass unseen.
    assert all(importlib.util.find_spec(name) for name in later)


def test_a_release_of_a_day_that_has_not_come_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="released on 2025-07-20, which is after today"):
        ingest(request(tmp_path, "june.csv", "353000", "202506", "early"), date(2025, 7, 19))
    assert open_snapshot(tmp_path / "early" / "reporter=CHN") is None
