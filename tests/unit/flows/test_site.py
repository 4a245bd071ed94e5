"""The flow that writes the site: once for what is published, again where something came meanwhile."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from flows import site as flows
from flows.site import step as catalog
from schemas.forms.site import SiteReport, SiteRequest, SiteStates
from tasks.domain.errors import NothingPublished
from tasks.pages.site import requested_site
from tasks.pages.site import site as site_pages
from tasks.pages.site.site import SitePlan

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

DAY = date(2026, 6, 30)


def test_a_site_is_written_again_until_nothing_was_published_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    states = iter([SiteStates(snapshots={"CHN": number}) for number in ("1", "2", "2")])
    written: list[SiteRequest] = []

    def publish(request: SiteRequest, _day: date, _states: SiteStates) -> SiteReport:
        written.append(request)
        return SiteReport(output=request.output, pages=7)

    monkeypatch.setattr(catalog, "site_states", lambda _store: next(states))
    monkeypatch.setattr(catalog, "publish_site", publish)
    report = flows.write(SiteRequest(), DAY)
    assert (report.pages, report.builds, len(written)) == (7, 2, 2)


def test_a_site_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="there is no site to write"):
        flows.write(SiteRequest(store=tmp_path), DAY)


def test_the_flow_puts_the_site_of_a_store_into_its_place(sample_store: Path, tmp_path: Path) -> None:
    report = flows.write(SiteRequest(store=sample_store.parent, output=tmp_path / "public", moved=0), DAY)
    assert report.builds == 1
    assert len([*(tmp_path / "public").rglob("*.html")]) == report.pages > 8


def test_a_site_that_is_shown_already_is_not_written_again_unless_something_else_is_asked_or_set(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SiteRequest(store=sample_store.parent, output=tmp_path / "public", moved=0)
    first = flows.write(request, DAY)
    state = request.output.resolve()
    again = flows.write(request, DAY)
    assert (again.builds, again.pages, request.output.resolve()) == (0, first.pages, state)
    states = requested_site.published_states(request.store)
    watched = tmp_path / "watch_list.csv"
    watched.write_text("reporter,product,flow,reason\n")
    written: list[SitePlan] = []
    monkeypatch.setattr(site_pages, "publish", lambda _store, plan: written.append(plan) or [])
    for other in (
        (request, date(2026, 7, 1), states),
        (request.model_copy(update={"desk": True}), DAY, states),
        (request, DAY, states.model_copy(update={"held": {"CHN": ["gacc_query-1"]}})),
        (request, DAY, states.model_copy(update={"tables": {"mover/CHN": "000009-000000000000"}})),
    ):
        before = len(written)
        assert requested_site.publish_requested(*other).builds == 1
        assert len(written) == before + 1, other
    for name, value in (
        ("TIDEWAITER_WATCH_LIST", str(watched)),
        ("TIDEWAITER_COMTRADE_PERMISSION", "letter"),
    ):
        monkeypatch.setenv(name, value)
        assert requested_site.publish_requested(request, DAY, states).builds == 1, name
    watched.write_text("reporter,product,flow,reason\nCHN,12019019,import,a\n")
    assert requested_site.publish_requested(request, DAY, states).builds == 1
    assert requested_site.publish_requested(request, DAY, states).builds == 0


def test_an_address_is_one_of_the_web() -> None:
    with pytest.raises(ValidationError, match="address"):
        SiteRequest(address="javascript:alert(1)")


def test_a_publication_starts_one_run_and_none_beside_it() -> None:
    file = Path(__file__).parents[3] / "deployments" / "prefect.yaml"
    one = next(one for one in yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"] if one["name"] == "site")
    assert one["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert "tidewaiter.release.published" in one["triggers"][0]["expect"]
    assert SiteRequest.model_validate(one["parameters"]["request"]).output == Path("site/public")


def test_nothing_is_served_or_copied_that_names_the_store_or_a_release_that_waits(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = {"CHN": ["gacc_query-1"]}
    states = requested_site.published_states(sample_store.parent).model_copy(update={"held": waiting})
    request = SiteRequest(store=sample_store.parent, output=tmp_path / "public", moved=0)
    requested_site.publish_requested(request, DAY, states)
    site = request.output.resolve()
    assert not [one for one in site.rglob("*") if one.name.startswith(".")]
    secret = [
        file for file in site.rglob("*") if file.is_file() and str(sample_store.parent).encode() in file.read_bytes()
    ]
    assert secret == []
    assert requested_site.publish_requested(request, DAY, states).builds == 0
    notes = tmp_path / ".public" / "notes"
    assert "gacc_query-1" in (notes / "shown.json").read_text(encoding="utf-8")
    # Another user, such as that of a server, reads none of it.
    assert notes.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", [lambda file: file.write_text("half"), lambda file: file.unlink()])
@pytest.mark.parametrize("name", ["index.html", "names.js", "CHN/index.zh.html", "CHN/85051110.en.html"])
def test_a_file_that_is_damaged_or_gone_is_written_again_by_the_next_run(
    sample_store: Path, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    request = SiteRequest(store=sample_store.parent, output=tmp_path / "public", moved=0)
    flows.write(request, DAY)
    whole = (request.output / name).read_bytes()
    damage(request.output / name)
    assert flows.write(request, DAY).builds == 1
    assert (request.output / name).read_bytes() == whole
    assert flows.write(request, DAY).builds == 0


def test_a_site_is_looked_at_again_when_the_store_has_lost_a_state_that_pages_cite(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SiteRequest(store=sample_store.parent, output=tmp_path / "public", moved=0)
    flows.write(request, DAY)
    assert flows.write(request, DAY).builds == 0
    monkeypatch.setattr(requested_site, "snapshot_ids", lambda _store: [])
    assert flows.write(request, DAY).builds == 1


def test_a_watch_list_that_is_no_text_is_refused_by_its_reader(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = tmp_path / "watch_list.csv"
    watched.write_bytes("reporter,product,flow,reason\nCHN,12019019,import,caf\u00e9\n".encode("latin-1"))
    monkeypatch.setenv("TIDEWAITER_WATCH_LIST", str(watched))
    request = SiteRequest(store=sample_store.parent, output=tmp_path / "public", moved=0)
    with pytest.raises(ValueError, match=r"watch_list\.csv") as refusal:
        flows.write(request, DAY)
    assert not isinstance(refusal.value, UnicodeError)


def test_a_file_that_cannot_be_read_is_no_reason_to_call_a_site_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_file: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    watched = tmp_path / "watch_list.csv"
    watched.write_text("reporter,product,flow,reason\n")
    monkeypatch.setenv("TIDEWAITER_WATCH_LIST", str(watched))
    readable = requested_site._content("TIDEWAITER_WATCH_LIST")
    monkeypatch.setattr(Path, "read_bytes", refused)
    assert requested_site._content("TIDEWAITER_WATCH_LIST") not in ("", readable)
