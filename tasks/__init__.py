"""What is done to a release, in thirteen rooms on five floors.

A room imports lower floors only: `steps`; then `checks`, `claims`, `controls`, `fetch`, `reports`; then `ingest`,
`ledger`, `metrics`, `lineage`; then `store`, `sources`; then `domain`. Import contracts in `pyproject.toml` enforce it,
and refuse a module in no room.

Belongs here: pure functions on bytes and frames, and the store. Does not belong here: order and time of the steps
(`flows`), what is true of a table (`schemas`). A function that computes takes "today" and paths as arguments and reads
no setting.
"""

from pkgutil import extend_path

# A folder of the same name without `__init__.py`, in a project beside this one, keeps its modules.
__path__ = extend_path(__path__, __name__)
