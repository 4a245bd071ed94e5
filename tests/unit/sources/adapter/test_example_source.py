"""The example of an adapter does what it shows, in few lines."""

from datetime import date
from functools import partial
from pathlib import Path

import example_source
import pytest

from tasks.domain.errors import Refused
from tasks.sources.registry import SOURCES
from tests.unit.sources import reading
from tests.unit.sources.reading import doubts, numbers

FILE = "month,code,country,tonnes,euros\n2025-06,850511,CN,1.5,700\n2025-06,850511,US,2,300\n2025-06,850511,WORLD,3.5,1000\n"  # noqa: E501


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "ruritania", example_source.SOURCE)


read = partial(reading.read, source="ruritania", flow="export", released_on=date(2025, 7, 10))


def test_it_reads_its_file_holds_it_where_a_total_differs_and_refuses_another_layout(tmp_path: Path) -> None:
    release = read(FILE.encode(), tmp_path)
    assert numbers(release, "partner", "measure") == {
        ("CHN", "quantity_kg"): 1500,
        ("CHN", "value_eur"): 700,
        ("USA", "quantity_kg"): 2000,
        ("USA", "value_eur"): 300,
    }
    assert (release.release["reporter"].to_list(), doubts(release)) == (["RUR"], [])
    assert doubts(read(FILE.replace("1000", "1001").encode(), tmp_path)) == [("total_differs", "error")]
    with pytest.raises(Refused, match="The columns are month, code"):
        example_source.parse(FILE.replace("tonnes", "tons").encode(), "june.csv")
