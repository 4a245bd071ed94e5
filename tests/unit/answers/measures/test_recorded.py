"""What is said of a product that no recorded code touches, and of measures for some buyers alone."""

from datetime import date

import pytest

from schemas.reference.code_tables import code_table
from tasks.answers.measures import recorded
from tasks.domain.export_controls.measure_states import with_states
from tasks.domain.export_controls.measures import events_of_several


def test_what_a_text_names_beyond_its_recorded_codes_is_said_in_place_of_not_touched() -> None:
    said = recorded.not_touched("72091500")
    assert said.startswith("no recorded code of a measure is of 72091500, and 7 measures that may touch it name more")
    assert "mofcom-gacc-2025-79: all 300 codes" in said
    assert "mofcom-gacc-2025-79" not in recorded.not_touched("61091000")
    assert recorded.touched_too("88061000") == (
        "88061000 may be among what other texts name without a recorded code: mofcom-gacc-2024-31: the codes of"
        " inertial units, radios, systems against drones and drones"
    )
    assert recorded.touched_too("25041010") == ""
    assert recorded.not_touched("61091000", "DEU") == (
        "no measure touches 61091000; tidewaiter events lists all measures"
    )


@pytest.mark.parametrize(
    ("event", "words"),
    [("mofcom-gacc-2025-10", "27 recorded, all"), ("mofcom-2024-51", "0 recorded, not all"), ("talks-2025-05-12", "")],
)
def test_a_measure_says_how_many_of_its_codes_are_recorded(event: str, words: str) -> None:
    assert recorded.codes_words(code_table("control_events").filter(event=event).row(0, named=True)) == words


def test_measures_for_some_buyers_are_one_sentence_with_their_states() -> None:
    said = recorded.for_some(with_states(events_of_several(["28259012"]), date(2026, 7, 1)))
    assert said.startswith("for some buyers alone: mofcom-2025-1 (28 United States entities, in force); ")
    assert "mofcom-2025-22 (12 United States entities, ended)" in said
    assert recorded.for_some(with_states(events_of_several(["61091000"]), date(2026, 7, 1))) == ""
