"""What the files of a product rest on: each change that could change a letter gives another ground, nothing else does,
and a site that keeps files is, letter by letter, the one that is written from nothing."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from tasks.domain.errors import Held
from tasks.domain.export_controls.control_lists import ListNote
from tasks.pages.series import data
from tasks.pages.series.page import PagePlace
from tasks.pages.site import grounds, other_sides, product_pages
from tasks.pages.site.other_sides import OtherSides
from tasks.pages.site.site import SitePlan, build
from tasks.reading.query import open_published
from tasks.reading.resolver import Resolver
from tasks.store.snapshots.parquet import read_table
from tests.copied_store import copied
from tests.unit.customs import DAY, GERMANY, LATER, MAY, NEXT, RIGHT, USA, Store
from tests.unit.few_partners import july_of_june
from tests.unit.mirror_stores import bought, china_and_germany
from tests.unit.published_stores import publish
from tests.unit.sources.offices import hongkong_answers as hongkong

CODE = "85051110"
ALL = ["8505", "850511", CODE, "basket:rare_earth_magnets"]
SOYBEANS = [("202506", "12019000", *USA[2:])]
CORRECTED = [*MAY, magnets("502", "350000", "20,000,000"), GERMANY]
JULY = (("502", "350000"), ("304", "700000"))


def ground_of(store: Store, day: date = DAY, product: str = CODE, **place: Any) -> str:
    """The ground of the page of a product, of magnets unless another is named."""
    resolver = Resolver(store.snapshot)
    around = grounds.Around(OtherSides(store.snapshot, "export", [product]), day, PagePlace(**place))
    rows = data.rows_of(store.snapshot, "export", product)
    return grounds.ground(resolver, "export", product, rows, around, in_words=True)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first") / "root"
    Store(folder).ingest(RIGHT)
    return folder


@pytest.fixture
def store(first: Path, tmp_path: Path) -> Store:
    return Store(copied(first, tmp_path))


def corrected(store: Store) -> None:
    store.ingest(csv_bytes(CORRECTED), LATER, "again.csv", released_on=LATER)


def held(store: Store) -> None:
    with pytest.raises(Held):
        store.ingest(csv_bytes([*MAY, magnets("502", "1", "20,121,000"), GERMANY]), LATER, "x.csv", released_on=LATER)


def a_month_more(store: Store) -> None:
    july = [magnets(partner, kilograms, "40,000,000", "202507") for partner, kilograms in JULY]
    store.ingest(csv_bytes(july), LATER, "july.csv", months="2025-07", released_on=LATER)


@pytest.mark.parametrize("change", [corrected, held, a_month_more])
def test_what_changes_the_figures_or_what_is_known_of_them_changes_the_ground(
    store: Store, change: Callable[[Store], None]
) -> None:
    before = ground_of(store)
    assert ground_of(store) == before
    change(store)
    assert ground_of(store) != before


def test_a_withdrawal_changes_the_ground_and_so_does_its_end(store: Store) -> None:
    a_month_more(store)
    every = [ground_of(store)]
    july = read_table(store.snapshot, "release").filter(title="july.csv")["release_id"][0]
    for undo in (False, True):
        store.withdraw(july, LATER, undo=undo)
        every.append(ground_of(store))
    assert len({*every}) == 3


def test_a_release_of_other_goods_leaves_the_ground_as_it_is(store: Store) -> None:
    before, snapshot = ground_of(store), store.snapshot.id
    store.ingest(csv_bytes(SOYBEANS), NEXT, "soy.csv", products=["12"], months="2025-06")
    assert store.snapshot.id != snapshot
    assert ground_of(store) == before
    soy = read_table(store.snapshot, "release").filter(title="soy.csv")["release_id"][0]
    store.withdraw(soy, LATER)
    assert ground_of(store) == before


@pytest.fixture(scope="module")
def two_stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of stores of China and of Germany, each with magnets of two months."""
    folder = tmp_path_factory.mktemp("both")
    china_and_germany(folder)
    return folder / "store"


