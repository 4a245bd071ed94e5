"""What is known of releases of another store holds inside, and nowhere else."""

import pytest

from tasks.domain.carried import NOTHING_CARRIED, are_corrected, carried_now, carrying


def test_nothing_is_carried_where_nobody_says_so() -> None:
    assert (carried_now(), are_corrected()) == (None, True)


def _broken() -> None:
    with carrying(NOTHING_CARRIED, corrected=False):
        assert (carried_now(), are_corrected()) == (NOTHING_CARRIED, False)
        raise KeyError


def test_an_error_inside_ends_it() -> None:
    with pytest.raises(KeyError):
        _broken()
    assert (carried_now(), are_corrected()) == (None, True)
