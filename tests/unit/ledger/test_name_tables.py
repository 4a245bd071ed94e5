"""Names of products and partners: what a file prints, in any order of arrival, and what a reader joins to figures."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from bad_inputs.download import HORSES, MAGNETS, csv_bytes, magnets
from hypothesis import given
from hypothesis import strategies as st

from schemas.reference.code_tables import code_table
from schemas.table import empty_frame, polars_schema
from schemas.tables.name import PrintedName
from tasks.domain.labels import product_names
from tasks.domain.nomenclature import OTHERS
from tasks.ingest.normalise import normalise
from tasks.ledger import name_tables
from tasks.ledger.name_tables import partner_references, partner_table, product_table
from tasks.reading.query import query
from tasks.sources.registry import SOURCES
from tasks.store.files.snapshot import open_snapshot
from tests.draws import draws
from tests.unit.ingest.file_codes import landed
from tests.unit.published_stores import publish

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

MACHINES = Path(__file__).parents[3] / "docs" / "machines.md"
EIGHTY_FIVE = "Electrical machinery and equipment; sound and television apparatus"
Printed = tuple[str, str | None, date, date]


def ingested(folder: Path, files: Sequence[tuple[str, bytes, date]]) -> Path:
    """A store into which these files came in this order, each with the day on which it was made public."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data, day in files:
        publish(folder, "CHN", name, data, flow="export", released_on=day)
    return folder / "store" / "reporter=CHN"


def test_a_file_gives_its_codes_the_names_that_it_prints_in_one_line(tmp_path: Path) -> None:
    """Bolivia comes with a line feed in its name, and horses keep their zero."""
    horses = ("202506", *HORSES, "408", "玻利维亚\n", "1200", "千克", "2", "头", "61,500")
    store = ingested(tmp_path, [("a.csv", csv_bytes([magnets("502"), horses]), date(2025, 7, 20))])
    products, partners = query(store, "product"), query(store, "partner")
    assert dict(products.select("product", "printed_zh").iter_rows()) == {
        **dict.fromkeys(("01", "0101", "010121", "85", "8505", "850511", "basket:rare_earth_magnets")),
        "01012100": "改良种用马", "85051110": MAGNETS[1],
    }  # fmt: skip
    assert dict(partners.select("partner", "printed_zh").iter_rows()) == {
        "USA": "美国",
        "BOL": "玻利维亚",
        "WLD": None,
        "EU27": None,
    }
    names = dict(products.select("product", "name").iter_rows())
    assert names["85051110"] == "Permanent magnets of rare earths"
    assert names["01012100"] == "Live pure-bred breeding horses"
    assert names["01"] == "Live animals"
    assert names["0101"] == "Horses, asses, mules and hinnies; live"
    assert dict(partners.select("partner", "name").iter_rows()) == {
        "USA": "United States", "BOL": "Bolivia", "WLD": "World", "EU27": "European Union (as it was in that month)"
    }  # fmt: skip
    folder = store / "current"
    # A reader who joins by code loses no figure and counts none twice.
    figures, joined = duckdb.sql(
        f"""with m as (select * from read_parquet('{folder}/metric/**/*.parquet', hive_partitioning=true))
        select (select count(*) from m), count(*) from m
        join read_parquet('{folder}/product/*.parquet') using (product)
        join read_parquet('{folder}/partner/*.parquet') using (partner)"""
    ).fetchall()[0]
    assert joined == figures > 20
    (example,) = re.findall(r"```sql\n(.*?)```", MACHINES.read_text(encoding="utf-8"), re.DOTALL)
    found = duckdb.sql(example.replace("store/reporter=CHN/current", str(folder))).fetchall()
    assert [row[:3] for row in found] == [("01", "Live animals", "World"), ("85", EIGHTY_FIVE, "World")]
    columns = ("product", "classification", "level", "parent", "edition_from")
    assert products.filter(pl.col("product").str.starts_with("85")).select(columns).rows() == [
        ("85", "HS2", 2, None, date(2022, 1, 1)), ("8505", "HS4", 4, "85", date(2022, 1, 1)),
        ("850511", "HS6", 6, "8505", date(2022, 1, 1)), ("85051110", "HS8", 8, "850511", date(2022, 1, 1)),
    ]  # fmt: skip
    assert {*products.filter(pl.col("level").is_null())["parent"]} == {None}
    assert {*products["parent"].drop_nulls()} <= {*products["product"]}


