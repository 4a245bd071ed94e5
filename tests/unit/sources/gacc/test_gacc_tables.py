"""Tables on customs' pages: title, unit line and header; rows, notes and lost numbers; the lines and partners that
labels mean."""

from datetime import date

import pytest

from tasks.domain.errors import Refused
from tasks.sources.gacc.gacc_records import lines_of, partners_of
from tasks.sources.gacc.gacc_rows import (
    Row,
    doubt_balance,
    doubt_cells,
    doubt_growth,
    doubt_unread,
    read_rows,
    records_of,
    refuse_unread,
    without_other_twins,
)
from tasks.sources.gacc.gacc_tables import (
    GROWTHS,
    UNITS,
    Heading,
    PrintedColumn,
    day_of,
    read_columns,
    read_heading,
    read_title,
)

MAY = Heading("China's Major Exports", 5, 2025, "CNY 100 million", date(2025, 6, 10))


@pytest.mark.parametrize(
    ("title", "unit", "day", "heading"),
    [
        (
            "(5) Exports, May 2025 (in CNY)",
            "Unit: CNY 100 Million",
            "2025/06/10",
            Heading("Exports", 5, 2025, "CNY 100 million", date(2025, 6, 10)),
        ),
        (
            "(4)\xa0By Country,  Jan.-Feb. 2026 (in USD)",
            "Unit：US$1,000",
            "9/3/2026",
            Heading("By Country", 2, 2026, "USD 1000", date(2026, 3, 9)),
        ),
        (
            "(4) By Country, January to February 2026（in USD）",
            "Unit:USD1 Million",
            "2026-03-09",
            Heading("By Country", 2, 2026, "USD million", date(2026, 3, 9)),
        ),
        ("Exports, December 2025", "Unit:RMB￥10,000", "no day", Heading("Exports", 12, 2025, "CNY 10000", None)),
        (
            "（13）Exports,1-7.2026",
            "Unit:US$1,000",
            "2026/08/18",
            Heading("Exports", 7, 2026, "USD 1000", date(2026, 8, 18)),
        ),
        (
            "（2）By Country （Region）,1.2026",
            "Unit: 1,000 US Dollars",
            "",
            Heading("By Country (Region)", 1, 2026, "USD 1000", None),
        ),
        ("(13) Exports, 2026.1-11", "(Unit: 10,000 Yuan)", "", Heading("Exports", 11, 2026, "CNY 10000", None)),
        (
            "(4) By Country, May 2019 (in CNY)",
            "Value Unit: CNY 100 Million",
            "",
            Heading("By Country", 5, 2019, "CNY 100 million", None),
        ),
        ("(13) Exports, 1-1.2022", "Unit of value: US$1,000", "", Heading("Exports", 1, 2022, "USD 1000", None)),
        (
            "Exports, Sept. 2025 (in USD)",
            "Unit: USD Million",
            "2025/13/45",
            Heading("Exports", 9, 2025, "USD million", None),
        ),
    ],
)
def test_headings(title: str, unit: str, day: str, heading: Heading) -> None:
    assert read_heading(title, unit, day, "f") == heading


