"""Export-control measures, and the months before and after each.

Belongs here: the published tables about measures. What a measure touches is reference data, read in `domain.measures`.
Add a measure: rows in `schemas/reference/control_events.csv` and `control_event_codes.csv`; no program code.
"""
