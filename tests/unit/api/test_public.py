"""What programs and readers get: the package `tidewaiter`, light to import; and bounded answers of one published
state."""

import inspect
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

import tidewaiter
from schemas.questions.contents import Contents
from schemas.questions.search import Search
from tasks.answers.form.answer import Answer
from tasks.answers.inventory.search import search
from tasks.answers.trade.trace import trace
from tasks.api import mcp, python
from tasks.api.mcp import BYTES_MAX, Answers, CannotAnswer
from tasks.domain.errors import HowUnderstood
from tasks.domain.name_match import Unresolved
from tasks.reading.query import open_published
from tasks.sources.registry import SOURCES


def answering(monkeypatch: pytest.MonkeyPatch, answer: Callable[[Any], Answer], name: str = "search") -> None:
    """Let a tool answer otherwise."""
    monkeypatch.setitem(mcp.TOOLS, name, mcp.TOOLS[name]._replace(answer=answer))


HEAVY = ("polars", "numpy", "pandera", "pyarrow", "prefect", "typer", "rich", "tasks", "flows", "schemas")


def test_importing_it_loads_nothing_else() -> None:
    code = f"import sys, tidewaiter; print(*[name for name in {HEAVY} if name in sys.modules], 'and no more')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "and no more\n"
    # What its functions return is defined in the other packages.
    for package in ("tidewaiter", "flows", "schemas", "tasks"):
        assert (Path(tidewaiter.__file__).parents[1] / package / "py.typed").is_file()


def test_it_has_a_function_for_each_question_and_the_three_that_ask_none() -> None:
    functions = {name: getattr(tidewaiter, name) for name in tidewaiter.__all__ if name != "__version__"}
    of_questions = {name for name, function in functions.items() if hasattr(function, "question")}
    assert len(of_questions) >= 13
    assert {*functions} - of_questions == {"ingest", "open_release", "scan"}
    assert functions["list"].question is Contents
    assert functions["scan"] is python.scan
    assert all(map(inspect.getdoc, functions.values()))
    for wrong in ("contents", "check_claim", "nosuch", "__path_"):
        with pytest.raises(AttributeError, match=f"no attribute '{wrong}'"):
            getattr(tidewaiter, wrong)


@pytest.mark.parametrize("name", [name for name in tidewaiter.__all__ if name != "__version__"])
def test_a_function_is_called_as_the_package_calls_it_so_that_it_goes_to_other_processes(name: str) -> None:
    function = getattr(tidewaiter, name)
    assert (function.__name__, pickle.loads(pickle.dumps(function))) == (name, function)


def test_the_store_is_that_of_the_environment_where_none_is_given(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The folder of the project has a store after `make run`.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIDEWAITER_STORE", str(sample_store))
    assert tidewaiter.search("Germany")["code"].to_list() == ["DEU"]
    assert tidewaiter.open_release().id == tidewaiter.open_release(sample_store).id
    monkeypatch.delenv("TIDEWAITER_STORE")
    with pytest.raises(LookupError, match=r"^store: nothing is published here yet"):
        tidewaiter.read("magnets")


def test_what_is_not_plain_is_a_warning_and_what_is_not_there_an_error_with_choices(sample_store: Path) -> None:
    top = tidewaiter.read("magnets", month="2025-06", top=2, store=sample_store)
    assert top["partner"].to_list() == ["DEU", "USA"]
    with pytest.warns(HowUnderstood, match="0 rows: the table metric has no partner DEU of product line:rare_earths"):
        assert tidewaiter.read("rare earths", partner="Germany", store=sample_store).height == 0
    with pytest.raises(Unresolved, match="the nearest: basket:rare_earth_magnets") as raised:
        tidewaiter.read("magnetts", store=sample_store)
    assert raised.value.choices[0] == "basket:rare_earth_magnets"
    with pytest.raises(ValueError, match="there is no table 'metrics'; the nearest: metric; there are claim, "):
        tidewaiter.read("magnets", table="metrics", store=sample_store)
    with pytest.raises(ValueError, match="there is no metric 'size'"):
        tidewaiter.trace("magnets", "us", "2025-06", "size", store=sample_store)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda store: tidewaiter.read("magnets", flow="imports", store=store), "flow 'imports'; the nearest: import"),
        (lambda store: tidewaiter.read("magnets", month=202406, store=store), "month is 202406: input should be"),
        (lambda store: tidewaiter.open_release(store).paths("nope"), "no table 'nope'; there are claim, "),
        (lambda store: tidewaiter.open_release(store).paths("metric", "imports"), "no flow 'imports'"),
        (lambda store: tidewaiter.brief("magnets", language="de", store=store), "no language 'de'; there are en"),
        (lambda store: tidewaiter.detours("magnets", from_="China", to="USA", store=store),
            "the question about detours lacks since \\(first month of the fall: 2025-04 or April 2025\\)"),
        (lambda store: tidewaiter.plot("magnets", "magnets.bmp", store=store), ".bmp is no picture"),
    ],
)  # fmt: skip
def test_a_word_that_there_is_not_is_an_error_with_those_there_are(
    sample_store: Path, ask: Callable[[Path], object], says: str
) -> None:
    """Other words and days: `tests/golden/said/refused.session` and `test_forms.py`."""
    with pytest.raises(ValueError, match=says):
        ask(sample_store)


