"""Defines pydantic models for declarations, for flows, and for reports.

Belongs here: what a person or a schedule gives a flow, and what a flow gives back: requests, outcomes, traces, watches.
Does not belong here: what is asked of published tables (`questions`).
"""
