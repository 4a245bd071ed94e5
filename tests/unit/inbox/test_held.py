"""A doubtful release waits in the store, is decided about once, and is published with the findings that were seen."""

import hashlib
import os
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, magnets

from flows.ingestion import ingest as ingest_release
from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import BrokenStore, Held, NotHeld, Rejected
from tasks.inbox import held as held_releases
from tasks.ingest.normalise import Normalised
from tasks.pages.release.release_page import pages
from tasks.reading import query
from tasks.steps import reading
from tasks.store.files.snapshot import current_id
from tests.copied_store import copied
from tests.unit.held_releases import JUNE, NOW, TODAY, WITHOUT_PARTNERS, Ingest, approve, held_from, ingest_into

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


def _rewrite(store: Path, of: str, **changed: Any) -> None:
    """The record of a held release as another run might have left it."""
    kept = held_releases.find(store, of)
    assert kept is not None
    place = store / "held" / f"{changed.get('release_id', of)}.json"
    place.unlink(missing_ok=True)
    place.write_text(kept.model_copy(update=changed).model_dump_json())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "reporter=CHN"


@pytest.fixture
def ingest(store: Path) -> Ingest:
    return ingest_into(store)


@pytest.fixture(scope="module")
def doubtful(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store in which June is published and a later release of it is held."""
    folder = tmp_path_factory.mktemp("doubtful") / "reporter=CHN"
    ingest = ingest_into(folder)
    ingest(JUNE)
    return folder, held_from(ingest, WITHOUT_PARTNERS, 21).release_id


@pytest.fixture
def held(doubtful: tuple[Path, str], store: Path) -> str:
    """The release that is held in `store`, a copy of the doubtful one."""
    copied(doubtful[0], store.parent)
    return doubtful[1]


def test_an_approval_publishes_from_the_raw_bytes_and_stands_among_the_findings(
    ingest: Ingest, held: str, store: Path
) -> None:
    """Those that were compared, also where somebody changes the file between that and its landing."""
    decided = held_releases.decide(store, held, "approve", "Li Wei", "compared with the site", NOW)
    assert decided.goods == ("85051110",)
    assert held_releases.settled(store, held) is None, "an approval is done when the release is published"
    with held_releases.reopened(store, decided) as request:
        (store / decided.raw).chmod(0o644)
        (store / decided.raw).write_bytes(JUNE)
        outcome = ingest_release(request, TODAY)
    assert (store / decided.raw).read_bytes() == WITHOUT_PARTNERS
    assert (outcome.status, outcome.release_id, outcome.title) == ("published", held, "june.csv")
    found = query.query(store, "finding").filter(release_id=held)
    (row,) = found.filter(check="approved").to_dicts()
    assert (row["severity"], row["observed"]) == ("info", "approved by Li Wei: compared with the site")
    assert found.filter(severity="error").height == 3
    # The page that is read first names them too, in the summary of a release that was published although held.
    doubts = [check for severity, check in found["severity", "check"].iter_rows() if severity != "info"]
    assert f"**Doubts: {len(doubts)}** (" in pages(store, outcome).summary
    assert f"partner_removed {doubts.count('partner_removed')}" in pages(store, outcome).summary
    trail = query.query(store, "lineage").filter(release_id=held)
    assert "hold_on_errors" in trail["step"]
    assert not any("2025-08-02" in text for text in [*found["observed"], *trail["parameters"]])
    # It waits no more, is decided about no more, and is known when it comes again.
    assert held_releases.settled(store, held) == decided.decision
    assert held_releases.waiting(store) == []
    assert ingest(WITHOUT_PARTNERS, 21).status == "nothing new"
    paper = store / "held" / f"{held}.json"
    approved = paper.read_bytes()
    for verdict in ("reject", "approve"):
        with pytest.raises(NotHeld, match="is published; tidewaiter withdraw"):
            held_releases.decide(store, held, verdict, "Li Wei", "after all", NOW)
    assert paper.read_bytes() == approved
    # A release may also be published because a later one took its doubt away.
    _rewrite(store, held, decision=None)
    assert held_releases.waiting(store) == []


def test_an_approval_that_publishes_nothing_leaves_the_release_among_those_that_wait(held: str, store: Path) -> None:
    """The flow may refuse what was approved; then the decision alone must not hide it."""
    approve(store, held)
    (waiting,) = held_releases.waiting(store)
    assert waiting.release_id == held
    assert waiting.lines[-1] == "approved by Li Wei on 2025-08-02 and not published: approve it again, or reject it"
    held_releases.decide(store, held, "reject", "Li Wei", "cut off", NOW)
    assert held_releases.waiting(store) == []


def test_a_rejection_leaves_every_published_byte_and_is_remembered(ingest: Ingest, held: str, store: Path) -> None:
    before = {
        path: path.lstat().st_mtime_ns for path in store.rglob("*") if "held" not in path.parts and path.name != "tmp"
    }
    # In the evening of London it is the next day where everything else is dated.
    decided = held_releases.decide(store, held, "reject", "Li Wei", "cut off", NOW.replace(hour=20))
    assert held_releases.settled(store, held) == decided.decision
    assert before == {path: path.lstat().st_mtime_ns for path in before}
    assert held_releases.waiting(store) == []
    with pytest.raises(Rejected, match="rejected by Li Wei on 2025-08-03: cut off"):
        ingest(WITHOUT_PARTNERS, 21)


def test_an_approval_of_other_findings_is_no_approval_and_says_why(ingest: Ingest, held: str, store: Path) -> None:
    """Another release came between the question and the answer."""
    approve(store, held)
    kept = held_releases.find(store, held)
    assert kept is not None
    _rewrite(store, held, findings=kept.findings[1:], held_since=date(2025, 7, 30))
    new = kept.findings[0]
    why = (
        f"approved by Li Wei on 2025-08-02, before this was found: {new.check} ({new.subject}). Decide again, about all"
        " of it."
    )
    assert held_from(ingest, WITHOUT_PARTNERS, 21).lines[-1] == why
    (again,) = held_releases.waiting(store)
    assert (len(again.findings), again.lines[-1]) == (3, why)
    # It has waited since then, whatever was found today.
    assert again.held_since == date(2025, 7, 30)


def test_what_waits_longest_comes_first_and_is_asked_for_again_as_it_was_declared(
    ingest: Ingest, held: str, store: Path
) -> None:
    told = {"reporter": "CHN", "products": ["85051110"], "months": "2025-05..2025-06", "title": "d"}
    last = held_from(ingest, csv_bytes([magnets()]), 23, "part.csv", today=date(2025, 8, 2), **told).release_id
    for since, day, title in ((3, 22, "a"), (3, 21, "c"), (3, 21, "b")):
        at = {"held_since": date(2025, 8, since), "released_on": date(2025, 7, day)}
        _rewrite(store, held, release_id=f"gacc_query-{title * 12}", title=title, **at)
    waits = held_releases.waiting(store)
    assert [entry.title for entry in waits] == ["june.csv", "d", "b", "c", "a"]
    assert waits[1].release_id == last
    with held_releases.reopened(store, waits[1]) as again:
        assert again.model_dump(include={*told, "flow", "partners", "released_on"}) == told | {
            "flow": "export", "partners": "all", "released_on": date(2025, 7, 23)}  # fmt: skip
        assert (again.file.name, again.file.read_bytes()) == ("part.csv", csv_bytes([magnets()]))


@pytest.mark.parametrize(
    ("name", "by", "reason", "error", "words"),
    [
        (None, "Li Wei", " ", ValueError, "a decision needs a name and a reason"),
        (None, "\t", "fine", ValueError, "a decision needs a name and a reason"),
        ("gacc_query-000000000000", "Li Wei", "fine", NotHeld, "is held here"),
        ("../../etc/passwd", "Li Wei", "fine", NotHeld, "is no release id"),
        ("", "Li Wei", "fine", NotHeld, "is no release id"),
    ],
)
def test_a_decision_without_a_name_a_reason_or_a_release_is_refused(
    held: str, store: Path, name: str | None, by: str, reason: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        held_releases.decide(store, held if name is None else name, "approve", by, reason, NOW)
    assert [entry.decision for entry in held_releases.waiting(store)] == [None]


def test_bytes_that_are_gone_or_others_are_not_approved(held: str, store: Path) -> None:
    kept = held_releases.find(store, held)
    assert kept is not None
    decided = held_releases.decide(store, held, "approve", "Li Wei", "fine", NOW)
    before, other = current_id(store), csv_bytes([magnets("502", "999000", "56,943,000"), *CLEAN_RECORDS[1:6]])
    (store / kept.raw).chmod(0o644)
    (store / kept.raw).write_bytes(other)
    found = f"{kept.raw}: sha256 {hashlib.sha256(other).hexdigest()}, judged was {kept.raw_sha256}. Restore it"
    with pytest.raises(BrokenStore, match=found), held_releases.reopened(store, decided):
        pass
    with pytest.raises(BrokenStore, match=found):
        approve(store, held)
    (store / kept.raw).unlink()
    with pytest.raises(BrokenStore, match=f"{kept.raw}: no such file. Restore it"):
        approve(store, held)
    assert held_releases.decide(store, held, "reject", "Li Wei", "gone", NOW).decision is not None
    assert current_id(store) == before
    for text, why in (('{"by": "somebody"}', "HeldRelease"), ("[" * 100_000, "in one another without end")):
        (store / "held" / "notes.json").write_text(text)
        with pytest.raises(BrokenStore, match=rf"notes\.json: no release that Tidewaiter has held.*{why}"):
            held_releases.waiting(store)
    (store / "held" / "notes.json").unlink()
    os.mkfifo(store / "held" / "notes.json")
    with pytest.raises(BrokenStore, match=r"no release that Tidewaiter has held \(a folder, a pipe"):
        held_releases.waiting(store)


def test_what_is_published_keeps_its_day_and_its_numbers_whatever_comes_again(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known again under another day, or read otherwise, the ledger would say what no published detail says."""
    before = ingest(JUNE).snapshot_id
    again = ingest(JUNE, 30)
    assert (again.status, again.snapshot_id) == ("nothing new", before)
    assert "published already, as of 2025-07-20; expected a release of 2025-07-30" in again.warnings[0]
    normalise = reading.normalise

    def otherwise(*given: Any) -> Normalised:
        read = normalise(*given)
        return read._replace(detail=read.detail.with_columns(pl.col("value") + 1))

    monkeypatch.setattr(reading, "normalise", otherwise)
    again = ingest(JUNE)
    assert (again.status, again.snapshot_id) == ("nothing new", before)
    assert "24 numbers are read otherwise than when they were published" in again.warnings[0]


def test_what_is_published_is_not_held_for_what_was_published_since(ingest: Ingest, store: Path) -> None:
    ingest(WITHOUT_PARTNERS)
    whole = ingest(JUNE, 21)
    again = ingest(WITHOUT_PARTNERS)
    assert (again.status, again.snapshot_id) == ("nothing new", whole.snapshot_id)
    assert held_releases.waiting(store) == []
    # Public again on a later day it is a word again, and as doubtful as any.
    with pytest.raises(Held, match="partner_removed"):
        ingest(WITHOUT_PARTNERS, 22)


def test_a_dry_run_knows_what_was_decided(held: str, store: Path) -> None:
    file = store.parent / "june.csv"
    file.write_bytes(WITHOUT_PARTNERS)
    told = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": date(2025, 7, 21)}
    dry = ReleaseRequest(file=file, store=store, dry_run=True, **told)
    assert release.fn(dry, TODAY).status == "would be held"
    approve(store, held)
    assert release.fn(dry, TODAY).status == "would be published"
