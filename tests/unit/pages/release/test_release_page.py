"""What the page of a release says, which products it shows, and how little is read to know."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import Record, csv_bytes, magnets

from flows.release import release as ingest_release
from schemas.forms.outcome import Hold, Outcome
from schemas.forms.request import ReleaseRequest
from schemas.table import polars_schema
from tasks.inbox import held as held_releases
from tasks.lineage.records import lineage_row
from tasks.pages.charts import plot
from tasks.pages.release.release_page import PRODUCTS_MAX, Pages, largest, pages
from tasks.pages.release.release_sections import hashes, steps
from tasks.reading import query

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

COLUMNS = {"product": pl.String, "partner": pl.String, "level": pl.Float64}


def months_of(chance: random.Random) -> list[pl.DataFrame]:
    """Levels of a few products and months, the newest first."""
    products = [f"8505{number:04d}" for number in range(chance.randint(1, 8))]

    def rows() -> Iterator[tuple[str, str, float]]:
        for product in products:
            for partner in chance.sample(["WLD", "USA", "JPN", "DEU"], chance.choice([0, 0, 1, 2, 4])):
                yield product, partner, float(chance.randint(0, 5))

    return [pl.DataFrame([*rows()], schema=COLUMNS, orient="row") for _ in range(chance.randint(1, 6))]


def by_hand(months: list[pl.DataFrame]) -> list[str]:
    """The same in one pass over everything, in plain Python."""
    judged: dict[str, tuple[bool, int, float, str]] = {}
    for age, levels in enumerate(months):
        for product in {*levels["product"]} - {*judged}:
            rows = levels.filter(product=product)
            judged[product] = (len({*rows["partner"]}) < 2, age, -max(rows["level"]), product)
    return [product for *_, product in sorted(judged.values())][:PRODUCTS_MAX]


def test_the_newest_and_largest_with_several_partners_are_shown() -> None:
    for seed in range(40):
        months = months_of(random.Random(seed))
        assert largest(months) == by_hand(months), seed
    assert largest([]) == largest([pl.DataFrame(schema=COLUMNS)] * 3) == []


def test_of_a_broad_release_only_the_newest_month_is_read() -> None:
    """Twenty-five months of the full cube are sixty million figures."""
    asked: list[int] = []

    def months() -> Iterator[pl.DataFrame]:
        for age in range(25):
            asked.append(age)
            rows = [(product, partner, 1.0) for product in ("01", "02", "03", "04") for partner in ("WLD", "USA")]
            yield pl.DataFrame(rows, schema=COLUMNS, orient="row")

    assert largest(months()) == ["01", "02", "03"]
    assert asked == [0]


def told(month: str, **tonnes: float) -> list[Record]:
    """Records of magnets by partner."""
    codes = {"USA": "502", "DEU": "304", "KOR": "133", "JPN": "116"}
    return [magnets(codes[name], f"{many * 1000:.0f}", f"{many * 57_000:,.0f}", month) for name, many in tonnes.items()]


def ingested(folder: Path, name: str, data: bytes, day: date | None = date(2025, 7, 20), **declared: Any) -> Outcome:
    (folder / name).write_bytes(data)
    asked = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": day, **declared}
    request = ReleaseRequest(file=folder / name, store=folder / "reporter=CHN", **asked)
    ended = ingest_release.fn(request, date(2026, 1, 5))
    if isinstance(ended, Hold):
        now = datetime(2025, 7, 21, tzinfo=UTC)
        held_releases.decide(ended.store, ended.release_id, "approve", "Li Wei", "compared with the site", now)
        ended = ingest_release.fn(request, date(2026, 1, 5))
    assert isinstance(ended, Outcome)
    return ended


def table_of(page: Pages) -> list[str]:
    """The rows of the first table, as a person reads them."""
    rows = page.summary.split("|---|--:|--:|--:|--:|--:|--:|\n")[1].split("\n\n")[0]
    return [" ".join(row.replace("|", " ").split()) for row in rows.split("\n")]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The partners and the months of each picture."""
    found: list[set[str]] = []

    def draw(lines: list[plot.DrawnLines], *_: object, **__: object) -> bytes:
        found.append({*lines[0].partners, *lines[0].rows["period"].dt.strftime("%Y-%m")})
        return b"picture"

    monkeypatch.setattr(plot, "draw", draw)
    return found


MAY = told("202505", USA=46.4, DEU=209, KOR=0.05)


