"""One page on an export-control measure."""

from dataclasses import KW_ONLY
from typing import Annotated

from schemas.questions.question import Direction, Help, Language, OfReporter


class EventBrief(OfReporter):
    """One page on an export-control measure: what was controlled when, the trade of each code before and after with
    placebos, partners, price, detours, what the other side says, and what is not known.

    Returns:
        `.headlines`, `.html`, `.markdown` and `.save("page.html")`.

    Raises:
        ValueError: No measure, or several, have this name or number.
        LookupError: The store has none of its codes.
    """

    ARGUMENT = "event"
    ANSWER = "tasks.pages.measures.event_page:event_brief"
    RETURNS = "tasks.pages.text.document.DocumentPage"
    event: Annotated[str, Help("measure by name or number: mofcom-gacc-2025-18, MOFCOM 18/2025, 2025年第18号")]
    _: KW_ONLY
    flow: Annotated[Direction, Help("direction")] = "export"
    months: Annotated[int, Help("months after it, compared with the same months a year before", least=3, most=12)] = 12
    language: Language = "en"
