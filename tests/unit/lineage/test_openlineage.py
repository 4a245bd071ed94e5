"""What a run says to others: the events are valid, repeat the record, and leave without holding anything up."""

import functools
import json
import logging
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandera.errors
import pytest
from openlineage.client import event_v2, facet_v2
from openlineage.client.serde import Serde

from schemas.forms.outcome import Outcome
from schemas.store_address import S3Url
from schemas.table import empty_frame, polars_schema
from schemas.tables.catalog import MODELS
from tasks.catalogs.register import namespace_of
from tasks.lineage.emit import PATIENCE_S, emit, emit_elsewhere
from tasks.lineage.openlineage import COLUMNS, EVENT_VERSION, FACETS, SPEC_ADDRESS, Event, Place, events, place_of
from tasks.lineage.records import Run, StepRecord
from tests.conftest import SHARED_DATA
from tests.replay.server import Replay, Reply
from tests.unit.builders import outcome

SPEC = SHARED_DATA / "openlineage_spec"
BEGIN = datetime(2025, 7, 20, 9, 0, tzinfo=UTC)


def sha(letter: str) -> str:
    return letter * 64


def step(name: str, second: int = 0, **facts: Any) -> StepRecord:
    started = BEGIN + timedelta(seconds=second)
    given: dict[str, Any] = {key: {} for key in ("inputs", "outputs", "rows_in", "rows_out", "parameters", "tables")}
    given |= facts | {"started": started, "ended": started + timedelta(milliseconds=1500), "run_id": uuid4()}
    return StepRecord(name, sha("c"), sha("d"), **given)


NORMALISE = step(
    "normalise", inputs={"landed": sha("0"), "parsed.reported": sha("1")}, rows_in={"parsed.reported": 12},
    outputs={"detail": sha("2"), "quarantine": sha("3")}, rows_out={"detail": 30, "quarantine": 2},
    tables={"detail": "detail", "quarantine": "quarantine"}, task_run_id="task-1",
)  # fmt: skip
MERGE = step(
    "merge", 2, inputs={"release.detail": sha("2"), "known.detail": sha("4")},
    rows_in={"release.detail": 30, "known.detail": 7}, outputs={"touched": sha("5")},
    rows_out={"touched": 37}, tables={"touched": "observation"},
)  # fmt: skip
WIDEN = step(
    "widen",
    4,
    inputs={"ledger_after.touched": sha("5")},
    rows_in={"ledger_after.touched": 37},
    outputs={"widen": sha("6")},
    rows_out={"widen": 5},
    tables={"widen": "trade_flow"},
)


def schema_error(table: str) -> str:
    """As `step` records it."""
    frame = empty_frame(table)
    with pytest.raises(pandera.errors.SchemaErrors) as raised:
        MODELS[table].validate(frame.rename({frame.columns[0]: "other"}), lazy=True)
    return f"SchemaErrors: {raised.value}"


def as_json(sent: list[Any]) -> list[Event]:
    return [json.loads(Serde.to_json(event)) for event in sent]


CHINA = Place("file://hall", "/srv/store/reporter=CHN")


def of_query(run: Run, place: Place = CHINA) -> list[Any]:
    return events(run, "query-1", place)


def told(run: Run, place: Place = CHINA) -> list[Event]:
    return as_json(of_query(run, place))


def short(name: str) -> str:
    """The name of a dataset in its store."""
    assert name.startswith(f"{CHINA.path}/")
    return name.removeprefix(f"{CHINA.path}/")


@pytest.fixture
def failing() -> Run:
    """Two steps, the second of which makes a ledger that does not fit its schema."""
    return Run(flow_run_id="flow-1", records=[NORMALISE, replace(MERGE, error=schema_error("observation"))])


@pytest.fixture
def whole() -> Run:
    return Run(records=[NORMALISE, MERGE, WIDEN], outcome=outcome())


