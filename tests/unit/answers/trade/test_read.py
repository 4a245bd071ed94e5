"""What is asked of a table by names: the rows that are meant, their order, and what cannot be asked."""

from datetime import date
from pathlib import Path

import pytest
from comtrade_answers import answer, row

from schemas.questions.checks import checked
from schemas.questions.read import Read
from tasks.answers.form.answer import Answer
from tasks.answers.trade.read import VERDICTS, read, read_store
from tasks.reading.query import query
from tasks.reading.scan import scan_table
from tests.unit.published_stores import china, publish, query_bytes
from tests.unit.soybean_store import GM, IMPORTS, MAGNETS, NO_TOTAL, soybean_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return soybean_store(tmp_path_factory.mktemp("asked"))


def _ask(store: Path, *products: str, **asked: object) -> Answer:
    return read_store(Read(products, **asked), store)  # type: ignore[arg-type]


def test_reading_by_name_gives_the_numbers_of_the_file_with_names(store: Path) -> None:
    found = _ask(store, "soybeans", partner=("Brazil",), month="June 2024", measure="quantity_kg")
    (row,) = found.rows.to_dicts()
    named = (row["product"], row["product_name"], row["partner_name"])
    assert named == (GM, "Other soya beans, genetically modified", "Brazil")
    assert (row["level"], row["mom_pct"]) == (9_700_000, pytest.approx((9_700 / 8_800 - 1) * 100))
    assert row["share_pct"] == pytest.approx(9_700 / (9_700 + 1_300 + 40) * 100)
    assert found.notes == (f"soybeans: {NO_TOTAL}",)
    chinese = _ask(store, GM, partner=("br",), month="latest", language="zh").rows
    assert {*chinese["product_name"]} == {"转基因黄大豆"}
    assert {*chinese["partner_name"]} == {"巴西"}
    bare = _ask(store, GM, names=False).rows
    assert bare.drop("doubt", *VERDICTS, strict=False).columns == query(store, "metric").columns


def test_the_latest_month_is_that_of_what_is_asked_for(store: Path) -> None:
    for products in ((GM,), (MAGNETS,), ()):
        assert {*_ask(store, *products, month="latest").rows["period"]} == {date(2024, 6, 1)}


def test_the_top_partners_are_those_of_each_month_without_the_world_and_groups(store: Path) -> None:
    found = _ask(store, GM, month="2024-05..2024-06", top=2, sort="contribution_mom_pp")
    june = found.rows.filter(period=date(2024, 6, 1))
    before = sum(tonnes for month, product, _, tonnes, _ in IMPORTS if (month, product) == ("202405", GM))
    assert june["partner"].to_list() == ["BRA", "USA"]
    assert june["contribution_mom_pp"].to_list() == pytest.approx([900 / before * 100, 100 / before * 100])
    assert found.notes == ("of the measure quantity_kg; another one with --measure",)
    smallest = _ask(store, GM, month="2024-06", top=1, sort="level", ascending=True, measure="value_usd").rows
    assert smallest["partner"].to_list() == ["ARG"]
    both = _ask(store, GM, month="2024-06", sort="level", partner=("WLD", "BRA")).rows
    assert both["partner"].to_list() == ["WLD", "BRA"]


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (Read(table="release", month="2024-06"), "the table release has no months"),
        (Read(sort="size"), "has no column size; it has flow, product"),
        (Read(columns=("partner", "nme")), "has no column nme"),
        (
            Read((GM,), measure="tonnes"),
            "there is no measure 'tonnes' here; there are quantity_kg, unit_value_usd_per_kg, value_usd",
        ),
        (Read(table="finding", top=3), "--top needs --sort"),
    ],
)
def test_what_cannot_be_asked_is_refused(store: Path, question: Read, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("(", r"\(")):
        read_store(question, store)


@pytest.mark.parametrize("table", ["observation", "detail", "metric", "trade_flow"])
def test_each_table_that_is_filed_by_month_has_its_month(store: Path, table: str) -> None:
    """By the folder of each row: that of the last month of a number of several."""
    rows = read(Read(GM, table=table, month="2024-06-17", store=store)).rows
    assert {*rows["period"]} == {date(2024, 6, 1)}
    named = read(Read(GM, table=table, columns="period,product", store=store)).rows
    assert named.columns == ["period", "product"]
    assert {*named["period"]} == {*scan_table(store, table).filter(product=GM).collect()["period"]}


