"""Hashes of frames: equal for equal content however it is stored, different for any difference of content."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.domain import hashing
from tasks.domain.hashing import FEW_ROWS, code_sha256, frame_sha256, json_sha256

MANY = FEW_ROWS + 1


def frame(rows: int) -> pl.DataFrame:
    """Columns of every type of our tables: runs, nulls, texts that vary, lists, categories, one value in all rows."""
    numbers = range(rows)
    return pl.DataFrame(
        {
            "run": pl.Series([number // 500 for number in numbers], dtype=pl.Int64),
            "number": pl.Series([None if number % 7 == 0 else number for number in numbers], dtype=pl.Int64),
            "text": [f"t{number}" for number in numbers],
            "flag": [number % 2 == 0 for number in numbers],
            "partner": pl.Series([("USA", "DEU", None)[number % 3] for number in numbers], dtype=pl.Categorical),
            "list": pl.Series([["a"] * (number % 3) for number in numbers], dtype=pl.List(pl.String)),
            "one": ["gacc"] * rows,
            "none": pl.Series([None] * rows, dtype=pl.String),
        }
    )


@pytest.mark.parametrize("rows", [3, FEW_ROWS, MANY])
def test_the_hash_does_not_depend_on_how_the_rows_are_stored(rows: int) -> None:
    whole = frame(rows)
    chunks = pl.concat([whole[:2], whole[2:]], rechunk=False)
    view = pl.concat([whole[:1], whole])[1:]
    backwards = whole.with_columns(pl.col("partner").cast(pl.String).cast(pl.Enum(["XXX", "USA", "DEU"])))
    assert {frame_sha256(one) for one in (whole, chunks, view, backwards)} == {frame_sha256(frame(rows))}


@pytest.mark.parametrize("rows", [3, FEW_ROWS, MANY])
def test_any_difference_gives_another_hash(rows: int) -> None:
    whole, last = frame(rows), pl.int_range(rows) == rows - 1
    others = [
        whole.rename({"text": "name"}),
        whole.select(reversed(whole.columns)),
        whole.reverse(),
        whole[:-1],
        whole.with_columns(pl.col("run").cast(pl.Int32)),
        *(
            whole.with_columns(pl.when(~last).then(pl.col(name)).alias(name))
            for name in ("run", "number", "text", "flag", "one")
        ),
        *(whole.with_columns(pl.when(last).then(pl.lit("b")).otherwise(name).alias(name)) for name in ("one", "none")),
        *(whole.with_columns(one=pl.lit(value, pl.String)) for value in ("gac", "b", "", None)),
        whole.with_columns(none=pl.lit("")),
        whole.with_columns(pl.when(last).then(pl.col("number") + 1).otherwise("number").alias("number")),
        whole.with_columns(pl.when(last).then(pl.lit("")).otherwise("text").alias("text")),
        whole.with_columns(pl.when(last).then(~pl.col("flag")).otherwise("flag").alias("flag")),
        whole.with_columns(
            pl.when(last)
            .then(pl.lit("FRA"))
            .otherwise(pl.col("partner").cast(pl.String))
            .cast(pl.Categorical)
            .alias("partner")
        ),
        whole.with_columns(pl.when(last).then(pl.lit(["b"])).otherwise("list").alias("list")),
    ]
    hashes = [frame_sha256(one) for one in (whole, *others)]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize("rows", [2, MANY])
def test_texts_and_lists_do_not_run_into_one_another(rows: int) -> None:
    """`ab`, `c` and `a`, `bc` are the same letters; so are the items of [[x], []] and [[], [x]]."""
    rest = rows - 2
    pairs: list[tuple[pl.DataType | type[pl.DataType], list[Any], list[Any], Any]] = [
        (pl.String(), ["ab", "c"], ["a", "bc"], ""),
        (pl.List(pl.String), [["x"], []], [[], ["x"]], []),
        (pl.List(pl.String), [[], None], [None, []], []),
    ]
    for kind, *both, empty in pairs:
        frames = [pl.DataFrame({"t": pl.Series([*ends, *[empty] * rest], dtype=kind)}) for ends in both]
        assert len({frame_sha256(one) for one in frames}) == 2


def test_the_hash_of_a_json_value_is_that_of_its_sorted_text() -> None:
    expected = hashlib.sha256('{"a": "数", "b": [1, null]}'.encode()).hexdigest()
    assert json_sha256({"b": [1, None], "a": "数"}) == expected


def test_the_hash_of_the_code_is_that_of_all_steps_tables_and_code_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "ROOT", tmp_path)
    found = set()
    steps = [("tasks/a.py", "1"), ("schemas/tables/b.py", "1"), ("tasks/a.py", "2"), ("tasks/sources/d.toml", "1")]
    for name, text in (*steps, ("flows/c.py", "1")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        found.add(code_sha256.__wrapped__())
    assert len(found) == 4, "a flow makes no table"
