"""The plan of a newcomer: which source for a reporter, how many answers, how large, and room on the disk."""

import shutil
from collections import namedtuple
from datetime import date
from pathlib import Path

import pytest

from tasks.domain.errors import Refused
from tasks.fetch.first_fetch import planned, require_room
from tasks.sources.registry import SOURCES, first_source

TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("reporter", "source"),
    [
        ("USA", "us_census_bulk"),
        ("GBR", "hmrc_ots"),
        ("BRA", "brazil_comexstat"),
        ("HKG", "hongkong_csd"),
        ("JPN", "japan_estat"),
        ("CHN", "gacc_preliminary"),
        ("EU27", "eurostat_comext"),
        ("DEU", "eurostat_comext"),
        ("KOR", "un_comtrade"),
    ],
)
def test_each_reporter_has_one_source_that_needs_no_key_and_is_asked(reporter: str, source: str) -> None:
    chosen = first_source(reporter)
    assert chosen.name == source
    assert chosen.questions is not None
    assert chosen.key is None or not chosen.key.required


def test_no_reporter_has_two_first_sources() -> None:
    own = [source.reporter for source in SOURCES.values() if source.first_fetch and source.reporter]
    assert len(own) == len({*own}) >= 6
    # Whoever reads one country's numbers from a source of any country would miss its own.
    assert sum(not source.reporter and not source.group for source in SOURCES.values() if source.first_fetch) == 1


def test_answers_and_megabytes_are_counted_by_month_or_year_and_direction() -> None:
    usa, brazil, union = planned(["USA", "BRA", "DEU", "FRA", "USA"], Path("inbox"), TODAY)
    # January 2025 to November 2026, both directions; Brazil's are files of a year.
    assert (usa.answers, usa.megabytes) == (23 * 2, 23 * 2 * 180)
    assert (brazil.answers, brazil.megabytes) == (2 * 2, 440)
    assert (union.reporters, union.answers, union.megabytes, union.minutes) == (("DEU", "FRA"), 8, None, None)
    assert usa.minutes == pytest.approx(46 * (180 / 5 + 60 + 1) / 60)
    assert [one.goods for one in (usa, union)] == ["all goods", "goods of the baskets"]


def test_products_go_to_the_sources_that_are_asked_for_goods() -> None:
    usa, hongkong = planned(["USA", "HKG"], Path("inbox"), TODAY, products=["850511"], months="2025-06")
    assert (usa.request.products, usa.answers, usa.goods) == ([], 2, "all goods")
    assert (hongkong.request.products, hongkong.answers, hongkong.goods) == (["850511"], 2, "850511")


def test_a_reporter_of_no_source_is_refused() -> None:
    with pytest.raises(Refused, match="QQQ"):
        planned(["QQQ"], Path("inbox"), TODAY)


def test_a_disk_without_room_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = namedtuple("usage", "total used free")  # the form of shutil
    plan = planned(["USA"], tmp_path, TODAY)
    needed = 46 * 180 * 3 * 1_000_000
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(0, 0, needed))
    require_room(plan, tmp_path / "not" / "there" / "yet")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(0, 0, needed - 1_000_000))
    with pytest.raises(Refused, match=r"24,839 MB free, and about 24,840 MB are needed"):
        require_room(plan, tmp_path / "not" / "there" / "yet")
