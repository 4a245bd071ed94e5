"""The flow that writes the site: once for what is published, again where something came meanwhile."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from flows import site as flows
from flows.site import step as catalog
from schemas.forms.site import SiteReport, SiteRequest, SiteStates
from tasks.domain.errors import NothingPublished

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

DAY = date(2026, 6, 30)


def test_a_site_is_written_again_until_nothing_was_published_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    states = iter([SiteStates(snapshots={"CHN": number}) for number in ("1", "2", "2")])
    written: list[SiteRequest] = []

    def publish(request: SiteRequest, _day: date) -> SiteReport:
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


def test_an_address_is_one_of_the_web() -> None:
    with pytest.raises(ValidationError, match="address"):
        SiteRequest(address="javascript:alert(1)")


def test_a_publication_starts_one_run_and_none_beside_it() -> None:
    file = Path(__file__).parents[3] / "deployments" / "prefect.yaml"
    one = next(one for one in yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"] if one["name"] == "site")
    assert one["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert "tidewaiter.release.published" in one["triggers"][0]["expect"]
    assert SiteRequest.model_validate(one["parameters"]["request"]).output == Path("site/public")
