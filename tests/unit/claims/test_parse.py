"""What a claim says: its place, digits, unit and qualifier as people write them, and how places and numbers are written
back."""

from fractions import Fraction
from typing import Any

import pytest

from tasks.claims.parse import read_claim, read_qualifier
from tasks.claims.statement import describe, describe_changes, show_level, show_percent
from tasks.claims.units import read_unit
from tasks.domain.comparability import Change
from tasks.domain.errors import Unclear
from tasks.domain.reporter import Reporter
from tests.unit.claims.in_memory import JANUARY, claim, spot

ROW = {
    "commodity": "rare earth magnets",
    "flow": "export",
    "partner": "World",
    "period": "2025-06",
    "metric": "level_t",
    "value": "353",
    "unit": "t",
}


@pytest.mark.parametrize(
    ("commodity", "product"),
    [
        ("APT", "28418010"),
        ("仲钨酸铵", "28418010"),
        ("antimony oxide", "28258000"),
        ("Antimony Metal", "81101010"),
        ("未锻轧锑", "81101010"),
        ("Rare earth", "line:rare_earths"),
        ("Rare-earth ore, metals, compounds", "line:rare_earths"),
        ("稀土", "line:rare_earths"),
        ("Rare-earth ore, metals, compounds and articles thereof", "line:rare_earths_and_articles"),
        ("稀土及其制品", "line:rare_earths_and_articles"),
        ("Tungsten ores and articles", "line:tungsten_ores_and_articles"),
        ("钨品", "line:tungsten_ores_and_articles"),
    ],
)
def test_names_of_goods_and_of_the_lines_of_customs_are_known(commodity: str, product: str) -> None:
    assert read_claim(ROW | {"commodity": commodity}).spot.product == product


@pytest.mark.parametrize("column", ["commodity", "hs_code_if_stated"])
@pytest.mark.parametrize(
    ("code", "national", "product"),
    [
        ("8505111000", "HS8", "85051110"),
        ("8505110070", "HTS10", "8505110070"),
        ("010121000", "JP9", "010121000"),
        ("850511", "", "850511"),
    ],
)
def test_a_code_has_the_digits_of_the_reporters_list(column: str, code: str, national: str, product: str) -> None:
    assert read_claim(ROW | {column: code}, national).spot.product == product


@pytest.mark.parametrize(
    ("code", "product"),
    [
        ("8505.11.10", "85051110"),
        ("HS 8505 1110", "85051110"),
        ("n/a", "basket:rare_earth_magnets"),
        ("8505.11, 8505.19", None),
        ("85051110/85051190", None),
    ],
)
def test_two_codes_are_not_read_as_one(code: str, product: str | None) -> None:
    if product:
        assert read_claim(ROW | {"hs_code_if_stated": code}).spot.product == product
    else:
        with pytest.raises(Unclear, match="is not one code"):
            read_claim(ROW | {"hs_code_if_stated": code})


@pytest.mark.parametrize(
    ("metric", "value", "unit"),
    [
        ("value_usd", "75", "million dollars"),
        ("value_usd", "75", "US$ million"),
        ("value_usd", "0.75", "亿美元"),
        ("value_cny", "7500", "万元"),
        ("level_eur", "75", "million euros"),
        ("value_gbp", "75", "million pounds"),
        ("value_jpy", "0.75", "亿日元"),
    ],
)
def test_money_is_read_as_papers_write_it(metric: str, value: str, unit: str) -> None:
    stated = read_claim(ROW | {"flow": "出口", "metric": metric, "value": value, "unit": unit})
    assert stated.value * stated.unit_size == 75_000_000
    with pytest.raises(Unclear, match="not the currency"):
        read_claim(ROW | {"metric": "value_cny" if metric == "value_usd" else "value_usd", "unit": unit})


@pytest.mark.parametrize(
    ("metric", "unit", "measure", "kind"),
    [
        ("level", "t", "quantity_kg", "level"),
        ("Value", "million USD", "value_usd", "level"),
        ("level", "亿元", "value_cny", "level"),
        ("m/m", "%", "quantity_kg", "mom"),
        ("Y/Y %", "%", "quantity_kg", "yoy"),
        ("year-on-year", "percent", "quantity_kg", "yoy"),
        ("同比", "％", "quantity_kg", "yoy"),
        ("value y/y", "%", "value_usd", "yoy"),
        ("share (%)", "%", "quantity_kg", "share"),
        ("unit value", "USD/kg", "value_usd", "unit_value"),
        ("mom_pct", "%", "quantity_kg", "mom"),
    ],
)
def test_people_may_write_their_own_words_for_a_metric(metric: str, unit: str, measure: str, kind: str) -> None:
    stated = read_claim(ROW | {"period": "June 2025", "metric": metric, "unit": unit})
    assert (stated.spot.measure, stated.kind) == (measure, kind)


def test_a_qualifier_is_one_of_five_and_another_word_is_refused() -> None:
    assert [read_qualifier(word) for word in ("Nearly", "略高于", "more than", "unter", "ca.", "exactly", "")] == [
        "below",
        "slightly above",
        "above",
        "under",
        "about",
        "",
        "",
    ]
    with pytest.raises(Unclear, match="'perhaps' is no word before a number"):
        read_qualifier("perhaps")


