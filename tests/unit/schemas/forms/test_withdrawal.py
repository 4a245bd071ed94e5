"""What a person says to withdraw a release: what the form takes, and what it refuses."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.forms.withdrawal import WithdrawalRequest

SAID = {"release_id": "r1", "by": "Li Wei", "reason": "wrong file"}


@pytest.mark.parametrize("missing", SAID)
def test_release_name_and_reason_are_needed(missing: str) -> None:
    with pytest.raises(ValidationError, match=rf"1 validation error for WithdrawalRequest\n{missing}\n"):
        WithdrawalRequest.model_validate({name: value for name, value in SAID.items() if name != missing})


@pytest.mark.parametrize("change", [{"today": "2026-01-20"}, {"undo": "perhaps"}, {"reason": None}])
def test_what_the_form_has_no_place_for_is_refused(change: dict[str, Any]) -> None:
    (name,) = change
    with pytest.raises(ValidationError, match=rf"1 validation error for WithdrawalRequest\n{name}\n"):
        WithdrawalRequest.model_validate(SAID | change)
