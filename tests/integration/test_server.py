"""What the people of the release day see, with the real thing: server, worker, process pool and deployments."""

import os
import signal
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, distinct_records, in_month
from receivers import Received, both
from services import DECLARED, LATE, PATIENCE_SECONDS, Services

from tasks.inbox import held as held_releases
from tasks.reading import query
from tasks.store.files.snapshot import current_id
from tasks.store.files.verify import audit_store

JUNE = CLEAN_RECORDS[:6]
# Two heartbeats, so that the test does not wait for the five after which a run is given up.
SILENCE_SECONDS = 60
# Before the first scheduled time the runs are put on the schedule and the server stops; a worker takes what is due
# within 10 s.
BEFORE_SECONDS, SLOT_SECONDS = 40, 5
pytestmark = pytest.mark.prefect


def month(year: int, number: int, records: list[Any] = JUNE) -> bytes:  # it is read
    return csv_bytes(in_month(f"{year}{number:02d}", records))


def test_each_deployment_has_the_limit_and_the_clock_that_it_needs(services: Services) -> None:
    found = {f"{name}/{name}": services.deployment(f"{name}/{name}") for name in services.DEPLOYED}
    assert found["release/release"]["work_queue_name"] == "in-turn"
    zones = {schedule["schedule"]["timezone"] for one in found.values() for schedule in one["schedules"]}
    assert zones == {"Asia/Shanghai"}
    # A place under a limit is lost in a pause, and a run that cannot renew its place is crashed after four minutes.
    for name in ("release", "decide", "audit"):
        assert found.pop(f"{name}/{name}")["global_concurrency_limit"] is None
    for one in found.values():
        strategy = one["concurrency_options"]["collision_strategy"]
        assert (one["global_concurrency_limit"]["limit"], strategy) == (1, "ENQUEUE")


def test_a_server_that_runs_deletes_runs_after_400_days(services: Services) -> None:
    kept = services.ask("/admin/settings")["server"]["services"]["db_vacuum"]
    # A year has 365 days here.
    assert ({*kept["enabled"]}, kept["retention_period"]) == ({"events", "flow_runs"}, "P1Y35D")


def test_a_dropped_file_is_published_and_dropped_again_is_nothing_new(services: Services, june: dict[str, Any]) -> None:
    watch, title = june["watch"], june["name"].removeprefix("release 2025-06 ")
    assert (watch["state_name"], watch["state_type"]) == ("Published 2025-06", "COMPLETED")
    assert (title[:5], june["state_name"]) == ("june ", "Published 2025-06")
    summary = services.ask("/artifacts/summary-gacc-query-export/latest")["data"]
    assert "| **World** | 1,676 |" in summary
    assert "](data:image/png;base64,iVBOR" in summary
    lineage = services.ask("/artifacts/lineage-gacc-query-export/latest")["data"]
    assert "hold_on_errors" in lineage
    services.drop(title, month(2025, 6), "2025-07-20")
    assert services.ended(services.watch())["state_name"] == "Nothing new"

    def events() -> list[dict[str, Any]]:
        return [
            event for event in services.events("tidewaiter.release.published") if event["payload"]["title"] == title
        ]

    services.wait(events, "the event")
    (event,) = events()
    assert (event["payload"]["month"], event["payload"]["flows"]) == ("2025-06", ["export"])


def test_a_revision_and_what_is_overdue_are_told_as_events(services: Services, late: dict[str, Any]) -> None:
    """The day is that for which the run was scheduled, in Beijing: 22 March, 16:30 UTC is the 23rd, three days after
    the 20th."""
    assert (late["name"], late["state_name"]) == ("watch 2025-03-23 00:30", "Published 2025-01, Overdue 3 days")
    assert late["state_type"] == "COMPLETED"
    services.wait(
        lambda: services.events("tidewaiter.release.revised") and services.events("tidewaiter.release.overdue"),
        "the events",
    )
    # The client sends an event again whose receipt it did not see, so the server may know one twice by the same id.
    sent = {
        one["id"]: (what, one)
        for what in ("revised", "overdue")
        for one in services.events(f"tidewaiter.release.{what}")
    }
    assert [what for what, _ in sent.values()] == ["revised", "overdue"], sent
    (_, revised), (_, overdue) = sent.values()
    assert revised["resource"]["prefect.resource.name"] == "january again.csv"
    assert revised["payload"]["revisions"] >= 1
    assert overdue["resource"]["prefect.resource.id"] == "tidewaiter.release.gacc_query.2025-02"
    assert (overdue["payload"]["late"], overdue["payload"]["days_late"]) == (["2025-02"], 3)


