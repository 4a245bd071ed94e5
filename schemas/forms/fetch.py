"""Defines the request and the report of a fetch."""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator

from schemas.code_files import source_names
from schemas.forms.form import Frozen, as_form, none_if_empty
from schemas.forms.request import HS_CODE, REPORTER, Months


class FetchRequest(Frozen):
    """The form of a fetch: which source, what to ask for, where to put it."""

    model_config = ConfigDict(
        json_schema_extra=as_form(("source", "inbox", "products", "reporters", "flows", "months"))
    )

    source: str = Field(description="which source is asked", json_schema_extra={"enum": [*source_names()]})
    inbox: Path = Field(Path("inbox"), description="folder into which the answers are written, each with its sidecar")
    products: list[Annotated[str, Field(json_schema_extra={"pattern": f"^({HS_CODE})$"})]] = Field(
        [], description="HS codes to ask for, all with as many digits; none: the HS6 codes of the baskets"
    )
    reporters: list[Annotated[str, Field(json_schema_extra={"pattern": f"^({REPORTER})$"})]] = Field(
        [],
        description="of Eurostat and UN Comtrade: whose trade, e.g. DEU; none: of Eurostat EU27 and each member state",
    )
    flows: list[Literal["export", "import"]] = Field(["export", "import"], description="directions to ask for")
    months: Months | None = Field(
        None, description="months to ask for, 2025-06 or 2025-01..2025-06; none: those that the source may have changed"
    )
    base: str | None = Field(
        None,
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


NOTES = ".fetch"


class FetchState(Frozen):
    """How the last fetches of a source ended."""

    asked_at: datetime = Field(description="time of the last fetch")
    answered_at: datetime | None = Field(None, description="time of the last one without a refusal or failure")
    failing_since: datetime | None = Field(None, description="time of the first one of those that failed since")
    reason: str = Field("", description="why the last one failed, or was not asked")


def state_file(inbox: Path, source: str) -> Path:
    """Return the file in an inbox that says how the last fetches of a source ended."""
    return inbox / NOTES / f"{source}.state.json"


def read_state(place: Path) -> FetchState | None:
    """Return what such a file says; None where there is none that can be read: it costs the day since when a source fails."""
    try:
        return FetchState.model_validate_json(place.read_bytes())
    except (OSError, ValueError):
        return None


class Fetched(Frozen):
    """What came of one question."""

    name: str = Field(description="what was asked for")
    outcome: Literal["new", "unchanged", "not out", "refused", "failed", "skipped"] = Field(
        description="what came of it"
    )
    reason: str = Field(description="why, in words")
    file: Path | None = Field(None, description="file in the inbox, where there is a new one")


class FetchReport(Frozen):
    """What came of a fetch."""

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
