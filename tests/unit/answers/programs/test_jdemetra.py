"""What JDemetra+ takes: tables of the series, its regressor and its dated interventions, and what it gives back."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from tasks.answers.programs.adjust import AHEAD, Handed, Intervention
from tasks.answers.programs.jdemetra import files_of, result_of

SERIES = Handed(
    "CHN export",
    2020 * 12 + 10,
    (1.5, None, 3.0),
    tuple(0.25 * one for one in range(3 + AHEAD)),
    (Intervention(2021 * 12, 'control measure "x", and more'),),
)


def rows_of(data: bytes) -> list[list[str]]:
    return [*csv.reader(io.StringIO(data.decode()))]


def test_the_tables_have_every_month_the_regressor_as_far_as_forecasts_and_the_reason_of_each_shift() -> None:
    files = files_of(SERIES)
    assert rows_of(files["series.csv"]) == [
        ["date", "y"], ["2020-11-01", "1.5"], ["2020-12-01", ""], ["2021-01-01", "3.0"]
    ]  # fmt: skip
    regressors = rows_of(files["regressors.csv"])
    assert (regressors[1], regressors[-1]) == (["2020-11-01", "0.0"], ["2022-01-01", "3.5"])
    assert len(regressors) == 1 + 3 + AHEAD
    assert rows_of(files["interventions.csv"]) == [
        ["type", "date", "reason"], ["LS", "2021-01-01", 'control measure "x", and more']
    ]  # fmt: skip
    script = files["adjust.R"].decode()
    # The logarithm, as for X-13: left to itself the tool took none where a control let the level fall by nine tenths.
    assert 'set_transform(spec, fun = if (all(y > 0, na.rm = TRUE)) "Log" else "None")' in script
    # Doubts are for people.
    for_people = {"adjust.R", "doubts.csv"}
    assert [name for name in files if name not in for_people and f'"{name}"' not in script] == []
    assert script.count("(") == script.count(")")


def test_its_result_is_read_with_the_version_that_made_it(tmp_path: Path) -> None:
    (tmp_path / "result.csv").write_text(
        '"date","y","sa","version"\n"2020-11-01",1.5,1.4,"rjd3x13 3.5.1"\n"2020-12-01",,2.1,"rjd3x13 3.5.1"\n'
    )
    result = result_of(tmp_path)
    assert result.adjusted == {date(2020, 11, 1): 1.4, date(2020, 12, 1): 2.1}
    assert result.given == {date(2020, 11, 1): 1.5}
    assert (result.method, result.version) == ("JDemetra+, X-13 (d11final)", "rjd3x13 3.5.1")
    (tmp_path / "result.csv").write_text("date,sa\n2020-11-30,1.4\n")
    assert result_of(tmp_path)[:2] == ({date(2020, 11, 1): 1.4}, {})
    assert result_of(tmp_path).version is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no result.csv, which adjust.R writes"),
        ("month,sa\n2020-11,1\n", "it has the columns month, sa; it needs date and sa"),
        ("date,sa\n2020-11-01,1\n11/2020,1\n", "'11/2020' is no day; write 2025-06-01"),
        ("date,y,sa\n2020-11-01,1e999,1\n", "2020-11 has 1e999"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "result.csv").write_text(text)
    with pytest.raises(ValueError, match=says):
        result_of(tmp_path)
