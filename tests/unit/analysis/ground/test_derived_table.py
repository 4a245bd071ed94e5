"""The tables that follow from published stores: which months are made again, what a killed run left, and what was known
on a day."""

import json
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets
from release_pages import goods
from typer.testing import CliRunner

import tidewaiter
from flows.cli.app import app
from schemas.table import empty_frame
from tasks.analysis.after.first_prints import publish_first_prints, scorecard, within
from tasks.analysis.ground import derived_table
from tasks.analysis.ground.derived_table import Upstream, publish_table
from tasks.analysis.reporter.of_reporter import publish_analysis, rows_of
from tasks.answers.trade.movers import changes_of_month, flow_of, month_of
from tasks.domain.errors import DamagedStore, HowUnderstood
from tasks.domain.periods import first_day, month_number
from tasks.pages.brief import render
from tasks.pages.brief.facts import gather
from tasks.pages.text.document import as_html
from tasks.reading.query import open_published
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.snapshots.parquet import read_table
from tests.faults.world import flip_byte
from tests.unit.customs import Store
from tests.unit.published_stores import of_germany, publish, query_bytes
from tests.unit.sources.eurostat.comext_answers import MASS, VALUE

pytestmark = pytest.mark.usefixtures("nothing_is_watched")

JANUARY = month_number(date(2024, 1, 1))
# January to March, and a month apart from them.
SPREAD = (JANUARY, JANUARY + 1, JANUARY + 2, JANUARY + 5)


def test_stale_months_alone_are_made_again_and_an_interruption_is_made_up_for(
    sample_store: Path, tmp_path: Path
) -> None:
    source, asked = open_published(sample_store), list[range]()
    rests_on = dict.fromkeys(SPREAD, "a")

    def rows_of(months: range, parent: Snapshot | None) -> pl.DataFrame:
        asked.append(months)
        if rests_on.get(months.start) == "broken":
            raise OSError("no space left")
        one = {
            "flow": "export",
            "product": "850511",
            "partner": "WLD",
            "measure": "quantity_kg",
            "first_kind": "query",
            "first_release_id": "r1",
            "first_known": date(2024, 9, 1),
            "first": 1.0,
            "last": 2.0,
            "error_pct": -50.0,
        }
        rows = [{**one, "period": first_day(month)} for month in months]
        return pl.concat([empty_frame("first_print"), pl.DataFrame(rows, schema=empty_frame("first_print").schema)])

    def publish(**changed: str) -> list[str]:
        rests_on.update({JANUARY + int(month[1:]): said for month, said in changed.items()})
        asked.clear()
        made = publish_table("first_print", tmp_path, lambda: Upstream({"CHN": source}, dict(rests_on)), rows_of)
        assert read_table(made.snapshot, "first_print").height == len(rests_on)
        return made.months

    assert publish() == ["2024-01", "2024-02", "2024-03", "2024-06"]
    assert asked == [range(JANUARY, JANUARY + 3), range(JANUARY + 5, JANUARY + 6)]
    assert publish() == []
    before = open_snapshot(tmp_path)
    with pytest.raises(OSError, match="no space"):
        publish(m1="b", m5="broken")
    assert open_snapshot(tmp_path) == before
    assert publish(m5="b") == ["2024-02", "2024-06"]
    del rests_on[JANUARY]
    assert publish() == [], "a month that rests on nothing any more is left out"
    trails = read_table(open_snapshot(tmp_path), "lineage")
    assert trails["step"].unique().to_list() == ["first_print"]
    assert all(source.id in said for said in trails["parameters"])


MONTHS = [f"2024{month:02d}" for month in range(1, 13)]
FIRST, NEXT = date(2025, 1, 20), date(2025, 2, 20)


def year(june: int = 40_000) -> bytes:
    return csv_bytes(
        [
            magnets(
                partner,
                str(june if (month, partner) == ("202406", "502") else 1_000 * (place + 20)),
                f"{50_000 + place:,}",
                month,
            )
            for place, month in enumerate(MONTHS)
            for partner in ("502", "304")
        ]
    )


