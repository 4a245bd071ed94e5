"""A release page as records; the tables are chosen by their titles."""

from datetime import date

import pytest
from release_pages import GOODS, TITLE, countries, country_rows, goods

from tasks.domain.errors import Refused
from tasks.sources.gacc_records import ALL_GOODS
from tasks.sources.gacc_release import TOPICS, parse, public_on, topic_of

PRELIMINARY, BULLETIN = TOPICS


def test_each_printed_number_of_a_line_is_a_record_of_its_months() -> None:
    found = parse(goods(), "f.html", PRELIMINARY)
    rare = found.reported.filter(product="line:rare_earths").select("flow", "period", "quantity", "quantity_unit", "value", "currency")  # fmt: skip
    assert rare.rows() == [
        ("export", "2025-05", "5,864.6", "Ton", "1.3", "CNY 100 million"), ("export", "2025-01..2025-05", "24,827.0", "Ton", "12.1", "CNY 100 million"),
        ("export", "2024-01..2024-05", "24,266.5", "Ton", "15.1", "CNY 100 million"),
    ]  # fmt: skip
    assert (found.printed_on, found.encoding) == (date(2025, 6, 10), "utf-8")
    assert found.reported.height == 3 * len(GOODS)


def test_each_partner_has_exports_and_imports_of_all_goods_and_groups_have_none() -> None:
    found = parse(countries(country_rows()), "f.html", PRELIMINARY).reported
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
        (goods(title="(7) China's Trade Index, May 2025 (in CNY)"), "table not read"), (goods(GOODS[:9]), "too few lines"),
        (goods(shown="Another title"), "two titles"), (b"<!DOCTYPE html><html>no table</html>", "no table"), (countries(country_rows()[:19]), "too few partners"),
        (countries([country_rows()[0][:1] + country_rows()[-1][1:], *country_rows()[1:]]), "total too small"),
    ],
)  # fmt: skip
def test_a_page_that_is_not_whole_or_of_something_else_is_refused(raw: bytes, rule: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse(raw, "f.html", PRELIMINARY)
    assert refusal.value.rule == rule


@pytest.mark.parametrize(
    ("title", "source", "topic"),
    [
        ("(5) China's Major Exports by Quantity and Value, May 2025 (in CNY)", PRELIMINARY, "exports"), ("(6) China's Major Imports by Quantity and Value", PRELIMINARY, "imports"),
        ("(4) China's Total Export & Import Values by Country/Region", PRELIMINARY, "countries"), ("(2) China's Total Export & Import Values by Trade Mode", "", ""),
        ("（13）Major Export Commodities in Quantity and Value,1-7.2026", BULLETIN, "exports"), ("(14) Main import commodities", BULLETIN, "imports"),
        ("（2）Imports and Exports by Country （Region） of Origin/Destination,1.2026", BULLETIN, "countries"), ("(15) Imports by Country (Region) and HS Section", "", ""),
        ("（17）Export of Selected Commodities by Major Customs Regimes,6.2026", "", ""), ("Title", "", ""),
    ],
)  # fmt: skip
def test_a_title_is_of_one_table_of_one_source_or_of_none(title: str, source: str, topic: str) -> None:
    assert [(name, found) for name in TOPICS if (found := topic_of(title, name))] == (
        [(source, topic)] if source else []
    )


@pytest.mark.parametrize(
    "shown", ["（5）China's Major Exports by Quantity and Value, May. 2025（in CNY）", "(5) China's Major Exports by Quantity and Value,5.2025", TITLE.lower(), "  "],
)  # fmt: skip
def test_titles_of_page_and_table_may_be_written_otherwise_and_there_may_be_other_tables(shown: str) -> None:
    page = goods(shown=shown)
    expected = parse(goods(), "f.html", PRELIMINARY).reported
    assert parse(page, "f.html", PRELIMINARY).reported.equals(expected)
    frame = "<table>" + "<tr><td>Home</td><td>1</td></tr>" * 9 + "</table>"
    assert parse(page.replace(b"<table>", f"{frame}<table>".encode(), 1), "f.html", PRELIMINARY).reported.equals(
        expected
    )


def test_a_refused_table_says_where_it_belongs() -> None:
    for title, advice in (
        (
            "(13) Major Export Commodities in Quantity and Value,1-5.2025",
            "It is a table of gacc_bulletin: declare it so.",
        ),
        (
            "（17）Export of Selected Commodities by Major Customs Regimes,6.2026",
            "no column has the total",
        ),
        ("Title", "an index links to pages"),
    ):
        with pytest.raises(Refused) as refusal:
            parse(goods(title=title), "f.html", PRELIMINARY)
        assert advice in refusal.value.advice


def test_a_table_without_units_has_values_and_no_quantity() -> None:
    found = parse(
        goods([[row[0], *row[2:]] for row in GOODS]).replace(b'<td rowspan="2">Quantity Unit</td>', b""),
        "f.html",
        PRELIMINARY,
    )
    assert found.reported["quantity"].null_count() == found.reported.height == 3 * len(GOODS)
    assert "no_units" in {doubt["check"] for doubt in found.doubts}


def _bulletin(*rows: tuple[str, str, str, str]) -> bytes:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    title = "（2）Imports and Exports by Country （Region） of Origin/Destination,6.2026"
    return f"""<html><div class="atcl-ttl">{title}</div><div class="atcl-date">2026/07/22</div><table><tr><td colspan="4">{title}</td></tr>
<tr><td></td><td colspan="3">Unit:US$1,000</td></tr><tr><td rowspan="2">Country （Region）</td><td>Total</td><td>Exports</td><td>Imports</td></tr>
<tr><td>6</td><td>6</td><td>6</td></tr>{cells}</table></html>""".encode()


@pytest.mark.parametrize(
    ("asia", "checks"),
    [
        (("30", "20", "10"), ["groups_left_out"]), (("29", "20", "10"), ["groups_left_out"]), (("20", "10", "10"), ["continents_differ", "groups_left_out"]),
        (("30", "10", "20"), ["continents_differ", "groups_left_out"]), (("40", "20", "10"), ["balance_differs", "continents_differ", "groups_left_out"]),
    ],
)  # fmt: skip
def test_continents_are_left_out_and_have_to_add_up_to_the_world(asia: tuple[str, str, str], checks: list[str]) -> None:
    page = _bulletin(
        ("TOTAL", "100", "60", "40"),
        ("Asia:", *asia),
        ("India", "5", "3", "2"),
        ("Africa:", "70", "40", "30"),
        ("Kenya", "2", "1", "1"),
    )
    found = parse(page, "f.html", BULLETIN)
    assert sorted({doubt["check"] for doubt in found.doubts}) == checks
    assert found.reported.select("flow", "period", "partner", "value", "currency").rows()[:2] == [
        ("export", "2026-06", "Total", "60", "USD 1000"), ("import", "2026-06", "Total", "40", "USD 1000"),
    ]  # fmt: skip
    assert found.reported["partner"].unique().sort().to_list() == ["India", "Kenya", "Total"]


@pytest.mark.parametrize(
    ("raw", "kind", "day"),
    [
        # Announced for 9 June 2025, 14 January and 10 March 2026; pages are dated before, and come half a day after.
        (goods(), PRELIMINARY, date(2025, 6, 10)), (goods(day="2025/06/08"), PRELIMINARY, date(2025, 6, 9)),
        (goods(title=TITLE.replace("May", "December"), day="2026/01/08"), PRELIMINARY, date(2026, 1, 14)),
        (goods(title="(4) By Country, January-February 2026 (in CNY)", day="2026/03/06"), PRELIMINARY, date(2026, 3, 10)),
        (goods(title="(4) By Country, May 1999 (in CNY)"), PRELIMINARY, date(2025, 6, 10)), (goods(shown="Statistics"), PRELIMINARY, date(2025, 6, 10)),
        (goods(day=""), PRELIMINARY, None), (b"no page", PRELIMINARY, None), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", PRELIMINARY, None),
    ],
)  # fmt: skip
def test_a_page_was_public_from_its_printed_day_or_the_announced_one(raw: bytes, kind: str, day: date | None) -> None:
    assert public_on(raw, kind.removeprefix("gacc_")) == day
