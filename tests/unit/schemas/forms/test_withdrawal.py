"""What a person says to withdraw a release: what the form takes, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.forms.address import S3Url
from schemas.forms.withdrawal import FIRST, WithdrawalRequest

SAID = {"release_id": "r1", "by": "Li Wei", "reason": "wrong file"}


def test_it_withdraws_in_the_usual_store_unless_something_else_is_said() -> None:
    request = WithdrawalRequest.model_validate(SAID)
    assert (request.undo, request.store) == (False, Path("store"))
    back = WithdrawalRequest.model_validate(SAID | {"undo": True, "store": "s3://customs/a/"})
    assert (back.undo, back.store) == (True, "s3://customs/a")
    assert isinstance(WithdrawalRequest.model_validate_json(back.model_dump_json()).store, S3Url)


def test_the_form_begins_with_what_a_person_decides() -> None:
    schema = WithdrawalRequest.model_json_schema()
    assert [*FIRST, "store"] == ["release_id", "by", "reason", "undo", "store"]
    assert list(schema["properties"]) == ["release_id", "by", "reason", "undo", "store"]
    assert [field["position"] for field in schema["properties"].values()] == [0, 1, 2, 3, 4]
    assert schema["required"] == ["release_id", "by", "reason"]


@pytest.mark.parametrize("missing", SAID)
def test_release_name_and_reason_are_needed(missing: str) -> None:
    with pytest.raises(ValidationError, match=rf"1 validation error for WithdrawalRequest\n{missing}\n"):
        WithdrawalRequest.model_validate({name: value for name, value in SAID.items() if name != missing})


@pytest.mark.parametrize("change", [{"today": "2026-01-20"}, {"undo": "perhaps"}, {"reason": None}])
def test_what_the_form_has_no_place_for_is_refused(change: dict[str, Any]) -> None:
    (name,) = change
    with pytest.raises(ValidationError, match=rf"1 validation error for WithdrawalRequest\n{name}\n"):
        WithdrawalRequest.model_validate(SAID | change)


def test_a_request_is_not_changed_after_it_was_made() -> None:
    request = WithdrawalRequest.model_validate(SAID)
    with pytest.raises(ValidationError, match="frozen"):
        request.undo = True
