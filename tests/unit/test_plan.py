"""The plan of work on many machines, on examples that are added up by hand."""

import pytest

from benchmarks.plan import COMEXT_ROWS, Piece, divided, longest_chain, planned, sizes, ways, whole_reporters

PIECES = [Piece("a", 2.0), Piece("b", 3.0, ("a",)), Piece("c", 4.0), Piece("d", 1.0, ("b", "c"))]


@pytest.mark.parametrize(("places", "seconds"), [(1, 10.0), (2, 6.0), (9, 6.0)])
def test_pieces_wait_for_those_before_and_the_longest_way_goes_first(places: int, seconds: float) -> None:
    """With two places a and c begin; b follows a, and d follows b at five: two and three and one."""
    assert planned(PIECES, places) == seconds
    assert ways(PIECES) == {"a": 6.0, "b": 4.0, "c": 5.0, "d": 1.0}
    assert longest_chain(PIECES) == ["a", "b", "d"]


def test_both_ways_do_the_same_work_and_no_number_of_machines_beats_the_longest_chain() -> None:
    records = sizes()
    assert len(records) == 30
    assert sum(count for name, count in records.items() if len(name) == 2) == pytest.approx(COMEXT_ROWS)
    forms = [whole_reporters(records, 3), divided(records, 3)]
    first, second = (sum(piece.seconds for piece in pieces) for pieces in forms)
    assert first == pytest.approx(second)
    for pieces in forms:
        assert planned(pieces, 1) == pytest.approx(first)
        assert planned(pieces, 10_000) == pytest.approx(max(ways(pieces).values()))
        assert planned(pieces, 4) >= first / 4