@pytest.mark.parametrize(
    ("title", "unit", "rule"),
    [
        ("Exports (in CNY)", "Unit: CNY 100 Million", "title"),
        ("Exports, Mai 2025", "Unit: CNY 100 Million", "title"),
        ("Exports,1-13.2026", "Unit: CNY 100 Million", "title"),
        ("Exports,7-1.2026", "Unit: CNY 100 Million", "title"),
        ("Exports, Q2 2026", "Unit: CNY 100 Million", "title"),
        ("Exports, May 2025", "in yuan", "unit line"),
        ("Exports, May 2025", "Unit: 100 Million", "unit line"),
        ("Exports, May 2025", "Unit: CNY 100 Dozen", "unit line"),
        ("Exports, May 2025", "", "unit line"),
        ("Exports, May 2025 (in CNY)", "Unit: USD 1 Million", "currency"),
        ("Exports, May 2025", "Unit: CNY 7", "currency"),
        ("Exports, May 2025", "Unit: USD CNY 1 Million", "currency"),
    ],
)
def test_headings_that_cannot_be_read_or_name_two_currencies_are_refused(title: str, unit: str, rule: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_heading(title, unit, "", "f")
    assert refusal.value.rule == rule


def columns_of(
    *cells: tuple[str, ...], heading: Heading = MAY
) -> tuple[list[PrintedColumn | None], list[tuple[str, str]]]:
    header = [["Commodity", *texts] for texts in zip(*cells, strict=True)]
    columns, doubts = read_columns(header, heading, "f")
    return columns, [(doubt["check"], doubt["severity"]) for doubt in doubts]


MONTH, SO_FAR, BEFORE = "2025-05", "2025-01..2025-05", "2024-01..2024-05"


@pytest.mark.parametrize(
    ("above", "below", "column"),
    [
        ("5", "Quantity", PrintedColumn(MONTH, "quantity")),
        ("May", "Value", PrintedColumn(MONTH, "value")),
        ("05", "QTY", PrintedColumn(MONTH, "quantity")),
        *(
            (text, "Value", PrintedColumn(SO_FAR, "value"))
            for text in (
                "1-5 Total",
                "1-5\xa0Total",
                "1to5",
                "1- to-5",
                "1–5",
                "Jan.-May",
                "Jan to May",
                "01-05",
                "1-5 Total, 2025",
            )
        ),
        *(
            (text, "Value", PrintedColumn(BEFORE, "value"))
            for text in ("1-5 Total, 2024", "1-5\xa0Total,2024", "1to5 2024", "Jan-May 2024")
        ),
        ("Exports", "1-to-5", PrintedColumn(SO_FAR, "export")),
        ("Import", "5", PrintedColumn(MONTH, "import")),
        ("Total", "5", PrintedColumn(MONTH, "both")),
        ("Export & Import", "1to5", PrintedColumn(SO_FAR, "both")),
        ("Quantity\nUnit", "Quantity\nUnit", PrintedColumn(UNITS, "")),
        ("QTY Unit", "QTY Unit", PrintedColumn(UNITS, "")),
        ("Percentage Change", "Value", PrintedColumn(GROWTHS, "value")),
        ("1-5 Total, Year-On-Year(%)\xa0", "Quantity", PrintedColumn(GROWTHS, "quantity")),
    ],
)
def test_a_column_is_known_by_its_header_however_it_is_written(above: str, below: str, column: PrintedColumn) -> None:
    other = ("5", "Value") if column.what != "value" or column.months != MONTH else ("5", "Quantity")
    assert columns_of((above, below), other)[0][0] == column


@pytest.mark.parametrize("strange", [("Mood", "Value"), ("5", "Mood"), ("4-5", "Value"), ("13", "Value")])
def test_a_column_that_is_not_understood_is_left_out_and_named(strange: tuple[str, str]) -> None:
    columns, doubts = columns_of(strange, ("1-5 Total", "Value"))
    assert columns == [None, PrintedColumn(SO_FAR, "value")]
    assert doubts == [("column_not_read", "warning")]


def test_a_wrong_year_before_is_doubted_and_not_read() -> None:
    columns, doubts = columns_of(("1-5 Total", "Value"), ("1-5 Total, 2023", "Quantity"), ("1-5 Total, 2023", "Value"))
    assert columns == [PrintedColumn(SO_FAR, "value"), None, None]
    assert doubts == [("printed_year", "warning")] * 2


@pytest.mark.parametrize(
    ("months", "day", "rule"),
    [
        # On 10 June the newest month is May, so the header was left from April; or the title was.
        (("4", "1-4 Total"), date(2025, 6, 10), "header_month"),
        (("4", "1-4 Total"), date(2025, 5, 10), "header of another month"),
        (("4", "1-4 Total"), None, "header of another month"),
        (("6", "1-6 Total"), date(2025, 7, 14), "header of another month"),
        (("5", "1-4 Total"), date(2025, 6, 10), "header of another month"),
        (("5", "1-5 Total"), date(2025, 6, 10), ""),
    ],
)
def test_months_of_header_and_title_that_contradict_one_another(
    months: tuple[str, str], day: date | None, rule: str
) -> None:
    cells = [(month, "Value") for month in months]
    if rule == "header of another month":
        with pytest.raises(Refused) as refusal:
            columns_of(*cells, heading=MAY._replace(day=day))
        assert refusal.value.rule == rule
        assert "again" not in refusal.value.advice
        return
    columns, doubts = columns_of(*cells, heading=MAY._replace(day=day))
    assert columns == [PrintedColumn(MONTH, "value"), PrintedColumn(SO_FAR, "value")]
    assert doubts == ([(rule, "error")] if rule else [])


def test_in_january_the_month_and_the_year_to_date_are_one_span() -> None:
    january = MAY._replace(last=1, day=date(2025, 2, 14))
    columns, doubts = columns_of(("1", "Value"), ("1-1 Total", "Value"), heading=january)
    assert (columns, doubts) == ([PrintedColumn("2025-01", "value")] * 2, [])


@pytest.mark.parametrize("cells", [(("Mood", "Value"),), (("Unit", "Unit"),)])
def test_a_header_without_figures_is_refused(cells: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Refused) as refusal:
        columns_of(*cells)
    assert refusal.value.rule == "header"


def test_growths_that_the_page_has_no_figures_for_are_named_as_not_read() -> None:
    growth = [("Percentage Change", "Quantity"), ("Percentage Change", "Value")]
    _, doubts = read_columns([["", *texts] for texts in zip(("5", "Value"), *growth, strict=True)], MAY, "f")
    assert [doubt["observed"] for doubt in doubts] == [
        "2 columns of growth: Percentage Change / Quantity; Percentage Change / Value"
    ]
    before = ("1-5 Total, 2024", "Value")
    assert columns_of(("5", "Value"), before, *growth)[1] == []


COLUMNS = [
    PrintedColumn(UNITS, ""),
    PrintedColumn("2025-05", "quantity"),
    PrintedColumn("2025-05", "value"),
    PrintedColumn(SO_FAR, "value"),
    None,
    PrintedColumn(GROWTHS, "value"),
]
TOYS = ["\xa0Toys\x03", "Ton", "1.0\xa0", "2.0", "9.0", "x", "3.1"]


def rows_of(*rows: list[str]) -> tuple[list[Row], list[str]]:
    return read_rows([["head"], *rows], 1, COLUMNS)


@pytest.mark.parametrize(
    "note",
    [
        ["Note: all 7 lines"] * 7,
        ["  2. For the scope see 5"] * 7,
        ["3. More", *[""] * 6],
        ["", *["4. More"] * 6],
        ["5.", *["More 6"] * 6],
        ["Note", "-", *[""] * 5],
        ["Asia:", *[""] * 6],
    ],
)
def test_rows_of_text_are_notes_wherever_they_stand(note: list[str]) -> None:
    rows, notes = rows_of(TOYS, note, TOYS)
    assert [(row.number, row.label, row.fault) for row in rows] == [(1, "Toys", ""), (3, "Toys", "")]
    assert len(notes) == 1
    assert rows_of(["", *["\xa0"] * 6]) == ([], [])


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (["Toys", "5.1", "2", "3", "4", "5", "6"], "the number 5.1 where the unit should stand"),
        (["Toys", "—", "2", "-", "4", "5", "6"], "the quantity 2 and no unit"),
        (["Toys", "", "2", "", "4", "5", "6"], "the quantity 2 and no unit"),
        (["Toys", "Ton", "two", "3", "four", "5", "6"], "'two' where a number should stand"),
        (["Toys", "", "Ton", "2", "3", "4", "5"], "'Ton' where a number should stand"),
        (["Toys", "Ton", "2"], "3 cells where the header has 7"),
        (["Toys", "Ton", "2", "3", "4", "5", "6", "7"], "8 cells where the header has 7"),
    ],
)
def test_a_row_that_has_slipped_against_the_header_is_set_aside_whole(row: list[str], fault: str) -> None:
    (found,), _ = rows_of(row)
    assert found.fault == fault
    made = list(records_of(found, COLUMNS, MAY, ("quantity", "value"), product="line:toys"))
    assert made == [{"product": "line:toys", "record": 1, "period": "2025-05", "value": " | ".join(found.cells)}]
    assert [doubt["observed"] for doubt in doubt_unread([found], "f")] == [fault]


