"""What a person approved once is not asked again while nothing new speaks for it; what is asked again says why."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from bad_inputs.soybeans import in_yuan, records

from flows.release import ingest as ingest_release
from flows.withdraw import publish_decision
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest, WithdrawalRequest
from tasks.checks.remembered import ABOUT_TRADE, Doubt, doubt_of
from tasks.domain.errors import Held
from tasks.ingest import held as held_releases
from tasks.reports import query
from tests.unit.checks.test_magnitudes import _times

TODAY, NOW = date(2025, 3, 1), datetime(2025, 2, 2, 9, tzinfo=UTC)
MAGNITUDE = "import 12019019 2024-04 value_cny"
Ingest = Callable[..., Outcome]


def year_to(month: int, times: int = 10, of: int = 4) -> bytes:
    """Soybeans from January to a month, with a digit too many in one month."""
    return in_yuan(records(months=range(1, month + 1), change=_times(times, times, months=[of])))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "reporter=CHN"


@pytest.fixture
def ingest(store: Path) -> Ingest:
    def ingest(data: bytes, day: int, partners: str = "all") -> Outcome:
        file = store.parent / f"soybeans-{day}.csv"
        file.write_bytes(data)
        request = ReleaseRequest(
            file=file,
            store=store,
            source="gacc_query",
            flow="import",
            partners=partners,
            released_on=date(2025, 2, day),
        )  # type: ignore[arg-type]
        return ingest_release(request, TODAY)

    return ingest


@pytest.fixture
def approved(ingest: Ingest, store: Path) -> str:
    """A release of which a person approved the month with the digit."""
    with pytest.raises(Held) as held:
        ingest(year_to(8), 1)
    held_releases.decide(store, held.value.release_id, "approve", "Li Wei", "printed so", NOW)
    assert ingest(year_to(8), 1).status == "published"
    return held.value.release_id


def test_the_next_issue_of_the_same_month_is_not_asked_about(ingest: Ingest, store: Path, approved: str) -> None:
    for month, day in ((9, 2), (10, 3)):
        outcome = ingest(year_to(month), day)
        assert outcome.status == "published"
        (said,) = query.query(store, "finding").filter(release_id=outcome.release_id, check="approved")["observed"]
        assert said == f"approved by Li Wei: printed so (asked about {approved})"
    assert held_releases.waiting(store) == []


@pytest.mark.parametrize(
    ("data", "partners"),
    [(year_to(9, times=11), "all"), (year_to(9, of=6), "all"), (year_to(9), "listed")],
    ids=["another number", "another month", "another query"],
)
def test_anything_new_is_asked_about(ingest: Ingest, approved: str, data: bytes, partners: str) -> None:
    with pytest.raises(Held, match="magnitude"):
        ingest(data, 2, partners)


def test_what_was_withdrawn_is_no_answer(ingest: Ingest, store: Path, approved: str) -> None:
    publish_decision(
        WithdrawalRequest(release_id=approved, store=store, by="Li Wei", reason="a digit after all"), TODAY
    )
    with pytest.raises(Held, match=re.escape(MAGNITUDE)):
        ingest(year_to(9), 2)


def test_an_approval_that_has_to_be_repeated_says_why(ingest: Ingest, store: Path) -> None:
    """Another release came between the question and the answer."""
    with pytest.raises(Held) as held:
        ingest(year_to(8), 1)
    held_releases.decide(store, held.value.release_id, "approve", "Li Wei", "printed so", NOW)
    place = store / "held" / f"{held.value.release_id}.json"
    kept = held_releases.find(store, held.value.release_id)
    assert kept is not None
    place.chmod(0o644)
    place.write_text(kept.model_copy(update={"findings": kept.findings[1:]}).model_dump_json())
    with pytest.raises(Held) as again:
        ingest(year_to(8), 1)
    new = kept.findings[0]
    why = f"approved by Li Wei on 2025-02-02, before this was found: {new.check} ({new.subject}). Decide again, about all of it."
    assert again.value.lines == [*held.value.lines, why]
    assert held_releases.waiting(store)[0].lines == again.value.lines


@pytest.mark.parametrize(
    ("check", "observed", "same"),
    [
        ("magnitude", "82,899; the least of 3 other months is 5 times as much", "82,899"),
        ("partners_missing", "no row for USA, CAN, 42.7% of the twelve months before", "no row for USA, CAN"),
        ("one_province", "all 1,812 records have province 33", " have province 33"),
        ("total_differs", "- prints 5, its 2 parts in a.json add up to 4", "- prints 5, its 2 parts add up to 4"),
        ("unit_value", "102.6 USD/kg (4 such numbers of partners)", "102.6 USD/kg"),
        ("unknown_partners", "6.12% of value_usd", " value_usd"),
        ("row_cap", "10,000 records", "10,000 records"),
    ],
)
def test_a_doubt_is_what_was_observed_of_the_trade(check: str, observed: str, same: str) -> None:
    assert doubt_of(check, "a.csv 2025-01", observed, "a.csv") == Doubt(check, " 2025-01", same)


def test_doubts_about_a_file_are_new_with_each_file() -> None:
    assert (
        not {"row_cap", "no_last_page", "pasted_records", "another_month", "numbers_of_other_flow", "quarantined"}
        & ABOUT_TRADE.keys()
    )
