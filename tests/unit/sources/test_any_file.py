"""Files of every source after accidents: cut, damaged, encoded, packed, with rows and columns lost, moved or doubled.

Each is read and published as it was, or with a finding, or its records are set aside, or it is refused with what was
found, where, and what to do. It is never an error of the program, and takes no longer than a person waits.
"""

import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from bad_inputs.case import first, numbers_of

from tasks.checks.frame.registry import check_release
from tasks.domain.errors import Refused
from tasks.sources.registry import SOURCES
from tests.draws import TIMES
from tests.unit.sources import accidents
from tests.unit.sources.reading import read
from tests.unit.sources.samples import SAMPLES, Sample

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

FILES = max(4, round(24 * TIMES))
SECONDS = 10
IN_A_MEMBER = 0.7


class Judged(NamedTuple):
    """The numbers of a file, and what was said of it beyond what is said of the sample."""

    numbers: Mapping[tuple[Any, ...], int]
    findings: frozenset[tuple[str, str]]
    set_aside: int


def judged(sample: Sample, source: str, data: bytes, folder: Path) -> Judged:
    """A file through all gates, as the first of a store. Raises Refused."""
    release = read(data, folder, source, sample.name, **sample.declared)
    (row,) = release.release.to_dicts()
    assert row["records"] == row["records_observed"] + row["records_quarantined"]
    found = check_release(release, first(release, folder / "ledger")).filter(pl.col("severity") != "info")
    return Judged(numbers_of(release), frozenset(found.select("check", "observed").rows()), release.quarantine.height)


def assert_helps(refused: Refused, name: str) -> None:
    """A refusal says where, what and what to do, and that the file is of a shape that somebody thought of."""
    assert name in refused.where
    assert refused.found
    assert refused.advice
    assert refused.rule != "unexpected shape", refused


def test_every_registered_source_has_a_sample_that_is_read_whole(tmp_path: Path) -> None:
    assert SAMPLES.keys() == {*SOURCES}
    for source, sample in SAMPLES.items():
        whole = judged(sample, source, sample.data, tmp_path / source)
        assert len(whole.numbers) > 1, source
        assert not whole.set_aside, source


@pytest.mark.parametrize("kind", ["SAME", "LESS", "ROWS", "OTHER"])
@pytest.mark.parametrize("source", SAMPLES)
def test_no_accident_publishes_another_number_in_silence(source: str, kind: str, tmp_path: Path) -> None:
    sample, changed = SAMPLES[source], 0
    whole = judged(sample, source, sample.data, tmp_path / "whole")
    for number in range(FILES):
        dice = random.Random(f"{source} {kind} {number}" if TIMES <= 1 else None)
        accident = dice.choice(getattr(accidents, kind))
        in_a_member = SOURCES[source].is_archive and dice.random() < IN_A_MEMBER
        data = accidents.in_a_member(dice, sample.data, accident) if in_a_member else accident(dice, sample.data)
        changed += data != sample.data
        start = time.process_time()
        try:
            after = judged(sample, source, data, tmp_path / str(number))
        except Refused as refused:
            assert_helps(refused, sample.name)
            continue
        finally:
            assert time.process_time() - start < SECONDS, (kind, number)
        if kind == "OTHER" or after.set_aside or after.findings - whole.findings:
            continue
        other = {key: value for key, value in after.numbers.items() if whole.numbers.get(key) != value}
        if kind == "ROWS":
            # Of several records of one partner a part may be gone; only a file that counts its records tells.
            assert all(value < whole.numbers.get(key, 0) for key, value in other.items()), (number, other)
        else:
            assert other == {}, number
        if kind == "SAME":
            assert after.numbers.keys() == whole.numbers.keys(), number
    assert changed or kind == "ROWS"
