"""What a doubt is on the ways out of a store that no registry names, beside chosen columns, and in claims.

One store is in doubt: two files of three partners that were declared as all, and a year that the site cut off, which a
person approved. One has the same trade with many partners. One has a doubt about a partner that is next to nothing of
the total.
"""

import itertools
import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import duckdb
import openpyxl
import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets
from typer.testing import CliRunner

import tidewaiter
from flows import notify
from flows.cli.app import app
from schemas.forms.outcome import Outcome
from tasks.api.mcp import Answers
from tasks.catalogs.duckdb_file import write_duckdb
from tasks.claims.check import ClaimsFile, check_claims
from tasks.domain.errors import Held
from tasks.pages.release import release_page
from tasks.pages.site import site
from tasks.sources.registry import SOURCES
from tasks.store.snapshots.parquet import read_table
from tests.unit.customs import LATER, Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

CODE, JUNE = "85051110", "2025-06"
CODES = ("502", "304", "133", "116", "305", "110", "307", "303", "122", "141", "136", "112")
FEW = {
    "en": "few partners for a file of all partners, {}: only Germany, South Korea and United States",
    "zh": "申报为全部贸易伙伴，文件中的伙伴却过少，{}：仅有德国、韩国和美国",
}
# A doubt stands in one sentence with all its months.
FEW_OF_JUNE = FEW["en"].format("2025-05 to 2025-06")
FEW_OF_BOTH = FEW["en"].format("2025-05 to 2025-06, 2024-01 to 2024-12")
CUT = (
    "the number of records is a multiple of the download limit, so the file may be cut off, 2024-01 to 2024-12: 36"
    " records"
)
DOUBT = {"en": ("in doubt", "few partners"), "zh": ("存疑", "文件中的伙伴却过少")}