def test_a_page_and_a_picture_are_those_of_the_command(sample_store: Path, tmp_path: Path) -> None:
    made = tidewaiter.brief("magnets", "June 2025", store=sample_store)
    assert "660 % to 353 t" in " ".join(made.headlines)
    assert repr(made).startswith("<DocumentPage brief-basket-rare_earth_magnets-export-2025-06-en: China's exports of")
    assert made.save(tmp_path / "june.html").read_text(encoding="utf-8") == made.html
    assert (tmp_path / "june.md").read_text(encoding="utf-8") == made.markdown
    asked = {"partner": ["world", "us"], "language": "zh", "store": sample_store}
    text = tidewaiter.plot("magnets", tmp_path / "magnets.svg", **asked).read_text(encoding="utf-8")
    for words in ("中国稀土永磁体", "美国", "2025年第18号公告", "吨"):
        assert words in text, words


def test_a_release_is_ingested_and_held_as_by_the_command(tmp_path: Path) -> None:
    file = tmp_path / "june.csv"
    file.write_bytes(csv_bytes([magnets("502", "353000", "30,000,000")]))
    told = {"source": "gacc_query", "flow": "export", "partners": "listed", "store": tmp_path / "store"}
    assert tidewaiter.ingest(file, dry_run=True, **told).status == "would be published"
    assert tidewaiter.ingest(file, released_on="2025-07-20", **told).status == "published"
    assert tidewaiter.ingest(file, released_on="2025-07-20", **told).status == "nothing new"
    assert tidewaiter.read("85051110", partner="us", month="latest", store=tmp_path / "store").height > 0


