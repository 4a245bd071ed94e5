"""The briefs that a release or a decision writes as its last step: for watched products, next to the tables, and never
in their way."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.release import release as ingest_release
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest
from schemas.reference.code_tables import code_table
from schemas.settings import WATCH_LIST
from tasks.domain.reporter import Reporter
from tasks.pages.brief import facts
from tasks.pages.brief import watched as module
from tasks.pages.brief.watched import rewrite_briefs, watched
from tasks.pages.release import prefect_pages
from tasks.reading import query
from tasks.reading.query import open_published
from tasks.store.files.verify import audit_store
from tests.unit.builders import outcome, release, release_table
from tests.unit.published_stores import query_bytes

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

WITHOUT = """
import sys
from datetime import date
from pathlib import Path
from flows.release import release
from schemas.forms.request import ReleaseRequest
folder = Path(sys.argv[1])
request = ReleaseRequest(file=folder / "beans.csv", store=folder / "reporter=CHN", source="gacc_query", flow="export", partners="all", released_on=date(2025, 7, 20))
assert release.fn(request, date(2025, 8, 1)).briefs == []
print(sorted({"vl_convert", "jinja2", "tasks.pages.brief.render", "tasks.pages.brief.facts"} & {*sys.modules}))
"""  # noqa: E501


@pytest.fixture
def with_the_list_that_comes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WATCH_LIST)


def ingest(folder: Path, *months: str, **other: Any) -> Outcome:
    """Ingest magnets to two partners in these months."""
    file = folder / f"{months}.csv"
    masses = (("USA", 400_000), ("DEU", 400_000))
    file.write_bytes(query_bytes([(month, "85051110", to, mass, 9_000) for month in months for to, mass in masses]))
    declared = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": date(2025, 7, 20)} | other
    return ingest_release.fn(ReleaseRequest(file=file, store=folder / "reporter=CHN", **declared), date(2025, 8, 1))


@pytest.mark.usefixtures("with_the_list_that_comes_along")
def test_a_release_of_a_watched_product_writes_its_briefs_outside_of_what_is_hashed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "reporter=CHN"
    outcome = ingest(tmp_path, "202505", "202506")
    place = "briefs/2025-06/basket-rare_earth_magnets"
    assert outcome.briefs == [f"{place}.{language}.{form}" for language in ("en", "zh") for form in ("html", "md")]
    page = (store / f"{place}.en.html").read_text(encoding="utf-8")
    snapshot = open_published(store)
    assert outcome.snapshot_id == snapshot.id
    assert "800 t" in page
    assert snapshot.id in page
    assert "800吨" in (store / f"{place}.zh.md").read_text(encoding="utf-8")
    assert audit_store(store) == []
    assert ingest(tmp_path, "202505", "202506").briefs == [], "nothing new, nothing written"
    rehearsed = ingest(tmp_path, "202504", dry_run=True)
    assert (rehearsed.status, rehearsed.briefs) == ("would be published", [])
    assert not any("brief" in line for line in rehearsed.warnings)
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "prefect.artifacts.create_markdown_artifact", lambda text, key, description: told.append((key, text))
    )
    monkeypatch.setattr("prefect.artifacts.create_table_artifact", lambda rows, key, description: None)
    prefect_pages.write(store, outcome)
    assert [key for key, _ in told[1:]] == ["brief-basket-rare-earth-magnets-en", "brief-basket-rare-earth-magnets-zh"]
    assert told[1][1].startswith("# China's exports of rare earth magnets, June 2025")


@pytest.mark.usefixtures("with_the_list_that_comes_along")
def test_a_brief_that_fails_is_a_warning_and_the_release_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(facts, "gather", broken)
    outcome = ingest(tmp_path, "202506")
    assert (outcome.status, outcome.briefs) == ("published", [])
    assert "brief (export of basket:rare_earth_magnets): not written, OSError: no space left" in outcome.warnings[-1]
    assert open_published(tmp_path / "reporter=CHN").id == outcome.snapshot_id


def test_a_release_without_a_watched_product_imports_nothing_that_draws_or_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(WATCH_LIST)
    (tmp_path / "beans.csv").write_bytes(query_bytes([("202506", "12019019", "USA", 1500, 2000)]))
    command = [sys.executable, "-c", WITHOUT, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[4])
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[-2] == "[]"
    assert not (tmp_path / "reporter=CHN" / "briefs").exists()


@pytest.mark.usefixtures("with_the_list_that_comes_along")
@pytest.mark.parametrize(
    ("product", "flow", "reporter", "found"),
    [
        ("85051110", "export", "CHN", ["basket:rare_earth_magnets"]),
        ("line:rare_earths", "export", "CHN", ["line:rare_earths"]),
        ("85051110", "import", "CHN", []),
        # The list that comes along is of China's trade: equal digits of the Combined Nomenclature are other goods.
        ("85051110", "export", "DEU", []),
        ("12019019", "export", "CHN", []),
    ],
)
def test_what_is_watched_is_a_code_a_basket_or_a_line_in_its_direction(
    product: str, flow: str, reporter: str, found: list[str]
) -> None:
    assert code_table("watch_list").height >= 2
    asked = outcome(products=[product], flows=[flow], months=["2025-06"], reporter=reporter)
    assert watched(asked) == [(one, flow) for one in found]


MAGNETS, SOYBEANS = "basket-rare_earth_magnets", "12019019"
BRIEFS = (
    f"2025-04/{MAGNETS}",
    f"2025-05/{MAGNETS}",
    f"2025-05/{MAGNETS}-import",
    f"2025-07/{MAGNETS}",
    f"2025-07/{SOYBEANS}",
    "2025-07/85051110-import",
    f"drafts/{MAGNETS}",
)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A store with briefs from before the decision; the release is of exports of 8505, May and June, in two
    editions."""
    for name in BRIEFS:
        for ending in ("en.md", "en.html"):
            file = tmp_path / "briefs" / f"{name}.{ending}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("old")
    editions = [
        release(name, months=months, products=["8505"]) for name, months in (("r1", "2025-06"), ("r1.01-ab", "2025-05"))
    ]
    _releases(monkeypatch, *editions, release("r2", months="2020-01", products=["*"], flow=None))
    monkeypatch.setattr(query, "open_published", lambda _: type("Snapshot", (), {"id": "000002-b"})())
    monkeypatch.setattr(query, "reporter_of", lambda _: Reporter("CHN", "HS8"))
    monkeypatch.setattr(module, "pages_of", lambda *place: {"en.md": f"new {place[2]} {place[3]} {place[4]}"})
    return tmp_path


