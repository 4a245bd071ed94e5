"""Which months a release changes, however far they look back."""

from datetime import date

import polars as pl

from tasks.derive.affected_months import months_in_reach
from tasks.ledger import merge as ledger
from tasks.metrics.derive import derive
from tests.unit.builders import number, release, release_table
from tests.unit.figures import merged


def test_a_month_tells_of_silence_after_it_and_so_lengthens_later_records() -> None:
    """A number makes a silent year after it be published; the record of a month that looks back on that year begins
    earlier."""
    scope = release(months="2015-01..2021-12")
    known = [number(scope, "USA", f"{year}-02", 5) for year in range(2016, 2021)]
    old = number(scope, "USA", "2015-02", 7)
    results = [
        pl.DataFrame(derive(ledger.current_statements(merged([(scope, rows)])), release_table(scope)))
        for rows in (known, [*known, old])
    ]
    keys, figures = ["product", "partner", "measure", "period"], ["level", "series_start", "highest_since"]
    without, with_old = (result.select(*keys, *figures) for result in results)
    changed = with_old.join(without, on=[*keys, *figures], how="anti", nulls_equal=True)["period"].unique().sort()
    assert (changed[0], changed[-1]) == (date(2015, 2, 1), date(2021, 1, 1))
    touched, levels = {("export", 2015, 2)}, with_old.join(without, on=[*keys, "level"], how="anti", nulls_equal=True)
    published = {("export", day.year, day.month) for day in levels["period"]}
    assert months_in_reach(published, touched) == published
    # The growth of twelve months on the twelve before looks back on two years.
    assert months_in_reach({("export", 2017, month) for month in (1, 2)}, touched) == {("export", 2017, 1)}
