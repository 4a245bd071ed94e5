"""What is judged of numbers made by hand or drawn: may a growth be quoted, what was a month expected to be, why do two
sides differ."""

import math
import random
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from schemas.table import readers_schema
from tasks.analysis.ground.judged import KEYS, of_rows
from tasks.analysis.mirror.verdicts import REASONS, judge
from tasks.analysis.reporter import expectation
from tasks.analysis.reporter.expectation import METHOD, Model, expectation_rows, new_year_share, watched, window
from tasks.analysis.reporter.movers import StoreState
from tasks.domain.periods import first_day, month_number
from tasks.ledger.quotable import VERDICTS


def test_no_rows_have_no_verdicts_and_read_nothing() -> None:
    nothing = pl.DataFrame(schema=dict.fromkeys(KEYS, pl.String))
    assert of_rows(nothing, None).columns == ["flow", *VERDICTS]  # type: ignore[arg-type]  # no state is read


FIRST = month_number(date(2014, 1, 1))
SERIES, LENGTH = 20, 97


class Drawn(NamedTuple):
    """Levels, the logarithm that each month is expected to have by all before it, and the usual error of that."""

    levels: list[float]
    expected: list[float]
    noise: float


def drawn(seed: int, length: int = LENGTH) -> Drawn:
    """Levels with a trend, a season, a Lunar New Year and errors of which half goes over to the next month."""
    draw = np.random.default_rng(seed)
    season, holiday, trend, noise = (
        draw.normal(0, 0.25, 12),
        -draw.uniform(0.1, 0.6),
        draw.normal(0, 0.004),
        draw.uniform(0.04, 0.3),
    )
    error, found = 0.0, Drawn([], [], noise)
    for place in range(length):
        month = FIRST + place
        found.expected.append(14 + season[month % 12] + holiday * new_year_share(month) + trend * place + 0.5 * error)
        new = draw.normal(0, noise)
        found.levels.append(math.exp(found.expected[-1] + new))
        error = 0.5 * error + new
    return found


def shuffled(levels: list[float], seed: int) -> list[float]:
    """The same with each month of the year dealt to the years anew: the season stays, and nothing unusual has a place
    in time."""
    draw, found = np.random.default_rng(seed), [*levels]
    for of_year in range(12):
        places = [*range(of_year, len(levels), 12)]
        for place, other in zip(places, draw.permutation(places), strict=True):
            found[place] = levels[other]
    return found


def judged(levels: list[float], place: int) -> dict[str, Any]:
    return expectation._judged({FIRST + one: level for one, level in enumerate(levels)}, FIRST + place, None)


def test_it_fires_on_few_months_of_shuffled_seasons_and_finds_planted_shocks() -> None:
    fired, found, inside, months = 0, 0, 0, 0
    for seed in range(SERIES):
        series = drawn(seed)
        dealt = shuffled(series.levels, seed)
        for place in range(48, LENGTH, 7):
            row = judged(dealt, place)
            fired += row["unusual"]
            inside += row["low"] <= row["level"] <= row["high"]
            months += 1
            # The usual error of an expectation by so many months: that of the drawn series, not that which the model
            # finds.
            model, row = Model(FIRST, series.levels[:place]), judged(series.levels, place)
            usual = series.noise * model.ahead(FIRST + place)[1] / math.sqrt(model.fit.scale)
            for sign in (-1, 1):
                shock = math.exp(series.expected[place] + sign * 3 * usual)
                found += not row["unusual_low"] <= shock <= row["unusual_high"]
    assert fired / months <= 0.05
    assert fired > 0, "a mark that never fires says nothing"
    assert found / (2 * months) >= 0.9
    assert 0.7 < inside / months < 0.9


def test_an_expectation_rests_on_the_months_before_alone() -> None:
    levels = drawn(1).levels
    row = judged(levels, 60)
    other = judged([*levels[:60], levels[60] * 9, *levels[61:]], 60)
    same = ("expected", "low", "high", "unusual_low", "unusual_high", "fired_pct", "window_start", "months")
    assert {name: row[name] for name in same} == {name: other[name] for name in same}
    assert judged(levels[:61], 60) == row
    assert (row["window_start"], row["months"], row["method"]) == (date(2014, 1, 1), 60, METHOD)
    assert row["version"].startswith("statsmodels ")


def test_its_own_past_is_what_it_said_in_those_months() -> None:
    levels = drawn(3, 84).levels
    past = Model(FIRST, levels).past()
    assert past == [judged(levels, place)["unusual"] for place in range(36, 84)]
    levels[50] *= 5
    assert Model(FIRST, levels).past()[50 - 36]


