"""What becomes of an answer: new, unchanged, not out, refused or failed; and what lies in the inbox afterwards."""

import json
import os
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from old_workbook import workbook
from prefect.client.schemas.schedules import CronSchedule
from pydantic import ValidationError
from release_pages import GOODS, SPANS, TITLE, goods

from schemas.forms.fetch import FetchReport, FetchRequest
from schemas.forms.request import ReleaseRequest
from schemas.forms.watch import WatchRequest
from tasks.domain.errors import Refused
from tasks.fetch.fetch import fetch
from tasks.fetch.inbox import read_seen
from tasks.fetch.transport import Policy, Transport
from tasks.ingest import inbox as inboxes
from tasks.ingest.declaration import as_toml, locate
from tasks.ingest.normalise import normalise
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tasks.sources import japan_estat
from tasks.sources.gacc_tables import MONTHS
from tasks.sources.registry import SOURCES
from tests.replay.server import Asked, Replay, Reply
from tests.unit.sources.test_eurostat_comext import answer as comext
from tests.unit.sources.test_gacc_pages import _sheet as sheet
from tests.unit.sources.test_hmrc_ots import page as ots_page
from tests.unit.sources.test_hmrc_ots import row as ots_row
from tests.unit.sources.test_japan_estat import JAN_TO_MAR
from tests.unit.sources.test_japan_estat import file as japan_file
from tests.unit.sources.test_japan_estat import line as japan_line
from tests.unit.sources.test_us_census import ROWS
from tests.unit.sources.test_us_census import answer as census

TODAY = date(2026, 8, 14)
NOW = datetime(2026, 8, 14, 9, 5, tzinfo=UTC)
SECRET = "feedfacefeedfacefeedfacefeedfacefeedface"
COMEXT = "/eurostat/api/comext/dissemination/sdmx/2.1/data/DS-045409/"
CSV, JSON, HTML = (
    {"Content-Type": kind} for kind in ("application/vnd.sdmx.data+csv", "application/json", "text/html")
)


@pytest.fixture
def site() -> Iterator[Replay]:
    replay = Replay()
    yield replay
    replay.close()


@pytest.fixture
def ask(site: Replay, tmp_path: Path) -> Iterator[Callable[..., FetchReport]]:
    transport = Transport(Policy(read=5.0, connect=5.0), sleep=lambda seconds: None, clock=lambda: NOW)

    def asked(source: str, secret: str | None = None, today: date = TODAY, **given: Any) -> FetchReport:
        request = FetchRequest.model_validate(
            {"source": source, "inbox": tmp_path / "inbox", "base": site.base, **given}
        )
        return fetch(request, today, transport, secret)

    yield asked
    transport.close()


def outcomes(report: FetchReport) -> list[str]:
    return [one.outcome for one in report.fetched]


def comext_of_the_eu(ask: Callable[..., FetchReport], **given: Any) -> FetchReport:
    return ask(
        "eurostat_comext", reporters=["EU27"], flows=["import"], products=["84834030"], months="2025-06", **given
    )


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and ".fetch" not in path.parts)


def test_a_new_answer_lies_in_the_inbox_with_what_is_declared_about_it(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path
) -> None:
    site.route(COMEXT, Reply(comext(), headers=CSV))
    report = comext_of_the_eu(ask)
    assert outcomes(report) == ["new"]
    file, paper = files_of(tmp_path / "inbox")
    assert report.fetched[0].file == file
    assert file.parent == tmp_path / "inbox" / "eurostat_comext" / "import"
    assert file.read_bytes() == comext()
    said = tomllib.loads(paper.read_text())
    assert paper.name == f"{file.name}.toml"
    assert said == {
        "source": "eurostat_comext", "reporter": "EU27", "flow": "import", "partners": "all", "products": ["84834030"], "months": "2025-06..2025-06",
        "released_on": date(2026, 8, 14), "title": "Eurostat Comext DS-045409, EU27, imports of 84834030 from 2025-06", "answered_at": NOW,
        "address": f"{site.base}{COMEXT}M.EU27_2020..84834030.1.VALUE_IN_EUROS+QUANTITY_IN_100KG?format=SDMX-CSV&compressed=false&startPeriod=2025-06&endPeriod=2025-06",
    }  # fmt: skip
    assert [asked.path for asked in site.asked] == [f"{COMEXT}M.EU27_2020..84834030.1.VALUE_IN_EUROS+QUANTITY_IN_100KG"]


