"""What is asked of a store: keys by the names that people use, rows as they stand or stood on a day, what a terminal of
80 columns shows."""

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from schemas.reference.code_tables import code_table
from tasks.domain.errors import NothingPublished
from tasks.domain.name_match import Unresolved, nearest, partner_key
from tasks.domain.period_words import read_months
from tasks.reading.query import open_published, query
from tasks.reading.resolver import Resolver, known_product
from tasks.reading.search import search_names
from tests.copied_store import copied
from tests.unit.published_stores import publish
from tests.unit.soybean_store import BLACK, GM, MAGNETS, NO_TOTAL, SEEDS, bytes_of, soybean_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return soybean_store(tmp_path_factory.mktemp("asked"))


@pytest.fixture(scope="module")
def names(store: Path) -> Resolver:
    return Resolver(open_published(store))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("12019019", GM),
        ("1201.90.19", GM),
        ("HS12019019", GM),
        ("hs code 1201 90 19", GM),
        ("１２０１９０１９", GM),
        ("转基因黄大豆", GM),
        ("Other soya beans, genetically modified", GM),
        ("OTHER SOYA BEAN (GENETICALLY-MODIFIED)", GM),
        ("magnets", "basket:rare_earth_magnets"),
        ("Rare-earth magnets", "basket:rare_earth_magnets"),
        ("稀土磁铁", "basket:rare_earth_magnets"),
        ("rare_earth_magnets", "basket:rare_earth_magnets"),
        ("稀土的永磁铁", MAGNETS),
        ("1201", "1201"),
    ],
)
def test_a_product_is_known_by_code_in_any_spelling_and_by_name_in_two_languages(
    names: Resolver, text: str, key: str
) -> None:
    assert names.product(text) == key


@pytest.mark.parametrize("text", ["soybeans", "Soya beans", "大豆", "Soya beans, whether or not broken"])
def test_a_name_of_a_heading_without_a_total_means_its_codes_and_says_so(names: Resolver, text: str) -> None:
    meant = names.product_keys(text)
    assert meant.keys == (SEEDS, GM, BLACK)
    assert meant.note == f"{text}: {NO_TOTAL}"
    says = f"choose one: {SEEDS} Soya beans for cultivation, {GM} Other soya beans"
    with pytest.raises(Unresolved, match=says) as raised:
        names.product(text)
    assert raised.value.choices == (SEEDS, GM, BLACK)


def test_the_direction_of_several_goods_is_the_one_in_which_most_of_them_are_traded(tmp_path: Path) -> None:
    """One is exported, too."""
    for flow, codes in (("export", [GM]), ("import", [GM, BLACK])):
        rows = [("202506", code, *magnets("502")[2:5], "5000", "千克", "0", "?", "9000") for code in codes]
        publish(tmp_path, "CHN", f"{flow}.csv", csv_bytes(rows), flow=flow)
    names = Resolver(open_published(tmp_path / "store" / "reporter=CHN"))
    assert names.flow([GM, BLACK], None) == "import"
    assert (names.flow([GM], None), names.flow([BLACK], None)) == ("export", "import")
    assert names.flow([GM, BLACK], "export") == "export"


