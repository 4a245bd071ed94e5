"""After a release the tables made of its store are brought up to date; what fails is a warning."""

import shutil
from pathlib import Path

import pytest

from schemas.forms.outcome import Outcome
from tasks.steps import downstream

pytestmark = pytest.mark.usefixtures("downstream")

DONE = Outcome(
    status="published", release_id="r", title="june.csv", snapshot_id="s", flows=["export"], months=["2025-06"], products=[], records=1,
    records_observed=1, records_quarantined=0, warnings=["one before"], notes=[], healed=[],
)  # fmt: skip


def test_what_cannot_be_made_is_a_warning(sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "reporter=CHN"
    shutil.copytree(sample_store, store, symlinks=True)
    assert downstream.update_downstream(DONE, store) == DONE
    (tmp_path / "mirror" / "exporter=CHN" / "importer=DEU").mkdir(parents=True)

    def full(root: Path, code: str) -> None:
        raise OSError(f"no space left for {code}")

    monkeypatch.setattr(downstream, "publish_first_prints", full)
    told = downstream.update_downstream(DONE, store).warnings
    assert told == [
        "one before",
        "mirror (CHN to DEU): not made, ValueError: there is no store of DEU; there are those of CHN. UN Comtrade has most others "
        "(tidewaiter fetch un_comtrade -h); what was published stays. Make it with tidewaiter mirror --exporter CHN --importer DEU --publish.",
        "first_print (CHN): not made, OSError: no space left for CHN; what was published of it stays, and the next release makes it again.",
    ]
    # A store of no reporter's name has nothing beside it.
    assert downstream.update_downstream(DONE, tmp_path / "store") == DONE
