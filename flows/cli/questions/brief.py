"""Defines the commands for the day of a release: printed figures, and the effect of export controls."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.frame import options
from flows.cli.frame.command import Commands
from flows.cli.frame.form import NoOptions, Printed, Written, command
from flows.cli.frame.terminal import console, say, say_sentence
from schemas.questions.brief import Brief
from schemas.questions.claims import CheckClaims
from schemas.questions.event_brief import EventBrief
from schemas.questions.movers import Movers
from schemas.questions.plot import Plot
from schemas.questions.question import PRODUCT, Form
from tasks.domain.text import counted

if TYPE_CHECKING:
    import polars as pl

    from tasks.pages.text.document import DocumentPage
    from tasks.store.files.snapshot import Snapshot

MARKS = {
    "supported": "green",
    "not_excluded": "cyan",
    "contradicted": "bold red",
    "right_number_wrong_place": "yellow",
    "not_checkable": "dim",
}
NOTE = "note"
WINDOW_FIGURES = ("quantity_kg", "quantity_year_before_kg", "yoy_pct")
commands = Commands()
events = Commands(help="Export-control measures, and what the months around them look like.")
claims = Commands(no_args_is_help=True, help="Figures that others printed, checked against the ledger.")
commands.add_typer(claims, name="claims")
commands.add_typer(events, name="events")


class CheckOptions(Printed, kw_only=True):
    """How verdicts are printed, written and published."""

    output: Annotated[
        Path | None,
        typer.Option(help="write to this file (.csv, .json, .parquet, .xlsx); else a copy lies in STORE/reports"),
    ] = None
    publish: Annotated[bool, typer.Option("--publish/--no-publish", help="publish the result as the table claim")] = (
        False
    )


@command(
    claims,
    CheckClaims,
    CheckOptions,
    name="check",
    epilog="Example: `tidewaiter claims check printed.csv --format csv`",
)
def check(question: CheckClaims, page: CheckOptions) -> None:
    """Print the verdicts on a file of claims, and keep them."""
    from rich.text import Text

    from flows.claims import check_and_publish
    from tasks.answers.form import export, export_notes, tables
    from tasks.answers.form.answer import store_of
    from tasks.answers.trade.check_claims import check_claims
    from tasks.claims.check import summary
    from tasks.reading import query

    export.form_of(page.form.value, page.output)
    file, store = Path(str(question.claims)), store_of(question)
    query.open_published(store)
    if page.publish:
        checked, publication = check_and_publish(file, store)
        snapshot, changed = publication.snapshot, publication.changed
    else:
        answer = check_claims(question)
        checked, snapshot, changed = answer.rows, answer.snapshot, False
    kept = page.output or store / "reports" / f"claims-{file.stem}.csv"
    kept.parent.mkdir(parents=True, exist_ok=True)
    form_of_file = page.form.value if page.output else options.Form.table
    export.write(checked, form_of_file, kept, lambda: export_notes.notes(snapshot, "checked_claim", checked))
    if page.form is not options.Form.table:
        if page.output is None:
            export.write(checked, page.form.value, None)
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
    console().print(tables.table(columns, above=summary(checked), lines=True))
    where = f"{'published' if changed else 'published already'} as the table claim, snapshot {snapshot.id}"
    say(f"kept in {kept}" + (f"; {where}" if page.publish else ""))


@events.callback(invoke_without_command=True, epilog="Example: `tidewaiter events --product basket:rare_earth_magnets`")
def list_events(
    context: typer.Context,
    product: Annotated[list[str] | None, typer.Option(help=PRODUCT + "; else all measures" + options.MORE)] = None,
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
    from tasks.answers.form import tables
    from tasks.answers.measures import recorded as answers
    from tasks.domain import clock, labels
    from tasks.domain.export_controls import measure_states, measures
    from tasks.reading import resolver

    products = list(dict.fromkeys(map(resolver.known_product, product or [])))
    # The recorded terms decide the states of a day in the future.
    day = clock.read_day(on, may_come=True) if on else clock.today()
    states = measure_states.with_states(measures.events_of_several(products), day)
    if options.written(states, form):
        return
    for remark in answers.remarks(products, states):
        say(remark)
    if not states.height:
        return
    columns = _event_columns(states, is_of_products=bool(products))
    on_products = f" on {', '.join(map(labels.product_name, products))}" if products else ""
    above = f"{counted(states['event'].n_unique(), 'measure')}{on_products}, as of {day}"
    console().print(tables.table(columns, above=above))
    if products and (some := answers.for_some(states)):
        say(some)
    _say_mixed(products, "CHN")


def _event_columns(states: "pl.DataFrame", *, is_of_products: bool) -> dict[str, list[str]]:
    """Return the table of measures by the titles of its columns. Of a product, measures for some firms are a sentence:
    they are many, and its trade does not show them."""
    from tasks.answers.measures import recorded as answers

    listed = states.filter(users="") if is_of_products else states
    columns = {"product": listed["product"].to_list()} if "product" in listed.columns else {}
    cells = [_event_cells(row, answers.codes_words(row)) for row in listed.iter_rows(named=True)]
    return columns | {name: [row[name] for row in cells] for name in cells[0]}


def _event_cells(row: dict[str, Any], codes: str) -> dict[str, str]:
    """Return a measure as a table shows it, by the titles of the columns."""
    state = row["state"].replace("_", " ")
    by = f" ({row['state_by']}, to {row['state_until'] or 'an open end'})" if row["state_by"] else ""
    return {
        "announced": row["announced_on"],
        "effective": " to ".join(filter(None, (row["effective_from"], row["effective_until"]))),
        "state": state + by,
        "document": f"{row['body']}: {row['document']}",
        "goods": ", to ".join(filter(None, (row["goods"], row["users"]))),
        "of the code": "; ".join(filter(None, ((row["coverage"] or "").replace("_", " "), codes))),
    }


@events.command(
    "windows",
    epilog="Example: `tidewaiter events windows basket:rare_earth_magnets --event mofcom-gacc-2025-18`",
)
def windows(
    product: Annotated[list[str], typer.Argument(help=PRODUCT + options.SEVERAL)],
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

    from tasks.answers.form import export, export_notes, tables
    from tasks.answers.form.doubted import with_doubts
    from tasks.domain.doubt.doubt_words import remarks_of
    from tasks.reading import query, resolver

    export.form_of(form.value, output)
    snapshot = query.open_published(store)
    products = list(dict.fromkeys(map(resolver.known_product, product)))
    partners = list(dict.fromkeys(map(resolver.Resolver(snapshot).partner, partner or ["WLD"])))
    rows_of_windows = pl.concat(_windows_of(snapshot, one, flow, partners, event) for one in products).unique(
        maintain_order=True
    )
    rows_of_windows, doubts = with_doubts(rows_of_windows, snapshot)
    options.show_remarks(remarks_of(doubts))
    if options.written(
        rows_of_windows, form, output, lambda: export_notes.notes(snapshot, "event_window", rows_of_windows)
    ):
        return
    # Of most placebos nothing is known: their rows would hide the few with figures.
    known = rows_of_windows.filter(pl.any_horizontal(pl.col(WINDOW_FIGURES).is_not_null()))
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
    if bare := rows_of_windows.height - known.height:
        say(f"and without any figure {counted(bare, 'window')}: --format csv says why", style="dim italic")
    _say_mixed(products, query.reporter_of(snapshot).code)


def _other_side(snapshot: "Snapshot", flow: str, product: str, partner: str) -> dict[int, float]:
    """Return the partner's kilograms by month number; empty where the partner has no store under the same root."""
    import polars as pl

    from tasks.analysis.mirror.sides import every_month
    from tasks.analysis.mirror.statements import months_of_other_side, other_side
    from tasks.domain.periods import month_number

    months = every_month(months_of_other_side(snapshot, flow, partner), pl.Series("product", [product]))
    keys = months.with_columns(partner=pl.lit(partner), measure=pl.lit("quantity_kg"))
    rows = other_side(snapshot, flow, keys.select("product", "partner", "measure", "period"))
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
    chosen = every.filter(pl.col("event").is_in(events_wanted)) if events_wanted else every
    absent = sorted({*(events_wanted or ())} - {*chosen["event"]})
    if absent or not chosen.height:
        named = f"no measure {', '.join(absent)}" if absent else "no measure"
        raise ValueError(f"{named} with a day of effect touches {product}; see tidewaiter events")
    return chosen


