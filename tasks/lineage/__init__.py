"""What was made from what: step records, OpenLineage events, provenance in files, traces of figures, audits.

Belongs here: records and their two forms, and the way back from a figure to the bytes. May read `ledger` and `ingest`, which it retraces.
Does not belong here: taking a step (`steps`). Add here: a facet.
"""
