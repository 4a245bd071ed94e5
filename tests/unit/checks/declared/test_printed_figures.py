"""Printed figures that do not fit one another: prints of one figure, months next to the year so far, a growth and its
base."""

from collections.abc import Sequence

import pytest
from bad_inputs.download import CLEAN, figures

from tests.unit.checks.found import PRINTED, find

USD = {"measure": "value", "unit": "USD million"}
YEAR = "2025-01..2025-06"


def line(
    value: object,
    period: str = "2025-06",
    day: int = 20,
    *,
    partner: str = "WLD",
    measure: str = "quantity",
    unit: str = "t",
) -> str:
    return f'export,85051110,{partner},{period},{measure},"{value}",{unit},2025-07-{day}'


def growth(value: str, day: int = 20) -> str:
    return line(value, day=day, measure="quantity_yoy", unit="%")


def doubts(lines: Sequence[str], before: Sequence[str] = (), severity: str = "error") -> list[tuple[str, str, str]]:
    """Check, what was seen and what was expected of each doubt about a collected file, each of `before` being
    published."""
    rows = find(figures(*lines), *((figures(one), PRINTED) for one in before), file="printed.csv", **PRINTED)
    return rows.filter(severity=severity).select("check", "observed", "expected").rows()


LATER = ("prints_disagree", "31,880,000, printed on 2025-07-25", "within 10% of 3,188,000, printed on 2025-07-20")
FIRST = ("prints_disagree", "3,188,000, printed on 2025-07-20", "within 10% of 31,880,000, printed on 2025-07-25")
GROUP = [line("3188"), line("2000", partner="EU27"), line("1500", partner="DEU")]
MONTHS = [
    line(value, f"2025-0{month}") for month, value in enumerate(("6357", "5000", "5324", "2627", "1238", "3188"), 1)
]


@pytest.mark.parametrize(
    ("lines", "before", "found"),
    [
        ([line("3188"), line("31880", day=25)], [], [LATER]),
        ([line("31880", day=25)], [line("3188")], [LATER]),
        ([line("3188")], [line("31880", day=25)], [FIRST]),
        # Digits and revisions are no contradiction: 3,500 t are 8.9 % more than 3,188 t, and 2,870 t 10.0 % less.
        *(([line("3188"), line(again, day=25)], [], []) for again in ("3188.4", "3,500", "2,870")),
        ([line("353", partner="USA"), line("3188", day=25)], [], []),
        # Growth of two days is left to the levels.
        ([growth("-38.1"), growth("157.5", 25)], [], []),
        # Half a tonne is lost in each figure, and 1 % of a year may have been revised.
        *(([*months, line(value, YEAR, partner=partner)], [], [])
            for months, value, partner in ((MONTHS, "23734", "WLD"), (MONTHS, "23600", "WLD"),
                (MONTHS[2:], "22319", "WLD"), (MONTHS[2:], "2511", "USA"))),
    ],
)  # fmt: skip
def test_prints_of_one_figure_that_are_far_apart_are_held(
    lines: list[str], before: list[str], found: list[tuple[str, str, str]]
) -> None:
    assert doubts(lines, before) == found


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([line("180", **USD), line("1.8", day=25, **USD)], {"prints_disagree"}),
        # A printed group does not count its members twice in the world.
        (GROUP, set()), ([*GROUP, line("1700", partner="USA")], {"parts_exceed_total"}),
    ],
)  # fmt: skip
def test_prints_that_contradict_one_another_are_held(lines: list[str], found: set[str]) -> None:
    assert {doubt[0] for doubt in doubts(lines)} == found


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ([("2025-06", "3188"), (YEAR, "2231.9")], "at least 3,188,000, as months or a part of it have"),
        ([("2025-01..2025-05", "19132"), (YEAR, "17319")], "at least 19,131,000, as months or a part of it have"),
        ([("2025-01", "3188"), ("2025-03", "3188"), (YEAR, "5000")],
            "at least 6,376,000, as months or a part of it have"),
        ([("2025-05", "3000"), ("2025-06", "3000"), ("2025-05..2025-06", "9000")], "6,000,000, its months together"),
    ],
)  # fmt: skip
def test_a_figure_of_several_months_that_is_not_what_its_parts_are_is_held(
    printed: list[tuple[str, str]], expected: str
) -> None:
    lines = [line(value, period) for period, value in printed]
    observed = f"{round(float(printed[-1][1]) * 1000):,} (1 such figure)"
    assert doubts(lines) == [("prints_do_not_add_up", observed, expected)]
    assert doubts(lines[-1:], lines[:-1]) == [("prints_do_not_add_up", observed, expected)], "against what is published"


def test_what_papers_printed_is_no_fault_of_a_download() -> None:
    earlier = figures(line("3", partner="USA"), line("4", YEAR, partner="DEU")), PRINTED
    found = find(CLEAN, earlier, partners="all")
    assert not {"prints_disagree", "prints_do_not_add_up"} & set(found["check"])


@pytest.mark.parametrize(("printed", "found"), [("-38.1", 0), ("-38", 0), ("-39.5", 1), ("-36.0", 1)])
def test_a_growth_on_a_base_that_cannot_be_ours_is_a_warning(printed: str, found: int) -> None:
    """3,188 t and -38.1 % imply some 5,150 t a year before."""
    rows = doubts([line("5150", "2024-06"), line("3188"), growth(printed)], severity="warning")
    # One about the growth, and one about its base.
    assert [row[0] for row in rows] == ["implied_revision"] * 2 * found
    assert all("3,188,000 kg" in row[1] and "5,150,000 kg" in row[2] for row in rows)


@pytest.mark.parametrize(
    ("base", "printed", "found"),
    [
        # 3,188 t are 38.1 % less than 5,150 t.
        ("5150", "38.1", [("growth_sign", "+38.10 %")] * 2), ("5150", "-38.1", []),
        # Half as much in both years: the sign is as good as the other, and what was revised is not told by it.
        ("2400", "38.1", []), ("3200", "0.38", []), ("1238", "157.5", []),
    ],
)  # fmt: skip
def test_a_growth_that_fits_with_the_other_sign_alone_is_held(
    base: str, printed: str, found: list[tuple[str, str]]
) -> None:
    rows = doubts([line("3188"), growth(printed)], [line(base, "2024-06")])
    assert [(check, observed.split(" and ")[1].split(" imply")[0]) for check, observed, _ in rows] == found


@pytest.mark.parametrize(
    ("printed", "beside", "found"),
    [
        ("3.188", {"2025-05": "1238"}, ["3,188"]),
        ("3.188", {YEAR: "22319"}, ["3,188"]),
        ("3.188", {"2024-07": "4000", "2025-05": "900"}, ["3,188"]),
        # Longer ago than a year nothing is next to it; a hundredth is no thousandth, and 3.19 says no kilograms.
        ("3.188", {"2024-05": "4000"}, []),
        ("31.88", {"2025-05": "1238"}, []),
        ("3.19", {"2025-05": "1238"}, []),
        ("3.188", {"2025-05": "123800"}, []),
        ("3.188", {"2025-05": "1238", "2025-04": "2.627"}, []),
        ("3.188", {"2025-05": "0"}, []),
        ("3188", {"2025-05": "1238"}, []),
    ],
)
def test_a_thousandth_of_what_stands_beside_it_is_held(printed: str, beside: dict[str, str], found: list[str]) -> None:
    lines = [line(value, period) for period, value in beside.items()]
    for new, before in (([*lines, line(printed)], []), ([line(printed)], lines)):
        assert [observed for check, observed, _ in doubts(new, before) if check == "thousandth"] == found
