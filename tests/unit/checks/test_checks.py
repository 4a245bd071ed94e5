"""Gate D: each check where it speaks and where it is silent."""

import datetime
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import Case, Publish, read
from bad_inputs.download import (
    CLEAN,
    CLEAN_RECORDS,
    PARTNER,
    PARTNER_NAME,
    QUANTITY,
    TITLES,
    UNIT,
    VALUE,
    Record,
    csv_bytes,
    distinct_records,
    each,
    magnets,
    with_field,
    year_of_magnets,
)
from release_pages import TITLE, goods

from tasks.checks import (
    absences,
    completeness,
    consistency,
    declared_flow,
    declared_months,
    file_quality,
    lapsed_measures,
    line_sums,
    magnitudes,
    printed_figures,
    registry,
    same_numbers,
    unit_values,
)
from tasks.checks.consistency import MAGNITUDE_FACTOR
from tests.unit.sources.test_hmrc_ots import page, row

MODULES = (
    absences, completeness, consistency, declared_flow, declared_months, file_quality, lapsed_measures, line_sums, magnitudes,
    printed_figures, same_numbers, unit_values,
)  # fmt: skip
ALL = {"partners": "all"}
JULY_18, JULY_20 = datetime.date(2025, 7, 18), datetime.date(2025, 7, 20)
YEAR = csv_bytes(year_of_magnets())
Earlier = Sequence[tuple[bytes, Mapping[str, Any]]]


def _raised(
    tmp_path: Path, data: bytes, declared: Mapping[str, Any] | None = None, before: Earlier = ()
) -> list[tuple[str, str]]:
    """Check and severity of every finding but those of reading, in order."""
    case = Case("", data, Publish(), declared=declared or {}, before=tuple(before))
    _, findings = read(case, tmp_path / "inbox")
    return findings.filter(pl.col("check") != "normalised").select("check", "severity").rows()


def _figures(*figures: str) -> bytes:
    titles = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"
    return "".join(f"{line}\n" for line in (titles, *(f"{figure},A,https://a.example," for figure in figures))).encode()


COMEXT_TITLES = "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE"
COMEXT = "ESTAT:DS-045409(1.0),14/08/25 11:00:00,M,EU27_2020"
PUBLISHED = {"source": "published", "flow": None, "released_on": None}


