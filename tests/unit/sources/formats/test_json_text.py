"""What an answer in JSON says besides its rows, and how its numbers are written, of every source that answers so."""

import json
import re
from typing import Any

import pytest

from tasks.domain.errors import Refused
from tasks.sources.formats.json_text import refuse_cut
from tests.unit.sources.reading import rule_of
from tests.unit.sources.samples import SAMPLES

RECORDS = {"hmrc_ots": "value", "hongkong_csd": "dataSet", "un_comtrade": "data"}
NUMBERS = {"hmrc_ots": ("Value", "NetMass"), "hongkong_csd": ("figure",), "un_comtrade": ("primaryValue", "netWgt")}
FOLLOWS: list[dict[str, Any]] = [
    {"@odata.nextLink": "x"},
    {"nextPageUrl": "x"},
    {"next_cursor": "x"},
    {"resumptionToken": "x"},
    {"hasMoreRows": "yes"},
    {"more": 1},
    {"truncated": True},
    {"isPartial": "true"},
    {"exceededTransferLimit": True},
    {"complete": False},
    {"last": "false"},
    {"isLastPage": "no"},
    {"count": "999"},
    {"@odata.count": 9.99e2},
    {"recordsTotal": 999},
    {"numFound": "1,000"},
    {"hits": 999},
    {"result": {"rows_available": 999}},
    {"totalPages": 3, "page": 1},
    {"page": {"number": 0, "totalPages": 3}},
    {"links": [{"rel": "next", "href": "x"}]},
    {"warning": "Result truncated to 500 rows"},
    {"message": "The number of records exceeds the limit."},
]
WHOLE: list[dict[str, Any]] = [
    {"nextPageUrl": None},
    {"hasMore": "no"},
    {"complete": True},
    {"last": "true"},
    {"totalPages": 1, "page": 1},
    {"hits": 1},
    {"message": "ok"},
    {"lastUpdate": "2026-08-14"},
    {"next release": "2026-09-14"},
    {"markers": 5},
    {"status": "final"},
]


def _answer(source: str, marks: dict[str, Any]) -> bytes:
    document = json.loads(SAMPLES[source].data)
    document.pop("count", None)
    return json.dumps({**document, **marks}).encode()


@pytest.mark.parametrize("source", RECORDS)
@pytest.mark.parametrize("marks", FOLLOWS, ids=str)
def test_an_answer_that_says_that_it_is_not_whole_is_cut_off(source: str, marks: dict[str, Any]) -> None:
    assert rule_of(source, _answer(source, marks)) == "cut off"


@pytest.mark.parametrize("marks", WHOLE, ids=str)
def test_an_answer_that_says_that_it_is_whole_is_read(marks: dict[str, Any]) -> None:
    refuse_cut([marks], 1, "file")
    with pytest.raises(Refused):
        refuse_cut([marks, {"count": 2}], 1, "file")


@pytest.mark.parametrize(("source", "name"), [(source, name) for source, names in NUMBERS.items() for name in names])
@pytest.mark.parametrize(
    "written",
    ['"1e5"', '"1000 "', '" 1000"', '"１０"', '"١٢"', '"1_000"', '"1,000"', '"NaN"', "NaN", "true", '"+5"', "[]",
     '"012"', '"0x10"', '"5*"', '"−5"', '"(5)"', '"5\\u200b"', '"12 kg"', ".5", "1."],
)  # fmt: skip
def test_a_number_that_is_written_in_another_way_is_no_number(source: str, name: str, written: str) -> None:
    form = rb'"%s": ("[^"]*"|[-\d.]+)' % name.encode()
    data, replaced = re.subn(
        form, lambda found: b'"%s": %s' % (name.encode(), written.encode()), SAMPLES[source].data, count=1
    )
    assert replaced == 1
    assert rule_of(source, data) in ("no number", "unclear JSON", "no whole JSON", "columns")


@pytest.mark.parametrize("source", [*RECORDS, "us_census"])
@pytest.mark.parametrize("value", [{"a": 1}, [], [{}]], ids=str)
def test_a_record_or_a_list_where_a_text_stands_is_refused_in_every_field(source: str, value: Any) -> None:
    document = json.loads(SAMPLES[source].data)
    row = document[1] if source == "us_census" else document[RECORDS[source]][0]
    places = [*range(len(row))] if isinstance(row, list) else [*row]
    assert len(places) > 7
    for place in places:
        before, row[place] = row[place], value
        is_record = place in ("Commodity", "Country", "Port") and isinstance(value, dict)
        rules = ("columns", "no codes", "column twice") if not is_record else ("no codes",)
        assert rule_of(source, json.dumps(document).encode()) in rules, place
        row[place] = before


@pytest.mark.parametrize("digits", ["123456789012345678901234567890", "1e25"])
def test_a_number_of_more_digits_than_any_trade_has_is_no_number(digits: str) -> None:
    data = SAMPLES["un_comtrade"].data.replace(b'"netWgt": 60.0', b'"netWgt": ' + digits.encode())
    assert digits.encode() in data
    assert rule_of("un_comtrade", data) == "no number"
