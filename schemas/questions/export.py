"""Figures of one reporter as a data set in a form of statistical offices."""

from dataclasses import KW_ONLY
from typing import Annotated

from schemas.questions.question import Day, Flow, Help, Months, OfReporter, Partners, Products, Texts


class Export(OfReporter):
    """Figures of a reporter as an SDMX data set: observations in SDMX-CSV 2.0, and their structure with code lists in
    English and Chinese in SDMX-ML 3.0."""

    ARGUMENT = "product"
    product: Products = None
    _: KW_ONLY
    partner: Partners = None
    month: Months = None
    measure: Annotated[Texts, Help("measures of the table metric; none: all")] = None
    figure: Annotated[Texts, Help("figures of the table metric, each an indicator of its own")] = "level"
    flow: Flow = None
    as_of: Day = None
