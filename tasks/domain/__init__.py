"""Rules of trade statistics that hold for every source.

Belongs here: months, classifications, units, precision, coverage, precedence of sources, comparability, findings,
errors, texts of messages, hashes; above them the measures of `export_controls`. Does not belong here: reading or
writing of anything but the code tables; anything that knows a store, a source or a step. Add here: a status, a unit
rule, a precedence rule, an exception class (`errors`).
"""