class PageFile(Form, kw_only=True):
    """Where a page is written."""

    output: Annotated[
        Path | None,
        typer.Option(help="HTML file; the markdown goes into the same folder. Without it both go to STORE/reports"),
    ] = None


@command(
    events,
    EventBrief,
    PageFile,
    name="brief",
    epilog='Example: `tidewaiter events brief "MOFCOM 18/2025" --output measure.html`',
)
def brief_of_event(question: EventBrief, page: PageFile) -> None:
    """Write a page on a measure, and print the sentences at its top."""
    from tasks.domain.doubt.doubt_words import remarks_of
    from tasks.pages.measures.event_page import event_brief as answer_to

    _require_page(page)
    answer = answer_to(question)
    # The notes are on the page; a terminal gets what speaks against quoting it.
    _write_page(answer.page, remarks_of(answer.doubts), question, page)


@command(commands, Brief, PageFile, epilog="Example: `tidewaiter brief basket:rare_earth_magnets --month 2025-06`")
def brief(question: Brief, page: PageFile) -> None:
    """Write a page, and print the sentences at its top."""
    from tasks.pages.brief.answer import brief as answer_to

    _require_page(page)
    answer = answer_to(question)
    _write_page(answer.page, answer.remarks, question, page)


def _require_page(page: PageFile) -> None:
    """Raise ValueError for a file that is no page."""
    if page.output and page.output.suffix.lower() == ".md":
        raise ValueError(
            f"{page.output}: the page is HTML, and its markdown is written as {page.output.name}; end the name in .html"
        )


