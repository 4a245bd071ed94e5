"""What is true of each table, form and code list: columns, types, units, ranges. Imports nothing of ours.

`tables`: one pandera model for every table that Tidewaiter reads or publishes. `forms`: what people, flows and reports exchange.
`reference`: code lists as CSV, their columns and their loader. What follows from a model is in `table`, the dictionary in `dictionary`.
Does not belong here: how a table is computed, where it is, when.
"""
