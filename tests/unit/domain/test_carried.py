"""What is known of releases of another store holds inside, and nowhere else."""

import pytest

from tasks.domain.carried import Carried, are_corrected, carried_now, carrying
from tasks.domain.decisions import NOTHING_DECIDED

NOTHING = Carried({}, NOTHING_DECIDED)


def test_nothing_is_carried_where_nobody_says_so() -> None:
    assert (carried_now(), are_corrected()) == (None, True)


def _broken() -> None:
    with carrying(NOTHING, corrected=False):
        assert (carried_now(), are_corrected()) == (NOTHING, False)
        raise KeyError


def test_an_error_inside_ends_it() -> None:
    with pytest.raises(KeyError):
        _broken()
    assert (carried_now(), are_corrected()) == (None, True)
