"""A printed growth tells which base the authority uses now; a base that cannot be ours is a finding."""

from datetime import date
from pathlib import Path

import pytest

from flows.release import release
from schemas.request import ReleaseRequest
from tasks import reading

HEAD = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note\n"
BASE = "export,85051110,WLD,2024-06,quantity,5150,t,2024-07-20,press,https://example.org/a,\n"
LEVEL = "export,85051110,WLD,2025-06,quantity,3188,t,2025-07-20,press,https://example.org/b,\n"


@pytest.mark.parametrize(
    ("growth", "found"),
    [("-38.1", 0), ("-38.09", 0), ("-38", 0), ("-39.5", 1), ("-36.0", 1)],
)
def test_a_base_that_cannot_be_ours_is_a_finding(tmp_path: Path, growth: str, found: int) -> None:
    printed = f"export,85051110,WLD,2025-06,quantity_yoy,{growth},%,2025-07-20,press,https://example.org/c,\n"
    (tmp_path / "figures.csv").write_text(HEAD + BASE + LEVEL + printed)
    release.fn(
        ReleaseRequest(file=tmp_path / "figures.csv", source="published", store=tmp_path / "store"), date(2026, 1, 1)
    )
    rows = reading.query(tmp_path / "store", "finding").filter(check="implied_revision")
    assert rows.height == found
    if found:
        assert "3,188,000 kg" in rows["observed"][0]
        assert "5,150,000 kg" in rows["expected"][0]
        assert rows["severity"].to_list() == ["warning"]
