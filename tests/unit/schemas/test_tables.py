"""A model refuses what does not fit it and says where; what follows from it can be read without it; and what holds for
every table."""

import ast
import importlib
import io
import json
import math
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pyarrow.parquet
import pytest
from pandera.errors import SchemaErrors
from pandera.polars import Field, PolarsData, dataframe_check

import schemas
from schemas import dictionary, frames, tables
from schemas.figures import FIGURE_OF, operands
from schemas.fit import check_of
from schemas.layouts import LAYOUTS, PARTITION_KEYS
from schemas.model import Table, columns_of
from schemas.names import CAVEATS, FIGURES, MISSING, ORIGINS, REVISIONS, STATUSES, VERDICTS, status
from schemas.reference.control_tables import COVERAGE, STATES
from schemas.table import FILE, arrow_schema, columns, empty_frame, polars_schema, stored_columns, unique_columns
from schemas.tables import analysis, claim, control_event, metric, observation, release
from schemas.tables import name as names
from schemas.tables.catalog import MODELS
from schemas.validation import validated
from tasks.metrics.figures.figures import FORMULAS
from tasks.store.snapshots.parquet import DERIVATION_KEY, encode_file
from tests.unit.builders import release as release_row


class Traded(Table):
    """A table with every kind of check."""

    key: pl.String = Field(description="key", unique=True, str_length={"min_value": 1})
    code: pl.String = Field(description="code", str_matches=r"^\d{2}$")
    flow: pl.String = Field(description="direction", isin=["export", "import"], nullable=True)
    kind: pl.Enum = Field(description="kind", dtype_kwargs={"categories": ("whole", "part")})
    first: pl.Int32 = Field(description="first month", ge=1, le=12, nullable=True)
    last: pl.Int32 = Field(description="last month", ge=1, nullable=True)
    share: pl.Float64 = Field(description="share", metadata={"unit": "%"})
    parts: list[str] = Field(description="parts")

    @dataframe_check
    @classmethod
    def in_order(cls, data: PolarsData) -> pl.LazyFrame:
        """The first month is not after the last."""
        return data.lazyframe.select(pl.col("first") <= pl.col("last"))


KINDS = {
    "key": pl.String,
    "code": pl.String,
    "flow": pl.String,
    "kind": pl.Enum(["whole", "part"]),
    "first": pl.Int32,
    "last": pl.Int32,
    "share": pl.Float64,
    "parts": pl.List(pl.String),
}
GOOD = {"key": "a", "code": "12", "flow": None, "kind": "part", "first": 1, "last": 12, "share": 0.5, "parts": ["x"]}
FRAME = pl.DataFrame([GOOD, GOOD | {"key": "b"}], schema=KINDS)


@pytest.mark.parametrize(
    ("change", "failures"),
    [
        ({}, []),
        ({"first": None}, []),
        ({"key": ""}, [("key", "str_length(1, None)", 1, "")]),
        ({"key": "a"}, [("key", "field_uniqueness", 0, "a"), ("key", "field_uniqueness", 1, "a")]),
        ({"code": "123"}, [("code", r"str_matches('^\d{2}$')", 1, "123")]),
        ({"code": None}, [("code", "not_nullable", 1, None)]),
        ({"flow": "both"}, [("flow", "isin(['export', 'import'])", 1, "both")]),
        ({"kind": None}, [("kind", "not_nullable", 1, None)]),
        ({"first": 0}, [("first", "greater_than_or_equal_to(1)", 1, "0")]),
        ({"first": 13, "last": 13}, [("first", "less_than_or_equal_to(12)", 1, "13")]),
        ({"share": math.nan}, [("share", "not_nullable", 1, "NaN")]),
        ({"parts": None}, [("parts", "not_nullable", 1, "null")]),
    ],
)  # fmt: skip
def test_a_value_that_may_not_be_is_refused_with_its_column_its_row_and_what_was_found(
    change: dict[str, object], failures: list[tuple[object, ...]]
) -> None:
    frame = pl.DataFrame([GOOD, GOOD | {"key": "b"} | change], schema=KINDS)
    found: list[tuple[object, ...]] = []
    try:
        assert Traded.validate(frame, lazy=True).equals(frame)
    except SchemaErrors as errors:
        found = errors.failure_cases.select("column", "check", "index", "failure_case").rows()
    assert found == failures


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (FRAME.with_columns(last=pl.Series([12, 11], dtype=pl.Int32), first=12), "in_order"),
        (FRAME.select(reversed(FRAME.columns)), "column_ordered"),
        (FRAME.drop("flow"), "column_in_dataframe"),
        (FRAME.with_columns(more=1), "column_in_schema"),
        (FRAME.cast({"first": pl.Int64}), "dtype"),
        (FRAME.with_columns(pl.col("kind").cast(pl.Enum(["part", "whole"]))), "dtype"),
    ],
)
def test_a_rule_over_several_columns_and_other_columns_are_refused_by_name(wrong: pl.DataFrame, why: str) -> None:
    with pytest.raises(SchemaErrors) as raised:
        Traded.validate(wrong, lazy=True)
    assert any(why in check for check in raised.value.failure_cases["check"])


