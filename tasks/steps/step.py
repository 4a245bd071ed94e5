"""Turns a function into a step: validates its output against the schema it promises, and records lineage.

Only this module, `pages.prefect_pages` and `derive.cluster` know Prefect. Inside a Prefect flow a step runs as a task;
elsewhere it runs as the plain function, with the same checks and the same record. A function whose signature does not
name its return type cannot become a step, and neither check nor record can be left out, because both are here and not
in the function.
"""

import dataclasses
import functools
import inspect
import logging
import sys
import typing
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar
from uuid import uuid4

import polars as pl
from pydantic import BaseModel

from schemas.table import schema_sha256
from schemas.validation import validated
from tasks.derive.executor import log as pieces_log
from tasks.domain.hashing import code_sha256, json_sha256
from tasks.lineage.records import Run, StepRecord, current_run
from tasks.steps.listeners import tell_begin
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.pending_files import PendingFiles

# The parameter for the day of a run. It is not recorded: its effect shows in the output, and the same release must give
# the same bytes on another day.
CLOCK = "today"
P = ParamSpec("P")
R = TypeVar("R")
# What of an argument or a result is recorded with its hash.
RECORDED = (pl.DataFrame, BaseModel, Snapshot, bytes)
log = logging.getLogger("tidewaiter.step")


class Step(Generic[P, R]):
    """A step: call it like the function. Only an OSError is retried, up to `retries` times, because a disk or a
    network may recover; a refusal or a schema error would come out the same and is raised at once. `answers` are
    exceptions that reject the input: they are raised too, and in the UI the task has completed.
    """

    def __init__(
        self,
        function: Callable[P, R],
        *,
        name: str | None = None,
        retries: int = 0,
        retry_delay_seconds: Sequence[float] = (),
        answers: tuple[type[Exception], ...] = (),
    ) -> None:
        self.function = function
        self.name = name or function.__name__
        self.retries, self.retry_delay_seconds = retries, list(retry_delay_seconds)
        self.answers = answers
        self.models = _promised(typing.get_type_hints(function, include_extras=True).get("return"))
        if not self.models:
            raise TypeError(
                f"{function.__module__}.{function.__name__} cannot be a step: its return annotation names no table and"
                " no model, so there is nothing to check and to record. Annotate it with a table of schemas.frames, a"
                " NamedTuple of them, or a pydantic model or dataclass."
            )
        self.signature = inspect.signature(function)
        self._task: Any = None

    @functools.cached_property
    def schema_sha256(self) -> str:
        """The hash of what is promised, made when the step first runs."""
        return json_sha256({name: _schema_hash(model) for name, model in self.models.items()})

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run as a Prefect task inside a flow, elsewhere as the plain function."""
        if inside_flow():
            from prefect.utilities.annotations import opaque

            # To build its graph, Prefect searches all inputs for results of other tasks: each file of a snapshot, a
            # dozen times a release. An input of a step is the result of another step as a whole, a group of such
            # results, or none.
            given = [*args, *kwargs.values()]
            grouped = [opaque(getattr(one, name)) for one in given for name in _fields(one)]
            result = self.task(
                *map(opaque, args), **{name: opaque(one) for name, one in kwargs.items()}, wait_for=grouped or None
            )
            if isinstance(result, _Answer):
                raise result.problem
            return typing.cast(R, result)
        return self.run(*args, **kwargs)

    @property
    def task(self) -> Any:
        """The Prefect task of this step, made when first needed."""
        if self._task is None:
            self._task = self._as_task()
        return self._task

    def _as_task(self) -> Any:
        from prefect import task
        from prefect.cache_policies import NO_CACHE

        # So that the page of a run shows the output of each step, and the pieces that processes do, which are no tasks;
        # Prefect leaves the level of other loggers as it is.
        for one in (log, pieces_log):
            one.setLevel(logging.INFO)
        # Frames must be neither hashed for a cache key nor written as results: the store is the only memory. The stubs
        # want to know whether the wrapped function takes arguments; a step does not know that.
        return task(  # type: ignore[call-overload]
            self._answering,
            name=self.name,
            task_run_name=self.name,
            cache_policy=NO_CACHE,
            persist_result=False,
            description=inspect.getdoc(self.function),
            retry_condition_fn=lambda task, run, state: isinstance(state.result(raise_on_failure=False), OSError),
            retries=self.retries,
            retry_delay_seconds=self.retry_delay_seconds or 0,
        )

    def _answering(self, *args: Any, **kwargs: Any) -> Any:
        """Run; an answer completes the task, whose caller gets it raised."""
        try:
            return self.run(*args, **kwargs)
        except self.answers as answer:
            return _Answer(answer)

    def run(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function, check what it returns, record both. Raises what the function raises, or SchemaErrors."""
        given = self.signature.bind(*args, **kwargs)
        started, result, error = datetime.now(UTC), None, None
        tell_begin(self.name)
        try:
            result = self.function(*args, **kwargs)
            _validate(result, self.models)
            return result
        except BaseException as problem:  # a step that was interrupted did not complete either
            error = f"{type(problem).__name__}: {problem}"
            raise
        finally:
            run = current_run()
            if run is not None:
                record = self._record(run, given.arguments, result, started, error)
                run.records.append(record)
                log.info("%s", record.line)

    def _record(
        self, run: Run, arguments: dict[str, Any], result: object, started: datetime, error: str | None
    ) -> StepRecord:
        _, task = _runs()
        inputs = {name: parts for argument, value in arguments.items() for name, parts in _parts(argument, value)}
        outputs = dict(_parts("", result)) if result is not None else {}
        return StepRecord(
            step=self.name,
            code_sha256=code_sha256(),
            schema_sha256=self.schema_sha256,
            inputs={name: run.value_sha256(value) for name, value in inputs.items()},
            outputs={name or self.name: run.value_sha256(value) for name, value in outputs.items()},
            rows_in={name: value.height for name, value in inputs.items() if hasattr(value, "height")},
            rows_out={name or self.name: value.height for name, value in outputs.items() if hasattr(value, "height")},
            parameters={
                name: str(value)
                for name, value in arguments.items()
                if isinstance(value, (str, int, float, date, Enum)) and name != CLOCK
            },
            tables={name or self.name: model for name, model in self.models.items() if isinstance(model, str)},
            started=started,
            ended=datetime.now(UTC),
            run_id=uuid4(),
            task_run_id=str(task.task_run.id) if task else None,
            error=error,
        )


