"""Both statements of a flow out of two stores, and what the command says of them."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets
from comtrade_answers import answer as comtrade
from comtrade_answers import row
from typer.testing import CliRunner

import tidewaiter
from flows.cli.app import app
from flows.release import ingest
from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import NoFigure
from tasks.reports.mirror.shown import columns, notes, title
from tasks.reports.mirror.sides import hubs
from tasks.reports.mirror.statements import compare, mirror, pair, read_pair
from tests.unit.sources import test_hmrc_ots as hmrc_ots
from tests.unit.sources import test_us_census as us_census
from tests.unit.sources.test_eurostat_comext import MASS, VALUE, answer

MONTHS = ("202504", "202505", "202506")
# Germany's 50,000 euros are 56,400 and 57,600 dollars in these months, 6.5 % of them freight.
SOLD = {"202504": (500_000, "90,000"), "202505": (209_000, "53,000"), "202506": (764_000, "54,000")}


def publish(folder: Path, reporter: str, name: str, data: bytes, source: str, **declared: Any) -> None:
    """Ingest a file of a reporter into its store below `folder`/store."""
    (folder / name).write_bytes(data)
    given = {"partners": "all", "released_on": date(2026, 8, 14), "reporter": reporter} | declared
    request = ReleaseRequest(
        file=folder / name, store=folder / "store" / f"reporter={reporter}", source=source, **given
    )
    assert ingest(request, date(2026, 8, 20)).status == "published"


def of_germany(month: str, *cells: tuple[str, str, str], reporter: str = "DE", flow: str = "1") -> bytes:
    return answer(cells, reporter=reporter, product="850511", period=month, flow=flow)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """China's exports to Germany and Hong Kong in three months, and what Germany bought of China in the last two."""
    root = tmp_path_factory.mktemp("mirror")
    records = [magnets("304", str(mass), value, month) for month, (mass, value) in SOLD.items()]
    records += [magnets("110", "20000", "900", month) for month in MONTHS]
    query = {"flow": "export", "products": ["850511"], "released_on": date(2025, 7, 20)}
    publish(root, "CHN", "china.csv", csv_bytes(records), "gacc_query", months="2025-04..2025-06", **query)
    for month, mass in (("2025-05", 2150), ("2025-06", 7400)):
        publish(
            root,
            "DEU",
            f"germany-{month}.csv",
            of_germany(month, ("CN", VALUE, "50000"), ("CN", MASS, str(mass))),
            "eurostat_comext",
        )
    return root / "store"


def test_both_sides_stand_beside_each_other(root: Path) -> None:
    found = mirror(root, "850511", "CHN", "DEU")
    rows = found.rows.select("period", "export_kg", "import_kg", "reason").rows()
    assert rows == [
        (date(2025, 4, 1), 500_000, None, "not_covered"), (date(2025, 5, 1), 209_000, 215_000, "agrees"), (date(2025, 6, 1), 764_000, 740_000, "agrees"),
    ]  # fmt: skip
    assert found.rows["hub_kg"].to_list() == [20_000] * 3
    row = found.rows.row(2, named=True)
    assert (row["import_stated"], row["import_currency"], row["currency"], row["margin_pct"]) == (
        50_000,
        "EUR",
        "USD",
        6.5,
    )
    # 1.151619 dollars for a euro in June 2025; the margin is two points more or less.
    assert row["import_value"] == pytest.approx(50_000 * 1.151619, abs=0.1)
    assert (row["fob_low"], row["fob_high"]) == pytest.approx(
        (50_000 * 1.151619 / 1.085, 50_000 * 1.151619 / 1.045), abs=0.1
    )
    assert row["margin_source"].endswith("all goods, 2022")
    assert [len(row[f"{side}_release_ids"]) for side in ("export", "import")] == [1, 1]
    only = mirror(root, "850511", "CHN", "DEU", date(2025, 6, 1), date(2025, 6, 1)).rows
    assert only.select("period", "export_kg", "import_kg", "kg_ratio").rows() == [
        (date(2025, 6, 1), 764_000, 740_000, pytest.approx(0.9686, abs=1e-4))
    ]


