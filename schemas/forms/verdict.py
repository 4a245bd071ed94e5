"""Defines whether a growth may be quoted as it is, and the caveats to state with it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Caveat(BaseModel):
    """One thing that speaks against a growth, with the numbers behind it."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="one of the caveats of the table `quotability`")
    numbers: dict[str, float] = Field(default={}, description="what was counted, by name")


class Verdict(BaseModel):
    """May a growth be quoted: yes, with care, or not as a percentage."""

    model_config = ConfigDict(frozen=True)

    word: Literal["yes", "care", "no"] = Field(description="the verdict")
    caveats: tuple[Caveat, ...] = Field(default=(), description="why, the gravest first")
