"""Writes the page of a release: what it says first, what changed since the one before, and how it was made; and what
else Prefect's UI shows of a run.

Belongs here: the words about largest changes, findings, revisions, steps and hashes of one release, the state of
sources and the progress of a run, for Prefect's UI, a message and the front page. Does not belong here: sites (`site`),
the page of one product (`brief`).
"""
