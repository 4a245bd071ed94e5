"""Contains code lists as CSV files, with their columns in `models` and their loader in `code_tables`.

Belongs here: what is known before any release is read, each row with its source. Does not belong here: a rule that uses
it (`tasks.domain`), tables that a release fills (`tables`).

Add a code, basket, partner, unit, correction, measure or term: one row in a CSV file, with its source. No program code.
"""