@functools.cache
def official() -> tuple[Any, dict[str, Any]]:
    """The official schemas by id, and the schema of a whole facet file by the name of the facet's type."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the official OpenLineage schemas are not at {SPEC}")
    from referencing import Registry, Resource

    contents = [
        json.loads(path.read_text()) for path in (SPEC / "OpenLineage.json", *sorted((SPEC / "facets").glob("*.json")))
    ]
    registry: Any = Registry().with_resources((content["$id"], Resource.from_contents(content)) for content in contents)
    return registry, {content["$id"]: content for content in contents}


def faults(event: Event) -> list[str]:
    """What the official schemas find wrong with an event and its facets, by a facet's name and by its address."""
    from jsonschema import Draft202012Validator, FormatChecker

    registry, schemas = official()

    def check(schema: Any, value: object) -> list[str]:
        found = Draft202012Validator(schema, registry=registry, format_checker=FormatChecker()).iter_errors(value)
        return [f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in found]

    found = check({"$ref": event["schemaURL"]}, event)
    for name, facet in facets(event):
        url = facet["_schemaURL"]
        found += check({"$ref": url}, facet) + check(schemas[url.partition("#")[0]], {name: facet})
        if name not in schemas[url.partition("#")[0]]["properties"]:
            found.append(f"{name} is not the name of the facet {url}")
    return found


def facets(event: Event) -> list[tuple[str, Event]]:
    holders = [event["run"]["facets"], event["job"]["facets"]]
    for dataset in event["inputs"] + event["outputs"]:
        holders += [dataset[kind] for kind in ("facets", "inputFacets", "outputFacets") if kind in dataset]
    return [pair for holder in holders for pair in holder.items()]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "more"), [("whole", "columnLineage"), ("failing", "errorMessage")])
def test_every_event_and_facet_is_valid(name: str, more: str, request: pytest.FixtureRequest) -> None:
    found = told(request.getfixturevalue(name))
    assert [fault for event in found for fault in faults(event)] == []
    expected = {
        "parent",
        "processing_engine",
        "tags",
        "jobType",
        "version",
        "schema",
        "inputStatistics",
        "outputStatistics",
        "dataSource",
        "symlinks",
    }
    assert {facet for event in found for facet, _ in facets(event)} >= expected | {"dataQualityAssertions", more}


def test_schemas_are_those_of_the_installed_package() -> None:
    modules = [module for module in vars(facet_v2).values() if getattr(module, "__name__", "").startswith("openl")]
    models = {name: model for module in modules for name, model in vars(module).items() if isinstance(model, type)}
    assert len(models) > len(FACETS)
    for version, schema in FACETS.values():
        assert models[schema]._get_schema() == f"{SPEC_ADDRESS}/facets/{version}/{schema}.json#/$defs/{schema}"
    assert event_v2.RunEvent._get_schema() == f"{SPEC_ADDRESS}/{EVENT_VERSION}/OpenLineage.json#/$defs/RunEvent"


def test_a_run_is_told_as_a_pair_of_events_for_the_release_around_a_pair_for_each_step(
    failing: Run, whole: Run
) -> None:
    assert [(event["job"]["name"], event["eventType"]) for event in told(failing)] == [
        ("release", "START"), ("normalise", "START"), ("normalise", "COMPLETE"), ("merge", "START"), ("merge", "FAIL"),
        ("release", "FAIL"),
    ]  # fmt: skip
    assert of_query(Run()) == []
    # A step that was tried twice does not make the run fail, and one without an outcome has failed.
    first = replace(NORMALISE, error="OSError: disk", outputs={}, run_id=uuid4())
    twice = told(replace(whole, records=[first, *whole.records]))
    assert [event["eventType"] for event in twice] == ["START", "START", "FAIL", *["START", "COMPLETE"] * 3, "COMPLETE"]
    last = told(replace(whole, outcome=None))[-1]
    assert (last["eventType"], last["run"]["facets"]["errorMessage"]["message"]) == (
        "FAIL",
        "the run ended without an outcome",
    )


