"""The release pages of China customs: what each column means, what is left out and said, and what a page must not be."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from html import unescape
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import release_pages
from old_workbook import workbook
from release_pages import GOODS, SPANS, TITLE, countries, country_rows, goods

from schemas.forms.request import ReleaseRequest
from schemas.tables.observation import Detail
from schemas.tables.release import Release
from tasks.domain.errors import Refused
from tasks.ingest.corrections import correct
from tasks.ingest.declaration import locate
from tasks.ingest.normalise import Normalised, normalise
from tasks.ingest.parse import parse
from tasks.ingest.raw_store import land
from tasks.ledger import merge as ledger
from tasks.sources.registry import SOURCES

TODAY = date(2026, 10, 1)
PRELIMINARY = SOURCES["gacc_preliminary"].parse


def read(
    data: bytes, folder: Path, source: str = "gacc_preliminary", name: str = "page.html", **declared: Any
) -> Normalised:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    given = {"source": source, "released_on": date(2026, 6, 10), **declared}
    landed = land(locate(ReleaseRequest(file=folder / name, **given)), folder / "store", TODAY)
    return normalise(landed, correct(landed, parse(landed), TODAY))


def numbers(release: Normalised, product: str, measure: str) -> dict[tuple[date, date], int]:
    rows = release.detail.filter(product=product, measure=measure).select("period_start", "period_end", "value")
    return {(start, end): value for start, end, value in rows.iter_rows()}


def changed(place: int, column: int, text: str, rows: Sequence[Sequence[str]] = GOODS) -> list[list[str]]:
    return [
        [text if (at, number) == (place, column) else cell for number, cell in enumerate(row)]
        for at, row in enumerate(rows)
    ]


def rule_of(data: bytes, source: str = "gacc_preliminary") -> str:
    with pytest.raises(Refused) as refused:
        SOURCES[source].parse(data, "page.html")
    assert refused.value.where.startswith("page.html")
    assert refused.value.advice.endswith(".")
    return refused.value.rule


MAY, TO_MAY, TO_MAY_BEFORE = (
    (date(2025, 5, 1), date(2025, 5, 31)), (date(2025, 1, 1), date(2025, 5, 31)), (date(2024, 1, 1), date(2024, 5, 31)),
)  # fmt: skip


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
    assert numbers(release, "line:toys", "value_cny")[MAY] == 21_760_000_000
    assert numbers(release, "line:ships", "quantity_item")[MAY] == 590
    row = release.detail.filter(product="line:rare_earths", measure="value_cny").sort("period_end").row(-1, named=True)
    assert (row["flow"], row["partner"], row["kind"], row["resolution"], row["record"]) == (
        "export",
        "WLD",
        "preliminary",
        10**7,
        4,
    )
    assert release.release.select("partners", "classification", "flow", "by_month").row(0) == (
        "keys",
        "line",
        None,
        False,
    )
    assert release.quarantine.height == 0


def test_a_unit_that_is_wrong_by_a_factor_leaves_the_quantity_out_and_says_so(tmp_path: Path) -> None:
    release = read(goods(), tmp_path)
    assert not release.detail.filter(
        pl.col("product") == "line:footwear", pl.col("measure").str.starts_with("quantity")
    ).height
    assert numbers(release, "line:footwear", "value_cny")[MAY] == 27_580_000_000
    said = release.findings.filter(check="printed_unit")
    assert said.select("severity", "observed").rows() == [("warning", "unit '10,000 Pairs'")]
    right = read(goods(changed(6, 1, "100 Million Pairs")), tmp_path / "right")
    assert numbers(right, "line:footwear", "quantity_pair")[MAY] == 800_000_000
    assert not right.findings.filter(check="printed_unit").height


def test_a_page_of_january_and_february_has_no_month(tmp_path: Path) -> None:
    rows = [[*row[:2], *row[4:]] for row in GOODS]
    data = goods(rows, title="(5) China's Major Exports by Quantity and Value, January-February 2025 (in CNY)",
                 spans=("1-2 Total", "1-2 Total, 2024", "1-2 Total, Year-On-Year(%)"), day="2025/03/11")  # fmt: skip
    found = numbers(read(data, tmp_path), "line:rare_earths", "quantity_kg")
    assert found == {
        (date(2025, 1, 1), date(2025, 2, 28)): 24_827_000,
        (date(2024, 1, 1), date(2024, 2, 29)): 24_266_500,
    }


@pytest.mark.parametrize(
    ("old", "new", "product"),
    [("Rare earth", "Rare-earth ore, metals, compounds", "line:rare_earths"), ("\xa0\xa0\xa0\xa0Grain\xa0", "Grain food", "line:grain"),
     ("Agricultural products*", "Agriculture products*", "line:agricultural_products")],
)  # fmt: skip
def test_a_line_whose_label_changed_is_the_same_line(tmp_path: Path, old: str, new: str, product: str) -> None:
    renamed = [[new if cell == old else cell for cell in row] for row in GOODS]
    assert renamed != [list(row) for row in GOODS]
    assert numbers(read(goods(renamed), tmp_path), product, "value_cny")[MAY] > 0


def test_a_line_that_nobody_listed_is_named_by_its_label_and_an_aggregate_differs(tmp_path: Path) -> None:
    rows = [*GOODS, ("Machine tools*", "-", "-", "9.0", "-", "45.0", "-", "45.0", "-", "0.0"), ("Machine tools", "-", "-", "7.0", "-", "35.0", "-", "35.0", "-", "0.0")]  # fmt: skip
    release = read(goods(rows), tmp_path)
    assert (
        numbers(release, "line:machine_tools_all", "value_cny")[MAY],
        numbers(release, "line:machine_tools", "value_cny")[MAY],
    ) == (9 * 10**8, 7 * 10**8)
    said = release.findings.filter(check="new_label")
    assert said.select("severity", "observed").rows() == [("warning", "2 labels: Machine tools*; Machine tools")]
    twice = read(goods([*rows, rows[-1]]), tmp_path / "twice")
    assert not numbers(twice, "line:machine_tools", "value_cny")
    assert twice.quarantine["record"].to_list() == [12, 13]
    assert twice.findings.filter(check="label_not_read").height == 2


def test_the_column_of_a_year_that_is_not_the_year_before_is_not_read(tmp_path: Path) -> None:
    """The page of May 2026 prints 2024 above the figures of 2025."""
    data = goods(
        title=TITLE.replace("2025", "2026"),
        unit_title="QTY Unit",
        spans=("5", "1-5 Total", "1-5 Total, 2024", "1-5 Total Year-On-Year(%)"),
    )
    release = read(data, tmp_path)
    assert sorted(numbers(release, "line:rare_earths", "quantity_kg")) == [
        (date(2026, 1, 1), date(2026, 5, 31)),
        (date(2026, 5, 1), date(2026, 5, 31)),
    ]
    assert release.findings.filter(check="printed_year")["severity"].to_list() == ["warning"] * 2


@pytest.mark.parametrize(
    ("growth", "severity"), [("2.4", ["warning"]), ("2.3", []), ("2.2", ["warning"]), ("-2.3", ["warning"])],
)  # fmt: skip
def test_a_growth_that_its_two_figures_cannot_have_is_a_doubt(tmp_path: Path, growth: str, severity: list[str]) -> None:
    found = read(goods(changed(3, 8, growth)), tmp_path).findings.filter(check="growth_differs")
    assert found["severity"].to_list() == severity
    assert all("Rare earth" in subject for subject in found["subject"])


def test_columns_that_have_changed_places_hold_the_page(tmp_path: Path) -> None:
    """Year to date and year before exchanged: each number is one that the page prints, and no growth fits."""
    swapped = [[*row[:4], row[6], row[7], row[4], row[5], *row[8:]] for row in GOODS]
    assert read(goods(swapped), tmp_path).findings.filter(check="growth_differs")["severity"].to_list() == ["error"]


def _without_units() -> list[list[str]]:
    """As the page of April 2025 in USD: each body row without its unit, padded at the end to the old width."""
    return [[row[0], *row[2:], ""] for row in GOODS]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (goods(_without_units()), "rows do not fit"),
        (goods([[f"{row[0]} {n}", *row[1:]] for n in range(4) for row in _without_units() if row[1] == "-"]), "rows do not fit"),
        (goods([[f"a{n}", *["-"] * 9] for n in range(10)]), "no number"),
        (goods(GOODS[:5]), "too few lines"),
        (goods(title=TITLE.replace("(in CNY)", "(in USD)")), "currency"),
        (goods(title=TITLE.replace("CNY", "USD"), unit="Unit: CNY 100 Million"), "currency"),
        (goods(unit="Unit: CNY 7 Million"), "currency"),
        (goods(unit="Unit: Kangaroos"), "unit line"),
        (goods(title="Statement of a spokesman"), "table not read"),
        (goods(title="(5) China's Major Exports by Quantity and Value, Smarch 2025 (in CNY)"), "title"),
        (goods(title=TITLE.replace("May", "June")), "header of another month"),
        (goods(shown=TITLE.replace("May", "April")), "two titles"),
        (goods(spans=("the rest", "growth (%)", "growth (%)", "growth (%)")), "header"),
        (goods(spans=("5", "1-5 Total, 2024", "5", "growth (%)")), "header"),
        (goods(title="(2) China's Total Export &amp; Import Values by Trade Mode, May 2025 (in CNY)"), "table not read"),
        (goods().replace(b"</html>", b""), "cut off"),
        (goods()[: len(goods()) // 2], "cut off"),
        (goods().replace(b"<table>", b"<div>").replace(b"</table>", b"</div>").replace(b"<tr>", b"<p>").replace(b"<td", b"<i"), "no table"),
        (b"<html><script>$_ts={};</script><body></body></html>", "gate"),
        (b"<!DOCTYPE html><html><body>Please solve the CAPTCHA</body></html>", "gate"),
        (b"period,product\n2025-05,1\n", "not a page"),
        (b"%PDF-1.7", "not a page"), (b"  \n", "empty file"), (b"", "empty file"),
        ("<html>人民币</html>".encode("gb18030"), "undecodable"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)  # fmt: skip
def test_what_cannot_be_read_right_is_refused_by_name(data: bytes, rule: str) -> None:
    assert rule_of(data) == rule


def test_countries_of_a_month(tmp_path: Path) -> None:
    release = read(countries(country_rows()), tmp_path)
    found = {(flow, partner, end, start == end.replace(day=1)): value for flow, partner, start, end, value in
             release.detail.select("flow", "partner", "period_start", "period_end", "value").rows()}  # fmt: skip
    march = date(2026, 3, 31)
    assert found["export", "WLD", march, True] == 2_000 * 10**8
    assert found["import", "WLD", march, False] == 3_000 * 10**8
    assert found["export", "USA", march, True] == 2 * 10 * (len(release_pages.PARTNERS) - 6) * 10**8
    assert {partner for _, partner, _, _ in found} >= {"DEU", "KOR", "TWN", "HKG", "VNM", "WLD"}
    assert not {partner for _, partner, _, _ in found} & {"EU27", "gacc_en:ASEAN"}
    assert set(release.detail["product"]) == {"line:all_goods"}
    assert any("European Union, ASEAN" in note for note in release.findings["observed"])


def test_a_page_of_countries_that_is_not_whole_is_refused() -> None:
    rows = country_rows()
    assert rule_of(countries(rows[:19])) == "too few partners"
    assert rule_of(countries([["Total", *["1.0"] * 9], *rows[1:]])) == "total too small"
    assert rule_of(countries([*rows[1:], ["Kenya", *rows[1][1:]]])) == "total too small"


def test_a_partner_that_nobody_knows_costs_no_other(tmp_path: Path) -> None:
    rows = country_rows()
    release = read(countries([*rows, ["Atlantis", *rows[-1][1:]]]), tmp_path)
    assert release.detail.equals(
        read(countries(rows), tmp_path / "known").detail.with_columns(
            release_id=pl.lit(release.release["release_id"][0])
        )
    )
    assert set(release.quarantine["record"]) == {22}
    assert release.findings.filter(check="label_not_read")["observed"].to_list() == [
        "no partner of schemas/reference/partner_codes.csv, list gacc_en"
    ]


def test_the_bulletin_reads_its_own_tables_and_outranks_nothing_by_itself(tmp_path: Path) -> None:
    rows = [("Rare-earth ore, metals, compounds", "T", "7,742", "23,185", "32,569", "191,256", "60.3", "-46.9"),
            ("Rare-earth ore, metals, compounds and articles thereof", "T", "11,547", "197,789", "59,389", "1,314,831", "6.5", "-37.7"),
            *((f"Line number {number}", "T", "1", "2", "3", "4", "5.0", "6.0") for number in range(10))]  # fmt: skip
    title = "(13) Major Export Commodities in Quantity and Value, June 2025 (in USD)"
    data = goods(
        rows, title=title, unit="Unit: USD 1,000", spans=("6", "1-6 Total", "6 Year-on-Year(%)"), day="2025/07/18"
    )
    release = read(data, tmp_path, "gacc_bulletin")
    june = (date(2025, 6, 1), date(2025, 6, 30))
    assert numbers(release, "line:rare_earths", "quantity_kg")[june] == 7_742_000
    assert numbers(release, "line:rare_earths_and_articles", "value_usd")[june] == 197_789_000
    assert set(release.detail["kind"]) == {"bulletin"}
    assert rule_of(data) == "table not read"
    assert rule_of(goods(), "gacc_bulletin") == "table not read"


def test_the_printed_day_is_not_after_the_declared_one(tmp_path: Path) -> None:
    assert PRELIMINARY(goods(day="10/06/2025"), "page.html").printed_on == date(2025, 6, 10)
    with pytest.raises(Refused, match="dated 2026-06-11"):
        read(goods(day="2026/06/11"), tmp_path)


def _cells(text: str) -> list[list[str]]:
    """The cells of a page read another way: cut at the tags, nothing expanded."""
    rows = [row.split("</tr>")[0] for row in text.split("<tr>")[1:]]
    cut = [[cell.split("</td>")[0] for cell in row.split("<td")[1:]] for row in rows]
    plain = [["".join(piece.split(">")[-1] for piece in ("x" + cell).split("<")) for cell in row] for row in cut]
    return [[" ".join(unescape(cell).replace("\xa0", " ").split()) for cell in row] for row in plain]


FACTORS = {
    "10,000 Tons": ("kg", 10**7), "Ton": ("kg", 10**3), "10,000 Sets": ("item", 10**4), "100 Million PCS": ("item", 10**8), "10,000 PCS": ("item", 10**4),
    "10,000 Autos": ("item", 10**4), "Ship": ("item", 1), "10000T": ("kg", 10**7), "T": ("kg", 10**3), "KG": ("kg", 1), "10000N": ("item", 10**4), "100MP": ("pair", 10**8),
}  # fmt: skip
REAL = {
    "gacc_preliminary/major_exports_2025-05_cny.html": ("2025-05", "cny", 31), "gacc_real/gacc_2025-06_exports_usd.html": ("2025-06", "usd", 31),
    "gacc_real/gacc_2025-12_exports_usd.html": ("2025-12", "usd", 31), "gacc_real/gacc_2026-02_exports_usd.html": ("2026-02", "usd", 31),
    "gacc_real/gacc_2026-03_exports_usd.html": ("2026-03", "usd", 31), "gacc_real/gacc_2026-06_exports_usd.html": ("2026-06", "usd", 31),
    "gacc_real/gacc_2026-06_exports_cny.html": ("2026-06", "cny", 31), "gacc_real/bulletin_13_exports_2026-07_usd_CUT.html": ("2026-07", "usd", 38),
}  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("name", REAL)
def test_every_number_of_a_real_page_of_goods(name: str, shared_data: Path, tmp_path: Path) -> None:
    """Each number of the table, read another way, is a statement, and there is no other."""
    month, money, lines = REAL[name]
    source, size = (
        ("gacc_bulletin", 10**3) if "bulletin_" in name else ("gacc_preliminary", 10**8 if money == "cny" else 10**6)
    )
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
    release = read(data, tmp_path, source, released_on=date(2026, 9, 1))
    first, year = pl.col("period_start"), int(month[:4])
    is_month, so_far = first.dt.strftime("%Y-%m") == month, pl.when(first.dt.year() == year).then(pl.lit("to date"))
    found = release.detail.select(
        pl.when(is_month).then(pl.lit("month")).otherwise(so_far.otherwise(pl.lit("year before"))), "measure", "value"
    )
    assert sorted(found.rows()) == sorted(expected)
    assert {f"{end:%m}" for end in release.detail["period_end"]} == {month[5:]}
    assert not release.quarantine.height
    held = [check for check, severity in release.findings.select("check", "severity").rows() if severity == "error"]
    assert held == (["header_month"] if "2025-06" in name else [])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "source", "advice"),
    [("gacc_2026-06_regimes_exports.html", "gacc_bulletin", "of January to that month"), ("gacc_index_2026.html", "gacc_preliminary", "an index links to pages")],
)  # fmt: skip
def test_a_real_page_that_is_not_read_says_why(name: str, source: str, advice: str, shared_data: Path) -> None:
    with pytest.raises(Refused, match="the table") as refused:
        SOURCES[source].parse((shared_data / "gacc_real" / name).read_bytes(), name)
    assert advice in refused.value.advice


@pytest.mark.shared
def test_countries_of_a_real_bulletin_of_which_most_rows_were_cut_off(shared_data: Path, tmp_path: Path) -> None:
    data = (shared_data / "gacc_real" / "bulletin_02_countries_2026-01_usd_CUT.html").read_bytes()
    release = read(data, tmp_path, "gacc_bulletin")
    found = {
        (flow, partner): value for flow, partner, value in release.detail.select("flow", "partner", "value").rows()
    }
    assert (found["export", "WLD"], found["import", "BHR"], found["export", "PRK"]) == (
        356_699_626_000,
        46_443_000,
        192_174_000,
    )
    assert len(found) == release.detail.height == 20
    assert set(release.detail["period_end"]) == {date(2026, 1, 31)}
    assert release.findings.filter(severity="error")["check"].to_list() == ["continents_differ"]


@pytest.mark.shared
def test_every_partner_of_the_real_page_of_countries(shared_data: Path, tmp_path: Path) -> None:
    file = shared_data / "gacc_bulletin" / "by_country_2025_01-02_cny.html"
    rows = [
        row
        for row in _cells(file.read_text(encoding="utf-8"))
        if len(row) == 7 and row[1][:1].isdigit() and "to" not in row[1]
    ]
    assert len(rows) == 30
    groups = ("European Union", "ASEAN", "Latin America", "Africa", "Regional", "Jointly")
    expected = [
        Fraction(row[column].replace(",", "")) * 10**8
        for row in rows
        if not row[0].startswith(groups)
        for column in (2, 3)
    ]
    detail = read(file.read_bytes(), tmp_path).detail
    assert sorted(detail["value"]) == sorted(expected)
    assert set(detail["period_end"]) == {date(2025, 2, 28)}


def _sheet(rows: Sequence[Sequence[str]]) -> list[list[str | float | None]]:
    """The attachment of a page: merged cells are empty but for the first, numbers are numbers."""
    header: list[list[str | float | None]] = [
        [TITLE],
        ["Unit: CNY 100 Million"],
        ["Commodity", "Quantity Unit"],
        [None, None],
    ]
    for span in SPANS:
        header[2] += [span, None]
        header[3] += ["Quantity", "Value"]
    return [
        *header,
        *([_number(cell) for cell in row] for row in rows),
        ['Note: "Agricultural products*" include others.'],
    ]


def _number(cell: str) -> str | float:
    plain = cell.replace(",", "")
    return float(plain) if plain.lstrip("-").replace(".", "", 1).isdecimal() else cell


def test_an_attachment_that_is_damaged_or_of_something_else_is_refused() -> None:
    assert rule_of(workbook(_sheet(GOODS))[:3_000]) == "unreadable workbook"
    assert rule_of(workbook([["a", "b"], [1.0, 2.0]])) == "table not read"


def test_both_currencies_are_one_release_twice_and_the_quantity_counts_once(tmp_path: Path) -> None:
    """Two editions of one release, each a file of its own: the ledger has each quantity once and both values."""
    yuan, dollars = (
        read(goods(), tmp_path / "cny"),
        read(goods(title=TITLE.replace("CNY", "USD"), unit="Unit: USD 1 Million"), tmp_path / "usd"),
    )
    both = ledger.merge(
        Detail.validate(pl.concat([yuan.detail, dollars.detail])),
        Release.validate(pl.concat([yuan.release, dollars.release])),
    )
    now = both.filter(
        pl.col("known_until").is_null(),
        product="line:rare_earths",
        period_end=date(2025, 5, 31),
        period_start=date(2025, 5, 1),
    )
    assert sorted(now.select("measure", "value").rows()) == [
        ("quantity_kg", 5_864_600),
        ("value_cny", 130_000_000),
        ("value_usd", 1_300_000),
    ]
