"""Printed figures that do not fit one another: prints of one figure, months next to the year so far, a growth and its base."""

import datetime
from pathlib import Path

import pytest
from bad_inputs.case import Case, Publish, read
from bad_inputs.download import CLEAN

HEADER = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note\n"
DECLARED = {"source": "published", "flow": None, "partners": None, "released_on": None}


def _line(
    value: str,
    period: str = "2025-06",
    day: int = 20,
    *,
    partner: str = "WLD",
    measure: str = "quantity",
    unit: str = "t",
) -> str:
    return f'export,85051110,{partner},{period},{measure},"{value}",{unit},2025-07-{day},a paper,https://example.org,\n'


def _doubts(folder: Path, *lines: str, before: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    """Check, what was seen and what was expected of each error about a collected file, `before` being published."""
    folder.mkdir(exist_ok=True)
    earlier = tuple(((HEADER + line).encode(), DECLARED) for line in before)
    case = Case("", (HEADER + "".join(lines)).encode(), Publish(), DECLARED, "printed.csv", None, earlier)
    _, findings = read(case, folder / "inbox")
    return findings.filter(severity="error").select("check", "observed", "expected").rows()


def test_two_prints_of_one_figure_that_are_far_apart_are_held(tmp_path: Path) -> None:
    told = ("prints_disagree", "31,880,000, printed on 2025-07-25", "within 10% of 3,188,000, printed on 2025-07-20")
    assert _doubts(tmp_path / "one", _line("3188"), _line("31880", day=25)) == [told]
    assert _doubts(tmp_path / "two", _line("31880", day=25), before=(_line("3188"),)) == [told]
    late = ("prints_disagree", "3,188,000, printed on 2025-07-20", "within 10% of 31,880,000, printed on 2025-07-25")
    assert _doubts(tmp_path / "late", _line("3188"), before=(_line("31880", day=25),)) == [late]
    assert _doubts(tmp_path / "usd", _line("180", measure="value", unit="USD million"),
                   _line("1.8", day=25, measure="value", unit="USD million"))[0][0] == "prints_disagree"  # fmt: skip


@pytest.mark.parametrize("again", ["3188.4", "3,200", "3,000", "3188", "3,500", "2,870"])
def test_digits_and_revisions_are_no_contradiction(again: str, tmp_path: Path) -> None:
    """3,000 t is 5.9 % less than 3,188 t, 3,500 t 8.9 % more and 2,870 t 10.0 % less."""
    assert _doubts(tmp_path / "one", _line("3188"), _line(again, day=25)) == []
    assert _doubts(tmp_path / "other", _line("353", partner="USA"), _line(again, day=25)) == []


def test_a_printed_group_does_not_count_its_members_twice_in_the_world(tmp_path: Path) -> None:
    lines = [_line("3188"), _line("2000", partner="EU27"), _line("1500", partner="DEU")]
    assert _doubts(tmp_path / "fits", *lines) == []
    assert [doubt[0] for doubt in _doubts(tmp_path / "more", *lines, _line("1700", partner="USA"))] == [
        "parts_exceed_total"
    ]


def test_growth_of_two_days_is_left_to_the_levels(tmp_path: Path) -> None:
    lines = [_line(value, day=day, measure="quantity_yoy", unit="%") for value, day in (("-38.1", 20), ("157.5", 25))]
    assert _doubts(tmp_path, *lines) == []


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ([("2025-06", "3188"), ("2025-01..2025-06", "2231.9")], "at least 3,188,000, as months or a part of it have"),
        ([("2025-01..2025-05", "19132"), ("2025-01..2025-06", "17319")], "at least 19,131,000, as months or a part of it have"),
        ([("2025-01", "3188"), ("2025-03", "3188"), ("2025-01..2025-06", "5000")], "at least 6,376,000, as months or a part of it have"),
        ([("2025-05", "3000"), ("2025-06", "3000"), ("2025-05..2025-06", "9000")], "6,000,000, its months together"),
    ],
)  # fmt: skip
def test_a_figure_of_several_months_that_is_not_what_its_parts_are_is_held(
    printed: list[tuple[str, str]], expected: str, tmp_path: Path
) -> None:
    lines = [_line(value, period) for period, value in printed]
    observed = f"{round(float(printed[-1][1]) * 1000):,} (1 such figures)"
    assert _doubts(tmp_path, *lines) == [("prints_do_not_add_up", observed, expected)]
    found = _doubts(tmp_path, lines[-1], before=tuple(lines[:-1]))
    assert found == [("prints_do_not_add_up", observed, expected)], "against what was published before"


