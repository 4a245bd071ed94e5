"""The questions to Eurostat: one for each reporter and direction."""

from datetime import date

import pytest

from schemas.forms.fetch import FetchRequest
from tasks.domain.errors import Refused
from tasks.fetch.judge import AskedSite
from tasks.sources.eurostat_comext import questions, reporters

TODAY = date(2026, 8, 14)


def asked(**given: object) -> list:
    return list(questions(FetchRequest(source="eurostat_comext", **given), TODAY, AskedSite(None, has_key=False)))  # type: ignore[arg-type]


def test_the_union_comes_first_and_then_its_27_members_by_name() -> None:
    found = reporters()
    keys = [*found]
    assert (keys[0], found["EU27"], len(keys)) == ("EU27", "EU27_2020", 28)
    assert keys[1:] == sorted(keys[1:])
    assert (found["DEU"], found["GRC"]) == ("DE", "GR")
    assert "GBR" not in found


def test_the_key_has_reporter_products_flow_and_both_indicators() -> None:
    (one,) = asked(reporters=["DEU"], products=["850511", "280530"], flows=["import"], months="2025-06..2025-08")
    path, _, query = one.address.partition("?")
    assert path.endswith("/data/DS-045409/M.DE..280530+850511.1.VALUE_IN_EUROS+QUANTITY_IN_100KG")
    assert query == "format=SDMX-CSV&compressed=false&startPeriod=2025-06&endPeriod=2025-08"
    assert one.name == "comext_DEU_import_280530-850511_from_2025-06"
    assert one.declared == {"reporter": "DEU", "flow": "import", "partners": "all", "products": ["280530", "850511"]}
    assert one.first_month == "2025-06"


def test_everybody_is_asked_in_both_directions_where_none_is_named() -> None:
    found = asked(products=["850511"], months="2025-06")
    assert len(found) == 56
    assert [one.name for one in found[:2]] == ["comext_EU27_export_850511_from_2025-06", "comext_EU27_import_850511_from_2025-06"]  # fmt: skip
    assert len({one.name for one in found}) == len({one.address for one in found}) == 56


def test_a_reporter_that_eurostat_does_not_have_is_refused() -> None:
    with pytest.raises(Refused, match=r"reporters: GBR, USA\. It is one of EU27, AUT, "):
        asked(reporters=["DEU", "GBR", "USA"], products=["850511"])
