"""Defines each table, form and code list: columns, types, units, ranges. Imports no other package of ours.

`tables`: one model for every table that Tidewaiter reads or publishes. `forms`: what people, flows and reports
exchange. `reference`: code lists as CSV, their models and their loader. `model` is the base of the models, `dictionary`
writes what they say of their columns to `DICTIONARY.md` and `tables.json`, and `table` derives schemas and hashes from
the latter, without pandera. `layouts` says how a published table lies on disk, `names` which words its columns hold.
Does not belong here: how a table is computed, where it is, when.
"""

from pkgutil import extend_path

# A folder of the same name without `__init__.py`, in a project beside this one, keeps its modules.
__path__ = extend_path(__path__, __name__)
