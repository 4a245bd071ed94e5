"""The data of a page of a series: what its script shows is what is published, now and as it was known on a day."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.names import STATUSES, status
from tasks.domain.errors import NoFigure
from tasks.domain.periods import first_day, month_number
from tasks.pages.series import data
from tasks.pages.series.data import PageSeries
from tasks.reading.query import open_published, query
from tasks.reading.resolver import Resolver
from tests.unit.customs import Store
from tests.unit.few_partners import CODE, FEW
from tests.unit.published_stores import PARTNERS, china, query_bytes

DAY = date(2026, 6, 30)
BASKET = "basket:rare_earth_magnets"
FIGURES = {"mom_pct": 1, "yoy_pct": 12}


def loaded(script: str) -> Any:
    """The value of a script such as `SERIES={…}`."""
    return json.loads(script.partition("=")[2])


@pytest.fixture(scope="module")
def series(sample_store: Path) -> PageSeries:
    return data.gather(Resolver(open_published(sample_store)), BASKET, "export", DAY)


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> PageSeries:
    """Two queries with kilograms and dollars, of which the second revises a month; a month is missing between."""
    folder = tmp_path_factory.mktemp("priced")
    first = [
        (month, CODE, partner, 1000 * place + 7 * number, 40_000 * place + 900 * number)
        for number, month in enumerate(["202401", "202402", "202403", "202501", "202502"])
        for place, partner in enumerate(PARTNERS, 1)
    ]
    china(folder, query_bytes(first), date(2025, 3, 20))
    second = [("202502", CODE, partner, 500 * place, 21_000 * place) for place, partner in enumerate(PARTNERS, 1)]
    snapshot = china(folder, query_bytes(second), date(2025, 4, 20))
    return data.gather(Resolver(snapshot), CODE, "export", DAY)


def shown(
    series: PageSeries, said: dict[str, Any], figure: str, measure: str, line: int, month: int
) -> tuple[Any, str]:
    """What the page shows of a figure, by the rule of its script: an exception, otherwise what follows from levels."""
    number = said["other"]["figures"].get(figure, {}).get(measure, {}).get(str(line))
    flat = said["other"]["runs"][number] if number is not None else []
    for first, count, value, code in zip(*[iter(flat)] * 4, strict=True):
        if first <= month < first + count:
            return value, STATUSES[code]
    levels = said["levels"][measure]
    now = levels[line][month]
    if figure == "level":
        return now, ""
    if figure == "share_pct":
        world = levels[0][month]
        return (None, "") if now is None or not world else (now / world * 100, "")
    before = levels[line][month - FIGURES[figure]] if month >= FIGURES[figure] else None
    return (None, "") if now is None or not before else ((now / before - 1) * 100, "")


@pytest.mark.parametrize("name", ["series", "priced"])
def test_every_figure_that_the_page_computes_is_the_published_one(name: str, request: pytest.FixtureRequest) -> None:
    series: PageSeries = request.getfixturevalue(name)
    said = loaded(data.as_script(series))
    figures = ("level", *FIGURES, "share_pct")
    rows = {row[:3]: row[3:] for row in series.rows.select("measure", "partner", "period", *figures).iter_rows()}
    compared = 0
    for measure in series.measures:
        for line, partner in enumerate(series.partners):
            for number, month in enumerate(series.months):
                published = rows.get((measure, partner, month), (None,) * 4)
                for figure, value in zip(figures, published, strict=True):
                    own = shown(series, said, figure, measure, line, number)[0]
                    known = value if value is None else pytest.approx(value, rel=1e-5)
                    assert own == known, (measure, partner, month, figure)
                    compared += value is not None
    assert compared > 40


def test_a_growth_on_an_implied_base_is_an_exception_with_its_status(series: PageSeries) -> None:
    said = loaded(data.as_script(series))
    june = series.months.index(date(2025, 6, 1))
    # Customs' press printed -38.1 %, and nobody at hand printed the base.
    assert shown(series, said, "yoy_pct", "quantity_kg", 0, june) == (-38.1, "implied_base")
    assert shown(series, said, "level", "quantity_kg", 0, june)[0] == 3_188_000


def test_a_month_without_a_figure_is_null_and_never_zero(series: PageSeries, priced: PageSeries) -> None:
    # Of March 2024 nobody at hand says anything; in the query, which asked for all, no record means no trade.
    assert series.state.levels["quantity_kg"][0][series.months.index(date(2024, 3, 1))] is None
    assert priced.state.levels["quantity_kg"][0][priced.months.index(date(2024, 7, 1))] == 0
    codes = loaded(data.as_script(series))["statuses"]["quantity_kg"][0]
    assert sum(codes[1::2]) == len(series.months) == 26
    assert STATUSES[codes[2]] == "not_covered"


def test_what_was_known_on_a_day_is_what_a_read_as_of_the_day_gives(priced: PageSeries) -> None:
    days = loaded(data.past_as_script(priced))
    assert [one["day"] for one in days] == ["2025-04-20", "2025-03-20"]
    then = days[1]
    assert first_day(month_number(priced.months[0]) + then["since"]) == date(2025, 2, 1)
    rows = query(priced.snapshot.store, "metric", flow="export", product=CODE, as_of=date(2025, 3, 20))
    for measure in priced.measures:
        for line, partner in enumerate(priced.partners):
            level = rows.filter(measure=measure, partner=partner, period=date(2025, 2, 1))["level"].item()
            assert then["levels"][measure][line] == [level], (measure, partner)
            assert level != priced.state.levels[measure][line][-1]


def test_a_day_of_which_nothing_else_is_known_is_not_computed_again(
    priced: PageSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = data.past_as_script(priced)
    monkeypatch.setattr(data.query, "table_on", lambda *_: pytest.fail("computed again"))
    assert data.past_as_script(priced, before) == before


def test_a_point_leads_to_its_record_and_the_day_from_which_it_is_known(priced: PageSeries) -> None:
    origins = loaded(data.origins_as_script(priced))
    points = origins["points"]["quantity_kg"]
    line, place = priced.partners.index("DEU"), priced.months.index(date(2024, 2, 1))
    [[_, _, origin, record, count]] = [one for one in points if one[:2] == [line, place]]
    release, day = origins["origins"][origin]
    # The second partner of the second month: the sixth record of the first file.
    assert (day, record, count, origins["releases"][release][0]) == ("2025-03-20", 6, 1, "2025-03-20.csv")
    [[_, _, origin, record, count]] = [one for one in points if one[:2] == [0, len(priced.months) - 1]]
    assert (origins["origins"][origin][1], record, count) == ("2025-04-20", 0, len(PARTNERS))
    assert origins["points"]["value_usd"] == "quantity_kg"


def test_doubts_are_told_of_each_point_that_has_one(few_partners: Store) -> None:
    series = data.gather(Resolver(few_partners.snapshot), CODE, "export", DAY)
    said = loaded(data.as_script(series))
    assert said["sentences"]["en"] == [FEW]
    assert {tuple(one[:2]) for one in said["doubts"]["quantity_kg"]} == {(0, 0), (0, 1)}
    assert loaded(data.past_as_script(series))[0] == {"day": str(series.stated["known_from"].max())}


def test_text_in_a_script_ends_no_element_and_no_line() -> None:
    hostile = {"</script><!--": "\u2028\u2029"}
    said = data._json(hostile)
    assert "<" not in said
    assert "\u2028" not in said
    assert json.loads(said) == hostile


def test_a_product_without_a_figure_has_no_page(sample_store: Path) -> None:
    with pytest.raises(NoFigure, match="no import of 85051110 has a figure"):
        data.gather(Resolver(open_published(sample_store)), "85051110", "import", DAY)


def test_the_figures_that_the_page_computes_are_columns_of_the_table(series: PageSeries) -> None:
    assert {*data.BACK, *map(status, data.BACK)} <= {*series.rows.columns}
    assert series.rows.filter(pl.col("measure") == "quantity_kg").height
