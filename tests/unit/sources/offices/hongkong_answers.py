"""Answers of Hong Kong's statistics office in their exact form."""

import json
from typing import Any

NAME = "tid.json"
IMPORTS, DOMESTIC, RE_EXPORTS, EXPORTS = 1, 2, 3, 4


def row(
    figure: Any, sv: str = "VCm", partner: str | None = "CN", ttype: int = IMPORTS, **changed: Any
) -> dict[str, Any]:
    own = "co" if ttype == IMPORTS else "cc"
    made = {
        "freq": "M", "period": "202506", "ttype": ttype, own: partner, f"{own}DescEN": partner, "codeclass": "HKHS8",
        "code": "85051110", "codeDescEN": "MAGNETS", "sv": sv, "unitEN": "KILOGRAM", "figure": str(figure), **changed,
    }  # fmt: skip
    return {name: text for name, text in made.items() if text is not None}


def answer(*rows: dict[str, Any], count: int | None = None, status: str = "Success", **header: Any) -> bytes:
    head = {"status": {"name": status, **header}, "count": {"noOfRecords": len(rows) if count is None else count}}
    return json.dumps({"header": head, "dataSet": list(rows)}).encode()
