"""What a release speaks about, with and without a row."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.coverage import asked_products, covering
from tasks.domain.periods import index_month, month_index
from tests.draws import draws
from tests.unit import coverage_oracle, strategies
from tests.unit.builders import MAGNETS, release, release_table

Row = dict[str, Any]
KINDS = {"flow": pl.String, "product": pl.String, "partner": pl.String, "measure": pl.String, "month": pl.Int32}
JUNE = 2025 * 12 + 5


def keys(*rows: tuple[str, str, str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=KINDS, orient="row")


def key(
    product: str = MAGNETS, partner: str = "USA", measure: str = "quantity_kg", month: int = JUNE, flow: str = "export"
) -> pl.DataFrame:
    return keys((flow, product, partner, measure, month))


def speaks(scope: Row, **about: Any) -> bool:
    return covering(key(**about), release_table(scope)).height == 1


@given(
    st.lists(st.one_of(strategies.queries("q", "2025-01"), strategies.papers("p", "2025-01")), min_size=1, max_size=3)
)
@draws(20)
def test_a_key_is_covered_by_the_best_kind_that_a_walk_over_the_releases_finds(
    store: list[tuple[Row, list[Row]]],
) -> None:
    releases = [{**row, "release_id": f"r{place}"} for place, (row, _) in enumerate(store)]
    asked = keys(
        *(
            (flow, product, partner, measure, JUNE + step)
            for flow in ("export", "import")
            for product in ("85051110", "850511", "8505", "81129290", "line:a")
            for partner in ("USA", "DEU", "WLD", "EU27")
            for measure in ("quantity_item", "value_usd")
            for step in (-5, 0, 9)
        )
    )
    found = {
        row[:5]: row[5] for row in covering(asked, release_table(*releases)).select(*KINDS, "priority").iter_rows()
    }
    for place in asked.iter_rows():
        assert found.get(place) == best_kind(releases, place)


def best_kind(releases: list[Row], place: tuple[Any, ...]) -> int | None:
    flow, product, partner, measure, month = place
    about = [
        row
        for row in releases
        if row["flow"] == flow
        and row["by_month"]
        and coverage_oracle.asks_for(row, product)
        and row["partners"] != "keys"
        and coverage_oracle.family(measure) in row["measures"]
        and speaks_of_level(row, product)
        and coverage_oracle.index(row["first_month"]) <= month <= coverage_oracle.index(row["last_month"])
        and month < coverage_oracle.index(row["released_on"])
        and not coverage_oracle.lost_a_record(row, product, month, coverage_oracle.family(measure))
    ]
    if partner == "EU27" and coverage_oracle.groups_are_open(about, month):
        about = [row for row in about if partner in row["partner_list"]]
    return min(
        (coverage_oracle.KINDS.index(row["kind"]) for row in about if coverage_oracle.names_partner(row, partner)),
        default=None,
    )


def speaks_of_level(row: Row, product: str) -> bool:
    return not product.isdigit() or coverage_oracle.digits_of_records(row) in (len(product), 8)


@pytest.mark.parametrize(
    ("files", "groups"),
    [
        ([("2025-07-18", "all", ("DEU", "USA"))], True),
        ([("2025-07-18", "all", ("DEU", "gacc:888"))], False),
        ([("2025-07-18", "all", ("DEU", "gacc:199"))], True),
        ([("2025-07-18", "all", ("DEU",)), ("2025-08-18", "listed", ("gacc:888",))], False),
        ([("2025-07-18", "all", ("DEU", "gacc:888")), ("2025-08-18", "all", ("DEU", "USA"))], True),
        ([("2025-07-18", "all", ("DEU", "gacc:888")), ("2025-08-18", "listed", ("EU27",))], True),
    ],
    ids=["known", "unknown", "listed code without a country", "unknown, later", "replaced by a known one", "printed"],
)  # fmt: skip
def test_no_group_is_covered_where_a_code_of_a_partner_is_unknown(
    files: list[tuple[str, str, tuple[str, ...]]], groups: bool
) -> None:
    """The code may be a member; the world has it in any case, and the month before is another file's."""
    made = [
        {**release(day=day, months="2025-06", partners=partners, partner_list=keys), "release_id": f"r{place}"}
        for place, (day, partners, keys) in enumerate(files)
    ]
    before = {**release(day="2025-06-18", months="2025-05", partner_list=("DEU",)), "release_id": "before"}
    found = {
        (partner, month): covering(key(partner=partner, month=month), release_table(*made, before)).height == 1
        for partner in ("WLD", "EU27") for month in (JUNE - 1, JUNE)
    }  # fmt: skip
    assert found == {("WLD", JUNE - 1): True, ("WLD", JUNE): True, ("EU27", JUNE - 1): True, ("EU27", JUNE): groups}


@pytest.mark.parametrize(
    ("level", "code", "asked", "covered"),
    [
        *(
            (level, code, "850511", ["850511", code])
            for level, code in (("HS8", "85051110"), ("CN8", "85051110"), ("HTS10", "8505110070"), ("JP9", "850511000"))
        ),
        ("HS6", "85051110", "850511", ["850511"]),
        ("HTS10", "8505110070", "8505110070", ["8505110070"]),
        ("JP9", "850511000", "850511000", ["850511000"]),
    ],
)
def test_the_codes_of_every_national_list_speak_for_the_levels_above(
    level: str, code: str, asked: str, covered: list[str]
) -> None:
    """A release that asked for an HS6 and has its national codes says of the HS6 what they add up to."""
    releases = pl.DataFrame({"release_id": ["r"], "classification": [level], "products": [[asked]]})
    found = asked_products(releases, pl.Series([code, "850511", "85052000"]), roll_up=True)
    assert sorted(found["product"]) == covered


@pytest.mark.parametrize(
    ("lost", "open_products", "open_months"),
    [
        ("85051110 2025-06", {"85051110", "850511", "8505", "85"}, {JUNE}),
        ("85051110 *", {"85051110", "850511", "8505", "85"}, {JUNE - 1, JUNE}),
        ("* 2025-06", {"85051110", "85059010", "850511", "8505", "85"}, {JUNE}),
        ("* *", {"85051110", "85059010", "850511", "8505", "85"}, {JUNE - 1, JUNE}),
    ],
)
def test_where_a_record_was_lost_a_missing_row_says_nothing(
    lost: str, open_products: set[str], open_months: set[int]
) -> None:
    scope = release(products=["85"], lost=[lost])
    for product in ("85051110", "85059010", "850511", "8505", "85"):
        for month in (JUNE - 1, JUNE):
            spoken = not (product in open_products and month in open_months)
            assert speaks(scope, product=product, month=month) == spoken


def test_months_are_whole_numbers_and_back() -> None:
    days = pl.date_range(pl.date(1999, 11, 1), pl.date(2026, 3, 1), "1mo", eager=True).to_frame("day")
    indexed = days.with_columns(index=month_index("day"))
    assert (indexed["index"].diff().drop_nulls() == 1).all()
    assert indexed.select(index_month("index").alias("day"))["day"].equals(days["day"])
