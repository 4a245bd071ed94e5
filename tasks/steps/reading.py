"""Lists the steps that read a file, up to its statements; `catalog` has them too, and all that follow.

A file that cannot be read is refused by these alone, so their module imports nothing of the others: a refusal would
take three times as long.
"""

from tasks.ingest import corrections, editions
from tasks.ingest import declaration as locating
from tasks.ingest import normalise as normalising
from tasks.ingest import parse as parsing
from tasks.ingest import raw_store as landing
from tasks.steps.step import Step

PATIENCE = (1.0, 5.0, 20.0)

declare = Step(locating.locate, name="declare")
land = Step(landing.land, retries=3, retry_delay_seconds=PATIENCE)
amend = Step(editions.amend)
parse = Step(parsing.parse)
correct = Step(corrections.correct)
normalise = Step(normalising.normalise)
