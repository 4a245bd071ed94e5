"""After a release the tables made of its store are brought up to date; what fails is a warning."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

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


def test_what_rests_on_several_reporters_is_left_to_who_ingests_them_side_by_side(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "reporter=CHN"
    shutil.copytree(sample_store, store, symlinks=True)
    for importer in ("DEU", "USA"):
        (tmp_path / "mirror" / "exporter=CHN" / f"importer={importer}").mkdir(parents=True)
    made: list[str] = []

    def noting(name: str) -> Any:
        def note(root: Path, *codes: str) -> SimpleNamespace:
            made.append(" ".join((name, *codes)))
            return SimpleNamespace(gaps=[])

        return note

    for name in ("publish_pair", "publish_first_prints", "publish_analysis"):
        monkeypatch.setattr(after_release, name, noting(name.removeprefix("publish_")))
    monkeypatch.setattr(after_release, "update_forms", lambda store: made.append(f"forms {store.name}") or [])
    after_release.update_tables(store, "of the reporter")
    of_one = ["analysis CHN expectation", "analysis CHN mover"]
    assert made == of_one
    made.clear()
    # Each of them once, however many reporters a mirror rests on.
    after_release.update_shared(tmp_path, ["CHN", "DEU"])
    shared = ["pair CHN DEU", "pair CHN USA", "first_prints CHN"]
    assert made == [*shared, "first_prints DEU", "forms reporter=CHN", "forms reporter=DEU"]
    made.clear()
    after_release.update_tables(store)
    assert made == [*shared, *of_one, "forms reporter=CHN"]
