"""What becomes of an answer, source by source: new, unchanged, not out, refused or failed; and what lies in the inbox
afterwards."""

import json
import os
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from comtrade_answers import answer as comtrade
from comtrade_answers import datasets
from comtrade_answers import row as comtrade_row
from old_workbook import workbook
from prefect.client.schemas.schedules import CronSchedule
from pydantic import ValidationError
from release_pages import GOODS, SPANS, TITLE, goods

from schemas.forms.fetch import FetchRequest
from schemas.forms.request import ReleaseRequest
from schemas.forms.watch import WatchRequest
from tasks.domain.errors import Refused
from tasks.fetch.transport import Transport
from tasks.inbox import inbox as inboxes
from tasks.ingest.declaration import as_toml, locate
from tasks.ingest.normalise import normalise
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tasks.sources.adapter.protocol import Response
from tasks.sources.registry import SOURCES
from tests.replay.server import Asked, Replay, Reply
from tests.unit import census_archive
from tests.unit.fetch.conftest import NOW, TODAY, Ask, files_of, results
from tests.unit.sources.census.us_census_answers import ROWS
from tests.unit.sources.census.us_census_answers import answer as census
from tests.unit.sources.eurostat.comext_answers import answer as comext
from tests.unit.sources.gacc.gacc_sheets import sheet
from tests.unit.sources.hmrc.ots_answers import page as ots_page
from tests.unit.sources.hmrc.ots_answers import row as ots_row
from tests.unit.sources.offices import hongkong_answers as hongkong
from tests.unit.sources.offices.brazil_files import JANUARY
from tests.unit.sources.offices.brazil_files import file as brazil
from tests.unit.sources.offices.estat_files import JAN_TO_MAR
from tests.unit.sources.offices.estat_files import file as japan_file
from tests.unit.sources.offices.estat_files import line as japan_line

SECRET = "feedfacefeedfacefeedfacefeedfacefeedface"
COMEXT = "/eurostat/api/comext/dissemination/sdmx/2.1/data/DS-045409/"
CSV, JSON, HTML = (
    {"Content-Type": kind} for kind in ("application/vnd.sdmx.data+csv", "application/json", "text/html")
)


@pytest.fixture
def union(ask: Ask) -> Ask:
    """Asks Eurostat for the imports of the Union in one month."""
    return partial(
        ask, "eurostat_comext", reporters=["EU27"], flows=["import"], products=["84834030"], months="2025-06"
    )


def test_a_new_answer_lies_in_the_inbox_with_what_is_declared_about_it_and_is_released_as_what_was_dropped(
    site: Replay, union: Ask, tmp_path: Path
) -> None:
    site.route(COMEXT, Reply(comext(), headers=CSV))
    (one,) = union().fetched
    file, paper = files_of(tmp_path / "inbox")
    assert (one.outcome, one.file, paper.name) == ("new", file, f"{file.name}.toml")
    assert file.parent == tmp_path / "inbox" / "eurostat_comext" / "import"
    assert file.read_bytes() == comext()
    asked = "M.EU27_2020..84834030.1.VALUE_IN_EUROS+QUANTITY_IN_100KG"
    assert tomllib.loads(paper.read_text()) == {
        "source": "eurostat_comext",
        "reporter": "EU27",
        "flow": "import",
        "partners": "all",
        "products": ["84834030"],
        "months": "2025-06..2025-06",
        "released_on": TODAY,
        "title": "Eurostat Comext DS-045409, EU27, imports of 84834030 from 2025-06",
        "answered_at": NOW,
        "address": f"{site.base}{COMEXT}{asked}?format=SDMX-CSV&compressed=false&startPeriod=2025-06&endPeriod=2025-06",
    }
    assert [one.path for one in site.asked] == [f"{COMEXT}{asked}"]
    looked = inboxes.inbox_state(
        WatchRequest(inbox=tmp_path / "inbox", store=tmp_path / "store", settle_seconds=0), TODAY
    )
    assert (looked.ready, looked.refused, looked.unsettled, looked.later) == ([file], [], [], [])
    landed = land(locate(ReleaseRequest(file=file)), tmp_path / "store", TODAY)
    release = normalise(landed, parse(landed)).release
    assert release.select("reporter", "flow", "released_on", "partners").row(0) == ("EU27", "import", TODAY, "all")
    note = json.loads(landed.raw.with_name(f"{landed.raw_sha256}.json").read_text())
    assert (note["answered_at"], note["landed_on"]) == ("2026-08-14T09:05:00+00:00", "2026-08-14")
    assert note["address"].endswith("endPeriod=2025-06")


