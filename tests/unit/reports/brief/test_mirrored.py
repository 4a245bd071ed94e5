"""What a brief says of the other side of its trade: a table and a chart of each partner with a store beside, in both languages."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets
from comtrade_answers import answer as comtrade
from comtrade_answers import row

from schemas import settings
from schemas.forms.brief import Facts
from tasks.reports.brief import render, wording
from tasks.reports.brief.facts import gather
from tasks.reports.brief.mirrored import mirrored
from tasks.reports.mirror.verdicts import REASONS
from tasks.reports.page_templates import LANGUAGES
from tasks.reports.query import open_published
from tests.unit.reports.mirror.test_statements import of_germany, publish
from tests.unit.sources.test_eurostat_comext import MASS, VALUE

JUNE = date(2025, 6, 1)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """Magnets of China to Germany in three months, to Korea in one, where UN Comtrade speaks for Korea; France has no figure of them."""
    folder = tmp_path_factory.mktemp("other_side")
    sold = [magnets("304", "200000", "53,000", f"20250{month}") for month in (4, 5, 6)]
    sold.append(magnets("133", "100", "1,000", "202506"))
    publish(
        folder,
        "CHN",
        "china.csv",
        csv_bytes(sold),
        "gacc_query",
        flow="export",
        products=["850511"],
        months="2025-04..2025-06",
    )
    for month, mass in (("2025-04", "2000"), ("2025-05", "2000"), ("2025-06", "9000")):
        publish(
            folder,
            "DEU",
            f"{month}.csv",
            of_germany(month, ("CN", VALUE, "50000"), ("CN", MASS, mass)),
            "eurostat_comext",
        )
    bought = row("CHN", 1066.0, 100.0, reporterCode=410, partnerCode=156, flowCode="M")
    publish(folder, "KOR", "korea.json", comtrade(bought), "un_comtrade", flow="import", products=["850511"])
    publish(
        folder,
        "FRA",
        "france.csv",
        of_germany("2025-06", ("US", VALUE, "1"), ("US", MASS, "1"), reporter="FR"),
        "eurostat_comext",
        partners="listed",
    )
    (folder / "store" / "reporter=ESP").mkdir()
    store = folder / "store" / "reporter=CHN"
    return gather(open_published(store), store, "85051110", "export", JUNE, date(2026, 8, 20))


def test_each_partner_with_a_store_stands_beside_the_page_of_a_longer_code(facts: Facts) -> None:
    germany, korea = facts.mirror
    assert (germany.partner, germany.product, germany.measure) == ("DEU", "850511", "quantity_kg")
    assert (germany.sold[-3:], germany.bought[-3:]) == ([200_000] * 3, [200_000, 200_000, 900_000])
    assert germany.low[-3] == pytest.approx(180_000)
    assert germany.reasons[-3:] == ["agrees", "agrees", "unexplained"]
    assert (korea.withheld, korea.months) == (True, []), "UN Comtrade forbids to show its numbers to others"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_and_its_markdown_say_both_sides_and_withhold_what_they_must(facts: Facts, language: str) -> None:
    t, html, text = wording.texts(language), render.page(facts, language), render.markdown(facts, language)
    assert {*t["mirror_reasons"]} == {*REASONS}
    for page in (html, text):
        assert t["mirror"] in page
        assert t["mirror_reasons"]["unexplained"] in page
        assert t["mirror_withheld"] in page
        assert "1,066" not in page
    assert html.count('id="mirror-') == 2
    # A chart for each width of Germany alone.
    assert html.count(t["alt_mirror"].format(unit=wording.scale_name("t", language))) == 2


def test_with_permission_the_numbers_of_un_comtrade_are_shown_and_a_page_without_others_has_no_section(
    facts: Facts, sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.COMTRADE_PERMISSION, "letter of 3 August")
    assert (
        mirrored(Path(shutil.copytree(sample_store, tmp_path / "store", symlinks=True)), "85051110", "export", JUNE)
        == []
    )
    assert wording.texts("en")["mirror"] not in render.page(facts.model_copy(update={"mirror": []}))


def test_a_partner_that_says_zero_has_a_section_and_one_that_says_nothing_has_none(facts: Facts) -> None:
    germany = facts.mirror[0]
    for said, count in ((0.0, 1), (None, 0)):
        part = germany.model_copy(update={"bought": [said] * len(germany.bought)})
        assert render.page(facts.model_copy(update={"mirror": [part]})).count('id="mirror-') == count
