"""Turns a file and its declaration into raw bytes, records and statements.

Belongs here: declaration, the raw store, corrections, normalisation, editions, the calendar of releases.
Does not belong here: how a source prints (`sources`), what lies in an inbox (`inbox`), comparison with what is
published (`checks`).
Start at: `normalise`. Add here: a rule of reading.
"""