def test_rows_of_chosen_figures_say_by_which_keys_they_differ(store: Path) -> None:
    """So no number stands without what it is of; what all rows share is not repeated."""
    keys = ["flow", "product", "partner", "measure", "period"]
    several = read(Read(month="2024-05..2024-06", columns="level,yoy_pct", store=store)).rows
    assert several.columns[:6] == [*keys, "level"]
    assert several.select(keys).is_unique().all()
    one = Read(GM, partner="BRA", month="2024-06", measure="quantity_kg", columns="level", store=store)
    assert read(one).rows.columns == ["level"]


def test_a_day_stands_for_its_month(store: Path) -> None:
    """As text, as a date of Python, alone, among others, and as an end of a span."""
    wanted = read(Read(GM, month="2024-06", store=store)).rows
    assert wanted.height
    for given in ("2024-06-17", date(2024, 6, 17), [date(2024, 6, 1)], ("2024-06-30", date(2024, 6, 2))):
        assert read(checked(Read(GM, month=given, store=store))).rows.equals(wanted), given  # type: ignore[arg-type]
    assert read(Read(GM, month="2024-06-05..2024-06-30", store=store)).rows.equals(wanted)


# What a person writes, and the code of China: a word, a basket, a name, a code of China and codes that all have.
TEN = {
    "magnets": "85051110", "natural graphite in flakes": "25041010", "titanium ores&concentrates": "26140000",
    "crude oil": "27090000", "powders of alloy steel": "72052100", "lithium-ion electric accumulators": "85076000",
    "854143": "85414300", "furnitures of wood, nes": "94036099", "100199": "10019900", "610910": "61091000",
}  # fmt: skip
OTHERS = {"KOR": 410, "JPN": 392, "DEU": 276, "HKG": 344}


def test_ten_products_of_five_countries_are_one_table_by_the_names_of_one_of_them(tmp_path: Path) -> None:
    """China has them under eight digits, the others under six; each number is the place of product and country."""
    rows = [("202506", code, "USA", place, place) for place, code in enumerate(TEN.values(), 1)]
    shared = [code[:6] for code in TEN.values()]
    china(tmp_path, query_bytes(rows), products=shared)
    for step, (reporter, number) in enumerate(OTHERS.items(), 1):
        of_reporter = {"reporterCode": number, "reporterISO": reporter}
        told = (
            row("USA", 100.0 * step + place, cmdCode=code[:6], partnerCode=842, **of_reporter)
            for place, code in enumerate(TEN.values(), 1)
        )
        file = (f"{reporter}.json", answer(*told), "un_comtrade")
        publish(tmp_path, reporter, *file, flow="export", products=shared)
    question = {"partner": "us", "measure": "value_usd", "month": "2025-06", "store": tmp_path / "store"}
    found = read(Read([*TEN], reporter=["CHN", *OTHERS], **question))
    assert found.rows.height == 50
    levels = {
        (row["reporter"], "850511" if row["product"].startswith("basket") else row["product"][:6]): row["level"]
        for row in found.rows.iter_rows(named=True)
    }
    assert levels == {
        (reporter, code[:6]): 100 * step + place
        for step, reporter in enumerate(["CHN", *OTHERS]) for place, code in enumerate(TEN.values(), 1)
    }  # fmt: skip
    taken = [note for note in found.remarks if note.startswith("KOR: magnets: taken is 850511 ")]
    assert len(taken) == 1
    assert any(note.startswith("CHN: exports in USD: FOB") for note in found.remarks)
    # Of one country alone the word leads there too, and a code that one alone has needs no name of whose it is.
    alone = read(Read("magnets", reporter="KOR", **question)).rows
    assert alone.select("product", "level").rows() == [("850511", 101.0)]
    assert read(Read("85051110", **question)).rows["level"].to_list() == [1.0]
    with pytest.raises(ValueError, match="CHN: 'of' may mean several products; choose one: "):
        read(Read(["magnets", "of"], reporter=["CHN", "KOR"], **question))
    with pytest.raises(ValueError, match="CHN: there is no product 'copper cathodes'"):
        read(Read(["magnets", "copper cathodes"], reporter=["CHN", "KOR"], **question))
