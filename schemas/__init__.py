"""Defines each table, form and code list: columns, types, units, ranges. Imports no other package of ours.

`tables`: one model for every table that Tidewaiter reads or publishes. `forms`: what people, flows and reports exchange.
`reference`: code lists as CSV, their columns and their loader. `columns` describes columns, `table` derives schemas from a
model, `validation` reports with pandera what is wrong with a frame, `dictionary` writes the dictionary. Does not belong here: how a table is computed, where it is, when.
"""
