"""What a revision did to the world total: a sum only where all of it is counted, growth only where both sides mean the
same."""

import functools
from datetime import date, timedelta
from typing import Any
from unittest import mock

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tasks.ledger.merge import as_of
from tasks.ledger.revisions import revisions
from tasks.metrics.derive import derive
from tasks.pages.release.release_sections import revision_report
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import MAGNETS, detail_table, number, release, release_table
from tests.unit.figures import Store, merged

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

Row = dict[str, Any]
KILOGRAMS, DOLLARS = "quantity_kg", "value_usd"
OTHER = "85051190"
FIRST, SECOND = "2025-04-20", "2025-05-20"


def _revised(store: Store) -> pl.DataFrame:
    detail = detail_table(*(row for _, rows in store for row in rows))
    return revisions(detail, merged(store), release_table(*(row for row, _ in store)))


def _world(store: Store, measure: str = KILOGRAMS, source: str = "gacc_query") -> tuple[Any, ...]:
    (row,) = _revised(store).filter(product=MAGNETS, measure=measure, source=source).iter_rows(named=True)
    return tuple(row[name] for name in ("world_old", "world_new", "world_yoy_old_pct", "world_yoy_new_pct"))


def _query(name: str, day: str, months: str, *numbers: tuple[Any, ...], **scope: Any) -> tuple[Row, list[Row]]:
    """A release of a query, and its numbers: partner, month, value, and what measure."""
    row = release(name, day, months, products=[MAGNETS, OTHER], **scope)
    # A file without a record is none.
    other = number(row, "USA", months if not row["by_month"] else months[-7:], 1, product=OTHER)
    return row, [number(row, *each) for each in numbers] + [other]


first, second = functools.partial(_query, "a", FIRST), functools.partial(_query, "b", SECOND)
MARCH, YEAR, SO_FAR, PIECES = "2025-03", "2024-03..2025-03", "2025-01..2025-03", "quantity_item"
BASE, NOW, LATER, IN_PIECES = (
    ("USA", "2024-03", 100),
    ("USA", MARCH, 150),
    ("USA", MARCH, 160),
    ("DEU", MARCH, 7, PIECES),
)
OF_USA, OF_WORLD = {"partners": "listed", "partner_list": ["USA"]}, {"partners": "listed", "partner_list": ["WLD"]}
PRINTED = {"partner_list": ["WLD"], "measures": ["quantity"]}
IN_DOLLARS = [
    (partner, month, value, DOLLARS)
    for partner in ("USA", "DEU")
    for month, value in (("2024-03", 1000), (MARCH, 1500))
]
OF_PIECES = [
    first(YEAR, BASE, ("DEU", "2024-03", 100), NOW, IN_PIECES, *IN_DOLLARS),
    second(MARCH, LATER, IN_PIECES, ("USA", MARCH, 1600, DOLLARS), ("DEU", MARCH, 1500, DOLLARS)),
]
ONE_IN_PIECES = [
    first("2025-02..2025-03", ("WLD", MARCH, 5), **PRINTED),
    second(MARCH, ("WLD", MARCH, 7, PIECES), **PRINTED),
]
TOTAL_GONE = [first(MARCH, ("WLD", MARCH, 157), **OF_WORLD), _query("c", SECOND, MARCH, **OF_WORLD)]
PRESS = {"kind": "published", "partners": "keys", "flow": None}


