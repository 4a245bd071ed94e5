"""What the records of a file and its name say against what is declared."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas.forms.request import Landed
from tasks.domain.errors import Refused
from tasks.domain.periods import first_day, span_name
from tasks.ingest.contradictions import doubt_file_name, months_named, refuse_contradictions
from tests.unit.ingest.file_codes import landed, parsed

JUNE = 2025 * 12 + 5
EXPORT, IMPORT = {"flow": "export"}, {"flow": "import"}


@pytest.mark.parametrize(
    ("records", "about", "of", "rule", "message"),
    [
        # What agrees or is missing passes.
        ([{}], {}, landed(), "", ""),
        ([EXPORT, {}], {"reporter": "CHN", "printed_on": date(2025, 7, 20)}, landed(), "", ""),
        ([EXPORT, IMPORT], {}, landed(flow=None), "", ""),
        ([], {}, landed(), "", ""),
        ([{}], {"reporter": "DEU"}, landed(), "other reporter",
            'the file reports for DEU, declared is CHN. Write reporter = "DEU" into f.csv.toml'),
        ([{}], {"printed_on": date(2025, 7, 21)}, landed(), "printed later",
            "the file is dated 2025-07-21, declared is released_on = 2025-07-20"),
        ([EXPORT, IMPORT], {}, landed(), "other flow", "the file has import records, declared is export"),
    ],
)  # fmt: skip
def test_a_file_that_contradicts_its_declaration_is_refused(
    records: list[dict[str, Any]], about: dict[str, Any], of: Landed, rule: str, message: str
) -> None:
    try:
        refuse_contradictions(of, parsed(*records, **about))
        refused = "", ""
    except Refused as refusal:
        refused = refusal.rule, str(refusal)
    assert refused[0] == rule
    assert message in refused[1]


@pytest.mark.parametrize(
    ("name", "months"),
    [
        ("2025年6月.csv", ["2025-06"]),
        ("2025.06.csv", ["2025-06"]),
        ("202506-202508.csv", ["2025-06", "2025-08"]),
        ("2025年06月出口.csv", ["2025-06"]),
        ("85051110_202506_v2.csv", ["2025-06"]),
        ("2025_06.csv", ["2025-06"]),
        ("2025 年 6 月.xlsx", ["2025-06"]),
        ("203101.csv", ["2031-01"]),
        # A year alone is all of its months; next to a code it is a year, too.
        *((name, ["2025-01..2025-12"])
            for name in ("2025.csv", "39221000_2025.xlsx", "EXP_2025.csv", "soybeans 2025年.csv", "2025_12019000.csv",
                "2025年出口.csv")),
        ("6910_2026_0102_as_of_2026-03-23.xlsx", ["2026-01..2026-12"]),
        ("exports_2023, 2025-06.csv", ["2023-01..2023-12", "2025-06"]),
        # Days, codes of the HS, ranges within a year.
        *((name, []) for name in ("2025年06月15日.csv", "20250615.csv", "2025-06-15.csv", "12025-06.csv", "2025_13.csv",
                "2009-11.csv", "1.2025-06.csv", "8505.2012.csv", "39221000_2026_01-06.xlsx", "15.06.2025.csv",
                "2009.csv", "2025_06_15.csv", "2023-2024.csv", "85051110.csv", "202513.csv", "2025年1-6月.csv",
                "84201206.csv", "3920.2011.06.csv", "2025年6月 20 日.csv")),
    ],
)  # fmt: skip
def test_months_in_a_name(name: str, months: list[str]) -> None:
    assert [span_name(first_day(first), first_day(last)) for first, last in months_named(name)] == months


MONEY = ("value_usd",)


@pytest.mark.parametrize(
    ("name", "given", "found"),
    [
        *((name, {}, []) for name in ("magnets.csv", "exports_202506_usd.csv", "出口 美元 2025年6月.csv",
                "imports and exports.csv")),
        ("202505.csv", {}, [("warning", "2025-05 in the name")]),
        ("202505.csv", {"says_months": False}, [("error", "2025-05 in the name")]),
        ("2024.csv", {}, [("warning", "2024-01..2024-12 in the name")]),
        ("2024.csv", {"says_months": False}, [("error", "2024-01..2024-12 in the name")]),
        # The name of a year stands for its months; another year may stand beside it.
        *((name, {}, []) for name in ("2025.csv", "2026.csv", "2024 and 2025.csv", "2024, 2025-06.csv")),
        ("2025.csv", {"says_months": False}, []),
        ("202505-202506.csv", {}, []),
        ("202505-202506.csv", {"says_months": False}, [("error", "2025-05, 2025-06 in the name")]),
        # The month of the download had not ended; the folder is no part of the name.
        ("202507.csv", {}, []),
        ("202508.csv", {"says_months": False}, []),
        ("2025-06 downloaded 2025-07.csv", {"says_months": False}, []),
        # Another direction is an error only where one is declared and one is named.
        *((name, {"flow": flow}, [("error", f"{'import' if flow == 'export' else 'export'} in the name")])
            for name, flow in (("magnets_import.csv", "export"), ("永磁体进口.csv", "export"),
                ("永磁体出口.csv", "import"), ("Exports of magnets.csv", "import"))),
        *((name, {"flow": flow}, [])
            for name, flow in (("magnets_export.csv", "export"), ("进出口.csv", "export"), ("important.csv", "export"),
                ("exporters.csv", "import"), ("reimport.csv", "export"), ("imports.csv", None))),
        # Another currency is a warning only where the file has money.
        *((name, {"measures": measures}, [("warning", "CNY in the name")])
            for name, measures in (("magnets_cny.csv", MONEY), ("磁体_人民币.csv", MONEY), ("usda_rmb.csv", MONEY))),
        *((name, {"measures": measures}, [])
            for name, measures in (("magnets_USD.csv", MONEY), ("usd_and_rmb.csv", MONEY), ("rmbs.csv", MONEY),
                ("rmb.csv", ("value_usd", "value_cny")), ("rmb.csv", ("quantity_kg",)))),
    ],
)  # fmt: skip
def test_a_name_that_says_something_else_raises_a_doubt(
    name: str, given: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    told = {"measures": MONEY, "says_months": True, "flow": "export"} | given
    of = landed(file=Path("folder_2024-01") / name, flow=told["flow"])
    flows = [told["flow"]] if told["flow"] else ("export", "import")
    doubts = list(doubt_file_name(of, told["measures"], flows, JUNE, JUNE, says_months=told["says_months"]))
    assert [(one["severity"], one["observed"]) for one in doubts] == found
    assert all(one["subject"] == name for one in doubts)


def test_the_expected_months_are_named() -> None:
    (found,) = doubt_file_name(landed(file=Path("202301.csv")), (), (), JUNE - 1, JUNE, says_months=False)
    assert (found["subject"], found["expected"]) == ("202301.csv", "2025-05..2025-06, as declared")
