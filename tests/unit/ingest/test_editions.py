"""An error that is found in a published release is put right in an edition of its own, and what was public stays on
record."""

import functools
import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from flows.ingestion import ingest as ingest_release
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest
from schemas.forms.watch import WatchRequest
from schemas.reference.models import Corrections
from tasks.domain.errors import Held, NotHeld, Refused
from tasks.inbox import held as held_releases
from tasks.inbox import inbox
from tasks.ingest import corrections
from tasks.lineage.audit import audit
from tasks.lineage.point import Point
from tasks.lineage.trace import Tracer
from tasks.reading import query
from tests.copied_store import copied
from tests.unit.customs import Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

TODAY, JULY_20 = date(2025, 9, 1), date(2025, 7, 20)
NOW = datetime(2025, 8, 11, tzinfo=UTC)
PRINTED = csv_bytes([magnets("502", "353000", "20,121,000"), magnets("304", "764000", "43,548,120")])


class Customs(Store):
    """A store, the table of corrections, and releases that come in."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.corrections: list[dict[str, str]] = []

    def ingest(self, data: bytes = PRINTED, day: int = 20) -> Outcome:  # type: ignore[override]
        return super().ingest(data, TODAY, products=None, months=None, released_on=date(2025, 7, day))

    def correct(
        self,
        value: str,
        *,
        field: str = "quantity",
        expect: str = "353000",
        day: str = "2025-08-10",
        data: bytes = PRINTED,
    ) -> None:
        """A row in the table of corrections about the first record, instead of any that it had about the field."""
        self.corrections = [row for row in self.corrections if row["field"] != field]
        self.corrections.append(
            {
                "id": f"c{len(self.corrections) + 1}",
                "source": "gacc_query",
                "raw_sha256": hashlib.sha256(data).hexdigest(),
                "record": "1",
                "field": field,
                "expect": expect,
                "value": value,
                "reason": "a slip",
                "provider": "customs",
                "decided_on": day,
                "expires_on": "2030-01-01",
            }
        )

    def revisions(self) -> list[tuple[Any, ...]]:
        found = query.query(self.store, "revision", product="85051110", partner="USA").filter(measure="quantity_kg")
        return found.sort("revised_on").select("old_value", "new_value", "new_release_id").rows()


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A store with the printed file, which no correction is about, and the outcome of its release."""
    made = Customs(tmp_path_factory.mktemp("first"))
    return made.store, made.ingest()


@pytest.fixture
def customs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Customs:
    made = Customs(tmp_path)
    kinds = dict.fromkeys(Corrections.to_schema().columns, pl.String)
    monkeypatch.setattr(
        corrections, "code_table", lambda name: Corrections.validate(pl.DataFrame(made.corrections, schema=kinds))
    )
    return made


@pytest.fixture
def first(customs: Customs, printed: tuple[Path, Outcome]) -> Outcome:
    """What `ingest` makes in a store without any: `customs` begins with a copy of it."""
    copied(printed[0], customs.folder)
    return printed[1]


def test_a_correction_of_what_is_published_is_a_word_from_the_day_of_its_decision(
    customs: Customs, first: Outcome
) -> None:
    customs.correct("253000")
    second = customs.ingest()
    assert (second.status, second.release_id[:-9]) == ("published", f"{first.release_id}.01")
    assert customs.words() == [(353_000, JULY_20, date(2025, 8, 10)), (253_000, date(2025, 8, 10), None)]
    assert customs.words("DEU") == [(764_000, JULY_20, None)]
    assert (customs.kilograms(), customs.kilograms("WLD")) == ([253_000], [1_017_000])
    assert customs.kilograms(as_of=date(2025, 8, 9)) == [353_000]
    assert customs.revisions() == [(353_000, 253_000, second.release_id)]
    assert audit(customs.store, 50).problems == []
    # It is known when it comes again, and so is what was corrected before it ever was published.
    assert customs.ingest().status == "nothing new"
    elsewhere = Customs(customs.folder / "elsewhere")
    assert elsewhere.ingest().release_id[:-9] == f"{first.release_id}.00"
    assert elsewhere.words() == [(253_000, JULY_20, None)]
    assert elsewhere.ingest().status == "nothing new"


def test_a_correction_that_is_decided_tomorrow_is_refused(customs: Customs, first: Outcome) -> None:
    customs.correct("253000", day="2099-01-01")
    with pytest.raises(Refused, match=r"c1: decided on 2099-01-01, after today \(.*\)\. Correct decided_on\."):
        customs.ingest()
    assert customs.words() == [(353_000, JULY_20, None)]