@pytest.mark.parametrize(
    ("printed", "answered_at", "day"),
    [
        ("13/08/26", datetime(2026, 8, 14, 9, 5, tzinfo=UTC), date(2026, 8, 14)),
        ("14/08/26", datetime(2026, 8, 13, 9, 5, tzinfo=UTC), date(2026, 8, 14)),
        ("14/08/26", datetime(2026, 8, 14, 22, 30, tzinfo=UTC), date(2026, 8, 15)),
    ],
)
def test_the_day_of_a_release_is_the_later_of_the_printed_one_and_the_first_sight(
    site: Replay,
    union: Ask,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    printed: str,
    answered_at: datetime,
    day: date,
) -> None:
    """The clock of the answer is Luxembourg's: 22:30 in Greenwich is the next day there."""
    site.route(COMEXT, Reply(comext(updated=f"{printed} 11:00:00"), headers=CSV))
    real = Transport.get

    def at_that_time(*args: Any, **given: Any) -> Response | None:
        found = real(*args, **given)
        return found and replace(found, answered_at=answered_at)

    monkeypatch.setattr(Transport, "get", at_that_time)
    union()
    (paper,) = (tmp_path / "inbox").rglob("*.csv.toml")
    assert tomllib.loads(paper.read_text())["released_on"] == day


def test_a_source_that_does_not_answer_is_left_after_three_failures(site: Replay, union: Ask) -> None:
    site.route(COMEXT, Reply(status=503))
    report = union(reporters=["EU27", "DEU", "FRA", "ITA"])
    assert [one.outcome for one in report.fetched] == ["failed", "failed", "failed", "skipped"]
    assert (len(site.asked), report.headline) == (12, "3 failed, 1 skipped")


def test_hmrc_is_asked_page_by_page_until_one_is_short_and_again_where_it_rejects_for_a_moment(
    site: Replay, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SOURCES["hmrc_ots"].questions.args[1]["fetch"], "page_size", 3)  # type: ignore[union-attr]
    rows = [ots_row(float(port), 1.0, port=port) for port in range(7)]
    rejected = iter([Reply(b"rejected", 403)])

    def reply(asked: Asked) -> Reply:
        at = int(asked.query.get("$skip", ["0"])[0])
        return next(rejected, None) or Reply(ots_page(*rows[at : at + 3]), headers=JSON)

    site.route("/OTS", reply)
    (one,) = ask("hmrc_ots", flows=["import"], products=["850511"], months="2026-06").fetched
    assert (one.outcome, [asked.query.get("$skip") for asked in site.asked]) == ("new", [None, None, ["3"], ["6"]])
    assert one.file is not None
    assert SOURCES["hmrc_ots"].parse(one.file.read_bytes(), "f").reported["value"].to_list() == ["21.0"]


CENSUS = "/data/timeseries/intltrade/"


def test_census_without_a_key_is_skipped_and_nothing_is_asked(site: Replay, ask: Ask) -> None:
    (one,) = ask("us_census").fetched
    assert (one.outcome, site.asked) == ("skipped", [])
    assert "set TIDEWAITER_CENSUS_KEY, or the secret block tidewaiter-census-key" in one.reason


def test_a_key_is_sent_with_each_call_and_lies_in_no_file(site: Replay, ask: Ask, tmp_path: Path) -> None:
    site.route(f"{CENSUS}imports", Reply(census([[*row[:8], "2026-05", row[9]] for row in ROWS]), headers=JSON))
    site.route(f"{CENSUS}exports", Reply(status=302, headers={"Location": f"/data/missing_key.html?key={SECRET}"}))
    site.route("/data/missing_key", Reply(f"<html><title>Missing Key</title>{SECRET}</html>".encode(), headers=HTML))
    report = ask("us_census", SECRET, products=["850511"], months="2026-01..2026-05")
    assert [one.outcome for one in report.fetched] == ["refused", "new"]
    assert {tuple(asked.query["key"]) for asked in site.asked} == {(SECRET,)}
    assert site.asked[-1].query["time"] == ["from 2026-01 to 2026-05"]
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(everything) == 3
    assert not [path for path in everything if SECRET.encode() in path.read_bytes()]
    assert SECRET not in report.model_dump_json()
    said = tomllib.loads(next(path for path in everything if path.name.endswith(".json.toml")).read_text())
    assert (said["months"], "key=" in said["address"]) == ("2026-01..2026-05", False)


