"""Measures: their states, their codes, and windows that reproduce what was printed about April and May 2025."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.controls import windows as event_windows
from tasks.controls.tables import control_event
from tasks.controls.windows import as_table, windows, windows_of, with_zeros
from tasks.domain.classification import holds
from tasks.domain.measure_states import with_states
from tasks.domain.measures import MIXED, MIXED_WORDS, coverage, events_of, measures, mixed_note
from tasks.reports.query import open_published
from tasks.store.parquet import read_table
from tasks.store.snapshot import Snapshot
from tests.copied_store import copied
from tests.unit import builders

ROOT = Path(__file__).parents[3]
MAGNETS = "basket:rare_earth_magnets"
QUERY = (
    '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'
    + "".join(f'"{month}","12019019","大豆","502","美国","{kilograms}","千克","0","?","2000",\n' for month, kilograms in (("202404", 1000), ("202504", 1500)))
)  # fmt: skip


@pytest.fixture(scope="module")
def sample(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("events")
    copied(sample_store, folder)
    (folder / "soybeans.csv").write_bytes(QUERY.encode("gb18030"))
    release.fn(
        ReleaseRequest(
            file=folder / "soybeans.csv",
            store=folder / "reporter=CHN",
            source="gacc_query",
            flow="export",
            partners="all",
        ),
        date(2026, 11, 1),
    )
    return open_published(folder / "reporter=CHN")


def test_the_four_measures_of_october_2025_never_came_into_force() -> None:
    events = with_states(events_of(), date(2026, 6, 1))
    states = {row["document"]: row["state"] for row in events.iter_rows(named=True)}
    assert len(states) > 25
    assert events_of().height == 31
    assert [name for name, state in states.items() if state == "never_in_force"] == [
        f"Announcement {number} of 2025" for number in (55, 56, 57, 58)
    ]


def test_magnets_are_touched_in_an_unknown_share_and_it_is_said() -> None:
    assert events_of(MAGNETS, "import").height == 0
    touched = events_of(MAGNETS)
    assert "mofcom-gacc-2025-18" in touched["event"].to_list()
    assert set(touched["coverage"]) == {"unknown_share"}
    assert "controlled and free magnets" in MIXED_WORDS


def test_windows_of_announcement_18_reproduce_april_and_may(sample: Snapshot) -> None:
    found = windows(sample, MAGNETS).filter(event="mofcom-gacc-2025-18")
    months = {
        f"{row['first_month']:%Y-%m}": row for row in found.filter(role="touched", months=1).iter_rows(named=True)
    }
    assert round(months["2025-04"]["yoy_pct"]) == -45
    assert round(months["2025-05"]["yoy_pct"]) == -74
    assert (months["2025-03"]["side"], months["2025-04"]["side"]) == ("before", "after")
    assert months["2025-03"]["status"] == "no_base"
    (quarter,) = found.filter(role="touched", months=3, side="after").iter_rows(named=True)
    assert quarter["quantity_kg"] == 2_627_000 + 1_238_000 + 3_188_000
    assert quarter["status"] == "implied_base"
    assert quarter["yoy_pct"] == pytest.approx(-52.1, abs=0.1)


def test_a_placebo_shares_no_code_and_a_line_is_none(sample: Snapshot) -> None:
    found = windows(sample, MAGNETS).filter(event="mofcom-gacc-2025-18", role="placebo")
    assert found["product"].unique().to_list() == ["12019019"]
    (april,) = found.filter(months=1, first_month=date(2025, 4, 1)).iter_rows(named=True)
    assert (april["yoy_pct"], april["status"], april["coverage"]) == (50.0, "computed", None)


def test_of_a_long_history_the_months_around_the_measures_are_read(
    sample: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def noted(snapshot: Snapshot, model: Any, *rest: Any) -> pl.DataFrame:
        asked.extend(rest[:1] if model == "metric" else ())
        return read_table(snapshot, model, *rest)

    monkeypatch.setattr(event_windows, "read_table", noted)
    found = windows(sample, MAGNETS)
    (keep,) = asked
    read = {(year, month) for year in range(1990, 2040) for month in range(1, 13) if keep(("export", year, month))}
    assert not keep(("import", 2025, 4))
    shown = {(day.year, day.month) for name in ("first_month", "last_month") for day in found[name]}
    bases = {(year - 1, month) for year, month in shown}
    assert len(shown) > 20
    assert shown | bases <= read
    # Windows are a year long, and look a year further back.
    years = {
        int(row["effective_from"][:4]) for row in events_of(MAGNETS).iter_rows(named=True) if row["effective_from"]
    }
    assert read <= {(year, month) for of in years for year in range(of - 2, of + 2) for month in range(1, 13)}


CODE, ANNOUNCEMENT_18 = "85051110", "mofcom-gacc-2025-18"
EVERY = events_of()["event"].to_list()
QUARTER = ("2025-04", 3)
TRADE = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13) if (year, month) < (2025, 10)]


def _store(
    folder: Path, rows: list[tuple[str, str, str, str]], months: str = "2023-01..2025-09", codes: tuple[str, ...] = (CODE,),
    flow: str = "export", on: date = date(2025, 12, 20),
) -> Snapshot:  # fmt: skip
    """A store with one query of all partners: month, partner, kilograms or pieces, and which of the two."""
    partners = {"USA": '"502","美国"', "DEU": '"304","德国"'}
    lines = [
        f'"{month.replace("-", "")}","{code}","永磁铁",{partners[partner]},"{many}","{unit}","0","?","2000",\n'
        for month, partner, many, unit in rows
        for code in codes
    ]
    file = folder / f"{len(rows)}-{months}-{flow}.csv"
    file.write_bytes((QUERY.splitlines(keepends=True)[0] + "".join(lines)).encode("gb18030"))
    request = ReleaseRequest(
        file=file, store=folder / "reporter=CHN", source="gacc_query", flow=flow, partners="all", products=[*codes],
        months=months, released_on=on,
    )  # fmt: skip
    release.fn(request, date(2026, 11, 1))
    return open_published(folder / "reporter=CHN")


def _windows(found: pl.DataFrame) -> dict[tuple[str, int], tuple[Any, ...]]:
    """By first month and length: both sums, growth and status."""
    rows = found.filter(event=ANNOUNCEMENT_18, product=CODE)
    shown = ("quantity_kg", "quantity_year_before_kg", "yoy_pct", "status")
    return {
        (f"{row['first_month']:%Y-%m}", row["months"]): tuple(row[name] for name in shown)
        for row in rows.iter_rows(named=True)
    }


def _asked(snapshot: Snapshot) -> dict[tuple[str, int], tuple[Any, ...]]:
    return _windows(windows(snapshot, CODE))


def test_windows_know_what_was_zero_before_trade_began(tmp_path: Path) -> None:
    """Also where a later release says so, in whose months nothing is traded."""
    begun = [(month, "USA", "5", "千克") for month in TRADE if month >= "2025-05"]
    found = _asked(_store(tmp_path, begun, "2025-04..2025-09"))
    assert found["2025-04", 1] == (0, None, None, "no_base")
    assert found["2025-05", 1] == (5, None, None, "no_base")
    assert found["2025-03", 1] == (None, None, None, "not_covered")
    found = _asked(_store(tmp_path, [("2022-01", "USA", "5", "千克")], "2022-01..2025-03"))
    assert found["2025-03", 1] == (0, 0, None, "zero_base")
    assert found[QUARTER] == (10, 0, None, "zero_base")


def test_what_comes_in_is_no_part_of_a_window(tmp_path: Path) -> None:
    """Of other months too, which are no silence of exports."""
    out = [(month, "USA", "100", "千克") for month in TRADE if month >= "2024-04"]
    came_in = [(f"{year}-{month:02d}", "USA", "7", "千克") for year in (2023, 2024, 2025) for month in range(1, 10)]
    before = _asked(_store(tmp_path, out, "2024-04..2025-09"))
    assert _asked(_store(tmp_path, came_in, flow="import")) == before
    assert before[QUARTER] == (300, 300, 0, "computed")
    assert before["2025-03", 1] == (100, None, None, "no_base")


def test_over_a_change_of_the_code_two_zeros_are_not_compared() -> None:
    scope = builders.release("a", "2023-06-20", "2020-01..2023-05", products=["85051900"])
    rows = with_zeros({"85051900": {}}, range(2021 * 12, 2023 * 12 + 5), builders.release_table(scope), "export", "WLD")
    statuses = [
        rows["85051900"][month]["yoy_status"] for month in (2021 * 12 + 11, 2022 * 12, 2022 * 12 + 11, 2023 * 12)
    ]
    assert statuses == ["zero_base", "definition_break", "definition_break", "zero_base"]


def test_the_published_table_holds_the_measures(sample: Snapshot) -> None:
    events = pl.read_parquet(sample.paths("control_event"))
    assert events.height == 31
    assert events.filter(state="never_in_force")["document"].to_list() == [
        f"Announcement {n} of 2025" for n in (55, 56, 57, 58)
    ]
    row = events.filter(event="mofcom-gacc-2025-18").row(0, named=True)
    assert row["announced_on"] == date(2025, 4, 4)
    assert "85051110" in row["codes_unknown_share"]
    assert "free magnets share this code" in row["note"]


def test_the_states_are_of_the_day_of_the_newest_release_in_any_order(tmp_path: Path) -> None:
    for order in (("2025-05", "2024-05"), ("2024-05", "2025-05")):
        for month in order:
            (tmp_path / order[0]).mkdir(exist_ok=True)
            rows = [(month, "USA", "5", "千克")]
            snapshot = _store(tmp_path / order[0], rows, month, on=date(int(month[:4]), 12, 20))
        published, expected = read_table(snapshot, "control_event"), control_event(date(2025, 12, 20), "CHN")
        assert sorted(published.select("event", "state", "state_on").rows()) == sorted(
            expected.select("event", "state", "state_on").rows()
        )


def test_a_basket_of_which_some_codes_are_controlled_is_not_wholly_controlled() -> None:
    assert coverage("mofcom-gacc-2023-23", "basket:gallium") == "whole"
    assert coverage("mofcom-gacc-2025-10", "basket:tungsten") == "some_codes"
    assert coverage("mofcom-gacc-2025-18", "basket:rare_earth_compounds") == "unknown_share"
    assert coverage("mofcom-gacc-2025-18", "basket:gallium") is None
    assert mixed_note("basket:gallium", EVERY) is None


APRIL = 2025 * 12 + 3
COMPUTED, IMPLIED = ("computed", None), ("implied_base", -50.0)


@pytest.mark.parametrize(
    ("levels", "made", "bases", "expected"),
    [
        ((50, 60, 70), (COMPUTED,) * 3, (40, 50, 60), (180, 150, 20, "computed")),
        # Half as much as a year before, as is printed of May.
        ((50, 60, 70), (COMPUTED, IMPLIED, COMPUTED), (40, None, 40), (180, 200, -10, "implied_base")),
        ((50, 60, 70), (COMPUTED, ("no_base", None), COMPUTED), (40, None, 60), (180, None, None, "no_base")),
        # After a fall by everything nobody knows how much it was.
        ((50, 0, 70), (COMPUTED, ("implied_base", -100.0), COMPUTED), (40, None, 60), (120, None, None, "no_base")),
        ((50, None, 70), (COMPUTED, IMPLIED, COMPUTED), (40, None, 60), (None, None, None, "not_covered")),
        ((50, 60, 70), (COMPUTED, ("definition_break", None), COMPUTED), (40, 50, 60), (180, 150, None, "definition_break")),
        ((50, 60, 70), (("zero_base", None),) * 3, (0, 0, 0), (180, 0, None, "zero_base")),
    ],
)  # fmt: skip
def test_a_quarter_is_held_against_the_same_months_of_the_year_before(
    levels: tuple[float | None, ...], made: tuple[tuple[str, float | None], ...], bases: tuple[float | None, ...], expected: tuple[Any, ...]
) -> None:  # fmt: skip
    now = [{"level": level, "yoy_pct": growth, "yoy_status": status} for level, (status, growth) in zip(levels, made, strict=True)]  # fmt: skip
    before = [{"level": level, "yoy_pct": None, "yoy_status": "no_base"} for level in bases]
    series = {
        month + place: row for month, rows in ((APRIL, now), (APRIL - 12, before)) for place, row in enumerate(rows)
    }
    event = next(event for event in measures("CHN") if event["event"] == ANNOUNCEMENT_18)
    for product, role in ((CODE, "touched"), ("85052000", "placebo")):
        table = as_table(windows_of(event, product, series, "export", "WLD"))
        shown = table.select("quantity_kg", "quantity_year_before_kg", "yoy_pct", "status", "last_month", "role")
        (row,) = shown.filter(table["months"] == 3, table["side"] == "after").rows()
        assert row == (*expected[:2], pytest.approx(expected[2]), expected[3], date(2025, 6, 1), role)
        assert (table["note"].null_count() == 0) == (role == "touched")


def test_what_is_zero_does_not_depend_on_what_else_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"level": 5.0, "yoy_pct": None, "yoy_status": "no_base"}
    series = {CODE: {APRIL: row}, "85052000": {}, "12019019": {APRIL + 1: row}}
    releases = builders.release_table(
        builders.release("a", "2025-07-20", "2025-04..2025-06", products=["8505"]),
        builders.release("b", "2025-07-20", "2025-06", products=["12019019"]),
    )
    months = range(APRIL, APRIL + 3)
    told = with_zeros(series, months, releases, "export", "WLD")
    levels = {
        name: [rows[month]["level"] if month in rows else None for month in months] for name, rows in told.items()
    }
    assert levels == {CODE: [5, 0, 0], "85052000": [0, 0, 0], "12019019": [None, 5, 0]}
    assert [*told] == [*series]
    for at_once in (1, 2):
        monkeypatch.setattr(event_windows, "PRODUCTS_AT_ONCE", at_once)
        assert with_zeros(series, months, releases, "export", "WLD") == told


@pytest.mark.parametrize("product", ["85051110", "basket:rare_earth_magnets", "850511", "8505", "85"])
def test_what_a_code_mixes_is_said_of_all_that_holds_it(product: str) -> None:
    assert "85051110: " in str(mixed_note(product, EVERY))
    assert holds(product, MIXED)
    assert not holds("850590", MIXED)


def test_what_the_partner_says_stands_for_months_without_a_number_and_the_row_says_so(tmp_path: Path) -> None:
    sold = [(month, "USA", "100", "千克") for month in TRADE if "2024-04" <= month < "2025-05"]
    snapshot = _store(tmp_path, sold, "2024-04..2025-04")
    may = 2025 * 12 + 4
    found = windows(snapshot, CODE, "export", "USA", {may: 30.0, may - 1: 7.0, may + 1: 40.0, may - 11: 90.0})
    shown = _windows(found)
    # China's own number of April stays.
    assert shown["2025-04", 1] == (100, 100, 0, "computed")
    # A growth from one side to the other would be none of trade.
    assert shown["2025-05", 1] == (30, 100, None, "other_side")
    said = found.filter(event=ANNOUNCEMENT_18, product=CODE, months=1, first_month=date(2025, 5, 1))["note"][0]
    assert "USA says it of 2025-05" in said
    assert _windows(windows(snapshot, CODE, "export", "USA"))["2025-05", 1] == (None, None, None, "not_covered")
    before = dict.fromkeys((may, may - 12), 60.0)
    (tmp_path / "none").mkdir()
    nothing = _store(tmp_path / "none", [("2022-01", "USA", "5", "千克")], "2022-01..2022-02")
    assert _windows(windows(nothing, CODE, "export", "USA", before))["2025-05", 1] == (60, 60, 0, "other_side")
