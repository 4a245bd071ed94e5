"""What was assessed at the border."""

from dataclasses import KW_ONLY
from datetime import date
from typing import Annotated

from schemas.questions.question import PRODUCT, Day, Help, OfReporter, Partners


class Duties(OfReporter):
    """What duty was assessed on imports: duty by the value of imports for consumption, by good, partner and month.

    Around a day also the months before and after it, with other partners as placebos. Whether a printed rate was
    assessed says `claims check`.

    Returns:
        Rows of the table `duty`: consumption_usd, dutiable_usd, duty_usd, rate_pct (of all imports for consumption),
        dutiable_rate_pct (of what was dutiable), dutiable_share_pct, status (dutiable, partly_free, free, zero_duty,
        no_imports, no_duty_stated, not_covered …), list_rate_pct (what a list with rates would have added), and doubt.

    Raises:
        ValueError: A name means several things, or no store of the United States' imports has a duty.
        LookupError: Nothing is known of the months.
    """

    ARGUMENT = "product"
    ANSWER = "tasks.answers.measures.duties:duties"
    NARROW = "partner or month"
    product: Annotated[str, Help(PRODUCT + ", or list:… for the codes of a list together")]
    _: KW_ONLY
    partner: Partners = "world"
    month: Annotated[str, Help("2025-06, latest, or a range: 2025-01..2025-06")] = "latest"
    around: Annotated[
        date | str | None, Help("day of a tariff, 2025-04-09: the months before and after it, with placebos")
    ] = None
    months: Annotated[int, Help("months before and after that day", least=1, most=12)] = 3
    as_of: Day = None
