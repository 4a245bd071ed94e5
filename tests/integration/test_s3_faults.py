"""Whatever fails between a machine and its bucket: the old or the new is there, whole, and no secret is anywhere."""

import json
import logging
import os
import time
from pathlib import Path
from typing import Any

import pytest
import s3_writer
from s3_bucket import KEY_NAME, SAMPLE, SECRET, Customs
from typer.testing import CliRunner

from flows.cli.app import app
from flows.release import release
from schemas.forms.request import ReleaseRequest
from schemas.store_address import S3Url, UnusableAddress
from tasks.domain.errors import BrokenStore, BucketError
from tasks.store.bucket import working_copy
from tasks.store.files.snapshot import current_id
from tests.draws import some

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

FAULTS: dict[str, dict[str, Any]] = {
    "an error": {"status": 500},
    "no time for it": {"status": 503},
    "a lost reply": {"lost": 500},
    "an outage": {"status": 503, "times": 0},
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_leaves_the_old_or_the_new(customs: Customs, fault: str) -> None:
    """At a third of them, other ones for other faults, and at each by `make search`."""
    url = customs.store()
    s3_writer.add(url, 1)
    customs.log()
    s3_writer.add(url, 2)
    requests_made = len(customs.log())
    assert requests_made > 7
    outcomes = set()
    for position in some(range(requests_made), [*FAULTS].index(fault)):
        url = customs.store()
        s3_writer.add(url, 1)
        old = customs.current(url)
        customs.faults({"match": ".", "skip": position, **FAULTS[fault]})
        try:
            s3_writer.add(url, 2)
            outcomes.add("published")
        except BucketError:
            outcomes.add("failed")
        customs.faults()
        after = customs.current(url)
        assert after == old or after[1] == [1, 2]
        s3_writer.add(url, 2)
        assert customs.current(url)[1] == [1, 2]
        customs.log()
        assert not s3_writer.add(url, 2).changed
        assert not [line for line in customs.log() if line.startswith("PUT")]
    assert outcomes == ({"failed"} if fault == "an outage" else {"published"})


def test_a_reply_that_comes_after_the_patience_is_over_changes_nothing(
    customs: Customs, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server does what it was asked, later: the request was made again meanwhile, and both must come to the same.
    monkeypatch.setenv("TIDEWAITER_S3_TIMEOUT_SECONDS", "2.5")
    for what in ("PUT .*/.files/", "PUT .*/current.json"):
        url = customs.store()
        s3_writer.add(url, 1)
        customs.faults({"match": what, "delay_seconds": 4})
        assert s3_writer.add(url, 2).changed
        assert customs.current(url)[1] == [1, 2]
        customs.faults()
        assert s3_writer.add(url, 3).changed
        time.sleep(2)
        assert customs.current(url)[1] == [1, 2, 3]


@pytest.mark.parametrize("condition", ["If-None-Match", "If-Match"])
def test_a_server_that_looks_at_no_condition_is_refused_before_anything_is_published(
    customs: Customs, condition: str
) -> None:
    url = customs.store()
    header = f"HTTP_{condition.upper().replace('-', '_')}"
    customs.faults({"match": "PUT", "times": 0, "unconditional": header})
    with pytest.raises(BucketError, match=f"does not honour {condition} on PUT.* Nothing was published"):
        s3_writer.add(url, 1)
    assert customs.current(url) == (None, [])
    customs.faults()
    s3_writer.add(url, 1)
    assert customs.current(url)[1] == [1]
    customs.log()
    s3_writer.add(url, 2)
    # It is asked once, and not at every publication.
    assert not [line for line in customs.log() if line.startswith("PUT") and line.endswith("412")]


@pytest.mark.parametrize(
    ("format", "says"),
    [
        (3, "format 3, and this version reads 2; .* tidewaiter upgrade COPY NEW"),
        (1, "format 1, and this version reads 2; .* tidewaiter upgrade COPY NEW"),
    ],
)
def test_a_pointer_of_another_version_is_refused_and_left_alone(customs: Customs, format: int, says: str) -> None:
    url = customs.store()
    s3_writer.add(url, 1)
    other = json.dumps({**json.loads(customs.get(url, "current.json")), "format": format}).encode()
    customs.put(url, "current.json", other)
    with pytest.raises(BrokenStore, match=says):
        s3_writer.add(url, 2)
    assert customs.get(url, "current.json") == other


def test_what_is_damaged_in_the_bucket_reaches_nobody(customs: Customs, other_machine: Path) -> None:
    url = customs.store()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEWAITER_CACHE", str(other_machine.with_name("first machine")))
        s3_writer.add(url, 1)
    key = next(key for key in customs.keys(url) if key.startswith(".files/_"))
    whole = customs.get(url, key)
    customs.put(url, key, whole[:-1])
    with pytest.raises(BrokenStore, match="other bytes than its manifest says"):
        working_copy.at_hand(url)
    customs.put(url, key, whole)
    assert current_id(working_copy.at_hand(url)) == customs.current(url)[0]
    customs.delete(url, "current.json")
    with pytest.raises(BrokenStore, match="emptied or lost"):
        s3_writer.add(url, 2)


@pytest.mark.usefixtures("hasty")
def test_no_secret_is_in_any_byte(
    customs: Customs, sample: tuple[S3Url, Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url, _ = sample
    told = [CliRunner().invoke(app, ["read", "metric", "--store", f"s3://{KEY_NAME}:{SECRET}@customs/a"]).output]
    assert "a user or a password in it" in " ".join(told[0].split())
    with pytest.raises(UnusableAddress, match="a user or a password in it") as refused:
        ReleaseRequest.model_validate({"file": "a.csv", "store": f"s3://{KEY_NAME}:{SECRET}@customs/a"})
    told.append(str(refused.value))
    # The server repeats in its error what it was sent.
    customs.faults({"match": ".", "times": 0, "status": 403})
    for command in (["read", "metric"], ["ingest", str(SAMPLE), "--no-prefect"]):
        done = CliRunner().invoke(app, [*command, "--store", url])
        assert done.exit_code != 0
        assert "<AWS_ACCESS_KEY_ID>" in done.output
        told.append(done.output)
    customs.faults()
    request = ReleaseRequest(file=SAMPLE, store=url)
    parameters = release.serialize_parameters({"request": request})
    assert parameters["request"]["store"] == str(url)
    assert release.validate_parameters({"request": parameters["request"]})["request"].store == url
    told.append(json.dumps(parameters))
    told.append(caplog.text)
    kept = [customs.get(url, key) for key in customs.keys(url)]
    kept += [path.read_bytes() for path in Path(os.environ["TIDEWAITER_CACHE"]).rglob("*") if path.is_file()]
    assert len(kept) > 300
    for name in (SECRET, KEY_NAME):
        assert name not in "".join(told)
        assert not [data for data in kept if name.encode() in data]
    assert request.model_json_schema()["properties"]["store"]["type"] == "string"
