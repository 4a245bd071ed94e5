"""Fetching shown from end to end on one machine: a server that answers as five sources do, and a run that asks it and publishes.

Belongs here: the replay of answers (`replay`, which the tests use as well), which answer stands at which address (`site`), and the run
itself (`__main__`, behind `make demo-fetch`). The answers are in `flows/examples/fetch/` and are invented.
"""
