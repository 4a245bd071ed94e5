"""Printed figures against published stores: every kind of mistake has its verdict, and no true figure is contradicted.

The claims are written by hand, with the answer next to them: true, rounded, cut off, qualified, misplaced, wrong.
"""

import csv
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from tasks.claims.check import ClaimsFile, check_claims, claim_rows, read_claims
from tasks.ledger.doubts import Doubts
from tasks.reading.query import open_published
from tasks.store.files.snapshot import Snapshot
from tests.unit import builders
from tests.unit.builders import MAGNETS
from tests.unit.published_stores import china, publish, query_bytes

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

ROOT = Path(__file__).parents[3]
YES, NO, OPEN = "supported", "contradicted", "not_checkable"
M = "rare earth magnets"
H1 = "2025-01..2025-06"
COLUMNS = ("commodity", "partner", "period", "metric", "value", "unit", "qualifier")


@pytest.fixture(scope="module")
def sample(sample_store: Path) -> Snapshot:
    return open_published(sample_store)


def frame(rows: list[tuple[Any, ...]]) -> ClaimsFile:
    rows_of = [dict(zip(COLUMNS, row, strict=False)) for row in rows]
    made = pl.DataFrame(rows_of, infer_schema_length=None).with_columns(flow=pl.lit("export"))
    return ClaimsFile("claims.csv", "0" * 64, made)


def test_every_claim_of_known_answer_gets_it(sample: Snapshot) -> None:
    """Phrasing, units, languages, periods and mistakes of `known_claims.csv`, each with the verdict that arithmetic by
    hand gives it."""
    known = read_claims(Path(__file__).with_name("known_claims.csv"))
    expected = known.rows.select("verdict", "words", "why").rows()
    assert min(Counter(verdict for verdict, _, _ in expected).values()) >= 10
    checked = check_claims(sample, replace(known, rows=known.rows.drop("verdict", "words", "why")))
    wrong = [
        (row["partner"], row["period"], row["metric"], row["value"], why, row["verdict"], row["reason"])
        for row, (verdict, words, why) in zip(checked.iter_rows(named=True), expected, strict=True)
        if row["verdict"] != verdict or words not in row["reason"]
    ]
    assert wrong == []


def test_the_figures_of_the_sample_itself_are_all_supported(sample: Snapshot) -> None:
    """The ledger agrees with what it was made from, whatever the wording: level, total, growth."""
    metrics = {
        ("quantity", False): "level_t",
        ("quantity", True): "ytd_t",
        ("quantity_yoy", False): "yoy_pct",
        ("quantity_yoy", True): "ytd_yoy_pct",
        ("value", True): "value_usd",
    }
    with (ROOT / "flows" / "examples" / "published_figures.csv").open(encoding="utf-8") as file:
        rows = [
            (
                row["product"],
                row["partner"],
                row["period"],
                metrics[row["measure"], ".." in row["period"]],
                row["value"],
                row["unit"],
                "",
            )
            for row in csv.DictReader(file)
        ]
    checked = check_claims(sample, frame(rows))
    assert checked.height > 100
    assert checked.filter(pl.col("verdict") != "supported").rows() == []