def test_where_all_partners_are_known_no_row_is_no_trade(root: Path) -> None:
    france = mirror(root, "850511", "CHN", "DEU").rows
    assert france.height == 3
    with pytest.raises(ValueError, match="there is no store of FRA; there are those of CHN, DEU"):
        mirror(root, "850511", "CHN", "FRA")
    back = mirror(root, "850511", "CHN", "DEU", date(2025, 6, 1), date(2025, 7, 1)).rows
    assert back["reason"].to_list() == ["agrees", "not_covered"], "nobody has July"


def test_what_the_exporter_counts_to_a_hub_alone_is_no_figure_of_the_pair(tmp_path: Path) -> None:
    """China was asked for Hong Kong alone, and Germany for the United States."""
    hong_kong = csv_bytes([magnets("110", "20000", "900", "202506")])
    publish(
        tmp_path, "CHN", "china.csv", hong_kong, "gacc_query", flow="export", partners="listed", products=["850511"]
    )
    publish(
        tmp_path,
        "DEU",
        "germany.csv",
        of_germany("2025-06", ("US", VALUE, "1"), ("US", MASS, "1")),
        "eurostat_comext",
        partners="listed",
    )
    with pytest.raises(NoFigure, match="neither CHN nor DEU has a figure of HS 850511 between them"):
        mirror(tmp_path / "store", "850511", "CHN", "DEU")


