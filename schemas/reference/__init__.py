"""Contains code lists as CSV files, with their columns in `models` and their loader in `code_tables`.

Add a code, basket, partner, unit, correction, measure or term: one row in a CSV file, with its source. No program code.
"""
