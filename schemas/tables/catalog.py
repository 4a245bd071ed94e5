"""Collects the models of all tables by their names."""

from schemas.model import Table, table_name
from schemas.tables.analysis import Expectation, FirstPrint, Mirror, Mover
from schemas.tables.claim import CheckedClaim, Claim
from schemas.tables.control_event import ControlEvent, Detour, Duty, EventWindow
from schemas.tables.metric import Doubt, Metric, RecordLevel
from schemas.tables.name import Partner, PrintedName, Product
from schemas.tables.observation import Detail, Observation, Revision, TradeFlow
from schemas.tables.release import Decision, Finding, Lineage, Quarantine, Release, Reported

TABLES: tuple[type[Table], ...] = (
    *(Claim, ControlEvent, Decision, Doubt, Expectation, FirstPrint, Lineage, Metric, Mirror, Mover, Partner, Product),
    *(Detail, Observation, RecordLevel, Finding, Quarantine, Release, Revision, TradeFlow),
    # Not published: what an adapter hands on, what a release prints, what commands make.
    *(Reported, PrintedName, CheckedClaim, EventWindow, Detour, Duty),
)
MODELS = {table_name(model): model for model in TABLES}
