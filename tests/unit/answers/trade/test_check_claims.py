"""Printed figures about goods by every name that `read` knows, in stores whose codes are of different lists."""

from pathlib import Path

import pytest

from schemas.questions.claims import CheckClaims
from schemas.questions.read import Read
from tasks.answers.trade.check_claims import check_claims
from tasks.answers.trade.read import read
from tests.unit.mirror_stores import OF_MAGNETS, china_and_germany
from tests.unit.published_stores import publish
from tests.unit.sources.census import us_census_answers as us_census

TAKEN = "taken is 850511 Permanent magnets of metal, and articles to become such, which holds these goods and may"
TRADE = {"CHN": ("export", "Germany", 764_000), "USA": ("import", "China", 800_000)}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """China's exports by eight digits, and the imports of the United States by ten."""
    folder = tmp_path_factory.mktemp("claims")
    china_and_germany(folder)
    bought = us_census.answer([us_census.line(of, "54000", "57780", "800000", month="2025-06") for of in ("5700", "-")])
    publish(folder, "USA", "usa.json", bought, "us_census", flow="import", **OF_MAGNETS)
    return folder / "store"


pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


def verdict(root: Path, reporter: str, commodity: str, value: str, **other: str) -> tuple[str, str]:
    flow, partner, _ = TRADE[reporter]
    place = {"flow": flow, "partner": partner, "period": "2025-06", "metric": "level", "unit": "t", "value": value}
    claim = {"commodity": commodity, "source_title": "X", "source_url": "", "published": "", **place, **other}
    (row,) = check_claims(CheckClaims([claim], store=root, reporter=reporter)).rows.to_dicts()
    return row["verdict"], row["reason"]


@pytest.mark.parametrize(
    ("reporter", "names", "said"),
    [
        (
            "CHN",
            ("magnets", "Rare Earth Magnets", "稀土永磁体", "basket:rare_earth_magnets", "8505.11.10", "HS 850511"),
            "",
        ),
        ("CHN", ("8505110070",), TAKEN),
        ("CHN", ("sitc:77881",), "the list sitc:77881 has 4 codes"),
        ("USA", ("850511", "HS 8505.11", "8505110070"), ""),
        (
            "USA",
            ("magnets", "稀土永磁体", "Permanent magnets of rare earths", "basket:rare_earth_magnets", "85051110"),
            TAKEN,
        ),
    ],
)
def test_a_claim_is_read_by_every_name_that_read_knows(
    root: Path, reporter: str, names: tuple[str, ...], said: str
) -> None:
    flow, partner, kg = TRADE[reporter]
    for name in names:
        asked = {"partner": partner, "month": "2025-06", "measure": "quantity_kg", "flow": flow}
        rows = read(Read(name, **asked, store=root, reporter=reporter)).rows  # type: ignore[arg-type]
        assert rows["level"].to_list() == [kg], name
        found, why = verdict(root, reporter, name, f"{kg // 1000}")
        assert (found, said in why, "taken is" in why) == ("supported", True, said == TAKEN), (name, why)


def test_a_code_that_may_hold_other_goods_contradicts_nothing(root: Path) -> None:
    assert verdict(root, "USA", "850511", "353")[0] == "contradicted"
    found, why = verdict(root, "USA", "magnets", "353")
    assert (found, TAKEN in why) == ("not_checkable", True)
    assert verdict(root, "USA", "magnets", "353", hs_code_if_stated="850511")[0] == "contradicted"


def test_a_name_of_several_products_says_which(root: Path) -> None:
    found, why = verdict(root, "CHN", "permanent magnets", "764")
    assert (found, "may mean several products; choose one: 850511" in why) == ("not_checkable", True), why
