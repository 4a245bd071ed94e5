"""What a file says of itself against its declaration."""

from datetime import date
from typing import Any

import pytest

from schemas.forms.request import Landed
from tasks.domain.errors import Refused
from tasks.ingest.stated import refuse_contradictions
from tests.unit.ingest.file_codes import landed, parsed

DAY = date(2025, 7, 20)


@pytest.mark.parametrize(
    ("records", "about", "of"),
    [
        ([{}], {}, landed()), ([{"flow": "export"}, {}], {"reporter": "CHN", "printed_on": DAY}, landed()),
        ([{"flow": "export"}, {"flow": "import"}], {}, landed(flow=None)), ([], {}, landed()),
    ],
)  # fmt: skip
def test_what_agrees_or_is_missing_passes(records: list[dict[str, Any]], about: dict[str, Any], of: Landed) -> None:
    assert refuse_contradictions(of, parsed(*records, **about)) is None, "what agrees was refused"


@pytest.mark.parametrize(
    ("records", "about", "rule", "message"),
    [
        ([{}], {"reporter": "DEU"}, "other reporter", 'the file reports for DEU, declared is CHN. Write reporter = "DEU" into f.csv.toml'),
        ([{}], {"printed_on": date(2025, 7, 21)}, "printed later", "the file is dated 2025-07-21, declared is released_on = 2025-07-20"),
        ([{"flow": "export"}, {"flow": "import"}], {}, "other flow", "the file has import records, declared is export"),
    ],
)  # fmt: skip
def test_a_contradiction_is_refused(
    records: list[dict[str, Any]], about: dict[str, Any], rule: str, message: str
) -> None:
    with pytest.raises(Refused) as refusal:
        refuse_contradictions(landed(), parsed(*records, **about))
    assert refusal.value.rule == rule
    assert message in str(refusal.value)