@pytest.mark.parametrize(
    ("text", "says", "choices"),
    [
        ("soya", "'soya' may mean several products; choose one: ", {SEEDS, GM, BLACK, "120190", "1201"}),
        ("genetically", "'genetically' may mean several products; choose one: 12019019 Other soya beans", {GM}),
        ("黄大豆", "'黄大豆' may mean several products; choose one: 12019019", {GM}),
        ("soybeens", "there is no product 'soybeens' in this store; the nearest: 1201 ", {"1201"}),
        ("12019011", "there is no product '12019011' in this store; the nearest: 12019019 Other",
            {GM, BLACK, SEEDS, "120190", "120110"}),
        ("1201901910", "has 10 digits; the statistics have eight: 12019019", {GM}),
        ("2709", "there is no product '2709' in this store, which has 12011000 Soya beans for cultivation, 12019019",
            set()),
        ("crude oil", "there is no product 'crude oil' (HS 2709, Petroleum oils, crude) in this store", set()),
        ("dysprosium", "'dysprosium' is metal and compounds together", set()),
        ("basket:nothing", "there is no product 'basket:nothing'", set()),
        ("", "there is no product ''", set()),
    ],
)  # fmt: skip
def test_what_may_mean_several_or_is_not_there_is_refused_with_the_nearest(
    names: Resolver, text: str, says: str, choices: set[str]
) -> None:
    with pytest.raises(Unresolved) as raised:
        names.product(text)
    assert says in str(raised.value)
    assert {*raised.value.choices} == choices


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "hs" + " " * 100_000 + "x", "1" * 100_000, "磁" * 100_000], ids=lambda text: text[:2]
)
def test_a_text_that_is_longer_than_any_name_is_refused_at_once(names: Resolver, text: str) -> None:
    for find in (names.product, names.partner, known_product):
        with pytest.raises(Unresolved, match="longer than any name or code") as raised:
            find(text)
        assert len(str(raised.value)) < 300
    assert search_names(names.names.product, text) == []
    assert nearest(text, ["soy"]) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Brazil", "BRA"),
        ("bra", "BRA"),
        ("BR", "BRA"),
        ("br", "BRA"),
        ("巴西", "BRA"),
        ("410", "BRA"),
        ("gacc:410", "BRA"),
        ("the United States", "USA"),
        ("U.S.", "USA"),
        ("美国", "USA"),
        ("世界", "WLD"),
        ("World", "WLD"),
        ("wld", "WLD"),
        ("EU", "EU27"),
        ("eu27", "EU27"),
        ("European Union", "EU27"),
        ("999", "gacc:999"),
        ("gacc:999", "gacc:999"),
        ("某地", "gacc:999"),
    ],
)
def test_a_partner_is_known_by_name_and_code_in_any_case(names: Resolver, text: str, key: str) -> None:
    assert names.partner(text) == key


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Brasil", "the nearest: BRA Brazil"),
        ("France", "the partner 'France' (FRA) is not in this store; there are ARG Argentina, BRA"),
        ("Asia", "which countries count is not said"),
        ("Nowhere", "there is no partner 'Nowhere'; there are ARG Argentina"),
    ],
)
def test_a_partner_that_is_not_in_the_store_is_refused(names: Resolver, text: str, says: str) -> None:
    with pytest.raises(Unresolved) as raised:
        names.partner(text)
    assert says in str(raised.value)


def test_every_name_of_the_table_of_partners_is_its_own_key() -> None:
    partners = code_table("partners").filter(pl.col("kind") != "other")
    assert partners.height > 200
    for key, english, chinese in partners.select("partner", "name_en", "name_zh").iter_rows():
        for name in (english, chinese, key, key.lower()):
            assert partner_key(name) == key, name


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        *((form, "2024-06", "2024-06")
            for form in ("2024-6", "2024-06", "202406", "2024/6", "June 2024", "jun 2024", "2024年6月", "latest")),
        ("2024-01..2024-06", "2024-01", "2024-06"),
        ("202401 to 202406", "2024-01", "2024-06"),
        ("January-June 2024", "2024-01", "2024-06"),
        ("2024", "2024-01", "2024-12"),
        ("2024Q2", "2024-04", "2024-06"),
        ("2023..2024-02", "2023-01", "2024-02"),
        ("2024-02..", "2024-02", "2024-06"),
        ("2024-02..latest", "2024-02", "2024-06"),
        ("2023-12至2024年2月", "2023-12", "2024-02"),
    ],
)  # fmt: skip
def test_a_month_is_read_as_people_write_it(text: str, first: str, last: str) -> None:
    assert [f"{day:%Y-%m}" for day in read_months(text, date(2024, 6, 1))] == [first, last]


@pytest.mark.parametrize("text", ["2024-13", "June", "soon", "2024-06..2024-05", "", "24-06", "2024-1-32"])
def test_what_is_no_month_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"write 2024-06, June 2024|write the earlier month first"):
        read_months(text, date(2024, 6, 1))


def test_the_latest_month_of_a_product_is_the_newest_in_which_it_has_a_figure(tmp_path: Path) -> None:
    """The store has June of other goods; of seeds only May was asked for."""
    for month, product in (("202405", SEEDS), ("202406", GM)):
        data, asked_for = (
            bytes_of([(month, product, "502", 3, 5)]),
            {"products": [product], "released_on": date(2024, 7, 20)},
        )
        publish(tmp_path, "CHN", f"{month}.csv", data, flow="import", **asked_for)
    asked = Resolver(open_published(tmp_path / "store" / "reporter=CHN"))
    assert asked.month("latest", "import", [SEEDS]) == date(2024, 5, 1)
    assert asked.month("latest", "import", [SEEDS, GM]) == date(2024, 6, 1)
    assert asked.months("2024-05..latest", "import", [GM]) == (date(2024, 5, 1), date(2024, 6, 1))
    nothing = asked.month("latest", "import", ["99999999"])
    assert nothing == date(2024, 6, 1), "the newest month says why there is no figure"


