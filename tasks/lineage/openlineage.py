"""Converts the records of a run to OpenLineage events, as they are in JSON.

Belongs here: the content of each event, the names of datasets, the origin of columns. Does not belong here: what is
recorded (`lineage`), how and when events are sent (`emit`). The package of OpenLineage takes longer to import than a
small file to read, so only what is sent goes through it; its models check what is made here in the tests.

Steps name things by their arguments and results (`release.detail`, `derive`); a lineage graph needs one name for each
thing. So a table that is a step's only result has its table's name, and an input has the name of the earlier output
with the same bytes. A lineage graph may have several stores in it, so a dataset is named by where it lies, as the
naming rules of OpenLineage have it. COLUMNS declares the origin of columns.
"""

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from schemas.names import FIGURES, TABLES, VALUES, status
from schemas.store_address import REPORTER_KEY, S3Url
from schemas.table import columns, polars_schema, readers_schema
from tasks.domain.hashing import versions
from tasks.lineage.records import Run, StepRecord

# The namespace of all jobs.
NAMESPACE = "tidewaiter"
INTEGRATION, RELEASE_JOB = "TIDEWAITER", "release"
# The release does not make the results of these steps, so they get names of their own.
PREFIXES = {"open_known": "known."}
SPEC_ADDRESS, EVENT_VERSION = "https://openlineage.io/spec", "2-0-2"
# The facets by their names: the version and the name of their schema.
FACETS = {
    "dataSource": ("1-0-1", "DatasourceDatasetFacet"),
    "symlinks": ("1-0-1", "SymlinksDatasetFacet"),
    "version": ("1-0-1", "DatasetVersionDatasetFacet"),
    "schema": ("1-2-0", "SchemaDatasetFacet"),
    "columnLineage": ("1-2-0", "ColumnLineageDatasetFacet"),
    "inputStatistics": ("1-0-0", "InputStatisticsInputDatasetFacet"),
    "outputStatistics": ("1-0-2", "OutputStatisticsOutputDatasetFacet"),
    "dataQualityAssertions": ("1-1-0", "DataQualityAssertionsDatasetFacet"),
    "parent": ("1-2-0", "ParentRunFacet"),
    "processing_engine": ("1-1-1", "ProcessingEngineRunFacet"),
    "tags": ("1-0-0", "TagsRunFacet"),
    "errorMessage": ("1-0-1", "ErrorMessageRunFacet"),
    "jobType": ("2-0-4", "JobTypeJobFacet"),
}
Facets = dict[str, dict[str, Any]]
Event = dict[str, Any]

_UNITS = ("quantity_unit", "supplementary_unit", "currency")
_PRINTED = ("quantity", "supplementary_quantity", "value", "quantity_yoy", *_UNITS)
_NUMBER = ("value", "unit", "measure", "period_start", "period_end")
_KEY = {name: (name,) for name in ("flow", "product", "classification", "partner")}
_FROM_WORDS = {name: (name,) for name in polars_schema("observation")} | {"known_until": ("known_from",)}
# The statements from which metrics are computed; those of earlier months are read by portion.
_WORDS = ("touched", "known.observation")
_SERIES = {
    **{name: (name,) for name in ("flow", "product", "partner")},
    "measure": ("measure", "unit"),
    "period": ("period_end",),
}
# Dataset made -> dataset it is made from -> column made -> columns it is made from. Columns that come from the
# declaration of the release are not here, nor is the scope of the releases: it determines rows and statuses as a whole.
COLUMNS: dict[str, dict[str, Mapping[str, tuple[str, ...]]]] = {
    "detail": {
        "reported": {
            **{name: (name,) for name in ("flow", "product", "regime", "province", "record")},
            "measure": _UNITS,
            "classification": ("product",),
            "partner": ("partner", "period"),
            "period_start": ("period",),
            "unit": _UNITS,
            "period_end": ("period",),
            "value": _PRINTED,
            "resolution": _PRINTED,
            "known_from": ("published_on",),
        }
    },
    "touched": {"detail": _FROM_WORDS, "known.detail": _FROM_WORDS},
    "metric": {
        made_from: {
            **_KEY,
            "classification": ("classification", "product"),
            "period": ("period_start", "period_end"),
            **dict.fromkeys((*FIGURES, *map(status, FIGURES), "series_start"), _NUMBER),
            "measure": ("measure", "unit"),
            **dict.fromkeys(("level_kinds", "kinds"), ("kind", *_NUMBER)),
            "is_total": ("partner",),
            "in_doubt": ("release_id", *_NUMBER),
            "figures_in_doubt": ("release_id", *_NUMBER),
            "comparable_from": ("product", "partner", "measure", "period_end"),
        }
        for made_from in _WORDS
    },
    "doubt": {
        made_from: {
            **_SERIES,
            "release_id": ("release_id",),
            **dict.fromkeys(("finding", "number", "first_month", "last_month"), ("release_id",)),
            "part_pct": _NUMBER,
        }
        for made_from in _WORDS
    },
    "record_level": {made_from: {**_SERIES, "level": _NUMBER, "kinds": ("kind", *_NUMBER)} for made_from in _WORDS},
    "trade_flow": {
        "touched": {
            **_KEY,
            "source": ("source",),
            "period": ("period_end",),
            "quantity_other_unit": ("measure",),
            **dict.fromkeys(("quantity_kg", "quantity_other", *VALUES), _NUMBER),
            "kind": ("kind",),
            "in_doubt": ("release_id", "product", "partner", "measure", "period_end"),
        }
    },
}


