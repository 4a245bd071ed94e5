"""What lies in the inbox is ingested once, whole, in order; and the calendar says what is missing."""

import contextvars
import os
import shutil
import signal
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bad_inputs.download import csv_bytes

from flows import announce
from flows import watch as watch_flow
from flows.release import release
from flows.watch import Taking, watch
from flows.withdraw import withdraw
from schemas.forms.request import ReleaseRequest, WithdrawalRequest
from schemas.forms.watch import WatchReport, WatchRequest
from schemas.reference.code_tables import code_table
from tasks.inbox import held, inbox
from tasks.pages.release.release_page import Pages
from tests.unit.dropped_files import JUNE, download, inbox_in, month

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

DAY = date(2026, 1, 10)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return inbox_in(tmp_path)


def look(home: Path, day: date = DAY, **more: object) -> WatchReport:
    request = {"inbox": home / "inbox", "store": home / "reporter=CHN", "settle_seconds": 0, **more}
    return watch.fn(WatchRequest.model_validate(request), day)


def test_everything_new_is_ingested_oldest_first_and_nothing_twice(home: Path) -> None:
    download(home, "a.csv", month(7), "2025-08-20")
    download(home, "b.csv", month(6), "2025-07-20")
    # A late run does its own month, and the next run the next.
    early = look(home, date(2025, 7, 20), store=home / "other")
    assert (early.headline, [path.name for path in early.looked.later]) == ("Published 2025-06", ["a.csv"])
    assert look(home, date(2025, 8, 20), store=home / "other").headline == "Published 2025-07"
    report = look(home)
    assert [outcome.title for outcome in report.outcomes] == [row["file"] for row in report.rows] == ["b.csv", "a.csv"]
    assert report.headline == "Published 2025-06 to 2025-07"
    shutil.copy(home / "inbox/gacc_query/export/b.csv", home / "inbox/gacc_query/export/same bytes.csv")
    again = look(home)
    assert (again.headline, again.looked.published, again.outcomes) == ("Nothing new", 3, [])


def test_a_refused_file_is_reported_once_and_tried_again_when_it_is_mended(home: Path) -> None:
    file = download(home, "june.csv", b"<html>captcha</html>\n")
    (home / "inbox" / "july.csv").write_bytes(month(7))
    report = look(home)
    assert report.headline == "Refused 2"
    # From the folder in which both lie.
    assert sorted(row["file"] for row in report.rows) == ["gacc_query/export/june.csv", "july.csv"]
    note = file.with_name("june.csv.refused.txt")
    assert "web page" in note.read_text()
    again = look(home)
    assert again.headline == "Nothing new"
    assert again.looked.waiting == ["refused before and unchanged: june.csv, july.csv"]
    # What was declared nowhere is taken when it is declared.
    (home / "inbox" / "july.csv.toml").write_text('source = "gacc_query"\nflow = "export"\n')
    file.write_bytes(month(6))
    assert look(home).headline == "Published 2025-06 to 2025-07"
    assert not note.exists()
    assert look(home).looked.waiting == []


@pytest.mark.parametrize("is_link", [False, True])
def test_a_pipe_is_refused_and_never_read(home: Path, is_link: bool) -> None:
    """Reading one waits for a writer without end."""
    folder = home / "inbox" / "gacc_query" / "export"
    pipe = home / "pipe" if is_link else folder / "june.csv"
    os.mkfifo(pipe)
    if is_link:
        (folder / "june.csv").symlink_to(pipe)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(30)
    try:
        report = look(home)
    finally:
        signal.alarm(0)
    (line,) = report.refused
    assert line.startswith(
        f"{folder / 'june.csv'}: a pipe or a device, which is no file. Save its content as a file, and give that."
    )
    assert not [*folder.glob(f"*{inbox.NOTE}")]


def test_a_held_release_is_held_once_and_an_approved_one_is_taken(home: Path) -> None:
    download(home, "june.csv", month(6), "2025-07-20")
    download(home, "june again.csv", csv_bytes(JUNE[:1]), "2025-07-21")
    assert look(home).headline == "Held for approval, Published 2025-06"
    report = look(home)
    assert report.headline == "Nothing new"
    assert report.looked.waiting == ["waiting for a person: june again.csv"]
    (kept,) = held.waiting(home / "reporter=CHN")
    now = datetime(2025, 7, 22)
    held.decide(home / "reporter=CHN", kept.release_id, "reject", "Li Wei", "cut off", now)
    assert look(home).headline == "Nothing new"
    held.decide(home / "reporter=CHN", kept.release_id, "approve", "Li Wei", "really", now)
    assert look(home).headline == "Published 2025-06"


def test_a_dry_run_says_what_it_would_do_and_makes_no_store(home: Path) -> None:
    download(home, "june.csv", month(6))
    download(home, "cut off.csv", month(6)[:200])
    before = sorted(home.rglob("*"))
    report = look(home, dry_run=True)
    assert report.headline == "Refused 1, Would publish 2025-06"
    outcomes = {row["file"]: row["outcome"] for row in report.rows}
    assert outcomes == {"cut off.csv": "refused", "june.csv": "would be published"}
    assert look(home, flow="import").headline == "Nothing new"
    assert sorted(home.rglob("*")) == before
    assert look(home).headline == report.headline.replace("Would publish", "Published")


