"""Which of Prefect's lines are left, and which are no errors."""

import logging

import pytest

from tasks.steps import quiet_logs
from tasks.steps.quiet_logs import FLOWS, TASKS, hush


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Level and text of what is logged, with the filters on loggers of this test alone."""
    found: list[tuple[str, str]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append((record.levelname, record.getMessage()))

    for name in ("TASKS", "FLOWS"):
        monkeypatch.setattr(quiet_logs, name, f"test.{name}")
        logger = logging.getLogger(f"test.{name}")
        monkeypatch.setattr(logger, "filters", [])
        monkeypatch.setattr(logger, "handlers", [Keep()])
        monkeypatch.setattr(logger, "propagate", False)
        logger.setLevel(logging.DEBUG)
    hush()
    return found


def test_that_a_task_has_finished_is_no_line_and_that_it_failed_is_one(lines: list[tuple[str, str]]) -> None:
    task = logging.getLogger("test.TASKS")
    task.info("Finished in state Completed()")
    task.info("parse: 7 records")
    task.error("Finished in state Failed('x')")
    assert lines == [("INFO", "parse: 7 records"), ("ERROR", "Finished in state Failed('x')")]


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("Finished in state Held('2 findings', type=CANCELLED)", "WARNING"), ("Finished in state Failed('x', type=FAILED)", "ERROR"),
        ("Crash (type=CANCELLED)", "ERROR"),
    ],
)  # fmt: skip
def test_the_end_of_a_run_that_has_not_failed_is_a_warning(lines: list[tuple[str, str]], said: str, level: str) -> None:
    logging.getLogger("test.FLOWS").error(said)
    assert lines == [(level, said)]


def test_that_a_flow_has_finished_is_a_line(lines: list[tuple[str, str]]) -> None:
    logging.getLogger("test.FLOWS").info("Finished in state Completed()")
    assert len(lines) == 1


def test_filters_are_put_on_once(lines: list[tuple[str, str]]) -> None:
    hush()
    assert [len(logging.getLogger(f"test.{name}").filters) for name in ("TASKS", "FLOWS")] == [2, 1]
    assert (TASKS, FLOWS) == ("prefect.task_runs", "prefect.flow_runs")
    assert lines == []
