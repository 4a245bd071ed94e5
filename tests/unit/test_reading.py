"""What leaves the store as CSV neither runs in a spreadsheet nor changes a number."""

import csv
import io
from pathlib import Path

import polars as pl

from tasks.reading import write


def test_formulas_get_an_apostrophe_and_numbers_do_not(tmp_path: Path) -> None:
    texts = ["=cmd()", "+SUM(A1)", "-1.6", "+660.8 %", "@x", "-cmd|calc", "Korea", None, "\tx"]
    write(pl.DataFrame({"text": texts, "number": [-1.5] * len(texts)}), "csv", tmp_path / "out.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert [row["text"] for row in rows] == [
        "'=cmd()",
        "'+SUM(A1)",
        "-1.6",
        "+660.8 %",
        "'@x",
        "'-cmd|calc",
        "Korea",
        "",
        "'\tx",
    ]
    assert {row["number"] for row in rows} == {"-1.5"}
