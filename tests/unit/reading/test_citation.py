"""The line that cites rows: whose numbers, through which files, known on which day, in which snapshot."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from tasks.reading import citation as citing
from tasks.reading.citation import PRODUCTS_MAX, citation, cite_rows, known_on, named_source
from tests.unit.builders import MAGNETS, number, release, release_table
from tests.unit.decisions import decision, decision_table
from tests.unit.figures import merged

DAY = date(2026, 1, 20)


@pytest.mark.parametrize(
    ("sources", "via", "via_zh"),
    [
        ([], "", ""),
        (["a"], " via a", "（a）"),
        (["b", "a", "b"], " via a and b", "（a、b）"),
        (["a", "b", "c"], " via a, b and c", "（a、b、c）"),
        (["a", "b", "c", "d"], " via a, b, c and 1 other", "（a、b、c等4个来源）"),
        ([*"abcde"], " via a, b, c and 2 others", "（a、b、c等5个来源）"),
    ],
)
def test_the_first_three_files_are_named_and_the_others_counted(sources: list[str], via: str, via_zh: str) -> None:
    assert citation(sources, "CHN", DAY, "s1") == f"China customs{via}, as known on 2026-01-20, snapshot s1"
    assert citation([], "DEU", DAY, "s1") == "Customs of Germany, as known on 2026-01-20, snapshot s1"
    assert citation([], "EU27", DAY, "s1") == "Eurostat, as known on 2026-01-20, snapshot s1", (
        "the Union has no customs"
    )
    assert citation([], "EU27", DAY, "s1", "zh") == "欧盟统计局，截至2026-01-20所知，快照s1"
    assert citation(sources, "CHN", DAY, "s1", "zh") == f"中国海关{via_zh}，截至2026-01-20所知，快照s1"


def test_who_passes_on_the_figures_of_others_is_named() -> None:
    assert named_source("un_comtrade", "KOR.json") == "UN Comtrade (KOR.json)"
    assert [named_source(source, "a.csv") for source in ("gacc_query", "moon_rocks")] == ["a.csv", "a.csv"]


@pytest.mark.parametrize(
    ("decided_on", "day"),
    [([], date(2026, 2, 18)), (["2026-02-17"], date(2026, 2, 18)), (["2026-03-01", "2026-02-20"], date(2026, 3, 1))],
)
def test_the_day_of_a_store_is_that_of_its_newest_release_or_decision(decided_on: list[str], day: date) -> None:
    releases = release_table(release("a", "2026-01-20"), release("b", "2026-02-18"), release("c", "2026-02-01"))
    decisions = decision_table(*(decision("withdrawn", "a", made) for made in decided_on))
    assert known_on(releases, decisions) == day


@pytest.fixture
def decisions() -> list[dict[str, Any]]:
    """The decisions of the snapshot, which a test adds."""
    return []


@pytest.fixture
def snapshot(monkeypatch: pytest.MonkeyPatch, decisions: list[dict[str, Any]]) -> Any:
    """A query of May and June, one of April, and a print of June of the year before."""
    query, april = release("query", months="2025-05..2025-06"), release("april", months="2025-04")
    print_ = release("print", kind="published", partners="keys", months="2024-06", flow="export")
    store = [
        (query, [number(query, "USA", "2025-05", 1), number(query, "USA", "2025-06", 2)]),
        (april, [number(april, "USA", "2025-04", 3)]),
        (print_, [number(print_, "USA", "2024-06", 4)]),
    ]
    tables = {"observation": merged(store), "release": release_table(query, april, print_)}

    def read_table(_: object, model: Any, keep: Any = None, where: Any = None, columns: Any = None) -> pl.DataFrame:
        rows = decision_table(*decisions) if model == "decision" else tables[model]
        if keep is None:
            return rows
        kept = [keep((flow, day.year, day.month)) for flow, day in rows.select("flow", "period_end").iter_rows()]
        return rows.filter(pl.Series(kept), where).select(columns)

    monkeypatch.setattr(citing, "read_table", read_table)
    return type("Snapshot", (), {"id": "s1"})()


def rows(*months: int, product: str = MAGNETS) -> pl.DataFrame:
    return pl.DataFrame([{"flow": "export", "product": product, "period": date(2025, month, 1)} for month in months])


def test_rows_rest_on_their_months_those_before_and_those_of_a_year_before_and_are_current_up_to_the_last_decision(
    snapshot: Any, decisions: list[dict[str, Any]]
) -> None:
    assert (
        cite_rows(rows(6), snapshot)
        == "China customs via print (figures printed elsewhere) and query, as known on 2026-01-20, snapshot s1"
    )
    assert cite_rows(rows(5), snapshot) == "China customs via april and query, as known on 2026-01-20, snapshot s1"
    assert cite_rows(rows(6), snapshot, date(2025, 12, 31)) == "China customs, as known on 2025-12-31, snapshot s1"
    decisions.append(decision("withdrawn", "june", "2026-02-03"))
    assert cite_rows(rows(5), snapshot) == "China customs via april and query, as known on 2026-02-03, snapshot s1"
    assert (
        cite_rows(rows(5), snapshot, date(2026, 1, 25))
        == "China customs via april and query, as known on 2026-01-25, snapshot s1"
    )


def test_a_citation_of_values_says_what_they_mean(snapshot: Any) -> None:
    """A value in dollars is FOB in one store and a customs value in another; kilograms have no valuation."""
    fob = "; exports in USD: FOB, partner is the last known destination"
    plain = cite_rows(rows(5), snapshot)
    for measure, said in (("quantity_kg", ""), ("value_usd", fob), ("unit_value_usd_per_kg", fob)):
        assert cite_rows(rows(5).with_columns(measure=pl.lit(measure)), snapshot) == f"{plain}{said}"
    wide = rows(5).with_columns(
        value_usd=pl.lit(1.0), value_cny=pl.lit(None, pl.Float64), source=pl.lit("gacc_bulletin+gacc_query")
    )
    assert cite_rows(wide, snapshot) == f"{plain}{fob}"
    kilograms = rows(5).with_columns(measure=pl.lit("quantity_kg"))
    imports = rows(5).with_columns(flow=pl.lit("import"), measure=pl.lit("value_usd"))
    assert cite_rows(pl.concat([kilograms, imports]), snapshot) == plain, "nothing about values of the other direction"
    # Figures from print do not say it.
    printed = cite_rows(rows(6).with_columns(measure=pl.lit("value_usd")), snapshot)
    assert printed is not None
    assert printed.endswith(f"{fob}; exports in USD: valuation not stated; rounded or cut off")


def test_rows_that_one_line_cannot_cite_have_none(snapshot: Any) -> None:
    many = pl.concat([rows(6, product=f"{10_000_000 + place}") for place in range(PRODUCTS_MAX + 1)])
    assert cite_rows(many, snapshot) is None
    assert cite_rows(rows(6).clear(), snapshot) is None
    assert cite_rows(rows(6).drop("period"), snapshot) is None
    assert cite_rows(many[:PRODUCTS_MAX], snapshot) is not None
