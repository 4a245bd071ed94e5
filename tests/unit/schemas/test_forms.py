"""What holds for every form, what a person sees of a request, and what the forms compute themselves."""

import importlib
import pkgutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import validate
from pydantic import BaseModel, ValidationError

from flows.backfill import backfill
from flows.fetch import fetch
from flows.release import release
from flows.site import site
from flows.watch import watch
from flows.withdraw import withdraw
from schemas import forms
from schemas.forms import brief, form, outcome, request, trace, verdict
from schemas.forms import fetch as fetching
from schemas.forms import site as site_forms
from schemas.forms import watch as watching
from schemas.forms.form import Frozen, StoreAddress
from schemas.store_address import S3Url, UnusableAddress
from tasks.sources.registry import SOURCES

MODULES = [importlib.import_module(f"schemas.forms.{found.name}") for found in pkgutil.iter_modules(forms.__path__)]
MODELS = sorted(
    {
        model
        for module in MODULES
        for model in vars(module).values()
        if isinstance(model, type)
        and issubclass(model, BaseModel)
        and model not in (BaseModel, Frozen)
        and model.__module__.startswith("schemas.forms")
    },
    key=lambda model: model.__name__,
)
# Each flow, what a person fills in first, and what is enough to send its form.
FORMS: dict[str, tuple[Any, list[str], dict[str, str] | None]] = {
    "release": (release, ["file", "source", "flow", "partners", "months", "released_on"], {"file": "a.csv"}),
    "watch": (watch, ["inbox", "store", "kinds", "source", "flow", "dry_run"], {}),
    "backfill": (backfill, ["folder", "source", "flow", "partners", "dry_run", "store"], {"folder": "old"}),
    "site": (site, ["store", "output", "address", "desk", "on_demand", "moved"], {}),
    "fetch": (fetch, ["source", "inbox", "products", "reporters", "flows", "months"], None),
    "withdraw": (withdraw, ["release_id", "by", "reason", "undo", "store"],
        {"release_id": "r1", "by": "Li Wei", "reason": "wrong file"}),
}  # fmt: skip


def test_every_form_has_a_docstring_and_a_schema_that_other_programs_can_read() -> None:
    assert {brief, fetching, form, outcome, request, site_forms, trace, watching} <= {*MODULES}
    assert len(MODELS) > 15
    for model in MODELS:
        assert model.__doc__, model
        assert model.model_fields, model
        assert model.model_json_schema()["type"] == "object", model


@pytest.mark.parametrize("name", FORMS)
def test_a_form_shows_few_fields_of_one_type_first_and_can_be_sent_as_it_is_shown(name: str) -> None:
    """By the check of the server: a form begins with the defaults of the schema, and what is filled in comes on top."""
    flow, first, filled = FORMS[name]
    schema = parameter_schema(flow.fn).model_dump_for_openapi()
    (asked,) = schema["definitions"].values()
    fields = dict(sorted(asked["properties"].items(), key=lambda field: field[1]["position"]))
    fields |= {field: said for field, said in schema["properties"].items() if field != "request"}
    assert len(first) <= form.FIRST_MAX
    assert [*fields][: len(first)] == first
    assert len(fields) > 5
    for field in fields.values():
        assert "anyOf" not in field
        assert field["type"] in ("string", "boolean", "number", "integer", "array")
    if name in ("release", "watch", "backfill"):
        assert (fields["source"]["enum"], fields["flow"]["enum"]) == (list(SOURCES), ["export", "import"])
    ready = form.ready_to_send(schema)
    shown = {key: field["default"] for key, field in ready["properties"].items() if "default" in field}
    assert "request" in ready["properties"]
    assert filled is None or validate(shown | {"request": filled}, ready) == []


def test_a_field_that_was_filled_in_and_cleared_again_is_as_if_it_never_was() -> None:
    asked, source = request.ReleaseRequest, {"source": "hmrc_ots"}
    cleared = dict.fromkeys(("source", "flow", "partners", "months", "released_on", "title", "reporter"), "")
    assert asked.model_validate({"file": "a.csv", **cleared}) == asked(file=Path("a.csv"))
    assert watching.WatchRequest.model_validate({"source": "", "flow": ""}) == watching.WatchRequest()
    emptied = fetching.FetchRequest.model_validate({**source, "months": "", "base": ""})
    assert emptied == fetching.FetchRequest.model_validate(source)
    filled = asked.model_validate({"file": "a.csv", "flow": "import", "released_on": "2025-07-20"})
    assert (filled.flow, filled.released_on) == ("import", date(2025, 7, 20))


