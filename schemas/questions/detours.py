"""Whether goods that no longer go direct may arrive by a third country."""

from dataclasses import KW_ONLY
from typing import Annotated

from schemas.questions.question import Day, Help, Language, Question


class Detours(Question):
    """Whether goods that no longer go direct may arrive by a third country, and how often the same screen errs.

    Exporter and importer have a store each; a hub's own store tightens the screen. An estimate, no proof.

    Returns:
        A row a hub with the columns of the table `detour`, the highest score first: the fall of the direct flow, both
        legs, lag, values per kilogram, fires, estimate, low and high, ceiling, as_high_pct (per cent of placebo goods
        with a hub of as high a score) … `docs/controls.md` says how it is made.

    Raises:
        ValueError: A code that customs do not share, or a reporter without a store.
        LookupError: No month since the date is known of both, or no third country trades the goods with both.
    """

    ARGUMENT = "product"
    ANSWER = "tasks.answers.measures.detours:detours"
    product: Annotated[str, Help("goods by name, or an HS code of 2, 4 or 6 digits; customs share no longer ones")]
    _: KW_ONLY
    from_: Annotated[str, Help("who sold direct: name or code, China, CHN")]
    to: Annotated[str, Help("who bought: name or code, USA")]
    since: Annotated[str, Help("first month of the fall: 2025-04 or April 2025")]
    until: Annotated[str | None, Help("last month; none: the newest that both have, at most twelve months")] = None
    measure: Annotated[str | None, Help("quantity_kg, value_usd …; none: the first in which both legs are known")] = (
        None
    )
    as_of: Day = None
    language: Language = "en"