def _releases(monkeypatch: pytest.MonkeyPatch, *rows: dict[str, Any]) -> None:
    monkeypatch.setattr(module, "read_table", lambda *_: release_table(*rows))


def texts(store: Path) -> dict[str, str]:
    """The briefs in markdown by their names."""
    folder = store / "briefs"
    return {str(file.relative_to(folder)).removesuffix(".en.md"): file.read_text() for file in folder.rglob("*.en.md")}


def test_briefs_of_the_product_and_direction_from_the_first_month_on_are_written_again(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unchanged = outcome(status="nothing new")
    assert rewrite_briefs(unchanged, store) == unchanged
    assert texts(store) == dict.fromkeys(BRIEFS, "old")
    found = rewrite_briefs(outcome(), store)
    assert found.briefs == [f"briefs/2025-05/{MAGNETS}.en.md", f"briefs/2025-07/{MAGNETS}.en.md"]
    assert found.warnings == ["before"]
    again = {
        f"{month}/{MAGNETS}": f"new basket:rare_earth_magnets export {month}-01" for month in ("2025-05", "2025-07")
    }
    assert texts(store) == dict.fromkeys(BRIEFS, "old") | again
    # A print speaks of both directions.
    _releases(monkeypatch, release("r1", kind="published", months="2025-05", flow=None, products=["8505"]))
    rewrite_briefs(outcome(), store)
    changed = {name for name, text in texts(store).items() if text != "old"}
    assert changed == {
        f"2025-05/{MAGNETS}",
        f"2025-05/{MAGNETS}-import",
        f"2025-07/{MAGNETS}",
        "2025-07/85051110-import",
    }


def test_a_brief_that_cannot_be_written_is_a_warning_with_its_command_and_the_others_are_written(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pages_of(*place: Any) -> dict[str, str]:
        if place[4] == date(2025, 5, 1):
            raise ValueError("no fonts")
        return {"en.md": "new"}

    monkeypatch.setattr(module, "pages_of", pages_of)
    found = rewrite_briefs(outcome(), store)
    assert found.briefs == [f"briefs/2025-07/{MAGNETS}.en.md"]
    assert found.warnings == [
        "before",
        (
            "brief (export of basket:rare_earth_magnets, 2025-05): it is from before this decision, ValueError: no"
            " fonts. Write it with tidewaiter brief basket:rare_earth_magnets --flow export --month 2025-05."
        ),
    ]
    assert texts(store)[f"2025-05/{MAGNETS}"] == "old"