def test_a_removed_partner_is_held_and_a_person_is_asked_and_an_approval_publishes(
    services: Services, held: dict[str, Any]
) -> None:
    asked, before = held["asked"], current_id(services.store)
    assert held["watch"]["state_name"] == held["state_name"] == "Held for approval"
    assert "partner_removed" in held["state"]["message"]
    assert asked["name"] == "held for approval: june again.csv"
    name = held["state"]["message"].split()[0]
    unanswered = services.start("decide/decide", {"release_id": name, "store": "store", "patience_hours": 0.001})
    # For a moment it is just Failed: the server is the first to see that the time is over.
    services.wait(
        lambda: services.run(unanswered)["state_name"] == "Held for approval",
        "the question to end",
        lambda: services.run(unanswered),
    )
    assert services.run(unanswered)["state_type"] == "COMPLETED"
    assert name in [kept.release_id for kept in held_releases.waiting(services.store)]
    assert current_id(services.store) == before
    wrong = services.ask(
        f"/flow_runs/{asked['id']}/resume", {"run_input": {"verdict": "perhaps", "by": "x", "reason": "y"}}
    )
    assert wrong["status"] == "REJECT"
    services.ask(
        f"/flow_runs/{asked['id']}/resume",
        {"run_input": {"verdict": "approve", "by": "Li Wei", "reason": "compared with the site"}},
    )
    assert services.ended(asked["id"])["state_name"] == "Published 2025-06"
    (row,) = query.query(services.store, "finding").filter(check="approved", release_id=name).to_dicts()
    assert row["observed"] == "approved by Li Wei: compared with the site"


def test_a_run_on_demand_asks_by_itself_and_a_rejection_leaves_the_store_untouched(
    services: Services, waiting: dict[str, Any], late: dict[str, Any]
) -> None:
    (kept,) = [one for one in held_releases.waiting(services.store) if one.title == "ten thousand.csv"]
    assert [entry.check for entry in kept.findings] == ["row_cap"]
    # Nobody else waits behind a question: the store is not locked.
    assert services.paused(waiting["id"])["start_time"] < late["start_time"]
    assert late["state_name"].startswith("Published 2025-01")
    before = current_id(services.store)
    services.ask(
        f"/flow_runs/{waiting['id']}/resume", {"run_input": {"verdict": "reject", "by": "Li Wei", "reason": "cut off"}}
    )
    ended = services.ended(waiting["id"])
    assert (ended["state_name"], ended["state_type"]) == ("Rejected", "COMPLETED")
    assert "rejected by Li Wei: cut off" in ended["state"]["message"]
    assert current_id(services.store) == before
    assert kept.release_id not in [one.release_id for one in held_releases.waiting(services.store)]
    asked = [event["payload"]["release_id"] for event in services.events("tidewaiter.release.held")]
    assert asked.count(kept.release_id) == 1
    assert not [run["name"] for run in services.runs("decide") if "ten thousand" in run["name"]]


@pytest.mark.parametrize(
    ("deployment", "request_", "reason"),
    [
        ("watch/watch", {"settle_seconds": -1}, "settle_seconds"),
        ("release/release", {"flow": "export"}, "file"),
        ("release/release", {"file": "a.csv", "months": "2025-13"}, "months"),
        ("backfill/backfill", {"folder": "old", "dry_run": "perhaps"}, "dry_run"),
    ],
)
def test_bad_values_are_rejected_by_the_form(
    services: Services, deployment: str, request_: dict[str, Any], reason: str
) -> None:
    identity = services.deployment(deployment)["id"]
    with pytest.raises(AssertionError, match=reason):
        services.ask(f"/deployments/{identity}/create_flow_run", {"parameters": {"request": request_}})


def publishing(services: Services) -> tuple[str, int]:
    """A watch that was started, and its process, at a moment at which it publishes."""
    # Bytes wait in this folder only while a release is being published, and only for a moment; or a killed run left
    # them.
    waiting = services.store / "tmp"
    left = {*waiting.glob("*")}
    run_id = services.watch()
    services.wait(lambda: services.process_of(run_id), "the process of the run")
    process = services.process_of(run_id)
    assert process
    deadline = time.monotonic() + PATIENCE_SECONDS
    while all(path in left or path.name.startswith("landing") for path in waiting.glob("*")):
        assert time.monotonic() < deadline, "the run was not seen to publish"
        time.sleep(0.001)
    return run_id, process


