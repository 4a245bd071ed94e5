"""Numbers that are ten or a thousand times too large or too small, alone or together, and those that are 0 by mistake."""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import Case, Publish, first, read
from bad_inputs.download import QUANTITY, UNIT, VALUE, Record, csv_bytes, distinct_records
from bad_inputs.soybeans import BRAZIL, UNITED_STATES, Change, in_yuan, record, records, trade
from release_pages import GOODS, TITLE, goods

from tasks.checks.registry import check_release as check
from tests.unit.sources import test_us_census as census

IMPORTS: Mapping[str, Any] = {"flow": "import", "partners": "all", "released_on": datetime.date(2025, 3, 20)}
EARLIER = {**IMPORTS, "released_on": datetime.date(2025, 2, 20)}
BEFORE = in_yuan(records(2023))


def _found(tmp_path: Path, data: bytes, *before: bytes, **declared: Any) -> pl.DataFrame:
    case = Case("", data, Publish(), {**IMPORTS, **declared}, before=tuple((one, EARLIER) for one in before))
    return read(case, tmp_path / "inbox")[1].filter(pl.col("severity") != "info")


def _said(tmp_path: Path, rows: Iterable[Record], *before: bytes, **declared: Any) -> list[tuple[str, str]]:
    found = _found(tmp_path, in_yuan(rows), *before, **declared)
    return found.select("check", "severity").unique().sort("check", "severity").rows()


def _times(kg: float, yuan: float, *, months: Iterable[int] = range(1, 13), partners: Iterable[str] = ()) -> Change:
    """Multiply the numbers of some months, and of some partners or all."""
    at, whom = {*months}, {*partners}

    def change(month: int, partner: str, mass: int, money: int) -> tuple[int, int]:
        if month not in at or (whom and partner not in whom):
            return mass, money
        return round(mass * kg), round(money * yuan)

    return change


@pytest.mark.parametrize(("month", "times"), [(1, 10), (5, 1_000), (12, 10), (12, 1_000)])
def test_a_month_whose_quantities_and_values_are_ten_times_too_large_is_held(
    month: int, times: int, tmp_path: Path
) -> None:
    """In a file of the year, and alone after the year before."""
    change = _times(times, times, months=[month])
    before = sum(yuan for (at, _), (_, yuan) in trade().items() if at == month)
    for rows, published in ((records(change=change), ()), (records(months=[month], change=change), (BEFORE,))):
        found = _found(tmp_path, in_yuan(rows), *published).filter(severity="error")
        assert set(found["check"]) == {"magnitude"}
        assert f"import 12019019 2024-{month:02d} value_cny" in found["subject"]
        (world,) = found.filter(subject=f"import 12019019 2024-{month:02d} value_cny").to_dicts()
        assert world["observed"].startswith(f"{before * times:,}, ")


@pytest.mark.parametrize("times", [10, 1_000])
def test_a_whole_file_that_is_ten_times_too_large_is_held_after_another_year(times: int, tmp_path: Path) -> None:
    assert _said(tmp_path, records(change=_times(times, times)), BEFORE) == [("magnitude", "error")]
    assert _said(tmp_path, records(change=_times(1.9, 1.9)), BEFORE) == []


@pytest.mark.parametrize(("month", "partner"), [(4, BRAZIL), (6, BRAZIL), (11, UNITED_STATES)])
def test_one_partner_ten_times_as_much_is_held(month: int, partner: str, tmp_path: Path) -> None:
    change = _times(10, 10, months=[month], partners=[partner])
    for rows, published in ((records(change=change), ()), (records(months=[month], change=change), (BEFORE,))):
        assert ("magnitude", "error") in _said(tmp_path, rows, *published)


# Live ornamental fish from Japan to the United States, 030111 in dollars, January to December 2020, as the Census Bureau prints them.
FISH = (283_414, 423_618, 343_364, 119_802, 91_064, 130_016, 57_306, 58_109, 29_776, 202_241, 652_686, 2_206_866)


