"""The text and the form with which a person is asked."""

from typing import Any

import pytest
from pydantic import ValidationError

from flows.question import Approval, question
from schemas.forms.outcome import HeldRelease
from tests.unit.schemas.test_forms import RELEASE

FINDINGS = [
    {"check": "gaps", "subject": "May", "observed": "none", "expected": "one", "advice": "Look."}, {"check": "sums", "subject": "*all*", "observed": "1", "expected": "2", "advice": "Look."},
]  # fmt: skip


def test_the_question_names_release_findings_and_each_advice_once() -> None:
    text = question(HeldRelease.model_validate(RELEASE | {"findings": FINDINGS}))
    assert text.splitlines()[:3] == ["## june is held", "", "`r1`, gacc_query, export, public from 2025-07-20, held since 2025-07-21."]  # fmt: skip
    assert "sha256 `0000000000000000…`" in text
    assert "- **gaps**, May: none; expected one" in text
    assert text.count("> Look.") == 1
    # What a file says is shown as it is and makes no letters bold.
    assert "*all*" not in text.replace("\\*", "")


@pytest.mark.parametrize("change", [{"by": " "}, {"by": ""}, {"reason": " "}, {"verdict": "perhaps"}])
def test_the_form_needs_a_name_and_a_reason(change: dict[str, Any]) -> None:
    answer = {"verdict": "approve", "by": "Li Wei", "reason": "so it is"}
    assert Approval.model_validate(answer).by == "Li Wei"
    with pytest.raises(ValidationError):
        Approval.model_validate(answer | change)
