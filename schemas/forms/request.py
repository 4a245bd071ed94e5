"""Defines what a person declares about a release, and what a withdrawal of one needs: the forms of the flows'
parameters.

Only what a file does not contain itself is here. A missing field stays None and is looked up in the sidecar, in the
folder's defaults and in the folder names (`tasks/ingest/declaration.py`).
"""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from schemas.code_files import partner_groups, source_names
from schemas.forms.form import Frozen, StoreAddress, as_form, must_match, none_if_empty
from schemas.names import CODE, MONTHS, REPORTER

# Tables that are made again after a release: all, or those that rest on its reporter alone.
FollowingTables = Literal["all", "of the reporter"]
# What a person fills in first.
FIRST = ("file", "source", "flow", "partners", "months", "released_on")
HS_CODE = rf"[*]|{CODE}"
# The same as people write it: a day stands for its month.
DAY = r"(?:-(?:0[1-9]|[12][0-9]|3[01]))?"
MONTHS_OR_DAYS = MONTHS.pattern.replace("1[0-2])", f"1[0-2]){DAY}")


def _months(text: str) -> str:
    if not re.fullmatch(MONTHS_OR_DAYS, text):
        raise ValueError(f"{text!r} is no month or range; write 2025-06 or 2025-01..2025-06")
    first, dots, last = text.partition("..")
    return f"{first[:7]}{dots}{last[:7]}"


def _text_of_day(value: object) -> object:
    """A day of TOML or of Python as text."""
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else value


Months = Annotated[str, BeforeValidator(_text_of_day), AfterValidator(_months)]


IS_REPORTER = must_match(
    REPORTER,
    f"is no code of a country; write three capital letters, such as CHN, or {' or '.join(partner_groups())}",
)


class Declaration(Frozen):
    """What may stand in a sidecar `<file>.toml`, in `defaults.toml`, and on the command line. Unknown keys are
    errors."""

    model_config = ConfigDict(extra="forbid")

    source: str | None = Field(
        None,
        description="adapter that reads the file; empty: as its folder or sidecar says",
        json_schema_extra={"enum": [*source_names()]},
    )
    # The patterns are for the form; the messages that refuse a wrong text are below.
    reporter: Annotated[str, IS_REPORTER, Field(json_schema_extra={"pattern": f"^({REPORTER})$"})] | None = Field(
        None, description="reporting country, ISO 3166-1 alpha-3, or a group with statistics of its own, as EU27"
    )
    flow: Literal["export", "import"] | None = Field(
        None, description="direction, which a query file does not say; empty: as its folder or sidecar says"
    )
    partners: Literal["all", "listed"] | None = Field(
        None,
        description=(
            "all: every partner was asked for, so that the world total is their sum; listed, or empty: only those in"
            " the file"
        ),
    )
    products: list[Annotated[str, Field(json_schema_extra={"pattern": f"^({HS_CODE})$"})]] | None = Field(
        None, description="codes that were asked for, e.g. 8505 for everything below it; none: just those in the file"
    )
    months: Annotated[Months, Field(json_schema_extra={"pattern": f"^{MONTHS_OR_DAYS}$"})] | None = Field(
        None, description="months that were asked for, 2025-06 or 2025-01..2025-06; empty: those in the file"
    )
    released_on: date | None = Field(
        None,
        description=(
            "day from which the figures were public; empty: the one that the file prints, else the day of landing"
        ),
        json_schema_extra={"pattern": r"^\d{4}-\d{2}-\d{2}$"},  # a server does not check the format `date`
    )
    title: str | None = Field(None, description="what the release is called")

    @field_validator("products")
    @classmethod
    def _codes_are_text(cls, products: list[str] | None) -> list[str] | None:
        if products == []:
            raise ValueError("it names no code; leave it out where just those in the file were asked for")
        for code in products or ():
            if not re.fullmatch(HS_CODE, code):
                raise ValueError(f"{code!r} is no HS code of 2, 4 or 6 digits, no national code of 7 to 11, nor *")
        return products


NOTHING = Declaration()  # it is frozen


class OfFolder(Declaration):
    """What holds for each file of a folder that does not say otherwise."""

    day_in_name: bool = Field(
        False, description="the day of release stands in the name of the file, or of a folder above it"
    )


class Sidecar(Declaration):
    """What may stand in a sidecar besides: where the file was fetched from and when the source answered. Never a
    key."""

    address: str | None = Field(None, description="address that answered, without a key")
    answered_at: datetime | None = Field(None, description="time of the answer by the source's clock")


class ReleaseRequest(Declaration):
    """One file to ingest: where it lies, where the results go, and what is declared about it."""

    model_config = ConfigDict(json_schema_extra=as_form(FIRST))

    file: Path = Field(description="the downloaded file")
    store: StoreAddress = Field(Path("store"), description="published tables: a folder, or s3://bucket/prefix")
    dry_run: bool = Field(False, description="go the whole way and say what came of it, but publish nothing")
    otherwise: SkipJsonSchema[Declaration] = Field(
        NOTHING, description="what holds where nothing else is declared; no part of the form"
    )
    tables: SkipJsonSchema[FollowingTables] = Field(
        "all", description="tables that are made again after the release; no part of the form"
    )

    _cleared = field_validator(*Declaration.model_fields, mode="before")(none_if_empty)


class Declared(Frozen):
    """A file with everything that must be known about it before it is read, and the store that it is for."""

    file: Path
    store: StoreAddress = Path("store")
    source: str
    reporter: str
    flow: str | None
    partners: str
    products: tuple[str, ...] | None
    first_month: date | None
    last_month: date | None
    released_on: date | None
    title: str
    address: str | None = None
    answered_at: datetime | None = None


class Amended(Frozen):
    """What the edition before this one spoke of: of that, this one speaks too."""

    products: tuple[str, ...]
    partner_list: tuple[str, ...]
    measures: tuple[str, ...]
    first_month: date
    last_month: date


class Landed(Declared):
    """A declared file whose bytes are kept in the raw store under their hash; of a release that is published and was
    corrected since, the `edition` and what it `amends`. `parsed` are its records where they had to be read before it
    could land; they are no part of what is recorded."""

    raw: Path
    raw_sha256: str
    raw_bytes: int
    released_on: date
    edition: str = ""
    amends: Amended | None = None
    parsed: SkipJsonSchema[Any] = Field(None, exclude=True, repr=False)

    @property
    def without_records(self) -> "Landed":
        """What is needed once the records are read: those of a full cube take hundreds of megabytes."""
        return self if self.parsed is None else self.model_copy(update={"parsed": None})


class WithdrawalRequest(Frozen):
    """A decision that a published release does not count any more, or with `undo` that it counts again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=as_form(("release_id", "by", "reason", "undo")))

    release_id: str = Field(description="published release; all its editions are meant")
    by: str = Field(description="who decides; published with the decision")
    reason: str = Field(description="why; published with the decision")
    undo: bool = Field(False, description="take the withdrawal back: the release counts again")
    store: StoreAddress = Field(Path("store"), description="published tables: a folder, or s3://bucket/prefix")
    on: date | None = Field(None, description="day from which it holds, where it was decided elsewhere; empty: today")
