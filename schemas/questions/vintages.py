"""The values that a published figure has had."""

from dataclasses import KW_ONLY

from schemas.questions.question import Flow, Measure, Metric, Month, OfReporter, Partner, Product


class Vintages(OfReporter):
    """The values that a published figure has had, the days from and until which each was current, and the release that
    brought it.

    Returns:
        A row each: period, known_from, known_until, value, status, change, change_pct, releases, doubt.

    Raises:
        ValueError: A name means several things, or there is no such metric.
        LookupError: There is no such figure on any day.

    >>> vintages("magnets", "us", "2025-05", store=store)["value"].to_list()
    [46400.0]
    """

    ARGUMENT = "product"
    ANSWER = "tasks.answers.trade.vintages:vintages"
    NARROW = "one month"
    product: Product
    partner: Partner = "world"
    month: Month = "latest"
    metric: Metric = "level"
    _: KW_ONLY
    measure: Measure = "quantity_kg"
    flow: Flow = None
