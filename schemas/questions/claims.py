"""Whether printed figures agree with the ledger: those of a file, or a single one."""

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY
from pathlib import Path
from typing import Annotated

from schemas.names import INPUT
from schemas.questions.question import Direction, Help, OfReporter, Partner


class CheckClaims(OfReporter):
    """Compare each printed figure with the ledger: a verdict, and the figure as printed and as computed.

    The ledger never changes by it, and the column `note` is never read.

    Returns:
        The rows with `verdict` (supported, not_excluded, contradicted, right_number_wrong_place, not_checkable) and
        `reason`.

    Raises:
        ValueError: A column is missing, or the file is no CSV.
        LookupError: Nothing is published in the store.

    >>> place = {"commodity": "magnets", "flow": "export", "partner": "us", "period": "2025-06"}
    >>> printed = {**place, "metric": "level_t", "value": "353", "unit": "t"}
    >>> check_claims([printed], store=store)["verdict"].to_list()
    ['supported']
    """

    ARGUMENT = "claims"
    ANSWER = "tasks.answers.trade.check_claims:check_claims"
    FACES = ("python",)
    claims: Annotated[
        str | Path | Iterable[Mapping[str, object]],
        Help(f"CSV, or from Python its rows: {', '.join(INPUT)}, and qualifier, hs_code_if_stated …"),
    ]


class CheckClaim(OfReporter):
    """Whether a printed figure agrees with the ledger: supported, contradicted, right elsewhere, or not checkable, and
    why."""

    ANSWER = "tasks.answers.trade.check_claims:check_claim"
    FACES = ("tool",)
    NARROW = ""
    commodity: Annotated[str, Help("goods in the words of the text")]
    period: Annotated[str, Help("2025-06, or 2025-01..2025-06")]
    metric: Annotated[str, Help("level_t, mom_pct, yoy_pct, ytd_t, value_usd, unit_value, share_pct, rank …")]
    value: Annotated[str, Help("the figure as printed: 353, 660.8")]
    unit: Annotated[str, Help("t, %, million USD …")]
    _: KW_ONLY
    partner: Partner = "world"
    flow: Annotated[Direction, Help("direction")] = "export"
    qualifier: Annotated[str, Help("nearly, about, more than …; empty: none")] = ""
    published: Annotated[str, Help("day on which it was printed, 2025-07-20: what was known on it counts too")] = ""
