"""Turns functions into steps that are checked and recorded; `catalog` lists every step of a release.

Belongs here: the step wrapper, the record of a step, the outcome of a release. Only `step` here knows Prefect.
Does not belong here: the order of steps (`flows`), what a step does (the other rooms).
Add a step: a line in `catalog`, or in `reading`, whose steps turn a file into statements.
"""
