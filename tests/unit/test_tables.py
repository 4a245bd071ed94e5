"""What a published file is for those who read it: plain text in every reader, and groups that a reader can leave out."""

import io
import itertools
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pandas
import polars as pl
import polars.selectors as cs
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.base import Base, BaseFar, BaseYear
from schemas.catalog import PUBLISHED
from schemas.metric import FIGURES, Metric, status
from schemas.observation import Detail
from schemas.release import Finding
from schemas.table import Table, arrow_schema, polars_schema, readers_schema
from schemas.trade_flow import TradeFlow
from tasks.publish import NewFile, publish
from tasks.snapshot import open_snapshot
from tasks.tables import BYTES_PER_PAGE, encode_file, encode_months, read_table
from tasks.weave import RUN, FileKey, Weaver, copied, weave
from tests.draws import draws

WORDS = ["product", "classification", "partner", "measure", "level_status", "kinds"]


def metrics(products: list[str], month: date = date(2025, 6, 1), partners: int = 3) -> pl.DataFrame:
    """Rows of the table metric in its order: the level of each product and partner."""
    kinds = polars_schema(Metric)
    keys = pl.DataFrame({"product": sorted(products)}).join(
        pl.DataFrame({"partner": [f"P{number:02d}" for number in range(partners)]}), how="cross"
    )
    given = {
        "flow": "export", "classification": "HS8", "measure": "quantity_kg", "period": month, "level_kinds": "query",
        "kinds": "query", **{status(figure): "no_base" for figure in FIGURES}, "level_status": "reported",
    }  # fmt: skip
    rows = keys.with_row_index("level").with_columns(pl.lit(value).alias(name) for name, value in given.items())
    missing = [pl.lit(None).alias(name) for name in kinds if name not in rows.columns]
    frame = rows.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in kinds.items())
    return Metric.validate(frame, lazy=True)


@pytest.fixture
def written(tmp_path: Path) -> tuple[pl.DataFrame, Path]:
    frame = metrics(["01012100", "85051110"])
    path = tmp_path / "file.parquet"
    path.write_bytes(encode_file(Metric, frame, "flow=export/year=2025/month=6", {}, in_order=True).data)
    return frame, path


def test_codes_are_plain_text_for_every_reader(written: tuple[pl.DataFrame, Path]) -> None:
    frame, path = written
    expected = [frame[name].cast(pl.String).to_list() for name in WORDS]
    own = pl.read_parquet(path)
    arrow = pyarrow.parquet.read_table(path)
    duck = duckdb.sql(f"select * from '{path}'")
    theirs = pandas.read_parquet(path)
    assert own.schema == {name: kind for name, kind in readers_schema(Metric).items() if name in own.columns}
    assert arrow.schema.equals(arrow_schema(Metric))
    assert [field.nullable for field in arrow.schema] == [field.nullable for field in arrow_schema(Metric)]
    assert {str(kind) for name, kind in zip(duck.columns, duck.types, strict=True) if name in WORDS} == {"VARCHAR"}
    assert not [name for name in WORDS if isinstance(theirs[name].dtype, pandas.CategoricalDtype)]
    assert [own[name].to_list() for name in WORDS] == expected
    assert [arrow[name].to_pylist() for name in WORDS] == expected
    assert [list(column) for column in zip(*duck.select(*WORDS).fetchall(), strict=True)] == expected
    assert [theirs[name].tolist() for name in WORDS] == expected


def test_a_column_that_may_not_be_null_is_not_written_with_a_null() -> None:
    frame = metrics(["01012100"]).with_columns(partner=pl.lit(None, dtype=pl.Categorical))
    with pytest.raises(pl.exceptions.SchemaError, match="nullable is false"):
        encode_file(Metric, frame, "flow=export/year=2025/month=6", {}, in_order=True)


def test_the_bytes_of_a_file_do_not_depend_on_which_codes_were_met_before() -> None:
    first = encode_file(Metric, metrics(["01012100", "85051110"]), "", {}, in_order=True).data
    met = pl.Series([f"{number:08d}" for number in range(1000)], dtype=pl.Categorical)
    assert met.len()
    later = metrics(["85051110", "02012100"]).filter(pl.col("product") != "02012100")
    again = pl.concat([metrics(["01012100"]), later]).with_columns(level=pl.int_range(6).cast(pl.Float64))
    assert encode_file(Metric, again, "", {}, in_order=True).data == first


