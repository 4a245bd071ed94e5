"""Publishes the export-control measures, and computes the months before and after each on request.

Belongs here: the published table of measures, the arithmetic of windows. Does not belong here: which codes a measure
affects and its state on a day, which are reference data (`domain.export_controls`). Add a measure: rows in
`schemas/reference/control_events.csv` and `control_event_codes.csv`; no program code.
"""
