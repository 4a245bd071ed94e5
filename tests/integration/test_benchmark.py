"""What is timed is the same job: the files are the same everywhere, they go in unheld, and all contenders agree on
them."""

import hashlib
import shutil
from pathlib import Path

import polars as pl
import pytest

from benchmarks import compare, generate, whole
from benchmarks.whole import CONTENDERS
from tasks.sources.gacc import gacc_query

GOLDEN = "6248a4e28bd01595ecdf775f7190c2e870b59603e648bf4e59338941611bc768"
RECORDS = 30_498
NAMES = [name for name in CONTENDERS if name != whole.PREFECT]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate.ensure("XS", tmp_path_factory.mktemp("files") / "XS")


@pytest.fixture(scope="module")
def outputs(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The store of tidewaiter, and what the rivals made."""
    work = tmp_path_factory.mktemp("work")
    made = {name: work / ("reporter=CHN" if name == "tidewaiter" else name) for name in NAMES}
    for name, output in made.items():
        cost = whole.do(CONTENDERS[name], folder, output, work)
        # Held and refused files have exit codes of their own.
        assert cost.ended == 0, (work / f"{name}.log").read_text()
    return made


def test_the_files_are_the_same_on_every_machine_and_in_the_form_of_the_site(folder: Path) -> None:
    files = sorted(folder.glob("*.csv"))
    assert hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest() == GOLDEN
    parsed = [gacc_query.parse(file.read_bytes(), file.name) for file in files]
    assert not any(one.normalised for one in parsed)
    assert sum(one.reported.height for one in parsed) == RECORDS
    assert all(one.reported.height % gacc_query.ROW_CAP for one in parsed)


def test_all_contenders_make_the_same_figures(outputs: dict[str, Path]) -> None:
    rows: list[int] = []
    assert whole.check(outputs, rows) == []
    assert len(rows) == 26
    assert sum(rows) > 200_000
    figures = pl.concat(compare.read_month(outputs["polars"], month) for month in compare.months_of(outputs["polars"]))
    # Two years and two months: every figure is there for some rows and missing for others, so that both are compared.
    for name in (*compare.CLOSE, "rolling_12m", "rank"):
        assert 0 < figures[name].null_count() < figures.height, name
    assert set(figures["product"].str.len_chars()) == {2, 4, 6, 8}
    assert {"WLD", "EU27", "USA"} <= set(figures["partner"])


@pytest.mark.parametrize(
    ("figure", "changed"),
    [
        ("level", pl.col("level") + 1),
        ("mom_pct", pl.col("mom_pct") * (1 + 1e-8)),
        ("rank", pl.col("rank") + 1),
        ("yoy_pct", pl.lit(None, dtype=pl.Float64)),
        ("rolling_12m", pl.col("rolling_12m") - 1),
        ("partner", pl.lit("XXX")),
    ],
)
def test_one_changed_figure_of_one_row_is_found(
    outputs: dict[str, Path], tmp_path: Path, figure: str, changed: pl.Expr
) -> None:
    month = "flow=export/year=2025/month=2"
    for name in ("one", "other"):
        (tmp_path / name / month).mkdir(parents=True)
        shutil.copytree(outputs["polars"] / month, tmp_path / name / month, dirs_exist_ok=True)
    assert compare.difference(tmp_path / "one", tmp_path / "other") is None
    file = next((tmp_path / "other" / month).glob("*.parquet"))
    rows = pl.read_parquet(file, hive_partitioning=False).with_row_index("number")
    told = rows.filter(
        (pl.col("measure") == "value_usd") & pl.col("rank").is_not_null() & (pl.col("mom_pct").abs() > 1)
    )
    number = told.filter(pl.col("yoy_pct").is_not_null())["number"][100]
    expression = pl.when(pl.col("number") == number).then(changed).otherwise(pl.col(figure))
    rows.with_columns(expression.alias(figure)).drop("number").write_parquet(file)
    found = compare.difference(tmp_path / "one", tmp_path / "other")
    assert found is not None
    assert found.figure == figure
    rows.filter(pl.col("number") != number).drop("number").write_parquet(file)
    assert compare.difference(tmp_path / "one", tmp_path / "other").figure == "rows"  # type: ignore[union-attr]
