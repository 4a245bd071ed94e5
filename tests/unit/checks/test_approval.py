"""A doubtful release waits in the store, is decided about once, and is published only with the findings that were seen."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import (
    CLEAN_RECORDS,
    TITLES,
    VALUE,
    csv_bytes,
    distinct_records,
    each,
    in_month,
    magnets,
    with_field,
)
from typer.testing import CliRunner

from flows.cli.app import app
from flows.release import ingest as ingest_release
from flows.release import release
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest
from tasks.checks import approval
from tasks.domain.errors import BrokenStore, Held, NotHeld, Rejected
from tasks.ingest import held as held_releases
from tasks.ingest.normalise import Normalised
from tasks.reports import query
from tasks.reports.release_page import pages
from tasks.steps import catalog
from tasks.store.snapshot import current_id
from tests.copied_store import copied

TODAY = date(2025, 8, 1)
NOW = datetime(2025, 8, 2, 9, tzinfo=UTC)
JUNE = csv_bytes(CLEAN_RECORDS[:6])
JUNE_WITHOUT_PARTNERS = csv_bytes(CLEAN_RECORDS[:1])
Ingest = Callable[..., Outcome]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "reporter=CHN"


@pytest.fixture
def ingest(store: Path) -> Ingest:
    return _into(store)


def _into(store: Path) -> Ingest:
    def ingest(data: bytes, day: int = 20, name: str = "june.csv") -> Outcome:
        file = store.parent / name
        file.write_bytes(data)
        request = ReleaseRequest(
            file=file, store=store, source="gacc_query", flow="export", partners="all", released_on=date(2025, 7, day)
        )
        return ingest_release(request, TODAY)

    return ingest


def _hold(ingest: Ingest) -> str:
    ingest(JUNE)
    with pytest.raises(Held, match="partner_removed") as raised:
        ingest(JUNE_WITHOUT_PARTNERS, 21)
    return raised.value.release_id


@pytest.fixture(scope="module")
def doubtful(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store in which June is published and a later release of it is held."""
    folder = tmp_path_factory.mktemp("doubtful") / "reporter=CHN"
    return folder, _hold(_into(folder))


@pytest.fixture
def held(doubtful: tuple[Path, str], store: Path) -> str:
    """The release that is held in `store`, a copy of the doubtful one."""
    copied(doubtful[0], store.parent)
    return doubtful[1]


def test_a_file_of_exactly_ten_thousand_rows_is_held_with_the_finding_named(ingest: Ingest, store: Path) -> None:
    with pytest.raises(Held, match="row_cap"):
        ingest(csv_bytes(distinct_records(10_000)))
    (kept,) = held_releases.waiting(store)
    assert [entry.check for entry in kept.findings] == ["row_cap"]
    assert (kept.title, kept.flow, kept.partners, kept.held_since) == ("june.csv", "export", "all", TODAY)
    assert (store / kept.raw).read_bytes() == csv_bytes(distinct_records(10_000))
    assert current_id(store) is None


def test_an_approval_publishes_from_the_raw_bytes_and_stands_among_the_findings(
    ingest: Ingest, held: str, store: Path, tmp_path: Path
) -> None:
    (tmp_path / "june.csv").write_bytes(b"something else by now")
    decided = held_releases.decide(store, held, "approve", "Li Wei", "compared with the site", NOW)
    with held_releases.reopened(store, decided) as request:
        outcome = ingest_release(request, TODAY)
    assert (outcome.status, outcome.release_id, outcome.title) == ("published", held, "june.csv")
    found = query.query(store, "finding").filter(release_id=held)
    (row,) = found.filter(check="approved").to_dicts()
    assert (row["severity"], row["observed"]) == ("info", "approved by Li Wei: compared with the site")
    assert found.filter(severity="error").height == 3
    # The page that is read first names them too, in the summary of a release that was published although held.
    doubts = [check for severity, check in found["severity", "check"].iter_rows() if severity != "info"]
    assert f"**Doubts: {len(doubts)}** (" in pages(store, outcome).summary
    assert f"partner_removed {doubts.count('partner_removed')}" in pages(store, outcome).summary
    assert held_releases.waiting(store) == []
    trail = query.query(store, "lineage").filter(release_id=held)
    assert "hold_on_errors" in trail["step"]
    assert not any("2025-08-02" in text for text in [*found["observed"], *trail["parameters"]])
    assert ingest(JUNE_WITHOUT_PARTNERS, 21).status == "nothing new"


def test_whichever_of_two_years_comes_again_nothing_is_new(ingest: Ingest) -> None:
    """A release makes the revisions of the year after it anew; a file without rows that was there is there again."""
    years = [
        csv_bytes([row for month in range(1, 13) for row in in_month(f"{year}{month:02d}", CLEAN_RECORDS[:3])])
        for year in (2023, 2024)
    ]
    published = [ingest(data, day).snapshot_id for day, data in enumerate(years, start=10)]
    again = [ingest(data, day) for _ in range(2) for day, data in enumerate(years, start=10)]
    assert [(one.status, one.snapshot_id) for one in again] == [("nothing new", published[-1])] * 4


