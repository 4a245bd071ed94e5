"""What a control list means in a store: its codes, their levels, and the total of a list by month."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas import settings
from schemas.questions.read import Read
from tasks.answers.trade.read import read
from tasks.domain.export_controls.control_lists import Spec, control_lists
from tasks.reading.lists import code_levels, listed_in, listed_products, specs_of, totals
from tasks.reading.resolver import Resolver, Unresolved
from tasks.reading.series import alike, levels
from tasks.store.files.snapshot import Snapshot
from tests.unit.published_stores import china, query_bytes

MAY, JUNE = 2025 * 12 + 4, 2025 * 12 + 5
# Chips of two codes of one HS6, capacitors, and magnets, which are on no list.
ROWS = [
    ("202505", "85423111", "USA", 1_000, 50_000),
    ("202505", "85423119", "USA", 100, 7_000),
    ("202505", "85322410", "USA", 400, 3_000),
    ("202505", "85051110", "DEU", 900, 9_000),
    ("202506", "85423111", "USA", 1_500, 80_000),
    ("202506", "85423119", "DEU", 300, 9_000),
    ("202506", "85322410", "USA", 200, 1_000),
    ("202506", "85051110", "DEU", 800, 8_000),
]
ASKED = {"products": ["854231", "853224", "850511"], "months": "2025-05..2025-06"}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return china(tmp_path_factory.mktemp("lists"), query_bytes(ROWS), **ASKED)


@pytest.mark.parametrize(
    ("national", "products", "keys"),
    [
        ("HS8", ["854231", "85423111", "85322410", "8542"], ("853224", "854231")),
        ("HTS10", ["854231", "8542310001", "853224", "8532240020"], ("853224", "854231")),
        ("CN8", ["85423111", "85423119", "853224", "85322400"], ("853224", "85423111", "85423119")),
        ("NCM8", ["854231", "85423110", "853224"], ("853224", "854231")),
    ],
)
def test_a_list_of_six_digits_is_the_same_codes_in_every_store(
    national: str, products: list[str], keys: tuple[str, ...]
) -> None:
    """Where a store has no total of a code the national codes below stand for it."""
    if "853224" not in products:
        products = [*products, "853224"]
    assert sorted(listed_products([Spec("chpl")], products, national).keys) == sorted(keys)


def test_codes_of_a_national_list_are_read_in_the_stores_that_count_by_it() -> None:
    spec = [Spec("mofcom-gacc-2025-18")]
    assert "85051110" in listed_products(spec, ["85051110", "850511"], "HS8").keys
    other = listed_products(spec, ["85051110", "850511"], "CN8")
    assert "85051110" not in other.keys
    assert "85051110" in other.other_lists
    assert any("another country's list" in line for line in other.notes())


def test_a_list_is_read_by_its_codes_with_what_the_store_lacks(snapshot: Snapshot) -> None:
    answer = read(
        Read(product=("list:chpl",), partner="USA", month="2025-06", measure="value_usd", store=snapshot.store)
    )
    assert answer.rows.select("product", "level").rows() == [("853224", 1_000.0), ("854231", 80_000.0)]
    notes = " ".join(next(iter(answer.parts.values())).notes)
    assert "this store has 2 of 50 codes" in notes
    assert "50 codes by HS2022" in notes
    with pytest.raises(Unresolved, match=r"this store has no code of list:chpl:4\.B"):
        Resolver(snapshot).product_keys("list:chpl:4.B")


def test_a_group_of_sitc_is_read_and_added_up_as_a_list_is(snapshot: Snapshot) -> None:
    """SITC 776 has the chips, 7786 the capacitors, 77881 the magnets; 1,000 and 80,000 dollars in June."""
    for group, codes in {"776": ["854231"], "77": ["850511", "853224", "854231"], "77881": ["850511"]}.items():
        question = Read(
            product=(f"sitc:{group}",), partner="WLD", month="2025-06", measure="value_usd", store=snapshot.store
        )
        answer = read(question)
        assert answer.rows["product"].to_list() == codes
        assert "SITC Rev. 4" in " ".join(next(iter(answer.parts.values())).notes)
    listed = listed_in(snapshot, specs_of(["sitc:77"]))
    total = totals(code_levels(snapshot.store, listed, "export", "WLD", range(MAY, JUNE + 1), "value_usd"), listed)
    assert (total[MAY]["level"], total[JUNE]["level"]) == (69_000.0, 98_000.0)
    assert total[JUNE]["mom_pct"] == pytest.approx(100 * 29_000 / 69_000)


def test_two_lists_that_share_codes_are_read_once(snapshot: Snapshot) -> None:
    answer = read(
        Read(
            product=("list:chpl", "list:chpl:1"),
            partner="WLD",
            month="2025-06",
            measure="value_usd",
            store=snapshot.store,
        )
    )
    assert answer.rows["product"].to_list() == ["853224", "854231"]


def test_levels_are_numbers_zeros_that_a_release_vouches_for_and_what_is_not_known(snapshot: Snapshot) -> None:
    found = levels(snapshot.store, "export", ["85423119"], ["USA", "DEU"], range(MAY - 1, JUNE + 1), "quantity_kg")
    assert found.select("partner", "month", "level", "status").rows() == [
        ("DEU", MAY - 1, None, "not_covered"),
        ("DEU", MAY, 0.0, "zero"),
        ("DEU", JUNE, 300.0, "reported"),
        ("USA", MAY - 1, None, "not_covered"),
        ("USA", MAY, 100.0, "reported"),
        ("USA", JUNE, 0.0, "zero"),
    ]


def test_the_total_of_a_list_adds_each_code_once_and_grows_by_the_calendar(snapshot: Snapshot) -> None:
    listed = listed_in(snapshot, specs_of(["chpl"]))
    rows = code_levels(snapshot.store, listed, "export", "WLD", range(MAY, JUNE + 1), "value_usd")
    total = totals(rows, listed)
    assert (total[MAY]["level"], total[JUNE]["level"]) == (60_000.0, 90_000.0)
    assert (total[JUNE]["mom_pct"], total[JUNE]["mom_status"]) == (pytest.approx(50.0), "computed")
    assert (total[JUNE]["yoy_pct"], total[JUNE]["yoy_status"]) == (None, "no_base")


def test_a_code_that_a_revision_moved_is_a_break_and_no_fall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """854890 ends in December 2021 and 854800 begins: its trade is no rise from nothing. 282580 stayed what it was, and
    854231 is a code of both editions that lost goods."""
    row = "mine,My desk,{},6,HS6,HS2022,,,,whole,stated,,a memo"
    texts = [",".join(control_lists().drop("rate_pct").columns), *map(row.format, ("282580", "854800", "854231"))]
    (tmp_path / "own.csv").write_text("\n".join(texts) + "\n", encoding="utf-8")
    monkeypatch.setenv(settings.CONTROL_LISTS, str(tmp_path / "own.csv"))
    control_lists.cache_clear()
    rows = [
        ("202112", "85489000", "USA", 500, 5_000),
        ("202112", "28258000", "USA", 100, 1_000),
        ("202112", "85423100", "USA", 10, 700),
        ("202201", "85480000", "USA", 400, 4_000),
        ("202201", "28258000", "USA", 100, 1_100),
        ("202201", "85423100", "USA", 10, 800),
    ]
    asked = {"products": ["8548", "282580", "854231"], "months": "2021-12..2022-01"}
    snapshot = china(tmp_path, query_bytes(rows), date(2022, 3, 20), **asked)
    listed = listed_in(snapshot, specs_of(["mine"]))
    control_lists.cache_clear()
    december = 2021 * 12 + 11
    levels_of = code_levels(snapshot.store, listed, "export", "WLD", range(december, december + 2), "value_usd")
    assert levels_of.select("code", "month", "level", "status").rows() == [
        ("282580", december, 1_000.0, "sum"),
        ("282580", december + 1, 1_100.0, "sum"),
        ("854231", december, 700.0, "sum"),
        ("854231", december + 1, 800.0, "sum"),
        ("854800", december, None, "definition_break"),
        ("854800", december + 1, 4_000.0, "sum"),
    ]
    total = totals(levels_of, listed)
    assert (total[december]["level"], total[december]["level_status"]) == (None, "definition_break")
    assert (total[december + 1]["mom_pct"], total[december + 1]["mom_status"]) == (None, "definition_break")


def test_what_is_known_at_one_time_alone_is_no_zero_at_the_other() -> None:
    """Germany is known in one of both years; of Japan one product of two is."""
    rows = [
        ("a", "DEU", 24, 5.0), ("a", "DEU", 12, None),
        ("a", "JPN", 24, 7.0), ("a", "JPN", 12, 4.0), ("b", "JPN", 24, 9.0), ("b", "JPN", 12, None),
        ("a", "KOR", 24, 0.0), ("a", "KOR", 12, 3.0),
    ]  # fmt: skip
    names = {"product": pl.String, "partner": pl.String, "month": pl.Int32, "level": pl.Float64}
    found = alike(pl.DataFrame(rows, names, orient="row"), [24], 12).sort("partner")
    assert found.select("partner", "after", "before", "change", "months").rows() == [
        ("JPN", 7.0, 4.0, 3.0, 1),
        ("KOR", 0.0, 3.0, -3.0, 1),
    ]


def test_codes_of_a_tariff_of_any_length_stand_for_the_codes_of_ten_digits_below_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tariff.csv").write_text(
        "hts8,list\n85414200,a\n8541.43.0010,a\n8501,b\n99030101,b\n", encoding="utf-8"
    )
    monkeypatch.setenv(settings.CONTROL_LISTS, str(tmp_path / "tariff.csv"))
    control_lists.cache_clear()
    store = ["8541420010", "8541420080", "8541430010", "8541430080", "8501101000", "850110", "8502000000"]
    listed = listed_products(specs_of(["tariff"]), store, "HTS10")
    of_china = listed_products(specs_of(["tariff"]), ["85414200", "85011010"], "HS8")
    control_lists.cache_clear()
    assert listed.products == {
        "85414200": ("8541420010", "8541420080"),
        "8541430010": ("8541430010",),
        "8501": ("8501101000",),
        "99030101": (),
    }
    assert listed.absent == ("99030101",)
    assert set(of_china.other_lists) == {"85414200", "8541430010", "8501", "99030101"}
