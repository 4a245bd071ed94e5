"""Figures of one reporter as a data set in a form of statistical offices."""

from dataclasses import KW_ONLY
from typing import Annotated, Literal

from schemas.questions.question import Day, Flow, Help, Months, OfReporter, Partners, Products, Texts


class Export(OfReporter):
    """Figures of a reporter as an SDMX data set: observations in SDMX-CSV 2.0, and their structure with code lists in
    English and Chinese in SDMX-ML 3.0; for sdmx1, which reads no other, both in SDMX-ML 2.1 beside it."""

    ARGUMENT = "product"
    product: Products = None
    _: KW_ONLY
    partner: Partners = None
    month: Months = None
    measure: Annotated[Texts, Help("measures of the table metric; none: all")] = None
    figure: Annotated[Texts, Help("figures of the table metric, each an indicator of its own")] = "level"
    flow: Flow = None
    as_of: Day = None
    sdmx_ml: Annotated[
        Literal["3.0", "2.1"], Help("edition of SDMX-ML; 2.1: structure and observations as XML, as sdmx1 reads them")
    ] = "3.0"