def test_all_tables_are_collected_and_frames_are_named_by_them() -> None:
    modules = [
        importlib.import_module(f"schemas.tables.{found.name}") for found in pkgutil.iter_modules(tables.__path__)
    ]
    found = {
        model
        for module in modules
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, Table)
    }
    assert {analysis, claim, control_event, metric, names, observation, release} <= {*modules}
    assert {*MODELS.values()} == found - {
        Table,
        metric.PlaceColumns,
        observation.Statement,
        observation.QuantityColumns,
    }
    # The names of published tables are what readers ask for.
    assert {*LAYOUTS} < {*MODELS}
    named = {name: get_args(kind) for name, kind in vars(frames).items() if name[0].isupper() and name != "Annotated"}
    assert len(named) > 10
    assert named == {MODELS[table].__name__: (pl.DataFrame, table) for _, table in named.values()}


CODED = ("product", "partner", "flow", "classification", "measure", "regime", "province", "source", "kind")


@pytest.mark.parametrize("name", MODELS)
def test_a_column_says_what_it_has_codes_are_text_months_are_dates_and_shares_are_numbers(name: str) -> None:
    kinds = polars_schema(name)
    # Who does not import a model reads the same of its table.
    assert [*columns(name).values()] == columns_of(MODELS[name])
    for column in columns_of(MODELS[name]):
        text, kind = column.description, kinds[column.name]
        assert text, column
        assert (text.strip(), text.endswith(".")) == (text, False), column
        assert kind in (pl.String, pl.Categorical, pl.Enum) or column.name not in CODED, column
        is_day = column.name.endswith(("_on", "_from", "_until")) and name != "reported"
        assert kind == pl.Date or not is_day, column
        assert (kind == pl.Float64) or not column.name.endswith(("_pct", "_pp")), column


@pytest.mark.parametrize("table", LAYOUTS)
def test_a_published_table_is_sorted_and_filed_by_columns_that_it_has_and_its_file_says_what_they_are(
    table: str,
) -> None:
    layout, kinds = LAYOUTS[table], polars_schema(table)
    assert {*layout.sort_by} <= {*kinds}
    assert layout.sort_by
    if layout.month_of is not None:
        assert (kinds[layout.month_of], "flow" in kinds) == (pl.Date, True)
        assert not {*PARTITION_KEYS} & {*stored_columns(table)}
    partition = "flow=export/year=2025/month=6" if layout.month_of else ""
    file = encode_file(table, empty_frame(table), partition, {"table": table})
    read, said = pyarrow.parquet.read_schema(io.BytesIO(file.data)), columns(table)
    assert read.names == arrow_schema(table).names == stored_columns(table)
    for field in read:
        notes = {key.decode(): text.decode() for key, text in field.metadata.items()}
        assert (notes["description"], notes.get("unit")) == (said[field.name].description, said[field.name].unit)
        # Not every reader knows these.
        assert not re.search("large|view|dictionary", str(arrow_schema(table).field(field.name).type))
    assert json.loads(pl.read_parquet_metadata(io.BytesIO(file.data))[DERIVATION_KEY]) == {"table": table}


OPERAND = re.compile(r"(world_|consumption_)?(before_|ago_|printed_|place_by_)?(level|ytd|yoy|ytd_yoy|rolling_\d+m)")


def test_each_figure_is_a_column_with_a_status_and_follows_from_operands() -> None:
    assert [name for name in polars_schema("metric") if name in FIGURE_OF] == list(FIGURE_OF)
    assert len(FIGURE_OF) >= 15
    assert len(operands()) == len({*operands()}) > 10
    assert ({*STATUSES}, {*ORIGINS} & {*MISSING}) == ({*ORIGINS} | {*MISSING}, set())
    for name, figure in FIGURE_OF.items():
        assert status(name) in polars_schema("metric")
        assert all((figure.title, figure.meaning, not figure.meaning.endswith(".")))
        assert (figure.unit == "%") == (name.endswith("_pct")), "a column in per cent has that in its name"
        assert figure.formula[:1] in [(), *((formula,) for formula in FORMULAS)]
        assert [one for one in figure.formula[1:] if not OPERAND.fullmatch(one)] == []


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_is_refused_that_is_null_without_a_reason_or_there_with_one(figure: str) -> None:
    row = dict.fromkeys(polars_schema("metric")) | {status(figure): "not_covered" for figure in FIGURES}
    row |= {
        "flow": "export",
        "product": "85051110",
        "classification": "HS8",
        "partner": "WLD",
        "measure": "quantity_kg",
        "is_total": False,
        "in_doubt": False,
    }
    frame = pl.DataFrame([row], schema=polars_schema("metric")).with_columns(period=pl.date(2025, 6, 1))
    metric.Metric.validate(frame, lazy=True)
    there = {figure: pl.lit(1).cast(pl.Int32).cast(frame.schema[figure])}
    computed = {status(figure): pl.lit("computed", dtype=frame.schema[status(figure)])}
    metric.Metric.validate(frame.with_columns(**there, **computed), lazy=True)
    for wrong in (there, computed):
        with pytest.raises(SchemaErrors) as raised:
            metric.Metric.validate(pl.concat([frame, frame.with_columns(**wrong)]), lazy=True)
        assert {*raised.value.failure_cases["check"]} == {"missing_says_why"}


