"""Defines what a person says to withdraw a published release: the form of the flow's parameters."""

from pathlib import Path

from pydantic import ConfigDict, Field

from schemas.forms.address import StoreAddress
from schemas.forms.form import Frozen, as_form

FIRST = ("release_id", "by", "reason", "undo")


class WithdrawalRequest(Frozen):
    """A decision that a published release does not count any more, or with `undo` that it counts again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=as_form(FIRST))

    release_id: str = Field(description="published release; all its editions are meant")
    by: str = Field(description="who decides; published with the decision")
    reason: str = Field(description="why; published with the decision")
    undo: bool = Field(False, description="take the withdrawal back: the release counts again")
    store: StoreAddress = Field(Path("store"), description="published tables: a folder, or s3://bucket/prefix")
