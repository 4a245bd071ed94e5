"""Tables of two commits differ in what is explained and in nothing else."""

import subprocess
from pathlib import Path

import polars as pl
import pytest

from benchmarks import same_tables
from benchmarks.same_tables import EXPLAINED, compare

NAMES = pl.DataFrame({"product": ["1", "2"], "name": ["Milk&cream,＞1.5% fat", "Rice"]})
READABLE = NAMES.with_columns(name=pl.Series(["Milk & cream, > 1.5% fat", "Rice"]))
TITLED = pl.DataFrame({"product": ["8505", "8506"], "name": [None, "Primary cells"]})
WITH_TITLE = TITLED.with_columns(name=pl.Series(["Magnets", "Primary cells"]))
EVENTS = pl.DataFrame({"event": ["a", "b"]})
MORE = pl.DataFrame({"event": ["a", "b", "mofcom-gacc-2023-39"]})
STEPS = pl.DataFrame({"step": ["check", "publish"], "rows_in": [5, 7], "rows_out": [2, 7]})


def counts(step: str) -> pl.DataFrame:
    more = pl.when(step=step).then(1).otherwise(0)
    return STEPS.with_columns(pl.col("rows_in") + more, pl.col("rows_out") + more)


@pytest.mark.parametrize(
    ("table", "before", "after"),
    [
        ("product", NAMES, READABLE),
        ("product", TITLED, WITH_TITLE),
        ("control_event", EVENTS, MORE),
        ("lineage", STEPS, counts("publish")),
    ],
)
def test_what_is_explained_differs_alone_and_is_named(table: str, before: pl.DataFrame, after: pl.DataFrame) -> None:
    compared = compare(table, before, after, EXPLAINED)
    assert (compared.is_same, [one.table for one in compared.explained]) == (True, [table])
    assert not compare(table, before, after).is_same
    assert compare(table, before, before, EXPLAINED).explained == ()


@pytest.mark.parametrize(
    ("table", "before", "after", "differing"),
    [
        ("product", NAMES, READABLE.with_columns(name=pl.Series(["Milk & cream, > 1.6% fat", "Rice"])), 2),
        ("product", NAMES, READABLE.with_columns(name=pl.Series(["Milk & cream, > 1.5%fat", "Rice"])), 2),
        ("product", NAMES, READABLE.with_columns(product=pl.Series(["1", "3"])), 2),
        ("product", NAMES, READABLE.head(1), 1),
        ("product", TITLED, WITH_TITLE.with_columns(name=pl.Series(["Magnets", "Cells"])), 2),
        ("control_event", EVENTS, pl.concat([MORE, MORE.head(1)]), 1),
        ("control_event", EVENTS, MORE.tail(2), 1),
        ("lineage", STEPS, counts("check"), 2),
        ("metric", EVENTS, MORE, 1),
    ],
)
def test_any_other_row_that_differs_counts(
    table: str, before: pl.DataFrame, after: pl.DataFrame, differing: int
) -> None:
    compared = compare(table, before, after, EXPLAINED)
    assert (compared.is_same, compared.differing) == (False, differing)


def test_a_new_column_is_explained_by_its_name_in_its_table_and_one_that_is_gone_never() -> None:
    ranked = EVENTS.with_columns(rank=1)
    assert compare("expectation", EVENTS, ranked, EXPLAINED).is_same
    for table, before, after in (
        ("metric", EVENTS, ranked),
        ("expectation", EVENTS, ranked.with_columns(place=1)),
        ("expectation", ranked, EVENTS),
    ):
        assert not compare(table, before, after, EXPLAINED).is_same


def test_a_commit_explains_what_differs_from_older_ones_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*words: str) -> str:
        named = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", "-C", tmp_path, *named, *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "--quiet")
    commits = []
    for title in "abc":
        git("commit", "--quiet", "--allow-empty", "--message", title)
        commits.append(git("rev-parse", "HEAD"))
    older, other, newer = commits
    explained = same_tables.Explained(other, "product", "names")
    monkeypatch.setattr(same_tables, "ROOT", tmp_path)
    monkeypatch.setattr(same_tables, "EXPLAINED", (explained,))
    assert [same_tables.explained_since(one) for one in (older, other, newer)] == [[explained], [], []]
