"""The store to which a file belongs, known before it is read, and the one that holds a release."""

from pathlib import Path

import pytest

from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import NotHeld
from tasks.inbox.placing import reporter_of, store_of_held
from tests.unit.dropped_files import drop


@pytest.mark.parametrize(("source", "reporter"), [("gacc_query", "CHN"), ("no such source", None)])
def test_the_reporter_is_that_of_the_declaration_if_it_is_usable(
    tmp_path: Path, source: str, reporter: str | None
) -> None:
    file = drop(tmp_path, sidecar=f'source = "{source}"\nflow = "export"\npartners = "all"\n')
    assert reporter_of(ReleaseRequest(file=file, store=tmp_path / "store")) == reporter


def test_a_release_that_is_held_nowhere_is_not_looked_for_in_the_first_store(tmp_path: Path) -> None:
    for reporter in ("CHN", "EU27"):
        (tmp_path / f"reporter={reporter}").mkdir()
    with pytest.raises(NotHeld, match="no release 'query-1' is held here"):
        store_of_held(tmp_path, "query-1")
