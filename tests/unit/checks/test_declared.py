"""Files that are not what they were declared to be: other months, another currency, and what their names say.

What is published before is made here by adding up whole numbers; the checks see bytes.
"""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.case import Case, Publish, read
from bad_inputs.download import QUANTITY, TITLES, UNIT, VALUE, csv_bytes, distinct_records, magnets

ALL = {"partners": "all"}
PRICE = 57
# Kilograms of 2025 by month and partner; none is more than three times another of its partner.
KG = {
    month: {"502": 300_000 + 41_000 * month, "304": 900_000 - 53_000 * month, "133": 400_000 + 17_000 * (month % 3), "116": 48_000}
    for month in range(1, 8)
}  # fmt: skip


def _file(months: Iterable[int], *, rate: float = 1, partners: Iterable[str] = tuple(KG[1])) -> bytes:
    return csv_bytes([
        magnets(partner, str(KG[month][partner]), f"{round(KG[month][partner] * PRICE * rate):,}", f"2025{month:02d}")
        for month in months for partner in partners
    ])  # fmt: skip


def _without_months(months: Iterable[int], partners: Iterable[str] = tuple(KG[1])) -> bytes:
    """A download without the column of months, which is the sum of those that were asked for."""
    sums = {partner: sum(KG[month][partner] for month in months) for partner in partners}
    return csv_bytes([magnets(partner, str(kg), f"{kg * PRICE:,}")[1:] for partner, kg in sums.items()], TITLES[1:])


def _doubts(
    tmp_path: Path, data: bytes, declared: Mapping[str, Any], *before: bytes, file: str = "download.csv"
) -> pl.DataFrame:
    earlier = tuple((one, {**ALL, "released_on": datetime.date(2025, 7, 10)}) for one in before)
    _, findings = read(
        Case("", data, Publish(), {**ALL, "released_on": datetime.date(2025, 8, 20), **declared}, file, None, earlier),
        tmp_path / "inbox",
    )
    return findings.filter(pl.col("severity") != "info")


def _errors(tmp_path: Path, data: bytes, declared: Mapping[str, Any], *before: bytes) -> pl.DataFrame:
    return _doubts(tmp_path, data, declared, *before).filter(severity="error")


@pytest.mark.parametrize("month", [3, 4, 6])
def test_a_year_so_far_that_is_declared_as_a_month_is_held(month: int, tmp_path: Path) -> None:
    before = _file(range(1, month))
    found = _errors(tmp_path, _without_months(range(1, month + 1)), {"months": f"2025-{month:02d}"}, before)
    assert found["check"].to_list() == ["year_so_far"] * 2
    kg = {through: sum(sum(KG[each].values()) for each in range(1, through + 1)) for through in (month - 1, month)}
    assert found["observed"][0].startswith(f"{kg[month]:,}, {kg[month] * (month - 1) / kg[month - 1]:.1f} times")
    assert found["expected"][0] == f"a month; 2025-01 to 2025-{month - 1:02d} together are {kg[month - 1]:,}"
    # And what it advises is right.
    span = {"months": f"2025-01..2025-{month:02d}"}
    assert _errors(tmp_path, _without_months(range(1, month + 1)), span, before).height == 0
    assert _errors(tmp_path, _without_months([month]), {"months": f"2025-{month:02d}"}, before).height == 0


def test_of_one_series_a_march_may_be_as_much_as_its_winter(tmp_path: Path) -> None:
    one = ["502"]
    for month, held in ((3, False), (4, True)):
        before, data = (
            _file(range(1, month), partners=one),
            _without_months(range(1, month + 1), one),
        )
        assert bool(_errors(tmp_path, data, {"months": f"2025-{month:02d}"}, before).height) is held


def test_where_a_month_before_it_is_not_known_nothing_is_said_of_a_year_so_far(tmp_path: Path) -> None:
    data = _without_months(range(1, 7))
    assert _errors(tmp_path, data, {"months": "2025-06"}, _file([1, 2, 4, 5])).height == 0
    assert _errors(tmp_path, data, {"months": "2025-06"}).height == 0


def _year_before(factor: float, months: Iterable[int] = range(1, 8), partners: Iterable[str] = tuple(KG[1])) -> bytes:
    """Months of 2024, so many times what they are in 2025."""
    return csv_bytes([
        magnets(partner, str(round(KG[month][partner] * factor)), f"{round(KG[month][partner] * factor) * PRICE:,}", f"2024{month:02d}")
        for month in months for partner in partners
    ])  # fmt: skip


