"""The stores of several reporters, filled at once by real workers: what a worker that dies costs, and what is said."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from bad_inputs.download import csv_bytes, distinct_records, in_month
from services import Services
from small_disk import small_disk

from flows.backfill import backfill
from schemas.forms.watch import BackfillRequest
from tasks.store.reporters import stores_of
from tests.integration.test_reporters import OF, dropped

SILENCE_SECONDS = 60
QUERY = 'source = "gacc_query"\nflow = "export"\npartners = "all"\nreleased_on = 2025-0{month}-20\n'
pytestmark = pytest.mark.prefect


@pytest.fixture(scope="module")
def folder(services: Services) -> Path:
    """Files of four reporters; those of China take some seconds."""
    place = dropped(services.folder / "old")
    for month in (4, 5):
        file = place / f"2025{month:02d}.csv"
        file.write_bytes(csv_bytes(in_month(file.stem, distinct_records(3_000))))
        file.with_name(f"{file.name}.toml").write_text(QUERY.format(month=month + 1))
    return place


@pytest.fixture
def workers(services: Services) -> Iterator[list[Any]]:
    """Two workers that fill one store each."""
    started = [services.start_worker("--stores", "--runs", "1") for _ in range(2)]
    yield started
    for worker in started:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def manifests(root: Path) -> dict[str, bytes]:
    return {name: (Path(store) / ".current" / "manifest.json").read_bytes() for name, store in stores_of(root).items()}


def filling(services: Services, folder: Path, root: Path, **request: Any) -> str:
    return services.start("fill/fill", {"request": {"folder": str(folder), "store": str(root), **request}})


def runs_of(services: Services, root: Path) -> dict[str, list[dict[str, Any]]]:
    """The runs into the stores of a root by reporter, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for run in reversed(services.runs("backfill")):
        request = run["parameters"]["request"]
        if request["store"] == str(root):
            found.setdefault(request["reporter"], []).append(run)
    return found


def end_of_each(services: Services, root: Path, stores: int) -> None:
    """Wait until as many stores have a run and each of these has ended: on a busy machine each takes a minute."""
    services.wait(lambda: len(runs_of(services, root)) == stores, f"a run for each of {stores} stores")
    for runs in runs_of(services, root).values():
        services.ended(runs[-1]["id"])


def test_a_worker_that_dies_in_the_middle_costs_its_store_a_second_run_and_every_store_is_that_of_one_process(
    services: Services, folder: Path, tmp_path: Path, workers: list[Any]
) -> None:
    backfill.fn(BackfillRequest(folder=folder, store=tmp_path / "alone"))
    root = tmp_path / "pool"
    with services.impatient(SILENCE_SECONDS, "tidewaiter-zombies"):
        run_id = filling(services, folder, root)
        raw = root / "reporter=CHN" / "raw"
        services.wait(lambda: [*raw.glob("*/*.json")], "the first file of China to be landed")
        (begun,) = runs_of(services, root)["CHN"]
        process = services.process_of(begun["id"])
        assert process
        (mine,) = [worker for worker in workers if worker.pid in {one.pid for one in psutil.Process(process).parents()}]
        os.killpg(mine.pid, signal.SIGKILL)
        os.kill(process, signal.SIGKILL)
        assert not (root / "reporter=CHN" / "current").exists(), "too late: it was published"
        services.ended(begun["id"])
        end_of_each(services, root, 4)
        ended = services.ended(run_id)
    assert (ended["state_name"], ended["state_type"]) == ("Filled 4", "COMPLETED")
    assert "CHN: Published 2025-04 to 2025-06" in ended["state"]["message"]
    assert manifests(root) == manifests(tmp_path / "alone")
    assert sorted(manifests(root)) == sorted(OF.values())
    runs = runs_of(services, root)
    assert {name: [run["state_type"] for run in some] for name, some in runs.items()} == {
        "CHN": ["CRASHED", "COMPLETED"], **{name: ["COMPLETED"] for name in ("EU27", "GBR", "USA")},
    }  # fmt: skip
    (first, _), others = runs["CHN"], [run for name, (run, *_) in runs.items() if name != "CHN"]
    assert any(run["start_time"] < first["end_time"] and run["end_time"] > first["start_time"] for run in others), (
        "no other store was filled while that of China was"
    )
    rows = services.ask("/artifacts/stores/latest")["data"]
    assert rows.count('"finished"') == 4
    # The same once more changes nothing.
    again = services.ended(filling(services, folder, root))
    assert again["state"]["message"] == "; ".join(f"{name}: Nothing new" for name in sorted(OF.values()))
    assert manifests(root) == manifests(tmp_path / "alone")


def test_a_store_on_a_full_disk_fails_alone_in_a_sentence(
    services: Services, folder: Path, tmp_path: Path, workers: list[Any]
) -> None:
    root = tmp_path / "pool"
    small = dropped(tmp_path / "small")
    (small / "nobody.csv").write_bytes(b"x")
    with small_disk(root / "reporter=GBR", 16):
        run_id = filling(services, small, root, restarts=0)
        end_of_each(services, root, 4)
        ended = services.ended(run_id)
        assert (ended["state_name"], ended["state_type"]) == (
            "Failed on 1 of 4 stores, Refused some files, Filled 3",
            "FAILED",
        )
        message = ended["state"]["message"]
        assert message.startswith("GBR: Stopped with 1 left: ")
        assert "No space left on device. Make room on that disk, then run this again." in message
        assert "; nobody.csv: the source is not in the file and nowhere declared" in message
        assert re.findall(r"; ([A-Z]{3}|EU27): ", message) == ["CHN", "EU27", "USA"]
        assert len(runs_of(services, root)["GBR"]) == 1
        assert len(workers) == 2
