"""Every way out of a store says beside a growth whether it may be quoted, and beside a number what is in doubt of it: a
table of ways that is made from the registry of questions, the formats of files and the pages of a site, over a store
of graphite that is synthetic.

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
from flows.cli.app import MODULES, app, commands_of
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
from tests.unit.graphite import (
    BARE,
    CARE,
    CODE,
    DOUBTED,
    JUNE,
    NO,
    complaint,
    doubted_store,
    graphite_store,
    in_doubt,
    lacks_doubt,
)

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

LANGUAGES = ("en", "zh")
# What a question is asked with, by the names of its fields.
GIVEN = {
    "product": CODE,
    "partner": "us",
    "month": JUNE,
    "measure": "quantity_kg",
    "metric": "mom_pct",
    "figure": "mom_pct",
}
CLAIM = {
    "commodity": CODE,
    "flow": "export",
    "partner": "us",
    "period": JUNE,
    "metric": "mom",
    "value": "50",
    "unit": "%",
}
LIST = "list:mofcom-gacc-2023-39"
# A growth of one partner that is not to be quoted, one of all partners, and the total of a list.
OF = ({"partner": "us"}, {"partner": "world"}, {"product": LIST, "measure": "value_usd"})
SEVERAL = {"en": {"partner": "us"}, "zh": {"partner": "us,world"}}
# Its growth fires, and the feed of the rules says so.
RULE = f"""
[[rule]]
name = "graphite"
reporter = "CHN"
flow = "export"
product = "{CODE}"
partner = "USA"
figure = "mom_pct"
at_least = 50
reason = "it rose"
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return graphite_store(tmp_path_factory.mktemp("graphite"))