@pytest.mark.parametrize(("month", "factor"), [(3, 1.4), (4, 1.01), (6, 0.75), (6, 1.4)])
def test_where_no_month_before_it_is_known_the_year_before_tells_a_year_so_far(
    month: int, factor: float, tmp_path: Path
) -> None:
    data, asked, before = _without_months(range(1, month + 1)), {"months": f"2025-{month:02d}"}, _year_before(factor)
    found = _errors(tmp_path, data, asked, before)
    assert found["check"].to_list() == ["year_so_far"] * 2
    kg = sum(round(KG[each][partner] * factor) for each in range(1, month + 1) for partner in KG[1])
    assert found["expected"][0] == f"a month; 2024-01 to 2024-{month:02d} together are {kg:,}, as much as this"
    assert found["advice"][0].split("months, ")[1].startswith(f"2025-01..2025-{month:02d}, or")
    assert _errors(tmp_path, data, {"months": f"2025-01..2025-{month:02d}"}, before).height == 0
    assert _errors(tmp_path, _without_months([month]), asked, before).height == 0


def test_a_month_that_is_many_times_that_of_the_year_before_is_no_year_so_far(tmp_path: Path) -> None:
    """Three times as much everywhere, one partner with as much as a half year, two partners, and a year with a gap."""
    asked, half = {"months": "2025-06"}, _without_months(range(1, 7))
    assert _errors(tmp_path, _without_months([6]), asked, _year_before(1 / 3)).height == 0
    records = {**KG[6], "502": sum(KG[month]["502"] for month in range(1, 7))}
    data = csv_bytes([magnets(partner, str(kg), f"{kg * PRICE:,}") for partner, kg in records.items()])
    assert _errors(tmp_path, data, {}, _year_before(1)).height == 0
    two, of_two = _without_months(range(1, 7), ["502", "304"]), _year_before(1, partners=["502", "304"])
    assert set(_errors(tmp_path, two, asked, of_two)["check"]) == {"magnitude"}
    assert _errors(tmp_path, half, asked, _year_before(1, [1, 2, 4, 5, 6])).height == 0


@pytest.mark.parametrize(
    ("known", "summed", "held"),
    [
        (range(1, 7), range(1, 7), False), (range(1, 7), range(1, 6), True), (range(1, 7), range(1, 8), True),
        (range(1, 6), range(1, 7), False), (range(1, 6), [6], True), ([2, 3], range(1, 7), False), ([2, 3], [6], True),
    ],
)  # fmt: skip
def test_a_figure_of_several_months_is_the_sum_of_those_that_are_known(
    known: Iterable[int], summed: Iterable[int], held: bool, tmp_path: Path
) -> None:
    found = _errors(tmp_path, _without_months(summed), {"months": "2025-01..2025-06"}, _file(known))
    assert set(found["check"]) == ({"months_of_span"} if held else set())
    if held:
        kg = sum(KG[month]["304"] for month in known)
        assert f"{kg:,}, the {len(list(known))} months" in found["expected"][0]


@pytest.mark.parametrize(("share", "held"), [(0.985, True), (0.995, False), (1.005, False), (1.015, True)])
def test_a_sum_may_have_been_revised_by_a_little(share: float, held: bool, tmp_path: Path) -> None:
    kg = {partner: round(share * sum(KG[month][partner] for month in range(1, 7))) for partner in KG[1]}
    data = csv_bytes([magnets(partner, str(mass), f"{mass * PRICE:,}")[1:] for partner, mass in kg.items()], TITLES[1:])
    found = _errors(tmp_path, data, {"months": "2025-01..2025-06"}, _file(range(1, 7)))
    assert set(found["check"]) == ({"months_of_span"} if held else set())


@pytest.mark.parametrize("months", [range(1, 4), range(1, 3), range(2, 5)])
@pytest.mark.parametrize("more", [0, 1])
def test_months_that_no_longer_add_up_to_a_figure_of_them_together_are_named(
    more: int, months: range, tmp_path: Path
) -> None:
    """January to March together came first; of the months that come now the last has a kilogram more from one partner."""
    span = (
        _without_months(range(1, 4)),
        {**ALL, "months": "2025-01..2025-03", "released_on": datetime.date(2025, 4, 18)},
    )
    rows = csv_bytes([
        magnets(partner, str(kg + more * ((month, partner) == (months[-1], "502"))), f"{kg * PRICE:,}", f"2025{month:02d}")
        for month in months for partner, kg in KG[month].items()
    ])  # fmt: skip
    declared = {**ALL, "released_on": datetime.date(2025, 8, 20)}
    found = read(Case("", rows, Publish(), declared, before=(span,)), tmp_path / "inbox")[1]
    named = found.filter(check="span_of_months")
    whole = sum(KG[month]["502"] for month in range(1, 4))
    # Of a part of the months, or of none that was there before, nothing can be said.
    is_said = bool(more) and months == range(1, 4)
    assert named["severity"].to_list() == ["warning"] * is_said
    for row in named.iter_rows(named=True):
        assert row["subject"] == "export 85051110 USA 2025-01..2025-03 quantity_kg"
        assert row["observed"] == f"{whole + more:,}, the sum of the months (1 such series)"
        assert row["expected"].startswith(f"{whole:,} in gacc_query-")


