"""What a person sees of a request: the fields of the form, in their order and of one type each."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import validate

from flows.backfill import backfill
from flows.fetch import fetch
from flows.release import release
from flows.watch import watch
from flows.withdraw import withdraw
from schemas.forms import form
from schemas.forms.fetch import FetchRequest
from schemas.forms.request import ReleaseRequest
from schemas.forms.watch import BackfillRequest, WatchRequest
from schemas.forms.withdrawal import WithdrawalRequest
from tasks.sources.registry import SOURCES

FORMS = {"release": (release, ReleaseRequest), "watch": (watch, WatchRequest), "backfill": (backfill, BackfillRequest)}
ALL = {**FORMS, "fetch": (fetch, FetchRequest), "withdraw": (withdraw, WithdrawalRequest)}


def fields_of(flow: Any) -> dict[str, dict[str, Any]]:
    """Every field of the form of a flow by its name, those of the request in their order."""
    schema = parameter_schema(flow.fn).model_dump_for_openapi()
    (request,) = schema["definitions"].values()
    fields = dict(sorted(request["properties"].items(), key=lambda field: field[1]["position"]))
    return fields | {name: field for name, field in schema["properties"].items() if name != "request"}


@pytest.mark.parametrize("name", ALL)
def test_no_field_is_a_choice_between_types(name: str) -> None:
    fields = fields_of(ALL[name][0])
    assert len(fields) > 5
    for field in fields.values():
        assert "anyOf" not in field
        assert field["type"] in ("string", "boolean", "number", "array")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("release", ["file", "source", "flow", "partners", "months", "released_on"]),
        ("watch", ["inbox", "store", "kinds", "source", "flow", "dry_run"]),
        ("backfill", ["folder", "source", "flow", "partners", "dry_run", "store"]),
        ("fetch", ["source", "inbox", "products", "reporters", "flows", "months"]),
        ("withdraw", ["release_id", "by", "reason", "undo", "store"]),
    ],
)
def test_what_a_person_fills_in_comes_first_and_is_no_more_than_six_fields(name: str, first: list[str]) -> None:
    assert len(first) <= form.FIRST_MAX
    assert list(fields_of(ALL[name][0]))[: len(first)] == first


@pytest.mark.parametrize(
    ("name", "filled"),
    [
        ("release", {"file": "a.csv"}), ("watch", {}), ("backfill", {"folder": "old"}),
        ("withdraw", {"release_id": "r1", "by": "Li Wei", "reason": "wrong file"}),
    ],
)  # fmt: skip
def test_a_form_can_be_sent_as_it_is_shown(name: str, filled: dict[str, str]) -> None:
    """By the check of the server: a form begins with the defaults of the schema, and what is filled in comes on top."""
    schema = form.ready_to_send(parameter_schema(ALL[name][0].fn).model_dump_for_openapi())
    shown = {key: field["default"] for key, field in schema["properties"].items() if "default" in field}
    assert "request" in schema["properties"]
    assert validate(shown | {"request": filled}, schema) == []


@pytest.mark.parametrize("name", FORMS)
def test_where_there_is_a_choice_the_form_shows_it(name: str) -> None:
    fields = fields_of(FORMS[name][0])
    assert fields["source"]["enum"] == list(SOURCES)
    assert fields["flow"]["enum"] == ["export", "import"]


def test_a_field_that_was_filled_in_and_cleared_again_is_as_if_it_never_was() -> None:
    cleared = dict.fromkeys(("source", "flow", "partners", "months", "released_on", "title", "reporter"), "")
    assert ReleaseRequest.model_validate({"file": "a.csv", **cleared}) == ReleaseRequest(file=Path("a.csv"))
    assert WatchRequest.model_validate({"source": "", "flow": ""}) == WatchRequest()
    assert FetchRequest.model_validate({"source": "hmrc_ots", "months": "", "base": ""}) == FetchRequest(
        source="hmrc_ots"
    )
    filled = ReleaseRequest.model_validate({"file": "a.csv", "flow": "import", "released_on": "2025-07-20"})
    assert (filled.flow, filled.released_on) == ("import", date(2025, 7, 20))