def test_the_dictionary_is_what_the_models_say_and_has_every_word_of_a_column_of_few_words() -> None:
    assert FILE.read_text(encoding="utf-8") == dictionary.tables()
    page = dictionary.page()
    assert dictionary.PAGE.read_text(encoding="utf-8") == page
    closed = {
        "severity": release.SEVERITIES,
        "partners": release.PARTNER_SCOPES,
        "verdict": VERDICTS,
        "side": ("before", "after"),
    }
    for column, words in closed.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| {column} |") and "one of" in line)
        assert row.endswith(f"one of {', '.join(f'`{word}`' for word in words)} |")
    for meanings in (REVISIONS, release.PARTNER_SCOPES, VERDICTS, STATES, COVERAGE, control_event.WINDOWS, CAVEATS):
        assert all(f"| {word} | {meaning} |" in page for word, meaning in meanings.items())


def test_no_model_reads_the_annotations_of_its_own_body() -> None:
    """Python 3.14 makes them when they are asked for, so that a body has none."""
    files = [*Path(schemas.__file__).parent.rglob("*.py")]
    bodies = [
        (file.name, ast.unparse(line))
        for file in files
        for one in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(one, ast.ClassDef)
        for line in one.body
        if not isinstance(line, ast.FunctionDef | ast.ClassDef)
    ]
    assert len(bodies) > 100
    assert not [body for body in bodies if "__annotations__" in body[1]]


ROWS = {
    "release": {
        "fits": {"records": 3, "records_observed": 2, "records_quarantined": 1},
        "nothing_is_lost": {"records": 3, "records_observed": 2, "records_quarantined": 0},
        "isin": {"partners": "some"},
        "not_nullable": {"release_id": None},
    },
    "product": {
        "fits": {},
        "field_uniqueness": {"product": "850511"},
        "greater_than_or_equal_to": {"level": 1},
    },
}
GOOD_ROW: dict[str, dict[str, Any]] = {
    "release": release_row(),
    "product": {"product": "850511", "classification": "HS6", "level": 6, "parent": "8505"},
}


@pytest.mark.parametrize(("table", "rule"), [(table, rule) for table, rules in ROWS.items() for rule in rules])
def test_a_frame_is_validated_by_what_the_file_says_and_the_model_says_what_is_wrong(table: str, rule: str) -> None:
    """The file and the model agree on good rows, and on each kind of bad ones."""
    kinds = polars_schema(table)
    row = {name: GOOD_ROW[table].get(name) for name in kinds}
    rows = [row, row | dict.fromkeys(unique_columns(table), "850512") | ROWS[table][rule]]
    frame = pl.DataFrame(rows, schema=kinds)
    if rule == "fits":
        assert validated(table, frame) is frame
        assert MODELS[table].validate(frame, lazy=True).equals(frame)
        return
    with pytest.raises(SchemaErrors) as raised:
        validated(table, frame)
    assert any(rule in check for check in raised.value.failure_cases["check"])


def test_whoever_ingests_what_fits_does_not_import_pandera() -> None:
    code = (
        "import sys\nfrom schemas.table import empty_frame\nfrom schemas.validation import validated\n"
        "import tasks.steps.catalog\nfrom schemas.reference.code_tables import require_valid_tables\n"
        "require_valid_tables()\n[validated(name, empty_frame(name)) for name in ('metric', 'product', 'release')]\n"
        "sys.exit('pandera' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_check_of_a_model_is_one_that_the_file_is_read_with() -> None:
    texts = {text for name in MODELS for column in columns(name).values() for text in column.checks}
    assert len(texts) > 20
    for text in texts:
        assert isinstance(check_of(text)(pl.col("any")), pl.Expr), text
    with pytest.raises(KeyError, match="ends_with"):
        check_of("<Check ends_with: ends_with('a')>")(pl.col("any"))
