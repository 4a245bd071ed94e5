"""What a published file is for those who read it: plain text in every reader, and groups that a reader can leave
out."""

import io
import itertools
from datetime import date
from pathlib import Path

import duckdb
import pandas
import polars as pl
import polars.selectors as cs
import pyarrow
import pyarrow.parquet
import pytest
from polars.testing import assert_frame_equal

from schemas.layouts import LAYOUTS
from schemas.names import VALUES
from schemas.table import arrow_schema, polars_schema, readers_schema
from schemas.tables.metric import Metric
from schemas.tables.observation import TradeFlow
from tasks.domain.doubt.findings import finding, gather
from tasks.store.files.snapshot import open_snapshot
from tasks.store.snapshots.parquet import encode_file, encode_months, read_table
from tasks.store.snapshots.publish import NewFile, publish
from tests.unit.store.metric_rows import metrics

WORDS = ["product", "classification", "partner", "measure", "level_status", "kinds"]


@pytest.fixture
def written(tmp_path: Path) -> tuple[pl.DataFrame, Path]:
    frame = metrics(["01012100", "85051110"])
    path = tmp_path / "file.parquet"
    path.write_bytes(encode_file("metric", frame, "flow=export/year=2025/month=6", {}, in_order=True).data)
    return frame, path


def test_codes_are_plain_text_for_every_reader(written: tuple[pl.DataFrame, Path]) -> None:
    frame, path = written
    expected = [frame[name].cast(pl.String).to_list() for name in WORDS]
    own = pl.read_parquet(path)
    arrow = pyarrow.parquet.read_table(path)
    duck = duckdb.sql(f"select * from '{path}'")
    theirs = pandas.read_parquet(path)
    assert own.schema == {name: kind for name, kind in readers_schema("metric").items() if name in own.columns}
    assert arrow.schema.equals(arrow_schema("metric"))
    assert [field.nullable for field in arrow.schema] == [field.nullable for field in arrow_schema("metric")]
    assert {str(kind) for name, kind in zip(duck.columns, duck.types, strict=True) if name in WORDS} == {"VARCHAR"}
    assert not [name for name in WORDS if isinstance(theirs[name].dtype, pandas.CategoricalDtype)]
    assert [own[name].to_list() for name in WORDS] == expected
    assert [arrow[name].to_pylist() for name in WORDS] == expected
    assert [list(column) for column in zip(*duck.select(*WORDS).fetchall(), strict=True)] == expected
    assert [theirs[name].tolist() for name in WORDS] == expected


def test_a_column_that_may_not_be_null_is_not_written_with_a_null() -> None:
    frame = metrics(["01012100"]).with_columns(partner=pl.lit(None, dtype=pl.Categorical))
    with pytest.raises(pl.exceptions.SchemaError, match="nullable is false"):
        encode_file("metric", frame, "flow=export/year=2025/month=6", {}, in_order=True)


def test_the_bytes_of_a_file_do_not_depend_on_which_codes_were_met_before() -> None:
    first = encode_file("metric", metrics(["01012100", "85051110"]), "", {}, in_order=True).data
    met = pl.Series([f"{number:08d}" for number in range(1000)], dtype=pl.Categorical)
    assert met.len()
    later = metrics(["85051110", "02012100"]).filter(pl.col("product") != "02012100")
    again = pl.concat([metrics(["01012100"]), later]).with_columns(level=pl.int_range(6).cast(pl.Float64))
    assert encode_file("metric", again, "", {}, in_order=True).data == first


def test_the_bytes_of_a_file_depend_neither_on_types_nor_on_the_order_in_which_it_is_said_what_it_was_made_from() -> (
    None
):
    frame = metrics(["01012100", "85051110"])
    data = encode_file("metric", frame, "", {"月": "六月", "a": {"y": 1, "x": 2}}).data
    as_text = frame.with_columns((cs.categorical() | cs.enum()).cast(pl.String))
    assert encode_file("metric", as_text, "", {"a": {"x": 2, "y": 1}, "月": "六月"}).data == data
    said = pyarrow.parquet.read_metadata(io.BytesIO(data)).metadata[b"tidewaiter.derivation"]
    assert said.decode() == '{"a": {"x": 2, "y": 1}, "月": "六月"}'