def test_ids_times_and_parents_are_those_of_the_record(failing: Run) -> None:
    release, *steps, end = told(failing)
    me = str(failing.run_id)
    assert release["run"]["runId"] == end["run"]["runId"] == me
    assert "parent" not in release["run"]["facets"]
    assert (release["eventTime"], end["eventTime"]) == (BEGIN.isoformat(), failing.records[1].ended.isoformat())
    for record, pair in zip(failing.records, (steps[:2], steps[2:]), strict=True):
        assert [event["eventTime"] for event in pair] == [record.started.isoformat(), record.ended.isoformat()]
        for event in pair:
            parent = event["run"]["facets"]["parent"]
            assert (event["run"]["runId"], event["job"]["namespace"]) == (str(record.run_id), "tidewaiter")
            for one in (parent, parent["root"]):
                assert (one["run"]["runId"], one["job"]["name"]) == (me, "release")
    assert [
        {tag["key"]: tag["value"] for tag in event["run"]["facets"]["tags"]["tags"]} for event in (release, steps[0])
    ] == [
        {"release_id": "query-1", "prefect_flow_run_id": "flow-1"},
        {"release_id": "query-1", "code_sha256": sha("c"), "prefect_task_run_id": "task-1"},
    ]


def test_rows_and_hashes_are_those_of_the_record(whole: Run) -> None:
    ended = [event for event in told(whole) if event["eventType"] == "COMPLETE"][:-1]
    for record, event in zip(whole.records, ended, strict=True):
        rows_in = [one["inputFacets"]["inputStatistics"]["rowCount"] for one in event["inputs"] if one["inputFacets"]]
        rows_out = [one["outputFacets"]["outputStatistics"]["rowCount"] for one in event["outputs"]]
        assert (rows_in, rows_out) == ([*record.rows_in.values()], [*record.rows_out.values()])
        for side, hashes in (("inputs", record.inputs), ("outputs", record.outputs)):
            assert [one["facets"]["version"]["datasetVersion"] for one in event[side]] == [*hashes.values()]


READ = step(
    "normalise",
    outputs={"findings": sha("7"), "release": sha("8")},
    tables={"findings": "finding", "release": "release"},
)
CHECK = step("check", outputs={"check": sha("7")}, tables={"check": "finding"})
RELEASES = step("merge", outputs={"releases": sha("8")}, tables={"releases": "release"})
PUBLISH = step(
    "publish",
    inputs={"release.findings": sha("7"), "findings": sha("7"), "release": sha("8"), "ledger_after.releases": sha("8")},
)
KNOWN = step("open_known", outputs={"detail": sha("4")}, rows_out={"detail": 7}, tables={"detail": "detail"})
UNMADE = replace(NORMALISE, error=schema_error("quarantine"), outputs={})


@pytest.mark.parametrize(
    ("records", "given", "made"),
    [
        ([NORMALISE], ["landed", "parsed.reported"], ["detail", "quarantine"]),
        ([NORMALISE, MERGE], ["detail", "known.detail"], ["touched"]),
        ([NORMALISE, MERGE, WIDEN], ["touched"], ["trade_flow"]),
        # What was published before is not taken for what the release makes.
        ([KNOWN, NORMALISE, MERGE], ["detail", "known.detail"], ["touched"]),
        # Of things with the same bytes a step was given the one that it names.
        ([READ, CHECK, RELEASES, PUBLISH], ["findings", "finding", "release", "releases"], []),
        # A schema error speaks only of the table that it names, another error of none; what did not fit is not known to
        # later steps.
        ([UNMADE], ["landed", "parsed.reported", "quarantine"], []),
        ([replace(NORMALISE, error="Refused: not a table", outputs={})], ["landed", "parsed.reported"], []),
        ([replace(MERGE, error=schema_error("observation")), UNMADE, WIDEN], ["ledger_after.touched"], ["trade_flow"]),
    ],
)
def test_one_thing_has_one_name_from_step_to_step(records: list[StepRecord], given: list[str], made: list[str]) -> None:
    ended = told(Run(records=records))[-2]
    names = ([short(one["name"]) for one in ended[side]] for side in ("inputs", "outputs"))
    assert (*names,) == (given, made)


AMERICA = Place("s3://customs", "store/reporter=USA")


