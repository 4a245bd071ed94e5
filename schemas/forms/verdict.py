"""Defines the verdict on a growth: may it be quoted, and what speaks against it.

Plain tuples: a command that only reads loads no model library for them.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple


class Caveat(NamedTuple):
    """One thing that speaks against a growth, by its name in the table `quotability`, with the numbers behind it."""

    name: str
    numbers: Mapping[str, float]


class Verdict(NamedTuple):
    """May a growth be quoted: yes, with care, or not as a percentage; and why, the gravest caveat first."""

    answer: Literal["yes", "care", "no"]
    caveats: tuple[Caveat, ...] = ()
