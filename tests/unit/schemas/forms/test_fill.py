"""What the report of a fill says first, and what a fill may be asked for."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from schemas.forms.fill import FillReport, FillRequest, StoreRun

OUTCOMES = (("AUT", "finished"), ("BEL", "held"), ("CHN", "failed"), ("DEU", "finished"))
RUNS = [
    StoreRun.model_validate({"reporter": name, "outcome": outcome, "message": outcome}) for name, outcome in OUTCOMES
]


def test_the_report_says_the_gravest_first() -> None:
    report = FillReport(folder=Path("downloads"), stores=RUNS, refused=["x.csv: no source."])
    assert report.headline == "Failed on 1 of 4 stores, Refused some files, Held in 1, Filled 2"
    assert report.lines == ["CHN: failed", "x.csv: no source.", "BEL: held", "AUT: finished", "DEU: finished"]
    assert [one.reporter for one in report.of("finished")] == ["AUT", "DEU"]


@pytest.mark.parametrize(
    ("stores", "refused", "is_mended"),
    [(RUNS, [], False), (RUNS[:2], [], True), (RUNS[:1], ["x.csv: no source."], False), ([], [], True)],
)
def test_a_hold_is_left_to_a_person_and_everything_else_must_be_mended(
    stores: list[StoreRun], refused: list[str], is_mended: bool
) -> None:
    assert FillReport(folder=Path("downloads"), stores=stores, refused=refused).is_mended is is_mended


def test_a_fill_is_a_backfill_with_restarts() -> None:
    request = FillRequest(folder=Path("downloads"))
    assert (request.restarts, request.reporter, request.title) == (1, None, "downloads")
    assert FillRequest(folder=Path("downloads"), reporter="DEU").title == "DEU from downloads"
    for wrong in ({"restarts": 6}, {"restarts": -1}, {"dask": "nowhere"}, {"workers": 2}):
        with pytest.raises(ValidationError):
            FillRequest.model_validate({"folder": "downloads", **wrong})
