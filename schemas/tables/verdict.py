"""Defines whether a growth may be quoted as it is, and the caveats to state with it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

CAVEATS = {
    "nearly_nothing": "its base is so few steps of the last printed digit that the percentage says nothing",
    "low_base": "its base is far below what the series usually has",
    "sign_flips": "growth of the series turned its sign in nearly each of six months",
    "revision_noise": "it is no larger than what was changed of the series after it was first published",
    "coverage": "it compares, or adds up, figures of more than one kind of release",
    "implied_base": "no source at hand prints its base",
}


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