MONEY = {"record": 1, "currency": "CNY 100 million"}
MASS = {"record": 1, "period": "2025-05", "quantity_unit": "Ton"}


@pytest.mark.parametrize(
    "cell",
    ["####", "############", "#REF!", "*REF!", "#VALUE!", "#DIV/0!", "#N/A", "#NAME?", "two", "2,00", "1.2.3", "2 3"],
)
def test_a_cell_without_a_number_costs_itself(cell: str) -> None:
    (found,), _ = rows_of(["Toys", "Ton", cell, "3", "4", "any", "##"])
    assert found.fault == ""
    assert list(records_of(found, COLUMNS, MAY, ("quantity", "value"))) == [
        MASS | {"quantity": cell},
        MONEY | {"period": "2025-05", "value": "3"},
        MONEY | {"period": SO_FAR, "value": "4"},
    ]
    (doubt,) = doubt_cells([found], COLUMNS, ("quantity", "value"), "f")
    assert doubt["observed"] == f"1 cell without a number: '{cell}' in row 1 (Toys)"
    assert not list(doubt_cells([found], COLUMNS, ("value",), "f")), "of the columns that are used alone"


@pytest.mark.parametrize("unit", ["", "-", "—", "Kangaroos", "10000TT"])
def test_a_unit_that_nobody_knows_costs_the_quantities_of_its_line(unit: str) -> None:
    (found,), _ = rows_of(["Toys", unit, "2", "3", "4", "", ""])
    made = list(records_of(found, COLUMNS, MAY, ("quantity", "value")))
    assert found.fault == ""
    assert [record["value"] for record in made if "value" in record] == ["3", "4"]
    assert [record["quantity"] for record in made if "quantity" in record] == ["2"]


