"""Whose statistics a store holds, and which rows of the code tables are about them."""

import pytest

from schemas.reference.code_tables import code_table
from tasks.domain.reporter import Reporter
from tests.unit.builders import release, release_table


@pytest.mark.parametrize(
    ("reporter", "level", "found"),
    [
        ("CHN", "HS8", ("CHN", "HS8")), ("CHN", "HS6", ("CHN", "HS8")), ("DEU", "CN8", ("DEU", "CN8")),
        ("USA", "HTS10", ("USA", "HTS10")), ("USA", "HS6", ("USA", "")), ("EU27", "HS4", ("EU27", "")),
    ],
)  # fmt: skip
def test_the_releases_say_whose_they_are(reporter: str, level: str, found: tuple[str, str]) -> None:
    assert Reporter.of(release_table(release(reporter=reporter, level=level))) == found
    assert Reporter.of(release_table().clear()) == ("", "")


@pytest.mark.parametrize("table", ["control_events", "definition_breaks", "baskets", "watch_list"])
def test_what_is_chinas_is_no_other_reporters(table: str) -> None:
    """Every row that there is belongs to China: a row for another country has to name it."""
    every = code_table(table)
    assert Reporter("CHN", "HS8").rows(table).height == every.height > 0
    for other in (Reporter("DEU", "CN8"), Reporter("USA", "HTS10"), Reporter("USA", ""), Reporter("", "")):
        assert other.rows(table).height == 0, other
