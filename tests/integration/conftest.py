"""One server, one worker and one browser for all tests of a session, one S3 server for those of a file: each start costs seconds."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from s3_bucket import SAMPLE, Customs, serving
from services import Services

from schemas.forms.request import ReleaseRequest
from schemas.store_address import S3Url
from tasks.store import s3 as requests


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Server, worker and deployments of the tests' own, in a folder into which every user of the machine can look."""
    folder = Path(tempfile.mkdtemp(prefix="tidewaiter-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    folder.chmod(0o755)
    before = os.umask(0o022)
    built = Services(folder)
    os.umask(before)
    yield built
    built.close()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """Where pictures of the UI are left for a person to look at, if $TIDEWAITER_SCREENSHOTS says so."""
    folder = os.environ.get("TIDEWAITER_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder) if folder else None


@pytest.fixture(scope="module")
def bucket_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customs]:
    """An S3 server of this file's own, so that files can run side by side."""
    with serving(tmp_path_factory.mktemp("machine")) as customs:
        yield customs


@pytest.fixture
def customs(bucket_server: Customs) -> Customs:
    """The bucket, without a fault that an earlier test asked for."""
    bucket_server.faults()
    return bucket_server


@pytest.fixture
def other_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From here on the code runs on a machine that has never seen any store."""
    monkeypatch.setenv("TIDEWAITER_CACHE", str(tmp_path / "other machine"))
    return tmp_path / "other machine"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little patience, so that an outage is given up soon; not so little that a busy machine looks like one."""
    monkeypatch.setattr(requests, "RETRIES", 1)
    monkeypatch.setattr(requests, "PAUSES_SECONDS", (0.01, 0.02))


@pytest.fixture(scope="module")
def sample(bucket_server: Customs, tmp_path_factory: pytest.TempPathFactory) -> tuple[S3Url, Path]:
    """The sample, in a bucket and in a folder."""
    from flows.release import release

    url, folder = bucket_server.store(), tmp_path_factory.mktemp("local") / "reporter=CHN"
    for store in (url, folder):
        assert release.fn(ReleaseRequest(file=SAMPLE, store=store), date(2026, 9, 1)).status == "published"
    return url, folder