EXPORTS = "(5) China's Major Exports by Quantity and Value (in CNY)"


INDEX = (
    '<!DOCTYPE html><html><select><option value="2026">2026</option></select>'
    "<table><tr><td>{}</td><td><span>Jan.</span>{}</td></tr></table></html>"
)


@pytest.mark.parametrize("is_there", [True, False])
def test_the_attachment_is_taken_where_the_page_has_lost_its_units_and_the_page_itself_where_it_is_gone(
    site: Replay, ask: Ask, is_there: bool
) -> None:
    """The link is printed with backslashes and Chinese letters. A page that cannot be read is out; the release refuses
    it by name."""
    title, spans = TITLE.replace("2025", "2026"), tuple(span.replace("2024", "2025") for span in SPANS)
    broken = goods([[row[0], *row[2:], ""] for row in GOODS], title=title, spans=spans, day="2026/06/10")
    for place, links in (("preliminary.html", "<a href=/Statics/a.html> May.</a>"), ("preliminary2025.html", "")):
        site.route(f"/statics/report/{place}", Reply(INDEX.format(EXPORTS, links).encode(), headers=HTML))
    site.route("/Statics/a.html", Reply(broken, headers=HTML))
    rows = sheet(GOODS)
    rows[0] = [title]
    book = workbook([[cell.replace("2024", "2025") if isinstance(cell, str) else cell for cell in row] for row in rows])
    site.route("/Excel/9-en-人民币-2025-5-CNY45.xls", Reply(book) if is_there else Reply(status=404))
    first, again = (ask("gacc_preliminary", today=date(2026, 6, 12)).fetched for _ in range(2))
    assert [one.outcome for one in (*first, *again)] == ["new", "unchanged"]
    assert first[0].file is not None
    assert (first[0].file.suffix, first[0].file.read_bytes()) == ((".xls", book) if is_there else (".html", broken))
    if is_there:
        assert SOURCES["gacc_preliminary"].parse(book, "f.xls").reported.height == 3 * len(GOODS)


def test_the_files_of_japan_are_found_by_their_chapters(site: Replay, ask: Ask, tmp_path: Path) -> None:
    listed = """<!DOCTYPE html><html><h2>Export</h2><p>Section XV Chapter 72-83</p><a href="/en/stat-search/file-download?statInfId=000040000001&amp;fileKind=1">CSV</a>
<p>Section XVI Chapter 84-85</p><a href="/en/stat-search/file-download?statInfId=000040000002&amp;fileKind=1">CSV</a></html>"""  # noqa: E501
    site.route("/en/stat-search/files", Reply(listed.encode(), headers=HTML))
    site.route(
        "/en/stat-search/file-download", Reply(japan_file(japan_line(JAN_TO_MAR)), headers={"Content-Type": "text/csv"})
    )
    report = ask("japan_estat", flows=["export"], products=["852351"], months="2026-01..2026-05")
    assert results(report) == [("japan_export_84-85_2026", "new")]
    assert site.asked[-1].query["statInfId"] == ["000040000002"]
    said = tomllib.loads(next((tmp_path / "inbox").rglob("*.toml")).read_text())
    assert (said["months"], said["products"], said["reporter"]) == ("2026-01..2026-02", ["84", "85"], "JPN")


