"""Filters redundant lines from Prefect's logs of our runs.

Each step logs a line of its own; Prefect would add that its task has finished. And a run that ends as held or rejected
has not failed: what Prefect logs of it as an error becomes a warning.
"""

import logging

TASKS, FLOWS = "prefect.task_runs", "prefect.flow_runs"
FINISHED, NO_FAILURE = "Finished in state ", "type=CANCELLED)"


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Whether a line about a task says more than that it is done."""
    return record.levelno > logging.INFO or not record.getMessage().startswith(FINISHED)


def _is_no_error(record: logging.LogRecord) -> bool:
    """Turn the error about the end of a run that has not failed into a warning; the line itself is always logged."""
    said = record.getMessage()
    if record.levelno == logging.ERROR and said.startswith(FINISHED) and said.endswith(NO_FAILURE):
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
    return True


def hush() -> None:
    """Put both filters on Prefect's loggers, once."""
    for name, keep in ((TASKS, _is_worth_a_line), (TASKS, _is_no_error), (FLOWS, _is_no_error)):
        logger = logging.getLogger(name)
        if keep not in logger.filters:
            logger.addFilter(keep)