@pytest.mark.parametrize("model", ["metric", "trade_flow"])
def test_row_groups_are_bounded_and_say_which_products_they_hold(model: type[Metric | TradeFlow]) -> None:
    limit = LAYOUTS["metric" if model == "metric" else "trade_flow"].rows_per_group
    frame = metrics([f"{number:08d}" for number in range(limit // 100 * 5 // 2)], partners=100)
    if model == "trade_flow":
        plain = frame.cast({pl.Enum: pl.String, pl.Categorical: pl.String})  # type: ignore[dict-item]
        frame = plain.select(
            *("flow", "product", "classification", "partner", "period"), quantity_kg="level",
            quantity_other=pl.lit(None, dtype=pl.Float64), quantity_other_unit=pl.lit(None, dtype=pl.String),
            **dict.fromkeys(VALUES, "level"), source=pl.lit("s"), kind=pl.lit("query"), in_doubt=pl.lit(False),
        )  # fmt: skip
    half = frame.height // 3
    pieces = pl.concat([frame[:half], frame[half:]], rechunk=False)
    file = encode_file(model, pieces, "", {}, in_order=True)
    footer = pyarrow.parquet.read_metadata(pyarrow.BufferReader(file.data))
    place = footer.schema.names.index("product")
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    assert [group.num_rows for group in groups] == [limit, limit, frame.height - 2 * limit]
    spans = [(group.column(place).statistics.min, group.column(place).statistics.max) for group in groups]
    assert spans[0][0] == "00000000"
    assert all(low <= high for low, high in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_a_frame_in_order_is_cut_by_month_without_losing_a_row() -> None:
    months = [date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1)]
    frame = pl.concat([metrics(["01012100", "02012100"], month) for month in months])

    def cut(rows: pl.DataFrame, *, in_order: bool) -> list[NewFile]:
        return list(encode_months("metric", rows, lambda partition: {"of": list(partition)}, in_order=in_order))

    files = cut(frame, in_order=True)
    assert [file.partition.removeprefix("flow=export/") for file in files] == [
        "year=2024/month=12", "year=2025/month=1", "year=2025/month=2",
    ]  # fmt: skip
    assert [file.rows for file in files] == [6, 6, 6]
    assert cut(frame.sample(fraction=1, shuffle=True, seed=1), in_order=False) == files
    # Month by month from the last on, and of all months each product.
    assert cut(pl.concat([frame[12:], frame[6:12], frame[:6]]), in_order=True) == files
    assert cut(frame.sort("product", "partner", "period"), in_order=True) == files
    assert cut(frame.clear(), in_order=True) == []


def test_a_table_is_read_in_its_order_and_of_it_what_is_asked_for(tmp_path: Path) -> None:
    days = [date(2024, 11, 1), date(2025, 2, 1), date(2025, 10, 1)]
    whole = pl.concat(
        metrics(["01012100", "85051110"], day).with_columns(flow=pl.lit(flow, dtype=polars_schema("metric")["flow"]))
        for flow in ("export", "import") for day in days
    )  # fmt: skip
    findings = pl.concat(
        empty_row("finding").with_columns(
            release_id=pl.lit(f"r{number // 2 % 2}"),
            number=pl.lit(number + 1, pl.UInt32),
            check=pl.lit(f"check {number}"),
        )
        for number in range(6)
    )
    details = pl.concat(
        empty_row("detail").with_columns(
            product=pl.lit(f"{number}", dtype=pl.Categorical), release_id=pl.lit(f"r{number % 2}"), period_end=day,
            flow=pl.lit("export", dtype=polars_schema("detail")["flow"]),
        )
        for number in range(4) for day in days[1:]
    )  # fmt: skip
    files = [*encode_months("metric", whole.sample(fraction=1, shuffle=True, seed=1), lambda partition: {})]
    # Rows of files that stand next to each other, of which neither comes first.
    for place in range(2):
        files.append(encode_file("finding", findings.gather_every(2, place), "", {}))
        files += encode_months("detail", details.filter(release_id=f"r{place}"), lambda partition: {})
    # A name that would be a pattern.
    store = tmp_path / "[store]*"
    store.mkdir()
    publish(store, files, parent=None, about={"released_on": "2025-11-20"})
    snapshot = open_snapshot(store)

    def text(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns((cs.categorical() | cs.enum()).cast(pl.String))

    told = text(whole)
    assert_frame_equal(text(read_table(snapshot, "metric")), told)
    october, of_one = (
        read_table(snapshot, "metric", lambda part: part == ("import", 2025, 10)),
        pl.col("partner") == "P01",
    )
    assert_frame_equal(text(october), told[-6:])
    assert_frame_equal(
        text(read_table(snapshot, "metric", lambda part: part[1] == 2025, of_one, ("level", "flow", "period"))),
        told.filter(of_one, pl.col("period").dt.year() == 2025).select("flow", "period", "level"),
    )
    assert read_table(None, "metric", columns=("level",)).schema == {"level": pl.Float64}
    for nothing_but in (lambda part: True, lambda part: part[1] == 2025):
        found, detail = read_table(snapshot, "finding", nothing_but), read_table(snapshot, "detail", nothing_but)
        assert found["check"].to_list() == [f"check {number}" for number in (0, 1, 4, 5, 2, 3)]
        assert detail.select("period_end", pl.col("product").cast(pl.String)).rows() == [
            (day, f"{number}") for day in days[1:] for number in range(4)
        ]
    assert read_table(snapshot, "finding", columns=("severity",)).height == 6


def empty_row(model: str) -> pl.DataFrame:
    """A row that says nothing: the first word of a fixed set, an empty text, an empty list, zero."""
    made: dict[str, pl.Series] = {}
    for name, kind in polars_schema(model).items():
        value: object = {pl.Date: date(2025, 6, 1), pl.Categorical: "", pl.String: "", pl.List: []}.get(
            kind.base_type(), 0
        )
        made[name] = pl.Series(
            [kind.categories[0] if isinstance(kind, pl.Enum) else bool(value) if kind == pl.Boolean else value],
            dtype=kind,
        )
    return pl.DataFrame(made)


def test_findings_of_one_subject_are_filed_alike_in_whatever_order_they_come() -> None:
    rows = [finding("normalised", "info", "f.csv", observed=f"note {at}", expected="x", advice="y") for at in range(40)]
    orders = (gather("r1", rows).sample(fraction=1, shuffle=True, seed=seed) for seed in range(9))
    assert len({encode_file("finding", frame, "", {}).data for frame in orders}) == 1
