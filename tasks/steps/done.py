"""Carries steps that ran in another process, with their records, back to the run.

A record says when a step ran, with its inputs and outputs, but not where. So a run that adopts such records has the
same lineage as one that ran the steps itself.
"""

import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import polars as pl

from tasks.lineage.records import Run, StepRecord, current_run, recording


class Done(NamedTuple):
    """What the steps made, or the exception that ended them, and their records."""

    made: Any
    problem: Exception | None
    records: list[StepRecord]


def set_down(work: Callable[[], Any]) -> Done:
    """Run the steps of `work` on a record of their own, which can travel."""
    run, made, problem = Run(), None, None
    with recording(run):
        try:
            made = work()
        except Exception as error:
            problem = _able_to_travel(error)
    return Done(made, problem, run.records)


def adopt(done: Done, take_over: Callable[[StepRecord, Exception | None], None]) -> Any:
    """Return what was made elsewhere; `take_over` gets each record, and with the last one the exception that ended the
    steps.

    Raises that exception.
    """
    for record in done.records:
        take_over(record, done.problem if record is done.records[-1] else None)
    if done.problem is not None:
        raise done.problem
    run = current_run()
    if run is not None:
        # The frames were hashed where they were made; the hashes depend on values only.
        for name, sha256 in done.records[-1].outputs.items():
            frame = getattr(done.made, name, None)
            if isinstance(frame, pl.DataFrame):
                run.remember(frame, sha256)
    return done.made


def _able_to_travel(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