def test_the_bytes_of_a_file_depend_neither_on_types_nor_on_the_order_in_which_it_is_said_what_it_was_made_from() -> (
    None
):
    frame = metrics(["01012100", "85051110"])
    data = encode_file(Metric, frame, "", {"月": "六月", "a": {"y": 1, "x": 2}}).data
    as_text = frame.with_columns((cs.categorical() | cs.enum()).cast(pl.String))
    assert encode_file(Metric, as_text, "", {"a": {"x": 2, "y": 1}, "月": "六月"}).data == data
    said = pyarrow.parquet.read_metadata(io.BytesIO(data)).metadata[b"tidewaiter.derivation"]
    assert said.decode() == '{"a": {"x": 2, "y": 1}, "月": "六月"}'


@pytest.mark.parametrize("model", [Metric, TradeFlow])
def test_row_groups_are_bounded_and_say_which_products_they_hold(model: type[Metric | TradeFlow]) -> None:
    limit = PUBLISHED["metric" if model is Metric else "trade_flow"].rows_per_group
    frame = metrics([f"{number:08d}" for number in range(limit // 100 * 5 // 2)], partners=100)
    if model is TradeFlow:
        plain = frame.cast({pl.Enum: pl.String, pl.Categorical: pl.String})  # type: ignore[dict-item]
        frame = plain.select(
            *("flow", "product", "classification", "partner", "period"), quantity_kg="level",
            quantity_other=pl.lit(None, dtype=pl.Float64), quantity_other_unit=pl.lit(None, dtype=pl.String),
            value_usd="level", value_cny="level", value_eur="level", value_gbp="level", value_jpy="level",
            source=pl.lit("s"), kind=pl.lit("query"),
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


def test_a_reader_of_one_product_unpacks_a_page_and_not_the_whole_row_group() -> None:
    rows = PUBLISHED["metric"].rows_per_group
    frame = metrics([f"{number:08d}" for number in range(rows // 100 + 1)], partners=100)[:rows]
    noise = pl.Series("level", [random.Random(number).random() for number in range(rows)])
    data = encode_file(Metric, frame.with_columns(noise), "", {}, in_order=True).data
    footer = pyarrow.parquet.read_metadata(pyarrow.BufferReader(data))
    assert footer.num_row_groups == 1
    column = footer.row_group(0).column(footer.schema.names.index("level"))
    assert "RLE_DICTIONARY" not in column.encodings
    # Each page is a frame of Zstandard of its own, and begins with the mark of one.
    pages = data[column.data_page_offset :][: column.total_compressed_size].count(b"\x28\xb5\x2f\xfd")
    assert rows * 8 / BYTES_PER_PAGE <= pages <= rows * 8 / BYTES_PER_PAGE + 2


def test_a_frame_in_order_is_cut_by_month_without_losing_a_row() -> None:
    months = [date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1)]
    frame = pl.concat([metrics(["01012100", "02012100"], month) for month in months])

    def cut(rows: pl.DataFrame, *, in_order: bool) -> list[NewFile]:
        return list(encode_months(Metric, rows, lambda partition: {"of": list(partition)}, in_order=in_order))

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


def test_frames_woven_together_are_in_the_order_of_the_text_of_their_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    order = ("flow", "period", "product", "partner", "measure")
    months = [date(2025, 5, 1), date(2025, 6, 1)]
    products = (["9", "basket:a", "03"], ["01", "04"], ["02", "85051110"], [])
    frames = [
        pl.concat([metrics(part, month) for month in months]) if part else metrics(["1"]).clear() for part in products
    ]
    expected = pl.concat(frames).cast({pl.Categorical: pl.String}).sort(order).cast(frames[0].schema)  # type: ignore[dict-item]
    handed = [*frames]
    woven = weave(handed, order[:3], rows_per_group=6)
    assert woven.equals(expected)
    assert handed == []
    there = woven["product"].unique(maintain_order=True).to_list()
    assert there == ["01", "02", "03", "04", "85051110", "9", "basket:a"]
    # Each month has three rows of each of seven products, and its row groups are pieces already.
    assert woven["level"].chunk_lengths() == [6, 6, 6, 3] * 2
    monkeypatch.setitem(PUBLISHED, "metric", replace(PUBLISHED["metric"], rows_per_group=6))
    files, in_one_piece = (
        [*encode_months(Metric, rows, lambda partition: {"of": list(partition)}, in_order=True)]
        for rows in (woven, expected.rechunk())
    )
    assert files == in_one_piece
    found = [pyarrow.parquet.read_metadata(io.BytesIO(file.data)) for file in files]
    assert [[one.row_group(group).num_rows for group in range(one.num_row_groups)] for one in found] == [
        [6, 6, 6, 3]
    ] * 2
    assert weave([frames[-1]], order[:3], 6).height == 0


@draws(40)
@given(st.data())
def test_whichever_frames_have_which_rows_each_file_has_its_own_row_groups(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 5), "rows per group")
    of_frame = data.draw(st.lists(st.integers(0, 2), min_size=6, max_size=6), "frame of each product")
    counts = data.draw(st.lists(st.integers(0, 3), min_size=24, max_size=24), "rows of each product, file by file")
    months = [(flow, date(2025, month, 1)) for flow in ("export", "import") for month in (2, 12)]
    rows = [(*months[place // 6], f"{place % 6:02d}") for place, count in enumerate(counts) for _ in range(count)]
    whole = pl.DataFrame(rows, schema=dict(zip(RUN, (pl.String, pl.Date, pl.String), strict=True)), orient="row")
    whole = whole.with_row_index("row")
    frames = [
        whole.filter(pl.col("product").is_in([f"{at:02d}" for at, of in enumerate(of_frame) if of == frame]))
        for frame in range(3)
    ]
    woven = weave(frames, RUN, size)
    heights = [sum(counts[place : place + 6]) for place in range(0, 24, 6)]
    assert woven["row"].to_list() == [*range(whole.height)]
    assert [length for length in woven["row"].chunk_lengths() if length] == [
        min(size, height - start) for height in heights for start in range(0, height, size)
    ]


@draws(60)
@given(st.data())
def test_a_row_group_is_given_away_whole_as_soon_as_nothing_can_come_before_its_last_row(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 5), "rows per group")
    of_portion = data.draw(st.lists(st.integers(0, 3), min_size=9, max_size=9), "portion of each product")
    months = [(flow, date(2025, month, 1)) for flow in ("export", "import") for month in (2, 12)]
    counts = data.draw(st.lists(st.integers(0, 4), min_size=36, max_size=36), "rows of each product, file by file")
    rows = [
        (*months[place // 9], f"{place % 9:02d}", number)
        for place, count in enumerate(counts)
        for number in range(count)
    ]
    whole = pl.DataFrame(rows, schema=["flow", "period", "product", "number"], orient="row").with_row_index("row")
    weaver, told = Weaver(size), dict[FileKey, list[pl.DataFrame]]()
    for portion in range(4):
        mine, later = ([f"{at:02d}" for at, of in enumerate(of_portion) if which(of)]
                       for which in (portion.__eq__, portion.__lt__))  # fmt: skip
        # The last of them all says that nothing comes any more, which is another thing than that nothing is left to come.
        before = min(later, default="99") if portion < 3 else None
        for key, group in weaver.add(whole.filter(pl.col("product").is_in(mine)), before):
            told.setdefault(key, []).append(group)
        done = whole.filter(pl.col("product").is_in([f"{at:02d}" for at, of in enumerate(of_portion) if of <= portion]))
        for flow, period in months:
            there = done.filter(flow=flow, period=period)
            sure = there.filter(pl.col("product") < before).height // size * size if before else there.height
            groups = told.get((flow, 2025, period.month), [])
            assert [group.height for group in groups] == [size] * (sure // size) + [sure % size] * (sure % size > 0)
        assert weaver.is_empty() == (sum(group.height for groups in told.values() for group in groups) == done.height)
    assert [row for key in sorted(told) for group in told[key] for row in group["row"]] == [*range(whole.height)]


def test_nothing_woven_holds_on_to_the_frames_that_it_is_made_of() -> None:
    long = metrics([f"{code:08}" for code in range(400)])
    # It is held here, so that no copy can come to lie where it was.
    before = long["level"].to_arrow().buffers()[1]
    woven = weave([long], ("flow", "period", "product"), rows_per_group=100)
    pieces = [piece.to_arrow().buffers()[1].address for piece in woven["level"].get_chunks()]
    assert len(pieces) == 12
    assert not [address for address in pieces if before.address <= address < before.address + before.size]


def test_a_table_is_read_in_its_order_and_of_it_what_is_asked_for(tmp_path: Path) -> None:
    days = [date(2024, 11, 1), date(2025, 2, 1), date(2025, 10, 1)]
    whole = pl.concat(
        metrics(["01012100", "85051110"], day).with_columns(flow=pl.lit(flow, dtype=polars_schema(Metric)["flow"]))
        for flow in ("export", "import") for day in days
    )  # fmt: skip
    findings = pl.concat(
        empty_row(Finding).with_columns(release_id=pl.lit(f"r{number // 2 % 2}"), check=pl.lit(f"check {number}")) for number in range(6)
    )  # fmt: skip
    details = pl.concat(
        empty_row(Detail).with_columns(
            product=pl.lit(f"{number}", dtype=pl.Categorical), release_id=pl.lit(f"r{number % 2}"), period_end=day,
            flow=pl.lit("export", dtype=polars_schema(Detail)["flow"]),
        )
        for number in range(4) for day in days[1:]
    )  # fmt: skip
    files = [*encode_months(Metric, whole.sample(fraction=1, shuffle=True, seed=1), lambda partition: {})]
    # Rows of files that stand beside each other, of which neither comes first.
    for place in range(2):
        files.append(encode_file(Finding, findings.gather_every(2, place), "", {}))
        files += encode_months(Detail, details.filter(release_id=f"r{place}"), lambda partition: {})
    # A name that would be a pattern.
    store = tmp_path / "[store]*"
    store.mkdir()
    publish(store, files, parent=None, about={"released_on": "2025-11-20"})
    snapshot = open_snapshot(store)

    def text(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns((cs.categorical() | cs.enum()).cast(pl.String))

    told = text(whole)
    assert_frame_equal(text(read_table(snapshot, Metric)), told)
    october, of_one = (
        read_table(snapshot, Metric, lambda part: part == ("import", 2025, 10)),
        pl.col("partner") == "P01",
    )
    assert_frame_equal(text(october), told[-6:])
    assert_frame_equal(
        text(read_table(snapshot, Metric, lambda part: part[1] == 2025, of_one, ("level", "flow", "period"))),
        told.filter(of_one, pl.col("period").dt.year() == 2025).select("flow", "period", "level"),
    )
    assert read_table(None, Metric, columns=("level",)).schema == {"level": pl.Float64}
    for nothing_but in (lambda part: True, lambda part: part[1] == 2025):
        found, detail = read_table(snapshot, Finding, nothing_but), read_table(snapshot, Detail, nothing_but)
        assert found["check"].to_list() == [f"check {number}" for number in (0, 1, 4, 5, 2, 3)]
        assert detail.select("period_end", pl.col("product").cast(pl.String)).rows() == [
            (day, f"{number}") for day in days[1:] for number in range(4)
        ]
    assert read_table(snapshot, Finding, columns=("severity",)).height == 6


def test_what_each_release_reads_again_is_written_for_speed_and_all_readers_read_it(tmp_path: Path) -> None:
    """The numbers that months look back on are decoded by every release, the figures are downloaded by many."""
    codecs = {}
    for model in (Metric, TradeFlow, Base, BaseYear, BaseFar):
        file = encode_file(model, empty_row(model), "flow=export/year=2025/month=6", {})
        path = tmp_path / f"{file.table}.parquet"
        path.write_bytes(file.data)
        group = pyarrow.parquet.read_metadata(path).row_group(0)
        codecs[file.table] = {group.column(place).compression for place in range(group.num_columns)}
        rows = duckdb.sql(f"select count(*) from read_parquet('{path}')").fetchall()
        assert rows == [(1,)]
        assert len(pandas.read_parquet(path)) == pl.read_parquet(path).height == 1
    assert codecs["metric"] == codecs["trade_flow"] == {"ZSTD"}
    assert codecs["base"] == codecs["base_year"] == codecs["base_far"] == {"LZ4"}


def test_lists_are_the_same_bytes_in_one_piece_and_in_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PUBLISHED, "base_far", replace(PUBLISHED["base_far"], rows_per_group=8_000))
    many = pl.concat([empty_row(BaseFar)] * 20_000, rechunk=True).with_columns(
        highest=pl.Series([[float(number * place) for place in range(number % 7)] for number in range(20_000)])
    )
    groups = pl.concat([copied([many[start : start + 8_000]]) for start in (0, 8_000, 16_000)], rechunk=False)
    assert groups["highest"].n_chunks() == 3
    files = [
        encode_file(BaseFar, rows, "flow=export/year=2025/month=1", {}, in_order=True)
        for rows in (many, groups, many[:])
    ]
    assert len({file.sha256 for file in files}) == 1
    assert_frame_equal(pl.read_parquet(files[0].data).select("highest"), many.select("highest"))


def empty_row(model: type[Table]) -> pl.DataFrame:
    """A row that says nothing: the first word of a fixed set, an empty text, an empty list, zero."""
    made: dict[str, pl.Series] = {}
    for name, kind in polars_schema(model).items():
        value: object = {pl.Date: date(2025, 6, 1), pl.Categorical: "", pl.String: "", pl.List: []}.get(
            kind.base_type(), 0
        )
        made[name] = pl.Series([kind.categories[0] if isinstance(kind, pl.Enum) else value], dtype=kind)
    return pl.DataFrame(made)
