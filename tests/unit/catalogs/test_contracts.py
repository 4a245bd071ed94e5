"""The contract and the sources of dbt say what the published files have, and keep what a version promises."""

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import yaml

from schemas.layouts import LAYOUTS
from schemas.table import columns, readers_schema
from tasks.catalogs.contracts import dbt_sources, odcs
from tasks.catalogs.duckdb_file import write_duckdb

# What the last released version promises: of each table the columns with type and unit.
PROMISED = Path(__file__).with_name("promised.json")


def test_the_contract_has_each_column_with_type_unit_and_keys(followed_root: Path, tmp_path: Path) -> None:
    contract = yaml.safe_load(odcs(followed_root, Path("trade.duckdb")))
    assert {"apiVersion", "kind", "id", "version", "status"} <= {*contract}
    tables = {table["name"]: {one["name"]: one for one in table["properties"]} for table in contract["schema"]}
    assert {"metric", "observation", "release"} <= {*tables}
    for table, properties in tables.items():
        assert {*columns(table)} <= {*properties}
        assert [name for name, one in properties.items() if not one["description"]] == []
    metric = tables["metric"]
    assert metric["level"]["logicalType"] == "number"
    assert metric["mom_pct"]["customProperties"] == [{"property": "unit", "value": columns("metric")["mom_pct"].unit}]
    assert [metric["product"]["required"], metric["level"]["required"]] == [True, False]
    keys = {name: one["partitionKeyPosition"] for name, one in metric.items() if one.get("partitioned")}
    assert keys == {"reporter": 1, "flow": 2, "year": 3, "month": 4}
    (server,) = contract["servers"]
    assert (server["type"], server["database"]) == ("duckdb", str(Path.cwd() / "trade.duckdb"))
    # The file that it names has each table with each column.
    write_duckdb(followed_root, file := tmp_path / "trade.duckdb")
    with duckdb.connect(str(file), read_only=True) as connection:
        for table, properties in tables.items():
            assert [*properties] == [row[0] for row in connection.execute(f"describe {table}").fetchall()]


def test_the_sources_of_dbt_are_read_in_place_with_the_columns_and_without_nulls(followed_root: Path) -> None:
    (source,) = yaml.safe_load(dbt_sources(followed_root))["sources"]
    assert len(source["tables"]) > 12
    for table in source["tables"]:
        place = table["config"]["meta"]["external_location"]
        # dbt-duckdb takes braces for names of its own.
        assert not {*"{}"} & {*place}
        said = {one["name"]: one for one in table["columns"]}
        types = {name: kind for name, kind, *_ in duckdb.sql(f"describe select * from {place}").fetchall()}
        assert {*said} == {*types}
        for name, one in said.items():
            if name not in ("year", "month"):
                assert types[name] == one["data_type"], f"{table['name']}.{name}"
        # dbt writes a name as it stands, or in quotes where the column asks for it: `check` is a word of SQL.
        never = [
            f'"{name}"' if one.get("quote") else name
            for name, one in said.items()
            if one.get("data_tests") == ["not_null"]
        ]
        counted = ", ".join(f"count({name})" for name in never)
        (counts,) = duckdb.sql(f"select count(*), {counted} from {place}").fetchall()
        assert {*counts} == {counts[0]}


def promise() -> dict[str, dict[str, list[Any]]]:
    """Of each table the columns with type and unit."""
    return {
        table: {name: [str(kind), columns(table)[name].unit] for name, kind in readers_schema(table).items()}
        for table in LAYOUTS
    }


def test_no_column_of_the_promise_is_gone_or_has_another_type_or_unit() -> None:
    """After a change that is meant, with a line under "Upgrade" in the changelog, TIDEWAITER_GOLDEN=write writes it."""
    if os.environ.get("TIDEWAITER_GOLDEN") == "write":
        lines = [f"{json.dumps(table)}: {json.dumps(said)}" for table, said in promise().items()]
        PROMISED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    promised, now = json.loads(PROMISED.read_text(encoding="utf-8")), promise()
    assert len(promised) >= 20
    broken = [
        f"{table}.{name}: {said} became {now.get(table, {}).get(name)}"
        for table, said_of in promised.items()
        for name, said in said_of.items()
        if now.get(table, {}).get(name) != said
    ]
    assert broken == []
