"""What holds for every form, and what the forms compute themselves."""

import importlib
import pkgutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from schemas import forms
from schemas.forms import brief, held, outcome, trace
from schemas.forms.form import Frozen

MODULES = [importlib.import_module(f"schemas.forms.{found.name}") for found in pkgutil.iter_modules(forms.__path__)]
MODELS = sorted(
    {model for module in MODULES for model in vars(module).values() if isinstance(model, type) and issubclass(model, BaseModel) and model not in (BaseModel, Frozen) and model.__module__.startswith("schemas.forms")},
    key=lambda model: model.__name__,
)  # fmt: skip


def test_all_forms_are_collected() -> None:
    assert {brief, held, outcome, trace} <= {*MODULES}
    assert len(MODELS) > 15


@pytest.mark.parametrize("model", MODELS)
def test_every_form_has_a_docstring_and_a_schema_that_other_programs_can_read(model: type[BaseModel]) -> None:
    assert model.__doc__
    assert model.model_json_schema()["type"] == "object"
    assert model.model_fields


NUMBER = {
    "product": "85051110", "partner": "USA", "period": "2025-06", "measure": "quantity_kg", "value": 5, "unit": "kg", "release_id": "r1", "title": "june.csv",
    "known_from": "2025-07-20", "raw_sha256": "0" * 64, "records": [1], "reported": 5, "printed": ["x"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "holds"),
    [({}, True), ({"read": 5}, True), ({"read": 4}, False), ({"reported": 4}, False), ({"records": []}, False), ({"value": 0, "reported": 0, "read": 0}, True)],
)  # fmt: skip
def test_a_traced_number_holds_where_ledger_release_and_file_agree(change: dict[str, Any], holds: bool) -> None:
    assert trace.TracedNumber.model_validate(NUMBER | change).holds is holds


RELEASE = {
    "release_id": "r1", "raw": "raw/a", "raw_sha256": "0" * 64, "name": "june.csv", "source": "gacc_query", "reporter": "CHN", "flow": "export", "partners": "all",
    "products": None, "months": None, "released_on": "2025-07-20", "title": "june", "held_since": "2025-07-21",
    "findings": [{"check": "gaps", "subject": "May", "observed": "none", "expected": "one", "advice": "Look."}],
}  # fmt: skip


def test_a_held_release_waits_until_a_person_decides() -> None:
    one = held.HeldRelease.model_validate(RELEASE)
    assert one.waits
    assert one.findings[0].line == "gaps (May): none; expected one. Look."
    assert (one.raw, one.released_on) == (Path("raw/a"), date(2025, 7, 20))
    decided = {
        "verdict": "reject",
        "by": "Li Wei",
        "reason": "cut off",
        "decided_at": datetime(2025, 7, 22, tzinfo=UTC),
    }
    assert not held.HeldRelease.model_validate(RELEASE | {"decision": decided}).waits


@pytest.mark.parametrize("change", [{"by": ""}, {"reason": ""}, {"verdict": "perhaps"}, {"decided_at": None}])
def test_a_decision_needs_a_name_a_reason_and_one_of_two_words(change: dict[str, Any]) -> None:
    decided = {"verdict": "approve", "by": "Li Wei", "reason": "so it is", "decided_at": "2025-07-22T10:00:00Z"}
    held.HoldDecision.model_validate(decided)
    with pytest.raises(ValidationError):
        held.HoldDecision.model_validate(decided | change)