def test_the_season_and_a_holiday_that_moves_are_taken_out() -> None:
    """A season and a holiday without anything else: what is left is the trend."""
    levels = [
        math.exp(
            10
            + 0.3 * math.sin(month % 12)
            - 0.5 * new_year_share(month)
            + 0.002 * (month - FIRST)
            + 0.001 * (month * 7 % 5)
        )
        for month in range(FIRST, FIRST + 80)
    ]
    for place in range(60, 80):
        row = judged(levels, place)
        assert row["seasonally_adjusted_mom_pct"] == pytest.approx(0.2, abs=0.8)
    raw = [abs(math.log(levels[place] / levels[place - 1])) for place in range(60, 80)]
    assert max(raw) > 0.2
    days = [date.fromisoformat(day) for day in code_table("lunar_new_year")["day"]]
    assert (min(days), max(days), len(days)) == (date(1990, 1, 27), date(2035, 2, 8), 46)
    assert all((1, 21) <= (day.month, day.day) <= (2, 20) for day in days)
    # The days around 17 February 2026: none in January, seven and twelve in February, two in March.
    assert expectation.days_share(month_number(date(2026, 2, 1))) == pytest.approx(19 / 21)


@pytest.mark.parametrize(
    ("broken", "place", "status", "months"),
    [
        ({}, 35, "too_few_months", 35),
        ({}, 36, "expected", 36),
        ({20: None}, 40, "gap", 19),
        ({20: None}, 60, "expected", 39),
        ({20: 0.0}, 40, "zero", 19),
        ({40: None}, 40, "expected", 40),
        ({40: 0.0}, 40, "expected", 40),
    ],
)
def test_what_has_too_few_months_says_why(
    broken: dict[int, float | None], place: int, status: str, months: int
) -> None:
    levels: list[Any] = [*drawn(5).levels]
    for at, level in broken.items():
        levels[at] = level
    row = judged(levels, place)
    assert (row["status"], row["months"], "expected" in row) == (status, months, status == "expected")
    assert row.get("unusual") is (
        None if status != "expected" or levels[place] is None else row["level"] == 0.0 or row["unusual"]
    )


def stepping(length: int, *changes: tuple[int, float]) -> list[float]:
    """Levels that stay the same but for some places."""
    levels = [5000.0] * length
    for place, level in changes:
        levels[place] = level
    return levels


@pytest.mark.parametrize(
    "levels",
    [
        stepping(37),
        stepping(38),
        stepping(61),
        stepping(97),
        stepping(61, (60, 7000.0)),
        stepping(61, (59, 7000.0)),
        [5000.0, 6000.0] * 30 + [5000.0],
        [1000.0 + place % 12 for place in range(61)],
        [1000.0 * 2**place for place in range(50)],
        [math.exp(place * place / 400) for place in range(61)],
        [math.exp(35 * place + 0.2 * place * (-1) ** place) for place in range(-20, 21)],
    ],
)
def test_months_that_determine_no_regression_say_so(levels: list[float]) -> None:
    """Levels that stay the same, repeat each year, double each month, or grow so fast that no number holds the next."""
    row = judged(levels, len(levels) - 1)
    assert (row["status"], row["months"]) == ("not_determined", len(levels) - 1)
    assert not {"expected", "low", "unusual", "fired_pct", "seasonally_adjusted"} & {*row}


def test_a_series_that_stayed_the_same_is_judged_from_where_its_months_vary() -> None:
    levels = [5000.0] * 40 + drawn(5).levels[:56]
    row = judged(levels, 95)
    # Not before the 37th month, and not before the months that repeat leave the season to be seen.
    assert (row["status"], row["months"]) == ("expected", 95)
    assert 0 < row["judged_months"] < 95 - 40
    past = Model(FIRST, levels[:95]).past()
    assert past == [judged(levels, place)["unusual"] for place in range(95 - len(past), 95)]
    assert judged(levels, 95 - len(past) - 1)["status"] == "not_determined"


def test_a_month_below_zero_has_an_expectation_and_no_logarithm() -> None:
    levels = [*drawn(5).levels[:60], -3.0]
    row = judged(levels, 60)
    assert (row["status"], row["unusual"], "seasonally_adjusted" in row) == ("expected", True, False)


