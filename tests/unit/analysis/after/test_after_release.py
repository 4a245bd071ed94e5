"""After a release the tables made of its store are brought up to date; what fails is a warning."""

import shutil
from pathlib import Path

import pytest

from tasks.analysis.after import after_release
from tests.unit.builders import outcome

pytestmark = pytest.mark.usefixtures("nothing_is_watched")


def test_what_cannot_be_made_is_a_warning(sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done, store = outcome(), tmp_path / "reporter=CHN"
    shutil.copytree(sample_store, store, symlinks=True)
    assert after_release.update_downstream(done, store) == done
    (tmp_path / "mirror" / "exporter=CHN" / "importer=DEU").mkdir(parents=True)

    def full(root: Path, code: str) -> None:
        raise OSError(f"no space left for {code}")

    monkeypatch.setattr(after_release, "publish_first_prints", full)
    warnings = after_release.update_downstream(done, store).warnings
    assert warnings == [
        "before",
        (
            "mirror (CHN to DEU): not made, ValueError: there is no store of DEU; there are those of CHN. UN Comtrade"
            " has most others (tidewaiter fetch un_comtrade -h); what was published stays. Make it with tidewaiter"
            " mirror --exporter CHN --importer DEU --publish."
        ),
        (
            "first_print (CHN): not made, OSError: no space left for CHN; what was published of it stays, and the next"
            " release makes it again."
        ),
    ]
    # A store of no reporter's name has nothing beside it.
    assert after_release.update_downstream(done, tmp_path / "store") == done