def test_a_name_of_a_record_that_was_set_aside_is_no_name() -> None:
    broken = ("202506", "85051110", "坏名", "304", "坏国", "12x", *magnets("304")[6:9], "x")
    read = normalise(landed(), SOURCES["gacc_query"].parse(csv_bytes([magnets("502"), broken]), "f.csv"))
    assert read.quarantine.height == 1
    assert {*read.names["code"]} == {"85051110", "USA"}
    assert {*read.names["name"]} == {MAGNETS[1], "美国"}


def test_a_store_of_before_the_tables_gets_the_codes_of_its_earlier_releases(tmp_path: Path) -> None:
    """Its snapshots carry no names; after the next release every code of the store has a row all the same."""
    store = ingested(tmp_path, [("a.csv", csv_bytes([magnets("304")]), date(2025, 7, 20))])
    snapshot = open_snapshot(store)
    assert snapshot is not None
    older = replace(
        snapshot, files=tuple(entry for entry in snapshot.files if entry.table not in ("product", "partner"))
    )
    assert len(older.files) == len(snapshot.files) - 2
    horses = _frame([("01012100", "改良种用马", date(2025, 6, 1), date(2025, 7, 21))])
    after = name_tables.name_tables(older, PrintedName.validate(horses))
    assert {*query(store, "metric")["product"]} < {*after.product["product"]}
    names = dict(after.product.select("product", "name").iter_rows())
    assert names["85051110"] == "Permanent magnets of rare earths"
    assert names["01012100"] == "Live pure-bred breeding horses"
    assert {*query(store, "metric")["partner"]} == {*after.partner["partner"]}


CODES = ("85051110", "12019019", "01012100", "line:rare_earths")
DAYS = st.dates(date(2024, 1, 1), date(2024, 3, 31))
NAMES = st.one_of(st.none(), st.sampled_from(["磁铁", "大豆", "马", "magnets", "horses"]))
RELEASE = st.lists(st.tuples(st.sampled_from(CODES), NAMES, DAYS.map(lambda day: day.replace(day=1)), DAYS), max_size=5)


def _frame(rows: Sequence[Printed], subject: str = "product") -> pl.DataFrame:
    kinds = polars_schema("printed_name")
    return pl.DataFrame(
        [
            {
                "subject": subject,
                "code": code,
                "classification": "line" if ":" in code else "HS8",
                "name": name,
                "language": name and ("en" if name.isascii() else "zh"),
                "month": name and month,
                "printed_on": name and day,
            }
            for code, name, month, day in rows
        ],
        schema=kinds,
    ).select(*kinds)


@given(st.lists(RELEASE, max_size=5), st.randoms(use_true_random=False))
@draws(60)
def test_any_order_and_any_grouping_of_releases_gives_the_names_that_a_dictionary_keeps(
    releases: list[list[Printed]], shuffle: Any
) -> None:
    order = [*releases]
    shuffle.shuffle(order)
    table = product_table(_frame([]))
    for rows in order:
        table = product_table(pl.concat([name_tables._as_printed(table, "product"), _frame(rows)]))
    best: dict[tuple[str, str], tuple[date, date, str]] = {}
    for code, name, month, day in itertools.chain(*releases):
        if name:
            key = code, "en" if name.isascii() else "zh"
            best[key] = max(best.get(key, (date.min, date.min, "")), (month, day, name))
    codes = {code for code, *_ in itertools.chain(*releases)}
    headings = {code[:length] for code in codes if code.isdigit() for length in (2, 4, 6)}
    baskets = {
        f"basket:{name}" for name, code in code_table("baskets").select("basket", "hs8").iter_rows() if code in codes
    }
    assert {*table["product"]} == codes | headings | baskets
    for row in table.iter_rows(named=True):
        for language in ("zh", "en"):
            month, day, name = best.get((row["product"], language), (None, None, None))
            assert (row[f"printed_{language}"], row[f"printed_{language}_month"], row[f"printed_{language}_on"]) == (
                name,
                month,
                day,
            )


