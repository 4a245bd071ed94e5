"""A file belongs to the store of its reporter; what is wrong with it is for its own turn to say."""

from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes

from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import NotHeld
from tasks.ingest.placing import placed, reporter_of, store_of_held

TODAY = date(2026, 1, 5)


def dropped(folder: Path, declared: str = 'source = "gacc_query"\nflow = "export"\npartners = "all"\n') -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "june.csv").write_bytes(csv_bytes(CLEAN_RECORDS[:6]))
    (folder / "june.csv.toml").write_text(declared)
    return folder / "june.csv"


def test_a_file_goes_into_the_store_of_its_reporter_below_the_folder_of_all(tmp_path: Path) -> None:
    request = ReleaseRequest(file=dropped(tmp_path), store=tmp_path / "store")
    assert reporter_of(request) == "CHN"
    assert placed(request).store == tmp_path / "store" / "reporter=CHN"


def test_a_file_without_a_usable_declaration_stays_where_it_was_sent(tmp_path: Path) -> None:
    request = ReleaseRequest(file=dropped(tmp_path, 'source = "no such source"\n'), store=tmp_path / "store")
    assert reporter_of(request) is None
    assert placed(request) is request


def test_a_release_that_is_held_nowhere_is_not_looked_for_in_the_first_store(tmp_path: Path) -> None:
    for reporter in ("CHN", "EU27"):
        (tmp_path / f"reporter={reporter}").mkdir()
    with pytest.raises(NotHeld, match="no release 'query-1' is held here"):
        store_of_held(tmp_path, "query-1")
