"""Each figure is a column of `metric` with its unit, and a formula that exists, of operands that are formed."""

import re

import pytest

from schemas.figures import FIGURE_OF, Figure, operands
from schemas.tables.metric import Metric
from tasks.metrics.figures import FORMULAS

OPERAND = re.compile(r"(world_)?(before_|ago_|printed_|place_by_)?(level|ytd|yoy|ytd_yoy|rolling_\d+m)")


def test_the_figures_are_columns_of_the_table_in_that_order() -> None:
    columns = list(Metric.to_schema().columns)
    assert [name for name in columns if name in FIGURE_OF] == list(FIGURE_OF)
    assert len(FIGURE_OF) >= 15


@pytest.mark.parametrize("name", FIGURE_OF)
def test_a_figure_says_what_it_is_and_follows_from_operands(name: str) -> None:
    figure = FIGURE_OF[name]
    assert figure.title
    assert figure.meaning
    assert not figure.meaning.endswith(".")
    assert (figure.unit == "%") == (name.endswith("_pct")), "a column in per cent has that in its name"
    assert figure.formula[:1] in [(), *((formula,) for formula in FORMULAS)]
    assert [one for one in figure.formula[1:] if not OPERAND.fullmatch(one)] == []


def test_each_operand_is_listed_once() -> None:
    assert len(operands()) == len({*operands()}) > 10
    assert Figure("a", None, "b").formula == ()
