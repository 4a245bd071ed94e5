"""What a terminal shows of how a figure came about."""

from rich.console import Console

from schemas.forms.trace import Operand, TracedNumber, TraceReport
from tasks.pages.text.trace_text import show_trace


def test_a_trace_says_once_what_its_values_mean() -> None:
    terms = "imports in USD: customs value, partner is the origin"
    numbers = [
        TracedNumber(
            product="8505",
            partner="CHN",
            period="2025-06",
            measure=measure,
            value=7,
            unit="USD",
            valuation=said and "customs value",
            terms=said,
            release_id="r",
            title="t",
            known_from="2025-07-20",
            raw_sha256="0" * 64,
            records=[1],
            reported=7,
            printed=[],
        )
        for measure, said in (("value_usd", terms), ("value_usd", terms), ("quantity_kg", None))
    ]
    found = TraceReport(
        reporter="USA",
        nomenclature="HTS10",
        flow="import",
        product="8505",
        partner="CHN",
        month="2025-06",
        measure="value_usd",
        metric="level",
        value=7.0,
        status="reported",
        formula="as printed",
        operands=[Operand(name="level", value=7.0, status="reported", numbers=numbers)],
        kinds="query",
        breaks=[],
        recomputed=7.0,
        agrees=True,
        snapshot_id="s",
    )
    console = Console(width=60)
    with console.capture() as printed:
        show_trace(console, found)
    assert printed.get().splitlines().count(f"  {terms}") == 1
    assert "None" not in printed.get()