def test_a_page_shows_the_figures_of_the_newest_month_with_the_world_first(
    tmp_path: Path, drawn: list[set[str]]
) -> None:
    """764.6 t after 209 t are 265.8 % more; 353 t of 1,117.695 t are a share of 31.6 %."""
    spring = [*told("202406", USA=300, DEU=500), *MAY]
    june = told("202506", USA=353, DEU=764.6, KOR=0.095)
    ingested(tmp_path, "imports.csv", csv_bytes(told("202506", JPN=9)), flow="import")
    outcome = ingested(tmp_path, "june.csv", csv_bytes([*spring, *june]), months="2024-06..2025-06")
    page = pages(tmp_path / "reporter=CHN", outcome)
    lead = (
        "June 2025: China's exports of Permanent magnets of rare earths (85051110) 1,118 t, +337.5 % on the month,"
        " +39.7 % on the year"
    )
    assert page.lead == lead
    doubt = (
        "**In doubt**: few partners for a file of all partners, 2024-06 to 2025-06: only Germany, South Korea and"
        " United States."
    )
    assert page.summary.startswith(f"# {lead}\n\n{doubt}\n\n**Doubts: ")
    assert (
        "\n\n**june.csv**: export, 2024-06 to 2025-06; public from 2025-07-20. 8 records = 8 observed + 0 "
        in page.summary.partition("## Where this comes from")[2]
    )
    assert "## China's exports of Permanent magnets of rare earths (85051110), June 2025" in page.summary
    assert table_of(page) == [
        # All partners together are in doubt, so are the sum of a group and the shares; and every year to date, of
        # which the file has two of six months.
        "**World** 1,118 ▲ +337.5 ▲ +39.7 ▲ 1,373 ▲ – 100.0 ▲",
        "Germany 765 +265.8 +52.9 974 ▲ – 68.4 ▲",
        "European Union (group) 765 ▲ +265.8 ▲ +52.9 ▲ 974 ▲ – 68.4 ▲",
        "United States 353 +660.8 +17.7 399 ▲ – 31.6 ▲",
        "South Korea 0.095 from 50 kg – 0.14 ▲ – 0.0 ▲",
    ]
    assert f"- ▲ {doubt}" in page.summary
    assert "what share of it is controlled is not published" in page.summary
    assert "the figure to compare with is not covered; the figure to compare with is zero" in page.summary
    assert "Published although held" not in page.summary
    assert "Revisions" not in page.summary
    assert "data:image/png;base64,cGljdHVyZQ==" in page.summary
    (picture,) = drawn
    assert {"WLD", "USA", "DEU", "KOR", "2024-06", "2025-05", "2025-06"} <= picture
    assert "EU27" not in picture, "a group would stand next to its members"
    bare = pages(tmp_path / "reporter=CHN", outcome, pictures=False)
    before, _, after = page.summary.partition("![")
    assert bare.summary.split() == [*before.split(), *after.partition(")")[2].split()]
    assert len(drawn) == 1, "drawn, and not shown"
    assert (page.quarantine, page.revised) == ([], 0)
    assert [row["check"] for row in page.checks] == ["few_partners", "month_without_records", "no_proof"]
    steps = {row["step"]: row for row in page.lineage}
    assert list(steps)[:3] == ["1 declare", "2 land", "3 amend"]
    assert steps["4 parse"] == {"step": "4 parse", "rows in": 0, "rows out": 8, "what changed": "made reported"}
    assert steps["5 correct"]["what changed"] == "nothing"
    assert steps["6 normalise"]["what changed"] == "made detail, findings, names, proven, quarantine, release, so_far"
    # Hashes are whole, and on a page of their own.
    published = query.query(tmp_path / "reporter=CHN", "lineage").filter(release_id=outcome.release_id, step="parse")
    (made,) = [row for row in page.hashes if (row["step"], row[""]) == ("4 parse", "made")]
    assert published["outputs"].to_list() == [[f"{made['what']}={made['sha256']}"]]
    assert not any(re.search("[0-9a-f]{12}", str(text)) for row in page.lineage for text in row.values())


def test_a_page_says_who_approved_what_was_revised_and_what_was_set_aside(
    tmp_path: Path, drawn: list[set[str]]
) -> None:
    ingested(tmp_path, "may.csv", csv_bytes(MAY), date(2025, 6, 20))
    june = [*told("202505", USA=46.4, DEU=209.5, KOR=0.05), *told("202506", USA=353), magnets("116", "-5", "57")]
    page = pages(tmp_path / "reporter=CHN", ingested(tmp_path, "june.csv", csv_bytes(june)))
    assert "5 records = 4 observed + 1 quarantined" in page.summary
    assert "> **Published although held**: approved by Li Wei: compared with the site" in page.summary
    assert "\n## Revisions by june.csv" in page.summary
    assert "| 85051110 | DEU |  |  | 2025-05 | quantity_kg | changed | 209,000 | 209,500 |" in page.summary
    assert page.revised == 2
    assert page.summary.split("\n")[2] == "**Revised: 2 numbers** of earlier releases; see below."
    assert [(row["severity"], row["check"]) for row in page.checks if row["severity"] != "warning"] == [
        ("error", "quarantined"), ("info", "approved"), ("info", "no_proof")
    ]  # fmt: skip
    (row,) = page.quarantine
    assert (row["record"], row["reasons"]) == (5, "quantity '-5' is negative")


