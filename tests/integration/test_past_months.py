"""Months that look back on the numbers of others: over the end of a year, in any order, and in a store of before these were kept."""

import itertools
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from flows.release import release
from schemas.base import Base, BaseYear
from schemas.metric import Metric
from schemas.observation import Observation
from schemas.release import Release
from schemas.request import Landed, ReleaseRequest
from tasks import known, ledger, metrics
from tasks.frame_hash import frame_sha256
from tasks.normalise import Normalised, normalise
from tasks.past import BaseFile
from tasks.snapshot import open_snapshot
from tasks.sources import gacc_query
from tasks.tables import Partition, read_table

HEADER = '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'
MONTHS = ("202311", "202312", "202401", "202402", "202403")
TABLES = ("base", "base_year", "observation", "trade_flow")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Made-up query files, one a month: two codes, three partners, some of them silent in some months."""
    folder = tmp_path_factory.mktemp("months")
    found = []
    for number, month in enumerate(MONTHS):
        rows = [
            f'"{month}","{code}","合成","{partner}","合成","{1000 + 37 * number * place}","千克","0","?","{500 + 11 * place}",\n'
            for place, (code, partner) in enumerate(
                itertools.product(("01012100", "01013000"), ("502", "304", "116")), 1
            )
            if (number + place) % 3 or place == 1
        ]
        found.append(folder / f"{month}.csv")
        found[-1].write_bytes((HEADER + "".join(rows)).encode("gb18030"))
    return found


def filled(files: list[Path], store: Path) -> dict[tuple[str, str], str]:
    """The hashes of the files of a store by table and partition, and one of all figures. (A file of `metric` names the releases
    that spoke of its year when it was made.)"""
    for file in files:
        request = ReleaseRequest(
            file=file, store=store, source="gacc_query", flow="export", partners="all", released_on=date(2024, 5, 18)
        )
        assert release.fn(request, date(2024, 5, 20)).status == "published"
    snapshot = open_snapshot(store)
    assert snapshot is not None
    figures = {("metric", ""): frame_sha256(read_table(snapshot, Metric))}
    return figures | {(entry.table, entry.partition): entry.sha256 for entry in snapshot.files if entry.table in TABLES}


def test_each_month_is_what_one_computation_says_and_the_year_is_its_months(files: list[Path], tmp_path: Path) -> None:
    hashes = filled(files, tmp_path / "store")
    snapshot = open_snapshot(tmp_path / "store")
    published = read_table(snapshot, Metric)
    words, releases = ledger.last_word(read_table(snapshot, Observation)), read_table(snapshot, Release)
    whole = pl.DataFrame(metrics.derive(words, releases)).cast(dict(published.schema))  # type: ignore[arg-type]
    assert published.equals(whole)
    assert published.filter(pl.col("rolling_12m_status") == "incomplete_window").height > 0
    assert [partition for table, partition in hashes if table == "base_year"] == ["flow=export/year=2023/month=1"]
    year, base = read_table(snapshot, BaseYear), read_table(snapshot, Base)
    of_2023 = base.filter(pl.col("period").dt.year() == 2023)
    for month in (11, 12):
        there = of_2023.filter(pl.col("period").dt.month() == month)
        assert year[f"value_{month}"].sum() == there["value"].sum() > 0
    assert year.select(pl.sum_horizontal(pl.col("^value_.*$").count()).sum()).item() == of_2023.height


def test_any_order_gives_the_same_bytes(files: list[Path], tmp_path: Path) -> None:
    expected = filled(files, tmp_path / "forwards")
    for number, order in enumerate(([2, 4, 0, 3, 1],)):
        assert filled([files[place] for place in order], tmp_path / str(number)) == expected


def test_a_store_of_before_numbers_were_kept_is_taken_over(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = filled(files, tmp_path / "with")
    filled(files[:4], tmp_path / "without")
    base_files = known._base_files

    def none_of_old(snapshot: object, model: type[Base | BaseYear]) -> dict[Partition, BaseFile]:
        # As if the store had none.
        assert base_files(snapshot, model)  # type: ignore[arg-type]
        return {}

    monkeypatch.setattr(known, "_base_files", none_of_old)
    derived = known.open_known(tmp_path / "without", _normalised(files[4])).derived
    assert derived == tuple(("export", int(month[:4]), int(month[4:])) for month in MONTHS)
    assert filled(files[4:], tmp_path / "without") == expected


def _normalised(file: Path) -> Normalised:
    data = file.read_bytes()
    landed = Landed(
        file=file, source="gacc_query", reporter="CHN", flow="export", partners="all", products=None, first_month=None,
        last_month=None, released_on=date(2024, 5, 18), title=file.name, raw=file, raw_sha256="0" * 64, raw_bytes=len(data),
    )  # fmt: skip
    return normalise(landed, gacc_query.parse(data, file.name))
