"""Defines the commands for the day of a release: printed figures, and the effect of export controls."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli import options
from flows.cli.command import Commands
from flows.cli.terminal import console, errors, say
from tasks.domain.text import counted

if TYPE_CHECKING:
    import polars as pl

    from tasks.store.snapshot import Snapshot

MARKS = {
    "supported": "green",
    "not_excluded": "cyan",
    "contradicted": "bold red",
    "right_number_wrong_place": "yellow",
    "not_checkable": "dim",
}
Against = StrEnum("Against", ["month", "year"])
WINDOW_FIGURES = ("quantity_kg", "quantity_year_before_kg", "yoy_pct")
commands = Commands()
events = Commands(help="Export-control measures, and what the months around them look like.")
claims = Commands(no_args_is_help=True, help="Figures that others printed, checked against the ledger.")
commands.add_typer(claims, name="claims")
commands.add_typer(events, name="events")


@claims.command("check", epilog="Example: `tidewaiter claims check printed.csv --format csv`")
def check(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV: commodity, flow, partner, period, metric, value, unit, and qualifier, hs_code_if_stated …"
        ),
    ],
    form: options.Printed = options.Form.table,
    output: Annotated[
        Path | None,
        typer.Option(help="write to this file (.csv, .json, .parquet, .xlsx); else a copy lies in STORE/reports"),
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish/--no-publish", help="publish the result as the table claim")
    ] = False,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """Compare each printed figure with the ledger: a verdict, and the figure as printed and as computed.

    The command never changes the ledger, and never reads the column `note`."""
    from rich.text import Text

    from flows.claims import check_and_publish
    from tasks.answers import export, export_notes, tables
    from tasks.claims import check as claiming
    from tasks.reading import query

    export.form_of(form.value, output)
    snapshot = query.open_published(store)
    if publish:
        checked, made = check_and_publish(file, store)
        snapshot, changed = made.snapshot, made.changed
    else:
        checked, changed = claiming.check_claims(snapshot, claiming.read_claims(file)), False
    kept = output or store / "reports" / f"claims-{file.stem}.csv"
    kept.parent.mkdir(parents=True, exist_ok=True)
    form_of_file = form.value if output else options.Form.table
    export.write(checked, form_of_file, kept, lambda: export_notes.notes(snapshot, "checked_claim", checked))
    if form is not options.Form.table:
        if output is None:
            export.write(checked, form.value, None)
        return
    claimed = [
        f"{row['commodity']}, {row['partner']}, {row['period']}, {row['metric']}: {row.get('qualifier') or ''}"
        f" {row['value']} {row['unit']}"
        for row in checked.iter_rows(named=True)
    ]
    columns: dict[str, list[Any]] = {
        "claim": [text.replace(":  ", ": ") for text in claimed],
        "verdict": [Text(verdict, MARKS[verdict]) for verdict in checked["verdict"]],
        "reason": checked["reason"].to_list(),
    }
    console().print(tables.table(columns, above=claiming.summary(checked), lines=True))
    where = f"{'published' if changed else 'published already'} as the table claim, snapshot {snapshot.id}"
    say(f"kept in {kept}" + (f"; {where}" if publish else ""))


@events.callback(invoke_without_command=True, epilog="Example: `tidewaiter events --product basket:rare_earth_magnets`")
def list_events(
    context: typer.Context,
    product: Annotated[
        list[str] | None, typer.Option(help=options.PRODUCT_HELP + "; else all measures" + options.MORE)
    ] = None,
    on: Annotated[
        str | None, typer.Option(help="day of the states, YYYY-MM-DD; else today, by the customs' clock")
    ] = None,
    form: options.Printed = options.Form.table,
) -> None:
    """Export-control measures and what was reported about them, with the state of each on a day.

    Where a term has run out and nothing that succeeds it is recorded, the state is lapsed_unrecorded: what followed is
    not known here.
    """
    if context.invoked_subcommand:
        return
    from tasks.answers import tables
    from tasks.domain import clock, labels, measure_states, measures
    from tasks.reading import resolver

    products = list(dict.fromkeys(map(resolver.known_product, product or [])))
    # The recorded terms decide the states of a day in the future.
    day = clock.read_day(on, may_come=True) if on else clock.today()
    found = measure_states.with_states(measures.events_of_several(products), day)
    if options.written(found, form):
        return
    # Of one product the rows do not name it.
    touched = {*found["product"]} if "product" in found.columns else {*products} if found.height else set()
    if absent := sorted({*products} - touched):
        say(f"no measure touches {', '.join(absent)}; tidewaiter events lists all measures")
    if not found.height:
        return
    rows = found.to_dicts()
    columns = {"product": found["product"].to_list()} if "product" in found.columns else {}
    columns |= {
        "announced": [row["announced_on"] for row in rows],
        "effective": [" to ".join(filter(None, (row["effective_from"], row["effective_until"]))) for row in rows],
        "state": [
            row["state"].replace("_", " ")
            + (f" ({row['state_by']}, to {row['state_until'] or 'an open end'})" if row["state_by"] else "")
            for row in rows
        ],
        "document": [f"{row['body']}: {row['document']}" for row in rows],
        "goods": [row["goods"] for row in rows],
        "of the code": [(row["coverage"] or "").replace("_", " ") for row in rows],
    }
    on_products = f" on {', '.join(map(labels.product_name, products))}" if products else ""
    above = f"{counted(found['event'].n_unique(), 'measure')}{on_products}, as of {day}"
    console().print(tables.table(columns, above=above))
    _say_mixed(products, "CHN")


@events.command(
    "windows",
    epilog="Example: `tidewaiter events windows basket:rare_earth_magnets --event mofcom-gacc-2025-18`",
)
def windows(
    product: Annotated[list[str], typer.Argument(help=options.PRODUCT_HELP + options.SEVERAL)],
    event: Annotated[
        list[str] | None, typer.Option(help="one measure; else all that touch the product" + options.MORE)
    ] = None,
    partner: options.Partners = None,
    flow: Annotated[options.Flow, typer.Option(help="direction")] = options.Flow.export,
    form: options.Printed = options.Form.table,
    output: options.Output = None,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """Compare the months before and after each measure with the same months a year before and with placebo products."""
    import polars as pl

    from tasks.answers import export, export_notes, questions, tables
    from tasks.reading import query, resolver

    export.form_of(form.value, output)
    snapshot = query.open_published(store)
    products = list(dict.fromkeys(map(resolver.known_product, product)))
    partners = list(dict.fromkeys(map(resolver.Resolver(snapshot).partner, partner or ["WLD"])))
    found = pl.concat(_windows_of(snapshot, one, flow, partners, event) for one in products).unique(maintain_order=True)
    notes: list[str] = []
    found = questions.with_doubts(found, snapshot, notes)
    for note in notes:
        say(note, to=errors)
    if options.written(found, form, output, lambda: export_notes.notes(snapshot, "event_window", found)):
        return
    # Of most placebos nothing is known: their rows would hide the few with figures.
    known = found.filter(pl.any_horizontal(pl.col(WINDOW_FIGURES).is_not_null()))
    for (name,), rows in known.partition_by("event", as_dict=True, maintain_order=True).items():
        first, last = (pl.col(month).dt.strftime("%Y-%m") for month in ("first_month", "last_month"))
        span = pl.when(first == last).then(first).otherwise(pl.format("{} to {}", first, last))
        tonnes, before = ((pl.col(name) / 1000).round(1) for name in ("quantity_kg", "quantity_year_before_kg"))
        shown = rows.select(
            "product",
            "role",
            "partner",
            span.alias("window"),
            "side",
            tonnes.alias("t"),
            before.alias("t_year_before"),
            pl.col("yoy_pct").cast(pl.Decimal(12, 1)),
            "status",
        )
        say(str(name), style="bold")
        console().print(tables.listing(shown, console().width))
    if bare := found.height - known.height:
        say(f"and without any figure {counted(bare, 'window')}: --format csv says why", style="dim italic")
    _say_mixed(products, query.reporter_of(snapshot).code)


def _other_side(snapshot: "Snapshot", flow: str, product: str, partner: str) -> dict[int, float]:
    """Return the partner's kilograms by month number; empty where the partner has no store under the same root."""
    import polars as pl

    from tasks.analysis.mirror.sides import every_month
    from tasks.analysis.mirror.statements import months_of_other_side, other_side
    from tasks.domain.periods import month_number

    months = every_month(months_of_other_side(snapshot, flow, partner), pl.Series("product", [product]))
    asked = months.with_columns(partner=pl.lit(partner), measure=pl.lit("quantity_kg"))
    rows = other_side(snapshot, flow, asked.select("product", "partner", "measure", "period"))
    return {month_number(month): mass for month, mass in rows.select("period", "other_side").iter_rows()}