def own(store: Store) -> Path:
    return store.folder / "mover" / "reporter=CHN"


def full(*_: object, **__: object) -> None:
    raise OSError("no space left on device")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A year, and a correction of June that came a month later."""
    store = Store(tmp_path_factory.mktemp("analysis"))
    for day, june in ((FIRST, 40_000), (NEXT, 90_000)):
        outcome = store.ingest(year(june), day, f"{day}.csv", months="2024-01..2024-12", released_on=day)
        assert not any("mover" in line for line in outcome.warnings)
    return store


def test_each_release_publishes_its_movers_for_every_reader(made: Store) -> None:
    files = f"{made.folder}/mover/reporter=CHN/current/mover/**/*.parquet"
    plain = pl.read_parquet(files, hive_partitioning=True)
    assert plain.filter(kind="product", against="month")["period"].n_unique() == 11
    by_name = tidewaiter.read(table="mover", month="2024-07", store=made.store)
    assert by_name.height == plain.filter(period=date(2024, 7, 1)).height > 0
    trail = read_table(open_snapshot(own(made)), "lineage")
    assert {*trail["step"]} == {"mover"}
    states = [json.loads(text)["snapshots"]["CHN"] for text in trail["parameters"]]
    assert made.snapshot.id in states
    assert publish_analysis(made.folder, "CHN", "mover").months == []


def test_a_damaged_file_of_the_figures_makes_no_movers(made: Store, tmp_path: Path) -> None:
    """A bit that flipped would be published under a right hash."""
    store = Store(tmp_path)
    shutil.copytree(made.folder, store.folder, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(own(store))
    figures = store.snapshot.entries("metric")
    assert figures
    for file in store.snapshot.opened(figures):
        flip_byte(file)
    with pytest.raises(DamagedStore):
        publish_analysis(store.folder, "CHN", "mover")
    assert open_snapshot(own(store)) is None


def test_what_a_killed_run_left_undone_is_read_right_and_made_up_for(
    made: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    shutil.copytree(made.folder, store.folder, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(own(store))
    july = rows_of(made.snapshot, "mover", "export", [2024 * 12 + 6])
    assert rows_of(store.snapshot, "mover", "export", [2024 * 12 + 6]).equals(july)
    with monkeypatch.context() as patched:
        patched.setattr(derived_table, "publish", full)
        told = store.ingest(year(90_000), NEXT, f"{NEXT}.csv", months="2024-01..2024-12", released_on=NEXT)
    assert [line for line in told.warnings if "mover" in line]
    again = store.ingest(year(90_000), NEXT, f"{NEXT}.csv", months="2024-01..2024-12", released_on=NEXT)
    assert (again.status, [line for line in again.warnings if "mover" in line]) == ("nothing new", [])
    published = read_table(open_snapshot(own(store)), "mover", ("export", 2024, 7).__eq__)
    assert published.equals(july)


def test_movers_as_they_were_known_on_a_day(made: Store) -> None:
    june = date(2024, 6, 1)
    assert (flow_of(made.snapshot, None), month_of(made.snapshot, "export", "latest")) == ("export", date(2024, 12, 1))
    now = changes_of_month(made.snapshot, "export", june, measure="quantity_kg").rows.filter(kind="total")
    then = changes_of_month(made.snapshot, "export", june, measure="quantity_kg", day=FIRST).rows.filter(kind="total")
    assert [rows["level"].to_list() for rows in (now, then)] == [[115_000.0], [65_000.0]]
    december = changes_of_month(made.snapshot, "export", date(2024, 12, 1), measure="quantity_kg").rows.filter(
        kind="revision"
    )
    assert december.select("revised_month", "before", "level").rows() == [(june, 40_000, 90_000)]
    assert (
        changes_of_month(made.snapshot, "export", date(2024, 12, 1), day=FIRST).rows.filter(kind="revision").is_empty()
    )


def test_what_was_expected_is_published_and_told_in_commands_and_briefs(tmp_path: Path) -> None:
    """Four years with a season, and a last month with twice as much."""
    store, months = Store(tmp_path), [f"{year}{month:02d}" for year in range(2022, 2026) for month in range(1, 13)]
    cells = [
        (
            month,
            partner,
            100_000 + 3_000 * (place % 12) + 997 * (place * 7 % 5) + (150_000 if month == months[-1] else 0),
        )
        for place, month in enumerate(months)
        for partner in ("502", "304")
    ]
    day = date(2026, 1, 20)
    data = csv_bytes([magnets(partner, str(mass), f"{mass * 20:,}", month) for month, partner, mass in cells])
    told = store.ingest(data, day, months="2022-01..2025-12", released_on=day, products=["85051110"])
    assert not [line for line in told.warnings if "expectation" in line]
    # Two partners were declared as all, in every month of the window.
    with pytest.warns(HowUnderstood, match="in doubt: few partners for a file of all partners, 2022-01 to 2025-12"):
        rows = tidewaiter.read("85051110", table="expectation", measure="quantity_kg", store=store.store)
    assert rows["status"].to_list() == ["too_few_months"] * 36 + ["expected"] * 12
    assert rows["unusual"].to_list()[36:] == [False] * 11 + [True]
    last = rows.row(-1, named=True)
    assert last["low"] < last["expected"] < last["high"] < last["unusual_high"] < last["level"]
    published = read_table(open_snapshot(tmp_path / "expectation" / "reporter=CHN"), "expectation")
    mine = published.filter(product="85051110", measure="quantity_kg")
    assert mine["expected"].to_list() == rows["expected"].to_list()
    shown = CliRunner().invoke(app, ["movers", "--store", str(store.store), "--measure", "quantity_kg"])
    assert shown.exit_code == 0, shown.output
    assert "unusual: 85051110 Permanent magnets" in shown.output
    with pytest.warns(HowUnderstood, match="in doubt: few partners"):
        page = tidewaiter.brief("85051110", "2025-12", store=store.store)
    expected = (
        f"Expected {last['expected'] / 1000:,.0f} t, 80 % interval {last['low'] / 1000:,.0f} t to"
        f" {last['high'] / 1000:,.0f} t"
    )
    assert f"{expected}, by the season and the 47 months before. The month is unusual:" in page.markdown
    assert expected in page.html.replace("\u00a0", " ")
    with pytest.warns(HowUnderstood, match="in doubt: few partners"):
        chinese = tidewaiter.brief("85051110", "2025-11", store=store.store, language="zh").markdown
    assert "此前46个月的走势，预期" in chinese
    assert "本月异常" not in chinese


LINE, MAY = "line:rare_earths", date(2025, 5, 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rare earths of May 2025: 5,864.6 t on the page of 10 June, 5,500 t in the codes of a week later; and magnets to
    Germany."""
    folder = tmp_path_factory.mktemp("prints")
    publish(folder, "CHN", "page.html", goods(), "gacc_preliminary", released_on=date(2025, 6, 10))
    parts = {"25309020": 600, "28053011": 264_000, "28461010": 5_235_400}
    rows = [("202505", code, "USA", kg, 4 * kg) for code, kg in parts.items()]
    query = {"flow": "export", "months": "2025-05"}
    codes = ["25309020", "2805", "2846"]
    publish(folder, "CHN", "codes.csv", query_bytes(rows), products=codes, released_on=date(2025, 6, 18), **query)
    for day, mass in ((date(2025, 6, 20), 209_000), (date(2025, 6, 25), 220_000)):
        data = query_bytes([("202505", "85051110", "DEU", mass, 53_000)])
        publish(folder, "CHN", f"magnets{day}.csv", data, products=["850511"], released_on=day, **query)
    bought = of_germany("2025-05", ("CN", VALUE, "50000"), ("CN", MASS, "2150"))
    publish(folder, "DEU", "germany.csv", bought, "eurostat_comext")
    return folder / "store"


