"""Work is done by whoever was lent for it or by threads of ours, and nobody can tell by what comes back."""

import threading
import time
from typing import NamedTuple

import pytest

from tasks.derive.executor import each, lending
from tests.unit.engines import AtOnce

THINGS = list(range(20))


def test_what_comes_back_is_in_the_order_of_the_things_whoever_is_first_done() -> None:
    second_is_done = threading.Event()

    def work(thing: int) -> int:
        if thing == 0:
            assert second_is_done.wait(10)
        if thing == 1:
            second_is_done.set()
        return thing * thing

    assert each(work, THINGS) == [thing * thing for thing in THINGS]


def test_an_error_stops_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    begun: list[int] = []

    def work(thing: int) -> None:
        begun.append(thing)
        if thing == 3:
            raise ValueError("three")
        if thing > 3:
            time.sleep(0.2)

    with pytest.raises(ValueError, match="three"):
        each(work, THINGS)
    assert begun[-1] < THINGS[-1]


def test_what_is_lent_does_it_all_but_a_single_thing() -> None:
    engine = AtOnce()
    with lending(engine):
        assert each(str, [1, 2]) == ["1", "2"]
        assert each(str, [7]) == ["7"]
    assert engine.given == [1, 2]


class Titled(NamedTuple):
    title: str


def test_who_has_done_a_piece_with_a_title_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "tidewaiter.pieces")
    with lending(AtOnce()):
        assert each(len, [Titled("derive chapters 01-83"), Titled("derive chapters 84-97")]) == [1, 1]
        assert each(abs, [1, 2]) == [1, 2]
    assert caplog.messages == ["derive chapters 01-83: done (at once)", "derive chapters 84-97: done (at once)"]


def test_what_was_left_to_this_process_is_not_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "tidewaiter.pieces")
    lost = AtOnce()
    lost.is_lost = True
    with lending(lost):
        each(len, [Titled("derive chapters 01-84"), Titled("derive chapters 85-97")])
    assert caplog.messages == []
