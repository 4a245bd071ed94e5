"""What an answer of a source must have, so that a changed site is noticed: the numbers that are asked for, with their
codes.

An adapter refuses other columns. It cannot know what was asked for: a column that is no longer there, or is empty, may
be one that nobody wanted. So the values and quantities that are always asked for are listed here.
"""

from datetime import date
from typing import Any

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.sources.adapter.protocol import Parsed
from tasks.sources.registry import SOURCES

CODES = ("period", "product", "partner", "flow")
# Labels of values, by source and direction; release pages have one currency, and all partners together have no code.
LABELS = {
    "eurostat_comext": {"import": {"EUR"}, "export": {"EUR"}},
    "eurostat_bulk": {"import": {"EUR"}, "export": {"EUR"}},
    "hmrc_ots": {"import": {"GBP"}, "export": {"GBP"}},
    "japan_estat": {"import": {"JPY thousand"}, "export": {"JPY thousand"}},
    "us_census": {"import": {"USD", "USD CIF"}, "export": {"USD"}},
}
PAGES = ("gacc_preliminary", "gacc_bulletin")
MAGNETS: dict[str, Any] = {"flows": ["import"], "products": ["850511"], "months": "2025-06"}
LAST_YEAR = date.today().year - 1
# What each source is asked for; an archive of Eurostat's bulk files has 45 MB, and is not.
ASKED: dict[str, dict[str, Any]] = {
    "eurostat_comext": {"reporters": ["EU27"], **MAGNETS},
    "hmrc_ots": MAGNETS,
    "us_census": MAGNETS,
    "japan_estat": {**MAGNETS, "flows": ["export"], "months": f"{LAST_YEAR}-01..{LAST_YEAR}-12"},
    **{name: {"months": f"{LAST_YEAR}-11"} for name in PAGES},
}
# Warnings that a page lost what is always asked for.
CHANGED = ("no_units", "column_not_read")


def assert_contract(source: str, raw: bytes, where: str) -> Parsed:
    """Parse an answer and raise AssertionError, or the adapter's Refused, where it lacks what is always asked for."""
    parsed = SOURCES[source].parse(raw, where)
    rows = parsed.reported
    assert rows.height > 0, f"{where}: no record"
    wrong = [doubt for doubt in parsed.doubts if doubt["severity"] == "error" or doubt["check"] in CHANGED]
    assert not wrong, f"{where}: {wrong[0]}"
    for name in CODES if source not in PAGES else ("period", "flow"):
        missing = rows[name].null_count()
        assert not missing, f"{where}: {missing} of {rows.height} records have no {name}"
    for flow in rows["flow"].cast(pl.String).unique():
        of_flow = rows.filter(pl.col("flow").cast(pl.String) == flow)
        found = {*of_flow.filter(pl.col("value").is_not_null())["currency"].cast(pl.String)}
        if source in PAGES:
            assert len(found) == 1, f"{where}: values in {found or 'nothing'}"
            assert found <= {*code_table("currencies")["printed"]}, f"{where}: values in {found}"
        else:
            assert found == LABELS[source][flow], (
                f"{where}: {flow}s have values in {found or 'nothing'}, not {LABELS[source][flow]}"
            )
        has_goods = source not in PAGES or of_flow["quantity_unit"].null_count() < of_flow.height
        # A number without a unit has an empty text for it, and is set aside.
        weighed = of_flow.filter(pl.col("quantity").is_not_null(), pl.col("quantity_unit") != "")
        assert weighed.height or not has_goods, f"{where}: no {flow} has a quantity with its unit"
    return parsed
