"""The ledger after a release: which of its releases count, and what becomes of a sum that is too large."""

import pytest

from schemas.table import empty_frame
from tasks.domain.errors import Refused
from tasks.ledger.ledger_after import Ledger, refusing_overflow
from tests.unit.builders import release, release_table
from tests.unit.decisions import decision, decision_table


def test_releases_that_were_withdrawn_do_not_count_and_those_that_were_reinstated_do() -> None:
    releases = release_table(*(release(name, "2025-07-20") for name in ("counts", "withdrawn", "back")))
    decisions = decision_table(
        decision("withdrawn", "withdrawn", "2025-08-01"),
        decision("withdrawn", "back", "2025-08-01"),
        decision("reinstated", "back", "2025-08-02"),
    )
    ledger = Ledger(empty_frame("observation"), releases, decisions)  # type: ignore[arg-type]
    assert {*ledger.counting["release_id"]} == {"counts", "back"}
    assert ledger.doubts.is_empty()
    assert ledger._replace(decisions=decisions.clear()).counting.height == 3  # type: ignore[arg-type]


def test_a_sum_that_does_not_fit_refuses_the_release_and_any_other_error_stays_what_it_is() -> None:
    with pytest.raises(Refused, match=r"2\*\*63 kilograms.*Check the unit column") as refused, refusing_overflow():
        raise OverflowError("the sum is over 2**63 kilograms")
    assert refused.value.rule == "number too large"
    assert isinstance(refused.value.__cause__, OverflowError)
    with pytest.raises(ZeroDivisionError), refusing_overflow():
        raise ZeroDivisionError
