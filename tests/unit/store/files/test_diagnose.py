"""Errors of a store in a sentence: what, where, and what to do."""

import errno
from pathlib import Path

import pytest

from tasks.domain.errors import BucketError
from tasks.store.files.diagnose import disk_problem, of_every_file

STORE = Path("store")


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Make room on that disk, then run this again."),
        (errno.EDQUOT, "Make room within the quota"),
        (errno.EROFS, "Mount it so that it may be written"),
        (errno.EACCES, "Run this as a user who may read and write there"),
        (errno.EPERM, "or give this one the right, then run this again."),
    ],
)
def test_errors_of_space_and_permission_name_the_place_and_the_remedy(number: int, advice: str) -> None:
    said = disk_problem(OSError(number, "words of a library", "/a/file"), STORE)
    assert said.startswith("/a/file: ")
    assert "words of a library" not in said
    assert advice in said


def test_the_place_is_the_given_one_where_the_error_names_none_and_may_be_missing() -> None:
    full = OSError(errno.ENOSPC, "x")
    assert disk_problem(full, STORE).startswith("store: No space left on device. ")
    assert disk_problem(full).startswith("No space left on device. ")


def test_other_errors_keep_their_words() -> None:
    assert disk_problem(OSError("plain")) == "plain"
    missing = FileNotFoundError(errno.ENOENT, "No such file or directory", "x")
    assert disk_problem(missing, STORE) == str(missing)


def test_an_error_of_the_store_stops_every_file_and_one_of_a_file_does_not() -> None:
    assert of_every_file(BucketError("no answer"), STORE) == "no answer"
    assert of_every_file(PermissionError(errno.EACCES, "x"), STORE) == disk_problem(
        PermissionError(errno.EACCES, "x"), STORE
    )
    assert of_every_file(FileNotFoundError(errno.ENOENT, "x"), STORE) is None
    assert of_every_file(ValueError("x"), STORE) is None
