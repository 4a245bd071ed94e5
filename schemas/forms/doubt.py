"""Defines what is said of a number in doubt, as answers and pages carry it before it is put in words."""

from typing import NamedTuple


class NumberDoubt(NamedTuple):
    """What an open finding says about a number, with the months for which it is open (month numbers).

    `of_sum` is a doubt about the sum of all partners on which a figure of one rests, such as its share; `part_pct` is
    how much of the number it concerns, None where that is not known; `finding` has its release and its number there, as
    in the table `finding`.
    """

    check: str
    partners: tuple[str, ...]
    listed: tuple[str, ...]
    first: int
    last: int
    observed: float | None = None
    expected: float | None = None
    unit: str | None = None
    of_sum: bool = False
    part_pct: float | None = None
    finding: str = ""

    @property
    def cause(self) -> "NumberDoubt":
        """The same without its months, and of whichever number."""
        return self._replace(first=0, last=0, of_sum=False, part_pct=None, finding="")

    @property
    def by_itself(self) -> "NumberDoubt":
        """The same about the number itself, of whichever release."""
        return self._replace(of_sum=False, part_pct=None, finding="")
