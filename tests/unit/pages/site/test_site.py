"""The static site: every link leads to a page, every name is found, and nothing is fetched."""

import ast
import json
import re
import shutil
import threading
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from schemas import settings
from schemas.forms.fetch import SourceState
from schemas.questions.contents import Contents
from tasks.answers.inventory.contents import contents
from tasks.domain.errors import NothingPublished, StoreError
from tasks.domain.labels import check_words
from tasks.inbox import held
from tasks.pages.site import site as site_pages
from tasks.pages.site.front import due_rows
from tasks.pages.site.requested_site import published_states
from tasks.pages.site.site import OnDemand, SitePlan, build, publish
from tasks.pages.text.page_templates import FRONT
from tasks.sources.registry import SOURCES
from tasks.store.files.snapshot import current_id
from tests.unit import builders

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

DAY = date(2026, 6, 30)
# Of the second check there are no words but its own.
HELD = builders.held_release(
    released_on=DAY,
    held_since=DAY,
    asked_again="Decide again.",
    findings=[
        builders.held_finding(check=check, subject="June", observed="10,000 records")
        for check in ("row_cap", "a_check_of_tomorrow")
    ],
)
LINK = re.compile(r'(?:href|src)="([^"#]+)(?:#[^"]*)?"')


@pytest.fixture(scope="module")
def site(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the sample, for which magnets and gallium are watched, of which it has none."""
    folder = tmp_path_factory.mktemp("site")
    watched = tmp_path_factory.mktemp("watched") / "watch_list.csv"
    watched.write_text(
        "reporter,product,flow,reason\nCHN,basket:rare_earth_magnets,export,a\nCHN,basket:gallium,export,b\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEWAITER_WATCH_LIST", str(watched))
        patch.setattr(held, "waiting", lambda _store: [HELD])
        assert sorted({*build(sample_store.parent, SitePlan(folder, DAY))}) == sorted(folder.rglob("*.html"))
    return folder


def test_every_link_of_every_page_leads_somewhere_and_none_out_of_the_folder_but_to_sources(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    stems = ("85051110", "basket-rare_earth_magnets", "line-rare_earths", "index", "partner-USA")
    every = {f"CHN/{stem}.{language}.html" for stem in stems for language in ("en", "zh")}
    assert every <= {str(page.relative_to(site)) for page in pages}
    inner = 0
    for page in pages:
        for address in map(unescape, LINK.findall(page.read_text(encoding="utf-8"))):
            if not address.startswith(("https://", "http://", "data:")):
                # A server shows one page at any depth, so its links begin at the root.
                place = site / address[1:] if page.name == "404.html" else page.parent / address
                assert place.resolve().is_relative_to(site), address
                assert place.is_file(), (page, address)
                inner += 1
    assert inner >= 100
    for front in FRONT.values():
        assert not [one for one in LINK.findall((site / front).read_text(encoding="utf-8")) if one.startswith("http")]


def test_the_front_page_says_what_moved_in_both_languages(site: Path) -> None:
    said = {
        language: re.sub(r"<[^>]+>", " ", (site / name).read_text(encoding="utf-8")) for language, name in FRONT.items()
    }
    assert "China's exports of rare earth magnets were 5,238 t in March 2026" in unescape(said["en"])
    assert "2026年3月中国稀土永磁体出口5,238吨" in said["zh"]


def test_the_chinese_page_says_in_chinese_what_holds_a_release_beside_the_finding_as_it_is_published(
    site: Path,
) -> None:
    cap, other = (
        f"{check} (June): 10,000 records; expected fewer. Ask again." for check in ("row_cap", "a_check_of_tomorrow")
    )
    rest = f'<li><span lang="en">{other}</span></li>\n<li><span lang="en">Decide again.</span></li>\n</ul>'
    assert "截断" in check_words("zh")["row_cap"]
    for language, name in FRONT.items():
        words = f'{check_words(language)["row_cap"]}<br><span class="soft" lang="en">{cap}</span>'
        assert f"<ul><li>{words}</li>\n{rest}" in (site / name).read_text(encoding="utf-8")


def test_every_check_that_can_hold_a_release_has_words() -> None:
    """Of a finding whose name or severity is a variable nothing is known here."""
    grave = set[str]()
    for file in Path(site_pages.__file__).parents[2].rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("finding", "found_in"):
                name, severity = call.args[ast.unparse(call.func) == "found_in" :][:2]
                if "error" in ast.unparse(severity):
                    grave |= {one.value for one in ast.walk(name) if isinstance(one, ast.Constant)}
    assert len(grave) > 30
    # The beginning of two names, and the other name of a finding whose error has words.
    assert grave - {"one_", "implied_revision"} <= {*check_words("zh")}
    assert check_words("en").keys() == check_words("zh").keys()


def test_what_is_due_is_said_in_the_language_of_the_page() -> None:
    many = [f"2025-{month:02d}" for month in range(1, 9)]
    late = SourceState(
        source="us_census", reporters=["USA"], last_month="2026-04", next_month="2026-06", next_due=date(2026, 8, 4),
        is_estimated=True, overdue=many, days_overdue=447,
    )  # fmt: skip
    group = SourceState(
        source="eurostat_bulk", reporters=["DEU", "FRA"], lacking=["ITA"], last_month="2026-04", next_month="2026-05",
        next_due=date(2026, 7, 16), overdue=["2026-02", "2026-03"], days_overdue=1,
    )  # fmt: skip
    assert due_rows([late, group], "en") == [
        [
            "US Census Bureau, International Trade API",
            "United States",
            "2026-04",
            "2026-06 on about 2026-08-04",
            "8 months from 2025-01 to 2025-08: 447 days",
        ],
        [
            "Eurostat, bulk files of Comext",
            "Germany, France, without 1 of its group",
            "2026-04",
            "2026-05 on 2026-07-16",
            "2026-02, 2026-03: 1 day",
        ],
    ]
    assert due_rows([late, group], "zh") == [
        ["美国普查局国际贸易接口", "美国", "2026-04", "2026-06（约2026-08-04）", "2025-01至2025-08共8个月：447天"],
        [
            "欧盟统计局Comext批量文件",
            "德国、法国，另缺同组1个",
            "2026-04",
            "2026-05（2026-07-16）",
            "2026-02、2026-03：1天",
        ],
    ]


def test_the_search_has_every_product_and_partner_with_a_figure_and_the_page_of_those_that_have_one(
    site: Path, sample_store: Path
) -> None:
    names = json.loads((site / "names.js").read_text(encoding="utf-8").removeprefix("NAMES="))
    there = {
        code for kind in ("products", "partners")
        for code in contents(Contents(kind, store=sample_store)).rows.drop_nulls("last_month")[kind.removesuffix("s")]
    }  # fmt: skip
    assert {row[1] for row in names} == there
    assert [row[6] for row in names if row[1] == "basket:rare_earth_magnets"] == [
        "CHN/basket-rare_earth_magnets.en.html"
    ]
    assert all((site / row[6]).is_file() for row in names if row[6])


def test_numbers_that_may_not_be_passed_on_have_no_page_without_permission(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = replace(SOURCES["published"], forbids="Not for others.", permission=settings.COMTRADE_PERMISSION)
    monkeypatch.setitem(SOURCES, "published", asks)
    pages = build(sample_store.parent, SitePlan(tmp_path, DAY))
    assert sorted(page.name for page in pages) == sorted((*FRONT.values(), "404.html"))
    front = (tmp_path / FRONT["en"]).read_text(encoding="utf-8")
    assert "Left out: CHN." in front
    assert "'s exports" not in front
    # What is held is for the desk, and nothing is.
    assert 'id="held"' not in front
    assert json.loads((tmp_path / "names.js").read_text(encoding="utf-8").removeprefix("NAMES=")) == []
    monkeypatch.setenv("TIDEWAITER_COMTRADE_PERMISSION", "letter of 2026-11-01")
    build(sample_store.parent, SitePlan(tmp_path, DAY))
    assert "Left out" not in (tmp_path / FRONT["en"]).read_text(encoding="utf-8")


def test_a_page_is_written_at_once_and_not_through_a_link(sample_store: Path, site: Path, tmp_path: Path) -> None:
    with (site / "index.html").open("rb") as reader:
        before = (site / "index.html").read_bytes()
        build(sample_store.parent, SitePlan(site, date(2026, 7, 1), moved=0))
        # Whoever reads the page of yesterday has it whole.
        assert reader.read() == before
    assert (site / "index.html").read_bytes() != before
    assert not [*site.rglob("*.part")]
    other = tmp_path / "other.html"
    other.write_text("not a page of ours")
    for name in ("index.html", "names.js"):
        folder = tmp_path / f"to {name}"
        folder.mkdir()
        (folder / name).symlink_to(other)
        with pytest.raises(ValueError, match=f"{name}: a link, through which nothing is written"):
            build(sample_store.parent, SitePlan(folder, DAY, moved=0))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "CHN").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="a link, through which nothing is written"):
        build(sample_store.parent, SitePlan(tmp_path / "pages", DAY))
    assert other.read_text() == "not a page of ours"
    assert [*(tmp_path / "elsewhere").iterdir()] == []


def test_what_is_published_is_told_by_reporter(sample_store: Path, tmp_path: Path) -> None:
    states = published_states(sample_store.parent).snapshots
    assert states == {"CHN": current_id(sample_store)}
    assert published_states(tmp_path).snapshots == {}


def test_no_site_is_written_of_nothing_or_into_a_store(sample_store: Path, tmp_path: Path) -> None:
    for root in (tmp_path / "none", tmp_path):
        with pytest.raises(NothingPublished, match="nothing is published here, so there is no site"):
            build(root, SitePlan(tmp_path / "site", DAY))
    with pytest.raises(ValueError, match="inside the store"):
        build(sample_store.parent, SitePlan(sample_store / "current" / "site", DAY))
    assert [*tmp_path.iterdir()] == []


def test_a_reporter_whose_first_release_is_held_has_no_pages_and_is_named(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    (root / "reporter=USA").mkdir(parents=True)
    (root / sample_store.name).symlink_to(sample_store)
    monkeypatch.setattr(held, "waiting", lambda store: [HELD] if store.name == "reporter=USA" else [])
    build(root, SitePlan(tmp_path / "site", DAY, moved=0))
    assert "10,000 records" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")


def test_a_state_of_the_site_is_put_in_place_at_once_and_old_addresses_stay(sample_store: Path, tmp_path: Path) -> None:
    place = tmp_path / "public"
    publish(sample_store.parent, SitePlan(place, DAY, moved=0))
    first = place.resolve()
    assert place.is_symlink()
    # A page of a product that is watched no more.
    (place / "CHN" / "old.en.html").write_text("an address that somebody cites")
    pages = publish(sample_store.parent, SitePlan(place, date(2026, 7, 1), moved=0))
    assert place.resolve() != first
    assert all(page.is_file() for page in pages)
    assert (place / "CHN" / "old.en.html").read_text() == "an address that somebody cites"
    assert "2026-06-30" in (first / "index.html").read_text(encoding="utf-8")
    assert "2026-07-01" in (place / "index.html").read_text(encoding="utf-8")
    # What did not change is the same file.
    assert (place / "names.js").samefile(first / "names.js")
    publish(sample_store.parent, SitePlan(place, date(2026, 7, 2), moved=0))
    assert not first.exists()
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match="cannot be replaced at once"):
        publish(sample_store.parent, SitePlan(tmp_path / "folder", DAY))


def test_a_product_that_nobody_watches_has_its_page_on_demand_and_again_after_a_release(
    sample_store: Path, tmp_path: Path
) -> None:
    made = OnDemand(sample_store.parent, SitePlan(tmp_path, DAY), lambda: DAY)
    for path in (
        "CHN/../85051110.en.html", "../x.en.html", "USA/85051110.en.html", "CHN/99999999.en.html", "CHN/85051110.txt",
        "CHN/85051110-import.en.html", "CHN/.en.html",
    ):  # fmt: skip
        made.renew(path)
        assert [*tmp_path.iterdir()] == [], path
    made.renew("CHN/85051110.zh.html")
    page = tmp_path / "CHN" / "85051110.zh.html"
    written = page.stat().st_mtime_ns
    made.renew("CHN/85051110.js")
    assert page.stat().st_mtime_ns == written
    page.unlink()
    made._shown = dict.fromkeys(made._shown, "an earlier state")
    made.renew("CHN/85051110.js")
    assert page.is_file()
    assert not (tmp_path / "CHN" / "85051110.past.js").exists()
    made.renew("CHN/85051110.past.js")
    assert (tmp_path / "CHN" / "85051110.past.js").is_file()


def test_a_run_waits_for_another_that_publishes_the_same_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, others = threading.Event(), list[threading.Thread]()

    def build_slowly(root: Path, plan: SitePlan) -> list[Path]:
        name = "second.html" if begun.is_set() else "first.html"
        if not begun.is_set():
            begun.set()
            others.append(threading.Thread(target=publish, args=(root, SitePlan(tmp_path / "public", DAY))))
            others[0].start()
            others[0].join(timeout=0.3)
        (plan.folder / name).write_text("a page")
        return [plan.folder / name]

    monkeypatch.setattr(site_pages, "build", build_slowly)
    publish(tmp_path / "root", SitePlan(tmp_path / "public", DAY))
    others[0].join()
    assert sorted(file.name for file in (tmp_path / "public").iterdir()) == ["first.html", "second.html"]


def test_a_place_below_a_file_is_refused(sample_store: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of somebody")
    with pytest.raises(ValueError, match=f"{tmp_path / 'file'} is a file, and nothing can lie in it"):
        build(sample_store.parent, SitePlan(tmp_path / "file", DAY))


def test_a_damaged_store_is_named_and_no_page_is_written_without_its_reporter(
    sample_store: Path, tmp_path: Path
) -> None:
    root, folder = tmp_path / "root", tmp_path / "site"
    for reporter in ("CHN", "IND"):
        shutil.copytree(sample_store, root / f"reporter={reporter}", symlinks=True)
    folder.mkdir()
    (folder / "index.html").write_text("the front page of yesterday")
    file = next((root / "reporter=IND/.snapshots").glob("*/_metric/**/*.parquet"))
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(StoreError) as refused:
        build(root, SitePlan(folder, DAY))
    for text in (str(root / "reporter=IND"), file.name, "tidewaiter audit --reporter IND", "No page of the site"):
        assert text in str(refused.value)
    assert [(one.name, one.read_text()) for one in folder.iterdir()] == [("index.html", "the front page of yesterday")]
