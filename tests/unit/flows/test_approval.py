"""The flow that asks a person about a release: what it does before it asks, and the text and the form of the
question."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from flows import approval
from flows.approval import decide
from flows.question import Approval, question
from schemas.forms.outcome import Hold
from tasks.domain.errors import NotHeld
from tests.unit.builders import held_release

FINDINGS = [
    {"check": "gaps", "subject": "May", "observed": "none", "expected": "one", "advice": "Look."},
    {"check": "sums", "subject": "*all*", "observed": "1", "expected": "2", "advice": "Look."},
]


def test_a_release_that_is_not_held_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotHeld, match="no release 'nobody' is held here"):
        decide.fn("nobody", tmp_path)


def test_a_person_is_asked_with_the_findings_of_the_release_and_the_patience_in_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []

    def decided(hold: Hold, publish: object, seconds: int) -> Hold:
        asked.append((hold.store, hold.release_id, hold.lines, seconds))
        return hold

    monkeypatch.setattr(approval.held_releases, "find", lambda *_: held_release(release_id="r1"))
    monkeypatch.setattr(approval, "decided", decided)
    assert decide.fn("r1", tmp_path, 0.5).status == "held"
    assert asked == [(tmp_path, "r1", ["row_cap (the file): 10,000 rows; expected fewer. Ask again."], 1800)]


def test_the_question_names_release_findings_and_each_advice_once() -> None:
    text = question(held_release(release_id="r1", held_since="2025-07-21", findings=FINDINGS))
    assert text.splitlines()[:3] == [
        "## June is held",
        "",
        "`r1`, gacc_query, export, public from 2025-07-20, held since 2025-07-21.",
    ]
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