def sources_of(run: Run, place: Place) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """What a receiving catalogue draws: for each dataset made all datasets that it is made from, by way of others."""
    made_from: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for event in told(run, place):
        given, made = (
            {(one["namespace"], one["name"]) for one in event.get(side, [])} for side in ("inputs", "outputs")
        )
        for one in made:
            made_from.setdefault(one, set()).update(given, *(made_from.get(other, ()) for other in given))
        for columns in (
            one["facets"].get("columnLineage", {"fields": {}})["fields"] for one in event.get("outputs", [])
        ):
            named = {(one["namespace"], one["name"]) for field in columns.values() for one in field["inputFields"]}
            assert named <= given
    return made_from


def test_the_same_tables_of_two_reporters_are_different_datasets_that_do_not_meet(whole: Run) -> None:
    china, america = sources_of(whole, CHINA), sources_of(whole, AMERICA)
    wide = ("file://hall", "/srv/store/reporter=CHN/trade_flow")
    assert ("file://hall", "/srv/store/reporter=CHN/detail") in china[wide]
    assert ("s3://customs", "store/reporter=USA/detail") in america[("s3://customs", "store/reporter=USA/trade_flow")]
    everything = [{*graph}.union(*graph.values()) for graph in (china, america)]
    assert everything[0] & everything[1] == set()
    assert {event["job"]["namespace"] for place in (CHINA, AMERICA) for event in told(whole, place)} == {"tidewaiter"}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("address", "namespace", "name", "uri", "current", "house"),
    [
        (Path("/srv/über store/reporter=CHN"), f"file://{socket.gethostname()}",
            "/srv/über store/reporter=CHN/trade_flow",
            f"file://{socket.gethostname()}/srv/%C3%BCber%20store/reporter=CHN",
            "/srv/über store/reporter=CHN/current/trade_flow", f"file://{socket.gethostname()}/srv/über store"),
        (S3Url("s3://customs"), "s3://customs", "trade_flow", "s3://customs/", None, None),
        (S3Url("s3://customs/a/reporter=USA/"), "s3://customs", "a/reporter=USA/trade_flow",
            "s3://customs/a/reporter=USA", None, "s3://customs/a"),
        (S3Url("s3://customs/reporter=EU27"), "s3://customs", "reporter=EU27/trade_flow", "s3://customs/reporter=EU27",
            None, "s3://customs"),
    ],
)  # fmt: skip
def test_a_dataset_is_named_by_where_it_lies(
    address: Path | S3Url, namespace: str, name: str, uri: str, current: str | None, house: str | None, whole: Run
) -> None:
    found = told(whole, place_of(address))
    assert [fault for event in found for fault in faults(event)] == []
    (made,) = found[-2]["outputs"]
    assert (made["namespace"], made["name"]) == (namespace, name)
    source = made["facets"]["dataSource"]
    assert (source["name"], source["uri"]) == (namespace, uri)
    others = made["facets"].get("symlinks", {"identifiers": []})["identifiers"]
    links = {one["type"]: (one["namespace"], one["name"]) for one in others}
    assert links.get("LOCATION") == (None if current is None else (namespace, current))
    # A catalogue of Iceberg has the table by the same name; the folder of all stores is its warehouse.
    assert links.get("TABLE") == (None if house is None else (house, f"{namespace_of(address)}.trade_flow"))


def test_a_folder_has_one_name_however_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert place_of(Path("store/../store/reporter=CHN")) == place_of(tmp_path / "store" / "reporter=CHN")


