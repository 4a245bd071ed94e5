"""Imports all published tables, which makes `PUBLISHED` complete."""

from schemas.table import PUBLISHED, Layout
from schemas.tables import (
    claim,
    control_event,
    decision,
    lineage,
    metric,
    name,
    observation,
    record_level,
    release,
    revision,
    trade_flow,
)

MODULES = (
    observation,
    trade_flow,
    metric,
    record_level,
    revision,
    release,
    decision,
    lineage,
    claim,
    control_event,
    name,
)

LAYOUTS: dict[str, Layout] = {name: PUBLISHED[name] for name in sorted(PUBLISHED)}

# What rows have besides the columns of their table, where they are read with commands or from Python; no file has it.
ADDED = {
    "product_name": "name of `product`; not with `--no-names`",
    "partner_name": "name of `partner`; not with `--no-names`",
    "doubt": "findings of severity error or warning (table `finding`) about the releases that a figure of the row rests on, with their check "
    "and, for a month before that of the row, the month; null: none. Rows of `metric`, `trade_flow` and `event_window` have "
    "it where one of them is in doubt, and vintages always",
    "reporter": "whose figures they are; where several reporters are asked for",
}
