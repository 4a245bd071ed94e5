"""A doubtful release waits in the store, is decided about once, and is published only with the findings that were seen.

What a person approved once is not asked again while nothing new speaks for it; what is asked again says why.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, magnets
from bad_inputs.soybeans import in_yuan, records, times

from flows.release import ingest as ingest_release
from flows.release import release
from flows.withdraw import publish_decision
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest, WithdrawalRequest
from tasks.checks.approval import ABOUT_TRADE, APPROVED, Doubt, doubt_of
from tasks.domain.errors import BrokenStore, Held, NotHeld, Rejected
from tasks.inbox import held as held_releases
from tasks.ingest.normalise import Normalised
from tasks.pages.release_page import pages
from tasks.reading import query
from tasks.steps import catalog
from tasks.store.snapshot import current_id
from tests.copied_store import copied

TODAY = date(2025, 8, 1)
NOW = datetime(2025, 8, 2, 9, tzinfo=UTC)
JUNE, WITHOUT_PARTNERS = csv_bytes(CLEAN_RECORDS[:6]), csv_bytes(CLEAN_RECORDS[:1])
MAGNITUDE = "import 12019019 2024-04 value_cny"
Ingest = Callable[..., Outcome]


def _into(store: Path) -> Ingest:
    def ingest(data: bytes, day: int = 20, name: str = "june.csv", *, today: date = TODAY, **declared: Any) -> Outcome:
        file = store.parent / name
        file.write_bytes(data)
        told = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": date(2025, 7, day)}
        return ingest_release(ReleaseRequest(file=file, store=store, **told | declared), today)

    return ingest


def _held(ingest: Ingest, data: bytes, *given: Any, **declared: Any) -> Held:
    with pytest.raises(Held) as raised:
        ingest(data, *given, **declared)
    return raised.value


def _approve(store: Path, release_id: str) -> None:
    held_releases.decide(store, release_id, "approve", "Li Wei", "compared with the site", NOW)


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
    return _into(store)


@pytest.fixture(scope="module")
def doubtful(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store in which June is published and a later release of it is held."""
    folder = tmp_path_factory.mktemp("doubtful") / "reporter=CHN"
    ingest = _into(folder)
    ingest(JUNE)
    return folder, _held(ingest, WITHOUT_PARTNERS, 21).release_id


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
    _approve(store, held)
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
    _approve(store, held)
    kept = held_releases.find(store, held)
    assert kept is not None
    _rewrite(store, held, findings=kept.findings[1:], held_since=date(2025, 7, 30))
    new = kept.findings[0]
    why = (
        f"approved by Li Wei on 2025-08-02, before this was found: {new.check} ({new.subject}). Decide again, about all"
        " of it."
    )
    assert _held(ingest, WITHOUT_PARTNERS, 21).lines[-1] == why
    (again,) = held_releases.waiting(store)
    assert (len(again.findings), again.lines[-1]) == (3, why)
    # It has waited since then, whatever was found today.
    assert again.held_since == date(2025, 7, 30)


def test_what_waits_longest_comes_first_and_is_asked_for_again_as_it_was_declared(
    ingest: Ingest, held: str, store: Path
) -> None:
    told = {"reporter": "CHN", "products": ["85051110"], "months": "2025-05..2025-06", "title": "d"}
    last = _held(ingest, csv_bytes([magnets()]), 23, "part.csv", today=date(2025, 8, 2), **told).release_id
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
        _approve(store, held)
    (store / kept.raw).unlink()
    with pytest.raises(BrokenStore, match=f"{kept.raw}: no such file. Restore it"):
        _approve(store, held)
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
    normalise = catalog.normalise

    def otherwise(*given: Any) -> Normalised:
        read = normalise(*given)
        return read._replace(detail=read.detail.with_columns(pl.col("value") + 1))

    monkeypatch.setattr(catalog, "normalise", otherwise)
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
    _approve(store, held)
    assert release.fn(dry, TODAY).status == "would be published"


def year_to(month: int, digit: int = 10, of: int = 4) -> bytes:
    """Soybeans from January to a month, with a digit too many in one month."""
    return in_yuan(records(months=range(1, month + 1), change=times(digit, digit, months=[of])))


def _soybeans(store: Path) -> Ingest:
    ingest = _into(store)

    def of_day(data: bytes, day: int, partners: str = "all") -> Outcome:
        return ingest(
            data, name=f"soybeans-{day}.csv", flow="import", partners=partners, released_on=date(2025, 2, day)
        )

    return of_day


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store in which a person approved the month with the digit."""
    folder = tmp_path_factory.mktemp("answered") / "reporter=CHN"
    ingest = _soybeans(folder)
    asked = _held(ingest, year_to(8), 1)
    _approve(folder, asked.release_id)
    assert ingest(year_to(8), 1).status == "published"
    return folder, asked.release_id


@pytest.fixture
def approved(answered: tuple[Path, str], store: Path) -> str:
    copied(answered[0], store.parent)
    return answered[1]


def test_the_next_issue_of_the_same_month_is_not_asked_about(store: Path, approved: str) -> None:
    for month, day in ((9, 2), (10, 3)):
        outcome = _soybeans(store)(year_to(month), day)
        assert outcome.status == "published"
        (said,) = query.query(store, "finding").filter(release_id=outcome.release_id, check="approved")["observed"]
        assert said == f"approved by Li Wei: compared with the site (asked about {approved})"
    assert held_releases.waiting(store) == []


@pytest.mark.parametrize(
    ("data", "partners", "withdrawn"),
    [
        (year_to(9, digit=11), "all", False),
        (year_to(9, of=6), "all", False),
        (year_to(9), "listed", False),
        (year_to(9), "all", True),
    ],
    ids=["another number", "another month", "another query", "what was withdrawn is no answer"],
)
def test_anything_new_is_asked_about(store: Path, approved: str, data: bytes, partners: str, withdrawn: bool) -> None:
    if withdrawn:
        told = WithdrawalRequest(release_id=approved, store=store, by="Li Wei", reason="a digit after all")
        publish_decision(told, TODAY)
    lines = _held(_soybeans(store), data, 2, partners).lines
    assert any("magnitude" in line and (MAGNITUDE in line or not withdrawn) for line in lines)


@pytest.mark.parametrize(
    ("check", "observed", "same"),
    [
        ("magnitude", "82,899; the least of 3 other months is 5 times as much", "82,899"),
        ("row_cap", "10,000 records", "10,000 records"),
        ("partners_missing", "no row for USA, CAN, 42.7% of the twelve months before", "no row for USA, CAN"),
        ("one_province", "all 1,812 records have province 33", " have province 33"),
        ("unknown_partners", "6.12% of value_usd", " value_usd"),
        ("total_differs", "- prints 5, its 2 parts in a.json add up to 4", "- prints 5, its 2 parts add up to 4"),
        ("unit_value", "102.6 USD/kg (4 such numbers of partners)", "102.6 USD/kg"),
    ],
)
def test_a_doubt_is_what_was_observed_of_the_trade(check: str, observed: str, same: str) -> None:
    assert doubt_of(check, "a.csv 2025-01", observed, "a.csv") == Doubt(check, " 2025-01", same)


def test_doubts_about_a_file_are_new_with_each_file() -> None:
    of_files = {"row_cap", "no_last_page", "pasted_records", "another_month", "numbers_of_other_flow", "quarantined"}
    assert not of_files & ABOUT_TRADE.keys()
    assert APPROVED not in ABOUT_TRADE
