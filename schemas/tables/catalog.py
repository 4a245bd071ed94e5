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
    release,
    revision,
    state,
    trade_flow,
)

MODULES = (observation, trade_flow, metric, state, revision, release, decision, lineage, claim, control_event, name)

LAYOUTS: dict[str, Layout] = {name: PUBLISHED[name] for name in sorted(PUBLISHED)}
