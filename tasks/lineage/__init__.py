"""Records what was made from what: step records, OpenLineage events, provenance in files, traces, audits.

Belongs here: records and their two forms, the path from a metric back to the bytes by recipes of its own that add up
exact statements again, and what the files of a snapshot say about it. May read `ledger` and `ingest`, which it
retraces. Does not belong here: running a step (`steps`), computing what is published (`metrics`). Start at: `trace`.
Add here: a facet, the recipe of a figure.
"""