def test_a_cell_is_read_in_full_width_letters_and_blank_cells_at_the_end_of_a_row_are_none() -> None:
    (found,), _ = rows_of(["Toys", "１００００Ｔ", "１，２３４．５", "－", "９．０", "", "−3.1", "", " "])
    assert found.cells == ["10000T", "1,234.5", "-", "9.0", "-", "-3.1"]
    assert found.fault == ""


JANUARY = [PrintedColumn("2022-01", "value"), PrintedColumn("2022-01", "quantity"), PrintedColumn("2022-01", "value")]


def test_two_columns_of_the_same_months_are_read_once_and_one_number_helps_the_other_that_is_lost() -> None:
    found = [Row(at, "a", ["7", "1", "7"]) for at in range(20)] + [Row(20, "b", ["####", "1", "8"])]
    columns, doubts = without_other_twins(JANUARY, found, "f")
    assert (columns, doubts) == (JANUARY, [])
    assert [record["value"] for row in found[-2:] for record in records_of(row, JANUARY, MAY, ("value",))] == ["7", "8"]


def test_two_columns_of_the_same_months_that_differ_cost_the_number_or_where_they_often_do_themselves() -> None:
    same, other = Row(1, "a", ["7", "1", "7"]), Row(2, "b", ["7", "1", "8"])
    columns, (doubt,) = without_other_twins(JANUARY, [*[same] * 19, other], "f")
    assert columns == JANUARY
    assert doubt["observed"] == "2 columns of value, 2022-01, which differ in 1 row"
    assert [record["value"] for record in records_of(other, JANUARY, MAY, ("value",))] == ["7 | 8"]
    columns, (doubt,) = without_other_twins(JANUARY, [same, other], "f")
    assert columns == [None, JANUARY[1], None]
    with pytest.raises(Refused) as refusal:
        without_other_twins([JANUARY[0]] * 2, [Row(1, "a", ["7", "8"])], "f")
    assert refusal.value.rule == "header"


