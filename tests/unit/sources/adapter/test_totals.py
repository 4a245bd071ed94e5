"""Totals, groups and parts of a country among the partners, on a list of codes made by hand."""

from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tasks.sources.adapter import totals
from tasks.sources.adapter.totals import Parted, concerned, part_totals
from tests.draws import draws

CODES = [
    ("W", "total", "", "WLD"),
    ("EU", "group", "W", "EU27"),
    ("DE", "country", "EU", "DEU"),
    ("FR", "country", "EU", "FRA"),
    ("US", "country", "W", "USA"),
    ("GB", "country", "W", "GBR"),
    ("XI", "territory", "GB", "made:XI"),
    ("XU", "territory", "GB", "made:XU"),
    ("NW", "territory", "XI", "made:NW"),
    # A list of one's own may go round in a circle.
    ("C1", "territory", "C2", "made:C1"),
    ("C2", "territory", "C1", "made:C2"),
]


@pytest.fixture(autouse=True)
def codes(monkeypatch: pytest.MonkeyPatch) -> None:
    made = pl.DataFrame(CODES, schema=["code", "kind", "part_of", "partner"], orient="row")
    made = made.with_columns(valid_from=pl.lit(""), valid_to=pl.lit(""))
    monkeypatch.setattr(totals, "partner_codes", lambda _: made)


def parted(*rows: tuple[str, str], unlisted: dict[str, str] | None = None, month: str = "2025-06") -> Parted:
    schema = dict.fromkeys(["partner", "number", "month"], pl.String)
    frame = pl.DataFrame([(*row, month) for row in rows], schema=schema, orient="row")
    return part_totals(frame.with_row_index("record", 1), "made", ["month"], "f.csv", unlisted, "month")


@pytest.mark.parametrize(
    ("printed", "kept", "doubts", "short"),
    [
        ("W=10 EU=7 DE=4 FR=3 US=3", "DE FR US", "", ""),
        ("GB=5 XI=2 XU=3", "GB", "", ""),
        ("XI=2 XU=3", "XI XU", "", ""),
        # A part whose group or country is not printed counts in the total above, however far above it is.
        ("W=7 DE=4 US=3", "DE US", "", ""),
        ("W=7 XI=4 US=3", "XI US", "", ""),
        ("W=7 NW=4 US=3", "NW US", "", ""),
        # More than the parts: they may not have been asked for. Less is wrong whatever was asked for.
        ("W=1,234.5 DE=1,000 US=234.4", "DE US", "", "W prints 1,234.5, its 2 parts add up to 1,234.4"),
        ("W=5 DE=4 US=3", "DE US", "W prints 5, its 2 parts add up to 7", ""),
        # A group without a member is compared with nothing traded, and a part that cannot be read with nothing.
        ("EU=0 US=2", "US", "", ""),
        ("EU=1 US=2", "US", "", "EU prints 1, its 0 parts add up to 0"),
        ("W=9 DE=4 US=x", "DE US", "", ""),
        ("W=9 DE=4 US=", "DE US", "", ""),
        ("W=9 DE=4 US=1.1234567", "DE US", "", ""),
        # A code that the list lacks is no part of a total by itself; one may be by its form.
        ("W=10 US=3 ??=7", "US ??", "", "W prints 10, its 1 part add up to 3"),
        ("W=10 US=3 Q1=7", "US Q1", "", ""),
    ],
)
def test_totals_and_groups_are_no_partners_and_are_compared_with_their_parts(
    printed: str, kept: str, doubts: str, short: str
) -> None:
    rows = [(code, number) for code, _, number in (text.partition("=") for text in printed.split(" "))]
    found = parted(*rows, unlisted={"^Q": "W"})
    assert [code for (code, _), is_kept in zip(rows, found.kept, strict=True) if is_kept] == kept.split()
    for said, expected in ((found.doubts, doubts), (found.short, short)):
        assert [doubt["observed"] for doubt in said] == ([expected] if expected else [])
        assert all(
            (doubt["check"], doubt["severity"], doubt["subject"]) == ("total_differs", "error", "2025-06")
            for doubt in said
        )


