"""Writes the page of a release: what it says first, what changed since the one before, and how it was made.

Belongs here: largest changes, findings, revisions, steps and hashes of one release, for Prefect's UI, a message and the
front page. Does not belong here: sites (`site`), the page of one product (`brief`).
"""
