"""Who hears that a step begins."""

import pytest

from tasks.steps.listeners import listening, tell_begin, tell_file


def test_a_listener_can_stop_a_run_and_is_gone_afterwards() -> None:
    def stop(step: str) -> None:
        raise KeyboardInterrupt(step)

    with pytest.raises(KeyboardInterrupt, match="parse"), listening(step=stop):
        tell_begin("parse")
    tell_begin("parse")


def test_who_hears_of_files_hears_of_no_step_and_only_inside() -> None:
    heard: list[tuple[object, ...]] = []
    with listening(file=lambda *told: heard.append(told)):
        tell_begin("land")
        tell_file(0, 2, "june.csv")
    tell_file(1, 2, "july.csv")
    assert heard == [(0, 2, "june.csv")]
