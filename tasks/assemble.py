"""The tables that a release changes: the months of the ledger, their revisions, the reader's wide table, the figures.

Belongs here: which months are made again and from what, and how many of them at once. Does not belong here: how a ledger or a
metric is computed, which files are published (`release_files`), how a file is written.
"""

import contextlib
import functools
from collections.abc import Collection, Iterator
from typing import Annotated, NamedTuple, cast

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.base import Base, BaseFar, BaseYear
from schemas.metric import Metric
from schemas.observation import Detail, Observation
from schemas.release import Release
from schemas.revision import Revision
from schemas.table import empty_frame
from schemas.trade_flow import TradeFlow
from tasks import ledger, metrics
from tasks import revisions as revising
from tasks.base_file import BaseFile
from tasks.derivation import derivation_of_month, words_of_collected
from tasks.known import Known
from tasks.month_plan import looked_back_on
from tasks.normalise import Normalised
from tasks.proof import prove_files
from tasks.refusal import Refused
from tasks.scope import month_index
from tasks.tables import Partition, partition_month, path_partition
from tasks.waiting import Waiting, Writer
from tasks.wide import widen

# Numbers of settled months whose figures are made at once: as many as a month of the full cube of one flow has. There are more than
# twice as many figures as numbers, and a figure has 135 bytes.
NUMBERS_AT_ONCE = 3_000_000


class Ledger(NamedTuple):
    """The ledger after a release: the partitions that were made again, and every release."""

    touched: DataFrame[Observation]
    releases: DataFrame[Release]


class Figures(NamedTuple):
    """What was derived: the metrics, and the numbers that they and the metrics of later months are made of. They are files
    already, because a month may have millions of rows."""

    metric: Annotated[Waiting, Metric]
    base: Annotated[Waiting, Base]
    base_year: Annotated[Waiting, BaseYear]
    base_far: Annotated[Waiting, BaseFar]


def merge(release: Normalised, known: Known) -> Ledger:
    """The ledger with `release` in it. A release that is known already adds nothing and the result is what was."""
    releases = cast(
        "DataFrame[Release]",
        pl.concat([known.releases, release.release]).unique("release_id", keep="first").sort("release_id"),
    )
    details = cast("DataFrame[Detail]", _details(release, known).filter(_in_months(known.touched)))
    with _refusing_overflow():
        return Ledger(ledger.merge(details, releases), releases)


@contextlib.contextmanager
def _refusing_overflow() -> Iterator[None]:
    """Numbers of which no sum fits into 64 bits are a wrong unit in the file, and no error of ours."""
    try:
        yield
    except OverflowError as error:
        raise Refused(
            "number too large", where="the release, with what is published of its months", found=str(error),
            advice="Check the unit column of the file; nothing was published.",
        ) from error  # fmt: skip


def whole(ledger_after: Ledger, known: Known) -> DataFrame[Observation]:
    """What `known` has of the ledger, with the months that were made again."""
    rest = known.observation.filter(~_in_months(known.touched))
    return cast("DataFrame[Observation]", pl.concat([rest, ledger_after.touched]))


def _details(release: Normalised, known: Known) -> pl.DataFrame:
    """The details of all releases, this one's included. Where this one was published before, its published details count: read
    again it may have another day, and the ledger would say what no published detail says."""
    if release.release["release_id"][0] in known.releases["release_id"]:
        return known.detail
    return pl.concat([known.detail, release.detail])


def revise(release: Normalised, ledger_after: Ledger, known: Known) -> DataFrame[Revision]:
    """The revisions of the months that the release touches and of the same months a year later."""
    details = cast("DataFrame[Detail]", _details(release, known))
    if ledger.undisputed(details, ledger_after.releases).all():
        return DataFrame[Revision](empty_frame(Revision))
    return revising.revisions(details, whole(ledger_after, known), ledger_after.releases)


