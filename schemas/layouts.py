"""How each published table lies on disk: what it is filed by, and the order of its rows.

Readers need this and the names of the tables, and no data library is loaded for either.
"""

from dataclasses import dataclass

FLOWS = ("export", "import")
# Tables that follow from the others, in a store of their own inside that of the reporter.
ANALYSIS = ("expectation", "mover")
# Tables that compare published stores. Each has a store of its own under the same root.
COMPARISONS = ("first_print", "mirror")
PARTITION_KEYS = ("flow", "year", "month")
# Code tables that decide what adds up and which months of a series may be compared.
COMPARED_BY = (
    "definition_breaks",
    "hs_revisions",
    "cn_revisions",
    "baskets",
    "partner_groups",
    "partners",
    "watch_list",
)


@dataclass(frozen=True)
class Layout:
    """How a published table lies on disk.

    `month_of` names the date column whose year and month a row is filed under; None means no partitions. `by_release`
    tables get files of their own from each release, which are never written again; the others are made again by month,
    or whole where they are not filed by month. Filed by month, a file lies under `<table>/flow=…/year=…/month=…/`, and
    the three keys are in the path alone: where a column says them too, readers disagree about which of the two to
    believe. `sort_by` is the order inside a file, and `rows_per_group` how many rows a reader who asks for one product
    must take with it: fewer let through less, and make the footers longer, which every reader reads. `is_compact` says
    that few bytes matter more than reading them quickly, as for everything that people download; what each release
    reads again is a fifth larger and read in half the time. `rests_on` are the code tables that decide what adds up or
    may be compared: where they have changed, a file counts as missing and is written again.
    """

    sort_by: tuple[str, ...]
    month_of: str | None = None
    by_release: bool = False
    rows_per_group: int = 65_536
    is_compact: bool = True
    rests_on: tuple[str, ...] = ()

    @property
    def lacks_period(self) -> bool:
        """Whether the table is filed by month and has no column `period`, which readers get all the same."""
        return self.month_of not in (None, "period")


LAYOUTS = {
    "claim": Layout(sort_by=("claims_file", "record")),
    "control_event": Layout(sort_by=("announced_on", "event")),
    "decision": Layout(sort_by=("release_id", "number"), by_release=True),
    "detail": Layout(
        sort_by=("product", "partner", "measure", "period_start", "release_id", "record"),
        month_of="period_end",
        by_release=True,
    ),
    "doubt": Layout(
        sort_by=("measure", "product", "partner", "finding", "release_id", "number", "first_month"),
        month_of="period",
        rests_on=COMPARED_BY,
    ),
    "expectation": Layout(sort_by=("product", "measure"), month_of="period", rests_on=(*COMPARED_BY, "lunar_new_year")),
    "finding": Layout(sort_by=("release_id", "number"), by_release=True),
    "first_print": Layout(
        sort_by=("product", "partner", "measure"), month_of="period", rests_on=(*COMPARED_BY, "line_codes")
    ),
    "lineage": Layout(sort_by=("release_id", "position"), by_release=True),
    "metric": Layout(
        sort_by=("measure", "product", "partner"), month_of="period", rows_per_group=131_072, rests_on=COMPARED_BY
    ),
    "mirror": Layout(
        sort_by=("product",),
        month_of="period",
        rests_on=(*COMPARED_BY, "import_margins", "exchange_rates", "statement_terms"),
    ),
    "mover": Layout(
        sort_by=("against", "measure", "position"),
        month_of="period",
        rests_on=(*COMPARED_BY, "exchange_rates", "quotability"),
    ),
    "observation": Layout(
        sort_by=("product", "partner", "measure", "period_start", "source", "known_from", "release_id"),
        month_of="period_end",
    ),
    "partner": Layout(sort_by=("partner",)),
    "product": Layout(sort_by=("product",)),
    "quarantine": Layout(sort_by=("release_id", "record"), by_release=True),
    "record_level": Layout(
        sort_by=("measure", "product", "partner"),
        month_of="period",
        rows_per_group=131_072,
        is_compact=False,
        rests_on=("baskets", "partner_groups"),
    ),
    "release": Layout(sort_by=("release_id",), by_release=True),
    "revision": Layout(
        sort_by=("product", "partner", "measure", "period_start", "revised_on", "regime", "province"),
        month_of="period_end",
    ),
    "trade_flow": Layout(sort_by=("product", "partner"), month_of="period", rows_per_group=6_656),
}