def trace(customs: Customs, partner: str = "USA") -> Any:
    """How the level of June of a partner came about, and the number that it rests on."""
    tracer = Tracer(query.open_published(customs.store), "export", "85051110")
    found = tracer.trace(Point("export", "85051110", partner, "quantity_kg", 2025 * 12 + 5), "level")
    assert found.agrees
    (number,) = found.operands[0].numbers
    return number


def test_a_trace_reads_the_raw_file_with_the_corrections_of_its_edition_and_no_others(
    customs: Customs, first: Outcome
) -> None:
    # The row stands in the table, and the release was not read with it.
    customs.correct("253000")
    assert trace(customs).read == 353_000
    customs.ingest()
    number = trace(customs)
    assert (number.value, number.records, str(number.known_from)) == (253_000, [1], "2025-08-10")
    assert json.loads(number.printed[0])["quantity"] == "353000"
    assert (number.read, number.corrected) == (253_000, ["record 1, quantity: '353000' corrected to '253000' (a slip)"])
    # Of another number of the file nothing was corrected.
    assert (trace(customs, "DEU").read, trace(customs, "DEU").corrected) == (764_000, [])
    # Nobody knows any more what the edition was read with.
    customs.correct("254000")
    assert trace(customs).read is None
    customs.ingest()
    assert trace(customs).read == 254_000


def test_a_corrected_number_that_is_not_what_its_correction_says_is_found(
    customs: Customs, monkeypatch: pytest.MonkeyPatch
) -> None:
    customs.correct("253000")
    with monkeypatch.context() as lied:
        lied.setattr(
            corrections, "corrected", lambda reported, rows, where: reported.with_columns(quantity=pl.lit("999000"))
        )
        customs.ingest()
    assert "253000, the sum of 1 record of the raw file" in " ".join(audit(customs.store, 50).problems)


def test_corrections_of_corrections_and_one_that_is_taken_back_follow_one_another(
    customs: Customs, first: Outcome
) -> None:
    customs.correct("253000")
    customs.ingest()
    customs.correct("254000", day="2025-08-12")
    customs.ingest()
    customs.corrections = []
    last = customs.ingest()
    assert last.release_id.endswith(".03-")
    days = (JULY_20, date(2025, 8, 10), date(2025, 8, 12), TODAY)
    assert [word[:2] for word in customs.words()] == [*zip((353_000, 253_000, 254_000, 353_000), days, strict=True)]
    assert customs.ingest().status == "nothing new"
    assert audit(customs.store, 50).problems == []


@pytest.mark.parametrize(
    ("field", "printed", "right"),
    [("product", "85059010", "85051110"), ("period", "202505", "202506"), ("period", "202506", "202505")],
)
def test_a_number_that_moves_to_another_code_or_month_is_gone_from_the_first(
    field: str, printed: str, right: str, customs: Customs
) -> None:
    """Nothing else of the file is of the code or the month with the error."""
    month = right if field == "period" else "202506"
    other, mine = magnets("304", "7640000", "435,481,200", month), magnets("502", "353000", "20,121,000", month)
    wrong = tuple(printed if text == right else text for text in mine)
    data = csv_bytes([wrong, other])
    customs.ingest(data)
    customs.correct(right, field=field, expect=printed, data=data)
    if field == "product":
        customs.ingest(data)
    else:
        with pytest.raises(Held, match="product_removed") as held:
            customs.ingest(data)
        customs.approve(held.value.release_id, TODAY)
    found = query.query(customs.store, "observation", partner="USA").filter(measure="quantity_kg").sort("known_from")
    places = [
        ("85051110", f"{text[:4]}-{text[4:]}") if field == "period" else (text, "2025-06") for text in (printed, right)
    ]
    days = [(JULY_20, date(2025, 8, 10)), (date(2025, 8, 10), None)]
    told = found.select(
        "product", found["period_end"].dt.strftime("%Y-%m"), "value", "known_from", "known_until"
    ).rows()
    assert told == [(*place, 353_000, *span) for place, span in zip(places, days, strict=True)]


