"""Where a published figure comes from."""

from dataclasses import KW_ONLY

from schemas.questions.question import Flow, Measure, Metric, OfReporter, OneMonth, Partner, Product


class Trace(OfReporter):
    """Where one published figure comes from, down to the records of the raw file; and the same figure computed again.

    Returns:
        `.agrees`, `.value`, `.recomputed`, and `.operands` with the numbers behind each.

    Raises:
        ValueError: A name means several things, or there is no such metric.
        LookupError: There is no such figure; the message says what there is.

    >>> found = trace("magnets", "United States", "2025-06", "mom_pct", store=store)
    >>> found.agrees, [operand.value for operand in found.operands]
    (True, [353000.0, 46400.0])
    """

    ARGUMENT = "product"
    ANSWER = "tasks.answers.trade.trace:trace"
    RETURNS = "schemas.forms.trace.TraceReport"
    product: Product
    partner: Partner = "world"
    month: OneMonth = "latest"
    metric: Metric = "level"
    _: KW_ONLY
    measure: Measure = "quantity_kg"
    flow: Flow = None
