"""Defines whether a growth may be quoted as it is, and the caveats to state with it."""

from typing import Literal

from pydantic import Field

from schemas.forms.form import Frozen


class Caveat(Frozen):
    """One thing that speaks against a growth, with the numbers behind it."""

    name: str = Field(description="one of the caveats of the table `quotability`")
    numbers: dict[str, float] = Field({}, description="what was counted, by name")


class Verdict(Frozen):
    """May a growth be quoted: yes, with care, or not as a percentage."""

    word: Literal["yes", "care", "no"] = Field(description="the verdict")
    caveats: tuple[Caveat, ...] = Field(default=(), description="why, the gravest first")
