"""What is in a store."""

from typing import Annotated, Literal

from schemas.questions.question import Help, OfReporter


class Contents(OfReporter):
    """What is in the store, with first and last month; of releases also what was decided about them since.

    Returns:
        A row for each product, partner, month, release or mirror, or for each reporter; of several reporters one
        after another, with a column `reporter`.

    >>> "85051110" in list("products", store=store)["product"]
    True
    """

    ARGUMENT = "kind"
    ANSWER = "tasks.answers.inventory.contents:contents"
    NARROW = "search"
    kind: Annotated[
        Literal["products", "partners", "months", "releases", "mirrors", "reporters"],
        Help("products, partners, months, releases, mirrors of the reporter, or the reporters of the store"),
    ]
