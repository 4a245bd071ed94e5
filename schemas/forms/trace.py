"""Defines the trace of one published figure back to the bytes it came from."""

from pydantic import BaseModel, Field

from schemas.forms.doubt import NumberDoubt


class TracedNumber(BaseModel):
    """A number of the ledger, with the records of the raw file that it comes from."""

    product: str
    partner: str
    period: str = Field(description="2025-06, or 2025-01..2025-06 for a cumulative figure")
    measure: str
    value: int
    unit: str
    valuation: str | None = Field(None, description="what a value includes: FOB, CIF …; null for quantities")
    terms: str | None = Field(
        None,
        description=(
            "what a value means: valuation, whose trade the partner is, how digits are dropped; null for quantities"
        ),
    )
    release_id: str
    title: str
    known_from: str = Field(description="day from which it was public")
    raw_sha256: str
    records: list[int] = Field(description="record numbers in the raw file; their values add up to `value`")
    reported: int = Field(description="what these records add up to in the details of the release")
    read: int | None = Field(
        None,
        description=(
            "what they add up to in the raw file, read again with the corrections of its edition; null where "
            "the table of corrections no longer has them"
        ),
    )
    corrected: list[str] = Field([], description="what was corrected in these records, and why")
    printed: list[str] = Field(description="the first records as printed")
    address: str | None = Field(None, description="where it was printed, for collected figures")

    @property
    def holds(self) -> bool:
        """Whether the ledger has the number of the release, and the release that of its raw file."""
        return bool(self.records) and self.reported == self.value and self.read in (None, self.value)


class Operand(BaseModel):
    """One thing that the figure was computed from."""

    name: str
    value: float | None
    status: str
    numbers: list[TracedNumber]
    note: str | None = None


class TraceReport(BaseModel):
    """A published figure, what it was computed from, and the same figure computed again from the ledger's numbers.

    It agrees where both figures do, and each of these numbers with the details of its release.
    """

    reporter: str = Field(description="whose statistics, ISO 3166-1 alpha-3 or EU27")
    nomenclature: str = Field(description="list of its national codes; empty where the store has none")
    flow: str
    product: str
    partner: str
    month: str
    measure: str
    metric: str
    value: float | str | None = Field(description="as published")
    status: str
    formula: str
    operands: list[Operand]
    kinds: str | None = Field(
        description="kinds of release that it rests on, joined by +; null where there is no figure"
    )
    breaks: list[str] = Field(description="what changed in what the series means, where that is why there is no figure")
    decisions: list[str] = Field(
        [], description="releases that covered a number of these and were withdrawn, or count again: when, by whom, why"
    )
    doubts: list[str] = Field([], description="open findings about what it rests on, in words")
    quote: str | None = Field(None, description="may the growth be quoted: yes, care, no; null where it is no growth")
    caveats: str | None = Field(None, description="why it is not quoted as it is, in words")
    doubted: list[NumberDoubt] = Field([], description="the same in columns, for pages", exclude=True)
    recomputed: float | str | None
    agrees: bool
    snapshot_id: str

    def __repr__(self) -> str:
        """The figure and whether it was found again; everything else is in the fields."""
        agreement = "agrees" if self.agrees else f"differs: {self.recomputed} recomputed"
        series = f"{self.metric} of {self.flow} {self.product} {self.partner} {self.month}"
        return f"<Trace {series}: {', '.join(filter(None, (str(self.value), self.caveats, agreement)))}>"

    __str__ = __repr__
