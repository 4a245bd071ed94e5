"""One model, and what follows from it: Arrow fields with unit and description, the dictionary, the code tables."""

import io
import json
import shutil
from pathlib import Path

import polars as pl
import pyarrow.parquet
import pytest
from pandera.errors import SchemaErrors

from schemas import code_files, dictionary
from schemas.errors import BrokenTable
from schemas.layouts import LAYOUTS, PARTITION_KEYS
from schemas.names import FIGURES, MADE, MISSING, REVISIONS, STATUSES, VERDICTS, status
from schemas.reference.code_tables import code_table, read_codes, require_valid_tables
from schemas.reference.control_tables import COVERAGE, STATES
from schemas.reference.models import TABLES
from schemas.table import FILE, arrow_schema, columns, empty_frame, polars_schema
from schemas.tables.control_event import WINDOWS
from schemas.tables.metric import Metric
from schemas.tables.release import PARTNER_SCOPES, SEVERITIES
from tasks.store.parquet import DERIVATION_KEY, encode_file


@pytest.mark.parametrize("name", LAYOUTS)
def test_unit_and_description_survive_a_round_trip_through_parquet(name: str) -> None:
    layout = LAYOUTS[name]
    partition = "flow=export/year=2025/month=6" if layout.month_of else ""
    file = encode_file(name, empty_frame(name), partition, {"table": name})
    read = pyarrow.parquet.read_schema(io.BytesIO(file.data))
    said = columns(name)
    expected = [column for column in said if not (layout.month_of and column in PARTITION_KEYS)]
    assert read.names == expected
    for column in read.names:
        metadata = {
            key.decode(): value.decode()
            for key, value in read.field(column).metadata.items()
            if key != b"PARQUET:field_id"
        }
        assert metadata["description"] == said[column].description
        assert metadata.get("unit") == said[column].unit
    assert json.loads(pl.read_parquet_metadata(io.BytesIO(file.data))[DERIVATION_KEY]) == {"table": name}


def test_no_text_is_stored_in_a_form_that_some_reader_does_not_know() -> None:
    kinds = {str(field.type) for name in LAYOUTS for field in arrow_schema(name)}
    assert not {kind for kind in kinds if "large" in kind or "view" in kind or "dictionary" in kind}


def test_every_figure_has_its_status_and_every_status_its_words() -> None:
    there = polars_schema("metric")
    assert all(status(figure) in there for figure in FIGURES)
    assert set(STATUSES) == set(MADE) | set(MISSING)
    assert not set(MADE) & set(MISSING)


def _metric() -> pl.DataFrame:
    """A row in which no figure is there."""
    row = dict.fromkeys(polars_schema("metric"))
    row |= {status(figure): "not_covered" for figure in FIGURES}
    row |= {
        "flow": "export", "product": "85051110", "classification": "HS8", "partner": "WLD", "measure": "quantity_kg",
    }  # fmt: skip
    return pl.DataFrame([row], schema=polars_schema("metric")).with_columns(period=pl.date(2025, 6, 1))


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_is_refused_that_is_null_without_a_reason_or_there_with_one(figure: str) -> None:
    frame = _metric()
    Metric.validate(frame, lazy=True)
    there = {figure: pl.lit(1).cast(pl.Int32).cast(frame.schema[figure])}
    made = {status(figure): pl.lit("computed", dtype=frame.schema[status(figure)])}
    Metric.validate(frame.with_columns(**there, **made), lazy=True)
    for wrong in (there, made):
        with pytest.raises(SchemaErrors) as raised:
            Metric.validate(pl.concat([frame, frame.with_columns(**wrong)]), lazy=True)
        assert set(raised.value.failure_cases["check"]) == {"missing_says_why"}


@pytest.mark.parametrize("name", polars_schema("metric"))
def test_each_column_of_metric_refuses_another_type_other_words_and_a_null_that_may_not_be(name: str) -> None:
    frame, kind = _metric(), polars_schema("metric")[name]
    column, words = columns("metric")[name], isinstance(kind, pl.Enum)
    other = pl.Enum(["another", *kind.categories]) if isinstance(kind, pl.Enum) else pl.Binary
    found = {"type": frame.with_columns(pl.lit(None, dtype=other).alias(name))}
    if not column.nullable:
        found["null"] = frame.with_columns(pl.lit(None, dtype=kind).alias(name))
    for wrong in found.values():
        with pytest.raises(SchemaErrors, match=name):
            Metric.validate(wrong, lazy=True)
    if words:
        with pytest.raises(pl.exceptions.InvalidOperationError):
            frame.with_columns(pl.lit("another").cast(kind).alias(name))


