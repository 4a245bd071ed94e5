"""Defines the request and the report of a site, and what it notes of the files of a product."""

from datetime import date
from pathlib import Path

from pydantic import ConfigDict, Field

from schemas.forms.doubt import NumberDoubt
from schemas.forms.form import Frozen, StoreAddress, as_form

# In the folder beside a site: what is noted of it and of its files, which is not for its readers.
NOTES = "notes"


class SiteRequest(Frozen):
    """The form of a site: whose figures it shows, where it is, and for whom."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra=as_form(("store", "output", "address", "desk", "on_demand", "moved"))
    )

    store: StoreAddress = Field(Path("store"), description="published tables: a folder, or s3://bucket/prefix")
    output: Path = Field(
        Path("site/public"), description="place of the site: a link to its newest state, which is made"
    )
    address: str = Field(
        "", pattern=r"^$|^https?://", description="address of the site on the web, for feeds and pictures of links"
    )
    desk: bool = Field(False, description="also say what is overdue, for those who run the store")
    on_demand: bool = Field(
        False, description="a server (tidewaiter site --serve) makes the pages of products that have none"
    )
    moved: int = Field(3, ge=0, le=100, description="codes with the largest changes that get a page")


class SiteStates(Frozen):
    """What a site shows: what is published and what waits, by reporter."""

    snapshots: dict[str, str] = Field(description="the published state of each reporter's store")
    tables: dict[str, str] = Field({}, description="that of each table that is made of them: mover/CHN")
    held: dict[str, list[str]] = Field({}, description="the releases of each reporter that wait for a decision")
    citable: dict[str, list[str]] = Field({}, description="the states that each reporter's store still has")


class SiteReport(Frozen):
    """What was written."""

    output: Path = Field(description="place of the site")
    pages: int = Field(description="pages that it has")
    builds: int = Field(
        1, description="how often it was made: again where something came meanwhile, not where it is shown already"
    )


class FrontCard(Frozen):
    """What the front page says of a product: its newest months as a drawing, and its sentences with the doubt behind
    each, by language."""

    stem: str = Field(description="address of its page below the site, without the ending")
    month: date = Field(description="newest month")
    measure: str = Field(description="what is drawn, as in the table metric")
    months: tuple[date, ...] = Field(description="months that are drawn")
    world: tuple[float | None, ...] = Field(description="levels of all partners together in these months")
    in_doubt: tuple[date, ...] = Field((), description="months of which the level is in doubt")
    events: tuple[tuple[date, int], ...] = Field((), description="day and number of each control in these months")
    names: dict[str, str] = Field(description="its name, by language")
    titles: dict[str, str] = Field(
        {}, description="what is found of the year's growth, by language; empty where none is sure"
    )
    sentences: dict[str, list[tuple[str, tuple[NumberDoubt, ...]]]] = Field(
        description="sentences and doubts, by language"
    )
    verdicts: dict[str, list[str]] = Field({}, description="of each sentence why its growth is not quoted as it is")


class ProductRecord(Frozen):
    """The files of a product as they were written, and what they rest on."""

    ground: str = Field(description="hash of all that they rest on")
    snapshot: str = Field(description="the published state that they cite")
    others: dict[str, str] = Field({}, description="the states of other reporters that their mirrors cite")
    files: dict[str, str] = Field(description="hash of each file, by its name below the site")
    months: tuple[str, ...] = Field((), description="pages of single months that there were, to which they lead")
    card: FrontCard | None = Field(None, description="what the front page says of the product")


class ShownSite(Frozen):
    """What the site shows that is in its place: another run has nothing to do while all of this is the same."""

    states: SiteStates = Field(description="what was published and what waited")
    request: SiteRequest = Field(description="what was asked for")
    day: date = Field(description="day on which it says that it was written")
    program: str = Field(description="hash of the program, its templates, and what it is set to")
    pages: int = Field(0, description="pages that it has")
    files: dict[str, str] = Field({}, description="hash of each file, by its name below the site")