@pytest.mark.parametrize(("times", "said"), [(1, []), (10, ["", " JPN"])])
def test_a_season_is_held_where_it_is_beyond_what_the_series_has_done_before(
    times: int, said: list[str], tmp_path: Path
) -> None:
    """December is 3.4 times the most of the months around; from September to October the trade rose 6.8 times and stayed."""
    fish = [*FISH[:-1], times * FISH[-1]]
    rows = [
        census.line(code, value, value, product="030111", month=f"2020-{month:02d}", level="HS6")
        for month, of_japan in enumerate(fish, 1)
        for code, value in ((census.JAPAN, str(of_japan)), (census.CHINA, str(1_500_000 + month)))
    ]
    release = census.read(census.answer(rows), tmp_path)
    found = check(release, first(release, tmp_path)).filter(check="magnitude", severity="error")
    assert sorted(found["subject"]) == [f"import 030111{place} 2020-12 value_usd" for place in said]


def test_a_digit_too_many_is_no_swing_of_the_series(tmp_path: Path) -> None:
    """Two months with the same mistake: neither is an example for the other."""
    found = _found(tmp_path, in_yuan(records(change=_times(10, 10, months=[4, 9])))).filter(severity="error")
    products = [subject for subject in found["subject"] if subject.startswith("import 12019019 2024")]
    assert products == ["import 12019019 2024-04 value_cny", "import 12019019 2024-09 value_cny"]


@pytest.mark.parametrize(("times", "said"), [(1 / 10, "error"), (1 / 1_000, "error"), (1 / 2, None), (2, None)])
def test_a_month_of_which_all_partners_have_a_tenth_is_held(times: float, said: str | None, tmp_path: Path) -> None:
    """And half or twice as much may be trade."""
    found = _said(tmp_path, records(change=_times(times, times, months=[7])), BEFORE)
    assert found == ([("magnitude", said)] if said else [])


def test_where_most_partners_stop_it_is_trade_and_a_warning(tmp_path: Path) -> None:
    """As after an export control: the largest falls to a two-hundredth, others to a half; the world to a twentieth."""
    left = {BRAZIL: 0.005, UNITED_STATES: 0.9, "344": 0.5}
    rows = [row for month in range(1, 13) for row in (
        records(months=[month]) if month != 7 else records(months=[7], partners=left, change=lambda _, who, kg, yuan: (round(kg * left[who]), round(yuan * left[who])))
    )]  # fmt: skip
    found = _found(tmp_path, in_yuan(rows), BEFORE).filter(check="magnitude")
    assert found["severity"].to_list() == ["warning"]


def test_one_partner_with_a_tenth_is_a_warning(tmp_path: Path) -> None:
    """Partners stop and come again, so that nobody is held up."""
    change = _times(0.1, 0.1, months=[8], partners=[BRAZIL])
    found = _found(tmp_path, in_yuan(records(change=change)), BEFORE).filter(check="magnitude")
    assert found.select("severity", "subject").rows() == [("warning", "import 12019019 BRA 2024-08 value_cny")]


def test_where_a_year_so_far_is_declared_as_a_month_that_is_what_is_said(tmp_path: Path) -> None:
    sums: dict[str, list[int]] = {}
    for (_, partner), (kg, yuan) in trade(months=range(1, 7)).items():
        so_far = sums.setdefault(partner, [0, 0])
        so_far[0] += kg
        so_far[1] += yuan
    rows = [record("202406", partner, kg, yuan) for partner, (kg, yuan) in sorted(sums.items())]
    said = _said(tmp_path, rows, BEFORE, in_yuan(records(months=range(1, 6))))
    assert [check for check, severity in said if severity == "error"] == ["year_so_far"]