FIRST_QUARTER = range(1, 4)


def _told(day: str, months: Iterable[int] = FIRST_QUARTER, *, more: int = 0, without: Iterable[int] = (), of: str = "502",
          whole: bool = False, turned: bool = False) -> tuple[bytes, dict[str, Any]]:  # fmt: skip
    """A download of a day of 2025, by month or as one figure; in March it has `more` of one partner, and nothing `without`."""
    kg = {(month, partner): KG[month][partner] + more * ((month, partner) == (3, of)) for month in months
          for partner in KG[1] if month not in without or partner != of}  # fmt: skip
    declared = {**ALL, "released_on": datetime.date.fromisoformat(f"2025-{day}")}
    if not whole:
        rows = [
            magnets(partner, str(mass), f"{mass * PRICE:,}", f"2025{month:02d}")
            for (month, partner), mass in kg.items()
        ]
        return csv_bytes(rows), declared
    sums = {partner: sum(mass for (_, name), mass in kg.items() if name == partner) for partner in KG[1]}
    rows = [magnets(partner, str(mass), f"{mass * PRICE:,}")[1:] for partner, mass in sums.items()]
    return csv_bytes(rows[::-1] if turned else rows, TITLES[1:]), {**declared, "months": "2025-01..2025-03"}


WHOLE, APART = _told("04-18", whole=True), [_told(f"05-0{month}", [month], more=5) for month in FIRST_QUARTER]


@pytest.mark.parametrize(
    ("files", "together", "which"),
    [
        # Months of several downloads are no word on the whole, in whichever order they come.
        ([WHOLE, *APART], 5, "stands"), ([WHOLE, *APART[::-1]], 5, "stands"), ([APART[0], WHOLE, *APART[1:]], 5, "stands"),
        ([*APART, WHOLE], 5, "stands"), ([*APART, _told("06-18", whole=True)], 5, "stands"),
        ([WHOLE, _told("08-20", more=5)], 5, "gives way"), ([_told("08-20", more=5), WHOLE], 5, "gives way"),
        ([_told("04-10", more=5), WHOLE], 5, "stands"),
        # It was said again after the months, which come last; and one that gave way says nothing any more.
        ([WHOLE, _told("09-01", whole=True, turned=True), _told("08-20", more=5)], 5, "stands"),
        ([WHOLE, _told("08-20"), _told("09-20", [3], more=5)], None, ""),
        # No row is no trade.
        ([WHOLE, _told("08-20", without=[1])], -KG[1]["502"], "gives way"),
        ([WHOLE, _told("08-20", without=FIRST_QUARTER)], -sum(KG[month]["502"] for month in FIRST_QUARTER), "gives way"),
        ([_told("08-20", without=[1]), WHOLE], -KG[1]["502"], "gives way"),
        ([WHOLE, _told("08-20")], None, ""), ([_told("08-20"), WHOLE], None, ""), ([WHOLE, *APART[:2]], None, ""), ([*APART[1:], WHOLE], None, ""),
    ],
)  # fmt: skip
def test_a_figure_of_several_months_that_its_months_do_not_add_up_to_is_named_in_every_order(
    files: list[tuple[bytes, dict[str, Any]]], together: int | None, which: str, tmp_path: Path
) -> None:
    *before, (data, declared) = files
    _, findings = read(Case("", data, Publish(), declared, before=tuple(before)), tmp_path / "inbox")
    named = findings.filter(check="span_of_months").filter(pl.col("subject").str.ends_with("quantity_kg"))
    assert named.height == (together is not None)
    for row in named.iter_rows(named=True):
        whole = sum(KG[month]["502"] for month in FIRST_QUARTER)
        assert (row["severity"], row["subject"]) == ("warning", "export 85051110 USA 2025-01..2025-03 quantity_kg")
        assert row["observed"] == f"{whole + (together or 0):,}, the sum of the months (2 such series)"
        assert row["expected"].startswith(f"{whole:,} in ")
        assert f", which {which} " in row["expected"]


