"""Defines pydantic models for declarations, for flows, and for reports."""
