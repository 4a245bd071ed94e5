"""The deployment that keeps the site, on a real server: publications that come together give one build, and one that
comes during a build gives another."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, in_month
from services import Services

from tasks.store.files.snapshot import current_id

JUNE = CLEAN_RECORDS[:6]
pytestmark = pytest.mark.prefect
EMIT = (
    "from prefect.events import emit_event; from prefect.events.worker import EventsWorker;"
    "[emit_event('tidewaiter.release.published', {'prefect.resource.id': f'tidewaiter.release.{n}'}) for n in (1, 2)];"
    "EventsWorker.instance().drain()"
)


def settled(services: Services, before: set[str], least: int) -> list[dict[str, Any]]:
    """The runs of the site since `before`, all of which ended; at least so many."""

    def since() -> list[dict[str, Any]]:
        return [
            run
            for run in services.ask("/flow_runs/filter", {"flows": {"name": {"any_": ["site"]}}})
            if run["id"] not in before
        ]

    def ended() -> bool:
        runs = [run for run in since() if not run["auto_scheduled"]]
        return len(runs) >= least and all(
            run["state_type"] in ("COMPLETED", "CANCELLED", "FAILED", "CRASHED") for run in runs
        )

    services.wait(ended, f"{least} runs of the site to end", since)
    return [run for run in since() if not run["auto_scheduled"]]


def identities(services: Services) -> set[str]:
    return {run["id"] for run in services.ask("/flow_runs/filter", {"flows": {"name": {"any_": ["site"]}}})}


def built(public: Path) -> int:
    """How many states of the site there have been."""
    return int(public.readlink().name) if public.is_symlink() else 0


def test_publications_together_give_one_build_and_one_during_a_build_another(
    services: Services, june: dict[str, Any]
) -> None:
    public = services.folder / "site" / "public"
    # The release of June has had its site written, by its event.
    assert {run["state_type"] for run in settled(services, set(), 1)} <= {"COMPLETED", "CANCELLED"}
    page = (public / "CHN" / "85051110.en.html").read_text(encoding="utf-8")
    assert str(current_id(services.store)) in page

    before, builds = identities(services), built(public)
    services.python("-c", EMIT)
    states = {run["state_type"] for run in settled(services, before, 2)}
    assert "COMPLETED" in states <= {"COMPLETED", "CANCELLED"}
    # What they say is shown already, so it is not written again.
    assert built(public) == builds
    run = services.start("site/site", {"request": {"store": "store", "output": "site/public", "desk": True}})
    assert services.ended(run)["state_type"] == "COMPLETED"
    assert built(public) == builds + 1

    before, builds = identities(services), built(public)
    run = services.start("site/site", {"request": {"store": "store", "output": "site/public", "moved": 2}})
    partial = public.parent / ".public" / f"{builds + 1}.part"
    services.wait(partial.is_dir, "the build to begin", lambda: services.run(run)["state_name"])
    process = services.process_of(run)
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    try:
        services.drop("july.csv", csv_bytes(in_month("202507", JUNE)), "2025-08-20")
        assert services.ended(services.watch())["state_name"].startswith("Published 2025-07")
        services.wait(
            lambda: any(one["state_type"] == "CANCELLED" for one in services.runs("site") if one["id"] not in before),
            "the run beside it to be cancelled",
        )
    finally:
        os.kill(process, signal.SIGCONT)
    assert services.ended(run)["state_type"] == "COMPLETED"
    assert built(public) == builds + 2
    page = (public / "CHN" / "85051110.en.html").read_text(encoding="utf-8")
    assert str(current_id(services.store)) in page
    assert "2025-07" in page