@pytest.mark.parametrize(
    ("store", "of", "world"),
    [
        pytest.param([*TOTAL_GONE, _query("b", FIRST, MARCH, ("USA", MARCH, 40), **OF_USA)], {},
            (157, None, None, None), id="those listed are no world"),
        pytest.param(TOTAL_GONE, {}, (157, 0, None, None), id="a total is gone"),
        pytest.param(OF_PIECES, {}, (None, None, None, None), id="pieces and kilograms are no total"),
        pytest.param(OF_PIECES, {"measure": DOLLARS}, (3000, 3100, 50.0, 55.00000000000001),
            id="dollars of what is counted otherwise"),
        pytest.param([first(YEAR, BASE, ("DEU", "2024-03", 7, PIECES), NOW), second(MARCH, LATER)], {},
            (150, 160, None, None), id="a base of pieces"),
        pytest.param(ONE_IN_PIECES, {}, (5, None, None, None), id="what is printed in pieces is no zero"),
        pytest.param(
            ONE_IN_PIECES, {"measure": PIECES}, (None, 7, None, None), id="what was printed in kilograms was no zero"
        ),
        pytest.param(
            [first(YEAR, BASE, NOW), second(MARCH)], {}, (150, 0, 50.0, -100.0), id="what is gone leaves a known zero"
        ),
        pytest.param(
            [first(YEAR, BASE), second(MARCH, NOW)], {}, (0, 150, -100.0, 50.0), id="what is new was a known zero"
        ),
        pytest.param(
            [first(YEAR, ("USA", MARCH, 100)), second(MARCH, NOW)], {}, (100, 150, None, None), id="no growth on a zero"
        ),
        pytest.param([first(MARCH, NOW), second(MARCH, **OF_USA)], {}, (150, 0, None, None),
            id="what the first said of others stands"),
        pytest.param([first(MARCH, NOW, **OF_USA), second(MARCH, **OF_USA)], {}, (None, None, None, None),
            id="a month not wholly asked for"),
        pytest.param(
            [_query("q", FIRST, MARCH, ("DEU", MARCH, 900)), first(MARCH, ("USA", MARCH, 100), **PRESS),
                second(MARCH, ("USA", MARCH, 200), **PRESS)],
            {"source": "published"}, (None, None, None, None),
            id="a few partners where another source asked for all"),
        *(
            pytest.param(
                [
                    first(f"{base}..{month}", ("USA", base, 100), ("USA", month, 150)),
                    second(month, ("USA", month, 160)),
                ],
                {},
                (150, 160, *growth),
                id=f"{base} and {month}",
            )
            for base, month, growth in (
                # HS 2022 changed 850511.
                ("2021-03", "2022-03", (None, None)),
                ("2021-01", "2022-01", (None, None)),
                ("2022-01", "2023-01", (50.0, 60.00000000000001)),
                ("2020-12", "2021-12", (50.0, 60.00000000000001)),
            )
        ),
    ],
)  # fmt: skip
def test_the_world_before_and_after_is_told_where_all_of_it_is_known(
    store: Store, of: Row, world: tuple[Any, ...]
) -> None:
    assert _world(store, **of) == world


def test_a_cumulated_total_is_no_zero_because_the_month_is_asked_for() -> None:
    whole = first(SO_FAR, ("USA", SO_FAR, 150), by_month=False)
    monthly = _query("m", FIRST, SO_FAR, ("USA", MARCH, 100))
    assert _world([whole, monthly, second(SO_FAR, by_month=False)])[1] is None


def test_a_world_that_is_printed_in_place_of_the_same_sum_is_no_revision() -> None:
    """Nor is the sum in its place; where the total is another one, that is told."""
    told = (MARCH, ("USA", MARCH, 100), ("DEU", MARCH, 50))
    partners, again = (
        _query(name, day, *told, partner_list=["DEU", "USA"]) for name, day in (("a", FIRST), ("c", "2025-06-20"))
    )
    for world, kinds in ((150, []), (160, ["added", "removed"])):
        printed = _query("b", SECOND, "2025-03", ("WLD", "2025-03", world), partner_list=["WLD"])
        revised = _revised([partners, printed, again]).filter(product=MAGNETS)
        assert revised["kind"].to_list() == kinds
        assert revised.select("world_old", "world_new").rows() == [(150, 160), (160, 150)][: len(kinds)]


