"""Defines a watch rule, a threshold that each month of a series is compared with, and what became of it."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from schemas.forms.form import Frozen

RUNS = ("months_up", "months_down")


class WatchRule(Frozen):
    """A threshold of one series: the rule fires in a month in which the figure reaches it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        description="a name of its own, of small letters, digits and hyphens", pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"
    )
    reporter: str = Field(
        "", description="whose figures, CHN or EU27; empty: of every reporter", pattern=r"^([A-Z]{3}|EU27)?$"
    )
    flow: Literal["export", "import"] = Field(description="export or import")
    product: str = Field(
        description="a code, or basket: or line: and its key", pattern=r"^(\d{2,10}|(basket|line):[a-z0-9_]+)$"
    )
    partner: str = Field(
        "WLD", description="ISO 3166-1 alpha-3, EU27, or WLD for all", pattern=r"^([A-Z]{3}|EU27|gacc:\d{3})$"
    )
    measure: str = Field(
        "quantity_kg", description="quantity_kg, value_usd …", pattern=r"^(quantity|value|unit_value)_[a-z0-9_]+$"
    )
    figure: Literal["level", "mom_pct", "yoy_pct", "share_pct", "months_up", "months_down"] = Field(
        description="level, mom_pct, yoy_pct or share_pct of the table metric, or months_up or months_down: months in a row of rise or fall"
    )
    at_least: float | None = Field(None, description="a number: the rule fires from it upwards")
    at_most: float | None = Field(None, description="a number: the rule fires from it downwards")
    reason: str = Field(description="why this is watched, in a few words", min_length=3, max_length=300)

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a rule has either at_least or at_most")
        if self.figure in RUNS and (self.at_least is None or self.at_least < 1 or self.at_least % 1):
            raise ValueError(f"{self.figure} needs at_least with a whole number of months, 1 or more")
        return self

    @property
    def bound(self) -> str:
        """The threshold in words: `at least 50`."""
        return f"at least {self.at_least:,g}" if self.at_least is not None else f"at most {self.at_most:,g}"

    def is_reached_by(self, value: float) -> bool:
        """Whether a figure reaches the threshold."""
        return value >= self.at_least if self.at_least is not None else value <= float(self.at_most or 0)


class Graded(Frozen):
    """A rule in a month."""

    rule: str = Field(description="name of the rule")
    month: str = Field(description="YYYY-MM")
    outcome: Literal["fired", "quiet", "not evaluable"] = Field(description="what became of it")
    value: float | None = Field(None, description="the figure; null where it is missing")
    why: str = Field(description="the figure and the threshold, or why there is none, in a sentence")
    before: str = Field("", description="its outcome before the release; empty: the month had no such figure then")
    reason: str = Field("", description="why this is watched")

    @property
    def is_news(self) -> bool:
        """Whether it fires and did not before."""
        return self.outcome == "fired" != self.before
