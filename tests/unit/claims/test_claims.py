"""Printed figures against the sample: every kind of mistake has its verdict, and no true figure is contradicted.

The claims here are written by hand, with the answer next to them: true, rounded, cut off, qualified, misplaced, wrong.
"""

import csv
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.claims.check import ClaimsFile, check_claims, read_claims
from tasks.claims.parse import read_claim
from tasks.domain.errors import Unclear
from tasks.reports.query import open_published
from tasks.store.snapshot import Snapshot

ROOT = Path(__file__).parents[3]
YES, NO, ELSEWHERE, OPEN = "supported", "contradicted", "right_number_wrong_place", "not_checkable"
PERHAPS = "not_excluded"
M, RE = "rare earth magnets", "rare_earths"
H1 = "2025-01..2025-06"
CLAIMS: list[tuple[Any, ...]] = [
    # commodity, partner, period, metric, value, unit, qualifier, verdict, words of the reason
    # true as printed
    (M, "US", "2025-06", "level_t", "353", "t", "", YES, "agrees"),
    (M, "World", "2025-06", "level_t", "3,188", "t", "", YES, "agrees"),
    (M, "World", "2025-05", "level_t", "1238", "tonnes", "", YES, "agrees"),
    (M, "World", H1, "ytd_t", "22319", "t", "", YES, "agrees"),
    (M, "World", "2025-06", "mom_pct", "157.5", "%", "", YES, "agrees"),
    (M, "World", "2025-06", "yoy_pct", "-38.1", "%", "", YES, "as a source prints it"),
    (M, "World", H1, "ytd_yoy_pct", "-18.9", "%", "", YES, "agrees"),
    (M, "Germany", "2025-06", "mom_pct", "265.6", "%", "", YES, "764 t against 209 t"),
    (M, "Germany", "2025-06", "share_pct", "24", "%", "", YES, "3,188 t"),
    ("稀土磁鐵", "美國", "2025-06", "level_t", "353", "噸", "", YES, "agrees"),
    (RE, "World", "2025-06", "level_t", "7742.2", "t", "", YES, "agrees"),
    (RE, "World", "2025-06", "yoy_pct", "60.3", "%", "", YES, "agrees"),
    (RE, "World", "2025-01..2025-09", "value_usd", "342.3", "USD million", "", YES, "agrees"),
    (RE, "World", "2024-01..2024-12", "unit_value", "8818", "USD/t", "", YES, "for 55,431 t"),
    (M, "World", "2025-02", "level_t", "3586", "t", "", YES, "difference of totals"),
    (M, "World", "2025-12", "rank", "4", "rank within 2025", "", YES, "Rank 4"),
    (M, "World", "2025-08", "since", "2025-01", "month", "", YES, "highest since 2025-01"),
    (M, "US", "2025-05", "streak", "2", "consecutive monthly falls", "", YES, "in a row"),
    # rounded and cut off
    (M, "US", "2025-05", "level_t", "46", "t", "", YES, "agrees"),
    (M, "World", "2025-06", "mom_pct", "158", "%", "", YES, "agrees"),
    (M, "World", "2025-06", "mom_pct", "157", "%", "", YES, "cut off"),
    (M, "World", "2025-06", "level_t", "3,190", "t", "", YES, "rounded to tens"),
    (M, "World", "2025-06", "level_t", "3.2", "kt", "", YES, "agrees"),
    (M, "World", H1, "ytd_t", "22,300", "t", "", YES, "rounded to hundreds"),
    (M, "World", "2025-09", "level_t", "5773", "t", "", PERHAPS, "5,774 t"),
    (RE, "World", "2025-06", "level_t", "7742", "t", "", YES, "agrees"),
    (RE, "World", "2025-09", "level_t", "4000", "t", "", YES, "agrees"),
    (RE, "World", "2025-06", "level_t", "7740", "t", "", YES, "rounded to tens"),
    (M, "US", "2025-06", "mom_pct", "661", "%", "", YES, "agrees"),
    (M, "US", "2025-06", "mom_pct", "660", "%", "", YES, "cut off"),
    # qualified
    (M, "US", "2025-06", "mom_pct", "660", "%", "more than", YES, "lies above"),
    (M, "World", "2025-07", "mom_pct", "75", "%", "nearly", YES, "just below"),
    (M, "World", H1, "ytd_t", "22,000", "t", "over", YES, "lies above"),
    (M, "World", H1, "ytd_t", "22,000", "t", "less than", NO, "less than 22000 t"),
    (M, "World", "2025-06", "level_t", "3,200", "t", "about", YES, "rough figure"),
    (M, "World", "2025-06", "level_t", "3,200", "t", "more than", NO, "more than 3200 t"),
    (M, "World", "2025-06", "level_t", "3,000", "t", "nearly", NO, "3,188 t"),
    (M, "World", "2025-06", "level_t", "2,700", "t", "about", NO, "3,188 t"),
    (M, "World", "2025-06", "yoy_pct", "-40", "%", "almost", YES, "just below"),
    (M, "World", "2025-06", "yoy_pct", "-40", "%", "at least", NO, "-38.10"),
    # a rise is no fall by little, and a fall no rise
    (M, "World", "2025-06", "mom_pct", "20", "%", "fell by less than", NO, "+157.5 %"),
    (M, "World", "2025-06", "mom_pct", "-20", "%", "less than", NO, "+157.5 %"),
    (M, "World", "2025-05", "mom_pct", "20", "%", "rose by less than", NO, "-52.8"),
    (M, "World", "2025-05", "mom_pct", "60", "%", "fell by less than", YES, "lies below"),
    # a word that is not known is no leave to be rough, and one that says how a level came about is no qualifier
    (M, "World", "2025-06", "level_t", "3,300", "t", "reached", OPEN, "'reached' is no word"),
    (M, "World", "2025-06", "level_t", "3,300", "t", "rose to", NO, "3,188 t"),
    (M, "World", "2025-06", "level_t", "3,188", "t", "rose to", YES, "agrees"),
    (M, "World", "2025-06", "level_t", "3,300", "t", "only", NO, "3,188 t"),
    (M, "World", "2025-06", "level_t", "3,200", "t", "up to", YES, "lies below"),
    # thousands and decimals, tonnes and millions of them
    (M, "US", "2025-05", "level_t", "46,4", "t", "", OPEN, "'46,4' is no number"),
    (M, "World", "2025-06", "level_t", "3 188", "t", "", YES, "agrees"),
    (M, "World", "2025-06", "level_t", "3188", "MT", "", YES, "agrees"),
    (M, "World", "2025-06", "level_t", "3188", "Mt", "", NO, "3,188 t"),
    (M, "World", "2025-06", "level_t", "0.003188", "million tonnes", "", YES, "agrees"),
    # right number, wrong place
    (M, "US", "2025-06", "mom_pct", "667", "%", "", ELSEWHERE, "rounded first"),
    (M, "US", "2025-06", "mom_pct", "760", "%", "", ELSEWHERE, "per cent of the earlier one"),
    (M, "World", "2025-06", "yoy_pct", "157.5", "%", "", ELSEWHERE, "the change on the month before"),
    (M, "World", "2025-06", "mom_pct", "-38.1", "%", "", ELSEWHERE, "the change on a year before"),
    (M, "World", "2025-06", "yoy_pct", "-18.9", "%", "", ELSEWHERE, "year to date"),
    (M, "World", "2025-06", "mom_pct", "61.2", "%", "", ELSEWHERE, "the later figure instead"),
    (M, "US", "2025-06", "level_t", "764", "t", "", ELSEWHERE, "another partner"),
    (M, "Germany", "2025-06", "level_t", "353", "t", "", ELSEWHERE, "another partner"),
    (M, "World", "2025-07", "level_t", "3188", "t", "", ELSEWHERE, "another month"),
    (M, "World", "2025-06", "level_t", "7742.2", "t", "", ELSEWHERE, "another basket"),
    (RE, "World", "2025-06", "level_t", "3188", "t", "", ELSEWHERE, "another basket"),
    (M, "World", "2025-06", "level_t", "22319", "t", "", ELSEWHERE, H1),
    (M, "World", H1, "ytd_t", "3188", "t", "", ELSEWHERE, "June 2025"),
    (M, "World", "2025-06", "level_t", "3188000", "t", "", ELSEWHERE, "kilograms"),
    (M, "US", "2025-06", "mom_pct", "6", "times", "", ELSEWHERE, "growth in multiples"),
    (RE, "World", "2025-10", "level_t", "5473", "t", "", ELSEWHERE, "another basket"),
    (M, "World", "2025-06", "level_t", "3514", "t", "", ELSEWHERE, "short tons"),
    # "to more than seven times" is what +660 % is
    (M, "US", "2025-06", "mom_pct", "7", "times", "more than", YES, "agrees"),
    (M, "US", "2025-06", "mom_pct", "7.6", "times", "", YES, "agrees"),
    # wrong
    (M, "World", "2025-06", "level_t", "3818", "t", "", NO, "3,188 t"),
    (M, "US", "2025-06", "level_t", "335", "t", "", NO, "353 t"),
    (M, "World", H1, "ytd_t", "22,391", "t", "", NO, "22,319 t"),
    (M, "World", "2025-06", "mom_pct", "175.5", "%", "", NO, "+157.5 %"),
    (M, "World", "2025-06", "yoy_pct", "38.1", "%", "", NO, "sign"),
    (M, "World", H1, "ytd_yoy_pct", "-19.8", "%", "", NO, "-18.9"),
    (M, "US", "2025-08", "mom_pct", "-1.6", "%", "", NO, "-4.68 %"),
    (M, "World", "2025-08", "since", "2025-03", "month", "", NO, "neither"),
    (M, "US", "2025-09", "rank", "2", "rank", "", NO, "at least 3 are higher"),
    (M, "World", "2025-12", "rank", "2", "rank within 2025", "", NO, "at least 3 are higher"),
    (M, "US", "2025-07", "streak", "3", "consecutive monthly falls", "", NO, "in a row"),
    # not to be told
    (M, "US", "2025-09", "rank", "4", "rank", "", OPEN, "not all of them"),
    (M, "Atlantis", "2025-06", "level_t", "353", "t", "", OPEN, "no partner"),
    (M, "Europe", "2025-06", "level_t", "353", "t", "", OPEN, "which countries"),
    ("unobtainium", "US", "2025-06", "level_t", "353", "t", "", OPEN, "no commodity"),
    (M, "Germany", "2025-08", "level_t", "1346", "t", "", OPEN, "no release"),
    ("gallium", "World", "2025-06", "level_t", "4.26", "t", "", OPEN, "no release"),
    (M, "World", "2025-06", "level_t", "a lot", "t", "", OPEN, "no number"),
    (M, "World", "2025-13", "level_t", "5", "t", "", OPEN, "no period"),
    (M, "World", "2025-06", "level_t", "3188", "furlongs", "", OPEN, "the unit"),
    (M, "World", "2025-06", "value_usd", "100", "CNY", "", OPEN, "currency"),
    (M, "World", "2025-05", "since", "2015", "year", "", OPEN, "not at hand"),
    # customs revises in silence: a difference in the fifth digit is not enough to call somebody wrong
    (M, "US", "2025-01..2025-12", "ytd_t", "5933", "t", "", OPEN, "silent revisions"),
]  # fmt: skip
COLUMNS = ("commodity", "partner", "period", "metric", "value", "unit", "qualifier")