def _kinds(*pairs: tuple[int | None, int | None, dict[str, str]]) -> list[str]:
    """The kinds of revisions from one value to another, of American kilograms of a query but for what is named; None is
    no row."""
    plain = {
        "partner": "USA",
        "period": "2025-03",
        "measure": KILOGRAMS,
        "product": MAGNETS,
        "flow": "export",
        "kind": "query",
    }
    told = [(values, plain | of) for *values, of in pairs]
    store = []
    for kind, flow in sorted({(of["kind"], of["flow"]) for _, of in told}):
        partners = "keys" if kind == "published" else "all"
        about = {"kind": kind, "flow": flow, "partners": partners, "products": [MAGNETS, OTHER]}
        for at, day in enumerate((FIRST, SECOND)):
            row = release(f"{kind}-{flow}-{at}", day, "2025-02..2025-03", **about)
            said = [(values[at], of) for values, of in told if (of["kind"], of["flow"]) == (kind, flow)]
            store.append((row, [
                number(row, value=value, **{name: text for name, text in of.items() if name != "kind"})
                for value, of in said if value is not None
            ]))  # fmt: skip
    return sorted(_revised(store)["kind"])


def test_what_one_partner_lost_and_another_won_has_moved() -> None:
    germany, stays = {"partner": "DEU"}, (40, 41, {"partner": "JPN"})
    assert _kinds((150, None, {}), (None, 150, germany), stays) == ["changed", "moved", "moved"]
    assert _kinds((150, None, {}), (None, 149, germany), stays) == ["added", "changed", "removed"]
    assert _kinds((150, 90, {}), (7, 67, germany), stays) == ["changed", "moved", "moved"]
    assert _kinds((150, 90, {}), (7, 67, germany | {"period": "2025-02"})) == ["changed", "changed"]
    assert _kinds((150, 90, {}), (7, 67, germany | {"measure": DOLLARS})) == ["changed", "changed"]
    assert _kinds((150, 90, {}), (7, 67, germany | {"product": OTHER})) == ["changed", "changed"]
    assert _kinds((150, 90, {}), (7, 67, germany | {"flow": "import"})) == ["changed", "changed"]
    assert _kinds((0, None, {})) == ["removed"]


def test_growths_worlds_and_the_words_of_different_sources_do_not_move_into_one_another() -> None:
    """One goes up and another down by just as much, and nothing went from here to there."""
    press, germany, world = {"kind": "published"}, {"partner": "DEU"}, {"partner": "WLD"}
    growth = press | {"measure": f"{KILOGRAMS}_yoy"}
    assert _kinds((50, 51, press), (20, 19, press | germany)) == ["moved", "moved"]
    for one, other in (
        (growth, growth | germany),
        (press, press | world),
        (press | {"partner": "EU27"}, press | world),
        (press, germany),
    ):
        assert _kinds((50, 51, one), (20, 19, other)) == ["changed", "changed"], (one, other)
    # Between provinces the world can move.
    assert _kinds((50, 51, world | {"province": "11"}), (20, 19, world | {"province": "12"})) == ["moved", "moved"]


@given(st.lists(strategies.releases(), min_size=2, max_size=4))
@draws(40)
def test_a_total_is_that_of_the_figures_of_its_day(drawn: Store) -> None:
    store = [
        ({**row, "release_id": f"r{place}"}, [{**each, "release_id": f"r{place}"} for each in rows])
        for place, (row, rows) in enumerate(drawn)
        if row["source"] != "published"
    ]
    revised, observation = _revised(store), merged(store)
    releases = release_table(*(row for row, _ in store))

    @functools.cache
    def figures_of(day: date) -> pl.DataFrame:
        return derive(as_of(observation, day), releases.filter(pl.col("released_on") <= day)).filter(partner="WLD")

    for row in revised.filter(pl.col("product").str.len_chars() == 8).iter_rows(named=True):
        if (row["period_start"].year, row["period_start"].month) != (row["period_end"].year, row["period_end"].month):
            continue
        for name, day in (("old", row["revised_on"] - timedelta(1)), ("new", row["revised_on"])):
            figures = figures_of(day).filter(
                flow=row["flow"],
                product=row["product"],
                measure=row["measure"],
                period=row["period_end"].replace(day=1),
            )
            level, made = figures.select("level", "level_status").row(0) if figures.height else (None, "no row")
            if made in {"reported", "sum", "zero"}:
                assert row[f"world_{name}"] == level, (row, name, made)
            elif made != "ytd_difference":
                assert row[f"world_{name}"] == (0 if made == "no row" and row[f"world_{name}"] == 0 else None)