def rows(month: str, partners: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A month of magnets: each partner has as much, and nearly as much in the next month."""
    kilograms = 900_000 + int(month[:4]) % 100 * 1017 + int(month[4:]) * 1000
    return [
        magnets(partner, f"{kilograms + place}", f"{100 * (kilograms + place):,}", month)
        for place, partner in enumerate(partners)
    ]


def filled(folder: Path, partners: tuple[str, ...], *others: tuple[str, ...]) -> Store:
    """A store with two months, the one after them, and the year before."""
    store = Store(folder)
    store.ingest(csv_bytes([*rows("202505", partners), *rows("202506", partners), *others]))
    store.ingest(csv_bytes(rows("202507", partners)), LATER, name="july.csv", months="2025-07")
    year = [row for month in range(1, 13) for row in rows(f"2024{month:02d}", partners)]
    with pytest.MonkeyPatch.context() as patch:
        if len(partners) < 4:
            patch.setitem(SOURCES, "gacc_query", replace(SOURCES["gacc_query"], row_cap=len(year)))
        try:
            store.ingest(csv_bytes(year), LATER, name="year.csv", months="2024-01..2024-12")
        except Held as held:
            store.approve(held.release_id, LATER)
    return store


@pytest.fixture(scope="module")
def doubted(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return filled(tmp_path_factory.mktemp("doubted"), CODES[:3])


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return filled(tmp_path_factory.mktemp("sound"), CODES)


@pytest.fixture(scope="module")
def of_oman(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Oman has 0.04 % of the kilograms, at a price that nobody pays."""
    return filled(tmp_path_factory.mktemp("oman"), CODES, magnets("126", "4000", "10", "202506"))


def command(*words: str) -> str:
    made = CliRunner().invoke(app, [*words], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    return re.sub(r"\s+", " ", made.output)


def read(store: Store, language: str) -> str:
    return command("read", CODE, "--month", JUNE, "--language", language, "--store", str(store.store))


def csv(store: Store, _: str) -> str:
    return command("read", CODE, "--month", JUNE, "--format", "csv", "--store", str(store.store))


def workbook(store: Store, _: str) -> str:
    file = store.folder / "rows.xlsx"
    command("read", CODE, "--month", JUNE, "--output", str(file), "--store", str(store.store))
    sheet = pl.read_excel(file, engine="calamine")
    return " ".join(map(str, sheet.to_dicts()))


def page(store: Store, language: str, *, form: str = "html") -> str:
    file = store.folder / f"brief.{form}"
    command("brief", CODE, "--month", JUNE, "--language", language, "--output", str(file.with_suffix(".html")),
            "--store", str(store.store))  # fmt: skip
    return unescape(file.read_text())


def brief(store: Store, language: str) -> str:
    return command("brief", CODE, "--month", JUNE, "--language", language, "--store", str(store.store))


def copied(store: Store, language: str) -> str:
    """What the buttons of the page put beside a copied sentence and on a saved picture."""
    found = re.findall(r'data-doubt="([^"]*)"', page(store, language))
    return " ".join(found)


def picture(store: Store, language: str) -> str:
    file = store.folder / f"{language}.svg"
    command("plot", CODE, "--language", language, "--output", str(file), "--store", str(store.store))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", unescape(file.read_text())))


def figures(store: Store, language: str) -> str:
    """The file of the link "figures as CSV"."""
    address = re.findall(r'href="(data:text/csv[^"]*)"', page(store, language))[0]
    return unquote(address)


def duckdb_file(store: Store, _: str) -> str:
    file = store.folder / "catalog" / "trade.duckdb"
    file.parent.mkdir(exist_ok=True)
    write_duckdb(store.folder, file)
    with duckdb.connect(str(file), read_only=True) as connection:
        where = f"product = '{CODE}' and partner = 'WLD' and period = date '2025-06-01'"
        return str(connection.sql(f"select finding, observed from doubts where {where}").fetchall())


def sql(store: Store, _: str) -> str:
    current = store.store / "current"
    found = duckdb.sql(
        f"select m.in_doubt, d.finding from read_parquet('{current}/metric/**/*.parquet', hive_partitioning = true) m"
        f" join read_parquet('{current}/doubt/**/*.parquet', hive_partitioning = true) d"
        " using (flow, product, partner, measure, period)"
        f" where m.product = '{CODE}' and m.partner = 'WLD' and m.period = date '2025-06-01'"
    )
    return str(found.fetchall())


def message(store: Store, _: str) -> str:
    """The message on a published release, and the page about it in Prefect."""
    outcome = Outcome.model_validate(
        {
            "status": "published", "release_id": release_of(store, "june.csv"), "title": "june.csv", "reporter": "CHN",
            "store": store.store, "snapshot_id": store.snapshot.id, "flows": ["export"], "months": ["2025-05", JUNE],
            "products": [CODE], "records": 1, "records_observed": 1, "records_quarantined": 0, "warnings": [],
            "notes": [], "healed": [],
        }
    )  # fmt: skip
    made = release_page.pages(store.store, outcome, pictures=False)
    return f"{notify.published(outcome, made.lead, made.revised, made.doubt)} {made.summary}"


def tool(store: Store, _: str) -> str:
    asked = {"product": CODE, "partner": "WLD", "month": JUNE, "measure": "quantity_kg"}
    return json.dumps(Answers(store.store).ask("read", **asked), ensure_ascii=False)


def release_of(store: Store, title: str) -> str:
    return str(read_table(store.snapshot, "release").filter(title=title)["release_id"][0])


# Beside what is made from the registries of questions, formats and pages.
WAYS: dict[str, Callable[[Store, str], str]] = {
    "copied": copied, "picture": picture, "figures": figures, "duckdb_file": duckdb_file, "sql": sql,
    "message": message,
}  # fmt: skip


@pytest.mark.parametrize(
    ("way", "language"), [*((way, "en") for way in WAYS), *((way, "zh") for way in ("copied", "picture"))]
)
def test_a_way_out_says_the_doubt_in_words(way: str, language: str, doubted: Store) -> None:
    text = WAYS[way](doubted, language)
    if way in ("duckdb_file", "sql"):
        assert "(True, 'few_partners" in text if way == "sql" else "few_partners" in text
    else:
        span = {"en": " to ", "zh": "至"}[language].join(["2025-05", "2025-07" if way == "picture" else JUNE])
        # A line of a picture ends where it is full.
        said = re.findall(FEW[language].format("([^:：]+)"), text if language == "en" else text.replace(" ", ""))
        assert any(span in told for told in said)


@pytest.mark.parametrize("way", [read, csv, workbook, page, brief, tool, *WAYS.values()])
def test_a_way_out_of_a_sound_store_says_no_doubt(way: Callable[[Store, str], str], sound: Store) -> None:
    for language, words in DOUBT.items():
        text = way(sound, language).lower()
        assert not [word for word in (*words, "few_partners") if word in text]


@pytest.mark.parametrize("way", [read, csv, page, brief, tool])
def test_a_growth_has_the_doubt_of_its_base_too(way: Callable[[Store, str], str], doubted: Store) -> None:
    """That of the year that was cut off."""
    text = way(doubted, "en")
    assert FEW_OF_BOTH in text
    assert CUT in text


@pytest.mark.parametrize("way", [read, csv, workbook, page, picture])
def test_a_doubt_about_next_to_nothing_of_a_total_stays_with_its_partner(
    way: Callable[[Store, str], str], of_oman: Store
) -> None:
    assert {*read_table(of_oman.snapshot, "doubt")["partner"]} == {"OMN"}
    text = way(of_oman, "en")
    named = re.findall(r"the value per unit is far from that of other months or partners, (\w+)", text)
    assert {*named} == (set() if way is picture else {"Oman"})
    assert way is not picture or "in doubt" not in text.lower()


def test_of_the_sentences_of_a_story_the_one_about_the_partner_in_doubt_has_the_mark(of_oman: Store) -> None:
    folder = of_oman.folder / "site"
    site.build(of_oman.folder, site.SitePlan(folder, date(2025, 9, 1)))
    text = unescape((folder / site.FRONT["en"]).read_text())
    main = re.sub(r"<[^>]+>", "\n", text[text.index("<main") : text.index("</main>")]).lower()
    # The doubt stands once below them.
    story, _, after = main.partition("in doubt")
    lines = [line.strip() for line in story.rstrip().removesuffix("▲").replace("▲", "\n▲\n").splitlines()]
    told = [line for line in lines if line]
    marked = [before for before, mark in itertools.pairwise(told) if mark == "▲" and before != "▲"]
    assert ["to oman" in line for line in marked] == [True]
    assert "in doubt" not in after


def check(store: Store, *values: str) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "commodity": [CODE] * len(values), "flow": "export", "partner": "World", "period": JUNE,
            "metric": "level_t", "value": [*values], "unit": "t",
        }
    )  # fmt: skip
    return check_claims(store.snapshot, ClaimsFile("claims.csv", "0" * 64, frame))