@pytest.fixture(scope="module")
def killed(services: Services, receivers: tuple[Received, Received]) -> dict[str, Any]:
    """What has crashed since: as `alone` a run that is killed while it publishes; as `runs` those of a worker that is
    killed with all it started, each with what its state must say, and as `messages` what was sent about it. Then there
    is a worker again, and `next` is its first run."""
    services.drop("many.csv", month(2025, 4, distinct_records(9_000)), "2025-05-20")
    before = current_id(services.store)
    run_id, process = publishing(services)
    os.kill(process, signal.SIGKILL)
    alone = services.ended(run_id)
    cut = services.folder / "cut off.csv"
    cut.write_bytes(csv_bytes(distinct_records(10_000)[::-1]))
    request = {"file": str(cut), **DECLARED, "released_on": "2025-07-23"}
    services.drop("more.csv", month(2025, 3, distinct_records(9_000)), "2025-04-20")
    with services.impatient(SILENCE_SECONDS):
        waits = services.paused(services.start("release/release", {"request": request, "wait_for_approval": True}))[
            "id"
        ]
        publishes, process = publishing(services)
        processes = [process, services.process_of(waits)]
        os.killpg(services.worker.pid, signal.SIGKILL)
        for one in processes:
            with suppress(ProcessLookupError):
                os.kill(one or 0, signal.SIGKILL)
        services.worker.wait(10)
        taken = services.watch()
        services.ask(f"/flow_runs/{taken}/set_state", {"state": {"type": "PENDING"}, "force": True})
        dead = {publishes: "no sign of life", waits: "no sign of life", taken: "not started within"}
        runs = [(services.ended(run), reason) for run, reason in dead.items()]
    messages = both(services, receivers, "No worker: nobody takes the runs of local-process")
    assert current_id(services.store) == before
    services.worker = services.start_worker()
    return {"alone": alone, "runs": runs, "messages": messages, "next": services.ended(services.watch())}


def test_a_run_killed_while_it_publishes_is_crashed_and_the_next_completes(
    services: Services, killed: dict[str, Any]
) -> None:
    assert (killed["alone"]["state_type"], killed["alone"]["state_name"]) == ("CRASHED", "Crashed")
    assert killed["next"]["state_name"] == "Published 2025-03 to 2025-04"
    assert audit_store(services.store) == []


def test_a_worker_killed_with_all_it_started_leaves_crashed_runs_and_the_next_completes(
    services: Services, killed: dict[str, Any]
) -> None:
    """Nobody is left to say that the runs have crashed; automations say it: of one that publishes, of one that waits
    for an answer, and of one that the worker took and did not start, which would keep the others waiting for ever."""
    assert len(killed["runs"]) == 3
    for run, reason in killed["runs"]:
        assert run["state_type"] == "CRASHED"
        assert reason in run["state"]["message"]
    assert "cut off.csv" in [kept.title for kept in held_releases.waiting(services.store)]
    assert killed["next"]["state_type"] == "COMPLETED"
    # And that nobody takes the runs, which the server sees when a worker has missed three of its heartbeats.
    assert all("tidewaiter worker" in text for text in killed["messages"])


def test_after_an_outage_both_months_are_done_once_and_in_order(services: Services) -> None:
    """The server is down while two scheduled times pass; each stands for the release day of a month (slots.py)."""
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=BEFORE_SECONDS)
    model, days = services.deployment("watch/watch"), ["2025-09-20", "2025-10-20"]
    start = f"DTSTART:{first:%Y%m%dT%H%M%SZ}\nRRULE:FREQ=SECONDLY;INTERVAL={SLOT_SECONDS};COUNT={len(days)}"
    made = services.ask(
        "/deployments/",
        {
            **{
                name: model[name]
                for name in ("pull_steps", "path", "work_pool_name", "work_queue_name", "concurrency_options")
            },
            "name": "by-slots",
            "entrypoint": "slots.watch_by_slots",
            "flow_id": services.ask("/flows/", {"name": "watch-by-slots"})["id"],
            "concurrency_limit": model["global_concurrency_limit"]["limit"],
            "schedules": [{"schedule": {"rrule": start, "timezone": "UTC"}}],
            "parameters": {"request": LATE, "first": first.isoformat(), "seconds": SLOT_SECONDS, "days": days},
        },
    )

    def runs() -> list[dict[str, Any]]:
        wanted = {"deployments": {"id": {"any_": [made["id"]]}}, "sort": "EXPECTED_START_TIME_ASC"}
        found: list[dict[str, Any]] = services.ask("/flow_runs/filter", wanted)
        return found

    services.wait(lambda: len(runs()) == len(days), "the two runs on the schedule")
    services.stop_server()
    assert datetime.now(UTC) < first, "the server was not down before the first scheduled time"
    services.drop("september.csv", month(2025, 9), days[1])
    services.drop("august.csv", month(2025, 8), days[0])
    time.sleep((first - datetime.now(UTC)).total_seconds() + SLOT_SECONDS + 1)
    services.start_server()
    for run in runs():
        services.ended(run["id"])
    late = runs()
    assert [run["state_name"] for run in late] == ["Published 2025-08", "Published 2025-09"]
    assert late[0]["end_time"] <= late[1]["start_time"]
    done = [run for run in services.runs("release") if run["name"].endswith(("august.csv", "september.csv"))]
    assert [run["state_name"] for run in reversed(done)] == ["Published 2025-08", "Published 2025-09"]
    months = query.query(services.store, "release").filter(pl.col("title").is_in(["august.csv", "september.csv"]))
    assert sorted(months["first_month"].to_list()) == [date(2025, 8, 1), date(2025, 9, 1)]
