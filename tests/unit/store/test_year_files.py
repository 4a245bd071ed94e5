"""A year by series has the rows of its months, each product in one file, and bytes that follow from the rows alone."""

import random
from pathlib import Path

import polars as pl
import pyarrow.parquet
import pytest

from schemas.table import PUBLISHED, polars_schema
from schemas.tables.state import Recent
from tasks.store import year_files
from tasks.store.parquet import encode_file, read_derivation

MADE_FROM = {"made from": "a test"}
PRODUCTS = [f"{number:08d}" for number in range(1010000, 1010040)]


def months(folder: Path, number: int, seed: int = 3) -> tuple[list[Path], pl.DataFrame]:
    """Files of some months with some rows of each product, and all rows."""
    draw, paths, frames = random.Random(seed), [], []
    for month in range(1, number + 1):
        rows = [
            ("export", product, f"P{partner:02d}", f"2024-{month:02d}-01", "quantity_kg", draw.random(), 2, 1)
            for product in PRODUCTS
            for partner in sorted(draw.sample(range(60), draw.randrange(1, 9)))
        ]
        frame = pl.DataFrame(rows, schema={**polars_schema(Recent), "period": pl.String}, orient="row")
        frame = frame.with_columns(pl.col("period").str.to_date())
        path = folder / f"{month}.parquet"
        path.write_bytes(encode_file(Recent, frame, f"flow=export/year=2024/month={month}", {}).data)
        paths.append(path)
        frames.append(frame.cast({"product": pl.String, "partner": pl.String, "measure": pl.String}).drop("flow"))
    return paths, pl.concat(frames)


@pytest.mark.parametrize(("of_group", "of_file"), [(65_536, 10**6), (100, 10**6), (100, 450), (3, 7)])
def test_a_year_has_the_rows_of_its_months_by_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_group: int, of_file: int
) -> None:
    layout = PUBLISHED["recent"]
    monkeypatch.setitem(PUBLISHED, "recent", layout.__class__(**{**vars(layout), "rows_per_group": of_group, "sort_by": ("product", "partner", "measure", "period")}))  # fmt: skip
    monkeypatch.setattr(year_files, "ROWS_OF_A_FILE", of_file)
    paths, rows = months(tmp_path, 12)
    made = [*year_files.year_files(Recent, paths, MADE_FROM)]
    again = [*year_files.year_files(Recent, paths, MADE_FROM)]
    assert made == again
    read = [pl.read_parquet(data) for data, _ in made]
    assert [frame.height for frame in read] == [height for _, height in made]
    wanted = rows.sort("product", "partner", "measure", "period")
    assert pl.concat(read).select(wanted.columns).equals(wanted)
    # A product lies in one file, and in one row group unless it is larger than a group.
    products = [set(frame["product"]) for frame in read]
    assert sum(map(len, products)) == len(PRODUCTS)
    largest = rows["product"].value_counts()["count"].max()
    for number, (data, _) in enumerate(made):
        place = tmp_path / f"made-{number}.parquet"
        place.write_bytes(data)
        footer = pyarrow.parquet.read_metadata(place)
        heights = [footer.row_group(group).num_rows for group in range(footer.num_row_groups)]
        assert all(height <= of_group for height in heights)
        assert footer.num_rows <= max(of_file, int(largest))  # type: ignore[arg-type]
        assert read_derivation(str(place)) == MADE_FROM
    if of_file < rows.height:
        assert len(made) > 1
    if of_group * 2 < rows.height < of_file:
        assert pyarrow.parquet.read_metadata(tmp_path / "made-0.parquet").num_row_groups > 1
