"""What a store of any version says: its decisions, each day that its ledger can answer, what it holds."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

WORD = (
    "flow", "product", "partner", "measure", "period_start", "period_end", "source", "value", "unit", "release_id",
)  # fmt: skip


def bytes_of(folder: Path) -> dict[str, bytes | str]:
    """Every file of a folder, and where each link leads."""
    return {
        str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def rows(store: Path, table: str) -> pl.DataFrame:
    """The rows of a table of the current state, with the direction that its path names."""
    state = next(store / name for name in (".current", "current") if (store / name).is_symlink())
    frames = []
    for entry in json.loads((state / "manifest.json").read_bytes())["files"]:
        if entry["table"] == table:
            frame = pl.read_parquet(state / entry["path"], hive_partitioning=False)
            keys = dict(part.split("=") for part in entry["partition"].split("/") if part)
            frames.append(frame.with_columns(pl.lit(keys[name]).alias(name) for name in keys if name == "flow"))
    return pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()


def decisions(store: Path) -> list[dict[str, Any]]:
    found = rows(store, "decision")
    return sorted(found.to_dicts(), key=lambda row: row["decision_id"]) if found.height else []


def known_on(store: Path, days: list[date]) -> list[set[tuple[Any, ...]]]:
    """What was known at the end of each day."""
    ledger = rows(store, "observation")
    begun = pl.col("known_from"), pl.col("known_until")
    return [
        {
            *ledger.filter(begun[0] <= day, begun[1].is_null() | (begun[1] > day))
            .select(pl.col(name).cast(pl.String) for name in WORD)
            .rows()
        }
        for day in days
    ]


def days_of(*stores: Path) -> list[date]:
    """The days on which the ledgers of stores change, and those before and after."""
    ends = {day for one in stores for name in ("known_from", "known_until") for day in rows(one, "observation")[name]}
    return sorted({day + timedelta(days=by) for day in ends - {None} for by in (-1, 0, 1)})


def held(store: Path) -> dict[str, Any]:
    """What is held or was, by its name, without what this version adds."""
    return {path.name: json.loads(path.read_bytes()) for path in (store / "held").glob("*.json")}


def require_alike(old: Path, new: Path) -> None:
    """Assert that a store says what the one says that it was carried over from."""
    days = days_of(old, new)
    assert len(days) > 3
    assert known_on(new, days) == known_on(old, days)
    assert decisions(new) == decisions(old)
    assert {*rows(new, "release")["release_id"]} == {*rows(old, "release")["release_id"]}
    before, after = held(old), held(new)
    assert before.keys() == after.keys()
    for name, kept in before.items():
        for key in ("released_on", "held_since", "months", "raw_sha256", "title"):
            assert after[name][key] == kept[key], (name, key)
        for key in ("verdict", "by", "reason", "decided_at"):
            assert (after[name]["decision"] or {}).get(key) == (kept["decision"] or {}).get(key), (name, key)
    for path in (old / "raw").glob("??/*"):
        assert (new / "raw" / path.parent.name / path.name).read_bytes() == path.read_bytes()
