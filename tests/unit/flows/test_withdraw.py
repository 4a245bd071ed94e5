"""A wrong release is put right: it is withdrawn, which may be taken back, or the same query lands once more on its day.

What replaces what, and what counts on which day: `tests/unit/domain/test_decisions.py`,
`tests/unit/ledger/test_epochs.py`.
"""

import json
import random
import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets
from typer.testing import CliRunner

from flows import notify
from flows.backfill import backfill
from flows.cli.app import app
from schemas.forms.watch import BackfillRequest
from schemas.questions.contents import Contents
from schemas.settings import WATCH_LIST
from tasks.answers.inventory.contents import contents
from tasks.answers.inventory.sources import source_states
from tasks.domain.clock import today
from tasks.domain.errors import Held, Refused
from tasks.lineage.audit import audit
from tasks.lineage.point import Point
from tasks.lineage.trace import Tracer
from tasks.reading import query
from tasks.store.snapshots.parquet import DERIVATION_KEY, read_table
from tests.unit.customs import CHILE, DAY, GERMANY, LATER, MAY, NEXT, OTHER, RIGHT, USA, Store, figures_of, same_figures

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

WRONG = csv_bytes([*MAY, magnets("502", "999000", "56,943,000")])
BACK = date(2025, 9, 5)
JUNE_OF_USA = Point("export", "85051110", "USA", "quantity_kg", 2025 * 12 + 5)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def two_days(store: Store) -> tuple[str, str]:
    """The right file, and a day later one with a wrong number and without Germany."""
    first = store.ingest(RIGHT).release_id
    with pytest.raises(Held) as held:
        store.ingest(WRONG, NEXT, released_on=NEXT)
    return first, store.approve(held.value.release_id, NEXT).release_id


