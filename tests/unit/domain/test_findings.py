"""Findings as rows of a table: complete, once each, in the table's order, and safe to print."""

import polars as pl

from schemas.table import polars_schema
from tasks.domain.findings import SHOWN_LENGTH, finding, gather, shown


def test_a_finding_is_text_throughout() -> None:
    assert finding("gaps", "warning", "2025-06", observed=3, expected=None, advice="look") == {
        "check": "gaps", "severity": "warning", "subject": "2025-06", "observed": "3", "expected": "None", "advice": "look",
    }  # fmt: skip


def test_no_finding_is_a_table_without_rows_and_with_all_columns() -> None:
    empty = gather("r1", [])
    assert (empty.height, dict(empty.schema)) == (0, polars_schema("finding"))


def test_findings_are_sorted_and_repetitions_are_dropped() -> None:
    rows = [
        finding(check, "error", subject, observed="a", expected="b", advice="c")
        for check, subject in (("sums", "z"), ("gaps", "b"), ("sums", "z"), ("gaps", "a"))
    ]
    found = gather("r1", rows)
    assert found.select("release_id", "check", "subject").rows() == [
        ("r1", "gaps", "a"), ("r1", "gaps", "b"), ("r1", "sums", "z"),
    ]  # fmt: skip


def test_two_findings_that_differ_in_one_text_are_both_kept() -> None:
    rows = [finding("sums", "error", "x", observed=seen, expected="b", advice="c") for seen in ("1", "2")]
    assert gather("r1", rows)["observed"].to_list() == ["1", "2"]


def test_shown_text_is_short_and_has_no_control_characters() -> None:
    texts = pl.DataFrame({"text": ["a\x1b[31mb", "line\u2028break\n", None, "x" * 61, "数据"]})
    assert texts.select(shown("text")).to_series().to_list() == [
        "a?[31mb",
        "line?break?",
        "",
        "x" * SHOWN_LENGTH,
        "数据",
    ]


def test_a_category_is_shown_as_its_text() -> None:
    texts = pl.DataFrame({"text": pl.Series(["USA"], dtype=pl.Categorical)})
    assert texts.select(shown("text")).to_series().to_list() == ["USA"]