def test_what_was_fetched_goes_through_the_release_as_what_was_dropped(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path
) -> None:
    site.route(COMEXT, Reply(comext(), headers=CSV))
    comext_of_the_eu(ask)
    looked = inboxes.look(WatchRequest(inbox=tmp_path / "inbox", store=tmp_path / "store", settle_seconds=0), TODAY)
    assert [path.suffix for path in looked.ready] == [".csv"]
    assert (looked.refused, looked.unsettled, looked.later) == ([], [], [])
    landed = land(locate(ReleaseRequest(file=looked.ready[0])), tmp_path / "store", TODAY)
    release = normalise(landed, parse(landed))
    assert release.release.select("reporter", "flow", "released_on", "partners").row(0) == (
        "EU27",
        "import",
        date(2026, 8, 14),
        "all",
    )
    note = json.loads(landed.raw.with_name(f"{landed.raw_sha256}.json").read_text())
    assert (note["answered_at"], note["landed_on"]) == ("2026-08-14T09:05:00+00:00", "2026-08-14")
    assert note["address"].endswith("endPeriod=2025-06")


def test_the_day_of_a_release_is_the_later_of_the_printed_one_and_the_first_sight(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path
) -> None:
    """The clock of the answer is Luxembourg's: 22:30 in Greenwich is the next day there."""
    for number, (printed, answered, day) in enumerate([
        ("13/08/26 11:00:00", "Fri, 14 Aug 2026 09:05:00 GMT", date(2026, 8, 14)), ("14/08/26 11:00:00", "Thu, 13 Aug 2026 09:05:00 GMT", date(2026, 8, 14)),
        ("14/08/26 11:00:00", "Fri, 14 Aug 2026 22:30:00 GMT", date(2026, 8, 15)),
    ]):  # fmt: skip
        site.route(COMEXT, Reply(comext(updated=printed), headers={**CSV, "X-Date": answered}))
        folder = tmp_path / str(number)
        # The server's own date is fixed, so the clock of the transport is the one that speaks here.
        transport = Transport(Policy(), sleep=lambda seconds: None)
        answered_at = datetime.strptime(answered, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
        real = transport.get
        transport.get = lambda *args, at=answered_at, get=real, **given: replace(get(*args, **given), answered_at=at)  # type: ignore[method-assign,misc]
        request = FetchRequest(source="eurostat_comext", inbox=folder, base=site.base, reporters=["EU27"], flows=["import"], products=["84834030"], months="2025-06")  # fmt: skip
        fetch(request, TODAY, transport)
        transport.close()
        said = tomllib.loads(next(folder.rglob("*.csv.toml")).read_text())
        assert said["released_on"] == day


def test_the_same_bytes_the_same_records_and_304_are_nothing_new(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path
) -> None:
    lines = comext().split(b"\r\n")
    reordered = b"\r\n".join([lines[0], *reversed(lines[1:-1]), b""])
    stamped = comext(updated="17/08/26 11:00:00")
    assert len({comext(), reordered, stamped}) == 3
    site.route(COMEXT, [Reply(body, headers=CSV) for body in (comext(), comext(), reordered, stamped)])
    reports = [comext_of_the_eu(ask) for _ in range(4)]
    assert [outcomes(report) for report in reports] == [["new"], ["unchanged"], ["unchanged"], ["unchanged"]]
    assert [report.fetched[0].reason for report in reports[1:]] == [
        "the same bytes", "the same records, in another order or with a newer stamp", "the same records, in another order or with a newer stamp",
    ]  # fmt: skip
    assert reports[3].headline == "nothing new"
    assert len(files_of(tmp_path / "inbox")) == 2


def test_a_changed_number_is_a_new_file_beside_the_old_one(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path
) -> None:
    changed = (
        comext().replace(b",1066047", b",1066048").replace(b",1066300", b",1066301").replace(b"14/08/26", b"17/08/26")
    )
    site.route(COMEXT, [Reply(comext(), headers=CSV), Reply(changed, headers=CSV)])
    assert [outcomes(comext_of_the_eu(ask)) for _ in range(2)] == [["new"], ["new"]]
    assert len([path for path in files_of(tmp_path / "inbox") if path.suffix == ".csv"]) == 2


@pytest.mark.parametrize(
    ("reply", "outcome", "said"),
    [
        (Reply(b"<!DOCTYPE html><html><title>Service unavailable</title></html>", headers=HTML), "refused", "a page where a table was asked for"),
        (Reply(b"\n  <html>login</html>", headers=CSV), "refused", "a page where a table was asked for"),
        (Reply(b'{"error": {"label": "EXTRACTION_TOO_BIG"}}', headers=JSON), "refused", "EXTRACTION_TOO_BIG"),
        (Reply(b"<?xml version='1.0'?><S:Fault/>"), "refused", "a page where a table was asked for"),
        (Reply(b"PK\x03\x04 and so on"), "refused", "zip where a table was asked for"),
        (Reply(b"", headers=CSV), "not out", "an answer without a byte"),
        (Reply(status=204), "not out", "an answer without a byte"),
        (Reply(b"not there", status=404), "not out", "status 404"),
        (Reply(status=302, headers={"Location": "/login"}), "refused", "a page where a table was asked for"),
        (Reply(status=302, headers={"Location": "https://ecas.example.eu/login"}), "refused", "a redirect to https://ecas.example.eu/login"),
        (Reply(b"challenge", status=412), "refused", "status 412"),
        (Reply(b"too big", status=413), "refused", "status 413"),
        (Reply(status=503), "failed", "status 503"),
        (Reply(reset=True), "failed", "after 4 attempts"),
        (Reply(comext(), cut=100), "failed", "after 4 attempts"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)  # fmt: skip
def test_what_is_no_answer_is_named_and_nothing_is_dropped(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path, reply: Reply, outcome: str, said: str
) -> None:
    site.route(COMEXT, reply)
    site.route("/login", Reply(b"<html>Please log in</html>", headers=HTML))
    report = comext_of_the_eu(ask)
    assert outcomes(report) == [outcome]
    assert said in report.fetched[0].reason
    assert files_of(tmp_path / "inbox") == []
    assert read_seen(tmp_path / "inbox", "eurostat_comext") == {}


def test_an_answer_that_the_adapter_refuses_is_dropped_once_and_refused_where_people_look(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path
) -> None:
    """A new layout is no passing fault: the file lies in the inbox as evidence, and the watch leaves a note next to it."""
    site.route(COMEXT, Reply(comext().replace(b",flow,", b",Flow,"), headers=CSV))
    assert [outcomes(comext_of_the_eu(ask)) for _ in range(2)] == [["new"], ["unchanged"]]
    file = next(path for path in files_of(tmp_path / "inbox") if path.suffix == ".csv")
    with pytest.raises(Refused, match="missing: flow"):
        parse(land(locate(ReleaseRequest(file=file)), tmp_path / "store", TODAY))


def test_a_source_that_does_not_answer_is_left_after_three_failures(
    site: Replay, ask: Callable[..., FetchReport]
) -> None:
    site.route(COMEXT, Reply(status=503))
    report = ask(
        "eurostat_comext",
        reporters=["EU27", "DEU", "FRA", "ITA"],
        flows=["import"],
        products=["84834030"],
        months="2025-06",
    )
    assert outcomes(report) == ["failed", "failed", "failed", "skipped"]
    assert len(site.asked) == 12
    assert report.headline == "3 failed, 1 skipped"


def test_one_reporter_that_fails_holds_up_no_other(site: Replay, ask: Callable[..., FetchReport]) -> None:
    def reply(asked: Asked) -> Reply:
        return (
            Reply(status=500)
            if ".DE." in asked.path or "M.DE" in asked.path
            else Reply(
                comext([("CN", "VALUE_IN_EUROS", "5")], reporter=asked.path.rpartition("M.")[2][:2]), headers=CSV
            )
        )

    site.route(COMEXT, reply)
    report = ask(
        "eurostat_comext", reporters=["AUT", "DEU", "FRA"], flows=["import"], products=["84834030"], months="2025-06"
    )
    assert outcomes(report) == ["new", "failed", "new"]


HMRC = "/OTS"


def test_hmrc_is_asked_page_by_page_until_one_is_short(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.sources.hmrc_ots.PAGE_SIZE", 3)
    rows = [ots_row(float(port), 1.0, port=port) for port in range(7)]
    site.route(
        HMRC,
        lambda asked: Reply(ots_page(*rows[(at := int(asked.query.get("$skip", ["0"])[0])) : at + 3]), headers=JSON),
    )
    report = ask("hmrc_ots", flows=["import"], products=["850511"], months="2026-06")
    assert outcomes(report) == ["new"]
    assert [asked.query.get("$skip") for asked in site.asked] == [None, ["3"], ["6"]]
    assert site.asked[0].query["$filter"] == [
        "MonthId eq 202606 and (FlowTypeId eq 1 or FlowTypeId eq 3) and (Commodity/Hs6Code eq '850511')"
    ]
    assert " in (" not in site.asked[0].query["$filter"][0]
    file = next(path for path in files_of(tmp_path / "inbox") if path.suffix == ".json")
    landed = land(locate(ReleaseRequest(file=file)), tmp_path / "store", TODAY)
    detail = normalise(landed, parse(landed)).detail
    assert detail.filter(measure="value_gbp")["value"].to_list() == [sum(range(7))]


def test_hmrc_that_rejects_for_a_moment_is_asked_again_and_a_month_that_is_not_out_is_said(
    site: Replay, ask: Callable[..., FetchReport]
) -> None:
    site.route(HMRC, [Reply(b"rejected", 403), Reply(ots_page(), headers=JSON)])
    assert outcomes(ask("hmrc_ots", flows=["import"], products=["850511"], months="2026-06")) == ["not out"]
    assert len(site.asked) == 2


CENSUS = "/data/timeseries/intltrade/"


def test_census_without_a_key_is_skipped_and_nothing_is_asked(site: Replay, ask: Callable[..., FetchReport]) -> None:
    report = ask("us_census")
    assert outcomes(report) == ["skipped"]
    assert "TIDEWAITER_CENSUS_KEY" in report.fetched[0].reason
    assert "tidewaiter-census-key" in report.fetched[0].reason
    assert site.asked == []


def test_a_key_is_sent_with_each_call_and_lies_in_no_file(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path
) -> None:
    site.route(f"{CENSUS}imports", Reply(census([[*row[:8], "2026-05", row[9]] for row in ROWS]), headers=JSON))
    site.route(f"{CENSUS}exports", Reply(status=302, headers={"Location": f"/data/missing_key.html?key={SECRET}"}))
    site.route("/data/missing_key", Reply(f"<html><title>Missing Key</title>{SECRET}</html>".encode(), headers=HTML))
    report = ask("us_census", SECRET, products=["850511"], months="2026-01..2026-05")
    assert outcomes(report) == ["refused", "new"]
    assert {tuple(asked.query["key"]) for asked in site.asked} == {(SECRET,)}
    assert site.asked[-1].query["time"] == ["from 2026-01 to 2026-05"]
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(everything) == 3
    assert not [path for path in everything if SECRET.encode() in path.read_bytes()]
    assert SECRET not in report.model_dump_json()
    said = tomllib.loads(next(path for path in everything if path.name.endswith(".json.toml")).read_text())
    assert said["months"] == "2026-01..2026-05"
    assert "key=" not in said["address"]


GACC = "/statics/report/preliminary.html"


def index(*links: tuple[str, str], year: int = 2026) -> bytes:
    rows = "".join(f"<tr><td>{title}</td><td><span>Jan.</span>{cells}</td></tr>" for title, cells in links)
    return f"""<!DOCTYPE html><html><body><a href="/Statistics/Statistics?ColumnId=4">Release Calendar</a>
<select id="preliminarysel"><option value="{year}">{year}</option><option value="2025">2025</option></select>
<table><thead><tr><th>Title</th><th>Month</th></tr></thead><tbody>{rows}</tbody></table></body></html>""".encode()


EXPORTS = "(5) China's Major Exports by Quantity and Value (in CNY)"


def gacc_page(month: str = "May", **given: Any) -> bytes:
    number = MONTHS.index(month[:3].lower()) + 1
    spans = tuple(
        span.replace("5", str(number)).replace(f"202{number}", "2025").replace("2024", "2025") for span in SPANS
    )
    return goods(title=TITLE.replace("May 2025", f"{month} 2026"), spans=spans, day="2026/06/10", **given)


def test_gacc_pages_are_found_on_the_index_and_a_gap_behind_the_newest_is_filled(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path
) -> None:
    cells = "<a href=/Statics/b.html> Mar.</a><a href=/Statics/a.html> May.</a><span>Jun.</span>"
    site.route(
        GACC,
        Reply(
            index(
                (EXPORTS, cells),
                ("(1) China's Total Export & Import Values (in CNY)", "<a href=/Statics/t.html> May.</a>"),
            ),
            headers=HTML,
        ),
    )
    site.route(
        "/statics/report/preliminary2025.html", Reply(index((EXPORTS, "<span>Dec.</span>"), year=2026), headers=HTML)
    )
    site.route("/Statics/a.html", Reply(gacc_page(), headers=HTML))
    site.route("/Statics/b.html", Reply(gacc_page("Mar"), headers=HTML))
    report = ask("gacc_preliminary", today=date(2026, 6, 12))
    assert [(one.name, one.outcome) for one in report.fetched] == [
        ("gacc_preliminary_exports_2026-05_CNY", "new"), ("gacc_preliminary_exports_2026-03_CNY", "new"),
    ]  # fmt: skip
    # The newest months may be put right and are asked again; older ones only at a new address.
    again = ask("gacc_preliminary", today=date(2026, 6, 12))
    assert [one.reason for one in again.fetched] == [
        "the same bytes",
        "it was fetched before, and its address is the same",
    ]
    said = tomllib.loads(next((tmp_path / "inbox").rglob("*2026-05*.toml")).read_text())
    assert (said["source"], said["released_on"], said["address"]) == (
        "gacc_preliminary",
        date(2026, 8, 14),
        f"{site.base}/Statics/a.html",
    )


def test_a_gacc_page_at_another_address_is_new_only_where_it_says_something_else(
    site: Replay, ask: Callable[..., FetchReport]
) -> None:
    changed = [[("1.4" if (row[0], cell) == ("Rare earth", "1.3") else cell) for cell in row] for row in GOODS]
    bodies = (gacc_page(), gacc_page().replace(b"Home", b"HOME"), gacc_page(rows=changed))
    site.route("/statics/report/preliminary2025.html", Reply(index((EXPORTS, ""), year=2026), headers=HTML))
    found = []
    for number, body in enumerate(bodies):
        site.route(GACC, Reply(index((EXPORTS, f"<a href=/Statics/{number}.html> May.</a>")), headers=HTML))
        site.route(f"/Statics/{number}.html", Reply(body, headers=HTML))
        found += outcomes(ask("gacc_preliminary", today=date(2026, 6, 12)))
    assert found == ["new", "unchanged", "new"]


def test_the_attachment_is_taken_where_the_page_has_lost_its_units(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path
) -> None:
    """The link is printed with backslashes and Chinese letters."""
    broken = gacc_page(rows=[[row[0], *row[2:], ""] for row in GOODS])
    site.route("/statics/report/preliminary2025.html", Reply(index((EXPORTS, ""), year=2026), headers=HTML))
    site.route(GACC, Reply(index((EXPORTS, "<a href=/Statics/a.html> May.</a>")), headers=HTML))
    site.route("/Statics/a.html", Reply(broken, headers=HTML))
    rows = sheet(GOODS)
    rows[0] = [TITLE.replace("2025", "2026")]
    site.route(
        "/Excel/9-en-人民币-2025-5-CNY45.xls",
        Reply(
            workbook(
                [[cell.replace("2024", "2025") if isinstance(cell, str) else cell for cell in row] for row in rows]
            )
        ),
    )
    report = ask("gacc_preliminary", today=date(2026, 6, 12))
    assert outcomes(report) == ["new"]
    file = report.fetched[0].file
    assert file is not None
    assert file.suffix == ".xls"
    landed = land(locate(ReleaseRequest(file=file)), tmp_path / "store", TODAY)
    assert normalise(landed, parse(landed)).detail.filter(product="line:rare_earths", measure="quantity_kg").height == 3
    assert outcomes(ask("gacc_preliminary", today=date(2026, 6, 12))) == ["unchanged"]


def test_a_page_that_cannot_be_read_is_dropped_itself_where_its_attachment_is_gone(
    site: Replay, ask: Callable[..., FetchReport]
) -> None:
    """It is out, so that it is not "not out"; the release refuses it by name."""
    broken = gacc_page(rows=[[row[0], *row[2:], ""] for row in GOODS])
    site.route("/statics/report/preliminary2025.html", Reply(index((EXPORTS, ""), year=2026), headers=HTML))
    site.route(GACC, Reply(index((EXPORTS, "<a href=/Statics/a.html> May.</a>")), headers=HTML))
    site.route("/Statics/a.html", Reply(broken, headers=HTML))
    report = ask("gacc_preliminary", today=date(2026, 6, 12))
    assert outcomes(report) == ["new"]
    file = report.fetched[0].file
    assert file is not None
    assert file.read_bytes() == broken
    assert outcomes(ask("gacc_preliminary", today=date(2026, 6, 12))) == ["unchanged"]


def test_a_gate_for_browsers_is_not_worked_around(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path
) -> None:
    site.route("/statics", Reply(b"<html><script>$_ts</script></html>", 412, headers=HTML))
    report = ask("gacc_preliminary")
    assert outcomes(report) == ["refused", "refused"]
    assert "A person must download" in report.fetched[0].reason or "a person must download" in report.fetched[0].reason
    assert len(site.asked) == 2, "each index once"
    assert files_of(tmp_path / "inbox") == []


def test_the_files_of_japan_are_found_by_their_chapters(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path
) -> None:
    listed = """<!DOCTYPE html><html><h2>Export</h2><p>Section XV Chapter 72-83</p><a href="/en/stat-search/file-download?statInfId=000040000001&amp;fileKind=1">CSV</a>
<p>Section XVI Chapter 84-85</p><a href="/en/stat-search/file-download?statInfId=000040000002&amp;fileKind=1">CSV</a></html>"""
    site.route("/en/stat-search/files", Reply(listed.encode(), headers=HTML))
    site.route(
        "/en/stat-search/file-download", Reply(japan_file(japan_line(JAN_TO_MAR)), headers={"Content-Type": "text/csv"})
    )
    report = ask("japan_estat", flows=["export"], products=["852351"], months="2026-01..2026-05")
    assert [(one.name, one.outcome) for one in report.fetched] == [("japan_export_84-85_2026", "new")]
    assert site.asked[-1].query["statInfId"] == ["000040000002"]
    said = tomllib.loads(next((tmp_path / "inbox").rglob("*.toml")).read_text())
    assert (said["months"], said["products"], said["reporter"]) == ("2026-01..2026-02", ["84", "85"], "JPN")
    assert list(japan_estat.linked("<p>no files</p>", "http://x")) == []


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


def test_a_source_whose_files_a_person_downloads_is_refused_with_those_that_are_fetched(
    ask: Callable[..., FetchReport],
) -> None:
    with pytest.raises(Refused, match=r"gacc_query, whose files a person downloads .*eurostat_comext"):
        ask("gacc_query")
    with pytest.raises(ValidationError, match="'comtrade' is no source; the sources are gacc_query, "):
        FetchRequest(source="comtrade")


def test_an_inbox_that_cannot_be_written_leaves_no_half_file(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.route(COMEXT, Reply(comext(), headers=CSV))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        comext_of_the_eu(ask)
    assert files_of(tmp_path / "inbox") == []


def test_every_source_has_a_deployment_on_its_own_days() -> None:
    """A schedule whose form the flow would refuse fails here and not at night."""
    places = yaml.safe_load((Path(__file__).parents[3] / "deployments" / "prefect.yaml").read_text(encoding="utf-8"))[
        "deployments"
    ]
    fetches = [place for place in places if place["entrypoint"] == "flows.fetch.fetch"]
    requests = [FetchRequest.model_validate(place["parameters"]["request"]) for place in fetches]
    assert {request.source for request in requests} == {name for name, source in SOURCES.items() if source.questions}
    for place in fetches:
        for schedule in place["schedules"]:
            assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"]).timezone == schedule["timezone"]
    watched = WatchRequest.model_validate(
        next(place for place in places if place["name"] == "watch")["parameters"]["request"]
    )
    # Nothing is fetched on its own that no watch takes.
    assert {request.inbox for request, place in zip(requests, fetches, strict=True) if place["schedules"]} == {
        watched.inbox
    }
    fetched = {
        SOURCES[request.source].kind for request, place in zip(requests, fetches, strict=True) if place["schedules"]
    }
    assert {*watched.kinds} == {*fetched, "query"}
