"""Several reporters below one root: what plain readers see, and that no reporter changes anything of another."""

import json
from datetime import date
from html import unescape
from pathlib import Path

import duckdb
import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets
from dropped_reporters import DAY, FILES, MAGNETS, dropped, hashes
from typer.testing import CliRunner

import tidewaiter
from flows.audit import audit
from flows.cli.app import app
from flows.release import release
from flows.watch import watch
from flows.withdraw import withdraw
from schemas.forms.request import ReleaseRequest, WithdrawalRequest
from schemas.forms.watch import WatchRequest
from tasks.domain.errors import HowUnderstood, Refused
from tasks.domain.reporter import Reporter
from tasks.pages.brief import render
from tasks.pages.brief.facts import gather
from tasks.pages.charts.plot import DrawnLines, draw
from tasks.pages.text.document import as_html, as_markdown
from tasks.pages.text.sentences import headlines
from tasks.reading import query
from tasks.store.places.reporters import store_of, stores_of
from tests.copied_store import copied
from tests.faults.world import state

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "experimental_sources_are_trusted")

OF = {"june.csv": "CHN", "comext.csv": "EU27", "ots.json": "GBR", "census.json": "USA"}


def ingested(root: Path, inbox: Path, name: str, day: date = DAY) -> None:
    assert release.fn(ReleaseRequest(file=inbox / name, store=root), day).status == "published"


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dropped(tmp_path_factory.mktemp("files") / "inbox")


@pytest.fixture(scope="module")
def root(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All four, through one watch."""
    root = tmp_path_factory.mktemp("root") / "store"
    report = watch.fn(WatchRequest(inbox=inbox, store=root, settle_seconds=0), DAY)
    assert {one.file.name: one.outcome for one in report.taken} == dict.fromkeys(FILES, "published")
    assert {outcome.reporter for outcome in report.outcomes} == {*OF.values()}
    return root


def test_figures_of_several_reporters_are_one_frame_and_one_file(root: Path, tmp_path: Path) -> None:
    asked = {"measure": "quantity_kg", "partner": "world"}
    found = tidewaiter.read("850511", reporter=["EU27", "GBR"], store=root, **asked)
    for one in ("EU27", "GBR"):
        alone = tidewaiter.read("850511", reporter=one, store=root, **asked)
        assert found.filter(reporter=one).select(alone.columns).rows() == alone.rows()
    words = f"read 850511 --reporter EU27 --reporter GBR --store {root} --partner world --measure quantity_kg".split()
    for ending in (".csv", ".xlsx"):
        done = CliRunner().invoke(app, [*words, "--output", str(tmp_path / f"both{ending}")])
        assert done.exit_code == 0, done.output
    assert pl.read_csv(tmp_path / "both.csv")["reporter"].to_list() == found["reporter"].to_list()
    shown = CliRunner().invoke(app, words).stdout
    assert shown.index("the European Union's imports") < shown.index("the United Kingdom's imports")
    done = CliRunner().invoke(app, [*words, "8473301180"])
    assert (done.exit_code, "EU27: there is no product '8473301180'" in done.stderr) == (2, True), done.stderr
    # A table that says itself whose it is; one of two that has no such code; nobody.
    releases = tidewaiter.read(table="release", reporter=["EU27", "GBR"], columns=["reporter", "source"], store=root)
    assert releases.rows() == [("EU27", "eurostat_comext"), ("GBR", "hmrc_ots")]
    with pytest.warns(HowUnderstood) as notes:
        assert {*tidewaiter.read("8505110070", reporter=["EU27", "USA"], store=root)["reporter"]} == {"EU27", "USA"}
    assert any("EU27: 8505110070: taken is 850511 " in str(note.message) for note in notes)
    with pytest.raises(ValueError, match="no reporter is named"):
        tidewaiter.read("850511", reporter=[], store=root)


def test_a_word_of_which_a_store_has_one_code_is_that_code_and_a_note(root: Path, tmp_path: Path) -> None:
    for command in (["trace"], ["vintages"], ["brief"], ["plot", "--output", str(tmp_path / "magnets.svg")]):
        done = CliRunner().invoke(app, [*command, "rare earth magnets", "--reporter", "GBR", "--store", str(root)])
        assert (done.exit_code, "which has of it 85051110" in done.stderr) == (0, True), (command, done.output)


@pytest.mark.parametrize(
    ("reporter", "code", "whose", "chinese"),
    [
        ("CHN", "85051110", "China's exports", "中国"),
        ("EU27", MAGNETS, "The European Union's imports", "欧洲联盟"),
        ("GBR", "85051110", "The United Kingdom's imports", "英国"),
        ("USA", "8505110070", "The United States' imports", "美国"),
    ],
)
def test_every_page_says_whose_trade_it_is(root: Path, reporter: str, code: str, whose: str, chinese: str) -> None:
    """A brief on imports of the United States said that they were China's."""
    folder = Path(store_of(root, reporter))
    snapshot = query.open_published(folder)
    flow = "export" if reporter == "CHN" else "import"
    rows = query.query(folder, "metric", flow=flow, product=code).filter(measure="quantity_kg")
    month = max(rows["period"])
    facts = gather(snapshot, folder, code, flow, month)
    for language, name in (("en", whose), ("zh", chinese)):
        said = headlines(facts, language)
        assert said
        assert name.casefold() in said[0].text.casefold()
        assert all(name.casefold() in sentence.text.casefold() for sentence in said)
        for written in (
            unescape(as_html(render.document_of(facts, language))),
            as_markdown(render.document_of(facts, language)),
        ):
            assert name in written
            assert ("China's" in written) == (reporter == "CHN" and language == "en")
    lines = DrawnLines(rows, [code], ["WLD"], Reporter.of(query.query(folder, "release")))
    drawn = draw([lines], "quantity_kg", ".svg").decode()
    assert whose in drawn
    traced = tidewaiter.trace(code, "WLD", f"{month:%Y-%m}", "level", flow=flow, store=root, reporter=reporter)
    assert (traced.reporter, traced.agrees) == (reporter, True)


def test_a_second_reporter_changes_no_byte_name_or_time_of_the_first_ones_store(inbox: Path, tmp_path: Path) -> None:
    root = tmp_path / "store"
    ingested(root, inbox, "june.csv")
    before = state(root / "reporter=CHN")
    assert len(before) > 50
    for name in ("comext.csv", "ots.json", "census.json"):
        ingested(root, inbox, name)
        assert state(root / "reporter=CHN") == before
    # Each as if it were alone.
    for name, reporter in (("comext.csv", "EU27"), ("ots.json", "GBR"), ("census.json", "USA")):
        ingested(tmp_path / reporter, inbox, name)
        assert hashes(tmp_path / reporter) == {reporter: hashes(root)[reporter]}


@pytest.mark.parametrize("table", ["metric", "trade_flow", "observation", "release", "detail", "finding", "revision"])
def test_plain_readers_get_all_reporters_with_the_reporter_from_the_path(root: Path, table: str) -> None:
    own = {
        reporter: sum(pl.read_parquet(path).height for path in Path(store).glob(f"current/{table}/**/*.parquet"))
        for reporter, store in stores_of(root).items()
    }
    wanted = sorted((reporter, rows) for reporter, rows in own.items() if rows)
    assert wanted or table == "revision"
    every = f"{root}/reporter=*/current/{table}/**/*.parquet"
    counted = f"select reporter, count(*) from read_parquet('{every}', hive_partitioning = true) group by reporter"
    assert sorted(duckdb.sql(counted).fetchall()) == wanted
    frame = pl.scan_parquet(every, hive_partitioning=True).collect()
    assert sorted(frame.group_by(pl.col("reporter").cast(pl.String)).len().rows()) == wanted


def test_a_command_names_the_reporter_or_lists_them(root: Path) -> None:
    def ran(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*arguments, "--store", str(root)], env={"COLUMNS": "300"})
        return done.exit_code, done.output

    for command in (
        ["read", MAGNETS], ["resolve", "metric"], ["revisions"], ["retain"],
        ["withdraw", "x", "--by", "a", "--reason", "b"], ["vintages", "magnets"],
        ["brief", MAGNETS, "--month", "2025-06"],
        ["trace", MAGNETS, "--partner", "CHN", "--month", "2025-06", "--metric", "level"],
    ):  # fmt: skip
        code, said = ran(*command)
        assert (code, said.count("has figures of CHN, EU27, GBR, USA; name one of them")) == (2, 1), command
    assert ran("read", MAGNETS, "--reporter", "JPN") == (
        2, f"refused {root} has no figures of the reporter 'JPN'; it has those of CHN, EU27, GBR, USA\n",
    )  # fmt: skip
    asked = ("read", "metric", "--format", "json", "--no-names", "--partner", "CHN", "--measure", "quantity_kg")
    for reporter, level in (("GBR", 150.0), ("USA", 111_000.0)):
        done = CliRunner().invoke(app, [*asked, "--reporter", reporter, "--store", str(root)], env={"COLUMNS": "300"})
        assert done.exit_code == 0
        assert {json.loads(text)["level"] for text in done.stdout.splitlines()} == {level}
    code, said = ran("resolve", "metric", "--reporter", "USA")
    assert code == 0
    assert said.splitlines()
    assert all("/reporter=USA/" in text for text in said.splitlines())


