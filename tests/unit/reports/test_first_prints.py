"""The first print of a line against the sum of its codes, and of a partner against what the other side says."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from release_pages import goods
from typer.testing import CliRunner

import tidewaiter
from flows.cli.app import app
from tasks.domain.errors import HowUnderstood
from tasks.reports.brief import render
from tasks.reports.brief.facts import gather
from tasks.reports.first_prints import publish_first_prints, scorecard, within
from tasks.reports.query import open_published
from tests.unit.reports.stores import of_germany, publish, query_bytes
from tests.unit.sources.test_eurostat_comext import MASS, VALUE

LINE, MAY = "line:rare_earths", date(2025, 5, 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rare earths of May 2025: 5,864.6 t on the page of 10 June, 5,500 t in the codes of a week later; and magnets to Germany."""
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
    asked = ["read", "first_print", "--reporter", "CHN", "--format", "csv", "--columns", "product,error_pct"]
    told = CliRunner().invoke(app, [*asked, "--store", str(store)])
    assert told.exit_code == 0, told.output
    assert "85051110,-5.0" in told.stdout
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


def test_the_command_and_the_brief_say_it(store: Path) -> None:
    asked = ["vintages", LINE, "--first-prints", "--reporter", "CHN", "--store", str(store), "--format", "csv"]
    told = CliRunner().invoke(app, asked)
    assert told.exit_code == 0, told.output
    assert "export,line:rare_earths,WLD,2025-05-01,quantity_kg,preliminary,2025-06-10," in told.stdout
    china = open_published(store / "reporter=CHN")
    facts = gather(china, china.store, LINE, "export", MAY, date(2026, 8, 20))
    assert facts.first_prints is None, "one month says nothing"
    said = render.page(facts.model_copy(update={"first_prints": (20, 24)}))
    assert "First prints of these goods have been within 3 % of the later figure in 20 of 24 months." in said
