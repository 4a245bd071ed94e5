"""Compile every loop once, when the environment is made: `python -m tasks.compiled`.

The loops over bytes and months are compiled when they are first called, and kept beside their source. That takes a
time that nobody should wait for in the middle of a release, so a made-up release of one record goes the way of all others
here, and so does a year that looks back on it. Nothing of it is kept.
"""

from datetime import date
from pathlib import Path

import polars as pl

from schemas.base import BaseFar, BaseYear
from schemas.request import Landed
from schemas.table import Table
from tasks.base_far import first_near
from tasks.base_file import BaseFile
from tasks.ledger import last_word, merge
from tasks.metrics import derive_portions
from tasks.normalise import normalise
from tasks.sources import gacc_query
from tasks.tables import encode_months, path_partition

RECORD = (
    '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'
    '"202506","85051110","合成","502","合成","353","千克","0","?","1,234",\n'
)


def main() -> None:
    """Take the record through parser, ledger and metrics, and the years after it through what they look back on."""
    landed = Landed(
        file=Path("made-up.csv"), source="gacc_query", reporter="CHN", flow="export", partners="all", products=None,
        first_month=None, last_month=None, released_on=date(2025, 7, 20), title="made up", raw=Path("made-up.csv"),
        raw_sha256="0" * 64, raw_bytes=len(RECORD),
    )  # fmt: skip
    release = normalise(landed, gacc_query.parse(RECORD.encode("gb18030"), "made-up.csv"))
    words = last_word(merge(release.detail, release.release))
    before: list[BaseFile] = []
    for year in range(2025, 2029):
        wanted = pl.DataFrame(
            {"flow": ["export"], "month": [year * 12 + 5]}, schema={"flow": pl.String, "month": pl.Int32}
        )
        own = words if year == 2025 else words.clear()
        years, far_years = [("export", year, 12)], [("export", year)]
        for made, _ in derive_portions(own, release.release, wanted, before, years, far_years):
            before = [file for file in before if file.months]
            before += [*_files(BaseYear, made.base_year), *_files(BaseFar, made.base_far)]


def _files(model: type[Table], rows: pl.DataFrame) -> list[BaseFile]:
    return [
        BaseFile(flow, year * 12, file.data, month)
        if model is BaseYear
        else BaseFile(flow, first_near(year), file.data, 0)
        for file in encode_months(model, rows, lambda partition: {}, in_order=True)
        for flow, year, month in [path_partition(file.partition)]
    ]


if __name__ == "__main__":
    main()
