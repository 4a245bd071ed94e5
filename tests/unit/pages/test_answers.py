"""Pages and pictures are answers with rows: what stands on them."""

import html
import re
from datetime import date
from pathlib import Path

import pytest

from schemas.questions.brief import Brief
from schemas.questions.plot import Plot
from tasks.domain.errors import NoFigure
from tasks.pages.brief.answer import brief
from tasks.pages.charts.picture import plot
from tests.unit.mirror_stores import OF_MAGNETS, china_and_germany
from tests.unit.published_stores import publish
from tests.unit.sources.census import us_census_answers as us_census


def test_a_brief_has_its_figures_as_rows(sample_store: Path, tmp_path: Path) -> None:
    answer = brief(Brief("magnets", "June 2025", store=sample_store))
    us = answer.rows.filter(partner="USA", figure="level")["value"].to_list()
    assert "353000.0" in us
    assert answer.page.name == "brief-basket-rare_earth_magnets-export-2025-06-en"
    assert answer.page.save(tmp_path / "june.html").read_text(encoding="utf-8") == answer.page.html
    assert (tmp_path / "june.md").read_text(encoding="utf-8") == answer.page.markdown
    assert answer.page._repr_html_() == answer.page.html


def test_a_picture_has_the_rows_that_are_drawn(sample_store: Path, tmp_path: Path) -> None:
    answer = plot(Plot("magnets", tmp_path / "us.svg", partner="us", month="2025-05..2025-06", store=sample_store))
    assert answer.rows["level"].to_list() == [46_400, 353_000]
    assert answer.file.read_bytes().startswith(b"<svg")
    with pytest.raises(ValueError, match="there is no folder"):
        plot(Plot("magnets", tmp_path / "nowhere" / "us.svg", store=sample_store))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """China's exports by eight digits, Germany's imports in euros by six, those of the United States by ten."""
    folder = tmp_path_factory.mktemp("reporters")
    china_and_germany(folder)
    bought = us_census.answer([us_census.line(of, "54000", "57780", "800000", month="2025-06") for of in ("5700", "-")])
    publish(folder, "USA", "usa.json", bought, "us_census", flow="import", **OF_MAGNETS)
    return folder / "store"


def drawn(file: Path) -> str:
    """What a picture says, line by line."""
    return "\n".join(map(html.unescape, re.findall(r">([^<>]+)</t(?:ext|span)>", file.read_text(encoding="utf-8"))))


@pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")
def test_a_picture_of_several_reporters_names_whose_each_line_is(root: Path, tmp_path: Path) -> None:
    asked = {"reporter": ("CHN", "DEU", "USA"), "store": root}
    answer = plot(Plot("magnets", tmp_path / "all.svg", **asked))  # type: ignore[arg-type]
    june = answer.rows.filter(period=date(2025, 6, 1)).select("reporter", "product", "level").rows()
    basket = "basket:rare_earth_magnets"
    assert june == [("CHN", basket, 784_000), ("DEU", "850511", 740_000), ("USA", "850511", 800_000)]
    said = drawn(answer.file)
    for whose, code in (
        ("China's exports", basket),
        ("Germany's imports", "850511"),
        ("United States' imports", "850511"),
    ):
        assert re.search(rf"{whose}, .*\({code}\)$", said, re.MULTILINE), (whose, said)
    # Each reporter's source, and which code was taken for the name.
    for words in ("China customs via china.csv", "via usa.json", "DEU: magnets: taken is 850511", "Announcement 18"):
        assert words in said, words
    assert answer.reporters == ("CHN", "DEU", "USA")


@pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")
def test_a_picture_says_what_the_values_of_each_reporter_mean_and_who_has_none(root: Path, tmp_path: Path) -> None:
    asked = {"reporter": ("CHN", "DEU", "USA"), "store": root, "measure": "value_usd"}
    answer = plot(Plot("magnets", tmp_path / "values.svg", **asked))  # type: ignore[arg-type]
    said = " ".join(drawn(answer.file).split())
    for words in (
        "exports in USD: FOB",
        "imports in USD: customs value",
        "DEU: there is no measure 'value_usd' here; there are quantity_kg, unit_value_eur_per_kg, value_eur",
    ):
        assert words in said
        assert words in " ".join(answer.remarks)
    assert "Germany" not in said
    with pytest.raises((NoFigure, ValueError), match="CHN: there is no measure 'value_gbp' here"):
        plot(Plot("magnets", tmp_path / "none.svg", **(asked | {"measure": "value_gbp"})))  # type: ignore[arg-type]
    assert not (tmp_path / "none.svg").exists()
