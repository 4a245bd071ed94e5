"""The bulk file of Comext is asked for, or was downloaded by a person; it is split and dropped, a file for each
reporter and direction. The bulk files of the United Kingdom are found on a page, and dropped a month at a time."""

import io
import tomllib
import zipfile
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from comext_bulk import Row, archive, text
from typer.testing import CliRunner

from flows.cli.frame.options import REFUSED
from flows.cli.releases.fetch import commands
from tasks.domain.errors import Refused
from tasks.fetch.fetch import split_file
from tasks.sources.experimental.eurostat_archive import SOURCE
from tasks.sources.registry import SOURCES
from tests.replay.server import Replay, Reply
from tests.unit.fetch.conftest import NOW, TODAY, Ask, files_of, results
from tests.unit.sources.hmrc.hmrc_bulk_files import file as hmrc_file
from tests.unit.sources.hmrc.hmrc_bulk_files import record as hmrc_record

PATH = "/eurostat/api/dissemination/files"
PAGE = Reply(b"<!DOCTYPE html><html><body>Bulk download</body></html>", headers={"Content-Type": "text/html"})
ROWS = (
    Row(),
    Row("US", "7", "1", flow="2"),
    Row(reporter="FR"),
    Row(value="500", mass="50", procedure="2"),
    Row(reporter="FR", product="28XXXXXX"),
    Row(reporter="GB"),
    Row("US", "8", "2", flow="2"),
)
GERMANY, EXPORTS, FRANCE = (f"comext_bulk_{name}_2025-06" for name in ("DEU_import", "DEU_export", "FRA_import"))


@pytest.fixture
def bulk(ask: Ask) -> Ask:
    return partial(ask, SOURCE, months="2025-06")


def packed(rows: tuple[Row, ...] = ROWS, tag: str = '"1"') -> Reply:
    return Reply(archive(text(rows)), headers={"Content-Type": "application/octet-stream", "ETag": tag})


def new(found: list[tuple[str, str]]) -> list[str]:
    return [name for name, outcome in found if outcome == "new"]


