"""Numbers of a row that cannot belong together."""

import pytest

from tasks.sources.gacc_doubts import doubt_balance, doubt_growth
from tasks.sources.gacc_rows import Row
from tasks.sources.gacc_tables import GROWTHS, Column, Heading

MAY = Heading("Exports", 5, 2025, "CNY 100 million", None)
THREE = [Column("2025-01..2025-05", "value"), Column("2024-01..2024-05", "value"), Column(GROWTHS, "value")]
BALANCE = [Column("2025-05", what) for what in ("both", "export", "import")]


@pytest.mark.parametrize(
    ("now", "before", "growth", "severity"),
    [
        # 12.1 on 15.1 is -19.87 %; with rounded digits from -20.5 to -19.3 %.
        ("12.1", "15.1", "-19.9", None), ("12.1", "15.1", "-20.4", None), ("12.1", "15.1", "-20.6", "error"), ("12.1", "15.1", "19.9", "error"),
        ("12.1", "0.0", "500", None), ("-", "15.1", "1", None), ("12.1", "####", "1", None),
    ],
)  # fmt: skip
def test_a_growth_that_its_two_figures_cannot_have(now: str, before: str, growth: str, severity: str | None) -> None:
    found = list(doubt_growth([Row(3, "Rare earth", [now, before, growth])], THREE, MAY, "f"))
    assert [doubt["severity"] for doubt in found] == ([severity] if severity else [])


def test_one_wrong_growth_among_many_is_a_warning_and_a_row_that_is_set_aside_is_none() -> None:
    rows = [Row(place, "a", ["2.0", "1.0", "100"]) for place in range(9)] + [Row(9, "b", ["2.0", "1.0", "-50"])]
    assert [doubt["severity"] for doubt in doubt_growth(rows, THREE, MAY, "f")] == ["warning"]
    assert not list(doubt_growth([rows[-1]._replace(fault="slipped")], THREE, MAY, "f"))
    assert not list(doubt_growth(rows, THREE[:2], MAY, "f"))


@pytest.mark.parametrize(
    ("cells", "severity"),
    [
        (["5.0", "3.0", "2.0"], None), (["5.1", "3.0", "2.0"], None), (["5.2", "3.0", "2.0"], "error"), (["3.0", "5.0", "2.0"], "error"), (["-", "3.0", "2.0"], None),
    ],
)  # fmt: skip
def test_exports_and_imports_that_do_not_add_up(cells: list[str], severity: str | None) -> None:
    found = list(doubt_balance([Row(1, "India", cells)], BALANCE, "f"))
    assert [doubt["severity"] for doubt in found] == ([severity] if severity else [])