def run(*arguments: object) -> tuple[int, str]:
    """The exit code of a command, and what it says."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, " ".join((done.stdout + done.stderr).split())


def derivations(store: Store) -> dict[tuple[str, str], dict[str, Any]]:
    """What each published file says that it was made from."""
    snapshot = store.snapshot
    return {
        (entry.table, entry.partition): json.loads(pl.read_parquet_metadata(snapshot.path / entry.path)[DERIVATION_KEY])
        for entry in snapshot.files
    }


TOLD = {"kind": "withdrawn", "decided_on": "2025-09-01", "decided_by": "Li Wei", "reason": "wrong file"}


def test_the_numbers_of_a_withdrawn_release_end_the_days_before_stay_and_it_can_be_undone(store: Store) -> None:
    alone = Store(store.folder / "alone")
    alone.ingest(RIGHT)
    first, wrong = two_days(store)
    before = figures_of(store)
    assert [name for name, made in derivations(store).items() if "decisions" in made] == []
    outcome = store.withdraw(wrong, LATER)
    assert (outcome.status, outcome.release_id) == ("published", wrong)
    assert store.words() == [(353_000, DAY, NEXT), (999_000, NEXT, LATER), (353_000, LATER, None)]
    assert store.words("DEU") == [(764_000, DAY, NEXT), (764_000, LATER, None)]
    days = (DAY, NEXT, date(2025, 8, 31), LATER)
    assert [store.kilograms(as_of=day) for day in days] == [[353_000], [999_000], [999_000], [353_000]]
    assert [store.kilograms("WLD", as_of=day) for day in (NEXT, LATER)] == [[999_000], [1_117_000]]
    assert same_figures(store, alone)
    # A number that stands again is traced to the file that says it, and the trace names the decision.
    found = Tracer(store.snapshot, "export", "85051110").trace(JUNE_OF_USA, "level")
    (said,) = found.operands[0].numbers
    assert (said.value, said.reported, said.read, found.agrees) == (353_000, 353_000, 353_000, True)
    assert found.decisions == [f"{wrong} (june.csv): withdrawn on 2025-09-01 by Li Wei: wrong file"]
    # The files of months name it too. Figures are not made from the release; the ledger keeps its days.
    made_of = derivations(store)
    of_months = {name for name in made_of if name[0] in ("metric", "record_level", "observation", "trade_flow")}
    assert len(of_months) >= 8
    assert [name for name in of_months if made_of[name]["decisions"] != [{"release_id": wrong, **TOLD}]] == []
    june = next(partition for table, partition in made_of if table == "metric" and partition.endswith("6"))
    for table, names in (("metric", [first]), ("observation", sorted([first, wrong]))):
        assert sorted(one["release_id"] for one in made_of[table, june]["inputs"]) == names
    columns = (
        "partner",
        "kind",
        "old_value",
        "new_value",
        "old_release_id",
        "new_release_id",
        "world_old",
        "world_new",
    )
    changed = query.query(store.store, "revision").filter(revised_on=LATER, measure="quantity_kg").sort("partner")
    name = f"withdrawn-{wrong}-01"
    assert changed.select(columns).rows() == [
        ("DEU", "added", None, 764_000, wrong, name, 999_000, 1_117_000),
        ("USA", "changed", 999_000, 353_000, wrong, name, 999_000, 1_117_000),
    ]  # fmt: skip
    trail = read_table(store.snapshot, "lineage").filter(release_id=name).sort("position")
    assert trail["step"].to_list()[:3] + trail["step"].to_list()[-1:] == ["recall", "open_known", "withdraw", "publish"]
    # Neither a second time nor because its file comes once more.
    last = store.snapshot.id
    with pytest.raises(Refused, match=f"{wrong}: withdrawn on 2025-09-01 by Li Wei: wrong file"):
        store.withdraw(wrong, LATER, "again")
    with pytest.raises(Refused, match=rf"was withdrawn on 2025-09-01.*tidewaiter withdraw {wrong} --undo"):
        store.ingest(WRONG, LATER, released_on=NEXT)
    assert store.snapshot.id == last
    assert audit(store.store, 50).problems == []
    store.withdraw(wrong, BACK, "it was right", undo=True)
    assert [word[:2] for word in store.words()] == [(353_000, DAY), (999_000, NEXT), (353_000, LATER), (999_000, BACK)]
    assert all(mine.equals(theirs) for mine, theirs in zip(figures_of(store), before, strict=True))
    assert store.ingest(WRONG, BACK, released_on=NEXT).status == "nothing new"
    assert audit(store.store, 50).problems == []
    # Where nothing is left a trace says which decision is why.
    for name in (first, wrong):
        store.withdraw(name, date(2025, 9, 8))
    code, said_of_none = run("trace", "85051110", "--partner", "USA", "--month", "2025-06", "--store", store.store)
    assert (code, f"{first} (june.csv): withdrawn on 2025-09-08 by Li Wei" in said_of_none) == (2, True)


def test_the_command_withdraws_names_the_nearest_and_shows_who_decided_what(store: Store) -> None:
    first = store.ingest(csv_bytes([*MAY, USA, GERMANY, CHILE])).release_id
    before, day = store.snapshot, today()

    def says(*arguments: str, code: int = 0) -> str:
        ended, said = run(*arguments, "--store", store.store)
        assert ended == code
        return said

    # As in a store of 0.1 there is no table of decisions.
    assert before.entries("decision") == ()
    says("list", "releases")
    by = ("--by", "Li Wei", "--reason", "wrong file")
    assert f"The nearest: {first}" in says("withdraw", f"{first[:-1]}x", *by, code=2)
    assert store.snapshot.id == before.id
    assert f"{first} (june.csv) is withdrawn" in says("withdraw", first, *by)
    assert store.words("CHL") == [(1000, DAY, day)]
    assert f"{first} was withdrawn on {day} by Li Wei: wrong file" in says("list", "releases")
    page = says("revisions", "--release", first)
    assert f"## Withdrawn on {day} by Li Wei: wrong file" in page
    assert "| 85051110 | CHL | | | 2025-06 | quantity_kg | removed | 1,000 | – |" in page
    decided = json.loads(says("read", "decision", "--format", "json"))
    assert (decided["kind"], decided["decided_by"]) == ("withdrawn", "Li Wei")
    assert f"{first} (june.csv) counts again" in says("withdraw", first, *by, "--undo")
    # Both on one day: nothing was ever otherwise.
    assert store.words("CHL") == [(1000, DAY, None)]


def test_files_that_are_filled_in_together_after_a_withdrawal_count_and_the_withdrawn_one_does_not(
    store: Store,
) -> None:
    folder = store.folder / "files"
    folder.mkdir()
    (folder / "defaults.toml").write_text(
        'source = "gacc_query"\nflow = "export"\npartners = "all"\nproducts = ["8505"]\nmonths = "2025-05..2025-06"\n'
        f"released_on = {DAY}\n"
    )
    wrong = store.ingest(csv_bytes([*MAY, USA, GERMANY, CHILE])).release_id
    store.withdraw(wrong, NEXT)
    (folder / "june.csv").write_bytes(csv_bytes([*MAY, USA, GERMANY, CHILE]))
    # Of one day and one batch: the second takes the place of the first, and that of the withdrawn one.
    (folder / "a.csv").write_bytes(csv_bytes([*MAY, USA, GERMANY, magnets("116", "2000", "114,000")]))
    (folder / "b.csv").write_bytes(RIGHT)
    report = backfill.fn(BackfillRequest(folder=folder, store=store.store))
    assert (len(report.outcomes), report.refused, report.looked.published) == (2, [], 1)
    assert len({outcome.snapshot_id for outcome in report.outcomes}) == 1
    decided = read_table(store.snapshot, "decision")
    assert sorted(decided["kind"]) == ["replaced", "replaced", "replaced", "withdrawn"]
    assert [store.kilograms(partner) for partner in ("DEU", "CHL", "JPN")] == [[764_000], [], []]
    assert audit(store.store, 50).problems == []
    alone = Store(store.folder / "alone")
    alone.ingest(RIGHT)
    assert same_figures(store, alone)


def test_a_month_whose_only_release_is_withdrawn_is_missing_in_the_calendar_and_has_no_release(store: Store) -> None:
    only = store.ingest(RIGHT).release_id
    day = date(2025, 8, 10)

    def missing() -> tuple[list[str], int]:
        states = source_states(store.store, [], day, ["query"]).sources
        (found,) = [state for state in states if state.source == "gacc_query"]
        return found.late, found.days_late

    assert missing() == ([], 0)
    store.withdraw(only, NEXT)
    # June was due on 20 July.
    assert missing() == (["2025-06"], (day - date(2025, 7, 20)).days)
    assert contents(Contents("months", store=store.store)).rows.rows() == []
    store.withdraw(only, LATER, "it was right", undo=True)
    assert missing() == ([], 0)
    assert contents(Contents("months", store=store.store)).rows["releases"].to_list() == [1, 1]


def test_briefs_from_before_a_withdrawal_are_written_again_and_say_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(WATCH_LIST)
    may = store.ingest(csv_bytes(MAY), name="may.csv", months="2025-05").release_id
    store.ingest(csv_bytes([USA, GERMANY]), NEXT, "june.csv", months="2025-06", released_on=NEXT)
    folder = store.store / "briefs"
    assert sorted(path.name for path in folder.iterdir()) == ["2025-05", "2025-06"]

    def page(month: str, ending: str) -> str:
        return (folder / month / f"basket-rare_earth_magnets.{ending}").read_text(encoding="utf-8")

    before = page("2025-05", "en.html")
    assert "1,117 t" in page("2025-06", "en.md")
    assert "338.0 %" in page("2025-06", "en.md")
    outcome = store.withdraw(may, LATER, "another <query>")
    assert len(outcome.briefs) == 8
    # Of May nothing is left; June lost the month that it was compared with.
    for ending, said in (
        ("en.html", f"Withdrawn on 2025-09-01 by Li Wei: may.csv ({may}). Reason: another &lt;query&gt;"),
        ("zh.html", f"2025-09-01由Li Wei撤回：may.csv（{may}）。原因：another &lt;query&gt;"),
    ):
        assert said in page("2025-05", ending)
        assert said in page("2025-06", ending)
        assert "255 t" not in page("2025-05", ending)
    for month, ending, said, is_there in (
        ("2025-05", "en.md", "No figure of this month is left.", True),
        ("2025-05", "zh.md", "本月已无任何数据。", True),
        ("2025-05", "en.md", "another <query>", False),
        ("2025-06", "en.md", "338.0 %", False),
        ("2025-06", "en.md", "as known on 2025-09-01", True),
    ):
        assert (said in page(month, ending)) is is_there, said
    store.withdraw(may, BACK, "it was right", undo=True)
    again = page("2025-05", "en.html")
    assert "255 t" in again
    assert f"Counts again since 2025-09-05, by Li Wei: may.csv ({may}). Reason: it was right" in again
    figures = re.compile(r'<data value="[^"]*">[^<]*</data>')
    assert figures.findall(again) == figures.findall(before)


def standing(store: Store) -> dict[tuple[Any, ...], int]:
    """The numbers that stand now."""
    rows = read_table(store.snapshot, "observation", where=pl.col("known_until").is_null())
    return {row[:-1]: row[-1] for row in rows.select("product", "partner", "measure", "period_end", "value").rows()}


@pytest.mark.parametrize("seed", [0, 12, 14])
def test_what_a_message_counts_on_one_day_is_what_ended_and_what_revisions_have(store: Store, seed: int) -> None:
    """A file is published, corrected by the same query with other numbers, withdrawn, taken back, drawn by a seed."""
    chance, published, withdrawn = random.Random(seed), [store.ingest(RIGHT).release_id], set[str]()
    public, told = {*standing(store).items()}, 0
    for turn in range(7):
        before, name = standing(store), chance.choice(published)
        if chance.random() < 0.4:
            usa = magnets("502", str(353_000 + 1_000 * turn), "20,121,000")
            try:
                outcome = store.ingest(csv_bytes([*MAY, usa, *([CHILE] if chance.random() < 0.5 else []), GERMANY]))
            except Held as held:
                outcome = store.approve(held.release_id)
            name = outcome.release_id
            published.append(name)
        else:
            outcome = store.withdraw(name, DAY, undo=name in withdrawn)
            withdrawn ^= {name}
            name = read_table(store.snapshot, "decision").filter(release_id=name).sort("number")["decision_id"][-1]
        after, public = standing(store), public | {*standing(store).items()}
        ended = [key for key, value in before.items() if after.get(key) != value]
        rows = read_table(store.snapshot, "revision").filter(new_release_id=name)
        assert rows["old_value"].count() == len(ended), (turn, outcome.decision)
        if outcome.decision:
            said = re.match(r"([\d,]+) numbers? ended", notify.decided(outcome)["text"].split("\n")[1])
            assert (int(said[1]) if said else 0) == len(ended)
            told += len(ended)
    assert told, "some of it was withdrawn"
    kept = read_table(store.snapshot, "observation").select("product", "partner", "measure", "period_end", "value")
    assert public <= {(row[:-1], row[-1]) for row in kept.rows()}, "each number that was public has a row"
    assert audit(store.store, 20).problems == []


def test_what_the_question_says_about_a_removal_is_what_approving_it_does(store: Store) -> None:
    """A query of June alone does not replace one of May and June of the same day: approving it removed nothing and
    looked green."""
    wide = store.ingest(csv_bytes([*MAY, USA, GERMANY, OTHER]))
    june = csv_bytes([USA, GERMANY])
    with pytest.raises(Held, match="product_removed") as held:
        store.ingest(june, months="2025-06")
    (line,) = [line for line in held.value.lines if "product_removed" in line]
    assert f"Approving removes nothing: {wide.release_id} of the same day asked for more" in line
    assert f"first tidewaiter withdraw {wide.release_id}, then approve" in line
    assert store.approve(held.value.release_id).status == "published"
    assert store.kilograms(product="85051900") == [900_000], "as the question says"
    store.withdraw(wide.release_id, DAY)
    assert store.kilograms(product="85051900") == []
    assert store.kilograms() == [353_000]
