"""Collects the models of all tables by their names."""

from schemas.model import Table, table_name
from schemas.tables import (
    claim,
    control_event,
    decision,
    expectation,
    first_print,
    lineage,
    metric,
    mirror,
    mover,
    name,
    observation,
    record_level,
    release,
    reported,
    revision,
    trade_flow,
)

TABLES: tuple[type[Table], ...] = (
    claim.Claim,
    control_event.ControlEvent,
    decision.Decision,
    expectation.Expectation,
    first_print.FirstPrint,
    lineage.Lineage,
    metric.Metric,
    mirror.Mirror,
    mover.Mover,
    name.Partner,
    name.Product,
    observation.Detail,
    observation.Observation,
    record_level.RecordLevel,
    release.Finding,
    release.Quarantine,
    release.Release,
    revision.Revision,
    trade_flow.TradeFlow,
    # Not published: what an adapter hands on, what a release prints, what commands make.
    reported.Reported,
    name.PrintedName,
    claim.CheckedClaim,
    control_event.EventWindow,
)
MODELS = {table_name(model): model for model in TABLES}
