"""Publishes the export-control measures, and computes the months before and after each on request.

Belongs here: the published table of measures, the arithmetic of windows. The codes that a measure affects are reference
data, read in `domain.measures`. Add a measure: rows in `schemas/reference/control_events.csv` and
`control_event_codes.csv`; no program code.
"""
