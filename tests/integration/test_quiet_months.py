"""A month without a number of its own is told of all the same, and follows what is learned later of an earlier month."""

from datetime import date
from pathlib import Path

import polars as pl

from flows.release import release
from schemas.forms.request import ReleaseRequest

HEAD = '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'
ROW = '"{month}","85051110","磁","502","美国","{kilograms}","千克","0","?","20,000",\n'


def test_a_month_without_numbers_counts_what_came_later_for_an_earlier_one(tmp_path: Path) -> None:
    for day, months, month, kilograms in ((20, "2025-01..2025-12", "202501", 10), (28, "2025-06", "202506", 5)):
        file = tmp_path / f"{month}.csv"
        file.write_bytes((HEAD + ROW.format(month=month, kilograms=kilograms)).encode("gb18030"))
        release.fn(
            ReleaseRequest(file=file, store=tmp_path / "reporter=CHN", source="gacc_query", flow="export", partners="all",
                           months=months, released_on=date(2026, 1, day)), date(2026, 7, 1),
        )  # fmt: skip
    metric = pl.read_parquet(
        (tmp_path / "reporter=CHN" / "current" / "metric").resolve() / "**/*.parquet", hive_partitioning=True
    )
    usa = metric.filter(product="85051110", partner="USA", measure="quantity_kg").sort("period")
    assert usa["ytd"].to_list() == [10.0] * 5 + [15.0] * 7
