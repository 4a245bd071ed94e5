"""What is called so."""

from typing import Annotated

from schemas.questions.question import Help, OfReporter


class Search(OfReporter):
    """Products and partners in the store by name or code, the best first, with the months that there are of each.

    Returns:
        A row each: code, name, name_zh, flows, first_month, last_month, months, kind; of several reporters with a
        first column `reporter`.

    >>> search("rare earth magnets", store=store)["code"].to_list()[0]
    'basket:rare_earth_magnets'
    """

    ARGUMENT = "text"
    ANSWER = "tasks.answers.inventory.search:search"
    NARROW = "a longer text"
    text: Annotated[str, Help("name or code, or part of it, in English or Chinese")]
