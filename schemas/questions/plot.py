"""A series as a picture."""

from collections.abc import Iterable
from dataclasses import KW_ONLY
from pathlib import Path
from typing import Annotated

from schemas.questions.question import PRODUCT, Flow, Help, Language, Measure, Months, OfReporters, Partners


class Plot(OfReporters):
    """Series as a picture, a line for each reporter, product and partner, with the export controls that touch the
    products. Below it stand sources, what the values of each reporter mean, and who has none.

    Returns:
        The file.

    Raises:
        ValueError: A name means several things, or the ending is of no picture.
        LookupError: There is nothing to draw; the message says what there is.
    """

    ARGUMENT = "product"
    ANSWER = "tasks.pages.charts.picture:plot"
    RETURNS = "pathlib.Path"
    FACES = ("python",)
    product: Annotated[str | Iterable[str], Help(PRODUCT)]
    output: Annotated[
        str | Path | None, Help("file that ends in .png or .svg; else a PNG with the name of what is drawn")
    ] = None
    _: KW_ONLY
    partner: Partners = "world"
    measure: Measure = "quantity_kg"
    month: Months = None
    flow: Flow = None
    language: Language = "en"
