"""All published tables at once: importing this is what makes `PUBLISHED` complete."""

from schemas import lineage, metric, observation, release, trade_flow
from schemas.table import PUBLISHED

MODULES = (observation, trade_flow, metric, release, lineage)

__all__ = ["MODULES", "PUBLISHED"]