def test_the_error_of_a_first_print_is_against_the_best_that_came_later(store: Path) -> None:
    china = open_published(store / "reporter=CHN")
    row = scorecard(china, "export", LINE, "WLD", "quantity_kg").filter(period=MAY).row(0, named=True)
    names = ("first_kind", "first_known", "first", "query", "other_side", "error_pct")
    error = pytest.approx((5_864_600 / 5_500_000 - 1) * 100)
    assert [row[name] for name in names] == ["preliminary", date(2025, 6, 10), 5_864_600, 5_500_000, None, error]
    # A corrected query has a first print; the partner has codes of six digits alone.
    found = scorecard(china, "export", "85051110", "DEU", "quantity_kg")
    assert found.select("first", "query", "last", "error_pct", "other_side").rows() == [
        (209_000, 220_000, 220_000, pytest.approx(-5.0), None)
    ]
    bought = scorecard(open_published(store / "reporter=DEU"), "import", "850511", "CHN", "quantity_kg")
    assert bought.select("other_side", "error_pct").rows() == [(220_000, None)], "nothing later is held against it"


def test_the_table_is_published_beside_the_stores_and_has_what_can_be_compared(store: Path, tmp_path: Path) -> None:
    plain = pl.read_parquet(f"{store}/first_print/reporter=CHN/current/first_print/**/*.parquet")
    rows = plain.select("product", "partner", "measure", "first", "last").sort("product", "measure").rows()
    assert rows == [
        ("85051110", "DEU", "quantity_kg", 209_000, 220_000),
        # The later release says the same.
        ("85051110", "DEU", "value_usd", 53_000, 53_000),
        (LINE, "WLD", "quantity_kg", 5_864_600, 5_500_000),
    ]
    found = tidewaiter.read("85051110", table="first_print", month="2025-05", reporter="CHN", store=store)
    assert found.select("partner", "measure", "last").rows() == [row[1:3] + row[4:] for row in rows[:2]]
    why = "0 rows: the table first_print of DEU has no months yet, because none has several releases"
    with pytest.warns(HowUnderstood, match=why):
        assert tidewaiter.read(table="first_print", reporter="DEU", store=store).height == 0
    assert not (store / "first_print" / "reporter=DEU").exists(), "one release alone is held against nothing"
    made = publish_first_prints(store, "CHN")
    assert made is not None
    assert (made.changed, made.months) == (False, [])
    shutil.copytree(store, tmp_path / "store", symlinks=True)
    again = of_germany("2025-05", ("CN", VALUE, "50000"), ("CN", MASS, "2200"))
    publish(tmp_path, "DEU", "again.csv", again, "eurostat_comext", released_on=date(2026, 8, 16))
    bought = pl.read_parquet(f"{tmp_path}/store/first_print/reporter=DEU/current/first_print/**/*.parquet")
    assert bought.select("measure", "first", "last", "other_side").sort("measure").rows() == [
        ("quantity_kg", 215_000, 220_000, 220_000), ("value_eur", 50_000, 50_000, None),
    ]  # fmt: skip


def test_a_sentence_needs_some_months_and_counts_those_within_three_per_cent() -> None:
    errors = pl.DataFrame({"error_pct": [None, 0.0, -3.0, 3.1, 40.0]})
    assert within(errors) == (2, 4)
    assert within(errors.head(3)) is None
    assert within(pl.DataFrame({"error_pct": [50.0, *[1.0] * 24]})) == (24, 24), "of the last 24 months"


def test_a_brief_says_how_far_first_prints_were_off(store: Path) -> None:
    china = open_published(store / "reporter=CHN")
    facts = gather(china, china.store, LINE, "export", MAY, date(2026, 8, 20))
    assert facts.first_prints is None, "one month says nothing"
    said = as_html(render.document_of(facts.model_copy(update={"first_prints": (20, 24)}))).replace("\u00a0", " ")
    assert "First prints of these goods have been within 3 % of the later figure in 20 of 24 months." in said
