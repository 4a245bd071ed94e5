"""The briefs that a release writes as its last step: for watched products, next to the tables, and never in their way."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from flows.release import release
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest
from schemas.reference.code_tables import code_table
from schemas.settings import WATCH_LIST
from tasks.reports import prefect_pages
from tasks.reports.brief import facts
from tasks.reports.brief.watched import watched
from tasks.reports.query import open_published
from tasks.store.verify import audit_store
from tests.unit.reports.test_brief import query_file

SOYBEANS = '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n"202506","12019019","大豆","502","美国","1500","千克","0","?","2000",\n'
DECLARED = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": date(2025, 7, 20)}
WITHOUT = """
import sys
from datetime import date
from pathlib import Path
from flows.release import release
from schemas.forms.request import ReleaseRequest
folder = Path(sys.argv[1])
request = ReleaseRequest(file=folder / "beans.csv", store=folder / "reporter=CHN", source="gacc_query", flow="export", partners="all", released_on=date(2025, 7, 20))
assert release.fn(request, date(2025, 8, 1)).briefs == []
print(sorted({"vl_convert", "jinja2", "tasks.reports.brief.render", "tasks.reports.brief.facts"} & {*sys.modules}))
"""


@pytest.fixture(autouse=True)
def with_the_list_that_comes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WATCH_LIST)


def ingest(file: Path, store: Path, **other: object) -> Outcome:
    return release.fn(ReleaseRequest(file=file, store=store, **{**DECLARED, **other}), date(2025, 8, 1))  # type: ignore[arg-type]


def test_a_release_of_a_watched_product_writes_its_briefs_outside_of_what_is_hashed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "reporter=CHN"
    outcome = ingest(query_file(tmp_path / "magnets.csv", ["202505", "202506"]), store)
    place = "briefs/2025-06/basket-rare_earth_magnets"
    assert outcome.briefs == [f"{place}.{language}.{form}" for language in ("en", "zh") for form in ("html", "md")]
    assert "800 t" in (store / f"{place}.en.html").read_text(encoding="utf-8")
    assert "800吨" in (store / f"{place}.zh.md").read_text(encoding="utf-8")
    assert audit_store(store) == []
    snapshot = open_published(store)
    assert outcome.snapshot_id == snapshot.id
    assert snapshot.id in (store / f"{place}.en.html").read_text(encoding="utf-8")
    assert ingest(tmp_path / "magnets.csv", store).briefs == [], "nothing new, nothing written"
    rehearsed = ingest(query_file(tmp_path / "more.csv", ["202504"]), store, dry_run=True)
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


def test_a_brief_that_fails_is_a_warning_and_the_release_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(facts, "gather", broken)
    outcome = ingest(query_file(tmp_path / "magnets.csv", ["202506"]), tmp_path / "reporter=CHN")
    assert outcome.status == "published"
    assert outcome.briefs == []
    assert "brief (export of basket:rare_earth_magnets): not written, OSError: no space left" in outcome.warnings[-1]
    snapshot = open_published(tmp_path / "reporter=CHN")
    assert snapshot.id == outcome.snapshot_id


def test_a_release_without_a_watched_product_imports_nothing_that_draws_or_writes(tmp_path: Path) -> None:
    (tmp_path / "beans.csv").write_bytes(SOYBEANS.encode("gb18030"))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[-2] == "[]"
    assert not (tmp_path / "reporter=CHN" / "briefs").exists()


def test_what_is_watched_is_a_code_a_basket_or_a_line_in_its_direction() -> None:
    def outcome(products: list[str], flow: str, reporter: str = "CHN") -> Outcome:
        return Outcome(
            status="published", release_id="x", title="x", snapshot_id="x", flows=[flow], months=["2025-06"], products=products, records=1,
            records_observed=1, records_quarantined=0, warnings=[], notes=[], healed=[], reporter=reporter,
        )  # fmt: skip

    assert code_table("watch_list").height >= 2
    assert watched(outcome(["85051110"], "export")) == [("basket:rare_earth_magnets", "export")]
    assert watched(outcome(["line:rare_earths"], "export")) == [("line:rare_earths", "export")]
    assert watched(outcome(["85051110"], "import")) == []
    # The list that comes along is of China's trade: equal digits of the Combined Nomenclature are other goods.
    assert watched(outcome(["85051110"], "export", "DEU")) == []
    assert watched(outcome(["12019019"], "export")) == []
