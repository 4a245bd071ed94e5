"""A file belongs to the store of its reporter; what is wrong with it is for its own turn to say."""

from pathlib import Path

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes

from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import NotHeld
from tasks.ingest.placing import reporter_of, store_of_held


def dropped(folder: Path, declared: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "june.csv").write_bytes(csv_bytes(CLEAN_RECORDS[:6]))
    (folder / "june.csv.toml").write_text(declared)
    return folder / "june.csv"


@pytest.mark.parametrize(("source", "reporter"), [("gacc_query", "CHN"), ("no such source", None)])
def test_the_reporter_is_that_of_the_declaration_if_it_is_usable(
    tmp_path: Path, source: str, reporter: str | None
) -> None:
    file = dropped(tmp_path, f'source = "{source}"\nflow = "export"\npartners = "all"\n')
    assert reporter_of(ReleaseRequest(file=file, store=tmp_path / "store")) == reporter


def test_a_release_that_is_held_nowhere_is_not_looked_for_in_the_first_store(tmp_path: Path) -> None:
    for reporter in ("CHN", "EU27"):
        (tmp_path / f"reporter={reporter}").mkdir()
    with pytest.raises(NotHeld, match="no release 'query-1' is held here"):
        store_of_held(tmp_path, "query-1")