@dataclass(frozen=True)
class _Thing:
    """An input or output of a step. `holds` says whether it fits the model of its table, where it was validated."""

    dataset: str
    sha256: str | None
    rows: int | None
    table: str | None = None
    holds: bool = True


@dataclass(frozen=True)
class Place:
    """Where the datasets of a store lie: `namespace` is the host or the bucket, `path` leads to the store there.

    Namespace and name of a dataset together are the address that it would have as one file, so the tables of two
    reporters, of two buckets and of two machines are different datasets.
    """

    namespace: str
    path: str

    def name(self, dataset: str) -> str:
        """The name of a dataset of the store: its path."""
        return f"{self.path}/{dataset}" if self.path else dataset

    def facets(self, dataset: str) -> Facets:
        """The source of a dataset and, of a published table, its other names: where its current files are read, and
        that in a catalogue of Iceberg, by which a receiver that knows tables alone finds it."""
        uri = f"{self.namespace}/{quote(self.path.lstrip('/'), safe='/=')}"
        facets = _facet("dataSource", name=self.namespace, uri=uri)
        if dataset in TABLES and (others := [*self._other_names(dataset)]):
            facets |= _facet("symlinks", identifiers=others)
        return facets

    def dataset(self, name: str) -> dict[str, str]:
        """What names a dataset of the store."""
        return {"namespace": self.namespace, "name": self.name(name)}

    def _other_names(self, table: str) -> Iterator[dict[str, str]]:
        root, _, last = self.path.rpartition("/")
        if last.startswith(REPORTER_KEY):
            house = f"{self.namespace}/{root.lstrip('/')}".rstrip("/")
            name = f"trade_{last.removeprefix(REPORTER_KEY).lower()}.{table}"
            yield {"namespace": house, "name": name, "type": "TABLE"}
        # A bucket has no links: the files of a state are listed in its manifest.
        if self.namespace.startswith("file:"):
            yield {**self.dataset(f"current/{table}"), "type": "LOCATION"}


def place_of(address: Path | S3Url) -> Place:
    """Return where the datasets of a store with this address lie; a folder is on this host."""
    if isinstance(address, S3Url):
        return Place(f"s3://{address.bucket}", address.prefix)
    return Place(f"file://{socket.gethostname()}", Path(os.path.abspath(address)).as_posix())


def producer() -> str:
    """Who makes the events: this code has no public address, so a package URL names it."""
    return f"pkg:generic/tidewaiter@{versions()['tidewaiter']}"


def _facet(of: str, /, **content: Any) -> Facets:
    version, schema = FACETS[of]
    url = f"{SPEC_ADDRESS}/facets/{version}/{schema}.json#/$defs/{schema}"
    return {of: {"_producer": producer(), "_schemaURL": url, **content}}


def events(run: Run, release_id: str, place: Place) -> list[Event]:
    """START and COMPLETE or FAIL of the release and, between them, of each step; nothing for a run without steps.

    `place` is that of the store of the run. A release without an outcome has failed. A frame that does not fit its
    schema is not an output, but an input of the FAIL event with a failed assertion.
    """
    if not run.records:
        return []
    release = {"run": {"runId": str(run.run_id)}, "job": {"namespace": NAMESPACE, "name": RELEASE_JOB}}
    parent = _facet("parent", **release, root=release)
    of_steps: list[Event] = []
    for record, given, results in _things(run.records):
        tags = {"release_id": release_id, "code_sha256": record.code_sha256, "prefect_task_run_id": record.task_run_id}
        inputs = [_input(thing, place) for thing in given]
        at_end = inputs + [_input(thing, place) for thing in results if not thing.holds]
        outputs = [_output(thing, given, place) for thing in results if thing.holds]
        of_steps += _start_and_end(record, "STEP", tags, parent, inputs, at_end, outputs)
    error = None if run.outcome else run.records[-1].error or "the run ended without an outcome"
    begin, end = min(record.started for record in run.records), max(record.ended for record in run.records)
    whole = replace(run.records[-1], step=RELEASE_JOB, run_id=run.run_id, started=begin, ended=end, error=error)
    tags = {"release_id": release_id, "prefect_flow_run_id": run.flow_run_id}
    first, final = _start_and_end(whole, "RELEASE", tags, {})
    return [first, *of_steps, final]