@pytest.mark.parametrize(
    ("kg", "yuan", "months"),
    [
        (1 / 1_000, 1, range(1, 13)), (1_000, 1, [6]), (1, 10, range(1, 13)), (1, 1 / 10, [6]), (10, 1, range(1, 13)),
        (1, 1 / 1_000, [6]), (1 / 1_000, 1, [6]),
    ],
)  # fmt: skip
def test_one_partner_whose_price_is_far_from_its_own_is_held(
    kg: float, yuan: float, months: Iterable[int], tmp_path: Path
) -> None:
    """3,363 yuan a kilogram next to 3.3; the product as a whole, with the other partners, looks as usual or does not."""
    change = _times(kg, yuan, months=[6], partners=[UNITED_STATES])
    for published in ((BEFORE,), ()) if months != [6] else ((BEFORE,),):
        found = _found(tmp_path, in_yuan(records(months=months, change=change)), *published).filter(severity="error")
        assert set(found["check"]) == {"unit_value"}
        mass, money = trade()[6, UNITED_STATES]
        (row,) = found.filter(pl.col("subject").str.contains("USA")).to_dicts()
        assert row["subject"] == "import 12019019 USA 2024-06"
        assert row["observed"] == f"{round(money * yuan) / round(mass * kg):,.4g} CNY/kg"


def test_a_price_of_the_whole_month_is_said_once(tmp_path: Path) -> None:
    found = _found(tmp_path, in_yuan(records(change=_times(1, 10, months=[6]))), BEFORE)
    assert found.select("check", "severity", "subject").rows() == [("unit_value", "error", "import 12019019 2024-06")]


def test_where_half_of_the_partners_are_off_each_of_them_is_named_beside_the_month(tmp_path: Path) -> None:
    """Two of the four partners of June: more than half of them would be one finding about the month."""
    change = _times(1, 10, months=[6], partners=[BRAZIL, UNITED_STATES])
    found = _found(tmp_path, in_yuan(records(change=change)), BEFORE).filter(check="unit_value")
    assert sorted(found["subject"]) == [f"import 12019019{place} 2024-06" for place in ("", " BRA", " USA")]


def test_a_partner_that_comes_for_the_first_time_has_the_price_of_the_product(tmp_path: Path) -> None:
    """Its quantity is a thousandth; of one that pays three times as much nobody is told."""
    for kg, held in ((57_300, True), (19_100_000, False)):
        rows = [*records(months=[6]), record("202406", "305", kg, 191_000_000)]
        assert _said(tmp_path, rows, BEFORE) == ([("unit_value", "error")] if held else [])


def test_parcels_have_any_price(tmp_path: Path) -> None:
    """Seed for trials: 29 kilograms for 7,770 yuan, with other goods in the next month."""
    parcels = [
        record(f"2024{month:02d}", "402", 5 + 7 * month, 900 if month % 2 else 900 * 40) for month in range(1, 12)
    ]
    rows = [*parcels, record("202412", "402", 40, 100_000)]
    assert [check for check, _ in _said(tmp_path, rows) if check in {"unit_value", "magnitude", "zero_number"}] == []


def test_a_dearer_partner_of_a_hundred_thousand_dollars_is_a_warning(tmp_path: Path) -> None:
    change = _times(0.1, 1, months=[6], partners=["344"])
    small = records(growth=0.01, change=change)
    assert ("unit_value", "warning") in _said(tmp_path, [*small, *records(code="12011000")])


@pytest.mark.parametrize(("kg", "yuan", "observed"), [(1, 0, "0 CNY"), (0, 1, "0 kg")])
@pytest.mark.parametrize("months", [range(1, 13), [6]])
def test_nothing_beside_millions_is_held(
    kg: int, yuan: int, observed: str, months: Iterable[int], tmp_path: Path
) -> None:
    """A value of 0 for ten million tonnes, a quantity of 0 for 33 billion yuan; with and without a history."""
    rows = records(months=months, change=_times(kg, yuan, months=[6], partners=[BRAZIL]))
    for published in ((BEFORE,), ()):
        found = _found(tmp_path, in_yuan(rows), *published).filter(check="zero_number")
        assert found.select("severity", "subject").rows() == [("error", "import 12019019 BRA 2024-06")]
        mass, money = trade()[6, BRAZIL]
        assert found["observed"].to_list() == [f"{observed} and {f'{money:,} CNY' if yuan else f'{mass:,} kg'}"]