def test_a_file_keeps_its_columns_and_rows_and_one_without_them_is_refused(sample: Snapshot, tmp_path: Path) -> None:
    file, columns = tmp_path / "printed.csv", "commodity,flow,partner,period,metric,value,unit"
    file.write_text(
        f"\ufeffextra,{columns}\nx,rare earths,export,World,2025-06,level_t,7742,t\n,,,,,,,\n", encoding="utf-8"
    )
    checked = check_claims(sample, read_claims(file))
    assert checked.columns == ["extra", *columns.split(","), "verdict", "reason"]
    assert checked["verdict"].to_list() == ["supported", "not_checkable"]
    for text, why in (
        ("commodity,value\nx,1\n", "flow, partner, period, metric, unit are missing"),
        (f"{columns},value \n", "column 'value' is duplicate"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=why):
            read_claims(file)


PARTNERS = {"USA": "502", "DEU": "304", "JPN": "116"}
PRINTED = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note\n"


def query_of(
    folder: Path, months: str, tonnes: dict[tuple[str, str], int], product: str = "85051110", unit: str = "千克"
) -> None:
    """A query of every partner, its numbers by month and partner; the other partners had no trade then."""
    plain = [
        magnets(PARTNERS[partner], f"{number}000", "1,000", month.replace("-", ""))
        for (month, partner), number in tonnes.items()
    ]
    data = csv_bytes([(*row[:1], product, *row[2:6], unit, *row[7:]) for row in plain])
    asked = {"products": [product], "months": months, "released_on": date(2026, 1, 20)}
    publish(folder, "CHN", f"query-{months}.csv", data, flow="export", **asked)


def print_of(folder: Path, *rows: tuple[str, str, str], product: str = "85051110") -> None:
    """Tonnes of the press: partner, period and value."""
    lines = (
        f"export,{product},{partner},{period},quantity,{value},t,2025-07-20,press,https://example.org/a,\n"
        for partner, period, value in rows
    )
    data = (PRINTED + "".join(lines)).encode()
    publish(folder, "CHN", "printed.csv", data, "published", partners=None, released_on=date(2025, 12, 20))


def verdicts_of(folder: Path, *claims: tuple[str, ...], commodity: str = M) -> list[tuple[str, str]]:
    """Verdict and reason of claims: partner, period, metric, value and unit."""
    rows = frame([(commodity, *claim, "") for claim in claims])
    return check_claims(open_published(folder / "store" / "reporter=CHN"), rows).select("verdict", "reason").rows()


@pytest.mark.parametrize(
    ("press", "months", "query", "claims"),
    [
        # The press has 46.4 t to the United States in May, and 5 t to Japan; the query of every partner has neither.
        (
            [
                ("USA", "2025-04", "246"),
                ("USA", "2025-05", "46.4"),
                ("JPN", "2025-05", "5"),
                ("WLD", "2025-05", "52.4"),
            ],
            "2025-04..2025-05",
            {("2025-04", "USA"): 246, ("2025-05", "DEU"): 1},
            {
                ("US", "2025-05", "level_t", "0", "t"): YES,
                ("US", "2025-05", "level_t", "46.4", "t"): NO,
                ("US", "2025-05", "mom_pct", "-100", "%"): YES,
                ("US", "2025-05", "mom_pct", "-81.1", "%"): NO,
                ("US", "2025-04..2025-05", "level_t", "246", "t"): YES,
                ("US", "2025-04..2025-05", "level_t", "292.4", "t"): NO,
                # Of Japan nothing else was ever said, so that it has no row in `metric`; silence is a zero all the
                # same.
                ("Japan", "2025-05", "level_t", "0", "t"): YES,
                ("Japan", "2025-05", "level_t", "5", "t"): NO,
                ("World", "2025-05", "level_t", "1", "t"): YES,
                ("World", "2025-05", "level_t", "52.4", "t"): NO,
                ("US", "2025-05", "share_pct", "0", "%"): YES,
                ("US", "2025-05", "streak", "1", "consecutive monthly falls"): YES,
            },
        ),
        # 100 t up to April and the 7 t that the query adds up in May; the 50 t of the press for May are
        # outranked.
        ([("WLD", "2025-01..2025-04", "100"), ("WLD", "2025-05", "50")], "2025-05",
            {("2025-05", "USA"): 3, ("2025-05", "DEU"): 4},
            {("World", "2025-01..2025-05", "ytd_t", "107", "t"): YES,
                ("World", "2025-01..2025-05", "ytd_t", "150", "t"): NO}),
        # Six months of 110 t and of 200 t from customs; the press has 655 t for the half year, and 1,855 t for the
        # world.
        (
            [("USA", H1, "655"), ("WLD", H1, "1855")],
            H1,
            {
                (f"2025-{month:02d}", partner): tonnes
                for month in range(1, 7)
                for partner, tonnes in (("USA", 110), ("DEU", 200))
            },
            {
                ("US", H1, "ytd_t", "660", "t"): YES,
                ("US", H1, "ytd_t", "655", "t"): NO,
                ("World", H1, "ytd_t", "1860", "t"): YES,
                ("World", H1, "ytd_t", "1855", "t"): NO,
            },
        ),
        # Nobody has Japan in February.
        ([], "2025-01..2025-03",
            {**{(f"2025-0{month}", "USA"): tonnes for month, tonnes in enumerate((100, 100, 900), 1)},
                **{(f"2025-0{month}", "DEU"): 500 for month in (1, 2, 3)}, ("2025-01", "JPN"): 200,
                ("2025-03", "JPN"): 200},
            {("US", "2025-Q1", "rank", "2", "rank"): YES, ("US", "2025-Q1", "rank", "3", "rank"): NO}),
    ],
)  # fmt: skip
def test_a_number_that_the_ledger_has_outranked_confirms_nothing(
    press: list[tuple[str, str, str]],
    months: str,
    query: dict[tuple[str, str], int],
    claims: dict[tuple[str, ...], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Some of these files lack partners that others have: of numbers in doubt there is another test.
    parts_of = Doubts.parts
    monkeypatch.setattr(Doubts, "parts", lambda *of, **names: parts_of(*of, **names).clear())
    if press:
        print_of(tmp_path, *press)
    query_of(tmp_path, months, query)
    found = verdicts_of(tmp_path, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found


def test_what_customs_count_by_the_piece_is_no_zero_in_tonnes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The query has a thousand umbrellas; the tonnes of the press are outranked, and nothing is said of how much they
    weigh."""
    # Another unit holds a release until a person approves; here somebody did.
    monkeypatch.setattr("tasks.steps.catalog.hold_on_errors", lambda findings, *_: findings)
    umbrellas = "66019100"
    query_of(tmp_path, "2025-05", {("2025-05", "USA"): 1}, umbrellas, "个")
    print_of(tmp_path, *((partner, "2025-05", "46.4") for partner in ("USA", "WLD")), product=umbrellas)
    claims = [(partner, "2025-05", "level_t", value, "t") for partner in ("US", "World") for value in ("46.4", "0")]
    assert {verdict for verdict, _ in verdicts_of(tmp_path, *claims, commodity=umbrellas)} == {OPEN}


@pytest.mark.shared
def test_the_published_claims_come_out_as_their_notes_say(sample: Snapshot, shared_data: Path) -> None:
    checked = check_claims(sample, read_claims(shared_data / "published" / "claims.csv"))
    assert checked.height == 423
    is_marked = (
        pl.col("note").fill_null("").str.contains("mislabelled|mixed with RE|assigns to both|attaches it to 2024")
    )
    marked, others = checked.filter(is_marked), checked.filter(~is_marked)
    assert marked.height == 7
    assert set(marked["verdict"]) <= {"contradicted", "right_number_wrong_place"}
    blamed = others.filter(pl.col("verdict").is_in(["contradicted", "right_number_wrong_place"]))
    # None of the figures of the press is excluded for want of digits alone. Most of these differ by one in the last
    # digit.
    assert others.filter(verdict="not_excluded").height == 27
    # The Korean 667 % is from rounded figures; SMM's m/m of -1.6 % fits no figure of the United States in August.
    assert {*blamed.select("partner", "period", "metric", "value").rows()} == {
        ("US", "2025-06", "mom_pct", "667"), ("US", "2025-08", "mom_pct", "-1.6"),
    }  # fmt: skip


def test_rows_of_the_table_claim_keep_their_words_and_get_number_day_product_and_note() -> None:
    checked = {
        "outlet": ["Daily", ""],
        "commodity": ["85051110", "gold bars"],
        "flow": ["export", "export"],
        "partner": ["US", "World"],
        "period": ["2025-06", "2025-06"],
        "metric": ["level_t", "level_t"],
        "value": ["353", "1"],
        "unit": ["t", "t"],
        "qualifier": ["", "about"],
        "verdict": ["supported", "not_checkable"],
        "reason": ["353 t agrees", "Not checkable: no"],
    }
    rows = pl.DataFrame(checked, schema=dict.fromkeys(checked, pl.String))
    releases = builders.release_table(
        *(builders.release(str(day), day) for day in ("2026-01-20", "2026-02-18", "2025-12-01"))
    )
    made = claim_rows(ClaimsFile("claims.csv", "0" * 64, rows), rows, releases)  # type: ignore[arg-type]
    assert made.select("record", "known_on", "value", "qualifier", "verdict", "product").rows() == [
        (1, date(2026, 2, 18), "353", None, "supported", "85051110"),
        (2, date(2026, 2, 18), "1", "about", "not_checkable", None),
    ]
    # A product that cannot be determined has no note.
    assert made["note"][0].startswith("85051110: ")
    assert made["note"][1] is None


@pytest.mark.parametrize(
    ("column", "meant"),
    [("hs_code", "hs_code_if_stated"), ("Qualifiers", "qualifier"), ("note", None), ("outlet", None)],
)
def test_a_column_that_is_nearly_one_of_ours_is_refused_by_name(tmp_path: Path, column: str, meant: str | None) -> None:
    file = tmp_path / "claims.csv"
    file.write_text(
        f"commodity,flow,partner,period,metric,value,unit,{column}\nmagnets,export,us,2025-06,level_t,1,t,x\n"
    )
    if meant is None:
        assert column in read_claims(file).rows.columns
        return
    with pytest.raises(ValueError, match=rf"{column} \(did you mean {meant}\?\)"):
        read_claims(file)


def claim_of(
    value: object, metric: str = "m/m", period: str = "2025-06", unit: str = "%", **other: str
) -> dict[str, str]:
    place = {"commodity": "85051110", "flow": "export", "partner": "us", "period": period}
    return {**place, "metric": metric, "value": str(value), "unit": unit, **other}


def checked(snapshot: Snapshot, *claims: dict[str, str]) -> list[tuple[str, str]]:
    rows = pl.DataFrame([*claims])
    return check_claims(snapshot, ClaimsFile("", "", rows)).select("verdict", "reason").rows()


def test_a_claim_is_judged_by_what_was_known_on_its_day_too(tmp_path: Path) -> None:
    """353 t of June until 1 December, 420 t since; May has 100 t."""
    for day, tonnes in ((date(2025, 7, 20), 353), (date(2025, 12, 1), 420)):
        rows = [("202505", MAGNETS, "USA", 100_000, 7_000), ("202506", MAGNETS, "USA", tonnes * 1000, 9_000)]
        snapshot = china(tmp_path, query_bytes(rows), day, products=[MAGNETS], months="2025-05..2025-06")
    august = {"published": "2025-08-01"}
    found = checked(
        snapshot,
        claim_of(353, "level", unit="t", **august),
        claim_of(253, **august),
        claim_of(400, "level", unit="t", **august),
        claim_of(353, "level", unit="t", published="2025-12-15"),
        claim_of(353, "level", unit="t"),
        claim_of(420, "level", unit="t", **august),
    )
    assert [verdict for verdict, _ in found] == [YES, YES, NO, NO, NO, YES]
    for _, reason in found[:2]:
        assert reason.startswith("Was right until 1 December 2025; corrected since. On its day: ")
        assert "the ledger has 420" in reason or "320" in reason


def test_no_growth_without_a_measure_is_contradicted_that_is_right_in_weight_or_in_value(tmp_path: Path) -> None:
    """Growths of the month and of the year of drawn series, reckoned here and printed to the tenth."""
    draw, months = Random(7), [f"{year}{month:02}" for year in (2023, 2024) for month in range(1, 13)]
    cells = {
        (month, partner): (draw.randrange(80_000, 120_000), draw.randrange(4 * 10**6, 6 * 10**6))
        for month in months for partner in ("USA", "DEU", "JPN", "KOR")
    }  # fmt: skip
    rows = [(month, MAGNETS, partner, *numbers) for (month, partner), numbers in cells.items()]
    snapshot = china(tmp_path, query_bytes(rows), date(2025, 2, 20), products=[MAGNETS], months="2023-01..2024-12")
    claims = [
        claim_of(f"{100 * (now[place] / then[place] - 1):.1f}", metric, f"{month[:4]}-{month[4:]}", partner=partner)
        for back, metric in ((1, "m/m"), (12, "y/y"))
        for at, month in enumerate(months[back:])
        for partner in ("USA", "DEU", "JPN", "KOR")
        for now, then in [(cells[month, partner], cells[months[at], partner])]
        for place in (0, 1)
    ]
    assert len(claims) > 200
    found = checked(snapshot, *claims)
    assert {verdict for verdict, _ in found} == {YES}
    assert {reason.startswith("Right in value (USD), not in weight: ") for _, reason in found[1::2]} == {True}
    (wrong,) = checked(snapshot, claim_of(77.7, period="2024-06"))
    assert wrong[0] == NO
    assert wrong[1].endswith("In value (USD) it is not right either.")


@pytest.mark.parametrize(
    ("value", "verdict"),
    [("sevenfold", YES), ("7-fold", YES), ("eight-fold", YES), ("nine fold", NO), ("tripled", NO), ("12.5-fold", NO)],
)
def test_a_multiple_in_words_is_a_number(sample: Snapshot, value: str, verdict: str) -> None:
    """353 t after 46.4 t are 7.6 times as much."""
    assert checked(sample, claim_of(value, unit=""))[0][0] == verdict
