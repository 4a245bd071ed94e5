"""The seasonal adjustment of a series by an office's own tool."""

from schemas.questions.question import Day, Flow, Measure, OfReporter, Partner, Product


class Adjust(OfReporter):
    """A series as X-13ARIMA-SEATS or JDemetra+ takes it, with the Lunar New Year and level shifts at dated control
    measures and definition breaks; or what the tool made of it, beside our own adjustment."""

    ARGUMENT = "product"
    product: Product
    partner: Partner = "world"
    measure: Measure = "quantity_kg"
    flow: Flow = None
    as_of: Day = None
