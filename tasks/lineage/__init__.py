"""Records what was made from what: step records, OpenLineage events, provenance in files, traces, audits.

Belongs here: records and their two forms, and the path from a metric back to the bytes. May read `ledger` and `ingest`,
which it retraces.
Does not belong here: running a step (`steps`). Add here: a facet.
"""
