"""Findings as rows of a table: complete, once each, in the table's order, and safe to print."""

import polars as pl

from tasks.domain.findings import SHOWN_LENGTH, finding, gather, shown


def test_a_finding_is_text_throughout() -> None:
    assert finding("gaps", "warning", "2025-06", observed=3, expected=None, advice="look") == {
        "check": "gaps", "severity": "warning", "subject": "2025-06", "observed": "3", "expected": "None", "advice": "look",
    }  # fmt: skip


def test_findings_are_sorted_and_repetitions_are_dropped() -> None:
    rows = [
        finding(check, "error", subject, observed="a", expected="b", advice="c")
        for check, subject in (("sums", "z"), ("gaps", "b"), ("sums", "z"), ("gaps", "a"))
    ]
    found = gather("r1", rows)
    assert found.select("release_id", "check", "subject").rows() == [
        ("r1", "gaps", "a"), ("r1", "gaps", "b"), ("r1", "sums", "z"),
    ]  # fmt: skip


def test_shown_text_is_short_and_has_no_control_characters() -> None:
    texts = pl.DataFrame({"text": ["a\x1b[31mb", "line\u2028break\n", None, "x" * 61, "数据"]})
    assert texts.select(shown("text")).to_series().to_list() == [
        "a?[31mb",
        "line?break?",
        "",
        "x" * SHOWN_LENGTH,
        "数据",
    ]
