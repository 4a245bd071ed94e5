"""Files from which something is missing: a month, the largest partner, all partners but a few, however few products they have."""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import Case, Publish, read
from bad_inputs.download import Record, distinct_records
from bad_inputs.soybeans import ARGENTINA, BRAZIL, TONNES, UNITED_STATES, in_yuan, record, records

IMPORTS: Mapping[str, Any] = {"flow": "import", "partners": "all", "released_on": datetime.date(2025, 3, 20)}
EARLIER = {**IMPORTS, "released_on": datetime.date(2025, 2, 20)}
BEFORE = in_yuan(records(2023))


def _found(tmp_path: Path, rows: Iterable[Record], *before: bytes, **declared: Any) -> pl.DataFrame:
    case = Case("", in_yuan(rows), Publish(), {**IMPORTS, **declared}, before=tuple((one, EARLIER) for one in before))
    return read(case, tmp_path / "inbox")[1].filter(pl.col("severity") != "info")


def _said(tmp_path: Path, rows: Iterable[Record], *before: bytes, **declared: Any) -> list[tuple[str, str]]:
    return _found(tmp_path, rows, *before, **declared).select("check", "severity").unique().sort("check").rows()


def _without(*months: int) -> list[int]:
    return [month for month in range(1, 13) if month not in months]


@pytest.mark.parametrize("gone", [(2,), (6,), (11,), (4, 5)])
def test_a_month_between_others_without_a_record_holds_a_file_of_one_product(
    gone: tuple[int, ...], tmp_path: Path
) -> None:
    (found,) = _found(tmp_path, records(months=_without(*gone))).to_dicts()
    assert (found["check"], found["severity"]) == ("month_without_records", "error")
    assert (
        found["observed"]
        == f"no record of {', '.join(f'2024-{month:02d}' for month in gone)} ({len(gone)} month{'s' * (len(gone) > 1)})"
    )


def test_a_month_at_either_end_may_not_be_out_yet(tmp_path: Path) -> None:
    """It was asked for, so it is said; only months between others are sure to be missing."""
    year = {"months": "2024-01..2024-12"}
    assert _said(tmp_path, records(months=range(1, 11)), **year) == [("month_without_records", "warning")]
    assert _said(tmp_path, records(months=range(3, 13)), **year) == [("month_without_records", "warning")]


def test_published_months_are_others_too(tmp_path: Path) -> None:
    """Of May and June only June has records, and April is published."""
    asked = {"months": "2024-05..2024-06"}
    assert _said(tmp_path, records(months=[6]), in_yuan(records(months=range(1, 5))), **asked) == [
        ("month_without_records", "error")
    ]


def test_where_not_all_partners_were_asked_for_a_month_without_a_record_is_a_warning(tmp_path: Path) -> None:
    rows = records(months=_without(6), partners=[BRAZIL])
    assert _said(tmp_path, rows, partners="listed") == [("month_without_records", "warning")]


