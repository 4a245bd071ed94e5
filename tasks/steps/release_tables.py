"""Groups what a release leads to, as the publication takes it: what it makes of the ledger, and what is derived from that."""

from typing import NamedTuple

from schemas.table import DataFrame
from schemas.tables.control_event import ControlEvent
from schemas.tables.revision import Revision
from schemas.tables.trade_flow import TradeFlow
from tasks.steps.assemble import Ledger
from tasks.steps.derivation import Figures


class Entered(NamedTuple):
    """What a release or a decision makes of the ledger, and what it revises."""

    ledger: Ledger
    trade_flow: DataFrame[TradeFlow]
    revision: DataFrame[Revision]


class Derived(NamedTuple):
    """What follows from the ledger: the figures, and the states of export controls."""

    figures: Figures
    control_event: DataFrame[ControlEvent]
