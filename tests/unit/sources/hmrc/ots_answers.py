"""Answers of HMRC's API in their exact form."""

import json
from typing import Any

Row = dict[str, Any]
DELETED = "deleted"
COUNTRIES = {"CN": 720, "DE": 4, "JP": 732, "US": 400, "XS": 98}


def row(
    value: Any = 1000.0,
    mass: Any = 100.0,
    *,
    flow: int = 3,
    country: str = "CN",
    code: str | None = "85051110",
    port: int = 1,
    commodity: int | None = None,
    suppression: int = 0,
    month: int = 202606,
    **other: Any,
) -> Row:
    made: Row = {
        "MonthId": month,
        "FlowTypeId": flow,
        "SuppressionIndex": suppression,
        "CommodityId": commodity or int(code or 0),
        "CommoditySitcId": 77881,
        "CountryId": COUNTRIES[country],
        "PortId": port,
        "Value": value,
        "NetMass": mass,
        "SuppUnit": 0.0,
        "Commodity": {"Cn8Code": code} if code else None,
        **other,
    }
    return {name: text for name, text in made.items() if text != DELETED}


def page(*rows: Row, **marks: Any) -> bytes:
    context = {"@odata.context": "https://api.uktradeinfo.com/$metadata#OTS"}
    return json.dumps({**context, "value": rows, **marks}).encode()
