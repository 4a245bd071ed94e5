"""The numbers of some products as arrays, a row for each series.

Belongs here: which series there can be, their order, and where a number lies. A series is a flow, product, partner and
measure. Of the months that are made anew it has a column each; of those that were made before (`past`) what they were
found to be, number after number, because most series are silent in most months. Does not belong here: what is covered
(`coverage`), what adds up (`sums`), which months are told (`calendar_grid`).

Names are numbers inside, in the order of the names: sorted by number is sorted by name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy
import polars as pl

from schemas.base import SPANS
from tasks.keys import Array, Index, distinct, number_distinct
from tasks.scope import (
    GROUPS,
    HS_LEVELS,
    QUIET_MONTHS,
    WORLD,
    basket_members,
    family_of,
    kind_of_code,
    month_index,
)
from tasks.series import per_unit
from tasks.settled import (
    NO_ENTRIES,
    NO_STEPS,
    NONE_SETTLED,
    Entries,
    Far,
    Settled,
    Steps,
    lay_past,
    order_steps,
    told_again,
)

TOTALS = (WORLD, *GROUPS)
# What stands in an array of whole numbers where there is no number.
NOTHING = numpy.iinfo(numpy.int64).min
# What stands in an array of standings where nobody speaks.
NOBODY = 255
# How a number of a month came to be: there is none, a source prints it, it is a sum.
NO_ROW, PRINTED, SUM = 0, 1, 2


@dataclass
class Cube:
    """Series in order of their keys, and what is known of them month by month.

    The window begins with the January `first` (a month index) and has so many `months`; `far` is what is known of those that
    are not looked at one by one. `fresh` are those months of the window that have columns in the arrays of numbers, and `is_settled` says by flow and
    column whether what was found of it stands. `value` and the printed figures are whole numbers in the smallest unit of the
    series, NOTHING where there is none; `kinds` are the kinds of release behind a number, a bit for each in the
    order of KINDS, so that the worst is the highest bit. `row` says whether a month has a number of its own, also one that
    is a sum of which a part is missing. `series` numbers belong to a place (flow, product, partner) and a desk (place and
    measure family, of which releases speak or not).
    """

    flows: list[str]
    products: list[str]
    partners: list[str]
    measures: list[str]
    families: list[str]
    classification: list[str]
    targets: list[Array]
    per_unit: Array
    first: int
    months: int
    fresh: Array
    past: Entries
    far: Steps
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
        places = len(self.flows) * len(self.products) * len(self.partners)
        self.is_settled = numpy.zeros((len(self.flows), len(self.fresh)), bool)
        self.index = Index(self.key, places * len(self.measures))
        self.place_index = Index(self.place_key, places)
        self.desk_index = Index(self.desk_key, places * len(self.families))

    @property
    def height(self) -> int:
        """Number of series."""
        return len(self.key)

    def keys_of(self, flow: Array, product: Array, partner: Array, measure: Array) -> Array:
        """The keys of series by the numbers of their names."""
        return _key((flow, product, partner, measure), self.sizes)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many products, partners and measures there are."""
        return len(self.products), len(self.partners), len(self.measures)

    def find(self, key: Array) -> Array:
        """Where the series of these keys are; -1 where there is none."""
        return self.index.find(key)

    def find_place(self, flow: Array, product: Array, partner: Array) -> Array:
        """Where the places of these names are; -1 where there is none."""
        return self.place_index.find((flow * len(self.products) + product) * len(self.partners) + partner)

    def find_desk(self, flow: Array, product: Array, partner: Array, family: Array) -> Array:
        """Where the desks of these names are; -1 where there is none."""
        place = (flow * len(self.products) + product) * len(self.partners) + partner
        return self.desk_index.find(place * len(self.families) + family)

    def is_eight(self) -> Array:
        """Whether each series is of an HS8 code."""
        return numpy.array([kind == "HS8" for kind in self.classification], bool)[self.product]

    def above(self, level: int) -> Array:
        """The number of the HS code of so many digits above each HS8 code, -1 for all other products."""
        return self.targets[HS_LEVELS.index(level)]

    def family_of_measure(self) -> Array:
        """The number of the family of each measure."""
        return numpy.array([self.families.index(family_of(name)) for name in self.measures], numpy.int64)


