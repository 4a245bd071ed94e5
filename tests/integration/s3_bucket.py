"""The bucket `customs` of a server of the tests' own, which is moto's behind `s3_server.py`, and what tests do with
it."""

import hashlib
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks import servers
from schemas.forms.request import ReleaseRequest
from schemas.store_address import S3Url

HERE = Path(__file__).parent
WRITER = str(HERE / "s3_writer.py")
SAMPLE = HERE.parent.parent / "flows" / "examples" / "published_figures.csv"
SECRET, KEY_NAME = "a-secret-that-must-not-be-seen", "AKIDNOTTOBESEEN"
START_SECONDS_MAX = 240
TODAY = date(2025, 8, 1)


class Customs:
    """The bucket `customs` of a server of our own."""

    def __init__(self, address: str) -> None:
        self.address, self.used = address, 0
        # moto asks for a credential and looks at none.
        self.http = httpx.Client(
            base_url=address,
            headers={"Authorization": "AWS4-HMAC-SHA256 Credential=reader/20260101/us-east-1/s3/aws4_request"},
            timeout=30,
        )

    def store(self) -> S3Url:
        """A new, empty store."""
        self.used += 1
        return S3Url(f"s3://customs/tests/{self.used}/reporter=CHN")

    def faults(self, *rules: dict[str, Any]) -> None:
        assert self.http.post("/_faults", json=rules).is_success

    def log(self) -> list[str]:
        """What was asked since the last time."""
        told: list[str] = self.http.get("/_log").json()
        return [line.replace("/customs/tests/", "") for line in told]

    def wait(self, *wanted: str) -> None:
        """Until such requests were made."""
        deadline = time.monotonic() + START_SECONDS_MAX
        seen: list[str] = []
        while not all(any(re.search(what, line) for line in seen) for what in wanted):
            assert time.monotonic() < deadline, f"no {wanted} among {seen}"
            seen += self.log()
            time.sleep(0.05)

    def keys(self, url: S3Url) -> list[str]:
        found = self.http.get(f"/{url.bucket}", params={"list-type": 2, "prefix": f"{url.prefix}/"}).text
        assert "<IsTruncated>false" in found
        return [key.removeprefix(f"{url.prefix}/") for key in re.findall("<Key>(.*?)</Key>", found)]

    def get(self, url: S3Url, key: str) -> bytes:
        answer = self.http.get(f"/{url.bucket}/{url.prefix}/{key}")
        assert answer.is_success, key
        return answer.content

    def put(self, url: S3Url, key: str, data: bytes) -> None:
        assert self.http.put(f"/{url.bucket}/{url.prefix}/{key}", content=data).is_success

    def delete(self, url: S3Url, key: str) -> None:
        assert self.http.delete(f"/{url.bucket}/{url.prefix}/{key}").is_success

    def current(self, url: S3Url) -> tuple[str | None, list[int]]:
        """What a reader gets: the current snapshot and its numbers, after every byte of it was proved."""
        if "current.json" not in self.keys(url):
            return None, []
        pointer = json.loads(self.get(url, "current.json"))
        text = self.get(url, pointer["manifest"])
        assert pointer["snapshot"].partition("-")[2] == hashlib.sha256(text).hexdigest()[:12]
        manifest = json.loads(text)
        for entry in manifest["files"]:
            assert hashlib.sha256(self.get(url, f".files/{entry['path']}")).hexdigest() == entry["sha256"]
        return pointer["snapshot"], manifest["about"].get("numbers", [])


@contextmanager
def serving(machine: Path) -> Iterator[Customs]:
    """The server while it runs; inside, the environment is that of a machine which uses it and keeps its copies in
    `machine`."""
    settings = {"AWS_ACCESS_KEY_ID": KEY_NAME, "AWS_SECRET_ACCESS_KEY": SECRET, "TIDEWAITER_CACHE": str(machine)}
    with servers.serving(machine) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in {**settings, "PYTHONPATH": str(HERE.parent.parent)}.items():
            patch.setenv(name, value)
        httpx.put(f"{server.address}/customs", timeout=30).raise_for_status()
        customs = Customs(server.address)
        yield customs
        customs.http.close()


def ingest(store: S3Url | Path, folder: Path, name: str, data: bytes, day: int) -> Any:
    """Ingest a query download of a day of July 2025."""
    from flows.release import release  # not for tests that use no bucket

    (folder / name).write_bytes(data)
    request = ReleaseRequest(
        file=folder / name,
        store=store,
        source="gacc_query",
        flow="export",
        partners="all",
        released_on=date(2025, 7, day),
    )
    return release.fn(request, TODAY)