def _in_months(partitions: tuple[Partition, ...]) -> pl.Expr:
    months: dict[str, list[int]] = {}
    for partition in partitions:
        months.setdefault(partition[0], []).append(partition_month(partition))
    index = month_index("period_end")
    return pl.any_horizontal(
        pl.lit(False), *((pl.col("flow") == flow) & index.is_in(those) for flow, those in months.items())
    )


def widen_ledger(ledger_after: Ledger) -> DataFrame[TradeFlow]:
    """The last word of the months that were made again, wide."""
    with _refusing_overflow():
        return widen(ledger.last_word(ledger_after.touched), ledger_after.releases)


def derive(ledger_after: Ledger, known: Known) -> Figures:
    """The metrics of the months that the release can change. The numbers of some of these months are made anew from the last
    word of the ledger, those of the others are read as they were published; where they are many, a few months at a time.

    Raises DamagedStore where what is read is damaged."""
    words = ledger.last_word(whole(ledger_after, known)).filter(_in_months(known.anew))
    releases, files = ledger_after.releases, known.before
    collected = words_of_collected(whole(ledger_after, known), releases)
    with _refusing_overflow(), contextlib.ExitStack() as open_writers:
        metric, base, base_year, base_far = (
            open_writers.enter_context(
                Writer(
                    model,
                    known.store,
                    functools.partial(
                        derivation_of_month, model, releases=releases, chained=known.chained, collected=collected
                    ),
                )
            )
            for model in (Metric, Base, BaseYear, BaseFar)
        )
        for place, months in enumerate(_at_once(known)):
            if place == 1:
                # The first part was made anew; the other months look back on what came of it.
                files, words = (*files, *_made_anew(base.waiting)), words.clear()
            years = () if place else known.years
            before = looked_back_on(files, months, years)
            prove_files(known.snapshot, (file.file for file in before))
            portions = metrics.derive_portions(
                words, releases, _months(months), before, years, _far_years(months, known)
            )
            # Where a writer fails, no portion more is begun.
            for derived, after in open_writers.enter_context(contextlib.closing(portions)):
                metric.add(derived.metric, after)
                base.add(derived.base, after)
                base_year.add(derived.base_year, after)
                base_far.add(derived.base_far, after)
    return Figures(metric.waiting, base.waiting, base_year.waiting, base_far.waiting)


def _made_anew(base: Waiting) -> list[BaseFile]:
    """The files of the months that were made anew, as those to look back on."""
    return [
        BaseFile(partition[0], partition_month(partition), base.data(file.partition))
        for file in base.files
        for partition in [path_partition(file.partition)]
    ]


def _far_years(months: Collection[Partition], known: Known) -> list[tuple[str, int]]:
    """The years whose file of `base_far` is made together with these months: those whose last derived month is among them."""
    last = {month[:2]: month for month in sorted(known.derived)}
    return [flow_year for flow_year in known.far_years if last[flow_year] in months]


def _at_once(known: Known) -> list[tuple[Partition, ...]]:
    """The derived months, cut into parts so that memory suffices; the months whose numbers are made anew are the first part."""
    numbers = {path_partition(entry.partition): entry.rows
               for entry in (known.snapshot.entries("base") if known.snapshot else ())}  # fmt: skip
    if sum(numbers[month] for month in known.settled) <= NUMBERS_AT_ONCE:
        return [known.derived]
    parts, room = [known.anew], 0
    for month in known.settled:
        if numbers[month] > room:
            parts.append(())
            room = NUMBERS_AT_ONCE
        parts[-1] = (*parts[-1], month)
        room -= numbers[month]
    return parts


def _months(months: tuple[Partition, ...]) -> pl.DataFrame:
    frame = pl.DataFrame(months, orient="row", schema={"flow": pl.String, "year": pl.Int32, "number": pl.Int32})
    return frame.select("flow", month=pl.col("year") * 12 + pl.col("number") - 1)
