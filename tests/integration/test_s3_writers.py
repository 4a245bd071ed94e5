"""Several machines that write into one bucket at once, and one that is killed over it: no word is lost."""

import json
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import s3_writer
from bad_inputs.download import CLEAN_RECORDS, csv_bytes
from s3_bucket import START_SECONDS_MAX, TODAY, WRITER, Customs, ingest
from typer.testing import CliRunner

import flows.release
from flows.cli.app import app
from tasks.domain.errors import Held, Outpaced
from tasks.inbox import held
from tasks.ingest.normalise import Normalised
from tasks.reading import query
from tasks.reading.query import open_published
from tasks.steps import reading
from tasks.store.bucket import working_copy
from tasks.store.files.snapshot import current_id
from tasks.store.files.verify import audit_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


def test_two_machines_ingest_at_once_and_both_are_in(
    customs: Customs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, files = customs.store(), {"june.csv": csv_bytes(CLEAN_RECORDS[:6]), "horses.csv": csv_bytes(CLEAN_RECORDS[6:])}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    # The first one is kept waiting before the server looks at its pointer; the second one is done meanwhile.
    customs.faults({"match": "PUT .*/current.json", "held": True})
    slow = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tidewaiter",
            "ingest",
            str(tmp_path / "june.csv"),
            "--store",
            url,
            "--no-prefect",
            "--source",
            "gacc_query",
            "--flow",
            "export",
            "--partners",
            "all",
            "--released-on",
            "2025-07-20",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TIDEWAITER_CACHE": str(tmp_path / "slow")},
    )
    customs.wait("PUT .*/current.json waits")
    assert ingest(url, tmp_path, "horses.csv", files["horses.csv"], 19).status == "published"
    asked = customs.log()
    customs.faults()
    told, complaints = slow.communicate(timeout=START_SECONDS_MAX)
    assert slow.returncode == 0, complaints
    assert told.startswith("published june.csv")
    # What is made of the figures has pointers of its own.
    beside = re.compile("/(mover|expectation|first_print)/")
    lines = [line for line in [*asked, *customs.log()] if "current.json" in line and line.startswith("PUT")]
    asked = [line[-3:] for line in lines if not beside.search(line)]
    assert asked == ["200", "412", "200"]
    # As if they had come one after the other, in a folder; only the lineage tells the day of the run.
    ingest(tmp_path / "reporter=CHN", tmp_path, "horses.csv", files["horses.csv"], 19)
    ingest(tmp_path / "reporter=CHN", tmp_path, "june.csv", files["june.csv"], 20)
    last, _ = customs.current(url)
    root = customs.get(url, f"snapshots/{last}/manifest.json")
    assert json.loads(root)["parent"] is not None
    made = [
        {(entry["path"], entry["sha256"]) for entry in files if entry["table"] != "lineage"}
        for files in (
            json.loads(root)["files"],
            [vars(entry) for entry in open_published(tmp_path / "reporter=CHN").files],
        )
    ]
    assert made[0] == made[1]
    assert len(made[0]) > 10


def test_no_word_of_many_writers_is_lost(customs: Customs, tmp_path: Path) -> None:
    url = customs.store()
    writers = {
        tuple(range(10 * number, 10 * number + 4)): str(tmp_path / cache)
        for number, cache in enumerate(("shared machine", "shared machine", "another machine"))
    }
    running = [
        subprocess.Popen(
            [sys.executable, WRITER, url, *map(str, numbers)],
            env={**os.environ, "TIDEWAITER_CACHE": cache},
        )
        for numbers, cache in writers.items()
    ]
    assert [process.wait(timeout=START_SECONDS_MAX) for process in running] == [0, 0, 0]
    last, numbers = customs.current(url)
    assert numbers == sorted(number for some in writers for number in some)
    assert str(last).startswith("000012-")


KILLS: dict[str, dict[str, Any]] = {
    "at the first file": {"match": "/.files/_", "held": True, "status": 500},
    "at the second file": {"match": "/.files/_", "skip": 1, "held": True, "status": 500},
    "at the manifest": {"match": "/snapshots/", "held": True, "status": 500},
    "before the pointer": {"match": "/current.json", "held": True, "status": 500},
    "after the pointer": {"match": "/current.json", "reply_held": True, "lost": 500},
}