def test_the_events_of_a_working_copy_name_the_bucket(
    whole: Run, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setattr("tasks.lineage.emit.address_of", lambda _: S3Url("s3://customs/store/reporter=CHN"))
    environment.setattr("tasks.lineage.emit.share_once", lambda *_: None)
    emit(whole, tmp_path)
    (written,) = tmp_path.glob("lineage/*")
    events_written = [json.loads(line) for line in written.read_text(encoding="utf-8").splitlines()]
    places = {one["namespace"] for event in events_written for one in event["inputs"] + event["outputs"]}
    assert places == {"s3://customs"}


def test_schema_and_column_lineage_stand_with_what_was_made(whole: Run) -> None:
    widened, merged = told(whole)[-2]["outputs"][0]["facets"], told(whole)[-4]["outputs"]
    fields = {field["name"]: field for field in widened["schema"]["fields"]}
    assert list(fields) == list(polars_schema("trade_flow"))
    assert (fields["quantity_kg"]["type"], fields["quantity_kg"]["description"]) == ("Float64", "mass")
    lineage = widened["columnLineage"]["fields"]["value_usd"]["inputFields"]
    assert {(one["namespace"], one["name"]) for one in lineage} == {(CHINA.namespace, f"{CHINA.path}/touched")}
    origins = merged[0]["facets"]["columnLineage"]["fields"]["value"]["inputFields"]
    assert [(short(one["name"]), one["field"]) for one in origins] == [("detail", "value"), ("known.detail", "value")]


def test_declared_columns_exist_and_no_column_is_forgotten() -> None:
    models = {"touched": "observation", "known.detail": "detail", "known.observation": "observation"}
    declaration = {"detail": {"source", "kind", "reporter", "release_id"}}
    for made, sources in COLUMNS.items():
        there = {*polars_schema(models.get(made, made))}
        for source, columns in sources.items():
            assert there - {*columns} == declaration.get(made, set()), (made, source)
            assert {*columns} <= there
            assert {name for names in columns.values() for name in names} <= {
                *polars_schema(models.get(source, source))
            }


def test_a_frame_that_fitted_its_schema_says_so_where_it_is_read_and_another_is_no_output(
    whole: Run, failing: Run
) -> None:
    def checked(event: Event) -> dict[str, tuple[str, bool]]:
        asserted = {short(one["name"]): one["inputFacets"].get("dataQualityAssertions") for one in event["inputs"]}
        first = {name: found["assertions"][0] for name, found in asserted.items() if found}
        return {name: (one["assertion"], one["success"]) for name, one in first.items()}

    # Nobody held what was known against a schema in this run.
    assert checked(told(whole)[4]) == {"detail": ("schema detail", True)}
    ended = told(failing)[-2]
    assert checked(ended) == {"detail": ("schema detail", True), "touched": ("schema observation", False)}
    assert (ended["outputs"], ended["run"]["facets"]["errorMessage"]["message"]) == ([], failing.records[1].error)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """Nothing configured, at the start and, since the client itself writes to the environment, at the end."""
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("OPENLINEAGE")}
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.chdir(tmp_path)
    yield monkeypatch
    monkeypatch.undo()
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        del os.environ[name]
    os.environ.update(before)


LAND = step("land", outputs={"land": sha("9")})
FAILED = replace(MERGE, error="OSError: disk")


@pytest.mark.parametrize(
    ("records", "ended", "names"),
    [
        ([NORMALISE], outcome(), ["000001-a.ndjson"]), ([NORMALISE], outcome(status="nothing new"), []),
        # A bad file that is dropped every day fills no folder.
        ([LAND, FAILED], None, [f"failed-{'9' * 12}-merge.ndjson"]), ([FAILED], None, []), ([LAND], None, []),
    ],
)  # fmt: skip
def test_the_events_of_a_run_are_written_once_unless_it_changed_nothing(
    records: list[StepRecord], ended: Outcome | None, names: list[str],
    environment: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    run = Run(records=records, outcome=ended)
    for _ in range(2):
        emit(run, tmp_path)
    assert [path.name for path in tmp_path.glob("lineage/*")] == names
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "lineage").touch()
    emit(run, tmp_path / "other")
    assert [record.getMessage()[:21] for record in caplog.records] == ["the lineage events of"] * len(names)


@pytest.fixture
def receiver() -> Iterator[Replay]:
    """Takes events on a free port of the loopback as a lineage server does."""
    replay = Replay()
    replay.route("/", Reply(status=201))
    yield replay
    replay.close()


def dead_url() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def transport(environment: pytest.MonkeyPatch, **config: Any) -> None:
    environment.setenv("OPENLINEAGE__TRANSPORT", json.dumps(config))


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def ours(received: list[Event]) -> list[Event]:
    """What was received without the tag that the client adds."""
    for event in received:
        tags = event["run"]["facets"]["tags"]
        tags["tags"] = [tag for tag in tags["tags"] if tag["source"] != "OPENLINEAGE_CLIENT"]
    return received


