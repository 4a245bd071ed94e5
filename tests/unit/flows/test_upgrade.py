"""A store is carried into a new one with its days, decisions and holds, also where the run is killed, and stays."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.releases.upgrade import commands
from flows.upgrade import upgrade
from schemas.forms.watch import UpgradeReport, UpgradeRequest
from tasks.analysis.reporter.of_reporter import MAKERS
from tasks.domain.errors import Held, Refused
from tasks.inbox import held as held_releases
from tasks.lineage.audit import audit
from tasks.steps.listeners import listening
from tasks.store.files.snapshot import current_id, open_snapshot
from tests.copied_store import copied
from tests.draws import some
from tests.unit.customs import CHILE, DAY, GERMANY, LATER, MAY, NEXT, RIGHT, USA, Store
from tests.unit.upgraded import bytes_of, decisions, require_alike

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

WRONG = csv_bytes([*MAY, magnets("502", "999000", "56,943,000")])


class Killed(BaseException):
    """A kill, which nothing catches."""


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that was withdrawn before another of its day took its place; one that was approved, withdrawn and
    reinstated; one that was rejected; one that waits."""
    store = Store(tmp_path_factory.mktemp("old"))
    first = store.ingest(RIGHT).release_id
    wrong = held(store, WRONG, NEXT)
    store.approve(wrong, NEXT)
    store.withdraw(wrong, LATER)
    store.withdraw(wrong, date(2025, 9, 5), "it was right", undo=True)
    store.withdraw(first, date(2025, 9, 6), "an older one")
    store.ingest(csv_bytes([*MAY, USA, GERMANY, CHILE]), date(2025, 9, 7), released_on=DAY)
    cut = held(store, csv_bytes(MAY), date(2025, 9, 8))
    held_releases.decide(store.store, cut, "reject", "Li Wei", "cut off", datetime(2025, 9, 9, tzinfo=UTC))
    held(store, csv_bytes([*MAY, magnets("502", "354000", "20,121,000"), GERMANY, CHILE]), date(2025, 9, 9), DAY)
    return store.store


def held(store: Store, data: bytes, day: date, released_on: date | None = None, **declared: str) -> str:
    with pytest.raises(Held) as problem:
        store.ingest(data, day, released_on=released_on or day, **declared)
    return problem.value.release_id


def carried(old: Path, new: Path) -> UpgradeReport:
    report = upgrade.fn(UpgradeRequest(old=old, store=new))
    assert isinstance(report, UpgradeReport)
    return report


def test_a_store_is_carried_over_with_its_days_decisions_and_holds(old: Path, tmp_path: Path) -> None:
    before = bytes_of(old)
    report = carried(old, tmp_path / "new")
    assert (report.troubles, report.carried) == ([], {"release": 3, "decision": 4, "held or decided release": 3})
    assert [row["kind"] for row in decisions(old)] == ["reinstated", "replaced", "withdrawn", "withdrawn"]
    new = tmp_path / "new" / "reporter=CHN"
    require_alike(old, new)
    assert bytes_of(old) == before
    assert audit(new, 20).problems == []
    # Once more there is nothing to do.
    state = current_id(new)
    assert carried(old, tmp_path / "new").troubles == []
    assert current_id(new) == state


def test_an_upgrade_that_is_killed_at_any_step_goes_on(old: Path, tmp_path: Path) -> None:
    steps = list[str]()
    with listening(step=steps.append):
        carried(old, tmp_path / "whole")
    whole, before = tmp_path / "whole" / "reporter=CHN", bytes_of(old)
    assert len(steps) > 40
    for at in some(range(0, len(steps), 7)):
        seen = iter(range(len(steps)))

        def kill(step: str, seen: Iterator[int] = seen, at: int = at) -> None:
            if next(seen) == at:
                raise Killed

        new = tmp_path / f"new{at}"
        with pytest.raises(Killed), listening(step=kill):
            carried(old, new)
        assert carried(old, new).troubles == []
        require_alike(old, new / "reporter=CHN")
        assert current_id(new / "reporter=CHN") == current_id(whole) or decisions(new / "reporter=CHN")
        shutil.rmtree(new)
    assert bytes_of(old) == before


def test_an_upgrade_that_is_killed_before_a_table_follows_makes_it_later(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert carried(old, tmp_path / "new").troubles == []
    # The store has all its releases, and the tables that follow from them were never made.
    assert not (tmp_path / "new" / "mover").exists()
    monkeypatch.setattr("tasks.analysis.after.after_release.MAKERS", MAKERS)
    assert carried(old, tmp_path / "new").troubles == []
    for table in MAKERS:
        snapshot = open_snapshot(tmp_path / "new" / table / "reporter=CHN")
        assert snapshot is not None, table
        assert snapshot.about["months"], table


def test_what_cannot_be_carried_over_is_said_first_and_a_store_of_others_is_refused(old: Path, tmp_path: Path) -> None:
    store = copied(old, tmp_path, "old")
    gone = next(path for path in sorted((store / "raw").glob("??/*")) if path.read_bytes() == RIGHT)
    gone.unlink()
    told = CliRunner().invoke(commands, [str(store), str(tmp_path / "new"), "--dry-run"])
    counts = "2 releases, 2 decisions, 3 held or decided releases"
    assert (told.exit_code, told.stdout.strip()) == (0, f"Would carry over {counts}")
    said = " ".join(told.stderr.split())
    assert f"its file {gone} is gone. Restore it from a copy." in said
    assert re.search(r"the names of \d published states", said)
    assert f"{decisions(old)[1]['decision_id']}: its release is not carried over" in said
    assert not (tmp_path / "new").exists()
    assert carried(store, tmp_path / "new").troubles == []
    other = Store(tmp_path / "other")
    other.ingest(csv_bytes([*MAY, USA]))
    with pytest.raises(Refused, match=r"it has releases that .* has not: gacc_query-"):
        carried(old, other.folder)
    for new in (old / "new", old, old.parent):
        with pytest.raises(Refused, match="Give a folder of its own"):
            carried(old, new)
    with pytest.raises(Refused, match="no store of Tidewaiter"):
        carried(tmp_path / "nothing", tmp_path / "new")


def test_decisions_that_were_made_elsewhere_hold_from_their_day(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = store.ingest(RIGHT).release_id
    wrong = held(store, WRONG, NEXT)

    def says(*given: str) -> tuple[int, str]:
        told = CliRunner().invoke(
            app, [*given, "--by", "Li Wei", "--reason", "x", "--no-prefect", "--store", str(store.store)]
        )
        return told.exit_code, " ".join((told.stdout + told.stderr).split())

    assert says("approve", wrong, "--on", "2025-07-23")[0] == 0
    kept = held_releases.find(store.store, wrong)
    assert kept is not None
    assert kept.decision is not None
    assert str(kept.decision.decided_at) == "2025-07-23 12:00:00+08:00"
    code, said = says("withdraw", first, "--on", "2025-07-19")
    assert (code, "Give a day from 2025-07-20 on (--on)" in said) == (2, True)
    assert says("withdraw", first, "--on", "2025-07-25")[0] == 0
    assert [str(row["decided_on"]) for row in decisions(store.store)] == ["2025-07-25"]
    assert says("withdraw", first, "--undo", "--on", "2025-07-24")[0] == 2
    assert says("withdraw", first, "--on", "2999-01-01")[0] == 2
