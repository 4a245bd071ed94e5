"""The form of a manifest."""

import hashlib
import random
from collections.abc import Iterable

import pytest

from tasks.domain.errors import BrokenStore
from tasks.store.manifest import FileEntry, Manifest, decode, encode


def entries(years: Iterable[int]) -> list[FileEntry]:
    found = []
    for place in [*(f"flow=export/year={year}/month={month}" for year in years for month in range(1, 13)), ""]:
        sha256 = hashlib.sha256(place.encode()).hexdigest()
        path = "/".join(filter(None, ("_metric", place, f"{sha256[:16]}.parquet")))
        found.append(FileEntry("metric", place, path, sha256, 100, 1, "5" * 64))
    return found


def test_a_manifest_is_read_as_it_was_written_whatever_the_order_of_the_files() -> None:
    files = entries(range(2020, 2025))
    first = encode(7, "000006-0123456789ab", {"title": "出口"}, files)
    random.Random(5).shuffle(files)
    assert encode(7, "000006-0123456789ab", {"title": "出口"}, files) == first
    in_order = tuple(sorted(files, key=lambda one: one.path))
    assert decode(first, "here") == Manifest({"title": "出口"}, "000006-0123456789ab", 7, in_order)


def test_another_format_is_refused_by_its_place() -> None:
    with pytest.raises(BrokenStore, match=r"here: format 2; this version reads 3\. Install the version"):
        decode(encode(1, None, {}, []).replace(b'"format":3', b'"format":2'), "here")