def test_a_changed_file_of_a_year_of_brazil_is_a_new_release_of_all_its_months(
    site: Replay, ask: Ask, tmp_path: Path
) -> None:
    """The file of a year grows, and may change its earlier months; what has not changed costs one conditional
    request."""
    february = JANUARY[0].replace('"01";"8505', '"02";"8505')
    grown = brazil(JANUARY[0].replace(";3000", ";3100"), *JANUARY[1:], february)
    first, second = (
        Reply(body, headers={"Content-Type": "text/csv", "ETag": tag})
        for body, tag in ((brazil(*JANUARY), '"1"'), (grown, '"2"'))
    )
    site.route("/balanca/bd/comexstat-bd/ncm/EXP_2026.csv", [first, first, second])
    asked = partial(ask, "brazil_comexstat", flows=["export"], months="2026-01..2026-02")
    assert [results(asked()) for _ in range(3)] == [
        [("brazil_comexstat_export_2026", one)] for one in ("new", "unchanged", "new")
    ]
    assert site.asked[1].headers["if-none-match"] == '"1"'
    papers = (path.read_text() for path in sorted((tmp_path / "inbox").rglob("*.toml")))
    assert sorted(tomllib.loads(text)["months"] for text in papers) == ["2026-01..2026-01", "2026-01..2026-02"]


def test_an_archive_of_a_month_is_dropped_as_it_is_and_a_month_that_is_not_out_is_named(
    site: Replay, ask: Ask, tmp_path: Path
) -> None:
    """Packed, with what its sidecar says, so that it is a release as it lies there."""
    folder = "/trade/downloads/2026/Merch/im_m"
    archive = census_archive.archive(period="2026-05")
    site.route(f"{folder}/IMDB2605.ZIP", Reply(archive, headers={"Content-Type": "application/zip", "ETag": '"1"'}))
    site.route(f"{folder}/IMDB2606.ZIP", Reply(b"<html>not here</html>", headers={"Content-Type": "text/html"}))
    asked = partial(ask, "us_census_bulk", flows=["import"], months="2026-05..2026-06")
    found = [results(asked()) for _ in range(2)]
    assert found == [[("IMDB2606", "refused"), ("IMDB2605", one)] for one in ("new", "unchanged")]
    (file,) = (tmp_path / "inbox").rglob("*.zip")
    assert (file.read_bytes(), file.parent.name) == (archive, "import")
    paper = tomllib.loads(file.with_name(f"{file.name}.toml").read_text())
    assert [paper[name] for name in ("reporter", "partners", "products", "months")] == [
        "USA",
        "all",
        ["*"],
        "2026-05",
    ]


NEWS, KEYED, OPEN = "/public/v1/getDA", "/data/v1/get/C/M/HS", "/public/v1/preview/C/M/HS"


@pytest.fixture
def china(ask: Ask) -> Ask:
    """Asks UN Comtrade about China's exports of one code in one month."""
    return partial(ask, "un_comtrade", reporters=["CHN"], products=["850511"], flows=["export"], months="2025-06")


def test_only_months_that_are_there_are_asked_and_again_only_where_their_dataset_has_changed(
    site: Replay, china: Ask
) -> None:
    site.route(NEWS, [Reply(datasets(m202506=text)) for text in ("-17", "-17", "5")])
    site.route(OPEN, [Reply(comtrade(comtrade_row(value=value))) for value in (1000.0, 2000.0)])
    found = [results(china(months="2025-05..2025-06")) for _ in range(3)]
    assert found == [[("comtrade_CHN_export_850511_2025-06", one)] for one in ("new", "unchanged", "new")]
    assert site.asked[0].query == {"reporterCode": ["156"], "period": ["202505,202506"]}
    assert [asked.path for asked in site.asked].count(OPEN) == 2


@pytest.mark.parametrize(
    ("news", "given", "says"),
    [
        (datasets(m202506="1"), {"reporters": ["EU27"]}, "countries alone"),
        (b"<html>", {}, "a page or a message"), (datasets(m202506="1"), {"secret": SECRET}, "Out of call volume quota"),
    ],
)  # fmt: skip
def test_what_comtrade_cannot_be_asked_is_refused_by_name_and_without_the_key(
    site: Replay, china: Ask, news: bytes, given: dict[str, Any], says: str
) -> None:
    site.route(NEWS, Reply(news))
    site.route(KEYED, Reply(f'{{"message": "Out of call volume quota for {SECRET}"}}'.encode(), 403))
    (one,) = china(**given).fetched
    assert (one.outcome, says in one.reason, SECRET in one.reason) == ("refused", True, False), one.reason


def test_a_sidecar_is_toml_whatever_is_in_it() -> None:
    paper = {
        "title": 'a "quoted"\n\\ title 人民币',
        "products": ["01", "02"],
        "released_on": TODAY,
        "answered_at": NOW,
        "flow": None,
    }
    assert tomllib.loads(as_toml(paper)) == {name: value for name, value in paper.items() if value is not None}