@pytest.mark.parametrize("way", ["url", "http", "file", "async_http"])
def test_a_configured_endpoint_receives_the_same_events(
    way: str,
    whole: Run,
    receiver: Replay,
    environment: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = f"transport:\n  type: http\n  url: {receiver.base}\n  endpoint: lineage\n"
    if way == "url":
        environment.setenv("OPENLINEAGE_URL", receiver.base)
    elif way == "file":
        (tmp_path / "openlineage.yml").write_text(config)
    else:
        transport(environment, type=way, url=receiver.base, endpoint="lineage")
    sent = of_query(whole)
    emit_elsewhere(sent)
    # An asynchronous client begins many requests at once.
    wanted, order = as_json(sent), (lambda event: json.dumps(event, sort_keys=True))
    received = ours([json.loads(asked.body) for asked in receiver.asked])
    assert sorted(received, key=order) == sorted(wanted, key=order)
    assert way == "async_http" or received == wanted
    assert {asked.path for asked in receiver.asked} == {"/api/v1/lineage" if way == "url" else "/lineage"}
    assert caplog.record_tuples == []


@pytest.mark.parametrize("disabled", [False, True])
def test_without_configuration_nothing_happens(
    disabled: bool,
    whole: Run,
    environment: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if disabled:
        environment.setenv("OPENLINEAGE_DISABLED", "true")
        environment.setenv("OPENLINEAGE_URL", dead_url())
    emit_elsewhere(of_query(whole))
    assert (warnings_of(caplog), capsys.readouterr()) == ([], ("", ""))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"url": "dead"}, "ConnectionError. Check OPENLINEAGE_URL"),
        ({"url": "refuses"}, "HTTPError, status 401. Check OPENLINEAGE_URL"),
        ({"type": "http", "url": "bob:a-password@nowhere"}, ""),
        ({"type": "no.such.Transport"}, ""),
        ({"type": "http"}, ""),
        ({"type": "http", "url": "nowhere"}, ""),
    ],
)
def test_what_cannot_be_sent_is_a_warning_at_once_without_the_secret_of_an_address(
    config: dict[str, str],
    said: str,
    whole: Run,
    receiver: Replay,
    environment: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A receiver may be named with a user and a password, or with a token in its query."""
    receiver.route("/", Reply(status=401))
    if "type" in config:
        transport(environment, **config)
    else:
        url = dead_url() if config["url"] == "dead" else receiver.base
        environment.setenv("OPENLINEAGE_URL", url.replace("http://", "http://bob:a-password@"))
        environment.setenv("OPENLINEAGE_ENDPOINT", "api/v1/lineage?token=a-token")
    begin = time.monotonic()
    emit_elsewhere(of_query(whole))
    assert time.monotonic() - begin < PATIENCE_S
    (line,) = [record.getMessage() for record in caplog.records if record.name == "tidewaiter.lineage_events"]
    assert line.startswith(f"sent 0 of 8 OpenLineage events: {said}")
    assert [secret for secret in ("a-password", "a-token") if secret in caplog.text] == []


def test_a_dead_endpoint_does_not_keep_events_from_another(
    whole: Run, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "copy.ndjson"
    dead = {"type": "http", "url": dead_url(), "retry": {"total": 0}}
    file = {"type": "file", "log_file_path": str(path), "append": True}
    environment.setenv("OPENLINEAGE__TRANSPORT", json.dumps({"type": "composite", "transports": [dead, file]}))
    sent, begin = of_query(whole), time.monotonic()
    emit_elsewhere(sent)
    assert time.monotonic() - begin < PATIENCE_S
    assert ours([json.loads(line) for line in path.read_text().splitlines()]) == as_json(sent)


@pytest.mark.parametrize("kind", ["http", "async_http"])
def test_an_endpoint_that_never_answers_is_given_up(
    kind: str, whole: Run, environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        transport(environment, type=kind, url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=60)
        begin = time.monotonic()
        emit_elsewhere(of_query(whole))
        assert time.monotonic() - begin < PATIENCE_S + 1
    assert warnings_of(caplog)  # async_http logs by itself
