"""What both sides of a trade say."""

from dataclasses import KW_ONLY
from typing import Annotated

from schemas.questions.question import Day, Help, Question


class MirrorTrade(Question):
    """What the exporter says it sold beside what the importer says it bought, by month, with the reason of a
    difference.

    Both have a store of their own. No third number is made of the two.

    Returns:
        A row a month with the columns of the table `mirror`: export_kg and import_kg (kg), export_value and
        import_value in `currency`, fob_low and fob_high, the importer's value free on board, lag in months, reason,
        why, doubt … `docs/mirror.md` says what each reason means.

    Raises:
        ValueError: A code that customs do not share, or a reporter without a store.
        LookupError: Neither has a figure.
    """

    ARGUMENT = "product"
    ANSWER = "tasks.answers.trade.mirror:mirror"
    NARROW = "month"
    product: Annotated[str, Help("goods by name, or an HS code of 2, 4 or 6 digits; customs share no longer ones")]
    importer: Annotated[str, Help("who bought: name or code, Germany, DEU")]
    _: KW_ONLY
    exporter: Annotated[str, Help("who sold: name or code")] = "CHN"
    month: Annotated[
        str | None, Help("2024-06, June 2024, or a range: 2024-01..2024-06; none: all that either store has")
    ] = None
    as_of: Day = None
