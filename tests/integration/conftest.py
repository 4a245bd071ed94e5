"""One server and one worker for all tests of a session, and the runs at which several of them look; one S3 server for
those of a file: each start costs seconds of a processor, and so does each run."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, distinct_records, in_month, magnets
from receivers import Received, both, mail_server, webhook
from s3_bucket import SAMPLE, Customs, serving
from services import DECLARED, LATE, Services
from small_disk import mount

from flows import notify
from schemas.forms.request import ReleaseRequest
from schemas.store_address import S3Url
from tasks.store.bucket import s3 as requests
from tasks.store.files.snapshot import current_id
from tests.left_out import all_trusted, nothing_watched

ROOT = Path(__file__).parent.parent.parent
JUNE = CLEAN_RECORDS[:6]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A title that would call everybody, if Slack were not told otherwise.
TITLE = "june <!channel>.csv"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    (file,) = folder.glob("*.whl")
    return zipfile.Path(file)


@pytest.fixture(scope="session")
def receivers() -> Iterator[tuple[Received, Received]]:
    """Where the messages of the services go."""
    with webhook() as posts, mail_server() as mails:
        yield posts, mails


@pytest.fixture(scope="session")
def services(wheel: zipfile.Path, receivers: tuple[Received, Received]) -> Iterator[Services]:
    """Server, worker and deployments of the tests' own, in a folder into which every user of the machine can look."""
    folder = Path(tempfile.mkdtemp(prefix="tidewaiter-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    folder.chmod(0o755)
    posts, mails = receivers
    addresses = {
        notify.SLACK_WEBHOOK: f"http://127.0.0.1:{posts.port}/services/T0/B0/secret",
        notify.MAIL_TO: "desk@example.org",
        notify.SMTP: f"smtp://127.0.0.1:{mails.port}",
        # The runs are of magnets, and what is watched has tests of its own.
        **nothing_watched(folder),
        **all_trusted(),
    }
    before = os.umask(0o022)
    (folder / "home").mkdir()
    wheel.root.extractall(folder / "site-packages")
    built = Services(folder / "home", folder / "site-packages", addresses)
    os.umask(before)
    yield built
    built.close()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def june(services: Services, receivers: tuple[Received, Received]) -> dict[str, Any]:
    """The run that published June 2025, dropped into the inbox; as `watch` the run that took it, as `messages` what was
    sent about it."""
    services.drop(TITLE, csv_bytes(JUNE), "2025-07-20")
    watch = services.ended(services.watch())
    (run,) = [entry for entry in services.runs("release") if entry["name"].endswith(TITLE)]
    messages = both(
        services, receivers, "Published: June 2025: China's exports of Permanent magnets of rare earths (85051110)"
    )
    return {**run, "watch": watch, "messages": messages}


@pytest.fixture(scope="session")
def held(services: Services, receivers: tuple[Received, Received], june: dict[str, Any]) -> dict[str, Any]:
    """The run that held June, dropped again without most of its partners; as `watch` the run that took it, as `asked`
    the one that asks a person, as `messages` what was sent about it."""
    before, others = current_id(services.store), {run["id"] for run in services.runs("decide")}
    services.drop("june again.csv", csv_bytes(JUNE[:1]), "2025-07-21")
    watch = services.ended(services.watch())
    (run,) = [entry for entry in services.runs("release") if entry["name"].endswith("june again.csv")]
    services.wait(lambda: {run["id"] for run in services.runs("decide")} - others, "the deployment that asks")
    (question,) = {run["id"] for run in services.runs("decide")} - others
    asked = services.paused(question)
    assert current_id(services.store) == before
    messages = both(services, receivers, "Held for approval: june again.csv")
    return {**run, "watch": watch, "asked": asked, "messages": messages}


@pytest.fixture(scope="session")
def waiting(services: Services, june: dict[str, Any]) -> dict[str, Any]:
    """A run on demand that waits for an answer, about June cut off at ten thousand records."""
    file = services.folder / "ten thousand.csv"
    file.write_bytes(csv_bytes(distinct_records(10_000)))
    request = {"file": str(file), **DECLARED, "released_on": "2025-07-22"}
    return services.paused(services.start("release/release", {"request": request, "wait_for_approval": True}))


@pytest.fixture(scope="session")
def late(services: Services, waiting: dict[str, Any]) -> dict[str, Any]:
    """The run of 23 March in Beijing that published January 2025 and its revision, and missed February."""
    again = [magnets("502", "352000", "20,064,000"), *JUNE[1:]]
    for name, rows, day in (("january.csv", JUNE, "2025-03-18"), ("january again.csv", again, "2025-03-19")):
        services.drop(name, csv_bytes(in_month("202501", rows)), day)
    return services.ended(services.start("watch/watch", {"request": LATE}, "2025-03-22T16:30:00Z"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser, of the file's own."""
    if not (chromium := shutil.which("chromium")):
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


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


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes, which is full soon."""
    if not shutil.which("mount"):
        pytest.skip("there is no mount here")
    (tmp_path / "disk").mkdir()
    mount(tmp_path / "disk", 2_000)
    yield tmp_path / "disk"
    subprocess.run(["umount", "--lazy", str(tmp_path / "disk")], check=True)
