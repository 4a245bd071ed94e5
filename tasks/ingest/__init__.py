"""Turns a file and its declaration into raw bytes, records and statements.

Belongs here: declaration, the raw store, corrections, the keys of printed codes, printed numbers as exact integers,
quantities in our units, normalisation, editions, the row of a release. Does not belong here: how a source prints
(`sources`), what lies in an inbox (`inbox`), comparison with what is published (`checks`). Start at: `normalise`. Add
here: a rule of reading.
"""