@pytest.mark.parametrize(
    ("rows", "raised"),
    [
        ([("502", 0, 157)], False), ([(BRAZIL, 0, 0)], False), ([("502", 23, 0)], False), ([("502", 0, 2_000_000)], True),
        ([("502", 0, 790 * 7)], False), ([("502", 500_000, 0)], True),
    ],
)  # fmt: skip
def test_less_than_half_a_kilogram_or_yuan_is_printed_as_zero(
    rows: list[tuple[str, int, int]], raised: bool, tmp_path: Path
) -> None:
    """Real records: 0 kilograms for 790 dollars, and 0 kilograms for 0 yuan."""
    usual = records(months=range(1, 6), growth=0.01, partners=["344", "501", "444", "347", "402"])
    added = [record("202405", partner, kg, yuan) for partner, kg, yuan in rows]
    assert (("zero_number", "error") in _said(tmp_path, [*usual, *added])) is raised


def test_a_quantity_of_zero_in_pieces_is_held_where_much_was_paid(tmp_path: Path) -> None:
    def pieces(partner: str, count: int, usd: int) -> Record:
        return ("202406", "85423190", "处理器", partner, "某国", str(count), "个", "0", "?", f"{usd:,}")

    rows = [
        pieces("502", 120_000, 3_600_000),
        pieces("304", 0, 2_500_000),
        pieces("116", 0, 4_000),
        pieces("133", 9_000, 310_000),
    ]
    found = _found(tmp_path, csv_bytes(rows), flow="export").filter(check="zero_number")
    assert found.select("severity", "subject", "observed").rows() == [
        ("error", "export 85423190 DEU 2024-06", "0 item and 2,500,000 USD")
    ]


PRODUCTS = distinct_records(600)


def _cube(
    month: int, kg: float = 1, usd: float = 1, of: Iterable[int] = range(600), partner: str = "502"
) -> list[Record]:
    """600 products, more than are looked up one by one, each with three partners; of some the numbers of one are changed."""
    rows, at = [], {*of}
    for place, row in enumerate(PRODUCTS):
        for who, share in (("304", 5), ("502", 3), ("601", 2)):
            mass = 90_000 * share + 531 * ((place * 7 + month * 13) % 97)
            money = mass * (12 + place % 5) + 17 * month
            if place in at and who == partner:
                mass, money = round(mass * kg), round(money * usd)
            rows.append((f"2024{month:02d}", *row[1:3], who, "某国", str(mass), *row[UNIT:VALUE], f"{money:,}"))
    return rows


@pytest.fixture(scope="module")
def spring() -> tuple[bytes, ...]:
    return tuple(csv_bytes(_cube(month)) for month in range(1, 8))


@pytest.mark.parametrize(
    ("kg", "usd", "of", "raised"),
    [
        (1, 1, range(600), []), (1 / 1_000, 1, [77], ["unit_value"]), (1, 0, [77], ["zero_number"]), (0, 1, [77], ["zero_number"]),
        (40, 40, range(600), ["magnitude"]), (1 / 1_000, 1, range(0, 600, 60), ["unit_value"]), (1, 1.3, range(600), []),
    ],
)  # fmt: skip
def test_a_broad_release_is_looked_at_with_the_prices_of_its_products(
    kg: float, usd: float, of: Iterable[int], raised: list[str], spring: tuple[bytes, ...], tmp_path: Path
) -> None:
    found = _found(tmp_path, csv_bytes(_cube(8, kg, usd, of)), *spring, flow="import").filter(severity="error")
    assert sorted(set(found["check"])) == raised
    assert found.height <= 4


def test_goods_that_are_never_weighed_hold_no_broad_release_and_a_lost_weight_does(
    spring: tuple[bytes, ...], tmp_path: Path
) -> None:
    """A whole customs month has goods that are only counted; their kilograms are 0 in every record of every month."""
    code, here = "71131911", _cube(8)
    assert code not in {row[1] for row in here}
    rows = [
        *here,
        *(("202408", code, "某物", who, "某国", "0", "千克", "0", "?", "9,000,000") for who in ("304", "502")),
    ]
    case = Case("", csv_bytes(rows), Publish(), {**IMPORTS}, before=tuple((one, EARLIER) for one in spring))
    found = read(case, tmp_path / "inbox")[1].filter(check="zero_number")
    assert found["severity"].to_list() == ["info"]
    assert code in found["observed"][0]
    # The same zeros where the product had a weight in the months before, or in another record, or in a small file.
    lost = [(*row[:5], "0", *row[6:]) if row[1] == here[0][1] else row for row in here]
    weighed = [*rows[:-1], (*rows[-1][:5], "5000", *rows[-1][6:])]
    for name, damaged, before in (("lost", lost, spring), ("weighed", weighed, spring), ("small", rows[-2:], ())):
        (tmp_path / name).mkdir()
        said = _found(tmp_path / name, csv_bytes(damaged), *before).select("check", "severity").rows()
        assert ("zero_number", "error") in said, name


