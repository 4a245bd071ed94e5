"""Both statements of a flow out of two stores: what is compared, published, told of new gaps, and shown in commands and
briefs."""

import json
import shutil
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets
from click.testing import Result
from comtrade_answers import answer as comtrade
from comtrade_answers import row
from typer.testing import CliRunner

import tidewaiter
from flows.cli.app import app
from schemas import settings
from schemas.forms.brief import Facts
from tasks.analysis.mirror.publication import MirrorPublication, publish_pair
from tasks.analysis.mirror.sides import hubs
from tasks.analysis.mirror.statements import between, compare, mirror, pair, read_pair
from tasks.analysis.mirror.verdicts import REASONS
from tasks.domain.errors import NoFigure
from tasks.pages.brief import render
from tasks.pages.brief.context import mirrored
from tasks.pages.brief.facts import gather
from tasks.pages.release.prefect_pages import gap_pages
from tasks.pages.text import wording
from tasks.pages.text.document import as_html, as_markdown
from tasks.pages.text.page_templates import LANGUAGES
from tasks.reading.query import open_published
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.snapshots.parquet import read_table
from tests.copied_store import copied
from tests.unit.mirror_stores import OF_MAGNETS, bought, china_and_germany
from tests.unit.published_stores import of_germany, publish
from tests.unit.sources.census import us_census_answers as us_census
from tests.unit.sources.eurostat.comext_answers import MASS, VALUE, answer
from tests.unit.sources.hmrc import ots_answers as hmrc_ots

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

JUNE = date(2025, 6, 1)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return china_and_germany(tmp_path_factory.mktemp("mirror"))


def test_both_sides_stand_beside_each_other(root: Path) -> None:
    found = mirror(root, "850511", "CHN", "DEU")
    assert found.rows.select("period", "export_kg", "import_kg", "reason").rows() == [
        (date(2025, 4, 1), 500_000, None, "not_covered"),
        (date(2025, 5, 1), 209_000, 215_000, "agrees"),
        (JUNE, 764_000, 740_000, "agrees"),
    ]
    assert found.rows["hub_kg"].to_list() == [20_000] * 3
    row = found.rows.row(2, named=True)
    assert [row[name] for name in ("import_stated", "import_currency", "currency", "margin_pct")] == [
        50_000,
        "EUR",
        "USD",
        6.5,
    ]
    # 1.151619 dollars for a euro in June 2025; the margin is two points more or less.
    value = 50_000 * 1.151619
    assert [row[name] for name in ("import_value", "fob_low", "fob_high")] == pytest.approx(
        [value, value / 1.085, value / 1.045], abs=0.1
    )
    assert row["margin_source"].endswith("all goods, 2022")
    assert [len(row[f"{side}_release_ids"]) for side in ("export", "import")] == [1, 1]
    july = mirror(root, "850511", "CHN", "DEU", JUNE, date(2025, 7, 1)).rows
    assert july.select("reason", "kg_ratio").rows() == [
        ("agrees", pytest.approx(0.9686, abs=1e-4)),
        ("not_covered", None),
    ]


def test_what_the_exporter_counts_to_a_hub_alone_is_no_figure_of_the_pair(tmp_path: Path) -> None:
    """China was asked for Hong Kong alone, and Germany for the United States."""
    hong_kong, america = (
        csv_bytes([magnets("110", "20000", "900", "202506")]),
        of_germany("2025-06", ("US", VALUE, "1"), ("US", MASS, "1")),
    )
    publish(tmp_path, "CHN", "china.csv", hong_kong, flow="export", partners="listed", **OF_MAGNETS)
    publish(tmp_path, "DEU", "germany.csv", america, "eurostat_comext", partners="listed")
    with pytest.raises(NoFigure, match="CHN and DEU without a figure"):
        mirror(tmp_path / "store", "850511", "CHN", "DEU")


