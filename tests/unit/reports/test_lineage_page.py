"""What the page of the lineage says of a step, in names."""

import polars as pl

from schemas.table import polars_schema
from tasks.lineage.records import lineage_row
from tasks.reports import lineage_page


def record(position: int, step: str, code: str, inputs: dict[str, str], outputs: dict[str, str]) -> pl.DataFrame:
    row = lineage_row("r1", position, step, code, "s", inputs, outputs, 3, 2, {})
    return pl.DataFrame([row], schema=polars_schema("lineage"))


OWN = pl.concat([
    record(2, "correct", "b2", {"reported": "11"}, {"reported": "11"}),
    record(1, "parse", "a1", {}, {"reported": "11"}),
    record(3, "merge", "c3", {"detail": "22", "releases": "33"}, {"touched": "44", "releases": "33"}),
])  # fmt: skip


def test_what_a_step_leaves_as_it_was_is_told_from_what_it_makes() -> None:
    assert [(row["step"], row["what changed"]) for row in lineage_page.steps(OWN, OWN.clear(), None)] == [
        ("1 parse", "made reported"), ("2 correct", "nothing"), ("3 merge", "made touched; left as it was: releases"),
    ]  # fmt: skip


def test_other_code_than_for_the_release_before_is_told() -> None:
    before = pl.concat([record(1, "parse", "a1", {}, {}), record(2, "correct", "old", {}, {})])
    told = [row["what changed"] for row in lineage_page.steps(OWN, before, "r0")]
    assert told == ["made reported", "nothing; by other code than r0", "made touched; left as it was: releases"]


def test_every_hash_is_on_the_other_page() -> None:
    rows = [(row["step"], row[""], row["what"], row["sha256"]) for row in lineage_page.hashes(OWN)]
    assert len(rows) == 1 + 2 + 4 + 2 * 3
    assert ("2 correct", "took", "reported", "11") in rows
    assert ("3 merge", "by", "code", "c3") in rows
