"""What a process has fetched is fetched once while it is used, and takes no more room than it may."""

import threading
from pathlib import Path

from tasks.store.fetched import Fetched


class Bucket:
    """Objects of ten bytes; it counts how often each is fetched."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, name: str) -> bytes | None:
        self.asked.append(name)
        return None if name == "none" else name.encode().ljust(10)


def test_a_file_is_fetched_once_and_has_the_bytes_of_the_bucket(tmp_path: Path) -> None:
    bucket, here = Bucket(), Fetched(tmp_path)
    paths = [here.path(name, lambda name=name: bucket.get(name)) for name in ("a", "b", "a")]  # type: ignore[misc]
    assert paths[0] == paths[2]
    assert [path.read_bytes() for path in paths] == [b"a         ", b"b         ", b"a         "]
    assert bucket.asked == ["a", "b"]
    assert not here.path("none", lambda: bucket.get("none")).exists()
    assert len([*tmp_path.iterdir()]) == 2


def test_files_used_longest_ago_go_first_and_there_are_never_more_bytes_than_allowed(tmp_path: Path) -> None:
    bucket, here = Bucket(), Fetched(tmp_path, bytes_max=30, in_use_seconds=0)

    def get(name: str) -> Path:
        return here.path(name, lambda: bucket.get(name))

    for name in "abc":
        get(name)
    get("a")
    for name in "de":
        get(name)
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 30
    assert bucket.asked == [*"abcde"]
    get("a")
    assert bucket.asked == [*"abcde"], "a was used after b and c"
    assert get("b").read_bytes() == b"b         "
    assert bucket.asked == [*"abcdeb"]


def test_threads_that_ask_at_once_each_find_the_file(tmp_path: Path) -> None:
    bucket, here, wrong = Bucket(), Fetched(tmp_path, bytes_max=25, in_use_seconds=5), list[str]()

    def ask() -> None:
        for number in range(200):
            name = str(number % 7)
            if here.path(name, lambda name=name: bucket.get(name)).read_bytes() != name.encode().ljust(10):  # type: ignore[misc]
                wrong.append(name)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
