"""A release page as records; the tables are chosen by the given titles."""

import re
from datetime import date

import pytest
from release_pages import GOODS, countries, country_rows, goods

from tasks.domain.errors import Refused
from tasks.sources.gacc_release import ALL_GOODS, parse

TOPICS = {"exports": re.compile("major exports", re.IGNORECASE), "countries": re.compile("by country", re.IGNORECASE)}


def test_each_printed_number_of_a_line_is_a_record_of_its_months() -> None:
    found = parse(goods(), "f.html", TOPICS)
    rare = found.reported.filter(product="line:rare_earths").select("flow", "period", "quantity", "quantity_unit", "value", "currency")  # fmt: skip
    assert rare.rows() == [
        ("export", "2025-05", "5,864.6", "Ton", "1.3", "CNY 100 million"), ("export", "2025-01..2025-05", "24,827.0", "Ton", "12.1", "CNY 100 million"),
        ("export", "2024-01..2024-05", "24,266.5", "Ton", "15.1", "CNY 100 million"),
    ]  # fmt: skip
    assert (found.printed_on, found.encoding) == (date(2025, 6, 10), "utf-8")
    assert found.reported.height == 3 * len(GOODS)


def test_each_partner_has_exports_and_imports_of_all_goods_and_groups_have_none() -> None:
    found = parse(countries(country_rows()), "f.html", TOPICS).reported
    assert found["product"].unique().to_list() == [ALL_GOODS]
    india = found.filter(partner="India").select("flow", "period", "value").rows()
    # The 21st of 21 names: 10 x 1, of which exports are two parts and imports one; the year to date is three times it.
    assert india == [
        ("export", "2026-03", "20.0"), ("export", "2026-01..2026-03", "60.0"), ("import", "2026-03", "10.0"), ("import", "2026-01..2026-03", "30.0"),
    ]  # fmt: skip
    assert found.filter(partner="ASEAN").is_empty()
    assert found.filter(partner="Total").height == 4


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (goods(title="(7) China's Trade Index, May 2025 (in CNY)"), "table not read"), (goods(GOODS[:9]), "too few lines"), (goods(unit_title="Quantity"), "header"),
        (goods(shown="Another title"), "two titles"), (b"<!DOCTYPE html><html>no table</html>", "no table"), (countries(country_rows()[:19]), "too few partners"),
        (countries([country_rows()[0][:1] + country_rows()[-1][1:], *country_rows()[1:]]), "total too small"),
    ],
)  # fmt: skip
def test_a_page_that_is_not_whole_or_of_something_else_is_refused(raw: bytes, rule: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse(raw, "f.html", TOPICS)
    assert refusal.value.rule == rule
