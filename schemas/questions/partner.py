"""All trade with a partner in a month."""

from dataclasses import KW_ONLY
from typing import Annotated

from schemas.questions.question import Flow, Help, OfReporter, OneMonth, Partner


class PartnerTrade(OfReporter):
    """All goods traded with one partner in a month, the largest part of the change first.

    Beside them stand what the change of all goods was, and what the partner says of the same trade where a mirror of
    both is published.

    Returns:
        A row for each national code, or the longest code that the store has of its goods: level, before (the month
        before), change, and contribution_pp, its part in the growth of all goods that are known in both months, in
        percentage points.

    Raises:
        ValueError: The partner is not in the store.
        LookupError: No good is traded with it in the month.

    >>> partner("us", "June 2025", store=store).select("product", "change").rows()
    [('85051110', 306600.0)]
    """

    ARGUMENT = "partner"
    ANSWER = "tasks.answers.trade.partner:partner"
    partner: Partner
    month: OneMonth = "latest"
    _: KW_ONLY
    flow: Flow = None
    measure: Annotated[str | None, Help("value_usd, quantity_kg …; none: the first that is known")] = None