def _windows_of(
    snapshot: "Snapshot", product: str, flow: options.Flow, partners: list[str], events_wanted: list[str] | None
) -> "pl.DataFrame":
    """Return the windows of a product for each partner. Raises ValueError if no requested measure has any."""
    import polars as pl

    from tasks.controls import windows as event_windows

    every = pl.concat(
        event_windows.windows(
            snapshot, product, flow.value, partner, _other_side(snapshot, flow.value, product, partner)
        )
        for partner in partners
    )
    found = every.filter(pl.col("event").is_in(events_wanted)) if events_wanted else every
    absent = sorted({*(events_wanted or ())} - {*found["event"]})
    if absent or not found.height:
        named = f"no measure {', '.join(absent)}" if absent else "no measure"
        raise ValueError(f"{named} with a day of effect touches {product}; see tidewaiter events")
    return found


@commands.command(epilog="Example: `tidewaiter brief basket:rare_earth_magnets --month 2025-06`")
def brief(
    product: options.Product,
    month: options.Month = "latest",
    flow: options.OneFlow = None,
    language: Annotated[options.Language, typer.Option(help="en or zh")] = options.Language.en,
    output: Annotated[
        Path | None,
        typer.Option(help="HTML file; the markdown goes into the same folder. Without it both go to STORE/reports"),
    ] = None,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """One page on one product and month: numbers with their sources, charts, what is revised, held or not
    comparable."""
    from tasks.api import python

    if output and output.suffix.lower() == ".md":
        raise ValueError(
            f"{output}: the page is HTML, and its markdown is written as {output.name}; end the name in .html"
        )
    asked: dict[str, Any] = {"flow": flow and flow.value, "language": language.value}
    made = python.brief(product, month, **asked, store=store)
    place = output or store / "reports" / f"{made.name}.html"
    if output is None:
        place.parent.mkdir(parents=True, exist_ok=True)
    made.save(place)
    for sentence in made.headlines:
        say(sentence)
    say(f"written: {place} and {place.with_suffix('.md').name}")


@commands.command(epilog="Example: `tidewaiter movers --month 2024-06 --against year`")
def movers(
    month: options.Month = "latest",
    against: Annotated[Against, typer.Option(help="the month or the year before")] = Against.month,
    flow: options.OneFlow = None,
    measure: Annotated[str | None, typer.Option(help="value_usd, quantity_kg …; else the first that is known")] = None,
    as_of: Annotated[str | None, typer.Option(help="day, YYYY-MM-DD: as it was known on it")] = None,
    form: options.Printed = options.Form.table,
    output: options.Output = None,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """What made the change of a month: codes under their headings, partners, what began, stopped or was revised.

    The rows below a code add up to its change, and no trade is counted twice.
    """
    from tasks.answers import export, questions, tables
    from tasks.api import python
    from tasks.domain.clock import read_day
    from tasks.pages import changes_since_release
    from tasks.reading import query, resolver

    export.form_of(form.value, output)
    asked: dict[str, Any] = {"against": against.value, "flow": flow and flow.value, "measure": measure}
    rows = python.movers(month, **asked, store=store, as_of=as_of)
    if options.written(rows, form, output):
        return
    snapshot = query.open_published(store)
    expected = changes_since_release.expected(snapshot, rows, read_day(as_of) if as_of else None)
    named = questions.with_names(expected, resolver.Resolver(snapshot))
    for one in changes_since_release.sections(rows, against.value, query.reporter_of(snapshot).code, named):
        console().print(tables.table(one.columns, above=one.title, right=one.numbers, below=one.below))


@commands.command(epilog="Example: `tidewaiter plot 85051110 --partner USA --partner DEU --output magnets.png`")
def plot(
    product: Annotated[list[str], typer.Argument(help=options.PRODUCT_HELP + options.SEVERAL)],
    output: Annotated[Path, typer.Option(help="file that ends in .png or .svg")],
    partner: options.Partners = None,
    measure: options.Measure = "quantity_kg",
    month: options.Months = None,
    flow: options.OneFlow = None,
    language: Annotated[options.Language, typer.Option(help="en or zh")] = options.Language.en,
    store: options.Store = options.STORE,
    whose: options.ReporterOfStore = None,
) -> None:
    """Series as a picture, a line for each product and partner, with the export controls that touch the products."""
    from tasks.api import python

    asked: dict[str, Any] = {"flow": flow and flow.value, "language": language.value}
    python.plot(product, output, partner=partner or "world", month=month, measure=measure, **asked, store=store)
    say(f"written: {output}")


def _say_mixed(products: list[str], reporter: str) -> None:
    from tasks.domain import measures

    for line in measures.mixed_words(products, reporter):
        say(line)