def test_the_dictionary_page_and_the_file_of_tables_are_what_the_models_say() -> None:
    assert FILE.read_text(encoding="utf-8") == dictionary.tables()
    assert dictionary.PAGE.read_text(encoding="utf-8") == dictionary.page()


def test_the_page_names_every_word_that_a_column_of_few_words_may_hold() -> None:
    page = dictionary.page()
    closed = {"severity": SEVERITIES, "partners": PARTNER_SCOPES, "verdict": VERDICTS, "side": ("before", "after")}
    for column, words in closed.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| {column} |") and "one of" in line)
        assert row.endswith(f"one of {', '.join(f'`{word}`' for word in words)} |")
    for words in (REVISIONS, PARTNER_SCOPES, VERDICTS, STATES, COVERAGE, WINDOWS):
        assert all(f"| {word} | {meaning} |" in page for word, meaning in words.items())


CORRECTION = f'c1,gacc_query,{"a" * 64},2,value,"2,000","2,500",misprint,us,2025-08-01,2026-08-01'
COLUMNS_OF_CORRECTIONS = ",".join(TABLES["corrections"].to_schema().columns)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{COLUMNS_OF_CORRECTIONS}\n{CORRECTION}\n".replace(",", ";"), "with commas, a header line and the columns id, source, "),
        (f"{COLUMNS_OF_CORRECTIONS}\n{CORRECTION}\n".replace("misprint", "误印"), "invalid utf-8 sequence. It is UTF-8"),
        (f"{COLUMNS_OF_CORRECTIONS}\n{CORRECTION}\n\n", "row 2 below the header, column raw_sha256: ''"),
        (f"{COLUMNS_OF_CORRECTIONS}\n{CORRECTION}\n".replace("2026-08", "2026-13"), "row 1 below the header, column expires_on: '2026-13-01'"),
        (f"{COLUMNS_OF_CORRECTIONS}\n{CORRECTION},more\n", "more fields than"), ("", "empty CSV"), (f"{CORRECTION}\n", "a header line"),
    ],
)  # fmt: skip
def test_a_code_table_that_cannot_be_used_says_where_and_what_is_expected(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "corrections.csv"
    file.write_bytes(text.encode("gb18030"))
    with pytest.raises(BrokenTable) as broken:
        read_codes(file, "corrections")
    assert said in str(broken.value)
    assert str(broken.value).startswith("corrections.csv")
    assert "\n" not in str(broken.value)


@pytest.mark.parametrize("name", TABLES)
def test_code_tables_pass_their_models_and_have_rows(name: str) -> None:
    # The packaged files are read without their models.
    assert code_table(name).equals(read_codes(code_files.table_file(name), name))
    assert code_table(name).height > 0 or name == "corrections"


def test_a_run_that_makes_tables_refuses_a_packaged_file_that_breaks_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(code_files.FOLDER, tmp_path / "reference")
    monkeypatch.setattr(code_files, "FOLDER", tmp_path / "reference")
    require_valid_tables.__wrapped__()
    with (tmp_path / "reference" / "units.csv").open("a", encoding="utf-8") as file:
        file.write("Dozen,en,no unit of ours,,12,nobody\n")
    with pytest.raises(BrokenTable, match=r"^units\.csv, row \d+ below the header, column unit: 'no unit of ours'"):
        require_valid_tables.__wrapped__()


def test_a_partner_code_and_a_partner_key_mean_one_thing_in_every_month() -> None:
    partners = code_table("partners").to_dicts()
    compared = 0
    for year in range(1995, 2031):
        for month in (f"{year}-01", f"{year}-12"):
            valid = [
                row for row in partners
                if (not row["valid_from"] or row["valid_from"] <= month) and (not row["valid_to"] or row["valid_to"] >= month)
            ]  # fmt: skip
            assert len({row["gacc_code"] for row in valid}) == len({row["partner"] for row in valid}) == len(valid)
            compared += len(valid)
    assert compared > 10_000
