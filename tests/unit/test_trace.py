"""A figure reckoned again from the ledger's rows is the figure that was published, whatever the store holds."""

from hypothesis import HealthCheck, given, settings

from schemas.metric import FIGURES
from tasks.origin import Place
from tests.unit import worlds
from tests.unit.figures import Store
from tests.unit.tracing import tracer_of

SERIES = ("flow", "product", "partner", "measure")


@given(worlds.histories())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_figure_is_found_again_from_the_rows_that_make_it(store: Store) -> None:
    tracer = tracer_of(store)
    rows = tracer.metric.sort(tracer.metric.columns[:6]).gather_every(9)
    for count, row in enumerate(rows.iter_rows(named=True)):
        month = row["period"].year * 12 + row["period"].month - 1
        place, figure = Place(*(row[name] for name in SERIES), month), FIGURES[count % len(FIGURES)]
        trace = tracer.trace(place, figure)
        assert trace.agrees, (place, figure, trace)