def test_what_is_dearer_alone_is_no_year_so_far(tmp_path: Path) -> None:
    records = [
        magnets(partner, str(kg), f"{PRICE * sum(KG[month][partner] for month in range(1, 5)):,}", "202504")
        for partner, kg in KG[4].items()
    ]
    assert "year_so_far" not in _doubts(tmp_path, csv_bytes(records), {}, _file(range(1, 4)))["check"]


@pytest.mark.parametrize(
    ("partner", "printed", "partners", "held"),
    [
        ("WLD", {"2025-01..2025-06": "4,968"}, "all", ["4,967,600"]), ("WLD", {"2025-01..2025-06": "4,968"}, "listed", []),
        ("USA", {"2025-01..2025-06": "2,480"}, "listed", ["2,480,000"]), ("DEU", {"2025-01..2025-06": "2,480"}, "all", []),
        # There was no trade before June, or the year before is in it.
        ("WLD", {"2025-01..2025-06": "4,968", "2025-06": "4,968"}, "all", []), ("WLD", {"2024-01..2025-06": "4,968"}, "all", []),
        ("USA", {"2025-01..2025-06": "2,480", "2025-06": "2,480"}, "all", []),
    ],
)  # fmt: skip
def test_what_was_printed_of_the_year_so_far_is_that_of_the_partner_and_of_the_year(
    partner: str, printed: Mapping[str, str], partners: str, held: list[str], tmp_path: Path
) -> None:
    titles = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"
    lines = (f'export,85051110,{partner},{period},quantity,"{tonnes}",t,2025-07-20,A,https://a.example,' for period, tonnes in printed.items())  # fmt: skip
    before = ("\n".join([titles, *lines]) + "\n").encode(), {"source": "published", "flow": None, "released_on": None}
    data = csv_bytes([magnets("502", "2480000", "141,360,000"), magnets("304", "2487600", "141,793,200")])
    declared = {"partners": partners, "released_on": datetime.date(2025, 7, 21)}
    found = read(Case("", data, Publish(), declared, before=(before,)), tmp_path / "inbox")[1]
    assert found.filter(check="printed_so_far")["observed"].to_list() == held


def test_a_number_of_two_digits_is_met_by_chance(tmp_path: Path) -> None:
    titles = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"
    for tonnes, kilograms, held in (("99", "99200", False), ("101", "101200", True)):
        line = f"export,85051110,USA,2025-01..2025-06,quantity,{tonnes},t,2025-07-20,A,https://a.example,"
        before = f"{titles}\n{line}\n".encode(), {"source": "published", "flow": None, "released_on": None}
        data = csv_bytes([magnets("502", kilograms, f"{int(kilograms) * PRICE:,}")])
        case = Case("", data, Publish(), {**ALL, "released_on": datetime.date(2025, 7, 21)}, before=(before,))
        assert ("printed_so_far" in read(case, tmp_path / "inbox")[1]["check"]) is held


@pytest.mark.parametrize(
    ("period", "tonnes", "held"),
    [
        ("2025-01..2025-06", "4,968", True), ("2025-01..2025-06", "4,970", False), ("2025-06", "4,968", False), ("2025-02..2025-06", "4,968", False),
    ],
)  # fmt: skip
def test_a_month_that_is_what_others_printed_of_the_year_so_far_is_held(
    period: str, tonnes: str, held: bool, tmp_path: Path
) -> None:
    """All partners together are 4,967,600 kg."""
    titles = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"
    printed = f'{titles}\nexport,85051110,WLD,{period},quantity,"{tonnes}",t,2025-07-20,A,https://a.example,\n'.encode()
    said = {"source": "published", "flow": None, "released_on": None}
    data = csv_bytes([magnets("502", "2480000", "141,360,000"), magnets("304", "2487600", "141,793,200")])
    case = Case("", data, Publish(), {**ALL, "released_on": datetime.date(2025, 7, 21)}, before=((printed, said),))
    found = read(case, tmp_path / "inbox")[1].filter(severity="error")
    assert found["check"].to_list() == (["printed_so_far"] if held else [])
    if held:
        assert (found["observed"][0], found["expected"][0].split(",")[0]) == ("4,967,600", "a month; 4")


