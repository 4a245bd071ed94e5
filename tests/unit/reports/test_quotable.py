"""May a growth be quoted: each caveat on numbers made by hand, with one that raises it and one that just does not."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from schemas.forms.brief import Verdict
from schemas.names import CAVEATS, status
from schemas.reference.code_tables import code_table
from schemas.table import readers_schema
from tasks.domain.periods import first_day, month_end
from tasks.reports.quotable import BACK, Judge, steps_of

LAST = 2025 * 12 + 5
KG = "quantity_kg"


def metric(levels: Sequence[float | None], partner: str = "USA", **last: Any) -> pl.DataFrame:
    """Rows of the table for months that end with June 2025; growths follow from the levels, `last` overrules the last row."""
    rows = []
    for place, level in enumerate(levels):
        month = LAST - len(levels) + 1 + place
        row: dict[str, Any] = {
            "partner": partner,
            "measure": KG,
            "period": first_day(month),
            "level": level,
            "kinds": "query",
        }
        for figure, back in (("mom_pct", 1), ("yoy_pct", 12)):
            base = levels[place - back] if place >= back else None
            row[figure] = 100 * (level / base - 1) if level is not None and base else None
            row[status(figure)] = "computed"
        rows.append(row)
    rows[-1] |= last
    kinds = readers_schema("metric")
    frame = pl.DataFrame(
        rows, schema={name: kinds[name] for name in dict.fromkeys(name for row in rows for name in row)}
    )
    missing = [name for name in ("ytd", "ytd_yoy_pct", "ytd_yoy_status") if name not in frame.columns]
    return frame.with_columns(pl.lit(None, kinds[name]).alias(name) for name in missing)


def words(*told: tuple[int, str, int, int, int | None], partner_of: str = "USA") -> pl.DataFrame:
    """Rows of the ledger: months before June 2025, partner, value, resolution, and after how many days it was told."""
    rows = []
    for back, partner, value, resolution, day in told:
        month = LAST - back
        rows.append({
            "product": "85051110", "partner": partner or partner_of, "measure": KG, "value": value, "resolution": resolution,
            "period_start": first_day(month), "period_end": month_end(first_day(month)),
            "known_from": first_day(month) + timedelta(days=50 + (day or 0)), "known_until": None,
        })  # fmt: skip
    kinds = readers_schema("observation")
    names = (
        "product",
        "partner",
        "measure",
        "value",
        "resolution",
        "period_start",
        "period_end",
        "known_from",
        "known_until",
    )
    told_again = pl.col("known_from").shift(-1).over("partner", "period_start", order_by="known_from")
    return pl.DataFrame(rows, schema={name: kinds[name] for name in names}).with_columns(known_until=told_again)


def judged(frame: pl.DataFrame, told: pl.DataFrame, figure: str = "mom_pct", partner: str = "USA") -> Verdict:
    found = Judge(frame, steps_of(told), lambda: told).verdict(partner, KG, figure, date(2025, 6, 1))
    assert found is not None
    return found


def names(verdict: Verdict) -> list[str]:
    return [caveat.name for caveat in verdict.caveats]


NOTHING = words()
STEADY = [500_000.0] * 13


def test_every_caveat_has_a_limit_with_its_reason_and_a_meaning() -> None:
    rows = code_table("quotability")
    assert set(rows["caveat"]) == set(CAVEATS)
    assert rows.height == rows.select("caveat", "figure").n_unique()
    assert set(rows["figure"]) <= {*BACK, "*"}


@pytest.mark.parametrize(
    ("base", "resolution", "word"), [(99, 1, "no"), (100, 1, "yes"), (9_900, 100, "no"), (10_000, 100, "yes")]
)
def test_nearly_nothing_is_less_than_a_hundred_steps_of_the_last_digit(base: int, resolution: int, word: str) -> None:
    """46.4 t told to 0.1 t are 464 steps; 9.9 t are 99."""
    told = words((1, "USA", base, resolution, None))
    verdict = judged(metric([float(base)] * 13 + [base * 2.0]), told)
    assert verdict.word == word
    if word == "no":
        assert verdict.caveats[0].name == "nearly_nothing"
        assert verdict.caveats[0].numbers == {"base": float(base), "step": float(resolution)}


def test_an_unusually_low_base_is_one_below_a_quarter_of_the_median_before_it() -> None:
    """The real one: 353 t in June 2025 after 46.4 t in May, and 246 to 877 t in the months before."""
    usual = [500_000.0] * 6 + [600_000.0] * 6
    low = judged(metric([*usual, 46_400.0, 353_000.0]), NOTHING)
    assert names(low) == ["low_base"]
    assert low.caveats[0].numbers == {"base": 46_400.0, "usual": 550_000.0}
    assert judged(metric([*usual, 137_500.0, 353_000.0]), NOTHING).word == "yes"
    # Of five months nobody knows what is usual.
    assert judged(metric([*usual[:5], 46_400.0, 353_000.0]), NOTHING).word == "yes"


def test_a_base_a_year_before_is_judged_by_the_months_before_it() -> None:
    year = [500_000.0] * 12 + [90_000.0] + [500_000.0] * 12
    assert names(judged(metric(year), NOTHING, "yoy_pct")) == ["low_base"]
    assert judged(metric(year), NOTHING, "mom_pct").word == "yes"


def test_a_series_that_turns_every_month_is_no_trend() -> None:
    zigzag = [500.0, 600.0] * 4
    assert [(one.name, one.numbers) for one in judged(metric(zigzag), NOTHING).caveats] == [
        ("sign_flips", {"flips": 5.0})
    ]
    # One turn less, and a month without change, which has no sign.
    assert judged(metric([*zigzag[:-2], 600.0, 700.0]), NOTHING).word == "yes"


def test_a_growth_no_larger_than_what_was_revised_before_is_noise() -> None:
    """April was told as 500 t and is 520 t now: 4 %. A growth of 3 % may be gone with the next release, one of 10 % may not."""
    told = words(
        (2, "USA", 500_000, 1, None), (2, "USA", 520_000, 1, 30), (1, "USA", 500_000, 1, None), (0, "USA", 0, 1, None)
    )
    small = judged(metric([*STEADY, 515_000.0]), told)
    assert [(one.name, one.numbers) for one in small.caveats] == [
        ("revision_noise", {"largest": pytest.approx(4.0), "revised": 1.0, "months": 3.0})
    ]
    assert judged(metric([*STEADY, 550_000.0]), told).word == "yes"
    # What the last printed digit left open is no revision: 500 t to the tonne, and then the same to the kilogram.
    rounded = words((2, "USA", 500_000, 1_000, None), (2, "USA", 500_400, 1, 30))
    assert judged(metric([*STEADY, 500_100.0]), rounded).word == "yes"


def test_the_noise_of_the_world_is_that_of_its_partners_where_nobody_prints_the_world() -> None:
    told = words(
        (2, "USA", 300_000, 1, None),
        (2, "USA", 330_000, 1, 30),
        (2, "JPN", 200_000, 1, None),
        (2, "JPN", 190_000, 1, 30),
    )
    frame = metric([*STEADY, 515_000.0], "WLD")
    (noise,) = judged(frame, told, partner="WLD").caveats
    assert noise.numbers["largest"] == pytest.approx(4.0)
    own = pl.concat([told, words((2, "WLD", 500_000, 1, None))])
    assert judged(frame, own, partner="WLD").word == "yes"


def test_more_than_one_kind_of_release_and_a_base_that_nobody_prints_are_told() -> None:
    frame = metric([*STEADY, 510_000.0], kinds="published+query", yoy_status="implied_base", yoy_pct=-38.1)
    assert names(judged(frame, NOTHING, "yoy_pct")) == ["coverage", "implied_base"]
    assert names(judged(frame, NOTHING, "mom_pct")) == ["coverage"]
    assert judged(frame, NOTHING).word == "care"


def test_a_base_that_is_only_implied_is_measured_by_what_it_implies() -> None:
    """3,188 t and +660 % imply a base of 419 t; no row tells it."""
    frame = metric([None] * 12 + [None, 3_188_000.0], mom_pct=660.0, mom_status="implied_base")
    told = words((1, "USA", 0, 10_000, None))
    (first, second) = judged(frame, told).caveats
    assert first.name == "nearly_nothing"
    assert first.numbers["base"] == pytest.approx(3_188_000 / 7.6)
    assert second.name == "implied_base"
