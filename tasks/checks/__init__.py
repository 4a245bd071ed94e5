"""Checks a release as a whole, and holds a release with errors until a person approves or rejects it.

Belongs here: checks that compare a release with itself and with published data. Does not belong here: reading a file
(`ingest`).
Add a check: one function with `@check(severity=...)` in the module that its question belongs to, and its tests.
"""
