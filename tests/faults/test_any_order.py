"""Everything that can happen to a store, in any order, against a dictionary that says what must be there."""

import hashlib
import io
import os
import random
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tasks.domain.errors import StaleParent
from tasks.store.files.filesystem import FileSystem
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.files.verify import audit_store
from tasks.store.snapshots.publish import NewFile, Publication, exclusive, publish
from tasks.store.snapshots.retention import retain
from tests.dated import list_snapshots, published_on_their_days
from tests.draws import draws
from tests.faults.faulty import FaultyFileSystem, Stopped
from tests.faults.readers import READERS, resolve
from tests.faults.world import flip_byte, state

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

Content = dict[int, tuple[int, ...]]  # values by month
MONTHS = st.integers(1, 6)
VALUES = st.lists(st.integers(0, 99), min_size=1, max_size=4).map(tuple)


@dataclass(frozen=True)
class Release:
    content: Content
    day: date


def parquet(values: tuple[int, ...]) -> bytes:
    sink = io.BytesIO()
    columns = {
        "product": [f"{rank:08d}" for rank in range(len(values))],
        "value_usd": values,
        "word": [0] * len(values),
    }
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def rows(content: Content) -> list[tuple[object, ...]]:
    return sorted(
        ("export", 2025, month, f"{rank:08d}", value, 0)
        for month, values in content.items()
        for rank, value in enumerate(values)
    )