def test_totals_that_are_the_sums_of_their_parts_prove_that_none_is_gone() -> None:
    said = [parted(*rows).proof for rows in ([("W", "5"), ("US", "5")], [("W", "6"), ("US", "5")], [("US", "5")])]
    assert said == ["1 printed total, each the sum of its parts", "", ""]


def test_what_is_left_out_is_noted_and_the_world_and_a_group_are_totals_once_each() -> None:
    found = parted(("W", "10"), ("EU", "7"), ("DE", "7"), ("US", "3"), ("EU", "7"))
    assert found.totals.to_list() == [True, True, False, False, False]
    (note,) = found.notes
    assert note.startswith("3 records of EU, W are totals, groups or parts of a country next to it, and no partners; ")


@pytest.mark.parametrize(
    ("month", "printed", "others", "is_error"),
    [
        ("2025-06", "7", [], False),
        ("2025-06", "8", [], True),
        ("2025-06", "6", [], True),
        ("2019-06", "12", [], False),
        ("2019-06", "7", [], True),
        ("2025-06", "8", [("??", "1")], False),
        ("2025-06", "9", [("??", "1")], True),
        ("2025-06", "6", [("??", "1")], True),
        ("2025-06", "6", [("??", "-1")], False),
        ("2025-06", "8", [("??", "x")], False),
    ],
    ids=[
        "sum",
        "more",
        "less",
        "with the member of 2019",
        "without it",
        "unknown code inside",
        "unknown code is too small",
        "less than the members",
        "negative unknown code",
        "unread",
    ],
)
def test_a_printed_group_is_compared_with_its_members_of_that_month(
    month: str, printed: str, others: list[tuple[str, str]], is_error: bool
) -> None:
    """A code that no list names may be a member or not; beyond that the sum is exact."""
    rows = [("EU", printed), ("DE", "4"), ("FR", "3"), ("GB", "5"), ("US", "2"), *others]
    found = parted(*rows, month=month)
    assert [doubt["check"] for doubt in (*found.doubts, *found.short)] == ["total_differs"] * is_error


@draws(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["W", "EU", "DE", "FR", "US", "GB", "XI", "XU", "C1", "Q1", "??"]), st.sampled_from("0123")
        ),
        max_size=9,
        unique_by=lambda row: row[0],
    )
)
def test_rows_that_are_not_concerned_make_no_difference(rows: list[tuple[str, str]]) -> None:
    """All other rows are kept, and without them the doubts are the same."""
    unlisted = {"^Q": "W"}
    codes = concerned(pl.Series([partner for partner, _ in rows], dtype=pl.String), "made", unlisted)
    whole = parted(*rows, unlisted=unlisted)
    few = [row for row in rows if row[0] in codes]
    part = parted(*few, unlisted=unlisted)
    assert [
        kept for (partner, _), kept in zip(rows, whole.kept, strict=True) if partner in codes
    ] == part.kept.to_list()
    assert all(kept for (partner, _), kept in zip(rows, whole.kept, strict=True) if partner not in codes)
    assert whole.notes == part.notes
    for doubts, others in ((whole.doubts, part.doubts), (whole.short, part.short)):
        assert [_with_partners(one, rows) for one in doubts] == [_with_partners(one, few) for one in others]


def _with_partners(doubt: dict[str, Any], rows: list[tuple[str, str]]) -> dict[str, Any]:
    """A doubt with the partners of its records in place of their numbers."""
    return doubt | {"records": [rows[record - 1][0] for record in doubt.get("records", ())]}


def test_a_doubted_total_names_the_records_of_its_parts_and_both_numbers() -> None:
    (doubt,) = parted(("W", "5"), ("DE", "4.5"), ("US", "3")).doubts
    assert (doubt["records"], doubt["observed_value"], doubt["expected_value"]) == ([2, 3], 5.0, 7.5)
