"""All goods traded with a partner: which of them made the change, and what the partner says of them."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas.questions.partner import PartnerTrade
from tasks.analysis.mirror.publication import publish_pair
from tasks.answers.trade.partner import goods, partner
from tasks.domain.errors import NoFigure
from tests.unit.mirror_stores import china_and_germany
from tests.unit.soybean_store import soybean_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched")

JUNE, MAY = date(2025, 6, 1), date(2025, 5, 1)


def figures(*rows: tuple[str, date, float]) -> pl.DataFrame:
    columns = {"product": pl.String, "period": pl.Date, "level": pl.Float64}
    same = {"flow": "export", "partner": "USA", "measure": "value_usd", "level_status": "reported"}
    same |= {"mom_pct": "none"}
    return pl.DataFrame(rows, columns, orient="row").with_columns(
        pl.lit(value).alias(name) for name, value in same.items()
    )


def test_the_largest_part_of_the_change_comes_first_and_no_good_is_counted_twice() -> None:
    rows = goods(
        figures(
            ("85", JUNE, 900.0),
            ("8505", JUNE, 900.0),
            ("basket:magnets", JUNE, 900.0),
            ("85", MAY, 800.0),
            ("85051110", JUNE, 500.0),
            ("85051190", JUNE, 390.0),
            ("84713000", JUNE, 10.0),
            ("85051110", MAY, 520.0),
            ("85051190", MAY, 280.0),
            ("90189000", MAY, 200.0),
        ),
        JUNE,
    )
    assert rows["product"].to_list() == ["85051190", "85051110", "84713000"]
    assert rows["change"].to_list() == [110, -20, None]
    # Of the 800 of the goods that are known in both months.
    assert rows["contribution_pp"].to_list() == [pytest.approx(13.75), pytest.approx(-2.5), None]


def test_nothing_before_is_no_base() -> None:
    assert goods(figures(("85051110", JUNE, 5.0), ("85051110", MAY, 0.0)), JUNE)["contribution_pp"].to_list() == [None]


def test_the_newest_month_of_the_partner_is_meant_and_a_month_without_trade_is_refused(tmp_path: Path) -> None:
    store = soybean_store(tmp_path)
    answer = partner(PartnerTrade("Brazil", flow="import", store=store))
    row = answer.rows.row(0, named=True)
    assert (row["product"], row["period"], row["measure"]) == ("12019019", date(2024, 6, 1), "value_usd")
    assert (row["level"], row["before"]) == (4_500_000, 4_100_000)
    assert row["contribution_pp"] == pytest.approx((4_500 / 4_100 - 1) * 100)
    with pytest.raises(NoFigure, match="no trade of imports, partner BRA, in 2024-04"):
        partner(PartnerTrade("Brazil", "2024-04", flow="import", store=store))
    with pytest.raises(NoFigure, match="no tonnes of imports, partner BRA, in 2024-06; there is value_usd"):
        partner(PartnerTrade("Brazil", flow="import", measure="tonnes", store=store))
    with pytest.raises(ValueError, match="is 2024-05 to 2024-06; name one month"):
        partner(PartnerTrade("Brazil", "2024-05..2024-06", flow="import", store=store))


def test_what_the_partner_says_stands_beside_it_once_it_is_published(tmp_path: Path) -> None:
    root = china_and_germany(tmp_path)
    question = PartnerTrade("Germany", "2025-05", measure="quantity_kg", reporter="CHN", store=root)
    before = partner(question)
    assert before.rows.select("level", "before", "change").rows() == [(209_000, 500_000, -291_000)]
    assert before.mirror.is_empty()
    publish_pair(root, "CHN", "DEU")
    after = partner(question).mirror
    assert after.select("product", "export_kg", "import_kg").rows() == [("850511", 209_000, 215_000)]
