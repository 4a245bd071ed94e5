"""The example of an adapter does what it shows, in few lines."""

from datetime import date
from pathlib import Path

import example_source
import pytest

from schemas.forms.request import ReleaseRequest
from tasks.domain.errors import Refused
from tasks.ingest.declaration import locate
from tasks.ingest.normalise import Normalised, normalise
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tasks.sources.registry import SOURCES

FILE = "month,code,country,tonnes,euros\n2025-06,850511,CN,1.5,700\n2025-06,850511,US,2,300\n2025-06,850511,WORLD,3.5,1000\n"


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "ruritania", example_source.SOURCE)


def read(text: str, folder: Path) -> Normalised:
    (folder / "june.csv").write_text(text, encoding="utf-8")
    request = ReleaseRequest(
        file=folder / "june.csv", source="ruritania", flow="export", partners="all", released_on=date(2025, 7, 10)
    )
    landed = land(locate(request), folder / "store", date(2025, 7, 11))
    return normalise(landed, parse(landed))


def test_it_reads_its_file(tmp_path: Path) -> None:
    release = read(FILE, tmp_path)
    assert sorted(release.detail.select("partner", "measure", "value").rows()) == [
        ("CHN", "quantity_kg", 1500), ("CHN", "value_eur", 700), ("USA", "quantity_kg", 2000), ("USA", "value_eur", 300),
    ]  # fmt: skip
    assert release.release["reporter"].to_list() == ["RUR"]
    assert set(release.findings["severity"]) == {"info"}


def test_a_total_that_differs_holds_it_and_another_layout_is_refused(tmp_path: Path) -> None:
    assert read(FILE.replace("1000", "1001"), tmp_path).findings.filter(check="total_differs")[
        "severity"
    ].to_list() == ["error"]
    with pytest.raises(Refused, match="The columns are month, code"):
        example_source.parse(FILE.replace("tonnes", "tons").encode(), "june.csv")
