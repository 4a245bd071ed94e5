"""Pages and pictures are answers with rows: what stands on them."""

from pathlib import Path

import pytest

from schemas.questions.brief import Brief
from schemas.questions.plot import Plot
from tasks.pages.brief.answer import brief
from tasks.pages.charts.picture import plot


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