@pytest.mark.parametrize(
    ("unit", "kind", "measure", "read"),
    [
        *((unit, "level", "quantity_kg", (kilograms, "level", "quantity_kg", unit))
            for unit, kilograms in (("t", 1000), ("Mt", 10**9), ("MT", 1000), ("mt", 1000), ("tonnes thousand", 10**6),
                ("thousand tonnes", 10**6), ("千吨", 10**6), ("million metric tons", 10**9), ("kg", 1), ("kt", 10**6),
                ("万吨", 10**7), ("MMT", 10**9))),
        *((unit, "level", measure, (size, "level", measure, unit))
            for unit, measure, size in (("USD million", "value_usd", 10**6), ("billion yuan", "value_cny", 10**9),
                ("亿元", "value_cny", 10**8), ("$", "value_usd", 1), ("£", "value_gbp", 1),
                ("亿日元", "value_jpy", 10**8))),
        *((unit, "unit_value", "quantity_kg", (kilograms, "unit_value", measure, unit))
            for unit, kilograms, measure in (("USD/t", 1000, "value_usd"), ("$ per kg", 1, "value_usd"),
                ("元/千克", 1, "value_cny"), ("RMB/tonne", 1000, "value_cny"), ("€ per kg", 1, "value_eur"))),
        ("X", "yoy", "quantity_kg", (1, "yoy_times", "quantity_kg", "times")),
        ("Fold", "mom", "quantity_kg", (1, "mom_times", "quantity_kg", "fold")),
        ("％", "share", "quantity_kg", (1, "share", "quantity_kg", "％")),
        ("", "yoy", "value_usd", (1, "yoy", "value_usd", "")),
        ("times", "share", "quantity_kg", "'times' is none for a growth, a share or a rate"),
        ("barrels", "level", "quantity_kg", "is none that we know for this figure"),
        ("t", "level", "value_usd", "not the currency of the metric value_usd"),
        ("MT", "level", "value_usd", "not the currency"),
        ("USD", "unit_value", "quantity_kg", "USD/t or USD/kg"),
        ("", "level", "quantity_kg", "''"),
    ],
)  # fmt: skip
def test_units_have_a_size_in_kilograms_or_money_and_others_are_refused_by_name(
    unit: str, kind: str, measure: str, read: Any
) -> None:
    if isinstance(read, tuple):
        assert read_unit(unit, kind, measure) == read
    else:
        with pytest.raises(Unclear, match=read):
            read_unit(unit, kind, measure)


@pytest.mark.parametrize(
    ("text", "digits", "steps"),
    [
        ("353", 3, [1]),
        ("350", 3, [1, 10]),
        ("300", 3, [1, 10]),
        ("3000", 4, [1, 10, 100]),
        ("10", 2, [1]),
        ("0", 0, [1]),
        ("350.0", 4, [Fraction(1, 10)]),
        ("0.035", 2, [Fraction(1, 1000)]),
        ("-9.0", 2, [Fraction(1, 10)]),
        ("-1200", 4, [1, 10, 100]),
    ],
)
def test_zeros_at_the_end_may_be_rounding_but_two_digits_stay(text: str, digits: int, steps: list[Fraction]) -> None:
    assert (claim(text).digits, claim(text).steps) == (digits, steps)


@pytest.mark.parametrize(
    ("value", "measure", "text"),
    [
        (353_000, "quantity_kg", "353 t"),
        (1, "quantity_kg", "0.001 t"),
        (0, "quantity_kg", "0 t"),
        (3_188_500, "quantity_kg", "3,188.5 t"),
        (99_999_999, "quantity_kg", "99,999.999 t"),
        (100_000_400, "quantity_kg", "100,000 t"),
        (20_121_000, "value_usd", "20.121 million USD"),
        (340_498, "value_usd", "340,498 USD"),
        (1200, "quantity_piece", "1,200 quantity_piece"),
        ("660.8", "%", "+660.8 %"),
        ("-38.125", "%", "-38.12 %"),
        ("0", "%", "+0.00 %"),
        ("100", "%", "+100.0 %"),
        ("99.99", "%", "+99.99 %"),
        ("-1234.56", "%", "-1,234.6 %"),
    ],
)
def test_levels_have_no_more_digits_than_they_need_and_growths_their_sign(value: Any, measure: str, text: str) -> None:
    assert (show_percent(Fraction(value)) if measure == "%" else show_level(Fraction(value), measure)) == text


CHINA, GERMANY = Reporter("CHN", "HS8"), Reporter("DEU", "CN8")
MARCH, JUNE = (Change(JANUARY + month - 1, f"change {month}", "table") for month in (3, 6))


@pytest.mark.parametrize(
    ("other", "reporter", "words"),
    [
        ({}, CHINA, "China's exports of 99999999 to XXX, June 2025"),
        ({"first": JANUARY, "flow": "import", "partner": "AFG"}, GERMANY,
            "Germany's imports of 99999999 from Afghanistan, 2025-01..2025-06"),
        ({"partner": "WLD", "product": "85051110"}, CHINA,
            "China's exports of Permanent magnets of rare earths (85051110), June 2025"),
        # The tables have no names of the codes of the Combined Nomenclature.
        ({"partner": "WLD", "product": "85051110"}, GERMANY, "Germany's exports of 85051110, June 2025"),
    ],
)  # fmt: skip
def test_places_in_words(other: dict[str, Any], reporter: Reporter, words: str) -> None:
    assert describe(spot("6", **other), reporter) == words


def test_the_first_three_changes_are_named_and_the_others_counted() -> None:
    five = [Change(JANUARY + month, "c", "s") for month in range(5)]
    assert [describe_changes(some) for some in ([], [MARCH])] == ["", "2025-03: change 3 (table)"]
    assert describe_changes(five[:3]) == "2025-01: c (s); 2025-02: c (s); 2025-03: c (s)"
    assert describe_changes(five).endswith("2025-03: c (s); 2 more")