@pytest.mark.parametrize(
    "base",
    [
        "http://example.org",
        "https://127.0.0.1",
        "http://127.0.0.1.example.org",
        "http://localhost:80/x",
        "http://user@127.0.0.1",
    ],
)
def test_a_key_can_be_sent_nowhere_but_to_its_source(base: str) -> None:
    with pytest.raises(ValidationError, match="not of this machine"):
        FetchRequest(source="us_census", base=base)


def test_a_source_whose_files_a_person_downloads_is_refused_with_those_that_are_fetched(ask: Ask) -> None:
    with pytest.raises(Refused, match=r"gacc_query, whose files a person downloads .*eurostat_comext"):
        ask("gacc_query")
    with pytest.raises(ValidationError, match="'comtrade' is no source; the sources are gacc_query, "):
        FetchRequest(source="comtrade")


def test_an_inbox_that_cannot_be_written_leaves_no_half_file(
    site: Replay, union: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.route(COMEXT, Reply(comext(), headers=CSV))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        union()
    assert files_of(tmp_path / "inbox") == []


def test_every_source_has_a_deployment_on_its_own_days() -> None:
    """A schedule whose form the flow would refuse fails here and not at night."""
    text = (Path(__file__).parents[3] / "deployments" / "prefect.yaml").read_text(encoding="utf-8")
    places = yaml.safe_load(text)["deployments"]
    fetches = [place for place in places if place["entrypoint"] == "flows.fetch.fetch"]
    requests = [FetchRequest.model_validate(place["parameters"]["request"]) for place in fetches]
    assert {request.source for request in requests} == {name for name, source in SOURCES.items() if source.questions}
    for schedule in (schedule for place in fetches for schedule in place["schedules"]):
        assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"]).timezone == schedule["timezone"]
    (watch,) = (place for place in places if place["name"] == "watch")
    watched = WatchRequest.model_validate(watch["parameters"]["request"])
    # Nothing is fetched on its own that no watch takes.
    alone = [request for request, place in zip(requests, fetches, strict=True) if place["schedules"]]
    assert {request.inbox for request in alone} == {watched.inbox}
    assert {*watched.kinds} == {*(SOURCES[request.source].kind for request in alone), "query"}


@pytest.mark.parametrize("source", [name for name, source in SOURCES.items() if source.questions and source.reporter])
def test_a_source_of_one_reporter_is_asked_for_no_other(ask: Ask, source: str) -> None:
    """The question would be that of its own reporter, without a word."""
    own = SOURCES[source].reporter
    with pytest.raises(Refused, match=f"reporters: reporter EU27, and {source} has figures of {own} alone"):
        ask(source, reporters=[own, "EU27"])


def hongkong_row(figure: int, sv: str, month: str = "202506") -> dict[str, Any]:
    return hongkong.row(figure, sv, codeclass="HKHS6", code="850511", period=month)


def test_hong_kong_answers_after_a_redirect_with_a_token_and_says_when_too_much_was_asked(
    site: Replay, ask: Ask, tmp_path: Path
) -> None:
    limit = hongkong.answer(status="Error", message="You have reached the usage limit.")
    rows = [hongkong_row(12, "VCm"), hongkong_row(340, "QCm"), hongkong_row(9, "VCm", "202505")]
    site.route("/api/get", Reply(status=302, headers={"Location": "/api/0a1b/get"}))
    site.route("/api/0a1b/get", [Reply(limit, headers=JSON), Reply(hongkong.answer(*rows), headers=JSON)])
    one = partial(ask, "hongkong_csd", products=["850511"], flows=["import"], months="2025-04..2025-06")
    (refused,) = one().fetched
    assert refused.outcome == "refused"
    assert "usage limit" in refused.reason
    assert not files_of(tmp_path / "inbox")
    (new,) = one().fetched
    assert new.outcome == "new"
    assert new.file is not None
    said = tomllib.loads(Path(f"{new.file}.toml").read_text())
    # June is the last month with a row; a month without trade before it was asked for all the same.
    assert (said["reporter"], said["partners"], said["months"]) == ("HKG", "all", "2025-04..2025-06")
    assert results(one()) == [("hongkong_import_850511_2025", "unchanged")]
