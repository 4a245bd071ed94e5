"""What is done to a release, in rooms on floors. A room imports lower floors only:

`api` and `steps`; `pages`; `answers`; `analysis`; `catalogs` and `reading`; `publication`; `derive`; `checks`,
`claims`, `controls`, `fetch` and `lineage`; `inbox`; `ingest` and `ledger`; `metrics`, `store` and `sources`; `domain`.
A large room has rooms on floors of its own, which its charter names. Import contracts in `pyproject.toml` enforce it,
and refuse a module in no room.

Belongs here: pure functions on bytes and frames, and the store. Does not belong here: order and time of the steps
(`flows`), what is true of a table (`schemas`). A function that computes takes "today" and paths as arguments and reads
no setting.
"""

from pkgutil import extend_path

# A folder of the same name without `__init__.py`, in a project beside this one, keeps its modules.
__path__ = extend_path(__path__, __name__)
