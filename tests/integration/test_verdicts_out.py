"""Every way out of a store says beside a growth whether it may be quoted: a table of ways that is made from the
registry of questions, the formats of files and the pages of a site, over a store of graphite that is synthetic.

Its +6,800,000 % is not to be quoted, and its +361.7 % with care.
"""

import json
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import MISSING
from datetime import date
from html import unescape
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

import tidewaiter
from flows.cli.app import app
from schemas.forms.outcome import Outcome
from schemas.questions.question import fields_of
from schemas.questions.registry import questions_of
from tasks.analysis.ground.judged import of_rows
from tasks.answers.form.export import ENDINGS
from tasks.api.mcp import Answers, CannotAnswer
from tasks.pages.release import release_page
from tasks.pages.site import site
from tasks.store.snapshots.parquet import read_table
from tests.unit.customs import Store
from tests.unit.graphite import CARE, CODE, JUNE, NO, graphite_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

LANGUAGES = ("en", "zh")
SAID = {"en": ("quote with care", "From 25 kg"), "zh": ("引用时须说明", "基数仅25千克")}
# What a question is asked with, by the names of its fields.
GIVEN = {"product": CODE, "partner": "us", "month": JUNE, "measure": "quantity_kg", "metric": "mom_pct"}
PERCENT = re.compile(rf"{NO}(\.0+)?[^0-9,.\n]?%|6800000(\.0+)? ?%")
# A trace and the vintages of a growth are asked for by its name and say its numbers as they are kept.
OF_ONE_NUMBER = ("trace", "vintages")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return graphite_store(tmp_path_factory.mktemp("graphite"))


def text_of(result: Any) -> str:
    """All that a result says: of a frame its cells, of a page its text."""
    if isinstance(result, pl.DataFrame):
        return " ".join(map(str, result.to_dicts()))
    html = getattr(result, "html", None)
    return unescape(f"{html or ''} {getattr(result, 'markdown', '')} {getattr(result, 'headlines', '')} {result!r}")


def asked_of(name: str, face: Any, **others: Any) -> dict[str, Any] | None:
    """What a question is asked with; None of one that needs what is not at hand here."""
    fields = [*fields_of(questions_of(face)[name])]
    given = {field.name: (GIVEN | others)[field.name] for field in fields if field.name in GIVEN | others}
    return None if any(field.default is MISSING and field.name not in given for field in fields) else given


def answers(store: Store, language: str) -> Iterator[tuple[str, str]]:
    """What each question says that has an answer here, asked of Python and of a tool, of a partner and of the world."""
    for partner in ("us", "world"):
        for name in questions_of("python"):
            given = asked_of(
                name, "python", partner=partner, language=language, store=store.store, output=store.folder / "plot.svg"
            )
            with suppress(ValueError, LookupError, OSError), warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                if given is not None:
                    result = text_of(getattr(tidewaiter, name)(**given))
                    yield f"python {name}", " ".join([result, *(str(one.message) for one in said)])
        for name in questions_of("tool"):
            given = asked_of(name, "tool", partner=partner, language=language)
            with suppress(CannotAnswer):
                if given is not None:
                    yield f"tool {name}", json.dumps(Answers(store.store).ask(name, **given), ensure_ascii=False)


def command(*words: str) -> str:
    made = CliRunner().invoke(app, [*words], catch_exceptions=False, env={"COLUMNS": "200"})
    assert made.exit_code == 0, made.output
    return re.sub(r"\s+", " ", made.output)


def files(store: Store, _: str) -> Iterator[tuple[str, str]]:
    """Rows as a file of each format, and on a terminal."""
    asked = (CODE, "--month", JUNE, "--measure", "quantity_kg", "--store", str(store.store))
    for columns in ((), ("--columns", "partner,mom_pct")):
        for ending in ENDINGS:
            file = store.folder / f"rows{ending}"
            command("read", *asked, *columns, "--output", str(file))
            if ending == ".parquet":
                yield ending, text_of(pl.read_parquet(file))
            elif ending == ".xlsx":
                yield ending, text_of(pl.read_excel(file, engine="calamine"))
            else:
                yield ending, file.read_text()
        yield "terminal", command("read", *asked, *columns)
    yield "movers", command("movers", "--month", JUNE, "--store", str(store.store))


def pages(store: Store, language: str) -> Iterator[tuple[str, str]]:
    """Each file of the site in a language, without its drawings, and the page about a release."""
    folder = store.folder / f"site-{language}"
    site.build(store.folder, site.SitePlan(folder, date(2025, 9, 1)))
    other = next(one for one in LANGUAGES if one != language)
    for file in sorted(path for path in folder.rglob("*") if path.suffix in (".html", ".js", ".csv", ".atom")):
        is_words = file.name in ("series.js", "front.js", "names.js") or "vega" in file.name
        front = {"en": "index.zh.html", "zh": "index.html"}[language]
        if f".{other}." not in file.name and file.name != front and not is_words:
            yield str(file.relative_to(folder)), unescape(re.sub(r"(?s)<svg.*?</svg>", "", file.read_text()))
    releases = read_table(store.snapshot, "release")
    outcome = Outcome.model_validate(
        {
            "status": "published", "release_id": releases.filter(pl.col("title").str.contains("2025"))["release_id"][0],
            "title": "graphite 2025.csv", "reporter": "CHN", "store": store.store, "snapshot_id": store.snapshot.id,
            "flows": ["export"], "months": ["2025-05", JUNE], "products": [CODE], "records": 1, "records_observed": 1,
            "records_quarantined": 0, "warnings": [], "notes": [], "healed": [],
        }
    )  # fmt: skip
    if language == "en":
        made = release_page.pages(store.store, outcome, pictures=False)
        yield "release page", f"{made.lead}\n{made.summary}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("ways", "least"), [(answers, 10), (files, 8), (pages, 12)])
def test_every_way_out_says_the_verdict_and_none_says_the_percentage(
    ways: Any, least: int, language: str, store: Store
) -> None:
    found = [*ways(store, language)]
    assert len({name for name, _ in found}) >= least
    told = {"care": 0, "no": 0}
    for name, text in found:
        assert not PERCENT.search(text), name
        words = {one for said in SAID.values() for one in said}
        if CARE in text and name.split()[-1] not in OF_ONE_NUMBER:
            assert any(one in text for one in words), f"{name} has +361.7 % without a word"
            told["care"] += 1
        if re.search(r"6800000\b|from 25 kg|基数25千克", text) and name.split()[-1] not in OF_ONE_NUMBER:
            assert SAID["en"][1] in text or SAID["zh"][1] in text, f"{name} has the growth without a word"
            told["no"] += 1
    assert min(told.values()) > 2, told


def test_the_table_of_ways_has_two_growths_that_are_judged_so(store: Store) -> None:
    rows = read_table(store.snapshot, "metric", lambda place: place[1:] == (2025, 6)).filter(measure="quantity_kg")
    found = of_rows(rows, store.snapshot).filter(figure="mom_pct").select("partner", "quote").rows()
    assert {"USA": "no", "WLD": "care"}.items() <= dict(found).items()