def test_a_page_is_about_the_products_and_months_of_its_release(tmp_path: Path, drawn: list[set[str]]) -> None:
    ingested(tmp_path, "june.csv", csv_bytes(told("202506", USA=353, DEU=764)))
    earlier = pages(tmp_path / "reporter=CHN", ingested(tmp_path, "may.csv", csv_bytes(MAY)))
    assert "(85051110), May 2025" in earlier.summary
    assert "2025-06" not in drawn[-1], "June is of another release"
    beans = [("202506", "12019019", "大豆", "502", "美国", "20000", "千克", "0", "?", "9,000")]
    page = pages(tmp_path / "reporter=CHN", ingested(tmp_path, "beans.csv", csv_bytes(beans)))
    assert page.summary.count("## China's exports of") == 1
    assert "## China's exports of Other soya beans, genetically modified (12019019), June 2025" in page.summary
    assert table_of(page)[:2] == ["**World** 20 – – – – 100.0", "United States 20 – – – – 100.0"]


def test_a_page_marks_what_is_implied_and_what_rests_on_several_sources(tmp_path: Path, drawn: list[set[str]]) -> None:
    lines = ["flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"]
    lines += [
        f"export,85051110,WLD,{month},{measure},{value},{unit},2025-07-18,X,https://x.org/1,"
        for month, measure, value, unit in (
            ("2025-05", "quantity", 1238, "t"),
            ("2025-06", "quantity", 3188, "t"),
            ("2025-06", "quantity_yoy", -38.1, "%"),
        )
    ]
    press = {"source": "published", "flow": None, "partners": None}
    printed = ingested(tmp_path, "press.csv", "\n".join([*lines, ""]).encode(), None, **press)
    page = pages(tmp_path / "reporter=CHN", printed)
    assert table_of(page) == ["**World** 3,188 +157.5 -38.1\\*! – – 100.0"]
    assert "- ! World y/y: quote with care (no source prints its base)" in page.summary
    assert page.lead.endswith("-38.1 % on the year (quote with care (no source prints its base))")
    assert "- \\* " in page.summary
    assert "more than one kind" not in page.summary
    outcome = ingested(tmp_path, "june.csv", csv_bytes(told("202506", USA=353)), partners="listed")
    page = pages(tmp_path / "reporter=CHN", outcome)
    assert table_of(page) == ["**World** 3,188 +157.5 -38.1\\*! – – 100.0", "United States 353 – – – – 11.1"]
    assert "_United States rests on more than one kind of release: published, query._" in page.summary


def record(position: int, step: str, code: str, inputs: dict[str, str], outputs: dict[str, str]) -> pl.DataFrame:
    row = lineage_row("r1", position, step, code, "s", inputs, outputs, 3, 2, {})
    return pl.DataFrame([row], schema=polars_schema("lineage"))


OWN = pl.concat([
    record(2, "correct", "b2", {"reported": "11"}, {"reported": "11"}),
    record(1, "parse", "a1", {}, {"reported": "11"}),
    record(3, "merge", "c3", {"detail": "22", "releases": "33"}, {"touched": "44", "releases": "33"}),
])  # fmt: skip


def test_what_a_step_leaves_as_it_was_is_told_from_what_it_makes_and_other_code_is_named() -> None:
    changed = ["made reported", "nothing", "made touched; left as it was: releases"]
    found = [(row["step"], row["what changed"]) for row in steps(OWN, OWN.clear(), None)]
    assert found == [*zip(("1 parse", "2 correct", "3 merge"), changed, strict=True)]
    before = pl.concat([record(1, "parse", "a1", {}, {}), record(2, "correct", "old", {}, {})])
    told = [row["what changed"] for row in steps(OWN, before, "r0")]
    assert told == [changed[0], "nothing; by other code than r0", changed[2]]


def test_every_hash_is_on_the_other_page() -> None:
    rows = [(row["step"], row[""], row["what"], row["sha256"]) for row in hashes(OWN)]
    assert len(rows) == 1 + 2 + 4 + 2 * 3
    assert {("2 correct", "took", "reported", "11"), ("3 merge", "by", "code", "c3")} <= {*rows}