@pytest.mark.filterwarnings("error")
def test_a_series_that_determines_nothing_leaves_the_rows_of_the_others() -> None:
    series = {"1201": stepping(61), "2701": drawn(5).levels[:61], "8505": [0.0] * 61, "9999": [7.0]}
    rows = [
        {"product": product, "measure": "value_usd", "period": first_day(FIRST + place), "level": level}
        for product, levels in series.items()
        for place, level in enumerate(levels, start=61 - len(levels))
    ]
    frame = pl.DataFrame(rows).with_columns(comparable_from=pl.lit(None, dtype=pl.Date))

    def read(table: str, keep: Any = None, where: Any = None, columns: Sequence[str] = ()) -> pl.DataFrame:
        now = frame.filter(period=first_day(FIRST + 60)) if table == "metric" else frame
        return now.select(columns) if columns else now

    state = StoreState(read, None)  # type: ignore[arg-type]
    state.reporter = "CHN"
    found = expectation_rows(state, "export", [FIRST + 60])
    # A measure without any number is another unit.
    assert dict(found.select("product", "status").iter_rows()) == {
        "1201": "not_determined",
        "2701": "expected",
        "9999": "too_few_months",
    }


def test_a_change_of_definition_ends_the_window() -> None:
    levels, since = {FIRST + one: level for one, level in enumerate(drawn(5).levels)}, date(2016, 1, 1)
    assert window(levels, FIRST + 59, since)[::2] == (FIRST + 24, "definition_break")
    assert window(levels, FIRST + 60, since)[::2] == (FIRST + 24, "expected")
    assert (
        window({month: level for month, level in levels.items() if month >= FIRST + 24}, FIRST + 59, since)[2]
        == "too_few_months"
    )


def test_the_codes_above_all_others_and_what_is_watched_are_followed() -> None:
    there = ["85", "8505", "85051110", "28053012", "basket:gallium", "line:rare_earths", "1201"]
    follow = {"1201", "28053012", "85", "basket:gallium", "line:rare_earths"}
    assert watched(there, there, "CHN", "export") == follow
    # A chapter of which a file has some codes alone is there, and not known.
    known = [one for one in there if one != "85"]
    assert watched(there, known, "CHN", "export") == follow - {"85"} | {"8505"}


def test_nothing_is_said_of_a_store_without_figures() -> None:
    kinds = readers_schema("metric")
    state = StoreState(
        lambda table, keep, where, columns=("product", "measure", "period", "level"): pl.DataFrame(
            schema={name: kinds[name] for name in columns}
        ),
        None,
    )  # type: ignore[arg-type]
    assert expectation_rows(state, "export", [FIRST]).is_empty()


NUMBERS = ("export_kg", "import_kg", "export_value", "import_value", "hub_kg", "hub_value")


def statuses(row: dict[str, Any]) -> dict[str, str | None]:
    """Why a figure is missing: not_covered, where the row names no other reason."""
    places = [f"{side}_{what}" for side in ("export", "import") for what in ("kg", "value")]
    return {
        f"{place}_status": None if row.get(place) is not None else row.get(f"{place}_status", "not_covered")
        for place in places
    }


