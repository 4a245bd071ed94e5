"""Pages of India's MEIDB: the month of a page by country, units, totals, marks, refusals, and a real page."""

import re
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from tasks.sources.experimental import india_pages
from tasks.sources.registry import SOURCES
from tests.unit.sources import reading
from tests.unit.sources.offices.india_pages import HEADER, NAME, ROWS, page
from tests.unit.sources.reading import doubts, numbers, rule_of
from tests.unit.sources.value_terms import assert_terms

parse = SOURCES["india_meidb"].parse
read = partial(reading.read, source="india_meidb", name=NAME)


def test_the_month_of_a_page_by_country(tmp_path: Path) -> None:
    release = read(page(), tmp_path)
    assert numbers(release, "partner", "measure") == {
        ("CHN", "quantity_kg"): 1_234, ("USA", "quantity_kg"): 0, ("ARE", "quantity_kg"): 66,
    }  # fmt: skip
    assert doubts(release) == []
    (row,) = release.release.to_dicts()
    assert (row["reporter"], row["flow"], row["classification"], row["partners"]) == ("IND", "export", "ITCHS8", "all")
    # Of the month a year before nothing is said, so nothing is said of the months between.
    assert (row["first_month"], row["last_month"]) == (date(2025, 6, 1), date(2025, 6, 1))
    assert india_pages.dated(page()) == date(2025, 7, 24)
    assert SOURCES["india_meidb"].dated is not None
    assert "2025-06 is marked (F), final" in parse(page(), NAME).normalised


def test_values_in_million_dollars(tmp_path: Path) -> None:
    rows = (("CHINA P RP", "0.10", "1,234.56"), ("JAPAN", "1", "0.01"))
    for direction, terms in (("Export", "FOB"), ("Import", "CIF")):
        raw = page(rows, "1,234.57", values="US $ Million", unit="", direction=direction)
        release = read(raw, tmp_path / direction)
        assert numbers(release, "partner", "measure") == {
            ("CHN", "value_usd"): 1_234_560_000, ("JPN", "value_usd"): 10_000,
        }  # fmt: skip
        assert_terms(release, {"value_usd": (terms, "not stated", "nearest")})


def test_a_total_that_differs_holds_the_release(tmp_path: Path) -> None:
    assert ("total_differs", "error") in doubts(read(page(total="1,301.00"), tmp_path))


def test_a_country_that_no_list_has_is_set_aside_and_counts_in_the_total(tmp_path: Path) -> None:
    release = read(page((*ROWS, ("PACIFIC IS", "0", "4"), ("UNSPECIFIED", "0", "3")), "1,307.00"), tmp_path)
    assert {partner for (partner,) in numbers(release, "partner")} == {"CHN", "USA", "ARE", "india:UNSPECIFIED"}
    assert release.quarantine.height == 1
    assert "partner 'PACIFIC IS' is no partner code" in release.quarantine["reasons"][0]
    assert ("total_differs", "error") not in doubts(release)


def test_a_change_of_codes_is_repeated() -> None:
    note = "<p>* ITC HS Code is either dropped or re-allocated and the unit may be changed from April 2026.</p>"
    (found,) = parse(page(note=note), NAME).doubts
    assert (found["check"], found["severity"], "from April 2026" in found["observed"]) == (
        "codes_reallocated",
        "info",
        True,
    )


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "empty file"),
        (b"{}", "not a page"),
        (page().replace(b"</html>", b""), "cut off"),
        (page(total=None), "cut off"),
        (page(rows=(), total=None), "no records"),
        (page(unit=""), "no unit"),
        (page(unit="CUBITS"), "no unit"),
        (page(values="Rs. Crore"), "other values"),
        (page(direction="Balance"), "other page"),
        (page().replace(b"Report Dated", b"Dated"), "other page"),
        (page().replace(b"24 Jul", b"24 Abc"), "no day"),
        (page().replace(b"S.No.", b"No"), "no table"),
        (page(code="850"), "mixed levels"),
        (page(header=(*HEADER[:2], "2024-2025", "2025-2026", *HEADER[4:])), "no month"),
        # Without the damaged title, the month a year before would be the newest.
        (page(header=(*HEADER[:3], "Jun-2025 (F) &lt;/th>", *HEADER[4:])), "unclear month"),
        (page(header=(*HEADER[:3], "Juni 2025 (F)", *HEADER[4:])), "unclear month"),
        (page((("JAPAN", "1", "1 300"),)), "no number"),
        (page((("JAPAN", "1", "-"),)), "no number"),
        (page().replace(b"<td>1</td>", b"", 1), "row width"),
    ],
)
def test_what_is_no_page_of_a_month_is_refused_by_name(raw: bytes, rule: str) -> None:
    assert rule_of("india_meidb", raw, NAME) == rule


@pytest.mark.shared
def test_every_number_of_the_real_page_with_the_unit_that_it_lacks(shared_data: Path, tmp_path: Path) -> None:
    (file,) = (shared_data / "india_real").glob("*.html")
    assert rule_of("india_meidb", file.read_bytes(), file.name) == "no unit"
    text = file.read_text(encoding="utf-8")
    cells = re.findall(
        r'<td style="text-align:left;">([A-Z. ]+)</td>\s*<td[^>]*>([\d,]+)</td>\s*<td[^>]*>([\d,]+)</td>', text
    )
    expected = {name: int(now.replace(",", "")) for name, _, now in cells}
    assert (len(cells), len(expected), sum(expected.values())) == (95, 95, 2_684)
    release = read(text.replace("Unit:&nbsp;", "Unit:&nbsp;KGS").encode(), tmp_path, released_on=date(2026, 7, 24))
    found = release.detail.select("partner", "value").rows()
    assert sorted(value for _, value in found) == sorted(expected.values())
    assert len({partner for partner, _ in found}) == 95
    assert release.quarantine.height == 0
    assert doubts(release) == []
