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
