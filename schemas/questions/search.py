"""What is called so."""

from dataclasses import KW_ONLY
from typing import Annotated, Literal

from schemas.questions.question import Help, OfReporter


class Search(OfReporter):
    """Products and partners in the store by name or code, the best first, with the months that there are of each.

    Returns:
        A row each: code, name, name_zh, flows, first_month, last_month, months, kind; of several reporters with a
        first column `reporter`. With an edition a row for each code that it changes: code, from_month, gained_from,
        lost_to, ends (it is no code any more), source.

    >>> search("rare earth magnets", store=store)["code"].to_list()[0]
    'basket:rare_earth_magnets'
    """

    ARGUMENT = "text"
    ANSWER = "tasks.answers.inventory.search:search"
    NARROW = "a longer text"
    text: Annotated[str, Help("name or code, or part of it, in English or Chinese")]
    _: KW_ONLY
    edition: Annotated[
        Literal["2007", "2012", "2017", "2022", "2028"] | None,
        Help("what an edition of the HS makes of the codes found, in place of them"),
    ] = None
