"""Two downloads of one Eurostat month on two days: Eurostat keeps the last one, the store keeps both."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tidewaiter
from flows.cli.app import app
from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.reports import query

AUGUST, SEPTEMBER = date(2026, 8, 14), date(2026, 9, 15)
CODE, MORE = "84834030", 1000
pytestmark = pytest.mark.shared


def fields_of(data: bytes) -> list[list[str]]:
    """Each line of the real file; no field of it is quoted."""
    assert b'"' not in data
    return [line.split(",") for line in data.decode("ascii").split("\r\n")]


def raised(data: bytes) -> bytes:
    """The same month as it might be a month later: China, and the total outside of the EU, 1,000 euros more."""
    lines = fields_of(data)
    for fields in lines:
        if len(fields) > 1 and fields[1] == "14/08/26 11:00:00":
            fields[1] = "15/09/26 11:00:00"
            if fields[4] in ("CN", "EXT_EU27_2020") and fields[7] == "VALUE_IN_EUROS":
                fields[9] = str(Decimal(fields[9]) + MORE)
    return "\r\n".join(map(",".join, lines)).encode("ascii")


@pytest.fixture(scope="module")
def files(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[date, Path]:
    data = (shared_data / "comext_api" / f"DS-045409_M_EU27_all_{CODE}_import_2025-06.csv").read_bytes()
    folder = tmp_path_factory.mktemp("comext")
    found = {AUGUST: folder / "august.csv", SEPTEMBER: folder / "september.csv"}
    found[AUGUST].write_bytes(data)
    found[SEPTEMBER].write_bytes(raised(data))
    return found


def ingested(files: dict[date, Path], root: Path, *days: date) -> Path:
    for day in days:
        request = ReleaseRequest(
            file=files[day], store=root, source="eurostat_comext", reporter="EU27", partners="all", released_on=day
        )
        assert release.fn(request, date(2026, 10, 1)).status == "published"
    return root


@pytest.fixture(scope="module")
def root(files: dict[date, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ingested(files, tmp_path_factory.mktemp("vintages") / "store", AUGUST, SEPTEMBER)


def printed(file: Path, partner: str) -> Decimal:
    """What the file itself says in euros."""
    (value,) = (
        fields[9]
        for fields in fields_of(file.read_bytes())
        if fields[4:5] == [partner] and fields[7] == "VALUE_IN_EUROS"
    )
    return Decimal(value)


def level(root: Path, partner: str, day: str | None) -> Decimal:
    rows = tidewaiter.read(
        CODE, partner=partner, month="2025-06", measure="value_eur", as_of=day, columns="level", store=root,
        reporter="EU27",
    )  # fmt: skip
    return Decimal(rows.item())


@pytest.mark.parametrize(
    ("day", "of"), [("2026-08-14", AUGUST), ("2026-09-14", AUGUST), ("2026-09-15", SEPTEMBER), (None, SEPTEMBER)]
)
def test_each_day_has_the_figures_of_its_download(
    root: Path, files: dict[date, Path], day: str | None, of: date
) -> None:
    china = printed(files[of], "CN")
    assert level(root, "China", day) == china
    # Nothing else moved.
    assert level(root, "Japan", day) == printed(files[AUGUST], "JP")
    every = [printed(files[of], name) for name in ("EXT_EU27_2020", "INT_EU27_2020")]
    assert level(root, "world", day) == sum(every) == 9_914_131 + 16_103_557 + (MORE if of == SEPTEMBER else 0)


def test_the_second_download_is_a_revision_of_one_number(root: Path, files: dict[date, Path]) -> None:
    rows = query.query(root / "reporter=EU27", "revision").filter(partner="CHN")
    assert query.query(root / "reporter=EU27", "revision").height == rows.height == 1
    row = rows.row(0, named=True)
    assert row["measure"] == "value_eur"
    before, after = int(printed(files[AUGUST], "CN")), int(printed(files[SEPTEMBER], "CN"))
    assert after - before == MORE
    assert {before, after} <= {value for value in row.values() if isinstance(value, int)}
    done = CliRunner().invoke(app, ["revisions", "--store", str(root)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert f"{before:,}" in done.output
    assert f"{after:,}" in done.output
