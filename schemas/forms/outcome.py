"""Defines the outcome of a flow, for people, commands and other flows."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from schemas.forms.form import Frozen
from schemas.forms.watch_rule import Graded


class Gap(Frozen):
    """A difference between both sides of a flow that no known cause explains, since a release."""

    product: str = Field(description="HS code of six digits")
    exporter: str = Field(description="ISO 3166-1 alpha-3")
    importer: str = Field(description="ISO 3166-1 alpha-3")
    month: str = Field(description="YYYY-MM")
    export_kg: float | None = Field(description="mass that the exporter states, kg")
    import_kg: float | None = Field(description="mass that the importer states, kg")
    export_value: float | None = Field(description="value that the exporter states, in currency")
    import_value: float | None = Field(description="value that the importer states, in currency")
    currency: str = Field(description="currency in which they are compared, ISO 4217")


class Outcome(Frozen):
    """How a release ended that was neither refused nor held."""

    status: Literal["published", "would be published", "nothing new", "entered"] = Field(
        description="whether the release changed anything, or would have, had it been more than a dry run; "
        "`entered` where it is published with others later in the run"
    )
    release_id: str = Field(description="name of the release")
    title: str = Field(description="what the release is called")
    reporter: str = Field("", description="whose figures they are")
    store: Path = Field(default=Path(), description="folder of the store")
    snapshot_id: str = Field(description="published state that holds it")
    flows: list[str] = Field(description="directions it speaks of")
    months: list[str] = Field(description="months with figures in it, YYYY-MM, sorted")
    products: list[str] = Field(description="products with figures in it, sorted")
    records: int = Field(description="data records in the raw file")
    records_observed: int = Field(description="records that became observations")
    records_quarantined: int = Field(description="records set aside")
    warnings: list[str] = Field(description="findings of severity warning, one line each")
    notes: list[str] = Field(description="findings of severity info, one line each")
    healed: list[str] = Field(description="damaged files of the store that got their bytes back")
    decision: str = Field("", description="of a decision about the release: what was decided, when, by whom, why")
    briefs: list[str] = Field([], description="briefs written as its last step, by their places in the store")

    rules: list[Graded] = Field([], description="what became of the watch rules about it")
    gaps: list[Gap] = Field([], description="what became unexplained in the published mirrors of the reporter")

    @property
    def span(self) -> str:
        """`2025-06`, or `2025-01 to 2025-06`."""
        return self.months[0] if len(self.months) == 1 else f"{self.months[0]} to {self.months[-1]}"

    def as_dry_run(self) -> "Outcome":
        """The outcome of a release that was not published because nothing was to be."""
        return self.model_copy(update={"status": "would be published"}) if self.status == "published" else self


class Hold(Frozen):
    """The answer of a release that is not published because of its findings, until a person decides or since one has rejected it."""

    status: Literal["held", "would be held", "rejected"] = Field(
        description="whether a person must decide, would have to, or has decided against it"
    )
    release_id: str = Field(description="name of the release")
    store: Path = Field(description="folder of the store that keeps it")
    lines: list[str] = Field(description="its findings of severity error, and the decision, one line each")
    was_asked: bool = Field(False, description="whether this run has asked a person")

    @property
    def message(self) -> str:
        """One line: what the release is, and why."""
        return f"{self.release_id} is {self.status}, {len(self.lines)} finding{'' if len(self.lines) == 1 else 's'}: {'; '.join(self.lines)}"


class AuditReport(Frozen):
    """What an audit found."""

    store: str = Field(description="what was audited")
    problems: list[str] = Field(description="everything that is not as it must be, one line each with what to do")
    traced: int = Field(description="figures that were traced back and computed again")
