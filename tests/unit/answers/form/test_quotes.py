"""The columns of a verdict beside the growths of rows."""

from datetime import date

import polars as pl

from schemas.figures import QUOTABLE
from schemas.names import ADDED, caveats_of, quote
from tasks.answers.form.quotes import KEYS, beside
from tasks.ledger.quotable import VERDICTS


def test_a_growth_in_doubt_is_quoted_with_care_at_best() -> None:
    rows = pl.DataFrame(
        {"flow": "export", "product": "85051110", "partner": ["USA", "DEU"], "measure": "quantity_kg"}
    ).with_columns(period=date(2025, 6, 1), figures_in_doubt=pl.Series(["level+mom_pct", None], dtype=pl.String))
    judged = rows.select(*KEYS, figure=pl.lit("mom_pct"), quote=pl.lit("yes"), caveats=pl.lit([], pl.List(pl.String)))
    others = {name: kind for name, kind in VERDICTS.items() if name not in judged.columns}
    judged = judged.with_columns(pl.lit(None, kind).alias(name) for name, kind in others.items())
    found = beside(rows, judged, "en", ["mom_pct"])
    assert found["mom_quote"].to_list() == ["care", "yes"]
    assert found["mom_caveats"].to_list() == ["quote with care (what it rests on is in doubt)", None]


def test_every_growth_that_is_judged_has_columns_with_a_meaning() -> None:
    assert {column(name) for name in QUOTABLE for column in (quote, caveats_of)} < {*ADDED}
