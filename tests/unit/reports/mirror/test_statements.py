"""Both statements of a flow out of two stores, and what the command says of them."""

from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets
from typer.testing import CliRunner

import tidewaiter
from flows.cli.app import app
from flows.release import ingest
from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import NoFigure
from tasks.reports.mirror.shown import columns, notes, title
from tasks.reports.mirror.statements import mirror
from tests.unit.sources.test_eurostat_comext import MASS, VALUE, answer

MONTHS = ("202504", "202505", "202506")
SOLD = {"202504": 500_000, "202505": 209_000, "202506": 764_000}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """China's exports to Germany and Hong Kong in three months, and what Germany bought of China in the last two."""
    root = tmp_path_factory.mktemp("mirror")
    records = [magnets("304", str(mass), "1,000", month) for month, mass in SOLD.items()]
    records += [magnets("110", "20000", "900", month) for month in MONTHS]
    (root / "china.csv").write_bytes(csv_bytes(records))
    china = ReleaseRequest(
        file=root / "china.csv", store=root / "store" / "reporter=CHN", source="gacc_query", flow="export", partners="all", products=["850511"],
        months="2025-04..2025-06", released_on=date(2025, 7, 20),
    )  # fmt: skip
    assert ingest(china, date(2026, 8, 20)).status == "published"
    for month, mass in (("2025-05", 2150), ("2025-06", 7400)):
        file = root / f"germany-{month}.csv"
        file.write_bytes(
            answer([("CN", VALUE, "50000"), ("CN", MASS, str(mass))], reporter="DE", product="850511", period=month)
        )
        germany = ReleaseRequest(
            file=file, store=root / "store" / "reporter=DEU", source="eurostat_comext", reporter="DEU", partners="all", released_on=date(2026, 8, 14),
        )  # fmt: skip
        assert ingest(germany, date(2026, 8, 20)).status == "published"
    return root / "store"


def test_both_sides_stand_beside_each_other(root: Path) -> None:
    found = mirror(root, "850511", "CHN", "DEU")
    rows = found.rows.select("period", "export_kg", "import_kg", "reason").rows()
    assert rows == [
        (date(2025, 4, 1), 500_000, None, "not_covered"), (date(2025, 5, 1), 209_000, 215_000, "agrees"), (date(2025, 6, 1), 764_000, 740_000, "agrees"),
    ]  # fmt: skip
    # Dollars and euros are not compared, and no rate is invented.
    assert (found.currency, found.rows["value_ratio"].null_count()) == ("", 3)
    assert found.rows["hub_kg"].to_list() == [20_000] * 3
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
    (tmp_path / "china.csv").write_bytes(csv_bytes([magnets("110", "20000", "900", "202506")]))
    (tmp_path / "germany.csv").write_bytes(
        answer([("US", VALUE, "1"), ("US", MASS, "1")], reporter="DE", product="850511")
    )
    for file, source, reporter, flow in (
        ("china.csv", "gacc_query", "CHN", "export"),
        ("germany.csv", "eurostat_comext", "DEU", None),
    ):
        request = ReleaseRequest(
            file=tmp_path / file, store=tmp_path / "store" / f"reporter={reporter}", source=source, reporter=reporter, flow=flow, partners="listed",
            products=["850511"], released_on=date(2026, 8, 14),
        )  # fmt: skip
        assert ingest(request, date(2026, 8, 20)).status == "published"
    with pytest.raises(NoFigure, match="neither CHN nor DEU has a figure of HS 850511 between them"):
        mirror(tmp_path / "store", "850511", "CHN", "DEU")


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
    assert title(found) == "HS 850511 from China to Germany, as each side counts it"
    assert columns(found) == {
        "month": ["2025-04", "2025-05", "2025-06"], "sold, t": ["500", "209", "764"], "bought, t": ["–", "215", "740"],
        "ratio": ["–", "1.03", "0.97"], "reason": ["not_covered", "agrees", "agrees"],
    }  # fmt: skip
    china, germany = found.snapshots
    assert notes(found) == [
        "agrees: both sides agree, within freight and rounding", "not_covered: one side has no figure of the month",
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
    assert lines[1].startswith("2025-06-01,")
