"""Defines the command that says which watch rules fire."""

from typing import Annotated

import typer

from flows.cli.asked import Form, Printed
from flows.cli.command import Commands
from flows.cli.options import STORE, ReporterOfStore, Store
from flows.cli.terminal import console, say

commands = Commands()


@commands.command("watch-rules", epilog="Example: `tidewaiter watch-rules --month 2025-05`")
def rules(
    month: Annotated[str | None, typer.Option(help="one month, 2025-06; else the newest that each series has")] = None,
    form: Printed = Form.table,
    store: Store = STORE,
    whose: ReporterOfStore = None,
) -> None:
    """What became of each watch rule in a month, by the first print and by what is known now: fired, quiet or not evaluable."""
    from tasks.domain.period_words import read_months
    from tasks.domain.periods import month_number
    from tasks.reports import export, watch_rules
    from tasks.reports.tables import table

    first, last = read_months(month) if month else (None, None)
    if first != last:
        raise ValueError(f"{month!r} has several months; name one, as 2025-06")
    found = watch_rules.listed(store, month_number(first) if first else None)
    if form is not Form.table:
        export.write(found, form.value, None)
        return
    if not found.height:
        say("no watch rule is about this reporter")
        return
    cells = {name: [value or "–" for value in found[name]] for name in ("rule", "month", "first", "now")}
    below = [f"{rule}: {why}" for rule, why in found.select("rule", "why").iter_rows()]
    console().print(table(cells, titles={"first": "first print"}, below=below))