class Store(RuleBasedStateMachine):
    """`published` is the model: what each release holds, by the id it got; `current` is the last of them."""

    @initialize()
    def start(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="tidewaiter-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
        self.store = self.base / "store"
        self.published: dict[str, Release] = {}
        self.current: str | None = None
        self.day = date(2025, 1, 1)

    def teardown(self) -> None:
        if hasattr(self, "base"):
            shutil.rmtree(self.base)

    @property
    def content(self) -> Content:
        return self.published[self.current].content if self.current else {}

    def next_release(self, month: int, values: tuple[int, ...], days: int) -> Release:
        return Release({**self.content, month: values}, date.fromordinal(self.day.toordinal() + days))

    def write(self, release: Release, fs: FileSystem, parent: Snapshot | None, whole: bool = False) -> Publication:
        """What differs from the parent is given anew, the rest is carried; `whole` gives every file anew."""
        wanted = {f"flow=export/year=2025/month={month}": values for month, values in release.content.items()}
        hashes = {partition: hashlib.sha256(parquet(values)).hexdigest() for partition, values in wanted.items()}
        carried = [
            entry
            for entry in (parent.files if parent and not whole else ())
            if hashes.get(entry.partition) == entry.sha256
        ]
        files = [
            NewFile("metric", partition, parquet(values), len(values), "schema")
            for partition, values in wanted.items()
            if partition not in {entry.partition for entry in carried}
        ]
        return publish(
            self.store, files, carried=carried, parent=parent, about={"released_on": str(release.day)}, fs=fs
        )

    def publish(self, release: Release, fs: FileSystem | None = None, whole: bool = False) -> Publication:
        fs = fs or FaultyFileSystem()
        with exclusive(self.store, fs):
            return self.write(release, fs, open_snapshot(self.store), whole)

    def note(self, published: Publication, release: Release) -> None:
        self.current, self.day = published.snapshot.id, release.day
        self.published[published.snapshot.id] = release

    @rule(month=MONTHS, values=VALUES, days=st.integers(0, 400))
    def publish_a_release_or_a_revision(self, month: int, values: tuple[int, ...], days: int) -> None:
        release = self.next_release(month, values, days)
        same = self.current is not None and self.published[self.current] == release
        published = self.publish(release)
        assert published.changed is not same
        self.note(published, release)

    @precondition(lambda self: self.current)
    @rule(whole=st.booleans())
    def publish_the_same_again(self, whole: bool) -> None:
        before = state(self.store)
        published = self.publish(self.published[str(self.current)], whole=whole)
        assert (published.changed, published.healed, published.snapshot.id) == (False, (), self.current)
        assert state(self.store) == before

    @rule(month=MONTHS, values=VALUES, days=st.integers(1, 400), at=st.integers(1, 60), again=st.booleans())
    def kill_and_recover(self, month: int, values: tuple[int, ...], days: int, at: int, again: bool) -> None:
        """Killed at call `at`; then either the same release is run again or the next rule finds what is left."""
        release = self.next_release(month, values, days)
        with suppress(Stopped):
            self.publish(release, FaultyFileSystem("stop", at))
        snapshot = open_snapshot(self.store)
        if snapshot is not None and snapshot.id != self.current:
            assert snapshot.about == {"released_on": str(release.day)}
            self.note(Publication(snapshot, True), release)
        if again:
            self.note(self.publish(release), release)

    @rule(month=MONTHS, values=VALUES, late=VALUES)
    def publish_from_a_stale_parent(self, month: int, values: tuple[int, ...], late: tuple[int, ...]) -> None:
        parent = open_snapshot(self.store)
        release = self.next_release(month, values, 1)
        self.note(self.publish(release), release)
        with pytest.raises(StaleParent, match=str(self.current)):
            self.write(Release({month: late}, release.day), FaultyFileSystem(), parent)

    @precondition(lambda self: self.current)
    @rule(months=st.integers(1, 30), at=st.integers(0, 40))
    def retain_the_young(self, months: int, at: int) -> None:
        """With a kill at call `at`, run again; the model keeps from the first young one on."""
        for fs in FaultyFileSystem("stop", at), FaultyFileSystem():
            with suppress(Stopped), exclusive(self.store, fs):
                published_on_their_days(self.store)
                retain(self.store, today=self.day, months=months, fs=fs)
        ids = list(self.published)
        keep = [name for name in ids if add_months(self.published[name].day, months) > ordinal(self.day)]
        for name in ids[: ids.index(keep[0] if keep else ids[-1])]:
            del self.published[name]

    @precondition(lambda self: self.current)
    @rule(pick=st.randoms(use_true_random=False))
    def damage_a_file_of_the_current_snapshot(self, pick: random.Random) -> None:
        snapshot = open_snapshot(self.store)
        assert snapshot is not None
        victim = flip_byte(pick.choice(snapshot.paths("metric")))
        assert victim.relative_to(self.store).as_posix() in {problem.file for problem in audit_store(self.store)}
        healed = self.publish(self.published[snapshot.id], whole=True)
        assert not healed.changed
        assert victim.relative_to(self.store).as_posix() in healed.healed

    @precondition(lambda self: self.current)
    @rule(engine=st.sampled_from(sorted(READERS)))
    def read_the_current(self, engine: str) -> None:
        folder = resolve(self.store)
        assert folder is not None
        assert Path(folder).name == self.current
        assert READERS[engine](folder) == rows(self.content)

    @precondition(lambda self: self.current)
    @rule(engine=st.sampled_from(sorted(READERS)), pick=st.randoms(use_true_random=False))
    def read_a_pinned_snapshot(self, engine: str, pick: random.Random) -> None:
        name = pick.choice(sorted(self.published))
        snapshot = open_snapshot(self.store, name)
        assert snapshot is not None
        assert READERS[engine](str(snapshot.path)) == rows(self.published[name].content)

    @invariant()
    def store_is_whole_and_its_history_is_the_model(self) -> None:
        assert audit_store(self.store) == []
        assert [snapshot.id for snapshot in list_snapshots(self.store)] == list(self.published)


def ordinal(day: date) -> tuple[int, int, int]:
    return (day.year, day.month, day.day)


def add_months(day: date, months: int) -> tuple[int, int, int]:
    """The same day `months` later, as a calendar triple that need not exist (31 June sorts as it should)."""
    years, month = divmod(day.month - 1 + months, 12)
    return (day.year + years, month + 1, day.day)


TestAnyOrder = Store.TestCase
TestAnyOrder.settings = draws(40, stateful_step_count=25, database=None, suppress_health_check=list(HealthCheck))