@pytest.fixture(scope="module")
def doubted(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return doubted_store(tmp_path_factory.mktemp("doubted"))


def text_of(result: Any) -> str:
    """All that a result says: of a frame its cells, of a page its text."""
    if isinstance(result, pl.DataFrame):
        return " ".join(map(str, result.to_dicts()))
    html = getattr(result, "html", None)
    return unescape(f"{html or ''} {getattr(result, 'markdown', '')} {getattr(result, 'headlines', '')} {result!r}")


def given_for(store: Store, language: str, of: dict[str, str]) -> dict[str, Any]:
    """What questions are asked with, by the names of their fields."""
    claims = store.folder / "claims.csv"
    rows = [CLAIM | {name: of[name] for name in ("partner",) if name in of}]
    pl.DataFrame(rows).write_csv(claims)
    return GIVEN | CLAIM | GIVEN | {"store": store.store, "language": language, "claims": claims} | of


def asked_of(name: str, face: Any, given: dict[str, Any]) -> dict[str, Any] | None:
    """What a question is asked with; None of one that needs what is not at hand here."""
    fields = [field for field in fields_of(questions_of(face)[name]) if face == "python" or field.name != "store"]
    known = {field.name: given[field.name] for field in fields if field.name in given}
    return None if any(field.default is MISSING and field.name not in known for field in fields) else known


def answers(store: Store, language: str) -> Iterator[tuple[str, str]]:
    """What each question says that has an answer here, asked of Python and of a tool."""
    for of in OF:
        given = given_for(store, language, of) | {"output": store.folder / "plot.svg"}
        for name in questions_of("python"):
            asked = asked_of(name, "python", given)
            with suppress(ValueError, LookupError, OSError), warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                if asked is not None:
                    result = text_of(getattr(tidewaiter, name)(**asked))
                    yield f"python {name}", " ".join([result, *(str(one.message) for one in said)])
        for name in questions_of("tool"):
            asked = asked_of(name, "tool", given | {"metric": "mom"} if name == "check_claim" else given)
            with suppress(CannotAnswer):
                if asked is not None:
                    yield f"tool {name}", json.dumps(Answers(store.store).ask(name, **asked), ensure_ascii=False)


def leaves(commands: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, one in commands.items():
        below = getattr(one, "commands", None)
        yield from leaves(below, f"{above}{name} ") if below else [(f"{above}{name}", one)]


def words_of(one: Any, given: dict[str, Any]) -> list[list[str]]:
    """What a command about figures is called with, in each form; nothing of one that needs what is not at hand here."""
    parameters = {each.name: each for each in one.params}
    if not {"product", "claims"} & {*parameters} or any(
        each.required and each.name not in given for each in one.params
    ):
        return []
    chosen = {
        name: each
        for name, each in parameters.items()
        if name in given and (name != "output" or "form" not in parameters)
    }
    options = [(each.opts[-1], str(given[name])) for name, each in chosen.items() if each.param_type_name == "option"]
    arguments = [str(given[name]) for name, each in chosen.items() if each.param_type_name == "argument"]
    words = [*arguments, *(word for option in options for word in option)]
    forms = [form.value for form in parameters["form"].type_descriptor.annotation] if "form" in parameters else []
    columns = [[], ["--columns", "partner,mom_pct"]] if "columns" in parameters else [[]]
    return [[*words, *more, *form] for more in columns for form in ([["--format", form] for form in forms] or [[]])]


def commands(store: Store, language: str) -> Iterator[tuple[str, str]]:
    """What each command about figures of one or several partners prints in each form, and the files that it writes
    instead."""
    for of in (SEVERAL[language],):
        for name, one in ((name, one) for module in MODULES for name, one in leaves(commands_of(module))):
            output = store.folder / f"made-{len([*store.folder.iterdir()])}.html"
            output = output.with_suffix("") if name == "export sdmx" else output
            for words in words_of(one, given_for(store, language, of) | {"output": output}):
                made = CliRunner().invoke(app, [*name.split(), *words], env={"COLUMNS": "200"})
                files = sorted({output, *output.glob("*"), output.with_suffix(".md")}) if made.exit_code == 0 else []
                texts = [re.sub(r"(?s)<svg.*?</svg>", "", file.read_text()) for file in files if file.is_file()]
                yield " ".join([name, *words[-1:]]), unescape(re.sub(r"\s+", " ", "\n".join([made.output, *texts])))


def command(*words: str) -> str:
    made = CliRunner().invoke(app, [*words], catch_exceptions=False, env={"COLUMNS": "200"})
    assert made.exit_code == 0, made.output
    return re.sub(r"\s+", " ", made.output)


def files(store: Store, _: str) -> Iterator[tuple[str, str]]:
    """Rows as a file of each format."""
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


def pages(store: Store, language: str) -> Iterator[tuple[str, str]]:
    """Each file of the site in a language, without its drawings, and the page about a release."""
    folder, rules = store.folder / f"site-{language}", store.folder / "watch_rules.toml"
    rules.write_text(RULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEWAITER_WATCH_RULES", str(rules))
        site.build(store.folder, site.SitePlan(folder, date(2025, 9, 1)))
    assert "graphite" in (folder / f"rules.{language}.atom").read_text()
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


WAYS = pytest.mark.parametrize(
    ("ways", "least", "language"),
    [
        *(
            (ways, least, language)
            for language in LANGUAGES
            for ways, least in ((answers, 14), (pages, 12), (commands, 8))
        ),
        (files, 6, "en"),
    ],
)


@WAYS
def test_every_way_out_says_the_verdict_and_none_says_the_percentage(
    ways: Any, least: int, language: str, store: Store
) -> None:
    found = [*ways(store, language)]
    assert len({name.partition(" ")[::2] for name, _ in found}) >= least
    assert [f"{name} {wrong}" for name, text in found if (wrong := complaint(text))] == []
    told = [[bool(CARE in text), bool(BARE.search(text))] for _, text in found]
    # Commands are asked of the partner whose growth is not to be quoted, and few of them name the others.
    assert min(map(sum, zip(*told, strict=True))) > (0 if ways is commands else 2), told


@WAYS
def test_every_way_out_of_a_number_in_doubt_says_the_doubt(
    ways: Any, least: int, language: str, doubted: Store
) -> None:
    said, found = in_doubt(doubted), [*ways(doubted, language)]
    assert said
    assert [name for name, text in found if lacks_doubt(text, said)] == []
    assert sum(bool(DOUBTED.search(text)) for _, text in found) >= (1 if ways is commands else 3)


@pytest.mark.parametrize("text", [f"the US {NO} %", "it rose by 361.7 %", "United States from 25 kg", "6800000.0"])
def test_a_way_out_without_a_verdict_is_found(text: str) -> None:
    assert complaint(text)


def test_the_table_of_ways_has_two_growths_that_are_judged_so(store: Store) -> None:
    rows = read_table(store.snapshot, "metric", lambda place: place[1:] == (2025, 6)).filter(measure="quantity_kg")
    found = of_rows(rows, store.snapshot).filter(figure="mom_pct").select("partner", "quote").rows()
    assert {"USA": "no", "WLD": "care"}.items() <= dict(found).items()