@pytest.fixture(scope="module")
def sample(sample_store: Path) -> Snapshot:
    return open_published(sample_store)


def frame(rows: list[tuple[Any, ...]]) -> ClaimsFile:
    rows_of = [dict(zip(COLUMNS, row, strict=False)) for row in rows]
    return ClaimsFile(
        "claims.csv", "0" * 64, pl.DataFrame(rows_of, infer_schema_length=None).with_columns(flow=pl.lit("export"))
    )


def test_every_claim_of_known_answer_gets_it(sample: Snapshot) -> None:
    checked = check_claims(sample, frame(CLAIMS))
    assert checked.height == len(CLAIMS) >= 60
    assert min(Counter(row[7] for row in CLAIMS if row[7] != PERHAPS).values()) >= 10
    wrong = [
        (row[:7], row[7], found["verdict"], found["reason"])
        for row, found in zip(CLAIMS, checked.iter_rows(named=True), strict=True)
        if found["verdict"] != row[7] or row[8] not in found["reason"]
    ]
    assert wrong == []


def test_claims_that_the_rules_were_not_made_for_get_their_verdicts(sample: Snapshot) -> None:
    """Other phrasing, units, languages, periods and mistakes, each with the verdict that arithmetic by hand gives it."""
    unseen = read_claims(Path(__file__).with_name("unseen_claims.csv"))
    expected = unseen.rows.select("verdict", "words", "why").rows()
    checked = check_claims(sample, replace(unseen, rows=unseen.rows.drop("verdict", "words", "why")))
    assert checked.height >= 60
    assert min(Counter(verdict for verdict, _, _ in expected).values()) >= 9
    wrong = [
        (row["partner"], row["period"], row["metric"], row["value"], why, row["verdict"], row["reason"])
        for row, (verdict, words, why) in zip(checked.iter_rows(named=True), expected, strict=True)
        if row["verdict"] != verdict or words not in row["reason"]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("commodity", "partner", "period", "metric", "value", "verdict", "words"),
    [
        # March and April came with January and February, and April 2025 was 4,784.8 t, up 4.8 %: March 2024 was 4,707.6 to 4,712.3 t.
        (RE, "World", "2024-03", "level_t", "4710", YES, "2024-01..2024-04 (18,049.5 t)"),
        (RE, "World", "2024-03", "level_t", "4600", NO, "between 4,707.624 t and 4,712.276 t"),
        (RE, "World", "2025-03", "yoy_pct", "20.3", PERHAPS, "between +20.24 % and +20.37 %"),
        (RE, "World", "2025-03", "yoy_pct", "23", NO, "between +20.24 % and +20.37 %"),
        (RE, "World", "2024-03", "mom_pct", "5", OPEN, "leave too much open"),
        # 4,784.8 t / 1.048
        (RE, "World", "2024-04", "mom_pct", "-3", YES, "between -3.16 % and -2.97 %"),
        (RE, "World", "2024-04", "mom_pct", "3", NO, "The sign is the other way round"),
        # 2,627 t less 45 % leaves 4,732 to 4,821 t open.
        (M, "World", "2024-04", "level_t", "4776", PERHAPS, "the printed growth of -45 % implies"),
        (M, "World", "2024-04", "level_t", "5", YES, "agrees"),
        (M, "World", "2024-04", "level_t", "5000", NO, "the printed growth of -45 % implies"),
        # January to May 2024 were 22,376 t, of which February, April and May leave 9,525 t to January and March.
        (M, "World", "2024-03", "level_t", "4000", PERHAPS, "at most 9,525.596 t"),
        (M, "World", "2024-03", "level_t", "12000", NO, "at most 9,525.596 t"),
        (M, "World", "2025-03", "yoy_pct", "12", OPEN, "leave too much open"),
    ],
)  # fmt: skip
def test_an_interval_that_follows_from_printed_figures_is_a_reading(
    sample: Snapshot, commodity: str, partner: str, period: str, metric: str, value: str, verdict: str, words: str
) -> None:
    unit = ("kt" if value == "5" else "t") if metric == "level_t" else "%"
    (row,) = check_claims(sample, frame([(commodity, partner, period, metric, value, unit, "")])).iter_rows(named=True)
    assert row["verdict"] == verdict, row["reason"]
    assert words in row["reason"]
    assert "nor what it could be computed from" not in row["reason"]


