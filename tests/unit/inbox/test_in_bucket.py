"""An inbox in a bucket: what is fetched, and what is only known to be there. The bucket is made up."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.forms.request import NOTHING
from schemas.store_address import S3Url
from tasks.domain.errors import Refused
from tasks.inbox import in_bucket
from tasks.inbox.in_bucket import fetched
from tasks.inbox.placing import reporter_of_file
from tasks.store.files.temporary import MARK

INBOX = S3Url("s3://customs/in/box")
PUT_ON = datetime(2025, 7, 20, tzinfo=UTC)
OBJECTS = {
    "CHN/defaults.toml": b'source = "gacc_query"\nflow = "export"\n',
    "CHN/june.csv": b"june",
    "CHN/june.csv.toml": b"released_on = 2025-07-20\n",
    "DEU/x.csv": b"of Germany",
    "DEU/x.csv.toml": b'source = "eurostat_comext"\nreporter = "DEU"\n',
    "undeclared.csv": b"whose?",
}


class Made:
    """A bucket that notes what is fetched."""

    def __init__(self, url: S3Url) -> None:
        self.url = url

    fetched: list[str]
    objects: dict[str, bytes]

    def list(self, folder: str) -> list[dict[str, Any]]:
        assert folder == ""
        return [{"path": key, "size": len(data), "last_modified": PUT_ON} for key, data in self.objects.items()]

    def get(self, key: str) -> tuple[bytes, str] | None:
        self.fetched.append(key)
        return (self.objects[key], "etag") if key in self.objects else None


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> type[Made]:
    Made.fetched, Made.objects = [], dict(OBJECTS)
    monkeypatch.setattr(in_bucket, "Bucket", Made)
    return Made


def test_a_folder_is_itself(tmp_path: Path) -> None:
    with fetched(tmp_path, lambda file: pytest.fail("nothing is to be fetched")) as folder:
        assert folder == tmp_path


def test_each_file_lies_under_its_name_with_its_time_and_is_gone_at_the_end(bucket: type[Made]) -> None:
    with fetched(INBOX, lambda file: True) as folder:
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        assert {name: path.read_bytes() for name, path in files.items()} == OBJECTS
        assert {path.stat().st_mtime for name, path in files.items() if not name.endswith(".toml")} == {
            PUT_ON.timestamp()
        }
        # The names of the address count as folders do: `<source>/<flow>/file`.
        assert folder.parts[-3:] == ("customs", "in", "box")
    assert not folder.exists()


def test_a_machine_fetches_what_is_declared_and_the_files_that_it_needs(bucket: type[Made]) -> None:
    """China's files are for this machine; of one that declares nothing only its content could say whose it is."""

    def is_of_china(file: Path) -> bool:
        assert file.stat().st_size == 0
        return reporter_of_file(file, Path("store"), NOTHING) in ("CHN", None)

    with fetched(INBOX, is_of_china) as folder:
        sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*.csv")}
    declarations = [key for key in OBJECTS if key.endswith(".toml")]
    assert sorted(bucket.fetched) == sorted([*declarations, "CHN/june.csv", "undeclared.csv"])
    assert sizes == {key: len(OBJECTS[key]) for key in sizes}
    assert len(sizes) == 3


def test_a_mark_of_a_folder_is_no_file(bucket: type[Made]) -> None:
    """Consoles make an empty object of the name of a folder."""
    bucket.objects = {"DEU": b"", "DEU/more": b"", **OBJECTS, "empty.csv": b""}
    with fetched(INBOX, lambda file: True) as folder:
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {*OBJECTS, "DEU/more", "empty.csv"}


@pytest.mark.parametrize("key", ["../x.csv", "CHN/../../x.csv", "/x.csv", "CHN//x.csv"])
def test_a_name_that_leads_elsewhere_is_refused(bucket: type[Made], key: str) -> None:
    bucket.objects = {key: b"x"}
    refused = pytest.raises(Refused, match="the name of the object is no path of a file")
    with refused, fetched(INBOX, lambda file: True):
        pass


def test_what_a_killed_run_has_left_is_deleted(bucket: type[Made], tmp_path: Path) -> None:
    abandoned = tmp_path / "tidewaiter-inbox-of-a-killed-run"
    abandoned.mkdir()
    (abandoned / MARK).touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path))
        with fetched(INBOX, lambda file: True):
            assert not abandoned.exists()
    assert [*tmp_path.iterdir()] == []


def test_an_address_without_objects_and_an_object_that_goes_are_refused(bucket: type[Made]) -> None:
    bucket.objects = {}
    with pytest.raises(Refused, match="no object lies below this address"), fetched(INBOX, lambda file: True):
        pass
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bucket, "list", lambda self, folder: [{"path": "gone.csv", "size": 1, "last_modified": PUT_ON}])
        gone = pytest.raises(Refused, match=r"s3://customs/in/box/gone.csv: it was listed, and is gone")
        with gone, fetched(INBOX, lambda file: True):
            pass
