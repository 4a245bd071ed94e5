"""Months that look back on the numbers of others: over the end of a year, in any order, and in a store of before these were kept."""

import itertools
import json
import random
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet
import pytest

from flows.release import release
from schemas.base import Base, BaseFar, BaseYear
from schemas.control_event import EventWindow
from schemas.metric import Metric
from schemas.observation import Observation
from schemas.release import Release
from schemas.request import Landed, ReleaseRequest
from tasks import assemble, known, ledger, metrics
from tasks.base_file import BaseFile
from tasks.frame_hash import frame_sha256
from tasks.normalise import Normalised, normalise
from tasks.snapshot import Snapshot, open_snapshot
from tasks.sources import gacc_query
from tasks.tables import Partition, read_table

HEADER = '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'
MONTHS = ("202311", "202312", "202401", "202402", "202403")
TABLES = ("base", "base_year", "base_far", "observation", "trade_flow", "metric", "revision")


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


def filled(files: list[Path], store: Path, released_on: date = date(2024, 5, 18)) -> dict[tuple[str, str], str]:
    """The hashes of the files of a store by table and partition, and one of all figures."""
    for file in files:
        request = ReleaseRequest(
            file=file, store=store, source="gacc_query", flow="export", partners="all", released_on=released_on
        )
        assert release.fn(request, released_on + timedelta(days=2)).status == "published"
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
    assert [partition for table, partition in hashes if table == "base_year"] == ["flow=export/year=2023/month=12"]
    year, base = read_table(snapshot, BaseYear), read_table(snapshot, Base)
    of_2023 = base.filter(pl.col("period").dt.year() == 2023)
    for month in (11, 12):
        there = of_2023.filter(pl.col("period").dt.month() == month)
        assert year[f"value_{month}"].sum() == there["value"].sum() > 0
    assert year.select(pl.sum_horizontal(pl.col("^value_.*$").count()).sum()).item() == of_2023.height


def test_any_order_gives_the_same_bytes(files: list[Path], tmp_path: Path) -> None:
    mixed = [files[place] for place in (2, 4, 0, 3, 1)]
    assert filled(mixed, tmp_path / "mixed") == filled(files, tmp_path / "forwards")
    assert _made_from(tmp_path / "mixed", "flow=export/year=2024/month=2") == {"202311", "202312", "202401", "202402"}


def test_what_is_known_makes_nothing_new_however_much_was_published_since(files: list[Path], tmp_path: Path) -> None:
    """Also where a cumulative figure connects the months of a year, and a later release speaks of an earlier month."""
    folder = tmp_path / "quarter"
    folder.mkdir()
    months = [line for file in files[2:] for line in file.read_bytes().decode("gb18030").splitlines()[1:]]
    sums: dict[tuple[str, ...], list[int]] = {}
    for line in months:
        _, *name, quantity, unit, second, other, value = line.strip('",').split('","')
        total = sums.setdefault((*name, unit, second, other), [0, 0])
        total[:] = total[0] + int(quantity), total[1] + int(value)
    rows = [
        ",".join(f'"{text}"' for text in (*name, total[0], unit, second, other, total[1])) + ",\n"
        for (*name, unit, second, other), total in sums.items()
    ]
    quarter = folder / "quarter.csv"
    quarter.write_bytes((HEADER.partition(",")[2] + "".join(rows)).encode("gb18030"))
    (folder / "quarter.csv.toml").write_text('months = "2024-01..2024-03"\n')
    orders = ([*files, quarter], [quarter, *reversed(files)])
    one, other = (filled(order, tmp_path / f"store{place}") for place, order in enumerate(orders))
    assert one == other
    for file in orders[0]:
        request = ReleaseRequest(
            file=file, store=tmp_path / "store0", source="gacc_query", flow="export", partners="all", released_on=date(2024, 5, 18)
        )  # fmt: skip
        assert release.fn(request, date(2024, 5, 20)).status == "nothing new", file.name
    # With the sum of three months a number of the third one is a number of the second.
    assert _made_from(tmp_path / "store0", "flow=export/year=2024/month=2") == {file.stem for file in orders[0]}


def _made_from(store: Path, partition: str) -> set[str]:
    """Which files the figures of a month say that they are made from."""
    snapshot = _snapshot(store)
    (entry,) = (entry for entry in snapshot.entries("metric") if entry.partition == partition)
    note = json.loads(pyarrow.parquet.read_metadata(snapshot.path / entry.path).metadata[b"tidewaiter.derivation"])
    names = dict(read_table(snapshot, Release).select("release_id", "title").iter_rows())
    return {Path(names[one["release_id"]]).stem for one in note["inputs"]}