@pytest.fixture(scope="module")
def odd(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same stores, and others with statements that cannot be compared as they are."""
    folder = tmp_path_factory.mktemp("odd")
    shutil.copytree(root, folder / "store", symlinks=True)
    query = {"products": ["850511"], "released_on": date(2025, 7, 20)}
    publish(
        folder,
        "CHN",
        "2016.csv",
        csv_bytes([magnets("307", "100", "1,000", "201612")]),
        "gacc_query",
        flow="export",
        months="2016-12",
        **query,
    )
    publish(
        folder,
        "CHN",
        "bought.csv",
        csv_bytes([magnets("304", "100", "1,000", "202506")]),
        "gacc_query",
        flow="import",
        months="2025-06",
        **query,
    )
    publish(folder, "ITA", "italy.csv", of_germany("2016-12", ("CN", VALUE, "1000"), reporter="IT"), "eurostat_comext")
    publish(folder, "DEU", "sold.csv", of_germany("2025-06", ("CN", VALUE, "1000"), flow="2"), "eurostat_comext")
    hidden = hmrc_ots.page(hmrc_ots.row(1000.0, 0.0, suppression=2, month=202506))
    publish(folder, "GBR", "britain.json", hidden, "hmrc_ots", flow="import", products=["850511"])
    bought = row("CHN", 5000.0, 90.0, reporterCode=410, partnerCode=156, flowCode="M", isNetWgtEstimated=True)
    publish(folder, "KOR", "korea.json", comtrade(bought), "un_comtrade", flow="import", products=["850511"])
    bought = [
        us_census.line("5700", "54000", "57780", "800000", month="2025-06"),
        us_census.line("-", "54000", "57780", "800000", month="2025-06"),
    ]
    publish(folder, "USA", "america.json", us_census.answer(bought), "us_census", flow="import", products=["850511"])
    items = [
        us_census.line(country, "54000", "57780", "9", unit="NO", month="2025-05", product="8505110090")
        for country in ("5700", "-")
    ]
    publish(folder, "USA", "items.json", us_census.answer(items), "us_census", flow="import", products=["850511"])
    return folder / "store"


@pytest.mark.parametrize(
    ("exporter", "importer", "month", "reason", "why"),
    [
        ("CHN", "ITA", "2016-12", "not_comparable", "ITA kilograms: not covered; no exchange rate for EUR in 2016-12"),
        ("DEU", "CHN", "2025-06", "not_comparable", "DEU kilograms: not covered; no margin from DEU to CHN in import_margins"),
        ("CHN", "GBR", "2025-06", "suppressed", "GBR kilograms: hidden or marked as unreliable; GBR value: hidden or marked as unreliable"),
        # What is counted in items has no row in kilograms, which is not no trade.
        ("CHN", "USA", "2025-05", "units_differ", "USA kilograms: counted in another unit"),
        ("CHN", "GBR", "2025-04", "not_covered", "GBR kilograms: not covered; GBR value: not covered"),
        # China sold none, and a release of all partners says so.
        ("CHN", "KOR", "2025-06", "weight_estimated", "KOR kilograms: an estimate"),
        ("CHN", "KOR", "2025-07", "not_covered", "CHN kilograms: not covered; CHN value: not covered; KOR kilograms: not covered; KOR value: not covered"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_has_a_reason_and_says_who_lacks_what(
    odd: Path, exporter: str, importer: str, month: str, reason: str, why: str
) -> None:
    day = date.fromisoformat(f"{month}-01")
    found = mirror(odd, "850511", exporter, importer).rows.filter(period=day) if month < "2025-07" else (
        mirror(odd, "850511", exporter, importer, date(2025, 6, 1), day).rows.filter(period=day)
    )  # fmt: skip
    assert found.select("reason", "why").rows() == [(reason, why)]


def test_a_source_that_prints_both_values_shows_the_margin_that_it_observed(odd: Path) -> None:
    row = mirror(odd, "850511", "CHN", "USA", date(2025, 6, 1), date(2025, 6, 1)).rows.row(0, named=True)
    # The customs value has no freight in it.
    assert (row["import_valuation"], row["margin_pct"], row["fob_low"], row["fob_high"]) == (
        "customs value",
        0,
        54_000,
        54_000,
    )
    assert row["observed_margin_pct"] == pytest.approx(7.0)


def test_lines_of_a_release_page_are_another_nomenclature_and_no_silence(root: Path) -> None:
    months = range(2025 * 12 + 5, 2025 * 12 + 6)
    sold, bought = read_pair(pair(root, "CHN", "DEU"), ("CHN", "DEU"), months, "850511")
    lines = sold.releases.with_columns(
        classification=pl.lit("line"), products=pl.lit(["line:rare_earths"], pl.List(pl.String))
    )
    found = compare(sold._replace(levels=sold.levels.clear(), releases=lines), bought, months, pl.Series(["850511"]))
    assert found.select("reason", "why").rows() == [
        ("nomenclature", "CHN kilograms: by lines of its own; CHN value: by lines of its own")
    ]


def test_a_hub_month_that_is_not_known_stays_unknown(root: Path) -> None:
    months = range(2025 * 12 + 5, 2025 * 12 + 6)
    sold, _ = read_pair(pair(root, "CHN", "DEU"), ("CHN", "DEU"), months, "850511")
    assert hubs(sold, "quantity_kg", "kg").filter(period=date(2025, 6, 1))["kg"].to_list() == [20_000]
    unknown = sold._replace(levels=sold.levels.with_columns(level=pl.lit(None, pl.Float64)))
    assert hubs(unknown, "quantity_kg", "kg").height == 0


def test_the_mirror_of_a_day_has_what_both_knew_then(root: Path) -> None:
    now = mirror(root, "850511", "CHN", "DEU").rows
    assert mirror(root, "850511", "CHN", "DEU", as_of=date(2026, 8, 14)).rows.equals(now)
    # Germany's months came out in August 2026: until then it had said nothing, which is not that it bought nothing.
    before = mirror(root, "850511", "CHN", "DEU", as_of=date(2025, 7, 20)).rows
    assert before["export_kg"].to_list() == now["export_kg"].to_list()
    assert {*before.select("import_kg", "import_stated", "reason", "why").rows()} == {
        (None, None, "not_covered", "DEU kilograms: not covered; DEU value: not covered")
    }
    with pytest.raises(NoFigure):
        mirror(root, "850511", "CHN", "DEU", as_of=date(2025, 7, 19))


@pytest.mark.parametrize(
    ("product", "exporter", "importer", "error", "says"),
    [
        ("85051110", "CHN", "DEU", ValueError, "85051110 is a code of one country; .* such as 850511"),
        ("basket:rare_earth_magnets", "CHN", "DEU", ValueError, "is a code of one country"),
        ("850511", "CHN", "CHN", ValueError, "CHN and CHN are one reporter; name two"),
        ("010121", "CHN", "DEU", NoFigure, "neither CHN nor DEU has a figure of HS 010121 between them"),
    ],
)
def test_what_cannot_be_compared_says_what_to_do(
    root: Path, product: str, exporter: str, importer: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        mirror(root, product, exporter, importer)


def test_the_page_says_whose_numbers_these_are_and_what_the_reasons_mean(root: Path) -> None:
    found = mirror(root, "850511", "CHN", "DEU")
    assert title(found.rows) == "HS 850511 from China to Germany, as each side counts it"
    assert columns(found.rows) == {
        "month": ["2025-04", "2025-05", "2025-06"], "sold, t": ["500", "209", "764"], "bought, t": ["–", "215", "740"],
        "ratio": ["–", "1.03", "0.97"], "sold, million USD": ["0.09", "0.053", "0.054"], "bought, million USD": ["–", "0.056", "0.058"],
        "bought, free on board, million USD": ["–", "0.052 to 0.054", "0.053 to 0.055"], "reason": ["not covered", "agrees", "agrees"],
    }  # fmt: skip
    china, germany = found.snapshots
    assert notes(found) == [
        "agrees: both sides agree, within freight and rounding", "not covered: one side has no figure of the month",
        "sold: FOB, by destination; bought: CIF, by origin", "EUR in USD by exchange rates of the European Central Bank, mean of the month",
        "freight and insurance: 6.5 % of the value free on board, two points more or less (OECD ITIC (international transport and insurance costs), all goods, 2022)",
        "2025-04: DEU kilograms: not covered; DEU value: not covered",
        f"China: snapshot {china}; Germany: snapshot {germany}",
    ]  # fmt: skip
    assert tidewaiter.mirror("850511", "Germany", store=root).equals(found.rows)
    answered = CliRunner().invoke(
        app, ["mirror", "850511", "--importer", "Germany", "--store", str(root)], env={"COLUMNS": "100"}
    )
    assert answered.exit_code == 0, answered.output
    assert "as each side counts it" in answered.stdout
    assert "2025-06" in answered.stdout
    # Goods with a longer code are in one that customs share; the title says which.
    named = CliRunner().invoke(
        app, ["mirror", "magnets", "--importer", "Germany", "--store", str(root)], env={"COLUMNS": "100"}
    )
    assert named.stdout == answered.stdout
    several = CliRunner().invoke(app, ["mirror", "basket:gallium", "--importer", "Germany", "--store", str(root)])
    assert several.exit_code == 2
    assert "has several HS codes; name one of them: " in several.stderr
    lines = (
        CliRunner()
        .invoke(
            app,
            ["mirror", "850511", "--importer", "德国", "--month", "2025-06", "--format", "csv", "--store", str(root)],
        )
        .stdout.splitlines()
    )
    assert len(lines) == 2
    assert lines[1].startswith("export,850511,CHN,DEU,2025-06-01,54000.0,USD,FOB,")
    book = root.parent / "mirror.xlsx"
    written = CliRunner().invoke(
        app, ["mirror", "850511", "--importer", "Germany", "--output", str(book), "--store", str(root)]
    )
    assert written.exit_code == 0, written.output
    said = [
        cell.value
        for row in openpyxl.load_workbook(book)["units and sources"].iter_rows()
        for cell in row
        if cell.value
    ]
    assert "sold: FOB, by destination; bought: CIF, by origin" in said
    assert {"gacc_query", "eurostat_comext"} <= {*said}