@pytest.fixture(scope="module")
def odd(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same stores, and others with statements that cannot be compared as they are."""
    folder = tmp_path_factory.mktemp("odd")
    shutil.copytree(root, folder / "store", symlinks=True)
    query = {"released_on": date(2025, 7, 20), **OF_MAGNETS}
    publish(
        folder,
        "CHN",
        "2016.csv",
        csv_bytes([magnets("307", "100", "1,000", "201612")]),
        flow="export",
        months="2016-12",
        **query,
    )
    publish(
        folder,
        "CHN",
        "bought.csv",
        csv_bytes([magnets("304", "100", "1,000")]),
        flow="import",
        months="2025-06",
        **query,
    )
    publish(folder, "ITA", "italy.csv", of_germany("2016-12", ("CN", VALUE, "1000"), reporter="IT"), "eurostat_comext")
    publish(folder, "DEU", "sold.csv", of_germany("2025-06", ("CN", VALUE, "1000"), flow="2"), "eurostat_comext")
    for reporter, source, data in (
        ("GBR", "hmrc_ots", hmrc_ots.page(hmrc_ots.row(1000.0, 0.0, suppression=2, month=202506))),
        (
            "KOR",
            "un_comtrade",
            comtrade(row("CHN", 5000.0, 90.0, reporterCode=410, partnerCode=156, flowCode="M", isNetWgtEstimated=True)),
        ),
        (
            "USA",
            "us_census",
            us_census.answer([us_census.line(of, "54000", "57780", "800000", month="2025-06") for of in ("5700", "-")]),
        ),
        (
            "USA",
            "us_census",
            us_census.answer(
                [
                    us_census.line(of, "54000", "57780", "9", unit="NO", month="2025-05", product="8505110090")
                    for of in ("5700", "-")
                ]
            ),
        ),
    ):
        publish(folder, reporter, f"{len(data)}.json", data, source, flow="import", **OF_MAGNETS)
    return folder / "store"


@pytest.mark.parametrize(
    ("exporter", "importer", "month", "reason", "why"),
    [
        ("CHN", "ITA", "2016-12", "not_comparable", "ITA kilograms: not covered; no exchange rate for EUR in 2016-12"),
        ("DEU", "CHN", "2025-06", "not_comparable",
            "DEU kilograms: not covered; no margin from DEU to CHN in import_margins"),
        ("CHN", "GBR", "2025-06", "suppressed", "GBR kilograms: hidden or marked as unreliable"),
        # What is counted in items has no row in kilograms, which is not no trade.
        ("CHN", "USA", "2025-05", "units_differ", "USA kilograms: counted in another unit"),
        ("CHN", "GBR", "2025-04", "not_covered", "GBR kilograms: not covered; GBR value: not covered"),
        # China sold none, and a release of all partners says so.
        ("CHN", "KOR", "2025-06", "weight_estimated", "KOR kilograms: an estimate"),
        ("CHN", "KOR", "2025-07", "not_covered",
            "CHN kilograms: not covered; CHN value: not covered; KOR kilograms: not covered; KOR value: not covered"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_has_a_reason_and_says_who_lacks_what(
    odd: Path, exporter: str, importer: str, month: str, reason: str, why: str
) -> None:
    day = date.fromisoformat(f"{month}-01")
    span = (JUNE, day) if month >= "2025-07" else ()
    found = mirror(odd, "850511", exporter, importer, *span).rows.filter(period=day)
    assert found.select("reason", "why").rows() == [(reason, why)]


def test_a_source_that_prints_both_values_shows_the_margin_that_it_observed(odd: Path) -> None:
    row = mirror(odd, "850511", "CHN", "USA", JUNE, JUNE).rows.row(0, named=True)
    # The customs value has no freight in it.
    assert [row[name] for name in ("import_valuation", "margin_pct", "fob_low", "fob_high")] == [
        "customs value",
        0,
        54_000,
        54_000,
    ]
    assert row["observed_margin_pct"] == pytest.approx(7.0)


def test_lines_of_a_release_page_are_another_nomenclature_and_a_hub_month_that_is_not_known_stays_unknown(
    root: Path,
) -> None:
    months = range(2025 * 12 + 5, 2025 * 12 + 6)
    sold, bought = read_pair(pair(root, "CHN", "DEU"), ("CHN", "DEU"), months, "850511")
    page = {"classification": pl.lit("line"), "products": pl.lit(["line:rare_earths"], pl.List(pl.String))}
    of_lines = sold._replace(levels=sold.levels.clear(), releases=sold.releases.with_columns(**page))
    assert compare(of_lines, bought, months, pl.Series(["850511"])).select("reason", "why").rows() == [
        ("nomenclature", "CHN kilograms: by lines of its own; CHN value: by lines of its own")
    ]
    assert hubs(sold, "quantity_kg", "kg").filter(period=JUNE)["kg"].to_list() == [20_000]
    unknown = sold._replace(levels=sold.levels.with_columns(level=pl.lit(None, pl.Float64)))
    assert hubs(unknown, "quantity_kg", "kg").height == 0


def test_the_mirror_of_a_day_has_what_both_knew_then(root: Path) -> None:
    now = mirror(root, "850511", "CHN", "DEU").rows
    assert mirror(root, "850511", "CHN", "DEU", as_of=date(2026, 8, 14)).rows.equals(now)
    # Germany's months came out in August 2026: until then it had said nothing, which is not that it bought nothing.
    with pytest.raises(NoFigure, match=r"no mirror .*: DEU without a figure .*DEU value: not covered"):
        mirror(root, "850511", "CHN", "DEU", as_of=date(2025, 7, 20))
    with pytest.raises(NoFigure, match="CHN and DEU without a figure"):
        mirror(root, "850511", "CHN", "DEU", as_of=date(2025, 7, 19))


@pytest.mark.parametrize(
    ("exporter", "importer", "months", "says"),
    [
        (
            "CHN",
            "DEU",
            ("2025-04-01", "2025-04-01"),
            "there is no mirror of HS 850511 from CHN to DEU: DEU without a figure (DEU kilograms: not covered; DEU"
            " value: not covered). tidewaiter list products --reporter DEU shows what it has",
        ),
        ("DEU", "CHN", (), "neither DEU has a figure of an export nor CHN of an import"),
    ],
)
def test_a_mirror_of_which_one_side_has_no_figure_is_a_sentence(
    root: Path, exporter: str, importer: str, months: tuple[str, ...], says: str
) -> None:
    with pytest.raises(NoFigure) as caught:
        mirror(root, "850511", exporter, importer, *map(date.fromisoformat, months))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("product", "importer", "error", "says"),
    [
        ("12019", "DEU", ValueError, "12019 has no HS code of 2, 4 or 6 digits, .* such as 850511"),
        ("line:rare_earths", "DEU", ValueError, "has no HS code of 2, 4 or 6 digits"),
        ("850511", "CHN", ValueError, "CHN and CHN are one reporter; name two"),
        ("850511", "FRA", ValueError, "there is no store of FRA; there are those of CHN, DEU"),
        ("010121", "DEU", NoFigure, "no mirror of HS 010121 from CHN to DEU: CHN and DEU without a figure"),
    ],
)
def test_what_cannot_be_compared_says_what_to_do(
    root: Path, product: str, importer: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        between(root, product, "CHN", importer, None)


def asked(store: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--store", str(store)], env={"COLUMNS": "100"})


def test_the_command_answers_by_name_and_writes_its_notes_into_a_workbook(root: Path) -> None:
    # Goods with a longer code are in one that customs share; the title says which.
    answered = asked(root, "mirror", "magnets", "--importer", "Germany")
    assert answered.exit_code == 0, answered.output
    assert "HS 850511 from China to Germany, as each side counts it" in answered.stdout
    assert "2025-06" in answered.stdout
    several = asked(root, "mirror", "basket:gallium", "--importer", "Germany")
    assert several.exit_code == 2
    assert "has several HS codes; name one of them: " in several.stderr
    lines = asked(
        root, "mirror", "850511", "--importer", "德国", "--month", "2025-06", "--format", "csv"
    ).stdout.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("export,850511,CHN,DEU,2025-06-01,54000.0,USD,FOB,")
    book = root.parent / "mirror.xlsx"
    assert asked(root, "mirror", "850511", "--importer", "Germany", "--output", str(book)).exit_code == 0
    said = {cell.value for row in openpyxl.load_workbook(book)["units and sources"].iter_rows() for cell in row}
    assert {"sold: FOB, by destination; bought: CIF, by origin", "gacc_query", "eurostat_comext"} <= said


MONTHS = [f"{2023 + number // 12}-{number % 12 + 1:02d}" for number in range(24)]
QUERY = {"flow": "export", "products": ["850511", "280530"], "months": f"{MONTHS[0]}..{MONTHS[-1]}"}


def sold(mass: int = 209_000) -> bytes:
    """Two years of China's exports of two goods to Germany; magnets of January 2023 may be more, at their price."""
    texts = [month.replace("-", "") for month in MONTHS]
    masses = [mass, *[209_000] * (len(texts) - 1)]
    records = [
        magnets("304", str(kg), str(51_000 * kg // 209_000), month) for kg, month in zip(masses, texts, strict=True)
    ]
    return csv_bytes(
        [*records, *((month, "28053012", "金属钥", *magnets("304", "1000", "5,000")[3:]) for month in texts)]
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MirrorPublication]:
    """The published pair of two years, in the folder of its stores."""
    folder = tmp_path_factory.mktemp("pair")
    publish(folder, "CHN", "china.csv", sold(), **QUERY)
    answers = [bought(month, 2150).split(b"\r\n") for month in MONTHS]
    whole = b"\r\n".join([answers[0][0], *(line for one in answers for line in one[1:-1]), b""])
    publish(folder, "DEU", "germany.csv", whole, "eurostat_comext")
    return folder, publish_pair(folder / "store", "CHN", "DEU")


def pair_in(folder: Path) -> Snapshot:
    snapshot = open_snapshot(folder / "store" / "mirror" / "exporter=CHN" / "importer=DEU")
    assert snapshot is not None
    return snapshot


def test_the_table_has_what_the_command_shows_and_names_both_states(made: tuple[Path, MirrorPublication]) -> None:
    folder, first = made
    store = folder / "store"
    assert (first.changed, first.months, first.gaps) == (True, MONTHS, [])
    files = f"{store}/mirror/exporter=CHN/importer=DEU/current/mirror/**/*.parquet"
    plain = pl.read_parquet(files, hive_partitioning=False)
    shown = mirror(store, "850511", "CHN", "DEU").rows
    assert plain.filter(product="850511").sort("period").equals(shown.select(plain.columns))
    assert {*plain["reason"]} == {"agrees", "not_covered"}
    for code in ("CHN", "DEU", ["CHN", "DEU"]):
        read = tidewaiter.read(table="mirror", reporter=code, month="2023-01", names=False, store=store)
        assert read.select(plain.columns).rows() == plain.filter(period=date(2023, 1, 1)).rows()
    states = {code: open_snapshot(store / f"reporter={code}") for code in ("CHN", "DEU")}
    [trail] = read_table(first.snapshot, "lineage").to_dicts()
    assert all(state is not None and state.id in trail["parameters"] for state in states.values())
    again = publish_pair(store, "CHN", "DEU")
    assert (again.changed, again.months, again.snapshot.id) == (False, [], first.snapshot.id)


def test_the_table_and_the_command_say_the_same_of_goods_that_the_importer_never_bought(tmp_path: Path) -> None:
    """Germany bought magnets of China, and rare earths of the United States alone: of China it bought none of them."""
    publish(tmp_path, "CHN", "china.csv", sold(), **QUERY)
    of_america = [("US", VALUE, "90"), ("US", MASS, "1")]
    other = answer(of_america, reporter="DE", product="280530", period="2023-02")
    whole = bought("2023-02", 2150) + b"\r\n".join(other.split(b"\r\n")[1:])
    publish(tmp_path, "DEU", "germany.csv", whole, "eurostat_comext")
    publish_pair(tmp_path / "store", "CHN", "DEU")
    table = read_table(pair_in(tmp_path), "mirror").sort("product", "period")
    assert {*table["product"]} == {"280530", "850511"}
    of_command = pl.concat(mirror(tmp_path / "store", code, "CHN", "DEU").rows for code in ("280530", "850511"))
    assert table.equals(of_command.select(table.columns))
    row = table.row(by_predicate=(pl.col("product") == "280530") & (pl.col("period") == date(2023, 2, 1)), named=True)
    assert [row[name] for name in ("import_kg", "import_value", "import_currency", "why")] == [0, 0, "EUR", ""]
    assert row["reason"] == "unexplained"


def test_a_correction_of_one_side_changes_its_pairs_alone_and_tells_the_gap(
    made: tuple[Path, MirrorPublication], tmp_path: Path
) -> None:
    copied(made[0] / "store", tmp_path)
    before = read_table(pair_in(tmp_path), "mirror")
    outcome = publish(tmp_path, "CHN", "corrected.csv", sold(900_000), released_on=date(2026, 8, 18), **QUERY)
    assert not any("mirror" in line for line in outcome.warnings)
    assert [(gap.product, gap.month, gap.export_kg, gap.import_kg) for gap in outcome.gaps] == [
        ("850511", "2023-01", 900_000, 215_000)
    ]
    [(key, words, rows)] = gap_pages(outcome)
    assert (key, *(rows[0][name] for name in ("month", "sold, t", "bought, t", "sold, million USD"))) == (
        "mirror-chn-deu", "2023-01", "900", "215", "0.22",
    )  # fmt: skip
    assert words.startswith(
        "1 difference between what China says it sold and what Germany says it bought that no known cause explains,"
        " since corrected.csv, 2023-01"
    )
    after = read_table(pair_in(tmp_path), "mirror")
    # The releases behind every month are others; what is said is not.
    place, said = ["product", "period"], [name for name in before.columns if not name.endswith("release_ids")]
    changed = after.select(said).join(before.select(said), on=said, how="anti", nulls_equal=True)
    # The sums of three months that the month is in are those of its neighbours too.
    assert changed.select(place).rows() == [("850511", date(2023, 1, 1)), ("850511", date(2023, 2, 1))]


def test_only_months_within_reach_of_a_new_month_are_made_again(
    made: tuple[Path, MirrorPublication], tmp_path: Path
) -> None:
    copied(made[0] / "store", tmp_path)
    publish(tmp_path, "DEU", "later.csv", bought("2025-01", 2150), "eurostat_comext")
    before, after = (
        {entry.partition: entry.sha256 for entry in snapshot.entries("mirror")}
        for snapshot in (made[1].snapshot, pair_in(tmp_path))
    )
    assert {*after} - {*before} == {"flow=export/year=2025/month=1"}
    assert all(after[place] == sha256 for place, sha256 in before.items() if "year=2023" in place)
    # A verdict rests on nine months after its own.
    trails = read_table(pair_in(tmp_path), "lineage")["parameters"]
    again = ["2025-01", *MONTHS[-9:]]
    assert [sorted(json.loads(trail)["months"]) for trail in trails if "2025-01" in trail] == [sorted(again)]


def test_the_command_publishes_and_refuses_half_a_question(made: tuple[Path, MirrorPublication]) -> None:
    folder, first = made
    told = asked(folder / "store", "mirror", "--importer", "Germany", "--publish")
    assert told.exit_code == 0, told.output
    assert f"snapshot {first.snapshot.id}" in told.stdout
    assert asked(folder / "store", "mirror", "--importer", "Germany").exit_code == 2
    row = json.loads(asked(folder / "store", "list", "mirrors", "--reporter", "DEU", "--format", "json").stdout)
    names = ("exporter", "importer", "last_month", "rows", "unexplained", "snapshot")
    assert [row[name] for name in names] == ["CHN", "DEU", "2024-12-01", 48, 0, first.snapshot.id]


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The brief on magnets of China to Germany in three months, to Korea in one, where UN Comtrade speaks for Korea;
    France has no figure of them."""
    folder = tmp_path_factory.mktemp("other_side")
    sold = [magnets("304", "200000", "53,000", f"20250{month}") for month in (4, 5, 6)]
    sold.append(magnets("133", "100", "1,000"))
    publish(folder, "CHN", "china.csv", csv_bytes(sold), flow="export", months="2025-04..2025-06", **OF_MAGNETS)
    for month, mass in (("2025-04", 2000), ("2025-05", 2000), ("2025-06", 9000)):
        publish(folder, "DEU", f"{month}.csv", bought(month, mass), "eurostat_comext")
    of_korea = comtrade(row("CHN", 1066.0, 100.0, reporterCode=410, partnerCode=156, flowCode="M"))
    publish(folder, "KOR", "korea.json", of_korea, "un_comtrade", flow="import", **OF_MAGNETS)
    of_france = of_germany("2025-06", ("US", VALUE, "1"), ("US", MASS, "1"), reporter="FR")
    publish(folder, "FRA", "france.csv", of_france, "eurostat_comext", partners="listed")
    (folder / "store" / "reporter=ESP").mkdir()
    store = folder / "store" / "reporter=CHN"
    return gather(open_published(store), store, "85051110", "export", JUNE, date(2026, 8, 20))


def test_each_partner_with_a_store_stands_beside_the_page_of_a_longer_code(beside: Facts) -> None:
    germany, korea = beside.mirror
    assert (germany.partner, germany.product, germany.measure) == ("DEU", "850511", "quantity_kg")
    assert (germany.sold[-3:], germany.bought[-3:]) == ([200_000] * 3, [200_000, 200_000, 900_000])
    assert germany.low[-3] == pytest.approx(180_000)
    assert germany.reasons[-3:] == ["agrees", "agrees", "unexplained"]
    assert (korea.withheld, korea.months) == (True, []), "UN Comtrade forbids to show its numbers to others"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_and_its_markdown_say_both_sides_and_withhold_what_they_must(beside: Facts, language: str) -> None:
    t, html, text = (
        wording.texts(language),
        as_html(render.document_of(beside, language)),
        as_markdown(render.document_of(beside, language)),
    )
    assert {*t["mirror_reasons"]} == {*REASONS}
    for page in (html, text):
        assert all(said in page for said in (t["mirror"], t["mirror_reasons"]["unexplained"], t["mirror_withheld"]))
        assert "1,066" not in page
    assert html.count('id="mirror-') == 2
    # A chart for each width of Germany alone.
    assert html.count(t["alt_mirror"].format(unit=wording.scale_name("t", language))) == 2


def test_a_page_without_others_has_no_section_and_one_of_a_partner_that_says_nothing_has_none(
    beside: Facts, sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.COMTRADE_PERMISSION, "letter of 3 August")
    assert mirrored(copied(sample_store, tmp_path), "85051110", "export", JUNE) == []
    assert wording.texts("en")["mirror"] not in as_html(render.document_of(beside.model_copy(update={"mirror": []})))
    germany = beside.mirror[0]
    # A zero is a statement.
    for said, count in ((0.0, 1), (None, 0)):
        part = germany.model_copy(update={"bought": [said] * len(germany.bought)})
        assert as_html(render.document_of(beside.model_copy(update={"mirror": [part]}))).count('id="mirror-') == count