def lay_out(
    numbers: pl.DataFrame, releases: pl.DataFrame, settled: Settled | None = None, fresh: Array | None = None
) -> Cube:
    """The cube of the numbers of `series.printed_numbers`, with room for all that can be made of them and for the months that
    the scopes of `releases` reach. `fresh` are the month indices that have columns, all where none are given: their numbers
    are made anew where there are words, else they are `settled`, as those of all other months are."""
    settled = settled or NONE_SETTLED
    products, classification = _name_products(numbers, settled.products)
    targets = _targets(products, classification)
    labels = {
        "flow": sorted({*numbers["flow"].unique(), *settled.flows}),
        "product": products,
        "partner": sorted({*numbers["partner"].unique(), *settled.partners, *TOTALS}),
        "measure": sorted({*numbers["measure"].unique(), *settled.measures}),
    }
    flows = len(labels["flow"])
    sizes = (len(labels["product"]), len(labels["partner"]), len(labels["measure"]))
    coded = [numbers[name].cast(pl.Enum(texts)).to_physical().to_numpy().astype(numpy.int64)
             for name, texts in labels.items()]  # fmt: skip
    own, before = _key(tuple(coded), sizes), _keys_of_settled(settled, settled, labels, sizes)
    beyond = _keys_of_settled(settled, settled.far, labels, sizes) if settled.far else numpy.zeros(0, numpy.int64)
    is_total = numpy.array([name in TOTALS for name in labels["partner"]], bool)
    size = flows * sizes[0] * sizes[1] * sizes[2]
    key = _possible_keys(distinct([own, before, beyond], size), flows, sizes, targets, labels["partner"])
    partner, measure = key // sizes[2] % sizes[1], key % sizes[2]
    product, flow = key // (sizes[1] * sizes[2]) % sizes[0], key // (sizes[0] * sizes[1] * sizes[2])
    families = sorted({family_of(name) for name in labels["measure"]})
    family = numpy.array([families.index(family_of(name)) for name in labels["measure"]], numpy.int64)
    place_key, place = number_distinct(key // sizes[2], flows * sizes[0] * sizes[1])
    own_desk = key // sizes[2] * len(families) + family[measure]
    of_members = _desks_of_members(flow, product, partner, family[measure], sizes, len(families), products)
    desk_key = distinct([own_desk, of_members], flows * sizes[0] * sizes[1] * len(families))
    desk = Index(desk_key, flows * sizes[0] * sizes[1] * len(families)).find(own_desk)
    told = [month for month in (numbers["month"].to_numpy(), settled.month) if len(month)]
    told += [numpy.array([settled.far.before])] if settled.far else []
    first, months = _window(min(int(month.min()) for month in told), max(int(month.max()) for month in told), releases)
    if settled.far:
        # Not where the scopes of the releases begin, which reach as far back as the series that is silent longest.
        january = min(settled.far.before, settled.far.since) // 12 * 12
        first, months = january, first + months - january
    columns = numpy.arange(months) if fresh is None else fresh[(fresh >= first) & (fresh < first + months)] - first
    shape = (len(key), len(columns))
    spans = {*numbers["span"].unique(), *(SPANS[place] for place in numpy.flatnonzero(numpy.bincount(settled.span)))}
    cube = Cube(
        labels["flow"], products, labels["partner"], labels["measure"], families, classification, targets,
        numpy.array([per_unit(name) for name in labels["measure"]], numpy.int64), first, months, columns, NO_ENTRIES, NO_STEPS,
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
        cube.far = order_steps(settled.far, cube.index.find(beyond), first, len(key))
    return cube


def _put_fresh(cube: Cube, at: Array, column: Array, span: Array, row: Array, value: Array, kinds: Array) -> None:
    _scatter(
        at, column, span, row, value, kinds, cube.row, cube.value, cube.kinds, cube.ytd, cube.ytd_kinds, cube.yoy,
        cube.yoy_kinds, cube.ytd_yoy, cube.ytd_yoy_kinds,
    )  # fmt: skip


def _keys_of_settled(
    names_of: Settled, rows: Settled | Far, labels: dict[str, list[str]], sizes: tuple[int, int, int]
) -> Array:
    """The keys of settled rows, whose names have other numbers than those of the cube."""
    # There are millions of rows and few names: what a name adds to a key is reckoned once.
    scales = (sizes[0] * sizes[1] * sizes[2], sizes[1] * sizes[2], sizes[2], 1)
    adds = []
    for names, texts, scale in zip(names_of[:4], labels.values(), scales, strict=True):
        place = {text: number for number, text in enumerate(texts)}
        adds.append(numpy.array([place[name] for name in names], numpy.int64) * scale)
    return _add_up_keys(rows.flow, rows.product, rows.partner, rows.measure, *adds)


@numba.njit(nogil=True, cache=True)
def _add_up_keys(
    flow: Array, product: Array, partner: Array, measure: Array, of_flow: Array, of_product: Array, of_partner: Array,
    of_measure: Array,
) -> Array:  # fmt: skip
    keys = numpy.empty(len(flow), numpy.int64)
    for row in range(len(flow)):
        keys[row] = of_flow[flow[row]] + of_product[product[row]] + of_partner[partner[row]] + of_measure[measure[row]]
    return keys


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


def _name_products(numbers: pl.DataFrame, settled: list[str]) -> tuple[list[str], list[str]]:
    """All products that are told or can be made, in order, and what kind of code each is."""
    kinds = {name: kind_of_code(name) for name in settled}
    kinds |= dict(numbers.select("product", "classification").unique().iter_rows())
    eights = {name for name, kind in kinds.items() if kind == "HS8"}
    for name in eights:
        for level in HS_LEVELS:
            kinds.setdefault(name[:level], f"HS{level}")
    members = basket_members()
    touched = members.filter(pl.col("part").is_in(list(eights)))["product"].unique()
    for basket, code in (
        members.filter(pl.col("product").is_in(touched.to_list())).select("product", "part").iter_rows()
    ):
        kinds.setdefault(basket, "basket")
        kinds.setdefault(code, "HS8")
    products = sorted(kinds)
    return products, [kinds[name] for name in products]


def _key(numbers: tuple[Array, ...], sizes: tuple[int, int, int]) -> Array:
    flow, product, partner, measure = numbers
    return ((flow * sizes[0] + product) * sizes[1] + partner) * sizes[2] + measure


def _possible_keys(
    own: Array, flows: int, sizes: tuple[int, int, int], targets: list[Array], partners: list[str]
) -> Array:
    """Keys of the series that have numbers and of those that could be made of them."""
    is_total = numpy.array([name in TOTALS for name in partners], bool)

    def product_of(keys: Array) -> Array:
        return keys // (sizes[1] * sizes[2]) % sizes[0]

    def partner_of(keys: Array) -> Array:
        return keys // sizes[2] % sizes[1]

    def higher(keys: Array) -> list[Array]:
        """The same series of the products that theirs is part of."""
        product = product_of(keys)
        found = [(target[product], target[product] >= 0) for target in targets]
        return [
            keys[here] + (above[here] - product[here]) * (sizes[1] * sizes[2]) for above, here in found
        ]  # fmt: skip

    def of_partner(keys: Array, partner: Any) -> Array:
        return keys + (partner - partner_of(keys)) * sizes[2]

    size = flows * sizes[0] * sizes[1] * sizes[2]
    keys = distinct([own, *higher(own)], size)
    parts = keys[~is_total[partner_of(keys)]]
    keys = distinct([keys, *(of_partner(parts, place) for place in numpy.flatnonzero(is_total))], size)
    totals = keys[is_total[partner_of(keys)]]
    world = of_partner(keys, partners.index(WORLD))
    return distinct([keys, *higher(totals), *higher(world)], size)


def _targets(products: list[str], classification: list[str]) -> list[Array]:
    """For each HS level and each code of a basket: the number of the product that each product is part of, or -1."""
    number = {name: place for place, name in enumerate(products)}
    targets = [
        numpy.array([number.get(name[:level], -1) if kind == "HS8" else -1
                     for name, kind in zip(products, classification, strict=True)], numpy.int64)
        for level in HS_LEVELS
    ]  # fmt: skip
    for basket, code in basket_members().select("product", "part").iter_rows():
        if basket in number and code in number:
            targets.append(numpy.full(len(products), -1, numpy.int64))
            targets[-1][number[code]] = number[basket]
    return targets


def _desks_of_members(
    flow: Array, product: Array, partner: Array, family: Array, sizes: tuple[int, int, int], families: int,
    products: list[str],
) -> Array:  # fmt: skip
    """Desks of the codes of each basket that has a series: whether they are covered decides whether the basket adds up."""
    number = {name: place for place, name in enumerate(products)}
    found = [numpy.empty(0, numpy.int64)]
    for basket, code in basket_members().select("product", "part").iter_rows():
        if basket in number and code in number:
            mine = product == number[basket]
            place = (flow[mine] * sizes[0] + number[code]) * sizes[1] + partner[mine]
            found.append(place * families + family[mine])
    return numpy.concatenate(found)


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