@pytest.mark.parametrize("is_public", [True, False])
def test_an_edition_in_doubt_waits_for_a_person_and_one_that_takes_the_doubt_away_waits_no_more(
    customs: Customs, is_public: bool
) -> None:
    """Four months are usual; a price of a thousandth raises doubts."""
    months = ("202502", "202503", "202504", "202505")
    customs.ingest(csv_bytes([magnets("502", "9353000", "20,121,000", month) for month in months]), 1)
    right, wrong = "9353000", "9353"
    before, after = (right, wrong) if is_public else (wrong, right)
    june = csv_bytes([magnets("502", before, "20,121,000")])
    if is_public:
        customs.ingest(june)
        customs.correct(after, expect=before, data=june)
    with pytest.raises(Held, match="unit_value") as held:
        customs.ingest(june)
    assert customs.kilograms() == [9_353_000] * is_public
    assert held_releases.waiting(customs.store)[0].release_id == held.value.release_id
    if is_public:
        assert customs.approve(held.value.release_id, TODAY).release_id == held.value.release_id
    else:
        customs.correct(after, expect=before, data=june)
        assert customs.ingest(june).status == "published"
        with pytest.raises(NotHeld, match="is published"):
            held_releases.decide(customs.store, held.value.release_id, "reject", "Li Wei", "no", NOW)
    assert customs.kilograms() == [int(after)]
    assert held_releases.waiting(customs.store) == []


REVISED = csv_bytes([magnets("502", "360000", "20,121,000"), magnets("304", "764000", "43,548,120")])


def test_customs_take_a_revision_back_with_the_very_bytes_that_were_public_before(
    customs: Customs, first: Outcome
) -> None:
    customs.ingest(REVISED, 25)
    again = customs.ingest(day=28)
    assert again.release_id == f"{first.release_id}.01-"
    told = [(353_000, JULY_20), (360_000, date(2025, 7, 25)), (353_000, date(2025, 7, 28))]
    assert [word[:2] for word in customs.words()] == told
    assert [customs.kilograms(as_of=date(2025, 7, day)) for day in (24, 27, 28)] == [[353_000], [360_000], [353_000]]
    assert [one[:2] for one in customs.revisions()] == [(353_000, 360_000), (360_000, 353_000)]
    # All three lie about, and come again as often as anybody looks.
    for data, day in ((PRINTED, 20), (REVISED, 25), (PRINTED, 28), (PRINTED, 20)):
        assert customs.ingest(data, day).status == "nothing new"
    # An error that is found in them is one of what they say now.
    customs.correct("253000")
    assert customs.ingest(day=28).release_id.startswith(f"{first.release_id}.02-")
    assert [word[:2] for word in customs.words()] == [*told, (253_000, date(2025, 8, 10))]
    assert audit(customs.store, 50).problems == []


def test_of_two_files_of_one_day_either_may_be_public_again(customs: Customs, first: Outcome) -> None:
    with pytest.raises(Held, match="editions_disagree") as held:
        customs.ingest(REVISED)
    customs.approve(held.value.release_id, TODAY)
    # The later landing took the place of the first one, which was public for a part of the day.
    assert customs.words() == [(353_000, JULY_20, JULY_20), (360_000, JULY_20, None)]
    assert customs.ingest().status == customs.ingest(REVISED).status == "nothing new"
    # Nobody that counts contradicted it since, and it contradicted the other one.
    assert customs.ingest(REVISED, 28).status == "nothing new"
    assert customs.ingest(day=28).release_id == f"{first.release_id}.01-"
    told = [(353_000, JULY_20), (360_000, JULY_20), (353_000, date(2025, 7, 28))]
    assert [word[:2] for word in customs.words()] == told


def test_a_watch_takes_what_was_corrected_and_what_is_public_again_in_its_turn(customs: Customs) -> None:
    folder = customs.folder / "inbox" / "gacc_query" / "export"
    folder.mkdir(parents=True)
    (folder / "defaults.toml").write_text('partners = "all"\n')
    for name, (day, data) in {"a.csv": (28, PRINTED), "b.csv": (20, PRINTED), "c.csv": (25, REVISED)}.items():
        (folder / name).write_bytes(data)
        (folder / f"{name}.toml").write_text(f"released_on = 2025-07-{day}\n")
    request = WatchRequest(inbox=customs.folder / "inbox", store=customs.store)
    look = functools.partial(inbox.inbox_state, request, TODAY, sleep=lambda seconds: None)

    def take() -> list[str]:
        ready = look().ready
        for file in ready:
            assert ingest_release(ReleaseRequest(file=file, store=customs.store), TODAY).status == "published"
        return [file.name for file in ready]

    assert take() == ["b.csv", "c.csv", "a.csv"]
    assert [word[0] for word in customs.words()] == [353_000, 360_000, 353_000]
    assert (look().ready, look().published) == ([], 3)
    customs.correct("361000", expect="360000", data=REVISED)
    assert take() == ["c.csv"]
    assert look().ready == []
