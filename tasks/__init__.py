"""What is done: pure functions on bytes and frames, one module a step or a thing.

Belongs here: parsing, normalising, checking, the ledger, the metrics, publication, lineage, reports. Only `step`,
`artifacts` and `cluster` know Prefect; a function that computes takes "today" and paths as arguments and reads no setting.
Does not belong here: order and time of the steps (flows), what is true of a table (schemas).
"""
