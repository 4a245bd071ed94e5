"""Defines the request and the report of a fetch."""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.code_files import source_names
from schemas.forms.form import as_form, none_if_empty
from schemas.forms.request import HS_CODE, MONTHS, REPORTER


class FetchRequest(BaseModel):
    """The form of a fetch: which source, what to ask for, where to put it."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra=as_form(("source", "inbox", "products", "reporters", "flows", "months"))
    )

    source: str = Field(description="which source is asked", json_schema_extra={"enum": [*source_names()]})
    inbox: Path = Field(
        default=Path("inbox"), description="folder into which the answers are written, each with its sidecar"
    )
    products: list[Annotated[str, Field(json_schema_extra={"pattern": f"^({HS_CODE})$"})]] = Field(
        default=[], description="HS codes to ask for, all with as many digits; none: the HS6 codes of the baskets"
    )
    reporters: list[Annotated[str, Field(json_schema_extra={"pattern": f"^({REPORTER})$"})]] = Field(
        default=[],
        description="of Eurostat and UN Comtrade: whose trade, e.g. DEU; none: of Eurostat EU27 and each member state",
    )
    flows: list[Literal["export", "import"]] = Field(default=["export", "import"], description="directions to ask for")
    months: str | None = Field(
        default=None,
        description="months to ask for, 2025-06 or 2025-01..2025-06; none: those that the source may have changed",
    )
    base: str | None = Field(
        default=None,
        description="address to ask instead of the source's own, http://host:port; for a replay of recorded answers",
    )

    _cleared = field_validator("months", "base", mode="before")(none_if_empty)

    @field_validator("source")
    @classmethod
    def _is_known(cls, source: str) -> str:
        if source not in source_names():
            raise ValueError(f"{source!r} is no source; the sources are {', '.join(source_names())}")
        return source

    @field_validator("base")
    @classmethod
    def _is_of_this_machine(cls, base: str | None) -> str | None:
        if base is not None and not re.fullmatch(r"http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?", base):
            raise ValueError(
                f"{base!r} is not of this machine; recorded answers are replayed at http://127.0.0.1:<port>, and keys go nowhere else"
            )
        return base

    @field_validator("months")
    @classmethod
    def _are_months(cls, months: str | None) -> str | None:
        if months is not None and not MONTHS.fullmatch(months):
            raise ValueError(f"{months!r} is no month or range; write 2025-06 or 2025-01..2025-06")
        return months


NOTES = ".fetch"


class FetchState(BaseModel):
    """How the last fetches of a source ended."""

    model_config = ConfigDict(frozen=True)

    asked_at: datetime = Field(description="time of the last fetch")
    answered_at: datetime | None = Field(default=None, description="time of the last one without a refusal or failure")
    failing_since: datetime | None = Field(default=None, description="time of the first one of those that failed since")
    reason: str = Field(default="", description="why the last one failed, or was not asked")


def state_file(inbox: Path, source: str) -> Path:
    """Return the file in an inbox that says how the last fetches of a source ended."""
    return inbox / NOTES / f"{source}.state.json"


def read_state(place: Path) -> FetchState | None:
    """Return what such a file says; None where there is none that can be read: it costs the day since when a source fails."""
    try:
        return FetchState.model_validate_json(place.read_bytes())
    except (OSError, ValueError):
        return None


class Fetched(BaseModel):
    """What came of one question."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="what was asked for")
    outcome: Literal["new", "unchanged", "not out", "refused", "failed", "skipped"] = Field(
        description="what came of it"
    )
    reason: str = Field(description="why, in words")
    file: Path | None = Field(default=None, description="file in the inbox, where there is a new one")


class FetchReport(BaseModel):
    """What came of a fetch."""

    model_config = ConfigDict(frozen=True)

    source: str
    fetched: list[Fetched]

    def count(self, outcome: str) -> int:
        """How many questions ended so."""
        return sum(one.outcome == outcome for one in self.fetched)

    @property
    def headline(self) -> str:
        """What happened, in a few words; the gravest first."""
        order = ("failed", "refused", "new", "skipped", "not out")
        parts = [f"{self.count(outcome)} {outcome}" for outcome in order if self.count(outcome)]
        return ", ".join(parts) or "nothing new"