def test_a_claim_about_half_a_year_weighs_the_doubt_of_each_of_its_months(tmp_path: Path) -> None:
    """Oman has 0.2 % of June, at a price that nobody pays, and 0.03 % of the six months; the values are added here."""
    store = Store(tmp_path)
    year = [row for month in range(1, 7) for row in rows(f"2025{month:02d}", CODES)]
    with pytest.raises(Held) as held:
        store.ingest(csv_bytes([*year, magnets("126", "20000", "10", "202506")]), months="2025-01..2025-06")
    store.approve(held.value.release_id)
    kilograms = {month: 20_000 * (month == 6) for month in range(1, 7)}
    for month in kilograms:
        kilograms[month] += sum(900_000 + 25 * 1017 + month * 1000 + place for place in range(len(CODES)))
    frame = pl.DataFrame(
        {
            "commodity": [CODE] * 3, "flow": ["export"] * 3, "partner": ["World"] * 3,
            "period": ["2025-06", "2025-01..2025-06", "2025-05"], "metric": ["level_t"] * 3,
            "value": [f"{total / 1000:.0f}" for total in (kilograms[6], sum(kilograms.values()), kilograms[5])],
            "unit": ["t"] * 3,
        }
    )  # fmt: skip
    checked = check_claims(store.snapshot, ClaimsFile("claims.csv", "0" * 64, frame))
    assert checked["verdict"].to_list() == ["not_checkable", "supported", "supported"]
    assert "Oman" in checked["reason"][0]


