"""How far a group of reporters has reported."""

from dataclasses import KW_ONLY
from typing import Annotated

from schemas.questions.question import Direction, Help, Measure, Product, Question


class Coverage(Question):
    """Which reporters of a group have reported a month, and the sum of the group where every one has."""

    ARGUMENT = "product"
    product: Product
    month: Annotated[str, Help("month, 2025-06")]
    _: KW_ONLY
    group: Annotated[str, Help("group of reporters")] = "EU27"
    flow: Annotated[Direction, Help("direction")] = "export"
    measure: Measure = "quantity_kg"
    partner: Annotated[str, Help("code of a partner; WLD: all of them")] = "WLD"
