"""The page of both statements of a flow: whose numbers these are, and what the reasons mean."""

from pathlib import Path

import pytest

import tidewaiter
from tasks.analysis.mirror.statements import mirror
from tasks.answers.trade.mirror import columns, notes, title
from tests.unit.mirror_stores import china_and_germany


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return china_and_germany(tmp_path_factory.mktemp("mirror"))


def test_the_page_says_whose_numbers_these_are_and_what_the_reasons_mean(root: Path) -> None:
    found = mirror(root, "850511", "CHN", "DEU")
    assert title(found.rows) == "HS 850511 from China to Germany, as each side counts it"
    assert columns(found.rows) == {
        "month": ["2025-04", "2025-05", "2025-06"],
        "sold, t": ["500", "209", "764"],
        "bought, t": ["–", "215", "740"],
        "ratio": ["–", "1.03", "0.97"],
        "sold, million USD": ["0.09", "0.053", "0.054"],
        "bought, million USD": ["–", "0.056", "0.058"],
        "bought, free on board, million USD": ["–", "0.052 to 0.054", "0.053 to 0.055"],
        "reason": ["not covered", "agrees", "agrees"],
    }
    china, germany = found.snapshots
    assert notes(found) == [
        "agrees: both sides agree, within freight and rounding",
        "not covered: one side has no figure of the month",
        "sold: FOB, by destination; bought: CIF, by origin",
        "EUR in USD by exchange rates of the European Central Bank, mean of the month",
        (
            "freight and insurance: 6.5 % of the value free on board, two points more or less (OECD ITIC (international"
            " transport and insurance costs), all goods, 2022)"
        ),
        "2025-04: DEU kilograms: not covered; DEU value: not covered",
        f"China: snapshot {china}; Germany: snapshot {germany}",
    ]
    assert tidewaiter.mirror("850511", "Germany", store=root).equals(found.rows)