def test_a_year_so_far_of_rounded_and_revised_months_is_not_held(tmp_path: Path) -> None:
    """Half a tonne is lost in each figure, and 1 % of a year may have been revised."""
    months = [
        _line(value, f"2025-0{month}")
        for month, value in enumerate(("6357", "5000", "5324", "2627", "1238", "3188"), 1)
    ]
    assert _doubts(tmp_path / "sum", *months, _line("23734", "2025-01..2025-06")) == []
    assert _doubts(tmp_path / "revised", *months, _line("23600", "2025-01..2025-06")) == []
    assert _doubts(tmp_path / "some", *months[2:], _line("22319", "2025-01..2025-06")) == []
    assert _doubts(tmp_path / "others", *months[2:], _line("2511", "2025-01..2025-06", partner="USA")) == []


def test_what_papers_printed_is_no_fault_of_a_download(tmp_path: Path) -> None:
    earlier = ((HEADER + _line("3", partner="USA") + _line("4", "2025-01..2025-06", partner="DEU")).encode(), DECLARED)
    asked = {"partners": "all", "released_on": datetime.date(2025, 8, 20)}
    _, findings = read(Case("", CLEAN, Publish(), asked, before=(earlier,)), tmp_path / "inbox")
    assert not {"prints_disagree", "prints_do_not_add_up"} & set(findings["check"])


@pytest.mark.parametrize(
    ("growth", "found"), [("-38.1", 0), ("-38.09", 0), ("-38", 0), ("-39.5", 1), ("-36.0", 1)]
)  # fmt: skip
def test_a_growth_on_a_base_that_cannot_be_ours_is_a_warning(growth: str, found: int, tmp_path: Path) -> None:
    """3,188 t and -38.1 % imply some 5,150 t a year before."""
    lines = _line("5150", "2024-06"), _line("3188"), _line(growth, measure="quantity_yoy", unit="%")
    _, findings = read(
        Case("", (HEADER + "".join(lines)).encode(), Publish(), DECLARED, "printed.csv"), tmp_path / "inbox"
    )
    rows = findings.filter(check="implied_revision").select("severity", "observed", "expected").rows()
    assert [row[0] for row in rows] == ["warning"] * found
    assert all("3,188,000 kg" in row[1] and "5,150,000 kg" in row[2] for row in rows)


@pytest.mark.parametrize(
    ("base", "growth", "found"),
    [
        ("5150", "38.1", [("growth_sign", "+38.10 %")]),
        ("5150", "-38.1", []),
        # Half as much in both years: the sign is as good as the other, and what was revised is not told by it.
        ("2400", "38.1", []),
        ("3200", "0.38", []),
        ("1238", "157.5", []),
    ],
)  # fmt: skip
def test_a_growth_that_fits_with_the_other_sign_alone_is_held(
    base: str, growth: str, found: list[tuple[str, str]], tmp_path: Path
) -> None:
    """3,188 t are 38.1 % less than 5,150 t."""
    before = (_line(base, "2024-06"),)
    doubts = _doubts(tmp_path, _line("3188"), _line(growth, measure="quantity_yoy", unit="%"), before=before)
    assert [(check, observed.split(" and ")[1].split(" imply")[0]) for check, observed, _ in doubts] == found


@pytest.mark.parametrize(
    ("printed", "beside", "found"),
    [
        ("3.188", [("2025-05", "1238")], ["3,188"]),
        ("3.188", [("2025-01..2025-06", "22319")], ["3,188"]),
        ("3.188", [("2024-07", "4000"), ("2025-05", "900")], ["3,188"]),
        # Longer ago than a year nothing is next to it; a hundredth is no thousandth, and 3.19 says no kilograms.
        ("3.188", [("2024-05", "4000")], []),
        ("31.88", [("2025-05", "1238")], []),
        ("3.19", [("2025-05", "1238")], []),
        ("3.188", [("2025-05", "123800")], []),
        ("3.188", [("2025-05", "1238"), ("2025-04", "2.627")], []),
        ("3.188", [("2025-05", "0")], []),
        ("3188", [("2025-05", "1238")], []),
    ],
)  # fmt: skip
def test_a_thousandth_of_what_stands_beside_it_is_held(
    printed: str, beside: list[tuple[str, str]], found: list[str], tmp_path: Path
) -> None:
    lines = [_line(value, period) for period, value in beside]
    for folder, new, before in (("file", lines, ()), ("store", [], tuple(lines))):
        doubts = _doubts(tmp_path / folder, *new, _line(printed), before=before)
        assert [observed for check, observed, _ in doubts if check == "thousandth"] == found, folder