@st.composite
def corrected(draw: st.DrawFn) -> Store:
    """Some releases, and the same again on later days with some numbers changed or left out."""
    drawn = draw(st.lists(strategies.releases(), min_size=1, max_size=3))
    store = list[tuple[Row, list[Row]]]()
    for place, (row, rows) in enumerate([*drawn, *draw(st.lists(st.sampled_from(drawn), min_size=1, max_size=2))]):
        about = {"release_id": f"r{place}", "released_on": row["released_on"] + timedelta(place)}
        said = [
            {**each, "release_id": f"r{place}", "known_from": each["known_from"] + timedelta(place)} for each in rows
        ]
        more = [draw(st.sampled_from((0, 0, 0, 1, None))) if place >= len(drawn) else 0 for _ in said]
        kept = [{**each, "value": each["value"] + by} for each, by in zip(said, more, strict=True) if by is not None]
        store.append(({**row, **about}, kept or said))
    return store


@given(corrected())
@draws(120)
def test_numbers_that_all_releases_repeat_may_be_left_out(store: Store) -> None:
    with mock.patch(
        "tasks.ledger.revisions._repeated", lambda detail, releases: pl.repeat(False, detail.height, eager=True)
    ):
        every = _revised(store)
    assert_frame_equal(_revised(store), every)


def test_a_release_that_says_nothing_of_a_month_takes_its_numbers_back_whatever_is_looked_at_beside_it() -> None:
    """A later release of the same month alone reads that month's details, in which the silent one has no word."""
    store = [
        _query("a", FIRST, "2025-03..2025-04", ("USA", "2025-03", 150), ("USA", "2025-04", 9)),
        _query("b", SECOND, "2025-03..2025-04", ("USA", "2025-04", 9)),
    ]
    details = [row for _, rows in store for row in rows]

    def told(*months: str) -> list[tuple[Any, ...]]:
        rows = detail_table(*(row for row in details if str(row["period_end"])[:7] in months))
        found = revisions(rows, merged(store), release_table(*(row for row, _ in store)))
        return found.select("period_end", "kind", "old_value", "new_value").rows()

    assert told("2025-03", "2025-04") == told("2025-03") == [(date(2025, 3, 31), "removed", 150, None)]
    assert told("2025-04") == []


def test_the_report_keeps_a_month_apart_from_the_year_so_far_and_a_growth_from_an_amount() -> None:
    def said(name: str, day: str, month: int, half: int, growth: int) -> tuple[Row, list[Row]]:
        row = release(name, day, "2024-06..2025-06", kind="published", partners="keys", flow=None)
        base = [
            ("2024-06", 100_000, KILOGRAMS),
            ("2024-06", 1000, f"{KILOGRAMS}_yoy"),
            ("2024-01..2024-06", 500_000, KILOGRAMS),
        ]
        now = [
            ("2025-06", month, KILOGRAMS),
            ("2025-06", growth, f"{KILOGRAMS}_yoy"),
            ("2025-01..2025-06", half, KILOGRAMS),
        ]
        return row, [number(row, "WLD", period, value, measure) for period, value, measure in base + now]

    first, second = said("a", "2025-07-20", 110_000, 600_000, 900), said("b", "2025-08-20", 120_000, 650_000, 2000)
    page = revision_report(_revised([first, second]), second[0])
    for line in (
        "| export | 85051110 | 2025-06 | quantity_kg | 110,000 | 120,000 | +10.00 | +20.00 |",
        "| export | 85051110 | 2025-01..2025-06 | quantity_kg | 600,000 | 650,000 | +20.00 | +30.00 |",
        "| export | 85051110 | 2025-06 | quantity_kg_yoy | +9.00 % | +20.00 % | – | – |",
        "| 85051110 | WLD |  |  | 2025-01..2025-06 | quantity_kg | changed | 600,000 | 650,000 |",
        "| 85051110 | WLD |  |  | 2025-06 | quantity_kg_yoy | changed | +9.00 % | +20.00 % |",
    ):
        assert line in page, page
