"""The metrics of a store compared with the oracle, figure by figure."""

import math
from fractions import Fraction
from typing import Any

import polars as pl

from schemas.names import FIGURES, status
from tasks.ledger.merge import current_statements
from tests.unit import coverage_oracle
from tests.unit.figures import Store, merged
from tests.unit.metrics_oracle import Place, Reckoning


def reckoned(store: Store) -> Reckoning:
    return Reckoning(current_statements(merged(store)).to_dicts(), [row for row, _ in store])


def same(published: Any, exact: Any) -> bool:
    if published is None or exact is None:
        return published is None and exact is None
    if isinstance(published, (float, int)):
        return math.isclose(published, Fraction(exact), rel_tol=1e-9, abs_tol=1e-9)
    return bool(coverage_oracle.index(published) == exact)


def differences(metric: pl.DataFrame, reckoning: Reckoning) -> list[str]:
    """Every figure that is not what it should be, a line each."""
    found = []
    rows = {
        Place(row["flow"], row["product"], row["partner"], row["measure"], coverage_oracle.index(row["period"])): row
        for row in metric.iter_rows(named=True)
    }
    found += [
        f"{place} is {'missing' if place in reckoning.rows else 'too much'}"
        for place in rows.keys() ^ reckoning.rows.keys()
    ]
    for place in rows.keys() & reckoning.rows.keys():
        for name, (exact, made) in reckoning.rows[place].figures.items():
            value = rows[place][name]
            said = rows[place][status(name)] if name in FIGURES else made
            if not same(value, exact) or said != made:
                found.append(f"{place} {name} is {value} {said}, should be {exact} {made}")
    return sorted(found)