def test_a_quotient_of_two_coarse_figures_supports_none_of_many(tmp_path: Path) -> None:
    """10 t after 9 t is anything from no growth to a fourth more."""
    store = tmp_path / "reporter=CHN"
    print_of(store, ("USA", "2025-04", "quantity", "9"), ("USA", "2025-05", "quantity", "10"))
    claims = {
        ("US", "2025-05", "mom_pct", "10", "%", ""): PERHAPS,
        ("US", "2025-05", "mom_pct", "11", "%", ""): PERHAPS,
        ("US", "2025-05", "mom_pct", "12", "%", ""): PERHAPS,
        ("US", "2025-05", "mom_pct", "10", "%", "more than"): PERHAPS,
        ("US", "2025-05", "mom_pct", "60", "%", "less than"): YES,
        ("US", "2025-05", "mom_pct", "40", "%", ""): NO,
        ("US", "2025-05", "level_t", "10", "t", ""): YES,
        ("US", "2025-05", "level_t", "9.8", "t", ""): PERHAPS,
    }
    found = found_of(store, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found
    assert "other figures with these digits would agree as well" in found[0][1]


@pytest.mark.parametrize(
    "growth", ["-37.70", "-37.90", "-38.00", "-38.10", "-38.14", "-38.20", "-38.30", "-38.50", "-40.00"]
)
def test_a_growth_and_the_level_that_implies_it_have_one_tolerance(sample: Snapshot, growth: str) -> None:
    """June 2025 was 3,188 t, printed as down 38.1 %; June 2024 is known from that alone."""
    level = f"{3188 / (1 + float(growth) / 100):.1f}"
    claims = [(M, "World", "2025-06", "yoy_pct", growth, "%", ""), (M, "World", "2024-06", "level_t", level, "t", "")]
    verdicts = check_claims(sample, frame(claims))["verdict"].to_list()
    # A source prints the growth; the level follows from it to within 8 t, which no figure of one decimal is alone in.
    assert verdicts[1] == (PERHAPS if -38.2 <= float(growth) <= -38.05 else NO), (growth, level, verdicts)
    assert verdicts[0] == (YES if growth == "-38.10" else verdicts[1])


@pytest.mark.parametrize(
    ("commodity", "product"),
    [
        ("APT", "28418010"), ("ammonium paratungstate", "28418010"), ("仲钨酸铵", "28418010"), ("antimony oxide", "28258000"),
        ("锑的氧化物", "28258000"), ("Antimony Metal", "81101010"), ("未锻轧锑", "81101010"), ("Rare earth", "line:rare_earths"),
        ("Rare-earth ore, metals, compounds", "line:rare_earths"), ("稀土", "line:rare_earths"),
        ("Rare-earth ore, metals, compounds and articles thereof", "line:rare_earths_and_articles"),
        ("稀土及其制品", "line:rare_earths_and_articles"), ("Tungsten ores and articles", "line:tungsten_ores_and_articles"),
        ("钨品", "line:tungsten_ores_and_articles"),
    ],
)  # fmt: skip
def test_names_of_goods_and_of_the_lines_of_customs_are_known(commodity: str, product: str) -> None:
    row = {"commodity": commodity, "flow": "export", "partner": "World", "period": "2025-06", "metric": "level_t"}
    assert read_claim(row | {"value": "1127", "unit": "t"}).spot.product == product


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


@pytest.mark.parametrize("query_first", [True, False])
def test_a_printed_year_so_far_is_no_word_where_customs_have_told_its_months(query_first: bool, tmp_path: Path) -> None:
    """Six months of 110 t, and of 200 t elsewhere, from customs; a paper has 655 t for the half year, and 1,855 t for the world."""
    rows = [magnets(partner, f"{tonnes}000", f"{tonnes}", f"2025{month:02d}")
            for month in range(1, 7) for partner, tonnes in (("502", 110), ("304", 200))]  # fmt: skip
    (tmp_path / "query.csv").write_bytes(csv_bytes(rows))
    titles = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"
    lines = [f"export,85051110,{of},{H1},quantity,{tonnes},t,2025-07-25,A,https://a.example," for of, tonnes in (("USA", 655), ("WLD", 1855))]  # fmt: skip
    (tmp_path / "paper.csv").write_text("\n".join([titles, *lines]) + "\n", encoding="utf-8")
    store = tmp_path / "reporter=CHN"
    query = {"source": "gacc_query", "flow": "export", "partners": "all", "released_on": date(2025, 7, 20)}
    requests = [{"file": tmp_path / "query.csv", **query}, {"file": tmp_path / "paper.csv", "source": "published"}]
    for request in requests if query_first else requests[::-1]:
        assert release.fn(ReleaseRequest(store=store, **request)).status == "published"
    told = {("US", 660): YES, ("US", 655): NO, ("World", 1860): YES, ("World", 1855): NO}
    claims = [(M, of, H1, "ytd_t", str(tonnes), "t", "") for of, tonnes in told]
    checked = check_claims(open_published(store), frame(claims))
    assert checked["verdict"].to_list() == [*told.values()], checked["reason"].to_list()
    assert "the sum of 6 months" in checked["reason"][1]


def test_one_changed_digit_in_a_level_is_never_supported_beyond_rounding(sample: Snapshot) -> None:
    rows = [
        (M, "World", "2025-06", "level_t", text, "t", "")
        for place in range(4) for digit in "0123456789"
        if abs(int(text := f"{'3188'[:place]}{digit}{'3188'[place + 1:]}") - 3188) > 2
    ]  # fmt: skip
    checked = check_claims(sample, frame(rows))
    assert checked.height > 30
    said = checked.filter(pl.col("verdict") == "supported")["value"].to_list()
    assert set(said) <= {"3180"}, said  # 3,180 is 3,188 cut off to tens


def test_a_record_is_of_the_direction_that_the_claim_names(sample: Snapshot) -> None:
    """August 2025 (6,146 t) was the highest month since January (6,357 t); the lowest in between was May (1,238 t)."""
    claims = {
        ("2025-08", "seven-month high", ""): YES,
        ("2025-08", "seven-month low", ""): NO,
        ("2025-08", "2025-01", "highest"): YES,
        ("2025-08", "2025-01", "lowest"): NO,
        ("2025-08", "January 2025", "highest"): YES,
        ("2025-08", "2025-02", "highest"): NO,
        ("2025-05", "four-month low", ""): YES,
        ("2025-05", "four-month high", ""): NO,
    }
    rows = [(M, "World", month, "since", text, "month", word) for month, text, word in claims]
    checked = check_claims(sample, frame(rows))
    assert checked["verdict"].to_list() == [*claims.values()], checked["reason"].to_list()
    reasons = dict(zip(claims, checked["reason"], strict=True))
    assert "is the highest of 7 months" in reasons["2025-08", "seven-month high", ""]
    assert "is not the lowest of 7 months" in reasons["2025-08", "seven-month low", ""]
    assert "higher than that itself: 2025-02 3,586 t" in reasons["2025-08", "2025-02", "highest"]


def test_a_file_keeps_its_columns_and_rows_and_one_without_them_is_refused(sample: Snapshot, tmp_path: Path) -> None:
    file = tmp_path / "printed.csv"
    file.write_text(
        "\ufeffextra,commodity,flow,partner,period,metric,value,unit\nx,rare earths,export,World,2025-06,level_t,7742,t\n,,,,,,,\n",
        encoding="utf-8",
    )
    checked = check_claims(sample, read_claims(file))
    assert checked.columns == [
        "extra",
        "commodity",
        "flow",
        "partner",
        "period",
        "metric",
        "value",
        "unit",
        "verdict",
        "reason",
    ]
    assert checked["verdict"].to_list() == ["supported", "not_checkable"]
    file.write_text("commodity,value\nx,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="flow, partner, period, metric, unit are missing"):
        read_claims(file)
    file.write_text("commodity,flow,partner,period,metric,value,unit,value \n", encoding="utf-8")
    with pytest.raises(ValueError, match="column 'value' is duplicate"):
        read_claims(file)


HEAD = '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",\n'
PARTNERS = {"USA": "502", "DEU": "304", "JPN": "116"}
PRINTED = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note\n"


def query_of(
    store: Path, months: str, thousands: dict[tuple[str, str], int], product: str = "85051110", unit: str = "千克"
) -> None:
    """A query of every partner, its numbers by month and partner; the other partners had no trade then."""
    file = store.with_name(f"query-{months}.csv")
    rows = (
        f'"{month.replace("-", "")}","{product}","某商品","{PARTNERS[partner]}","{partner}","{number}000","{unit}","0","?","1,000",\n'
        for (month, partner), number in thousands.items()
    )
    file.write_bytes((HEAD + "".join(rows)).encode("gb18030"))
    request = ReleaseRequest(
        file=file, store=store, source="gacc_query", flow="export", partners="all", products=[product],
        months=months, released_on=date(2026, 1, 20),
    )  # fmt: skip
    assert release.fn(request, date(2026, 2, 1)).status == "published"


def print_of(store: Path, *rows: tuple[str, str, str, str], product: str = "85051110") -> None:
    """Figures of the press: partner, period, measure and value."""
    file = store.with_name("printed.csv")
    lines = (
        f"export,{product},{partner},{period},{measure},{value},{'%' if measure.endswith('_yoy') else 't'},2025-07-20,press,https://example.org/a,\n"
        for partner, period, measure, value in rows
    )
    file.write_text(PRINTED + "".join(lines), encoding="utf-8")
    request = ReleaseRequest(file=file, store=store, source="published", released_on=date(2025, 12, 20))
    assert release.fn(request, date(2026, 2, 1)).status == "published"


def verdicts_of(store: Path, *claims: tuple[str, str, str, str, str], commodity: str = M) -> list[tuple[str, str]]:
    """Verdict and reason of claims: partner, period, metric, value and unit."""
    snapshot = open_published(store)
    return (
        check_claims(snapshot, frame([(commodity, *claim, "") for claim in claims])).select("verdict", "reason").rows()
    )


def test_a_number_that_the_ledger_has_outranked_confirms_nothing(tmp_path: Path) -> None:
    """The press has 46.4 t to the United States in May, and 5 t to Japan; the query of every partner has neither."""
    store = tmp_path / "reporter=CHN"
    print_of(
        store, ("USA", "2025-04", "quantity", "246"), ("USA", "2025-05", "quantity", "46.4"),
        ("JPN", "2025-05", "quantity", "5"), ("WLD", "2025-05", "quantity", "52.4"),
    )  # fmt: skip
    query_of(store, "2025-04..2025-05", {("2025-04", "USA"): 246, ("2025-05", "DEU"): 1})
    claims = {
        ("US", "2025-05", "level_t", "0", "t"): YES,
        ("US", "2025-05", "level_t", "46.4", "t"): NO,
        ("US", "2025-05", "mom_pct", "-100", "%"): YES,
        ("US", "2025-05", "mom_pct", "-81.1", "%"): NO,
        ("US", "2025-04..2025-05", "level_t", "246", "t"): YES,
        ("US", "2025-04..2025-05", "level_t", "292.4", "t"): NO,
        # Of Japan nothing else was ever said, so that it has no row in `metric`; silence is a zero all the same.
        ("Japan", "2025-05", "level_t", "0", "t"): YES,
        ("Japan", "2025-05", "level_t", "5", "t"): NO,
        ("World", "2025-05", "level_t", "1", "t"): YES,
        ("World", "2025-05", "level_t", "52.4", "t"): OPEN,
        ("US", "2025-05", "share_pct", "0", "%"): YES,
        ("US", "2025-05", "streak", "1", "consecutive monthly falls"): YES,
    }
    found = verdicts_of(store, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found


def test_what_customs_count_by_the_piece_is_no_zero_in_tonnes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The query has a thousand umbrellas; the tonnes of the press are outranked, and nothing is said of how much they weigh."""
    # Another unit holds a release until a person approves; here somebody did.
    monkeypatch.setattr("flows.release.step.hold_on_errors", lambda findings, *_: findings)
    store, umbrellas = tmp_path / "reporter=CHN", "66019100"
    query_of(store, "2025-05", {("2025-05", "USA"): 1}, umbrellas, "个")
    print_of(store, *((partner, "2025-05", "quantity", "46.4") for partner in ("USA", "WLD")), product=umbrellas)
    claims = [(partner, "2025-05", "level_t", value, "t") for partner in ("US", "World") for value in ("46.4", "0")]
    assert {verdict for verdict, _ in verdicts_of(store, *claims, commodity=umbrellas)} == {OPEN}


def test_totals_of_the_year_rest_on_no_outranked_month(tmp_path: Path) -> None:
    """100 t up to April and the 7 t that the query adds up in May; the 50 t of the press for May are outranked."""
    store = tmp_path / "reporter=CHN"
    print_of(store, ("WLD", "2025-01..2025-04", "quantity", "100"), ("WLD", "2025-05", "quantity", "50"))
    query_of(store, "2025-05", {("2025-05", "USA"): 3, ("2025-05", "DEU"): 4})
    claims = {
        ("World", "2025-01..2025-05", "ytd_t", "107", "t"): YES,
        # The press has another world than the query: nobody is contradicted by a total in doubt.
        ("World", "2025-01..2025-05", "ytd_t", "150", "t"): OPEN,
    }
    found = verdicts_of(store, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Magnets over the revision of the HS in January 2022, when 850511 lost goods to 8549."""
    store = tmp_path_factory.mktemp("revised") / "reporter=CHN"
    print_of(store, ("DEU", "2022-03", "quantity_yoy", "21"))
    levels = {"2021-03": 100, "2021-11": 90, "2021-12": 80, "2022-01": 120, "2022-02": 130, "2022-03": 150}
    query_of(
        store, "2021-01..2022-03", {(month, partner): level for partner in ("USA", "DEU") for month, level in levels.items()}
    )  # fmt: skip
    return store


def test_what_a_change_of_definition_lies_between_is_not_compared(revised: Path) -> None:
    claims = [
        ("US", "2022-03", "yoy_pct", "50", "%"), ("US", "2022-03", "yoy_pct", "-50", "%"), ("US", "2022-03", "yoy_pct", "1.5", "times"),
        ("US", "2022-01", "mom_pct", "50", "%"), ("US", "2022-01..2022-03", "ytd_yoy_pct", "300", "%"),
        ("US", "2022-03", "vs_2021-12_pct", "87.5", "%"), ("US", "2021-12..2022-02", "level_t", "330", "t"),
        ("US", "2022-03", "since", "2021-03", "month"), ("US", "2022-03", "since", "five-month high", ""),
        ("US", "2022-02", "streak", "2", "consecutive monthly rises"),
    ]  # fmt: skip
    for claim, (verdict, reason) in zip(claims, verdicts_of(revised, *claims), strict=True):
        assert verdict == OPEN, (claim, verdict, reason)
        assert "2022-01: 850511 lost goods to 8549 (UNSD HS2022-HS2017)" in reason, (claim, reason)


def test_a_printed_growth_over_a_change_stands_and_says_so(revised: Path) -> None:
    claims = {("Germany", "2022-03", "yoy_pct", "21", "%"): YES, ("Germany", "2022-03", "yoy_pct", "50", "%"): NO}
    found = verdicts_of(revised, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found
    for _, reason in found:
        assert "as a source prints it" in reason
        assert "2022-01: 850511 lost goods to 8549 (UNSD HS2022-HS2017)" in reason
        assert "it would take" not in reason, "levels on two sides of a change say nothing of the growth"


def test_months_of_one_query_add_up_to_a_total_of_a_partner_as_of_the_world(tmp_path: Path) -> None:
    """One release has all three months, so 3,006 t for 3,000 t is no silent revision."""
    store = tmp_path / "reporter=CHN"
    query_of(store, "2025-01..2025-03", {(f"2025-{month:02d}", "USA"): 1000 for month in (1, 2, 3)})
    for partner in ("US", "World"):
        right, wrong = verdicts_of(
            store, (partner, "2025-Q1", "ytd_t", "3000", "t"), (partner, "2025-Q1", "ytd_t", "3006", "t")
        )
        assert (right[0], wrong[0]) == (YES, NO)
        assert "3,000 t, the sum of 3 months" in right[1]


def test_what_printed_digits_leave_open_is_no_record_and_no_rank(tmp_path: Path) -> None:
    """353 t may be more or less than 353.4 t."""
    store = tmp_path / "reporter=CHN"
    printed = {f"2024-{month:02d}": "300" for month in range(1, 13)} | {
        "2024-05": "353.4",
        "2024-06": "353",
        "2024-02": "400",
    }
    print_of(store, *(("USA", month, "quantity", level) for month, level in printed.items()))
    claims = {
        ("US", "2024-06", "rank", "2", "rank within 2024"): OPEN,
        ("US", "2024-06", "rank", "3", "rank within 2024"): OPEN,
        ("US", "2024-06", "rank", "1", "rank within 2024"): NO,
        ("US", "2024-06", "since", "2024-02", "month"): OPEN,
        ("US", "2024-05", "since", "2024-02", "month"): YES,
        ("US", "2024-06", "streak", "1", "consecutive monthly rises"): OPEN,
    }
    found = verdicts_of(store, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found


QUARTER_OF = {
    "2025-01": {"USA": 100, "DEU": 500, "JPN": 200},
    "2025-02": {"USA": 100, "DEU": 500},
    "2025-03": {"USA": 900, "DEU": 500, "JPN": 200},
}


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To the United States nine times as much in March as in February, to Japan nothing in February."""
    store = tmp_path_factory.mktemp("quarter") / "reporter=CHN"
    levels = {(month, key): level for month, levels in QUARTER_OF.items() for key, level in levels.items()}
    query_of(store, "2025-01..2025-03", levels)
    return store


def found_of(store: Path, *claims: tuple[str, ...]) -> list[tuple[str, str]]:
    """Verdict and reason of claims: partner, period, metric, value, unit and qualifier."""
    snapshot = open_published(store)
    return check_claims(snapshot, frame([(M, *claim) for claim in claims])).select("verdict", "reason").rows()


def test_a_rise_by_some_times_is_not_one_to_so_many_times(quarter: Path) -> None:
    """100 t, then 900 t: 增长8倍, ninefold, to nine times. What may mean either is not guessed."""
    claims = {
        ("US", "2025-03", "mom_pct", "8", "times", "rose by"): OPEN,
        ("US", "2025-03", "mom_pct", "9", "times", "rose by"): OPEN,
        ("US", "2025-03", "mom_pct", "9", "倍", "增长"): ELSEWHERE,
        ("US", "2025-03", "mom_pct", "9", "fold", "increased"): YES,
        ("US", "2025-03", "mom_pct", "9", "fold", "fell"): OPEN,
        ("US", "2025-03", "mom_pct", "9", "times", "rose to"): YES,
        ("US", "2025-03", "mom_pct", "8", "times", "rose to"): ELSEWHERE,
        ("US", "2025-03", "mom_pct", "8", "倍", "增长"): YES,
        ("US", "2025-03", "mom_pct", "7", "倍", "增长逾"): YES,
        ("US", "2025-03", "mom_pct", "9", "倍", "增长到"): YES,
        ("US", "2025-03", "mom_pct", "9", "times", "rose"): OPEN,
        ("US", "2025-03", "mom_pct", "9", "times", "fell by"): OPEN,
        ("US", "2025-03", "mom_pct", "800", "%", "surged"): YES,
        ("Japan", "2025-02", "mom_pct", "-100", "%", "up"): OPEN,
        ("Japan", "2025-02", "mom_pct", "-100", "%", "down"): YES,
        ("US", "2025-03", "mom_pct", "900", "%", "rose to"): OPEN,
        ("US", "2025-03", "share_pct", "1.6", "times", ""): OPEN,
    }
    found = found_of(quarter, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found


def test_the_next_number_is_not_what_is_left_when_digits_are_cut_off(quarter: Path) -> None:
    """900 t and nine times 100 t exactly, known to the kilogram."""
    claims = {
        ("US", "2025-03", "level_t", "899", "t", ""): NO,
        ("US", "2025-03", "mom_pct", "799", "%", ""): NO,
        ("US", "2025-03", "mom_pct", "8", "times", ""): ELSEWHERE,
        ("US", "2025-03", "level_t", "890", "t", ""): NO,
    }
    found = found_of(quarter, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found


def test_a_rank_over_several_months_is_told_where_nobody_else_can_be_higher(quarter: Path) -> None:
    """1,500 t to Germany, 1,100 t to the United States, 400 t to Japan: the world's 3,000 t leave nothing to others."""
    claims = {
        ("Germany", "2025-Q1", "rank", "1", "rank"): YES,
        ("US", "2025-Q1", "rank", "2", "rank"): YES,
        ("US", "2025-Q1", "rank", "3", "rank"): OPEN,
        ("Japan", "2025-Q1", "rank", "3", "rank"): YES,
        ("World", "2025-Q1", "rank", "1", "rank"): OPEN,
        ("EU", "2025-Q1", "rank", "1", "rank"): OPEN,
        ("EU", "2025-03", "rank", "1", "rank"): OPEN,
    }
    found = found_of(quarter, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found


def test_a_rank_is_open_where_the_rest_of_the_world_may_hide_a_higher_partner(tmp_path: Path) -> None:
    """Of 100 t the press names 40 and 35: the other 25 may be one partner's, which is less than either of them."""
    store = tmp_path / "reporter=CHN"
    print_of(
        store, ("DEU", "2025-01..2025-06", "quantity", "40"), ("USA", "2025-01..2025-06", "quantity", "35"),
        ("JPN", "2025-01..2025-06", "quantity", "3"), ("WLD", "2025-01..2025-06", "quantity", "100"),
    )  # fmt: skip
    claims = {
        ("US", "2025-H1", "rank", "2", "rank"): YES,
        ("Germany", "2025-H1", "rank", "1", "rank"): YES,
        ("Japan", "2025-H1", "rank", "3", "rank"): OPEN,
    }
    found = found_of(store, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found


def test_growth_and_price_in_yuan_are_held_against_yuan(tmp_path: Path) -> None:
    """The same trade in dollars and in yuan, of which the dollar cost 7 in May and 8 in June."""
    store = tmp_path / "reporter=CHN"
    for currency, values in (("美元", (100_000_000, 200_000_000)), ("人民币", (700_000_000, 1_600_000_000))):
        rows = (
            f'"{month}","85051110","某商品","502","USA","200000000","千克","0","?","{value:,}",\n'
            for month, value in zip(("202505", "202506"), values, strict=True)
        )
        file = tmp_path / f"{currency}.csv"
        file.write_bytes((HEAD.replace("美元", currency) + "".join(rows)).encode("gb18030"))
        request = ReleaseRequest(
            file=file, store=store, source="gacc_query", flow="export", partners="all", products=["85051110"],
            months="2025-05..2025-06", released_on=date(2025, 7, 20),
        )  # fmt: skip
        assert release.fn(request, date(2026, 2, 1)).status == "published"
    claims = {
        ("US", "2025-06", "value_mom_pct", "100", "%"): YES,
        ("US", "2025-06", "value_cny_mom_pct", "128.6", "%"): YES,
        ("US", "2025-06", "value_cny_mom_pct", "114", "%"): NO,
        ("US", "2025-06", "unit_value", "8,000", "元/吨"): YES,
        ("US", "2025-06", "unit_value", "1,000", "dollars per tonne"): YES,
        ("US", "2025-06", "unit_value", "1,000", "yuan per tonne"): NO,
    }
    found = found_of(store, *claims)
    assert [verdict for verdict, _ in found] == [*claims.values()], found
    assert "8,000 CNY/t" in found[3][1]


@pytest.mark.parametrize(
    ("partner", "value", "unit"),
    [
        ("the US", "3,188,000", "kg"), ("the EU", "3.188", "thousand tonnes"), ("欧盟", "3.188", "千吨"), ("香港", "0.3188", "万吨"),
        ("Republic of Korea", "0.003188", "million metric tons"), ("台湾", "0.003188", "MMT"),
    ],
)  # fmt: skip
def test_partners_and_units_are_read_as_papers_write_them(partner: str, value: str, unit: str) -> None:
    row = {
        "commodity": M, "flow": "exports", "partner": partner, "period": "2025-06", "metric": "level_t", "value": value, "unit": unit
    }  # fmt: skip
    stated = read_claim(row)
    assert stated.spot.flow == "export"
    assert stated.value * stated.unit_size == 3_188_000


@pytest.mark.parametrize(
    ("metric", "value", "unit"),
    [
        ("value_usd", "75", "million dollars"), ("value_usd", "75", "US$ million"), ("value_usd", "7500", "万美元"),
        ("value_usd", "0.75", "亿美元"), ("value_cny", "75", "million yuan"), ("value_cny", "7500", "万元"),
        ("level_eur", "75", "million euros"), ("value_gbp", "75", "million pounds"), ("value_jpy", "0.75", "亿日元"),
    ],
)  # fmt: skip
def test_money_is_read_as_papers_write_it(metric: str, value: str, unit: str) -> None:
    row = {"commodity": M, "flow": "出口", "partner": "World", "period": "2025-06", "value": value, "unit": unit}
    stated = read_claim(row | {"metric": metric})
    assert stated.value * stated.unit_size == 75_000_000
    other = "value_cny" if metric == "value_usd" else "value_usd"
    with pytest.raises(Unclear, match="not the currency"):
        read_claim(row | {"metric": other})


@pytest.mark.parametrize("column", ["commodity", "hs_code_if_stated"])
@pytest.mark.parametrize(
    ("code", "national", "product"),
    [("8505111000", "HS8", "85051110"), ("8505110070", "HTS10", "8505110070"), ("010121000", "JP9", "010121000"), ("850511", "", "850511")],
)  # fmt: skip
def test_a_code_has_the_digits_of_the_reporters_list(column: str, code: str, national: str, product: str) -> None:
    row = {
        "commodity": M,
        "flow": "export",
        "partner": "World",
        "period": "2025-06",
        "metric": "level_t",
        "value": "1",
        "unit": "t",
    }
    assert read_claim(row | {column: code}, national).spot.product == product


def test_two_codes_are_not_read_as_one(sample: Snapshot) -> None:
    claim = frame([(M, "World", "2025-06", "level_t", "3188", "t", "")])
    verdicts = {
        code: check_claims(sample, replace(claim, rows=claim.rows.with_columns(hs_code_if_stated=pl.lit(code))))[
            "verdict"
        ][0]
        for code in ("8505.11.10", "HS 8505 1110", "8505111000", "n/a", "8505.11, 8505.19", "85051110/85051190")
    }
    assert [*verdicts.values()] == [YES, YES, YES, YES, OPEN, OPEN]


@pytest.mark.shared
def test_the_published_claims_come_out_as_their_notes_say(sample: Snapshot, shared_data: Path) -> None:
    checked = check_claims(sample, read_claims(shared_data / "published" / "claims.csv"))
    assert checked.height == 423
    note = pl.col("note").fill_null("")
    marked = checked.filter(note.str.contains("mislabelled|mixed with RE|assigns to both|attaches it to 2024"))
    assert marked.height == 7
    assert set(marked["verdict"]) <= {"contradicted", "right_number_wrong_place"}
    others = checked.filter(~note.str.contains("mislabelled|mixed with RE|assigns to both|attaches it to 2024"))
    blamed = others.filter(pl.col("verdict").is_in(["contradicted", "right_number_wrong_place"]))
    # None of the figures of the press is excluded for want of digits alone. Most of these differ by one in the last digit.
    assert others.filter(verdict="not_excluded").height == 27
    # The Korean 667 % is from rounded figures; SMM's m/m of -1.6 % fits no figure of the United States in August.
    assert {(row["partner"], row["period"], row["metric"], row["value"]) for row in blamed.iter_rows(named=True)} == {
        ("US", "2025-06", "mom_pct", "667"), ("US", "2025-08", "mom_pct", "-1.6"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "unit", "measure", "kind"),
    [
        ("level", "t", "quantity_kg", "level"), ("Value", "million USD", "value_usd", "level"), ("level", "亿元", "value_cny", "level"),
        ("m/m", "%", "quantity_kg", "mom"), ("Y/Y %", "%", "quantity_kg", "yoy"), ("year-on-year", "percent", "quantity_kg", "yoy"),
        ("同比", "％", "quantity_kg", "yoy"), ("value y/y", "%", "value_usd", "yoy"), ("share (%)", "%", "quantity_kg", "share"),
        ("unit value", "USD/kg", "value_usd", "unit_value"), ("mom_pct", "%", "quantity_kg", "mom"),
    ],
)  # fmt: skip
def test_people_may_write_their_own_words_for_a_metric(metric: str, unit: str, measure: str, kind: str) -> None:
    row = {"commodity": "85051110", "flow": "export", "partner": "US", "period": "June 2025", "value": "353"}
    stated = read_claim(row | {"metric": metric, "unit": unit})
    assert (stated.spot.measure, stated.kind) == (measure, kind)
