"""Each metric by hand: its value, and its status where there is none."""

from typing import Any

import polars as pl
import pytest

from schemas.figures import Figure
from schemas.names import FIGURES
from schemas.names import status as status_column
from tasks.metrics.figures.figures import (
    FIGURES_OF,
    contribution,
    expressions_of,
    growth,
    of_consumption,
    rank,
    share,
    with_figures,
)
from tasks.metrics.levels.names import STATUS

NAMED = {number: name for name, number in STATUS.items()}
LEVEL = {"level": 150, "level_status": "reported"}
BASE = {"before_level": 100, "before_level_status": "reported"}


def frame_of(row: dict[str, Any]) -> pl.DataFrame:
    row = {name: STATUS[value] if isinstance(value, str) else value for name, value in row.items()}
    kinds = {"status": pl.UInt8, "total": pl.Boolean, "consumption": pl.Boolean}
    return pl.DataFrame([row], schema={name: kinds.get(name.rpartition("_")[2], pl.Int64) for name in row})


def made(figure: tuple[pl.Expr, pl.Expr], row: dict[str, Any]) -> tuple[Any, str]:
    value, why = frame_of(row).select(figure[0].alias("value"), figure[1].alias("why")).row(0)
    return value, NAMED[why]


MADE = {
    "growth": growth("level", "before_level"),
    "printed growth": growth("level", "before_level", "printed_yoy"),
    "contribution": contribution("level", "before_level", "world"),
    "share": share("level", "world"),
    "of_consumption": of_consumption("level", "consumption_level"),
    "rank": rank("level", "place_by_level"),
}
NOT_COVERED, OTHER_UNIT, COMBINED = (None, "not_covered"), (None, "other_unit"), (None, "combined_months")
UNKNOWN = {"level": None, "level_status": "other_unit"}
TOGETHER = {"before_level": None, "before_level_status": "combined_months"}


@pytest.mark.parametrize(
    ("figure", "row", "expected"),
    [
        ("growth", {}, (50, "computed")),
        ("growth", {"level": 0}, (-100, "computed")),
        ("growth", {"before_level": 0}, (None, "zero_base")),
        ("growth", {"before_level": None}, (None, "no_base")),
        ("growth", TOGETHER, COMBINED),
        ("growth", UNKNOWN, OTHER_UNIT),
        ("growth", {"level": None, "level_status": "not_covered", "before_level": None}, NOT_COVERED),
        # A printed growth counts where the base is not known: a printed 27.9 % is 27.9 and not 27.900000000000002.
        ("printed growth", {"printed_yoy": 5050}, (50, "computed")),
        ("printed growth", {"before_level": None, "printed_yoy": 2790}, (27.9, "implied_base")),
        ("printed growth", {"before_level": None, "printed_yoy": None}, (None, "no_base")),
        ("printed growth", {"before_level": 0, "printed_yoy": 5050}, (None, "zero_base")),
        ("contribution", {"world": 500}, (10, "computed")),
        ("contribution", {"world": 0}, (None, "zero_base")),
        ("contribution", {"world": None}, (None, "no_world_total")),
        ("contribution", {"world": 500, "before_level": None}, (None, "no_base")),
        ("contribution", TOGETHER | {"world": 500}, COMBINED),
        ("contribution", UNKNOWN | {"world": 500}, OTHER_UNIT),
        ("share", {"world": 600}, (25, "computed")),
        ("share", {"world": 0}, (None, "zero_base")),
        ("share", {"world": None}, (None, "no_world_total")),
        ("share", UNKNOWN | {"world": 600}, OTHER_UNIT),
        ("of_consumption", {"is_of_consumption": True, "consumption_level": 300}, (50, "computed")),
        ("of_consumption", {"is_of_consumption": True, "consumption_level": 0}, (None, "zero_base")),
        ("of_consumption", {"is_of_consumption": True, "consumption_level": None}, (None, "no_base")),
        ("of_consumption", {"is_of_consumption": False, "consumption_level": 300}, (None, "not_applicable")),
        ("of_consumption", UNKNOWN | {"is_of_consumption": True, "consumption_level": 300}, OTHER_UNIT),
        ("rank", {"place_by_level": 3}, (3, "computed")),
        ("rank", {"is_total": True}, (None, "not_applicable")),
        ("rank", {"level": 0}, (None, "not_applicable")),
        ("rank", UNKNOWN, OTHER_UNIT),
        ("rank", {}, NOT_COVERED),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else None,
)
def test_a_figure_and_why_there_is_none(figure: str, row: dict[str, Any], expected: tuple[Any, str]) -> None:
    assert made(MADE[figure], {"place_by_level": None, "is_total": False} | LEVEL | BASE | row) == expected


def test_every_metric_of_the_table_has_its_entry() -> None:
    assert {figure.name for figure in FIGURES_OF} == {*FIGURES} - {"level", "highest_since", "lowest_since"}


def cut(changed: int | None, **row: Any) -> dict[str, Any]:
    """Every metric of June 2025 where the series has meant something else before the month `changed`."""
    june = 2025 * 12 + 5
    roots = {
        name
        for figure in FIGURES_OF
        for part in (figure.value, figure.status, figure.first)
        for name in part.meta.root_names()
    }
    plain: dict[str, Any] = {name: STATUS["reported"] if name.endswith("_status") else 100 for name in roots} | {
        "is_total": False,
        "is_of_consumption": True,
    }
    plain |= {"month": june, "comparable_from": changed} | row
    (found,) = with_figures(frame_of(plain), per_kilogram=False).to_dicts()
    return {figure.name: (found[figure.name], NAMED[found[status_column(figure.name)]]) for figure in FIGURES_OF}


@pytest.mark.parametrize(
    ("back", "removed"),
    [
        (None, set()), (0, {"mom_pct", "contribution_mom_pp"}), (1, set()), (11, set()),
    ],
)  # fmt: skip
def test_what_looks_back_on_months_before_a_change_of_definition_is_removed(
    back: int | None, removed: set[str]
) -> None:
    """Growth on the month before looks back one month; on the year before, twelve; the year to date is printed."""
    found = cut(None if back is None else 2025 * 12 + 5 - back)
    gone = {name for name, (_, why) in found.items() if why == "definition_break"}
    assert removed <= gone
    assert ("mom_pct" in gone) is (back == 0)
    assert ("yoy_pct" in gone) is (back is not None)
    assert not gone & {"ytd", "share_pct", "rank"}
    assert all(value is None for name, (value, _) in found.items() if name in gone)
    year_ago = cut(2025 * 12 + 5 - 12)
    assert (year_ago["yoy_pct"], year_ago["rolling_12m_yoy_pct"][1]) == ((0, "computed"), "definition_break")


def test_a_reason_that_stands_already_is_not_replaced_by_the_change() -> None:
    none = cut(2025 * 12 + 5, level=None, level_status=STATUS["other_unit"])
    assert none["mom_pct"] == none["yoy_pct"] == (None, "other_unit")
    assert cut(2025 * 12 + 5, is_total=True, place_by_level=None)["rank"] == (None, "not_applicable")


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        (("share", "level", "flow_level"), "an operand 'flow_level'; the operands are level, ytd and rolling_<n>m"),
        (("growth", "ytd", "before_ytd"), "an operand 'before_ytd'"),
        (("quotient", "level", "ytd"), "a formula 'quotient'; there are growth, contribution, share"),
    ],
)
def test_a_figure_with_an_operand_that_no_row_has_is_refused_with_a_sentence(
    formula: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ValueError, match=f"^the figure new_pct of schemas/figures.py has {said}"):
        expressions_of("new_pct", Figure("new", "%", "new", formula))
