"""The release pages of China customs: what each column means, what is left out and said, and what a page must not
be."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from html import unescape
from pathlib import Path

import polars as pl
import pytest
import release_pages
from old_workbook import workbook
from release_pages import GOODS, TITLE, countries, country_rows, goods

from tasks.domain.errors import Refused
from tasks.ingest.normalise import Normalised
from tasks.sources.gacc import gacc_bulletin, gacc_preliminary
from tasks.sources.gacc.gacc_records import ALL_GOODS
from tasks.sources.gacc.gacc_release import PAGE_KINDS, parse, public_on, topic_of
from tests.unit.sources import reading
from tests.unit.sources.gacc.gacc_sheets import sheet
from tests.unit.sources.reading import doubts, rule_of

PRELIMINARY, BULLETIN = gacc_preliminary.SOURCE.name, gacc_bulletin.SOURCE.name
MAY, TO_MAY, TO_MAY_BEFORE = (
    (date(2025, 5, 1), date(2025, 5, 31)), (date(2025, 1, 1), date(2025, 5, 31)), (date(2024, 1, 1), date(2024, 5, 31)),
)  # fmt: skip
read = partial(reading.read, source=PRELIMINARY, name="page.html", released_on=date(2026, 6, 10))


def numbers(release: Normalised, product: str, measure: str) -> dict[tuple[date, date], int]:
    rows = release.detail.filter(product=product, measure=measure).select("period_start", "period_end", "value")
    return {(start, end): value for start, end, value in rows.iter_rows()}


def test_a_line_has_three_spans_in_kilograms_and_yuan(tmp_path: Path) -> None:
    release = read(goods(), tmp_path)
    assert numbers(release, "line:rare_earths", "quantity_kg") == {
        MAY: 5_864_600,
        TO_MAY: 24_827_000,
        TO_MAY_BEFORE: 24_266_500,
    }
    assert numbers(release, "line:rare_earths", "value_cny") == {
        MAY: 130_000_000,
        TO_MAY: 1_210_000_000,
        TO_MAY_BEFORE: 1_510_000_000,
    }
    assert numbers(release, "line:ships", "quantity_item")[MAY] == 590
    row = release.detail.filter(product="line:rare_earths", measure="value_cny").sort("period_end").row(-1, named=True)
    assert [row[name] for name in ("flow", "partner", "kind", "resolution", "record")] == [
        "export",
        "WLD",
        "preliminary",
        10**7,
        4,
    ]
    assert release.release.select("partners", "classification", "flow", "by_month").row(0) == (
        "keys",
        "line",
        None,
        False,
    )
    assert release.quarantine.height == 0
    # The unit of footwear is wrong by a factor of 10,000 on every page.
    footwear = release.detail.filter(product="line:footwear")["measure"].cast(pl.String).unique().to_list()
    assert footwear == ["value_cny"]
    said = release.findings.filter(check="printed_unit").select("severity", "observed").rows()
    assert said == [("warning", "unit '10,000 Pairs'")]


def test_a_page_and_its_attachment_have_a_record_for_each_line_and_span() -> None:
    page, book = (parse(data, "f", PRELIMINARY) for data in (goods(), workbook(sheet(GOODS))))
    rare = page.reported.filter(product="line:rare_earths").select(
        "flow", "period", "quantity", "quantity_unit", "value", "currency"
    )
    assert rare.row(1) == ("export", "2025-01..2025-05", "24,827.0", "Ton", "12.1", "CNY 100 million")
    assert (page.printed_on, page.encoding, book.encoding) == (date(2025, 6, 10), "utf-8", "xls")
    sums = [one.reported["value"].str.replace_all(",", "").cast(pl.Float64).sum() for one in (page, book)]
    assert sums[0] == pytest.approx(sums[1])
    assert page.reported.height == book.reported.height == 3 * len(GOODS)


# As the page of April 2025 in USD: each body row without its unit, padded at the end to the old width.
SLIPPED = [[row[0], *row[2:], ""] for row in GOODS]
ROWS = country_rows()


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (goods(SLIPPED), "rows do not fit"),
        (goods([[f"{row[0]} {n}", *row[1:]] for n in range(4) for row in SLIPPED if row[1] == "-"]), "rows do not fit"),
        (goods([[f"a{n}", *["-"] * 9] for n in range(10)]), "no number"),
        (goods(GOODS[:9]), "too few lines"),
        (goods(title=TITLE.replace("(in CNY)", "(in USD)")), "currency"),
        (goods(unit="Unit: Kangaroos"), "unit line"),
        (goods(title="(5) China's Major Exports by Quantity and Value, Smarch 2025 (in CNY)"), "title"),
        (goods(title=TITLE.replace("May", "June")), "header of another month"),
        (goods(shown=TITLE.replace("May", "April")), "two titles"),
        (goods(shown="Another title"), "two titles"),
        (goods(spans=("the rest", "growth (%)", "growth (%)", "growth (%)")), "header"),
        (goods(title="Statement of a spokesman"), "table not read"),
        (
            goods(title="(2) China's Total Export &amp; Import Values by Trade Mode, May 2025 (in CNY)"),
            "table not read",
        ),
        (
            goods()
            .replace(b"<table>", b"<div>")
            .replace(b"</table>", b"</div>")
            .replace(b"<tr>", b"<p>")
            .replace(b"<td", b"<i"),
            "no table",
        ),
        (b"<html><script>$_ts={};</script><body></body></html>", "gate"),
        (b"period,product\n2025-05,1\n", "not a page"),
        (workbook(sheet(GOODS))[:3_000], "unreadable workbook"),
        (workbook([["a", "b"], [1.0, 2.0]]), "table not read"),
        (countries(ROWS[:19]), "too few partners"),
        (countries([["Total", *["1.0"] * 9], *ROWS[1:]]), "total too small"),
        (countries([*ROWS[1:], ["Kenya", *ROWS[1][1:]]]), "total too small"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_what_cannot_be_read_right_is_refused_by_name(data: bytes, rule: str) -> None:
    assert rule_of(PRELIMINARY, data, "page.html") == rule


def test_countries_have_exports_and_imports_of_all_goods_and_one_that_nobody_knows_costs_no_other(
    tmp_path: Path,
) -> None:
    release = read(countries([*ROWS, ["Atlantis", *ROWS[-1][1:]]]), tmp_path)
    found = {(flow, partner, end, start == end.replace(day=1)): value for flow, partner, start, end, value in
             release.detail.select("flow", "partner", "period_start", "period_end", "value").rows()}  # fmt: skip
    march = date(2026, 3, 31)
    assert found["export", "WLD", march, True] == 2_000 * 10**8
    assert found["import", "WLD", march, False] == 3_000 * 10**8
    assert found["export", "USA", march, True] == 2 * 10 * (len(release_pages.PARTNERS) - 6) * 10**8
    # The 21st of 21 names: 10 x 1, of which exports are two parts and imports one; the year to date is three times it.
    india = {key[0::3]: value for key, value in found.items() if key[1] == "IND"}
    assert india == {
        ("export", True): 20 * 10**8,
        ("export", False): 60 * 10**8,
        ("import", True): 10 * 10**8,
        ("import", False): 30 * 10**8,
    }
    assert {partner for _, partner, _, _ in found} >= {"DEU", "KOR", "TWN", "HKG", "VNM", "WLD"}
    # Four members are on the page, so the Union can be had as printed alone: the 2nd of 21 names.
    assert found["export", "EU27", march, False] == 3 * 2 * 10 * (len(release_pages.PARTNERS) - 1) * 10**8
    assert "gacc_en:ASEAN" not in {partner for _, partner, _, _ in found}
    assert set(release.detail["product"]) == {ALL_GOODS}
    assert release.findings.filter(check="groups_left_out")["observed"].to_list() == ["1 group of partners: ASEAN"]
    assert set(release.quarantine["record"]) == {22}
    said = release.findings.filter(check="label_not_read")["observed"].to_list()
    assert said == ["no partner of schemas/reference/partner_codes.csv, list gacc_en"]


@pytest.mark.parametrize(
    ("title", "source", "topic"),
    [
        ("(5) China's Major Exports by Quantity and Value, May 2025 (in CNY)", PRELIMINARY, "exports"),
        ("(6) China's Major Imports by Quantity and Value", PRELIMINARY, "imports"),
        ("(4) China's Total Export & Import Values by Country/Region", PRELIMINARY, "countries"),
        ("(2) China's Total Export & Import Values by Trade Mode", "", ""),
        ("（13）Major Export Commodities in Quantity and Value,1-7.2026", BULLETIN, "exports"),
        ("(14) Main import commodities", BULLETIN, "imports"),
        ("（2）Imports and Exports by Country （Region） of Origin/Destination,1.2026", BULLETIN, "countries"),
        ("(15) Imports by Country (Region) and HS Section", "", ""),
        ("（17）Export of Selected Commodities by Major Customs Regimes,6.2026", "", ""),
        ("Title", "", ""),
    ],
)
def test_a_title_is_of_one_table_of_one_source_or_of_none(title: str, source: str, topic: str) -> None:
    expected = [(source, topic)] if source else []
    assert [(name, found) for name in PAGE_KINDS if (found := topic_of(title, name))] == expected


@pytest.mark.parametrize(
    "shown",
    [
        "（5）China's Major Exports by Quantity and Value, May. 2025（in CNY）",
        "(5) China's Major Exports by Quantity and Value,5.2025",
        TITLE.lower(),
        "  ",
    ],
)
def test_titles_of_page_and_table_may_be_written_otherwise_and_there_may_be_other_tables(shown: str) -> None:
    frame = "<table>" + "<tr><td>Home</td><td>1</td></tr>" * 9 + "</table>"
    page = goods(shown=shown).replace(b"<table>", f"{frame}<table>".encode(), 1)
    assert parse(page, "f.html", PRELIMINARY).reported.equals(parse(goods(), "f.html", PRELIMINARY).reported)


@pytest.mark.parametrize(
    ("title", "advice"),
    [
        (
            "(13) Major Export Commodities in Quantity and Value,1-5.2025",
            "It is a table of gacc_bulletin: declare it so.",
        ),
        ("（17）Export of Selected Commodities by Major Customs Regimes,6.2026", "no column has the total"),
        ("Title", "an index links to pages"),
    ],
)
def test_a_refused_table_says_where_it_belongs(title: str, advice: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse(goods(title=title), "f.html", PRELIMINARY)
    assert advice in refusal.value.advice


def test_a_table_without_units_has_values_and_no_quantity() -> None:
    page = goods([[row[0], *row[2:]] for row in GOODS]).replace(b'<td rowspan="2">Quantity Unit</td>', b"")
    found = parse(page, "f.html", PRELIMINARY)
    assert found.reported["quantity"].null_count() == found.reported.height == 3 * len(GOODS)
    assert "no_units" in {doubt["check"] for doubt in found.doubts}


def _bulletin(*rows: tuple[str, ...]) -> bytes:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    title = "（2）Imports and Exports by Country （Region） of Origin/Destination,6.2026"
    return f"""<html><div class="atcl-ttl">{title}</div><div class="atcl-date">2026/07/22</div><table><tr><td colspan="4">{title}</td></tr>