def pair_of(rows: list[dict[str, Any]], margin: float | None = 6.65) -> pl.DataFrame:
    """Rows of one pair from January 2024 on, a dictionary a month."""
    every = [
        {
            "period": date(2024 + number // 12, number % 12 + 1, 1),
            "product": "850511",
            "exporter": "CHN",
            "importer": "DEU",
        }
        | {name: row.get(name) for name in NUMBERS}
        | {"margin_pct": row.get("margin_pct", margin)}
        | statuses(row)
        for number, row in enumerate(rows)
    ]
    return pl.DataFrame(every, schema_overrides=dict.fromkeys([*NUMBERS, "margin_pct"], pl.Float64))


def judged_month(**of: Any) -> dict[str, Any]:
    return judge(pair_of([of])).row(0, named=True)


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        ({"export_kg": 100, "import_kg": 108, "export_value": 1000, "import_value": 1070}, "agrees"),
        ({"export_kg": 100, "import_kg": 115, "export_value": 1000, "import_value": 1230}, "lag"),
        ({"export_kg": 100, "import_kg": 40, "export_value": 1000, "import_value": 420}, "lag"),
        # A month alone says nothing of goods under way where it is a fraction of the other side's, or many times as
        # much, however alike the prices are.
        ({"export_kg": 6000, "import_kg": 100, "export_value": 60_000, "import_value": 1070}, "unexplained"),
        ({"export_kg": 100, "import_kg": 2500, "export_value": 1000, "import_value": 26_700}, "unexplained"),
        ({"export_kg": 100, "import_kg": 100, "export_value": 1000, "import_value": 1250}, "margin"),
        ({"export_kg": 100, "import_kg": 100, "export_value": 1000, "import_value": 2000}, "unexplained"),
        ({"export_kg": 100, "import_kg": 100}, "agrees"),
        ({"export_value": 1000, "import_value": 1066.5}, "agrees"),
        ({"export_value": 1000, "import_value": 1066.5, "margin_pct": None}, "not_comparable"),
        ({"export_kg": 100, "import_value": 1000}, "not_comparable"),
        ({"export_kg": 100, "import_value": 1000, "import_kg_status": "units_differ"}, "units_differ"),
        ({"export_kg": 100, "export_value": 1000, "import_value": 700, "import_kg_status": "weight_estimated"},
            "weight_estimated"),
        ({"export_kg": 100, "export_value": 1000, "import_value": 1066, "import_kg_status": "weight_estimated"},
            "agrees"),
        ({"export_kg": 100, "export_value": 1000, "import_value_status": "suppressed"}, "suppressed"),
        ({"import_kg": 100, "export_value_status": "nomenclature"}, "nomenclature"),
        ({"export_kg": 100, "export_value": 1000}, "not_covered"),
        ({"import_kg": 100}, "not_covered"),
        ({"export_kg": 100, "import_kg": 160, "export_value": 1000, "import_value": 2000, "hub_kg": 60}, "hub"),
        ({"export_kg": 100, "import_kg": 160, "export_value": 1000, "import_value": 2000, "hub_kg": 59}, "unexplained"),
        ({"export_kg": 100, "import_kg": 160, "hub_kg": 60}, "hub"),
        # 60 kg at the hubs are worth 600 or, at their own price of 30 a kilogram, 1,800.
        ({"export_kg": 100, "import_kg": 160, "export_value": 1000, "import_value": 3000, "hub_kg": 60}, "unexplained"),
        (
            {"export_kg": 100, "import_kg": 160, "export_value": 1000, "import_value": 3000, "hub_kg": 60}
            | {"hub_value": 1800},
            "hub",
        ),
        # Goods of 150 and of 1,806 a kilogram are other goods, whichever side has the dear ones.
        (
            {"export_kg": 10, "import_kg": 100, "export_value": 1500, "import_value": 180_600}
            | {"hub_kg": 900, "hub_value": 135_000},
            "unexplained",
        ),
        (
            {"export_kg": 10, "import_kg": 100, "export_value": 18_060, "import_value": 15_000}
            | {"hub_kg": 900, "hub_value": 1_625_400},
            "unexplained",
        ),
        # The weights agree: no goods are missing that could have passed through.
        ({"export_kg": 100, "import_kg": 105, "export_value": 1000, "import_value": 3000, "hub_kg": 60}, "unexplained"),
        ({"export_kg": 0, "import_kg": 0}, "agrees"),
        ({"export_value": 1000, "import_value": 1030, "margin_pct": 0}, "agrees"),
        ({"export_value": 1000, "import_value": 1100, "margin_pct": 0}, "unexplained"),
    ],
)  # fmt: skip
def test_a_month_alone(of: dict[str, Any], reason: str) -> None:
    assert judged_month(**of)["reason"] == reason
    assert reason in REASONS


def test_the_importers_value_becomes_an_interval_free_on_board() -> None:
    row = judged_month(export_value=1000, import_value=1086.5)
    assert row["fob_low"] == pytest.approx(1000)
    assert row["fob_high"] == pytest.approx(1086.5 / 1.0465)
    assert (
        judged_month(import_value=100, margin_pct=0.0)["fob_low"]
        == judged_month(import_value=100, margin_pct=0.0)["fob_high"]
        == 100
    )


def test_goods_under_way_show_in_sums_of_three_months_and_tell_their_lag() -> None:
    sold = [100, 900, 40, 700, 300, 20, 810, 60, 500, 90]
    rows = [{"export_kg": now, "import_kg": before} for now, before in zip(sold, [10, *sold[:-1]], strict=True)]
    found = judge(pair_of(rows))
    assert found["reason"][1:-2].to_list() == ["lag"] * 7
    assert found["lag"][2:-2].to_list() == [1] * 6
    # A month beside that is not known leaves the sum open; nothing is guessed.
    rows[4]["import_kg"] = None
    assert judge(pair_of(rows))["lag"][4] is None


@pytest.mark.parametrize(
    "rows",
    [
        # Weights that agree and values that do not are no lag.
        [{"export_kg": 100 + number, "import_kg": 101 + number, "export_value": 1000, "import_value": 400}
            for number in range(9)],
        # Of three months one sum is whole: 100 + 900 + 40 and 1,000 + 20 + 5 agree by chance, and the price says other
        # goods.
        [{"export_kg": a, "import_kg": b, "export_value": a * 10, "import_value": b * 90}
            for a, b in ((100, 1000), (900, 20), (40, 5))],
    ],
)  # fmt: skip
def test_one_sum_that_fits_and_values_that_do_not_tell_no_lag(rows: list[dict[str, Any]]) -> None:
    found = judge(pair_of(rows))
    assert {*found["reason"]} == {"unexplained"}
    assert len(rows) > 3 or found["lag"].null_count() == 3


