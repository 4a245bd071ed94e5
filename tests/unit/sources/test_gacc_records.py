"""Labels of customs' pages as lines, names as partners."""

import pytest

from tasks.sources.gacc_records import lines_of, partners_of
from tasks.sources.gacc_rows import Row
from tasks.sources.gacc_tables import Heading

MAY = Heading("Exports", 5, 2025, "CNY 100 million", None)
TOO = "another row of the page means the same line, "


def rows(*labels: str) -> list[Row]:
    return [Row(number, label, []) for number, label in enumerate(labels, 1)]


@pytest.mark.parametrize(
    ("label", "product", "unit"),
    [
        ("RARE EARTH", "rare_earths", "Ton"), ("Rare-earth ore, metals, compounds", "rare_earths", "Ton"), ("Rare-earth ore,metals , compounds", "rare_earths", "Ton"),
        ("Mechanical and electrical products *", "mechanical_and_electrical_products", ""), ("Footwear", "footwear", "100 Million Pairs"),
        ("Motor vehicles（including chassis fitted with engines)\xa0", "motor_vehicles_including_chassis_fitted_with_engines", ""), ("Plastic articles", "plastic_products", ""),
        ("Medical and pharmaceutical products", "medical_and_pharmaceutical_products", ""),
        ("Medicinal materials and medicaments of Chinese type", "medicinal_materials_and_medicaments_of_chinese_type", ""),
    ],
)  # fmt: skip
def test_a_line_is_known_by_each_of_its_labels(label: str, product: str, unit: str) -> None:
    marked, products, units, doubts = lines_of(rows(label), MAY, "f")
    assert (products, units, doubts, marked[0].fault) == ([f"line:{product}"], [unit], [], "")


@pytest.mark.parametrize(
    ("labels", "products", "faults", "severity"),
    [
        (["Toys", "Ships", "Kites"], ["toys", "ships", "kites"], ["", "", ""], "warning"),
        (["Wool & Silk*", "Wool & Silk"], ["wool_silk_all", "wool_silk"], ["", ""], "info"),
        (["Toys", "Toys"], ["toys", "toys"], [f"{TOO}line:toys"] * 2, None),
        (["Rare earth", "Toys", "Rare-earth ore, metals, compounds"], ["rare_earths", "toys", "rare_earths"], [f"{TOO}line:rare_earths", "", f"{TOO}line:rare_earths"], None),
        (["Hi-tech products", "Toys"], ["hi_tech_products", "toys"], ["the label is not known, and line:hi_tech_products is another line", ""], None),
        (["稀土", "Toys"], ["", "toys"], ["the label is not known, and line: is another line", ""], None),
    ],
)  # fmt: skip
def test_a_new_label_is_a_line_of_its_own_and_one_that_would_be_another_line_is_set_aside(
    labels: list[str], products: list[str], faults: list[str], severity: str | None
) -> None:
    marked, found, _, doubts = lines_of(rows(*labels), MAY, "f")
    assert (found, [row.fault for row in marked]) == ([f"line:{product}" for product in products], faults)
    assert [doubt["severity"] for doubt in doubts] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("TOTAL", "Total", "total"), ("European Union", "European Union", "group"), ("of which: Germany", "Germany", "country"), ("India", "India", "country"),
        ("Hong Kong，China", "Hong Kong, China", "country"), ("Cote d'Ivoire", "Côte d'Ivoire", "country"), ("Asia:", "Asia", "group"), ("Atlantis:", "Atlantis:", "group"), ("Africa：", "Africa", "group"),
        ("Democratic People's Republic of Korea", "Korea, DPR", "country"), ("Republic of Korea", "R. O. Korea", "country"), ("Viet Nam", "Vietnam", "country"),
        ("Lao PDR", "Lao PDR", "country"), ("Countries(reg.) unknown", "Countries(reg.) unknown", "residual"),
        ("Atlantis", "", ""), ("", "", ""),
    ],
)  # fmt: skip
def test_a_partner_is_known_by_each_of_its_names(name: str, code: str, kind: str) -> None:
    marked, codes, kinds = partners_of(rows(name))
    assert (codes, kinds) == ([code], [kind])
    assert bool(marked[0].fault) is not bool(code)


def test_two_names_of_one_partner_are_both_set_aside() -> None:
    marked, *_ = partners_of(rows("Viet Nam", "India", "of which: Vietnam", "Atlantis", "Mu", "Africa:", "Africa:"))
    assert [row.fault[:16] for row in marked] == ["another row of t", "", "another row of t", *["no partner of sc"] * 2, "", ""]  # fmt: skip