@pytest.mark.parametrize("code", ["27160000", "84733090"])
def test_electrical_energy_weighs_nothing(code: str, tmp_path: Path) -> None:
    rows = [("202406", code, "电力", who, "某国", "0", "千克", "0", "?", "9,000,000") for who in ("304", "502")]
    found = _found(tmp_path, csv_bytes(rows)).filter(check="zero_number")
    assert bool(found.height) is not code.startswith("2716")


@pytest.mark.parametrize(("times", "raised"), [(1, False), (2, False), (40, True)])
def test_a_broad_release_whose_products_are_all_many_times_as_large_is_held(
    times: int, raised: bool, spring: tuple[bytes, ...], tmp_path: Path
) -> None:
    rows = [
        (
            *row[:QUANTITY],
            str(int(row[QUANTITY]) * times),
            *row[UNIT:VALUE],
            f"{int(row[VALUE].replace(',', '')) * times:,}",
        )
        for row in _cube(8)
    ]
    found = _found(tmp_path, csv_bytes(rows), *spring).filter(severity="error")
    assert set(found["check"]) == ({"magnitude"} if raised else set())


@pytest.mark.parametrize(
    ("toys", "fertilizers", "held"),
    [
        # Of ten lines one has four times as much as ever: a boom, which costs no other line.
        (("-", "800.0"), ("300.0", "50.0"), None), (("-", "2,500.0"), ("300.0", "50.0"), None), (("-", "60,000.0"), ("300.0", "50.0"), "magnitude"),
        # 0 of 0.1 x 10,000 t is up to 500 t, and 0.0 of CNY 100 million up to 5 million; nothing else is so much.
        (("-", "200.0"), ("0.0", "0.0"), None), (("-", "200.0"), ("0.0", "50.0"), "zero_number"),
        (("-", "200.0"), ("0.1", "0.0"), None), (("-", "200.0"), ("300.0", "0.0"), "zero_number"),
    ],
)  # fmt: skip
def test_one_line_of_a_page_holds_the_others_only_for_a_wrong_unit_or_a_zero_that_is_no_rounding(
    toys: tuple[str, str], fertilizers: tuple[str, str], held: str | None, tmp_path: Path
) -> None:
    def page(month: int, changed: Mapping[str, tuple[str, str]]) -> tuple[bytes, Mapping[str, Any]]:
        rows = [[*row[:2], *changed.get(row[0], row[2:4]), *["-"] * 6] for row in GOODS]
        title = TITLE.replace("May 2025", f"{month}.2025")
        released_on = datetime.date(2025, month + 1, 10)
        data = goods(
            rows,
            title=title,
            spans=(f"{month}", f"1-{month} Total", f"1-{month} Total, 2024", "(%)"),
            day=f"{released_on:%Y/%m/%d}",
        )
        return data, {"source": "gacc_preliminary", "flow": None, "partners": None, "released_on": released_on}

    before = tuple(page(month, {}) for month in (2, 3, 4))
    data, declared = page(5, {"Toys": toys, "Fertilizers": fertilizers})
    _, findings = read(Case("", data, Publish(), declared, before=before), tmp_path / "inbox")
    assert findings.filter(severity="error")["check"].unique().to_list() == ([held] if held else [])
    # Without an earlier month there is no price, and a coarse 0 may be much.
    (tmp_path / "alone").mkdir()
    _, findings = read(Case("", data, Publish(), declared), tmp_path / "alone" / "inbox")
    assert findings.filter(severity="error").is_empty()
