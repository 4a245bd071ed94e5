"""The table of figures: each metric has a title, for a column and for a line."""

import pytest

from schemas.names import FIGURES
from tasks.reports.tables import LONG, TITLES


@pytest.mark.parametrize("figure", FIGURES)
def test_every_metric_has_a_title(figure: str) -> None:
    """Without one, a single row of a query could not be shown."""
    assert TITLES[figure]
    assert LONG[figure]
