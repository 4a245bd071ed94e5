"""Compile every loop once, when the environment is made: `python -m tasks.compiled`.

The loops over bytes and months are compiled when they are first called, and kept beside their source. That takes a quarter
of a minute of which nobody should wonder in the middle of a release, so a made-up release of one record goes the way of
all others here. Nothing of it is kept.
"""

from datetime import date
from pathlib import Path

from schemas.request import Landed
from tasks.ledger import last_word, merge
from tasks.metrics import derive
from tasks.normalise import normalise
from tasks.sources import gacc_query

RECORD = (
    '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'
    '"202506","85051110","合成","502","合成","353","千克","0","?","1,234",\n'
)


def main() -> None:
    """Take the record through parser, ledger and metrics."""
    landed = Landed(
        file=Path("made-up.csv"), source="gacc_query", reporter="CHN", flow="export", partners="all", products=None,
        first_month=None, last_month=None, released_on=date(2025, 7, 20), title="made up", raw=Path("made-up.csv"),
        raw_sha256="0" * 64, raw_bytes=len(RECORD),
    )  # fmt: skip
    release = normalise(landed, gacc_query.parse(RECORD.encode("gb18030"), "made-up.csv"))
    derive(last_word(merge(release.detail, release.release)), release.release)


if __name__ == "__main__":
    main()