def _write_page(written: "DocumentPage", remarks: Iterable[str], question: Brief | EventBrief, page: PageFile) -> None:
    """Write a page, and print the sentences at its top."""
    from tasks.answers.form.answer import store_of

    options.show_remarks(remarks)
    place = page.output or store_of(question) / "reports" / f"{written.name}.html"
    if page.output is None:
        place.parent.mkdir(parents=True, exist_ok=True)
    written.save(place)
    for sentence in written.headlines:
        say_sentence(sentence)
    say(f"written: {place} and {place.with_suffix('.md').name}")


@command(
    commands,
    Movers,
    Written,
    epilog="Example: `tidewaiter movers --against year`, or `tidewaiter movers soybeans --partner Brazil`",
)
def movers(question: Movers, page: Written) -> None:
    """Print what made the change of a month."""
    from tasks.answers.form import export, tables
    from tasks.answers.trade.movers import movers as answer_to
    from tasks.ledger.doubts import Doubts
    from tasks.pages.release.changes_since_release import sections

    export.form_of(page.form.value, page.output)
    answer = answer_to(question)
    options.show_remarks(answer.remarks)
    if options.written(answer.rows, page.form, page.output):
        return
    about = answer.subject, answer.is_of_products
    in_doubt = Doubts(answer.snapshot)
    for one in sections(answer.rows, answer.reporters[0], answer.expected, in_doubt, about=about):
        columns, notes = tables.with_notes_below(one.columns, NOTE, console().width)
        console().print(tables.table(columns, above=one.title, right=one.numbers, below=[*notes, *one.below]))


@command(
    commands,
    Plot,
    NoOptions,
    epilog="Example: `tidewaiter plot 85051110 --partner USA --partner DEU --output magnets.png`",
)
def plot(question: Plot, _: NoOptions) -> None:
    """Write a picture."""
    from tasks.pages.charts.picture import plot as answer_to

    answer = answer_to(question)
    options.show_remarks(answer.remarks)
    say(f"written: {answer.file}")


def _say_mixed(products: list[str], reporter: str) -> None:
    from tasks.domain.export_controls import measures

    for line in measures.mixed_words(products, reporter):
        say(line)
