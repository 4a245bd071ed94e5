"""Defines the commands that change a store: fetch, ingest, start, withdraw and approve, and runs their flows.

Belongs here: their options, a flow run with or without a server, and what came of it as lines and exit codes. Does not
belong here: a command that only reads (`questions`).
"""
