"""Defines each table, form and code list: columns, types, units, ranges. Imports no other package of ours.

`tables`: one pandera model for every table that Tidewaiter reads or publishes. `forms`: what people, flows and reports
exchange. `reference`: code lists as CSV, their columns and their loader. `table` derives schemas from a model,
`dictionary` writes the dictionary. Does not belong here: how a table is computed, where it is, when.
"""