def test_a_killed_writer_leaves_the_old_or_the_new_and_the_next_one_ends_in_the_new(customs: Customs) -> None:
    stores = {name: customs.store() for name in KILLS}
    for url in stores.values():
        s3_writer.add(url, 1)
    old = {name: customs.current(url) for name, url in stores.items()}
    # One rule for each store, so that all writers can be started and killed together.
    customs.faults(
        *({**rule, "match": f"PUT /customs/{stores[name].prefix}{rule['match']}"} for name, rule in KILLS.items())
    )
    writers = {name: subprocess.Popen([sys.executable, WRITER, url, "2"]) for name, url in stores.items()}
    try:
        customs.wait(*(f"PUT {url.prefix[6:]}/.* waits" for url in stores.values()))
    finally:
        for process in writers.values():
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert {process.returncode for process in writers.values()} == {-signal.SIGKILL}
    for name, url in stores.items():
        after = customs.current(url)
        assert after[1] == ([1, 2] if name == "after the pointer" else [1])
        assert name == "after the pointer" or after == old[name]
    customs.faults()
    for name, url in stores.items():
        assert s3_writer.add(url, 2).changed == (name != "after the pointer")
        assert customs.current(url)[1] == [1, 2]
        store = working_copy.at_hand(url)
        assert [*audit_store(store), *working_copy.audit(store)] == []
    customs.log()


def test_what_a_retention_takes_while_a_writer_relies_on_it_is_written_once_more(customs: Customs) -> None:
    url, file = customs.store(), s3_writer.file_of(2)
    s3_writer.add(url, 1)
    # Litter of a writer that was killed, which a retention has listed and the next writer finds.
    key = f".files/_{file.table}/{file.partition}/{file.sha256[:16]}.parquet"
    customs.put(url, key, file.data)
    customs.faults({"match": "PUT .*/manifest.json", "held": True})
    with ThreadPoolExecutor(1) as thread:
        writer = thread.submit(s3_writer.add, url, 2)
        customs.wait("manifest.json waits")
        customs.delete(url, key)
        customs.faults()
        assert writer.result().changed
    assert customs.current(url)[1] == [1, 2]


def _held(customs: Customs, folder: Path) -> tuple[str, str]:
    """A store in the bucket and the name of a release that is held there."""
    url = customs.store()
    ingest(url, folder, "june.csv", csv_bytes(CLEAN_RECORDS[:6]), 20)
    ended = ingest(url, folder, "june.csv", csv_bytes(CLEAN_RECORDS[:1]), 21)
    assert "partner_removed" in ended.message
    return url, ended.release_id


def test_a_release_held_on_one_machine_is_decided_on_another(
    customs: Customs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, release_id = _held(customs, tmp_path)
    here = working_copy.at_hand(url)
    monkeypatch.setenv("TIDEWAITER_CACHE", str(tmp_path / "other machine"))
    listed = CliRunner().invoke(app, ["held", "--store", url])
    assert release_id in listed.output
    there = working_copy.at_hand(url)
    held.decide(there, release_id, "reject", "Li Wei", "cut off", datetime(2025, 8, 2, tzinfo=UTC))
    # The first machine has not heard of it: its decision would wipe out another one unread.
    with pytest.raises(Outpaced, match="decide again"):
        held.decide(here, release_id, "approve", "Ana", "seen", datetime(2025, 8, 3, tzinfo=UTC))
    approved = CliRunner().invoke(
        app, ["approve", release_id, "--by", "Ana", "--reason", "seen", "--no-prefect", "--store", url]
    )
    assert approved.exit_code == 0, approved.output
    assert query.query(there, "finding").filter(check="approved")["observed"].to_list() == ["approved by Ana: seen"]
    assert current_id(there) == customs.current(url)[0]
    kept = json.loads(customs.get(url, f"held/{release_id}.json"))
    assert (kept["decision"]["by"], kept["decision"]["verdict"]) == ("Ana", "approve")


def test_a_rejection_that_came_last_is_heard_before_an_approval_is_relied_on(
    customs: Customs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, release_id = _held(customs, tmp_path)
    before = customs.current(url)
    here, normalise = working_copy.at_hand(url), reading.normalise
    decided = held.decide(here, release_id, "approve", "Ana", "seen", datetime(2025, 8, 2, tzinfo=UTC))

    def meanwhile(*given: Any) -> Normalised:
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("TIDEWAITER_CACHE", str(tmp_path / "other machine"))
            there = working_copy.at_hand(url)
            held.decide(there, release_id, "reject", "Li Wei", "cut off", datetime(2025, 8, 3, tzinfo=UTC))
        return normalise(*given)

    monkeypatch.setattr(reading, "normalise", meanwhile)
    with (
        held.reopened(here, decided) as request,
        pytest.raises(Held, match="rejected by Li Wei on 2025-08-03: cut off"),
    ):
        flows.release.ingest(request, TODAY)
    assert customs.current(url) == before
    kept = held.find(here, release_id)
    assert kept is not None
    assert kept.decision is not None
    assert kept.decision.by == "Li Wei"
