"""Starts the local Prefect server and worker, and puts deployments and automations on a server.

Belongs here: processes, ports and passwords of that server, and reading `deployments/`. Does not belong here: when a
flow runs (`deployments/`), and what it does (`flows`).
"""