@pytest.mark.parametrize(("bad", "is_refused"), [(0, False), (2, False), (3, True), (20, True)])
def test_a_page_with_many_such_rows_is_refused(bad: int, *, is_refused: bool) -> None:
    rows, _ = rows_of(*[["Toys", "5.1", *TOYS[2:]]] * bad, *[TOYS] * (20 - bad))
    if not is_refused:
        refuse_unread(rows, "f")
        return
    with pytest.raises(Refused, match=rf"{bad} such rows of 20"):
        refuse_unread(rows, "f")


def test_a_record_for_each_span_and_one_of_its_own_for_what_cannot_be_read() -> None:
    money, common = {"currency": "CNY 100 million"}, {"record": 1}

    def made(*cells: str, words: tuple[str, ...] = ("quantity", "value")) -> list[dict[str, object]]:
        (row,), _ = rows_of(["Toys", *cells])
        return list(records_of(row, COLUMNS, MAY, words))

    whole = {"period": "2025-05", "quantity": "1.0", "quantity_unit": "Ton", "value": "2.0"}
    so_far = common | money | {"period": SO_FAR, "value": "9.0"}
    assert made("Ton", "1.0", "2.0", "9.0", "", "") == [common | money | whole, so_far]
    assert made("Ton", "1.0", "2.0", "-", "", "", words=("value",)) == [
        common | money | {"period": "2025-05", "value": "2.0"}
    ]
    lost = common | {"period": "2025-05", "quantity": "####", "quantity_unit": "Ton"}
    assert made("Ton", "####", "2.0", "-", "", "") == [lost, common | money | {"period": "2025-05", "value": "2.0"}]
    strange = common | {"period": "2025-05", "quantity": "1.0", "quantity_unit": "Kangaroos"}
    assert made("Kangaroos", "1.0", "-", "9.0", "", "") == [strange, so_far]
    assert made("-", "-", "-", "-", "", "3.0") == []


THREE = [
    PrintedColumn("2025-01..2025-05", "value"),
    PrintedColumn("2024-01..2024-05", "value"),
    PrintedColumn(GROWTHS, "value"),
]
BALANCE = [PrintedColumn("2025-05", what) for what in ("both", "export", "import")]


@pytest.mark.parametrize(
    ("now", "before", "growth", "severity"),
    [
        # 12.1 on 15.1 is -19.87 %; with rounded digits from -20.5 to -19.3 %.
        ("12.1", "15.1", "-19.9", None),
        ("12.1", "15.1", "-20.4", None),
        ("12.1", "15.1", "-20.6", "error"),
        ("12.1", "15.1", "19.9", "error"),
        ("12.1", "0.0", "500", None),
        ("-", "15.1", "1", None),
        ("12.1", "####", "1", None),
    ],
)
def test_a_growth_that_its_two_figures_cannot_have(now: str, before: str, growth: str, severity: str | None) -> None:
    found = list(doubt_growth([Row(3, "Rare earth", [now, before, growth])], THREE, MAY, "f"))
    assert [doubt["severity"] for doubt in found] == ([severity] if severity else [])


def test_one_wrong_growth_among_many_is_a_warning_and_a_row_that_is_set_aside_is_none() -> None:
    rows = [Row(place, "a", ["2.0", "1.0", "100"]) for place in range(9)] + [Row(9, "b", ["2.0", "1.0", "-50"])]
    assert [doubt["severity"] for doubt in doubt_growth(rows, THREE, MAY, "f")] == ["warning"]
    assert not list(doubt_growth([rows[-1]._replace(fault="slipped")], THREE, MAY, "f"))
    assert not list(doubt_growth(rows, THREE[:2], MAY, "f"))


