"""Checks a release as a whole, and holds a release with errors until a person approves or rejects it.

Belongs here: checks that compare a release with itself and with published data, the context that they compare in, how
large a doubt is, and the decision of a person about a held release. Does not belong here: reading a file, and what is
wrong with a single record (`ingest`); which numbers an open finding is about (`ledger.doubts`); what lies held in an
inbox (`inbox`). Rooms: what checks work with (`frame`), whether a file is what it is `declared` to be, and whether its
`trade` is plausible. Start at: `frame.registry` and `frame.context`. Add a check: one function with
`@check(severity=...)` in the module that its question belongs to, and its tests.
"""