@pytest.mark.parametrize("side", ["export", "import"])
@pytest.mark.parametrize("others", [None, 0.0])
def test_a_sum_that_is_not_known_fits_nothing(side: str, others: float | None) -> None:
    """One side traded in one month of 25, and what it did in the others is not known, or nothing; the other has 0 in
    all of them."""
    other = "import" if side == "export" else "export"
    rows = [{f"{other}_{of}": 0.0 for of in ("kg", "value")} for _ in range(25)]
    for number, of in enumerate(rows):
        of |= {f"{side}_kg": 50_000.0 if number == 12 else others, f"{side}_value": 9e5 if number == 12 else others}
    found = judge(pair_of(rows))
    assert found.row(12, named=True)["reason"] == "unexplained"
    assert found["lag"].null_count() == 25
    assert {*found["reason"]} == {"unexplained", "not_covered" if others is None else "agrees"}


def test_one_shipment_among_months_without_trade_tells_its_lag() -> None:
    rows = [{"export_kg": 0.0, "import_kg": 0.0} for _ in range(25)]
    rows[12]["export_kg"], rows[13]["import_kg"] = 50_000.0, 49_000.0
    found = judge(pair_of(rows))
    assert found["lag"][12] == 1
    assert found["reason"].to_list() == [*["agrees"] * 12, "lag", "lag", *["agrees"] * 11]
    # Of another size it is no shipment of these goods.
    rows[13]["import_kg"] = 30_000.0
    assert judge(pair_of(rows))["reason"][12:14].to_list() == ["unexplained"] * 2


CAUSES = ("agrees", "lag", "margin", "hub", "weight_estimated", "units_differ", "suppressed", "unexplained")


def drawn_pair(cause: str, draw: random.Random) -> list[dict[str, Any]]:
    """Two years of a pair with one cause: every shipment is known, and what each side writes down follows from it."""
    sold = [draw.uniform(50, 1500) for _ in range(24)]
    price, freight = draw.uniform(5, 60), draw.uniform(1.055, 1.08)
    rows = []
    for number, mass in enumerate(sold):
        # A shipment of the month before arrives now; the first one is not known.
        arrived = sold[max(number - 1, 0)] if cause == "lag" else mass
        through = draw.uniform(0.3, 0.9) * mass if cause == "hub" else 0.0
        wrong = draw.choice((0.35, 0.5, 1.8, 2.6)) if cause == "unexplained" else 1.0
        dear = draw.uniform(1.14, 1.2) if cause == "margin" else 1.0
        weighed = (arrived + through) * draw.uniform(0.985, 1.015)
        rows.append(
            {
                "export_kg": mass,
                "export_value": mass * price,
                "import_kg": weighed * (1.0 if cause != "unexplained" else wrong),
                "import_value": weighed * price * freight * dear * (wrong**2 if cause == "unexplained" else 1),
                "hub_kg": through * 1.2,
                "hub_value": through * price * 1.2,
            }
        )
        if cause in ("weight_estimated", "units_differ"):
            # The value is of other goods, or of other days, and no weight tells.
            value = rows[-1]["import_value"] * draw.choice((0.3, 0.5, 1.8, 2.6))
            rows[-1] |= {"import_kg": None, "import_kg_status": cause, "import_value": value}
        if cause == "suppressed":
            rows[-1] |= dict.fromkeys(("import_kg", "import_value")) | dict.fromkeys(
                ("import_kg_status", "import_value_status"), cause
            )
    return rows


@pytest.mark.parametrize("cause", CAUSES)
def test_the_cause_of_a_drawn_world_is_found(cause: str) -> None:
    found: list[str] = []
    for seed in range(20):
        # The first months and the last have no whole sums beside them.
        found += judge(pair_of(drawn_pair(cause, random.Random(seed))))["reason"][2:-3].to_list()
    assert len(found) == 20 * 19
    # A shipment that hides in the tolerance of a month agrees, which is no wrong certainty.
    right = {"lag": {"lag", "agrees"}}.get(cause, {cause})
    share = sum(reason in right for reason in found) / len(found)
    others = {reason for reason in found if reason not in right}
    assert share >= 0.95, f"{cause}: {share:.1%} found; others {others}"
    assert others <= {"unexplained"}, f"{cause}: a wrong certainty, {others}"