def test_what_no_source_reads_is_here_with_the_figures_collected_of_it(home: Path) -> None:
    """Or it would be overdue for ever: there is no file of it that could be dropped."""
    report = look(home, date(2025, 7, 23), kinds=["preliminary", "bulletin", "query"])
    assert report.headline == "Overdue 9 days"
    assert [(late.source, late.days_late) for late in report.late] == [
        ("gacc_query", 3), ("gacc_preliminary", 9), ("gacc_bulletin", 5),
    ]  # fmt: skip
    assert [line.split()[0] for line in report.lines_of_sources] == ["gacc_query", "gacc_preliminary", "gacc_bulletin"]
    figures = home / "inbox" / "published" / "export" / "printed.csv"
    figures.parent.mkdir(parents=True)
    row = "export,85051110,WLD,2025-06,quantity,3188,t,2025-07-{},A,https://a.example,\n"
    header = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note\n"
    for kind, due in (("preliminary", "14"), ("bulletin", "18")):
        store = {"store": home / kind, "kinds": [kind]}
        figures.write_text(header + row.format(due), encoding="utf-8")
        assert look(home, date(2025, 7, 23), **store).headline == "Published 2025-06"
        assert look(home, date(2025, 8, 23), **store).headline.startswith("Overdue")
    assert look(home, date(2025, 7, 23), store=home / "bulletin", kinds=["query"]).headline == "Overdue 3 days"
    (line,) = look(home, date(2039, 7, 23), store=home / "bulletin", kinds=["query"]).lines_of_sources
    assert "no query release for 2039" in line


def test_the_calendar_has_each_month_once_for_each_kind_and_nothing_in_february() -> None:
    every = code_table("release_calendar")
    rows = every.filter(every["kind"].is_in(["preliminary", "bulletin", "query"]))
    assert rows.height == rows.select("year", "month", "kind").n_unique() == 12 * 3 * rows["year"].n_unique()
    assert not rows.filter(rows["expected_on"].str.slice(5, 2) == "02").height


def test_links_are_followed_and_what_lies_in_a_store_or_a_hidden_folder_is_no_download(home: Path) -> None:
    """Whoever fills a store inside the folder of downloads must not read the store; thrown away is thrown away."""
    folder = home / "inbox" / "gacc_query" / "export"
    download(home, "june.csv", month(6))
    (home / "archive").mkdir()
    (home / "archive" / "may.csv").write_bytes(month(5))
    (folder / "archive").symlink_to(home / "archive")
    (folder / "round").symlink_to(home / "inbox")
    (folder / "defaults.toml").write_text('source = "gacc_query"\nflow = "export"\npartners = "all"\n')
    for name in (".Trash-1000/files/gacc_query/export", ".stversions/gacc_query/export"):
        (home / "inbox" / name).mkdir(parents=True)
        (home / "inbox" / name / "july.csv").write_bytes(month(7))

    def times() -> dict[Path, int]:
        return {path: path.lstat().st_mtime_ns for path in home.rglob("*") if path.name not in ("tmp", "lock")}

    for store in (home / "inbox" / "reporter=CHN", home / "elsewhere"):
        assert look(home, store=store).headline == "Published 2025-05 to 2025-06"
        before = times()
        assert look(home, store=store).headline == "Nothing new"
        assert times() == before
    (folder / "gone.csv").symlink_to(home / "nothing.csv")
    (line,) = look(home, store=home / "elsewhere").refused
    assert "gone.csv: a link that leads to no file" in line


def test_files_that_cannot_be_read_or_beside_which_no_note_can_be_left_hold_up_nobody(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = b"<html>captcha</html>\n"
    download(home, "july.csv", month(7))
    strange = download(home, "page.csv", page)
    strange.rename(os.fsdecode(os.fsencode(strange.parent) + "/六月.csv".encode("gb18030")))
    long, shut, gone, unreadable = (
        download(home, f"{name}.csv", page) for name in ("页" * 82, "shut", "later gone", "unread")
    )
    replace, read = Path.replace, Path.read_bytes

    def no_note(path: Path, target: Path) -> Path:
        if target.name == f"{shut.name}{inbox.NOTE}":
            raise PermissionError(13, "Permission denied", str(path))
        return replace(path, target)

    def unread(path: Path) -> bytes:
        if path == unreadable:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "replace", no_note)
    monkeypatch.setattr(Path, "read_bytes", unread)
    monkeypatch.setattr(held, "find", lambda *asked: gone.unlink(missing_ok=True))
    report = look(home)
    assert report.headline == "Refused 5, Published 2025-07"
    reasons = {one.file.name: one.reason for one in report.taken if one.outcome == "refused"}
    assert {name for name, reason in reasons.items() if "No note could be left" in reason} == {long.name, shut.name}
    assert all(one.name in reasons[one.name] for one in (long, shut, gone, unreadable))
    # What has a note is told once; the others each time, until they can be read or are gone.
    assert look(home).headline == "Refused 3"


