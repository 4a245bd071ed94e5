"""A figure never compares two things that bear one name: worked by hand, and the tables next to what they come from."""

import csv
import functools
import gzip
import itertools
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas import code_files
from schemas.reference.code_tables import code_table
from tasks.domain import comparability
from tasks.domain.comparability import breaks_of, changes_of_texts
from tasks.domain.hs_editions import codes_today
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


# Rows of the machine-readable copy of the table of 2028 that stand at the end of the row before.
MERGED = {
    "081190", "121299", "151590", "220299", "300241", "391390", "392410", "392690", "400400", "560819", "630790",
    "701890", "950790",
}  # fmt: skip


def pairs_of_2022(shared_data: Path) -> set[tuple[str, str]]:
    file = shared_data / "hs_reference" / "concordance_HS2022toHS2017.xlsx"
    sheet = pl.read_excel(file, sheet_name="HS2022-HS2017 Correlations", infer_schema_length=0)
    return {(old, new) for new, old, _ in sheet.slice(1).iter_rows() if new}


def pairs_of_2028(shared_data: Path) -> set[tuple[str, str]]:
    table = json.loads(gzip.decompress((shared_data / "concordance_real" / "hs2028_correlations.json.gz").read_bytes()))
    pairs = set()
    for printed, row in table.items():
        old = printed.replace(".", "")
        for place, target in enumerate(row["targets"]):
            new, later = target["code"].replace(".", ""), row["targets"][place + 1 :]
            begins = new in MERGED and not target["partial"] and old != new and bool(later)
            old = new if begins else old
            pairs |= {(old, new)} - ({(new, new)} if begins else set())
    today = {*codes_today()}
    assert len({old for old, _ in pairs}) == len(table) + len(MERGED)
    assert {old for old, _ in pairs} <= today
    return pairs | {(code, code) for code in today - {old for old, _ in pairs}}


def pairs_between(older: str, newer: str, shared_data: Path) -> set[tuple[str, str]]:
    text = (shared_data / "concordance_real" / "vnso_HS_SITC_BEC_correlation_2021.csv").read_text(encoding="latin-1")
    # The table of 2017 has 300219, which the correlation of 2022 does not know.
    rows = ((row[older], row[newer]) for row in csv.DictReader(text.splitlines()) if row[newer] != "300219")
    return {(old, new) for old, new in rows if old.isdecimal() and new.isdecimal()}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("month", "read"),
    [
        ("2007-01", functools.partial(pairs_between, "HS02", "HS07")),
        ("2012-01", functools.partial(pairs_between, "HS07", "HS12")),
        ("2017-01", functools.partial(pairs_between, "HS12", "HS17")),
        ("2022-01", pairs_of_2022),
        ("2028-01", pairs_of_2028),
    ],
)
def test_a_revision_is_what_its_correlation_says(
    month: str, read: Callable[[Path], set[tuple[str, str]]], shared_data: Path
) -> None:
    pairs = read(shared_data)
    assert len(pairs) > 5_000
    told = {row["code"]: row for row in code_table("hs_revisions").filter(from_month=month).to_dicts()}
    moved: dict[str, dict[str, set[str]]] = {"gained_from": {}, "lost_to": {}}
    for digits in (2, 4, 6):
        before: dict[str, set[str]] = {}
        after: dict[str, set[str]] = {}
        for old, new in pairs:
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


@pytest.mark.shared
def test_the_changes_of_the_combined_nomenclature_are_those_of_eurostat(shared_data: Path) -> None:
    workbook = shared_data / "concordance_real" / "CN_concordances_1988_2025_XLS_FORMAT.xls"
    rows = pl.read_excel(workbook, schema_overrides=dict.fromkeys(("Origin code", "Destination code"), pl.String))
    moves = {
        (f"{period % 10_000}-01", old.replace(" ", ""), new.replace(" ", "")) for period, old, new in rows.iter_rows()
    }
    moves = {move for move in moves if move[1] != move[2]}
    told = {(row["from_month"], row["code"]): row for row in code_table("cn_revisions").to_dicts()}
    assert told.keys() == {(month, code) for month, *codes in moves for code in codes}
    for month, old, new in moves:
        assert new.startswith(tuple(told[month, old]["lost_to"].split()))
        assert old.startswith(tuple(told[month, new]["gained_from"].split()))


@pytest.mark.parametrize(
    ("reporter", "changed"), [(GERMANY, [(2024 * 12, "08039011 gained goods of 08039010")]), (CHINA, [])]
)
def test_a_yearly_revision_of_the_combined_nomenclature_cuts_its_own_codes(
    reporter: Reporter, changed: list[tuple[int, str]]
) -> None:
    found = breaks_of("08039011", "DEU", "value_eur", reporter)
    assert [(change.month, change.what) for change in found if change.month > 2022 * 12] == changed


def test_the_next_edition_cuts_a_series_when_it_begins_and_not_before() -> None:
    """Soya beans for sowing left 120100 in 2012, and immature ones leave 120190 in 2028."""
    last, first = (
        changes_of_texts(
            pl.DataFrame({"product": ["12019020"], "partner": "USA", "measure": "value_usd", "month": [month]}), CHINA
        ).item()
        for month in (2027 * 12 + 11, 2028 * 12)
    )
    assert (last, first) == (2012 * 12, 2028 * 12)