@pytest.mark.parametrize(
    ("months", "yuan", "severity"),
    [
        # A few thousand yuan a month of seed; goods that are traded after the harvest alone; and what is traded in most months.
        (_without(6), 40_000, "warning"), ([3, 4, 9, 10], 40_000_000, "warning"), (_without(6), 40_000_000, "error"), ([4, 6], 40_000_000, "error"),
    ],
)  # fmt: skip
def test_of_a_trifle_or_of_seasonal_goods_a_month_without_a_record_is_a_warning(
    months: list[int], yuan: int, severity: str, tmp_path: Path
) -> None:
    rows = [
        record(f"2024{month:02d}", partner, (yuan + 311 * month) // 9 + place, yuan + 2_803 * month + place, code="12011000")
        for month in months for place, partner in enumerate(TONNES)
    ]  # fmt: skip
    assert _said(tmp_path, rows) == [("month_without_records", severity)]


def test_one_of_several_products_without_a_record_of_a_month_is_held(tmp_path: Path) -> None:
    other = [row for row in records(code="12019011", growth=0.01) if row[0] != "202405"]
    found = _found(tmp_path, [*records(), *other])
    assert found.select("check", "severity", "subject").rows() == [
        ("product_without_records", "error", "import 12019011")
    ]
    assert "no record of 2024-05 (1 month)" in found["observed"][0]


@pytest.mark.parametrize(
    ("gone", "severity"),
    [
        ([BRAZIL], "error"), ([BRAZIL, UNITED_STATES], "error"), ([UNITED_STATES], "error"), (["344"], None), ([], None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("month", [1, 6])
def test_partners_with_a_fifth_of_the_year_before_hold_a_file_of_one_product(
    gone: list[str], severity: str | None, month: int, tmp_path: Path
) -> None:
    """Brazil has seven tenths of the year, also where its harvest is long over; the United States have a fourth."""
    rows = records(2024, [month], partners=set(TONNES) - {*gone})
    assert _said(tmp_path, rows, BEFORE) == ([("partners_missing", severity)] if severity else [])


def test_the_largest_partner_of_each_month_is_named_as_such(tmp_path: Path) -> None:
    """Of twelve months Germany has four tenths, and the most in each of them."""
    shares = {"304": 40, "502": 25, "116": 20, "133": 15}

    def months_of(year: int, months: Iterable[int], partners: Iterable[str]) -> list[Record]:
        return [
            record(f"{year}{month:02d}", partner, share * (100_000 + 1_711 * month + year), share * (5_700_000 + 91_003 * month + 57 * year), code="85051110")
            for month in months for partner, share in shares.items() if partner in {*partners}
        ]  # fmt: skip

    rest = [*shares][1:]
    before = in_yuan(months_of(2023, range(1, 13), shares))
    (found,) = _found(tmp_path, months_of(2024, [1], rest), before).to_dicts()
    assert (found["check"], found["severity"]) == ("partners_missing", "error")
    assert found["observed"] == "no row for DEU, 40.0% of the twelve months before and the largest of each of them"


def test_partners_that_came_now_and_then_are_a_warning(tmp_path: Path) -> None:
    """One ship from Argentina in the year before was more than all the rest."""
    year = records(2023, partners=["344"])
    ship = record("202307", ARGENTINA, 3_000_000_000, 10_500_000_000)
    before = in_yuan(
        sorted(
            [*year, ship, record("202308", "501", 1_000_000, 3_600_000), record("202308", "347", 1_000_000, 3_500_000)]
        )
    )
    rows = [
        *records(2024, [6], partners=["344"]),
        record("202406", "501", 1_200_000, 4_300_000),
        record("202406", "347", 1_100_000, 3_900_000),
    ]
    assert _said(tmp_path, rows, before) == [("partners_missing", "warning")]


@pytest.mark.parametrize(("gone", "severity"), [(BRAZIL, "error"), (UNITED_STATES, "error"), ("344", None)])
def test_one_product_of_several_without_its_partners_is_held(gone: str, severity: str | None, tmp_path: Path) -> None:
    """All partners are here, with the larger product alone; the smaller one has lost one. A fifth of its trade is a warning."""
    both = in_yuan([*records(2023), *records(2023, code="12019011", growth=0.01)])
    rows = [*records(2024, [1]), *records(2024, [1], code="12019011", growth=0.01, partners=set(TONNES) - {gone})]
    found = _found(tmp_path, rows, both).select("check", "severity", "subject").rows()
    expected = ("partners_missing", severity, "import 12019011 value_cny 2024-01")
    assert found == ([expected] if severity else [])
    assert _said(tmp_path, [*records(2024, [1]), *records(2024, [1], code="12019011", growth=0.01)], both) == []


def test_a_download_cut_off_at_the_end_of_a_line_is_held(tmp_path: Path) -> None:
    """The site sorts by partner: of the last month what comes after Argentina is gone, within one file."""
    assert _said(tmp_path, records()[:-3]) == [("partners_missing", "error")]
    assert records()[-3][3] == BRAZIL


def _kinds(partners: Iterable[str], months: Iterable[int], year: int = 2024, yuan: int = 9_000_000) -> list[Record]:
    return [
        record(f"{year}{month:02d}", partner, 1_000_000 + 3_571 * month + place, yuan + 7_919 * month + place, code="28259011")
        for month in months for place, partner in enumerate(partners)
    ]  # fmt: skip


MANY = ("110", "116", "133", "143", "301", "303", "304", "305", "307", "309", "312", "501", "502", "601")


@pytest.mark.parametrize(
    ("partners", "before", "said"),
    [
        (MANY[:3], MANY, "error"), (MANY[:4], MANY, None), (MANY[:3], (), "warning"), (MANY[:4], (), None),
        # Six are as many as it has, and three may be all there were.
        (MANY[:3], MANY[:6], None), (MANY[:3], MANY[:3], None),
    ],
)  # fmt: skip
def test_all_partners_were_declared_and_only_three_ever_appear(
    partners: tuple[str, ...], before: tuple[str, ...], said: str | None, tmp_path: Path
) -> None:
    """What is published is of a month so long ago that nobody is missed."""
    earlier = [in_yuan(_kinds(before, [1, 2], 2023))] if before else []
    expected = [("few_partners", said)] if said else []
    assert _said(tmp_path, _kinds(partners, [11, 12]), *earlier) == expected
    assert _said(tmp_path, _kinds(partners, [11, 12]), *earlier, partners="listed") == []


def test_of_trifles_a_few_partners_are_what_there_is(tmp_path: Path) -> None:
    assert _said(tmp_path, _kinds(MANY[:2], [11, 12], yuan=60_000)) == []


def test_products_that_few_buy_are_usual_among_many(tmp_path: Path) -> None:
    """Fifty goods that the United States alone buy, and one that all buy; and now that one has a single partner, too."""
    rare = [("202412", *row[1:6], *row[6:]) for row in distinct_records(50)]
    earlier = [("202301", *row[1:]) for row in rare]
    rows = [*rare, *_kinds(MANY, [12])]
    before = in_yuan([*earlier, *_kinds(MANY, [1], 2023)])
    assert _said(tmp_path, rows, before) == []
    found = _found(tmp_path, [*rare, *_kinds(MANY[-2:-1], [12])], before)
    assert found.filter(check="few_partners").select("severity", "subject").rows() == [("error", "import 28259011")]


def test_a_published_month_of_zero_is_divided_by_without_a_crash(tmp_path: Path) -> None:
    """A real record: exports of seed to Brazil, 0 kilograms for 0 yuan."""
    zero = in_yuan([record("202306", BRAZIL, 0, 0, code="12011000"), record("202307", BRAZIL, 0, 0, code="12011000")])
    rows = [record("202406", "502", 1_003, 25_645, code="12011000"), record("202407", BRAZIL, 0, 0, code="12011000")]
    assert "error" not in _found(tmp_path, rows, zero)["severity"]
