"""What is true of trade statistics, whichever source prints them.

Belongs here: months, classifications, units, precision, coverage, comparability, findings, errors, texts of messages, hashes.
Does not belong here: reading or writing of anything but the code tables, and whatever knows a store, a source or a step.
Add here: a status, a unit rule, an exception class (`errors`).
"""