def test_what_is_published_keeps_its_day_and_its_numbers_whatever_comes_again(
    ingest: Ingest, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known again under another day, or read otherwise, the ledger would say what no published detail says."""
    before = ingest(JUNE).snapshot_id
    again = ingest(JUNE, 30)
    assert (again.status, again.snapshot_id) == ("nothing new", before)
    (line,) = again.warnings
    assert "published already, as of 2025-07-20; expected a release of 2025-07-30" in line
    normalise = catalog.normalise

    def otherwise(*given: Any) -> Normalised:
        read = normalise(*given)
        return read._replace(detail=read.detail.with_columns(pl.col("value") + 1))

    monkeypatch.setattr(catalog, "normalise", otherwise)
    again = ingest(JUNE)
    assert (again.status, again.snapshot_id) == ("nothing new", before)
    assert "24 numbers are read otherwise than when they were published" in again.warnings[0]


def test_what_is_published_is_not_held_for_what_was_published_since(ingest: Ingest, store: Path) -> None:
    ingest(JUNE_WITHOUT_PARTNERS)
    whole = ingest(JUNE, 21)
    again = ingest(JUNE_WITHOUT_PARTNERS)
    assert (again.status, again.snapshot_id) == ("nothing new", whole.snapshot_id)
    assert held_releases.waiting(store) == []
    # Public again on a later day it is a word again, and as doubtful as any.
    with pytest.raises(approval.Held, match="partner_removed"):
        ingest(JUNE_WITHOUT_PARTNERS, 22)


def test_a_rejection_leaves_every_published_byte_and_is_remembered(ingest: Ingest, held: str, store: Path) -> None:
    before = {
        path: path.lstat().st_mtime_ns for path in store.rglob("*") if "held" not in path.parts and path.name != "tmp"
    }
    # In the evening of London it is the next day where everything else is dated.
    held_releases.decide(store, held, "reject", "Li Wei", "cut off", NOW.replace(hour=20))
    assert before == {path: path.lstat().st_mtime_ns for path in before}
    assert held_releases.waiting(store) == []
    with pytest.raises(Rejected, match="rejected by Li Wei on 2025-08-03: cut off"):
        ingest(JUNE_WITHOUT_PARTNERS, 21)


def test_an_approval_of_other_findings_is_no_approval(ingest: Ingest, held: str, store: Path) -> None:
    held_releases.decide(store, held, "approve", "Li Wei", "fine", NOW)
    place = store / "held" / f"{held}.json"
    kept = json.loads(place.read_text())
    place.chmod(0o644)
    place.write_text(json.dumps({**kept, "findings": kept["findings"][:1], "held_since": "2025-07-30"}))
    with pytest.raises(Held):
        ingest(JUNE_WITHOUT_PARTNERS, 21)
    (again,) = held_releases.waiting(store)
    assert len(again.findings) == 3
    # It has waited since then, whatever was found today.
    assert again.held_since == date(2025, 7, 30)


def test_what_waits_longest_comes_first_and_is_asked_for_again_as_it_was_declared(
    ingest: Ingest, store: Path, tmp_path: Path
) -> None:
    ingest(JUNE)
    file = tmp_path / "part.csv"
    # Since which day of August it waits, which day of July it is of, and its title.
    for number, (since, day, title) in enumerate(((3, 22, "a"), (3, 21, "c"), (3, 21, "b"), (2, 23, "d"))):
        file.write_bytes(csv_bytes(with_field(VALUE, f"2,736,00{number}", 0, CLEAN_RECORDS[:1])))
        request = ReleaseRequest(
            file=file, store=store, source="gacc_query", reporter="CHN", flow="export", partners="all", products=["85051110"],
            months="2025-05..2025-06", released_on=date(2025, 7, day), title=title,
        )  # fmt: skip
        with pytest.raises(Held):
            ingest_release(request, date(2025, 8, since))
    waits = held_releases.waiting(store)
    assert [(entry.held_since.day, entry.released_on.day, entry.title) for entry in waits] == [
        (2, 23, "d"), (3, 21, "b"), (3, 21, "c"), (3, 22, "a"),
    ]  # fmt: skip
    with held_releases.reopened(store, waits[0]) as again:
        assert again.model_dump(exclude={"file"}) == request.model_dump(exclude={"file"})
        assert again.file.read_bytes() == file.read_bytes()


@pytest.mark.parametrize(("by", "reason"), [("Li Wei", " "), ("\t", "fine")])
def test_a_decision_needs_a_name_and_a_reason(held: str, store: Path, by: str, reason: str) -> None:
    with pytest.raises(ValueError, match="a decision needs a name and a reason"):
        held_releases.decide(store, held, "approve", by, reason, NOW)
    assert [entry.decision for entry in held_releases.waiting(store)] == [None]


def test_an_approval_holds_where_a_doubt_that_was_seen_is_gone(ingest: Ingest, store: Path) -> None:
    """The same months in yuan, approved first, take back the world that both contradict: its kilograms are no doubt any more."""
    world = [(*record[:3], *record[5:]) for record in [magnets(quantity="9000000", value="513,000,000")]]
    ingest(csv_bytes(world, (*TITLES[:3], *TITLES[5:])))
    times_seven = each(VALUE, lambda usd: f"{int(usd.replace(',', '')) * 7:,}", CLEAN_RECORDS[:6])
    yuan = csv_bytes(times_seven, (*TITLES[:-1], "人民币"))
    held = []
    for name, data in (("usd.csv", JUNE), ("cny.csv", yuan)):
        with pytest.raises(Held) as raised:
            ingest(data, 21, name)
        held.append(raised.value)
    assert [len(doubts.lines) for doubts in held] == [2, 1]
    for doubts, (name, data) in zip(held[::-1], (("cny.csv", yuan), ("usd.csv", JUNE)), strict=True):
        held_releases.decide(store, doubts.release_id, "approve", "Li Wei", "the world is older", NOW)
        assert ingest(data, 21, name).status == "published"


@pytest.mark.parametrize("name", ["gacc_query-000000000000", "../../etc/passwd", ""])
def test_a_decision_about_nothing_is_refused(store: Path, name: str) -> None:
    with pytest.raises(NotHeld):
        held_releases.decide(store, name, "reject", "Li Wei", "why not", NOW)


def test_what_is_published_is_not_decided_about_and_waits_no_more(held: str, store: Path) -> None:
    place = store / "held" / f"{held}.json"
    kept = place.read_bytes()
    decided = held_releases.decide(store, held, "approve", "Li Wei", "fine", NOW)
    with held_releases.reopened(store, decided) as request:
        ingest_release(request, TODAY)
    approved = place.read_bytes()
    for verdict in ("reject", "approve"):
        with pytest.raises(NotHeld, match="is published; tidewaiter withdraw"):
            held_releases.decide(store, held, verdict, "Li Wei", "after all", NOW)
    assert place.read_bytes() == approved
    # As it was before the decision: a release may also be published because a later one took its doubt away.
    place.chmod(0o644)
    place.write_bytes(kept)
    assert held_releases.waiting(store) == []


def test_bytes_that_are_gone_are_not_approved(held: str, store: Path) -> None:
    kept = held_releases.find(store, held)
    assert kept is not None
    (store / kept.raw).unlink()
    with pytest.raises(BrokenStore, match=f"{kept.raw}: no such file. Restore it"):
        held_releases.decide(store, held, "approve", "Li Wei", "fine", NOW)
    assert [entry.decision for entry in held_releases.waiting(store)] == [None]
    assert held_releases.decide(store, held, "reject", "Li Wei", "gone", NOW).decision is not None


def test_other_bytes_than_those_that_were_judged_are_not_approved(held: str, store: Path) -> None:
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
        held_releases.decide(store, held, "approve", "Li Wei", "fine", NOW)
    assert current_id(store) == before


def test_what_is_published_are_the_bytes_that_were_compared(held: str, store: Path) -> None:
    """Also where somebody changes the file between that and its landing."""
    decided = held_releases.decide(store, held, "approve", "Li Wei", "fine", NOW)
    with held_releases.reopened(store, decided) as request:
        (store / decided.raw).chmod(0o644)
        (store / decided.raw).write_bytes(JUNE)
        assert ingest_release(request, TODAY).release_id == held
    assert (store / decided.raw).read_bytes() == JUNE_WITHOUT_PARTNERS


def test_a_foreign_paper_among_the_held_is_named(held: str, store: Path) -> None:
    (store / "held" / "notes.json").write_text('{"by": "somebody"}')
    with pytest.raises(BrokenStore, match=r"notes\.json: no release that Tidewaiter has held"):
        held_releases.waiting(store)
    told = CliRunner().invoke(app, ["held", "--store", str(store)])
    assert (told.exit_code, type(told.exception)) == (2, SystemExit)
    assert "notes.json: no release that Tidewaiter has held" in told.output


def test_a_rehearsal_knows_what_was_decided_and_when_bytes_came_first(
    ingest: Ingest, store: Path, tmp_path: Path
) -> None:
    """The words of a rehearsal are those of the release that follows it."""
    file = tmp_path / "may.csv"
    file.write_bytes(csv_bytes(in_month("202505", CLEAN_RECORDS[:6])))
    request = ReleaseRequest(file=file, store=store, source="gacc_query", flow="export", partners="all")
    assert release.fn(request, TODAY).status == "published"
    later = date(2025, 9, 1)
    assert release.fn(request.model_copy(update={"dry_run": True}), later).status == "nothing new"
    assert release.fn(request, later).status == "nothing new"
    release_id = _hold(ingest)
    again = ReleaseRequest(
        file=tmp_path / "june.csv", store=store, source="gacc_query", flow="export", partners="all",
        released_on=date(2025, 7, 21), dry_run=True,
    )  # fmt: skip
    assert release.fn(again, TODAY).status == "would be held"
    held_releases.decide(store, release_id, "approve", "Li Wei", "fine", NOW)
    assert release.fn(again, TODAY).status == "would be published"
    assert release.fn(again.model_copy(update={"dry_run": False}), TODAY).status == "published"