def test_an_answer_has_so_many_rows_and_bytes_and_says_how_to_ask_for_fewer(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Answers(sample_store)
    found = asked.ask("read", product="magnets", rows=3)
    assert len(found["rows"]) == 3
    assert found["more"].startswith(f"the first 3 of {found['rows_found']} rows; narrow it by product, partner, month")
    assert "more" not in asked.ask("read", product="magnets", partner="us", month="2025-06")
    long = pl.DataFrame({"name": ["a" * 600] * 200})
    answering(monkeypatch, lambda question: replace(search(question), rows=long))
    found = asked.ask("search", text="a", rows=200)
    assert 0 < len(found["rows"]) < 200
    assert BYTES_MAX * 0.9 < len(json.dumps(found)) < BYTES_MAX * 1.1


def test_a_question_is_asked_again_where_another_state_was_published_meanwhile(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, opened = Answers(sample_store), open_published(sample_store)
    older = replace(opened, id="000000-aaaaaaaaaaaa")
    states = [older, opened]
    times = []

    def answer(question: Search) -> Answer:
        times.append(1)
        return replace(search(question), snapshot=states[min(len(times), len(states)) - 1])

    answering(monkeypatch, answer)
    assert asked.ask("search", text="soybeans")["snapshot"] == opened.id
    assert len(times) == 2
    states[:] = [older]
    with pytest.raises(CannotAnswer, match="ask once more"):
        asked.ask("search", text="soybeans")


@pytest.mark.parametrize("problem", [ValueError, LookupError, OSError])
def test_no_answer_names_a_place_of_this_machine(
    problem: type[Exception], sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> pl.DataFrame:
        raise problem(f"{sample_store}/raw/x.csv: broken")

    answering(monkeypatch, fail)
    with pytest.raises(CannotAnswer) as refused:
        Answers(sample_store).ask("search", text="a")
    assert str(sample_store) not in str(refused.value)


def test_a_fault_of_the_program_is_none_of_the_caller(sample_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, lambda _: {}["bug"])
    with pytest.raises(KeyError):
        Answers(sample_store).ask("search", text="a")


def test_a_trace_of_many_numbers_is_short_and_says_how_many_there_are(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Answers(sample_store)
    whole = tidewaiter.trace("magnets", "us", "2025-06", "mom_pct", store=sample_store)
    number, *_ = whole.operands[0].numbers
    many = number.model_copy(update={"records": [*range(1000)], "printed": ["x" * 300] * 1000})
    operands = [whole.operands[0].model_copy(update={"numbers": [many] * 50})] * 240
    long = whole.model_copy(update={"operands": operands[:24]})
    answering(monkeypatch, lambda question: replace(trace(question), trace=long), "trace")
    question = {"product": "magnets", "month": "2025-06", "partner": "us", "metric": "mom_pct"}
    usual = asked.ask("trace", **question)
    assert len(json.dumps(usual)) < 4096
    assert usual["trace"]["more"] == "not all numbers and records are here; ask for rows=200"
    assert {one["numbers_found"] for one in usual["trace"]["operands"]} == {50}
    assert usual["files"] == [f"published_figures.csv (figures printed elsewhere), release {number.release_id}"]
    ranked = whole.model_copy(update={"operands": operands})
    with monkeypatch.context() as of_a_rank:
        answering(of_a_rank, lambda question: replace(trace(question), trace=ranked), "trace")
        short = asked.ask("trace", **question)
    assert (len(json.dumps(short)) < 4096, short["trace"]["operands_found"]) == (True, 240)
    assert 0 < len(short["trace"]["operands"]) < 240
    traced = asked.ask("trace", **question, rows=200)["trace"]
    assert 4096 < len(json.dumps(traced)) < BYTES_MAX * 1.1
    assert traced["more"] == "not all numbers and records are here; the command `tidewaiter trace` prints all"
    assert {(one["numbers_found"], len(one["numbers"]) > 0) for one in traced["operands"]} == {(50, True)}
    assert {one["numbers"][0]["records_found"] for one in traced["operands"]} == {1000}


def test_of_many_notes_the_licence_is_kept(sample_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = tuple(f"note {number}" for number in range(30))
    answering(monkeypatch, lambda question: replace(search(question), notes=notes))
    monkeypatch.setitem(SOURCES, "published", replace(SOURCES["published"], forbids="Not for others."))
    found = Answers(sample_store).ask("search", text="a")["notes"]
    assert (found[0], found[1], len(found)) == ("Not for others.", "note 0", mcp.NOTES_MAX)


def test_a_status_is_left_out_only_where_its_figure_says_the_same() -> None:
    rows = pl.DataFrame(
        {
            "level": [1.0, None],
            "level_status": ["reported", "not_covered"],
            "mom_pct": [2.0, None],
            "mom_status": ["computed", "no_base"],
            "price_effect": [None, 3.0],
            "split_status": ["no_quantity", None],
        }
    )
    assert mcp._bounded(rows, 2, "month", BYTES_MAX)["rows"] == [
        {"level": 1.0, "level_status": "reported", "mom_pct": 2.0, "price_effect": None, "split_status": "no_quantity"},
        {"price_effect": 3.0, "split_status": None, "missing": {"level": "not_covered", "mom_pct": "no_base"}},
    ]  # fmt: skip


def has_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(has_null, value.values()))
    return any(map(has_null, value)) if isinstance(value, list) else value is None


def test_an_answer_has_no_null_and_is_below_four_kilobytes_unless_more_is_asked_for(sample_store: Path) -> None:
    answers, of_magnets = Answers(sample_store), {"product": "magnets"}
    questions = (
        ("search", {"text": "magnet"}),
        ("contents", {"kind": "releases"}),
        ("read", of_magnets),
        ("read", of_magnets | {"table": "observation"}),
        ("read", {"table": "finding"}),
        ("trace", of_magnets | {"metric": "rolling_12m_yoy_pct", "month": "2025-07"}),
        ("trace", of_magnets | {"month": "2025-06"}),
        ("vintages", of_magnets | {"partner": "us", "month": "2025-05..2025-06"}),
        ("movers", {"month": "2025-06"}),
        ("movers", of_magnets | {"month": "2025-06"}),
        ("partner", {"partner": "us", "month": "2025-06"}),
    )
    for tool, question in questions:
        try:
            answer = answers.ask(tool, **question)
        except CannotAnswer as none:
            answer = {"error": str(none)}
        assert not has_null(answer), tool
        assert len(json.dumps(answer, ensure_ascii=False).encode()) < 4096, (tool, question)
    more = answers.ask("read", **of_magnets, rows=200)
    assert len(more["rows"]) > len(answers.ask("read", **of_magnets)["rows"])


def test_notes_that_would_fill_the_answer_are_cut_with_a_word(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = tuple(f"note {number} {'x' * 500}" for number in range(8))
    answering(monkeypatch, lambda question: replace(search(question), notes=notes))
    answer = Answers(sample_store).ask("search", text="magnet")
    assert len(json.dumps(answer)) < 4096
    assert answer["notes"][-1] == "there are more notes; ask for more rows to read them"
    assert answer["rows"]
    assert len(Answers(sample_store).ask("search", text="magnet", rows=100)["notes"]) == len(notes)


def test_a_program_sees_what_hides_in_the_texts_of_others() -> None:
    told = {"rows": [{"name": "a\x1b[31mb\x9bc", "n": 1, "of": ("d\u202ee", None)}], "citation": "f\u200bg\ufeff"}
    shown = {"rows": [{"name": r"a\x1b[31mb\x9bc", "n": 1, "of": [r"d\u202ee", None]}], "citation": r"f\u200bg\ufeff"}
    assert mcp._visible(told) == shown
