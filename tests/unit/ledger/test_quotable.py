"""May a growth be quoted, of numbers made by hand: each caveat at its limit, and on the other side of it."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from schemas.names import CAVEATS, status
from schemas.reference.code_tables import code_table
from schemas.table import readers_schema
from tasks.domain.doubt.verdict_words import verdict_of
from tasks.domain.periods import first_day, month_end
from tasks.ledger.quotable import BACK, steps_of, verdicts

LAST = 2025 * 12 + 5
KG, CODE = "quantity_kg", "85051110"


def metric(levels: Sequence[float | None], partner: str = "USA", **last: Any) -> pl.DataFrame:
    """Rows of the table for months that end with June 2025; growths follow from the levels, `last` overrules the last
    row."""
    rows = []
    for place, level in enumerate(levels):
        period = first_day(LAST - len(levels) + 1 + place)
        row: dict[str, Any] = {"product": CODE, "partner": partner, "measure": KG, "period": period}
        row |= {"level": level, "kinds": "query"}
        for figure, back in (("mom_pct", 1), ("yoy_pct", 12)):
            base = levels[place - back] if place >= back else None
            row[figure] = 100 * (level / base - 1) if level is not None and base else None
            row[status(figure)] = "computed"
        rows.append(row)
    rows[-1] |= last
    kinds = readers_schema("metric")
    names = (*rows[-1], "ytd", "ytd_yoy_pct", "ytd_yoy_status")
    return pl.DataFrame(
        [{name: row.get(name) for name in names} for row in rows], {name: kinds[name] for name in names}
    )


def words(*told: tuple[int, str, int, int, int]) -> pl.DataFrame:
    """Rows of the ledger: months before June 2025, partner, value, resolution, and after how many days it was told."""
    rows = []
    for back, partner, value, resolution, day in told:
        month = first_day(LAST - back)
        rows.append(
            {
                "product": "85051110",
                "partner": partner,
                "measure": KG,
                "value": value,
                "resolution": resolution,
                "period_start": month,
                "period_end": month_end(month),
                "known_from": month + timedelta(days=50 + day),
                "known_until": None,
            }
        )
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
    return pl.DataFrame(rows, {name: kinds[name] for name in names}).with_columns(known_until=told_again)


def test_every_caveat_has_a_limit_with_its_reason_and_a_meaning() -> None:
    rows = code_table("quotability")
    assert set(rows["caveat"]) == set(CAVEATS)
    assert rows.height == rows.select("caveat", "figure").n_unique()
    assert set(rows["figure"]) <= {*BACK, "*"}


STEADY, USUAL = [500_000.0] * 13, [500_000.0] * 6 + [600_000.0] * 6
ZIGZAG = [500.0, 600.0] * 4
APRIL = ((2, "USA", 500_000, 1, 0), (2, "USA", 520_000, 1, 30), (1, "USA", 500_000, 1, 0), (0, "USA", 0, 1, 0))
PARTS = ((2, "USA", 300_000, 1, 0), (2, "USA", 330_000, 1, 30), (2, "JPN", 200_000, 1, 0), (2, "JPN", 190_000, 1, 30))
NO, CARE, YES = "no", "care", "yes"


@pytest.mark.parametrize(
    ("frame", "told", "figure", "word", "caveats"),
    [
        # 46.4 t told to 0.1 t are 464 steps; 9.9 t are 99, less than a hundred steps of the last digit.
        *((metric([base] * 13 + [base * 2]), ((1, "USA", int(base), step, 0),), "mom_pct", word,
            {"nearly_nothing": {"base": base, "step": step}} if word == NO else {})
            for base, step, word in ((99.0, 1, NO), (100.0, 1, YES), (9_900.0, 100, NO), (10_000.0, 100, YES))),
        # The real one: 353 t in June 2025 after 46.4 t in May, and 246 to 877 t in the months before; a quarter of the
        # median is usual.
        (metric([*USUAL, 46_400.0, 353_000.0]), (), "mom_pct", CARE,
            {"low_base": {"base": 46_400.0, "usual": 550_000.0}}),
        (metric([*USUAL, 137_500.0, 353_000.0]), (), "mom_pct", YES, {}),
        # Of five months nobody knows what is usual.
        (metric([*USUAL[:5], 46_400.0, 353_000.0]), (), "mom_pct", YES, {}),
        # A base a year before is judged by the months before it.
        (metric([*STEADY[1:], 90_000.0, *STEADY[1:]]), (), "yoy_pct", CARE,
            {"low_base": {"base": 90_000.0, "usual": 500_000.0}}),
        (metric([*STEADY[1:], 90_000.0, *STEADY[1:]]), (), "mom_pct", YES, {}),
        # A series that turns every month is no trend; one turn less, and a month without change, which has no sign.
        (metric(ZIGZAG), (), "mom_pct", CARE, {"sign_flips": {"flips": 5.0}}),
        (metric([*ZIGZAG[:-2], 600.0, 700.0]), (), "mom_pct", YES, {}),
        # April was told as 500 t and is 520 t now: 4 %. A growth of 3 % may be gone with the next release, one of 10 %
        # may not.
        (metric([*STEADY, 515_000.0]), APRIL, "mom_pct", CARE,
            {"revision_noise": {"largest": 4.0, "revised": 1.0, "months": 3.0}}),
        (metric([*STEADY, 550_000.0]), APRIL, "mom_pct", YES, {}),
        # What the last printed digit left open is no revision: 500 t to the tonne, and then the same to the kilogram.
        (metric([*STEADY, 500_100.0]), ((2, "USA", 500_000, 1_000, 0), (2, "USA", 500_400, 1, 30)), "mom_pct", YES, {}),
        # The noise of the world is that of its partners where nobody prints the world.
        (metric([*STEADY, 515_000.0], "WLD"), PARTS, "mom_pct", CARE,
            {"revision_noise": {"largest": 4.0, "revised": 1.0, "months": 1.0}}),
        (metric([*STEADY, 515_000.0], "WLD"), (*PARTS, (2, "WLD", 500_000, 1, 0)), "mom_pct", YES, {}),
        (metric([*STEADY, 510_000.0], kinds="published+query", yoy_status="implied_base", yoy_pct=-38.1), (), "yoy_pct",
            CARE, {"coverage": {"kinds": 2.0}, "implied_base": {}}),
        (metric([*STEADY, 510_000.0], kinds="published+query"), (), "mom_pct", CARE, {"coverage": {"kinds": 2.0}}),
        # 3,188 t and +660 % imply a base of 419 t; no row tells it, so it is measured by what it implies.
        (metric([None] * 13 + [3_188_000.0], mom_pct=660.0, mom_status="implied_base"), ((1, "USA", 0, 10_000, 0),),
            "mom_pct", NO, {"nearly_nothing": {"base": 3_188_000 / 7.6, "step": 10_000.0}, "implied_base": {}}),
    ],
)  # fmt: skip
def test_a_growth_is_told_with_what_keeps_it_from_being_quoted(
    frame: pl.DataFrame, told: tuple[Any, ...], figure: str, word: str, caveats: dict[str, dict[str, float]]
) -> None:
    rows = words(*told)
    last = frame.filter(period=date(2025, 6, 1))
    [row] = verdicts(last, frame, steps_of(rows, [CODE]), lambda _: rows, [figure]).to_dicts()
    found = verdict_of(row)
    assert (found.answer, [caveat.name for caveat in found.caveats]) == (word, [*caveats])
    for caveat in found.caveats:
        assert caveat.numbers == pytest.approx(caveats[caveat.name])