def test_a_store_without_a_reporter_in_its_path_is_continued_where_it_is(
    inbox: Path, root: Path, tmp_path: Path
) -> None:
    old, new = copied(root / "reporter=CHN", tmp_path, "old"), tmp_path / "new"
    copied(root / "reporter=CHN", new)
    july = dropped(tmp_path / "more", "june.csv") / "june.csv"
    july.write_bytes(csv_bytes([magnets("502", "400000", "23,000,000", "202507")]))
    july.with_name("june.csv.toml").write_text(FILES["june.csv"][1].replace("2025-07-20", "2025-08-20"))
    for store in (old, new):
        ingested(store, july.parent, "june.csv")
    assert hashes(old) == hashes(new)
    assert tidewaiter.read(
        "85051110", partner="us", month="2025-07", measure="quantity_kg", columns="level", store=old
    ).rows() == [(400_000.0,)]
    with pytest.raises(Refused, match=r"is the store of CHN\. Give another folder"):
        release.fn(ReleaseRequest(file=inbox / "ots.json", store=old), DAY)
    looked = watch.fn(WatchRequest(inbox=july.parent, store=old, settle_seconds=0), DAY)
    assert (looked.looked.published, looked.taken) == (1, [])
    assert audit.fn(old, 5).traced == 5


def test_a_release_is_withdrawn_in_the_store_that_has_it(root: Path, tmp_path: Path) -> None:
    """Whoever withdraws names the release, not the reporter; a release that no store has is refused as ever."""
    root = copied(root, tmp_path)
    before = hashes(root)
    release_id = query.query(Path(store_of(root, "EU27")), "release")["release_id"][0]
    asked = {"by": "Li Wei", "reason": "wrong file", "store": root}
    withdraw.fn(WithdrawalRequest(release_id=release_id, **asked), DAY)
    assert not query.query(Path(store_of(root, "EU27")), "metric").height
    assert hashes(root)["CHN"] == before["CHN"]
    with pytest.raises(Refused, match=r"no release|nothing is published"):
        withdraw.fn(WithdrawalRequest(release_id="nobody", **asked), DAY)
