"""What a person approved once is not asked again while nothing new speaks for it; what is asked again says why."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.soybeans import in_yuan, records, times

from flows.withdraw import publish_decision
from schemas.forms.outcome import Outcome
from schemas.forms.request import WithdrawalRequest
from tasks.checks.frame.approval import doubt_of
from tasks.checks.frame.registry import checks
from tasks.domain.doubt.findings import finding
from tasks.inbox import held as held_releases
from tasks.reading import query
from tests.copied_store import copied
from tests.unit.held_releases import TODAY, Ingest, approve, held_from, ingest_into

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

MAGNITUDE = "import 12019019 2024-04 value_cny"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "reporter=CHN"


def year_to(month: int, digit: int = 10, of: int = 4) -> bytes:
    """Soybeans from January to a month, with a digit too many in one month."""
    return in_yuan(records(months=range(1, month + 1), change=times(digit, digit, months=[of])))


def _soybeans(store: Path) -> Ingest:
    ingest = ingest_into(store)

    def of_day(data: bytes, day: int, partners: str = "all") -> Outcome:
        return ingest(
            data, name=f"soybeans-{day}.csv", flow="import", partners=partners, released_on=date(2025, 2, day)
        )

    return of_day


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store in which a person approved the month with the digit."""
    folder = tmp_path_factory.mktemp("answered") / "reporter=CHN"
    ingest = _soybeans(folder)
    asked = held_from(ingest, year_to(8), 1)
    approve(folder, asked.release_id)
    assert ingest(year_to(8), 1).status == "published"
    return folder, asked.release_id


@pytest.fixture
def approved(answered: tuple[Path, str], store: Path) -> str:
    copied(answered[0], store.parent)
    return answered[1]


def test_the_next_issue_of_the_same_month_is_not_asked_about(store: Path, approved: str) -> None:
    for month, day in ((9, 2), (10, 3)):
        outcome = _soybeans(store)(year_to(month), day)
        assert outcome.status == "published"
        (said,) = query.query(store, "finding").filter(release_id=outcome.release_id, check="approved")["observed"]
        assert said == f"approved by Li Wei: compared with the site (asked about {approved})"
    assert held_releases.waiting(store) == []


@pytest.mark.parametrize(
    ("data", "partners", "withdrawn"),
    [
        (year_to(9, digit=11), "all", False),
        (year_to(9, of=6), "all", False),
        (year_to(9), "listed", False),
        (year_to(9), "all", True),
    ],
    ids=["another number", "another month", "another query", "what was withdrawn is no answer"],
)
def test_anything_new_is_asked_about(store: Path, approved: str, data: bytes, partners: str, withdrawn: bool) -> None:
    if withdrawn:
        told = WithdrawalRequest(release_id=approved, store=store, by="Li Wei", reason="a digit after all")
        publish_decision(told, TODAY)
    lines = held_from(_soybeans(store), data, 2, partners).lines
    assert any("magnitude" in line and (MAGNITUDE in line or not withdrawn) for line in lines)


MISSING = finding(
    "partners_missing", "error", observed="no row for USA, 42.7% of the twelve months before", expected="", advice="",
    flow="import", partners=["USA"], months=(24300, 24300), of_trade=True, values=(0.427, None, "share"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"observed": "no row for USA, 42.7% of thirteen"}, True),
        ({"expected": "another"}, True),
        ({"observed_value": 0.5}, False),
        ({"partners": ["USA", "CAN"]}, False),
        ({"first_month": date(2024, 1, 1)}, False),
        ({"listed": ["a"]}, False),
        ({"flow": "export"}, False),
        # Of a file the words are all that tells one doubt from another.
        ({"of_trade": False, "observed": "other words"}, False),
    ],
)
def test_a_doubt_is_what_was_observed_of_the_trade(change: dict[str, Any], is_same: bool) -> None:
    assert (doubt_of(MISSING | change) == doubt_of(MISSING)) is is_same


def test_doubts_about_a_file_are_new_with_each_file() -> None:
    of_trade = {one.name.partition(".")[2] for one in checks() if one.of_trade}
    assert {"partners_missing", "few_partners", "value_magnitude"} <= of_trade
    assert not {"row_cap", "pasted_records", "another_month", "numbers_of_other_flow", "quarantined"} & of_trade