def test_a_file_that_cannot_be_read_gets_no_run_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run costs seconds: thousands of broken files would keep the watch from its end."""
    for number in range(30):
        download(home, f"{number}.csv", f"{number}".encode())
    download(home, "page.csv", b"<html>captcha</html>\n" * 10_000)
    download(home, "june.csv", month(6))
    runs: list[str] = []

    class Run:
        """Where a Prefect run would be."""

        fn = staticmethod(release.fn)

        def __call__(self, request: ReleaseRequest) -> Any:
            runs.append(request.file.name)
            return contextvars.Context().run(release.fn, request)

    inside = contextvars.ContextVar("inside", default=False)
    monkeypatch.setattr("flows.watch.release", Run())
    monkeypatch.setattr("flows.watch.FlowRunContext", SimpleNamespace(get=lambda: inside.get() or None))
    inside.set(True)
    report = look(home)
    assert report.headline == "Refused 31, Published 2025-06"
    assert sorted(runs) == ["june.csv", "page.csv"]
    assert len([*home.rglob("*.refused.txt")]) == 31


def test_what_the_store_says_of_a_file_is_not_noted_as_its_fault(home: Path) -> None:
    download(home, "june.csv", month(6))
    assert look(home).headline == "Published 2025-06"
    columns = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"
    figure = "export,85051110,USA,2025-07,quantity,1000,kg,2025-08-20,X,https://x.org/1,"
    other = download(home, "july.csv", f"{columns}\n{figure}\n".encode())
    other.with_name("july.csv.toml").write_text('source = "published"\nreporter = "JPN"\n')
    report = look(home)
    assert (report.headline, [*home.rglob("*.refused.txt")]) == ("Refused 1", [])
    assert "Give the folder above it" in report.refused[0]
    (home / "inbox/gacc_query/export/june.csv").unlink()
    assert look(home, store=home / "another").headline == "Published 2025-07"


def test_a_file_that_was_completed_while_it_was_refused_is_tried_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = download(home, "june.csv", b"<html>captcha</html>\n")

    def completed(request: ReleaseRequest) -> None:
        try:
            release.fn(request)
        finally:
            file.write_bytes(month(6))

    with monkeypatch.context() as patched:
        patched.setattr(Taking, "_release", lambda taking, path, batch: completed(taking._request(path, taking.store)))
        assert look(home).headline == "Refused 1"
    assert look(home).headline == "Published 2025-06"


def test_each_event_has_one_message_and_a_broken_file_leaves_its_watch_green(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Watches over files, two of them broken, one held, and a withdrawal, as a server gets to hear of them."""
    told = list[tuple[str, str]]()
    quiet = SimpleNamespace(**dict.fromkeys(("write_files", "write_sources", "write_held"), lambda *_: None))
    quiet.write = lambda store, outcome, **_: Pages(outcome.title, "", [], [], [], [], 0)
    is_inside = contextvars.ContextVar("is_inside", default=None)
    is_inside.set(True)
    inside = SimpleNamespace(get=is_inside.get)

    def answer(request: ReleaseRequest) -> Any:
        state = release.fn(request)
        if isinstance(state.data, Exception):
            raise state.data
        return state.data

    for name, other in (
        ("FlowRunContext", inside),
        ("prefect_pages", quiet),
        ("rename", lambda name: None),
        ("event_of_the_week", announce.event),
        ("emit_event", lambda name, resource, payload: told.append((name[19:], payload["subject"]))),
    ):
        monkeypatch.setattr(announce, name, other)
    monkeypatch.setattr(watch_flow, "FlowRunContext", inside)
    answer.fn = release.fn
    monkeypatch.setattr(watch_flow, "release", answer)

    def told_of(state: Any) -> tuple[str, str, list[str]]:
        names = sorted(name for name, _ in told)
        assert len({*told}) == len(told), "no message repeats another one"
        told.clear()
        return state.type.name, state.name, names

    for number in (5, 6):
        download(home, f"{number}.csv", month(number), f"2025-{number + 1:02d}-20")
    for name, data in (("page.csv", b"<html>captcha</html>\n"), ("cut.csv", month(6)[:-9])):
        download(home, name, data)
    download(home, "held.csv", csv_bytes(JUNE[:1]), "2025-07-21")
    first = look(home, date(2025, 8, 1))
    name = "Held for approval, Refused 2, Published 2025-05 to 2025-06"
    assert told_of(first) == ("COMPLETED", name, ["held", "published", "published", "refused"])
    assert told_of(look(home, date(2025, 8, 1)))[2] == []
    download(home, "july.csv", month(7), "2025-08-20")
    assert told_of(look(home, date(2025, 8, 20))) == ("COMPLETED", "Published 2025-07", ["published"])
    one = first.data.outcomes[0].release_id
    asked = {"by": "Li Wei", "reason": "wrong", "store": home / "reporter=CHN", "release_id": one}
    state = withdraw.fn(WithdrawalRequest.model_validate(asked), date(2025, 8, 21))
    assert told_of(state) == ("COMPLETED", "Withdrawn 2025-05", ["withdrawn"])
