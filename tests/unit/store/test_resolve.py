"""The files of one release, for readers."""

from pathlib import Path

import pytest

from tasks.domain.errors import NothingPublished, UnknownSnapshot
from tasks.store.resolve import open_release
from tests.unit.store.small_store import JULY, JUNE, stored


def test_an_opened_release_is_unchanged_by_later_publications(tmp_path: Path) -> None:
    first = stored(tmp_path, {JUNE: [1]})
    opened = open_release(tmp_path)
    second = stored(tmp_path, {JUNE: [1], JULY: [5]})
    assert opened.id == first.id
    assert len(opened.paths("metric")) == 1
    assert open_release(tmp_path).id == second.id
    assert open_release(tmp_path, first.id).paths("metric") == opened.paths("metric")


def test_an_empty_store_and_an_unknown_release_are_named(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match=r"nothing is published here yet\. Ingest a file first"):
        open_release(tmp_path / "nowhere")
    stored(tmp_path, {JUNE: [1]})
    with pytest.raises(UnknownSnapshot):
        open_release(tmp_path, "000009-aaaaaaaaaaaa")
