"""Names the tables as types of frames: `def trail(...) -> Lineage`.

To a type checker each is a frame of Polars. A step validates the frame that its annotation promises with the model of
that table; no other code loads the models for it.
"""

from typing import Annotated

import polars as pl

CheckedClaim = Annotated[pl.DataFrame, "checked_claim"]
Claim = Annotated[pl.DataFrame, "claim"]
ControlEvent = Annotated[pl.DataFrame, "control_event"]
Decision = Annotated[pl.DataFrame, "decision"]
Detail = Annotated[pl.DataFrame, "detail"]
EventWindow = Annotated[pl.DataFrame, "event_window"]
Finding = Annotated[pl.DataFrame, "finding"]
Lineage = Annotated[pl.DataFrame, "lineage"]
Metric = Annotated[pl.DataFrame, "metric"]
Observation = Annotated[pl.DataFrame, "observation"]
Partner = Annotated[pl.DataFrame, "partner"]
PrintedName = Annotated[pl.DataFrame, "printed_name"]
Product = Annotated[pl.DataFrame, "product"]
Quarantine = Annotated[pl.DataFrame, "quarantine"]
Release = Annotated[pl.DataFrame, "release"]
Reported = Annotated[pl.DataFrame, "reported"]
Revision = Annotated[pl.DataFrame, "revision"]
TradeFlow = Annotated[pl.DataFrame, "trade_flow"]
