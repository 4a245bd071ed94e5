"""The bulk file of Comext is asked for, split and dropped; memory does not grow with it."""

import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from comext_bulk import Row, archive, text

from schemas.forms.fetch import FetchReport, FetchRequest
from schemas.forms.request import ReleaseRequest
from tasks.fetch.fetch import fetch
from tasks.fetch.transport import Policy, Transport
from tasks.ingest.declaration import locate
from tasks.ingest.normalise import normalise
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tests.replay.server import Replay, Reply

TODAY, NOW = date(2025, 8, 14), datetime(2025, 8, 14, 9, 30, tzinfo=UTC)
PATH = "/eurostat/api/dissemination/files"
PAGE = Reply(b"<!DOCTYPE html><html><body>Bulk download</body></html>", headers={"Content-Type": "text/html"})
ROWS = (
    Row(), Row("US", "7", "1", flow="2"), Row(reporter="FR"), Row(value="500", mass="50", procedure="2"), Row(reporter="FR", product="28XXXXXX"),
    Row(reporter="GB"), Row("US", "8", "2", flow="2"),
)  # fmt: skip


@pytest.fixture
def site() -> Iterator[Replay]:
    replay = Replay("Thu, 14 Aug 2025 09:30:00 GMT")
    yield replay
    replay.close()


@pytest.fixture
def ask(site: Replay, tmp_path: Path) -> Iterator[Callable[..., FetchReport]]:
    transport = Transport(Policy(read=5.0, connect=5.0), sleep=lambda seconds: None, clock=lambda: NOW)

    def asked(**given: Any) -> FetchReport:
        form = {"source": "eurostat_bulk", "inbox": tmp_path / "inbox", "base": site.base, "months": "2025-06", **given}
        return fetch(FetchRequest.model_validate(form), TODAY, transport)

    yield asked
    transport.close()


def packed(rows: tuple[Row, ...] = ROWS, tag: str = '"1"') -> Reply:
    return Reply(archive(text(rows)), headers={"Content-Type": "application/octet-stream", "ETag": tag})


def said(report: FetchReport) -> list[tuple[str, str]]:
    return [(one.name, one.outcome) for one in report.fetched]


def test_an_archive_becomes_a_release_for_each_reporter_and_direction(
    site: Replay, ask: Callable[..., FetchReport], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site.route(PATH, packed())
    report = ask()
    assert said(report) == [
        ("comext_bulk_DEU_import_2025-06", "new"), ("comext_bulk_DEU_export_2025-06", "new"), ("comext_bulk_FRA_import_2025-06", "new"),
        ("comext_archive_2025-06", "unchanged"),
    ]  # fmt: skip
    assert site.asked[0].query == {"file": ["comext/COMEXT_DATA/PRODUCTS/full_v2_202506.7z"]}
    germany, exports, france = (one.file for one in report.fetched[:3])
    assert germany is not None
    assert exports is not None
    assert france is not None
    assert germany.read_bytes() == text([ROWS[0], ROWS[3]])
    assert exports.read_bytes() == text([ROWS[1], ROWS[6]])
    assert (germany.parent, exports.parent) == tuple(
        tmp_path / "inbox" / "eurostat_bulk" / flow for flow in ("import", "export")
    )
    assert tomllib.loads(Path(f"{germany}.toml").read_text()) == {
        "source": "eurostat_bulk", "reporter": "DEU", "flow": "import", "partners": "all", "products": ["*"], "months": "2025-06",
        "released_on": TODAY, "title": "Eurostat Comext full_v2_202506.7z, DEU, imports", "answered_at": NOW,
        "address": f"{site.base}{PATH}?file=comext%2FCOMEXT_DATA%2FPRODUCTS%2Ffull_v2_202506.7z",
    }  # fmt: skip
    assert tomllib.loads(Path(f"{france}.toml").read_text())["products"] == ["85"]
    # The United Kingdom is a reporter of HMRC, not of Eurostat.
    assert "GB (1 row)" in caplog.text
    # Of a new month the file has only some members at first.
    assert "no row of AUT, BEL, BGR, " in caplog.text
    assert "DEU" not in caplog.text.partition("no row of ")[2].partition(":")[0]
    for file, count in ((germany, 2), (exports, 2), (france, 4)):
        landed = land(locate(ReleaseRequest(file=file)), tmp_path / "store", TODAY)
        release = normalise(landed, parse(landed))
        assert (release.detail.height, release.quarantine.height) == (count, 0)


def test_a_month_that_is_not_out_is_a_page_and_is_asked_for_again(
    site: Replay, ask: Callable[..., FetchReport]
) -> None:
    site.route(PATH, [PAGE, packed()])
    report = ask()
    assert said(report) == [("comext_archive_2025-06", "not out")]
    assert "a page where an archive was asked for" in report.fetched[0].reason
    assert report.headline == "1 not out"
    assert len(said(ask())) == 4


def test_of_a_replaced_archive_only_what_has_changed_is_new(site: Replay, ask: Callable[..., FetchReport]) -> None:
    revised = tuple(row._replace(value="1001") if row == ROWS[2] else row for row in reversed(ROWS))
    site.route(PATH, [packed(), packed(revised, '"2"'), Reply(archive(text(revised)), headers={"ETag": '"3"'})])
    ask()
    assert said(ask()) == [
        ("comext_bulk_DEU_import_2025-06", "unchanged"), ("comext_bulk_DEU_export_2025-06", "unchanged"), ("comext_bulk_FRA_import_2025-06", "new"),
        ("comext_archive_2025-06", "unchanged"),
    ]  # fmt: skip
    again = ask()
    assert {outcome for _, outcome in said(again)} == {"unchanged"}


def test_other_reporters_of_an_unchanged_archive_may_be_asked_for_later(
    site: Replay, ask: Callable[..., FetchReport]
) -> None:
    site.route(PATH, packed())
    assert [name for name, outcome in said(ask(reporters=["FRA"])) if outcome == "new"] == [
        "comext_bulk_FRA_import_2025-06"
    ]
    assert [name for name, outcome in said(ask(reporters=["DEU"], flows=["export"])) if outcome == "new"] == [
        "comext_bulk_DEU_export_2025-06"
    ]
    assert [name for name, outcome in said(ask()) if outcome == "new"] == ["comext_bulk_DEU_import_2025-06"]


def test_an_archive_that_is_cut_off_or_no_table_is_refused_and_nothing_is_dropped(site: Replay, ask: Callable[..., FetchReport], tmp_path: Path) -> None:  # fmt: skip
    whole = archive(text(ROWS))
    bad = (
        whole[:-9],
        archive(text(ROWS)[:-1]),
        archive(b"a,b\n1,2\n"),
        archive(text(ROWS), "a.dat", "b.dat"),
        archive(text(ROWS), password="x"),
        archive(text([])),
    )
    site.route(PATH, [Reply(body) for body in bad])
    outcomes = [ask().fetched[0] for _ in bad]
    assert [one.outcome for one in outcomes] == ["refused"] * 5 + ["not out"]
    for one, words in zip(
        outcomes,
        ("7z data", "without a line end", "header", "2 files: a.dat, b.dat", "password", "no record"),
        strict=True,
    ):
        assert words in one.reason
    assert not [*(tmp_path / "inbox").rglob("*.csv*")]
