"""What was assessed at the border: rates, their status, claims, and the real records of January 2025."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tasks.analysis.measures.duty import assessed, rank_of, shift_of, together
from tasks.sources.census.us_census_bulk import parse
from tests.unit.census_archive import packed

# January to September, per cent: duty by imports for consumption, divided by hand from the control totals.


@pytest.mark.parametrize(
    ("values", "rates", "status"),
    [
        ((200.0, 200.0, 50.0), (25.0, 25.0, 100.0), "dutiable"),
        ((200.0, 100.0, 25.0), (12.5, 25.0, 50.0), "partly_free"),
        ((200.0, 0.0, 0.0), (0.0, None, 0.0), "free"),
        ((200.0, 200.0, 0.0), (0.0, 0.0, 100.0), "zero_duty"),
        ((200.0, None, 50.0), (25.0, None, None), "no_dutiable_stated"),
        ((0.0, 0.0, 0.0), (None, None, None), "no_imports"),
        ((200.0, 200.0, None), (None, None, 100.0), "no_duty_stated"),
        ((0.0, 0.0, 5.0), (None, None, None), "duty_without_imports"),
        ((200.0, 0.0, 5.0), (2.5, None, 0.0), "duty_without_value"),
        ((None, None, None), (None, None, None), "not_covered"),
        ((None, 100.0, 5.0), (None, 5.0, None), "not_covered"),
    ],
)
def test_each_way_to_pay_or_not_has_its_status(
    values: tuple[float | None, ...], rates: tuple[float | None, ...], status: str
) -> None:
    made = assessed(*values)
    assert (made.rate, made.dutiable_rate, made.dutiable_share) == rates
    assert made.status == status


def test_the_rate_of_several_goods_is_that_of_their_sums_and_unknown_where_one_is() -> None:
    """25 % of 100 and nothing of 300 is 6.25 %, not the mean of two rates."""
    assert together([(100.0, 100.0, 25.0), (300.0, 0.0, 0.0)]).rate == 6.25
    assert together([(100.0, 100.0, 25.0), (None, None, None)]).status == "not_covered"
    assert together([]).status == "not_covered"


def test_a_rise_is_placed_among_those_of_placebos() -> None:
    assert shift_of(assessed(100, 100, 5), assessed(100, 100, 30)) == 25
    assert shift_of(assessed(0, 0, 0), assessed(100, 100, 30)) is None
    assert rank_of(25, [30, 25, 0, None, -5]) == (2, 4)


@pytest.mark.shared
def test_the_rates_of_the_real_records_are_those_of_their_own_sums(shared_data: Path) -> None:
    """Recomputed from the named numbers of the records, by code and country, with nothing of the parser."""
    folder = shared_data / "us_census_bulk_real"
    expected = json.loads((folder / "IMDB2501_expected_values.json").read_text())
    sums: Counter[tuple[str, str, str]] = Counter()
    for record in expected:
        if record["member_kind"] == "IMP_DETL":
            fields = record["fields"]
            for name in ("con_val_mo", "dut_val_mo", "cal_dut_mo"):
                sums[fields["hts10"], fields["cty_code"], name] += fields[name]
    names = (("IMP_DETL", 6), ("IMP_COMM", 2), ("imp_CTY", 2), ("IMP_DE", 2))
    files = {f"{name}.TXT": (folder / f"IMDB2501_{name}_{count}_lines.txt").read_bytes() for name, count in names}
    rows = parse(packed(files), "IMDB2501.ZIP").reported
    labels = {"USD consumption": "con_val_mo", "USD dutiable": "dut_val_mo", "USD duty": "cal_dut_mo"}
    values: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows.iter_rows(named=True):
        if row["currency"] in labels:
            values.setdefault((row["product"], row["partner"]), {})[labels[row["currency"]]] = float(row["value"])
    assert len(values) >= 3
    statuses = set()
    for (code, country), own in values.items():
        consumption, dutiable, duty = (own[name] for name in ("con_val_mo", "dut_val_mo", "cal_dut_mo"))
        made = assessed(consumption, dutiable, duty)
        whole, part, tax = (sums[code, country, name] for name in ("con_val_mo", "dut_val_mo", "cal_dut_mo"))
        assert (consumption, dutiable, duty) == (whole, part, tax)
        assert made.rate == (None if not whole else pytest.approx(100 * tax / whole))
        statuses.add(made.status)
    assert statuses <= {"free", "dutiable", "partly_free", "no_imports", "zero_duty"}