def test_every_function_that_is_marked_is_asked_and_documented() -> None:
    marked = {
        f"{file.stem}.{name}"
        for file in Path(registry.__file__).parent.glob("*.py")
        for name in re.findall(r"^@check\(severity=.*\)\ndef _?(\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {module.__name__.rpartition(".")[2] for module in MODULES} <= {name.partition(".")[0] for name in marked}
    assert len(marked) > 40
    assert {one.name for one in registry.checks()} == marked
    assert all(one.find.__doc__ for one in registry.checks())


def test_a_check_raises_nothing_graver_than_it_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_CHECKS", {})

    @registry.check(severity="warning")
    def _too_grave(judged: Any) -> Any:
        yield from ({"check": "too_grave", "severity": severity} for severity in judged)

    (one,) = registry._CHECKS.values()
    assert [row["severity"] for row in one(["info", "warning"])] == ["info", "warning"]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="declares warning and raises error"):
        list(one(["error"]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a second check"):
        registry.check(severity="warning")(_too_grave)
    with pytest.raises(ValueError, match="no severity of"):
        registry.check(severity="grave")(lambda judged: iter(()))


def test_the_first_release_of_an_experimental_source_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next ones only say so; a person who trusts the source is not asked."""
    ots = [page(row(1000.0, 100.0, month=month)) for month in (202505, 202506)]
    declared = {"source": "hmrc_ots", "flow": None, "released_on": datetime.date(2025, 8, 13)}

    def severities(data: bytes, before: Earlier = ()) -> list[str]:
        return [
            severity for check, severity in _raised(tmp_path, data, declared, before) if check == "experimental_source"
        ]

    assert severities(ots[0]) == ["info"]
    monkeypatch.setenv("TIDEWAITER_EXPERIMENTAL", "japan_estat")
    assert severities(ots[0]) == ["error"]
    assert severities(ots[1], [(ots[0], declared)]) == ["info"]
    assert "experimental_source" not in [check for check, _ in _raised(tmp_path, CLEAN)]


def test_a_clean_release_raises_nothing(tmp_path: Path) -> None:
    assert _raised(tmp_path, CLEAN) == []
    again = {**ALL, "released_on": JULY_20}
    assert _raised(tmp_path, CLEAN, again, [(YEAR, ALL), (CLEAN, again)]) == []


@pytest.mark.parametrize(("records", "held"), [(9_999, False), (10_000, True), (10_001, False), (20_000, True)])
def test_a_number_of_records_at_which_the_site_cuts_off_is_held(tmp_path: Path, records: int, held: bool) -> None:
    assert _raised(tmp_path, csv_bytes(distinct_records(records))) == ([("row_cap", "error")] if held else [])


def test_records_set_aside_hold_a_release_where_they_are_many_or_of_a_watched_product(tmp_path: Path) -> None:
    """Few lost records of other products are a warning; one of a watched product, however printed, is an error."""
    many = list(distinct_records(2_000))
    assert _raised(tmp_path, csv_bytes([*many, (*many[0][:1], "2501x", *many[0][2:])])) == [("quarantined", "warning")]
    assert _raised(tmp_path, csv_bytes([*many, (*many[0][:1], "8505.11.10", *many[0][2:])])) == [
        ("quarantined", "error")
    ]
    assert _raised(tmp_path, csv_bytes([*many[:500], (*many[0][:1], "2501x", *many[0][2:])])) == [
        ("quarantined", "error")
    ]
    assert _raised(tmp_path, csv_bytes([*many, many[0]])) == [("copies", "warning")]


def test_records_set_aside_are_named_and_the_table_quarantine_only_where_it_will_have_them(tmp_path: Path) -> None:
    """A held release is not published, so nobody finds its records there."""
    many = distinct_records(2_000)
    lost = tuple((*many[0][:1], f"250{number}x", *many[0][2:]) for number in range(5))
    for data, severity, advice in (
        (csv_bytes((*many, *lost)), "error", "Download again, or approve without them: the table quarantine lists them then."),
        (csv_bytes((*many, lost[0])), "warning", "See the table quarantine."),
    ):  # fmt: skip
        found = read(Case("", data, Publish()), tmp_path / "inbox")[1].filter(check="quarantined").row(0, named=True)
        assert (found["severity"], found["advice"]) == (severity, advice)
    held = read(Case("", csv_bytes((*many, *lost)), Publish()), tmp_path / "inbox")[1].filter(check="quarantined")
    said = "; ".join(
        f"record {2001 + number}: product '250{number}x' is no HS code of 2, 4, 6 or 8 digits" for number in range(3)
    )
    assert held["observed"][0] == f"5 of 2,005 records set aside; {said}; and 2 more"


@pytest.mark.parametrize(
    ("kg", "value", "raised"), [("17544", "1,000,000", []), ("105264", "6,000,000", [("unknown_partners", "error")])]
)
def test_unknown_partners_with_much_of_the_trade_are_held(
    tmp_path: Path, kg: str, value: str, raised: list[tuple[str, str]]
) -> None:
    assert _raised(tmp_path, csv_bytes([*CLEAN_RECORDS, magnets("188", kg, value)])) == [
        ("unknown_partner", "warning"),
        *raised,
    ]


def test_an_unspecified_partner_is_a_known_one(tmp_path: Path) -> None:
    unnamed = each(PARTNER_NAME, lambda name: "不详", each(PARTNER, lambda code: "701", CLEAN_RECORDS[:1]))
    assert _raised(tmp_path, csv_bytes(unnamed)) == []


@pytest.mark.parametrize(
    ("first", "second", "raised"),
    [
        (("千克", "0", "?"), ("千克", "0", "?"), False),
        (("千克", "0", "?"), ("克", "0", "?"), True),
        (("千克", "5", "头"), ("千克", "0", "?"), False),
        (("千克", "5", "头"), ("克", "5", "头"), True),
        (("千克", "0", "?"), ("吨", "0", "?"), True),
        (("吨", "0", "?"), ("吨", "0", "?"), False),
        (("个", "5", "千克"), ("千个", "5", "千克"), True),
    ],
)
def test_one_product_of_one_month_in_two_units_is_held(
    tmp_path: Path, first: tuple[str, ...], second: tuple[str, ...], raised: bool
) -> None:
    records = [
        (*magnets(partner=partner)[:UNIT], *units, "1,000") for partner, units in (("502", first), ("304", second))
    ]
    found = [entry for entry in _raised(tmp_path, csv_bytes(records)) if entry[0] != "unit_value"]
    assert found == ([("mixed_units", "error")] if raised else [])


@pytest.mark.parametrize(
    ("records", "places", "raised"),
    [(50, [("10", "44")], ["one_province", "one_regime"]), (49, [("10", "44")], []), (50, [("10", "44"), ("14", "31")], []),
     (50, [("10", "44"), ("10", "31")], ["one_regime"]), (50, [("10", "44"), ("14", "44")], ["one_province"])],
)  # fmt: skip
def test_many_records_all_of_one_regime_or_province_are_held(
    tmp_path: Path, records: int, places: list[tuple[str, str]], raised: list[str]
) -> None:
    titles = (*TITLES[:5], "贸易方式编码", "注册地编码", *TITLES[5:])
    rows = [(*row[:5], *places[at % len(places)], *row[5:]) for at, row in enumerate(distinct_records(records))]
    assert _raised(tmp_path, csv_bytes(rows, titles)) == [(name, "error") for name in raised]


def test_other_units_in_other_months_are_another_edition_of_the_tariff(tmp_path: Path) -> None:
    records = [magnets(month="202412"), (*magnets(month="202501")[:UNIT], "个", *magnets()[UNIT + 1 :])]
    assert _raised(tmp_path, csv_bytes(records)) == []


@pytest.mark.parametrize(
    ("months", "declared", "raised"),
    [
        (("202504", "202505", "202506"), {}, False),
        (("202504", "202506"), {}, True),
        (("202506",), {}, False),
        (("202506",), {"months": "2025-04..2025-06"}, True),
    ],
)
def test_a_month_that_was_asked_for_and_has_no_record_is_a_warning(
    tmp_path: Path, months: Sequence[str], declared: dict[str, str], raised: bool
) -> None:
    data = csv_bytes([magnets(month=month) for month in months])
    assert _raised(tmp_path, data, declared) == ([("month_without_records", "warning")] if raised else [])


def test_a_broad_release_with_a_month_missing_is_held(tmp_path: Path) -> None:
    records = [
        (month, *record[1:VALUE], f"{int(record[VALUE].replace(',', '')) + int(month):,}")
        for record in distinct_records(50) for month in ("202504", "202506")
    ]  # fmt: skip
    assert _raised(tmp_path, csv_bytes(records)) == [("month_without_records", "error")]


@pytest.mark.parametrize(("month", "raised"), [("202112", True), ("202201", False)])
def test_a_watched_code_in_a_month_that_did_not_have_it_is_a_warning(tmp_path: Path, month: str, raised: bool) -> None:
    record = (month, "81129290", *magnets()[2:])
    assert _raised(tmp_path, csv_bytes([record])) == ([("product_validity", "warning")] if raised else [])


@pytest.mark.parametrize(("june", "raised"), [(3188, False), (3190, False), (3185, False), (3194, True), (22319, True)])
def test_a_month_is_the_difference_of_two_cumulative_figures_within_their_digits(
    tmp_path: Path, june: int, raised: bool
) -> None:
    """22,319 - 19,132 = 3,187 t; each of the three is rounded to a tonne."""
    data = _figures(
        "export,85051110,WLD,2025-01..2025-05,quantity,19132,t,2025-06-20",
        "export,85051110,WLD,2025-01..2025-06,quantity,22319,t,2025-07-20", f"export,85051110,WLD,2025-06,quantity,{june},t,2025-07-20",
    )  # fmt: skip
    assert _raised(tmp_path, data, PUBLISHED) == ([("ytd_mismatch", "error")] if raised else [])
    titles, may, *of_june = data.splitlines(keepends=True)
    before = [(titles + may, PUBLISHED)]
    found = _raised(tmp_path, b"".join([titles, *of_june]), PUBLISHED, before)
    assert found == ([("ytd_mismatch", "error")] if raised else []), "against what was published before"


@pytest.mark.parametrize(
    ("figure", "raised"),
    [
        ("85059010,WLD,2025-06,quantity,9,t,2025-07-20", False), ("85051110,WLD,2025-04,quantity,4,t,2025-07-20", False),
        ("85051110,WLD,2025-01..2025-03,quantity,30,t,2025-07-20", False),
        ("85051110,WLD,2025-01..2025-06,quantity,26,t,2025-07-20", True), ("85051110,WLD,2025-06,quantity,6,t,2025-07-20", False),
        ("85051110,WLD,2025-06,quantity,8,t,2025-07-20", True),
    ],
)  # fmt: skip
def test_year_to_date_of_others_holds_nobody(tmp_path: Path, figure: str, raised: bool) -> None:
    """May and June disagree with the cumulative figures that are published next to them; that is nothing new."""
    before = _figures(
        "export,85051110,WLD,2025-01..2025-05,quantity,19.1,t,2025-06-20", "export,85051110,WLD,2025-01..2025-06,quantity,25.2,t,2025-07-18",
        "export,85051110,WLD,2025-06,quantity,9.9,t,2025-07-18",
    )  # fmt: skip
    found = _raised(tmp_path, _figures(f"export,{figure}"), PUBLISHED, [(before, PUBLISHED)])
    assert ("ytd_mismatch" in dict(found)) is raised


def test_year_to_date_is_held_against_the_last_word_of_a_collected_file(tmp_path: Path) -> None:
    data = _figures(
        "export,85051110,WLD,2025-01..2025-05,quantity,19132,t,2025-06-20",
        "export,85051110,WLD,2025-01..2025-06,quantity,22319,t,2025-07-20",
        "export,85051110,WLD,2025-06,quantity,3500,t,2025-07-18", "export,85051110,WLD,2025-06,quantity,3188,t,2025-07-20",
    )  # fmt: skip
    assert _raised(tmp_path, data, PUBLISHED) == []


@pytest.mark.parametrize(
    ("so_far", "others", "severity"),
    [
        ("1,650.0", 10, None), ("1,662.0", 10, None), ("1,663.5", 10, "warning"), ("1,400.0", 10, "warning"),
        # One of few lines is much of the page.
        ("1,663.5", 1, "error"),
    ],
)  # fmt: skip
def test_the_year_to_date_of_a_page_may_have_revisions_of_earlier_months_in_it(
    tmp_path: Path, so_far: str, others: int, severity: str | None
) -> None:
    """Fertilizers: 1,283.8 x 10,000 t until May; 366.2 in June would give 1,650.0, and a hundredth of the former is 12.8."""
    page = {"source": "gacc_preliminary", "flow": None, "partners": None, "released_on": datetime.date(2025, 6, 10)}
    lines = [[f"Line {n}", "-", "-", "1.0", "-", "5.0", "-", "5.0", "-", "0.0"] for n in range(others)]
    quiet = [[f"Quiet {n}", *["-"] * 9] for n in range(10)]
    may = [["Fertilizers", "10,000 Tons", "314.4", "-", "1,283.8", *["-"] * 5], *lines, *quiet]
    june = [
        ["Fertilizers", "10,000 Tons", "366.2", "-", so_far, *["-"] * 5],
        *([*row[:5], "6.0", *row[6:]] for row in lines),
        *quiet,
    ]
    spans = ("6", "1-6 Total", "1-6 Total, 2024", "(%)")
    data = goods(june, title=TITLE.replace("May", "June"), spans=spans, day="2025/07/14")
    found = dict(_raised(tmp_path, data, page | {"released_on": datetime.date(2025, 7, 14)}, [(goods(may), page)]))
    assert found.get("ytd_mismatch") == severity


def test_a_revised_year_before_and_another_unit_of_a_line_hold_no_page(tmp_path: Path) -> None:
    """As the page of June 2026 does: 3,389 ships until June of the year before, whose pages had 2,934 until May and 689 in June."""

    def page(year: int, month: int, *numbers: str, unit: str = "Ship") -> tuple[bytes, dict[str, Any]]:
        rows = [["Ships", unit, *numbers, "-", "-"], *([f"Quiet {n}", *["-"] * 9] for n in range(10))]
        spans = (f"{month}", f"1-{month} Total", f"1-{month} Total, {year - 1}", "(%)")
        day = datetime.date(year, month + 1, 14)
        data = goods(rows, title=TITLE.replace("May 2025", f"{month}.{year}"), spans=spans, day=f"{day:%Y/%m/%d}")
        return data, {"source": "gacc_preliminary", "flow": None, "partners": None, "released_on": day}

    before = [
        page(2024, 5, "590.0", "-", "2,934.0", "-", "-", "-"),
        page(2024, 6, "689.0", "-", "3,610.0", "-", "-", "-"),
    ]
    data, declared = page(2025, 6, "775.0", "-", "3,412.0", "-", "3,389.0", "-")
    assert dict(_raised(tmp_path, data, declared, before))["ytd_mismatch"] == "warning"
    (tmp_path / "unit").mkdir()
    data, declared = page(2025, 6, "775.0", "-", "-", "-", "-", "-", unit="Ton")
    assert ("unit_changed", "error") not in _raised(tmp_path / "unit", data, declared, before)


@pytest.mark.parametrize(("part", "raised"), [("153,000", False), ("163,000", True)])
def test_year_to_date_is_held_against_the_sum_over_provinces(tmp_path: Path, part: str, raised: bool) -> None:
    before = _figures(
        "export,85051110,USA,2025-01..2025-05,quantity,2158,t,2025-06-20",
        "export,85051110,USA,2025-01..2025-06,quantity,2511,t,2025-07-18",
    )
    parts = (("11", "200,000"), ("44", part))
    records = [(*magnets()[:5], province, quantity, *magnets()[6:]) for province, quantity in parts]
    data = csv_bytes(records, (*TITLES[:5], "注册地编码", *TITLES[5:]))
    assert _raised(tmp_path, data, {}, [(before, PUBLISHED)]) == ([("ytd_mismatch", "error")] if raised else [])


@pytest.mark.parametrize(("parts", "raised"), [((353, 764), False), ((353, 2_835), False), ((353, 2_900), True)])
def test_partners_together_are_no_more_than_the_printed_world(
    tmp_path: Path, parts: tuple[int, int], raised: bool
) -> None:
    usa, germany = parts
    data = _figures(
        "export,85051110,WLD,2025-06,quantity,3188,t,2025-07-20", f"export,85051110,USA,2025-06,quantity,{usa},t,2025-07-20",
        f"export,85051110,DEU,2025-06,quantity,{germany},t,2025-07-20",
    )  # fmt: skip
    assert _raised(tmp_path, data, PUBLISHED) == ([("parts_exceed_total", "error")] if raised else [])


@pytest.mark.parametrize(("quantity", "raised"), [("353000", False), ("353001", True)])
def test_two_currencies_of_one_day_count_the_same_goods(tmp_path: Path, quantity: str, raised: bool) -> None:
    """The download in USD and the one in CNY of the same day count the same goods."""
    yuan = each(VALUE, lambda usd: f"{int(usd.replace(',', '')) * 7:,}", with_field(QUANTITY, quantity))
    cny = csv_bytes(yuan, (*TITLES[:-1], "人民币"))
    assert _raised(tmp_path, cny, {}, [(CLEAN, {"released_on": JULY_20})]) == (
        [("editions_disagree", "error")] if raised else []
    )


@pytest.mark.parametrize(
    ("figure", "raised"),
    [
        ("USA,2025-06,quantity,353,t,2025-07-20", False), ("USA,2025-06,quantity,353.42,t,2025-07-20", False),
        ("USA,2025-06,quantity,354,t,2025-07-20", True), ("WLD,2025-05,quantity,1239,t,2025-07-20", False),
    ],
)  # fmt: skip
def test_collected_files_of_one_day_may_differ_in_digits_and_in_days(tmp_path: Path, figure: str, raised: bool) -> None:
    before = _figures(
        "export,85051110,WLD,2025-05,quantity,1238,t,2025-06-20", "export,85051110,USA,2025-06,quantity,353.4,t,2025-07-20"
    )  # fmt: skip
    now = _figures("export,85051110,DEU,2025-06,quantity,764,t,2025-07-20", f"export,85051110,{figure}")
    assert _raised(tmp_path, now, PUBLISHED, [(before, PUBLISHED)]) == (
        [("editions_disagree", "error")] if raised else []
    )


def _months_of(partner: str, quantity: int, months: Sequence[str]) -> list[Record]:
    return [magnets(partner, str(quantity), f"{quantity * 57:,}", month) for month in months]


SPRING = ("202501", "202502", "202503", "202504", "202505")


@pytest.mark.parametrize(("gone", "raised"), [("502", True), ("408", False)])
def test_of_a_few_products_a_partner_with_most_of_the_trade_is_held(tmp_path: Path, gone: str, raised: bool) -> None:
    """It had nine tenths of five months, and came in each of them; what it had of one in a hundred is not said at all."""
    before = csv_bytes(
        [*_months_of("502", 900_000, SPRING), *_months_of("133", 100_000, SPRING), *_months_of("408", 10_000, SPRING)]
    )
    now = csv_bytes([record for partner, quantity in (("502", 900_000), ("133", 100_000), ("408", 10_000))
                     for record in _months_of(partner, quantity, ["202506"]) if partner != gone])  # fmt: skip
    assert _raised(tmp_path, now, ALL, [(before, ALL)]) == ([("partners_missing", "error")] if raised else [])
    assert _raised(tmp_path, now, {}, [(before, ALL)]) == []


@pytest.mark.parametrize(("products", "severity"), [(49, "warning"), (50, "error")])
def test_a_broad_release_without_a_partner_of_before_is_held(tmp_path: Path, products: int, severity: str) -> None:
    """A partner may stop buying a few goods, and not fifty at a time."""
    june = distinct_records(products)
    may = [("202505", *record[1:]) for record in june]
    germany = [(*record[:PARTNER], "304", "德国", *record[QUANTITY:]) for record in may]
    found = _raised(tmp_path, csv_bytes(june), ALL, [(csv_bytes([*may, *germany]), ALL)])
    assert [entry for entry in found if entry[0] == "partners_missing"] == [("partners_missing", severity)]


@pytest.mark.parametrize(("month", "raised"), [("202405", False), ("202406", True), ("202505", True)])
def test_partners_are_missed_for_twelve_months(tmp_path: Path, month: str, raised: bool) -> None:
    before = csv_bytes([*_months_of("304", 900_000, [month]), *_months_of("502", 100_000, ["202505"])])
    now = csv_bytes(_months_of("502", 100_000, ["202506"]))
    assert _raised(tmp_path, now, ALL, [(before, ALL)]) == ([("partners_missing", "warning")] if raised else [])


def test_of_each_month_the_twelve_before_it_count_as_the_release_tells_them(tmp_path: Path) -> None:
    """May 2024 is the twelfth month before May and not before June; and what is told anew is not counted as it was, too."""
    before = csv_bytes([*_months_of("304", 900_000, ["202405"]), *_months_of("502", 100_000, ["202504"])])
    now = csv_bytes(_months_of("502", 100_000, ["202505", "202506"]))
    assert _raised(tmp_path, now, ALL, [(before, ALL)]) == [("partners_missing", "warning")]
    before = csv_bytes([*_months_of("304", 900_000, ["202505"]), *_months_of("502", 100_000, ["202505"])])
    now = csv_bytes([*_months_of("304", 1_000, ["202505"]), *_months_of("502", 100_000, ["202505", "202506"])])
    assert "partners_missing" not in dict(_raised(tmp_path, now, ALL, [(before, ALL)]))


def test_the_largest_of_the_missing_partners_are_named(tmp_path: Path) -> None:
    """Of 1,000 t the four that are gone had 900: 600, 150, 100 and 50."""
    parts = (("502", 100_000), ("344", 50_000), ("304", 600_000), ("116", 100_000), ("133", 150_000))
    before = csv_bytes([record for partner, quantity in parts for record in _months_of(partner, quantity, ["202505"])])
    now = csv_bytes(_months_of("502", 100_000, ["202506"]))
    _, findings = read(Case("", now, Publish(), declared=ALL, before=((before, ALL),)), tmp_path / "inbox")
    (row,) = findings.filter(check="partners_missing").to_dicts()
    assert row["observed"] == "no row for DEU, KOR, JPN, 90.0% of the twelve months before"
    assert row["subject"] == "export value_usd 2025-06"


def test_a_release_that_was_not_asked_for_everybody_misses_nobody(tmp_path: Path) -> None:
    spring = ["202504", "202505"]
    before = csv_bytes([*_months_of("304", 900_000, spring), *_months_of("502", 100_000, spring)])
    now = csv_bytes(_months_of("502", 100_000, ["202505", "202506"]))
    assert _raised(tmp_path, now, {"partners": "listed"}, [(before, ALL)]) == []


@pytest.mark.parametrize(("gone", "raised"), [("304", True), ("408", False)])
def test_a_large_partner_that_is_gone_from_a_month_told_again_is_held(tmp_path: Path, gone: str, raised: bool) -> None:
    now = csv_bytes([record for record in CLEAN_RECORDS[:6] if record[PARTNER] != gone])
    found = _raised(tmp_path, now, ALL, [(csv_bytes(CLEAN_RECORDS[:6]), ALL)])
    assert found == ([("partner_removed", "error")] if raised else [])


def test_a_partner_of_other_goods_or_of_a_later_day_is_not_gone(tmp_path: Path) -> None:
    without = csv_bytes([record for record in CLEAN_RECORDS[:6] if record[PARTNER] != "304"])
    horses = csv_bytes(with_field(VALUE, "61,500,000", records=CLEAN_RECORDS[6:]))
    assert _raised(tmp_path, without, ALL, [(horses, ALL)]) == []
    late = [(csv_bytes(CLEAN_RECORDS[:6]), {**ALL, "released_on": JULY_20})]
    assert _raised(tmp_path, without, {**ALL, "released_on": JULY_18}, late) == []


@pytest.mark.parametrize(
    ("records", "raised"),
    [
        (CLEAN_RECORDS[:6], False),
        (each(VALUE, lambda value: f"{int(value.replace(',', '')) * 5:,}", CLEAN_RECORDS[:6]), False),
        (each(VALUE, lambda value: f"{int(value.replace(',', '')) * 11:,}", CLEAN_RECORDS[:6]), True),
        (each(UNIT, lambda unit: "吨", CLEAN_RECORDS[:6]), True),
        (each(QUANTITY, lambda quantity: "1", each(VALUE, lambda value: "9,000", CLEAN_RECORDS[:6])), False),
        ([magnets(quantity="353")], True),
    ],
    ids=["as usual", "five times dearer", "eleven times dearer", "in tonnes", "samples", "tonnes as if kilograms"],
)
def test_a_price_more_than_ten_times_off_the_usual_is_held(
    tmp_path: Path, records: Sequence[Record], raised: bool
) -> None:
    assert _raised(tmp_path, csv_bytes(records), {}, [(YEAR, ALL)]) == ([("unit_value", "error")] if raised else [])


@pytest.mark.parametrize(("months", "raised"), [(2, False), (3, True)])
def test_a_usual_price_is_that_of_four_months(tmp_path: Path, months: int, raised: bool) -> None:
    before = csv_bytes(_months_of("502", 353_000, SPRING[-months:]))
    tonnes = csv_bytes([magnets(quantity="353")])
    assert _raised(tmp_path, tonnes, {}, [(before, ALL)]) == ([("unit_value", "error")] if raised else [])


@pytest.mark.parametrize(("kilograms", "raised"), [("999", False), ("1000", True)])
def test_a_ton_is_no_sample(tmp_path: Path, kilograms: str, raised: bool) -> None:
    """At a hundredth of the usual 57 dollars a kilogram what is weighed decides, which its value would not reach."""
    now = csv_bytes([magnets(quantity=kilograms, value="570")])
    assert _raised(tmp_path, now, {}, [(YEAR, ALL)]) == ([("unit_value", "error")] if raised else [])


def test_unit_value_of_a_partner_that_is_gone_is_not_that_of_the_others(tmp_path: Path) -> None:
    """Its dollars are published still; its kilograms the download in yuan of the same day has taken away."""
    usual, large = magnets(), magnets("304", "9000000", "513,000,000")
    cny = csv_bytes(each(VALUE, lambda usd: f"{int(usd.replace(',', '')) * 7:,}", [usual]), (*TITLES[:-1], "人民币"))
    before = [
        (YEAR, ALL),
        (csv_bytes([usual, large]), {**ALL, "released_on": JULY_18}),
        (cny, {**ALL, "released_on": JULY_20}),
    ]
    found = _raised(tmp_path, csv_bytes([usual]), {**ALL, "released_on": JULY_20}, before)
    assert ("unit_value", "error") not in found
    assert ("partner_removed", "error") in found


@pytest.mark.parametrize(("value", "raised"), [("20,121,000,000", False), ("20,121,000", True)])
def test_each_product_has_a_unit_value_of_its_own(tmp_path: Path, value: str, raised: bool) -> None:
    """What is a thousand times as dear as magnets costs no more than they do."""
    dear = [("85051190", magnets("502", "353000", "20,121,000,000", month)) for month in SPRING]
    before = csv_bytes([*year_of_magnets(), *((record[0], code, *record[2:]) for code, record in dear)])
    now = csv_bytes([*CLEAN_RECORDS[:6], ("202506", "85051190", *magnets("502", "353000", value)[2:])])
    assert _raised(tmp_path, now, {}, [(before, ALL)]) == ([("unit_value", "error")] if raised else [])


@pytest.mark.parametrize(("times", "raised"), [(1, False), (5, False), (11, True), (1000, True)])
def test_a_price_in_euros_is_held_against_prices_in_euros(tmp_path: Path, times: int, raised: bool) -> None:
    """Five months of one product of the EU at 11 to 12 euros a kilogram, and one whose price is a multiple of that."""
    declared = {
        "source": "eurostat_comext",
        "reporter": "EU27",
        "flow": "import",
        "partners": "all",
        "released_on": datetime.date(2025, 8, 20),
    }

    def month(number: int, euros: int) -> bytes:
        lines = [f"{COMEXT},{partner},84834030,1,{name},2025-{number:02d},{value}" for partner in ("CN", "EXT_EU27_2020")
                 for name, value in (("VALUE_IN_EUROS", euros), ("QUANTITY_IN_100KG", "900.28"))]  # fmt: skip
        return "\r\n".join([COMEXT_TITLES, *lines, ""]).encode()

    before = [(month(number, 1_000_000 + 7_919 * number), declared) for number in range(1, 6)]
    found = _raised(tmp_path, month(6, 1_066_047 * times), declared, before)
    assert (("unit_value", "error") in found) is raised
    assert raised or not [one for one in found if one[1] == "error"]


@pytest.mark.parametrize(("unit", "raised"), [("千克", False), ("吨", True)])
def test_a_price_in_yuan_is_held_against_prices_in_yuan(tmp_path: Path, unit: str, raised: bool) -> None:
    titles = (*TITLES[:-1], "人民币")
    data = csv_bytes(each(UNIT, lambda old: unit, CLEAN_RECORDS[:6]), titles)
    before = [(csv_bytes(year_of_magnets(), titles), ALL)]
    assert _raised(tmp_path, data, {}, before) == ([("unit_value", "error")] if raised else [])


@pytest.mark.parametrize(("unit", "raised"), [("千克", False), ("个", True)])
def test_a_product_in_another_unit_than_before_is_held(tmp_path: Path, unit: str, raised: bool) -> None:
    records = each(UNIT, lambda old: unit, CLEAN_RECORDS[:6])
    assert _raised(tmp_path, csv_bytes(records), {}, [(YEAR, ALL)]) == ([("unit_changed", "error")] if raised else [])


@pytest.mark.parametrize(
    ("times", "raised"),
    [(1, False), (MAGNITUDE_FACTOR - 1, False), (MAGNITUDE_FACTOR + 1, True), (1_000, True),
     (1 / (MAGNITUDE_FACTOR - 1), False), (1 / (MAGNITUDE_FACTOR + 1), True), (1 / 1_000, True)],
)  # fmt: skip
def test_a_quantity_more_than_two_hundred_times_off_the_usual_is_held(
    tmp_path: Path, times: float, raised: bool
) -> None:
    data = csv_bytes(with_field(VALUE, "-", records=[magnets(quantity=f"{353_000 * times:.0f}")]))
    found = _raised(tmp_path, data, {}, [(YEAR, ALL)])
    assert found == [*([("magnitude", "error")] if raised else []), ("missing_number", "info")]


@pytest.mark.parametrize(
    ("begin", "months", "raised"), [(24, 6, True), (25, 6, False), (25, 7, True), (6, 6, True), (5, 5, False)]
)
def test_a_usual_quantity_is_that_of_six_of_the_24_months_before(
    tmp_path: Path, begin: int, months: int, raised: bool
) -> None:
    june = 2025 * 12 + 5
    names = [f"{month // 12}{month % 12 + 1:02d}" for month in range(june - begin, june - begin + months)]
    now = csv_bytes(with_field(VALUE, "-", records=[magnets(quantity="353000000")]))
    found = _raised(tmp_path, now, {}, [(csv_bytes(_months_of("502", 353_000, names)), ALL)])
    assert (("magnitude", "error") in found) == raised


@pytest.mark.parametrize(
    ("quantity", "raised"), [("353001", False), ("369000", False), ("371000", True), ("335000", True)]
)
def test_a_revision_of_more_than_a_hundredth_is_a_warning(tmp_path: Path, quantity: str, raised: bool) -> None:
    """One per cent of the month's 1,676 t is 16.8 t."""
    now = csv_bytes(with_field(QUANTITY, quantity))
    found = _raised(tmp_path, now, {}, [(CLEAN, {"released_on": JULY_18})])
    assert found == ([("revised", "warning")] if raised else [])


@pytest.mark.parametrize(("printed", "raised"), [("1676", False), ("1677", False), ("1678", True), ("3188", True)])
def test_partners_that_do_not_add_up_to_the_printed_world_are_a_warning(
    tmp_path: Path, printed: str, raised: bool
) -> None:
    before = [(_figures(f"export,85051110,WLD,2025-06,quantity,{printed},t,2025-07-20"), PUBLISHED)]
    assert _raised(tmp_path, CLEAN, ALL, before) == ([("world_total", "warning")] if raised else [])
    assert _raised(tmp_path, CLEAN, {}, before) == []


@pytest.mark.parametrize(
    ("quantity", "day", "severity"),
    [("353030", JULY_20, "warning"), ("353030", JULY_18, "error"), ("53000", JULY_20, "error")],
)
def test_a_world_of_another_day_may_be_a_revision(
    tmp_path: Path, quantity: str, day: datetime.date, severity: str
) -> None:
    """Customs revise a month between two downloads, by little; those of one day must agree."""
    records = [record[:3] + record[5:] for record in [magnets(quantity="1676122", value="95,539,074")]]
    world, partners = csv_bytes(records, (*TITLES[:3], *TITLES[5:])), csv_bytes(with_field(QUANTITY, quantity)[:6])
    old, new = {**ALL, "released_on": JULY_18}, {**ALL, "released_on": day}
    for before, now in ((world, partners), (partners, world)):
        found = _raised(tmp_path, now, new, [(before, old)])
        assert [entry for entry in found if entry[0] == "world_total"] == [("world_total", severity)]


@pytest.mark.parametrize(("value", "raised"), [("75,439,074", False), ("1,000,000", True)])
def test_a_downloaded_world_that_is_not_the_sum_of_its_partners_is_held(
    tmp_path: Path, value: str, raised: bool
) -> None:
    titles = (*TITLES[:3], *TITLES[5:])
    world = csv_bytes([(*record[:3], *record[5:9], value) for record in CLEAN_RECORDS[:1]], titles)
    total = sum(int(record[VALUE].replace(",", "")) for record in CLEAN_RECORDS if record[1] == CLEAN_RECORDS[0][1])
    world = world.replace(b"75,439,074", f"{total:,}".encode())
    found = _raised(tmp_path, world.replace(b"353000", b"1676122"), ALL, [(CLEAN, ALL)])
    assert found == ([("world_total", "error")] if raised else [])
    assert _raised(tmp_path, world, ALL, [(CLEAN, {})]) == []


def test_two_downloads_of_one_day_that_differ_are_held(tmp_path: Path) -> None:
    """Of two words of a day none is the later, and partners that moved would be counted under both codes."""
    moved = csv_bytes((magnets("501"), *CLEAN_RECORDS[1:]))
    july = {**ALL, "released_on": JULY_20}
    assert ("partner_removed", "error") in _raised(tmp_path, moved, july, [(CLEAN, july)])
    dearer = csv_bytes(with_field(VALUE, "20,999,000"))
    assert ("editions_disagree", "error") in _raised(tmp_path, dearer, july, [(CLEAN, july)])


@pytest.mark.parametrize(("flow", "raised"), [("export", False), ("import", True)])
def test_bytes_published_as_the_other_direction_are_held(tmp_path: Path, flow: str, raised: bool) -> None:
    """The bytes of an export published once more as an import: nothing in the file tells which it is."""
    before = [(CLEAN, {"flow": "export"})]
    expected = ("other_flow", "error") if raised else ("known_release", "warning")
    assert _raised(tmp_path, CLEAN, {"flow": flow}, before) == [expected]


@pytest.mark.parametrize(("rate", "raised"), [(1, True), (4.9, True), (6, False), (8.7, False), (10.1, True)])
def test_a_rate_of_exchange_that_never_was_is_held(tmp_path: Path, rate: float, raised: bool) -> None:
    """The same trade once more in yuan; at a rate of one its title is wrong, or that of the dollars was."""
    usd = [magnets("502"), magnets("112", "48000", "2,736,000")]
    cny = [(*record[:9], f"{int(record[9].replace(',', '')) * rate:.0f}") for record in usd]
    titles = tuple("人民币" if title == "美元" else title for title in TITLES)
    found = _raised(tmp_path, csv_bytes(cny, titles=titles), {}, [(csv_bytes(usd), {})])
    assert found == ([("exchange_rate", "error")] if raised else [])


@pytest.mark.parametrize(("usd", "raised"), [("999", False), ("1000", True)])
def test_a_parcel_tells_no_exchange_rate(tmp_path: Path, usd: str, raised: bool) -> None:
    titles = tuple("人民币" if title == "美元" else title for title in TITLES)
    parcel = [magnets("502", "18", usd)]
    found = _raised(tmp_path, csv_bytes(parcel, titles=titles), {}, [(csv_bytes(parcel), {})])
    assert (("exchange_rate", "error") in found) is raised


@pytest.mark.parametrize(
    ("declared", "raised"),
    [
        ({"products": ["8505"], **ALL}, True),
        ({"products": ["*"], **ALL}, True),
        ({"products": ["8505"]}, True),
        ({"products": ["85051190"], **ALL}, False),
        ({}, False),
    ],
)
def test_a_product_that_was_asked_for_again_and_is_gone_is_held(
    tmp_path: Path, declared: Mapping[str, Any], raised: bool
) -> None:
    """Asked for again under the heading, the magnets have no row at all: everything of them would be no trade."""
    other = csv_bytes([("202506", "85051190", *magnets("502")[2:])])
    before = [(CLEAN, {"released_on": JULY_18, **ALL})]
    found = [entry for entry in _raised(tmp_path, other, declared, before) if entry[0] != "few_partners"]
    assert found == ([("product_removed", "error")] if raised else [])


def test_products_of_other_partners_or_of_a_later_day_are_not_gone(tmp_path: Path) -> None:
    other = csv_bytes([("202506", "85051190", *magnets("502")[2:])])
    germany = csv_bytes([magnets("304")])
    assert _raised(tmp_path, other, {"products": ["8505"]}, [(germany, {"released_on": JULY_18, **ALL})]) == []
    later = [(CLEAN, {"released_on": JULY_20, **ALL})]
    found = _raised(tmp_path, other, {"products": ["8505"], "released_on": JULY_18, **ALL}, later)
    assert "product_removed" not in dict(found)


def test_what_is_set_aside_or_told_of_months_together_is_not_gone(tmp_path: Path) -> None:
    """A record that cannot be read is no missing row, and a sum of two months says of neither that it had none."""
    other, asked = ("202506", "85051190", *magnets("502")[2:]), {"products": ["8505"], **ALL}
    july = {"released_on": JULY_18, **ALL}
    found = _raised(tmp_path, csv_bytes([other, magnets(quantity="-353000")]), asked, [(CLEAN, july)])
    assert "quarantined" in dict(found)
    assert "product_removed" not in dict(found)
    spring = {"months": "2025-05..2025-06"}
    magnets_of_both, other_of_both = (csv_bytes([record[1:]], TITLES[1:]) for record in (magnets(), other))
    assert "product_removed" not in dict(_raised(tmp_path, other_of_both, asked | spring, [(CLEAN, july)]))
    assert "product_removed" not in dict(
        _raised(tmp_path, csv_bytes([other]), asked, [(magnets_of_both, july | spring)])
    )


@pytest.mark.parametrize(("value", "raised"), [("12,000,000", True), ("2,000,000", False)])
def test_a_product_that_is_gone_is_held_where_it_was_more_than_a_twentieth(
    tmp_path: Path, value: str, raised: bool
) -> None:
    """All magnets together are 98 million dollars."""
    other = ("202506", "85051190", *magnets("502", "353000", value)[2:])
    before = [(csv_bytes([*CLEAN_RECORDS[:6], other]), {"released_on": JULY_18, **ALL})]
    found = _raised(tmp_path, csv_bytes(CLEAN_RECORDS[:6]), {"products": ["8505"], **ALL}, before)
    assert found == ([("product_removed", "error")] if raised else [])


def test_a_finding_says_what_was_found_expected_and_to_be_done(tmp_path: Path) -> None:
    case = Case("", csv_bytes(each(UNIT, lambda unit: "吨", CLEAN_RECORDS[:6])), Publish(), before=((YEAR, ALL),))
    _, findings = read(case, tmp_path / "inbox")
    row = findings.row(0, named=True)
    assert (row["check"], row["subject"]) == ("unit_value", "export 85051110 2025-06")
    assert (row["observed"], row["expected"]) == ("0.057 USD/kg", "within 10 times 57, the median of 13 months")
    assert row["advice"].endswith(".")