def test_a_store_of_before_numbers_were_kept_is_taken_over(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = filled(files, tmp_path / "with")
    filled(files[:4], tmp_path / "without")
    base_files = known._base_files

    def none_of_old(snapshot: object, model: type[Base | BaseYear]) -> dict[Partition, BaseFile]:
        # As if the store had none.
        assert model is BaseFar or base_files(snapshot, model)  # type: ignore[arg-type]
        return {}

    monkeypatch.setattr(known, "_base_files", none_of_old)
    derived = known.open_known(tmp_path / "without", _normalised(files[4])).derived
    assert derived == tuple(("export", int(month[:4]), int(month[4:])) for month in MONTHS)
    assert filled(files[4:], tmp_path / "without") == expected


def test_a_correction_makes_later_figures_a_few_months_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Magnets around the control of April 2025, so that the windows around it look at months that wait on disk."""
    months = [f"{index // 12}{index % 12 + 1:02d}" for index in range(2024 * 12 + 3, 2025 * 12 + 7)]
    magnets = [_magnets(tmp_path, month, 1000 + 10 * place) for place, month in enumerate(months)]
    filled(magnets, tmp_path / "at-once", date(2025, 9, 18))
    before = read_table(open_snapshot(tmp_path / "at-once"), Metric)
    shutil.copytree(tmp_path / "at-once", tmp_path / "in-parts", symlinks=True)
    corrected = _magnets(tmp_path / "again", "202404", 999)
    filled([corrected], tmp_path / "at-once", date(2025, 10, 18))
    parts: list[list[int]] = []
    derive_portions = metrics.derive_portions

    def noted(words: pl.DataFrame, releases: Any, wanted: pl.DataFrame, *others: Any) -> Any:
        parts.append(wanted["month"].to_list())
        return derive_portions(words, releases, wanted, *others)

    monkeypatch.setattr(metrics, "derive_portions", noted)
    rows = {entry.rows for entry in _snapshot(tmp_path / "in-parts").entries("base")}
    monkeypatch.setattr(assemble, "NUMBERS_AT_ONCE", 3 * max(rows))
    filled([corrected], tmp_path / "in-parts", date(2025, 10, 18))
    assert [len(part) for part in parts] == [1, 3, 3, 3, 3, 3]
    assert sorted(itertools.chain(*parts)) == [*range(2024 * 12 + 3, 2025 * 12 + 7)]
    one, other = _snapshot(tmp_path / "at-once"), _snapshot(tmp_path / "in-parts")
    # The lineage differs, for it says by what way the figures came.
    assert _hashes(one) == _hashes(other)
    after = read_table(other, Metric)
    assert (before["level"] != after["level"]).sum() > 0
    window = read_table(other, EventWindow)
    assert window.filter(product="85051110", side="after")["quantity_kg"].drop_nulls().len() > 0
    whole = pl.DataFrame(metrics.derive(ledger.last_word(read_table(other, Observation)), read_table(other, Release)))
    assert after.equals(whole.cast(dict(after.schema)))  # type: ignore[arg-type]


def test_a_correction_leaves_the_numbers_of_other_months_as_they_are(files: list[Path], tmp_path: Path) -> None:
    store = tmp_path / "store"
    filled(files, store)
    before = {entry.partition: entry.sha256 for entry in _snapshot(store).entries("base")}
    corrected = tmp_path / "again.csv"
    corrected.write_bytes(files[1].read_bytes().replace(b"1037", b"1038"))
    filled([corrected], store, date(2024, 6, 18))
    after = {entry.partition: entry.sha256 for entry in _snapshot(store).entries("base")}
    assert {month for month in after if after[month] != before[month]} == {"flow=export/year=2023/month=12"}
    metric = read_table(_snapshot(store), Metric)
    words = ledger.last_word(read_table(_snapshot(store), Observation))
    whole = pl.DataFrame(metrics.derive(words, read_table(_snapshot(store), Release)))
    assert metric.equals(whole.cast(dict(metric.schema)))  # type: ignore[arg-type]
    year = read_table(_snapshot(store), BaseYear)
    assert 1038 * 10**6 in year["value_12"].to_list()


def test_after_some_years_one_file_tells_of_all_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A year at a time, then months, then a correction of an old one: what is far is made once a year and again where it changed."""
    store, asked = tmp_path / "store", []
    derive_portions = metrics.derive_portions

    def noted(words: pl.DataFrame, releases: Any, wanted: pl.DataFrame, before: Any, *others: Any) -> Any:
        asked.append(sorted(file.month for file in before if not file.months))
        return derive_portions(words, releases, wanted, before, *others)

    monkeypatch.setattr(metrics, "derive_portions", noted)
    draw = random.Random(5)
    told = {
        f"{index // 12}{index % 12 + 1:02d}": round(10 ** draw.uniform(1, 4))
        for index in range(2017 * 12, 2023 * 12 + 3)
    }
    told["202303"] = 50_000
    years = [
        _of_months(tmp_path, {month: told[month] for month in told if month[:4] == str(year)})
        for year in range(2017, 2023)
    ]
    months = [_of_months(tmp_path, {month: told[month]}) for month in ("202301", "202302", "202303")]
    corrected = _of_months(tmp_path / "again", {"202005": 99_999})
    # What was far when the release came, and of which years it is in the store when it has gone.
    for day, (file, far, of_years) in enumerate((
        (years[0], [], []), (years[1], [], []), (years[2], [], [2019]), (years[3], [2018], [2020]), (years[4], [2019], [2021]),
        (years[5], [2020], [2022]), (months[0], [2021], [2023]), (months[1], [2022], [2023]), (corrected, [], [2023]),
        (months[2], [2022], [2023]),
    ), 1):  # fmt: skip
        asked.clear()
        before = _far_rows(store) if file in (corrected, months[1], months[2]) else pl.DataFrame()
        filled([file], store, date(2023, 9, day))
        assert asked == [[year * 12 for year in far]], file.name
        snapshot = _snapshot(store)
        assert [entry.partition for entry in snapshot.entries("base_far")] == [
            f"flow=export/year={year}/month=1" for year in of_years
        ]
        published = read_table(snapshot, Metric)
        words, releases = ledger.last_word(read_table(snapshot, Observation)), read_table(snapshot, Release)
        whole = pl.DataFrame(metrics.derive(words, releases)).cast(dict(published.schema))  # type: ignore[arg-type]
        assert published.equals(whole), file.name
        if before.height:
            assert before.equals(_far_rows(store)) == (file is not corrected)
    # Nothing since the corrected month was as high, and it is in no file that the last release looked at.
    march = published.filter(
        pl.col("period") == date(2023, 3, 1), product="01012100", partner="WLD", measure="quantity_kg"
    )
    assert march["highest_since"].to_list() == [date(2020, 5, 1)]


def test_a_year_that_is_gathered_again_is_never_gathered_from_what_is_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the columns of `base_year` have changed since: every year is laid side by side again, the far ones too."""
    store = tmp_path / "store"
    told = {f"{index // 12}{index % 12 + 1:02d}": 1000 + index % 7 for index in range(2019 * 12, 2022 * 12 + 2)}
    years = [
        _of_months(tmp_path, {month: told[month] for month in told if month[:4] == str(year)})
        for year in (2019, 2020, 2021)
    ]
    filled([*years, _of_months(tmp_path, {"202201": told["202201"]})], store, date(2023, 9, 1))
    assert [entry.partition for entry in _snapshot(store).entries("base_far")] == ["flow=export/year=2022/month=1"]
    before = read_table(_snapshot(store), BaseYear)
    base_files = known._base_files
    monkeypatch.setattr(
        known, "_base_files", lambda snapshot, model: {} if model is BaseYear else base_files(snapshot, model)
    )
    filled([_of_months(tmp_path, {"202202": told["202202"]})], store, date(2023, 9, 2))
    assert before.equals(read_table(_snapshot(store), BaseYear))
    assert before["period"].n_unique() == 3


def test_a_year_is_laid_side_by_side_quarter_by_quarter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a month looks back on is then few files; and in whatever order months come, or come again, the store is the same."""
    months = [f"{index // 12}{index % 12 + 1:02d}" for index in range(2023 * 12 + 9, 2025 * 12 + 1)]
    told = {month: _magnets(tmp_path, month, 1000 + 10 * place) for place, month in enumerate(months)}
    asked: list[list[tuple[int, int]]] = []
    derive_portions = metrics.derive_portions

    def noted(words: pl.DataFrame, releases: Any, wanted: pl.DataFrame, before: Any, *others: Any) -> Any:
        asked.append([(file.month - 2024 * 12, file.months) for file in before])
        return derive_portions(words, releases, wanted, before, *others)

    monkeypatch.setattr(metrics, "derive_portions", noted)
    store, laid = tmp_path / "store", {}
    for month in months:
        filled([told[month]], store, date(2025, 8, 18))
        laid[month] = [entry.partition for entry in _snapshot(store).entries("base_year")]
    year_before, of_2024 = "flow=export/year=2023/month=12", "flow=export/year=2024/month="
    assert laid["202312"] == []
    assert laid["202403"] == [year_before]
    assert laid["202404"] == laid["202406"] == [year_before, f"{of_2024}3"]
    assert laid["202412"] == [year_before, f"{of_2024}9"]
    assert laid["202501"] == [year_before, f"{of_2024}12"]
    in_december, in_january = asked[-2:]
    assert in_december == [(-12, 12), (0, 9), (9, 1), (10, 1)]
    assert in_january == [*in_december, (11, 1)]
    _check_against_one_computation(store)
    # A month that comes again: what is side by side with it is made again, and what is not stands.
    again = _magnets(tmp_path / "again", "202402", 77)
    asked.clear()
    filled([again], store, date(2025, 9, 1))
    assert (0, 12) not in asked[0]
    assert (-12, 12) in asked[0]
    assert 77 * 10**6 in read_table(_snapshot(store), BaseYear)["value_2"].to_list()
    _check_against_one_computation(store)
    turned = tmp_path / "turned"
    for place in (11, 3, 0, 15, 7, 14, 1, 2, 4, 5, 13, 6, 8, 12, 9, 10):
        filled([told[months[place]]], turned, date(2025, 8, 18))
    filled([again], turned, date(2025, 9, 1))
    for table in ("base", "base_year"):
        one, other = (
            {entry.partition: entry.sha256 for entry in _snapshot(where).entries(table)} for where in (store, turned)
        )
        assert one == other


def _check_against_one_computation(store: Path) -> None:
    published = read_table(_snapshot(store), Metric)
    words, releases = (
        ledger.last_word(read_table(_snapshot(store), Observation)), read_table(_snapshot(store), Release)
    )  # fmt: skip
    assert published.equals(pl.DataFrame(metrics.derive(words, releases)).cast(dict(published.schema)))  # type: ignore[arg-type]


def _far_rows(store: Path) -> pl.DataFrame:
    return read_table(_snapshot(store), BaseFar)


def _of_months(folder: Path, kilograms: dict[str, int]) -> Path:
    """A made-up query file of some months, two codes and two partners."""
    folder.mkdir(exist_ok=True)
    rows = [
        f'"{month}","{code}","合成","{partner}","合成","{weight * place}","千克","0","?","{weight * 40 + 7 * place}",\n'
        for month, weight in kilograms.items()
        for place, (code, partner) in enumerate(itertools.product(("85051110", "01012100"), ("502", "304")), 1)
    ]
    file = folder / f"{min(kilograms)}-{max(kilograms)}.csv"
    file.write_bytes((HEADER + "".join(rows)).encode("gb18030"))
    return file


def _magnets(folder: Path, month: str, kilograms: int) -> Path:
    """A made-up query file of two codes and two partners."""
    folder.mkdir(exist_ok=True)
    rows = [
        f'"{month}","{code}","合成","{partner}","合成","{kilograms * place}","千克","0","?","{kilograms * 40}",\n'
        for place, (code, partner) in enumerate(itertools.product(("85051110", "01012100"), ("502", "304")), 1)
    ]
    file = folder / f"{month}.csv"
    file.write_bytes((HEADER + "".join(rows)).encode("gb18030"))
    return file


def _snapshot(store: Path) -> Snapshot:
    snapshot = open_snapshot(store)
    assert snapshot is not None
    return snapshot


def _hashes(snapshot: Snapshot) -> dict[str, str]:
    return {entry.path: entry.sha256 for entry in snapshot.files if entry.table != "lineage"}


def _normalised(file: Path) -> Normalised:
    data = file.read_bytes()
    landed = Landed(
        file=file, source="gacc_query", reporter="CHN", flow="export", partners="all", products=None, first_month=None,
        last_month=None, released_on=date(2024, 5, 18), title=file.name, raw=file, raw_sha256="0" * 64, raw_bytes=len(data),
    )  # fmt: skip
    return normalise(landed, gacc_query.parse(data, file.name))