<tr><td></td><td colspan="3">Unit:US$1,000</td></tr><tr><td rowspan="2">Country （Region）</td><td>Total</td><td>Exports</td><td>Imports</td></tr>
<tr><td>6</td><td>6</td><td>6</td></tr>{cells}</table></html>""".encode()  # noqa: E501


@pytest.mark.parametrize(
    ("asia", "checks"),
    [
        (("30", "20", "10"), ["groups_left_out"]),
        (("29", "20", "10"), ["groups_left_out"]),
        (("20", "10", "10"), ["continents_differ", "groups_left_out"]),
        (("30", "10", "20"), ["continents_differ", "groups_left_out"]),
        (("40", "20", "10"), ["balance_differs", "continents_differ", "groups_left_out"]),
    ],
)
def test_continents_are_left_out_and_have_to_add_up_to_the_world(asia: tuple[str, ...], checks: list[str]) -> None:
    rows = [
        ("TOTAL", "100", "60", "40"),
        ("Asia:", *asia),
        ("India", "5", "3", "2"),
        ("Africa:", "70", "40", "30"),
        ("Kenya", "2", "1", "1"),
    ]
    found = parse(_bulletin(*rows), "f.html", BULLETIN)
    assert sorted({doubt["check"] for doubt in found.doubts}) == checks
    assert found.reported.select("flow", "period", "partner", "value", "currency").rows()[:2] == [
        ("export", "2026-06", "Total", "60", "USD 1000"), ("import", "2026-06", "Total", "40", "USD 1000"),
    ]  # fmt: skip
    assert found.reported["partner"].unique().sort().to_list() == ["India", "Kenya", "Total"]


# Synthetic, as the page of June 2026: the year to date of the world is too wide for its cell.
WIDE = "############"
JUNE = [
    ["TOTAL", "900&nbsp;", WIDE, "600&nbsp;", "3,600&nbsp;", "300&nbsp;", "1,800&nbsp;", "21.2", "17.6", "26.6"],
    ["Asia:", "595", WIDE, "347", "2,085", "248", "1,490", "1", "1", "1"],
    ["India", "595", "3,575", "347", "2,085", "248", "1,490", "1", "1", "1"],
    ["Europe:", "300", "1,800", "250", "1,500", "50", "300", "1", "1", "1"],
    ["Germany", "300", "1,800", "250", "1,500", "50", "300", "1", "1", "1"],
    ["Antarctica", *["-"] * 9],
    ["Countries（Territories）Unknown", "5", "25", "3", "15", "2", "10", "-28.5", "-99.6", "1"],
    *(
        [name, "300", WIDE, "250", "1,500", "50", "300", "1", "1", "1"]
        for name in ("ASEAN", "EU&nbsp;", "APEC", "RCEP", "BRI")
    ),
    ["Notes：1、ASEAN is composed of ...", *[""] * 9],
]


def _june(place: int, column: int, cell: str) -> list[list[str]]:
    return [
        [cell if (at, to) == (place, column) else text for to, text in enumerate(row)] for at, row in enumerate(JUNE)
    ]


def test_a_number_that_is_lost_in_a_column_that_is_not_used_costs_nothing(tmp_path: Path) -> None:
    release = read(release_pages.bulletin_countries(JUNE), tmp_path, source=BULLETIN, released_on=date(2026, 9, 1))
    found = {
        (row["flow"], row["partner"], row["period_start"].month): row["value"]
        for row in release.detail.select("flow", "partner", "period_start", "value").iter_rows(named=True)
    }
    assert {partner for _, partner, _ in found} == {"WLD", "IND", "DEU", "EU27", "gacc:701"}
    assert len(found) == 5 * 4
    assert [found["export", "WLD", month] for month in (6, 1)] == [600_000, 3_600_000]
    assert [found["import", "EU27", month] for month in (6, 1)] == [50_000, 300_000]
    assert found["export", "gacc:701", 1] == 15_000
    assert not release.quarantine.height
    assert sorted({check for check, severity in doubts(release) if severity != "info"}) == []
    (growth,) = release.findings.filter(check="growth_not_read")["observed"]
    assert growth.startswith("3 columns of growth: Percentage Change / Total")


@pytest.mark.parametrize("cell", [WIDE, "#REF!", "*REF!", "#VALUE!", "12,34", "n.a."])
def test_a_number_of_the_world_that_is_lost_costs_itself(cell: str, tmp_path: Path) -> None:
    data = release_pages.bulletin_countries(_june(0, 4, cell))
    release = read(data, tmp_path, source=BULLETIN, released_on=date(2026, 9, 1))
    world = release.detail.filter(partner="WLD").select("flow", month=pl.col("period_start").dt.month()).rows()
    assert sorted(world) == [("export", 6), ("import", 1), ("import", 6)]
    assert release.detail.height == 5 * 4 - 1
    assert release.quarantine["record"].to_list() == [1]
    (said,) = release.findings.filter(check="number_not_read")["observed"]
    assert said == f"1 cell without a number: '{cell}' in row 1 (TOTAL)"


def test_a_row_above_the_world_costs_itself_and_many_the_page() -> None:
    more = _june(2, 3, "601")
    names = ["Japan", "Iran", "Iraq", "Israel", "Kuwait", "Mongolia", "Pakistan", "Thailand", "Turkey", "Yemen"]
    more += [[name, "2", "12", "1", "6", "1", "6", "1", "1", "1"] for name in names]
    found = parse(release_pages.bulletin_countries(more), "f.html", BULLETIN)
    (said,) = [doubt for doubt in found.doubts if doubt["check"] == "above_the_world"]
    assert said["observed"] == "601.0 is more than the world's 600.0"
    assert found.reported.filter(partner="India")["value"].to_list() == [" | ".join(more[2][1:])] * 2
    assert rule_of(BULLETIN, release_pages.bulletin_countries(_june(0, 3, "10")), "f.html") == "total too small"


WESTERN = [
    "Belgium",
    "Denmark",
    "Germany",
    "France",
    "Ireland",
    "Italy",
    "Luxembourg",
    "Netherlands",
    "Greece",
    "Spain",
]
LATER = ["Austria", "Finland", "Sweden", "Portugal", "Cyprus", "Hungary", "Malta", "Poland", "Estonia", "Latvia"]
MEMBERS = [*WESTERN, *LATER, "Lithuania", "Slovenia", "Czechia", "Slovakia", "Bulgaria", "Romania", "Croatia"]


@pytest.mark.parametrize(
    ("union", "members", "said"),
    [
        ("270", 27, []),
        ("284", 27, []),
        ("285", 27, ["285.0, its 27 members have 270.0"]),
        ("999", 26, []),
    ],
)
def test_a_printed_union_is_compared_with_its_members_where_all_are_on_the_page(
    union: str, members: int, said: list[str], tmp_path: Path
) -> None:
    rows = [
        ["TOTAL", "2,000", "12,000", "1,000", "6,000", "1,000", "6,000", "1", "1", "1"],
        *([name, "20", "120", "10", "60", "10", "60", "1", "1", "1"] for name in MEMBERS[:members]),
        ["EU", "540", "3,240", union, "1,620", "270", "1,620", "1", "1", "1"],
    ]
    found = parse(release_pages.bulletin_countries(rows), "f.html", BULLETIN)
    assert [doubt["observed"] for doubt in found.doubts if doubt["check"] == "group_differs"] == said
    # The column of exports says nothing of imports.
    release = read(release_pages.bulletin_countries(rows), tmp_path, source=BULLETIN, released_on=date(2026, 8, 1))
    assert release.findings.filter(check="group_differs")["flow"].to_list() == ["export"] * len(said)
    assert found.reported.filter(partner="EU", flow="export")["value"].to_list() == [union, "1,620"]


LINES = [["Agriculture products*", "-", "-", "8,126,070", "-", "8,126,070", "-", "-6.2"]] + [
    [f"&nbsp;&nbsp;Line {at}", "T", f"{at + 1}", f"{at + 2}00", f"{at + 1}", f"{at + 2}00", "1.0", "2.0"]
    for at in range(12)
]


@pytest.mark.parametrize("first", ["", "<td class='style1'><br /></td>", "<td></td><td>&nbsp;</td>"])
def test_columns_before_the_label_and_a_month_that_is_printed_as_year_to_date_too(first: str) -> None:
    """As the page of January 2022 (synthetic)."""
    data = release_pages.bulletin_goods(LINES, month=1, year=2022, first=first, day="2022/03/18")
    found = parse(data, "f.html", BULLETIN)
    rows = found.reported.select("product", "period", "quantity", "quantity_unit", "value", "currency").rows()
    assert rows[0] == ("line:agricultural_products", "2022-01", None, None, "8,126,070", "USD 1000")
    assert rows[1:] == [(f"line:line_{at}", "2022-01", f"{at + 1}", "T", f"{at + 2}00", "USD 1000") for at in range(12)]
    assert {doubt["check"] for doubt in found.doubts} == {"growth_not_read", "new_label"}


def test_a_column_of_numbers_before_the_label_is_named_as_not_read() -> None:
    data = release_pages.bulletin_goods(LINES, month=6, year=2026, first="<td>No.</td>", day="2026/07/18").decode()
    for at in range(len(LINES)):
        data = data.replace("<tr><td>No.</td><td class", f"<tr><td>{at + 1}</td><td class", 1)
    found = parse(data.encode(), "f.html", BULLETIN)
    assert found.reported.height == 2 * len(LINES)
    assert "column_not_read" in {doubt["check"] for doubt in found.doubts}


def test_a_unit_that_makes_a_number_too_large_for_a_month_costs_its_line(tmp_path: Path) -> None:
    """10000T for tonnes (synthetic), with values by which a kilogram would cost 14 dollars all the same."""
    large = ("150,886", "21,556,270,000", "864,965", "131,702,140,000")
    rows = [*LINES, ["Medicinal products", "10000T", *large, "14.8", "-1.1"]]
    data = release_pages.bulletin_goods(rows, month=6, year=2026, day="2026/07/18")
    release = read(data, tmp_path, source=BULLETIN, released_on=date(2026, 9, 1))
    assert "line:medicinal_products" not in release.detail["product"].to_list()
    assert release.detail.filter(product="line:line_3")["value"].to_list() == [4_000, 4_000, 500_000, 500_000]
    assert release.quarantine["record"].to_list() == [14, 14]
    assert sorted(reason for (reason,) in release.quarantine["reasons"]) == [
        f"quantity_kg {number}0000000 kg is more than any month has; the unit is wrong" for number in (150886, 864965)
    ]


def test_a_page_may_name_its_unit_as_that_of_the_value() -> None:
    page = countries(ROWS).replace(b"Unit: CNY 100 Million", b"Value Unit: CNY 100 Million")
    assert parse(page, "f.html", PRELIMINARY).reported.equals(parse(countries(ROWS), "f.html", PRELIMINARY).reported)


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        # Announced for 9 June 2025, 14 January and 10 March 2026; pages are dated before, and come half a day after.
        (goods(), date(2025, 6, 10)),
        (goods(day="2025/06/08"), date(2025, 6, 9)),
        (goods(title=TITLE.replace("May", "December"), day="2026/01/08"), date(2026, 1, 14)),
        (goods(title="(4) By Country, January-February 2026 (in CNY)", day="2026/03/06"), date(2026, 3, 10)),
        (goods(title="(4) By Country, May 1999 (in CNY)"), date(2025, 6, 10)),
        (goods(shown="Statistics"), date(2025, 6, 10)),
        (goods(day=""), None),
        (b"no page", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None),
    ],
)
def test_a_page_was_public_from_its_printed_day_or_the_announced_one(raw: bytes, day: date | None) -> None:
    assert public_on(raw, "preliminary") == day


def _cells(text: str) -> list[list[str]]:
    """The cells of a page read another way: cut at the tags, nothing expanded."""
    rows = [row.split("</tr>")[0] for row in text.split("<tr>")[1:]]
    cut = [[cell.split("</td>")[0] for cell in row.split("<td")[1:]] for row in rows]
    plain = [["".join(piece.split(">")[-1] for piece in ("x" + cell).split("<")) for cell in row] for row in cut]
    return [[" ".join(unescape(cell).replace("\xa0", " ").split()) for cell in row] for row in plain]


FACTORS = {
    "10,000 Tons": ("kg", 10**7),
    "Ton": ("kg", 10**3),
    "10,000 Sets": ("item", 10**4),
    "100 Million PCS": ("item", 10**8),
    "10,000 PCS": ("item", 10**4),
    "10,000 Autos": ("item", 10**4),
    "Ship": ("item", 1),
    "10000T": ("kg", 10**7),
    "T": ("kg", 10**3),
    "KG": ("kg", 1),
    "10000N": ("item", 10**4),
    "100MP": ("pair", 10**8),
}
REAL = {
    "gacc_preliminary/major_exports_2025-05_cny.html": ("2025-05", "cny", 31),
    "gacc_real/gacc_2025-06_exports_usd.html": ("2025-06", "usd", 31),
    "gacc_real/gacc_2025-12_exports_usd.html": ("2025-12", "usd", 31),
    "gacc_real/gacc_2026-02_exports_usd.html": ("2026-02", "usd", 31),
    "gacc_real/gacc_2026-03_exports_usd.html": ("2026-03", "usd", 31),
    "gacc_real/gacc_2026-06_exports_usd.html": ("2026-06", "usd", 31),
    "gacc_real/gacc_2026-06_exports_cny.html": ("2026-06", "cny", 31),
    "gacc_real/bulletin_13_exports_2026-07_usd_CUT.html": ("2026-07", "usd", 38),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", REAL)
def test_every_number_of_a_real_page_of_goods(name: str, shared_data: Path, tmp_path: Path) -> None:
    """Each number of the table, read another way, is a statement, and there is no other."""
    month, money, lines = REAL[name]
    source, size = (BULLETIN, 10**3) if "bulletin_" in name else (PRELIMINARY, 10**8 if money == "cny" else 10**6)
    data = (shared_data / name).read_bytes()
    table = [row for row in _cells(data.decode()) if len(row) > 7 and row[0] != "Commodity" and row[2] != "Quantity"]
    spans = ("month", "to date", "year before")[: (len(table[0]) - 4) // 2]
    assert len(table) == lines
    expected = []
    for row in table:
        for at, span in enumerate(spans, 1):
            quantity, value = (text.replace(",", "") for text in row[2 * at : 2 * at + 2])
            is_wrong = row[1] == "10,000 Pairs" or (row[1] == "Ton" and row[0].startswith("Unwrought aluminium"))
            if quantity != "-" and not is_wrong:
                unit, factor = FACTORS[row[1]]
                expected.append((span, f"quantity_{unit}", Fraction(quantity) * factor))
            if value != "-":
                expected.append((span, f"value_{money}", Fraction(value) * size))
    release = read(data, tmp_path, source=source, released_on=date(2026, 9, 1))
    first, year = pl.col("period_start"), int(month[:4])
    is_month, so_far = first.dt.strftime("%Y-%m") == month, pl.when(first.dt.year() == year).then(pl.lit("to date"))
    found = release.detail.select(
        pl.when(is_month).then(pl.lit("month")).otherwise(so_far.otherwise(pl.lit("year before"))), "measure", "value"
    )
    assert sorted(found.rows()) == sorted(expected)
    assert {f"{end:%m}" for end in release.detail["period_end"]} == {month[5:]}
    assert not release.quarantine.height
    held = [check for check, severity in doubts(release) if severity == "error"]
    assert held == (["header_month"] if "2025-06" in name else [])


@pytest.mark.shared
def test_countries_of_a_real_bulletin_of_which_most_rows_were_cut_off(shared_data: Path, tmp_path: Path) -> None:
    data = (shared_data / "gacc_real" / "bulletin_02_countries_2026-01_usd_CUT.html").read_bytes()
    release = read(data, tmp_path, source=BULLETIN)
    found = reading.numbers(release, "flow", "partner")
    assert [found[key] for key in (("export", "WLD"), ("import", "BHR"), ("export", "PRK"))] == [
        356_699_626_000,
        46_443_000,
        192_174_000,
    ]
    assert len(found) == 20
    assert set(release.detail["period_end"]) == {date(2026, 1, 31)}
    # The column of both directions together does not add up, so either may be wrong.
    errors = release.findings.filter(severity="error").select("check", "flow", "scope")
    assert sorted(errors.rows()) == [("continents_differ", flow, "numbers") for flow in ("export", "import")]


def with_row(label: str, *cells: str) -> list[Sequence[str]]:
    """The lines of the page with another one for the plastic products."""
    return [(label, *cells) if row[0] == "Plastic products" else row for row in GOODS]


@pytest.mark.parametrize(
    ("cells", "observed"),
    [
        (("10,000 Tons", "41.1", "6.6", "40.9", "30.7", "39", "31", "4.9", "-1"), "quantity 41.1 in 2025-05, 40.9"),
        (("10,000 Tons", "4.1", "66.5", "40.9", "30.7", "39", "31", "4.9", "-1"), "value 66.5 in 2025-05, 30.7"),
        # Both are rounded: 40.94 and 40.96 print so.
        (("10,000 Tons", "41.0", "6.6", "41", "30.7", "39", "31", "4.9", "-1"), ""),
        (("10,000 Tons", "4.1", "-", "40.9", "30.7", "39", "31", "4.9", "-1"), ""),
    ],
)
def test_a_month_above_its_own_year_to_date_holds_the_page(tmp_path: Path, cells: Sequence[str], observed: str) -> None:
    found = read(goods(with_row("Plastic products", *cells)), tmp_path).findings.filter(check="month_above_year")
    assert found["severity"].to_list() == ["error"] * bool(observed)
    assert [text[: len(observed)] for text in found["observed"]] == [observed] * bool(observed)


@pytest.mark.parametrize(
    ("unit", "price"),
    [
        # 70 million yuan for 28,662 tonnes; 7.21299 yuan were a dollar in May 2025.
        ("Ton", 0.0),
        ("10,000 Tons", (0.7 + 0.05) * 1e8 / 7.21299 / (28_661.95 * 1e7)),
        ("KG", 0.0),
    ],
)
def test_a_unit_by_which_goods_cost_what_none_cost_takes_the_quantities_away(
    tmp_path: Path, unit: str, price: float
) -> None:
    """No row of page_lines has the unit of coffee."""
    row = (unit, "28,662.0", "0.7", "140,000.0", "3.5", "130,000.0", "3.2", "7.7", "9.4")
    release = read(goods(with_row("Coffee", *row)), tmp_path)
    measures = release.detail.filter(product="line:coffee")["measure"].unique().cast(pl.String).sort().to_list()
    assert measures == ([] if price else ["quantity_kg"]) + ["value_cny"]
    said = release.findings.filter(check="printed_unit").filter(pl.col("subject").str.contains("Coffee"))["observed"]
    assert said.to_list() == ([f"unit '{unit}', 0.7 for 28,662.0 in 2025-05: {price:.4g} USD/kg"] if price else [])


def test_a_unit_of_ten_thousand_tonnes_for_tonnes_leaves_the_values(tmp_path: Path) -> None:
    """As on the page of June 2025: 150,886 tonnes of medicinal products for 2,155.6 million dollars (synthetic)."""
    rows = [*LINES, ["Medicinal products", "10000T", "150,886", "2,155,627", "864,965", "13,170,214", "14.8", "-1.1"]]
    data = release_pages.bulletin_goods(rows, month=6, year=2026, day="2026/07/18")
    release = read(data, tmp_path, source=BULLETIN, released_on=date(2026, 9, 1))
    line = release.detail.filter(product="line:medicinal_products").select("measure", "value").rows()
    assert sorted(line) == [("value_usd", 2_155_627_000), ("value_usd", 13_170_214_000)]
    (said,) = release.findings.filter(check="printed_unit")["observed"]
    assert said == "unit '10000T', 2,155,627 for 150,886 in 2026-06: 0.001429 USD/kg"


def test_cells_of_several_parts_are_set_aside_and_the_others_are_read(tmp_path: Path) -> None:
    """Plain text would make 372 of 37 and 2, 605.41 of 605.4 and a footnote, and count what is hidden or struck."""
    printed = goods().decode()
    for number, cell in (
        ("605.4", "605.4<sup>1</sup>"),
        ("37.2", "37<br>2"),
        ("36.3", "36<span style='display:none'>4</span>.3"),
        ("1,283.8", "<s>1,283.9</s>1,283.8"),
    ):
        assert printed.count(f">{number}<") == 1
        printed = printed.replace(f">{number}<", f">{cell}<")
    release, whole = read(printed.encode(), tmp_path), read(goods(), tmp_path)
    columns = ["product", "measure", "period_start", "period_end", "value"]
    lost = whole.detail.join(release.detail, on=columns, how="anti")
    assert release.detail.join(whole.detail, on=columns, how="anti").is_empty()
    assert lost.select(pl.col("product").cast(pl.String), "measure").sort("product").rows() == [
        ("line:agricultural_products", "value_cny"), ("line:aquatic_products", "quantity_kg"),
        ("line:fertilizers", "quantity_kg"), ("line:grain", "quantity_kg"),
    ]  # fmt: skip
    (found,) = release.findings.filter(check="number_not_read")["observed"]
    assert "'605.4 | 1' in row 1" in found
    assert release.quarantine.height == 4


@pytest.mark.shared
def test_a_real_line_of_which_excel_lost_the_numbers_costs_itself(shared_data: Path) -> None:
    """Five lines were at hand: they are given twice more under other names, because a table has at least ten."""
    text = (shared_data / "gacc_bulletin_real" / "bulletin_13_exports_2026-07_tail_CUT.html").read_text("utf-8")
    head, *lines = text.split("<tr>")
    start = next(at for at, line in enumerate(lines) if "plug-in hybrid" in line)
    rows = lines[start:-1]
    more = [line.replace("<b>", f"<b>{name}", 1) for name in "AB" for line in rows]
    found = parse("<tr>".join([head, *lines[:-1], *more, lines[-1]]).encode(), "f.html", BULLETIN)
    assert len(rows) == 5
    (said,) = [doubt["observed"] for doubt in found.doubts if doubt["check"] == "number_not_read"]
    assert said.startswith("6 cells without a number: '*REF!' in row 5 (New trio (electric vehicles")
    cars = found.reported.filter(product="line:battery_electric_passenger_cars")
    assert cars.select("period", "quantity", "value").rows() == [
        ("2026-07", "338,166", "5,834,083"), ("2026-01..2026-07", "1,826,238", "30,729,335"),
    ]  # fmt: skip


@pytest.mark.parametrize("label", ["#REF!", "#VALUE!", "#N/A", "n/a", "1.2.3", "12,34", "*", "########", "NULL"])
def test_what_is_left_of_a_label_is_no_line_of_goods(label: str, tmp_path: Path) -> None:
    whole = read(release_pages.goods(), tmp_path / "whole")
    rows = [row if row[0] != "Rare earth" else (label, *row[1:]) for row in release_pages.GOODS]
    release = read(release_pages.goods(rows), tmp_path / "damaged")
    lost = {*whole.detail["product"].cast(pl.String)} - {*release.detail["product"].cast(pl.String)}
    assert len(lost) == 1
    assert {*release.detail["product"].cast(pl.String)} < {*whole.detail["product"].cast(pl.String)}
    assert "label_not_read" in [check for check, _ in doubts(release)]
    assert release.quarantine.height == 1