@pytest.mark.parametrize(
    ("cells", "severity"),
    [
        (["5.0", "3.0", "2.0"], None),
        (["5.1", "3.0", "2.0"], None),
        (["5.2", "3.0", "2.0"], "error"),
        (["3.0", "5.0", "2.0"], "error"),
        (["-", "3.0", "2.0"], None),
        (["7", "3.4", "3.0"], None),
    ],
)
def test_exports_and_imports_that_do_not_add_up(cells: list[str], severity: str | None) -> None:
    found = list(doubt_balance([Row(1, "India", cells)], BALANCE, "f"))
    assert [doubt["severity"] for doubt in found] == ([severity] if severity else [])


TOO = "another row of the page means the same line, "


def rows(*labels: str) -> list[Row]:
    return [Row(number, label, []) for number, label in enumerate(labels, 1)]


@pytest.mark.parametrize(
    ("label", "product", "unit"),
    [
        ("RARE EARTH", "rare_earths", "Ton"),
        ("Rare-earth ore, metals, compounds", "rare_earths", "Ton"),
        ("Rare-earth ore,metals , compounds", "rare_earths", "Ton"),
        ("Mechanical and electrical products *", "mechanical_and_electrical_products", ""),
        ("Footwear", "footwear", "100 Million Pairs"),
        (
            "Motor vehicles（including chassis fitted with engines)\xa0",
            "motor_vehicles_including_chassis_fitted_with_engines",
            "",
        ),
        ("Plastic articles", "plastic_products", ""),
        ("Medical and pharmaceutical products", "medical_and_pharmaceutical_products", ""),
        (
            "Medicinal materials and medicaments of Chinese type",
            "medicinal_materials_and_medicaments_of_chinese_type",
            "",
        ),
    ],
)
def test_a_line_is_known_by_each_of_its_labels(label: str, product: str, unit: str) -> None:
    marked, products, units, doubts = lines_of(rows(label), MAY, "f")
    assert (products, units, doubts, marked[0].fault) == ([f"line:{product}"], [unit], [], "")


@pytest.mark.parametrize(
    ("labels", "products", "faults", "severity"),
    [
        (["Toys", "Ships", "Kites"], ["toys", "ships", "kites"], ["", "", ""], "warning"),
        (["Wool & Silk*", "Wool & Silk"], ["wool_silk_all", "wool_silk"], ["", ""], "info"),
        (["Toys", "Toys"], ["toys", "toys"], [f"{TOO}line:toys"] * 2, None),
        (
            ["Rare earth", "Toys", "Rare-earth ore, metals, compounds"],
            ["rare_earths", "toys", "rare_earths"],
            [f"{TOO}line:rare_earths", "", f"{TOO}line:rare_earths"],
            None,
        ),
        (
            ["Hi-tech products", "Toys"],
            ["hi_tech_products", "toys"],
            ["the label is not known, and line:hi_tech_products is another line", ""],
            None,
        ),
        (["稀土", "Toys"], ["", "toys"], ["the label is not known, and line: is another line", ""], None),
    ],
)
def test_a_new_label_is_a_line_of_its_own_and_one_that_would_be_another_line_is_set_aside(
    labels: list[str], products: list[str], faults: list[str], severity: str | None
) -> None:
    marked, found, _, doubts = lines_of(rows(*labels), MAY, "f")
    assert (found, [row.fault for row in marked]) == ([f"line:{product}" for product in products], faults)
    assert [doubt["severity"] for doubt in doubts] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("TOTAL", "Total", "total"),
        ("European Union", "European Union", "group"),
        ("EU", "EU", "group"),
        ("APEC", "APEC", "group"),
        ("RCEP", "RCEP", "group"),
        ("BRI", "BRI", "group"),
        ("Countries（Territories）Unknown", "Countries (Territories) Unknown", "residual"),
        ("of which: Germany", "Germany", "country"),
        ("India", "India", "country"),
        ("Hong Kong，China", "Hong Kong, China", "country"),
        ("Cote d'Ivoire", "Côte d'Ivoire", "country"),
        ("Asia:", "Asia", "group"),
        ("Atlantis:", "Atlantis:", "group"),
        ("Africa：", "Africa", "group"),
        ("Democratic People's Republic of Korea", "Korea, DPR", "country"),
        ("Republic of Korea", "R. O. Korea", "country"),
        ("Viet Nam", "Vietnam", "country"),
        ("Lao PDR", "Lao PDR", "country"),
        ("Countries(reg.) unknown", "Countries(reg.) unknown", "residual"),
        ("Atlantis", "", ""),
        ("", "", ""),
    ],
)
def test_a_partner_is_known_by_each_of_its_names(name: str, code: str, kind: str) -> None:
    marked, codes, kinds = partners_of(rows(name))
    assert (codes, kinds) == ([code], [kind])
    assert bool(marked[0].fault) is not bool(code)