def _broad(months: Mapping[str, int]) -> bytes:
    """600 products, more than are looked up one by one; of each month so many times its number."""
    return csv_bytes([
        (month, *record[1:QUANTITY], str((1000 + at) * times * 10), *record[UNIT:VALUE], f"{(12_000 + 12 * at) * times * 10:,}")
        for month, times in months.items() for at, record in enumerate(distinct_records(600))
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("times", "raised"),
    [(4, set()), (5 + 6 + 7 + 4, {("year_so_far", "error")}), (6, {("another_month", "error")})],
)
def test_a_broad_release_is_looked_at_by_whole_products(
    times: int, raised: set[tuple[str, str]], tmp_path: Path
) -> None:
    before = _broad({"202501": 5, "202502": 6, "202503": 7})
    assert set(_doubts(tmp_path, _broad({"202504": times}), {}, before).select("check", "severity").rows()) == raised


def test_the_numbers_of_another_month_are_held(tmp_path: Path) -> None:
    """May once more, as June: declared so, or with a month that somebody typed."""
    before, may = _file(range(1, 6)), _without_months([5])
    typed = csv_bytes([("202506", *magnets(partner, str(kg), f"{kg * PRICE:,}")[1:]) for partner, kg in KG[5].items()])
    for data in (may, typed):
        found = _doubts(tmp_path, data, {"months": "2025-06"}, before)
        assert found.select("check", "severity", "observed").rows() == [
            ("another_month", "error", "8 numbers, all of them those of 2025-05")
        ]
    assert _doubts(tmp_path, _without_months([6]), {"months": "2025-06"}, before).height == 0
    assert _doubts(tmp_path, may, {"months": "2025-05"}, before).height == 0


def test_few_round_or_steady_numbers_tell_no_other_month(tmp_path: Path) -> None:
    before = _file(range(1, 6))
    one = _doubts(tmp_path, _without_months([5], ["502"]), {"months": "2025-06"}, before)
    assert "another_month" not in one["check"].to_list()
    # One partner has another number than in May.
    one_other = csv_bytes([
        magnets(partner, str(kg + (partner == "133")), f"{kg * PRICE:,}") for partner, kg in KG[5].items()
    ])  # fmt: skip
    assert _doubts(tmp_path, one_other, {}, before).height == 0
    steady = [
        magnets(partner, "480000", f"{480_000 * PRICE:,}", f"2025{month:02d}")
        for month in range(1, 6)
        for partner in KG[1]
    ]
    june = csv_bytes([magnets(partner, "480000", f"{480_000 * PRICE:,}") for partner in KG[1]])
    assert _doubts(tmp_path, june, {}, csv_bytes(steady)).height == 0


@pytest.mark.parametrize(
    ("rate", "held", "month"),
    [(1, False, 5), (2, False, 6), (5, False, 5), (6.1, True, 6), (7.2, True, 5), (7.2, True, 6), (1 / 7.2, True, 6), (0.5, False, 6)],
)  # fmt: skip
def test_yuan_under_the_title_of_dollars_are_held(rate: float, held: bool, month: int, tmp_path: Path) -> None:
    """Of a month that is published and of one that is not."""
    found = _errors(tmp_path, _file([month], rate=rate), {}, _file(range(1, 6)))
    assert found["check"].to_list() == (["other_currency"] if held else [])
    if held:
        assert f"{rate:.3g} times what was published, 85051110 in 2025-{month:02d}" in found["observed"][0]


@pytest.mark.parametrize(
    ("prices", "kilograms", "held"),
    [
        ((57, 20, 130, 57), 300_000, False), ((57, 57, 57, 20), 300_000, False), ((57, 57, 57, 130), 300_000, False),
        ((57, 57), 300_000, False), ((57, 57, 57), 300_000, True), ((57, 40, 80, 57), 300_000, True),
        # A parcel may have any price.
        ((57, 57, 57), 2, False), ((57, 57, 57), 3, True),
    ],
)  # fmt: skip
def test_a_price_that_was_steady_for_a_while_tells_a_currency(
    prices: tuple[int, ...], kilograms: int, held: bool, tmp_path: Path
) -> None:
    before = [
        csv_bytes([magnets("502", "300000", f"{300_000 * price:,}", f"20250{month}")])
        for month, price in enumerate(prices, 1)
    ]
    data = csv_bytes([magnets("502", str(kilograms), f"{kilograms * 57 * 6:,}")])
    assert ("other_currency" in _errors(tmp_path, data, {}, *before)["check"]) is held


def test_a_name_of_another_month_is_a_warning_where_the_records_say_theirs_and_held_where_they_do_not(
    tmp_path: Path,
) -> None:
    """What a name may say is in `tests/unit/ingest/test_file_name.py`."""
    found = _doubts(tmp_path, _file([6]), {"released_on": datetime.date(2025, 7, 20)}, file="202505.csv")
    assert found.select("check", "severity", "observed").rows() == [("file_name", "warning", "2025-05 in the name")]
    found = _doubts(tmp_path, _without_months([6]), {"months": "2025-06"}, file="202505.csv")
    assert found.select("check", "severity", "observed").rows() == [("file_name", "error", "2025-05 in the name")]