class _Answer(NamedTuple):
    """What a task returns in place of a result."""

    problem: Exception


def _promised(annotation: Any) -> dict[str, Any]:
    """Return name -> table or model of everything with a schema in a return annotation; the name is empty for a single
    thing."""
    if (model := _model_of(annotation)) is not None:
        return {"": model}
    if not isinstance(annotation, type):
        return {}
    tables = {}
    if _fields(annotation):
        hints = typing.get_type_hints(annotation, include_extras=True)
        tables = {name: model for name, hint in hints.items() if (model := _model_of(hint)) is not None}
    is_model = issubclass(annotation, BaseModel) or dataclasses.is_dataclass(annotation)
    return tables or ({"": annotation} if is_model else {})


def _model_of(annotation: Any) -> str | None:
    """Return the table that a frame, or files, are promised to be of; None for any other annotation."""
    named = typing.get_args(annotation)[1:] if typing.get_origin(annotation) is typing.Annotated else ()
    return next((name for name in named if isinstance(name, str)), None)


def _schema_hash(model: Any) -> str:
    if isinstance(model, str):
        return schema_sha256(model)
    if issubclass(model, BaseModel):
        return json_sha256(model.model_json_schema())
    return json_sha256([(entry.name, str(entry.type)) for entry in dataclasses.fields(model)])


def _validate(result: object, models: dict[str, Any]) -> None:
    """Report all failures of a frame at once; of eager frames only, because of a lazy one only the schema would be
    checked."""
    for name, model in models.items():
        value = getattr(result, name) if name else result
        if isinstance(value, PendingFiles):
            # Its rows were checked as they were written.
            if not value.is_of(model):
                raise TypeError(f"a step promised files of {model} and made files of {value.table}")
        elif isinstance(model, str):
            validated(model, typing.cast(pl.DataFrame, value))
        elif not isinstance(value, model):
            raise TypeError(f"a step promised {model.__name__} and made {type(value).__name__}")


def _fields(value: object) -> list[str]:
    """Return the names of what a NamedTuple or a dataclass groups; empty for anything else, also for a snapshot."""
    if dataclasses.is_dataclass(value) and not isinstance(value, Snapshot):
        return [entry.name for entry in dataclasses.fields(value)]
    return [*getattr(value, "_fields", ())]


def _parts(name: str, value: object) -> list[tuple[str, Any]]:
    """Split an argument or a result into its parts, each with a name; paths are no part of what was derived."""
    if isinstance(value, RECORDED):
        return [(name, value)]
    below = ((f"{name}.{field}" if name else field, getattr(value, field)) for field in _fields(value))
    return [part for its_name, one in below if isinstance(one, (*RECORDED, tuple)) for part in _parts(its_name, one)]


def _runs() -> tuple[Any, Any]:
    """Return the contexts of Prefect's flow run and task run, None outside of one."""
    if "prefect" not in sys.modules:
        return None, None
    from prefect.context import FlowRunContext, TaskRunContext

    return FlowRunContext.get(), TaskRunContext.get()


def inside_flow() -> bool:
    """Whether we are in a Prefect flow, and not already in a task of it."""
    flow, task = _runs()
    return flow is not None and task is None


def flow_run_id() -> str | None:
    """Return the id of the current Prefect flow run, None outside of one."""
    flow, _ = _runs()
    return str(flow.flow_run.id) if inside_flow() and flow.flow_run else None
