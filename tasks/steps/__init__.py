"""Turns functions into steps that are checked and recorded; `catalog` lists every step of a release.

Belongs here: the step wrapper, what a release reads and writes, the months it affects, executors. Only `step` and
`cluster` here, and `reports.prefect_pages`, know Prefect; only `cluster` knows Dask. Does not belong here: the order of
steps (`flows`).
Add a step: a line in `catalog`.
"""
