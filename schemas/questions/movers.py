"""What made the change of a month."""

from dataclasses import KW_ONLY
from typing import Annotated, Literal

from schemas.questions.question import Day, Flow, Help, OfReporter, OneMonth


class Movers(OfReporter):
    """What made the change of a month: codes under their headings, partners, what began, stopped or was revised.

    The rows below a code add up to its change, and no trade is counted twice.

    Returns:
        Rows of the table `mover`: kind (total, product, partner, began, stopped, revision), depth, parent, level,
        before, change, change_pct, contribution_pp (of the total's level before), volume_effect, price_effect and
        currency_effect with split_status, note, quote (whether the growth may be quoted: yes, care, no), doubt. Rows
        below one parent add up to its change; the row without a product or partner is all others together.

        Of a control list the rows are its codes that can be compared, which add up to its total.

    Raises:
        ValueError: No product is known in both months, or there is no such list.
    """

    month: OneMonth = "latest"
    _: KW_ONLY
    against: Annotated[Literal["month", "year"], Help("the month or the year before")] = "month"
    flow: Flow = None
    measure: Annotated[str | None, Help("value_usd, quantity_kg …; none: the first that is known")] = None
    list: Annotated[
        str | None, Help("of the codes of a control list alone, each once: chpl, chpl:3.A, or the name of a measure")
    ] = None
    as_of: Day = None
