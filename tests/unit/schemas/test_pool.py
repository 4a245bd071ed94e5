"""What the page of a backfill over a pool says of each reporter."""

from pathlib import Path

from schemas.forms.pool import Counts, PoolReport, ReporterRun, counts_of
from schemas.forms.watch import InboxState, Taken, WatchReport
from tests.unit.builders import outcome


def looked(**more: object) -> InboxState:
    empty: dict[str, list[Path]] = {name: [] for name in ("ready", "unsettled", "later", "held", "refused")}
    return InboxState.model_validate({**empty, "published": 2, **more})


def run(reporter: str, **more: object) -> ReporterRun:
    return ReporterRun.model_validate({"reporter": reporter, "files": 5, "bytes": 12_345_678, **more})


def counts(**more: object) -> Counts:
    none = {"published": 0, "held": 0, "refused": 0, "failed": 0}
    return Counts.model_validate({**none, **more})


def test_files_are_counted_by_what_became_of_them_now_or_before() -> None:
    file = Path("a.csv")
    report = WatchReport(
        looked=looked(held=[Path("old.csv")], other=[Path("of another.csv")]),
        taken=[
            Taken(file=file, outcome="held", reason="row_cap"),
            Taken(file=file, outcome="refused", reason="a web page"),
            Taken(file=file, outcome="failed", reason="no space"),
            Taken(file=file, outcome="published", reason="2025-06"),
        ],
        outcomes=[outcome()],
        left=[Path("b.csv"), Path("c.csv")],
    )
    assert counts_of(report, "2025-06", "000001-abc").model_dump() == {
        "published": 3, "held": 2, "refused": 1, "failed": 3, "last_month": "2025-06", "snapshot_id": "000001-abc",
        # Files of other reporters are for their own runs.
        "reasons": ["no space", "a web page", "a.csv: row_cap", "waiting for a person: old.csv"],
    }  # fmt: skip


def test_a_row_has_what_the_run_left_and_dashes_where_it_left_nothing() -> None:
    done = run("CHN", ending="done", seconds=61.4, link="http://x/1", counts=counts(published=4, last_month="2025-06"))
    assert [*done.row.values()] == ["CHN", "12.3", "5", "4", "0", "0", "0", "2025-06", "done", "61 s", "http://x/1"]
    gone = run("DEU", ending="crashed", state="Crashed: exited with status code: -9")
    assert [*gone.row.values()][2:] == ["5", "–", "–", "–", "–", "–", "crashed", "–", ""]
    assert (gone.is_broken, gone.reasons) == (True, ["the run crashed: Crashed: exited with status code: -9"])
    assert (run("FRA").is_broken, run("FRA").reasons) == (False, [])


def test_the_headline_has_the_gravest_first_and_a_hold_needs_no_mending() -> None:
    held = run("CHN", ending="done", counts=counts(published=4, held=1, reasons=["cut.csv: row_cap"]))
    crashed = run("DEU", ending="crashed", state="Crashed")
    report = PoolReport(pool="big", runs=[held, crashed], nobodys=["x.csv: no source"], nobodys_files=1)
    assert report.headline == ("Failed on 1 reporter, Held for approval 1, Refused 1, Published 4 files of 1 reporter")
    assert report.troubles == ["x.csv: no source", "DEU: the run crashed: Crashed", "CHN: cut.csv: row_cap"]
    assert report.children == []
    children = [run("CHN", ending="done", run="6f0c"), run("DEU", ending="crashed", run="71aa"), run("FRA")]
    assert PoolReport(pool="big", runs=children).children == ["CHN: run 6f0c, done", "DEU: run 71aa, crashed"]
    assert (report.broken, report.refused, report.held, report.needs_mending) == (1, 1, 1, True)
    assert not PoolReport(pool="big", runs=[held]).needs_mending
    assert PoolReport(pool="big", runs=[held], not_made=["mirror"]).needs_mending
    # A run that came to its end with files that failed.
    assert PoolReport(pool="big", runs=[run("CHN", ending="failed", counts=counts(failed=1))]).broken == 1
    assert PoolReport(pool="big", runs=[run("A"), run("B")], dry_run=True).headline == "Would start 2 runs"
    assert PoolReport(pool="big", runs=[run("A", ending="done", counts=counts())]).headline == "Nothing new"
