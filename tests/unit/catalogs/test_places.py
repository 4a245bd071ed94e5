"""The files of each table, over all reporters and the stores beside theirs."""

from pathlib import Path

import duckdb

from tasks.catalogs.places import places


def test_tables_beside_the_stores_are_there_and_each_pattern_finds_files(followed_root: Path) -> None:
    found = {place.table: place for place in places(followed_root)}
    assert {"mover", "metric", "release"} <= {*found}
    assert found["mover"].files == ("mover/reporter=*/current/mover/*/*/*/*.parquet",)
    assert found["metric"].keys == ("reporter", "flow", "year", "month")
    assert found["release"].keys == ("reporter",)
    assert [state.split("/")[-1].split()[0] for state in found["metric"].states] == ["reporter=CHN", "reporter=DEU"]
    # A table that is made of others has a lineage too, which is not that of the releases.
    assert found["lineage"].files == ("reporter=*/current/lineage/*.parquet",)
    for place in found.values():
        (pattern,) = place.files
        assert duckdb.sql(f"select count(*) from glob('{followed_root}/{pattern}')").fetchall()[0][0] > 0
