"""Publishes tables that follow from published stores, in a store of their own with the pointer that every store has.

A month is made again where something has changed that its rows rest on. The publication of a release takes no longer for it, and what a
killed run has left undone the next one makes. Belongs here: which months these are, their lineage and publication. What is in a month
and what it rests on is the table's own matter (`analysis`, `mirror.publication`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from schemas.table import schema_sha256
from schemas.tables.catalog import MODELS
from schemas.tables.lineage import Lineage
from tasks.domain.hashing import code_sha256, json_sha256, versions
from tasks.domain.periods import month_name
from tasks.lineage.records import as_table, lineage_row
from tasks.store.compatibility import refuse_unknown
from tasks.store.parquet import (
    Partition,
    encode_file,
    encode_months,
    partition_month,
    partition_path,
    read_table,
)
from tasks.store.publish import NewFile, publish
from tasks.store.snapshot import Snapshot
from tasks.store.working_copy import announcement


def no_notes(rows: pl.DataFrame, partition: Partition) -> dict[str, Any]:
    """Say nothing more of what a partition was made from."""
    return {}


@dataclass(frozen=True)
class Recipe:
    """How a table is made: `prints` has a hash of what each month rests on, `make` the rows of some months, in one frame or several, and
    `notes` what else is told in the file of a partition of these rows.
    """

    table: str
    prints: Mapping[Partition, str]
    make: Callable[[list[Partition]], Iterable[pl.DataFrame]]
    notes: Callable[[pl.DataFrame, Partition], dict[str, Any]] = no_notes


@dataclass(frozen=True)
class Derived:
    """The current snapshot: whether it is new, and the months made again."""

    snapshot: Snapshot
    changed: bool
    months: list[str]


def prints_of(snapshot: Snapshot | None, table: str) -> dict[str, str]:
    """Return by partition the hash of what the published rows of a table rest on."""
    return dict(snapshot.about.get("prints", {}).get(table, {})) if snapshot else {}


def month_print(table: str, found: object) -> str:
    """Hash what a month rests on, with the program and the form of the table."""
    return json_sha256([code_sha256(), schema_sha256(table), found])


def bring_up_to_date(
    folder: Path, parent: Snapshot | None, name: str, recipes: Iterable[Recipe], states: Mapping[str, Snapshot], about: Mapping[str, Any],
) -> Derived:  # fmt: skip
    """Publish the tables of these recipes in `folder` as the successor of `parent`, under `exclusive`; nothing where all months are
    current. `states` are the snapshots that they follow from, by name; `name` begins the names in the table `lineage`.
    """
    refuse_unknown(parent)
    new, kept, trails, made, prints = list[NewFile](), [], list[dict[str, Any]](), set[int](), {}
    is_current = parent is not None
    for recipe in recipes:
        wanted = prints[recipe.table] = {partition_path(place): found for place, found in recipe.prints.items()}
        known = prints_of(parent, recipe.table)
        stale = sorted(place for place, found in recipe.prints.items() if known.get(partition_path(place)) != found)
        is_current = is_current and known == wanted
        files, rows = list[NewFile](), 0
        for found in recipe.make(stale) if stale else ():
            valid = MODELS[recipe.table].validate(found, lazy=True)
            rows += valid.height
            files += encode_months(
                recipe.table, valid, lambda place, recipe=recipe, valid=valid: _derivation(recipe, valid, place, states)  # type: ignore[misc]
            )  # fmt: skip
        new += files
        current = {*wanted} - {*map(partition_path, stale)}
        kept += [entry for entry in (parent.entries(recipe.table) if parent else ()) if entry.partition in current]
        made |= {*map(partition_month, stale)}
        trails.append(_trail(recipe.table, states, stale, files, rows))
    if parent is not None and is_current:
        return Derived(parent, False, [])
    trail_name = f"{name}-{json_sha256(prints)[:16]}"
    if trail_name not in read_table(parent, "lineage")["release_id"]:
        new.append(_encoded(trail_name, trails, states))
    kept += parent.entries("lineage") if parent else ()
    newest = max(state.about["released_on"] for state in states.values())
    whole = {"releases": [], "released_on": newest, "prints": prints, **about}
    done = publish(folder, new, carried=kept, parent=parent, about=whole, audit=announcement(folder))
    return Derived(done.snapshot, done.changed, [*map(month_name, sorted(made))])


def _derivation(recipe: Recipe, rows: pl.DataFrame, place: Partition, states: Mapping[str, Snapshot]) -> dict[str, Any]:
    _, year, month = place
    own = rows.filter(pl.col("period").dt.year() == year, pl.col("period").dt.month() == month)
    return {
        "table": recipe.table,
        "code_sha256": code_sha256(),
        "versions": versions(),
        **recipe.notes(own, place),
    }


def _trail(
    table: str, states: Mapping[str, Snapshot], months: Iterable[Partition], files: list[NewFile], rows: int
) -> dict[str, Any]:
    """The lineage of a table: the states that it follows from, and the hashes of the files made."""
    return {
        "step": table, "code": code_sha256(), "schema": json_sha256({table: schema_sha256(table)}),
        "inputs": {name: json_sha256(state.id) for name, state in states.items()},
        "outputs": {table: json_sha256(sorted(file.sha256 for file in files))}, "rows_in": rows, "rows_out": rows,
        "parameters": {
            "snapshots": {name: state.id for name, state in states.items()},
            "months": sorted({month_name(partition_month(place)) for place in months}),
        },
    }  # fmt: skip


def _encoded(name: str, trails: list[dict[str, Any]], states: Mapping[str, Snapshot]) -> NewFile:
    rows = [lineage_row(name, position, **trail) for position, trail in enumerate(trails, start=1)]
    trail = Lineage.validate(pl.DataFrame(rows, schema=as_table(name, []).schema), lazy=True)
    found = {"table": "lineage", "code_sha256": code_sha256(), "snapshots": {one: state.id for one, state in states.items()}}  # fmt: skip
    return encode_file("lineage", trail, "", found)
