"""A file of claims that is none leaves the store as it is."""

from pathlib import Path

import pytest

from flows.claims import check_and_publish
from tasks.store.snapshot import current_id
from tests.unit.store.small_store import JUNE, stored


@pytest.mark.parametrize(
    ("data", "why"),
    [(None, "there is no such file"), (b"commodity,flow\n", "the columns partner, period, metric, value, unit are missing"), (b"", "not a CSV in UTF-8")],
)  # fmt: skip
def test_what_is_no_file_of_claims_is_refused_by_name(tmp_path: Path, data: bytes | None, why: str) -> None:
    before, file = stored(tmp_path / "store", {JUNE: [1]}), tmp_path / "printed.csv"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ValueError, match=f"printed.csv: .*{why}"):
        check_and_publish(file, tmp_path / "store")
    assert current_id(tmp_path / "store") == before.id
