"""Findings about a release as a whole, and what happens to one with errors: held, approved, rejected.

Belongs here: checks that compare a release with itself and with what is published. Does not belong here: reading a file (`ingest`).
Add a check: one function and its line in the list at the end of its module.
"""
