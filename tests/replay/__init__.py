"""Demonstrates fetching from end to end on one machine: a server that answers like seven sources, and a run
that asks it and publishes.

Belongs here: the replay of answers (`server`, which the tests use), the address of each answer (`site`), and
the run itself (`__main__`, behind `make demo-fetch`). The answers are in `answers/` and are invented.
"""
