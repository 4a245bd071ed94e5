"""Windows around the measures, which reproduce what was printed about April and May 2025, and the table of the
measures."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.controls import windows as event_windows
from tasks.controls.tables import control_event, mark_events
from tasks.controls.windows import as_table, windows, windows_of, with_zeros
from tasks.domain.classification import holds
from tasks.domain.export_controls.measures import MIXED, events_of, measures, mixed_note
from tasks.reading.query import open_published
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table
from tests.copied_store import copied
from tests.unit import builders

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

MAGNETS, CODE, OTHER, BEANS = "basket:rare_earth_magnets", "85051110", "85052000", "12019019"
ANNOUNCEMENT_18 = "mofcom-gacc-2025-18"
EVERY = events_of()["event"].to_list()
QUARTER = ("2025-04", 3)
TRADE = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13) if (year, month) < (2025, 10)]
APRIL = 2025 * 12 + 3


def store(
    folder: Path,
    sold: Sequence[tuple[str, int]],
    months: str = "2023-01..2025-09",
    flow: str = "export",
    code: str = CODE,
) -> Snapshot:
    """A store with one query of all partners: month and kilograms to the United States."""
    file = folder / f"{len(sold)}-{months}-{flow}.csv"
    file.write_bytes(
        csv_bytes([(month.replace("-", ""), code, *magnets("502", str(kg), "2000")[2:]) for month, kg in sold])
    )
    told: Any = {
        "source": "gacc_query",
        "flow": flow,
        "partners": "all",
        "products": [code],
        "months": months,
        "released_on": date(2025, 12, 20),
    }
    release.fn(ReleaseRequest(file=file, store=folder / "reporter=CHN", **told), date(2026, 11, 1))
    return open_published(folder / "reporter=CHN")


def shown(found: pl.DataFrame) -> dict[tuple[str, int], tuple[Any, ...]]:
    """By first month and length: both sums, growth and status of the windows of announcement 18."""
    rows = found.filter(event=ANNOUNCEMENT_18, product=CODE).select(
        pl.col("first_month").dt.strftime("%Y-%m"),
        "months",
        "quantity_kg",
        "quantity_year_before_kg",
        "yoy_pct",
        "status",
    )
    return {row[:2]: row[2:] for row in rows.iter_rows()}


@pytest.fixture(scope="module")
def sample(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("events")
    copied(sample_store, folder)
    return store(folder, [("2024-04", 1000), ("2025-04", 1500)], "2024-04..2025-04", code=BEANS)


def test_windows_of_announcement_18_reproduce_april_and_may(sample: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def noted(snapshot: Snapshot, model: Any, *rest: Any) -> pl.DataFrame:
        asked.extend(rest[:1] if model == "metric" else ())
        return read_table(snapshot, model, *rest)

    monkeypatch.setattr(event_windows, "read_table", noted)
    every = windows(sample, MAGNETS)
    found = every.filter(event=ANNOUNCEMENT_18)
    months = {
        f"{row['first_month']:%Y-%m}": row for row in found.filter(role="touched", months=1).iter_rows(named=True)
    }
    assert (round(months["2025-04"]["yoy_pct"]), round(months["2025-05"]["yoy_pct"])) == (-45, -74)
    assert (months["2025-03"]["side"], months["2025-03"]["status"], months["2025-04"]["side"]) == (
        "before",
        "no_base",
        "after",
    )
    (quarter,) = found.filter(role="touched", months=3, side="after").iter_rows(named=True)
    assert (quarter["quantity_kg"], quarter["status"]) == (2_627_000 + 1_238_000 + 3_188_000, "implied_base")
    assert quarter["yoy_pct"] == pytest.approx(-52.1, abs=0.1)
    # A placebo shares no code, and a line is none.
    placebo = found.filter(role="placebo")
    assert placebo["product"].unique().to_list() == [BEANS]
    (april,) = placebo.filter(months=1, first_month=date(2025, 4, 1)).iter_rows(named=True)
    assert (april["yoy_pct"], april["status"], april["coverage"]) == (50.0, "computed", None)
    # Of a long history the months around the measures are read: windows are a year long, and look a year further back.
    (keep,) = asked
    read = {(year, month) for year in range(1990, 2040) for month in range(1, 13) if keep(("export", year, month))}
    assert not keep(("import", 2025, 4))
    there = {(day.year, day.month) for name in ("first_month", "last_month") for day in every[name]}
    assert len(there) > 20
    assert there | {(year - 1, month) for year, month in there} <= read
    years = {int(day[:4]) for day in events_of(MAGNETS)["effective_from"] if day}
    assert read <= {(year, month) for of in years for year in range(of - 2, of + 2) for month in range(1, 13)}


def test_windows_know_what_was_zero_before_trade_began(tmp_path: Path) -> None:
    """Also where a later release says so, in whose months nothing is traded."""
    found = shown(
        windows(store(tmp_path, [(month, 5) for month in TRADE if month >= "2025-05"], "2025-04..2025-09"), CODE)
    )
    assert found["2025-04", 1] == (0, None, None, "no_base")
    assert found["2025-05", 1] == (5, None, None, "no_base")
    assert found["2025-03", 1] == (None, None, None, "not_covered")
    found = shown(windows(store(tmp_path, [("2022-01", 5)], "2022-01..2025-03"), CODE))
    assert found["2025-03", 1] == (0, 0, None, "zero_base")
    assert found[QUARTER] == (10, 0, None, "zero_base")


def test_what_the_partner_says_stands_for_months_without_a_number_and_the_row_says_so(tmp_path: Path) -> None:
    snapshot = store(tmp_path, [(month, 100) for month in TRADE if "2024-04" <= month < "2025-05"], "2024-04..2025-04")
    may = APRIL + 1
    found = windows(snapshot, CODE, "export", "USA", {may: 30.0, may - 1: 7.0, may + 1: 40.0, may - 11: 90.0})
    # China's own number of April stays; a growth from one side to the other would be none of trade.
    assert shown(found)["2025-04", 1] == (100, 100, 0, "computed")
    assert shown(found)["2025-05", 1] == (30, 100, None, "other_side")
    said = found.filter(event=ANNOUNCEMENT_18, product=CODE, months=1, first_month=date(2025, 5, 1))["note"][0]
    assert "USA says it of 2025-05" in said
    assert shown(windows(snapshot, CODE, "export", "USA"))["2025-05", 1] == (None, None, None, "not_covered")


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
        (
            (50, 60, 70),
            (COMPUTED, ("definition_break", None), COMPUTED),
            (40, 50, 60),
            (180, 150, None, "definition_break"),
        ),
        ((50, 60, 70), (("zero_base", None),) * 3, (0, 0, 0), (180, 0, None, "zero_base")),
        # What both are lent by the partner.
        ((50, 60, 70), (("other_side", None),) * 3, (90, 50, 60), (180, 200, -10, "other_side")),
    ],
)
def test_a_quarter_is_held_against_the_same_months_of_the_year_before(
    levels: tuple[float | None, ...],
    made: tuple[tuple[str, float | None], ...],
    bases: tuple[float | None, ...],
    expected: tuple[Any, ...],
) -> None:
    of_before = "other_side" if made[0][0] == "other_side" else "no_base"
    now = [
        {"level": level, "yoy_pct": growth, "yoy_status": status}
        for level, (status, growth) in zip(levels, made, strict=True)
    ]
    before = [{"level": level, "yoy_pct": None, "yoy_status": of_before} for level in bases]
    series = {
        month + place: row for month, rows in ((APRIL, now), (APRIL - 12, before)) for place, row in enumerate(rows)
    }
    event = next(event for event in measures("CHN") if event["event"] == ANNOUNCEMENT_18)
    for product, role in ((CODE, "touched"), (OTHER, "placebo")):
        table = as_table(windows_of(event, product, series, "export", "WLD"))
        columns = table.select("quantity_kg", "quantity_year_before_kg", "yoy_pct", "status", "last_month", "role")
        (row,) = columns.filter(table["months"] == 3, table["side"] == "after").rows()
        assert row == (*expected[:2], pytest.approx(expected[2]), expected[3], date(2025, 6, 1), role)
        assert role != "touched" or table["note"].null_count() == 0


def test_over_a_change_of_the_code_two_zeros_are_not_compared() -> None:
    scope = builders.release("a", "2023-06-20", "2020-01..2023-05", products=["85051900"])
    rows = with_zeros({"85051900": {}}, range(2021 * 12, 2023 * 12 + 5), builders.release_table(scope), "export", "WLD")
    months = (2021 * 12 + 11, 2022 * 12, 2022 * 12 + 11, 2023 * 12)
    assert [rows["85051900"][month]["yoy_status"] for month in months] == [
        "zero_base",
        "definition_break",
        "definition_break",
        "zero_base",
    ]


def test_what_is_zero_does_not_depend_on_what_else_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"level": 5.0, "yoy_pct": None, "yoy_status": "no_base"}
    series = {CODE: {APRIL: row}, OTHER: {}, BEANS: {APRIL + 1: row}}
    releases = builders.release_table(
        builders.release("a", "2025-07-20", "2025-04..2025-06", products=["8505"]),
        builders.release("b", "2025-07-20", "2025-06", products=[BEANS]),
    )
    months = range(APRIL, APRIL + 3)
    told = with_zeros(series, months, releases, "export", "WLD")
    levels = {
        name: [rows[month]["level"] if month in rows else None for month in months] for name, rows in told.items()
    }
    assert levels == {CODE: [5, 0, 0], OTHER: [0, 0, 0], BEANS: [None, 5, 0]}
    assert [*told] == [*series]
    for at_once in (1, 2):
        monkeypatch.setattr(event_windows, "PRODUCTS_AT_ONCE", at_once)
        assert with_zeros(series, months, releases, "export", "WLD") == told


def test_the_published_table_holds_the_measures_as_of_the_day_of_the_newest_release(sample: Snapshot) -> None:
    """The sample, which came first, is newer than the query of beans that came after it."""
    events = read_table(sample, "control_event")
    columns = ("event", "state", "state_on")
    assert sorted(events.select(columns).rows()) == sorted(
        control_event(date(2026, 6, 10), "CHN").select(columns).rows()
    )
    assert events.height == len(EVERY) == 55
    # The four measures of October 2025 never came into force.
    never = events.filter(state="never_in_force")["document"].to_list()
    assert never == [f"Announcement {number} of 2025" for number in (55, 56, 57, 58)]
    row = events.filter(event=ANNOUNCEMENT_18).row(0, named=True)
    assert row["announced_on"] == date(2025, 4, 4)
    assert CODE in row["codes_unknown_share"]
    assert "free magnets share this code" in row["note"]
    assert (row["recorded"], "terbium" in row["missing"], row["page_on"]) == ("part", True, date(2025, 4, 4))
    assert {"2805301910", "2846902810"} <= {*row["codes_printed"]}
    firms = events.filter(event="mofcom-2025-1").row(0, named=True)
    assert (firms["users"], len(firms["codes_printed"])) == ("28 United States entities", 636)


@pytest.mark.parametrize(
    ("known", "new", "day"),
    [
        ({}, {"r1": "2025-04-03"}, "2025-04-03"),
        ({"r1": "2025-12-20"}, {"r2": "2025-04-03"}, "2025-12-20"),
        ({"r1": "2025-04-03"}, {"r2": "2025-12-20"}, "2025-12-20"),
        # Published before, and sent again with another day.
        ({"r1": "2025-04-03"}, {"r1": "2025-12-20"}, "2025-04-03"),
    ],
)
def test_the_state_of_the_measures_is_that_of_the_newest_release_in_any_order(
    known: dict[str, str], new: dict[str, str], day: str
) -> None:
    before, after = (
        builders.release_table(*(builders.release(name, on) for name, on in releases.items()))
        for releases in (known, new)
    )
    rows = mark_events(SimpleNamespace(release=after), SimpleNamespace(releases=before))  # type: ignore[arg-type]
    assert rows.equals(control_event(date.fromisoformat(day), "CHN"))
    assert rows.height > 0


@pytest.mark.parametrize("product", [CODE, MAGNETS, "850511", "8505", "85"])
def test_what_a_code_mixes_is_said_of_all_that_holds_it(product: str) -> None:
    assert "85051110: " in str(mixed_note(product, EVERY))
    assert holds(product, MIXED)
    assert not holds("850590", MIXED)
    assert mixed_note("basket:gallium", EVERY) is None