def test_an_archive_becomes_a_release_for_each_reporter_and_direction(
    site: Replay, bulk: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site.route(PATH, packed())
    report = bulk()
    assert results(report) == [
        (GERMANY, "new"),
        (EXPORTS, "new"),
        (FRANCE, "new"),
        ("comext_archive_2025-06", "unchanged"),
    ]
    assert site.asked[0].query == {"file": ["comext/COMEXT_DATA/PRODUCTS/full_v2_202506.7z"]}
    germany, exports, france = (one.file for one in report.fetched[:3] if one.file is not None)
    assert germany.read_bytes() == text([ROWS[0], ROWS[3]])
    assert exports.read_bytes() == text([ROWS[1], ROWS[6]])
    assert [file.parent for file in (germany, exports)] == [
        tmp_path / "inbox" / "eurostat_bulk" / flow for flow in ("import", "export")
    ]
    assert tomllib.loads(Path(f"{germany}.toml").read_text()) == {
        "source": "eurostat_bulk",
        "reporter": "DEU",
        "flow": "import",
        "partners": "all",
        "products": ["*"],
        "months": "2025-06",
        "released_on": TODAY,
        "title": "Eurostat Comext full_v2_202506.7z, DEU, imports",
        "answered_at": NOW,
        "address": f"{site.base}{PATH}?file=comext%2FCOMEXT_DATA%2FPRODUCTS%2Ffull_v2_202506.7z",
    }
    assert tomllib.loads(Path(f"{france}.toml").read_text())["products"] == ["85"]
    # The United Kingdom is a reporter of HMRC, not of Eurostat.
    assert "GB (1 row)" in caplog.text
    # Of a new month the file has only some members at first.
    assert "no row of AUT, BEL, BGR, " in caplog.text
    assert "DEU" not in caplog.text.partition("no row of ")[2].partition(":")[0]
    assert [
        SOURCES["eurostat_bulk"].parse(file.read_bytes(), "f").reported.height for file in (germany, exports, france)
    ] == [1, 1, 2]


def test_a_month_that_is_not_out_is_a_page_and_is_asked_for_again(site: Replay, bulk: Ask) -> None:
    site.route(PATH, [PAGE, packed()])
    report = bulk()
    assert results(report) == [("comext_archive_2025-06", "not out")]
    assert "a page where an archive was asked for" in report.fetched[0].reason
    assert report.headline == "1 not out"
    assert len(results(bulk())) == 4


def test_of_a_replaced_archive_only_what_has_changed_is_new(site: Replay, bulk: Ask) -> None:
    revised = tuple(row._replace(value="1001") if row == ROWS[2] else row for row in reversed(ROWS))
    site.route(PATH, [packed(), packed(revised, '"2"'), packed(revised, '"3"')])
    assert [new(results(bulk())) for _ in range(3)] == [[GERMANY, EXPORTS, FRANCE], [FRANCE], []]


def test_other_reporters_of_an_unchanged_archive_may_be_asked_for_later(site: Replay, bulk: Ask) -> None:
    site.route(PATH, packed())
    assert new(results(bulk(reporters=["FRA"]))) == [FRANCE]
    assert new(results(bulk(reporters=["DEU"], flows=["export"]))) == [EXPORTS]
    assert new(results(bulk())) == [GERMANY]


@pytest.mark.parametrize(
    ("body", "outcome", "words"),
    [
        (archive(text(ROWS))[:-9], "refused", "7z data"),
        (archive(text(ROWS)[:-1]), "refused", "without a line end"),
        (archive(b"a,b\n1,2\n"), "refused", "header"),
        (archive(text([])), "not out", "no record"),
    ],
)
def test_an_archive_that_is_cut_off_or_no_table_is_refused_and_nothing_is_dropped(
    site: Replay, bulk: Ask, tmp_path: Path, body: bytes, outcome: str, words: str
) -> None:
    site.route(PATH, Reply(body))
    (one,) = bulk().fetched
    assert (one.outcome, words in one.reason, files_of(tmp_path / "inbox")) == (outcome, True, [])


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_file_that_a_person_downloaded_is_split_alike(tmp_path: Path, is_packed: bool) -> None:
    file = tmp_path / ("full_v2_202506.7z" if is_packed else "full_202506.dat")
    file.write_bytes(archive(text(ROWS)) if is_packed else text(ROWS))
    (made,) = split_file(file, tmp_path / "inbox", ["DEU"], ("import",), date(2025, 8, 14))
    assert made.file is not None
    assert made.file.read_bytes() == text([ROWS[0], ROWS[3]])
    paper = tomllib.loads(Path(f"{made.file}.toml").read_text())
    assert [paper[name] for name in ("reporter", "months", "released_on", "products")] == [
        "DEU",
        "2025-06..2025-06",
        date(2025, 8, 14),
        ["*"],
    ]
    with pytest.raises(Refused, match="no row of the reporters"):
        list(split_file(file, tmp_path / "inbox", ["ITA"], ("import",), None))


def test_a_part_that_cannot_be_read_costs_no_other_and_says_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "full_v2_202506.dat"
    file.write_bytes(text([Row(), Row(reporter="FR", period="2025.6"), Row(reporter="IT")]))
    made = list(split_file(file, tmp_path / "inbox", ["DEU", "FRA", "ITA"], ("import",), None))
    assert [one.outcome for one in made] == ["new", "refused", "new"]
    assert "The parts named new are whole and lie in" in made[1].reason
    assert made[1].reason.endswith("download the archive again for this one, with --reporter FRA")
    assert len(list((tmp_path / "inbox").rglob("*.csv"))) == 2
    given = ["split", str(file), "--inbox", str(tmp_path / "other"), "--reporter", "FRA"]
    assert CliRunner().invoke(commands, given).exit_code == REFUSED
    future = CliRunner().invoke(commands, [*given, "--released-on", "2999-01-01"])
    assert (future.exit_code, "2999-01-01 has not come yet" in future.output) == (REFUSED, True)


LIST, OLDER = "/trade-data/latest-bulk-data-sets", "/trade-data/latest-bulk-data-sets/bulk-data-sets-archive"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def uk(ask: Ask) -> Ask:
    return partial(ask, "hmrc_bulk", months="2025-12..2026-06")


def page(*links: str) -> Reply:
    body = "".join(f"<li><a class=x href='{link}'>a file (ZIP, 9 MB)</a>" for link in links)
    return Reply(f"<!DOCTYPE html><html><body>{body}</body></html>".encode(), headers=HTML)


def zipped(**texts: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name, text_ in texts.items():
            packed.writestr(name.replace("__", "."), text_)
    return held.getvalue()


def of_month(month: str) -> bytes:
    digits = month.replace("-", "")
    return hmrc_file(hmrc_record(month=digits, account=digits), header=f"HEADER {digits}")


def binary(raw: bytes) -> Reply:
    return Reply(raw, headers={"Content-Type": "application/zip"})


def test_the_files_of_months_and_the_archive_of_a_year_are_found_on_their_pages(
    site: Replay, uk: Ask, tmp_path: Path
) -> None:
    site.route(
        LIST, page("/media/abc/bdsimp2606.zip", "/media/x/BDSExp2606.zip?v=2", "/media/y/importers2606.zip", OLDER)
    )
    site.route(OLDER, page("/media/z/bdsimp_25archive.zip", "/media/q/bdsimp_24archive.zip"))
    site.route("/media/abc/bdsimp2606.zip", binary(zipped(BDSImp2606__txt=of_month("2026-06"))))
    site.route("/media/x/BDSExp2606.zip", binary(zipped(BDSExp2606__txt=of_month("2026-06"))))
    year = {f"bdsimp25{number:02d}__txt": of_month(f"2025-{number:02d}") for number in (10, 11)}
    inner = zipped(bdsimp2512__txt=of_month("2025-12"))
    site.route("/media/z/bdsimp_25archive.zip", binary(zipped(**year, bdsimp2512__zip=inner)))
    report = uk()
    assert [name for name, outcome in results(report) if outcome == "new"] == ["bdsexp2606", "bdsimp2606", "bdsimp2512"]
    assert report.count("refused") == report.count("failed") == 0
    asked = [one.path for one in site.asked]
    # The archive of 2024 has no month that was asked for, and traders are no trade.
    assert not any("24archive" in path or "importers" in path for path in asked)
    december = next(one.file for one in report.fetched if one.name == "bdsimp2512")
    assert december is not None
    assert december.read_bytes() == of_month("2025-12")
    said = tomllib.loads(Path(f"{december}.toml").read_text())
    assert {name: said.get(name) for name in ("source", "reporter", "flow", "partners", "months", "products")} == {
        "source": "hmrc_bulk", "reporter": "GBR", "flow": "import", "partners": "all", "months": "2025-12",
        "products": None,
    }  # fmt: skip
    assert {outcome for _, outcome in results(uk())} == {"unchanged", "not out"}


@pytest.mark.parametrize(
    ("listed", "outcome", "words"),
    [
        (page("/media/y/importers2606.zip"), "refused", "without bdsimpYYMM.zip"),
        (page("/media/abc/bdsimp2401.zip"), "not out", "lists no file of 2025-12, 2026-01, "),
        (page("//elsewhere.example/bdsimp2606.zip"), "refused", "another host"),
        (page("/media/gone/bdsimp2606.zip"), "not out", "404"),
        (Reply(b"<html>maintenance</html>", 503), "failed", "503"),
    ],
)
def test_a_page_without_the_files_is_named(site: Replay, uk: Ask, listed: Reply, outcome: str, words: str) -> None:
    site.route(LIST, listed)
    # Behind it stand the months that are listed nowhere.
    one, *_ = uk().fetched
    assert (one.outcome, words in one.reason) == (outcome, True), one.reason


def test_only_pages_of_the_same_site_are_followed(site: Replay, uk: Ask) -> None:
    site.route(
        LIST, page("/m/bdsimp2606.zip", "https://elsewhere.example/latest-bulk-data-sets/bulk-data-sets-archive")
    )
    site.route("/m/bdsimp2606.zip", binary(zipped(BDSImp2606__txt=of_month("2026-06"))))
    assert new(results(uk())) == ["bdsimp2606"]


def test_bulk_files_have_every_code(site: Replay, uk: Ask) -> None:
    (one,) = uk(products=["850511"]).fetched
    assert one.outcome == "refused"
    assert "A bulk file has every code" in one.reason
    assert not site.asked
