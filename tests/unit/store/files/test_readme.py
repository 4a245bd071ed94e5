"""The wildcards that a newcomer tries give right numbers or an error, and what README.txt says to read is right."""

import glob
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from tasks.store.files.readme import README, README_NAME
from tests.unit.store.small_store import JULY, JUNE, stored

Levels = list[int]
CHINA, BOTH = [3, 31], [3, 4, 31, 41]


def _polars(path: str) -> Levels:
    return pl.scan_parquet(path, hive_partitioning=True).select("level").collect()["level"].to_list()


def _duckdb(path: str) -> Levels:
    return [level for (level,) in duckdb.execute(f"select level from read_parquet('{path}')").fetchall()]


def _pyarrow(path: str) -> Levels:
    return ds.dataset(path, partitioning="hive").to_table(columns=["level"])["level"].to_pylist()


def _names(path: str) -> list[str]:
    return [name for name in glob.glob(path, recursive=True) if Path(name).is_file()]


def _pandas(path: str) -> Levels:
    return list(pd.read_parquet(path)["level"])


def _pandas_of_names(path: str) -> Levels:
    return [int(level) for name in _names(path) for level in pd.read_parquet(name)["level"]]


READERS: dict[str, Callable[[str], Levels]] = {
    function.__name__.strip("_"): function
    for function in (
        _polars, _duckdb, _pyarrow, _pandas, _pandas_of_names,
    )
}  # fmt: skip
# A wildcard, the figures it may give, and the readers that must give them; the others may refuse.
WILDCARDS: list[tuple[str, Levels | None, set[str]]] = [
    ("reporter=CHN/current/metric", CHINA, {"polars", "pyarrow", "pandas", "duckdb"}),
    ("reporter=CHN/current/metric/**/*.parquet", CHINA, {"polars", "duckdb", "pandas_of_names"}),
    ("reporter=*/current/metric/**/*.parquet", BOTH, {"polars", "duckdb", "pandas_of_names"}),
    ("**/metric/**/*.parquet", BOTH, {"polars"}),
    ("**/metric/*/*/*/*.parquet", BOTH, {"polars", "duckdb"}),
    ("**/current/metric/**/*.parquet", BOTH, {"polars"}),
    ("*/*/metric/**/*.parquet", BOTH, {"polars", "duckdb"}),
    ("*/*/*/metric/**/*.parquet", None, set()),
    ("reporter=CHN/**/metric/**/*.parquet", CHINA, {"polars"}),
    ("reporter=CHN/*/metric/**/*.parquet", CHINA, {"polars", "duckdb"}),
    ("reporter=CHN/**/metric/**", CHINA, set()),
    ("**/metric", None, set()),
    ("**/*.parquet", None, set()),
    ("reporter=CHN/**/*.parquet", None, set()),
    ("reporter=CHN", None, set()),
    ("", None, set()),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stores with three snapshots each, of two tables with columns of their own."""
    root = tmp_path_factory.mktemp("readers") / "root"
    for reporter, first in (("CHN", 1), ("USA", 2)):
        for level in range(first, first + 3):
            values = {JUNE: [level], JULY: [level * 10 + 1]}
            stored(root / f"reporter={reporter}", values, others={"trade_flow": {JUNE: [7]}})
    return root


@pytest.mark.parametrize("wildcard", WILDCARDS, ids=[found[0] or "root" for found in WILDCARDS])
def test_a_wildcard_gives_right_numbers_or_an_error(root: Path, wildcard: tuple[str, Levels | None, set[str]]) -> None:
    pattern, right, must = wildcard
    for name, read in READERS.items():
        try:
            found = sorted(read(f"{root}/{pattern}".rstrip("/")))
        except Exception:
            found = []
        assert found == right or (not found and name not in must), name


def test_what_the_readme_says_is_right(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = root / "reporter=CHN"
    assert (folder / README_NAME).read_bytes() == README
    lines = dict(re.findall(r"^  (Polars|DuckDB|pandas|R) +(.+)$", README.decode(), re.MULTILINE))
    monkeypatch.chdir(folder)
    found = {
        "Polars": eval(lines["Polars"], {"pl": pl}).collect()["level"].to_list(),
        "DuckDB": [row[0] for row in duckdb.execute(f"select level {lines['DuckDB']}").fetchall()],
        "pandas": list(eval(lines["pandas"], {"pandas": pd})["level"]),
    }
    assert {name: sorted(levels) for name, levels in found.items()} == dict.fromkeys(found, CHINA)
    # No R here: its line names the folder that the others read.
    assert lines["R"] == 'arrow::open_dataset("current/metric")'
    (several,) = re.findall(r"read_parquet\('(reporter=[^']+)'\)", README.decode())
    assert sorted(_duckdb(f"{root}/{several}")) == BOTH
