"""Makes answers of UN Comtrade in the form of the recorded ones; all numbers are invented."""

import json
from typing import Any


def row(partner: str = "JPN", value: float = 1000.0, mass: float | None = 100.0, **other: Any) -> dict[str, Any]:
    """A row with the fields of a real one that matter, and some more."""
    return {
        "typeCode": "C",
        "freqCode": "M",
        "refPeriodId": 20250601,
        "refYear": 2025,
        "refMonth": 6,
        "period": "202506",
        "reporterCode": 156,
        "reporterISO": "CHN",
        "flowCode": "X",
        "partnerCode": 392,
        "partnerISO": partner,
        "partner2Code": 0,
        "classificationCode": "H6",
        "cmdCode": "850511",
        "aggrLevel": 6,
        "customsCode": "C00",
        "mosCode": "0",
        "motCode": 0,
        "qtyUnitCode": 8,
        "qty": mass,
        "netWgt": mass,
        "isNetWgtEstimated": False,
        "cifvalue": 0,
        "fobvalue": value,
        "primaryValue": value,
        "legacyEstimationFlag": 0,
        "isReported": False,
        "isAggregate": True,
        **other,
    }


def answer(*rows: dict[str, Any], **other: Any) -> bytes:
    """An answer with these rows."""
    return json.dumps({"elapsedTime": "0.09 secs", "count": len(rows), "data": [*rows], "error": "", **other}).encode()


def datasets(**checksums: str) -> bytes:
    """An answer of getDA: m202506="checksum" for each month."""
    rows = [
        {
            "datasetCode": 20156202506,
            "period": int(month[1:]),
            "reporterCode": 156,
            "totalRecords": 9,
            "datasetChecksum": checksum,
            "firstReleased": "2026-08-01T00:00:00",
            "lastReleased": "2026-08-02T00:00:00",
        }
        for month, checksum in checksums.items()
    ]
    return json.dumps({"elapsedTime": "0.01 secs", "count": len(rows), "data": rows, "error": ""}).encode()