def _start_and_end(
    record: StepRecord,
    kind: str,
    tags: dict[str, str | None],
    facets: Facets,
    given: Sequence[Event] = (),
    at_end: Sequence[Event] = (),
    results: Sequence[Event] = (),
) -> tuple[Event, Event]:
    fields = [{"key": key, "value": tag, "source": INTEGRATION} for key, tag in tags.items() if tag]
    engine = {"version": versions()["polars"], "name": "polars", "openlineageAdapterVersion": versions()["tidewaiter"]}
    facets = facets | _facet("processing_engine", **engine) | _facet("tags", tags=fields)
    job_type = _facet("jobType", processingType="BATCH", integration=INTEGRATION, jobType=kind)
    event = {
        "producer": producer(),
        "schemaURL": f"{SPEC_ADDRESS}/{EVENT_VERSION}/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": str(record.run_id), "facets": facets},
        "job": {"namespace": NAMESPACE, "name": record.step, "facets": job_type},
    }
    begin = {"eventTime": record.started.isoformat(), "eventType": "START", "inputs": [*given], "outputs": []}
    end: Event = {
        "eventTime": record.ended.isoformat(),
        "eventType": "COMPLETE",
        "inputs": [*at_end],
        "outputs": [*results],
    }
    if record.error is not None:
        message = _facet("errorMessage", message=record.error, programmingLanguage="PYTHON")
        end |= {"eventType": "FAIL", "run": {"runId": str(record.run_id), "facets": facets | message}}
    return event | begin, event | end


def _things(records: Sequence[StepRecord]) -> Iterator[tuple[StepRecord, list[_Thing], list[_Thing]]]:
    """Each record with the inputs and outputs of its step; of a failed step only those that do not fit their schema.

    An input is identified by its hash: it is the earlier output with the same bytes. Where several outputs have these
    bytes, an argument that is one thing is the step's only result, and a part of one is identified by its name.
    """
    known: dict[str, dict[str, _Thing]] = {}
    for record in records:
        given: dict[_Thing, None] = {}
        for name, sha256 in record.inputs.items():
            same, (whole, _, part) = known.get(sha256, {}), name.rpartition(".")
            thing = same.get(name if whole else "") or same.get(part) or next(reversed(same.values()), None)
            thing = thing or _Thing(name, sha256, None)
            given[replace(thing, rows=record.rows_in.get(name))] = None
        results: dict[str, _Thing] = {}
        for name in record.outputs if record.error is None else _misfits(record):
            table, holds = record.tables.get(name), record.error is None
            dataset = PREFIXES.get(record.step, "") + (table if table and name == record.step else name)
            results[name] = _Thing(dataset, record.outputs.get(name), record.rows_out.get(name), table, holds)
        yield record, list(given), list(results.values())
        for name, thing in results.items() if record.error is None else ():
            known.setdefault(record.outputs[name], {})["" if name == record.step else thing.dataset] = thing


def _misfits(record: StepRecord) -> list[str]:
    """Frames of a schema error: those it names, or all declared ones where it names none."""
    error = record.error or ""
    # pandera names the class of the model.
    models = {name: table.replace("_", "") for name, table in record.tables.items()}
    named = [name for name, model in models.items() if f'"schema": "{model}"' in error.lower()]
    return (named or list(models)) if error.startswith("SchemaError") else []


def _facets(thing: _Thing, place: Place) -> Facets:
    version = _facet("version", datasetVersion=thing.sha256) if thing.sha256 else {}
    return place.facets(thing.dataset) | version


def _input(thing: _Thing, place: Place) -> Event:
    facets: Facets = {}
    if thing.rows is not None:
        facets |= _facet("inputStatistics", rowCount=thing.rows)
    if thing.table is not None:
        assertion = {"assertion": f"schema {thing.table}", "success": thing.holds, "severity": "error"}
        facets |= _facet("dataQualityAssertions", assertions=[assertion])
    return {**place.dataset(thing.dataset), "facets": _facets(thing, place), "inputFacets": facets}


def _output(thing: _Thing, given: Sequence[_Thing], place: Place) -> Event:
    facets = _facets(thing, place)
    statistics = {} if thing.rows is None else _facet("outputStatistics", rowCount=thing.rows)
    if thing.table is not None:
        types = readers_schema(thing.table)
        shown = [
            {"name": name, "type": str(types[name]), "description": column.description}
            for name, column in columns(thing.table).items()
        ]
        facets |= _facet("schema", fields=shown)
    at_hand = {one.dataset for one in given}
    origins: dict[str, dict[str, list[dict[str, str]]]] = {}
    for dataset, declared in COLUMNS.get(thing.dataset, {}).items():
        for column, sources in declared.items() if dataset in at_hand else ():
            fields = [{**place.dataset(dataset), "field": source} for source in sources]
            origins.setdefault(column, {"inputFields": []})["inputFields"].extend(fields)
    if origins:
        facets |= _facet("columnLineage", fields=origins)
    return {**place.dataset(thing.dataset), "facets": facets, "outputFacets": statistics}