class Form(BaseModel):
    store: StoreAddress = Path("store")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("s3://customs/a/", S3Url("s3://customs/a")),
        (Path("s3://customs/a"), S3Url("s3://customs/a")),
        ("./s3/x", Path("s3/x")),
        ("store", Path("store")),
    ],
)
def test_the_address_of_a_store_stays_what_it_is_where_it_is_passed_on(given: str | Path, kept: Path | S3Url) -> None:
    passed_on = Form.model_validate_json(Form.model_validate({"store": given}).model_dump_json()).store
    assert (passed_on, type(passed_on)) == (kept, type(kept))
    assert Form.model_json_schema()["properties"]["store"]["type"] == "string"


def test_a_form_shows_no_secret_of_an_address() -> None:
    with pytest.raises(UnusableAddress, match="address of a store") as refused:
        Form.model_validate({"store": "s3://user:word@customs/a"})
    assert "word@" not in str(refused.value)


NUMBER = {
    "product": "85051110",
    "partner": "USA",
    "period": "2025-06",
    "measure": "quantity_kg",
    "value": 5,
    "unit": "kg",
    "release_id": "r1",
    "title": "june.csv",
    "known_from": "2025-07-20",
    "raw_sha256": "0" * 64,
    "records": [1],
    "reported": 5,
    "printed": ["x"],
}


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({}, True),
        ({"read": 5}, True),
        ({"read": 4}, False),
        ({"reported": 4}, False),
        ({"records": []}, False),
        ({"value": 0, "reported": 0, "read": 0}, True),
    ],
)
def test_a_traced_number_holds_where_ledger_release_and_file_agree(change: dict[str, Any], holds: bool) -> None:
    assert trace.TracedNumber.model_validate(NUMBER | change).holds is holds


DECIDED = {"verdict": "reject", "by": "Li Wei", "reason": "cut off", "decided_at": "2025-07-22T10:00:00Z"}
WITHDRAWAL = {"release_id": "r1", "by": "Li Wei", "reason": "wrong file"}


@pytest.mark.parametrize(
    ("model", "good", "change"),
    [
        *((outcome.HoldDecision, DECIDED, {name: value})
            for name, value in (("by", ""), ("reason", ""), ("verdict", "perhaps"), ("decided_at", None))),
        *((request.WithdrawalRequest, WITHDRAWAL, {name: value})
            for name, value in (("by", None), ("reason", None), ("release_id", None), ("today", "2026-01-20"),
                ("undo", "perhaps"))),
    ],
)  # fmt: skip
def test_a_decision_needs_a_name_a_reason_and_one_of_its_words_and_takes_no_more(
    model: type[BaseModel], good: dict[str, Any], change: dict[str, Any]
) -> None:
    model.model_validate(good)
    with pytest.raises(ValidationError, match=rf"1 validation error for {model.__name__}\n{next(iter(change))}\n"):
        model.model_validate(good | change)


ASKED = "https://example.org/data?product=850511&month=202606: 503"
SHOWN = "https://example.org/data?…: 503"
FAILED = datetime(2026, 8, 13, 4, tzinfo=UTC)
EMPTY = {
    "source": "hmrc_ots",
    "reporters": "",
    "last month in": "none",
    "released on": "",
    "next due": "",
    "overdue": "",
    "failing since": "",
}


@pytest.mark.parametrize(
    ("given", "row"),
    [
        ({}, {}),
        ({"overdue": ["2026-03"], "days_overdue": 1}, {"overdue": "2026-03: 1 day"}),
        ({"overdue": ["2026-01", "2026-02", "2026-03"], "days_overdue": 9},
            {"overdue": "2026-01, 2026-02, 2026-03: 9 days"}),
        ({"overdue": ["2026-01", "2026-02", "2026-03", "2026-04"], "days_overdue": 9},
            {"overdue": "4 months from 2026-01 to 2026-04: 9 days"}),
        ({"reason": ASKED}, {"failing since": f"not asked: {SHOWN}"}),
        ({"reason": ASKED, "failing_since": FAILED}, {"failing since": f"2026-08-13 04:00: {SHOWN}"}),
        ({"reason": "x" * 999}, {"failing since": f"not asked: {'x' * 999}"[: fetching.REASON_MAX]}),
    ],
)  # fmt: skip
def test_the_row_of_a_source_says_little_of_many_months_and_no_question(
    given: dict[str, Any], row: dict[str, str]
) -> None:
    found = fetching.SourceState.model_validate({"source": "hmrc_ots", "reporters": [], **given})
    assert found.row == EMPTY | row


def test_a_fact_takes_a_verdict_of_yes_care_or_no_alone() -> None:
    said = {"id": "f1", "partner": "WLD", "month": date(2025, 6, 1), "figure": "mom_pct", "value": 660.0}
    fact = brief.Fact.model_validate({**said, "status": "computed", "verdict": verdict.Verdict("care")})
    assert fact.verdict == ("care", ())
    with pytest.raises(ValidationError, match="verdict"):
        brief.Fact.model_validate({**said, "status": "computed", "verdict": ("perhaps", ())})
