"""A figure never compares two things that bear one name: worked by hand, and the tables next to what they come from."""

import csv
import itertools
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas import code_files
from schemas.reference.code_tables import code_table
from tasks.domain import comparability
from tasks.domain.comparability import breaks_of, changes_of_texts
from tasks.domain.reporter import Reporter
from tasks.lineage.point import Point
from tests.unit.builders import number, release
from tests.unit.figures import Figures
from tests.unit.metrics_oracle import Breaks
from tests.unit.tracing import tracer_of

YEARS = ("2020", "2021", "2022", "2023")
MONTHS = [f"{year}-{month:02d}" for year in YEARS for month in range(1, 13)]
CODES = ("85051110", "81129210", "81129910", "81129290", "81129990", "69072100", "84795019", "90154000")
PARTNERS = ("USA", "GBR", "GEO", "gacc:449", "BES")
CHINA, GERMANY = Reporter("CHN", "HS8"), Reporter("DEU", "CN8")


def level(month: str) -> int:
    """Another number in every month: 100 in January 2020, 101 in February …"""
    return 100 + MONTHS.index(month)


@pytest.fixture(scope="module")
def figures() -> Figures:
    """Four years of magnets to each partner, in kilograms."""
    scope = release(months=f"{MONTHS[0]}..{MONTHS[-1]}", day="2024-01-20", products=["85"])
    rows = [number(scope, partner, month, level(month)) for partner in PARTNERS for month in MONTHS]
    return Figures((scope, rows))


def growth(months: int, month: str) -> float:
    now = MONTHS.index(month)
    return (level(month) / level(MONTHS[now - months]) - 1) * 100


def test_a_trace_says_what_changed_and_notices_a_figure_that_ignores_it(figures: Figures) -> None:
    tracer = tracer_of(figures.store)
    point = Point("export", "85051110", "USA", "quantity_kg", 2022 * 12 + 5)
    trace = tracer.trace(point, "yoy_pct")
    assert trace.agrees
    assert [text[:36] for text in trace.breaks] == ["2022-01: 850511 lost goods to 8549 ("]
    assert tracer.trace(point, "mom_pct").breaks == []
    growing = pl.when(pl.col("period") == date(2022, 6, 1)).then(growth(12, "2022-06")).otherwise("yoy_pct")
    tracer.metric = tracer.metric.with_columns(yoy_pct=growing, yoy_status=pl.lit("computed"))
    wrong = tracer.trace(point, "yoy_pct")
    assert wrong.recomputed == pytest.approx(wrong.value)
    assert not wrong.agrees


@pytest.mark.parametrize("reporter", [CHINA, GERMANY, Reporter("", "")])
def test_what_a_trace_says_changed_is_what_cuts_the_figures(reporter: Reporter) -> None:
    """One series at a time in words, and all of them at once as a table, as the oracle reads the code tables."""
    stated = code_table("definition_breaks")
    assert {*stated["reporter"]} == {"CHN"}
    baskets = [f"basket:{name}" for name in code_table("baskets")["basket"].unique().sort()]
    products = sorted(
        {*stated["product"][::4], *CODES, *baskets, "81", "8112", "811292", "850511", "line:rare_earths"} - {""}
    )
    partners = sorted({*PARTNERS, "ARM", "EU27", "DEU", "WLD"})
    measures = sorted({*stated["measure"], "quantity_kg", "value_usd"} - {""})
    months = range(1995 * 12, 2025 * 12, 7)
    keys = [(*names, month) for names in itertools.product(products, partners, measures) for month in months]
    schema = {"product": pl.String, "partner": pl.String, "measure": pl.String, "month": pl.Int32}
    found = dict(zip(keys, changes_of_texts(pl.DataFrame(keys, schema, orient="row"), reporter), strict=True))
    cut, oracle = 0, Breaks(reporter.code, reporter.nomenclature)
    for names in itertools.product(products, partners, measures):
        known = sorted(oracle.of(*names))
        assert sorted({change.month for change in breaks_of(*names, reporter)}) == known
        for month in months:
            assert found[*names, month] == max((one for one in known if one <= month), default=None), (names, month)
        cut += bool(known)
    if reporter == CHINA:
        assert len(keys) / len(months) / 2 < cut < len(keys) / len(months)
    one_month = pl.DataFrame([key for key in keys if key[3] == months[-1]], schema, orient="row")
    assert changes_of_texts(one_month, reporter).to_list() == [found[key] for key in one_month.iter_rows()]


