"""Tables that are made of a store are audited, and what is missing, damaged or old of them is made again."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets
from typer.testing import CliRunner

from flows.audit import audit
from flows.backfill import backfill
from flows.cli.app import app
from flows.cli.frame.options import DISAGREES
from schemas.forms.watch import BackfillRequest
from tasks.analysis.after.after_release import update_tables
from tasks.analysis.after.table_audit import audit_tables
from tasks.domain.errors import Refused, Unsound
from tasks.store.files.filesystem import LOCAL
from tasks.store.files.snapshot import open_snapshot
from tasks.store.snapshots.parquet import read_table
from tests.copied_store import copied
from tests.draws import some
from tests.unit.customs import Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched")
TABLES = ("mover", "expectation", "first_print")
FIRST, NEXT = date(2025, 1, 20), date(2025, 2, 20)
YEAR = {"months": "2024-01..2024-12"}


def year(june: int) -> bytes:
    return csv_bytes(
        [
            magnets(
                partner,
                str(june if (month, partner) == (6, "502") else 1_000 * (month + 20)),
                "50,000",
                f"2024{month:02d}",
            )
            for month in range(1, 13)
            for partner in ("502", "304")
        ]
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A year, and a correction of June a month later."""
    store = Store(tmp_path_factory.mktemp("made"))
    for day, june in ((FIRST, 40_000), (NEXT, 90_000)):
        store.ingest(year(june), day, f"{day}.csv", released_on=day, **YEAR)
    return store


@pytest.fixture
def store(made: Store, tmp_path: Path) -> Store:
    copied(made.folder, tmp_path, "root")
    return Store(tmp_path / "root")


def content(store: Store) -> dict[str, dict[str, bytes]]:
    """What every reader of the tables gets, by the path of the file."""
    return {
        table: {
            str(path.relative_to(store.folder)): path.read_bytes()
            for path in sorted((store.folder / table / "reporter=CHN" / "current" / table).rglob("*.parquet"))
        }
        for table in TABLES
    }


def problems(store: Store) -> list[str]:
    return audit_tables(store.store).problems


def a_file(store: Store, table: str, part: str = "") -> Path:
    snapshot = open_snapshot(store.folder / table / "reporter=CHN")
    assert snapshot is not None
    return snapshot.path / next(one.path for one in snapshot.every if one.table == (part or table))


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"PAR1")