@pytest.fixture
def both(two_stores: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIDEWAITER_EXPERIMENTAL", "hongkong_csd")
    return copied(two_stores, tmp_path).parent


def of_both(root: Path, reporter: str, product: str, flow: str) -> str:
    """The ground of a page of one of the two."""
    snapshot = open_published(root / "store" / f"reporter={reporter}")
    around = grounds.Around(OtherSides(snapshot, flow, [product]), DAY, PagePlace())
    rows = data.rows_of(snapshot, flow, product)
    return grounds.ground(Resolver(snapshot), flow, product, rows, around, in_words=True)


def test_what_another_reporter_says_of_other_goods_is_no_part_of_the_ground(both: Path) -> None:
    before = of_both(both, "DEU", "850511", "import")
    query: dict[str, Any] = {"flow": "export", "months": "2025-06", "released_on": date(2025, 7, 21)}
    publish(both, "CHN", "soy.csv", csv_bytes(SOYBEANS), **query, products=["12"])
    assert of_both(both, "DEU", "850511", "import") == before
    # Other goods of the same six digits are in the mirror.
    more = csv_bytes([("202506", "85051190", *GERMANY[2:])])
    publish(both, "CHN", "more.csv", more, **query, products=["85051190"])
    assert of_both(both, "DEU", "850511", "import") != before


def test_what_another_reporter_says_of_the_same_goods_is_part_of_the_ground(both: Path) -> None:
    every = [of_both(both, "CHN", CODE, "export")]
    publish(both, "DEU", "again.csv", bought("2025-06", 7500), "eurostat_comext", released_on=date(2026, 8, 15))
    every.append(of_both(both, "CHN", CODE, "export"))
    onward = [
        hongkong.row(figure, sv, "DE", hongkong.EXPORTS, codeclass="HKHS6", code="850511", period="202506")
        for sv, figure in (("VCm", 4_000), ("QCm", 19_000))
    ]
    of_hub: dict[str, Any] = {"flow": "export", "products": ["850511"], "months": "2025-06"}
    publish(both, "HKG", "hub.json", hongkong.answer(*onward), "hongkong_csd", **of_hub)
    every.append(of_both(both, "CHN", CODE, "export"))
    assert len({*every}) == 3


def test_a_page_is_written_again_when_the_state_of_another_reporter_that_it_cites_is_gone(
    both: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = list[str]()
    files_of = product_pages.files_of

    def noted(resolver: Any, series: Any, *about: Any, **more: Any) -> Any:
        written.append(series.reporter.code)
        return files_of(resolver, series, *about, **more)

    monkeypatch.setattr(product_pages, "files_of", noted)
    plan = SitePlan(tmp_path / "site", DAY, moved=0)
    build(both / "store", plan)
    assert "CHN" in written
    written.clear()
    build(both / "store", plan)
    assert written == []
    of_store = other_sides.snapshot_ids
    monkeypatch.setattr(other_sides, "snapshot_ids", lambda store: [] if "DEU" in store.name else of_store(store))
    build(both / "store", plan)
    assert set(written) == {"CHN"}


def test_other_goods_of_the_same_six_digits_are_in_the_mirror_of_a_longer_code(both: Path) -> None:
    before = of_both(both, "CHN", CODE, "export")
    more = csv_bytes([("202506", "85051190", *GERMANY[2:])])
    query: dict[str, Any] = {"flow": "export", "months": "2025-06", "released_on": date(2025, 7, 21)}
    publish(both, "CHN", "more.csv", more, **query, products=["85051190"])
    assert of_both(both, "CHN", CODE, "export") != before


def test_a_release_of_the_six_digit_heading_changes_the_ground_because_the_mirror_compares_headings(
    store: Store,
) -> None:
    before = ground_of(store)
    others = csv_bytes([("202506", "85051190", *USA[2:])])
    store.ingest(others, NEXT, "others.csv", products=["85051190"], months="2025-06")
    assert ground_of(store) != before


def test_the_state_of_a_measure_of_the_months_before_the_first_figure_changes_the_ground(tmp_path: Path) -> None:
    # A page shows 36 months. Exports of gallium were licensed in August 2023, before the only months of this store.
    store = Store(tmp_path)
    store.ingest(csv_bytes([("202506", "81129290", *USA[2:])]), products=["81129290"], months="2025-06")
    assert len({ground_of(store, day, product="81129290") for day in (DAY, NEXT)}) == 2


def test_a_doubt_that_a_person_lifts_changes_the_ground(few_partners: Store, tmp_path: Path) -> None:
    grounds_of, waiting = [], Store(copied(few_partners.folder, tmp_path))
    july = july_of_june(waiting, LATER)
    for lifts in (False, True):
        store = Store(copied(waiting.folder, tmp_path / str(lifts)))
        store.approve(july, LATER, lifts_doubts=lifts)
        grounds_of.append(ground_of(store))
    assert grounds_of[0] != grounds_of[1]


def test_the_day_and_the_pages_beside_it_are_part_of_the_ground(store: Store) -> None:
    # In May 2025 a measure took effect, whose state is that of the day.
    every = [
        ground_of(store),
        ground_of(store, NEXT),
        ground_of(store, products=frozenset(["8505"])),
        ground_of(store, partners=frozenset(["USA"])),
        ground_of(store, address="https://trade.example.org"),
    ]
    assert len({*every}) == len(every)
    assert ground_of(store, products=frozenset(["1201"])) == every[0]


def test_program_templates_settings_and_expectations_are_part_of_the_ground(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = [ground_of(store)]
    for name, value in (("code_sha256", lambda: "other code"), ("versions", lambda: {"polars": "0"})):
        grounds.program_sha256.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(grounds, name, value)
            every.append(ground_of(store))
    folder = tmp_path / "templates"
    shutil.copytree(grounds.FOLDER, folder)
    (folder / "series.js").write_text((folder / "series.js").read_text() + " ")
    grounds.program_sha256.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(grounds, "FOLDER", folder)
        every.append(ground_of(store))
    grounds.program_sha256.cache_clear()
    assert ground_of(store) == every[0]
    with monkeypatch.context() as patch:
        patch.setenv("TIDEWAITER_COMTRADE_PERMISSION", "letter")
        every.append(ground_of(store))
    with monkeypatch.context() as patch:
        patch.setattr(grounds, "published_rows", lambda *_: pl.DataFrame({"product": [CODE], "expected": [1.0]}))
        every.append(ground_of(store))
    with monkeypatch.context() as patch:
        patch.setattr(grounds, "lists_with", lambda _code: [ListNote("doubtful", {"list": "list:mine"})])
        every.append(ground_of(store))
    assert len({*every}) == len(every)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "watch_list.csv"
    file.write_text(f"reporter,product,flow,reason\nCHN,{CODE},export,a\n")
    monkeypatch.setenv("TIDEWAITER_WATCH_LIST", str(file))


@pytest.mark.usefixtures("watched")
def test_files_are_kept_while_their_ground_is_the_same_and_written_again_where_one_is_damaged(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = list[str]()
    files_of = product_pages.files_of

    def noted(resolver: Any, series: Any, *about: Any, **more: Any) -> Any:
        written.append(series.product)
        return files_of(resolver, series, *about, **more)

    monkeypatch.setattr(product_pages, "files_of", noted)
    site = tmp_path / "site"

    def renewed(day: date = DAY) -> list[str]:
        written.clear()
        build(store.folder, SitePlan(site, day, moved=0))
        return sorted(written)

    assert renewed() == ALL
    index = (site / "index.html").read_bytes()
    assert renewed() == []
    # The first story is that of the record.
    assert (site / "index.html").read_bytes() == index
    (site / "CHN" / f"{CODE}.en.html").write_text("half a page")
    assert renewed() == [CODE]
    (grounds.notes_of(site) / "CHN" / "8505.json").write_text("{")
    (site / "CHN" / CODE / "2025-06.zh.html").unlink()
    assert renewed() == ["8505", CODE]
    with monkeypatch.context() as patch:
        patch.setattr(grounds, "snapshot_ids", lambda _store: [])
        assert renewed() == ALL
    store.ingest(csv_bytes(SOYBEANS), NEXT, "soy.csv", products=["12"], months="2025-06")
    assert renewed() == ["12", "1201", "120190", "12019000"]


@pytest.mark.usefixtures("watched")
def test_a_site_that_is_renewed_is_the_one_that_is_written_from_nothing(store: Store, tmp_path: Path) -> None:
    site = tmp_path / "site"
    build(store.folder, SitePlan(site, LATER, moved=0))
    for change in (corrected, held, a_month_more):
        change(store)
        build(store.folder, SitePlan(site, LATER, moved=0))
        fresh = tmp_path / change.__name__
        if (site / "CHN" / CODE).is_dir():
            # Pages of earlier months stay; what leads to them is written anew.
            shutil.copytree(site / "CHN" / CODE, fresh / "CHN" / CODE)
        build(store.folder, SitePlan(fresh, LATER, moved=0))
        for file in sorted(one for one in fresh.rglob("*.html") if one.is_file()):
            renewed = (site / file.relative_to(fresh)).read_text(encoding="utf-8")
            assert renewed == file.read_text(encoding="utf-8"), (change.__name__, file.name)
