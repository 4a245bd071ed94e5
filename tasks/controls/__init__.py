"""Computes the months before and after each export-control measure.

Belongs here: the published tables about measures. The codes that a measure affects are reference data, read in
`domain.measures`.
Add a measure: rows in `schemas/reference/control_events.csv` and `control_event_codes.csv`; no program code.
"""