def test_an_empty_bucket_is_named_by_its_address_and_not_by_the_copy(tmp_path: Path) -> None:
    (tmp_path / "copy_of.json").write_text(json.dumps({"url": "s3://customs/store", "endpoint": "", "held": {}}))
    with pytest.raises(NothingPublished, match=r"^s3://customs/store: nothing is published here yet"):
        query(tmp_path, "metric")


def test_a_folder_with_brackets_in_its_name_is_read_as_it_is_written(sample_store: Path, tmp_path: Path) -> None:
    """Readers of Parquet take such names for patterns."""
    store = copied(sample_store, tmp_path / "[" / "red] [a-z]*?")
    rows = query(store, "metric", product="85051110", partner="USA", month=(2025, 6))
    assert rows.filter(measure="quantity_kg")["level"].to_list() == [353_000]


JULY, AUGUST, SEPTEMBER = date(2025, 7, 20), date(2025, 8, 20), date(2025, 9, 20)


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exports of two months, imports of one; then June is revised and July has nothing, and then August has nothing
    either."""
    folder = tmp_path_factory.mktemp("reading")
    june, revised, germany = magnets("502", "353000"), magnets("502", "360000"), magnets("304", "764000", "43,548,120")
    may = magnets("502", "46400", "2,644,800", "202505")
    for place, (flow, day, months, records) in enumerate(
        (
            ("export", JULY, "2025-05..2025-06", [may, june, germany]),
            ("import", JULY, "2025-06", [magnets("304", "1200", "68,400")]),
            ("export", AUGUST, "2025-05..2025-07", [may, revised, germany]),
            ("export", SEPTEMBER, "2025-05..2025-08", [may, revised, germany]),
        )
    ):
        publish(folder, "CHN", f"{place}.csv", csv_bytes(records), flow=flow, months=months, released_on=day)
    return folder / "store" / "reporter=CHN"


def test_rows_are_those_of_the_flow_the_partner_and_the_month_that_were_asked_for(reading: Path) -> None:
    def keys(table: str, **asked: object) -> set[tuple[object, ...]]:
        rows = query(reading, table, **asked)  # type: ignore[arg-type]
        return {*rows.filter(pl.col("partner") != "EU27").select("flow", "partner", pl.col("period").dt.month()).rows()}

    assert keys("trade_flow", product="85051110", month=(2025, 6)) == {
        ("export", "USA", 6), ("export", "DEU", 6), ("import", "DEU", 6)
    }  # fmt: skip
    assert keys("trade_flow", product="85051110", flow="import") == {("import", "DEU", 6)}
    assert keys("trade_flow", product="85051110", partner="USA") == {("export", "USA", 5), ("export", "USA", 6)}
    for day in (None, SEPTEMBER):
        may = keys("metric", product="85051110", flow="export", month=(2025, 5), as_of=day)
        assert may == {("export", "USA", 5), ("export", "WLD", 5)}
        assert keys("metric", flow="import", partner="USA", as_of=day) == set()
        assert {flow for flow, *_ in keys("metric", flow="import", as_of=day)} == {"import"}
    assert query(reading, "release", flow="import")["title"].to_list() == ["1.csv"]
    with pytest.raises(ValueError, match="the table release has no months"):
        query(reading, "release", month=(2025, 6))


def test_what_was_known_on_a_day_is_what_a_store_had_on_it(reading: Path) -> None:
    def level(day: date | None, month: int = 6, partner: str = "WLD", product: str = "85051110") -> list[float | None]:
        rows = query(reading, "metric", flow="export", product=product, partner=partner, month=(2025, month), as_of=day)
        return rows.filter(measure="quantity_kg")["level"].to_list()

    for product in ("85051110", "basket:rare_earth_magnets"):
        assert level(JULY, product=product) == level(date(2025, 8, 19), product=product) == [353_000 + 764_000]
        assert level(AUGUST, product=product) == level(None, product=product) == [360_000 + 764_000]
    why = "nothing was known on 2025-07-19: the first statement in this store is of 2025-07-20"
    with pytest.raises(ValueError, match=why):
        level(date(2025, 7, 19))
    # That there was nothing in July the release of August said; that of September repeats what was said, and adds
    # August.
    for month, day in ((7, AUGUST), (8, SEPTEMBER)):
        assert level(JULY, month, "USA") == level(day - timedelta(days=1), month, "USA") == []
        assert level(day, month, "USA") == level(None, month, "USA") == [0]
