"""What holds for every table: each column says what it has, and each table refuses what does not fit it."""

import importlib
import pkgutil

import polars as pl
import pytest
from pandera.errors import SchemaError, SchemaErrors

from schemas import tables
from schemas.forms import verdict
from schemas.layouts import LAYOUTS, PARTITION_KEYS
from schemas.model import Table, columns_of, table_name
from schemas.names import CAVEATS
from schemas.table import arrow_schema, empty_frame, polars_schema, stored_columns
from schemas.tables import (
    catalog,
    claim,
    decision,
    expectation,
    first_print,
    lineage,
    metric,
    mirror,
    mover,
    name,
    observation,
    record_level,
    reported,
    revision,
    trade_flow,
)
from tests.unit.decisions import decision as made
from tests.unit.decisions import decision_table

MODULES = [importlib.import_module(f"schemas.tables.{found.name}") for found in pkgutil.iter_modules(tables.__path__)]
MODELS = sorted(
    {model for module in MODULES for model in vars(module).values() if isinstance(model, type) and issubclass(model, Table) and model is not Table},
    key=lambda model: model.__name__,
)  # fmt: skip
ABSTRACT = {metric.Place, observation.Statement}


def test_all_tables_are_collected() -> None:
    assert len(MODULES) > 12
    assert len(MODELS) > 15
    assert {
        catalog,
        decision,
        expectation,
        first_print,
        lineage,
        mirror,
        mover,
        name,
        observation,
        record_level,
        reported,
        revision,
        trade_flow,
    } <= {*MODULES}
    # The names of published tables are what readers ask for.
    assert {*catalog.MODELS.values()} == {*MODELS} - ABSTRACT
    assert {*LAYOUTS} < {*catalog.MODELS}


@pytest.mark.parametrize("model", MODELS)
def test_every_column_says_what_it_has(model: type[Table]) -> None:
    columns = columns_of(model)
    assert columns
    for column in columns:
        assert column.description, column
        assert column.description.strip() == column.description, column
        assert not column.description.endswith("."), column


@pytest.mark.parametrize("model", catalog.MODELS.values())
def test_codes_are_text_months_are_dates_and_shares_are_numbers(model: type[Table]) -> None:
    kinds = polars_schema(table_name(model))
    for column, kind in kinds.items():
        if column in (
            "product",
            "partner",
            "flow",
            "classification",
            "measure",
            "regime",
            "province",
            "source",
            "kind",
        ):
            assert kind in (pl.String, pl.Categorical, pl.Enum), column
        if (
            column.endswith(("_on", "_from", "_until"))
            and model not in (reported.Reported,)
            and not column.startswith("known_until_")
        ):
            assert kind in (pl.Date, pl.Categorical), column
        if column.endswith(("_pct", "_pp")):
            assert kind == pl.Float64, column


@pytest.mark.parametrize("model", catalog.MODELS.values())
def test_a_table_without_rows_is_valid_and_one_with_another_column_is_not(model: type[Table]) -> None:
    empty = empty_frame(table_name(model))
    assert dict(empty.schema) == polars_schema(table_name(model))
    model.validate(empty, lazy=True)
    if model is claim.CheckedClaim:
        # A file of claims keeps its own columns.
        model.validate(empty.with_columns(mood=pl.lit("good")), lazy=True)
    else:
        with pytest.raises((SchemaError, SchemaErrors)):
            model.validate(empty.with_columns(mood=pl.lit("good")), lazy=True)
    with pytest.raises((SchemaError, SchemaErrors)):
        model.validate(empty.drop(empty.columns[0]), lazy=True)


@pytest.mark.parametrize("table", LAYOUTS)
def test_a_published_table_is_sorted_and_filed_by_columns_that_it_has(table: str) -> None:
    layout, kinds = LAYOUTS[table], polars_schema(table)
    assert {*layout.sort_by} <= {*kinds}
    assert layout.sort_by
    if layout.month_of is not None:
        assert kinds[layout.month_of] == pl.Date
        assert "flow" in kinds
        assert not {*PARTITION_KEYS} & {*stored_columns(table)}
    assert arrow_schema(table).names == stored_columns(table)


def test_a_decision_is_refused_without_a_reason_or_with_another_word() -> None:
    good = decision_table(made("withdrawn", "r1", "2026-01-20"))
    decision.Decision.validate(good, lazy=True)
    for change in ({"kind": "forgotten"}, {"reason": None}, {"decided_by": None}, {"number": 0}):
        wrong = good.with_columns(pl.lit(value, good.schema[column]).alias(column) for column, value in change.items())
        with pytest.raises((SchemaError, SchemaErrors)):
            decision.Decision.validate(wrong, lazy=True)


def test_every_caveat_has_words_and_a_verdict_has_three() -> None:
    assert all(CAVEATS.values())
    with pytest.raises(ValueError, match="word"):
        verdict.Verdict(word="perhaps")  # type: ignore[arg-type]
    assert verdict.Verdict(word="yes").caveats == ()
