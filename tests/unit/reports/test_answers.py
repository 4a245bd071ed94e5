"""Answers to programs: bounded, of one published state, and silent about places of this machine."""

import json
import warnings
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from tasks.domain.errors import HowUnderstood
from tasks.reports import answers, public
from tasks.reports.answers import BYTES_MAX, Answers, CannotAnswer


def test_an_answer_has_so_many_rows_and_bytes_and_says_how_to_ask_for_fewer(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Answers(sample_store)
    found = asked.read(product="magnets", rows=3)
    assert len(found["rows"]) == 3
    assert found["more"].startswith(f"the first 3 of {found['rows_found']} rows; narrow it by product, partner, month")
    assert "more" not in asked.read(product="magnets", partner="us", month="2025-06")
    long = pl.DataFrame({"name": ["a" * 600] * 200})
    monkeypatch.setattr(public, "search", lambda *_, **__: long)
    found = asked.search("a", rows=200)
    assert 0 < len(found["rows"]) < 200
    assert BYTES_MAX * 0.9 < len(json.dumps(found)) < BYTES_MAX * 1.1


def test_a_question_is_asked_again_where_another_state_was_published_meanwhile(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, opened = Answers(sample_store), answers.query.open_published(sample_store)
    older = SimpleNamespace(id="000000-aaaaaaaaaaaa")
    states = iter([older, opened, opened, opened])
    times = []
    monkeypatch.setattr(asked, "_open", lambda _: next(states))
    monkeypatch.setattr(public, "search", lambda *_, **__: times.append(1) or pl.DataFrame({"code": ["1201"]}))
    assert asked.search("soybeans")["snapshot"] == opened.id
    assert len(times) == 2
    monkeypatch.setattr(asked, "_open", lambda _: older if len(times) % 2 else opened)
    with pytest.raises(CannotAnswer, match="ask once more"):
        asked.search("soybeans")


@pytest.mark.parametrize("problem", [ValueError, LookupError, OSError])
def test_no_answer_names_a_place_of_this_machine(
    problem: type[Exception], sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> pl.DataFrame:
        raise problem(f"{sample_store}/raw/x.csv: broken")

    monkeypatch.setattr(public, "search", fail)
    with pytest.raises(CannotAnswer) as refused:
        Answers(sample_store).search("a")
    assert str(sample_store) not in str(refused.value)


def test_a_fault_of_the_program_is_none_of_the_caller(sample_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "search", lambda *_, **__: {}["bug"])
    with pytest.raises(KeyError):
        Answers(sample_store).search("a")


def test_a_trace_of_many_numbers_is_short_and_says_how_many_there_are(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Answers(sample_store)
    whole = public.trace("magnets", "us", "2025-06", "mom_pct", store=sample_store)
    (number, *_) = whole.operands[0].numbers
    many = number.model_copy(update={"records": [*range(1000)], "printed": ["x" * 300] * 1000})
    operands = [whole.operands[0].model_copy(update={"numbers": [many] * 50})] * 24
    monkeypatch.setattr(public, "trace", lambda *_, **__: whole.model_copy(update={"operands": operands}))
    traced = asked.trace("magnets", "2025-06", "us", "mom_pct")["trace"]
    assert len(json.dumps(traced)) < BYTES_MAX * 1.1
    assert {(one["numbers_found"], len(one["numbers"]) > 0) for one in traced["operands"]} == {(50, True)}
    assert {one["numbers"][0]["records_found"] for one in traced["operands"]} == {1000}


def test_of_many_notes_the_licence_is_kept(sample_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def noted(*_: object, **__: object) -> pl.DataFrame:
        for number in range(30):
            warnings.warn(f"note {number}", HowUnderstood, stacklevel=1)
        return pl.DataFrame({"code": ["1201"]})

    monkeypatch.setattr(public, "search", noted)
    monkeypatch.setattr(answers, "NOT_FOR_OTHERS", "published")
    found = Answers(sample_store).search("a")["notes"]
    assert (found[0], found[1], len(found)) == (answers.LICENCE, "note 0", answers.NOTES_MAX)


def test_a_status_is_left_out_only_where_its_figure_says_the_same() -> None:
    rows = pl.DataFrame({
        "level": [1.0, None], "level_status": ["reported", "not_covered"], "mom_pct": [2.0, None], "mom_status": ["computed", "no_base"],
        "price_effect": [None, 3.0], "split_status": ["no_quantity", None],
    })  # fmt: skip
    assert answers._bounded(rows, 2, "month")["rows"] == [
        {"level": 1.0, "level_status": "reported", "mom_pct": 2.0, "price_effect": None, "split_status": "no_quantity"},
        {"price_effect": 3.0, "split_status": None, "missing": {"level": "not_covered", "mom_pct": "no_base"}},
    ]  # fmt: skip