DAMAGES: dict[str, Callable[[Store, str], object]] = {
    "a month is deleted": lambda store, table: a_file(store, table).unlink(),
    "a bit of a month flips": lambda store, table: spoil(a_file(store, table)),
    "a month is cut off": lambda store, table: (
        a_file(store, table).chmod(0o644),
        a_file(store, table).write_bytes(b"PAR1"),
    ),
    "all objects are deleted": lambda store, table: shutil.rmtree(store.folder / table / "reporter=CHN" / ".objects"),
    "the trail is deleted": lambda store, table: a_file(store, table, "lineage").unlink(),
    "a bit of the trail flips": lambda store, table: spoil(a_file(store, table, "lineage")),
    "the manifest is deleted": lambda store, table: (a_file(store, table).parents[4] / "manifest.json").unlink(),
    "a bit of the manifest flips": lambda store, table: spoil(a_file(store, table).parents[4] / "manifest.json"),
    "the guide is deleted": lambda store, table: (a_file(store, table).parents[4] / "README.md").unlink(),
    "the pointer is deleted": lambda store, table: (store.folder / table / "reporter=CHN" / ".current").unlink(),
    "the snapshot is deleted": lambda store, table: shutil.rmtree(a_file(store, table).parents[4]),
    "all but the lock is deleted": lambda store, table: [
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        for path in (store.folder / table / "reporter=CHN").iterdir()
        if path.name != ".lock"
    ],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damage_is_seen_by_the_audit_and_mended_by_the_next_run(store: Store, damage: str) -> None:
    before = content(store)
    assert problems(store) == []
    for table in TABLES:
        DAMAGES[damage](store, table)
    found = problems(store)
    assert {line.partition("/")[0] for line in found} == {*TABLES}
    assert all("by the next release of CHN" in line for line in found)
    with pytest.raises(Unsound, match="mover/reporter=CHN"):
        audit.fn(store.folder, 3)
    again = store.ingest(year(90_000), NEXT, f"{NEXT}.csv", released_on=NEXT, **YEAR)
    assert (again.status, [line for line in again.warnings if "not made" in line]) == ("nothing new", [])
    assert problems(store) == []
    assert content(store) == before
    assert audit.fn(store.folder, 3).problems == []


def test_the_command_names_what_is_damaged(store: Store) -> None:
    a_file(store, "mover").unlink()
    for address in (store.folder, store.store):
        done = CliRunner().invoke(app, ["audit", "--store", str(address), "--sample", "3"])
        assert (done.exit_code, "mover/reporter=CHN/.snapshots" in done.output) == (DISAGREES, True), done.output


def test_a_table_that_is_gone_beside_the_others_is_named_and_a_store_alone_has_none(store: Store) -> None:
    shutil.rmtree(store.folder / "mover")
    assert [line.partition(":")[0] for line in problems(store)] == ["mover/reporter=CHN"]
    for table in ("expectation", "first_print"):
        shutil.rmtree(store.folder / table)
    assert problems(store) == []


def test_what_damages_the_store_itself_empties_no_table(store: Store) -> None:
    before = content(store)
    a_file(store, "mover").unlink()
    spoil(next((store.store / ".current" / "_metric").rglob("*.parquet")))
    spoil(store.store / ".current" / "manifest.json")
    failed = update_tables(store.store).failed
    assert len(failed) == len(TABLES)
    after = content(store)
    lost = {name for table in TABLES for name in before[table].keys() - after[table].keys()}
    assert lost == {next(iter(before["mover"]))}


@pytest.mark.parametrize("call", some(range(60)))
def test_a_mend_that_is_killed_at_any_call_is_made_up_for(
    store: Store, call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop at each of the calls that change the store of the table, from the first on."""
    before, left = content(store), [call]
    spoil(a_file(store, "expectation").parents[4] / "manifest.json")

    class Killed(BaseException):
        """What nothing catches."""

    def stopping(name: str) -> Callable[..., object]:
        own = getattr(LOCAL, name)

        def stop(*given: object, **more: object) -> object:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return own(*given, **more)

        return stop

    with monkeypatch.context() as patch:
        for name in ("rename", "replace", "write_file", "link", "symlink", "make_directory", "remove"):
            patch.setattr(type(LOCAL), name, staticmethod(stopping(name)))
        with suppress(Killed):
            update_tables(store.store)
    assert update_tables(store.store).failed == []
    assert problems(store) == []
    assert content(store) == before


KILLED = """
import os, signal, sys
from pathlib import Path
from datetime import date
from tasks.analysis.after import after_release
def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)
after_release.mirrors_of = kill
from tests.unit.customs import Store
from flows.backfill import backfill
from flows.cli.app import app
from flows.cli.frame.options import DISAGREES
from schemas.forms.watch import BackfillRequest
store = Store(Path(sys.argv[1]))
if sys.argv[2] == "withdraw":
    store.withdraw(sys.argv[3], date(2025, 9, 1))
else:
    backfill.fn(BackfillRequest.model_validate({"folder": Path(sys.argv[3]), "store": store.folder}))
"""


def killed(store: Store, what: str, of: object) -> None:
    """A process that is killed between the publication and the tables."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(store.folder), what, str(of)],
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def test_a_withdrawal_that_was_killed_before_the_tables_is_made_up_for_when_it_is_run_again(store: Store) -> None:
    newest = read_table(store.snapshot, "release").sort("released_on")["release_id"][-1]
    before = store.snapshot.id
    killed(store, "withdraw", newest)
    assert store.snapshot.id != before
    found = problems(store)
    assert any("figures of before the last release" in line and "2024-06" in line for line in found)
    with pytest.raises(Refused, match="undo"):
        store.withdraw(newest, date(2025, 9, 1))
    assert problems(store) == []


def test_a_backfill_that_was_killed_before_the_tables_is_made_up_for_when_it_is_run_again(tmp_path: Path) -> None:
    folder = tmp_path / "downloads" / "gacc_query" / "export"
    folder.mkdir(parents=True)
    (folder / "year.csv").write_bytes(year(40_000))
    (folder / "defaults.toml").write_text('partners = "all"\nmonths = "2024-01..2024-12"\nreleased_on = 2025-01-20\n')
    store = Store(tmp_path / "root")
    killed(store, "backfill", tmp_path / "downloads")
    assert store.snapshot is not None
    assert not (store.folder / "mover").exists()
    report = backfill.fn(BackfillRequest.model_validate({"folder": tmp_path / "downloads", "store": store.folder}))
    assert report.headline == "Nothing new"
    assert content(store)["mover"]
    assert problems(store) == []
