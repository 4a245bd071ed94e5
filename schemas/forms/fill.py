"""Defines the request and the report of a fill: the stores of several reporters, each filled by a run of its own."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.forms.watch import BackfillRequest

FINISHED, HELD, FAILED = "finished", "held", "failed"


class FillRequest(BackfillRequest):
    """The form of a fill: a folder of old downloads of one or more reporters, and the folder of their stores."""

    restarts: int = Field(
        default=1, ge=0, le=5, description="how often the run of a store is started again after its process died"
    )


class StoreRun(BaseModel):
    """What came of the run that filled one store."""

    model_config = ConfigDict(frozen=True)

    reporter: str = Field(description="whose store, as CHN or EU27")
    outcome: Literal["finished", "held", "failed"] = Field(description="held: finished, and a person must decide")
    message: str = Field(description="name of the last state of the run; of a failed one with its message")
    seconds: float = Field(default=0.0, description="from the start of the run to its end")
    flow_run_id: str = Field(default="", description="the run in Prefect")

    @property
    def line(self) -> str:
        """The same in a line."""
        return f"{self.reporter}: {self.message}"


class FillReport(BaseModel):
    """What came of each store, and the files that belong to none."""

    model_config = ConfigDict(frozen=True)

    folder: Path = Field(description="folder of the downloads")
    stores: list[StoreRun] = Field(default=[], description="a run for each store, in the order of their reporters")
    refused: list[str] = Field(default=[], description="why files belong to no store, a line for each problem")

    def of(self, outcome: str) -> list[StoreRun]:
        """The runs with this outcome."""
        return [one for one in self.stores if one.outcome == outcome]

    @property
    def lines(self) -> list[str]:
        """A line for each store, those that failed first, and one for each problem of files that belong to none."""
        failed, held, finished = ([one.line for one in self.of(outcome)] for outcome in (FAILED, HELD, FINISHED))
        return [*failed, *self.refused, *held, *finished]

    @property
    def is_mended(self) -> bool:
        """Whether nothing is left that a person must fix."""
        return not self.of(FAILED) and not self.refused

    @property
    def headline(self) -> str:
        """What happened, in the few words that a list of runs has room for; the gravest first."""
        failed, held, filled = (len(self.of(outcome)) for outcome in (FAILED, HELD, FINISHED))
        parts = [
            f"Failed on {failed} of {len(self.stores)} stores" if failed else "",
            "Refused some files" if self.refused else "",
            f"Held in {held}" if held else "",
            f"Filled {filled}" if filled else "",
        ]
        return ", ".join(filter(None, parts)) or "Nothing to fill"