def only_tables(monkeypatch: pytest.MonkeyPatch, **rows: list[dict[str, str]]) -> None:
    """Code tables with these rows and no others."""
    kinds = {name: dict.fromkeys(code_table(name).columns, pl.String) for name in code_files.table_files()}

    def table(name: str) -> pl.DataFrame:
        return pl.DataFrame(rows.get(name, []), schema=kinds[name])

    monkeypatch.setattr(comparability, "code_table", table)
    monkeypatch.setattr(Reporter, "rows", lambda self, name: table(name))
    monkeypatch.setattr(comparability, "breaks", comparability.breaks.__wrapped__)


def test_a_row_that_carries_over_a_change_carries_its_own_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stated = (
        ("", "", "2021-05", "no"), ("", "", "2023-01", "no"), ("", "", "2023-01", "yes"), ("DEU", "", "2022-02", "no"),
        ("", "value_usd", "2023-01", "no"),
    )  # fmt: skip
    rows = [
        {"product": "90154000", "partner": partner, "measure": measure, "from_month": month, "comparable": comparable,
         "what": f"{partner}{measure} {month}", "source": "S"}
        for partner, measure, month, comparable in stated
    ]  # fmt: skip
    only_tables(monkeypatch, definition_breaks=rows)
    for partner, measure, expected in (
        ("USA", "quantity_kg", [" 2021-05"]),
        ("DEU", "quantity_kg", [" 2021-05", "DEU 2022-02"]),
        ("USA", "value_usd", [" 2021-05", "value_usd 2023-01"]),
    ):
        assert [change.what for change in breaks_of("90154000", partner, measure, CHINA)] == expected


def test_a_code_that_enters_a_basket_and_leaves_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    member = {"basket": "x", "hs8": "12345678", "valid_from": "2020-03", "valid_to": "2021-12", "source": "S"}
    croatia = {"group": "EU27", "partner": "HRV", "valid_from": "2013-07", "valid_to": "", "source": "T"}
    revised = {"code": "123456", "from_month": "2022-01", "gained_from": "1234", "lost_to": "123499", "source": "U"}
    only_tables(monkeypatch, baskets=[member], partner_groups=[croatia], hs_revisions=[revised])
    found = breaks_of("basket:x", "EU27", "value_usd", CHINA)
    assert [(change.month, change.what, change.source) for change in found] == [
        (2013 * 12 + 6, "HRV enters EU27", "T"), (2020 * 12 + 2, "12345678 enters the basket", "S"),
        (2022 * 12, "12345678 in the basket: 123456 gained goods of 1234 and lost goods to 123499", "U"),
        (2022 * 12, "12345678 leaves the basket", "S"),
    ]  # fmt: skip


# The tables, next to what they come from


@pytest.mark.shared
def test_the_revision_is_what_the_correlation_says(shared_data: Path) -> None:
    file = shared_data / "hs_reference" / "concordance_HS2022toHS2017.xlsx"
    sheet = pl.read_excel(file, sheet_name="HS2022-HS2017 Correlations", infer_schema_length=0)
    pairs = [(new, old) for new, old, _ in sheet.slice(1).iter_rows() if new]
    assert len(pairs) > 15_000
    told = {row["code"]: row for row in code_table("hs_revisions").to_dicts()}
    moved: dict[str, dict[str, set[str]]] = {"gained_from": {}, "lost_to": {}}
    for digits in (2, 4, 6):
        before: dict[str, set[str]] = {}
        after: dict[str, set[str]] = {}
        for new, old in pairs:
            before.setdefault(new[:digits], set()).add(old)
            after.setdefault(old[:digits], set()).add(new)
        for name, side in (("gained_from", before), ("lost_to", after)):
            for code, others in side.items():
                moved[name][code] = {other for other in others if not other.startswith(code)}
    for name, others_of in moved.items():
        for code, others in others_of.items():
            named = tuple(told[code][name].split()) if code in told else ()
            assert len(named) == len(set(named))
            assert all(other.startswith(named) for other in others) if named else not others
            assert all(any(other.startswith(start) for other in others) for start in named)
    assert told.keys() == {code for others_of in moved.values() for code, others in others_of.items() if others}


@pytest.mark.shared
def test_each_code_that_customs_began_or_ended_in_2023_is_told_of(shared_data: Path) -> None:
    lists = []
    for year in (2022, 2023):
        text = (shared_data / "gacc_reference" / f"hs8_en_{year}.csv").read_text(encoding="gb18030")
        lists.append({row[0] for row in csv.reader(text.splitlines()) if len(row) > 5 and row[0].isdigit()})
    told = code_table("definition_breaks").filter(from_month="2023-01", kind="code", comparable="no")
    eights = told.filter(pl.col("product").str.len_chars() == 8)
    turned = eights.filter(pl.col("what").str.contains("^new code|^ended"))["product"]
    assert len(lists[0] ^ lists[1]) > 40
    assert sorted(turned) == sorted(lists[0] ^ lists[1])
    assert set(eights["product"]) - set(turned) <= lists[0] & lists[1]
