"""Names of partners, products and months."""

import pytest

from tasks.domain.labels import partner_name, product_name, product_names


@pytest.mark.parametrize(
    ("partner", "name"),
    [("WLD", "World"), ("EU27", "EU27"), ("AFG", "Afghanistan"), ("gacc:998", "gacc:998"), ("XXX", "XXX"), ("", "")],
)
def test_a_partner_has_its_name_or_else_its_key(partner: str, name: str) -> None:
    assert partner_name(partner) == name


def test_a_product_has_the_names_of_the_first_table_that_has_it() -> None:
    assert product_names("25041010") == ("Natural graphite in flakes", "磷片天然石墨")
    assert product_names("01") == ("Live animals", "活动物")
    assert product_names("basket:antimony") == ("Antimony", "锑")


@pytest.mark.parametrize(
    ("product", "name"),
    [("01", "Live animals (01)"), ("basket:antimony", "Antimony (basket:antimony)"), ("99999999", "99999999")],
)
def test_the_name_of_a_product_names_its_code(product: str, name: str) -> None:
    assert product_name(product) == name