def test_groups_and_the_world_are_partners_where_any_partner_is() -> None:
    table = partner_table(_frame([("USA", "美国", date(2025, 6, 1), date(2025, 7, 20))], "partner"))
    assert dict(table.select("partner", "kind").iter_rows()) == {"USA": "country", "EU27": "group", "WLD": "total"}
    assert partner_table(_frame([], "partner")).height == 0
    codes = partner_table(
        _frame([(key, None, date(2025, 6, 1), date(2025, 7, 20)) for key in ("DEU", "GBR", "gacc:701")], "partner")
    )
    assert codes.select("partner", "iso2", "iso3", "iso_numeric", "groups").rows() == [
        ("DEU", "DE", "DEU", "276", ["EU27"]), ("EU27", None, None, None, []), ("GBR", "GB", "GBR", "826", []),
        ("WLD", None, None, None, []), ("gacc:701", None, None, None, []),
    ]  # fmt: skip


def test_the_list_of_names_covers_what_the_watch_list_and_the_baskets_name() -> None:
    listed = code_table("hs_names")
    assert listed["product"].is_unique().all()
    assert {*code_table("baskets")["hs8"]} <= {*listed["product"]}
    assert not listed.filter(pl.col("name_en") == "").height


def test_a_code_that_china_divides_no_further_has_the_name_of_its_only_line() -> None:
    listed = code_table("hs_names")
    lines = listed.filter(pl.col("product").str.len_chars() == 8)
    wholes = listed.filter(pl.col("source").str.contains("the whole of it"))
    assert wholes.height > 4_000
    for product, name, chinese, source in wholes.iter_rows():
        inside = lines.filter(pl.col("product").str.starts_with(product))
        assert inside.select("product", "name_en", "name_zh").rows() == [(product.ljust(8, "0"), name, chinese)], source
    assert product_names("030442", OTHERS) == ("Fresh or chilled fillets of trout", "鲜或冷的鳟鱼鱼片")
    assert product_names("030431", OTHERS) is not None
    # Magnets of rare earths and others: by the codes below.
    assert product_names("850511", OTHERS) == product_names("850511")


@pytest.mark.parametrize(
    ("key", "name", "kind"),
    [
        ("FLK", "Falkland Islands (Malvinas)", "country"),
        ("IMN", "Isle of Man", "country"),
        ("ALA", "Aland Islands", "territory"),
        ("schedule_c:4803", "Kosovo", "country"),
        ("DEU", "Germany", "country"),
    ],
)
def test_a_partner_that_any_list_has_is_named(key: str, name: str, kind: str) -> None:
    printed = pl.DataFrame({"subject": ["partner"], "code": [key]}, schema_overrides=polars_schema("printed_name"))
    printed = pl.concat([empty_frame("printed_name"), printed], how="diagonal")
    row = partner_table(printed).filter(partner=key).row(0, named=True)
    assert (row["name"], row["kind"]) == (name, kind)


def test_every_partner_of_the_lists_has_a_name_in_the_table() -> None:
    rows = code_table("partner_codes").filter(~pl.col("kind").is_in(["group", "total"]))
    named = partner_references().filter(pl.col("reference_en").is_not_null())["partner"].to_list()
    assert set(rows["partner"]) - set(named) == set()
