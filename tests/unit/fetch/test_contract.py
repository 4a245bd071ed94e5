"""The contract that `make test-live` holds the real sites to fails where an answer has changed, and says what is
missing."""

import json
from collections.abc import Callable

import pytest
from comext_bulk import Row, text
from release_pages import goods

from tasks.domain.errors import Refused
from tests.live.contract import ASKED, LABELS, PAGES, assert_contract
from tests.unit.sources.census import us_census_answers as census
from tests.unit.sources.eurostat import comext_answers as comext
from tests.unit.sources.hmrc import ots_answers as hmrc
from tests.unit.sources.offices import estat_files as japan

JAPAN = japan.file(japan.line([(0, 5, 700), (0, 6, 800), (0, 7, 900)]))
CENSUS_EXPORT = census.answer([["5700", "7", "1", "KG", "1", "8505110070", "2026", "05", "HS10"]], census.EXPORTS)
WHOLE = {
    "eurostat_comext": comext.answer(),
    "eurostat_bulk": text([Row(), Row("US")]),
    "hmrc_ots": hmrc.page(hmrc.row()),
    "japan_estat": JAPAN,
    "us_census": census.answer(),
    "gacc_preliminary": goods(),
}


def without(table: bytes, name: str) -> bytes:
    """An answer of the Census Bureau without one of its columns."""
    rows = json.loads(table)
    at = rows[0].index(name)
    return json.dumps([row[:at] + row[at + 1 :] for row in rows]).encode()


@pytest.mark.parametrize("source", WHOLE)
def test_an_answer_as_it_is_keeps_the_contract(source: str) -> None:
    assert assert_contract(source, WHOLE[source], "answer").reported.height > 0
    if source == "us_census":
        assert assert_contract(source, CENSUS_EXPORT, "answer").reported.height == 1


@pytest.mark.parametrize(
    ("source", "change", "said"),
    [
        ("eurostat_comext", lambda raw: raw.replace(b"VALUE_IN_EUROS", b"VALUE_EUR"), "VALUE_EUR"),
        ("eurostat_comext", lambda raw: raw.replace(b"QUANTITY_IN_100KG", b"VALUE_IN_EUROS"), "total_differs"),
        ("hmrc_ots", lambda raw: raw.replace(b'"NetMass"', b'"Mass"'), "no NetMass"),
        ("hmrc_ots", lambda raw: raw.replace(b"100.0", b"null"), "no import has a quantity"),
        ("hmrc_ots", lambda raw: raw.replace(b"1000.0", b"null"), "imports have values in nothing"),
        ("japan_estat", lambda raw: raw.replace(b"NO", b"  "), "no export has a quantity"),
        ("us_census", lambda raw: without(raw, "GEN_CIF_MO"), "imports have values in {'USD'}"),
        ("us_census", lambda raw: without(raw, "UNIT_QY1"), "quantity"),
        ("us_census", lambda raw: without(raw, "GEN_VAL_MO"), "imports have values in {'USD CIF'}"),
        ("gacc_preliminary", lambda raw: raw.replace(b"Quantity Unit", b"Remark"), "."),
        ("gacc_preliminary", lambda raw: raw.replace(b"Commodity", b"Wares"), "no table"),
    ],
)  # fmt: skip
def test_a_changed_answer_breaks_it_by_name(source: str, change: Callable[[bytes], bytes], said: str) -> None:
    assert change(WHOLE[source]) != WHOLE[source]
    with pytest.raises((AssertionError, Refused), match=said):
        assert_contract(source, change(WHOLE[source]), "answer")


def test_every_source_that_is_fetched_has_its_contract() -> None:
    assert {*LABELS, *PAGES} == {*ASKED, "eurostat_bulk"} >= {*WHOLE}
