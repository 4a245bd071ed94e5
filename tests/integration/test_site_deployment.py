"""The deployment that keeps the site, on a real server: publications that come together give one build, and one that
comes during a build gives one more."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, in_month
from services import DECLARED, Services

from tasks.pages.site.grounds import notes_of
from tasks.pages.site.requested_site import SHOWN
from tasks.store.files.snapshot import current_id

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("june")]
JULY = csv_bytes(in_month("202507", CLEAN_RECORDS[:6]))
PUBLISHED = "tidewaiter.release.published"


@pytest.fixture
def public(services: Services) -> Path:
    """The site, when all that was published before is in it."""
    place: Path = services.folder / "site" / "public"
    services.wait(lambda: place.is_symlink() and all_ended(services), "the site of June", lambda: runs_of(services))
    return place


def runs_of(services: Services, before: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """The runs of the site but those of `before`, also those that have not begun."""
    found = services.ask("/flow_runs/filter", {"flows": {"name": {"any_": ["site"]}}})
    return [run for run in found if run["id"] not in before and not run["auto_scheduled"]]


def all_ended(services: Services, before: tuple[str, ...] = (), least: int = 0) -> bool:
    """Whether at least so many runs but those of `before` are there, and all have ended."""
    runs = runs_of(services, before)
    return len(runs) >= least and all(run["state_type"] in ("COMPLETED", "CANCELLED") for run in runs)


def builds_of(public: Path) -> int:
    """How many states of the site there have been."""
    return int(public.readlink().name)


def send(services: Services, count: int) -> None:
    """Send events of publications, all at once. A client would send them to a server of its own where the address of
    this one is not in its environment, and that server has none of these deployments."""
    of_release = ({"prefect.resource.id": f"tidewaiter.release.{number}"} for number in range(count))
    now = datetime.now(UTC).isoformat()
    events = [{"id": str(uuid4()), "occurred": now, "event": PUBLISHED, "resource": one} for one in of_release]
    services.ask("/events", events)


@contextmanager
def paused(services: Services, run: str) -> Iterator[None]:
    """Stop the process of a run for a while."""
    process = services.process_of(run)
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def test_publications_that_come_together_give_one_build(services: Services, public: Path) -> None:
    before, builds = tuple(run["id"] for run in runs_of(services)), builds_of(public)
    # Otherwise the site shows all of it already, and nothing is written for any event.
    (notes_of(public) / SHOWN).unlink()
    send(services, 2)
    services.wait(lambda: all_ended(services, before, 2), "two runs to end", lambda: runs_of(services, before))
    assert "COMPLETED" in {run["state_type"] for run in runs_of(services, before)}
    assert builds_of(public) == builds + 1
    before = tuple(run["id"] for run in runs_of(services))
    send(services, 1)
    services.wait(lambda: all_ended(services, before, 1), "a run to end", lambda: runs_of(services, before))
    assert builds_of(public) == builds + 1


def test_a_publication_during_a_build_gives_one_build_more(services: Services, public: Path) -> None:
    builds = builds_of(public)
    run = services.start("site/site", {"request": {"store": "store", "output": "site/public", "moved": 2}})
    partial = public.parent / ".public" / f"{builds + 1}.part"
    services.wait(partial.is_dir, "the build to begin", lambda: services.run(run)["state_name"])
    before = tuple(one["id"] for one in runs_of(services))
    with paused(services, run):
        file = services.folder / "july.csv"
        file.write_bytes(JULY)
        request = {"file": str(file), **DECLARED, "released_on": "2025-08-20"}
        july = services.ended(services.start("release/release", {"request": request}))
        assert july["state_name"].startswith("Published 2025-07")
        services.wait(lambda: all_ended(services, before, 1), "a run beside it", lambda: runs_of(services, before))
        assert {one["state_type"] for one in runs_of(services, before)} == {"CANCELLED"}
    assert services.ended(run)["state_type"] == "COMPLETED"
    assert builds_of(public) == builds + 2
    page = (public / "CHN" / "85051110.en.html").read_text(encoding="utf-8")
    assert str(current_id(services.store)) in page
    assert "2025-07" in page