def test_the_right_figure_of_the_press_and_an_altered_one_are_not_checkable(doubted: Store, tmp_path: Path) -> None:
    """The true world total is larger; with one doubted file, and with two."""
    one = Store(tmp_path / "one")
    one.ingest(csv_bytes([*rows("202505", CODES[:3]), *rows("202506", CODES[:3])]))
    for store in (one, doubted):
        found = check(store, "5000", "2800", "3188")
        assert found["verdict"].to_list() == ["not_checkable"] * 3
        assert found["reason"].str.contains("in doubt").all()


def test_no_altered_claim_is_supported_or_contradicted_by_a_number_in_doubt(doubted: Store) -> None:
    """Levels from a tenth to ten times what the files say, and growths of months and years, drawn once."""
    draw = random.Random(11)
    claims = [("level_t", f"{2794.278 * 10 ** draw.uniform(-1, 1):.3f}", "t") for _ in range(150)]
    claims += [(f"{kind}_pct", f"{draw.uniform(-60, 60):.1f}", "%") for kind in ("mom", "yoy") for _ in range(75)]
    claims += [("level_t", "2794.278", "t"), ("mom_pct", "0.1", "%"), ("yoy_pct", "0.1", "%")]
    frame = pl.DataFrame(
        [(CODE, "export", "World", JUNE, *claim) for claim in claims],
        ["commodity", "flow", "partner", "period", "metric", "value", "unit"],
        orient="row",
    )
    verdicts = check_claims(doubted.snapshot, ClaimsFile("claims.csv", "0" * 64, frame))["verdict"]
    assert len(claims) == verdicts.len() > 300
    assert {*verdicts} == {"not_checkable"}


def chosen(store: Store, columns: str, *, ending: str) -> Path:
    file = store.folder / f"chosen{ending}"
    command("read", CODE, "--month", JUNE, "--partner", "WLD", "--measure", "quantity_kg", "--columns", columns,
            "--output", str(file), "--store", str(store.store))  # fmt: skip
    return file


READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".csv": pl.read_csv, ".json": pl.read_json, ".ndjson": pl.read_ndjson, ".parquet": pl.read_parquet,
    ".xlsx": lambda file: pl.read_excel(file, engine="calamine"),
}  # fmt: skip


@pytest.mark.parametrize("ending", [*READERS])
def test_files_with_chosen_figures_have_the_doubt_beside_them(ending: str, doubted: Store, sound: Store) -> None:
    found = READERS[ending](chosen(doubted, "period,level", ending=ending))
    assert found.columns == ["period", "level", "doubt"]
    assert found["doubt"].to_list() == [FEW_OF_JUNE]
    assert READERS[ending](chosen(sound, "period,level", ending=ending)).columns == ["period", "level"]


def test_a_workbook_of_chosen_figures_colours_those_in_doubt(doubted: Store) -> None:
    sheet = openpyxl.load_workbook(chosen(doubted, "period,level,level_status", ending=".xlsx")).worksheets[0]
    coloured = [cell.coordinate for row in sheet for cell in row if cell.fill.fgColor.rgb == "FFFFEB9C"]
    assert coloured == ["B2"]


def test_where_it_is_shown_that_a_row_is_in_doubt_the_doubts_of_all_its_figures_are_told(doubted: Store) -> None:
    asked = {"product": CODE, "partner": "WLD", "month": JUNE, "measure": "quantity_kg"}
    for columns in ("level", "level,doubt", "level,in_doubt", "level,in_doubt,doubt", "yoy_pct"):
        file = pl.read_parquet(chosen(doubted, columns, ending=".parquet"))
        [row] = file.to_dicts()
        [of_program] = Answers(doubted.store).ask("read", **asked, columns=columns)["rows"]
        with pytest.warns(UserWarning, match="in doubt"):
            [of_python] = tidewaiter.read(**asked, columns=columns, store=doubted.store).to_dicts()
        assert row["doubt"] == of_program["doubt"] == of_python["doubt"]
        assert (FEW_OF_BOTH in row["doubt"]) == ("level" not in columns or "in_doubt" in columns)
