"""A store of the United States whose watch list has a code of ten digits, whose basket has codes of six, and whose rule
is about a group of partners of one's own table: real answers of the Census Bureau, through the commands."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from commands import commands_with

from schemas.code_files import FOLDER

pytestmark = pytest.mark.shared
FISH = "census_real/imports_hs6_2018_030254_030235_030442.json"
GEARS = "census_api/imports_hs10_8483408000_2026-05.json"
ASEAN = ("BRN", "IDN", "KHM", "LAO", "MMR", "MYS", "PHL", "SGP", "THA", "VNM")
# The Census Bureau's own row of the group: a sum that no partner is.
PRINTED_ASEAN = "0027"
RULES = """
[[rule]]
name = "fish-of-asean"
reporter = "USA"
flow = "import"
product = "basket:fish"
partner = "ASEAN"
measure = "value_usd"
figure = "level"
at_least = 50000
reason = "a test"

[[rule]]
name = "gears-of-asean"
reporter = "USA"
flow = "import"
product = "8483408000"
partner = "ASEAN"
measure = "value_usd"
figure = "share_pct"
at_least = 0.05
reason = "a test"
"""


class Store(NamedTuple):
    """Runs commands on the store, and what the two releases told."""

    run: Callable[..., str]
    told: str


@pytest.fixture(scope="module")
def usa(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Store]:
    """The commands in a process of their own: a group is a group from the first import on."""
    folder = tmp_path_factory.mktemp("usa")
    tables = folder / "tables"
    tables.mkdir()
    groups = (FOLDER / "partner_groups.csv").read_text(encoding="utf-8")
    name = "ASEAN,Association of Southeast Asian Nations,东南亚国家联盟"
    members = "".join(f"{name},{code},1999-04,,a test\n" for code in ASEAN)
    (tables / "partner_groups.csv").write_text(groups + members, encoding="utf-8")
    head = (FOLDER / "baskets.csv").read_text(encoding="utf-8").splitlines()[0]
    rows = [f"fish,Fish,鱼,HS6,{code},,,a test,a test" for code in ("030254", "030235", "030442")]
    (tables / "baskets.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    watched = [f"USA,{code},import,a test" for code in ("8483408000", "basket:fish")]
    (tables / "watch_list.csv").write_text("\n".join(["reporter,product,flow,reason", *watched, ""]), encoding="utf-8")
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    files = {"REFERENCE": tables, "WATCH_RULES": folder / "rules.toml", "WATCH_LIST": tables / "watch_list.csv"}
    settings = {f"TIDEWAITER_{name}": str(file) for name, file in files.items()}

    declared = ("--source", "us_census", "--flow", "import", "--partners", "all", "--no-prefect")
    span = ("--month", "2018-01..2018-12", "--released-on", "2019-02-06")
    with commands_with(settings | {"COLUMNS": "200"}, folder) as run:

        def command(*words: str) -> str:
            made = run(*words, "--store", str(folder / "store"))
            assert made.code == 0, made.out + made.err
            return made.out

        told = command("ingest", str(shared_data / FISH), *declared, *span)
        told += command("ingest", str(shared_data / GEARS), *declared, "--released-on", "2026-07-07")
        yield Store(command, told)


def printed(file: Path) -> pl.DataFrame:
    names, *rows = json.loads(file.read_bytes())
    return pl.DataFrame(rows, names, orient="row").with_columns(pl.col("GEN_VAL_MO").cast(pl.Int64))


def rows_of(text: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(text))]


def test_the_basket_of_headings_is_the_sum_of_what_is_printed(usa: Store, shared_data: Path) -> None:
    world = printed(shared_data / FISH).filter(CTY_CODE="-").group_by("MONTH").agg(pl.col("GEN_VAL_MO").sum())
    asked = ("read", "basket:fish", "--partner", "WLD", "--measure", "value_usd", "--format", "csv")
    found = {row["period"][5:7]: float(row["level"]) for row in rows_of(usa.run(*asked))}
    assert found == dict(world.iter_rows())
    assert len(found) == 12


def test_a_group_of_ones_own_table_has_its_name_and_fires_the_rules(usa: Store, shared_data: Path) -> None:
    fish = printed(shared_data / FISH).filter(CTY_CODE=PRINTED_ASEAN, MONTH="12")["GEN_VAL_MO"].sum()
    gears = printed(shared_data / GEARS)
    group, world = (gears.filter(CTY_CODE=code)["GEN_VAL_MO"].sum() for code in (PRINTED_ASEAN, "-"))
    named = "Association of Southeast Asian Nations"
    rules = {row["rule"]: row for row in rows_of(usa.run("watch-rules", "--format", "csv"))}
    assert [(row["month"], row["now"]) for row in rules.values()] == [("2018-12", "fired"), ("2026-05", "fired")]
    assert float(rules["fish-of-asean"]["value"]) == fish
    assert float(rules["gears-of-asean"]["value"]) == pytest.approx(100 * group / world)
    assert all(named in row["why"] for row in rules.values())
    for text in ("ASEAN", f"{named} (ASEAN)", "asean"):
        asked = ("read", "030442", "--partner", text, "--month", "2018-12", "--format", "csv")
        assert {(row["partner"], row["partner_name"]) for row in rows_of(usa.run(*asked))} == {("ASEAN", named)}


def test_a_release_writes_the_briefs_and_movers_of_these_codes(usa: Store) -> None:
    assert "briefs/2018-12/basket-fish-import.en.html" in usa.told
    assert "briefs/2026-05/8483408000-import.en.html" in usa.told
    moved = usa.run("movers", "--month", "2018-12", "--format", "csv")
    assert {"030254", "030235", "030442"} <= {row["product"] for row in rows_of(moved)}
