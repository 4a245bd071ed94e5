"""What made the change of a month."""

from dataclasses import KW_ONLY
from typing import Annotated, Literal

from schemas.questions.question import PARTNER, PRODUCT, Day, Flow, Help, OfReporter


class Movers(OfReporter):
    """What made the change of a month, or of a year: codes under their headings, partners, what began or was revised.

    The rows below a code add up to its change. Of one product they are its codes and partners, with who took the lost
    share; of one partner its goods.

    Returns:
        Rows of the table `mover`: kind (total, product, partner, began, stopped, revision), depth, parent, level,
        before, change, change_pct, contribution_pp (of the total's level before), share_pct and share_change_pp (of the
        total), volume_effect, price_effect and currency_effect with split_status, note, quote (whether the growth may
        be quoted: yes, care, no), doubt. Rows below one parent add up to its change; the row without a product or
        partner is all others together. Of a control list they are its codes that can be compared.

    Raises:
        ValueError: No product is known in both months, or there is no such product, partner or list.
    """

    ARGUMENT = "product"
    ANSWER = "tasks.answers.trade.movers:movers"
    month: Annotated[
        str, Help("one month: 2024-06, June 2024 or latest; against a year also 2024, or 2024-01..2024-06")
    ] = "latest"
    _: KW_ONLY
    product: Annotated[str | None, Help(f"{PRODUCT}; none: all products")] = None
    partner: Annotated[str | None, Help(f"{PARTNER}; none: all partners together")] = None
    against: Annotated[
        Literal["month", "year", "ytd", "12m"],
        Help("month or year before; ytd: January to the month; 12m: twelve months; of a range of months: year"),
    ] = "month"
    flow: Flow = None
    measure: Annotated[str | None, Help("value_usd, quantity_kg …; none: the first that is known")] = None
    list: Annotated[
        str | None, Help("of the codes of a list alone, each once: chpl, chpl:3.A, sitc:776, or the name of a measure")
    ] = None
    as_of: Day = None
