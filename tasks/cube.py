"""The numbers of some products as arrays, a row for each series.

A series is a flow, product, partner and measure. It has a column for each month whose numbers are made anew. The numbers of
months that were made before come from files (`base_reader`) and lie one after another, because most series have none in most months.

Belongs here: where a number lies. Does not belong here: which series there can be and how they are numbered (`series_keys`),
what is covered (`coverage`), what adds up (`sums`), which months are told (`calendar_grid`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numba
import numpy
import polars as pl

from schemas.base import SPANS
from tasks.keys import Array, Index, distinct, number_distinct
from tasks.scope import HS_LEVELS, QUIET_MONTHS, TOTALS, family_of, month_index
from tasks.series import per_unit
from tasks.series_keys import KeySpace, desks_of_members, keys_of_settled, name_products, possible_keys, wholes_of
from tasks.settled import (
    NO_ENTRIES,
    NONE_SETTLED,
    NOT_FAR,
    Entries,
    FarSeries,
    Settled,
    by_series,
    lay_past,
    told_again,
)

# What stands in an array of whole numbers where there is no number.
NOTHING = numpy.iinfo(numpy.int64).min
# What stands in an array of standings where nobody speaks.
NOBODY = 255
# How a number of a month came to be: there is none, a source prints it, it is a sum.
NO_ROW, PRINTED, SUM = 0, 1, 2


@dataclass
class Cube:
    """Series in order of their keys, and what is known of them month by month.

    Names are numbers here, in the order of the names: sorted by number is sorted by name.

    - Months: the window begins with the January `first` (a month index) and has `months` months. `fresh` are the months of it
      that have a column in the arrays of numbers; `is_settled` says by flow and column whether the numbers stand as they were
      published. `past` has the numbers of the other months of the window, `far` what is known of those that are not looked at one
      by one.
    - Numbers: `value` and the printed figures (`ytd`, `yoy`, `ytd_yoy`) are whole numbers in the smallest unit of the series,
      NOTHING where there is none. `row` says whether a month has a number at all, also a sum that is unknown because a part of
      it is missing. `kinds` are the kinds of release behind a number, a bit for each in the order of KINDS: the highest bit is
      that of the worst kind.
    - Series: each belongs to a place (flow, product, partner) and to a desk (place and measure family), because releases speak
      of a measure family or do not. `place` and `desk` say to which, `place_key` and `desk_key` are the keys of these.
    - `wholes` says which product each product is a part of (`series_keys.wholes_of`).
    """

    flows: list[str]
    products: list[str]
    partners: list[str]
    measures: list[str]
    families: list[str]
    classification: list[str]
    wholes: list[Array]
    per_unit: Array
    first: int
    months: int
    fresh: Array
    past: Entries
    far: FarSeries
    key: Array
    flow: Array
    product: Array
    partner: Array
    measure: Array
    place: Array
    place_key: Array
    desk: Array
    desk_key: Array
    is_total: Array
    row: Array
    value: Array
    kinds: Array
    ytd: Array
    ytd_kinds: Array
    yoy: Array
    yoy_kinds: Array
    ytd_yoy: Array
    ytd_yoy_kinds: Array
    is_settled: Array = field(init=False)
    index: Index = field(init=False)
    place_index: Index = field(init=False)
    desk_index: Index = field(init=False)

    def __post_init__(self) -> None:
        self.is_settled = numpy.zeros((len(self.flows), len(self.fresh)), bool)
        self.index = Index(self.key, self.space.size)
        self.place_index = Index(self.place_key, self.space.places)
        self.desk_index = Index(self.desk_key, self.space.places * len(self.families))

    @property
    def height(self) -> int:
        """Number of series."""
        return len(self.key)

    @property
    def space(self) -> KeySpace:
        """How many names there are of each sort."""
        return KeySpace(len(self.flows), len(self.products), len(self.partners), len(self.measures))

    def keys_of(self, flow: Array, product: Array, partner: Array, measure: Array) -> Array:
        """The keys of series by the numbers of their names."""
        return self.space.key(flow, product, partner, measure)

    def find(self, key: Array) -> Array:
        """Where the series of these keys are; -1 where there is none."""
        return self.index.find(key)

    def find_place(self, flow: Array, product: Array, partner: Array) -> Array:
        """Where the places of these names are; -1 where there is none."""
        return self.place_index.find(self.space.place(flow, product, partner))

    def find_desk(self, flow: Array, product: Array, partner: Array, family: Array) -> Array:
        """Where the desks of these names are; -1 where there is none."""
        return self.desk_index.find(self.space.place(flow, product, partner) * len(self.families) + family)

    def is_eight(self) -> Array:
        """Whether each series is of an HS8 code."""
        return numpy.array([kind == "HS8" for kind in self.classification], bool)[self.product]

    def above(self, level: int) -> Array:
        """The number of the HS code of so many digits above each HS8 code, -1 for all other products."""
        return self.wholes[HS_LEVELS.index(level)]

    def family_of_measure(self) -> Array:
        """The number of the family of each measure."""
        return numpy.array([self.families.index(family_of(name)) for name in self.measures], numpy.int64)


def lay_out(
    numbers: pl.DataFrame, releases: pl.DataFrame, settled: Settled | None = None, fresh: Array | None = None
) -> Cube:
    """The cube of the numbers of `series.printed_numbers`, with room for all sums that can be made of them and for all months
    that the scopes of `releases` reach. `fresh` are the month indices that get columns, None for all. `settled` are the numbers
    of months that were made before: those of a fresh month go into its column, where no word speaks of it anew."""
    settled = settled or NONE_SETTLED
    products, classification = name_products(numbers, settled.products)
    wholes = wholes_of(products, classification)
    labels = {
        "flow": sorted({*numbers["flow"].unique(), *settled.flows}),
        "product": products,
        "partner": sorted({*numbers["partner"].unique(), *settled.partners, *TOTALS}),
        "measure": sorted({*numbers["measure"].unique(), *settled.measures}),
    }
    space = KeySpace(*map(len, labels.values()))
    coded = [numbers[name].cast(pl.Enum(texts)).to_physical().to_numpy().astype(numpy.int64)
             for name, texts in labels.items()]  # fmt: skip
    own, before = space.key(*coded), keys_of_settled(settled, settled, labels, space)
    beyond = keys_of_settled(settled, settled.far, labels, space) if settled.far else numpy.zeros(0, numpy.int64)
    is_total = numpy.array([name in TOTALS for name in labels["partner"]], bool)
    key = possible_keys(distinct([own, before, beyond], space.size), space, wholes, labels["partner"])
    flow, product, partner, measure = space.names_of(key)
    families = sorted({family_of(name) for name in labels["measure"]})
    family = numpy.array([families.index(family_of(name)) for name in labels["measure"]], numpy.int64)
    place_key, place = number_distinct(key // space.measures, space.places)
    own_desk = key // space.measures * len(families) + family[measure]
    of_members = desks_of_members(flow, product, partner, family[measure], space, len(families), products)
    desk_key = distinct([own_desk, of_members], space.places * len(families))
    desk = Index(desk_key, space.places * len(families)).find(own_desk)
    told = [month for month in (numbers["month"].to_numpy(), settled.month) if len(month)]
    told += [numpy.array([settled.far.before])] if settled.far else []
    first, months = _window(min(int(month.min()) for month in told), max(int(month.max()) for month in told), releases)
    if settled.far:
        # Scopes of releases reach further back than what was read.
        january = settled.far.since // 12 * 12
        first, months = january, first + months - january
    columns = numpy.arange(months) if fresh is None else fresh[(fresh >= first) & (fresh < first + months)] - first
    shape = (len(key), len(columns))
    spans = {*numbers["span"].unique(), *(SPANS[place] for place in numpy.flatnonzero(numpy.bincount(settled.span)))}
    cube = Cube(
        labels["flow"], products, labels["partner"], labels["measure"], families, classification, wholes,
        numpy.array([per_unit(name) for name in labels["measure"]], numpy.int64), first, months, columns, NO_ENTRIES, NOT_FAR,
        key, flow, product, partner, measure, place, place_key, desk, desk_key, is_total[partner],
        numpy.zeros(shape, numpy.uint8), numpy.full(shape, NOTHING), numpy.zeros(shape, numpy.uint8),
        *(room for span in SPANS[1:] for room in _room(shape, span in spans)),
    )  # fmt: skip
    column = numpy.full(months, -1)
    column[columns] = numpy.arange(len(columns))
    span = numbers["span"].cast(pl.Enum(SPANS)).to_physical().to_numpy()
    kind = 1 << numbers["standing"].to_numpy().astype(numpy.uint8)
    row = numpy.full(numbers.height, PRINTED, numpy.uint8)
    _put_fresh(
        cube,
        cube.index.find(own),
        column[numbers["month"].to_numpy() - first],
        span,
        row,
        numbers["value"].to_numpy(),
        kind,
    )
    if len(before):
        at = cube.index.find(before)
        row_of, entry = told_again(settled.length, settled.month, first, column)
        if len(entry):
            _put_fresh(
                cube, at[row_of], column[settled.month[entry] - first], settled.span[row_of],
                settled.row[row_of], settled.value[entry], settled.kinds[row_of],
            )  # fmt: skip
        cube.past = Entries(
            *lay_past(
                at, settled.length, settled.month, first, settled.span, settled.value, settled.kinds, column, len(key)
            )
        )
    if settled.far:
        cube.far = by_series(settled.far, cube.index.find(beyond), first, len(key))
    return cube


def _put_fresh(cube: Cube, at: Array, column: Array, span: Array, row: Array, value: Array, kinds: Array) -> None:
    _scatter(
        at, column, span, row, value, kinds, cube.row, cube.value, cube.kinds, cube.ytd, cube.ytd_kinds, cube.yoy,
        cube.yoy_kinds, cube.ytd_yoy, cube.ytd_yoy_kinds,
    )  # fmt: skip


def _window(first: int, last: int, releases: pl.DataFrame) -> tuple[int, int]:
    """First month and number of months; the first is a January, because cumulative figures begin there."""
    scopes = releases.select(month_index("first_month").min(), month_index("last_month").max()).row(0)
    earliest, latest = (own if told is None else told for own, told in zip((first, last), scopes, strict=True))
    begin = max(min(first, earliest), first - QUIET_MONTHS) // 12 * 12
    return begin, min(max(last, latest), last + QUIET_MONTHS) + 1 - begin


def _room(shape: tuple[int, int], wanted: bool) -> tuple[Array, Array]:
    """Arrays for printed figures and their kinds, without columns where no source prints any."""
    room = shape if wanted else (shape[0], 0)
    return numpy.full(room, NOTHING), numpy.zeros(room, numpy.uint8)


def months_valid(rows: Iterable[tuple[str, str]], first: int, months: int) -> Array:
    """Whether each month of the window is between two YYYY-MM texts, of which an empty one means no bound; a row a pair."""
    index = numpy.arange(first, first + months)
    return numpy.array([
        (index >= _index(begin, 0)) & (index <= _index(end, 10**6)) for begin, end in rows
    ], bool).reshape(-1, months)  # fmt: skip


def _index(text: str, otherwise: int) -> int:
    return int(text[:4]) * 12 + int(text[5:]) - 1 if text else otherwise


@numba.njit(nogil=True, cache=True)
def _scatter(  # noqa: PLR0913, PLR0917
    at: Array, month: Array, span: Array, told: Array, number: Array, kind: Array, row: Array, value: Array, kinds: Array,
    ytd: Array, ytd_kinds: Array, yoy: Array, yoy_kinds: Array, ytd_yoy: Array, ytd_yoy_kinds: Array,
) -> None:  # fmt: skip
    for place in range(len(at)):
        series, column = at[place], month[place]
        if span[place] == 0:
            row[series, column], value[series, column], kinds[series, column] = told[place], number[place], kind[place]
        elif span[place] == 1:
            ytd[series, column], ytd_kinds[series, column] = number[place], kind[place]
        elif span[place] == 2:
            yoy[series, column], yoy_kinds[series, column] = number[place], kind[place]
        else:
            ytd_yoy[series, column], ytd_yoy_kinds[series, column] = number[place], kind[place]