def test_two_names_of_one_partner_are_both_set_aside() -> None:
    marked, *_ = partners_of(rows("Viet Nam", "India", "of which: Vietnam", "Atlantis", "Mu", "Africa:", "Africa:"))
    assert [row.fault[:16] for row in marked] == [
        "another row of t",
        "",
        "another row of t",
        *["no partner of sc"] * 2,
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "title", "kind", "day"),
    [
        # Old pages print the month first, whose day could be a month, too.
        ("06/10/2019", "(1) Trade, May 2019", "preliminary", date(2019, 6, 10)),
        ("06/10/2019", "(1) Trade, September 2019", "preliminary", date(2019, 10, 6)),
        ("10/06/2019", "(1) Trade, May 2019", "preliminary", date(2019, 6, 10)),
        ("01/12/2018", "(13) Trade, 1-12.2017", "bulletin", date(2018, 1, 12)),
        ("06/23/2019", "(13) Trade, 1-5.2019", "bulletin", date(2019, 6, 23)),
        ("23/06/2019", "(13) Trade, 1-5.2019", "bulletin", date(2019, 6, 23)),
        # Republished: neither is near, and the first that the month allows is as good.
        ("03/04/2020", "(13) Trade, 1-5.2019", "bulletin", date(2020, 3, 4)),
        ("2019/06/10", "(1) Trade, May 2019", "preliminary", date(2019, 6, 10)),
        # The calendar has 9 June 2025 and 18 June 2025 for May.
        ("07/06/2025", "(1) Trade, May 2025", "preliminary", date(2025, 6, 7)),
        ("31/31/2019", "(1) Trade, May 2019", "preliminary", None),
        ("soon", "(1) Trade, May 2019", "preliminary", None),
    ],
)
def test_the_day_of_a_page_is_read_by_the_calendar_of_its_release(
    text: str, title: str, kind: str, day: date | None
) -> None:
    assert day_of(text, read_title(title), kind) == day


def test_a_day_without_a_release_has_its_month_first() -> None:
    assert day_of("06/10/2019") == date(2019, 6, 10)


@pytest.mark.parametrize(
    "text",
    ["2025年6月9日", "June 9, 2025", "9 June 2025", "Jun. 9 2025", "09-Jun-2025", "Published:\xa09th June 2025 10:30"],
)
def test_a_day_in_words_is_read(text: str) -> None:
    assert day_of(text) == date(2025, 6, 9)


@pytest.mark.parametrize(
    "text", ["June 2025", "9 Moon 2025", "31 June 2025", "9 June 2025 and 10 June 2025", "May 2025, 9"]
)
def test_what_is_no_one_day_in_words_is_none(text: str) -> None:
    assert day_of(text) is None
