"""Pydantic models of what people declare, flows exchange and reports are written from."""
